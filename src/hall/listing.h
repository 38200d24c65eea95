/*
 * listing: seats that a plan names one by one, in any order: a table's lines, a drawing's shapes.
 *
 * Each says its section, row and number itself. They are gathered first, and become zones of rows
 * of a sketch in the order in which names come first.
 */
#ifndef USHER_HALL_LISTING_H
#define USHER_HALL_LISTING_H

#include "hall/sketch.h"

struct listing_seat {
    struct view section, row, number;
    struct view category; /* empty: "Seats" */
    struct view row_label, seat_label;
    uint32_t color; /* of its category, where color_given */
    bool color_given;
    enum hall_seat_kind kind;
    int32_t x, y; /* hundredths of a unit */
    uint32_t radius;
    /* Of a standing area: its places, and its corners one after the other in as many entries with
     * the same section and without a row; a seat: 0. */
    uint32_t standing;
    uint32_t place; /* for errors: a line of the file */
};

struct listing {
    struct listing_seat *list;
    uint32_t count, cap;
    bool stage_given;
    struct plan_point stage; /* units */
};

void listing_release(struct listing *listing);

/* Views are borrowed until the sketch is finished. ERR_FULL with more entries than a hall has
 * places and corners; ERR_NO_MEMORY. */
int listing_add(struct listing *listing, const struct listing_seat *seat);

/* A category, before the seats that have it: their order is the hall's. Errors as of sketch. */
int listing_category(struct sketch *sketch, struct view name, uint32_t color, uint32_t place);

/* Draws all into a fresh sketch. Errors as of sketch, at "line 12". */
int listing_draw(struct listing *listing, struct sketch *sketch);

/* "wheelchair", "companion", "restricted_view", "ordinary" or nothing. False: no such kind. */
bool listing_kind(struct view word, enum hall_seat_kind *ret_kind);
extern const char *const listing_kinds[HALL_SEAT_KINDS];

/* A decimal number with a point or (comma) a comma, as hundredths. False: it is none, or farther
 * out than PLAN_POSITION_MAX. */
bool listing_hundredths(struct view text, bool comma, int32_t *ret_hundredths);

#endif
