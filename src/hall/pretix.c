/*
 * The pretix seating-plan format (github.com/pretix/pretix, "seating plan" JSON), both revisions:
 * with and without uuid and zone_id, whole and fractional positions.
 *
 * Zones become sections (one a block, where rows repeat), rows rows, seats seats (sketch.h);
 * positions of zone, row and seat add up. Of the areas one may be the stage (stage.h), those with a
 * capacity are standing areas, the others are drawn (area.h).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/tree.h"
#include "err/err.h"
#include "hall/area.h"
#include "hall/color.h"
#include "hall/formats.h"
#include "hall/sketch.h"

#define RADIUS_MAX 1000.0 /* units; a seat is 25 */

struct uuid {
    const char *text;
    uint32_t zone, row, seat;
};

struct import {
    struct sketch sketch;
    const json_t *categories;
    struct view names[HALL_CATEGORIES_MAX]; /* of the categories, as seats write them */
    struct uuid *uuids;                     /* one a seat, to find twins */
    uint32_t uuid_count, uuid_cap;
};

/* ---- categories ---- */

static void read_color(struct import *in, const json_t *category, struct view name,
                       uint32_t *ret_color)
{
    const json_t *value = json_object_get(category, "color");
    const struct view text = view_of(json_string_value(value), json_string_length(value));
    *ret_color = COLOR_GREY;
    if (!value || json_is_null(value) || (json_is_string(value) && text.len == 0) ||
        color_read(text, ret_color))
        return;
    plan_note(in->sketch.reader.notes, HALL_NOTE_COLOR, name, 1,
              "The colour of the category \"%.*s\" is none that is known; it is grey.",
              VIEW_ARG(name));
}

static bool category_named(const struct import *in, struct view name, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (view_eq(in->sketch.draft.categories[i].name, name))
            return true;
    }
    return false;
}

/* A category without a name is "Category 2", or, where another is called that, "Category 2 (2)". */
static int name_category(struct import *in, size_t index, struct view *ret_name)
{
    struct arena *arena = &in->sketch.draft.arena;
    struct view name = view_str(arena_printf(arena, "Category %zu", index + 1));
    if (name.at && category_named(in, name, in->sketch.draft.category_count))
        name = view_str(arena_printf(arena, "Category %zu (%zu)", index + 1, index + 1));
    if (!name.at)
        return ERR_NO_MEMORY;
    plan_note(in->sketch.reader.notes, HALL_NOTE_NAME, name, 1,
              "Category %zu has no name in the plan; it is called \"%.*s\".", index + 1,
              VIEW_ARG(name));
    *ret_name = name;
    return 0;
}

static int read_category(struct import *in, size_t index)
{
    const json_t *category = json_array_get(in->categories, index);
    struct plan_reader *reader = &in->sketch.reader;
    struct hall_category *to = &in->sketch.draft.categories[index];
    char place[40];
    snprintf(place, sizeof(place), "categories[%zu]", index);
    if (!json_is_object(category))
        return plan_refuse(reader, place, "not an object");
    int err = plan_text(reader, category, "name", place, &to->name);
    for (size_t k = 0; err == 0 && k < index; k++) {
        if (view_eq(in->names[k], to->name))
            return plan_refuse(reader, place, "a second category is called \"%.*s\"",
                               VIEW_ARG(to->name));
    }
    in->names[index] = to->name;
    return err;
}

static int read_categories(struct import *in, const json_t *plan)
{
    struct hall_draft *draft = &in->sketch.draft;
    int err = plan_list(&in->sketch.reader, plan, "categories", "plan", &in->categories);
    if (err != 0)
        return err;
    const size_t count = json_array_size(in->categories);
    if (count == 0 || count > HALL_CATEGORIES_MAX)
        return plan_refuse(&in->sketch.reader, "categories",
                           "a plan has 1 to %d categories, this one %zu", HALL_CATEGORIES_MAX,
                           count);
    draft->category_count = (uint32_t)count;
    for (size_t i = 0; err == 0 && i < count; i++)
        err = read_category(in, i);
    for (size_t i = 0; err == 0 && i < count; i++) {
        struct hall_category *to = &draft->categories[i];
        if (to->name.len == 0)
            err = name_category(in, i, &to->name);
        if (err == 0)
            read_color(in, json_array_get(in->categories, i), to->name, &to->color);
    }
    return err;
}

