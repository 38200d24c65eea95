/*
 * Durable hold + order through gRPC: 512 buyers at once, each waiting for its answer, on the store
 * with synchronous FULL; server and load share the machine.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/server.h"
#include "call/client.h"
#include "call/remote.h"
#include "crowd/percentiles.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "usher/v1/auth.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define BUYERS      512
#define CONNECTIONS 8
#define PLACES      100000
#define CALL_MS     20000

#define KEPT    1000 /* places kept back, of a sale that has everything */
#define WAITERS 200  /* who wait there for a place for a wheelchair, which the hall has not */

struct order_bench {
    struct bench_server server;
    bool dressed; /* the sale has blocks, price types, codes and a waiting list */
    uint32_t places, waiters;
    struct channel *channel; /* of CONNECTIONS connections */
    struct scope buyers;
    uint32_t next_seat;
    uint32_t pairs;
    uint32_t failed;
    int64_t begin_ns, end_ns;
    int64_t *took_ns; /* PLACES */
    int result;
};

static bool check(struct order_bench *bench, const struct client *client, const char *method,
                  int err)
{
    if (err && bench->failed++ == 0) /* the first tells most */
        fprintf(stderr, "usher-bench: order: %s after %u pairs: %s: %s\n", method, bench->pairs,
                code_name(client->status.code), client->status.message);
    return !err;
}

static bool buy_one(struct order_bench *bench, struct client *tickets, uint32_t seat)
{
    Usher__V1__HoldSeatsRequest wish = USHER__V1__HOLD_SEATS_REQUEST__INIT;
    const Usher__V1__Hold *hold;
    wish.performance_id = 1;
    wish.seats = &seat;
    wish.n_seats = 1;
    uint32_t type = 1 + seat % 2;
    if (bench->dressed && seat % 2 == 0) { /* half of them say who it is for, and have a code */
        wish.types = &type;
        wish.n_types = 1;
        wish.code = (char *)"FANCLUB";
    }
    int err = client_call(tickets, Usher__V1__TicketService, hold_seats, &wish, &hold);
    if (!check(bench, tickets, "HoldSeats", err))
        return false;
    Usher__V1__PlaceOrderRequest order = USHER__V1__PLACE_ORDER_REQUEST__INIT;
    const Usher__V1__Order *placed;
    order.performance_id = 1;
    order.hold_id = hold->hold_id;
    order.payment_method = USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE;
    err = client_call(tickets, Usher__V1__TicketService, place_order, &order, &placed);
    return check(bench, tickets, "PlaceOrder", err);
}

static bool wait_for_one(struct order_bench *bench, struct client *tickets)
{
    Usher__V1__JoinWaitingListRequest wish = USHER__V1__JOIN_WAITING_LIST_REQUEST__INIT;
    const Usher__V1__Wish *made;
    wish.performance_id = 1;
    wish.party = wish.wheelchairs = 1;
    int err = client_call(tickets, Usher__V1__TicketService, join_waiting_list, &wish, &made);
    return check(bench, tickets, "JoinWaitingList", err);
}

/* Buys seat after seat until the hall is sold out. */
static void buyer_body(void *arg)
{
    struct order_bench *bench = arg;
    struct client accounts, tickets;
    struct arena arena;
    char authorization[600];
    arena_init(&arena, 1u << 20);
    Usher__V1__CreateGuestRequest guest = USHER__V1__CREATE_GUEST_REQUEST__INIT;
    const Usher__V1__CreateGuestResponse *account;
    client_init(&accounts, bench->channel, &usher__v1__auth_service__descriptor, &arena);
    client_init(&tickets, bench->channel, &usher__v1__ticket_service__descriptor, &arena);
    int err = client_call(&accounts, Usher__V1__AuthService, create_guest, &guest, &account);
    if (check(bench, &accounts, "CreateGuest", err))
        snprintf(authorization, sizeof(authorization), "Bearer %s", account->token);
    tickets.authorization = authorization;
    tickets.timeout_ms = CALL_MS;
    if (!err && bench->dressed && bench->waiters < WAITERS) {
        bench->waiters++;
        err = wait_for_one(bench, &tickets) ? 0 : ERR_UNAVAILABLE;
    }
    while (!err && bench->next_seat < bench->places) {
        const uint32_t seat = bench->next_seat++;
        arena_reset(&arena);
        const int64_t begin_ns = clock_mono_ns(clock_system());
        if (bench->begin_ns == 0)
            bench->begin_ns = begin_ns;
        if (!buy_one(bench, &tickets, seat))
            continue;
        bench->end_ns = clock_mono_ns(clock_system());
        bench->took_ns[bench->pairs++] = bench->end_ns - begin_ns;
    }
    arena_release(&arena);
}

static void drive(void *arg)
{
    struct order_bench *bench = arg;
    const struct remote_options options = {
        .url = bench->server.url, .links = CONNECTIONS, .tries = 1};
    int err = remote_new(&options, &bench->channel);
    scope_init(&bench->buyers);
    for (uint32_t i = 0; err == 0 && i < BUYERS; i++)
        err = fiber_spawn(&bench->buyers, buyer_body, bench);
    scope_join(&bench->buyers, DEADLINE_NEVER);
    channel_free(bench->channel);
    bench->result = err;
}

struct order_figures {
    double pairs_s, p50_ms, p99_ms, cpu_us;
};

