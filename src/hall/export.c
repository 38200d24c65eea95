/*
 * A hall as a file. What the formats say is in pretix.c, csv.c and svg.c; what is written here is
 * read there. Where an import of what was written would guess another stage, the stage is written
 * too.
 */
#include <stdlib.h>

#include "codec/json.h"
#include "codec/percent.h"
#include "err/err.h"
#include "hall/draft.h"
#include "hall/hall.h"
#include "hall/listing.h"
#include "mem/buf.h"
#include "usher/v1/hall.pb-c.h"

struct export
{
    const Usher__V1__SeatMap *map;
    struct buf *out;
    bool with_stage;
    int64_t from_x, from_y; /* of a table: where its origin is in the layout */
    int err;                /* of any append */
};

static void put(struct export *e, const char *text)
{
    if (e->err == 0)
        e->err = buf_append_view(e->out, view_str(text));
}

/* Hundredths as "-12.05". */
static void put_number(struct export *e, int64_t hundredths)
{
    const int64_t size = hundredths < 0 ? -hundredths : hundredths;
    if (e->err == 0)
        e->err = buf_printf(e->out, "%s%lld.%02d", hundredths < 0 ? "-" : "",
                            (long long)(size / 100), (int)(size % 100));
}

static void put_count(struct export *e, uint32_t count)
{
    if (e->err == 0)
        e->err = buf_printf(e->out, "%u", count);
}

static void put_color(struct export *e, uint32_t color)
{
    if (e->err == 0)
        e->err = buf_printf(e->out, "#%06x", color & 0xffffff);
}

/* A seat while a layout is walked. */
struct place {
    const Usher__V1__Section *section;
    const Usher__V1__Row *row;
    uint32_t at; /* in its row */
    int64_t x, y;
};

static uint32_t category_at(const struct place *p)
{
    return p->row->categories[p->row->n_categories == 1 ? 0 : p->at];
}

static uint32_t kind_at(const struct place *p)
{
    return p->row->n_kinds > 0 ? (uint32_t)p->row->kinds[p->at] : HALL_ORDINARY;
}

static uint32_t radius_at(const struct place *p)
{
    return p->row->n_radii == 0 ? 0 : p->row->radii[p->row->n_radii == 1 ? 0 : p->at];
}

static void step(struct place *p)
{
    p->x += p->row->xy[2 * p->at];
    p->y += p->row->xy[2 * p->at + 1];
}

/* ---- pretix ---- */

static void put_json(struct export *e, const char *name, const char *value)
{
    put(e, "\"");
    put(e, name);
    put(e, "\":");
    if (e->err == 0)
        e->err = json_write_string(view_str(value), e->out);
}

static void put_position(struct export *e, int64_t x, int64_t y)
{
    put(e, "\"position\":{\"x\":");
    put_number(e, x);
    put(e, ",\"y\":");
    put_number(e, y);
    put(e, "}");
}

static void put_corners(struct export *e, const int32_t *outline, size_t count)
{
    int64_t x = 0, y = 0;
    put(e, "\"shape\":\"polygon\",\"polygon\":{\"points\":[");
    for (size_t i = 0; i + 1 < count; i += 2) {
        x += outline[i];
        y += outline[i + 1];
        put(e, i > 0 ? ",{\"x\":" : "{\"x\":");
        put_number(e, x);
        put(e, ",\"y\":");
        put_number(e, y);
        put(e, "}");
    }
    put(e, "]}");
}

static void pretix_seat(struct export *e, const struct place *p, int64_t row_x, int64_t row_y)
{
    char guid[32];
    put(e, p->at > 0 ? ",\n{" : "\n{");
    put_json(e, "seat_number", p->row->numbers[p->at]);
    snprintf(guid, sizeof(guid), "%u", p->row->first_seat + p->at);
    put(e, ",");
    put_json(e, "seat_guid", guid);
    put(e, ",");
    put_position(e, p->x - row_x, p->y - row_y);
    put(e, ",");
    put_json(e, "category", e->map->categories[category_at(p)]->name);
    if (kind_at(p) != HALL_ORDINARY) {
        put(e, ",");
        put_json(e, "kind", listing_kinds[kind_at(p)]);
    }
    if (radius_at(p) > 0) {
        put(e, ",\"radius\":");
        put_number(e, radius_at(p));
    }
    put(e, "}");
}

