/*
 * A plan as a table (RFC 4180; comma, semicolon or tab): a line a seat, in any order, with a line
 * of names first: section, row, seat, x, y; and, where there are, category, color, kind, radius,
 * row_label, seat_label. Lines of the kind "category" before the seats say the order of
 * categories. A line of the kind "stage" says where the stage is; lines of the kind "standing" are
 * the corners of a standing area, with its places in "seat".
 */
#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "hall/color.h"
#include "hall/formats.h"
#include "hall/listing.h"

enum column {
    SECTION,
    ROW,
    SEAT,
    X,
    Y,
    CATEGORY,
    COLOR,
    KIND,
    RADIUS,
    ROW_LABEL,
    SEAT_LABEL,
    COLUMNS
};
static const char *const names[COLUMNS] = {"section", "row",       "seat",      "x",
                                           "y",       "category",  "color",     "kind",
                                           "radius",  "row_label", "seat_label"};

#define CELLS_MAX 64 /* of a line */

struct table {
    struct sketch sketch;
    struct listing listing;
    struct view rest; /* what is not read yet */
    uint32_t line;    /* that a record begins in */
    uint32_t next_line;
    char comma;
    struct view cells[CELLS_MAX];
    uint32_t cell_count;
    uint32_t columns[COLUMNS]; /* which cell; UINT32_MAX: there is none */
};

static int refuse(struct table *t, const char *what)
{
    char place[32];
    snprintf(place, sizeof(place), "line %u", t->line);
    return plan_refuse(&t->sketch.reader, place, "%s", what);
}

static struct view trim(struct view v)
{
    while (v.len > 0 && (v.at[0] == ' ' || v.at[0] == '\t'))
        v = view_of(v.at + 1, v.len - 1);
    while (v.len > 0 && (v.at[v.len - 1] == ' ' || v.at[v.len - 1] == '\t'))
        v.len--;
    return v;
}

/* A cell in quotes: "" is a quote. t->rest is behind the first one. */
static int read_quoted(struct table *t, struct view *ret_cell)
{
    size_t len = 0, at = 0;
    const struct view text = t->rest;
    char *copy = NULL;
    for (; at < text.len; at++, len++) {
        t->next_line += text.at[at] == '\n';
        if (text.at[at] != '"')
            continue;
        if (at + 1 == text.len || text.at[at + 1] != '"')
            break;
        at++;
    }
    if (at == text.len)
        return refuse(t, "a quote is opened and never closed");
    copy = arena_alloc(t->sketch.reader.arena, len + 1);
    if (!copy)
        return ERR_NO_MEMORY;
    for (size_t from = 0, to = 0; from < at; from++, to++) {
        copy[to] = text.at[from];
        from += text.at[from] == '"';
    }
    *ret_cell = view_of(copy, len);
    t->rest = view_of(text.at + at + 1, text.len - at - 1);
    return 0;
}

/* The cells of the next line that has any. False: there is none, or *ret_err is not 0. */
static bool read_record(struct table *t, int *ret_err)
{
    *ret_err = 0;
    t->cell_count = 0;
    t->line = t->next_line;
    if (t->rest.len == 0)
        return false;
    for (;;) {
        struct view cell = t->rest;
        if (t->rest.len > 0 && t->rest.at[0] == '"') {
            t->rest = view_of(t->rest.at + 1, t->rest.len - 1);
            *ret_err = read_quoted(t, &cell);
            if (*ret_err != 0)
                return false;
        } else {
            size_t len = 0;
            while (len < t->rest.len && t->rest.at[len] != t->comma && t->rest.at[len] != '\n' &&
                   t->rest.at[len] != '\r')
                len++;
            cell.len = len;
            t->rest = view_of(t->rest.at + len, t->rest.len - len);
        }
        if (t->cell_count == CELLS_MAX) {
            *ret_err = refuse(t, "a line has at most 64 cells");
            return false;
        }
        t->cells[t->cell_count++] = trim(cell);
        if (t->rest.len == 0 || t->rest.at[0] != t->comma)
            break;
        t->rest = view_of(t->rest.at + 1, t->rest.len - 1);
    }
    if (t->rest.len > 0 && t->rest.at[0] == '\r')
        t->rest = view_of(t->rest.at + 1, t->rest.len - 1);
    if (t->rest.len > 0 && t->rest.at[0] != '\n') {
        *ret_err = refuse(t, "something follows a closing quote");
        return false;
    }
    if (t->rest.len > 0)
        t->rest = view_of(t->rest.at + 1, t->rest.len - 1);
    t->next_line++;
    return true;
}

