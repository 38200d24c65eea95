/* A hall from its stored form. Stored bytes are not trusted: what does not fit is ERR_CORRUPT. */
#include <stdlib.h>

#include "codec/sha256.h"
#include "err/err.h"
#include "hall/hall.h"
#include "hall/sight.h"
#include "usher/v1/hall.pb-c.h"

#define HALL_ARENA_MAX (256u << 20)

struct loading {
    struct hall *hall;
    uint32_t next_seat;
    uint32_t next_row;
    bool names_lost; /* some name found no memory */
};

static bool name_fits(const char *name)
{
    return strlen(name) <= HALL_NAME_MAX;
}

static struct view keep(struct loading *l, const char *text)
{
    const struct view v = view_str(text);
    const char *copy = arena_copy(&l->hall->arena, v);
    l->names_lost = l->names_lost || !copy;
    return view_of(copy, copy ? v.len : 0);
}

static bool in_span(int64_t v)
{
    return v >= -HALL_SPAN_MAX && v <= HALL_SPAN_MAX;
}

/* "Reihe %s" and "A" make "Reihe A". */
static struct view label_of(struct loading *l, const char *words, const char *name)
{
    const char *at = strstr(words, "%s");
    if (words[0] == '\0')
        return (struct view){0};
    const int before = at ? (int)(at - words) : (int)strlen(words);
    const char *label = arena_printf(&l->hall->arena, "%.*s%s%s%s", before, words, at ? "" : " ",
                                     name, at ? at + 2 : "");
    l->names_lost = l->names_lost || !label;
    return view_str(label);
}

static void load_words(struct loading *l, const Usher__V1__Row *from, struct hall_row *row)
{
    const char *words = from->seat_label, *at = strstr(words, "%s");
    row->label = label_of(l, from->row_label, from->name);
    if (words[0] == '\0')
        return;
    const struct view all = keep(l, words);
    if (all.len == 0)
        return;
    row->seat_before = at ? view_of(all.at, (size_t)(at - words)) : label_of(l, words, "");
    if (at)
        row->seat_after = view_str(all.at + (at - words) + 2);
}

static bool ring_fits(const Usher__V1__Row *from)
{
    return from->n_numbers >= 3 && from->n_numbers <= HALL_RING_SEATS_MAX && from->n_breaks == 0;
}

static int load_row(struct loading *l, uint32_t section, const Usher__V1__Row *from)
{
    struct hall *hall = l->hall;
    const size_t n = from->n_numbers;
    int64_t x = 0, y = 0;
    if (n == 0 || from->n_xy != 2 * n || (from->n_categories != 1 && from->n_categories != n) ||
        from->first_seat != l->next_seat || n > hall->place_count - l->next_seat ||
        !name_fits(from->name) || !name_fits(from->row_label) || !name_fits(from->seat_label) ||
        (from->n_kinds != 0 && from->n_kinds != n) || (from->ring && !ring_fits(from)) ||
        (from->n_radii > 1 && from->n_radii != n))
        return ERR_CORRUPT;
    struct hall_row *row = &hall->rows[l->next_row];
    *row = (struct hall_row){.name = keep(l, from->name),
                             .section = section,
                             .first_seat = l->next_seat,
                             .seat_count = (uint32_t)n,
                             .ring = from->ring};
    load_words(l, from, row);
    for (size_t i = 0; i < n; i++) {
        struct hall_seat *seat = &hall->seats[l->next_seat + i];
        const uint32_t category = from->categories[from->n_categories == 1 ? 0 : i];
        const uint32_t kind = from->n_kinds > 0 ? (uint32_t)from->kinds[i] : HALL_ORDINARY;
        x += from->xy[2 * i];
        y += from->xy[2 * i + 1];
        if (!in_span(x) || !in_span(y) || category >= hall->category_count ||
            kind >= HALL_SEAT_KINDS || !name_fits(from->numbers[i]))
            return ERR_CORRUPT;
        *seat = (struct hall_seat){.x = (int32_t)x,
                                   .y = (int32_t)y,
                                   .section = section,
                                   .row = l->next_row,
                                   .category = (uint16_t)category,
                                   .kind = (uint8_t)kind,
                                   .number = keep(l, from->numbers[i])};
    }
    for (size_t i = 0; i < from->n_breaks; i++) {
        if (from->breaks[i] >= n)
            return ERR_CORRUPT;
        hall->seats[l->next_seat + from->breaks[i]].break_after = true;
    }
    hall->seats[l->next_seat + n - 1].break_after = true;
    l->next_seat += (uint32_t)n;
    l->next_row++;
    return 0;
}

