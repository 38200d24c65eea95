/*
 * A plan as a drawing (SVG 1.1): what is a seat says so.
 *
 * A circle, ellipse or rect is a seat where its id is "SECTION/ROW/SEAT" (percent coded, for an id
 * has no blanks), or it has data-seat, and data-section and data-row of its own or of a group
 * around it. data-category or class is its category; otherwise its colour. data-kind as in csv.c;
 * a desc with data-category and data-color says the order of categories. data-row-label and data-
 * seat-label are the plan's own words. A shape with data-standing (places) is a standing area; one
 * with the id "stage" is the stage, in its middle. All other shapes, and texts, are drawings.
 * Groups may be moved, scaled and turned.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/percent.h"
#include "err/err.h"
#include "hall/color.h"
#include "hall/formats.h"
#include "hall/listing.h"
#include "hall/xml.h"
#include "mem/utf8.h"

#define DEPTH_MAX      64
#define CORNERS_MAX    1000
#define CIRCLE_CORNERS 24
#define DRAWINGS_ROOM  (HALL_DRAWINGS_MAX + 1)

/* x' = a x + c y + e, y' = b x + d y + f. */
struct matrix {
    double a, b, c, d, e, f;
};

struct group {
    struct matrix turn;
    struct view section, row, fill;
    struct view name; /* of its tag */
};

struct shape {
    struct plan_point corners[CORNERS_MAX]; /* in the plan */
    uint32_t count;
    struct plan_point middle;
    double radius; /* in the plan; 0: it is no seat's shape */
};

struct drawing {
    struct sketch sketch;
    struct listing listing;
    struct xml xml;
    struct group groups[DEPTH_MAX];
    uint32_t depth;
    struct draft_drawing drawings[DRAWINGS_ROOM];
    uint32_t drawing_count;
    struct shape shape;
    bool in_text; /* between <text> and </text> */
    struct plan_point text_at;
    struct view text;
};

static int refuse(struct drawing *d, const char *what)
{
    char place[32];
    snprintf(place, sizeof(place), "line %u", d->xml.line);
    return plan_refuse(&d->sketch.reader, place, "%s", what);
}

/* ---- numbers and transforms ---- */

/* The next number of a list parted by blanks and commas. */
static bool next_number(struct view *list, double *ret_number)
{
    char room[64], *end;
    size_t len = 0;
    while (list->len > 0 && memchr(" ,\t\r\n", list->at[0], 5))
        *list = view_of(list->at + 1, list->len - 1);
    while (len < list->len && len + 1 < sizeof(room) &&
           memchr("0123456789+-.eE", list->at[len], 15)) {
        room[len] = list->at[len];
        len++;
    }
    room[len] = '\0';
    const double number = strtod(room, &end);
    if (end == room || !(fabs(number) <= PLAN_POSITION_MAX))
        return false;
    *list = view_of(list->at + (end - room), list->len - (size_t)(end - room));
    *ret_number = number;
    return true;
}

static double number_of(const struct xml *xml, const char *name)
{
    struct view value = xml_attribute(xml, name);
    double number = 0;
    return next_number(&value, &number) ? number : 0;
}

static struct matrix times(struct matrix m, struct matrix n)
{
    return (struct matrix){m.a * n.a + m.c * n.b,       m.b * n.a + m.d * n.b,
                           m.a * n.c + m.c * n.d,       m.b * n.c + m.d * n.d,
                           m.a * n.e + m.c * n.f + m.e, m.b * n.e + m.d * n.f + m.f};
}

static struct plan_point moved(const struct matrix *m, double x, double y)
{
    return (struct plan_point){m->a * x + m->c * y + m->e, m->b * x + m->d * y + m->f};
}

