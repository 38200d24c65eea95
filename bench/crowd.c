/* The two stampedes that the design names, against a server of their own. */
#include <stdio.h>

#include "bench/bench.h"
#include "bench/crowd.h"
#include "bench/server.h"
#include "clock/clock.h"
#include "crowd/report.h"
#include "err/err.h"

int bench_crowd_send(const struct crowd_options *wish, const char *url, struct crowd_figures *ret)
{
    struct crowd crowd = {0};
    struct report report;
    struct crowd_options options = *wish;
    options.url = url;
    options.performance_id = 1;
    int err = crowd_run(&crowd, &options);
    if (err == 0 && !crowd_proved(&crowd))
        err = ERR_CORRUPT;
    if (err == 0)
        err = report_init(&report, &crowd);
    if (err == 0) {
        *ret = (struct crowd_figures){.p99_ms = (double)report.hold.p99 / NS_PER_MS,
                                      .answers_s = report.answers_per_s,
                                      .sold = (double)crowd.seats_sold};
        report_release(&report);
    } else if (crowd.error[0]) {
        fprintf(stderr, "usher-bench: %s\n", crowd.error);
    }
    crowd_release(&crowd);
    return err;
}

static int send_crowd(const struct crowd_options *wish, uint32_t places, struct crowd_figures *ret)
{
    struct bench_server server;
    int err = bench_server_start(places, "0", -1, &server);
    if (err != 0)
        return err;
    err = bench_crowd_send(wish, server.url, ret);
    if (err == 0)
        err = bench_server_audit(&server);
    const int stopped = bench_server_stop(&server);
    return err == 0 ? stopped : err;
}

const struct crowd_options bench_crowd_hot = {
    .users = 1000,
    .within_ns = 100 * NS_PER_MS,
    .seats = {.kind = WISH_HOT, .hot = 10},
    .party = {1, 1},
    .order = true,
    .tries = 1,
    .connections = 1000,
    .threads = 1,
    .seed = 1,
    .timeout_ms = 30000,
    .quiet = true,
};

/* Beside it the same people, each of whom wants a seat of his own: what they wait for one another
 * is to cost little more than what they wait for anyway. */
int bench_hot(bench_row_fn *row, void *state)
{
    struct crowd_figures hot, apart;
    struct crowd_options wish = bench_crowd_hot;
    int err = send_crowd(&wish, 2000, &hot);
    wish.seats = (struct wish_seats){.kind = WISH_BEST};
    if (err == 0)
        err = send_crowd(&wish, 2000, &apart);
    if (err != 0)
        return err;
    row(state, "hot: p99 of 1,000 people on 10 seats in 100 ms", hot.p99_ms, "ms");
    row(state, "hot: the same on a seat for each", apart.p99_ms, "ms");
    row(state, "hot: p99, times that on a seat for each", hot.p99_ms / apart.p99_ms, "x");
    row(state, "hot: answers", hot.answers_s, "/s");
    row(state, "hot: seats sold", hot.sold, "");
    return 0;
}

static int rush(struct crowd_figures *ret)
{
    const struct crowd_options wish = {
        .users = 100000,
        .within_ns = NS_PER_S,
        .seats = {.kind = WISH_BEST},
        .party = {1, 1},
        .order = true,
        .tries = 1,
        .connections = 256,
        .threads = 1,
        .seed = 1,
        .timeout_ms = 60000,
        .quiet = true,
    };
    return send_crowd(&wish, 20000, ret);
}

int bench_rush_p99(double *ret_ms)
{
    struct crowd_figures figures;
    const int err = rush(&figures);
    if (err == 0)
        *ret_ms = figures.p99_ms;
    return err;
}

int bench_rush(bench_row_fn *row, void *state)
{
    struct crowd_figures figures;
    const int err = rush(&figures);
    if (err != 0)
        return err;
    row(state, "rush: p99 of 100,000 people on 20,000 seats in 1 s", figures.p99_ms, "ms");
    row(state, "rush: answers", figures.answers_s, "/s");
    row(state, "rush: seats sold", figures.sold, "");
    return 0;
}
