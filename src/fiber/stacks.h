/*
 * stacks: where fibers keep their frames. For this folder only.
 *
 * Stacks are cut from large mappings. The lowest page of each is a guard: running over the end is a
 * fault, never somebody else's data. Given-back stacks wait in a pool, last in first out; beyond
 * STACKS_WARM_MAX waiting ones their pages go back to the kernel and only the address space is
 * kept.
 *
 * A guard made by mprotect costs two of the process's vm.max_map_count maps; so many as that
 * allows, less a reserve for the rest of the process, are made over all pools, and then taking one
 * is ERR_FULL. A guard made by MADV_GUARD_INSTALL (Linux 6.13 and later) costs no map and knows no
 * such limit.
 */
#ifndef USHER_FIBER_STACKS_H
#define USHER_FIBER_STACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STACKS_WARM_MAX 1024 /* idle stacks of a pool whose pages are kept */
#define STACKS_SLAB     64   /* stacks a mapping */

enum stacks_guard { STACKS_MPROTECT, STACKS_MADVISE };

struct stacks {
    size_t stack_bytes; /* with the guard */
    size_t guard_bytes; /* at the low end */
    enum stacks_guard guard;
    uint32_t max;
    uint32_t made; /* stacks that exist, in use or not */
    char **slabs;  /* owned mappings, the last one perhaps not used up */

    char **warm; /* ring of idle stacks that have pages */
    uint32_t warm_first;
    uint32_t warm_count;
    char **cold; /* pile of idle stacks that have none */
    uint32_t cold_count;
};

/* What this kernel offers, found out once. */
enum stacks_guard stacks_guard_best(void);

/* stack_bytes is rounded up to whole pages. ERR_NO_MEMORY. */
int stacks_init(struct stacks *s, uint32_t max, size_t stack_bytes, enum stacks_guard guard);
/* Unmaps all; no stack may be in use. */
void stacks_release(struct stacks *s);

/* Gives the lowest address, that of the guard. ERR_FULL, ERR_NO_MEMORY. */
int stacks_take(struct stacks *s, char **ret_low);
void stacks_give(struct stacks *s, char *low);
/* Gives the pages of at most count superfluous idle stacks, the longest idle first, back to the
 * kernel. True if there are more. */
bool stacks_trim(struct stacks *s, uint32_t count);

#endif