static void pretix_row(struct export *e, const Usher__V1__Row *row)
{
    struct place p = {.row = row};
    put_json(e, "row_number", row->name);
    if (row->row_label[0]) {
        put(e, ",");
        put_json(e, "row_label", row->row_label);
    }
    if (row->seat_label[0]) {
        put(e, ",");
        put_json(e, "seat_label", row->seat_label);
    }
    put(e, ",");
    put_position(e, row->xy[0], row->xy[1]);
    put(e, ",\"seats\":[");
    for (; p.at < row->n_numbers; p.at++) {
        step(&p);
        pretix_seat(e, &p, row->xy[0], row->xy[1]);
    }
    put(e, "]");
}

static void pretix_section(struct export *e, const Usher__V1__Section *section)
{
    const bool standing = section->kind == USHER__V1__SECTION_KIND__SECTION_KIND_STANDING;
    put(e, "{");
    put_json(e, "name", section->name);
    put(e, ",");
    put_position(e, 0, 0);
    put(e, ",\"areas\":[");
    if (standing) {
        put(e, "{");
        if (section->n_outline >= 6) {
            put_corners(e, section->outline, section->n_outline);
            put(e, ",");
        }
        put(e, "\"capacity\":");
        put_count(e, section->place_count);
        put(e, ",");
        put_json(e, "category", e->map->categories[section->category]->name);
        put(e, ",\"text\":{\"position\":{\"x\":0,\"y\":0},");
        put_json(e, "text", section->name);
        put(e, "}}");
    }
    put(e, "],\"rows\":[");
    for (size_t i = 0; i < section->n_rows; i++) {
        put(e, i > 0 ? ",\n{" : "\n{");
        pretix_row(e, section->rows[i]);
        put(e, "}");
    }
    put(e, "]}");
}

static void pretix_drawing(struct export *e, const Usher__V1__Drawing *drawing)
{
    char color[8];
    put(e, "{\"position\":{\"x\":0,\"y\":0},\"rotation\":0");
    if (drawing->n_outline >= 6) {
        put(e, ",");
        put_corners(e, drawing->outline, drawing->n_outline);
    } else {
        put(e, ",\"shape\":\"text\"");
    }
    if (drawing->filled) {
        snprintf(color, sizeof(color), "#%06x", drawing->color & 0xffffff);
        put(e, ",");
        put_json(e, "color", color);
    }
    if (drawing->text[0]) {
        put(e, ",\"text\":{\"position\":{\"x\":");
        put_number(e, drawing->text_x);
        put(e, ",\"y\":");
        put_number(e, drawing->text_y);
        put(e, "},");
        put_json(e, "text", drawing->text);
        put(e, "}");
    }
    put(e, "}");
}

static void write_pretix(struct export *e)
{
    const Usher__V1__SeatMap *map = e->map;
    put(e, "{");
    put_json(e, "name", map->name);
    if (e->with_stage) {
        put(e, ",\"stage\":{\"x\":");
        put_number(e, map->stage_x);
        put(e, ",\"y\":");
        put_number(e, map->stage_y);
        put(e, "}");
    }
    put(e, ",\"categories\":[");
    for (size_t i = 0; i < map->n_categories; i++) {
        char color[8];
        snprintf(color, sizeof(color), "#%06x", map->categories[i]->color & 0xffffff);
        put(e, i > 0 ? ",{" : "{");
        put_json(e, "name", map->categories[i]->name);
        put(e, ",");
        put_json(e, "color", color);
        put(e, "}");
    }
    put(e, "],\"zones\":[");
    for (size_t i = 0; i < map->n_sections; i++) {
        put(e, i > 0 ? ",\n" : "\n");
        pretix_section(e, map->sections[i]);
    }
    if (map->n_drawings > 0) {
        put(e, ",\n{\"name\":\"Drawing\",\"position\":{\"x\":0,\"y\":0},\"rows\":[],\"areas\":[");
        for (size_t i = 0; i < map->n_drawings; i++) {
            put(e, i > 0 ? ",\n" : "\n");
            pretix_drawing(e, map->drawings[i]);
        }
        put(e, "]}");
    }
    put(e, "],\"size\":{\"width\":");
    put_count(e, map->width / 100);
    put(e, ",\"height\":");
    put_count(e, map->height / 100);
    put(e, "}}\n");
}

