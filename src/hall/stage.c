#include "hall/stage.h"

#include <math.h>

#include "err/err.h"

#define STAGE_SHARE     5     /* a stage is at least this part of the seats' longer extent */
#define STAGE_EDGE      10000 /* hundredths of a unit from the seats to a stage nobody drew */
#define POLYGON_CORNERS 1000

/* ---- what an area is ---- */

static bool names_a_stage(const char *text)
{
    /* Only ASCII is made lower case below. */
    static const char *const words[] = {"stage",         "bühne",    "bÜhne", "buehne", "무대",
                                        "舞台",          "scène",    "scÈne", "scene",  "escenario",
                                        "palco",         "podium",   "pitch", "경기장", "그라운드",
                                        "playing field", "spielfeld"};
    char lower[64] = {0};
    for (size_t i = 0; i + 1 < sizeof(lower) && text[i]; i++)
        lower[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i];
    if (strstr(lower, "backstage"))
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstr(lower, words[i]))
            return true;
    }
    return false;
}

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

/* From the area's own coordinates to the plan's. */
static struct plan_point turned(const struct stage_area *area, struct plan_point p)
{
    return (struct plan_point){area->at.x + p.x * area->cosine - p.y * area->sine,
                               area->at.y + p.x * area->sine + p.y * area->cosine};
}

static struct plan_point middle(const struct stage_area *area)
{
    return turned(area,
                  (struct plan_point){area->left + area->width / 2, area->top + area->height / 2});
}

/* Its text; where that is, *ret_at: the newer revision says, the older one means the middle. */
static const char *read_words(const json_t *object, const struct stage_area *area,
                              struct plan_point *ret_at)
{
    const json_t *text = json_object_get(object, "text");
    struct plan_point at = {0};
    *ret_at = middle(area);
    if (json_is_string(text))
        return json_string_value(text);
    if (read_pair(json_object_get(text, "position"), "x", "y", &at))
        *ret_at = turned(area, at);
    return json_string_value(json_object_get(text, "text"));
}

void stage_look(struct stage_search *search, const json_t *zone, struct plan_point zone_at)
{
    const json_t *areas = json_object_get(zone, "areas");
    for (size_t i = 0; i < json_array_size(areas) && !search->named; i++) {
        const json_t *object = json_array_get(areas, i);
        struct stage_area area = {.at = zone_at};
        struct plan_point at = {0};
        const double degrees = json_number_value(json_object_get(object, "rotation"));
        const double turn = fabs(degrees) <= 360 ? degrees * M_PI / 180 : 0;
        if (read_pair(json_object_get(object, "position"), "x", "y", &at)) {
            area.at.x += at.x;
            area.at.y += at.y;
        }
        area.sine = sin(turn);
        area.cosine = cos(turn);
        const bool box = read_box(object, &area) && area.width > 0 && area.height > 0;
        if (!box)
            area.left = area.top = area.width = area.height = 0;
        const char *words = read_words(object, &area, &at);
        if (words && names_a_stage(words)) {
            search->named = true;
            search->at = at;
        } else if (box && search->area_count < STAGE_AREAS_MAX) {
            search->areas[search->area_count++] = area;
        }
    }
}

/* ---- which it is ---- */

static bool holds_a_seat(const struct stage_area *area, const struct hall_draft *draft)
{
    for (uint32_t i = 0; i < draft->seat_count; i++) {
        const double dx = draft->seats[i].x / 100.0 - area->at.x;
        const double dy = draft->seats[i].y / 100.0 - area->at.y;
        const double x = dx * area->cosine + dy * area->sine - area->left;
        const double y = dy * area->cosine - dx * area->sine - area->top;
        if (x >= 0 && x <= area->width && y >= 0 && y <= area->height)
            return true;
    }
    return false;
}

/* A floor, a background, a terrace have seats on them; a bar is small. NULL: none is left. */
static const struct stage_area *largest_empty(const struct stage_search *search,
                                              const struct hall_draft *draft, double extent)
{
    const struct stage_area *best = NULL;
    for (uint32_t i = 0; i < search->area_count; i++) {
        const struct stage_area *area = &search->areas[i];
        if (fmax(area->width, area->height) * STAGE_SHARE < extent ||
            (best && area->width * area->height <= best->width * best->height))
            continue;
        if (!holds_a_seat(area, draft))
            best = area;
    }
    return best;
}

struct extent {
    int32_t left, right, top, bottom;
    double mean_y;
};

static struct extent extent_of(const struct hall_draft *draft)
{
    const struct draft_seat *first = &draft->seats[0];
    struct extent e = {first->x, first->x, first->y, first->y, 0};
    for (uint32_t i = 0; i < draft->seat_count; i++) {
        const struct draft_seat *seat = &draft->seats[i];
        e.left = seat->x < e.left ? seat->x : e.left;
        e.right = seat->x > e.right ? seat->x : e.right;
        e.top = seat->y < e.top ? seat->y : e.top;
        e.bottom = seat->y > e.bottom ? seat->y : e.bottom;
        e.mean_y += (double)seat->y / draft->seat_count;
    }
    return e;
}

static double first_rows_y(const struct hall_draft *draft, const struct plan_zone *zones,
                           uint32_t zone_count)
{
    double sum = 0;
    uint32_t count = 0;
    for (uint32_t z = 0; z < zone_count; z++) {
        for (uint32_t i = 0; i < zones[z].first_row_seats; i++, count++)
            sum += draft->seats[zones[z].first_seat + i].y;
    }
    return sum / count;
}

void stage_choose(const struct stage_search *search, struct hall_draft *draft,
                  const struct plan_zone *zones, uint32_t zone_count)
{
    assert(draft->seat_count > 0 && zone_count > 0);
    const struct extent e = extent_of(draft);
    const double longer = fmax(e.right - e.left, e.bottom - e.top) / 100;
    const struct stage_area *area = search->named ? NULL : largest_empty(search, draft, longer);
    if (search->named || area) {
        const struct plan_point at = search->named ? search->at : middle(area);
        draft->stage_x = (int32_t)lround(at.x * 100);
        draft->stage_y = (int32_t)lround(at.y * 100);
        return;
    }
    const bool above = first_rows_y(draft, zones, zone_count) <= e.mean_y;
    draft->stage_x = (e.left + e.right) / 2;
    draft->stage_y = above ? e.top - STAGE_EDGE : e.bottom + STAGE_EDGE;
}
