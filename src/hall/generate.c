/*
 * A plausible hall: rows are arcs around the stage, tier behind tier, each tier cut into blocks by
 * aisles.
 *
 *                         stage
 *                     ╭ standing ╮
 *             ╭ 101 ╮ ╭ 102 ╮ ╭ 103 ╮          tier 1: rows A, B, C, …
 *         ╭ 201 ╮ ╭ 202 ╮ ╭ 203 ╮ ╭ 204 ╮      tier 2
 *
 * The angle the arcs span grows with capacity, from a fan before the stage to a bowl around it. How
 * many seats a row has room for follows from its length; the seats are shared out in proportion to
 * that room by largest remainders (Hamilton's method), so capacity is met exactly and no row gets
 * more than fits.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "hall/draft.h"

#define CAPACITY_MIN  1
#define CAPACITY_MAX  100000
#define SPACING       2500.0 /* seat to seat, hundredths of a unit */
#define PITCH         3400.0 /* row to row */
#define AISLE         5000.0 /* between blocks, and added between tiers */
#define BLOCK_SEATS   18.0   /* seats a row of a block, where the caller leaves it to us */
#define ROW_SEATS_MIN 4      /* seats a row of a block on average, likewise */
#define TIER_ROWS_MIN 8      /* rows a tier, likewise */
#define TIER_ROWS_MAX 18
#define TIERS_MAX     64
#define BLOCKS_MAX    1000
#define ROWS_MAX      200
#define STANDING_AREA 1.6e6 /* hundredths of a unit squared, a person */

struct shape {
    uint32_t seats; /* capacity without the standing area */
    uint32_t standing;
    double angle;  /* radians that the arcs span */
    double radius; /* of the first row */
    uint32_t tiers;
    uint32_t tier_rows;
    uint32_t blocks[TIERS_MAX];
};

static int refuse(struct hall_error *ret_error, const char *text)
{
    snprintf(ret_error->text, sizeof(ret_error->text), "%s", text);
    return ERR_INVALID;
}

static double row_radius(const struct shape *s, uint32_t tier, uint32_t row)
{
    return s->radius + PITCH * (tier * s->tier_rows + row) + AISLE * tier;
}

/* How many seats a row of a block has room for. The aisles of its tier are spread over all blocks,
 * so that from a block's last seat to the next block's first it is an aisle's width at least. */
static uint32_t row_room(const struct shape *s, uint32_t tier, uint32_t row)
{
    const uint32_t blocks = s->blocks[tier];
    const double length = (s->angle * row_radius(s, tier, row) - AISLE * (blocks - 1)) / blocks;
    return length < SPACING ? 0 : (uint32_t)(length / SPACING);
}

/* False: the seats do not fit, or some row is too short for a single one. */
static bool fits(const struct shape *s)
{
    uint64_t room = 0;
    for (uint32_t t = 0; t < s->tiers; t++) {
        for (uint32_t r = 0; r < s->tier_rows; r++) {
            const uint32_t row = row_room(s, t, r);
            if (row == 0)
                return false;
            room += (uint64_t)row * s->blocks[t];
        }
    }
    return room >= s->seats;
}

static void choose_blocks(struct shape *s, uint32_t sections)
{
    double weight[TIERS_MAX], all = 0;
    uint32_t given = 0;
    /* Many rows for few seats are not cut into many blocks as well. */
    const uint32_t most = s->seats / (ROW_SEATS_MIN * s->tiers * s->tier_rows);
    for (uint32_t t = 0; t < s->tiers; t++) {
        weight[t] = s->angle * row_radius(s, t, s->tier_rows / 2);
        all += weight[t];
    }
    for (uint32_t t = 0; t < s->tiers; t++) {
        if (sections == 0)
            s->blocks[t] = (uint32_t)lround(weight[t] / (SPACING * BLOCK_SEATS + AISLE));
        else
            s->blocks[t] = (uint32_t)lround(sections * weight[t] / all);
        if (sections == 0 && s->blocks[t] > most)
            s->blocks[t] = most;
        if (s->blocks[t] == 0)
            s->blocks[t] = 1;
        given += s->blocks[t];
    }
    /* Rounding is put right from the back, where tiers are longest. */
    for (uint32_t t = s->tiers; sections != 0 && given != sections; t = t > 1 ? t - 1 : s->tiers) {
        if (given < sections) {
            s->blocks[t - 1]++;
            given++;
        } else if (s->blocks[t - 1] > 1) {
            s->blocks[t - 1]--;
            given--;
        }
    }
}

