#include "hall/draft.h"

#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "usher/v1/hall.pb-c.h"

#define DRAFT_ARENA_MAX (256u << 20)

void hall_draft_init(struct hall_draft *draft)
{
    *draft = (struct hall_draft){0};
    arena_init(&draft->arena, DRAFT_ARENA_MAX);
}

void hall_draft_release(struct hall_draft *draft)
{
    free(draft->sections);
    free(draft->rows);
    free(draft->seats);
    free(draft->drawings);
    arena_release(&draft->arena);
}

/* Room for one more element of size bytes, doubling. NULL: out of memory. */
static void *grow(void *elements, uint32_t count, uint32_t *cap, size_t size)
{
    if (count < *cap)
        return elements;
    const uint32_t wanted = *cap ? 2 * *cap : 64;
    void *grown = realloc(elements, wanted * size);
    if (grown)
        *cap = wanted;
    return grown;
}

int hall_draft_section(struct hall_draft *draft, const struct draft_section *section)
{
    if (draft->section_count == HALL_SECTIONS_MAX)
        return ERR_FULL;
    if (section->kind == HALL_STANDING &&
        section->place_count > HALL_PLACES_MAX - draft->place_count)
        return ERR_FULL;
    void *grown =
        grow(draft->sections, draft->section_count, &draft->section_cap, sizeof(*section));
    if (!grown)
        return ERR_NO_MEMORY;
    draft->sections = grown;
    draft->sections[draft->section_count] = *section;
    if (section->kind == HALL_STANDING)
        draft->place_count += section->place_count;
    else
        draft->sections[draft->section_count].place_count = 0;
    draft->sections[draft->section_count++].row_count = 0;
    return 0;
}

int hall_draft_row(struct hall_draft *draft, struct view name)
{
    assert(draft->section_count > 0);
    struct draft_section *section = &draft->sections[draft->section_count - 1];
    assert(section->kind == HALL_SEATED);
    if (draft->row_count == HALL_PLACES_MAX)
        return ERR_FULL;
    void *grown = grow(draft->rows, draft->row_count, &draft->row_cap, sizeof(*draft->rows));
    if (!grown)
        return ERR_NO_MEMORY;
    draft->rows = grown;
    draft->rows[draft->row_count++] = (struct draft_row){.name = name};
    section->row_count++;
    return 0;
}

int hall_draft_seat(struct hall_draft *draft, const struct draft_seat *seat)
{
    assert(draft->row_count > 0 && draft->sections[draft->section_count - 1].row_count > 0);
    if (draft->place_count == HALL_PLACES_MAX)
        return ERR_FULL;
    void *grown = grow(draft->seats, draft->seat_count, &draft->seat_cap, sizeof(*seat));
    if (!grown)
        return ERR_NO_MEMORY;
    draft->seats = grown;
    draft->seats[draft->seat_count++] = *seat;
    draft->rows[draft->row_count - 1].seat_count++;
    draft->sections[draft->section_count - 1].place_count++;
    draft->place_count++;
    return 0;
}

int hall_draft_drawing(struct hall_draft *draft, const struct draft_drawing *drawing)
{
    if (draft->drawing_count == HALL_DRAWINGS_MAX)
        return ERR_FULL;
    void *grown =
        grow(draft->drawings, draft->drawing_count, &draft->drawing_cap, sizeof(*drawing));
    if (!grown)
        return ERR_NO_MEMORY;
    draft->drawings = grown;
    draft->drawings[draft->drawing_count++] = *drawing;
    return 0;
}

/* ---- the SeatMap ---- */

struct bounds {
    int32_t left, top, right, bottom;
};

static void stretch(struct bounds *b, int32_t x, int32_t y)
{
    b->left = x < b->left ? x : b->left;
    b->top = y < b->top ? y : b->top;
    b->right = x > b->right ? x : b->right;
    b->bottom = y > b->bottom ? y : b->bottom;
}

static struct bounds bounds_of(const struct hall_draft *draft)
{
    struct bounds b = {draft->stage_x, draft->stage_y, draft->stage_x, draft->stage_y};
    for (uint32_t i = 0; i < draft->seat_count; i++)
        stretch(&b, draft->seats[i].x, draft->seats[i].y);
    for (uint32_t i = 0; i < draft->section_count; i++) {
        const struct draft_section *section = &draft->sections[i];
        for (uint32_t k = 0; k < section->outline_points; k++)
            stretch(&b, section->outline[2 * k], section->outline[2 * k + 1]);
    }
    for (uint32_t i = 0; i < draft->drawing_count; i++) {
        const struct draft_drawing *drawing = &draft->drawings[i];
        for (uint32_t k = 0; k < drawing->outline_points; k++)
            stretch(&b, drawing->outline[2 * k], drawing->outline[2 * k + 1]);
        if (drawing->text.len > 0)
            stretch(&b, drawing->text_x, drawing->text_y);
    }
    return b;
}

