/*
 * The pretix seating-plan format (github.com/pretix/pretix, "seating plan" JSON), both revisions:
 * with and without uuid and zone_id, whole and fractional positions.
 *
 * Zones become sections (one a block, where row names repeat), rows rows, seats seats; positions of
 * zone, row and seat add up. A seat whose distance to the next is more than 1.6 times the row's
 * median has an aisle after it. Plans have no stage: an area whose text names one is taken, or else
 * the middle of the plan's edge that the first rows are nearer to. Areas are decoration otherwise,
 * and left out.
 */
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "hall/draft.h"

#define POSITION_MAX   400000.0 /* units; a plan in pixels is a few thousand */
#define AISLE_FACTOR   1.6
#define BLOCK_ROWS_MAX 2000 /* each row's name is compared with all others of its block */

struct uuid {
    const char *text;
    uint32_t zone, row, seat;
};

struct import {
    struct hall_draft draft;
    struct hall_error *error;
    const json_t *categories;
    struct uuid *uuids; /* one a seat, to find twins */
    uint32_t uuid_count, uuid_cap;
    bool stage_known;
    double first_rows_y, all_y; /* sums */
    uint32_t first_rows_seats;
    double left, right, top, bottom;
};

struct point {
    double x, y;
};

/* The block of a zone that rows go into; number 0 before the first row. */
struct block {
    struct view zone_name;
    uint32_t zone;
    uint32_t number;
};

/* Writes "PLACE: what" and returns ERR_INVALID. */
__attribute__((format(printf, 3, 4))) static int refuse(struct import *in, const char *place,
                                                        const char *format, ...)
{
    char what[320];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    snprintf(in->error->text, sizeof(in->error->text), "%s: %s", place, what);
    return ERR_INVALID;
}

static int too_large(struct import *in, const char *place, int err)
{
    if (err == ERR_FULL)
        refuse(in, place, "a hall has at most %d places in %d sections", HALL_PLACES_MAX,
               HALL_SECTIONS_MAX);
    return err;
}

/* A list that must be there. */
static int read_list(struct import *in, const json_t *object, const char *name, const char *place,
                     const json_t **ret_list)
{
    const json_t *list = json_object_get(object, name);
    if (!list)
        return refuse(in, place, "\"%s\" is missing", name);
    if (!json_is_array(list))
        return refuse(in, place, "\"%s\" is not a list", name);
    *ret_list = list;
    return 0;
}

/* A text without control characters; empty where it is missing, null or "" and may be. Numbers are
 * taken as they are written: some plans number seats so. */
static int read_text(struct import *in, const json_t *object, const char *name, const char *place,
                     struct view *ret_text)
{
    const json_t *value = json_object_get(object, name);
    *ret_text = (struct view){0};
    if (!value || json_is_null(value))
        return 0;
    if (json_is_integer(value)) {
        char *text = arena_printf(&in->draft.arena, "%lld", (long long)json_integer_value(value));
        *ret_text = view_str(text);
        return text ? 0 : ERR_NO_MEMORY;
    }
    if (!json_is_string(value))
        return refuse(in, place, "\"%s\" is not a text", name);
    *ret_text = view_of(json_string_value(value), json_string_length(value));
    if (ret_text->len > HALL_NAME_MAX)
        return refuse(in, place, "\"%s\" is longer than %d bytes", name, HALL_NAME_MAX);
    for (size_t i = 0; i < ret_text->len; i++) {
        const unsigned char c = (unsigned char)ret_text->at[i];
        if (c < 0x20 || c == 0x7f)
            return refuse(in, place, "\"%s\" has a control character", name);
    }
    return 0;
}

static int read_number(struct import *in, const json_t *object, const char *name, const char *place,
                       double *ret_number)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_number(value))
        return refuse(in, place, "\"%s\" is %s", name, value ? "not a number" : "missing");
    const double number = json_number_value(value);
    if (!(fabs(number) <= POSITION_MAX))
        return refuse(in, place, "\"%s\" is farther out than %.0f units", name, POSITION_MAX);
    *ret_number = number;
    return 0;
}

