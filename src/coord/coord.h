/*
 * coord: what several processes agree on and may lose at any time, as a const table of operations.
 *
 * Leases say who tries, never who may: what must hold is held by the store (its epochs and keys).
 * Everything here can be made anew from what the store has. Bodies are local/ (one process, in
 * memory) and redis/; tests/coord holds both to this contract. Calls may wait, from a fiber of any
 * worker or a plain thread.
 *
 * What every call may return besides what its paragraph says: ERR_UNAVAILABLE, ERR_FULL (nothing
 * was done), ERR_TIMEOUT, ERR_UNKNOWN (it may have been done), ERR_BUSY, ERR_NO_MEMORY.
 */
#ifndef USHER_COORD_COORD_H
#define USHER_COORD_COORD_H

#include <stdbool.h>

#include "clock/clock.h"
#include "mem/arena.h"
#include "mem/id.h"

#define COORD_NAME_MAX    64  /* bytes of a name: of a lease, a role, a limit, a blocked thing */
#define COORD_HOLDER_MAX  256 /* bytes of a holder's or member's text */
#define COORD_MEMBERS_MAX 256 /* of a role */

struct coord;
struct worker;

struct coord_member {
    struct view text;
};

/* A bucket that holds `burst` and gets `per_second` back. */
struct coord_limit {
    uint32_t per_second;
    uint32_t burst;
};

struct coord_ops {
    const char *name; /* "local", "redis" */

    /* From a plain thread. No call may be under way. */
    void (*free)(struct coord *coord);

    /* --- leases: a name that one holder has for ttl_ms, and again each time he takes it --- */

    /* Takes the lease, or renews it where it is the holder's. 0: his for ttl_ms from before this
     * call was made. ERR_CONFLICT: another's, and ret_holder says whose. */
    int (*lease_take)(struct coord *coord, struct view name, struct view holder, int64_t ttl_ms,
                      char ret_holder[COORD_HOLDER_MAX + 1], int64_t deadline_ns);
    /* Gives it back at once. ERR_NOT_FOUND: it is not his. */
    int (*lease_give)(struct coord *coord, struct view name, struct view holder,
                      int64_t deadline_ns);
    /* Whose it is, and for how long if he does not renew it. ERR_NOT_FOUND: nobody's. */
    int (*lease_look)(struct coord *coord, struct view name, char ret_holder[COORD_HOLDER_MAX + 1],
                      int64_t *ret_left_ms, int64_t deadline_ns);

    /* --- members: processes that live, by their role --- */

    /* Is a member for ttl_ms from now, and again each time. */
    int (*member_put)(struct coord *coord, struct view role, struct view text, int64_t ttl_ms,
                      int64_t deadline_ns);
    int (*member_remove)(struct coord *coord, struct view role, struct view text,
                         int64_t deadline_ns);
    /* In order of their texts, at most COORD_MEMBERS_MAX. */
    int (*member_list)(struct coord *coord, struct view role, struct arena *arena,
                       struct coord_member **ret_members, size_t *ret_count, int64_t deadline_ns);

    /* Calls changed(state) whenever a lease was given back or newly taken, a member came or was
     * removed, or that may have been missed: outside of fibers, on a thread of the body's, and it
     * must not wait. At most one watch, before the first other call. */
    void (*watch)(struct coord *coord, void (*changed)(void *state), void *state);

    /* --- limits and blocks --- */

    /* Takes `cost` out of the bucket of that name. ERR_CONFLICT: it holds less; *ret_wait_ms until
     * it will not. */
    int (*limit_take)(struct coord *coord, struct view name, const struct coord_limit *limit,
                      uint32_t cost, int64_t *ret_wait_ms, int64_t deadline_ns);
    /* Blocks a name for ttl_ms. */
    int (*block_put)(struct coord *coord, struct view name, int64_t ttl_ms, int64_t deadline_ns);
    int (*block_has)(struct coord *coord, struct view name, bool *ret_blocked, int64_t deadline_ns);

    /* --- the line: numbers of a sale. The store's ledger is their truth; this is its cache --- */

    /* The account's number: the one it has, or the next. ERR_NOT_FOUND: the line is not known here
     * (never, or not any more): line_put what the ledger has, then line_open. */
    int (*line_join)(struct coord *coord, uint32_t sale_id, struct id account_id,
                     uint64_t *ret_number, int64_t deadline_ns);
    /* Puts back a number that was given. */
    int (*line_put)(struct coord *coord, uint32_t sale_id, struct id account_id, uint64_t number,
                    int64_t deadline_ns);
    /* From now on numbers are given, above `highest` and above all that were. */
    int (*line_open)(struct coord *coord, uint32_t sale_id, uint64_t highest, int64_t deadline_ns);
};

struct coord {
    const struct coord_ops *ops;
    int64_t lease_min_ms; /* a shorter lease could end before a change of servers is noticed */
};

/* One process alone; times are of the clock (borrowed). ERR_NO_MEMORY. */
int coord_local_new(const struct clock *clock, struct coord **ret_coord);
/* Redis: a server, sentinels or a cluster, redis://… as in db/redis.h, spoken to on the worker.
 * ERR_INVALID: ret_why (512 bytes) says what is wrong with the address; ERR_NO_MEMORY, ERR_FULL. */
int coord_redis_new(const char *url, struct worker *worker, char *ret_why,
                    struct coord **ret_coord);

static inline void coord_free(struct coord *coord)
{
    if (coord)
        coord->ops->free(coord);
}

#endif
