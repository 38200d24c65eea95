#include "wire/fixture_test.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "err/err.h"
#include "mem/list.h"
#include "usher/v1/ticket.pb-c.h"

#define ANSWER_MAX (4u << 20)

_Atomic uint32_t fixture_cancelled, fixture_waiting, fixture_sinks, fixture_maps;
atomic_bool fixture_spins;

/* ---- handlers ---- */

static int list_events(struct call *call, const void *request, void *response)
{
    static Usher__V1__Event event = USHER__V1__EVENT__INIT;
    static Usher__V1__Event *events[] = {&event};
    Usher__V1__ListEventsResponse *r = response;
    event.event_id = 7;
    event.name = "Recital \"one\"";
    r->n_events = 1;
    r->events = events;
    return 0;
}

static int get_performance(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetPerformanceRequest *ask = request;
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    Usher__V1__Performance *r = response;
    detail.reason = "BAD_ARGUMENT";
    detail.field = "performance_id";
    detail.retry_after_ms = 1500;
    if (ask->performance_id == 0)
        return call_fail(call, CODE_INVALID_ARGUMENT, &detail, "performance_id is 0 %%\n%s",
                         "좌석");
    if (ask->performance_id == PERFORMANCE_LONG) {
        char text[1500];
        for (size_t i = 0; i + 3 <= sizeof(text); i += 3)
            memcpy(text + i, "좌", 3);
        return call_fail(call, CODE_NOT_FOUND, NULL, "x%.*s", (int)sizeof(text), text);
    }
    r->performance_id = ask->performance_id;
    r->version = UINT64_MAX;
    return 0;
}

/* layout_hash says how many names: a response as large as one likes. */
static int get_seat_map(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetSeatMapRequest *ask = request;
    Usher__V1__SeatMap *r = response;
    size_t count = strtoul(ask->layout_hash, NULL, 10);
    fixture_maps++;
    r->categories = arena_alloc(call_arena(call), count * sizeof(*r->categories));
    for (size_t i = 0; i < count; i++) {
        Usher__V1__Category *c = arena_alloc(call_arena(call), sizeof(*c));
        if (!c)
            return ERR_FULL;
        usher__v1__category__init(c);
        c->name = "A category of seats in the stalls, near the stage";
        c->color = (uint32_t)i;
        r->categories[i] = c;
    }
    r->n_categories = count;
    return 0;
}

struct watcher {
    struct sink sink;
    struct list link;
    uint64_t pushed, wanted; /* versions */
};

/* Of the one worker. */
static struct list watchers;

static struct frame *frame_of(uint64_t version)
{
    Usher__V1__SeatsUpdate update = USHER__V1__SEATS_UPDATE__INIT;
    struct frame *frame;
    update.version = version;
    assert_int_equal(frame_new(&update.base, &frame), 0);
    return frame;
}

static void push_state(struct watcher *w, struct frame *frame)
{
    if (w->sink.call && sink_push(&w->sink, frame) == 0)
        w->pushed = w->wanted;
}

static void on_writable(struct sink *sink)
{
    struct watcher *w = list_of(sink, struct watcher, sink);
    if (w->pushed == w->wanted)
        return;
    struct frame *frame = frame_of(w->wanted);
    push_state(w, frame);
    frame_unref(frame);
}

static void on_closed(struct sink *sink)
{
    struct watcher *w = list_of(sink, struct watcher, sink);
    assert_null(sink->call);
    list_remove(&w->link);
    free(w);
    fixture_sinks--;
}

static int watch_detached(struct call *call)
{
    struct watcher *w = calloc(1, sizeof(*w));
    w->sink = (struct sink){.writable = on_writable, .closed = on_closed};
    w->wanted = 1;
    list_append(&watchers, &w->link);
    call_detach(call, &w->sink);
    struct frame *frame = frame_of(1);
    push_state(w, frame);
    frame_unref(frame);
    fixture_sinks++;
    return 0;
}

static int watch_for_ever(struct call *call)
{
    Usher__V1__SeatsUpdate update = USHER__V1__SEATS_UPDATE__INIT;
    Usher__V1__SeatsSnapshot snapshot = USHER__V1__SEATS_SNAPSHOT__INIT;
    uint8_t states[8000] = {0};
    int err = 0;
    snapshot.states = (ProtobufCBinaryData){sizeof(states), states};
    update.body_case = USHER__V1__SEATS_UPDATE__BODY_SNAPSHOT;
    update.snapshot = &snapshot;
    fixture_waiting++;
    while (!err) {
        update.version++;
        err = call_send(call, &update.base, call_deadline_ns(call));
    }
    fixture_waiting--;
    fixture_cancelled += err == ERR_CANCELLED || err == ERR_CLOSED;
    return err;
}

