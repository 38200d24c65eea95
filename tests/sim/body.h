/*
 * body: the embedded store (SQLite) on the simulated disk, as the one store of a world.
 *
 * There are two ways to it. body_store is the world's own look, at which no fault strikes; a
 * body_front is an owner's way, on which the disk is as its weather is and a sync that hangs keeps
 * all who write waiting.
 */
#ifndef USHER_TESTS_SIM_BODY_H
#define USHER_TESTS_SIM_BODY_H

#include "sim/disk.h"
#include "store/store.h"

/* Begins an empty disk, with a new store on it. Freeing the store ends the disk. */
struct store *body_open(uint64_t seed);
/* Another way to the store, which is freed before it. */
struct store *body_front(struct store *store);
/* How the disk is for fronts. */
void body_set_weather(struct store *store, const struct disk_weather *weather);
/* Cuts the power, and opens the store anew. Fronts of before are of no use any more: whoever was at
 * work there is gone. */
void body_cut_power(struct store *store);
/* How often it was cut, disk_cut_soon too. */
uint64_t body_cuts(struct store *store);

#endif