static void count_up(struct order_bench *bench, int64_t cpu_ns, struct order_figures *ret)
{
    struct percentiles p;
    percentiles_of(bench->took_ns, bench->pairs, &p);
    *ret = (struct order_figures){
        .pairs_s = bench->pairs / ((double)(bench->end_ns - bench->begin_ns) / NS_PER_S),
        .p50_ms = (double)p.p50 / NS_PER_MS,
        .p99_ms = (double)p.p99 / NS_PER_MS,
        .cpu_us = (double)cpu_ns / 1000 / bench->pairs,
    };
}

static int measure(bool dressed, struct order_figures *ret_figures)
{
    struct order_bench bench = {.dressed = dressed, .places = dressed ? PLACES - KEPT : PLACES};
    int err = bench_server_start(PLACES, "0", -1, &bench.server);
    if (err != 0)
        return err;
    if (dressed)
        err = bench_server_dress(&bench.server, bench.places, PLACES - 1);
    const int64_t start_cpu_ns = bench_cpu_ns(bench.server.pid); /* no pair's */
    bench.took_ns = calloc(PLACES, sizeof(*bench.took_ns));
    if (err == 0)
        err = bench.took_ns ? fiber_main(drive, &bench) : ERR_NO_MEMORY;
    err = err != 0 ? err : bench.result;
    const int64_t cpu_ns = bench_cpu_ns(bench.server.pid) - start_cpu_ns;
    if (err == 0 && bench.failed > 0)
        err = ERR_UNAVAILABLE;
    if (err == 0)
        err = bench_server_audit(&bench.server);
    const int stopped = bench_server_stop(&bench.server);
    if (err == 0)
        err = stopped;
    if (err == 0)
        count_up(&bench, cpu_ns, ret_figures);
    free(bench.took_ns);
    return err;
}

int bench_order(bench_row_fn *row, void *state)
{
    struct order_figures f;
    const int err = measure(false, &f);
    if (err != 0)
        return err;
    row(state, "order: hold + order, durable, gRPC, 512 buyers", f.pairs_s, "/s");
    row(state, "order: p50 of the pair", f.p50_ms, "ms");
    row(state, "order: p99 of the pair", f.p99_ms, "ms");
    row(state, "order: CPU of the server a pair", f.cpu_us, "us");
    return 0;
}

/* ---- in pairs ---- */

static struct {
    const char *ours, *other;
    bool other_first;
} beside;

void bench_beside_next(const char *ours, const char *other)
{
    beside.ours = ours;
    beside.other = other;
    beside.other_first = !beside.other_first;
}

int bench_beside(bench_row_fn *row, void *state)
{
    struct order_figures ours = {0}, other = {0};
    int err = 0;
    for (int i = 0; err == 0 && i < 2; i++) {
        const bool is_other = (i == 0) == beside.other_first;
        err = bench_server_program(is_other ? beside.other : beside.ours);
        if (err == 0)
            err = measure(false, is_other ? &other : &ours);
    }
    if (err != 0)
        return err;
    row(state, "beside: pairs a second", ours.pairs_s, "/s");
    row(state, "beside: of the other", other.pairs_s, "/s");
    row(state, "beside: pairs a second, times the other's", ours.pairs_s / other.pairs_s, "x");
    row(state, "beside: p50 of the pair, times the other's", ours.p50_ms / other.p50_ms, "x");
    row(state, "beside: p99 of the pair, times the other's", ours.p99_ms / other.p99_ms, "x");
    row(state, "beside: CPU of the server a pair", ours.cpu_us, "us");
    row(state, "beside: of the other's server", other.cpu_us, "us");
    row(state, "beside: CPU of the server a pair, times the other's", ours.cpu_us / other.cpu_us,
        "x");
    return 0;
}

/* The same program twice: with the monitor, which reads the ledger along, and without. */
int bench_monitor(bench_row_fn *row, void *state)
{
    struct order_figures with = {0}, without = {0};
    int err = 0;
    for (int i = 0; err == 0 && i < 2; i++) {
        const bool is_other = (i == 0) == beside.other_first;
        bench_server_roles(is_other ? "auth,ticket,payment,waitroom,door,gateway" : NULL);
        err = measure(false, is_other ? &without : &with);
    }
    bench_server_roles(NULL);
    if (err != 0)
        return err;
    row(state, "monitor: pairs a second, times those without", with.pairs_s / without.pairs_s, "x");
    row(state, "monitor: p99 of the pair, times that without", with.p99_ms / without.p99_ms, "x");
    row(state, "monitor: CPU of the server a pair, times that without",
        with.cpu_us / without.cpu_us, "x");
    return 0;
}

/* A sale with blocks, price types, codes and a waiting list, and the plain one. */
int bench_dressed(bench_row_fn *row, void *state)
{
    struct order_figures dressed = {0}, plain = {0};
    int err = 0;
    for (int i = 0; err == 0 && i < 2; i++) {
        const bool is_plain = (i == 0) == beside.other_first;
        err = measure(!is_plain, is_plain ? &plain : &dressed);
    }
    if (err != 0)
        return err;
    row(state, "dressed: blocks, price types, codes, a waiting list: pairs", dressed.pairs_s, "/s");
    row(state, "dressed: the same of the plain sale", plain.pairs_s, "/s");
    row(state, "dressed: pairs a second, times the plain sale's", dressed.pairs_s / plain.pairs_s,
        "x");
    row(state, "dressed: p99 of the pair, times the plain sale's", dressed.p99_ms / plain.p99_ms,
        "x");
    row(state, "dressed: CPU of the server a pair, times the plain sale's",
        dressed.cpu_us / plain.cpu_us, "x");
    return 0;
}
