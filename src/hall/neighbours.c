/*
 * Pieces of line grow together, the shortest joint first: in rounds, each free end proposes the
 * steps to the ends that are nearest to it and of another piece, and these are taken in the order
 * of their length where both ends are still free. The shortest of all is taken in every round, and
 * most ends of a real row find their neighbour in the first.
 */
#include "hall/neighbours.h"

#include <math.h>
#include <stdlib.h>

#include "err/err.h"

#define AISLE_FACTOR 1.6
#define NEAREST      6 /* steps that an end proposes a round */

#define NOBODY UINT32_MAX

struct step {
    int64_t square; /* of its length */
    uint32_t from, to;
};

struct chair {
    uint32_t beside[2]; /* NOBODY: that side is free */
    uint32_t piece;     /* its parent in the forest of pieces */
};

static int64_t square(const struct draft_seat *a, const struct draft_seat *b)
{
    const int64_t x = (int64_t)a->x - b->x, y = (int64_t)a->y - b->y;
    return x * x + y * y;
}

static uint32_t apart(uint32_t a, uint32_t b)
{
    return a < b ? b - a : a - b;
}

static int step_order(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    if (x->square != y->square)
        return x->square < y->square ? -1 : 1;
    const uint32_t in_list = apart(x->from, x->to), other = apart(y->from, y->to);
    if (in_list != other)
        return in_list < other ? -1 : 1;
    const uint32_t low = x->from < x->to ? x->from : x->to;
    const uint32_t other_low = y->from < y->to ? y->from : y->to;
    return (low > other_low) - (low < other_low);
}

static uint32_t piece_of(struct chair *chairs, uint32_t i)
{
    while (chairs[i].piece != i) {
        chairs[i].piece = chairs[chairs[i].piece].piece;
        i = chairs[i].piece;
    }
    return i;
}

/* The nearest ends of other pieces, nearest first. Returns how many. */
static uint32_t propose(const struct draft_seat *seats, struct chair *chairs, const uint32_t *ends,
                        uint32_t end_count, uint32_t from, struct step *steps)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < end_count; i++) {
        struct step step = {square(&seats[from], &seats[ends[i]]), from, ends[i]};
        if (piece_of(chairs, ends[i]) == piece_of(chairs, from) ||
            (count == NEAREST && step_order(&step, &steps[count - 1]) >= 0))
            continue;
        uint32_t at = count < NEAREST ? count++ : NEAREST - 1;
        for (; at > 0 && step_order(&step, &steps[at - 1]) < 0; at--)
            steps[at] = steps[at - 1];
        steps[at] = step;
    }
    return count;
}

/* Returns how many steps were taken: one at least while there are two pieces. */
static uint32_t join(struct chair *chairs, const struct step *steps, uint32_t count)
{
    uint32_t taken = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct chair *a = &chairs[steps[i].from], *b = &chairs[steps[i].to];
        const uint32_t piece = piece_of(chairs, steps[i].from);
        const uint32_t other = piece_of(chairs, steps[i].to);
        if (a->beside[1] != NOBODY || b->beside[1] != NOBODY || piece == other)
            continue;
        a->beside[a->beside[0] != NOBODY] = steps[i].to;
        b->beside[b->beside[0] != NOBODY] = steps[i].from;
        chairs[other].piece = piece;
        taken++;
    }
    return taken;
}

static void make_line(const struct draft_seat *seats, uint32_t count, struct chair *chairs,
                      uint32_t *ends, struct step *steps)
{
    for (uint32_t i = 0; i < count; i++)
        chairs[i] = (struct chair){{NOBODY, NOBODY}, i};
    for (uint32_t joined = 1; joined < count;) {
        uint32_t end_count = 0, step_count = 0;
        for (uint32_t i = 0; i < count; i++) {
            if (chairs[i].beside[1] == NOBODY)
                ends[end_count++] = i;
        }
        for (uint32_t i = 0; i < end_count; i++)
            step_count += propose(seats, chairs, ends, end_count, ends[i], &steps[step_count]);
        qsort(steps, step_count, sizeof(*steps), step_order);
        const uint32_t taken = join(chairs, steps, step_count);
        assert(taken > 0);
        joined += taken;
    }
}

static void walk(const struct chair *chairs, uint32_t count, uint32_t *order)
{
    uint32_t at = 0, before = NOBODY;
    while (chairs[at].beside[1] != NOBODY)
        at++;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t *beside = chairs[at].beside;
        const uint32_t next = beside[0] != before ? beside[0] : beside[1];
        order[i] = at;
        before = at;
        at = next;
    }
}

static int number_order(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median step; sorted is count long. */
static void find_aisles(const struct draft_seat *seats, uint32_t count, struct neighbours *n,
                        double *gaps, double *sorted)
{
    if (count < 3)
        return;
    for (uint32_t i = 0; i + 1 < count; i++)
        sorted[i] = gaps[i] = sqrt((double)square(&seats[n->order[i]], &seats[n->order[i + 1]]));
    qsort(sorted, count - 1, sizeof(*sorted), number_order);
    const double widest = AISLE_FACTOR * sorted[(count - 2) / 2];
    bool whole = true;
    for (uint32_t i = 0; i + 1 < count; i++) {
        n->break_after[i] = gaps[i] > widest;
        whole = whole && !n->break_after[i];
    }
    const double closing = sqrt((double)square(&seats[n->order[count - 1]], &seats[n->order[0]]));
    n->ring = whole && closing <= widest && closing > 0 && count <= HALL_RING_SEATS_MAX;
}

/* A ring begins with the seat that comes first in the list, and goes on to the earlier of its
 * neighbours. */
static void turn_ring(uint32_t count, uint32_t *order)
{
    uint32_t first = 0, turned[HALL_RING_SEATS_MAX];
    assert(count <= HALL_RING_SEATS_MAX);
    while (order[first] != 0)
        first++;
    const bool back = order[(first + 1) % count] > order[(first + count - 1) % count];
    for (uint32_t i = 0; i < count; i++)
        turned[i] = order[(back ? first + count - i : first + i) % count];
    memcpy(order, turned, count * sizeof(*order));
}

int neighbours_find(const struct draft_seat *seats, uint32_t count, struct neighbours *n)
{
    assert(count > 0);
    const bool free_order = count <= NEIGHBOURS_SEATS_MAX && count > 2;
    const size_t few = free_order ? count : 1;
    struct chair *chairs = malloc(few * sizeof(*chairs));
    struct step *steps = malloc(few * NEAREST * sizeof(*steps));
    uint32_t *ends = malloc(few * sizeof(*ends));
    double *gaps = malloc(2 * (size_t)count * sizeof(*gaps));
    const int err = chairs && steps && ends && gaps ? 0 : ERR_NO_MEMORY;
    n->ring = n->changed = false;
    for (uint32_t i = 0; err == 0 && i < count; i++) {
        n->order[i] = i;
        n->break_after[i] = false;
    }
    if (err == 0 && free_order) {
        make_line(seats, count, chairs, ends, steps);
        walk(chairs, count, n->order);
    }
    if (err == 0)
        find_aisles(seats, count, n, gaps, gaps + count);
    if (n->ring)
        turn_ring(count, n->order);
    for (uint32_t i = 0; err == 0 && i < count; i++)
        n->changed = n->changed || n->order[i] != i;
    free(gaps);
    free(ends);
    free(steps);
    free(chairs);
    return err;
}
