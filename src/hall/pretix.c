/*
 * The pretix seating-plan format (github.com/pretix/pretix, "seating plan" JSON), both revisions:
 * with and without uuid and zone_id, whole and fractional positions.
 *
 * Zones become sections (one a block, where row names repeat), rows rows, seats seats; positions of
 * zone, row and seat add up. A seat whose distance to the next is more than 1.6 times the row's
 * median has an aisle after it. Of the areas one may be the stage (stage.h); they are decoration
 * otherwise, and left out. Zones that are drawn over one another are moved apart (levels.h).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "hall/draft.h"
#include "hall/levels.h"
#include "hall/plan.h"
#include "hall/stage.h"

#define AISLE_FACTOR   1.6
#define BLOCK_ROWS_MAX 2000 /* each row's name is compared with all others of its block */

struct uuid {
    const char *text;
    uint32_t zone, row, seat;
};

struct import {
    struct hall_draft draft;
    struct plan_reader reader;
    const json_t *categories;
    struct uuid *uuids; /* one a seat, to find twins */
    uint32_t uuid_count, uuid_cap;
    struct plan_zone *zones; /* those with seats; in the draft's arena, HALL_SECTIONS_MAX long */
    uint32_t zone_count;
    struct stage_search stage;
};

/* The zone being read, and the block of it that rows go into. */
struct block {
    struct view zone_name;
    uint32_t zone;
    uint32_t number;  /* of the block, from 1; 0 before the zone's first row */
    uint32_t section; /* of the zone's first block */
    struct plan_zone seats;
};

static int too_large(struct import *in, const char *place, int err)
{
    if (err == ERR_FULL)
        plan_refuse(&in->reader, place, "a hall has at most %d places in %d sections",
                    HALL_PLACES_MAX, HALL_SECTIONS_MAX);
    return err;
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
        return plan_refuse(&in->reader, place, "\"color\" is not like \"#F44336\"");
    *ret_color = color;
    return 0;
}