static int find_category(struct import *in, const json_t *seat, const char *place,
                         uint32_t *ret_category)
{
    struct view name;
    int err = plan_text(&in->sketch.reader, seat, "category", place, &name);
    if (err != 0)
        return err;
    for (uint32_t i = 0; i < in->sketch.draft.category_count; i++) {
        if (view_eq(in->names[i], name)) {
            *ret_category = i;
            return 0;
        }
    }
    char inner[160];
    snprintf(inner, sizeof(inner), "%s.category", place);
    return plan_refuse(&in->sketch.reader, inner, "no category is called \"%.*s\"", VIEW_ARG(name));
}

/* ---- seats ---- */

/* What tells a seat from all others: its uuid in the newer revision. Plans of the older one have a
 * seat_guid alone, and real ones repeat it where it was never filled in; twins of that may pass. */
static int remember_uuid(struct import *in, const json_t *seat, const char *place, uint32_t zone,
                         uint32_t row, uint32_t number)
{
    const json_t *uuid = json_object_get(seat, "uuid");
    const json_t *guid = json_object_get(seat, "seat_guid");
    if (!json_is_string(uuid) || json_string_length(uuid) == 0) {
        if (!json_is_string(guid) || json_string_length(guid) == 0)
            return plan_refuse(&in->sketch.reader, place, "neither \"uuid\" nor \"seat_guid\"");
        return 0;
    }
    if (in->uuid_count == in->uuid_cap) {
        const uint32_t cap = in->uuid_cap ? 2 * in->uuid_cap : 1024;
        struct uuid *grown = realloc(in->uuids, cap * sizeof(*grown));
        if (!grown)
            return ERR_NO_MEMORY;
        in->uuids = grown;
        in->uuid_cap = cap;
    }
    in->uuids[in->uuid_count++] = (struct uuid){json_string_value(uuid), zone, row, number};
    return 0;
}

static int uuid_order(const void *a, const void *b)
{
    const struct uuid *x = a, *y = b;
    const int order = strcmp(x->text, y->text);
    if (order != 0)
        return order;
    return x->zone != y->zone ? (x->zone < y->zone ? -1 : 1)
           : x->row != y->row ? (x->row < y->row ? -1 : 1)
                              : (x->seat > y->seat) - (x->seat < y->seat);
}

static int check_uuids(struct import *in)
{
    if (in->uuid_count == 0)
        return 0;
    qsort(in->uuids, in->uuid_count, sizeof(*in->uuids), uuid_order);
    for (uint32_t i = 1; i < in->uuid_count; i++) {
        const struct uuid *twin = &in->uuids[i];
        char place[80];
        if (strcmp(twin->text, in->uuids[i - 1].text) != 0)
            continue;
        snprintf(place, sizeof(place), "zones[%u].rows[%u].seats[%u].uuid", twin->zone, twin->row,
                 twin->seat);
        return plan_refuse(&in->sketch.reader, place,
                           "\"%.60s\" is zones[%u].rows[%u].seats[%u] already", twin->text,
                           in->uuids[i - 1].zone, in->uuids[i - 1].row, in->uuids[i - 1].seat);
    }
    return 0;
}

/* "kind": "wheelchair", or "wheelchair": true, and so on; pretix's own plans have neither. */
static int read_kind(struct import *in, const json_t *seat, const char *place,
                     enum hall_seat_kind *ret_kind)
{
    static const char *const names[HALL_SEAT_KINDS] = {"ordinary", "wheelchair", "companion",
                                                       "restricted_view"};
    struct view kind;
    const int err = plan_text(&in->sketch.reader, seat, "kind", place, &kind);
    *ret_kind = HALL_ORDINARY;
    for (uint32_t i = 1; err == 0 && i < HALL_SEAT_KINDS; i++) {
        if (view_eq(kind, view_str(names[i])) || json_is_true(json_object_get(seat, names[i]))) {
            *ret_kind = (enum hall_seat_kind)i;
            return 0;
        }
    }
    if (err == 0 && kind.len > 0 && !view_eq(kind, view_str(names[0])))
        return plan_refuse(&in->sketch.reader, place,
                           "\"kind\" is not wheelchair, companion or restricted_view");
    return err;
}

static uint32_t read_radius(const json_t *seat)
{
    const double radius = json_number_value(json_object_get(seat, "radius"));
    return radius > 0 && radius <= RADIUS_MAX ? (uint32_t)lround(radius * 100) : 0;
}