/* One of a list of transforms; v has count numbers, 0 where there were fewer. */
static struct matrix one_transform(struct view name, const double *v, uint32_t count)
{
    const double turn = v[0] * M_PI / 180, sine = sin(turn), cosine = cos(turn);
    const struct matrix none = {1, 0, 0, 1, 0, 0};
    if (view_eq(name, VIEW_LIT("translate")))
        return (struct matrix){1, 0, 0, 1, v[0], v[1]};
    if (view_eq(name, VIEW_LIT("scale")))
        return (struct matrix){v[0], 0, 0, count > 1 ? v[1] : v[0], 0, 0};
    if (view_eq(name, VIEW_LIT("matrix")) && count == 6)
        return (struct matrix){v[0], v[1], v[2], v[3], v[4], v[5]};
    if (view_eq(name, VIEW_LIT("rotate")))
        return (struct matrix){cosine,
                               sine,
                               -sine,
                               cosine,
                               v[1] - cosine * v[1] + sine * v[2],
                               v[2] - sine * v[1] - cosine * v[2]};
    return none;
}

static struct matrix read_transform(struct view list, struct matrix turn)
{
    for (uint32_t i = 0; i < 16 && list.len > 0; i++) {
        double numbers[6] = {0};
        uint32_t count = 0;
        while (list.len > 0 && memchr(" ,\t\r\n)", list.at[0], 6))
            list = view_of(list.at + 1, list.len - 1);
        const char *open = list.len > 0 ? memchr(list.at, '(', list.len) : NULL;
        if (!open)
            break;
        struct view name = view_of(list.at, (size_t)(open - list.at));
        while (name.len > 0 && name.at[name.len - 1] == ' ')
            name.len--;
        list = view_of(open + 1, list.len - (size_t)(open - list.at) - 1);
        while (count < 6 && next_number(&list, &numbers[count]))
            count++;
        turn = times(turn, one_transform(name, numbers, count));
    }
    return turn;
}

/* ---- shapes ---- */

static void corner(struct drawing *d, const struct matrix *turn, double x, double y)
{
    if (d->shape.count < CORNERS_MAX)
        d->shape.corners[d->shape.count++] = moved(turn, x, y);
}

static void read_circle(struct drawing *d, const struct matrix *turn, double rx, double ry)
{
    const double x = number_of(&d->xml, "cx"), y = number_of(&d->xml, "cy");
    for (uint32_t i = 0; i < CIRCLE_CORNERS; i++) {
        const double angle = 2 * M_PI * i / CIRCLE_CORNERS;
        corner(d, turn, x + rx * cos(angle), y + ry * sin(angle));
    }
    d->shape.middle = moved(turn, x, y);
    d->shape.radius = (rx < ry ? rx : ry) * sqrt(fabs(turn->a * turn->d - turn->b * turn->c));
}

static void read_rect(struct drawing *d, const struct matrix *turn)
{
    const double x = number_of(&d->xml, "x"), y = number_of(&d->xml, "y");
    const double width = number_of(&d->xml, "width"), height = number_of(&d->xml, "height");
    if (!(width > 0) || !(height > 0))
        return;
    corner(d, turn, x, y);
    corner(d, turn, x + width, y);
    corner(d, turn, x + width, y + height);
    corner(d, turn, x, y + height);
    d->shape.middle = moved(turn, x + width / 2, y + height / 2);
    d->shape.radius =
        (width < height ? width : height) / 2 * sqrt(fabs(turn->a * turn->d - turn->b * turn->c));
}

static void read_polygon(struct drawing *d, const struct matrix *turn)
{
    struct view points = xml_attribute(&d->xml, "points");
    double x, y, left = HUGE_VAL, right = -HUGE_VAL, top = HUGE_VAL, bottom = -HUGE_VAL;
    while (next_number(&points, &x) && next_number(&points, &y)) {
        corner(d, turn, x, y);
        const struct plan_point p = moved(turn, x, y);
        left = fmin(left, p.x);
        right = fmax(right, p.x);
        top = fmin(top, p.y);
        bottom = fmax(bottom, p.y);
    }
    d->shape.middle = (struct plan_point){(left + right) / 2, (top + bottom) / 2};
}

