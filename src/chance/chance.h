/*
 * chance: randomness as a value you pass.
 *
 * The system body draws from the kernel through libsodium and is fit for keys and ids; the seeded
 * body (xoshiro256**, Blackman and Vigna 2018) repeats itself from its seed and is for tests,
 * simulations and load only. A seeded chance belongs to one thread; the system one to all.
 */
#ifndef USHER_CHANCE_CHANCE_H
#define USHER_CHANCE_CHANCE_H

#include <stddef.h>
#include <stdint.h>

#include "mem/id.h"

struct chance {
    void (*fill)(struct chance *chance, void *bytes, size_t len);
};

struct chance_seeded {
    struct chance chance; /* pass &s->chance */
    uint64_t state[4];
};

/* Never NULL; owned by nobody. */
struct chance *chance_system(void);
void chance_seed(struct chance_seeded *s, uint64_t seed);

uint64_t chance_u64(struct chance *chance);
/* Even over 0 … limit - 1; limit > 0. */
uint64_t chance_below(struct chance *chance, uint64_t limit);
/* Even over [0, 1). */
double chance_unit(struct chance *chance);
/* A fresh id, never the zero one. */
struct id chance_id(struct chance *chance);
/* A fresh id that begins with 48 bits of wall time and goes on with 80 random ones, in the way of a
 * UUID of version 7 (RFC 9562, 5.7): nobody guesses it, and what is stored in order of id is stored
 * in order of time, at the end of its index. */
struct id chance_id_at(struct chance *chance, int64_t wall_ms);

#endif
