/*
 * What is free near a point. Distances are squared and between doubled coordinates, so that the
 * middle of two seats is a whole number; no floating point.
 *
 * The rule of a refusal, for `count` places that were asked for, with their centroid:
 *   1. all of them of one standing area with that many free: its lowest free places;
 *   2. else the run of count adjacent free seats, of the kinds that were asked for, whose middle
 *      (between its first and last seat) is nearest to the centroid;
 *   3. else the count free seats of these kinds nearest to it, none of them a standing place: those
 *      are asked for by quantity, and what is offered must be good to ask for as it is;
 *   4. else, fewer than count being free, nothing.
 * Of equally near ones the lowest index. The centroid is rounded down.
 *
 * Sections, then windows, are passed over where they have too little free or their box is farther
 * away than what was found; the search starts at home, in the section of the first seat asked for.
 */
#include "seats/engine.h"

struct point {
    int64_t x, y; /* doubled */
};

/* The best found, nearest first. */
struct found {
    uint32_t wanted, count;
    bool standing;  /* standing places may be found too */
    uint32_t kinds; /* of seats that may be found: bits of enum hall_seat_kind */
    struct candidate {
        int64_t distance;
        uint32_t seat;
    } list[SEATS_PARTY_MAX];
};

static int64_t square_distance(struct point a, struct point b)
{
    return (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y);
}

/* From the point to the nearest point of the box; no place in it is nearer. */
static int64_t box_distance(const struct windows_box *box, struct point p)
{
    int64_t left = 2 * (int64_t)box->x_min - p.x, right = p.x - 2 * (int64_t)box->x_max;
    int64_t above = 2 * (int64_t)box->y_min - p.y, below = p.y - 2 * (int64_t)box->y_max;
    int64_t dx = left > 0 ? left : right > 0 ? right : 0;
    int64_t dy = above > 0 ? above : below > 0 ? below : 0;
    return dx * dx + dy * dy;
}

/* Twice the middle of two places; of one place given twice, twice that place. */
static struct point middle(const struct windows *w, uint32_t a, uint32_t b)
{
    return (struct point){.x = (int64_t)w->points[a].x + w->points[b].x,
                          .y = (int64_t)w->points[a].y + w->points[b].y};
}

/* Anything farther than this is of no use. */
static int64_t reach_of(const struct found *found)
{
    return found->count < found->wanted ? INT64_MAX : found->list[found->count - 1].distance;
}

static void offer(struct found *found, int64_t distance, uint32_t seat)
{
    uint32_t at = found->count;
    while (at > 0 &&
           (found->list[at - 1].distance > distance ||
            (found->list[at - 1].distance == distance && found->list[at - 1].seat > seat)))
        at--;
    if (at == found->wanted)
        return;
    if (found->count < found->wanted)
        found->count++;
    for (uint32_t i = found->count - 1; i > at; i--)
        found->list[i] = found->list[i - 1];
    found->list[at] = (struct candidate){distance, seat};
}

/* Offers every run of `party` that starts in the window; of a standing window, with party 1 and
 * where they may be found, its lowest free places. */
static void search_window(const struct seats *s, uint32_t window, uint32_t party, struct point p,
                          struct found *found)
{
    const struct windows *all = &s->windows;
    const struct window *w = &all->list[window];
    if (w->standing) {
        uint32_t places[SEATS_PARTY_MAX];
        uint32_t count =
            party == 1 && found->standing ? seats_lowest(s, window, found->wanted, places) : 0;
        for (uint32_t i = 0; i < count; i++)
            offer(found, square_distance(middle(all, places[i], places[i]), p), places[i]);
        return;
    }
    const uint64_t mask =
        found->kinds == WINDOWS_ORDINARY ? w->mask : windows_mask(all, w, found->kinds);
    for (uint64_t runs = seats_runs(w, seats_view(s, w), mask, party); runs; runs &= runs - 1) {
        uint32_t seat = w->first + (uint32_t)__builtin_ctzll(runs) - WINDOW_BEFORE;
        const uint32_t last = windows_behind(w, seat, party - 1);
        offer(found, square_distance(middle(all, seat, last), p), seat);
    }
}

