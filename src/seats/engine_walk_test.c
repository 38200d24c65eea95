/*
 * A random walk: the engine beside a naive model that keeps everything in flat lists and looks
 * through all of them. After every step both must have given the same answer and agree on every
 * seat.
 */
#include "seats/seats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "seats/fixture_test.h"

#define ACCOUNTS     40 /* numbers 1 … 40 */
#define ACCOUNTS_MAX 25
#define PLACES_MAX   9
#define STEPS        12000
#define SEEDS        12

struct model {
    const struct hall *hall;
    enum seats_state states[FIXTURE_PLACES];
    uint64_t accounts[FIXTURE_PLACES];       /* of a seat held or sold */
    struct seats_hold holds[FIXTURE_PLACES]; /* live, in the order they were made; and rests */
    uint32_t hold_count;
};

struct walk {
    struct hall hall;
    struct seats *s;
    struct model model;
    struct chance *chance;
    int64_t now_ms;
    uint64_t next_hold;
    uint64_t moves[9]; /* how many of each kind succeeded */
};

static uint32_t below(struct walk *w, uint32_t limit)
{
    return (uint32_t)chance_below(w->chance, limit);
}

/* --- the model --- */

static uint32_t model_places(const struct model *m, uint64_t account)
{
    uint32_t places = 0;
    for (uint32_t i = 0; i < m->hall->place_count; i++)
        places += m->states[i] != SEATS_FREE && m->accounts[i] == account;
    return places;
}

static int model_room(const struct model *m, uint64_t account, uint32_t count, uint32_t places_max)
{
    uint32_t live = 0, has = model_places(m, account);
    for (uint64_t i = 1; i <= ACCOUNTS; i++)
        live += model_places(m, i) > 0;
    return has + count > places_max || (has == 0 && live == ACCOUNTS_MAX) ? ERR_FULL : 0;
}

/* Whether the list names 1 … 8 places of the hall, none twice; else whether one is taken. */
static int model_judge(const struct model *m, const uint32_t *seats, uint32_t count)
{
    int code = count == 0 || count > SEATS_PARTY_MAX ? ERR_INVALID : 0;
    for (uint32_t i = 0; i < count && i < SEATS_PARTY_MAX; i++) {
        if (seats[i] >= m->hall->place_count)
            return ERR_INVALID;
        for (uint32_t k = 0; k < i; k++)
            if (seats[k] == seats[i])
                return ERR_INVALID;
        if (code == 0 && m->states[seats[i]] != SEATS_FREE)
            code = ERR_CONFLICT;
    }
    return code;
}

static void model_set(struct model *m, const uint32_t *seats, uint32_t count,
                      enum seats_state state, uint64_t account)
{
    for (uint32_t i = 0; i < count; i++) {
        m->states[seats[i]] = state;
        m->accounts[seats[i]] = account;
    }
}

static void model_end(struct model *m, uint32_t at, enum seats_state state)
{
    struct seats_hold hold = m->holds[at];
    model_set(m, hold.seats, hold.count, state, hold.account_id.lo);
    m->hold_count--;
    for (uint32_t i = at; i < m->hold_count; i++)
        m->holds[i] = m->holds[i + 1];
}

/* --- steps: each does the same to both --- */

static uint32_t random_seats(struct walk *w, uint32_t *ret_seats)
{
    uint32_t count = below(w, 50) ? 1 + below(w, 4) : below(w, SEATS_PARTY_MAX + 2);
    uint32_t first = below(w, w->hall.place_count + 2);
    bool scattered = below(w, 3) == 0;
    for (uint32_t i = 0; i < count && i < SEATS_PARTY_MAX; i++)
        ret_seats[i] = scattered ? below(w, w->hall.place_count) : first + i;
    return count;
}

static void check_refusal(struct walk *w, const struct seats_hold *ask,
                          const struct seats_refusal *got)
{
    uint32_t taken = 0, free = seats_counts(w->s).free;
    for (uint32_t i = 0; i < ask->count; i++)
        taken += w->model.states[ask->seats[i]] != SEATS_FREE;
    assert_int_equal(got->taken_count, taken);
    for (uint32_t i = 0; i < got->taken_count; i++)
        assert_int_not_equal(w->model.states[got->taken[i]], SEATS_FREE);
    assert_true(got->nearest_count == 0 ||
                (got->nearest_count == ask->count && free >= ask->count));
    for (uint32_t i = 0; i < got->nearest_count; i++) {
        assert_int_equal(w->model.states[got->nearest[i]], SEATS_FREE);
        assert_true(i == 0 || got->nearest[i - 1] < got->nearest[i]);
    }
}

