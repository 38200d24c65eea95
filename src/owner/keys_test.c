#include "owner/keys.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>

#define KEEP_MS     1000
#define ACCOUNT_MAX 4

static struct id account(uint64_t number)
{
    return (struct id){.hi = 9, .lo = number};
}

static struct keys_answer answer(uint64_t number)
{
    return (struct keys_answer){.hold.hold_id = {.hi = 3, .lo = number}, .total = (int64_t)number};
}

static struct keys_of of(uint64_t number)
{
    return (struct keys_of){.account_id = account(number)};
}

static void put(struct keys *keys, uint64_t who, const char *key, uint64_t number, int64_t now_ms)
{
    const struct keys_answer given = answer(number);
    assert_int_equal(keys_put(keys, of(who), view_str(key), &given, now_ms), 0);
}

/* The number of the answer, or 0. */
static uint64_t find(struct keys *keys, uint64_t of, const char *key)
{
    const struct keys_answer *known = keys_find(keys, account(of), view_str(key));
    return known ? known->hold.hold_id.lo : 0;
}

static struct keys *fresh(uint32_t max)
{
    struct keys *keys;
    assert_int_equal(keys_new(max, ACCOUNT_MAX, KEEP_MS, 42, &keys), 0);
    return keys;
}

static void a_key_belongs_to_an_account(void **state)
{
    struct keys *keys = fresh(8);
    put(keys, 1, "k", 11, 0);
    put(keys, 2, "k", 22, 0);
    put(keys, 1, "kk", 33, 0);
    assert_int_equal(find(keys, 1, "k"), 11);
    assert_int_equal(find(keys, 2, "k"), 22);
    assert_int_equal(find(keys, 1, "kk"), 33);
    assert_int_equal(find(keys, 3, "k"), 0);
    assert_int_equal(find(keys, 1, ""), 0);
    keys_free(keys);
}

static void the_whole_answer_is_kept(void **state)
{
    struct keys *keys = fresh(2);
    struct keys_answer given = {
        .hold = {.hold_id = {1, 2}, .account_id = {3, 4}, .count = 2}, .total = 5000, .at_ms = 77};
    given.hold.seats[1] = 9;
    memset(given.request_hash, 0xa5, sizeof(given.request_hash));
    assert_int_equal(keys_put(keys, of(1), view_str("k"), &given, 0), 0);
    const struct keys_answer *known = keys_find(keys, account(1), view_str("k"));
    assert_non_null(known);
    assert_memory_equal(known, &given, sizeof(given));
    keys_free(keys);
}

static void a_key_is_kept_as_long_as_stated_and_then_forgotten(void **state)
{
    struct keys *keys = fresh(8);
    put(keys, 1, "old", 1, 100);
    put(keys, 1, "new", 2, 600);
    assert_true(keys_room(keys, 100 + KEEP_MS - 1));
    assert_int_equal(find(keys, 1, "old"), 1);
    assert_true(keys_room(keys, 100 + KEEP_MS));
    assert_int_equal(find(keys, 1, "old"), 0);
    assert_int_equal(find(keys, 1, "new"), 2);
    put(keys, 1, "old", 3, 100 + KEEP_MS); /* as if it had never been */
    assert_int_equal(find(keys, 1, "old"), 3);
    keys_free(keys);
}

static void a_full_table_refuses_and_loses_nothing(void **state)
{
    struct keys *keys = fresh(3);
    const struct keys_answer more = answer(9);
    put(keys, 1, "a", 1, 0);
    put(keys, 1, "b", 2, 10);
    put(keys, 1, "c", 3, 20);
    assert_false(keys_room(keys, 999));
    assert_int_equal(keys_put(keys, of(1), view_str("d"), &more, 999), ERR_FULL);
    assert_int_equal(find(keys, 1, "a"), 1);
    assert_int_equal(find(keys, 1, "d"), 0);
    assert_true(keys_room(keys, 1000)); /* a is old enough */
    put(keys, 1, "d", 4, 1000);
    assert_false(keys_room(keys, 1000));
    assert_int_equal(find(keys, 1, "a"), 0);
    assert_int_equal(find(keys, 1, "b"), 2);
    assert_int_equal(find(keys, 1, "d"), 4);
    keys_free(keys);
}

