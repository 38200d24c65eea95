/*
 * amounts: what each seat of an order cost when it was placed, as the order's row keeps it.
 *
 * Little-endian: the number of its price list (4 bytes), then for each seat that
 * was sold, in order, the seat (4) and what it cost (8).
 */
#ifndef USHER_STORE_AMOUNTS_H
#define USHER_STORE_AMOUNTS_H

#include "mem/view.h"

#define STORE_AMOUNTS_HEAD       4
#define STORE_AMOUNTS_SEAT_BYTES 12

static inline size_t store_amounts_len(size_t seats)
{
    return STORE_AMOUNTS_HEAD + STORE_AMOUNTS_SEAT_BYTES * seats;
}

/* Written to bytes, store_amounts_len of them, which the view looks at. */
struct view store_amounts_write(uint32_t price_list, const uint32_t *seats, const int64_t *amounts,
                                size_t count, uint8_t *bytes);

/* What a seat cost by the amounts of its order. False: they do not say. */
bool store_amounts_find(struct view amounts, uint32_t seat, int64_t *ret_amount);

#endif
