#include "hall/sketch.h"

#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "hall/blocks.h"
#include "hall/levels.h"

int sketch_init(struct sketch *sketch, struct hall_error *error, struct hall_notes *notes)
{
    *sketch = (struct sketch){0};
    *notes = (struct hall_notes){0};
    error->text[0] = '\0';
    hall_draft_init(&sketch->draft);
    sketch->reader = (struct plan_reader){&sketch->draft.arena, error, notes};
    sketch->zones = arena_alloc(&sketch->draft.arena, HALL_SECTIONS_MAX * sizeof(*sketch->zones));
    return sketch->zones ? 0 : ERR_NO_MEMORY;
}

void sketch_release(struct sketch *sketch)
{
    hall_draft_release(&sketch->draft);
    free(sketch->seats);
    free(sketch->rows);
}

static int too_large(struct sketch *sketch, const char *place, int err)
{
    if (err == ERR_FULL)
        plan_refuse(&sketch->reader, place, "a hall has at most %d places in %d sections",
                    HALL_PLACES_MAX, HALL_SECTIONS_MAX);
    return err;
}

/* ---- reading a zone ---- */

int sketch_zone(struct sketch *sketch, struct view name, uint32_t number)
{
    if (name.len == 0)
        name = view_str(arena_printf(&sketch->draft.arena, "Zone %u", number + 1));
    if (!name.at)
        return ERR_NO_MEMORY;
    sketch->zone_name = name;
    sketch->zone_number = number;
    sketch->seat_count = sketch->row_count = 0;
    sketch->places_before = sketch->draft.place_count;
    sketch->zone = (struct plan_zone){.name = name,
                                      .first_seat = sketch->draft.seat_count,
                                      .first_section = sketch->draft.section_count,
                                      .first_drawing = sketch->draft.drawing_count};
    return 0;
}

static bool has_words(struct view name, const char *words)
{
    return name.len > 0 && memmem(name.at, name.len, words, strlen(words)) != NULL;
}

int sketch_row(struct sketch *sketch, const struct sketch_row *row)
{
    if (has_words(row->name, ", row "))
        return plan_refuse(&sketch->reader, row->place, "\"row_number\" has \", row \" in it");
    if (sketch->row_count == HALL_PLACES_MAX)
        return too_large(sketch, row->place, ERR_FULL);
    if (sketch->row_count == sketch->row_cap) {
        const uint32_t cap = sketch->row_cap ? 2 * sketch->row_cap : 64;
        struct sketch_row *grown = realloc(sketch->rows, cap * sizeof(*grown));
        if (!grown)
            return ERR_NO_MEMORY;
        sketch->rows = grown;
        sketch->row_cap = cap;
    }
    struct sketch_row *kept = &sketch->rows[sketch->row_count++];
    *kept = *row;
    kept->first = sketch->seat_count;
    kept->count = 0;
    sketch->own_words = sketch->own_words || row->row_label.len + row->seat_label.len > 0;
    return 0;
}

int sketch_seat(struct sketch *sketch, const struct draft_seat *seat, const char *place)
{
    assert(sketch->row_count > 0);
    if (has_words(seat->number, ", seat "))
        return plan_refuse(&sketch->reader, place, "\"seat_number\" has \", seat \" in it");
    if (sketch->draft.place_count + sketch->seat_count >= HALL_PLACES_MAX)
        return too_large(sketch, place, ERR_FULL);
    if (sketch->seat_count == sketch->seat_cap) {
        const uint32_t cap = sketch->seat_cap ? 2 * sketch->seat_cap : 256;
        struct draft_seat *grown = realloc(sketch->seats, cap * sizeof(*grown));
        if (!grown)
            return ERR_NO_MEMORY;
        sketch->seats = grown;
        sketch->seat_cap = cap;
    }
    sketch->seats[sketch->seat_count++] = *seat;
    sketch->own_words = sketch->own_words || seat->kind != HALL_ORDINARY;
    sketch->rows[sketch->row_count - 1].count++;
    return 0;
}

