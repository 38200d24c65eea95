/*
 * blocks: which rows of a zone are pieces of one, and which are of another block.
 *
 * A fan at the door must find one seat by section, row and number. Real plans repeat a row's name
 * in a zone for two reasons. Pieces of one row, left and right of an aisle, have numbers that run
 * on: they become one row. Rows of different stands have the same numbers: each stand becomes a
 * block, a section of its own. In one list, too, numbers may begin again beyond an aisle: that is a
 * row of the next block.
 */
#ifndef USHER_HALL_BLOCKS_H
#define USHER_HALL_BLOCKS_H

#include "hall/neighbours.h"
#include "hall/sketch.h"

/* Sets block, begins and next of the zone's rows, having parted those whose numbers begin again. A
 * row goes to the nearest block where no other seat has its name and one of its numbers. Errors as
 * of sketch. */
int blocks_part(struct sketch *sketch, uint32_t *ret_block_count);

/* The seats of all pieces of a row, and their order; blocks_drop them whatever it returns. */
int blocks_gather(struct sketch *sketch, const struct sketch_row *row,
                  struct draft_seat **ret_seats, uint32_t *ret_count, uint32_t *ret_pieces,
                  struct neighbours *ret_order);
void blocks_drop(struct draft_seat *seats, struct neighbours *order);

#endif
