/*
 * The network: a request goes on its way as a fiber of the world, arrives after a while or never,
 * is carried out whether its sender still waits or not, and its answer comes back or does not.
 */
#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "sim/money/money.h"

#define BYTES_MAX  (1u << 20)
#define ANSWER_MS  30000 /* the other side answers within this, or never */
#define WITHOUT_MS 100   /* after which a connection that is not made is given up */

struct end {
    struct http http;
    struct money_world *world;
    struct usher *usher; /* NULL: the provider */
};

/* An exchange on its way; it ends when both sides have let go. */
struct parcel {
    struct money_world *world;
    struct arena arena;
    struct plain_request ask;
    struct head_field fields[HTTP_FIELDS_MAX];
    bool to_psp;
    bool answered;
    int result; /* once answered */
    struct page page;
    struct fiber *sender; /* NULL: does not wait any more */
    uint32_t holders;
};

static void let_go(struct parcel *parcel)
{
    if (--parcel->holders > 0)
        return;
    arena_release(&parcel->arena);
    free(parcel);
}

static void answer(struct parcel *parcel, int result)
{
    parcel->answered = true;
    parcel->result = result;
    if (parcel->sender)
        fiber_unpark(parcel->sender);
}

/* ---- the other side ---- */

static int visit_psp(struct parcel *parcel)
{
    struct money_world *world = parcel->world;
    const uint32_t life = world->psp_life;
    if (!world->psp)
        return ERR_UNAVAILABLE;
    world->psp_visitors++;
    money_step(world);
    psp_handle(world->psp, &parcel->ask, &parcel->page);
    money_step(world);
    world->psp_visitors--;
    return life == world->psp_life && world->psp && parcel->page.status > 0 ? 0 : ERR_UNKNOWN;
}

static int visit_usher(struct parcel *parcel)
{
    struct money_world *world = parcel->world;
    struct usher *usher = world->usher;
    if (!usher || usher->party.leaving)
        return ERR_UNAVAILABLE;
    usher->party.visitors++;
    parcel->page = (struct page){.status = 404};
    for (size_t i = 0; i < PAYMENT_PLAINS; i++) {
        if (view_starts(parcel->ask.path, view_str(usher->plains[i].prefix)))
            usher->plains[i].handle(usher->plains[i].state, &parcel->ask, &parcel->page);
    }
    usher->party.visitors--;
    return usher->party.dead ? ERR_UNKNOWN : 0;
}

static void travel(void *arg)
{
    struct parcel *parcel = arg;
    struct money_world *world = parcel->world;
    money_wait(world, world->calm ? 2 : world->weather.latency_ms);
    parcel->ask.deadline_ns = deadline_after_ms(fiber_now_ns(), ANSWER_MS);
    int result = parcel->to_psp ? visit_psp(parcel) : visit_usher(parcel);
    if (result == 0 && !parcel->to_psp)
        world->coverage->hooks++;
    money_wait(world, world->calm ? 2 : world->weather.latency_ms);
    if (result == 0 && !world->calm && money_happens(world, world->weather.lost_ppm)) {
        world->coverage->net_lost++;
        result = ERR_UNKNOWN;
    }
    answer(parcel, result);
    let_go(parcel);
}

/* ---- this side ---- */

/* "http://psp/toss/v1/payments?x=y": path and query, behind the host. */
static void read_url(struct parcel *parcel, const char *url)
{
    const char *path = strstr(url, "://");
    path = path ? strchr(path + 3, '/') : url;
    const char *copy = arena_copy(&parcel->arena, view_str(path ? path : "/"));
    const char *mark = strchr(copy, '?');
    const size_t len = mark ? (size_t)(mark - copy) : strlen(copy);
    parcel->ask.path = view_of(copy, len);
    parcel->ask.query = mark ? view_str(mark + 1) : (struct view){0};
}