/* object.position, added to *at. A missing position is the origin. */
static int add_position(struct import *in, const json_t *object, const char *place,
                        struct point *at)
{
    const json_t *position = json_object_get(object, "position");
    char inner[160];
    double x = 0, y = 0;
    if (!position || json_is_null(position))
        return 0;
    snprintf(inner, sizeof(inner), "%s.position", place);
    if (!json_is_object(position))
        return refuse(in, inner, "not an object with \"x\" and \"y\"");
    int err = read_number(in, position, "x", inner, &x);
    if (err == 0)
        err = read_number(in, position, "y", inner, &y);
    if (err != 0)
        return err;
    at->x += x;
    at->y += y;
    return 0;
}

/* ---- categories ---- */

static int read_color(struct import *in, const json_t *category, const char *place,
                      uint32_t *ret_color)
{
    const json_t *value = json_object_get(category, "color");
    char *end = NULL;
    *ret_color = 0x7f8c8d;
    if (!value || json_is_null(value))
        return 0;
    const char *text = json_string_value(value);
    const bool hash = text && strlen(text) == 7 && text[0] == '#';
    const uint32_t color = hash ? (uint32_t)strtoul(text + 1, &end, 16) : 0;
    if (!hash || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
        return refuse(in, place, "\"color\" is not like \"#F44336\"");
    *ret_color = color;
    return 0;
}

static int read_categories(struct import *in, const json_t *plan)
{
    struct hall_draft *draft = &in->draft;
    int err = read_list(in, plan, "categories", "plan", &in->categories);
    if (err != 0)
        return err;
    const size_t count = json_array_size(in->categories);
    if (count == 0 || count > HALL_CATEGORIES_MAX)
        return refuse(in, "categories", "a plan has 1 to %d categories, this one %zu",
                      HALL_CATEGORIES_MAX, count);
    for (size_t i = 0; err == 0 && i < count; i++) {
        const json_t *category = json_array_get(in->categories, i);
        struct hall_category *to = &draft->categories[i];
        char place[40];
        snprintf(place, sizeof(place), "categories[%zu]", i);
        if (!json_is_object(category))
            return refuse(in, place, "not an object");
        err = read_text(in, category, "name", place, &to->name);
        if (err == 0 && to->name.len == 0)
            return refuse(in, place, "\"name\" is missing");
        for (size_t k = 0; err == 0 && k < i; k++) {
            if (view_eq(draft->categories[k].name, to->name))
                return refuse(in, place, "a second category is called \"%.*s\"",
                              VIEW_ARG(to->name));
        }
        if (err == 0)
            err = read_color(in, category, place, &to->color);
    }
    draft->category_count = (uint32_t)count;
    return err;
}

static int find_category(struct import *in, const json_t *seat, const char *place,
                         uint32_t *ret_category)
{
    struct view name;
    int err = read_text(in, seat, "category", place, &name);
    if (err != 0)
        return err;
    for (uint32_t i = 0; i < in->draft.category_count; i++) {
        if (view_eq(in->draft.categories[i].name, name)) {
            *ret_category = i;
            return 0;
        }
    }
    char inner[160];
    snprintf(inner, sizeof(inner), "%s.category", place);
    return refuse(in, inner, "no category is called \"%.*s\"", VIEW_ARG(name));
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
            return refuse(in, place, "neither \"uuid\" nor \"seat_guid\"");
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
    if (in->draft.seat_count == 0)
        return refuse(in, "zones", "the plan has no seats");
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
        return refuse(in, place, "\"%.60s\" is zones[%u].rows[%u].seats[%u] already", twin->text,
                      in->uuids[i - 1].zone, in->uuids[i - 1].row, in->uuids[i - 1].seat);
    }
    return 0;
}

