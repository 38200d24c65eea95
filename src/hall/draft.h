/*
 * draft: a hall while it is drawn, by the importer or the generator.
 *
 * Seats are added in order: a section, its rows, their seats, at absolute positions in hundredths
 * of a unit that may be negative. hall_draft_finish moves everything into the positive quadrant
 * with a margin, encodes it as a SeatMap, and loads the hall from that: there is one way to make a
 * struct hall.
 */
#ifndef USHER_HALL_DRAFT_H
#define USHER_HALL_DRAFT_H

#include "hall/hall.h"

#define HALL_DRAFT_MARGIN   3000      /* hundredths of a unit around the hall */
#define HALL_DRAFT_SPAN_MAX 100000000 /* hundredths of a unit from end to end */

struct draft_section {
    struct view name;
    enum hall_kind kind;
    uint32_t category;    /* STANDING */
    uint32_t place_count; /* STANDING: as given; SEATED: counted */
    uint32_t row_count;
    int32_t *outline; /* x, y pairs, absolute; may be NULL; moved where its zone is */
    uint32_t outline_points;
};

struct draft_row {
    struct view name;
    struct view row_label, seat_label; /* the plan's own words, with %s; may be empty */
    uint32_t seat_count;
    bool ring; /* 3 to HALL_RING_SEATS_MAX seats around a table, without an aisle */
};

struct draft_seat {
    int32_t x, y;
    uint32_t category;
    struct view number;
    bool break_after;
    enum hall_seat_kind kind;
    uint32_t radius; /* to draw, hundredths of a unit; 0: the usual */
};

/* A shape, or a text alone. */
struct draft_drawing {
    int32_t *outline; /* x, y pairs, absolute */
    uint32_t outline_points;
    uint32_t color;
    bool filled;
    struct view text;
    int32_t text_x, text_y; /* the text's middle */
};

struct hall_draft {
    struct arena arena; /* for whoever draws: names, outlines */
    struct view name;
    struct hall_category categories[HALL_CATEGORIES_MAX];
    uint32_t category_count;
    struct draft_section *sections;
    uint32_t section_count, section_cap;
    struct draft_row *rows;
    uint32_t row_count, row_cap;
    struct draft_seat *seats;
    uint32_t seat_count, seat_cap;
    struct draft_drawing *drawings;
    uint32_t drawing_count, drawing_cap;
    uint32_t place_count; /* standing places too */
    int32_t stage_x, stage_y;
    int32_t origin_x, origin_y; /* where 0, 0 was moved to; set by hall_draft_finish */
};

void hall_draft_init(struct hall_draft *draft);
void hall_draft_release(struct hall_draft *draft);

/* What is added last takes what follows. ERR_FULL beyond a maximum of hall.h; ERR_NO_MEMORY. Views
 * are borrowed until hall_draft_finish. */
int hall_draft_section(struct hall_draft *draft, const struct draft_section *section);
int hall_draft_row(struct hall_draft *draft, struct view name);
int hall_draft_seat(struct hall_draft *draft, const struct draft_seat *seat);
int hall_draft_drawing(struct hall_draft *draft, const struct draft_drawing *drawing);

/* ERR_INVALID for a hall without places, or one that is too wide; ERR_NO_MEMORY. */
int hall_draft_finish(struct hall_draft *draft, struct hall **ret_hall,
                      struct hall_error *ret_error);

#endif
