#include "hall/listing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "hall/color.h"
#include "mem/utf8.h"

const char *const listing_kinds[HALL_SEAT_KINDS] = {"", "wheelchair", "companion",
                                                    "restricted_view"};

void listing_release(struct listing *listing)
{
    free(listing->list);
    *listing = (struct listing){0};
}

int listing_add(struct listing *listing, const struct listing_seat *seat)
{
    if (listing->count == HALL_PLACES_MAX + HALL_CORNERS_MAX)
        return ERR_FULL;
    if (listing->count == listing->cap) {
        const uint32_t cap = listing->cap ? 2 * listing->cap : 256;
        struct listing_seat *grown = realloc(listing->list, cap * sizeof(*grown));
        if (!grown)
            return ERR_NO_MEMORY;
        listing->list = grown;
        listing->cap = cap;
    }
    listing->list[listing->count++] = *seat;
    return 0;
}

bool listing_kind(struct view word, enum hall_seat_kind *ret_kind)
{
    for (uint32_t i = 0; i < HALL_SEAT_KINDS; i++) {
        if (view_eq_nocase(word, view_str(listing_kinds[i]))) {
            *ret_kind = (enum hall_seat_kind)i;
            return true;
        }
    }
    *ret_kind = HALL_ORDINARY;
    return view_eq_nocase(word, VIEW_LIT("ordinary"));
}

bool listing_hundredths(struct view text, bool comma, int32_t *ret_hundredths)
{
    char room[40], *end;
    if (text.len == 0 || text.len >= sizeof(room))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char c = comma && text.at[i] == ',' ? '.' : text.at[i];
        if (!memchr("0123456789+-.eE", c, 15))
            return false;
        room[i] = c;
    }
    room[text.len] = '\0';
    const double number = strtod(room, &end);
    if (*end != '\0' || !(fabs(number) <= PLAN_POSITION_MAX))
        return false;
    *ret_hundredths = (int32_t)lround(number * 100);
    return true;
}

/* ---- order ---- */

struct entry {
    const struct listing_seat *seat;
    uint32_t index;
    uint32_t section, row; /* the first entry of the same name */
};