static void search_section(const struct seats *s, uint32_t section, struct windows_filter filter,
                           uint32_t party, struct point p, struct found *found)
{
    const struct windows *all = &s->windows;
    const struct windows_section *in = &all->sections[section];
    if (s->sections[section].free < party || box_distance(&in->box, p) > reach_of(found))
        return;
    for (uint32_t i = in->first_window; i < in->first_window + in->window_count; i++)
        if (windows_passes(filter, all->tags[i]) &&
            box_distance(&all->list[i].box, p) <= reach_of(found))
            search_window(s, i, party, p, found);
}

/* The found->wanted nearest runs of party. */
static void search(const struct seats *s, struct windows_filter filter, uint32_t home,
                   uint32_t party, struct point p, struct found *found)
{
    search_section(s, home, filter, party, p, found);
    for (uint32_t i = filter.first_section; i < filter.end_section; i++)
        if (i != home)
            search_section(s, i, filter, party, p, found);
}

static void give_ascending(const struct found *found, uint32_t *ret_seats)
{
    for (uint32_t i = 0; i < found->count; i++) {
        uint32_t at = i;
        for (; at > 0 && ret_seats[at - 1] > found->list[i].seat; at--)
            ret_seats[at] = ret_seats[at - 1];
        ret_seats[at] = found->list[i].seat;
    }
}

/* Rule 1. */
static bool find_same_area(const struct seats *s, const uint32_t *asked, uint32_t count,
                           struct seats_refusal *ret)
{
    uint32_t section = s->hall->seats[asked[0]].section;
    for (uint32_t i = 1; i < count; i++)
        if (s->hall->seats[asked[i]].section != section)
            return false;
    if (seats_pick_standing(s, section, count, ret->nearest) != 0)
        return false;
    ret->nearest_count = count;
    return true;
}

void seats_find_nearest(const struct seats *s, const uint32_t *asked, uint32_t count,
                        struct seats_refusal *ret)
{
    assert(count > 0);
    struct windows_filter any = windows_filter(&s->windows, -1, -1);
    uint32_t home = s->hall->seats[asked[0]].section, kinds = 0;
    ret->nearest_count = 0;
    if (s->counts.free < count || find_same_area(s, asked, count, ret))
        return;
    struct point p = {0, 0};
    for (uint32_t i = 0; i < count; i++) {
        p.x += 2 * (int64_t)s->windows.points[asked[i]].x;
        p.y += 2 * (int64_t)s->windows.points[asked[i]].y;
        kinds |= UINT32_C(1) << s->hall->seats[asked[i]].kind;
    }
    p.x /= count;
    p.y /= count;
    struct found run = {.wanted = 1, .kinds = kinds};
    if (count > 1)
        search(s, any, home, count, p, &run);
    ret->nearest_count = count;
    if (run.count == 1) {
        const uint32_t first = run.list[0].seat;
        seats_places_of(&s->windows.list[s->windows.touch[first] >> 8], first, count, ret->nearest);
        return;
    }
    struct found singles = {.wanted = count, .kinds = kinds};
    search(s, any, home, 1, p, &singles);
    ret->nearest_count = singles.count == count ? count : 0;
    if (ret->nearest_count > 0)
        give_ascending(&singles, ret->nearest);
}

bool seats_find_around(const struct seats *s, struct windows_filter filter, uint32_t kinds,
                       uint32_t seat, uint32_t count, uint32_t *ret_seats)
{
    /* The seat itself is kept first by a distance that nothing else has. */
    struct found singles = {.wanted = count};
    if (kinds >> s->hall->seats[seat].kind & 1)
        offer(&singles, -1, seat);
    struct point p = middle(&s->windows, seat, seat);
    struct found others = {.wanted = count, .standing = kinds & WINDOWS_ORDINARY, .kinds = kinds};
    search(s, filter, s->hall->seats[seat].section, 1, p, &others);
    for (uint32_t i = 0; i < others.count; i++)
        if (others.list[i].seat != seat)
            offer(&singles, others.list[i].distance, others.list[i].seat);
    if (singles.count < count)
        return false;
    give_ascending(&singles, ret_seats);
    return true;
}