static void read_fields(struct parcel *parcel, const char *const *fields)
{
    for (size_t i = 0; i < HTTP_FIELDS_MAX && fields[i]; i++) {
        char *name = arena_copy(&parcel->arena, view_str(fields[i]));
        char *colon = strchr(name, ':');
        assert(colon);
        for (char *c = name; c < colon; c++)
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 'a' - 'A' : *c);
        parcel->fields[parcel->ask.field_count++] =
            (struct head_field){view_of(name, (size_t)(colon - name)), view_str(colon + 2)};
    }
    parcel->ask.fields = parcel->fields;
}

static struct parcel *pack(struct money_world *world, const struct http_ask *ask, bool to_psp)
{
    struct parcel *parcel = calloc(1, sizeof(*parcel));
    assert(parcel);
    arena_init(&parcel->arena, BYTES_MAX);
    parcel->world = world;
    parcel->to_psp = to_psp;
    parcel->holders = 2;
    parcel->sender = fiber_self();
    parcel->ask.arena = &parcel->arena;
    parcel->ask.method = view_str(arena_copy(&parcel->arena, view_str(ask->method)));
    parcel->ask.body = view_of(arena_copy(&parcel->arena, ask->body), ask->body.len);
    read_url(parcel, ask->url);
    read_fields(parcel, ask->fields);
    return parcel;
}

/* The page, its texts copied. */
static int unpack(const struct parcel *parcel, struct arena *arena, struct page *ret_page)
{
    *ret_page = parcel->page;
    ret_page->body = view_of(arena_copy(arena, parcel->page.body), parcel->page.body.len);
    ret_page->headers =
        arena_copy(arena, view_str(parcel->page.headers ? parcel->page.headers : ""));
    return ret_page->body.at && ret_page->headers ? 0 : ERR_NO_MEMORY;
}

static int exchange(struct parcel *parcel, struct arena *arena, struct page *ret_page,
                    int64_t deadline_ns)
{
    int err = fiber_spawn(&parcel->world->net, travel, parcel);
    assert(err == 0);
    while (err == 0 && !parcel->answered)
        err = fiber_park(deadline_ns);
    parcel->sender = NULL;
    if (parcel->answered)
        err = parcel->result;
    if (err == 0)
        err = unpack(parcel, arena, ret_page);
    let_go(parcel);
    return err;
}

static int call(struct http *http, const struct http_ask *ask, struct arena *arena,
                struct http_answer *ret_answer, int64_t deadline_ns)
{
    struct end *end = (struct end *)http;
    struct money_world *world = end->world;
    struct page page;
    if (end->usher && end->usher->party.dead)
        return ERR_UNAVAILABLE;
    if (end->usher)
        money_step(world);
    if ((end->usher && end->usher->party.dead) ||
        (!world->calm && money_happens(world, world->weather.refused_ppm))) {
        world->coverage->net_refused++;
        (void)fiber_sleep_until(deadline_after_ms(fiber_now_ns(), WITHOUT_MS));
        return ERR_UNAVAILABLE;
    }
    int err = exchange(pack(world, ask, end->usher != NULL), arena, &page, deadline_ns);
    if (end->usher && end->usher->party.dead && err == 0)
        err = ERR_UNKNOWN;
    if (err == 0)
        *ret_answer = (struct http_answer){
            .status = page.status, .head = view_str(page.headers), .body = page.body};
    return err;
}

int net_browse(struct money_world *world, const char *url, const char *form, struct arena *arena,
               struct page *ret_page)
{
    const struct http_ask ask = {.method = "POST",
                                 .url = url,
                                 .fields = {"Content-Type: application/x-www-form-urlencoded"},
                                 .body = view_str(form)};
    return exchange(pack(world, &ask, true), arena, ret_page,
                    deadline_after_ms(fiber_now_ns(), ANSWER_MS));
}

struct http *net_new(struct money_world *world, struct usher *usher)
{
    struct end *end = calloc(1, sizeof(*end));
    assert(end);
    *end = (struct end){.http = {.call = call}, .world = world, .usher = usher};
    return &end->http;
}
