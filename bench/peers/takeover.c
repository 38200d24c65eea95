/*
 * The owner is killed: how long nobody can hold, beside the lease and the loading of who takes
 * over; and what loading costs in a sale that has just begun and in one that is old.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/buyers.h"
#include "bench/peers/parts.h"
#include "call/client.h"
#include "call/remote.h"
#include "chance/chance.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "sale/ledger.h"
#include "store/store.h"
#include "usher/v1/auth.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define LEASE_S    1.0 /* bench_server_stores */
#define PLACES     20000
#define SOLD       10000
#define BUYERS     256
#define CALL_MS    10000
#define AGAIN_MS   5
#define GIVE_UP_MS 20000
#define LOADED     "usher_load_seconds_sum"

/* ---- kill -9 ---- */

struct survivor {
    const char *url;
    pid_t owner;
    int err;
    int64_t killed_ns, held_ns;
};

/* Asks again and again, each time for another seat, until one is held. */
static void hold_one(struct survivor *s, struct channel *channel, const char *authorization)
{
    struct arena arena;
    struct client client;
    uint32_t seat = SOLD;
    const int64_t until_ns = deadline_after_ms(fiber_now_ns(), GIVE_UP_MS);
    arena_init(&arena, 1u << 20);
    client_init(&client, channel, &usher__v1__ticket_service__descriptor, &arena);
    client.timeout_ms = CALL_MS;
    client.authorization = authorization;
    kill(s->owner, SIGKILL);
    s->killed_ns = clock_mono_ns(clock_system());
    s->err = ERR_TIMEOUT;
    while (s->err && fiber_now_ns() < until_ns) {
        Usher__V1__HoldSeatsRequest wish = USHER__V1__HOLD_SEATS_REQUEST__INIT;
        const Usher__V1__Hold *hold;
        seat++;
        wish.performance_id = 1;
        wish.seats = &seat;
        wish.n_seats = 1;
        s->err = client_call(&client, Usher__V1__TicketService, hold_seats, &wish, &hold);
        arena_reset(&arena);
        if (s->err)
            (void)fiber_sleep_until(deadline_after_ms(fiber_now_ns(), AGAIN_MS));
    }
    s->held_ns = clock_mono_ns(clock_system());
    arena_release(&arena);
}

static void outlive(void *arg)
{
    struct survivor *s = arg;
    struct arena arena;
    struct client client;
    struct channel *channel;
    char authorization[600];
    Usher__V1__CreateGuestRequest wish = USHER__V1__CREATE_GUEST_REQUEST__INIT;
    const Usher__V1__CreateGuestResponse *guest;
    const struct remote_options options = {.url = s->url, .tries = 1};
    s->err = remote_new(&options, &channel);
    if (s->err)
        return;
    arena_init(&arena, 1u << 20);
    client_init(&client, channel, &usher__v1__auth_service__descriptor, &arena);
    s->err = client_call(&client, Usher__V1__AuthService, create_guest, &wish, &guest);
    if (s->err == 0) {
        snprintf(authorization, sizeof(authorization), "Bearer %s", guest->token);
        hold_one(s, channel, authorization);
    }
    channel_free(channel);
    arena_release(&arena);
}

static int measure_takeover(bench_row_fn *row, void *state)
{
    struct peers_house house;
    struct buyers_figures sold;
    double before_s = 0, after_s = 0;
    int err = peers_house_open(PLACES, &house);
    if (err)
        return err;
    const struct buyers_wish wish = {.url = house.owner->url, .buyers = BUYERS, .places = SOLD};
    struct survivor survivor = {.url = house.other->url, .owner = house.owner->pid};
    err = buyers_run(&wish, &sold);
    err = err ? err : bench_server_figure(house.other, LOADED, &before_s);
    err = err ? err : fiber_main(outlive, &survivor);
    err = err ? err : survivor.err;
    err = err ? err : bench_server_figure(house.other, LOADED, &after_s);
    err = err ? err : bench_server_audit(house.other);
    (void)peers_house_close(&house); /* one of them was killed */
    if (err)
        return err;
    const double took_s = (double)(survivor.held_ns - survivor.killed_ns) / NS_PER_S;
    row(state, "peers: from kill -9 of the owner to the next hold", took_s, "s");
    row(state, "peers: of it, loading 20,000 places, half of them sold", after_s - before_s, "s");
    row(state, "peers: takeover, times lease and loading", took_s / (LEASE_S + after_s - before_s),
        "x");
    return 0;
}

/* ---- a young sale and an old one ---- */

#define ROW_HOLDS      256              /* held in a row, and let go in the next */
#define RECENT_ROWS    100              /* of the last minutes; both sales have them */
#define OLD_ROWS       4000             /* of the day before */
#define OLD_MS         (2 * 86400000LL) /* ago, when it began */
#define OLD_STEP_MS    20000
#define RECENT_STEP_MS 1000

struct history {
    struct store *store;
    struct store_performance head;
    struct arena arena;
    struct chance_seeded chance;
    struct change changes[2 * ROW_HOLDS];
    uint32_t count;
    struct change held[ROW_HOLDS]; /* by the row before */
    uint32_t held_count;
    uint32_t next_seat;
};