static void answer_behind(struct call *call)
{
    assert_int_equal(call_answer_trailer(call, VIEW_LIT("usher-behind"), VIEW_LIT("one")), 0);
    assert_int_equal(call_answer_trailer(call, VIEW_LIT("usher-behind"), VIEW_LIT("\"two\"")), 0);
}

static int watch_seats(struct call *call, const void *request, void *response)
{
    const Usher__V1__WatchSeatsRequest *ask = request;
    Usher__V1__SeatsUpdate update = USHER__V1__SEATS_UPDATE__INIT;
    uint32_t count = ask->performance_id;
    if (count == WATCH_FOR_EVER)
        return watch_for_ever(call);
    if (count == WATCH_DETACHED)
        return watch_detached(call);
    bool fails = count == WATCH_FAILS;
    if (count == WATCH_BEHIND)
        answer_behind(call);
    for (uint32_t i = 1; i <= (fails ? 3 : count == WATCH_BEHIND ? 1 : count); i++) {
        update.version = i;
        int err = call_send(call, &update.base, call_deadline_ns(call));
        if (err)
            return err;
    }
    return fails ? call_fail(call, CODE_NOT_FOUND, NULL, "gone") : 0;
}

static int hold_waits(struct call *call)
{
    fixture_waiting++;
    int err = fiber_sleep_until(call_deadline_ns(call));
    fixture_waiting--;
    fixture_cancelled += err == ERR_CANCELLED;
    return err ? err : ERR_TIMEOUT;
}

static int hold_spins(void)
{
    fixture_waiting++;
    int err = 0;
    while (fixture_spins && !err)
        err = fiber_yield();
    fixture_waiting--;
    return err ? err : ERR_TIMEOUT;
}

static int hold_seats(struct call *call, const void *request, void *response)
{
    const Usher__V1__HoldSeatsRequest *ask = request;
    Usher__V1__Hold *r = response;
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    uint32_t seats[] = {4, 5};
    char id[TRACE_REQUEST_ID_MAX + 1];
    const struct view seen = trace_request_id(trace_here(), id);
    if (seen.len)
        assert_int_equal(call_answer_metadata(call, VIEW_LIT("usher-seen"), seen), 0);
    assert_true(identity_has(call_identity(call), FIXTURE_BUYER | FIXTURE_ORGANISER));
    assert_ptr_equal(call_state(call), &watchers);
    if (ask->performance_id == HOLD_WAITS)
        return hold_waits(call);
    if (ask->performance_id == HOLD_SPINS)
        return hold_spins();
    detail.reason = "SEATS_TAKEN";
    detail.n_seats = 2;
    detail.seats = seats;
    if (ask->performance_id == HOLD_FURTHER)
        assert_int_equal(call_add_detail(call, VIEW_LIT("usher.v1.HeldSeat"), VIEW_LIT("\x08\x04")),
                         0);
    if (ask->performance_id == HOLD_BEHIND)
        answer_behind(call);
    if (ask->performance_id == HOLD_TAKEN || ask->performance_id == HOLD_FURTHER)
        return call_fail(call, CODE_ABORTED, &detail, "seats 4 and 5 are taken");
    r->performance_id = ask->performance_id;
    r->n_seats = ask->n_seats;
    r->seats = arena_alloc(call_arena(call), ask->n_seats * sizeof(*r->seats));
    for (size_t i = 0; i < ask->n_seats; i++) {
        r->seats[i] = arena_alloc(call_arena(call), sizeof(**r->seats));
        usher__v1__held_seat__init(r->seats[i]);
        r->seats[i]->seat = ask->seats[i];
    }
    r->hold_id = "h";
    return 0;
}

static int not_here(struct call *call, const void *request, void *response)
{
    return call_fail(call, CODE_UNIMPLEMENTED, NULL, "not in this test");
}

/* Fails without call_fail: the code speaks for itself. */
static int out_of_order(struct call *call, const void *request, void *response)
{
    return ERR_UNAVAILABLE;
}

