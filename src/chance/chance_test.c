#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "chance/chance.h"

static void seeded_repeats_itself(void **state)
{
    struct chance_seeded a, b, c;
    chance_seed(&a, 42);
    chance_seed(&b, 42);
    chance_seed(&c, 43);
    int same = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t x = chance_u64(&a.chance);
        assert_int_equal(x, chance_u64(&b.chance));
        same += x == chance_u64(&c.chance);
    }
    assert_int_equal(same, 0);
}

/* The state {1, 2, 3, 4} gives these first values (worked out by hand from the paper's recurrence).
 */
static void seeded_is_xoshiro(void **state)
{
    struct chance_seeded s;
    chance_seed(&s, 0);
    memcpy(s.state, (uint64_t[]){1, 2, 3, 4}, sizeof(s.state));
    assert_int_equal(chance_u64(&s.chance), 11520);
    assert_int_equal(chance_u64(&s.chance), 0);
    assert_int_equal(chance_u64(&s.chance), 1509978240);
}

/* A part of a word is its low bytes; the rest is dropped. */
static void seeded_fills_odd_lengths(void **state)
{
    struct chance_seeded a, b;
    chance_seed(&a, 7);
    chance_seed(&b, 7);
    uint8_t bytes[12] = {0};
    a.chance.fill(&a.chance, bytes, 11);
    uint64_t words[2] = {chance_u64(&b.chance), chance_u64(&b.chance)};
    assert_memory_equal(bytes, words, 11);
    assert_int_equal(bytes[11], 0);
}

static void below_is_even(void **state)
{
    struct chance_seeded s;
    chance_seed(&s, 1);
    unsigned seen[7] = {0};
    for (int i = 0; i < 70000; i++)
        seen[chance_below(&s.chance, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_in_range(seen[i], 9600, 10400); /* four standard deviations */
    for (int i = 0; i < 100; i++)
        assert_int_equal(chance_below(&s.chance, 1), 0);
    uint64_t limit = (UINT64_C(1) << 63) + 1; /* nearly half of the draws are thrown away */
    for (int i = 0; i < 100; i++)
        assert_true(chance_below(&s.chance, limit) < limit);
}

static void unit_is_even(void **state)
{
    struct chance_seeded s;
    chance_seed(&s, 2);
    double sum = 0;
    for (int i = 0; i < 10000; i++) {
        double x = chance_unit(&s.chance);
        assert_true(x >= 0 && x < 1);
        sum += x;
    }
    assert_true(sum > 4880 && sum < 5120);
}

static void system_differs_every_time(void **state)
{
    struct chance *chance = chance_system();
    struct id a = chance_id(chance), b = chance_id(chance);
    assert_false(id_is_zero(a));
    assert_false(id_is_zero(b));
    assert_false(id_eq(a, b));
    assert_int_not_equal(a.hi, a.lo);
}

static void ids_follow_time(void **state)
{
    struct chance *chance = chance_system();
    struct id early = chance_id_at(chance, 1700000000000),
              late = chance_id_at(chance, 1700000000001);
    struct id twin = chance_id_at(chance, 1700000000000);
    assert_int_equal(early.hi >> 16, 1700000000000);
    assert_true(early.hi < late.hi);
    assert_false(id_eq(early, twin));
    assert_int_not_equal(early.lo, twin.lo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeded_repeats_itself),
        cmocka_unit_test(seeded_is_xoshiro),
        cmocka_unit_test(seeded_fills_odd_lengths),
        cmocka_unit_test(below_is_even),
        cmocka_unit_test(unit_is_even),
        cmocka_unit_test(system_differs_every_time),
        cmocka_unit_test(ids_follow_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