/* The tag's shape, where it is one. */
static bool read_shape(struct drawing *d, const struct matrix *turn)
{
    const struct view name = d->xml.name;
    d->shape.count = 0;
    d->shape.radius = 0;
    if (view_eq(name, VIEW_LIT("circle")))
        read_circle(d, turn, number_of(&d->xml, "r"), number_of(&d->xml, "r"));
    else if (view_eq(name, VIEW_LIT("ellipse")))
        read_circle(d, turn, number_of(&d->xml, "rx"), number_of(&d->xml, "ry"));
    else if (view_eq(name, VIEW_LIT("rect")))
        read_rect(d, turn);
    else if (view_eq(name, VIEW_LIT("polygon")))
        read_polygon(d, turn);
    for (uint32_t i = 0; i < d->shape.count; i++) {
        const struct plan_point *p = &d->shape.corners[i];
        if (!(fabs(p->x) <= PLAN_POSITION_MAX) || !(fabs(p->y) <= PLAN_POSITION_MAX))
            d->shape.count = 0;
    }
    return d->shape.count > 2;
}

/* ---- what a shape is ---- */

static struct view text_of(struct drawing *d, const char *name)
{
    return xml_text(xml_attribute(&d->xml, name), d->sketch.reader.arena);
}

/* fill of the style, or as an attribute, or of a group. */
static struct view fill_of(const struct drawing *d, struct view inherited)
{
    const struct view style = xml_attribute(&d->xml, "style"),
                      fill = xml_attribute(&d->xml, "fill");
    const char *at = style.len > 0 ? memmem(style.at, style.len, "fill:", 5) : NULL;
    if (!at)
        return fill.len > 0 ? fill : inherited;
    struct view value = view_of(at + 5, style.len - (size_t)(at - style.at) - 5);
    const char *end = value.len > 0 ? memchr(value.at, ';', value.len) : NULL;
    return end ? view_of(value.at, (size_t)(end - value.at)) : value;
}

/* The id's part up to the next slash, decoded. */
static struct view id_part(struct drawing *d, struct view *id)
{
    const char *slash = id->len > 0 ? memchr(id->at, '/', id->len) : NULL;
    const size_t len = slash ? (size_t)(slash - id->at) : id->len;
    char *part = arena_alloc(d->sketch.reader.arena, len + 1);
    const size_t read = part ? percent_read(view_of(id->at, len), part) : 0;
    const size_t used = len + (slash ? 1 : 0);
    *id = view_of(id->at + used, id->len - used);
    return view_of(part, read);
}

/* Whether the shape is a seat; its section, row and number. */
static bool names_a_seat(struct drawing *d, const struct group *in, struct listing_seat *seat)
{
    struct view id = text_of(d, "id");
    uint32_t slashes = 0;
    for (size_t i = 0; i < id.len; i++)
        slashes += id.at[i] == '/';
    if (d->shape.radius <= 0)
        return false;
    if (xml_attribute(&d->xml, "data-seat").len > 0) {
        const struct view section = text_of(d, "data-section"), row = text_of(d, "data-row");
        seat->number = text_of(d, "data-seat");
        seat->section = section.len > 0 ? section : in->section;
        seat->row = row.len > 0 ? row : in->row;
        return true;
    }
    if (slashes != 2)
        return false;
    seat->section = id_part(d, &id);
    seat->row = id_part(d, &id);
    seat->number = id_part(d, &id);
    return true;
}

static int add(struct drawing *d, const struct listing_seat *seat)
{
    const int err = listing_add(&d->listing, seat);
    if (err == ERR_FULL)
        refuse(d, "a hall has at most 200000 places");
    return err;
}

