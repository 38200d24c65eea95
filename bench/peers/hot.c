/*
 * 1,000 people want the same 10 seats: once each, within 100 ms, by an open loop (src/crowd): how
 * long they wait; and again and again, by a closed one: how many answers a second there are, which
 * no pace of arrivals bounds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/crowd.h"
#include "bench/peers/parts.h"
#include "bench/peers/sides.h"
#include "call/client.h"
#include "call/remote.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "usher/v1/auth.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define PLACES      2000
#define PEOPLE      1000
#define SEATS       10
#define CONNECTIONS 16
#define SECONDS     3
#define CALL_MS     30000
#define TOKEN_ROOM  600

struct rush {
    const char *url;
    struct channel *channel;
    int64_t until_ns;
    uint32_t begun, answers, held;
    int err;
    double answers_s;
};

/* Becomes a guest, waits for the others, and asks for one of the seats until the time is over. */
static void want(void *arg)
{
    struct rush *rush = arg;
    const uint32_t person = rush->begun++;
    struct arena arena;
    struct client client;
    char authorization[TOKEN_ROOM];
    Usher__V1__CreateGuestRequest guest = USHER__V1__CREATE_GUEST_REQUEST__INIT;
    const Usher__V1__CreateGuestResponse *account;
    arena_init(&arena, 1u << 20);
    client_init(&client, rush->channel, &usher__v1__auth_service__descriptor, &arena);
    client.timeout_ms = CALL_MS;
    int err = client_call(&client, Usher__V1__AuthService, create_guest, &guest, &account);
    if (err == 0)
        snprintf(authorization, TOKEN_ROOM, "Bearer %s", account->token);
    client.service = &usher__v1__ticket_service__descriptor;
    client.authorization = authorization;
    const int64_t began_ns = rush->until_ns - SECONDS * NS_PER_S;
    if (err == 0)
        err = fiber_sleep_until(began_ns);
    for (uint32_t i = 0; err == 0 && rush->err == 0 && fiber_now_ns() < rush->until_ns; i++) {
        Usher__V1__HoldSeatsRequest wish = USHER__V1__HOLD_SEATS_REQUEST__INIT;
        const Usher__V1__Hold *hold;
        uint32_t seat = (person + i) % SEATS;
        wish.performance_id = 1;
        wish.seats = &seat;
        wish.n_seats = 1;
        arena_reset(&arena);
        err = client_call(&client, Usher__V1__TicketService, hold_seats, &wish, &hold);
        rush->held += err == 0;
        if (client.status.code == CODE_ABORTED)
            err = 0; /* taken */
        rush->answers += err == 0;
    }
    if (err && rush->err == 0) {
        rush->err = err;
        fprintf(stderr, "usher-bench: hot: %s: %s\n", code_name(client.status.code),
                client.status.message);
    }
    arena_release(&arena);
}

static void drive(void *arg)
{
    struct rush *rush = arg;
    const struct remote_options options = {.url = rush->url, .links = CONNECTIONS, .tries = 1};
    struct scope scope;
    rush->err = remote_new(&options, &rush->channel);
    if (rush->err)
        return;
    rush->until_ns = fiber_now_ns() + 2 * SECONDS * NS_PER_S;
    scope_init(&scope);
    for (uint32_t i = 0; rush->err == 0 && i < PEOPLE; i++)
        rush->err = fiber_spawn(&scope, want, rush);
    scope_join(&scope, DEADLINE_NEVER);
    const int64_t took_ns = fiber_now_ns() - (rush->until_ns - SECONDS * NS_PER_S);
    rush->answers_s = rush->answers * (double)NS_PER_S / (double)took_ns;
    if (rush->err == 0 && rush->held != SEATS)
        rush->err = ERR_CORRUPT; /* a seat went to two, or to nobody */
    channel_free(rush->channel);
}

static int measure_rush(enum peers_side side, double *ret_answers_s)
{
    struct peers_served served;
    int err = peers_side_open(side, PLACES, &served);
    if (err)
        return err;
    struct rush rush = {.url = served.url};
    err = fiber_main(drive, &rush);
    *ret_answers_s = rush.answers_s;
    return peers_side_close(&served, err ? err : rush.err);
}

static int compare_rush(bench_row_fn *row, void *state)
{
    double ours_s = 0, seed_s = 0;
    int err = 0;
    for (int i = 0; err == 0 && i < 2; i++)
        err = (i == 0) == bench_other_first() ? measure_rush(SIDE_SEED, &seed_s)
                                              : measure_rush(SIDE_MARIADB, &ours_s);
    if (err)
        return err;
    row(state, "peers: 1,000 people on 10 seats, again and again: answers", ours_s, "/s");
    row(state, "peers: 1,000 people on 10 seats, again and again: answers, the seed's way", seed_s,
        "/s");
    row(state, "peers: 1,000 people on 10 seats: answers, times the seed's way", ours_s / seed_s,
        "x");
    return 0;
}

static int compare_stampede(bench_row_fn *row, void *state)
{
    struct crowd_figures f[2];
    int err = 0;
    for (int i = 0; err == 0 && i < 2; i++) {
        const enum peers_side side = (i == 0) == bench_other_first() ? SIDE_SEED : SIDE_MARIADB;
        struct peers_served served;
        err = peers_side_open(side, PLACES, &served);
        if (err == 0)
            err =
                peers_side_close(&served, bench_crowd_send(&bench_crowd_hot, served.url, &f[side]));
        if (err == 0 && f[side].sold != bench_crowd_hot.seats.hot)
            err = ERR_CORRUPT;
    }
    if (err)
        return err;
    row(state, "peers: 1,000 people on 10 seats: p99", f[SIDE_MARIADB].p99_ms, "ms");
    row(state, "peers: 1,000 people on 10 seats: p99, the seed's way", f[SIDE_SEED].p99_ms, "ms");
    row(state, "peers: 1,000 people on 10 seats: p99, times the seed's way",
        f[SIDE_MARIADB].p99_ms / f[SIDE_SEED].p99_ms, "x");
    return 0;
}

int peers_hot(bench_row_fn *row, void *state)
{
    const int err = compare_rush(row, state);
    return err ? err : compare_stampede(row, state);
}
