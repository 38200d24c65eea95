#include "seats/fixture_test.h"

#define ROWS 1024

void fixture_init(struct hall *hall)
{
    *hall = (struct hall){.category_count = 4};
    arena_init(&hall->arena, 4 << 20);
    hall->categories = arena_alloc(&hall->arena, 4 * sizeof(*hall->categories));
    hall->sections = arena_alloc(&hall->arena, FIXTURE_SECTIONS * sizeof(*hall->sections));
    hall->rows = arena_alloc(&hall->arena, ROWS * sizeof(*hall->rows));
    hall->seats = arena_alloc(&hall->arena, FIXTURE_PLACES * sizeof(*hall->seats));
    assert(hall->categories && hall->sections && hall->rows && hall->seats);
}

void fixture_release(struct hall *hall)
{
    arena_release(&hall->arena);
    *hall = (struct hall){0};
}

void fixture_section(struct hall *hall, enum hall_kind kind)
{
    assert(hall->section_count < FIXTURE_SECTIONS);
    hall->sections[hall->section_count++] = (struct hall_section){
        .kind = kind, .first_seat = hall->place_count, .first_row = hall->row_count};
}

void fixture_row(struct hall *hall)
{
    assert(hall->row_count < ROWS && hall->section_count > 0);
    hall->sections[hall->section_count - 1].row_count++;
    hall->rows[hall->row_count++] =
        (struct hall_row){.section = hall->section_count - 1, .first_seat = hall->place_count};
}

void fixture_seat(struct hall *hall, int32_t x, int32_t y, uint32_t remoteness, uint16_t category)
{
    assert(hall->place_count < FIXTURE_PLACES);
    struct hall_section *section = &hall->sections[hall->section_count - 1];
    bool standing = section->kind == HALL_STANDING;
    hall->seats[hall->place_count++] = (struct hall_seat){
        .x = x,
        .y = y,
        .section = hall->section_count - 1,
        .row = standing ? HALL_NO_ROW : hall->row_count - 1,
        .remoteness = remoteness,
        .category = category,
        .break_after = standing,
    };
    section->place_count++;
    if (!standing)
        hall->rows[hall->row_count - 1].seat_count++;
}

void fixture_rows(struct hall *hall, const char *const *rows, uint32_t row_count)
{
    fixture_section(hall, HALL_SEATED);
    for (uint32_t row = 0; row < row_count; row++) {
        int32_t width = (int32_t)strlen(rows[row]);
        fixture_row(hall);
        for (int32_t i = 0; i < width; i++) {
            int32_t aside = 2 * i + 1 - width;
            if (rows[row][i] == '.')
                fixture_seat(hall, 100 * i, 100 * (int32_t)row,
                             100 * (row + 1) + 5 * (uint32_t)(aside < 0 ? -aside : aside), 0);
            else
                hall->seats[hall->place_count - 1].break_after = true;
        }
        hall->seats[hall->place_count - 1].break_after = true;
    }
}

void fixture_standing(struct hall *hall, uint32_t places)
{
    fixture_section(hall, HALL_STANDING);
    for (uint32_t i = 0; i < places; i++)
        fixture_seat(hall, 500, -200, 50, 0);
}

static uint32_t below(struct chance *chance, uint32_t limit)
{
    return (uint32_t)chance_below(chance, limit);
}

static void random_standing(struct hall *hall, struct chance *chance, bool mixed)
{
    uint16_t category = (uint16_t)below(chance, 4);
    uint32_t remoteness = below(chance, 30), places = 1 + below(chance, 150);
    int32_t x = (int32_t)below(chance, 2000), y = (int32_t)below(chance, 2000);
    fixture_section(hall, HALL_STANDING);
    for (uint32_t i = 0; i < places; i++)
        fixture_seat(hall, x, y, remoteness, mixed ? (uint16_t)below(chance, 3) : category);
}

static void random_row(struct hall *hall, struct chance *chance, uint32_t row, bool mixed)
{
    uint16_t category = (uint16_t)below(chance, 4);
    uint32_t seats = 1 + below(chance, below(chance, 12) == 0 ? 160 : 24);
    const bool ring = seats >= 3 && seats <= HALL_RING_SEATS_MAX && below(chance, 4) == 0;
    uint32_t breaks = ring || below(chance, 3) ? 0 : 3 + below(chance, 15); /* one in so many */
    bool level = below(chance, 3) == 0; /* all as remote: the index decides */
    int32_t x = (int32_t)below(chance, 500) - 250;
    fixture_row(hall);
    for (uint32_t i = 0; i < seats; i++) {
        if (mixed && below(chance, 4) == 0)
            category = (uint16_t)below(chance, 4);
        uint32_t aside = i > seats / 2 ? i - seats / 2 : seats / 2 - i;
        fixture_seat(hall, x + (int32_t)(i * (40 + below(chance, 20))), (int32_t)(row * 90),
                     level ? 7 : row * 3 + aside + below(chance, 3), category);
        if (breaks)
            hall->seats[hall->place_count - 1].break_after = below(chance, breaks) == 0;
    }
    hall->seats[hall->place_count - 1].break_after = true;
    hall->rows[hall->row_count - 1].ring = ring;
}

void fixture_kinds(struct hall *hall, struct chance *chance)
{
    for (uint32_t i = 0; i < hall->place_count; i++)
        if (hall->seats[i].row != HALL_NO_ROW && below(chance, 3) == 0)
            hall->seats[i].kind = (uint8_t)below(chance, HALL_SEAT_KINDS);
}

uint32_t fixture_next(const struct hall *hall, uint32_t seat)
{
    if (hall->seats[seat].row == HALL_NO_ROW)
        return UINT32_MAX;
    const struct hall_row *row = &hall->rows[hall->seats[seat].row];
    if (row->ring)
        return row->first_seat + (seat + 1 - row->first_seat) % row->seat_count;
    return hall->seats[seat].break_after ? UINT32_MAX : seat + 1;
}

void fixture_random(struct hall *hall, struct chance *chance)
{
    fixture_init(hall);
    uint32_t sections = 1 + below(chance, 4), row = 0;
    for (uint32_t i = 0; i < sections; i++) {
        bool mixed = below(chance, 3) == 0;
        if (below(chance, 4) == 0) {
            random_standing(hall, chance, mixed);
            continue;
        }
        fixture_section(hall, HALL_SEATED);
        for (uint32_t rows = 1 + below(chance, 5); rows > 0; rows--)
            random_row(hall, chance, row++, mixed);
    }
}

struct id fixture_id(uint64_t number)
{
    return (struct id){.hi = 1, .lo = number};
}

struct seats *fixture_engine(const struct hall *hall)
{
    struct seats *s = NULL;
    int code = seats_new(
        hall, &(struct seats_limits){.places_max = UINT32_MAX, .accounts_max = UINT32_MAX}, &s);
    assert(code == 0);
    return s;
}

void fixture_fill(struct seats *s, const struct hall *hall, struct chance *chance, unsigned percent)
{
    for (uint32_t i = 0; i < hall->place_count; i++)
        if (below(chance, 100) < percent) {
            int code = seats_restore_sold(s, fixture_id(1), &i, 1);
            assert(code == 0);
        }
}
