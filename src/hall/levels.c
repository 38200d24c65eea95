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
#define GAP_STEPS    4  /* usual distances between two levels */
#define LEVELS_MAX   16 /* what no house has, so that a hostile plan does not take long */

struct spot {
    int32_t column, line;
    uint32_t zone;
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
                                               (int32_t)floor((seat->y + y) / square), z};
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

/* Up, down or sideways, whichever leads away from the stage, and down from right above it. */
static void move_level(struct hall_draft *draft, const struct plan_zone *zones, uint32_t zone_count,
                       const uint32_t *levels, uint32_t level, int64_t gap)
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
        for (uint32_t i = 0; levels[z] == level && i < zones[z].seat_count; i++) {
            draft->seats[zones[z].first_seat + i].x += (int32_t)dx;
            draft->seats[zones[z].first_seat + i].y += (int32_t)dy;
        }
    }
}

int levels_spread(struct hall_draft *draft, const struct plan_zone *zones, uint32_t zone_count)
{
    assert(zone_count <= HALL_SECTIONS_MAX);
    if (zone_count < 2)
        return 0;
    double *steps = malloc(draft->seat_count * sizeof(*steps));
    struct spot *spots = malloc(draft->seat_count * sizeof(*spots));
    uint32_t *levels = calloc(zone_count, sizeof(*levels));
    uint64_t *pairs = calloc(BITS_WORDS((size_t)zone_count * zone_count), sizeof(*pairs));
    const int err = steps && spots && levels && pairs ? 0 : ERR_NO_MEMORY;
    const double step = err == 0 ? usual_step(draft, steps) : 0;
    const double square = fmax(step * SQUARE_SHARE, 1);
    uint32_t level_count = 1;
    if (step > 0 && mark_pairs(draft, zones, zone_count, square, spots, pairs))
        level_count = choose_levels(pairs, zone_count, levels);
    for (uint32_t level = 1; level < level_count; level++)
        move_level(draft, zones, zone_count, levels, level, llround(GAP_STEPS * step));
    free(pairs);
    free(levels);
    free(spots);
    free(steps);
    return err;
}