static void see(struct import *in, struct point at, bool first_row)
{
    const bool first = in->draft.seat_count == 0;
    in->left = first || at.x < in->left ? at.x : in->left;
    in->right = first || at.x > in->right ? at.x : in->right;
    in->top = first || at.y < in->top ? at.y : in->top;
    in->bottom = first || at.y > in->bottom ? at.y : in->bottom;
    in->all_y += at.y;
    if (first_row) {
        in->first_rows_y += at.y;
        in->first_rows_seats++;
    }
}

static int read_seat(struct import *in, const json_t *seat, uint32_t zone, uint32_t row,
                     uint32_t number, struct point at)
{
    char place[96];
    snprintf(place, sizeof(place), "zones[%u].rows[%u].seats[%u]", zone, row, number);
    if (!json_is_object(seat))
        return refuse(in, place, "not an object");
    struct draft_seat draft = {0};
    int err = add_position(in, seat, place, &at);
    if (err == 0)
        err = read_text(in, seat, "seat_number", place, &draft.number);
    if (err == 0)
        err = find_category(in, seat, place, &draft.category);
    if (err == 0)
        err = remember_uuid(in, seat, place, zone, row, number);
    if (err == 0 && draft.number.len == 0) {
        draft.number = view_str(arena_printf(&in->draft.arena, "%u", number + 1));
        err = draft.number.at ? 0 : ERR_NO_MEMORY;
    }
    if (err != 0)
        return err;
    see(in, at, row == 0);
    draft.x = (int32_t)lround(at.x * 100);
    draft.y = (int32_t)lround(at.y * 100);
    return too_large(in, place, hall_draft_seat(&in->draft, &draft));
}

