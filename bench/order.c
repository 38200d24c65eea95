/*
 * Durable hold + order through gRPC: 512 buyers at once, each waiting for its answer, on the store
 * with synchronous FULL; server and load share the machine.
 */
#include "bench/bench.h"
#include "bench/buyers.h"
#include "bench/server.h"

#define BUYERS 512
#define PLACES 100000
#define KEPT   1000 /* places kept back, of a sale that has everything */

static int measure(bool dressed, struct buyers_figures *ret_figures)
{
    struct bench_server server;
    int err = bench_server_start(PLACES, "0", -1, &server);
    if (err != 0)
        return err;
    const struct buyers_wish wish = {.url = server.url,
                                     .buyers = BUYERS,
                                     .places = dressed ? PLACES - KEPT : PLACES,
                                     .dressed = dressed,
                                     .servers = {server.pid}};
    if (dressed)
        err = bench_server_dress(&server, wish.places, PLACES - 1);
    if (err == 0)
        err = buyers_run(&wish, ret_figures);
    if (err == 0)
        err = bench_server_audit(&server);
    const int stopped = bench_server_stop(&server);
    return err == 0 ? stopped : err;
}

int bench_order(bench_row_fn *row, void *state)
{
    struct buyers_figures f;
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

bool bench_other_first(void)
{
    return beside.other_first;
}

int bench_beside(bench_row_fn *row, void *state)
{
    struct buyers_figures ours = {0}, other = {0};
    double ours_ms = 0, other_ms = 0;
    int err = 0;
    for (int i = 0; err == 0 && i < 2; i++) {
        const bool is_other = (i == 0) == beside.other_first;
        err = bench_server_program(is_other ? beside.other : beside.ours);
        if (err == 0)
            err = measure(false, is_other ? &other : &ours);
        if (err == 0)
            err = bench_rush_p99(is_other ? &other_ms : &ours_ms);
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
    row(state, "beside: p99 of 100,000 people in 1 s", ours_ms, "ms");
    row(state, "beside: p99 of 100,000 people in 1 s, times the other's", ours_ms / other_ms, "x");
    return 0;
}

/* The same program twice: with the monitor, which reads the ledger along, and without. */
int bench_monitor(bench_row_fn *row, void *state)
{
    struct buyers_figures with = {0}, without = {0};
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
    struct buyers_figures dressed = {0}, plain = {0};
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