/* Places of a standing area are all at its middle, for their worth and for pictures. */
static int load_standing(struct loading *l, uint32_t index, const Usher__V1__Section *from)
{
    struct hall *hall = l->hall;
    const struct hall_section *section = &hall->sections[index];
    int64_t x = 0, y = 0;
    if (from->n_rows != 0 || from->category >= hall->category_count ||
        from->place_count > hall->place_count - l->next_seat)
        return ERR_CORRUPT;
    for (uint32_t i = 0; i < section->outline_points; i++) {
        x += section->outline[2 * i];
        y += section->outline[2 * i + 1];
    }
    if (section->outline_points > 0) {
        x /= section->outline_points;
        y /= section->outline_points;
    }
    for (uint32_t i = 0; i < from->place_count; i++) {
        hall->seats[l->next_seat++] = (struct hall_seat){.x = (int32_t)x,
                                                         .y = (int32_t)y,
                                                         .section = index,
                                                         .row = HALL_NO_ROW,
                                                         .category = (uint16_t)from->category,
                                                         .break_after = i + 1 == from->place_count};
    }
    return 0;
}

static int load_outline(struct hall *hall, const Usher__V1__Section *from,
                        struct hall_section *section)
{
    int64_t x = 0, y = 0;
    if (from->n_outline % 2 != 0)
        return ERR_CORRUPT;
    if (from->n_outline == 0)
        return 0;
    int32_t *outline = arena_alloc(&hall->arena, from->n_outline * sizeof(*outline));
    if (!outline)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < from->n_outline; i += 2) {
        x += from->outline[i];
        y += from->outline[i + 1];
        if (!in_span(x) || !in_span(y))
            return ERR_CORRUPT;
        outline[i] = (int32_t)x;
        outline[i + 1] = (int32_t)y;
    }
    section->outline = outline;
    section->outline_points = (uint32_t)from->n_outline / 2;
    return 0;
}

/* They are for those who draw; here they are only looked over. */
static int check_drawings(const Usher__V1__SeatMap *map)
{
    size_t corners = 0;
    if (map->n_drawings > HALL_DRAWINGS_MAX)
        return ERR_CORRUPT;
    for (size_t i = 0; i < map->n_drawings; i++) {
        const Usher__V1__Drawing *drawing = map->drawings[i];
        int64_t x = 0, y = 0;
        corners += drawing->n_outline / 2;
        if (drawing->n_outline % 2 != 0 || corners > HALL_CORNERS_MAX ||
            !name_fits(drawing->text) || !in_span(drawing->text_x) || !in_span(drawing->text_y))
            return ERR_CORRUPT;
        for (size_t k = 0; k < drawing->n_outline; k += 2) {
            x += drawing->outline[k];
            y += drawing->outline[k + 1];
            if (!in_span(x) || !in_span(y))
                return ERR_CORRUPT;
        }
    }
    return 0;
}

static int load_section(struct loading *l, uint32_t index, const Usher__V1__Section *from)
{
    struct hall *hall = l->hall;
    struct hall_section *section = &hall->sections[index];
    if (from->first_seat != l->next_seat || from->place_count == 0 || !name_fits(from->name) ||
        (from->kind != USHER__V1__SECTION_KIND__SECTION_KIND_SEATED &&
         from->kind != USHER__V1__SECTION_KIND__SECTION_KIND_STANDING))
        return ERR_CORRUPT;
    *section = (struct hall_section){.name = keep(l, from->name),
                                     .kind = (enum hall_kind)from->kind,
                                     .first_seat = l->next_seat,
                                     .place_count = from->place_count,
                                     .first_row = l->next_row,
                                     .row_count = (uint32_t)from->n_rows};
    int err = load_outline(hall, from, section);
    if (err == 0 && section->kind == HALL_STANDING)
        err = load_standing(l, index, from);
    for (size_t i = 0; err == 0 && i < from->n_rows; i++)
        err = load_row(l, index, from->rows[i]);
    if (err == 0 && l->next_seat != section->first_seat + section->place_count)
        err = ERR_CORRUPT;
    return err;
}