static const struct method methods[] = {
    {.name = "ListEvents", .safe = true, .cache = "public, max-age=5", .handle = list_events},
    {.name = "GetPerformance", .safe = true, .handle = get_performance},
    {.name = "GetSeatMap", .safe = true, .cache = "immutable", .handle = get_seat_map},
    {.name = "GetGrades", .safe = true, .handle = not_here},
    {.name = "WatchSeats", .kind = METHOD_SERVER_STREAM, .handle = watch_seats},
    {.name = "HoldSeats", .any_of = FIXTURE_BUYER | FIXTURE_ORGANISER, .handle = hold_seats},
    {.name = "HoldBest", .any_of = FIXTURE_BUYER | FIXTURE_ORGANISER, .handle = not_here},
    {.name = "ReleaseHold", .any_of = FIXTURE_BUYER | FIXTURE_ORGANISER, .handle = out_of_order},
    {.name = "ExtendHold", .any_of = FIXTURE_BUYER | FIXTURE_ORGANISER, .handle = not_here},
    {.name = "ChoosePriceTypes", .any_of = FIXTURE_BUYER | FIXTURE_ORGANISER, .handle = not_here},
    {.name = "PlaceOrder", .any_of = FIXTURE_BUYER | FIXTURE_ORGANISER, .handle = not_here},
    {.name = "GetOrder", .any_of = FIXTURE_BUYER | FIXTURE_ORGANISER, .handle = not_here},
    {.name = "ListOrders", .any_of = FIXTURE_BUYER | FIXTURE_ORGANISER, .handle = not_here},
    {.name = "CancelOrder", .any_of = FIXTURE_BUYER | FIXTURE_ORGANISER, .handle = not_here},
    {.name = "MoveSeats", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "ImportHall", .any_of = FIXTURE_ORGANISER, .request_max = 1 << 20, .handle = not_here},
    {.name = "PreviewHall", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "GenerateHall", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "ListHalls", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "CreateEvent", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "CreatePerformance", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "UpdateEvent", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "SetPoster", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "PublishEvent", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "HideEvent", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "DeleteEvent", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "UpdatePerformance", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "SetPrices", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "ListPriceCodes", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "JoinWaitingList", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "LeaveWaitingList", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "GetMyWishes", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "SetWaitingList", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "ListWaiting", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "GetGeneratedCodes", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "ListPricePlans", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "EndPricePlan", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "OpenSale", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "PauseSale", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "Announce", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "EndNotice", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "GetNotice", .handle = not_here},
    {.name = "GetSaleReport", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "BlockSeats", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "UnblockSeats", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "ListSeatBlocks", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "ListHolders", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "EndHold", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "BarBuyer", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "EndBar", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "ListBarred", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "ReadLedger", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "GetSaleLoad", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "ListPerformanceOrders", .any_of = FIXTURE_ORGANISER, .handle = not_here},
    {.name = "ReadOutbox", .any_of = FIXTURE_ORGANISER, .handle = not_here},
};

static struct service service;

static int identify(void *state, const struct credentials *shown, struct identity *ret)
{
    const struct view authorization = shown->authorization;
    if (shown->identity.at)
        return view_eq(authorization, VIEW_LIT("Peer ours")) ? identity_parse(shown->identity, ret)
                                                             : ERR_DENIED;
    if (view_eq(authorization, VIEW_LIT("Bearer buyer")))
        *ret = (struct identity){.roles = FIXTURE_BUYER, .account_id = {1, 2}};
    else if (view_eq(authorization, VIEW_LIT("Bearer organiser")))
        *ret = (struct identity){.roles = FIXTURE_ORGANISER};
    else
        return ERR_DENIED;
    return 0;
}

static void page(void *state, const struct page_request *ask, struct page *ret)
{
    if (!view_eq(ask->path, VIEW_LIT("/")))
        return;
    ret->status = view_eq(ask->if_none_match, VIEW_LIT("\"v1\"")) ? 304 : 200;
    ret->type = "text/html";
    ret->etag = "\"v1\"";
    ret->headers = "X-Content-Type-Options: nosniff\r\n";
    if (ret->status == 200)
        ret->body = view_str(arena_printf(ask->arena, "<h1>%s</h1>", "Usher"));
}

/* ---- life ---- */