/* ---- CSV ---- */

static void put_cell(struct export *e, const char *text)
{
    put(e, "\"");
    for (const char *at = text; *at && e->err == 0; at++) {
        if (*at == '"')
            put(e, "\"");
        e->err = buf_append_byte(e->out, (uint8_t)*at);
    }
    put(e, "\"");
}

static void csv_seat(struct export *e, const struct place *p)
{
    put_cell(e, p->section->name);
    put(e, ",");
    put_cell(e, p->row->name);
    put(e, ",");
    put_cell(e, p->row->numbers[p->at]);
    put(e, ",");
    put_number(e, p->x - e->from_x);
    put(e, ",");
    put_number(e, p->y - e->from_y);
    put(e, ",");
    put_cell(e, e->map->categories[category_at(p)]->name);
    put(e, ",,");
    put(e, listing_kinds[kind_at(p)]);
    put(e, ",");
    if (radius_at(p) > 0)
        put_number(e, radius_at(p));
    put(e, ",");
    put_cell(e, p->row->row_label);
    put(e, ",");
    put_cell(e, p->row->seat_label);
    put(e, "\n");
}

static void csv_section(struct export *e, const Usher__V1__Section *section)
{
    int64_t x = 0, y = 0;
    const bool standing = section->kind == USHER__V1__SECTION_KIND__SECTION_KIND_STANDING;
    const size_t corners = section->n_outline >= 6 ? section->n_outline / 2 : 1;
    for (size_t i = 0; standing && i < corners; i++) {
        x += section->n_outline >= 6 ? section->outline[2 * i] : 0;
        y += section->n_outline >= 6 ? section->outline[2 * i + 1] : 0;
        put_cell(e, section->name);
        put(e, ",,");
        put_count(e, section->place_count);
        put(e, ",");
        put_number(e, x - e->from_x);
        put(e, ",");
        put_number(e, y - e->from_y);
        put(e, ",");
        put_cell(e, e->map->categories[section->category]->name);
        put(e, ",,standing,,,\n");
    }
    for (size_t i = 0; i < section->n_rows; i++) {
        struct place p = {.section = section, .row = section->rows[i]};
        for (; p.at < p.row->n_numbers; p.at++) {
            step(&p);
            csv_seat(e, &p);
        }
    }
}

static void begin_at(struct export *e, int64_t x, int64_t y)
{
    e->from_x = x < e->from_x ? x : e->from_x;
    e->from_y = y < e->from_y ? y : e->from_y;
}

/* A table has no drawings, and what is left begins at the margin: as it does when the table is
 * read, so that it goes out once more as it came in. */
static void find_origin(struct export *e)
{
    const Usher__V1__SeatMap *map = e->map;
    e->from_x = map->stage_x;
    e->from_y = map->stage_y;
    for (size_t i = 0; i < map->n_sections; i++) {
        const Usher__V1__Section *section = map->sections[i];
        int64_t x = 0, y = 0;
        for (size_t k = 0; k + 1 < section->n_outline; k += 2) {
            x += section->outline[k];
            y += section->outline[k + 1];
            begin_at(e, x, y);
        }
        for (size_t k = 0; k < section->n_rows; k++) {
            struct place p = {.section = section, .row = section->rows[k]};
            for (; p.at < p.row->n_numbers; p.at++) {
                step(&p);
                begin_at(e, p.x, p.y);
            }
        }
    }
    e->from_x -= HALL_DRAFT_MARGIN;
    e->from_y -= HALL_DRAFT_MARGIN;
}

