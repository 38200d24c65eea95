/*
 * places: what an owner remembers of places that are sold or kept back, and of prices that wait.
 * For the files of the owner alone.
 */
#ifndef USHER_OWNER_PLACES_H
#define USHER_OWNER_PLACES_H

#include "mem/id.h"
#include "mem/view.h"
#include "sale/price_list.h"

/* A sold seat. */
struct owner_sold {
    struct id order_id, account_id; /* zero: not sold */
    int64_t placed_at_ms;
    uint64_t version;     /* of the change that sold it, or gave back its neighbours; 0: loaded */
    uint32_t place_count; /* of the order */
    uint8_t type;         /* its price type */
    uint8_t method;       /* of its order: a PaymentMethod */
    uint32_t code, code_index; /* with which code it was held; 0: without one */
    int64_t amount;            /* what it cost */
};

/* A place that is kept back. */
struct owner_block {
    struct id block_id; /* zero: it is not */
    int64_t until_ms;   /* 0: until somebody ends it */
    uint64_t version;   /* of the change that began it; 0: loaded */
};

/* Prices that wait for their time. */
struct owner_plan {
    struct id plan_id;
    int64_t from_ms;
    uint64_t version; /* of the change that made it; 0: loaded */
    struct price_list list;
    struct view bytes; /* as its entry has them, while that may not be durable; owned */
};

#endif