static int load_all(struct hall *hall, const Usher__V1__SeatMap *map)
{
    struct loading l = {.hall = hall};
    size_t rows = 0;
    for (size_t i = 0; i < map->n_sections; i++)
        rows += map->sections[i]->n_rows;
    if (map->place_count == 0 || map->place_count > HALL_PLACES_MAX || map->n_sections == 0 ||
        map->n_sections > HALL_SECTIONS_MAX || map->n_categories == 0 ||
        map->n_categories > HALL_CATEGORIES_MAX || rows > map->place_count ||
        !name_fits(map->name) || !in_span(map->stage_x) || !in_span(map->stage_y) ||
        !in_span(map->width) || !in_span(map->height))
        return ERR_CORRUPT;
    hall->place_count = map->place_count;
    hall->section_count = (uint32_t)map->n_sections;
    hall->category_count = (uint32_t)map->n_categories;
    hall->row_count = (uint32_t)rows;
    hall->stage_x = map->stage_x;
    hall->stage_y = map->stage_y;
    hall->width = map->width;
    hall->height = map->height;
    hall->name = keep(&l, map->name);
    hall->categories = arena_alloc(&hall->arena, map->n_categories * sizeof(*hall->categories));
    hall->sections = arena_alloc(&hall->arena, map->n_sections * sizeof(*hall->sections));
    hall->rows = arena_alloc(&hall->arena, rows * sizeof(*hall->rows));
    hall->seats = arena_alloc(&hall->arena, map->place_count * sizeof(*hall->seats));
    if (!hall->categories || !hall->sections || !hall->rows || !hall->seats)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < map->n_categories; i++) {
        if (!name_fits(map->categories[i]->name))
            return ERR_CORRUPT;
        hall->categories[i] = (struct hall_category){keep(&l, map->categories[i]->name),
                                                     map->categories[i]->color & 0xffffff};
    }
    int err = check_drawings(map);
    for (size_t i = 0; err == 0 && i < map->n_sections; i++)
        err = load_section(&l, (uint32_t)i, map->sections[i]);
    if (err == 0 && l.next_seat != hall->place_count)
        err = ERR_CORRUPT;
    if (err == 0 && l.names_lost)
        err = ERR_NO_MEMORY;
    if (err == 0)
        sight_measure(hall);
    return err;
}

int hall_load(struct view layout, struct hall **ret_hall)
{
    struct hall *hall = calloc(1, sizeof(*hall));
    if (!hall)
        return ERR_NO_MEMORY;
    arena_init(&hall->arena, HALL_ARENA_MAX);
    Usher__V1__SeatMap *map =
        usher__v1__seat_map__unpack(NULL, layout.len, (const uint8_t *)layout.at);
    int err = map ? load_all(hall, map) : ERR_CORRUPT;
    if (map)
        usher__v1__seat_map__free_unpacked(map, NULL);
    if (err == 0) {
        const char *copy = arena_copy(&hall->arena, layout);
        hall->layout = view_of(copy, layout.len);
        err = copy ? 0 : ERR_NO_MEMORY;
        sha256(layout, hall->hash);
    }
    if (err != 0) {
        hall_free(hall);
        return err;
    }
    *ret_hall = hall;
    return 0;
}

void hall_free(struct hall *hall)
{
    if (!hall)
        return;
    arena_release(&hall->arena);
    free(hall);
}

/* Text that is cut where its room ends; one byte is kept for the NUL. */
struct label {
    char *text;
    size_t room, len;
};

static void append(struct label *label, struct view piece)
{
    const size_t left = label->room - label->len;
    const size_t len = piece.len < left ? piece.len : left;
    if (len > 0)
        memcpy(label->text + label->len, piece.at, len);
    label->len += len;
}

static const struct view kind_words[HALL_SEAT_KINDS] = {
    [HALL_WHEELCHAIR] = VIEW_LIT(" (wheelchair place)"),
    [HALL_COMPANION] = VIEW_LIT(" (companion seat)"),
    [HALL_RESTRICTED_VIEW] = VIEW_LIT(" (restricted view)"),
};

/* Every hold and every ticket has one: printf would cost as much as finding the seat. */
void hall_seat_label(const struct hall *hall, uint32_t seat, char *ret_text, size_t size)
{
    assert(seat < hall->place_count && size > 0);
    const struct hall_seat *s = &hall->seats[seat];
    struct label label = {.text = ret_text, .room = size - 1};
    append(&label, hall->sections[s->section].name);
    if (s->row != HALL_NO_ROW) {
        const struct hall_row *row = &hall->rows[s->row];
        append(&label, row->label.len > 0 ? VIEW_LIT(", ") : VIEW_LIT(", row "));
        append(&label, row->label.len > 0 ? row->label : row->name);
        append(&label, row->seat_before.at ? VIEW_LIT(", ") : VIEW_LIT(", seat "));
        append(&label, row->seat_before);
        append(&label, s->number);
        append(&label, row->seat_after);
        append(&label, kind_words[s->kind]);
    }
    ret_text[label.len] = '\0';
}
