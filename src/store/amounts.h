/*
 * amounts: what each seat of an order cost when it was placed, as the order's row keeps it.
 *
 * Little-endian: the number of its price list (4 bytes), of which the highest bit says that it was
 * held with a code, whose number and index follow (4 each); then for each seat that was sold, in
 * order, the seat (4) and what it cost (8); and, unless all are 0, then for each seat its price
 * type (1).
 */
#ifndef USHER_STORE_AMOUNTS_H
#define USHER_STORE_AMOUNTS_H

#include "mem/view.h"

#define STORE_AMOUNTS_HEAD       4
#define STORE_AMOUNTS_CODE       8
#define STORE_AMOUNTS_CODED      0x80000000u
#define STORE_AMOUNTS_SEAT_BYTES 12

/* At most. */
static inline size_t store_amounts_len(size_t seats)
{
    return STORE_AMOUNTS_HEAD + STORE_AMOUNTS_CODE + (STORE_AMOUNTS_SEAT_BYTES + 1) * seats;
}

/* Written to bytes, of which there are store_amounts_len, and which the view looks at. types: one
 * of each seat, less than 256; NULL: all are 0. code: 0: without one. */
struct view store_amounts_write(uint32_t price_list, const uint32_t *seats, const int64_t *amounts,
                                const uint32_t *types, size_t count, uint32_t code,
                                uint32_t code_index, uint8_t *bytes);

/* What a seat cost by the amounts of its order. False: they do not say. */
bool store_amounts_find(struct view amounts, uint32_t seat, int64_t *ret_amount);

/* By which price list, and of which of its types; 0 where they do not say. */
uint32_t store_amounts_list(struct view amounts);
uint32_t store_amounts_type(struct view amounts, uint32_t seat);
/* The number of the code that it was held with, and which of the generated ones; 0: without one. */
uint32_t store_amounts_code(struct view amounts, uint32_t *ret_index);

#endif