static int view_order(const void *a, const void *b)
{
    const struct view *x = a, *y = b;
    const int order = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static int double_order(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Marks the aisles of the row that was drawn last. */
static int mark_aisles(struct import *in)
{
    const uint32_t count = in->draft.rows[in->draft.row_count - 1].seat_count;
    struct draft_seat *seats = &in->draft.seats[in->draft.seat_count - count];
    if (count < 3)
        return 0;
    double *gaps = malloc(2 * count * sizeof(*gaps));
    if (!gaps)
        return ERR_NO_MEMORY;
    double *sorted = gaps + count;
    for (uint32_t i = 0; i + 1 < count; i++)
        sorted[i] = gaps[i] = hypot(seats[i + 1].x - seats[i].x, seats[i + 1].y - seats[i].y);
    qsort(sorted, count - 1, sizeof(*sorted), double_order);
    const double median = sorted[(count - 2) / 2]; /* of an even number the lower */
    for (uint32_t i = 0; i + 1 < count; i++)
        seats[i].break_after = gaps[i] > AISLE_FACTOR * median;
    free(gaps);
    return 0;
}

/* A zone whose row names repeat is several blocks: a fan at the door must find one seat. */
static bool block_has_row(const struct import *in, struct view name)
{
    const struct hall_draft *draft = &in->draft;
    const uint32_t count = draft->sections[draft->section_count - 1].row_count;
    for (uint32_t i = draft->row_count - count; i < draft->row_count; i++) {
        if (view_eq(draft->rows[i].name, name))
            return true;
    }
    return false;
}

/* True when a section that was drawn already has this name. */
static bool name_taken(const struct import *in, struct view name)
{
    for (uint32_t i = 0; i < in->draft.section_count; i++) {
        if (view_eq(in->draft.sections[i].name, name))
            return true;
    }
    return false;
}

/* The next block of the zone becomes a section. A zone with the name of an earlier one gets its
 * position in the plan added. */
static int start_block(struct import *in, struct block *block, const char *place)
{
    struct arena *arena = &in->draft.arena;
    struct view *name = &block->zone_name;
    if (++block->number == 1 && name_taken(in, *name))
        *name = view_str(arena_printf(arena, "%.*s (%u)", VIEW_ARG(*name), block->zone + 1));
    struct draft_section section = {.name = *name, .kind = HALL_SEATED};
    if (name->at && block->number > 1)
        section.name =
            view_str(arena_printf(arena, "%.*s, block %u", VIEW_ARG(*name), block->number));
    if (!section.name.at)
        return ERR_NO_MEMORY;
    if (section.name.len > HALL_NAME_MAX)
        return refuse(in, place, "the zone's \"name\" is too long to tell its blocks apart");
    if (name_taken(in, section.name))
        return refuse(in, place, "a second section would be called \"%.*s\"",
                      VIEW_ARG(section.name));
    return too_large(in, place, hall_draft_section(&in->draft, &section));
}

/* Printed numbers are unique in a row. */
static int check_numbers(struct import *in, const char *place)
{
    const uint32_t count = in->draft.rows[in->draft.row_count - 1].seat_count;
    const struct draft_seat *seats = &in->draft.seats[in->draft.seat_count - count];
    struct view *sorted = malloc(count * sizeof(*sorted));
    int err = sorted ? 0 : ERR_NO_MEMORY;
    for (uint32_t i = 0; err == 0 && i < count; i++)
        sorted[i] = seats[i].number;
    if (err == 0)
        qsort(sorted, count, sizeof(*sorted), view_order);
    for (uint32_t i = 1; err == 0 && i < count; i++) {
        if (view_eq(sorted[i - 1], sorted[i]))
            err = refuse(in, place, "two seats have the number \"%.*s\"", VIEW_ARG(sorted[i]));
    }
    free(sorted);
    return err;
}

static int read_row(struct import *in, const json_t *row, uint32_t zone, uint32_t number,
                    struct block *block, struct point at)
{
    char place[64];
    struct view name;
    const json_t *seats = NULL;
    snprintf(place, sizeof(place), "zones[%u].rows[%u]", zone, number);
    if (!json_is_object(row))
        return refuse(in, place, "not an object");
    int err = add_position(in, row, place, &at);
    if (err == 0)
        err = read_text(in, row, "row_number", place, &name);
    if (err == 0)
        err = read_list(in, row, "seats", place, &seats);
    if (err != 0 || json_array_size(seats) == 0)
        return err; /* a row without seats is a drawing aid */
    if (name.len == 0)
        name = view_str(arena_printf(&in->draft.arena, "%u", number + 1));
    if (!name.at)
        return ERR_NO_MEMORY;
    if (block->number == 0 || block_has_row(in, name))
        err = start_block(in, block, place);
    if (err == 0 && in->draft.sections[in->draft.section_count - 1].row_count == BLOCK_ROWS_MAX)
        err = refuse(in, place, "a block has at most %d rows", BLOCK_ROWS_MAX);
    if (err == 0)
        err = too_large(in, place, hall_draft_row(&in->draft, name));
    for (uint32_t i = 0; err == 0 && i < json_array_size(seats); i++)
        err = read_seat(in, json_array_get(seats, i), zone, number, i, at);
    if (err == 0)
        err = check_numbers(in, place);
    return err == 0 ? mark_aisles(in) : err;
}

/* ---- zones ---- */

static bool names_a_stage(const char *text)
{
    /* Only ASCII is made lower case below. */
    static const char *const words[] = {"stage", "bühne", "bÜhne", "buehne",    "무대",  "舞台",
                                        "scène", "scÈne", "scene", "escenario", "palco", "podium"};
    char lower[64] = {0};
    for (size_t i = 0; i + 1 < sizeof(lower) && text[i]; i++)
        lower[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstr(lower, words[i]))
            return true;
    }
    return false;
}

/* Looks for the stage among a zone's areas; they are decoration, so nothing in them is an error. */
static void find_stage(struct import *in, const json_t *zone, struct point zone_at)
{
    const json_t *areas = json_object_get(zone, "areas");
    for (size_t i = 0; i < json_array_size(areas) && !in->stage_known; i++) {
        const json_t *area = json_array_get(areas, i);
        const json_t *text = json_object_get(area, "text");
        const char *words = json_string_value(json_object_get(text, "text"));
        struct hall_error unheard;
        struct import quiet = {.error = &unheard};
        struct point at = zone_at;
        if (!words || !names_a_stage(words) || add_position(&quiet, area, "area", &at) != 0 ||
            add_position(&quiet, text, "text", &at) != 0)
            continue;
        in->draft.stage_x = (int32_t)lround(at.x * 100);
        in->draft.stage_y = (int32_t)lround(at.y * 100);
        in->stage_known = true;
    }
}

/* Without a stage in the plan: the middle of the upper or lower edge, whichever the first rows are
 * nearer to. */
static void choose_stage(struct import *in)
{
    if (in->stage_known)
        return;
    const double first =
        in->first_rows_seats > 0 ? in->first_rows_y / in->first_rows_seats : in->top;
    const bool above = first <= in->all_y / in->draft.seat_count;
    in->draft.stage_x = (int32_t)lround((in->left + in->right) * 50);
    in->draft.stage_y = (int32_t)lround((above ? in->top - 100 : in->bottom + 100) * 100);
}

static int read_zone(struct import *in, const json_t *zone, uint32_t number)
{
    char place[32];
    struct block block = {.zone = number};
    struct point at = {0};
    const json_t *rows = NULL;
    snprintf(place, sizeof(place), "zones[%u]", number);
    if (!json_is_object(zone))
        return refuse(in, place, "not an object");
    int err = add_position(in, zone, place, &at);
    if (err == 0)
        err = read_text(in, zone, "name", place, &block.zone_name);
    if (err == 0)
        err = read_list(in, zone, "rows", place, &rows);
    if (err != 0)
        return err;
    find_stage(in, zone, at);
    if (block.zone_name.len == 0)
        block.zone_name = view_str(arena_printf(&in->draft.arena, "Zone %u", number + 1));
    if (!block.zone_name.at)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; err == 0 && i < json_array_size(rows); i++)
        err = read_row(in, json_array_get(rows, i), number, i, &block, at);
    return err;
}