void fixture_start(struct fixture *f, struct server_options options)
{
    service = (struct service){
        .descriptor = &usher__v1__ticket_service__descriptor,
        .methods = methods,
        .method_count = sizeof(methods) / sizeof(methods[0]),
        .state = &watchers,
    };
    list_init(&watchers);
    fixture_cancelled = fixture_waiting = fixture_sinks = 0;
    options.services = &service;
    options.service_count = 1;
    options.identify = identify;
    options.page = page;
    options.listen = "127.0.0.1:0";
    assert_int_equal(worker_start(0, &SCHED_LIMITS_DEFAULT, &f->worker), 0);
    assert_int_equal(server_start(&f->worker, 1, &options, &f->server), 0);
    f->port = server_port(f->server);
    snprintf(f->url, sizeof(f->url), "%s://127.0.0.1:%u", options.tls_cert_path ? "https" : "http",
             f->port);
}

const struct service *fixture_service(void)
{
    return &service;
}

void fixture_stop(struct fixture *f, int64_t grace_ms)
{
    server_stop(f->server, grace_ms);
    worker_stop(f->worker);
    assert_int_equal(fixture_waiting, 0);
    assert_int_equal(fixture_sinks, 0);
}

static void push_all(void *arg)
{
    uint64_t version = *(uint64_t *)arg;
    struct frame *frame = frame_of(version);
    list_each (link, &watchers) {
        struct watcher *w = list_of(link, struct watcher, link);
        w->wanted = version;
        push_state(w, frame);
    }
    frame_unref(frame);
}

void fixture_push(struct fixture *f, uint64_t version)
{
    assert_int_equal(worker_call(f->worker, push_all, &version), 0);
}

static void do_nothing(void *arg)
{
}

void fixture_turn(struct fixture *f)
{
    for (int i = 0; i < 8; i++)
        assert_int_equal(worker_call(f->worker, do_nothing, NULL), 0);
}

void fixture_await(_Atomic uint32_t *value, uint32_t expected)
{
    for (int ms = 0; *value != expected; ms++) {
        if (ms > 5000)
            fail_msg("waited for %u, got %u", expected, *value);
        poll(NULL, 0, 1);
    }
}

/* ---- a client ---- */

int client_connect(const struct fixture *f)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(f->port)};
    struct timeval five = {.tv_sec = 5};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &five, sizeof(five));
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

void client_send(int fd, const char *text)
{
    size_t len = strlen(text);
    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
}

/* False at the end of the connection. */
static bool read_more(int fd, struct buf *in)
{
    uint8_t *at = buf_reserve(in, 16384);
    assert_non_null(at);
    ssize_t n = recv(fd, at, 16384, 0);
    if (n < 0 && errno == EAGAIN)
        fail_msg("no answer within five seconds; so far: %.*s", VIEW_ARG(buf_view(in)));
    if (n <= 0)
        return false;
    buf_commit(in, (size_t)n);
    return true;
}

bool client_read_until(int fd, struct buf *in, const char *text)
{
    for (;;) {
        struct view v = buf_view(in);
        if (v.len && memmem(v.at, v.len, text, strlen(text)))
            return true;
        if (!read_more(fd, in))
            return false;
    }
}

void client_read_all(int fd, struct buf *in)
{
    while (read_more(fd, in))
        ;
}

/* Whether a whole answer with a content-length is there. */
static bool is_whole(const struct buf *in)
{
    struct view v = buf_view(in);
    const char *end = v.len ? memmem(v.at, v.len, "\r\n\r\n", 4) : NULL;
    const char *field = v.len ? memmem(v.at, v.len, "content-length: ", 16) : NULL;
    if (!end || !field || field > end)
        return false;
    return v.len >= (size_t)(end + 4 - v.at) + strtoul(field + 16, NULL, 10);
}

void client_exchange(const struct fixture *f, const char *request, struct buf *in)
{
    int fd = client_connect(f);
    buf_init(in, ANSWER_MAX);
    client_send(fd, request);
    while (!is_whole(in) && read_more(fd, in))
        ;
    close(fd);
    assert_int_equal(buf_append_byte(in, '\0'), 0);
}

void client_post(const struct fixture *f, const char *path, const char *type, const char *headers,
                 const char *body, struct buf *in)
{
    struct buf request;
    buf_init(&request, 1u << 20);
    assert_int_equal(buf_printf(&request,
                                "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n"
                                "%sContent-Length: %zu\r\n\r\n%s%c",
                                path, type, headers, strlen(body), body, '\0'),
                     0);
    client_exchange(f, buf_view(&request).at, in);
    buf_release(&request);
}

void assert_has(const struct buf *in, const char *text)
{
    struct view v = buf_view(in);
    if (text[0] && !memmem(v.at, v.len, text, strlen(text)))
        fail_msg("\"%s\" is not in the answer: %s", text, v.at);
}
