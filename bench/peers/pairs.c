/*
 * Usher beside the seed's way (seed.c), on the same MariaDB and Redis, behind the same front, with
 * the same load, in one run; and usher's stores beside one another.
 */
#include <stdio.h>

#include "bench/buyers.h"
#include "bench/crowd.h"
#include "bench/peers/parts.h"
#include "bench/peers/seed.h"
#include "bench/server.h"
#include "bench/wire.h"
#include "err/err.h"

#define PLACES      100000
#define HOT_PLACES  2000
#define SECONDS     4
#define CONNECTIONS "&connections=32" /* of the seed's way: the best of 16, 32 and 64 */

/* What is measured: usher on a store, or the seed's way on MariaDB. */
enum side { SEED, MARIADB, PAIR, SQLITE, SIDES };
static const struct {
    const char *name;
    enum ground_kind ground;
} sides[SIDES] = {[SEED] = {"the seed's way", GROUND_MARIADB},
                  [MARIADB] = {"MariaDB", GROUND_MARIADB},
                  [PAIR] = {"MariaDB, binlog, semi-synchronous replica", GROUND_PAIR},
                  [SQLITE] = {"SQLite", GROUND_SQLITE}};

/* One of them, while it serves. */
struct served {
    enum side side;
    struct ground ground;
    struct bench_server usher;
    struct front seed;
    const char *url;
    pid_t pid;
};

static int begin(enum side side, uint32_t places, struct served *ret)
{
    *ret = (struct served){.side = side};
    int err = ground_clear(sides[side].ground, &ret->ground);
    if (err)
        return err;
    if (side == SEED) {
        char store[GROUND_URL_MAX + sizeof(CONNECTIONS)];
        snprintf(store, sizeof(store), "%s" CONNECTIONS, ret->ground.store);
        const struct seed_wish wish = {store, ret->ground.coord, places};
        err = seed_start(&wish, &ret->seed);
        ret->url = ret->seed.url;
        ret->pid = ret->seed.pid;
        return err;
    }
    const bool shared = ret->ground.store[0] != '\0';
    bench_server_stores(shared ? ret->ground.store : NULL, shared ? ret->ground.coord : NULL);
    err = bench_server_start(places, "0", -1, &ret->usher);
    bench_server_stores(NULL, NULL);
    ret->url = ret->usher.url;
    ret->pid = ret->usher.pid;
    return err;
}

static int end(struct served *served, int err)
{
    if (served->side == SEED) {
        wire_end(served->pid);
        return err;
    }
    if (err == 0)
        err = bench_server_audit(&served->usher);
    const int stopped = bench_server_stop(&served->usher);
    return err ? err : stopped;
}

static int measure_pairs(enum side side, uint32_t buyers, struct buyers_figures *ret)
{
    struct served served;
    int err = begin(side, PLACES, &served);
    if (err)
        return err;
    const struct buyers_wish wish = {.url = served.url,
                                     .buyers = buyers,
                                     .places = PLACES,
                                     .seconds = SECONDS,
                                     .servers = {served.pid, served.ground.pids[0],
                                                 served.ground.pids[1], served.ground.pids[2]}};
    return end(&served, buyers_run(&wish, ret));
}

/* Every side, in the one order or the other. */
static int compare_pairs(uint32_t buyers, bench_row_fn *row, void *state)
{
    struct buyers_figures f[SIDES];
    char name[96];
    int err = 0;
    for (int i = 0; err == 0 && i < SIDES; i++) {
        const int side = bench_other_first() ? i : SIDES - 1 - i;
        err = measure_pairs((enum side)side, buyers, &f[side]);
    }
    if (err)
        return err;
    for (int i = 0; i < SIDES; i++) {
#define ROW(WHAT, VALUE, UNIT)                                                                     \
    (snprintf(name, sizeof(name), "peers: %u buyers, %s: %s", buyers, sides[i].name, WHAT),        \
     row(state, name, VALUE, UNIT))
        ROW("hold + order", f[i].pairs_s, "/s");
        ROW("p50", f[i].p50_ms, "ms");
        ROW("p99", f[i].p99_ms, "ms");
        ROW("CPU of all servers a pair", f[i].cpu_us, "us");
#undef ROW
    }
    const struct buyers_figures *ours = &f[MARIADB], *seed = &f[SEED];
    snprintf(name, sizeof(name), "peers: %u buyers, times the seed's way", buyers);
    row(state, name, ours->pairs_s / seed->pairs_s, "x");
    snprintf(name, sizeof(name), "peers: %u buyers, p99, times the seed's way", buyers);
    row(state, name, ours->p99_ms / seed->p99_ms, "x");
    snprintf(name, sizeof(name), "peers: %u buyers, CPU a pair, times the seed's way", buyers);
    row(state, name, ours->cpu_us / seed->cpu_us, "x");
    return 0;
}

static int compare_hot(bench_row_fn *row, void *state)
{
    struct crowd_figures f[2];
    int err = 0;
    for (int i = 0; err == 0 && i < 2; i++) {
        const enum side side = (i == 0) == bench_other_first() ? SEED : MARIADB;
        struct served served;
        err = begin(side, HOT_PLACES, &served);
        if (err == 0)
            err = end(&served, bench_crowd_send(&bench_crowd_hot, served.url, &f[side]));
        if (err == 0 && f[side].sold != bench_crowd_hot.seats.hot)
            err = ERR_CORRUPT;
    }
    if (err)
        return err;
    row(state, "peers: 1,000 people on 10 seats: answers", f[MARIADB].answers_s, "/s");
    row(state, "peers: 1,000 people on 10 seats: answers, the seed's way", f[SEED].answers_s, "/s");
    row(state, "peers: 1,000 people on 10 seats: answers, times the seed's way",
        f[MARIADB].answers_s / f[SEED].answers_s, "x");
    row(state, "peers: 1,000 people on 10 seats: p99", f[MARIADB].p99_ms, "ms");
    row(state, "peers: 1,000 people on 10 seats: p99, the seed's way", f[SEED].p99_ms, "ms");
    row(state, "peers: 1,000 people on 10 seats: p99, times the seed's way",
        f[MARIADB].p99_ms / f[SEED].p99_ms, "x");
    return 0;
}

int peers_pairs(bench_row_fn *row, void *state)
{
    int err = compare_pairs(64, row, state);
    err = err ? err : compare_pairs(512, row, state);
    return err ? err : compare_hot(row, state);
}
