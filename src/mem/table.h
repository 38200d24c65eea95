/*
 * table: from an id to a small number, for as many as were foreseen.
 *
 * Open addressing with linear probing over an array that is taken whole at init, at most three
 * quarters full; nothing is allocated later and nothing moves in memory. Removal shifts what
 * follows back (Knuth, The Art of Computer Programming 3, 6.4, algorithm R), so there are no
 * tombstones and a table that lives for months is as quick as a new one. The number usually is a
 * place in an array of the owner's. The zero id is never a key.
 */
#ifndef USHER_MEM_TABLE_H
#define USHER_MEM_TABLE_H

#include "mem/id.h"

#define TABLE_MAX   (UINT32_C(1) << 30) /* entries a table may be made for */
#define TABLE_LEAST 512                 /* table_reserve and table_fit do not go below */

struct table_slot {
    struct id key; /* zero where the slot is free */
    uint32_t value;
};

struct table {
    struct table_slot *slots; /* owned */
    uint64_t seed;
    uint32_t mask;  /* slots - 1; the number of slots is a power of two */
    uint32_t count; /* keys now inside */
    uint32_t max;   /* keys allowed */
};

/* Room for max keys (at most TABLE_MAX). Where others choose the keys, seed is a secret number, so
 * that they cannot choose colliding ones; 0 does for random ids of our own. ERR_NO_MEMORY,
 * ERR_INVALID for a max that is 0 or too large. */
int table_init(struct table *t, uint32_t max, uint64_t seed);
/* Room for at least max keys: where there is less, the keys move to slots of twice the size or
 * more. Takes time in proportion to the keys; a zeroed table is begun with seed 0. ERR_NO_MEMORY,
 * also beyond TABLE_MAX; nothing changed then. */
int table_reserve(struct table *t, uint32_t max);
/* Gives memory back where the table is far larger than what is inside: the keys move to slots for a
 * quarter of max then. Nothing changes where that would be fewer than TABLE_LEAST, or where there
 * is no memory to move to. */
void table_fit(struct table *t);
/* A zeroed table may be released. */
void table_release(struct table *t);

/* The key's number. False, and *ret_value untouched, if it is not inside. A zeroed table is empty.
 */
bool table_get(const struct table *t, struct id key, uint32_t *ret_value);
/* Adds the key, or replaces its number. ERR_FULL: max other keys are inside. */
int table_put(struct table *t, struct id key, uint32_t value);
/* False if it was not inside. */
bool table_remove(struct table *t, struct id key);
/* Forgets all keys, keeping the memory. */
void table_clear(struct table *t);

/* Visits the keys in no order: the next slot in use from *at on (start with 0), which is moved past
 * it; NULL at the end. The table must not change meanwhile. */
const struct table_slot *table_next(const struct table *t, uint32_t *at);

#endif
