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
#define HALL_RING_SEATS_MAX 48    /* seats around one table */
#define HALL_DRAWINGS_MAX   1000  /* shapes and texts beside the seats */
#define HALL_CORNERS_MAX    20000 /* of all drawings and outlines that a plan brings */
#define HALL_NOTES_MAX      100   /* what an import tells */

enum hall_kind { HALL_SEATED = 1, HALL_STANDING = 2 };

/* What a seat is, as usher.v1.SeatKind. All but ordinary seats are for those who ask for them. */
enum hall_seat_kind {
    HALL_ORDINARY = 0,
    HALL_WHEELCHAIR = 1,
    HALL_COMPANION = 2,
    HALL_RESTRICTED_VIEW = 3,
    HALL_SEAT_KINDS
};

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
    bool ring; /* around a table: its last seat is its first one's neighbour; no aisle in it */
    /* The plan's own words, with the row's name in them, and what stands around a seat's number;
     * where it has none, label is empty, and seat_before.at is NULL. */
    struct view label, seat_before, seat_after;
};

struct hall_seat {
    int32_t x; /* hundredths of a unit */
    int32_t y;
    uint32_t section;
    uint32_t row;        /* HALL_NO_ROW in a standing area */
    uint32_t remoteness; /* from front and centre, hundredths of a unit: the less the better */
    uint16_t category;
    uint8_t kind;       /* enum hall_seat_kind */
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

/* What an import guessed, moved or named itself; as usher.v1.PlanNoteKind. */
enum hall_note_kind {
    HALL_NOTE_STAGE = 1,
    HALL_NOTE_MOVED,
    HALL_NOTE_OVERLAP,
    HALL_NOTE_BLOCKS,
    HALL_NOTE_JOINED,
    HALL_NOTE_ORDER,
    HALL_NOTE_TABLE,
    HALL_NOTE_COLOR,
    HALL_NOTE_NAME,
    HALL_NOTE_STANDING,
    HALL_NOTE_LEFT_OUT,
};

struct hall_note {
    enum hall_note_kind kind;
    uint32_t count;                  /* of what the text says */
    char subject[HALL_NAME_MAX + 1]; /* a name of the plan; may be empty */
    char text[640];                  /* a sentence */
};

/* What is beyond HALL_NOTES_MAX is counted alone. */
struct hall_notes {
    struct hall_note list[HALL_NOTES_MAX];
    uint32_t count, left_out;
    int32_t origin_x, origin_y; /* where the plan's 0, 0 is in the hall */
};

/* What is said beside the plan. */
struct hall_wish {
    struct view name; /* empty: the plan's own */
    bool stage_given;
    int32_t stage_x, stage_y; /* in the plan's units, hundredths */
};

/* A plan as SVG (svg.c), as CSV (csv.c), or in the pretix seating-plan format, both revisions
 * (with and without uuid / zone_id; integer and fractional positions). A zone's position, a
 * row's and a seat's add up; zones that are drawn over one another are moved apart (levels.h).
 * No two labels are the same: a zone whose row names repeat becomes several sections. A byte
 * order mark before it is passed over. ERR_INVALID with *ret_error; ERR_FULL beyond a maximum
 * above, with *ret_error; ERR_NO_MEMORY. */
int hall_import(struct view plan, const struct hall_wish *wish, struct hall **ret_hall,
                struct hall_notes *ret_notes, struct hall_error *ret_error);

/* The other way: a stored layout (an encoded usher.v1.SeatMap that hall_load takes) as a file in
 * one of these formats, appended to out. Imported again it is the same hall; only CSV has no
 * drawings. ERR_CORRUPT, ERR_FULL (out), ERR_NO_MEMORY. */
enum hall_format { HALL_PRETIX, HALL_CSV, HALL_SVG };
struct buf;
int hall_export(struct view layout, enum hall_format format, struct buf *out);

/* A plausible hall: curved rows before a stage, sections side by side and tier behind tier, aisles,
 * price categories by distance. */
struct hall_shape {
    struct view name;  /* empty: "Hall of 20,000" */
    uint32_t capacity; /* 1 … 100,000, all places, met exactly */
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

#define HALL_LABEL_MAX (6 * HALL_NAME_MAX) /* bytes of the longest label, with the NUL */
/* "Stalls, row C, seat 12", with the plan's own words where it has some and with " (wheelchair
 * place)" where it is no ordinary seat; or "Standing". Writes at most size bytes with the NUL. */
void hall_seat_label(const struct hall *hall, uint32_t seat, char *ret_text, size_t size);

#endif