static int read_categories(struct import *in, const json_t *plan)
{
    struct hall_draft *draft = &in->draft;
    int err = plan_list(&in->reader, plan, "categories", "plan", &in->categories);
    if (err != 0)
        return err;
    const size_t count = json_array_size(in->categories);
    if (count == 0 || count > HALL_CATEGORIES_MAX)
        return plan_refuse(&in->reader, "categories", "a plan has 1 to %d categories, this one %zu",
                           HALL_CATEGORIES_MAX, count);
    for (size_t i = 0; err == 0 && i < count; i++) {
        const json_t *category = json_array_get(in->categories, i);
        struct hall_category *to = &draft->categories[i];
        char place[40];
        snprintf(place, sizeof(place), "categories[%zu]", i);
        if (!json_is_object(category))
            return plan_refuse(&in->reader, place, "not an object");
        err = plan_text(&in->reader, category, "name", place, &to->name);
        if (err == 0 && to->name.len == 0)
            return plan_refuse(&in->reader, place, "\"name\" is missing");
        for (size_t k = 0; err == 0 && k < i; k++) {
            if (view_eq(draft->categories[k].name, to->name))
                return plan_refuse(&in->reader, place, "a second category is called \"%.*s\"",
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
    int err = plan_text(&in->reader, seat, "category", place, &name);
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
    return plan_refuse(&in->reader, inner, "no category is called \"%.*s\"", VIEW_ARG(name));
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
            return plan_refuse(&in->reader, place, "neither \"uuid\" nor \"seat_guid\"");
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
        return plan_refuse(&in->reader, "zones", "the plan has no seats");
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
        return plan_refuse(&in->reader, place, "\"%.60s\" is zones[%u].rows[%u].seats[%u] already",
                           twin->text, in->uuids[i - 1].zone, in->uuids[i - 1].row,
                           in->uuids[i - 1].seat);
    }
    return 0;
}

/* Labels are "SECTION, row ROW, seat NUMBER". Sections of a hall, rows of a section and numbers of
 * a row are unique; labels are too, where neither ROW nor NUMBER has the words before it in it. */
static bool has_words(struct view name, const char *words)
{
    return name.len > 0 && memmem(name.at, name.len, words, strlen(words)) != NULL;
}

static int read_seat(struct import *in, const json_t *seat, uint32_t zone, uint32_t row,
                     uint32_t number, struct plan_point at)
{
    char place[96];
    snprintf(place, sizeof(place), "zones[%u].rows[%u].seats[%u]", zone, row, number);
    if (!json_is_object(seat))
        return plan_refuse(&in->reader, place, "not an object");
    struct draft_seat draft = {0};
    int err = plan_position(&in->reader, seat, place, &at);
    if (err == 0)
        err = plan_text(&in->reader, seat, "seat_number", place, &draft.number);
    if (err == 0)
        err = find_category(in, seat, place, &draft.category);
    if (err == 0)
        err = remember_uuid(in, seat, place, zone, row, number);
    if (err == 0 && draft.number.len == 0) {
        draft.number = view_str(arena_printf(&in->draft.arena, "%u", number + 1));
        err = draft.number.at ? 0 : ERR_NO_MEMORY;
    }
    if (err == 0 && has_words(draft.number, ", seat "))
        err = plan_refuse(&in->reader, place, "\"seat_number\" has \", seat \" in it");
    if (err != 0)
        return err;
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

/* True when a section that was drawn already has this name; with or_blocks also where it is one of
 * several blocks of a zone with this name. */
static bool name_taken(const struct import *in, struct view name, bool or_blocks)
{
    static const struct view block = VIEW_LIT(", block ");
    for (uint32_t i = 0; i < in->draft.section_count; i++) {
        const struct view other = in->draft.sections[i].name;
        if (view_eq(other, name))
            return true;
        if (or_blocks && view_starts(other, name) &&
            view_starts(view_of(other.at + name.len, other.len - name.len), block))
            return true;
    }
    return false;
}

/* What was made of a zone's name fits, and is nobody else's. */
static int check_name(struct import *in, struct view name, const char *place)
{
    if (!name.at)
        return ERR_NO_MEMORY;
    if (name.len > HALL_NAME_MAX)
        return plan_refuse(&in->reader, place,
                           "the zone's \"name\" is too long to tell its blocks apart");
    if (name_taken(in, name, false))
        return plan_refuse(&in->reader, place, "a second section would be called \"%.*s\"",
                           VIEW_ARG(name));
    return 0;
}

/* "West, block 2" */
static int name_block(struct import *in, const struct block *block, uint32_t number,
                      const char *place, struct view *ret_name)
{
    const struct view name = view_str(
        arena_printf(&in->draft.arena, "%.*s, block %u", VIEW_ARG(block->zone_name), number));
    const int err = check_name(in, name, place);
    if (err == 0)
        *ret_name = name;
    return err;
}

/* The next block of the zone becomes a section. A zone with the name of an earlier one gets its
 * position in the plan added. The first block is "West" as long as it is the only one; beside a
 * "West, block 2" nobody would know which part of the west that is. */
static int start_block(struct import *in, struct block *block, const char *place)
{
    struct hall_draft *draft = &in->draft;
    struct draft_section section = {.kind = HALL_SEATED};
    int err = 0;
    block->number++;
    if (block->number == 1) {
        struct view *name = &block->zone_name;
        if (name_taken(in, *name, true))
            *name = view_str(
                arena_printf(&draft->arena, "%.*s (%u)", VIEW_ARG(*name), block->zone + 1));
        err = check_name(in, *name, place);
        section.name = *name;
        block->section = draft->section_count;
    } else {
        if (block->number == 2)
            err = name_block(in, block, 1, place, &draft->sections[block->section].name);
        if (err == 0)
            err = name_block(in, block, block->number, place, &section.name);
    }
    return err == 0 ? too_large(in, place, hall_draft_section(draft, &section)) : err;
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
            err = plan_refuse(&in->reader, place, "two seats have the number \"%.*s\"",
                              VIEW_ARG(sorted[i]));
    }
    free(sorted);
    return err;
}

static int read_row(struct import *in, const json_t *row, uint32_t zone, uint32_t number,
                    struct block *block, struct plan_point at)
{
    char place[64];
    struct view name;
    const json_t *seats = NULL;
    snprintf(place, sizeof(place), "zones[%u].rows[%u]", zone, number);
    if (!json_is_object(row))
        return plan_refuse(&in->reader, place, "not an object");
    int err = plan_position(&in->reader, row, place, &at);
    if (err == 0)
        err = plan_text(&in->reader, row, "row_number", place, &name);
    if (err == 0)
        err = plan_list(&in->reader, row, "seats", place, &seats);
    if (err != 0 || json_array_size(seats) == 0)
        return err; /* a row without seats is a drawing aid */
    if (name.len == 0)
        name = view_str(arena_printf(&in->draft.arena, "%u", number + 1));
    if (!name.at)
        return ERR_NO_MEMORY;
    if (has_words(name, ", row "))
        return plan_refuse(&in->reader, place, "\"row_number\" has \", row \" in it");
    if (block->number == 0 || block_has_row(in, name))
        err = start_block(in, block, place);
    if (err == 0 && in->draft.sections[in->draft.section_count - 1].row_count == BLOCK_ROWS_MAX)
        err = plan_refuse(&in->reader, place, "a block has at most %d rows", BLOCK_ROWS_MAX);
    if (err == 0)
        err = too_large(in, place, hall_draft_row(&in->draft, name));
    for (uint32_t i = 0; err == 0 && i < json_array_size(seats); i++)
        err = read_seat(in, json_array_get(seats, i), zone, number, i, at);
    if (err == 0 && block->seats.first_row_seats == 0)
        block->seats.first_row_seats = (uint32_t)json_array_size(seats);
    if (err == 0)
        err = check_numbers(in, place);
    return err == 0 ? mark_aisles(in) : err;
}

/* ---- zones ---- */

static int read_zone(struct import *in, const json_t *zone, uint32_t number)
{
    char place[32];
    struct block block = {.zone = number, .seats.first_seat = in->draft.seat_count};
    struct plan_point at = {0};
    const json_t *rows = NULL;
    snprintf(place, sizeof(place), "zones[%u]", number);
    if (!json_is_object(zone))
        return plan_refuse(&in->reader, place, "not an object");
    int err = plan_position(&in->reader, zone, place, &at);
    if (err == 0)
        err = plan_text(&in->reader, zone, "name", place, &block.zone_name);
    if (err == 0)
        err = plan_list(&in->reader, zone, "rows", place, &rows);
    if (err != 0)
        return err;
    stage_look(&in->stage, zone, at);
    if (block.zone_name.len == 0)
        block.zone_name = view_str(arena_printf(&in->draft.arena, "Zone %u", number + 1));
    if (!block.zone_name.at)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; err == 0 && i < json_array_size(rows); i++)
        err = read_row(in, json_array_get(rows, i), number, i, &block, at);
    block.seats.seat_count = in->draft.seat_count - block.seats.first_seat;
    if (err == 0 && block.seats.seat_count > 0)
        in->zones[in->zone_count++] = block.seats; /* it has a section: there is room */
    return err;
}

static int read_plan(struct import *in, const json_t *plan, struct view name)
{
    const json_t *zones = NULL;
    in->zones = arena_alloc(&in->draft.arena, HALL_SECTIONS_MAX * sizeof(*in->zones));
    if (!in->zones)
        return ERR_NO_MEMORY;
    if (!json_is_object(plan))
        return plan_refuse(&in->reader, "plan", "not a JSON object");
    int err = plan_text(&in->reader, plan, "name", "plan", &in->draft.name);
    if (err == 0 && name.len > 0)
        in->draft.name = name;
    if (err == 0 && in->draft.name.len == 0)
        in->draft.name = VIEW_LIT("Hall");
    if (err == 0 && in->draft.name.len > HALL_NAME_MAX)
        err = plan_refuse(&in->reader, "name", "longer than %d bytes", HALL_NAME_MAX);
    if (err == 0)
        err = read_categories(in, plan);
    if (err == 0)
        err = plan_list(&in->reader, plan, "zones", "plan", &zones);
    for (uint32_t i = 0; err == 0 && i < json_array_size(zones); i++)
        err = read_zone(in, json_array_get(zones, i), i);
    if (err == 0)
        err = check_uuids(in);
    if (err != 0)
        return err;
    stage_choose(&in->stage, &in->draft, in->zones, in->zone_count);
    return levels_spread(&in->draft, in->zones, in->zone_count);
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

int hall_import_pretix(struct view json, struct view name, struct hall **ret_hall,
                       struct hall_error *ret_error)
{
    struct import in = {.reader = {&in.draft.arena, ret_error}};
    json_error_t syntax;
    json_t *plan = json_loadb(json.at ? json.at : "", json.len, JSON_REJECT_DUPLICATES, &syntax);
    ret_error->text[0] = '\0';
    if (!plan)
        return no_json(&syntax, ret_error);
    hall_draft_init(&in.draft);
    int err = read_plan(&in, plan, name);
    if (err == 0)
        err = hall_draft_finish(&in.draft, ret_hall, ret_error);
    hall_draft_release(&in.draft);
    free(in.uuids);
    json_decref(plan);
    return err;
}
