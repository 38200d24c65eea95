/*
 * windows: the places of a hall, cut into pieces that one 64-bit word can see.
 *
 * A *stretch* is an unbroken line of neighbouring seats: no aisle and no row's end inside. A
 * *window* is up to WINDOW_STARTS of the seats of one stretch, as the first seats a run can have.
 * Bit i of a window's word is place first - 2 + i, so that every run of up to SEATS_PARTY_MAX seats
 * that starts in the window, and the two seats on either side of it, lie in the one word: whether a
 * run fits and how many orphans it leaves are a few shifts.
 *
 * Where a window can see one category only, it stands for itself. Where it sees several, there is
 * one window for parties that take any category and one for each category that starts in it; their
 * tags tell them apart (windows_tags). A standing area is one window, whatever its size, and has no
 * word.
 *
 * A ring, seats around a table, is one window: its word begins with its last two seats, and behind
 * its last seat it goes on with the first. HALL_RING_SEATS_MAX is what fits.
 *
 * Windows lie in the order of their first places, those of a section together. All of it is made
 * once from the hall and never changes.
 */
#ifndef USHER_SEATS_WINDOWS_H
#define USHER_SEATS_WINDOWS_H

#include "hall/hall.h"
#include "seats/seats.h"

#define WINDOW_STARTS 48
#define WINDOW_BEFORE 2 /* places a word shows before the first start */

static_assert(WINDOW_BEFORE + WINDOW_STARTS + SEATS_PARTY_MAX + 1 <= 64,
              "a run and its sides fit a word");

/* A tag is a category, or WINDOW_MIXED, or a category and WINDOW_PART. */
#define WINDOW_MIXED 0x40 /* sees several categories, for parties that take any */
#define WINDOW_PART  0x80 /* one category of a place that has a MIXED window as well */

static_assert(HALL_RING_SEATS_MAX <= WINDOW_STARTS, "a ring is one window");
static_assert(HALL_CATEGORIES_MAX <= WINDOW_MIXED, "a category fits a tag");

/* Places as the engine measures them: moved and scaled so that squares fit 64 bits. */
struct windows_point {
    int32_t x, y; /* 0 … WINDOWS_EXTENT */
};
#define WINDOWS_EXTENT (1 << 28)

struct windows_box {
    int32_t x_min, y_min, x_max, y_max;
};

struct window {
    uint64_t room; /* bit i: place first - 2 + i is of this stretch; 0 in a standing area */
    uint64_t mask; /* those of room that a run may take: ordinary seats, of all categories or one */
    uint32_t first;  /* place */
    uint32_t starts; /* runs start at first … first + starts - 1 */
    uint32_t section;
    uint8_t tag;
    bool standing;
    bool ring;              /* of seats around a table: starts places, and the word goes around */
    struct windows_box box; /* of every place a run may take */
};

struct windows_section {
    uint32_t first_window;
    uint32_t window_count;
    struct windows_box box;
};

struct windows {
    const struct hall *hall; /* borrowed */
    struct window *list;
    uint32_t count;
    uint8_t *tags;            /* of list, close together for scanning */
    uint32_t *touch;          /* a place: first window that sees it << 8 | how many do */
    uint64_t *remoteness_sum; /* place_count + 1: of all places before this one */
    struct windows_point *points;
    struct windows_section *sections;
};

/* Which windows a filter takes: those with (tag & tag_mask) == tag. */
struct windows_filter {
    uint8_t tag_mask, tag;
    uint32_t first_section, end_section;
};

/* ERR_NO_MEMORY; release it all the same. */
int windows_init(struct windows *w, const struct hall *hall);
void windows_release(struct windows *w);

/* The bits of a window's room whose seats are of these kinds (bit k: enum hall_seat_kind k) and, of
 * a PART window, of its category. 0 in a standing area. */
uint64_t windows_mask(const struct windows *w, const struct window *window, uint32_t kinds);
#define WINDOWS_ORDINARY (UINT32_C(1) << HALL_ORDINARY)

/* category and section in range, or -1 for any. */
struct windows_filter windows_filter(const struct windows *w, int32_t category, int32_t section);

/* The place of a bit of the window's room. */
static inline uint32_t windows_place(const struct window *window, uint32_t bit)
{
    const uint32_t at = bit + window->starts - WINDOW_BEFORE;
    return window->ring ? window->first + (at + window->starts) % window->starts
                        : window->first + bit - WINDOW_BEFORE;
}

/* The place that is i behind a start of the window. */
static inline uint32_t windows_behind(const struct window *window, uint32_t start, uint32_t i)
{
    return window->ring ? window->first + (start - window->first + i) % window->starts : start + i;
}

static inline bool windows_passes(struct windows_filter filter, uint8_t tag)
{
    return (tag & filter.tag_mask) == filter.tag;
}

#endif