static char *text(struct arena *arena, struct view v)
{
    return v.len > 0 ? arena_copy(arena, v) : (char *)protobuf_c_empty_string;
}

/* A polygon as first point and steps. */
static int fill_outline(struct hall_draft *draft, const int32_t *outline, uint32_t points,
                        const struct bounds *b, size_t *ret_count, int32_t **ret_outline)
{
    int32_t x = 0, y = 0;
    if (points == 0)
        return 0;
    int32_t *steps = arena_alloc(&draft->arena, 2 * points * sizeof(*steps));
    if (!steps)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < points; i++) {
        const int32_t at_x = outline[2 * i] - b->left;
        const int32_t at_y = outline[2 * i + 1] - b->top;
        steps[2 * i] = at_x - x;
        steps[2 * i + 1] = at_y - y;
        x = at_x;
        y = at_y;
    }
    *ret_count = 2 * points;
    *ret_outline = steps;
    return 0;
}

static int fill_row(struct hall_draft *draft, const struct draft_row *from, uint32_t first_draft,
                    const struct bounds *b, Usher__V1__Row *to)
{
    struct arena *arena = &draft->arena;
    const uint32_t n = from->seat_count;
    const struct draft_seat *seats = &draft->seats[first_draft];
    int32_t x = 0, y = 0;
    bool one_category = true, ordinary = true, one_radius = true;
    to->name = text(arena, from->name);
    to->row_label = text(arena, from->row_label);
    to->seat_label = text(arena, from->seat_label);
    to->ring = from->ring;
    to->kinds = arena_alloc(arena, n * sizeof(*to->kinds));
    to->radii = arena_alloc(arena, n * sizeof(*to->radii));
    to->numbers = arena_alloc(arena, n * sizeof(*to->numbers));
    to->xy = arena_alloc(arena, 2 * n * sizeof(*to->xy));
    to->categories = arena_alloc(arena, n * sizeof(*to->categories));
    to->breaks = arena_alloc(arena, n * sizeof(*to->breaks));
    if (!to->name || !to->numbers || !to->xy || !to->categories || !to->breaks || !to->kinds ||
        !to->radii || !to->row_label || !to->seat_label)
        return ERR_NO_MEMORY;
    to->n_numbers = n;
    to->n_xy = 2 * n;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t at_x = seats[i].x - b->left;
        const int32_t at_y = seats[i].y - b->top;
        to->numbers[i] = text(arena, seats[i].number);
        if (!to->numbers[i])
            return ERR_NO_MEMORY;
        to->xy[2 * i] = at_x - x;
        to->xy[2 * i + 1] = at_y - y;
        x = at_x;
        y = at_y;
        to->categories[i] = seats[i].category;
        one_category = one_category && seats[i].category == seats[0].category;
        to->kinds[i] = (Usher__V1__SeatKind)seats[i].kind;
        ordinary = ordinary && seats[i].kind == HALL_ORDINARY;
        to->radii[i] = seats[i].radius;
        one_radius = one_radius && seats[i].radius == seats[0].radius;
        if (seats[i].break_after && i + 1 < n)
            to->breaks[to->n_breaks++] = i;
    }
    to->n_kinds = ordinary ? 0 : n;
    to->n_radii = !one_radius ? n : seats[0].radius > 0 ? 1 : 0;
    to->n_categories = one_category ? 1 : n;
    return 0;
}

/* Walks the draft once; seat indices count on through sections and rows. */
static int fill_sections(struct hall_draft *draft, const struct bounds *b, Usher__V1__SeatMap *map)
{
    struct arena *arena = &draft->arena;
    uint32_t index = 0, row_at = 0, seat_at = 0;
    Usher__V1__Section *sections = arena_alloc(arena, draft->section_count * sizeof(*sections));
    Usher__V1__Row *rows = arena_alloc(arena, draft->row_count * sizeof(*rows));
    map->sections = arena_alloc(arena, draft->section_count * sizeof(*map->sections));
    if (!sections || !rows || !map->sections)
        return ERR_NO_MEMORY;
    map->n_sections = draft->section_count;
    for (uint32_t i = 0; i < draft->section_count; i++) {
        const struct draft_section *from = &draft->sections[i];
        Usher__V1__Section *to = map->sections[i] = &sections[i];
        usher__v1__section__init(to);
        to->name = text(arena, from->name);
        to->kind = (Usher__V1__SectionKind)from->kind;
        to->first_seat = index;
        to->place_count = from->place_count;
        to->category = from->category;
        to->n_rows = from->row_count;
        to->rows = arena_alloc(arena, from->row_count * sizeof(*to->rows));
        if (!to->name || !to->rows ||
            fill_outline(draft, from->outline, from->outline_points, b, &to->n_outline,
                         &to->outline) != 0)
            return ERR_NO_MEMORY;
        for (uint32_t k = 0; k < from->row_count; k++, row_at++) {
            usher__v1__row__init(&rows[row_at]);
            rows[row_at].first_seat = index;
            int err = fill_row(draft, &draft->rows[row_at], seat_at, b, &rows[row_at]);
            if (err != 0)
                return err;
            to->rows[k] = &rows[row_at];
            seat_at += draft->rows[row_at].seat_count;
            index += draft->rows[row_at].seat_count;
        }
        if (from->kind == HALL_STANDING)
            index += from->place_count;
    }
    map->place_count = index;
    return 0;
}

