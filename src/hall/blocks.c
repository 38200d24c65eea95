#include "hall/blocks.h"

#include <math.h>
#include <stdlib.h>

#include "err/err.h"

#define NONE UINT32_MAX

struct block {
    uint32_t first_row, last_row; /* that were added */
    uint32_t row_count;
};

/* ---- numbers ---- */

static int view_order(const void *a, const void *b)
{
    const struct view *x = a, *y = b;
    const size_t len = x->len < y->len ? x->len : y->len;
    const int order = len > 0 ? memcmp(x->at, y->at, len) : 0;
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* A number that two of the seats have; sorted has room for all. NULL: there is none. */
static const struct view *twin(struct view *sorted, uint32_t count)
{
    qsort(sorted, count, sizeof(*sorted), view_order);
    for (uint32_t i = 1; i < count; i++) {
        if (view_eq(sorted[i - 1], sorted[i]))
            return &sorted[i];
    }
    return NULL;
}

static void put_numbers(const struct sketch *sketch, const struct sketch_row *row,
                        struct view *sorted)
{
    for (uint32_t i = 0; i < row->count; i++)
        sorted[i] = sketch->seats[row->first + i].number;
}

static bool share_a_number(const struct view *a, uint32_t a_count, const struct view *b,
                           uint32_t b_count)
{
    for (uint32_t i = 0, k = 0; i < a_count && k < b_count;) {
        const int order = view_order(&a[i], &b[k]);
        if (order == 0)
            return true;
        i += order < 0;
        k += order > 0;
    }
    return false;
}

/* Whether none of the row's seats has the number of one of these pieces; sorted is by row. */
static bool runs_on(const struct sketch *sketch, uint32_t pieces, const struct sketch_row *row,
                    const struct view *sorted)
{
    uint32_t piece_count = 1;
    for (uint32_t i = pieces; i != NONE; i = sketch->rows[i].next, piece_count++) {
        const struct sketch_row *piece = &sketch->rows[i];
        if (share_a_number(&sorted[piece->first], piece->count, &sorted[row->first], row->count))
            return false;
    }
    return piece_count <= SKETCH_PIECES_MAX;
}

/* ---- numbers that begin again in one list ---- */

static int order_seats(const struct draft_seat *seats, uint32_t count, struct neighbours *n)
{
    n->order = malloc(count * sizeof(*n->order));
    n->break_after = malloc(count * sizeof(*n->break_after));
    return n->order && n->break_after ? neighbours_find(seats, count, n) : ERR_NO_MEMORY;
}

/* The row is left with the seats up to an aisle before the first number that comes again; the rest
 * is a row behind it, to be parted in turn. The seats of both are in walking order then. */
static int part_row(struct sketch *sketch, uint32_t index, struct view *sorted)
{
    struct sketch_row *row = &sketch->rows[index];
    struct draft_seat *seats = &sketch->seats[row->first];
    put_numbers(sketch, row, sorted);
    const struct view *same = twin(sorted, row->count);
    if (!same)
        return 0;
    const struct view number = *same;
    struct neighbours n = {0};
    struct draft_seat *walked = malloc(row->count * sizeof(*walked));
    int err = walked ? order_seats(seats, row->count, &n) : ERR_NO_MEMORY;
    uint32_t fits = 0;
    for (uint32_t i = 0; err == 0 && i < row->count; i++)
        walked[i] = seats[n.order[i]];
    for (uint32_t end = 1; err == 0 && end < row->count; end++) {
        if (!n.break_after[end - 1])
            continue;
        for (uint32_t i = 0; i < end; i++)
            sorted[i] = walked[i].number;
        if (twin(sorted, end))
            break;
        fits = end;
    }
    if (err == 0 && fits == 0)
        err = plan_refuse(&sketch->reader, row->place, "two seats have the number \"%.*s\"",
                          VIEW_ARG(number));
    if (err == 0) {
        const struct sketch_row rest = *row;
        const uint32_t count = sketch->seat_count;
        memcpy(seats, walked, row->count * sizeof(*walked));
        err = sketch_row(sketch, &rest); /* sketch->rows may be elsewhere now */
        if (err == 0) {
            sketch->rows[index].count = fits;
            sketch->rows[sketch->row_count - 1].first = rest.first + fits;
            sketch->rows[sketch->row_count - 1].count = rest.count - fits;
        }
        sketch->seat_count = count;
    }
    blocks_drop(walked, &n);
    return err;
}

/* ---- where a row goes ---- */

/* A row's first, middle or last seat in its list. */
static const struct draft_seat *seat_of(const struct sketch *sketch, uint32_t row, uint32_t third)
{
    const struct sketch_row *r = &sketch->rows[row];
    return &sketch->seats[r->first + third * (r->count - 1) / 2];
}

/* Squared, between these seats of two rows. */
static double distance(const struct sketch *sketch, uint32_t a, uint32_t b)
{
    double nearest = HUGE_VAL;
    for (uint32_t i = 0; i < 9; i++) {
        const struct draft_seat *seat = seat_of(sketch, a, i / 3);
        const struct draft_seat *other = seat_of(sketch, b, i % 3);
        const double x = (double)seat->x - other->x, y = (double)seat->y - other->y;
        nearest = fmin(nearest, x * x + y * y);
    }
    return nearest;
}

struct parting {
    struct sketch *sketch;
    struct block *blocks; /* SKETCH_BLOCKS_MAX */
    uint32_t block_count;
    uint32_t *same;      /* a row: the one before it with the same name */
    struct view *sorted; /* the zone's numbers, those of a row in their order */
    uint32_t *piece_of;  /* a block: its first piece of the row in question, or NONE */
};

static void put_row(struct parting *p, uint32_t index, uint32_t block)
{
    struct sketch_row *row = &p->sketch->rows[index];
    const uint32_t first = p->piece_of[block];
    row->block = block;
    row->next = NONE;
    row->begins = first == NONE;
    if (!row->begins) {
        uint32_t last = first;
        while (p->sketch->rows[last].next != NONE)
            last = p->sketch->rows[last].next;
        p->sketch->rows[last].next = index;
    }
    if (p->blocks[block].row_count == 0)
        p->blocks[block].first_row = index;
    p->blocks[block].row_count += row->begins;
    p->blocks[block].last_row = index;
}

/* Notes for each block its first piece with the row's name. */
static void find_pieces(struct parting *p, uint32_t index)
{
    for (uint32_t i = 0; i < p->block_count; i++)
        p->piece_of[i] = NONE;
    for (uint32_t i = p->same[index]; i != NONE; i = p->same[i]) {
        if (p->sketch->rows[i].begins)
            p->piece_of[p->sketch->rows[i].block] = i;
    }
}

static int place_row(struct parting *p, uint32_t index)
{
    struct sketch *sketch = p->sketch;
    const struct sketch_row *row = &sketch->rows[index];
    uint32_t best = NONE;
    double nearest = HUGE_VAL;
    find_pieces(p, index);
    for (uint32_t i = 0; i < p->block_count; i++) {
        const double far = p->block_count == 1
                               ? 0
                               : fmin(distance(sketch, index, p->blocks[i].first_row),
                                      distance(sketch, index, p->blocks[i].last_row));
        if (best != NONE && far >= nearest)
            continue;
        if (p->piece_of[i] != NONE && !runs_on(sketch, p->piece_of[i], row, p->sorted))
            continue;
        best = i;
        nearest = far;
    }
    if (best == NONE) {
        if (p->block_count == SKETCH_BLOCKS_MAX)
            return plan_refuse(&sketch->reader, row->place, "a zone has at most %d blocks",
                               SKETCH_BLOCKS_MAX);
        best = p->block_count++;
        p->blocks[best] = (struct block){0};
        p->piece_of[best] = NONE;
    }
    if (p->piece_of[best] == NONE && p->blocks[best].row_count == SKETCH_BLOCK_ROWS_MAX)
        return plan_refuse(&sketch->reader, row->place, "a block has at most %d rows",
                           SKETCH_BLOCK_ROWS_MAX);
    put_row(p, index, best);
    return 0;
}

struct named {
    struct view name;
    uint32_t row;
};

static int named_order(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    const int order = view_order(&x->name, &y->name);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

/* For each row the last one before it with its name. */
static int find_same(struct parting *p)
{
    const uint32_t count = p->sketch->row_count;
    struct named *named = malloc(count * sizeof(*named));
    if (!named)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        named[i] = (struct named){p->sketch->rows[i].name, i};
    qsort(named, count, sizeof(*named), named_order);
    for (uint32_t i = 0; i < count; i++)
        p->same[named[i].row] =
            i > 0 && view_eq(named[i - 1].name, named[i].name) ? named[i - 1].row : NONE;
    free(named);
    return 0;
}

int blocks_part(struct sketch *sketch, uint32_t *ret_block_count)
{
    struct parting p = {.sketch = sketch};
    int err = 0;
    *ret_block_count = 0;
    if (sketch->row_count == 0)
        return 0;
    p.sorted = malloc(sketch->seat_count * sizeof(*p.sorted));
    p.blocks = malloc(SKETCH_BLOCKS_MAX * sizeof(*p.blocks));
    p.piece_of = malloc(SKETCH_BLOCKS_MAX * sizeof(*p.piece_of));
    err = p.sorted && p.blocks && p.piece_of ? 0 : ERR_NO_MEMORY;
    for (uint32_t i = 0; err == 0 && i < sketch->row_count; i++)
        err = part_row(sketch, i, p.sorted); /* what it adds is looked at in turn */
    if (err == 0)
        p.same = malloc(sketch->row_count * sizeof(*p.same));
    if (err == 0)
        err = p.same ? find_same(&p) : ERR_NO_MEMORY;
    for (uint32_t i = 0; err == 0 && i < sketch->row_count; i++) {
        const struct sketch_row *row = &sketch->rows[i];
        put_numbers(sketch, row, &p.sorted[row->first]);
        qsort(&p.sorted[row->first], row->count, sizeof(*p.sorted), view_order);
    }
    for (uint32_t i = 0; err == 0 && i < sketch->row_count; i++)
        err = place_row(&p, i);
    *ret_block_count = p.block_count;
    free(p.same);
    free(p.piece_of);
    free(p.blocks);
    free(p.sorted);
    return err;
}

int blocks_gather(struct sketch *sketch, const struct sketch_row *row,
                  struct draft_seat **ret_seats, uint32_t *ret_count, uint32_t *ret_pieces,
                  struct neighbours *ret_order)
{
    uint32_t count = 0, at = 0;
    *ret_order = (struct neighbours){0};
    *ret_pieces = 1;
    for (const struct sketch_row *piece = row;; piece = &sketch->rows[piece->next]) {
        count += piece->count;
        if (piece->next == NONE)
            break;
        ++*ret_pieces;
    }
    struct draft_seat *seats = *ret_seats = malloc(count * sizeof(*seats));
    *ret_count = count;
    if (!seats)
        return ERR_NO_MEMORY;
    for (const struct sketch_row *piece = row;; piece = &sketch->rows[piece->next]) {
        memcpy(&seats[at], &sketch->seats[piece->first], piece->count * sizeof(*seats));
        at += piece->count;
        if (piece->next == NONE)
            break;
    }
    const int err = order_seats(seats, count, ret_order);
    if (err == 0 && count == 2 && *ret_pieces == 2)
        ret_order->break_after[0] = true; /* two chairs, and nothing that says how near they are */
    return err;
}

void blocks_drop(struct draft_seat *seats, struct neighbours *order)
{
    free(order->order);
    free(order->break_after);
    free(seats);
}