static int name_order(struct view a, struct view b)
{
    const size_t len = a.len < b.len ? a.len : b.len;
    const int order = len > 0 ? memcmp(a.at, b.at, len) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int by_name(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = name_order(x->seat->section, y->seat->section);
    if (order == 0)
        order = name_order(x->seat->row, y->seat->row);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

static int by_first(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->section != y->section)
        return x->section < y->section ? -1 : 1;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* In the order of sections and rows by where they come first. */
static struct entry *sorted(const struct listing *listing)
{
    struct entry *entries = malloc((listing->count + 1) * sizeof(*entries));
    for (uint32_t i = 0; entries && i < listing->count; i++)
        entries[i] = (struct entry){.seat = &listing->list[i], .index = i};
    if (!entries)
        return NULL;
    qsort(entries, listing->count, sizeof(*entries), by_name);
    for (uint32_t from = 0, to; from < listing->count; from = to) {
        uint32_t first = UINT32_MAX;
        for (to = from;
             to < listing->count && view_eq(entries[to].seat->section, entries[from].seat->section);
             to++)
            first = entries[to].index < first ? entries[to].index : first;
        for (uint32_t i = from; i < to; i++) {
            const bool same = i > from && view_eq(entries[i].seat->row, entries[i - 1].seat->row);
            entries[i].section = first;
            entries[i].row = same ? entries[i - 1].row : entries[i].index;
        }
    }
    qsort(entries, listing->count, sizeof(*entries), by_first);
    return entries;
}

/* ---- drawing ---- */

static int check_text(struct sketch *sketch, struct view text, const char *what, uint32_t place)
{
    char where[32];
    snprintf(where, sizeof(where), "line %u", place);
    if (text.len > HALL_NAME_MAX)
        return plan_refuse(&sketch->reader, where, "the %s is longer than %d bytes", what,
                           HALL_NAME_MAX);
    if (!utf8_line(text))
        return plan_refuse(&sketch->reader, where, "the %s has a control character", what);
    if (text.len > 0 && !utf8_visible(text))
        return plan_refuse(&sketch->reader, where, "the %s has nothing that can be seen", what);
    return 0;
}

static int category_of(struct sketch *sketch, const struct listing_seat *seat,
                       uint32_t *ret_category)
{
    struct hall_draft *draft = &sketch->draft;
    const struct view name = seat->category.len > 0 ? seat->category : VIEW_LIT("Seats");
    for (uint32_t i = 0; i < draft->category_count; i++) {
        if (view_eq(draft->categories[i].name, name)) {
            *ret_category = i;
            return 0;
        }
    }
    char place[32];
    snprintf(place, sizeof(place), "line %u", seat->place);
    if (draft->category_count == HALL_CATEGORIES_MAX)
        return plan_refuse(&sketch->reader, place, "a plan has at most %d categories",
                           HALL_CATEGORIES_MAX);
    *ret_category = draft->category_count;
    draft->categories[draft->category_count++] =
        (struct hall_category){name, seat->color_given ? seat->color : COLOR_GREY};
    return 0;
}

int listing_category(struct sketch *sketch, struct view name, uint32_t color, uint32_t place)
{
    const struct listing_seat seat = {
        .category = name, .color = color, .color_given = true, .place = place};
    uint32_t category;
    const int err = check_text(sketch, name, "category", place);
    return err == 0 ? category_of(sketch, &seat, &category) : err;
}

static int check_all(struct listing *listing, struct sketch *sketch)
{
    int err = 0;
    for (uint32_t i = 0; err == 0 && i < listing->count; i++) {
        const struct listing_seat *seat = &listing->list[i];
        uint32_t category;
        const struct {
            struct view text;
            const char *what;
        } texts[] = {{seat->section, "section"},     {seat->row, "row"},
                     {seat->number, "seat"},         {seat->category, "category"},
                     {seat->row_label, "row_label"}, {seat->seat_label, "seat_label"}};
        for (size_t k = 0; err == 0 && k < sizeof(texts) / sizeof(texts[0]); k++)
            err = check_text(sketch, texts[k].text, texts[k].what, seat->place);
        if (err == 0)
            err = category_of(sketch, seat, &category); /* in the order of the file */
    }
    return err;
}

static int draw_seat(struct sketch *sketch, const struct listing_seat *from, bool new_row)
{
    struct sketch_row row = {
        .name = from->row, .row_label = from->row_label, .seat_label = from->seat_label};
    struct draft_seat seat = {.x = from->x,
                              .y = from->y,
                              .number = from->number,
                              .kind = from->kind,
                              .radius = from->radius};
    snprintf(row.place, sizeof(row.place), "line %u", from->place);
    if (from->row.len == 0)
        row.name = VIEW_LIT("1");
    int err = new_row ? sketch_row(sketch, &row) : 0;
    if (err == 0 && from->number.len == 0) {
        const uint32_t count = sketch->rows[sketch->row_count - 1].count;
        seat.number = view_str(arena_printf(sketch->reader.arena, "%u", count + 1));
        err = seat.number.at ? 0 : ERR_NO_MEMORY;
    }
    if (err == 0)
        err = category_of(sketch, from, &seat.category);
    return err == 0 ? sketch_seat(sketch, &seat, row.place) : err;
}

/* The corners of a standing area, one an entry. */
static int draw_standing(struct sketch *sketch, const struct entry *entries, uint32_t count)
{
    const struct listing_seat *first = entries[0].seat;
    uint32_t category;
    char place[32];
    snprintf(place, sizeof(place), "line %u", first->place);
    int32_t *outline = arena_alloc(sketch->reader.arena, 2 * count * sizeof(*outline));
    if (!outline)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        outline[2 * i] = entries[i].seat->x;
        outline[2 * i + 1] = entries[i].seat->y;
    }
    const int err = category_of(sketch, first, &category);
    return err == 0 ? sketch_standing(sketch, first->section, category, first->standing, outline,
                                      count > 2 ? count : 0, place)
                    : err;
}

int listing_draw(struct listing *listing, struct sketch *sketch)
{
    int err = check_all(listing, sketch);
    struct entry *entries = err == 0 ? sorted(listing) : NULL;
    if (err == 0 && !entries)
        err = ERR_NO_MEMORY;
    for (uint32_t i = 0, zone = 0; err == 0 && i < listing->count; zone++) {
        const uint32_t section = entries[i].section;
        err = sketch_zone(sketch, entries[i].seat->section, zone);
        while (err == 0 && i < listing->count && entries[i].section == section) {
            uint32_t end = i;
            while (end < listing->count && entries[end].section == section &&
                   entries[end].row == entries[i].row)
                end++;
            if (entries[i].seat->standing > 0)
                err = draw_standing(sketch, &entries[i], end - i);
            for (uint32_t k = i; err == 0 && entries[i].seat->standing == 0 && k < end; k++)
                err = draw_seat(sketch, entries[k].seat, k == i);
            i = end;
        }
        if (err == 0)
            err = sketch_zone_end(sketch);
    }
    if (listing->stage_given) {
        sketch->stage.named = true;
        sketch->stage.at = listing->stage;
    }
    free(entries);
    return err;
}
