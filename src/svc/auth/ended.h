/*
 * ended: guests who have become accounts (store/ended_guests.h), in memory: their tokens are
 * refused, though they hold by what they say.
 *
 * Every call of a guest asks, so it is a set by id, which grows by what is new in the store: by
 * number, piece by piece, and from somewhat before the highest number that was seen, because over
 * MariaDB a lower one may become visible later. At ENDED_MAX the eighth of the time that is
 * furthest back is forgotten, and in its place every guest's token that was given out then, or
 * before, is refused: in doubt, refuse.
 */
#ifndef USHER_SVC_AUTH_ENDED_H
#define USHER_SVC_AUTH_ENDED_H

#include <pthread.h>

#include "store/ended_guests.h"

#define ENDED_MAX        (1u << 20)     /* guests; about 50 MiB */
#define ENDED_OVERLAP_MS INT64_C(60000) /* no transaction takes so long */

struct ended_slot {
    struct id account_id; /* zero: free */
    int64_t ended_at_ms;
};

struct ended {
    pthread_rwlock_t lock;   /* of what is asked for */
    pthread_mutex_t writing; /* one writer at a time; no fiber waits while it has it */
    struct ended_slot *slots;
    size_t room;      /* a power of two; 0 at first */
    size_t count;     /* at most half of it */
    size_t max;       /* ENDED_MAX; a test takes less */
    int64_t floor_ms; /* guests' tokens of then and before have ended; 0: none by that alone */
    /* Of ended_follow, of which there is one at a time: */
    uint64_t from; /* rows up to this number cannot be new any more */
    uint64_t mark; /* the highest number that was seen at marked_at_ms */
    int64_t marked_at_ms;
};

void ended_init(struct ended *ended);
void ended_release(struct ended *ended);

/* Takes rows in, some of them again; to have room for them, those that ended at since_ms or before
 * are forgotten. Any thread. ERR_NO_MEMORY: some of them were not taken in. */
int ended_take(struct ended *ended, const struct ended_guest *rows, size_t count, int64_t since_ms);
/* Whether the guest's token has ended before its time. Any thread; does not wait for the store. */
bool ended_has(struct ended *ended, struct id account_id, int64_t issued_at_s);
/* Takes in what the store has that ended after since_ms. ERR_NO_MEMORY; as ended_guest_read. */
int ended_follow(struct ended *ended, struct sql *sql, int64_t now_ms, int64_t since_ms,
                 int64_t deadline_ns);

#endif
