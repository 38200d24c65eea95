#include "owner/habits.h"

#include <stdlib.h>

#include "mem/table.h"

#define RING_FIRST 1024

/* What is remembered of an account or address; in a ring, overwritten in turn. */
struct habit {
    struct id who; /* zero: unused */
    uint32_t points;
    int64_t last_ms; /* of the last point */
};

struct circle {
    struct habit
        *ring; /* HABITS_REMEMBERED; the kernel's pages, of which only those used are there */
    uint32_t next, used;
    struct table places; /* who → place in ring */
};

struct habits {
    int64_t hold_ms, keep_ms;
    struct circle accounts, addresses;
    struct table origins;  /* live hold → place in origin_of */
    struct id *origin_of;  /* holds_max */
    uint32_t *free_places; /* a stack of those not used */
    uint32_t free_count, holds_max;
};

static int circle_init(struct circle *c, uint64_t seed)
{
    c->ring = calloc(HABITS_REMEMBERED, sizeof(*c->ring));
    return c->ring ? table_init(&c->places, RING_FIRST, seed) : ERR_NO_MEMORY;
}

static void circle_release(struct circle *c)
{
    free(c->ring);
    table_release(&c->places);
}

static const struct habit *circle_find(const struct circle *c, struct id who)
{
    uint32_t place;
    return table_get(&c->places, who, &place) ? &c->ring[place] : NULL;
}

/* The one that is there, or a new one in the place of the oldest; NULL without memory. */
static struct habit *circle_take(struct circle *c, struct id who)
{
    uint32_t place;
    if (table_get(&c->places, who, &place))
        return &c->ring[place];
    struct habit *habit = &c->ring[c->next];
    if (!id_is_zero(habit->who))
        table_remove(&c->places, habit->who);
    if (table_reserve(&c->places, c->places.count + 1) != 0)
        return NULL;
    int err = table_put(&c->places, who, c->next);
    assert(err == 0);
    c->next = (c->next + 1) % HABITS_REMEMBERED;
    if (c->used < HABITS_REMEMBERED)
        c->used++;
    *habit = (struct habit){.who = who};
    return habit;
}

static void add_points(struct habits *h, struct circle *c, struct id who, uint32_t points,
                       uint32_t most, int64_t now_ms)
{
    struct habit *habit = id_is_zero(who) ? NULL : circle_take(c, who);
    if (!habit)
        return;
    if (now_ms - habit->last_ms >= h->keep_ms)
        habit->points = 0;
    habit->points = habit->points + points < most ? habit->points + points : most;
    habit->last_ms = now_ms;
}

static void forget_holds(struct habits *h)
{
    table_clear(&h->origins);
    for (h->free_count = 0; h->free_count < h->holds_max; h->free_count++)
        h->free_places[h->free_count] = h->free_count;
}

int habits_new(uint32_t hold_ttl_ms, uint32_t holds_max, int64_t keep_ms, uint64_t seed,
               struct habits **ret_habits)
{
    struct habits *h = calloc(1, sizeof(*h));
    if (!h)
        return ERR_NO_MEMORY;
    *h = (struct habits){.hold_ms = hold_ttl_ms, .keep_ms = keep_ms, .holds_max = holds_max};
    h->origin_of = calloc(holds_max, sizeof(*h->origin_of));
    h->free_places = calloc(holds_max, sizeof(*h->free_places));
    int err = h->origin_of && h->free_places ? 0 : ERR_NO_MEMORY;
    if (err == 0)
        err = circle_init(&h->accounts, seed);
    if (err == 0)
        err = circle_init(&h->addresses, seed);
    if (err == 0)
        err = table_init(&h->origins, holds_max, 0);
    if (err != 0) {
        habits_free(h);
        return err;
    }
    forget_holds(h);
    *ret_habits = h;
    return 0;
}

void habits_free(struct habits *h)
{
    if (!h)
        return;
    circle_release(&h->accounts);
    circle_release(&h->addresses);
    table_release(&h->origins);
    free(h->origin_of);
    free(h->free_places);
    free(h);
}

void habits_clear(struct habits *h)
{
    table_clear(&h->accounts.places);
    memset(h->accounts.ring, 0, h->accounts.used * sizeof(*h->accounts.ring));
    h->accounts.next = h->accounts.used = 0;
    forget_holds(h);
}

