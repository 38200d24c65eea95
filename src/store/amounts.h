/*
 * amounts: what each seat of an order cost when it was placed, as the order's row keeps it.
 *
 * Little-endian: the number of its price list (4 bytes), of which the highest bit says that it was
 * held with a code, whose number and index follow (4 each); then for each seat that was sold, in
 * order, the seat (4) and what it cost (8); and, unless all are 0, then for each seat its price
 * type (1).
 *
 * The second highest bit says that tickets of the order have moved: then the places that it got so
 * stand behind the seats that were sold, each with what the one before cost; types are there
 * always; and then for each (1) where its ticket moved: 0: it did not, else the number of that
 * place among them, from 1. A ticket never moves to a place that its order had before.
 */
#ifndef USHER_STORE_AMOUNTS_H
#define USHER_STORE_AMOUNTS_H

#include "mem/view.h"

#define STORE_AMOUNTS_HEAD       4
#define STORE_AMOUNTS_CODE       8
#define STORE_AMOUNTS_CODED      0x80000000u
#define STORE_AMOUNTS_MOVED      0x40000000u
#define STORE_AMOUNTS_SEAT_BYTES 12
#define STORE_MOVED_SEATS_MAX    40 /* that an order ever had, where its tickets move */
#define STORE_MOVED_MAX                                                                            \
    (STORE_AMOUNTS_HEAD + STORE_AMOUNTS_CODE +                                                     \
     (STORE_AMOUNTS_SEAT_BYTES + 2) * STORE_MOVED_SEATS_MAX) /* bytes of the amounts then */

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

/* The amounts of an order whose tickets of `seats` move to `to`, one for each, written to bytes, of
 * which there are STORE_MOVED_MAX and none of was. ERR_NOT_FOUND: it has no ticket for one of
 * seats; ERR_EXISTS: it has one of `to`, or had; ERR_FULL: it has moved too often. */
int store_amounts_move(struct view was, const uint32_t *seats, const uint32_t *to, size_t count,
                       uint8_t *bytes, struct view *ret_amounts);
/* Where the ticket of a seat is by now: that seat, where it never moved. */
uint32_t store_amounts_follow(struct view amounts, uint32_t seat);

/* The move of that number, from 0, in their order. False: there are not so many. */
bool store_amounts_moved(struct view amounts, size_t number, uint32_t *ret_from, uint32_t *ret_to);

/* What a seat cost by the amounts of its order. False: they do not say. */
bool store_amounts_find(struct view amounts, uint32_t seat, int64_t *ret_amount);

/* By which price list, and of which of its types; 0 where they do not say. */
uint32_t store_amounts_list(struct view amounts);
uint32_t store_amounts_type(struct view amounts, uint32_t seat);
/* The number of the code that it was held with, and which of the generated ones; 0: without one. */
uint32_t store_amounts_code(struct view amounts, uint32_t *ret_index);

#endif