static int commit_row(struct history *h, int64_t at_ms)
{
    struct store_batch batch = {
        .performance_id = h->head.performance_id,
        .epoch = h->head.epoch,
        .row = {.seq = h->head.seq + 1,
                .epoch = h->head.epoch,
                .version_before = h->head.version,
                .version = h->head.version + h->count,
                .at_ms = at_ms},
        .sale_state = USHER__V1__SALE_STATE__SALE_STATE_OPEN,
    };
    memcpy(batch.row.prev_hash, h->head.head_hash, STORE_HASH_BYTES);
    arena_reset(&h->arena);
    int err = ledger_pack(h->changes, h->count, &h->arena, &batch.row.body);
    if (err)
        return err;
    ledger_seal(batch.performance_id, &batch.row);
    err = h->store->ops->commit(h->store, &batch, DEADLINE_NEVER);
    h->head.seq++;
    h->head.version += h->count;
    memcpy(h->head.head_hash, batch.row.hash, STORE_HASH_BYTES);
    h->count = 0;
    return err;
}

/* Who holds lets go, and others hold. */
static int move_on(struct history *h, int64_t at_ms)
{
    for (uint32_t i = 0; i < h->held_count; i++) {
        h->held[i].kind = CHANGE_RELEASE;
        h->held[i].at_ms = at_ms;
        h->changes[h->count++] = h->held[i];
    }
    for (h->held_count = 0; h->held_count < ROW_HOLDS; h->held_count++) {
        h->next_seat = (h->next_seat + 1) % PLACES;
        h->held[h->held_count] = h->changes[h->count++] =
            (struct change){.kind = CHANGE_HOLD,
                            .at_ms = at_ms,
                            .hold_id = chance_id_at(&h->chance.chance, at_ms),
                            .account_id = chance_id(&h->chance.chance),
                            .seat_count = 1,
                            .seats = {h->next_seat},
                            .expires_at_ms = at_ms + h->head.hold_ttl_ms};
    }
    return commit_row(h, at_ms);
}

static int write_history(struct history *h, uint32_t old_rows)
{
    const int64_t now_ms = clock_wall_ms(clock_system());
    int err = h->store->ops->claim(h->store, 1, &h->arena, &h->head, DEADLINE_NEVER);
    if (err)
        return err;
    h->changes[h->count++] = (struct change){.kind = CHANGE_SALE_STATE,
                                             .at_ms = now_ms - OLD_MS,
                                             .state = USHER__V1__SALE_STATE__SALE_STATE_OPEN};
    err = commit_row(h, now_ms - OLD_MS);
    for (uint32_t i = 0; err == 0 && i < old_rows; i++)
        err = move_on(h, now_ms - OLD_MS + (i + 1) * OLD_STEP_MS);
    for (int64_t i = RECENT_ROWS; err == 0 && i > 0; i--)
        err = move_on(h, now_ms - i * RECENT_STEP_MS);
    return err;
}

static int make_history(const char *store, uint32_t old_rows)
{
    char why[STORE_WHY_MAX];
    struct history *h = calloc(1, sizeof(*h));
    int err = h ? store_mariadb_open(store, false, why, &h->store) : ERR_NO_MEMORY;
    if (err == 0) {
        arena_init(&h->arena, 16 << 20);
        chance_seed(&h->chance, 1 + old_rows);
        err = write_history(h, old_rows);
        arena_release(&h->arena);
        store_free(h->store);
    }
    free(h);
    return err;
}

static int wait_for_load(const struct bench_server *server, double *ret_s)
{
    double count = 0;
    int err = 0;
    for (int waited = 0; count == 0 && waited < GIVE_UP_MS; waited += AGAIN_MS) {
        poll(NULL, 0, AGAIN_MS);
        err = bench_server_figure(server, "usher_load_seconds_count", &count);
    }
    return count == 0 ? ERR_TIMEOUT : err ? err : bench_server_figure(server, LOADED, ret_s);
}

static int load_history(uint32_t old_rows, double *ret_s)
{
    struct ground ground;
    struct bench_server server;
    int err = ground_clear(GROUND_MARIADB, &ground);
    if (err)
        return err;
    bench_server_stores(ground.store, ground.coord);
    err = bench_server_prepare(PLACES, &server);
    if (err == 0) {
        err = bench_server_leave(&server);
        err = err ? err : make_history(ground.store, old_rows);
        err = err ? err : bench_server_return(&server);
        err = err ? err : wait_for_load(&server, ret_s);
        err = err ? err : bench_server_audit(&server);
        const int stopped = bench_server_stop(&server);
        err = err ? err : stopped;
    }
    bench_server_stores(NULL, NULL);
    return err;
}

int peers_takeover(bench_row_fn *row, void *state)
{
    double young_s = 0, old_s = 0;
    int err = measure_takeover(row, state);
    for (int i = 0; err == 0 && i < 2; i++)
        err = (i == 0) == bench_other_first() ? load_history(0, &young_s)
                                              : load_history(OLD_ROWS, &old_s);
    if (err)
        return err;
    row(state, "peers: loading a sale of 100 rows", young_s, "s");
    row(state, "peers: loading a sale of 4,100 rows, 4,000 of them old", old_s, "s");
    row(state, "peers: loading, the old sale times the young one", old_s / young_s, "x");
    return 0;
}