static int take_seat(struct drawing *d, const struct group *in, struct listing_seat *seat)
{
    const struct view fill = fill_of(d, in->fill), class = text_of(d, "class");
    seat->place = d->xml.line;
    seat->category = text_of(d, "data-category");
    if (seat->category.len == 0)
        seat->category = class;
    seat->color_given = color_read(fill, &seat->color);
    if (seat->category.len == 0 && seat->color_given)
        seat->category = fill;
    seat->row_label = text_of(d, "data-row-label");
    seat->seat_label = text_of(d, "data-seat-label");
    seat->x = (int32_t)lround(d->shape.middle.x * 100);
    seat->y = (int32_t)lround(d->shape.middle.y * 100);
    if (xml_attribute(&d->xml, "data-radius").len > 0)
        seat->radius = (uint32_t)lround(fmax(0, number_of(&d->xml, "data-radius")) * 100);
    if (!listing_kind(text_of(d, "data-kind"), &seat->kind))
        return refuse(d, "data-kind is not wheelchair, companion or restricted_view");
    return add(d, seat);
}

static int take_standing(struct drawing *d, const struct group *in, uint32_t places)
{
    struct listing_seat seat = {.section = text_of(d, "data-section"),
                                .category = text_of(d, "data-category"),
                                .standing = places,
                                .place = d->xml.line};
    int err = 0;
    if (seat.section.len == 0)
        seat.section = text_of(d, "id");
    seat.color_given = color_read(fill_of(d, in->fill), &seat.color);
    for (uint32_t i = 0; err == 0 && i < d->shape.count; i++) {
        seat.x = (int32_t)lround(d->shape.corners[i].x * 100);
        seat.y = (int32_t)lround(d->shape.corners[i].y * 100);
        err = add(d, &seat);
    }
    return err;
}

static int take_drawing(struct drawing *d, const struct group *in)
{
    const struct view fill = fill_of(d, in->fill);
    if (d->drawing_count == DRAWINGS_ROOM)
        return 0; /* one beyond the maximum was taken, so that it is told */
    struct draft_drawing *drawing = &d->drawings[d->drawing_count];
    *drawing = (struct draft_drawing){.color = COLOR_GREY, .outline_points = d->shape.count};
    drawing->filled = color_read(fill, &drawing->color);
    drawing->outline =
        arena_alloc(d->sketch.reader.arena, 2 * d->shape.count * sizeof(*drawing->outline));
    if (!drawing->outline)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < d->shape.count; i++) {
        drawing->outline[2 * i] = (int32_t)lround(d->shape.corners[i].x * 100);
        drawing->outline[2 * i + 1] = (int32_t)lround(d->shape.corners[i].y * 100);
    }
    d->drawing_count++;
    return 0;
}

static int take_shape(struct drawing *d, const struct group *in)
{
    struct listing_seat seat = {0};
    uint64_t places = 0;
    if (view_eq_nocase(xml_attribute(&d->xml, "id"), VIEW_LIT("stage"))) {
        d->listing.stage_given = true;
        d->listing.stage = d->shape.middle;
        return 0;
    }
    if (view_to_u64(xml_attribute(&d->xml, "data-standing"), HALL_PLACES_MAX, &places) &&
        places > 0)
        return take_standing(d, in, (uint32_t)places);
    return names_a_seat(d, in, &seat) ? take_seat(d, in, &seat) : take_drawing(d, in);
}

static void take_text(struct drawing *d)
{
    struct view text = d->text;
    while (text.len > 0 && memchr(" \t\r\n", text.at[0], 4))
        text = view_of(text.at + 1, text.len - 1);
    while (text.len > 0 && memchr(" \t\r\n", text.at[text.len - 1], 4))
        text.len--;
    if (text.len == 0 || text.len > HALL_NAME_MAX || !utf8_line(text) || !utf8_visible(text) ||
        d->drawing_count == DRAWINGS_ROOM)
        return;
    d->drawings[d->drawing_count++] =
        (struct draft_drawing){.text = text,
                               .color = COLOR_GREY,
                               .text_x = (int32_t)lround(d->text_at.x * 100),
                               .text_y = (int32_t)lround(d->text_at.y * 100)};
}

/* ---- the document ---- */

