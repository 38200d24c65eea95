/*
 * Two seats are at the same place when they are in one square of a grid. A grid's lines may part
 * what is close by, so there are four, half a square apart: seats closer than half a square in both
 * directions are together in one of them. A square is 0.6 of the usual distance of neighbours, so
 * that zones beside each other, at any angle, are never taken for one over the other.
 */
#include "hall/levels.h"

#include <math.h>
#include <stdlib.h>

#include "err/err.h"
#include "mem/bits.h"

#define SQUARE_SHARE 0.6
#define GAP_STEPS    4 /* usual distances between two levels */
#define OVER_PART    3 /* over one another: this part of the smaller zone's seats share a place */
#define PAIRS_MAX    20000 /* pairs of zones that are looked at; the others are taken as over */
#define LEVELS_MAX   16    /* what no house has, so that a hostile plan does not take long */

struct spot {
    int32_t column, line;
    uint32_t zone;
    uint32_t seat;
};

struct box {
    int64_t left, top, right, bottom;
};

/* ---- which zones share a place ---- */

static int number_order(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median distance of neighbours in a row; 0 where no row has two. */
static double usual_step(const struct hall_draft *draft, double *steps)
{
    uint32_t seat = 0, count = 0;
    for (uint32_t r = 0; r < draft->row_count; r++, seat++) {
        for (uint32_t i = 1; i < draft->rows[r].seat_count; i++, seat++) {
            const struct draft_seat *a = &draft->seats[seat];
            steps[count++] = hypot((double)a[1].x - a[0].x, (double)a[1].y - a[0].y);
        }
    }
    qsort(steps, count, sizeof(*steps), number_order);
    return count > 0 ? steps[count / 2] : 0;
}

static int spot_order(const void *a, const void *b)
{
    const struct spot *x = a, *y = b;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return (x->zone > y->zone) - (x->zone < y->zone);
}

/* Marks the pairs of zones among the spots of one square, which are in order of zones. */
static void mark_square(struct spot *spots, uint32_t count, uint32_t zone_count, uint64_t *pairs)
{
    uint32_t zones = 0; /* each once, moved to the front */
    for (uint32_t i = 0; i < count; i++) {
        if (zones > 0 && spots[i].zone == spots[zones - 1].zone)
            continue;
        for (uint32_t k = 0; k < zones; k++)
            bits_set(pairs, (size_t)spots[i].zone * zone_count + spots[k].zone);
        spots[zones++] = spots[i];
    }
}

/* Bit later × zones + earlier of pairs: the two share a place. False: no two do. */
static bool mark_pairs(const struct hall_draft *draft, const struct plan_zone *zones,
                       uint32_t zone_count, double square, struct spot *spots, uint64_t *pairs)
{
    bool any = false;
    assert(spots);
    for (uint32_t grid = 0; grid < 4; grid++) {
        const double x = grid & 1 ? square / 2 : 0, y = grid & 2 ? square / 2 : 0;
        uint32_t count = 0;
        for (uint32_t z = 0; z < zone_count; z++) {
            for (uint32_t i = 0; i < zones[z].seat_count; i++) {
                const struct draft_seat *seat = &draft->seats[zones[z].first_seat + i];
                spots[count++] = (struct spot){(int32_t)floor((seat->x + x) / square),
                                               (int32_t)floor((seat->y + y) / square), z,
                                               zones[z].first_seat + i};
            }
        }
        qsort(spots, count, sizeof(*spots), spot_order);
        for (uint32_t first = 0, i = 1; i <= count; i++) {
            if (i < count && spots[i].column == spots[first].column &&
                spots[i].line == spots[first].line)
                continue;
            any = any || spots[i - 1].zone != spots[first].zone;
            mark_square(&spots[first], i - first, zone_count, pairs);
            first = i;
        }
    }
    return any;
}

/* ---- which lie over one another ---- */

/* The first spot that is not before this one. */
static uint32_t first_spot(const struct spot *spots, uint32_t count, const struct spot *wanted)
{
    uint32_t from = 0;
    while (count > 0) {
        const uint32_t half = count / 2;
        if (spot_order(&spots[from + half], wanted) < 0) {
            from += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return from;
}

/* Whether a seat of the zone is nearer than half a square in both directions. */
static bool covered(const struct hall_draft *draft, const struct spot *spots, uint32_t count,
                    double square, uint32_t seat, uint32_t zone)
{
    const struct draft_seat *s = &draft->seats[seat];
    const int32_t column = (int32_t)floor(s->x / square), line = (int32_t)floor(s->y / square);
    for (int32_t i = 0; i < 9; i++) {
        const struct spot wanted = {column + i / 3 - 1, line + i % 3 - 1, zone, 0};
        for (uint32_t k = first_spot(spots, count, &wanted);
             k < count && spot_order(&spots[k], &wanted) == 0; k++) {
            const struct draft_seat *other = &draft->seats[spots[k].seat];
            if (fabs((double)other->x - s->x) < square / 2 &&
                fabs((double)other->y - s->y) < square / 2)
                return true;
        }
    }
    return false;
}

/* Takes the pairs back of which only a few seats share a place, and tells of them: corners that
 * touch, a box drawn a little over the stalls. spots are made anew. */
static void keep_covered(const struct hall_draft *draft, const struct plan_zone *zones,
                         uint32_t zone_count, double square, struct spot *spots, uint64_t *pairs,
                         struct hall_notes *notes)
{
    uint32_t count = 0, looked = 0;
    for (uint32_t z = 0; z < zone_count; z++) {
        for (uint32_t i = 0; i < zones[z].seat_count; i++) {
            const uint32_t seat = zones[z].first_seat + i;
            spots[count++] = (struct spot){(int32_t)floor(draft->seats[seat].x / square),
                                           (int32_t)floor(draft->seats[seat].y / square), z, seat};
        }
    }
    qsort(spots, count, sizeof(*spots), spot_order);
    for (size_t bit = 0; bit < (size_t)zone_count * zone_count && looked < PAIRS_MAX; bit++) {
        if (!bits_get(pairs, bit))
            continue;
        const uint32_t a = (uint32_t)(bit / zone_count), b = (uint32_t)(bit % zone_count);
        const bool a_small = zones[a].seat_count <= zones[b].seat_count;
        const struct plan_zone *small = &zones[a_small ? a : b];
        uint32_t shared = 0;
        looked++;
        for (uint32_t i = 0; i < small->seat_count; i++)
            shared += covered(draft, spots, count, square, small->first_seat + i, a_small ? b : a);
        if (shared * OVER_PART >= small->seat_count)
            continue;
        bits_clear(pairs, bit);
        if (shared > 0)
            plan_note(notes, HALL_NOTE_OVERLAP, zones[a].name, shared,
                      "%u seats of \"%.*s\" and \"%.*s\" are drawn at one place; nothing was "
                      "moved.",
                      shared, VIEW_ARG(zones[a].name), VIEW_ARG(zones[b].name));
    }
}

/* ---- levels ---- */

/* The lowest level where a zone has room; the uppermost where none has. Returns how many there
 * are. */
static uint32_t choose_levels(const uint64_t *pairs, uint32_t zone_count, uint32_t *levels)
{
    uint32_t level_count = 0;
    for (uint32_t z = 0; z < zone_count; z++) {
        uint64_t taken[BITS_WORDS(LEVELS_MAX)] = {0};
        uint32_t level = 0;
        for (uint32_t other = 0; other < z; other++) {
            if (bits_get(pairs, (size_t)z * zone_count + other))
                bits_set(taken, levels[other]);
        }
        while (level + 1 < LEVELS_MAX && bits_get(taken, level))
            level++;
        levels[z] = level;
        level_count = level + 1 > level_count ? level + 1 : level_count;
    }
    return level_count;
}

/* ---- moving ---- */

static void stretch(struct box *box, int64_t x, int64_t y)
{
    box->left = x < box->left ? x : box->left;
    box->right = x > box->right ? x : box->right;
    box->top = y < box->top ? y : box->top;
    box->bottom = y > box->bottom ? y : box->bottom;
}

/* A zone with what is drawn in it. */
static void move_zone(struct hall_draft *draft, const struct plan_zone *zone, int32_t dx,
                      int32_t dy)
{
    for (uint32_t i = 0; i < zone->seat_count; i++) {
        draft->seats[zone->first_seat + i].x += dx;
        draft->seats[zone->first_seat + i].y += dy;
    }
    for (uint32_t i = 0; i < zone->section_count; i++) {
        const struct draft_section *section = &draft->sections[zone->first_section + i];
        for (uint32_t k = 0; k < section->outline_points; k++) {
            section->outline[2 * k] += dx;
            section->outline[2 * k + 1] += dy;
        }
    }
    for (uint32_t i = 0; i < zone->drawing_count; i++) {
        struct draft_drawing *drawing = &draft->drawings[zone->first_drawing + i];
        for (uint32_t k = 0; k < drawing->outline_points; k++) {
            drawing->outline[2 * k] += dx;
            drawing->outline[2 * k + 1] += dy;
        }
        drawing->text_x += dx;
        drawing->text_y += dy;
    }
}

/* Up, down or sideways, whichever leads away from the stage, and down from right above it. */
static void move_level(struct hall_draft *draft, const struct plan_zone *zones, uint32_t zone_count,
                       const uint32_t *levels, uint32_t level, int64_t gap,
                       struct hall_notes *notes)
{
    struct box own = {INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN};
    struct box all = {draft->stage_x, draft->stage_y, draft->stage_x, draft->stage_y};
    double x = 0, y = 0;
    int64_t dx = 0, dy = 0;
    for (uint32_t z = 0; z < zone_count; z++) {
        for (uint32_t i = 0; i < zones[z].seat_count; i++) {
            const struct draft_seat *seat = &draft->seats[zones[z].first_seat + i];
            stretch(&all, seat->x, seat->y);
            if (levels[z] != level)
                continue;
            stretch(&own, seat->x, seat->y);
            x += (double)seat->x - draft->stage_x; /* a sum says the same as a mean */
            y += (double)seat->y - draft->stage_y;
        }
    }
    if (fabs(y) >= fabs(x))
        dy = y < 0 ? all.top - gap - own.bottom : all.bottom + gap - own.top;
    else
        dx = x < 0 ? all.left - gap - own.right : all.right + gap - own.left;
    stretch(&all, own.left + dx, own.top + dy);
    stretch(&all, own.right + dx, own.bottom + dy);
    if (all.right - all.left > HALL_DRAFT_SPAN_MAX || all.bottom - all.top > HALL_DRAFT_SPAN_MAX)
        return;
    for (uint32_t z = 0; z < zone_count; z++) {
        if (levels[z] != level)
            continue;
        move_zone(draft, &zones[z], (int32_t)dx, (int32_t)dy);
        plan_note(notes, HALL_NOTE_MOVED, zones[z].name, zones[z].seat_count,
                  "\"%.*s\" is drawn over another zone; it was moved %.2f, %.2f units, away from "
                  "the stage.",
                  VIEW_ARG(zones[z].name), (double)dx / 100, (double)dy / 100);
    }
}

int levels_spread(struct hall_draft *draft, const struct plan_zone *zones, uint32_t zone_count,
                  struct hall_notes *notes)
{
    assert(zone_count <= HALL_SECTIONS_MAX);
    if (zone_count < 2 || draft->seat_count == 0)
        return 0;
    double *steps = malloc(draft->seat_count * sizeof(*steps));
    struct spot *spots = malloc(draft->seat_count * sizeof(*spots));
    uint32_t *levels = calloc(zone_count, sizeof(*levels));
    uint64_t *pairs = calloc(BITS_WORDS((size_t)zone_count * zone_count), sizeof(*pairs));
    const int err = steps && spots && levels && pairs ? 0 : ERR_NO_MEMORY;
    const double step = err == 0 ? usual_step(draft, steps) : 0;
    const double square = fmax(step * SQUARE_SHARE, 1);
    uint32_t level_count = 1;
    if (step > 0 && mark_pairs(draft, zones, zone_count, square, spots, pairs)) {
        keep_covered(draft, zones, zone_count, square, spots, pairs, notes);
        level_count = choose_levels(pairs, zone_count, levels);
    }
    for (uint32_t level = 1; level < level_count; level++)
        move_level(draft, zones, zone_count, levels, level, llround(GAP_STEPS * step), notes);
    free(pairs);
    free(levels);
    free(spots);
    free(steps);
    return err;
}