static uint32_t least_of(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The fewest tiers, and then the fewest rows a tier, that hold the seats. Where the sections asked
 * for are too few for that, they get more rows than a tier has otherwise. False: not even so. */
static bool choose_tiers(struct shape *s, const struct hall_shape *wish)
{
    uint32_t least = TIER_ROWS_MIN, most = TIER_ROWS_MAX;
    /* A room for a few: about as many rows as half of the seats in one. */
    while (least > 1 && least * least * 2 > s->seats)
        least--;
    if (wish->rows != 0) {
        least = most = wish->rows;
    } else if (wish->sections != 0) {
        /* Every row has a seat at least. */
        most = least_of(most, s->seats / wish->sections);
        least = least_of(least, most);
    }
    for (s->tiers = 1; s->tiers <= TIERS_MAX; s->tiers++) {
        if (wish->sections != 0 && s->tiers > wish->sections)
            break;
        for (s->tier_rows = least; s->tier_rows <= most; s->tier_rows++) {
            choose_blocks(s, wish->sections);
            if (fits(s))
                return true;
        }
    }
    s->tiers--;
    if (wish->rows == 0 && wish->sections != 0)
        most = least_of(ROWS_MAX, s->seats / wish->sections);
    for (; s->tier_rows <= most; s->tier_rows++) {
        choose_blocks(s, wish->sections);
        if (fits(s))
            return true;
    }
    s->tier_rows = most;
    choose_blocks(s, wish->sections);
    return false;
}

static int choose_shape(const struct hall_shape *wish, struct shape *s,
                        struct hall_error *ret_error)
{
    const double capacity = wish->capacity;
    s->standing = wish->standing;
    s->seats = wish->capacity - wish->standing;
    s->angle = capacity < 3000 ? 2.0 : capacity < 12000 ? 2.7 : capacity < 40000 ? 4.0 : 5.2;
    s->radius = 10000 + 190 * sqrt(capacity);
    const double field = 2 * wish->standing * STANDING_AREA / (s->angle < 2.2 ? s->angle : 2.2);
    if (s->radius * s->radius * 0.6 < field)
        s->radius = sqrt(field / 0.6);
    if (s->seats == 0)
        return 0; /* all stand */
    if (!choose_tiers(s, wish) && wish->sections == 0)
        return refuse(ret_error, "rows: so few rows a section do not hold this capacity");
    /* Fewer sections than would do: the hall grows wider instead. */
    while (!fits(s))
        s->radius *= 1.02;
    /* Too long by now: span less of the circle, so that seats do not lie far apart. */
    for (uint32_t i = 0; i < 400 && s->angle > 0.6; i++) {
        struct shape narrower = *s;
        narrower.angle *= 0.99;
        if (!fits(&narrower))
            break;
        *s = narrower;
    }
    return 0;
}

/* A row of a block, and how many seats it gets. */
struct strip {
    uint32_t seats;
    uint32_t place;
    uint64_t remainder;
};

static int by_remainder(const void *a, const void *b)
{
    const struct strip *x = a, *y = b;
    if (x->remainder != y->remainder)
        return x->remainder < y->remainder ? 1 : -1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static int by_place(const void *a, const void *b)
{
    const struct strip *x = a, *y = b;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* Shares the seats out among all rows of all blocks, in order of tier, block and row: one each, and
 * the rest in proportion to the room left. The rest is no more than all room left, so that a row's
 * share, rounded up, is no more than its own. */
static void share_out(const struct shape *s, struct strip *strips, uint32_t count)
{
    uint64_t room = 0;
    uint32_t i = 0, given = 0;
    for (uint32_t t = 0; t < s->tiers; t++) {
        for (uint32_t b = 0; b < s->blocks[t]; b++) {
            for (uint32_t r = 0; r < s->tier_rows; r++, i++) {
                strips[i] = (struct strip){.seats = row_room(s, t, r) - 1, .place = i};
                room += strips[i].seats;
            }
        }
    }
    assert(i == count && count <= s->seats && s->seats - count <= room);
    for (i = 0; i < count; i++) {
        const uint64_t share = (uint64_t)(s->seats - count) * strips[i].seats;
        strips[i].seats = 1 + (room > 0 ? (uint32_t)(share / room) : 0);
        strips[i].remainder = room > 0 ? share % room : 0;
        given += strips[i].seats;
    }
    qsort(strips, count, sizeof(*strips), by_remainder);
    for (i = 0; given < s->seats; i++, given++)
        strips[i].seats++;
    qsort(strips, count, sizeof(*strips), by_place);
}

static struct view row_name(struct arena *arena, uint32_t row)
{
    char *text = row < 26 ? arena_printf(arena, "%c", 'A' + (int)row)
                          : arena_printf(arena, "%c%c", 'A' + (int)(row / 26 - 1) % 26,
                                         'A' + (int)(row % 26));
    return view_str(text);
}

/* Price classes by how far back a row is. */
static uint32_t category_of(double depth)
{
    return depth < 0.12 ? 0 : depth < 0.4 ? 1 : depth < 0.72 ? 2 : 3;
}

static int draw_row(struct hall_draft *draft, const struct shape *s, uint32_t t, uint32_t b,
                    uint32_t r, uint32_t seats)
{
    const double radius = row_radius(s, t, r);
    const double last = row_radius(s, s->tiers - 1, s->tier_rows - 1);
    const double width = s->angle / s->blocks[t];
    const double middle = -s->angle / 2 + width * (b + 0.5);
    const double step = SPACING / radius;
    const uint32_t category =
        (s->standing ? 1 : 0) +
        category_of(last > s->radius ? (radius - s->radius) / (last - s->radius) : 0);
    const struct view name = row_name(&draft->arena, r);
    int err = name.at ? hall_draft_row(draft, name) : ERR_NO_MEMORY;
    for (uint32_t i = 0; err == 0 && i < seats; i++) {
        const double angle = middle + step * (i - (seats - 1) / 2.0);
        char *number = arena_printf(&draft->arena, "%u", i + 1);
        if (!number)
            return ERR_NO_MEMORY;
        const struct draft_seat seat = {.x = (int32_t)lround(radius * sin(angle)),
                                        .y = (int32_t)lround(radius * cos(angle)),
                                        .category = category,
                                        .number = view_str(number)};
        err = hall_draft_seat(draft, &seat);
    }
    return err;
}

/* The ground before the first row: a ring's part as a polygon. */
static int draw_standing(struct hall_draft *draft, const struct shape *s)
{
    enum { ARC = 24 };
    const double half = (s->angle < 2.2 ? s->angle : 2.2) / 2;
    const double near = 0.34 * s->radius, far = s->radius - 1.3 * PITCH;
    int32_t *outline = arena_alloc(&draft->arena, 4 * (ARC + 1) * sizeof(*outline));
    if (!outline)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i <= ARC; i++) {
        const double angle = -half + 2 * half * i / ARC;
        outline[2 * i] = (int32_t)lround(near * sin(angle));
        outline[2 * i + 1] = (int32_t)lround(near * cos(angle));
        outline[2 * (2 * ARC + 1 - i)] = (int32_t)lround(far * sin(angle));
        outline[2 * (2 * ARC + 1 - i) + 1] = (int32_t)lround(far * cos(angle));
    }
    const struct draft_section section = {.name = VIEW_LIT("Standing"),
                                          .kind = HALL_STANDING,
                                          .category = 0,
                                          .place_count = s->standing,
                                          .outline = outline,
                                          .outline_points = 2 * (ARC + 1)};
    return hall_draft_section(draft, &section);
}

static int draw(struct hall_draft *draft, const struct shape *s, const struct strip *strips)
{
    uint32_t strip = 0;
    int err = s->standing ? draw_standing(draft, s) : 0;
    for (uint32_t t = 0; t < s->tiers; t++) {
        for (uint32_t b = 0; err == 0 && b < s->blocks[t]; b++) {
            char *name = arena_printf(&draft->arena, "%u",
                                      (t + 1) * (s->blocks[t] > 99 ? 1000 : 100) + b + 1);
            const struct draft_section section = {.name = view_str(name), .kind = HALL_SEATED};
            err = name ? hall_draft_section(draft, &section) : ERR_NO_MEMORY;
            for (uint32_t r = 0; err == 0 && r < s->tier_rows; r++, strip++)
                err = draw_row(draft, s, t, b, r, strips[strip].seats);
        }
    }
    return err;
}

static void name_categories(struct hall_draft *draft, bool standing, bool seated)
{
    static const struct hall_category all[] = {
        {VIEW_LIT("Standing"), 0xe0529c}, {VIEW_LIT("VIP"), 0xd9a514}, {VIEW_LIT("R"), 0xd1495b},
        {VIEW_LIT("S"), 0x3d7ea6},        {VIEW_LIT("A"), 0x4f9d69},
    };
    for (uint32_t i = standing ? 0 : 1; i < (seated ? sizeof(all) / sizeof(all[0]) : 1); i++)
        draft->categories[draft->category_count++] = all[i];
}

static int check(const struct hall_shape *wish, struct hall_error *ret_error)
{
    if (wish->capacity < CAPACITY_MIN || wish->capacity > CAPACITY_MAX)
        return refuse(ret_error, "capacity: a hall has 1 to 100000 places");
    if (wish->standing > wish->capacity)
        return refuse(ret_error, "standing: more places than the capacity");
    if (wish->rows > ROWS_MAX)
        return refuse(ret_error, "rows: a section has at most 200 rows");
    if (wish->sections > BLOCKS_MAX)
        return refuse(ret_error, "sections: a hall has at most 1000 sections");
    if (wish->name.len > HALL_NAME_MAX)
        return refuse(ret_error, "name: at most 200 bytes");
    const uint64_t sections = wish->sections > 0 ? wish->sections : wish->rows > 0;
    if (sections * (wish->rows ? wish->rows : 1) > wish->capacity - wish->standing)
        return refuse(ret_error, wish->sections > 0 ? "sections: more rows than seats"
                                                    : "rows: more rows than seats");
    return 0;
}

int hall_generate(const struct hall_shape *wish, struct hall **ret_hall,
                  struct hall_error *ret_error)
{
    struct shape s = {0};
    int err = check(wish, ret_error);
    if (err == 0)
        err = choose_shape(wish, &s, ret_error);
    if (err != 0)
        return err;
    uint32_t count = 0;
    for (uint32_t t = 0; t < s.tiers; t++)
        count += s.blocks[t] * s.tier_rows;
    struct hall_draft draft;
    hall_draft_init(&draft);
    draft.name = wish->name;
    if (wish->name.len == 0)
        draft.name = view_str(wish->capacity < 1000
                                  ? arena_printf(&draft.arena, "Hall of %u", wish->capacity)
                                  : arena_printf(&draft.arena, "Hall of %u,%03u",
                                                 wish->capacity / 1000, wish->capacity % 1000));
    name_categories(&draft, s.standing > 0, s.seats > 0);
    struct strip *strips = calloc(count + 1, sizeof(*strips));
    err = strips && draft.name.at ? 0 : ERR_NO_MEMORY;
    if (err == 0) {
        share_out(&s, strips, count);
        err = draw(&draft, &s, strips);
    }
    if (err == 0)
        err = hall_draft_finish(&draft, ret_hall, ret_error);
    free(strips);
    hall_draft_release(&draft);
    return err;
}
