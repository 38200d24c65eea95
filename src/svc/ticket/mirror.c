/*
 * What another process publishes of a performance it owns, shown here: its watchers' stream goes on
 * over a change of owner, because what they are connected to is this process's own feed.
 */
#include <stdlib.h>

#include "call/client.h"
#include "svc/ticket/desk.h"
#include "svc/ticket/elsewhere.h"

#define ARENA_MAX     (8u << 20)
#define CHANGES_MAX   (4096 * SEATS_PARTY_MAX) /* a message's */
#define PAUSE_MS      20                       /* before it looks again; doubles up to … */
#define PAUSE_MAX_MS  500
#define NEXT_MS       1000 /* how often a quiet stream is asked whether it is still the right one */
#define PRICES_MAX_MS 5000 /* price lists are not waited for longer */
#define SILENT_MAX_MS 20000 /* a stream says at least every FEED_KEEPALIVE_MS that it is alive */

struct mirror {
    struct elsewhere *elsewhere;
    const struct catalog_performance *performance;
    struct owner_change *changes; /* scratch */
    uint64_t version;             /* shown; 0: nothing of this stream yet */
};

static struct seats_counts counts_of(const Usher__V1__SeatsUpdate *update)
{
    return desk_read_counts(update->counts);
}

/* ERR_INVALID: a gap, or not this hall: watch anew. */
static int show_delta(struct mirror *m, const Usher__V1__SeatsDelta *delta,
                      struct owner_mirrored *news)
{
    const uint32_t places = m->performance->hall->hall->place_count;
    if (m->version == 0 || delta->from_version != m->version || delta->n_changes > CHANGES_MAX)
        return ERR_INVALID;
    for (size_t i = 0; i < delta->n_changes; i++) {
        const uint32_t seat = delta->changes[i] >> 2, state = delta->changes[i] & 3;
        if (seat >= places || state > SEATS_SOLD)
            return ERR_INVALID;
        m->changes[i] = (struct owner_change){seat, (enum seats_state)state};
    }
    news->from_version = delta->from_version;
    news->changes = m->changes;
    news->change_count = delta->n_changes;
    return 0;
}

/* The lists up to that number, where this process has not heard of it. */
static int learn_prices(struct mirror *m, uint32_t number)
{
    const struct catalog_performance *performance = m->performance;
    struct store *store = m->elsewhere->ticket->options.store;
    struct store_prices *stored;
    struct arena arena;
    size_t count = 0;
    if (catalog_price_list(performance, number))
        return 0;
    arena_init(&arena, ARENA_MAX);
    int err = store->ops->price_lists(store, performance->performance_id, &arena, &stored, &count,
                                      deadline_after_ms(fiber_now_ns(), PRICES_MAX_MS));
    for (size_t i = 0; err == 0 && i < count; i++) {
        struct price_list list;
        err = price_list_read(stored[i].list, stored[i].number,
                              performance->hall->hall->category_count, &arena, &list);
        if (err == 0)
            catalog_priced(performance->lists, &list);
    }
    arena_release(&arena);
    return err == 0 && !catalog_price_list(performance, number) ? ERR_INVALID : err;
}

static int show(struct mirror *m, const Usher__V1__SeatsUpdate *update)
{
    const uint32_t places = m->performance->hall->hall->place_count;
    struct owner_mirrored news = {.version = update->version,
                                  .sale_state = update->sale_state,
                                  .counts = counts_of(update),
                                  .price_list = update->price_list};
    int err = 0;
    struct owner_figures figures;
    owner_figures(m->performance->owner, &figures);
    if (update->version < figures.version)
        return ERR_INVALID; /* it does not know yet that it was replaced meanwhile */
    if (update->body_case == USHER__V1__SEATS_UPDATE__BODY_SNAPSHOT) {
        news.states = update->snapshot->states.data;
        if (update->snapshot->place_count != places ||
            update->snapshot->states.len != (places + 3) / 4)
            err = ERR_INVALID;
    } else if (update->body_case == USHER__V1__SEATS_UPDATE__BODY_DELTA) {
        err = show_delta(m, update->delta, &news);
    } else if (update->version == m->version) {
        return 0; /* a sign of life */
    }
    if (err == 0)
        err = learn_prices(m, update->price_list);
    if (err == 0 && !owner_mirror(m->performance->owner, &news))
        err = ERR_INVALID; /* it owns still, or has owned meanwhile */
    if (err == 0)
        m->version = update->version;
    return err;
}