static void step_hold(struct walk *w)
{
    uint64_t account = 1 + below(w, ACCOUNTS);
    struct seats_hold ask = {
        .hold_id = fixture_id(w->next_hold),
        .account_id = fixture_id(account),
        .expires_at_ms = w->now_ms + 1 + below(w, below(w, 9) ? 3000 : 20000000),
    };
    struct seats_refusal refusal;
    ask.count = random_seats(w, ask.seats);
    int expected = model_judge(&w->model, ask.seats, ask.count);
    if (expected == 0)
        expected = model_room(&w->model, account, ask.count, PLACES_MAX);
    int code = seats_hold(w->s, &ask, w->now_ms, &refusal);
    assert_int_equal(code, expected);
    if (code == ERR_CONFLICT)
        check_refusal(w, &ask, &refusal);
    if (code != 0)
        return;
    w->next_hold++;
    w->model.holds[w->model.hold_count++] = ask;
    model_set(&w->model, ask.seats, ask.count, SEATS_HELD, account);
    w->moves[0]++;
}

/* A live hold, or one that is not. */
static struct id random_hold(struct walk *w, uint32_t *ret_at)
{
    *ret_at = w->model.hold_count;
    if (w->model.hold_count == 0 || below(w, 10) == 0)
        return fixture_id(w->next_hold + 1);
    *ret_at = below(w, w->model.hold_count);
    if (id_is_zero(w->model.holds[*ret_at].account_id)) { /* a rest, which is no hold */
        *ret_at = w->model.hold_count;
        return fixture_id(w->next_hold + 1);
    }
    return w->model.holds[*ret_at].hold_id;
}

static void step_end(struct walk *w, bool sell)
{
    uint32_t at;
    struct seats_hold ended;
    struct id hold_id = random_hold(w, &at);
    int expected = at == w->model.hold_count ? ERR_NOT_FOUND : 0;
    /* Now and then at the very millisecond. */
    int64_t now_ms = w->now_ms;
    if (sell && expected == 0 && below(w, 8) == 0)
        now_ms = w->model.holds[at].expires_at_ms - below(w, 2);
    if (sell && expected == 0 && w->model.holds[at].expires_at_ms <= now_ms)
        expected = ERR_TIMEOUT;
    int code =
        sell ? seats_sell(w->s, hold_id, now_ms, &ended) : seats_release(w->s, hold_id, &ended);
    assert_int_equal(code, expected);
    if (code != 0)
        return;
    assert_int_equal(ended.count, w->model.holds[at].count);
    assert_true(id_eq(ended.account_id, w->model.holds[at].account_id));
    model_end(&w->model, at, sell ? SEATS_SOLD : SEATS_FREE);
    w->moves[sell ? 1 : 2]++;
}

/* The model's next hold to end: the earliest, of one millisecond the one made first. */
static uint32_t model_first(const struct model *m)
{
    uint32_t first = 0;
    for (uint32_t i = 1; i < m->hold_count; i++)
        if (m->holds[i].expires_at_ms < m->holds[first].expires_at_ms)
            first = i;
    return first;
}

static void step_expire(struct walk *w)
{
    struct seats_hold ended[4];
    size_t max = 1 + below(w, 4);
    if (w->model.hold_count && below(w, 3) == 0) { /* one millisecond early, or in time */
        int64_t at_ms = w->model.holds[model_first(&w->model)].expires_at_ms - below(w, 2);
        w->now_ms = at_ms > w->now_ms && at_ms < w->now_ms + 60000 ? at_ms : w->now_ms;
    } else {
        w->now_ms += below(w, 30);
    }
    size_t count = seats_expire(w->s, w->now_ms, ended, max);
    for (size_t i = 0; i < count; i++) {
        uint32_t first = model_first(&w->model);
        assert_true(w->model.hold_count > 0 && w->model.holds[first].expires_at_ms <= w->now_ms);
        assert_true(id_eq(ended[i].hold_id, w->model.holds[first].hold_id));
        model_end(&w->model, first, SEATS_FREE);
        w->moves[3]++;
    }
    if (count < max && w->model.hold_count)
        assert_true(w->model.holds[model_first(&w->model)].expires_at_ms > w->now_ms);
}

static void step_restore_or_unsell(struct walk *w, bool restore)
{
    uint32_t seats[SEATS_PARTY_MAX];
    uint32_t count = random_seats(w, seats);
    uint64_t account = 1 + below(w, ACCOUNTS);
    int expected = model_judge(&w->model, seats, count);
    if (!restore && below(w, 4) && seats[0] < w->hall.place_count && count > 0)
        account = w->model.accounts[seats[0]] ? w->model.accounts[seats[0]] : account;
    if (restore && expected == 0)
        expected = model_room(&w->model, account, count, UINT32_MAX - SEATS_PARTY_MAX);
    for (uint32_t i = 0; !restore && i < count && i < SEATS_PARTY_MAX; i++)
        if (expected != ERR_INVALID)
            expected =
                w->model.states[seats[i]] == SEATS_SOLD && w->model.accounts[seats[i]] == account
                    ? 0
                    : ERR_INVALID;
    int code = restore ? seats_restore_sold(w->s, fixture_id(account), seats, count)
                       : seats_unsell(w->s, fixture_id(account), seats, count);
    assert_int_equal(code, expected);
    if (code != 0)
        return;
    model_set(&w->model, seats, count, restore ? SEATS_SOLD : SEATS_FREE, account);
    w->moves[restore ? 4 : 5]++;
}

