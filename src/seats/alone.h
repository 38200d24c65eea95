/*
 * alone: what a sale's rules ask of a hold, of the engine as it is.
 */
#ifndef USHER_SEATS_ALONE_H
#define USHER_SEATS_ALONE_H

#include "seats/seats.h"

/* Free places that a hold of these would leave alone, between taken ones, aisles and row's ends,
 * and that had a free neighbour before; where as many places beside one another in that row, from
 * aisle to aisle, free and of the categories and kinds of those asked for there, would leave fewer.
 * Returns how many of them are told. The seats are free, none twice, at most SEATS_PARTY_MAX. */
uint32_t seats_left_alone(const struct seats *s, const uint32_t *seats, uint32_t count,
                          uint32_t ret_alone[SEATS_PARTY_MAX]);
/* Places of a category that the account, or person, has now, held and sold; looks at every place.
 */
uint32_t seats_of_category(const struct seats *s, struct id counted, uint32_t category);

#endif