/* Whether the performance is still owned by the process at url. */
static bool is_there(const struct mirror *m, const char *url)
{
    char now[COORD_HOLDER_MAX + 1];
    return !tenure_find(m->elsewhere->ticket, m->performance->performance_id, now) &&
           strcmp(now, url) == 0;
}

/* Reads until the stream ends or leads to the wrong process. */
static void read_stream(struct mirror *m, struct channel_stream *stream, const char *url)
{
    struct arena arena;
    struct call_status status;
    int err = 0;
    int64_t heard_ns = fiber_now_ns();
    arena_init(&arena, ARENA_MAX);
    while ((err == 0 || err == ERR_TIMEOUT) && !fiber_cancelled() && is_there(m, url) &&
           fiber_now_ns() - heard_ns < SILENT_MAX_MS * NS_PER_MS) {
        const ProtobufCMessage *message;
        arena_reset(&arena);
        err = channel_stream_next(stream, &arena, &message, &status,
                                  deadline_after_ms(fiber_now_ns(), NEXT_MS));
        if (err == 0) {
            heard_ns = fiber_now_ns();
            err = show(m, (const Usher__V1__SeatsUpdate *)message);
        }
    }
    arena_release(&arena);
}

/* True: something was seen. */
static bool watch(struct mirror *m, const char *url)
{
    struct arena arena;
    struct client client;
    struct channel_stream *stream;
    const Usher__V1__SeatsUpdate *update;
    Usher__V1__WatchSeatsRequest wish = USHER__V1__WATCH_SEATS_REQUEST__INIT;
    struct channel *channel = elsewhere_enter(m->elsewhere, url);
    if (!channel)
        return false;
    arena_init(&arena, ARENA_MAX);
    wish.performance_id = m->performance->performance_id;
    client_init(&client, channel, &usher__v1__ticket_service__descriptor, &arena);
    client.identity = &elsewhere_peer;
    client.timeout_ms = 0; /* it goes on for as long as there is something to see */
    m->version = 0;
    if (client_stream(&client, Usher__V1__TicketService, watch_seats, &wish, &update, &stream) ==
        0) {
        read_stream(m, stream, url);
        channel_stream_free(stream);
    }
    arena_release(&arena);
    elsewhere_leave(m->elsewhere, channel);
    return m->version > 0;
}

static void mirror_run(void *arg)
{
    struct mirror *m = arg;
    char url[COORD_HOLDER_MAX + 1];
    int64_t pause_ms = PAUSE_MS;
    while (!fiber_cancelled()) {
        const bool here = tenure_find(m->elsewhere->ticket, m->performance->performance_id, url);
        if (here || !url[0] || watch(m, url))
            pause_ms = PAUSE_MS;
        else if (2 * pause_ms < PAUSE_MAX_MS)
            pause_ms = 2 * pause_ms;
        fiber_sleep_until(deadline_after_ms(fiber_now_ns(), pause_ms));
    }
    free(m->changes);
    free(m);
}

struct beginning {
    struct mirror *mirror;
    struct scope *scope;
    int result;
};

static void begin(void *arg)
{
    struct beginning *beginning = arg;
    beginning->result = fiber_spawn(beginning->scope, mirror_run, beginning->mirror);
}

static struct scope *scope_of(struct elsewhere *e, const struct worker *home)
{
    uint32_t i = 0;
    while (e->ticket->options.workers[i] != home)
        i++;
    return &e->lanes[i].mirrors;
}

int elsewhere_mirror(struct elsewhere *elsewhere, const struct catalog_performance *performance)
{
    struct mirror *m = calloc(1, sizeof(*m));
    struct owner_change *changes = calloc(CHANGES_MAX, sizeof(*changes));
    int err = m && changes ? 0 : ERR_NO_MEMORY;
    if (err == 0) {
        *m =
            (struct mirror){.elsewhere = elsewhere, .performance = performance, .changes = changes};
        struct beginning beginning = {.mirror = m, .scope = scope_of(elsewhere, performance->home)};
        err = worker_call(performance->home, begin, &beginning);
        err = err ? err : beginning.result;
    }
    if (err) {
        free(changes);
        free(m);
    }
    return err;
}
