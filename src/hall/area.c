#include "hall/area.h"

#include <math.h>

#include "err/err.h"
#include "hall/color.h"
#include "mem/utf8.h"

#define POLYGON_CORNERS 1000
#define CIRCLE_CORNERS  24

/* object.x and object.y under the two names given. False: no such numbers, or absurd ones. */
static bool read_pair(const json_t *object, const char *x, const char *y, struct plan_point *ret)
{
    const json_t *a = json_object_get(object, x), *b = json_object_get(object, y);
    if (!json_is_number(a) || !json_is_number(b))
        return false;
    const struct plan_point p = {json_number_value(a), json_number_value(b)};
    if (!(fabs(p.x) <= PLAN_POSITION_MAX) || !(fabs(p.y) <= PLAN_POSITION_MAX))
        return false;
    *ret = p;
    return true;
}

static bool polygon_box(const json_t *polygon, struct stage_area *area)
{
    const json_t *points = json_object_get(polygon, "points");
    const size_t count = json_array_size(points);
    double right = 0, bottom = 0;
    if (count < 3 || count > POLYGON_CORNERS)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct plan_point p;
        if (!read_pair(json_array_get(points, i), "x", "y", &p))
            return false;
        area->left = i == 0 || p.x < area->left ? p.x : area->left;
        area->top = i == 0 || p.y < area->top ? p.y : area->top;
        right = i == 0 || p.x > right ? p.x : right;
        bottom = i == 0 || p.y > bottom ? p.y : bottom;
    }
    area->width = right - area->left;
    area->height = bottom - area->top;
    return true;
}

/* The box of an area's shape. The older revision has rectangles only, without saying so. */
static bool read_box(const json_t *object, struct stage_area *area)
{
    const char *shape = json_string_value(json_object_get(object, "shape"));
    const json_t *body = shape ? json_object_get(object, shape) : object;
    struct plan_point size;
    if (shape && strcmp(shape, "polygon") == 0)
        return polygon_box(body, area);
    if (shape && strcmp(shape, "circle") == 0) {
        if (!read_pair(body, "radius", "radius", &size))
            return false;
    } else if (shape && strcmp(shape, "ellipse") == 0) {
        if (!read_pair(json_object_get(body, "radius"), "x", "y", &size))
            return false;
    } else if (!shape || strcmp(shape, "rectangle") == 0) {
        if (!read_pair(body, "width", "height", &size))
            return false;
        area->width = size.x;
        area->height = size.y;
        return true;
    } else {
        return false; /* a text, or what we do not know */
    }
    area->left = -size.x;
    area->top = -size.y;
    area->width = 2 * size.x;
    area->height = 2 * size.y;
    return true;
}

/* Its text; where that is, *ret_at: the newer revision says, the older one means the middle. */
static const char *read_words(const json_t *object, const struct stage_area *area,
                              struct plan_point *ret_at)
{
    const json_t *text = json_object_get(object, "text");
    struct plan_point at = {0};
    *ret_at = stage_middle(area);
    if (json_is_string(text))
        return json_string_value(text);
    if (read_pair(json_object_get(text, "position"), "x", "y", &at))
        *ret_at = stage_turned(area, at);
    return json_string_value(json_object_get(text, "text"));
}

/* ---- as a drawing ---- */

static int32_t hundredths(double units)
{
    return (int32_t)lround(units * 100);
}

static void put_corner(struct draft_drawing *drawing, const struct stage_area *area,
                       struct plan_point p)
{
    const struct plan_point at = stage_turned(area, p);
    drawing->outline[2 * drawing->outline_points] = hundredths(at.x);
    drawing->outline[2 * drawing->outline_points + 1] = hundredths(at.y);
    drawing->outline_points++;
}

static int draw_shape(const json_t *object, const struct stage_area *area, struct arena *arena,
                      struct draft_drawing *drawing)
{
    const char *shape = json_string_value(json_object_get(object, "shape"));
    const json_t *points = json_object_get(json_object_get(object, "polygon"), "points");
    const bool polygon = shape && strcmp(shape, "polygon") == 0;
    const bool round = shape && (strcmp(shape, "circle") == 0 || strcmp(shape, "ellipse") == 0);
    const size_t corners = polygon ? json_array_size(points) : round ? CIRCLE_CORNERS : 4;
    drawing->outline = arena_alloc(arena, 2 * corners * sizeof(*drawing->outline));
    if (!drawing->outline)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < corners; i++) {
        const double turn = 2 * M_PI * (double)i / CIRCLE_CORNERS;
        struct plan_point p = {area->left + (i == 1 || i == 2 ? area->width : 0),
                               area->top + (i >= 2 ? area->height : 0)};
        if (polygon && !read_pair(json_array_get(points, i), "x", "y", &p))
            return 0; /* never: its box was read */
        if (round)
            p = (struct plan_point){area->left + area->width / 2 * (1 + cos(turn)),
                                    area->top + area->height / 2 * (1 + sin(turn))};
        put_corner(drawing, area, p);
    }
    return 0;
}

static void draw_text(const struct area *area, struct draft_drawing *drawing)
{
    struct view text = view_str(area->words);
    while (text.len > 0 && text.at[0] == ' ')
        text = view_of(text.at + 1, text.len - 1);
    while (text.len > 0 && text.at[text.len - 1] == ' ')
        text.len--;
    if (text.len == 0 || text.len > HALL_NAME_MAX || !utf8_line(text) || !utf8_visible(text))
        return;
    drawing->text = text;
    drawing->text_x = hundredths(area->words_at.x);
    drawing->text_y = hundredths(area->words_at.y);
}

static uint32_t read_capacity(const json_t *object)
{
    const json_t *value = json_object_get(object, "capacity");
    const json_int_t places =
        json_integer_value(value ? value : json_object_get(object, "standing"));
    return places > 0 && places <= HALL_PLACES_MAX ? (uint32_t)places : 0;
}

int area_read(const json_t *object, struct plan_point zone_at, struct arena *arena,
              struct area *ret_area)
{
    struct stage_area *box = &ret_area->box;
    struct plan_point at = {0};
    const double degrees = json_number_value(json_object_get(object, "rotation"));
    const double turn = fabs(degrees) <= 360 ? degrees * M_PI / 180 : 0;
    const char *color = json_string_value(json_object_get(object, "color"));
    int err = 0;
    *ret_area = (struct area){.box.at = zone_at, .capacity = read_capacity(object)};
    if (read_pair(json_object_get(object, "position"), "x", "y", &at)) {
        box->at.x += at.x;
        box->at.y += at.y;
    }
    box->sine = sin(turn);
    box->cosine = cos(turn);
    if (!read_box(object, box) || !(box->width > 0) || !(box->height > 0))
        box->left = box->top = box->width = box->height = 0;
    ret_area->words = read_words(object, box, &ret_area->words_at);
    if (box->width > 0)
        err = draw_shape(object, box, arena, &ret_area->drawing);
    ret_area->drawing.color = COLOR_GREY;
    ret_area->drawing.filled = color && color_read(view_str(color), &ret_area->drawing.color);
    draw_text(ret_area, &ret_area->drawing);
    return err;
}