/* ---- names of sections ---- */

/* True when a section that was drawn already has this name; with or_blocks also where it is one of
 * several blocks of a zone with this name. */
static bool name_taken(const struct sketch *sketch, struct view name, bool or_blocks)
{
    static const struct view block = VIEW_LIT(", block ");
    for (uint32_t i = 0; i < sketch->draft.section_count; i++) {
        const struct view other = sketch->draft.sections[i].name;
        if (view_eq(other, name))
            return true;
        if (or_blocks && view_starts(other, name) &&
            view_starts(view_of(other.at + name.len, other.len - name.len), block))
            return true;
    }
    return false;
}

/* What was made of a zone's name fits, and is nobody else's. */
static int check_name(struct sketch *sketch, struct view name, const char *place)
{
    if (!name.at)
        return ERR_NO_MEMORY;
    if (name.len > HALL_NAME_MAX)
        return plan_refuse(&sketch->reader, place,
                           "the zone's \"name\" is too long to tell its blocks apart");
    if (name_taken(sketch, name, false))
        return plan_refuse(&sketch->reader, place, "a second section would be called \"%.*s\"",
                           VIEW_ARG(name));
    return 0;
}

/* A zone with the name of an earlier one gets its position in the plan added. */
static int name_zone(struct sketch *sketch, const char *place)
{
    struct view *name = &sketch->zone_name;
    if (name_taken(sketch, *name, true))
        *name = view_str(arena_printf(&sketch->draft.arena, "%.*s (%u)", VIEW_ARG(*name),
                                      sketch->zone_number + 1));
    return check_name(sketch, *name, place);
}

/* "West" as long as it is the only block; beside a "West, block 2" nobody would know which part of
 * the west that is. */
static int name_block(struct sketch *sketch, uint32_t block, uint32_t block_count,
                      const char *place, struct view *ret_name)
{
    *ret_name = sketch->zone_name;
    if (block_count == 1)
        return 0;
    *ret_name = view_str(arena_printf(&sketch->draft.arena, "%.*s, block %u",
                                      VIEW_ARG(sketch->zone_name), block + 1));
    return check_name(sketch, *ret_name, place);
}

/* ---- standing areas, drawings ---- */

int sketch_standing(struct sketch *sketch, struct view name, uint32_t category, uint32_t places,
                    int32_t *outline, uint32_t points, const char *place)
{
    struct hall_draft *draft = &sketch->draft;
    struct draft_section section = {.kind = HALL_STANDING,
                                    .category = category,
                                    .place_count = places,
                                    .outline = outline,
                                    .outline_points = points};
    if (sketch->corners + points > HALL_CORNERS_MAX)
        section.outline_points = 0;
    sketch->corners += section.outline_points;
    section.name =
        name.len > 0
            ? name
            : view_str(arena_printf(&draft->arena, "%.*s, standing", VIEW_ARG(sketch->zone_name)));
    if (section.name.at && name_taken(sketch, section.name, true))
        section.name =
            view_str(arena_printf(&draft->arena, "%.*s, %.*s (%u)", VIEW_ARG(sketch->zone_name),
                                  VIEW_ARG(section.name), draft->section_count + 1));
    int err = check_name(sketch, section.name, place);
    if (err == 0 && places > HALL_PLACES_MAX - draft->place_count - sketch->seat_count)
        err = ERR_FULL;
    if (err == 0)
        err = hall_draft_section(draft, &section);
    if (err == 0)
        plan_note(sketch->reader.notes, HALL_NOTE_STANDING, section.name, places,
                  "\"%.*s\" is a standing area of %u places.", VIEW_ARG(section.name), places);
    return too_large(sketch, place, err);
}