static int read_seat(struct import *in, const json_t *seat, uint32_t zone, uint32_t row,
                     uint32_t number, struct plan_point at)
{
    struct plan_reader *reader = &in->sketch.reader;
    char place[96];
    snprintf(place, sizeof(place), "zones[%u].rows[%u].seats[%u]", zone, row, number);
    if (!json_is_object(seat))
        return plan_refuse(reader, place, "not an object");
    struct draft_seat draft = {.radius = read_radius(seat)};
    int err = plan_position(reader, seat, place, &at);
    if (err == 0)
        err = plan_text(reader, seat, "seat_number", place, &draft.number);
    if (err == 0)
        err = find_category(in, seat, place, &draft.category);
    if (err == 0)
        err = read_kind(in, seat, place, &draft.kind);
    if (err == 0)
        err = remember_uuid(in, seat, place, zone, row, number);
    if (err == 0 && draft.number.len == 0) {
        draft.number = view_str(arena_printf(reader->arena, "%u", number + 1));
        err = draft.number.at ? 0 : ERR_NO_MEMORY;
    }
    if (err != 0)
        return err;
    draft.x = (int32_t)lround(at.x * 100);
    draft.y = (int32_t)lround(at.y * 100);
    return sketch_seat(&in->sketch, &draft, place);
}

static int read_row(struct import *in, const json_t *row, uint32_t zone, uint32_t number,
                    struct plan_point at)
{
    struct plan_reader *reader = &in->sketch.reader;
    struct sketch_row draft = {0};
    const json_t *seats = json_object_get(row, "seats");
    snprintf(draft.place, sizeof(draft.place), "zones[%u].rows[%u]", zone, number);
    if (!json_is_object(row))
        return plan_refuse(reader, draft.place, "not an object");
    int err = plan_position(reader, row, draft.place, &at);
    if (err == 0)
        err = plan_text(reader, row, "row_number", draft.place, &draft.name);
    if (err == 0)
        err = plan_text(reader, row, "row_label", draft.place, &draft.row_label);
    if (err == 0)
        err = plan_text(reader, row, "seat_label", draft.place, &draft.seat_label);
    if (err == 0 && seats)
        err = plan_list(reader, row, "seats", draft.place, &seats);
    if (err != 0 || json_array_size(seats) == 0)
        return err; /* a row without seats is a drawing aid */
    if (draft.name.len == 0)
        draft.name = view_str(arena_printf(reader->arena, "%u", number + 1));
    if (!draft.name.at)
        return ERR_NO_MEMORY;
    err = sketch_row(&in->sketch, &draft);
    for (uint32_t i = 0; err == 0 && i < json_array_size(seats); i++)
        err = read_seat(in, json_array_get(seats, i), zone, number, i, at);
    return err;
}

/* ---- zones ---- */

/* A standing area's category: by its name, or the plan's first. */
static int area_category(struct import *in, const json_t *area, const char *place,
                         uint32_t *ret_category)
{
    *ret_category = 0;
    return json_object_get(area, "category") ? find_category(in, area, place, ret_category) : 0;
}

static int read_areas(struct import *in, const json_t *zone, uint32_t number,
                      struct plan_point zone_at)
{
    struct sketch *sketch = &in->sketch;
    const json_t *list = json_object_get(zone, "areas");
    int err = 0;
    for (size_t i = 0; err == 0 && i < json_array_size(list); i++) {
        const json_t *object = json_array_get(list, i);
        struct area area;
        char place[64];
        snprintf(place, sizeof(place), "zones[%u].areas[%zu]", number, i);
        err = area_read(object, zone_at, sketch->reader.arena, &area);
        if (err != 0)
            break;
        stage_look(&sketch->stage, &area.box, area.words, area.words_at);
        if (area.capacity > 0) {
            uint32_t category;
            err = area_category(in, object, place, &category);
            if (err == 0)
                err = sketch_standing(sketch, area.drawing.text, category, area.capacity,
                                      area.drawing.outline, area.drawing.outline_points, place);
        } else if (area.drawing.outline_points > 0 || area.drawing.text.len > 0) {
            err = sketch_drawing(sketch, &area.drawing);
        }
    }
    return err;
}

