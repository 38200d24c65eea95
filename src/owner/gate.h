/*
 * gate: which of several processes owns a performance, as its owner sees it.
 *
 * Where several processes share a store, a gate (owner_gate) says whether this one may try:
 *
 *   SERVING ──gate says no──▶ LOADING ──still no──▶ AWAY ──yes, or owner_stop──▶ LOADING
 *
 * An owner that is AWAY refuses every ask (ERR_FENCED) and shows what it is told by the one who
 * serves (owner_mirror).
 */
#ifndef USHER_OWNER_GATE_H
#define USHER_OWNER_GATE_H

#include <stdbool.h>

#include "seats/seats.h"

struct owner;
struct owner_change;

/* Who may own the performance, where several processes could. Both are called on the owner's thread
 * and must not wait. */
struct owner_gate {
    /* Whether to claim, or to go on. Asked before every claim, and when owner_look is called. */
    bool (*may)(void *state);
    /* The store has told that somebody else has claimed. */
    void (*fenced)(void *state);
    void *state;
};

/* The gate may have changed its mind. On the owner's thread. Going AWAY, what has gathered is
 * committed and answered first. */
void owner_look(struct owner *owner);
/* Whether it is AWAY. On the owner's thread. */
bool owner_is_away(const struct owner *owner);

/* What the owner of another process has published: shown as this owner's own while it is AWAY, and
 * told to its listener. states are the whole hall; or changes lead from the hall of from_version to
 * the hall of version. */
struct owner_mirrored {
    uint64_t version;
    uint32_t sale_state;
    uint32_t price_list;
    struct seats_counts counts;
    const uint8_t *states; /* or NULL */
    uint64_t from_version;
    const struct owner_change *changes;
    size_t change_count;
};
/* True: it is what this owner shows now, or showed already. False, and without effect: it is not
 * AWAY, the version would go back, or the changes do not lead on from what it shows: the whole hall
 * is needed. On the owner's thread. */
bool owner_mirror(struct owner *owner, const struct owner_mirrored *news);

#endif