int sketch_drawing(struct sketch *sketch, const struct draft_drawing *drawing)
{
    int err = ERR_FULL;
    if (sketch->corners + drawing->outline_points <= HALL_CORNERS_MAX)
        err = hall_draft_drawing(&sketch->draft, drawing);
    if (err == 0)
        sketch->corners += drawing->outline_points;
    if (err != ERR_FULL)
        return err;
    plan_note(sketch->reader.notes, HALL_NOTE_LEFT_OUT, sketch->zone_name, 1,
              "A drawing of \"%.*s\" was left out: a hall has %d, with %d corners in all.",
              VIEW_ARG(sketch->zone_name), HALL_DRAWINGS_MAX, HALL_CORNERS_MAX);
    return 0;
}

/* ---- a zone's end ---- */

struct told {
    uint32_t joined, ordered, rings, unsorted;
};

/* The pieces of one row, in walking order, into the draft. */
static int draw_row(struct sketch *sketch, const struct sketch_row *row, struct told *told)
{
    struct hall_draft *draft = &sketch->draft;
    struct neighbours n;
    struct draft_seat *seats;
    uint32_t count, pieces;
    int err = blocks_gather(sketch, row, &seats, &count, &pieces, &n);
    if (err == 0) {
        told->joined += pieces > 1;
        told->ordered += pieces == 1 && n.changed;
        told->rings += n.ring;
        told->unsorted += count > NEIGHBOURS_SEATS_MAX;
        err = too_large(sketch, row->place, hall_draft_row(draft, row->name));
    }
    if (err == 0) {
        struct draft_row *drawn = &draft->rows[draft->row_count - 1];
        drawn->row_label = row->row_label;
        drawn->seat_label = row->seat_label;
        drawn->ring = n.ring;
    }
    for (uint32_t i = 0; err == 0 && i < count; i++) {
        struct draft_seat *seat = &seats[n.order[i]];
        seat->break_after = n.break_after[i];
        err = too_large(sketch, row->place, hall_draft_seat(draft, seat));
    }
    blocks_drop(seats, &n);
    return err;
}

static void tell(struct sketch *sketch, const struct told *told, uint32_t block_count)
{
    struct hall_notes *notes = sketch->reader.notes;
    const struct view name = sketch->zone_name;
    if (block_count > 1)
        plan_note(notes, HALL_NOTE_BLOCKS, name, block_count,
                  "\"%.*s\" has rows with the same name and numbers: it became %u blocks.",
                  VIEW_ARG(name), block_count);
    if (told->joined > 0)
        plan_note(notes, HALL_NOTE_JOINED, name, told->joined,
                  "\"%.*s\": rows drawn in pieces whose numbers run on, each taken as one row: %u.",
                  VIEW_ARG(name), told->joined);
    if (told->ordered > 0)
        plan_note(notes, HALL_NOTE_ORDER, name, told->ordered,
                  "\"%.*s\": rows listed in another order than their chairs stand in: %u. "
                  "Neighbours are those who sit side by side.",
                  VIEW_ARG(name), told->ordered);
    if (told->rings > 0)
        plan_note(notes, HALL_NOTE_TABLE, name, told->rings,
                  "\"%.*s\": rows that stand around a table: %u.", VIEW_ARG(name), told->rings);
    if (told->unsorted > 0)
        plan_note(notes, HALL_NOTE_ORDER, name, told->unsorted,
                  "\"%.*s\": rows of more than %d seats, which keep the order of their list: %u.",
                  VIEW_ARG(name), NEIGHBOURS_SEATS_MAX, told->unsorted);
}

static int draw_blocks(struct sketch *sketch, uint32_t block_count)
{
    struct hall_draft *draft = &sketch->draft;
    struct told told = {0};
    int err = 0;
    for (uint32_t block = 0; err == 0 && block < block_count; block++) {
        struct draft_section section = {.kind = HALL_SEATED};
        const uint32_t before = draft->row_count;
        for (uint32_t i = 0; err == 0 && i < sketch->row_count; i++) {
            const struct sketch_row *row = &sketch->rows[i];
            if (!row->begins || row->block != block)
                continue;
            if (draft->row_count == before) {
                err = name_block(sketch, block, block_count, row->place, &section.name);
                if (err == 0)
                    err = too_large(sketch, row->place, hall_draft_section(draft, &section));
            }
            if (err == 0)
                err = draw_row(sketch, row, &told);
            if (err == 0 && sketch->zone.first_row_seats == 0)
                sketch->zone.first_row_seats = draft->rows[draft->row_count - 1].seat_count;
        }
    }
    if (err == 0)
        tell(sketch, &told, block_count);
    return err;
}