static void an_account_has_its_share_and_no_more(void **state)
{
    struct keys *keys = fresh(8);
    char key[2] = "a";
    for (int i = 0; i < ACCOUNT_MAX; i++, key[0]++) {
        assert_null(keys_exceeded(keys, of(1)));
        put(keys, 1, key, 1, 100 * i);
    }
    assert_string_equal(keys_exceeded(keys, of(1)), "account");
    assert_null(keys_exceeded(keys, of(2)));
    put(keys, 1, "more", 1, 300); /* one that was given is kept all the same */
    assert_true(keys_room(keys, KEEP_MS));
    assert_string_equal(keys_exceeded(keys, of(1)), "account");
    assert_true(keys_room(keys, KEEP_MS + 100));
    assert_null(keys_exceeded(keys, of(1)));
    keys_clear(keys);
    for (int i = 0; i < 2 * KEEP_MS; i += 100) {
        snprintf(key, sizeof(key), "%c", 'a' + i / 100);
        put(keys, 2, key, 1, KEEP_MS / 2 * i);
        assert_null(keys_exceeded(keys, of(2)));
    }
    keys_free(keys);
}

/* Takes a key where the account may have one. */
static bool take(struct keys *keys, uint64_t number)
{
    static uint64_t taken;
    char key[16];
    if (!keys_room(keys, 0) || keys_exceeded(keys, of(number)))
        return false;
    snprintf(key, sizeof(key), "k%llu", (unsigned long long)++taken);
    put(keys, number, key, 1, 0);
    return true;
}

/* As measured: 222 guests of one machine took all keys of a hall of 500 places, and nobody could
 * order any more. */
static void who_takes_most_runs_out_alone(void **state)
{
    const uint32_t keys_max = 16 * 500 + 65536;
    struct keys *keys;
    bool more = true;
    assert_int_equal(keys_new(keys_max, 256 + 16 * 8, KEEP_MS, 5, &keys), 0);
    while (more) {
        more = false;
        for (uint64_t greedy = 1; greedy <= 222; greedy++)
            more |= take(keys, greedy);
    }
    assert_true(keys_used_percent(keys) < 80);
    for (uint64_t fan = 1001; fan <= 2000; fan++) {
        for (int i = 0; i < KEYS_LEAST; i++)
            assert_true(take(keys, fan));
    }
    for (uint64_t greedy = 1; greedy <= 222; greedy++)
        assert_false(take(keys, greedy));
    keys_free(keys);
}

static void the_ring_goes_round_many_times(void **state)
{
    struct keys *keys = fresh(7);
    char key[16];
    for (uint64_t i = 1; i <= 1000; i++) {
        snprintf(key, sizeof(key), "k%llu", (unsigned long long)i);
        put(keys, i % 3, key, i, (int64_t)i * 200); /* five at a time are young */
        assert_int_equal(find(keys, i % 3, key), i);
        if (i > 5) {
            snprintf(key, sizeof(key), "k%llu", (unsigned long long)i - 5);
            assert_int_equal(find(keys, (i - 5) % 3, key), 0);
        }
    }
    keys_free(keys);
}

static void clearing_forgets_all(void **state)
{
    struct keys *keys = fresh(2);
    put(keys, 1, "a", 1, 0);
    put(keys, 1, "b", 2, 0);
    keys_clear(keys);
    assert_int_equal(find(keys, 1, "a"), 0);
    put(keys, 1, "a", 3, 0);
    put(keys, 1, "b", 4, 0);
    assert_int_equal(find(keys, 1, "b"), 4);
    keys_free(keys);
    keys_free(NULL);
}

/* Puts keys of ever new accounts at an address until one is refused; how many there are then. */
static uint32_t fill_from(struct keys *keys, struct id origin, uint64_t *account_number,
                          const char *expected)
{
    static const struct keys_answer given;
    for (uint32_t count = 0;; count++) {
        const struct keys_of who = {.account_id = account((*account_number)++), .origin = origin};
        assert_true(keys_room(keys, 0));
        const char *exceeded = keys_exceeded(keys, who);
        if (exceeded) {
            assert_string_equal(exceeded, expected);
            return count;
        }
        assert_int_equal(keys_put(keys, who, VIEW_LIT("k"), &given, 0), 0);
    }
}