static void step_rest(struct walk *w)
{
    struct seats_hold rest = {.expires_at_ms = w->now_ms + below(w, 2000)};
    rest.count = random_seats(w, rest.seats);
    const int expected = model_judge(&w->model, rest.seats, rest.count) == 0 ? 0 : ERR_INVALID;
    assert_int_equal(seats_rest(w->s, rest.seats, rest.count, rest.expires_at_ms), expected);
    if (expected != 0)
        return;
    w->model.holds[w->model.hold_count++] = rest;
    model_set(&w->model, rest.seats, rest.count, SEATS_RESTING, 0);
    w->moves[7]++;
}

static void step_best(struct walk *w)
{
    uint32_t seats[SEATS_PARTY_MAX];
    struct seats_best best = {
        .party = 1 + below(w, 5), .category = -1, .section = -1, .apart = true};
    int code = seats_pick_best(w->s, &best, seats);
    assert_int_equal(code, seats_counts(w->s).free < best.party ? ERR_CONFLICT : 0);
    if (code != 0)
        return;
    assert_int_equal(model_judge(&w->model, seats, best.party), 0);
    w->moves[6]++;
}

static void compare(const struct walk *w)
{
    const struct model *m = &w->model;
    uint8_t snapshot[FIXTURE_PLACES / 4];
    uint32_t counts[4] = {0};
    seats_snapshot(w->s, snapshot);
    for (uint32_t i = 0; i < w->hall.place_count; i++) {
        counts[m->states[i]]++;
        assert_int_equal(snapshot[i / 4] >> 2 * (i % 4) & 3, m->states[i]);
    }
    struct seats_counts got = seats_counts(w->s);
    assert_true(got.free == counts[0] && got.held == counts[1] && got.sold == counts[2] &&
                got.resting == counts[3]);
    assert_int_equal(seats_next_expiry_ms(w->s),
                     m->hold_count ? m->holds[model_first(m)].expires_at_ms : INT64_MAX);
}

static void compare_all(const struct walk *w)
{
    for (uint64_t i = 1; i <= ACCOUNTS; i++)
        assert_int_equal(seats_of_account(w->s, fixture_id(i)), model_places(&w->model, i));
    for (uint32_t i = 0; i < w->model.hold_count; i++) {
        const struct seats_hold *held = seats_find_hold(w->s, w->model.holds[i].hold_id);
        if (id_is_zero(w->model.holds[i].account_id))
            continue;
        assert_non_null(held);
        assert_int_equal(held->expires_at_ms, w->model.holds[i].expires_at_ms);
    }
    seats_check(w->s);
}

static void step(struct walk *w)
{
    uint32_t kind = below(w, 100);
    if (kind < 45)
        step_hold(w);
    else if (kind < 55)
        step_end(w, true);
    else if (kind < 65)
        step_end(w, false);
    else if (kind < 75)
        step_expire(w);
    else if (kind < 80)
        step_restore_or_unsell(w, true);
    else if (kind < 90)
        step_restore_or_unsell(w, false);
    else if (kind < 95)
        step_rest(w);
    else
        step_best(w);
}

static void test_walks_beside_the_model(void **state)
{
    static struct walk w;
    uint64_t least = UINT64_MAX, moves[8] = {0};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct chance_seeded seeded;
        chance_seed(&seeded, seed);
        w = (struct walk){.chance = &seeded.chance, .now_ms = 1700000000000, .next_hold = 1000};
        fixture_random(&w.hall, w.chance);
        w.model.hall = &w.hall;
        struct seats_limits limits = {.places_max = PLACES_MAX, .accounts_max = ACCOUNTS_MAX};
        assert_int_equal(seats_new(&w.hall, &limits, &w.s), 0);
        for (uint32_t i = 0; i < STEPS; i++) {
            step(&w);
            compare(&w);
            if (i % 200 == 0)
                compare_all(&w);
        }
        compare_all(&w);
        for (uint32_t i = 0; i < 8; i++)
            moves[i] += w.moves[i];
        seats_free(w.s);
        fixture_release(&w.hall);
    }
    for (uint32_t i = 0; i < 8; i++)
        least = moves[i] < least ? moves[i] : least;
    print_message("hold %llu, sell %llu, release %llu, expire %llu, restore %llu, unsell %llu, "
                  "best %llu, rest %llu\n",
                  (unsigned long long)moves[0], (unsigned long long)moves[1],
                  (unsigned long long)moves[2], (unsigned long long)moves[3],
                  (unsigned long long)moves[4], (unsigned long long)moves[5],
                  (unsigned long long)moves[6], (unsigned long long)moves[7]);
    assert_true(least > 500); /* every kind of move was made often */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_walks_beside_the_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