static int read_zone(struct import *in, const json_t *zone, uint32_t number)
{
    struct plan_reader *reader = &in->sketch.reader;
    char place[32];
    struct view name;
    struct plan_point at = {0};
    const json_t *rows = json_object_get(zone, "rows");
    snprintf(place, sizeof(place), "zones[%u]", number);
    if (!json_is_object(zone))
        return plan_refuse(reader, place, "not an object");
    int err = plan_position(reader, zone, place, &at);
    if (err == 0)
        err = plan_text(reader, zone, "name", place, &name);
    if (err == 0 && rows && !json_is_null(rows))
        err = plan_list(reader, zone, "rows", place, &rows);
    if (err == 0)
        err = sketch_zone(&in->sketch, name, number);
    if (err == 0)
        err = read_areas(in, zone, number, at);
    for (uint32_t i = 0; err == 0 && i < json_array_size(rows); i++)
        err = read_row(in, json_array_get(rows, i), number, i, at);
    return err == 0 ? sketch_zone_end(&in->sketch) : err;
}

/* An addition of ours: a plan that was exported says where its stage is. */
static void read_stage(struct import *in, const json_t *stage)
{
    const json_t *x = json_object_get(stage, "x"), *y = json_object_get(stage, "y");
    const struct plan_point at = {json_number_value(x), json_number_value(y)};
    if (!json_is_number(x) || !json_is_number(y) || !(fabs(at.x) <= PLAN_POSITION_MAX) ||
        !(fabs(at.y) <= PLAN_POSITION_MAX))
        return;
    in->sketch.stage.named = true;
    in->sketch.stage.at = at;
}

static int read_plan(struct import *in, const json_t *plan)
{
    struct plan_reader *reader = &in->sketch.reader;
    const json_t *zones = NULL;
    if (!json_is_object(plan))
        return plan_refuse(reader, "plan", "not a JSON object");
    int err = plan_text(reader, plan, "name", "plan", &in->sketch.draft.name);
    if (err == 0)
        err = read_categories(in, plan);
    read_stage(in, json_object_get(plan, "stage"));
    if (err == 0)
        err = plan_list(reader, plan, "zones", "plan", &zones);
    for (uint32_t i = 0; err == 0 && i < json_array_size(zones); i++)
        err = read_zone(in, json_array_get(zones, i), i);
    return err == 0 ? check_uuids(in) : err;
}

/* The place and what is wrong there, in words of ours: the library's are for programmers, and
 * change with it. ERR_INVALID, ERR_NO_MEMORY. */
static int no_json(const json_error_t *syntax, struct hall_error *ret_error)
{
    const char *what = "this is not JSON", *near = strstr(syntax->text, " near '");
    switch (json_error_code(syntax)) {
    case json_error_out_of_memory:
        return ERR_NO_MEMORY;
    case json_error_premature_end_of_input:
        what = "the text ends before the plan does";
        near = NULL;
        break;
    case json_error_end_of_input_expected:
        what = "something follows the end of the plan,";
        break;
    case json_error_invalid_utf8:
        what = "this is not UTF-8";
        break;
    case json_error_null_character:
        what = "a text has a NUL,";
        break;
    case json_error_duplicate_key:
        what = "the same name a second time,";
        break;
    case json_error_numeric_overflow:
        what = "the number is too large,";
        break;
    case json_error_stack_overflow:
        what = "lists in lists are too deep,";
        break;
    default:
        /* The library knows the end of the text by its missing bracket only. */
        if (strstr(syntax->text, "near end of file"))
            what = "the text ends before the plan does";
        else if (near)
            what = "this is not JSON,";
        break;
    }
    snprintf(ret_error->text, sizeof(ret_error->text), "line %d, column %d: %s%.80s", syntax->line,
             syntax->column, what, near ? near : "");
    return ERR_INVALID;
}

int pretix_import(struct view json, const struct hall_wish *wish, struct hall **ret_hall,
                  struct hall_notes *ret_notes, struct hall_error *ret_error)
{
    struct import in = {0};
    json_error_t syntax;
    json_t *plan = tree_read(json, JSON_REJECT_DUPLICATES, &syntax);
    ret_error->text[0] = '\0';
    if (!plan)
        return no_json(&syntax, ret_error);
    int err = sketch_init(&in.sketch, ret_error, ret_notes);
    if (err == 0)
        err = read_plan(&in, plan);
    if (err == 0)
        err = sketch_finish(&in.sketch, wish, ret_hall);
    sketch_release(&in.sketch);
    free(in.uuids);
    json_decref(plan);
    return err;
}
