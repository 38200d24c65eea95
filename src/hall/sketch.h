/*
 * sketch: a plan while it is read: zones of rows of seats, in any order, become sections of a
 * draft.
 *
 * Whatever the format, a reader gives zone by zone, and in it row by row, what the plan says. What
 * people mean by it is decided here: which chairs are neighbours (neighbours.h), which rows are
 * pieces of one, which are of another block, and that no two seats of the hall read alike. Labels
 * are "SECTION, row ROW, seat NUMBER": sections of a hall, rows of a section and numbers of a row
 * are unique, and labels are too, where neither ROW nor NUMBER has the words before it in it.
 *
 * What is refused is "PLACE: what", ERR_INVALID or (beyond a limit of hall.h) ERR_FULL, in the
 * reader's error.
 */
#ifndef USHER_HALL_SKETCH_H
#define USHER_HALL_SKETCH_H

#include "hall/draft.h"
#include "hall/plan.h"
#include "hall/stage.h"

#define SKETCH_BLOCK_ROWS_MAX 2000 /* rows of a block */
#define SKETCH_BLOCKS_MAX     200  /* blocks of a zone: each is compared with each row */
#define SKETCH_PIECES_MAX     8    /* pieces of a row */

/* A row as it was read, or, where numbers began again beyond an aisle, a part of one. */
struct sketch_row {
    struct view name, row_label, seat_label;
    uint32_t first, count; /* of the zone's seats */
    char place[64];        /* for errors */
    uint32_t block, next;  /* decided at the zone's end: next piece of the row; UINT32_MAX */
    bool begins;           /* it is the first piece */
};

struct sketch {
    struct hall_draft draft;
    struct plan_reader reader;
    struct plan_zone *zones; /* those with places or drawings; in the draft's arena */
    uint32_t zone_count;
    struct stage_search stage;
    uint32_t corners; /* of drawings and outlines so far */
    /* the zone being read */
    struct view zone_name;
    uint32_t zone_number; /* its place in the plan */
    struct plan_zone zone;
    struct draft_seat *seats;
    uint32_t seat_count, seat_cap, places_before;
    struct sketch_row *rows;
    uint32_t row_count, row_cap;
    bool own_words; /* some labels have more than section, row and number */
};

/* error and notes are the caller's. ERR_NO_MEMORY; release it all the same. */
int sketch_init(struct sketch *sketch, struct hall_error *error, struct hall_notes *notes);
void sketch_release(struct sketch *sketch);

/* Names are borrowed until the sketch is released. An empty zone name is "Zone 3". */
int sketch_zone(struct sketch *sketch, struct view name, uint32_t number);
/* place names it in errors, and is copied. Seats that follow are of the row. */
int sketch_row(struct sketch *sketch, const struct sketch_row *row);
int sketch_seat(struct sketch *sketch, const struct draft_seat *seat, const char *place);
/* The rows of the zone become sections. */
int sketch_zone_end(struct sketch *sketch);

/* Between zone and zone_end: a standing area of the zone; without a name "ZONE, standing", with one
 * that is taken "ZONE, NAME (3)". Its outline (may be empty) is absolute, and borrowed. */
int sketch_standing(struct sketch *sketch, struct view name, uint32_t category, uint32_t places,
                    int32_t *outline, uint32_t points, const char *place);
/* Likewise: what is drawn. Beyond a maximum it is left out, and said. */
int sketch_drawing(struct sketch *sketch, const struct draft_drawing *drawing);

/* Chooses the stage, moves what lies over one another, and makes the hall. */
int sketch_finish(struct sketch *sketch, const struct hall_wish *wish, struct hall **ret_hall);

#endif