static int read_heads(struct table *t)
{
    static const char *const needed[] = {"section", "row", "seat", "x", "y"};
    int err;
    size_t line = 0;
    while (line < t->rest.len && t->rest.at[line] != '\n')
        line++;
    t->comma = memchr(t->rest.at, ';', line) ? ';' : memchr(t->rest.at, '\t', line) ? '\t' : ',';
    for (uint32_t i = 0; i < COLUMNS; i++)
        t->columns[i] = UINT32_MAX;
    if (!read_record(t, &err))
        return err != 0 ? err : refuse(t, "the plan is empty");
    for (uint32_t i = 0; i < t->cell_count; i++) {
        for (uint32_t k = 0; k < COLUMNS; k++) {
            if (view_eq_nocase(t->cells[i], view_str(names[k])))
                t->columns[k] = i;
        }
    }
    for (uint32_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (t->columns[i] == UINT32_MAX)
            return plan_refuse(&t->sketch.reader, "line 1",
                               "no column is called \"%s\"; a plan is JSON, SVG, or CSV with the "
                               "columns section, row, seat, x, y",
                               needed[i]);
    }
    return 0;
}

static struct view cell(const struct table *t, enum column column)
{
    const uint32_t at = t->columns[column];
    return at < t->cell_count ? t->cells[at] : (struct view){0};
}

static int read_line(struct table *t)
{
    struct listing_seat seat = {.section = cell(t, SECTION),
                                .row = cell(t, ROW),
                                .number = cell(t, SEAT),
                                .category = cell(t, CATEGORY),
                                .row_label = cell(t, ROW_LABEL),
                                .seat_label = cell(t, SEAT_LABEL),
                                .place = t->line};
    const bool comma = t->comma != ',';
    const struct view kind = cell(t, KIND);
    int32_t radius = 0;
    uint64_t places = 0;
    if (view_eq_nocase(kind, VIEW_LIT("category"))) {
        uint32_t color = COLOR_GREY;
        color_read(cell(t, COLOR), &color);
        return listing_category(&t->sketch, seat.category, color, t->line);
    }
    if (!listing_hundredths(cell(t, X), comma, &seat.x) ||
        !listing_hundredths(cell(t, Y), comma, &seat.y))
        return refuse(t, "x and y are not two numbers of at most 400000");
    if (view_eq_nocase(kind, VIEW_LIT("stage"))) {
        t->listing.stage_given = true;
        t->listing.stage = (struct plan_point){seat.x / 100.0, seat.y / 100.0};
        return 0;
    }
    seat.color_given = color_read(cell(t, COLOR), &seat.color);
    if (view_eq_nocase(kind, VIEW_LIT("standing"))) {
        if (!view_to_u64(seat.number, HALL_PLACES_MAX, &places) || places == 0)
            return refuse(t, "a standing area has 1 to 200000 places in the column seat");
        seat.standing = (uint32_t)places;
        seat.row = seat.number = (struct view){0};
    } else if (!listing_kind(kind, &seat.kind)) {
        return refuse(
            t,
            "the kind is not wheelchair, companion, restricted_view, standing, stage or category");
    }
    if (cell(t, RADIUS).len > 0 &&
        (!listing_hundredths(cell(t, RADIUS), comma, &radius) || radius < 0))
        return refuse(t, "the radius is no number");
    seat.radius = (uint32_t)radius;
    const int err = listing_add(&t->listing, &seat);
    return err == ERR_FULL ? refuse(t, "a hall has at most 200000 places"), err : err;
}

int csv_import(struct view text, const struct hall_wish *wish, struct hall **ret_hall,
               struct hall_notes *ret_notes, struct hall_error *ret_error)
{
    struct table t = {.rest = text, .next_line = 1, .line = 1};
    int err = sketch_init(&t.sketch, ret_error, ret_notes);
    if (err == 0)
        err = read_heads(&t);
    while (err == 0 && read_record(&t, &err)) {
        if (t.cell_count > 1 || t.cells[0].len > 0)
            err = read_line(&t);
    }
    if (err == 0)
        err = listing_draw(&t.listing, &t.sketch);
    if (err == 0)
        err = sketch_finish(&t.sketch, wish, ret_hall);
    sketch_release(&t.sketch);
    listing_release(&t.listing);
    return err;
}