/* As many guests as one likes are still one address and one network. */
static void an_address_and_a_network_have_their_share(void **state)
{
    static const struct id here = {.lo = UINT64_C(0xffffcb007109)},
                           next_door = {.lo = UINT64_C(0xffffcb00710a)},
                           elsewhere = {.lo = UINT64_C(0xffffc6336401)},
                           six = {.hi = UINT64_C(0x20010db800020003), .lo = 1},
                           same_six = {.hi = UINT64_C(0x20010db800020003), .lo = 99},
                           six_network = {.hi = UINT64_C(0x20010db800029999), .lo = 1};
    struct keys *keys = fresh(9000);
    uint64_t next = 1;
    assert_int_equal(fill_from(keys, here, &next, "address"), 1000); /* a ninth of all */
    assert_int_equal(fill_from(keys, here, &next, "address"), 0);
    assert_in_range(fill_from(keys, next_door, &next, "address"), 880, 900);
    struct keys_of who = {.account_id = account(next++), .origin = elsewhere};
    assert_null(keys_exceeded(keys, who));
    who.origin = (struct id){0}; /* not known: counted for its account alone */
    assert_null(keys_exceeded(keys, who));
    /* The addresses of a network run out together, and others still have theirs. */
    for (uint64_t last = 0x0b; last < 0x20; last++) {
        const struct id more = {.lo = UINT64_C(0xffffcb007100) + last};
        if (fill_from(keys, more, &next, last < 0x0c ? "address" : "network") == 0)
            break;
    }
    who.origin = (struct id){.lo = UINT64_C(0xffffcb0071f0)};
    assert_string_equal(keys_exceeded(keys, who), "network");
    who.origin = elsewhere;
    assert_null(keys_exceeded(keys, who));
    /* Of IPv6, 64 bits are an address. */
    assert_int_not_equal(fill_from(keys, six, &next, "address"), 0);
    assert_int_equal(fill_from(keys, same_six, &next, "address"), 0);
    assert_int_not_equal(fill_from(keys, six_network, &next, "address"), 0);
    /* What is forgotten is given back. */
    assert_true(keys_room(keys, KEEP_MS));
    who.origin = here;
    assert_null(keys_exceeded(keys, who));
    keys_free(keys);
}

/* So many keys that they fill the ring's pieces, forgotten by time alone, around more than once. */
static void what_is_forgotten_by_time_is_not_asked_for(void **state)
{
    enum { MAX = 6000, ROUND = 5000, ROUNDS = 4 };
    struct keys *keys = fresh(MAX);
    char name[16];
    assert_true(keys_forget(keys, 10, 0) == INT64_MAX);
    for (uint64_t n = 0; n < ROUND * ROUNDS; n++) {
        const int64_t now_ms = (int64_t)(n / ROUND * KEEP_MS);
        snprintf(name, sizeof(name), "%llu", (unsigned long long)n);
        put(keys, n + 1, name, n + 1, now_ms);
        if (n % ROUND < ROUND - 1)
            continue;
        for (uint64_t k = n - ROUND + 1; k <= n; k++) {
            snprintf(name, sizeof(name), "%llu", (unsigned long long)k);
            assert_int_equal(find(keys, k + 1, name), k + 1);
        }
        assert_true(keys_forget(keys, 10, now_ms) == now_ms + KEEP_MS);
    }
    /* So many at once, and no more. */
    const int64_t end_ms = ROUNDS * KEEP_MS;
    assert_true(keys_forget(keys, ROUND - 1, end_ms) == end_ms);
    assert_int_equal(find(keys, ROUND * ROUNDS, "19999"), ROUND * ROUNDS);
    assert_true(keys_forget(keys, 10, end_ms) == INT64_MAX);
    assert_int_equal(find(keys, ROUND * ROUNDS, "19999"), 0);
    put(keys, 1, "again", 1, end_ms);
    assert_int_equal(find(keys, 1, "again"), 1);
    keys_free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_and_a_network_have_their_share),
        cmocka_unit_test(a_key_belongs_to_an_account),
        cmocka_unit_test(the_whole_answer_is_kept),
        cmocka_unit_test(a_key_is_kept_as_long_as_stated_and_then_forgotten),
        cmocka_unit_test(a_full_table_refuses_and_loses_nothing),
        cmocka_unit_test(an_account_has_its_share_and_no_more),
        cmocka_unit_test(who_takes_most_runs_out_alone),
        cmocka_unit_test(the_ring_goes_round_many_times),
        cmocka_unit_test(clearing_forgets_all),
        cmocka_unit_test(what_is_forgotten_by_time_is_not_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