static void write_csv(struct export *e)
{
    const Usher__V1__SeatMap *map = e->map;
    find_origin(e);
    put(e, "section,row,seat,x,y,category,color,kind,radius,row_label,seat_label\n");
    for (size_t i = 0; i < map->n_categories; i++) {
        put(e, ",,,,,");
        put_cell(e, map->categories[i]->name);
        put(e, ",");
        put_color(e, map->categories[i]->color);
        put(e, ",category,,,\n");
    }
    if (e->with_stage) {
        put(e, ",,,");
        put_number(e, map->stage_x - e->from_x);
        put(e, ",");
        put_number(e, map->stage_y - e->from_y);
        put(e, ",,,stage,,,\n");
    }
    for (size_t i = 0; i < map->n_sections; i++)
        csv_section(e, map->sections[i]);
}

/* ---- SVG ---- */

/* name="value", escaped. */
static void put_attribute(struct export *e, const char *name, const char *value)
{
    put(e, " ");
    put(e, name);
    put(e, "=\"");
    for (const char *at = value; *at && e->err == 0; at++) {
        if (*at == '&' || *at == '<' || *at == '"')
            e->err = buf_printf(e->out, "&#%d;", *at);
        else
            e->err = buf_append_byte(e->out, (uint8_t)*at);
    }
    put(e, "\"");
}

static void put_id_part(struct export *e, const char *name)
{
    if (e->err == 0)
        e->err = query_append(e->out, view_str(name));
}

static void svg_seat(struct export *e, const struct place *p)
{
    const uint32_t radius = radius_at(p);
    put(e, "<circle id=\"");
    put_id_part(e, p->section->name);
    put(e, "/");
    put_id_part(e, p->row->name);
    put(e, "/");
    put_id_part(e, p->row->numbers[p->at]);
    put(e, "\" cx=\"");
    put_number(e, p->x);
    put(e, "\" cy=\"");
    put_number(e, p->y);
    put(e, "\" r=\"");
    put_number(e, radius > 0 ? radius : 1000);
    put(e, "\" fill=\"");
    put_color(e, e->map->categories[category_at(p)]->color);
    put(e, "\"");
    put_attribute(e, "data-category", e->map->categories[category_at(p)]->name);
    if (radius > 0) {
        put(e, " data-radius=\"");
        put_number(e, radius);
        put(e, "\"");
    }
    if (kind_at(p) != HALL_ORDINARY)
        put_attribute(e, "data-kind", listing_kinds[kind_at(p)]);
    if (p->row->row_label[0])
        put_attribute(e, "data-row-label", p->row->row_label);
    if (p->row->seat_label[0])
        put_attribute(e, "data-seat-label", p->row->seat_label);
    put(e, "/>\n");
}

static void svg_points(struct export *e, const int32_t *outline, size_t count)
{
    int64_t x = 0, y = 0;
    put(e, " points=\"");
    for (size_t i = 0; i + 1 < count; i += 2) {
        x += outline[i];
        y += outline[i + 1];
        put_number(e, x);
        put(e, ",");
        put_number(e, y);
        put(e, i + 3 < count ? " " : "\"");
    }
}

static void svg_section(struct export *e, const Usher__V1__Section *section)
{
    char places[12];
    if (section->kind == USHER__V1__SECTION_KIND__SECTION_KIND_STANDING) {
        static const int32_t nowhere[] = {0, 0, 0, 0, 0, 0};
        const bool drawn = section->n_outline >= 6;
        snprintf(places, sizeof(places), "%u", section->place_count);
        put(e, "<polygon");
        svg_points(e, drawn ? section->outline : nowhere, drawn ? section->n_outline : 6);
        put_attribute(e, "data-section", section->name);
        put_attribute(e, "data-standing", places);
        put_attribute(e, "data-category", e->map->categories[section->category]->name);
        put(e, " fill=\"");
        put_color(e, e->map->categories[section->category]->color);
        put(e, "\" fill-opacity=\"0.4\"/>\n");
    }
    for (size_t i = 0; i < section->n_rows; i++) {
        struct place p = {.section = section, .row = section->rows[i]};
        for (; p.at < p.row->n_numbers; p.at++) {
            step(&p);
            svg_seat(e, &p);
        }
    }
}

