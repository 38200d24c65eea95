/*
 * listener: who hears what became durable of a performance (svc/ticket tells its feed).
 */
#ifndef USHER_OWNER_LISTENER_H
#define USHER_OWNER_LISTENER_H

#include "sale/price_list.h"
#include "seats/seats.h"

/* One seat's new state, as everybody is told it (seats_told), in order of commit. */
struct owner_change {
    uint32_t seat;
    enum seats_state state;
};

/* What is told of a performance beside its seats. */
struct owner_public {
    uint64_t version;
    uint32_t sale_state;
    uint32_t price_list; /* the number of the one that is valid */
};

/* Hears what became durable, on the owner's thread, in order. Must not wait. */
struct owner_listener {
    /* After a commit: changes moved the hall from one version to the next. */
    void (*committed)(void *state, const struct owner_public *now,
                      const struct owner_change *changes, size_t count);
    /* After (re)loading: forget deltas; owner_snapshot gives the state. */
    void (*loaded)(void *state, const struct owner_public *now, const uint8_t *states);
    void *state;
    /* Before either of them: a price list that is known from now on, in the order of their numbers;
     * may be told again. */
    void (*priced)(void *prices_state, const struct price_list *list);
    void *prices_state;
    /* When the performance begins, and no offers are made any more. NULL: never. */
    int64_t (*begins_ms)(void *begins_state, uint32_t performance_id);
    void *begins_state;
};

#endif
