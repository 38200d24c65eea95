/*
 * wishes: what a store keeps of a performance's waiting list; rows beside those of store/rows.h.
 */
#ifndef USHER_STORE_WISHES_H
#define USHER_STORE_WISHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mem/id.h"

/* A wish of a waiting list. */
struct store_wish {
    struct id wish_id, account_id;
    struct id person_id;        /* zero: places are counted by account */
    uint32_t category, section; /* 1 and their number; 0: any */
    uint32_t party, fewest, lapses;
    uint32_t wheelchairs; /* of the party */
    uint64_t position;    /* the version that its entry made: the lowest is the first */
    bool gone;            /* of a batch: it waits no longer, and its id alone is read */
};

/* What waits at a performance. */
struct store_waiting {
    bool known;        /* the list was switched on at some time */
    uint32_t offer_ms; /* 0: it is off */
    struct store_wish *wishes;
    size_t wish_count;
};

#endif
