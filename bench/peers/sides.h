/*
 * peers_sides: who is measured in turns: usher on a store, or the seed's way.
 */
#ifndef USHER_BENCH_PEERS_SIDES_H
#define USHER_BENCH_PEERS_SIDES_H

#include "bench/peers/ground.h"
#include "bench/peers/seed.h"
#include "bench/server.h"

enum peers_side { SIDE_SEED, SIDE_MARIADB, SIDE_PAIR, SIDE_SQLITE, SIDES };

/* One of them, while it serves. */
struct peers_served {
    enum peers_side side;
    struct ground ground;
    struct bench_server usher;
    struct front seed;
    const char *url;
    pid_t pid;
};

const char *peers_side_name(enum peers_side side);
/* Starts it with performance 1 of places on sale, on ground that is empty. As ground_clear,
 * seed_start, bench_server_start. */
int peers_side_open(enum peers_side side, uint32_t places, struct peers_served *ret_served);
/* Audits usher's store where err is 0, and ends it. Returns err, or what went wrong. */
int peers_side_close(struct peers_served *served, int err);

#endif
