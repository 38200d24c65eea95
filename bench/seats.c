#include "bench/seats.h"

#include <stdlib.h>

#include "chance/chance.h"
#include "clock/clock.h"
#include "hall/hall.h"
#include "seats/seats.h"

#define ACCOUNTS   100000
#define CROWD      1000 /* accounts that want the same HOT seats */
#define HOT        10
#define MEASURE_NS (NS_PER_S / 3)
#define EXPIRES_MS 480000
#define PLACES_MAX 100000

/* What every measurement needs, made outside the measured time. */
struct bench {
    void (*row)(void *state, const char *name, double value, const char *unit);
    void *state;
    struct hall *hall;
    struct seats *s;
    struct id *accounts; /* ACCOUNTS */
    struct id *holds;    /* PLACES_MAX */
    uint32_t *order;     /* PLACES_MAX: the hall's places, shuffled */
    struct chance_seeded chance;
};

static int64_t now_ns(void)
{
    return clock_mono_ns(clock_system());
}

static void release(struct bench *b)
{
    seats_free(b->s);
    if (b->hall)
        hall_free(b->hall);
    free(b->accounts);
    free(b->holds);
    free(b->order);
}

/* All places free again. */
static bool renew(struct bench *b)
{
    seats_free(b->s);
    b->s = NULL;
    struct seats_limits limits = {.places_max = PLACES_MAX, .accounts_max = ACCOUNTS};
    return seats_new(b->hall, &limits, &b->s) == 0;
}

static bool prepare(struct bench *b, uint32_t capacity)
{
    struct hall_error error;
    chance_seed(&b->chance, capacity);
    if (hall_generate(&(struct hall_shape){.capacity = capacity}, &b->hall, &error) != 0)
        return false;
    b->accounts = calloc(ACCOUNTS, sizeof(*b->accounts));
    b->holds = calloc(PLACES_MAX, sizeof(*b->holds));
    b->order = calloc(PLACES_MAX, sizeof(*b->order));
    if (!b->accounts || !b->holds || !b->order)
        return false;
    for (uint32_t i = 0; i < ACCOUNTS; i++)
        b->accounts[i] = chance_id(&b->chance.chance);
    for (uint32_t i = 0; i < PLACES_MAX; i++)
        b->holds[i] = chance_id(&b->chance.chance);
    for (uint32_t i = 0; i < b->hall->place_count; i++) {
        uint32_t other = (uint32_t)chance_below(&b->chance.chance, i + 1);
        b->order[i] = b->order[other];
        b->order[other] = i;
    }
    return renew(b);
}

static struct seats_hold ask_for(const struct bench *b, uint32_t hold, uint32_t account,
                                 uint32_t seat)
{
    return (struct seats_hold){
        .hold_id = b->holds[hold],
        .account_id = b->accounts[account],
        .expires_at_ms = EXPIRES_MS,
        .count = 1,
        .seats = {seat},
    };
}

/* Gives every seat back, whoever has bought it. */
static void empty(struct bench *b)
{
    for (uint32_t i = 0; i < b->hall->place_count; i++)
        if (seats_state(b->s, b->order[i]) == SEATS_SOLD)
            seats_unsell(b->s, b->accounts[i], &b->order[i], 1);
}

/* Each seat of the hall in turn, by an account of its own: held and sold at once, or all held
 * first. */
static void measure_pairs(struct bench *b, const char *name, bool at_once)
{
    uint32_t places = b->hall->place_count;
    int64_t spent = 0, pairs = 0;
    if (!renew(b))
        return;
    for (bool warm = false; spent < MEASURE_NS; warm = true) {
        int64_t start = now_ns();
        for (uint32_t i = 0; i < places; i++) {
            struct seats_hold ask = ask_for(b, i, i, b->order[i]);
            int code = seats_hold(b->s, &ask, 0, NULL);
            assert(code == 0);
            if (at_once)
                code = seats_sell(b->s, ask.hold_id, 1, NULL);
            assert(code == 0);
        }
        for (uint32_t i = 0; i < places && !at_once; i++) {
            int code = seats_sell(b->s, b->holds[i], 1, NULL);
            assert(code == 0);
        }
        if (warm) { /* the first round pays for memory that was never touched */
            spent += now_ns() - start;
            pairs += places;
        }
        assert(seats_counts(b->s).sold == places);
        empty(b);
    }
    b->row(b->state, name, (double)pairs * 1e9 / (double)spent, "pairs/s");
}