static int read_plan(struct import *in, const json_t *plan, struct view name)
{
    const json_t *zones = NULL;
    if (!json_is_object(plan))
        return refuse(in, "plan", "not a JSON object");
    int err = read_text(in, plan, "name", "plan", &in->draft.name);
    if (err == 0 && name.len > 0)
        in->draft.name = name;
    if (err == 0 && in->draft.name.len == 0)
        in->draft.name = VIEW_LIT("Hall");
    if (err == 0 && in->draft.name.len > HALL_NAME_MAX)
        err = refuse(in, "name", "longer than %d bytes", HALL_NAME_MAX);
    if (err == 0)
        err = read_categories(in, plan);
    if (err == 0)
        err = read_list(in, plan, "zones", "plan", &zones);
    for (uint32_t i = 0; err == 0 && i < json_array_size(zones); i++)
        err = read_zone(in, json_array_get(zones, i), i);
    if (err == 0)
        err = check_uuids(in);
    if (err == 0)
        choose_stage(in);
    return err;
}

int hall_import_pretix(struct view json, struct view name, struct hall **ret_hall,
                       struct hall_error *ret_error)
{
    struct import in = {.error = ret_error};
    json_error_t syntax;
    json_t *plan = json_loadb(json.at ? json.at : "", json.len, JSON_REJECT_DUPLICATES, &syntax);
    ret_error->text[0] = '\0';
    if (!plan) {
        snprintf(ret_error->text, sizeof(ret_error->text), "line %d, column %d: %s", syntax.line,
                 syntax.column, syntax.text);
        return ERR_INVALID;
    }
    hall_draft_init(&in.draft);
    int err = read_plan(&in, plan, name);
    if (err == 0)
        err = hall_draft_finish(&in.draft, ret_hall, ret_error);
    hall_draft_release(&in.draft);
    free(in.uuids);
    json_decref(plan);
    return err;
}
