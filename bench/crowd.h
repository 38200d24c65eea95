/*
 * bench_crowd: a stampede (src/crowd) as a measurement.
 */
#ifndef USHER_BENCH_CROWD_H
#define USHER_BENCH_CROWD_H

#include "crowd/crowd.h"

struct crowd_figures {
    double p99_ms; /* from the intended arrival to the hold's answer */
    double answers_s, sold;
};

/* 1,000 people on 10 seats in 100 ms, each over a connection of his own. */
extern const struct crowd_options bench_crowd_hot;

/* Sends it to performance 1 of the server at url. ERR_CORRUPT: a seat went to two, somebody was not
 * answered, or an order is not there; as crowd_run. From a process with one thread. */
int bench_crowd_send(const struct crowd_options *wish, const char *url, struct crowd_figures *ret);

#endif