static int open_tag(struct drawing *d, bool empty)
{
    const struct group *outer = &d->groups[d->depth];
    struct group inner = *outer;
    const struct view section = text_of(d, "data-section"), row = text_of(d, "data-row");
    inner.name = d->xml.name;
    inner.turn = read_transform(xml_attribute(&d->xml, "transform"), outer->turn);
    inner.section = section.len > 0 ? section : outer->section;
    inner.row = row.len > 0 ? row : outer->row;
    inner.fill = fill_of(d, outer->fill);
    if (view_eq(d->xml.name, VIEW_LIT("text")) && !empty) {
        d->in_text = true;
        d->text = (struct view){0};
        d->text_at = moved(&inner.turn, number_of(&d->xml, "x"), number_of(&d->xml, "y"));
        if (!(fabs(d->text_at.x) <= PLAN_POSITION_MAX) ||
            !(fabs(d->text_at.y) <= PLAN_POSITION_MAX))
            d->in_text = false;
    }
    int err = read_shape(d, &inner.turn) ? take_shape(d, outer) : 0;
    if (view_eq(d->xml.name, VIEW_LIT("desc")) && xml_attribute(&d->xml, "data-category").len > 0) {
        uint32_t color = COLOR_GREY;
        color_read(xml_attribute(&d->xml, "data-color"), &color);
        err = listing_category(&d->sketch, text_of(d, "data-category"), color, d->xml.line);
    }
    if (err != 0 || empty)
        return err;
    if (d->depth + 1 == DEPTH_MAX)
        return refuse(d, "groups in groups are too deep");
    d->groups[++d->depth] = inner;
    return 0;
}

static int close_tag(struct drawing *d)
{
    if (d->depth == 0 || !view_eq(d->groups[d->depth].name, d->xml.name))
        return refuse(d, "a tag is closed that is not open");
    if (view_eq(d->xml.name, VIEW_LIT("text")) && d->in_text) {
        take_text(d);
        d->in_text = false;
    }
    d->depth--;
    return 0;
}

static int read_document(struct drawing *d)
{
    int err = 0;
    bool any = false;
    while (err == 0) {
        switch (xml_next(&d->xml)) {
        case XML_END:
            return d->depth > 0 ? refuse(d, "the text ends before the plan does")
                   : any        ? 0
                                : refuse(d, "this is not SVG");
        case XML_WRONG:
            return refuse(d, "this is not XML");
        case XML_TEXT:
            if (d->in_text && d->text.len == 0)
                d->text = xml_text(d->xml.text, d->sketch.reader.arena);
            break;
        case XML_OPEN:
            any = true;
            err = open_tag(d, false);
            break;
        case XML_EMPTY:
            any = true;
            err = open_tag(d, true);
            break;
        case XML_CLOSE:
            err = close_tag(d);
            break;
        }
    }
    return err;
}

static int put_drawings(struct drawing *d)
{
    int err = 0;
    if (d->drawing_count > 0)
        err = sketch_zone(&d->sketch, VIEW_LIT("Drawing"), 0);
    for (uint32_t i = 0; err == 0 && i < d->drawing_count; i++)
        err = sketch_drawing(&d->sketch, &d->drawings[i]);
    return err == 0 && d->drawing_count > 0 ? sketch_zone_end(&d->sketch) : err;
}

int svg_import(struct view text, const struct hall_wish *wish, struct hall **ret_hall,
               struct hall_notes *ret_notes, struct hall_error *ret_error)
{
    struct drawing *d = calloc(1, sizeof(*d));
    if (!d)
        return ERR_NO_MEMORY;
    d->xml = (struct xml){.rest = text, .line = 1};
    d->groups[0].turn = (struct matrix){1, 0, 0, 1, 0, 0};
    int err = sketch_init(&d->sketch, ret_error, ret_notes);
    if (err == 0)
        err = read_document(d);
    if (err == 0)
        err = listing_draw(&d->listing, &d->sketch);
    if (err == 0)
        err = put_drawings(d);
    if (err == 0)
        err = sketch_finish(&d->sketch, wish, ret_hall);
    sketch_release(&d->sketch);
    listing_release(&d->listing);
    free(d);
    return err;
}