int sketch_zone_end(struct sketch *sketch)
{
    struct hall_draft *draft = &sketch->draft;
    uint32_t block_count = 0;
    int err = blocks_part(sketch, &block_count);
    if (err == 0 && block_count > 0)
        err = name_zone(sketch, sketch->rows[0].place);
    if (err == 0)
        err = draw_blocks(sketch, block_count);
    sketch->zone.name = sketch->zone_name;
    sketch->zone.seat_count = draft->seat_count - sketch->zone.first_seat;
    sketch->zone.section_count = draft->section_count - sketch->zone.first_section;
    sketch->zone.drawing_count = draft->drawing_count - sketch->zone.first_drawing;
    if (err == 0 && sketch->zone.section_count + sketch->zone.drawing_count > 0 &&
        sketch->zone_count < HALL_SECTIONS_MAX)
        sketch->zones[sketch->zone_count++] = sketch->zone;
    sketch->seat_count = sketch->row_count = 0;
    return err;
}

/* ---- the end ---- */

static int label_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* With words of the plan's own, two labels could read alike: they are compared. */
static int check_labels(struct sketch *sketch, const struct hall *hall)
{
    const uint32_t count = hall->place_count;
    char **labels = calloc(count, sizeof(*labels));
    uint32_t seated = 0;
    int err = labels ? 0 : ERR_NO_MEMORY;
    for (uint32_t i = 0; err == 0 && i < count; i++) {
        char label[HALL_LABEL_MAX];
        if (hall->seats[i].row == HALL_NO_ROW)
            continue;
        hall_seat_label(hall, i, label, sizeof(label));
        labels[seated] = arena_copy(&sketch->draft.arena, view_str(label));
        err = labels[seated++] ? 0 : ERR_NO_MEMORY;
    }
    if (err == 0)
        qsort(labels, seated, sizeof(*labels), label_order);
    for (uint32_t i = 1; err == 0 && i < seated; i++) {
        if (strcmp(labels[i - 1], labels[i]) == 0)
            err = plan_refuse(&sketch->reader, "zones",
                              "two seats would read \"%.300s\" on their tickets", labels[i]);
    }
    free(labels);
    return err;
}

int sketch_finish(struct sketch *sketch, const struct hall_wish *wish, struct hall **ret_hall)
{
    struct hall_draft *draft = &sketch->draft;
    struct hall *hall = NULL;
    if (draft->place_count == 0)
        return plan_refuse(&sketch->reader, "zones", "the plan has no seats");
    if (wish->name.len > 0)
        draft->name = wish->name;
    if (draft->name.len == 0)
        draft->name = VIEW_LIT("Hall");
    if (draft->name.len > HALL_NAME_MAX)
        return plan_refuse(&sketch->reader, "name", "longer than %d bytes", HALL_NAME_MAX);
    if (wish->stage_given) {
        draft->stage_x = wish->stage_x;
        draft->stage_y = wish->stage_y;
    } else {
        stage_choose(&sketch->stage, draft, sketch->zones, sketch->zone_count,
                     sketch->reader.notes);
    }
    int err = levels_spread(draft, sketch->zones, sketch->zone_count, sketch->reader.notes);
    if (err == 0)
        err = hall_draft_finish(draft, &hall, sketch->reader.error);
    if (err == 0 && sketch->own_words)
        err = check_labels(sketch, hall);
    if (err != 0) {
        hall_free(hall);
        return err;
    }
    sketch->reader.notes->origin_x = draft->origin_x;
    sketch->reader.notes->origin_y = draft->origin_y;
    *ret_hall = hall;
    return 0;
}
