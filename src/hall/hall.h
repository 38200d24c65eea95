/*
 * hall: a hall plan in memory: sections, rows, seats, where they are and what they cost in comfort.
 *
 * A hall is built once (from an import, the generator, or its stored form) and never changes; any
 * number of threads may read it. Every place has a seat index, 0 … place_count - 1, in the order of
 * sections, rows and seats. The stored form is the encoded usher.v1.SeatMap, and its SHA-256 is the
 * layout hash.
 */
#ifndef USHER_HALL_HALL_H
#define USHER_HALL_HALL_H

#include <stdint.h>

#include "mem/arena.h"
#include "mem/view.h"

#define HALL_PLACES_MAX     200000
#define HALL_SECTIONS_MAX   4096
#define HALL_CATEGORIES_MAX 64
#define HALL_NAME_MAX       200       /* bytes of any name in a plan */
#define HALL_SPAN_MAX       200000000 /* of any position, hundredths of a unit, both ways */
#define HALL_HASH_BYTES     32

enum hall_kind { HALL_SEATED = 1, HALL_STANDING = 2 };

struct hall_category {
    struct view name;
    uint32_t color; /* 0xRRGGBB */
};

struct hall_section {
    struct view name;
    enum hall_kind kind;
    uint32_t first_seat;
    uint32_t place_count;
    uint32_t first_row; /* rows first_row … first_row + row_count - 1; none in a standing area */
    uint32_t row_count;
    const int32_t *outline; /* x, y pairs, absolute, hundredths of a unit; may be NULL */
    uint32_t outline_points;
};

struct hall_row {
    struct view name;
    uint32_t section;
    uint32_t first_seat;
    uint32_t seat_count;
};

struct hall_seat {
    int32_t x; /* hundredths of a unit */
    int32_t y;
    uint32_t section;
    uint32_t row;        /* HALL_NO_ROW in a standing area */
    uint32_t remoteness; /* from front and centre, hundredths of a unit: the less the better */
    uint16_t category;
    bool break_after;   /* an aisle, or the row's end, follows: the next index is no neighbour */
    struct view number; /* printed on the seat; empty in a standing area */
};
#define HALL_NO_ROW UINT32_MAX

struct hall {
    struct arena arena; /* owns everything below */
    struct view name;
    struct hall_category *categories;
    uint32_t category_count;
    struct hall_section *sections;
    uint32_t section_count;
    struct hall_row *rows;
    uint32_t row_count;
    struct hall_seat *seats;
    uint32_t place_count;
    int32_t stage_x, stage_y;
    uint32_t width, height;
    struct view layout; /* the encoded SeatMap */
    uint8_t hash[HALL_HASH_BYTES];
};

/* What is wrong with a plan, and where: "zones[0].rows[12].seats[3].category: no such category" */
struct hall_error {
    char text[512];
};

/* From the pretix seating-plan format, both revisions (with and without uuid / zone_id; integer
 * and fractional positions). name may be empty: the plan's own. A zone's position, a row's and a
 * seat's add up; zones over one another are moved apart (levels.h). No two labels are the same: a
 * zone whose row names repeat becomes several sections. ERR_INVALID with *ret_error; ERR_FULL
 * beyond a maximum above, with *ret_error; ERR_NO_MEMORY. */
int hall_import_pretix(struct view json, struct view name, struct hall **ret_hall,
                       struct hall_error *ret_error);

/* A plausible hall: curved rows before a stage, sections side by side and tier behind tier, aisles,
 * price categories by distance. */
struct hall_shape {
    struct view name;  /* empty: "Hall of 20,000" */
    uint32_t capacity; /* 500 … 100,000, all places, met exactly */
    uint32_t sections; /* seated sections; 0: chosen */
    uint32_t rows;     /* rows a section; 0: chosen */
    uint32_t standing; /* places of the capacity that stand before the stage; 0: none */
};
/* ERR_INVALID with *ret_error (names the parameter); ERR_NO_MEMORY. */
int hall_generate(const struct hall_shape *shape, struct hall **ret_hall,
                  struct hall_error *ret_error);

/* From its stored form; layout is copied. ERR_CORRUPT, ERR_NO_MEMORY. */
int hall_load(struct view layout, struct hall **ret_hall);

void hall_free(struct hall *hall);

/* "Stalls, row C, seat 12" or "Standing". Writes at most size bytes with the NUL. */
void hall_seat_label(const struct hall *hall, uint32_t seat, char *ret_text, size_t size);

#endif
