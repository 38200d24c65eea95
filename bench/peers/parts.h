/*
 * peers_parts: usher beside what it is compared with, on the private servers of ground.h. Each
 * empties what it measures on. As bench_order; ERR_UNAVAILABLE also where these servers are not.
 */
#ifndef USHER_BENCH_PEERS_PARTS_H
#define USHER_BENCH_PEERS_PARTS_H

#include "bench/bench.h"
#include "bench/peers/ground.h"
#include "bench/server.h"

int peers_pairs(bench_row_fn *row, void *state);    /* hold + order */
int peers_hot(bench_row_fn *row, void *state);      /* 1,000 people on 10 seats */
int peers_joins(bench_row_fn *row, void *state);    /* through Redis */
int peers_forward(bench_row_fn *row, void *state);  /* a call at a process that is not the owner */
int peers_takeover(bench_row_fn *row, void *state); /* kill -9 of the owner; loading */

/* Two processes on MariaDB and Redis, with performance 1 of places on sale, once it is settled
 * which of them owns it. */
struct peers_house {
    struct ground ground;
    struct bench_server first, second;
    struct bench_server *owner, *other; /* of the two */
};
int peers_house_open(uint32_t places, struct peers_house *ret_house);
/* Ends both, where a process was not killed before. */
int peers_house_close(struct peers_house *house);

#endif