static int fill_categories(struct hall_draft *draft, Usher__V1__SeatMap *map)
{
    struct arena *arena = &draft->arena;
    Usher__V1__Category *categories =
        arena_alloc(arena, draft->category_count * sizeof(*categories));
    map->categories = arena_alloc(arena, draft->category_count * sizeof(*map->categories));
    if (!categories || !map->categories)
        return ERR_NO_MEMORY;
    map->n_categories = draft->category_count;
    for (uint32_t i = 0; i < draft->category_count; i++) {
        usher__v1__category__init(&categories[i]);
        categories[i].name = text(arena, draft->categories[i].name);
        categories[i].color = draft->categories[i].color;
        if (!categories[i].name)
            return ERR_NO_MEMORY;
        map->categories[i] = &categories[i];
    }
    return 0;
}

static int fill_drawings(struct hall_draft *draft, const struct bounds *b, Usher__V1__SeatMap *map)
{
    struct arena *arena = &draft->arena;
    Usher__V1__Drawing *drawings = arena_alloc(arena, draft->drawing_count * sizeof(*drawings));
    map->drawings = arena_alloc(arena, draft->drawing_count * sizeof(*map->drawings));
    if (!drawings || !map->drawings)
        return ERR_NO_MEMORY;
    map->n_drawings = draft->drawing_count;
    for (uint32_t i = 0; i < draft->drawing_count; i++) {
        const struct draft_drawing *from = &draft->drawings[i];
        Usher__V1__Drawing *to = map->drawings[i] = &drawings[i];
        usher__v1__drawing__init(to);
        to->color = from->color;
        to->filled = from->filled;
        to->text = text(arena, from->text);
        if (from->text.len > 0) {
            to->text_x = from->text_x - b->left;
            to->text_y = from->text_y - b->top;
        }
        if (!to->text || fill_outline(draft, from->outline, from->outline_points, b, &to->n_outline,
                                      &to->outline) != 0)
            return ERR_NO_MEMORY;
    }
    return 0;
}

int hall_draft_finish(struct hall_draft *draft, struct hall **ret_hall,
                      struct hall_error *ret_error)
{
    struct bounds b = bounds_of(draft);
    Usher__V1__SeatMap map = USHER__V1__SEAT_MAP__INIT;
    if (draft->place_count == 0) {
        snprintf(ret_error->text, sizeof(ret_error->text), "the plan has no seats");
        return ERR_INVALID;
    }
    if ((int64_t)b.right - b.left > HALL_DRAFT_SPAN_MAX ||
        (int64_t)b.bottom - b.top > HALL_DRAFT_SPAN_MAX) {
        snprintf(ret_error->text, sizeof(ret_error->text),
                 "the plan is more than %d units wide or deep", HALL_DRAFT_SPAN_MAX / 100);
        return ERR_INVALID;
    }
    b.left -= HALL_DRAFT_MARGIN;
    b.top -= HALL_DRAFT_MARGIN;
    map.name = text(&draft->arena, draft->name);
    map.width = (uint32_t)(b.right - b.left + HALL_DRAFT_MARGIN);
    map.height = (uint32_t)(b.bottom - b.top + HALL_DRAFT_MARGIN);
    map.stage_x = draft->stage_x - b.left;
    map.stage_y = draft->stage_y - b.top;
    draft->origin_x = -b.left;
    draft->origin_y = -b.top;
    int err = map.name ? fill_categories(draft, &map) : ERR_NO_MEMORY;
    if (err == 0)
        err = fill_sections(draft, &b, &map);
    if (err == 0)
        err = fill_drawings(draft, &b, &map);
    if (err != 0)
        return err;
    const size_t len = usher__v1__seat_map__get_packed_size(&map);
    uint8_t *layout = arena_alloc(&draft->arena, len);
    if (!layout)
        return ERR_NO_MEMORY;
    usher__v1__seat_map__pack(&map, layout);
    err = hall_load(view_of(layout, len), ret_hall);
    assert(err == 0 || err == ERR_NO_MEMORY); /* a draft that passed is a layout that loads */
    return err;
}
