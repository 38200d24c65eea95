/* The two stampedes that the design names, against a server of their own. */
#include <stdio.h>

#include "bench/bench.h"
#include "bench/server.h"
#include "clock/clock.h"
#include "crowd/crowd.h"
#include "crowd/report.h"
#include "err/err.h"

struct crowd_rows {
    const char *p99;
    const char *answers;
    const char *sold;
};

static int send_crowd(struct crowd_options *wish, uint32_t places, const struct crowd_rows *names,
                      bench_row_fn *row, void *state)
{
    struct bench_server server;
    struct crowd crowd = {0};
    struct report report;
    int err = bench_server_start(places, "0", -1, &server);
    if (err != 0)
        return err;
    wish->url = server.url;
    wish->performance_id = 1;
    err = crowd_run(&crowd, wish);
    if (err == 0 && !crowd_proved(&crowd))
        err = ERR_CORRUPT;
    if (err == 0)
        err = bench_server_audit(&server);
    const int stopped = bench_server_stop(&server);
    if (err == 0)
        err = stopped;
    if (err == 0)
        err = report_init(&report, &crowd);
    if (err == 0) {
        row(state, names->p99, (double)report.hold.p99 / NS_PER_MS, "ms");
        row(state, names->answers, report.answers_per_s, "/s");
        row(state, names->sold, (double)crowd.seats_sold, "");
        report_release(&report);
    } else if (crowd.error[0]) {
        fprintf(stderr, "usher-bench: %s\n", crowd.error);
    }
    crowd_release(&crowd);
    return err;
}

int bench_hot(bench_row_fn *row, void *state)
{
    static const struct crowd_rows names = {"hot: p99 of 1,000 people on 10 seats in 100 ms",
                                            "hot: answers", "hot: seats sold"};
    struct crowd_options wish = {
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
    return send_crowd(&wish, 2000, &names, row, state);
}

int bench_rush(bench_row_fn *row, void *state)
{
    static const struct crowd_rows names = {"rush: p99 of 100,000 people on 20,000 seats in 1 s",
                                            "rush: answers", "rush: seats sold"};
    struct crowd_options wish = {
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
    return send_crowd(&wish, 20000, &names, row, state);
}