/* ---- what comes next ---- */

/* What a number of strikes means, in parts of a hold. */
static struct habits_next of_strikes(const struct habits *h, uint32_t strikes, int64_t last_ms)
{
    static const int64_t eighths[HABITS_STRIKES_MAX + 1] = {8, 6, 4, 2, 1, 1, 1};
    int64_t pause_ms = strikes > 0 ? (h->hold_ms << (strikes - 1)) / 16 : 0;
    if (pause_ms > HABITS_PAUSE_MS)
        pause_ms = HABITS_PAUSE_MS;
    const int64_t hold_ms = h->hold_ms * eighths[strikes] / 8;
    return (struct habits_next){.from_ms = strikes > 0 ? last_ms + pause_ms : 0,
                                .hold_ms = hold_ms > 0 ? hold_ms : 1};
}

static struct habits_next next_of(const struct habits *h, const struct circle *c, struct id who,
                                  uint32_t strike, int64_t now_ms)
{
    const struct habit *habit = id_is_zero(who) ? NULL : circle_find(c, who);
    if (!habit || now_ms - habit->last_ms >= h->keep_ms)
        return of_strikes(h, 0, 0);
    const uint32_t strikes = habit->points / strike;
    return of_strikes(h, strikes < HABITS_STRIKES_MAX ? strikes : HABITS_STRIKES_MAX,
                      habit->last_ms);
}

struct habits_next habits_next(const struct habits *h, struct id account_id, struct id origin,
                               int64_t now_ms)
{
    const struct habits_next a = next_of(h, &h->accounts, account_id, HABITS_WHOLE, now_ms);
    const struct habits_next b =
        next_of(h, &h->addresses, origin, HABITS_WHOLE * HABITS_ADDRESS, now_ms);
    return (struct habits_next){.from_ms = a.from_ms > b.from_ms ? a.from_ms : b.from_ms,
                                .hold_ms = a.hold_ms < b.hold_ms ? a.hold_ms : b.hold_ms};
}

/* ---- what is learnt ---- */

void habits_begin(struct habits *h, struct id hold_id, struct id origin)
{
    if (id_is_zero(origin) || h->free_count == 0)
        return;
    const uint32_t place = h->free_places[--h->free_count];
    h->origin_of[place] = origin;
    int err = table_put(&h->origins, hold_id, place);
    assert(err == 0);
}

struct id habits_origin(const struct habits *h, struct id hold_id)
{
    uint32_t place;
    return table_get(&h->origins, hold_id, &place) ? h->origin_of[place] : (struct id){0};
}

static struct id end(struct habits *h, struct id hold_id)
{
    uint32_t place;
    if (!table_get(&h->origins, hold_id, &place))
        return (struct id){0};
    table_remove(&h->origins, hold_id);
    h->free_places[h->free_count++] = place;
    return h->origin_of[place];
}

void habits_unused(struct habits *h, struct id hold_id, struct id account_id, bool expired,
                   int64_t held_ms, int64_t now_ms)
{
    const struct id origin = end(h, hold_id);
    const int64_t quarter_ms = h->hold_ms / 4 > 0 ? h->hold_ms / 4 : 1;
    const uint32_t points =
        expired || held_ms >= quarter_ms
            ? HABITS_WHOLE
            : 1 + (uint32_t)((HABITS_WHOLE - 1) * (held_ms > 0 ? held_ms : 0) / quarter_ms);
    const uint32_t most = HABITS_WHOLE * HABITS_STRIKES_MAX;
    add_points(h, &h->accounts, account_id, points, most, now_ms);
    add_points(h, &h->addresses, origin, points, most * HABITS_ADDRESS, now_ms);
}

void habits_used(struct habits *h, struct id hold_id, struct id account_id)
{
    uint32_t place;
    const struct id origin = end(h, hold_id);
    if (table_get(&h->accounts.places, account_id, &place))
        h->accounts.ring[place].points = 0;
    if (!id_is_zero(origin) && table_get(&h->addresses.places, origin, &place)) {
        struct habit *habit = &h->addresses.ring[place];
        habit->points -= habit->points < HABITS_WHOLE ? habit->points : HABITS_WHOLE;
    }
}