/* The crowd asks for one or two of the same few seats; all but the first are refused and told what
 * is near. Then the seats are given back and it comes again. */
static void measure_conflicts(struct bench *b, const char *name, uint32_t sold_percent)
{
    uint32_t places = b->hall->place_count, hot = places / 3;
    if (!renew(b))
        return;
    for (uint32_t i = 0; i < places; i++) {
        bool is_hot = b->order[i] >= hot && b->order[i] < hot + HOT;
        if (!is_hot && i < (uint64_t)places * sold_percent / 100)
            seats_restore_sold(b->s, b->accounts[i], &b->order[i], 1);
    }
    int64_t spent = 0, answers = 0;
    for (uint32_t round = 0; spent < MEASURE_NS; round++) {
        uint32_t held = 0;
        int64_t start = now_ns();
        for (uint32_t i = 0; i < CROWD; i++) {
            struct seats_hold ask = ask_for(b, held, i, hot + (i * 7 + round) % HOT);
            struct seats_refusal refusal;
            if (i % 2 && ask.seats[0] + 1 < hot + HOT)
                ask.seats[ask.count++] = ask.seats[0] + 1;
            int code = seats_hold(b->s, &ask, 0, &refusal);
            assert(code == 0 || refusal.taken_count > 0);
            held += code == 0;
        }
        spent += now_ns() - start;
        answers += CROWD;
        while (held > 0)
            seats_release(b->s, b->holds[--held], NULL);
    }
    b->row(b->state, name, (double)answers * 1e9 / (double)spent, "answers/s");
}

/* Parties of one to four take the best there is, from the empty hall until half of it has gone. */
static void measure_best(struct bench *b, const char *name, bool by_category)
{
    uint32_t places = b->hall->place_count;
    int64_t spent = 0, chosen = 0;
    while (spent < MEASURE_NS && renew(b)) {
        for (uint32_t party = 1; party <= 4;
             party++) /* the first choice of a size looks at all rows */
            seats_pick_best(b->s,
                            &(struct seats_best){.party = party, .category = -1, .section = -1},
                            (uint32_t[SEATS_PARTY_MAX]){0});
        int64_t start = now_ns();
        for (uint32_t i = 0; seats_counts(b->s).free > places / 2; i++) {
            struct seats_best best = {.party = 1 + i % 4, .category = -1, .section = -1};
            if (by_category)
                best.category = (int32_t)(i / 4 % b->hall->category_count);
            struct seats_hold ask = ask_for(b, i, i % ACCOUNTS, 0);
            ask.count = best.party;
            if (seats_pick_best(b->s, &best, ask.seats) != 0)
                break; /* the category has gone */
            int code = seats_hold(b->s, &ask, 0, NULL);
            assert(code == 0);
            chosen++;
        }
        spent += now_ns() - start;
    }
    if (chosen > 0)
        b->row(b->state, name, (double)spent / 1e3 / (double)chosen, "us");
}

void bench_seats(void (*row)(void *state, const char *name, double value, const char *unit),
                 void *state)
{
    static const struct {
        uint32_t capacity;
        const char *best, *best_by_category;
    } sizes[] = {
        {2000, "seats: best of 2,000, hold", "seats: best of 2,000 by category, hold"},
        {20000, "seats: best of 20,000, hold", "seats: best of 20,000 by category, hold"},
        {100000, "seats: best of 100,000, hold", "seats: best of 100,000 by category, hold"},
    };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        struct bench b = {.row = row, .state = state};
        if (prepare(&b, sizes[i].capacity)) {
            if (sizes[i].capacity == 20000) {
                measure_pairs(&b, "seats: hold, then sell", true);
                measure_pairs(&b, "seats: hold all, then sell all", false);
                measure_conflicts(&b, "seats: 1,000 accounts on 10 seats", 0);
                measure_conflicts(&b, "seats: the same, 97 % sold", 97);
            }
            measure_best(&b, sizes[i].best, false);
            measure_best(&b, sizes[i].best_by_category, true);
        }
        release(&b);
    }
}
