#include "hall/stage.h"

#include <math.h>
#include <stdlib.h>

#include "err/err.h"

#define STAGE_SHARE 5     /* a stage is at least this part of the seats' longer extent */
#define STAGE_EDGE  10000 /* hundredths of a unit from the seats to a stage nobody drew */
#define STAGE_STRIP                                                                                \
    10000 /* hundredths of a unit at least between stands with a stage between them */

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

struct plan_point stage_turned(const struct stage_area *area, struct plan_point p)
{
    return (struct plan_point){area->at.x + p.x * area->cosine - p.y * area->sine,
                               area->at.y + p.x * area->sine + p.y * area->cosine};
}

struct plan_point stage_middle(const struct stage_area *area)
{
    return stage_turned(
        area, (struct plan_point){area->left + area->width / 2, area->top + area->height / 2});
}

void stage_look(struct stage_search *search, const struct stage_area *area, const char *words,
                struct plan_point words_at)
{
    if (search->named)
        return;
    if (words && names_a_stage(words)) {
        search->named = true;
        search->at = words_at;
    } else if (area->width > 0 && search->area_count < STAGE_AREAS_MAX) {
        search->areas[search->area_count++] = *area;
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

static void widen(struct extent *e, int32_t x, int32_t y)
{
    e->left = x < e->left ? x : e->left;
    e->right = x > e->right ? x : e->right;
    e->top = y < e->top ? y : e->top;
    e->bottom = y > e->bottom ? y : e->bottom;
}

/* Of all seats; of what there is, in a hall where all stand. */
static struct extent extent_of(const struct hall_draft *draft)
{
    struct extent e = {INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN, 0};
    for (uint32_t i = 0; i < draft->seat_count; i++) {
        const struct draft_seat *seat = &draft->seats[i];
        widen(&e, seat->x, seat->y);
        e.mean_y += (double)seat->y / draft->seat_count;
    }
    for (uint32_t i = 0; draft->seat_count == 0 && i < draft->section_count; i++) {
        const struct draft_section *section = &draft->sections[i];
        for (uint32_t k = 0; k < section->outline_points; k++)
            widen(&e, section->outline[2 * k], section->outline[2 * k + 1]);
    }
    return e.left <= e.right ? e : (struct extent){0};
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
    return count > 0 ? sum / count : 0;
}

/* ---- two stands that face each other ---- */

/* A section's extent along one axis, and which way its rows go from the first to the last: -1, 0
 * where they do not, 1. */
struct stand {
    int32_t from, to;
    int direction;
};

static int32_t along(const struct draft_seat *seat, bool down)
{
    return down ? seat->y : seat->x;
}

static double row_mean(const struct draft_seat *seats, uint32_t count, bool down)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += along(&seats[i], down);
    return sum / count;
}

static struct stand stand_of(const struct hall_draft *draft, uint32_t section, uint32_t row,
                             uint32_t seat, bool down)
{
    const uint32_t rows = draft->sections[section].row_count;
    const uint32_t places = draft->sections[section].place_count;
    const uint32_t last = draft->rows[row + rows - 1].seat_count;
    struct stand s = {INT32_MAX, INT32_MIN, 0};
    for (uint32_t i = 0; i < places; i++) {
        const int32_t at = along(&draft->seats[seat + i], down);
        s.from = at < s.from ? at : s.from;
        s.to = at > s.to ? at : s.to;
    }
    const double way = row_mean(&draft->seats[seat + places - last], last, down) -
                       row_mean(&draft->seats[seat], draft->rows[row].seat_count, down);
    s.direction = rows < 2 || fabs(way) * 2 < (double)s.to - s.from ? 0 : way > 0 ? 1 : -1;
    return s;
}

static int stand_order(const void *a, const void *b)
{
    const struct stand *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

/* The widest strip without a seat across the hall between stands whose rows go one way on the one
 * side, and the other way on the other: toward it or away from it, for in some houses the first row
 * is the outermost. A balcony behind the stalls has its rows go the same way. */
static bool find_between(struct stand *stands, uint32_t count, int32_t *ret_from, int32_t *ret_to)
{
    int before = 0, widest = STAGE_STRIP;
    bool found = false, mixed = false;
    qsort(stands, count, sizeof(*stands), stand_order);
    int32_t end = INT32_MIN;
    for (uint32_t i = 0; i + 1 < count; i++) {
        end = stands[i].to > end ? stands[i].to : end;
        mixed = mixed || stands[i].direction == 0 || (before != 0 && stands[i].direction != before);
        before = stands[i].direction;
        bool facing = !mixed;
        for (uint32_t k = i + 1; k < count; k++)
            facing = facing && stands[k].direction == -before;
        if (facing && (int64_t)stands[i + 1].from - end >= widest) {
            widest = stands[i + 1].from - end;
            *ret_from = end;
            *ret_to = stands[i + 1].from;
            found = true;
        }
    }
    return found;
}

/* The middle of the strip between two sides that face each other. */
static bool between_stands(const struct hall_draft *draft, const struct extent *e,
                           struct hall_draft *ret)
{
    struct stand *stands = malloc((draft->section_count + 1) * sizeof(*stands));
    bool found = false;
    for (int down = 1; stands && !found && down >= 0; down--) {
        uint32_t count = 0, row = 0, seat = 0;
        int32_t from, to;
        for (uint32_t i = 0; i < draft->section_count; i++) {
            const struct draft_section *section = &draft->sections[i];
            if (section->kind != HALL_SEATED)
                continue;
            stands[count++] = stand_of(draft, i, row, seat, down);
            row += section->row_count;
            seat += section->place_count;
        }
        found = find_between(stands, count, &from, &to);
        if (found) {
            ret->stage_x = down ? e->left + (e->right - e->left) / 2 : from + (to - from) / 2;
            ret->stage_y = down ? from + (to - from) / 2 : e->top + (e->bottom - e->top) / 2;
        }
    }
    free(stands);
    return found;
}

/* ---- the choice ---- */

static void set_stage(struct hall_draft *draft, struct plan_point at)
{
    draft->stage_x = (int32_t)lround(at.x * 100);
    draft->stage_y = (int32_t)lround(at.y * 100);
}

static void tell(struct hall_notes *notes, const struct hall_draft *draft, const char *why)
{
    plan_note(notes, HALL_NOTE_STAGE, (struct view){0}, 1,
              "The stage is taken to be at %.2f, %.2f of the plan: %s.", draft->stage_x / 100.0,
              draft->stage_y / 100.0, why);
}

void stage_choose(const struct stage_search *search, struct hall_draft *draft,
                  const struct plan_zone *zones, uint32_t zone_count, struct hall_notes *notes)
{
    const struct extent e = extent_of(draft);
    const double longer = fmax((double)e.right - e.left, (double)e.bottom - e.top) / 100;
    const struct stage_area *area = search->named ? NULL : largest_empty(search, draft, longer);
    if (search->named) {
        set_stage(draft, search->at);
        tell(notes, draft, "an area's text names it");
        return;
    }
    if (area) {
        set_stage(draft, stage_middle(area));
        tell(notes, draft, "the middle of the largest area without a seat in it");
        return;
    }
    if (between_stands(draft, &e, draft)) {
        tell(notes, draft, "between the stands that face each other");
        return;
    }
    const bool above = first_rows_y(draft, zones, zone_count) <= e.mean_y;
    draft->stage_x = e.left + (e.right - e.left) / 2;
    draft->stage_y = above ? e.top - STAGE_EDGE : e.bottom + STAGE_EDGE;
    tell(notes, draft, above ? "above the first rows" : "below the first rows");
}