static void svg_drawing(struct export *e, const Usher__V1__Drawing *drawing)
{
    if (drawing->n_outline >= 6) {
        put(e, "<polygon");
        svg_points(e, drawing->outline, drawing->n_outline);
        put(e, " stroke=\"#7f8c8d\" fill=\"");
        if (drawing->filled)
            put_color(e, drawing->color);
        else
            put(e, "none");
        put(e, "\"/>\n");
    }
    if (drawing->text[0]) {
        put(e, "<text text-anchor=\"middle\" x=\"");
        put_number(e, drawing->text_x);
        put(e, "\" y=\"");
        put_number(e, drawing->text_y);
        put(e, "\">");
        for (const char *at = drawing->text; *at && e->err == 0; at++) {
            if (*at == '&' || *at == '<')
                e->err = buf_printf(e->out, "&#%d;", *at);
            else
                e->err = buf_append_byte(e->out, (uint8_t)*at);
        }
        put(e, "</text>\n");
    }
}

static void write_svg(struct export *e)
{
    const Usher__V1__SeatMap *map = e->map;
    put(e, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ");
    put_number(e, map->width);
    put(e, " ");
    put_number(e, map->height);
    put(e, "\"");
    put_attribute(e, "data-name", map->name);
    put(e, ">\n");
    for (size_t i = 0; i < map->n_categories; i++) {
        char color[8];
        snprintf(color, sizeof(color), "#%06x", map->categories[i]->color & 0xffffff);
        put(e, "<desc");
        put_attribute(e, "data-category", map->categories[i]->name);
        put_attribute(e, "data-color", color);
        put(e, "/>\n");
    }
    if (e->with_stage) {
        put(e, "<circle id=\"stage\" r=\"40\" fill=\"none\" cx=\"");
        put_number(e, map->stage_x);
        put(e, "\" cy=\"");
        put_number(e, map->stage_y);
        put(e, "\"/>\n");
    }
    for (size_t i = 0; i < map->n_drawings; i++)
        svg_drawing(e, map->drawings[i]);
    for (size_t i = 0; i < map->n_sections; i++)
        svg_section(e, map->sections[i]);
    put(e, "</svg>\n");
}

/* ---- all ---- */

/* Whether an import of what was written has the stage where it is. */
static bool keeps_stage(const struct hall *was, struct view text)
{
    const struct hall_wish wish = {.name = was->name};
    struct hall_notes *notes = malloc(sizeof(*notes));
    struct hall_error error;
    struct hall *hall = NULL;
    bool kept = false;
    if (notes && hall_import(text, &wish, &hall, notes, &error) == 0)
        kept = hall->stage_x == was->stage_x && hall->stage_y == was->stage_y &&
               hall->place_count == was->place_count && hall->seats[0].x == was->seats[0].x &&
               hall->seats[0].y == was->seats[0].y;
    hall_free(hall);
    free(notes);
    return kept;
}

int hall_export(struct view layout, enum hall_format format, struct buf *out)
{
    struct hall *hall = NULL;
    int err = hall_load(layout, &hall);
    if (err != 0)
        return err;
    Usher__V1__SeatMap *map =
        usher__v1__seat_map__unpack(NULL, layout.len, (const uint8_t *)layout.at);
    struct export e = {.map = map, .out = out, .err = map ? 0 : ERR_NO_MEMORY};
    const size_t before = out->len;
    e.with_stage = format != HALL_PRETIX;
    for (int round = 0; e.err == 0 && round < 2; round++) {
        if (format == HALL_PRETIX)
            write_pretix(&e);
        else if (format == HALL_CSV)
            write_csv(&e);
        else
            write_svg(&e);
        const struct view text = view_of(buf_view(out).at + before, out->len - before);
        if (e.err != 0 || e.with_stage || keeps_stage(hall, text))
            break;
        out->len = before;
        e.with_stage = true;
    }
    if (map)
        usher__v1__seat_map__free_unpacked(map, NULL);
    hall_free(hall);
    return e.err;
}
