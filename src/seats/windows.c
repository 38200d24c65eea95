#include "seats/windows.h"

#include <stdlib.h>

/* Runs twice over the hall: first to count (list is NULL), then to write. */
struct builder {
    struct windows *w;
    struct window *list;
    uint32_t count;
};

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static int32_t min_i32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t max_i32(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static struct windows_box box_of(const struct windows_point *points, uint32_t from, uint32_t to)
{
    struct windows_box box = {INT32_MAX, INT32_MAX, INT32_MIN, INT32_MIN};
    for (uint32_t i = from; i < to; i++) {
        box.x_min = min_i32(box.x_min, points[i].x);
        box.y_min = min_i32(box.y_min, points[i].y);
        box.x_max = max_i32(box.x_max, points[i].x);
        box.y_max = max_i32(box.y_max, points[i].y);
    }
    return box;
}

static void emit(struct builder *b, const struct window *window)
{
    if (b->list) {
        b->list[b->count] = *window;
        b->w->tags[b->count] = window->tag;
    }
    b->count++;
}

uint64_t windows_mask(const struct windows *w, const struct window *window, uint32_t kinds)
{
    const int32_t category = window->tag & WINDOW_PART ? window->tag & ~WINDOW_PART : -1;
    uint64_t mask = 0;
    for (uint64_t left = window->standing ? 0 : window->room; left; left &= left - 1) {
        const uint32_t bit = (uint32_t)__builtin_ctzll(left);
        const struct hall_seat *seat = &w->hall->seats[windows_place(window, bit)];
        if (kinds >> seat->kind & 1 && (category < 0 || seat->category == category))
            mask |= UINT64_C(1) << bit;
    }
    return mask;
}

/* Emits the windows of starts first … first + starts - 1, whose runs may reach to `reach`: one
 * where all these places are of one category, else the mixed one and one a category that starts
 * here. */
static void emit_by_category(struct builder *b, struct window window, uint32_t reach)
{
    const struct hall_seat *seats = b->w->hall->seats;
    uint64_t starting = 0;
    bool mixed = false;
    for (uint32_t i = window.first; i < reach; i++) {
        if (i < window.first + window.starts)
            starting |= UINT64_C(1) << seats[i].category;
        mixed |= seats[i].category != seats[window.first].category;
    }
    window.tag = mixed ? WINDOW_MIXED : (uint8_t)seats[window.first].category;
    window.mask = windows_mask(b->w, &window, WINDOWS_ORDINARY);
    emit(b, &window);
    for (; mixed && starting; starting &= starting - 1) {
        uint16_t category = (uint16_t)__builtin_ctzll(starting);
        window.tag = (uint8_t)(category | WINDOW_PART);
        window.mask = windows_mask(b->w, &window, WINDOWS_ORDINARY);
        emit(b, &window);
    }
}

/* Notes for every place of a stretch (or standing area) which of its windows see it: a place
 * matters to runs that take it, that end one or two before it, and that start one or two after it.
 */
static void note_touch(struct builder *b, uint32_t from, uint32_t to, uint32_t first_window)
{
    uint32_t first = first_window, end = first_window;
    for (uint32_t i = from; i < to; i++) {
        while (b->list[first].first + b->list[first].starts + SEATS_PARTY_MAX < i)
            first++;
        while (end < b->count && b->list[end].first <= i + WINDOW_BEFORE)
            end++;
        assert(end > first && end - first <= UINT8_MAX && end < UINT32_C(1) << 24);
        b->w->touch[i] = first << 8 | (end - first);
    }
}

static void build_stretch(struct builder *b, uint32_t section, uint32_t from, uint32_t to)
{
    uint32_t first_window = b->count;
    for (uint32_t first = from; first < to; first += WINDOW_STARTS) {
        uint32_t reach = min_u32(to, first + WINDOW_STARTS + SEATS_PARTY_MAX - 1);
        struct window window = {
            .first = first,
            .starts = min_u32(to - first, WINDOW_STARTS),
            .section = section,
        };
        for (uint32_t bit = 0; bit < 64; bit++)
            if (first + bit >= from + WINDOW_BEFORE && first + bit < to + WINDOW_BEFORE)
                window.room |= UINT64_C(1) << bit;
        if (b->list)
            window.box = box_of(b->w->points, first, reach);
        emit_by_category(b, window, reach);
    }
    if (b->list)
        note_touch(b, from, to, first_window);
}

/* All seats of a row around a table. */
static void build_ring(struct builder *b, uint32_t section, uint32_t from, uint32_t to)
{
    const uint32_t first_window = b->count;
    struct window window = {.first = from, .starts = to - from, .section = section, .ring = true};
    assert(to - from <= WINDOW_STARTS);
    window.room = (UINT64_C(1) << (WINDOW_BEFORE + to - from + SEATS_PARTY_MAX + 1)) - 1;
    if (b->list)
        window.box = box_of(b->w->points, from, to);
    emit_by_category(b, window, to);
    if (b->list)
        note_touch(b, from, to, first_window);
}

static void build_section(struct builder *b, uint32_t index)
{
    const struct hall *hall = b->w->hall;
    const struct hall_section *section = &hall->sections[index];
    uint32_t end = section->first_seat + section->place_count;
    uint32_t first_window = b->count;
    struct windows_box box = {0};
    if (b->list)
        box = box_of(b->w->points, section->first_seat, end);
    if (section->kind == HALL_STANDING && section->place_count > 0) {
        struct window window = {
            .first = section->first_seat,
            .starts = section->place_count,
            .section = index,
            .standing = true,
            .box = box,
        };
        emit_by_category(b, window, end);
        if (b->list)
            note_touch(b, section->first_seat, end, first_window);
    }
    for (uint32_t i = section->first_seat, from = i; i < end && section->kind != HALL_STANDING; i++)
        if (i + 1 == end || hall->seats[i].break_after ||
            hall->seats[i].row != hall->seats[i + 1].row) {
            if (hall->rows[hall->seats[i].row].ring)
                build_ring(b, index, from, i + 1);
            else
                build_stretch(b, index, from, i + 1);
            from = i + 1;
        }
    if (b->list)
        b->w->sections[index] =
            (struct windows_section){first_window, b->count - first_window, box};
}

static uint32_t build(struct windows *w, struct window *list)
{
    struct builder b = {.w = w, .list = list};
    for (uint32_t i = 0; i < w->hall->section_count; i++)
        build_section(&b, i);
    return b.count;
}

/* Only what is measured in 64 bits needs this: a hall wider than WINDOWS_EXTENT loses its last
 * digits. */
static void measure(struct windows *w)
{
    const struct hall *hall = w->hall;
    int32_t x_min = INT32_MAX, y_min = INT32_MAX, x_max = INT32_MIN, y_max = INT32_MIN;
    for (uint32_t i = 0; i < hall->place_count; i++) {
        x_min = min_i32(x_min, hall->seats[i].x);
        y_min = min_i32(y_min, hall->seats[i].y);
        x_max = max_i32(x_max, hall->seats[i].x);
        y_max = max_i32(y_max, hall->seats[i].y);
    }
    int64_t wide = (int64_t)x_max - x_min, high = (int64_t)y_max - y_min;
    int shift = 0;
    while ((wide > high ? wide : high) >> shift > WINDOWS_EXTENT)
        shift++;
    for (uint32_t i = 0; i < hall->place_count; i++) {
        w->points[i].x = (int32_t)(((int64_t)hall->seats[i].x - x_min) >> shift);
        w->points[i].y = (int32_t)(((int64_t)hall->seats[i].y - y_min) >> shift);
        w->remoteness_sum[i + 1] = w->remoteness_sum[i] + hall->seats[i].remoteness;
    }
}

int windows_init(struct windows *w, const struct hall *hall)
{
    assert(hall->place_count > 0 && hall->section_count > 0);
    *w = (struct windows){.hall = hall};
    w->count = build(w, NULL);
    assert(w->count > 0);
    w->list = calloc(w->count, sizeof(*w->list));
    w->tags = calloc(w->count, sizeof(*w->tags));
    w->touch = calloc(hall->place_count, sizeof(*w->touch));
    w->remoteness_sum = calloc((size_t)hall->place_count + 1, sizeof(*w->remoteness_sum));
    w->points = calloc(hall->place_count, sizeof(*w->points));
    w->sections = calloc(hall->section_count, sizeof(*w->sections));
    if (!w->list || !w->tags || !w->touch || !w->remoteness_sum || !w->points || !w->sections)
        return ERR_NO_MEMORY;
    measure(w);
    uint32_t written = build(w, w->list);
    assert(written == w->count);
    return 0;
}

void windows_release(struct windows *w)
{
    free(w->list);
    free(w->tags);
    free(w->touch);
    free(w->remoteness_sum);
    free(w->points);
    free(w->sections);
    *w = (struct windows){0};
}

struct windows_filter windows_filter(const struct windows *w, int32_t category, int32_t section)
{
    struct windows_filter filter = {.end_section = w->hall->section_count};
    if (category < 0)
        filter.tag_mask = WINDOW_PART;
    else
        filter.tag_mask = (uint8_t)~WINDOW_PART, filter.tag = (uint8_t)category;
    if (section >= 0)
        filter.first_section = (uint32_t)section, filter.end_section = (uint32_t)section + 1;
    return filter;
}
