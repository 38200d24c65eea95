/*
 * bench_seed: the seed's way, in C, as well as it can be done: a distributed lock a seat in Redis
 * (seat_lock.h), then a transaction in MariaDB, for each call; behind our own front (front.h).
 */
#ifndef USHER_BENCH_PEERS_SEED_H
#define USHER_BENCH_PEERS_SEED_H

#include "bench/peers/front.h"

struct seed_wish {
    const char *store; /* mariadb://…, an empty database */
    const char *coord; /* redis://…; its keys begin with "seat:" */
    uint32_t places;   /* of performance 1, which is on sale */
};

/* Starts it. As front_start. */
int seed_start(const struct seed_wish *wish, struct front *ret_front);

#endif
