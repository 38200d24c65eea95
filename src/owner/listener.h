/*
 * listener: who hears what became durable of a performance (svc/ticket tells its feed).
 */
#ifndef USHER_OWNER_LISTENER_H
#define USHER_OWNER_LISTENER_H

#include "seats/seats.h"

/* One seat's new state, as everybody is told it (seats_told), in order of commit. */
struct owner_change {
    uint32_t seat;
    enum seats_state state;
};

/* Hears what became durable, on the owner's thread, in order. Must not wait. */
struct owner_listener {
    /* After a commit: changes moved the hall from one version to the next. */
    void (*committed)(void *state, uint64_t version, uint32_t sale_state,
                      const struct owner_change *changes, size_t count);
    /* After (re)loading: forget deltas; owner_snapshot gives the state. */
    void (*loaded)(void *state, uint64_t version, uint32_t sale_state, const uint8_t *states);
    void *state;
};

#endif
