/*
 * plan: values out of a seating plan's JSON, with the place of what is wrong.
 *
 * A place is written as one would index the file: zones[0].rows[12].seats[3]. Everything that is
 * refused is ERR_INVALID with "PLACE: what" in the reader's error, and the outputs untouched.
 */
#ifndef USHER_HALL_PLAN_H
#define USHER_HALL_PLAN_H

#include <jansson.h>

#include "hall/hall.h"

#define PLAN_POSITION_MAX 400000.0 /* units; a plan in pixels is a few thousand */

struct plan_reader {
    struct arena *arena;      /* for texts that are written anew */
    struct hall_error *error; /* what was refused last */
    struct hall_notes *notes; /* what was guessed */
};

struct plan_point {
    double x, y; /* units */
};

/* Where a zone's seats are in a draft, and what is drawn with them; they lie one after another. */
struct plan_zone {
    struct view name;
    uint32_t first_seat;
    uint32_t seat_count;
    uint32_t first_row_seats; /* of these, the seats of the zone's first row */
    uint32_t first_section, section_count;
    uint32_t first_drawing, drawing_count;
};

/* Writes "PLACE: what". Always ERR_INVALID. */
int plan_refuse(struct plan_reader *reader, const char *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Tells what was guessed. Beyond HALL_NOTES_MAX it is counted. */
void plan_note(struct hall_notes *notes, enum hall_note_kind kind, struct view subject,
               uint32_t count, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* A list that must be there; borrowed from object. ERR_INVALID. */
int plan_list(struct plan_reader *reader, const json_t *object, const char *name, const char *place,
              const json_t **ret_list);

/* A text without control characters, at most HALL_NAME_MAX bytes, without the blanks around it:
 * they are not seen in print. Empty where it is missing, null or "". Whole numbers are taken as
 * they are written: some plans number seats so. Borrowed from object, or in the reader's arena.
 * ERR_INVALID, ERR_NO_MEMORY. */
int plan_text(struct plan_reader *reader, const json_t *object, const char *name, const char *place,
              struct view *ret_text);

/* object.position, added to *at. A missing one is the origin. ERR_INVALID. */
int plan_position(struct plan_reader *reader, const json_t *object, const char *place,
                  struct plan_point *at);

#endif
