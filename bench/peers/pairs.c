/*
 * Usher beside the seed's way (seed.c), on the same MariaDB and Redis, behind the same front, with
 * the same load, in one run; and usher's stores beside one another.
 */
#include <stdio.h>

#include "bench/buyers.h"
#include "bench/peers/parts.h"
#include "bench/peers/sides.h"

#define PLACES  100000
#define SECONDS 4

static int measure_pairs(enum peers_side side, uint32_t buyers, struct buyers_figures *ret)
{
    struct peers_served served;
    int err = peers_side_open(side, PLACES, &served);
    if (err)
        return err;
    const struct buyers_wish wish = {.url = served.url,
                                     .buyers = buyers,
                                     .places = PLACES,
                                     .seconds = SECONDS,
                                     .servers = {served.pid, served.ground.pids[0],
                                                 served.ground.pids[1], served.ground.pids[2]}};
    return peers_side_close(&served, buyers_run(&wish, ret));
}

/* Every side, in the one order or the other. */
static int compare_pairs(uint32_t buyers, bench_row_fn *row, void *state)
{
    struct buyers_figures f[SIDES];
    char name[96];
    int err = 0;
    for (int i = 0; err == 0 && i < SIDES; i++) {
        const int side = bench_other_first() ? i : SIDES - 1 - i;
        err = measure_pairs((enum peers_side)side, buyers, &f[side]);
    }
    if (err)
        return err;
    for (int i = 0; i < SIDES; i++) {
#define ROW(WHAT, VALUE, UNIT)                                                                     \
    (snprintf(name, sizeof(name), "peers: %u buyers, %s: %s", buyers,                              \
              peers_side_name((enum peers_side)i), WHAT),                                          \
     row(state, name, VALUE, UNIT))
        ROW("hold + order", f[i].pairs_s, "/s");
        ROW("p50", f[i].p50_ms, "ms");
        ROW("p99", f[i].p99_ms, "ms");
        ROW("CPU of all servers a pair", f[i].cpu_us, "us");
#undef ROW
    }
    const struct buyers_figures *ours = &f[SIDE_MARIADB], *seed = &f[SIDE_SEED];
    snprintf(name, sizeof(name), "peers: %u buyers, times the seed's way", buyers);
    row(state, name, ours->pairs_s / seed->pairs_s, "x");
    snprintf(name, sizeof(name), "peers: %u buyers, p99, times the seed's way", buyers);
    row(state, name, ours->p99_ms / seed->p99_ms, "x");
    snprintf(name, sizeof(name), "peers: %u buyers, CPU a pair, times the seed's way", buyers);
    row(state, name, ours->cpu_us / seed->cpu_us, "x");
    return 0;
}

int peers_pairs(bench_row_fn *row, void *state)
{
    const int err = compare_pairs(64, row, state);
    return err ? err : compare_pairs(512, row, state);
}
