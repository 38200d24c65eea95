#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "mem/table.h"

/* Few distinct keys over a small table collide often, and wrap around its end. */
#define KEYS 600
#define ROOM 400

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* Against a plain array, over every operation. */
static void agrees_with_an_array(void **state)
{
    static uint32_t model[KEYS]; /* value + 1, or 0 when not inside */
    struct table t;
    assert_int_equal(table_init(&t, ROOM, 99), 0);
    uint32_t count = 0;
    uint64_t x = 12345;
    for (int i = 0; i < 200000; i++) {
        uint32_t k = (uint32_t)(next_random(&x) % KEYS);
        struct id key = {k % 3, k + 1};
        uint32_t got = 0;
        assert_int_equal(table_get(&t, key, &got), model[k] != 0);
        if (model[k])
            assert_int_equal(got, model[k] - 1);
        if (next_random(&x) % 5 < 3) {
            int err = table_put(&t, key, (uint32_t)i);
            if (!model[k] && count == ROOM) {
                assert_int_equal(err, ERR_FULL);
                continue;
            }
            assert_int_equal(err, 0);
            count += !model[k];
            model[k] = (uint32_t)i + 1;
        } else {
            assert_int_equal(table_remove(&t, key), model[k] != 0);
            count -= model[k] != 0;
            model[k] = 0;
        }
        assert_int_equal(t.count, count);
    }
    uint32_t seen = 0, at = 0;
    const struct table_slot *slot;
    while ((slot = table_next(&t, &at))) {
        assert_int_equal(model[slot->key.lo - 1], slot->value + 1);
        seen++;
    }
    assert_int_equal(seen, count);
    table_clear(&t);
    assert_int_equal(t.count, 0);
    at = 0;
    assert_null(table_next(&t, &at));
    table_release(&t);
}

static void bounds_are_checked(void **state)
{
    struct table t = {0};
    uint32_t value = 5;
    assert_false(table_get(&t, (struct id){1, 1}, &value));
    assert_false(table_remove(&t, (struct id){1, 1}));
    table_release(&t);
    assert_int_equal(table_init(&t, 0, 0), ERR_INVALID);
    assert_int_equal(table_init(&t, TABLE_MAX + 1, 0), ERR_INVALID);
    assert_int_equal(table_init(&t, 1, 0), 0);
    assert_int_equal(table_put(&t, (struct id){1, 1}, 3), 0);
    assert_int_equal(table_put(&t, (struct id){1, 2}, 3), ERR_FULL);
    assert_int_equal(table_put(&t, (struct id){1, 1}, 4), 0);
    assert_true(table_get(&t, (struct id){1, 1}, &value));
    assert_int_equal(value, 4);
    assert_false(table_get(&t, (struct id){0, 0}, &value));
    assert_int_equal(value, 4);
    table_release(&t);
}

/* Keys in a row, as a sequence would give them, must not pile up. */
static void ordered_keys_spread(void **state)
{
    struct table t;
    assert_int_equal(table_init(&t, 48000, 0), 0);
    for (uint32_t i = 1; i <= 48000; i++)
        assert_int_equal(table_put(&t, (struct id){0, i}, i), 0);
    uint32_t run = 0, longest = 0;
    for (uint32_t i = 0; i <= t.mask; i++) {
        run = id_is_zero(t.slots[i].key) ? 0 : run + 1;
        longest = run > longest ? run : longest;
    }
    assert_true(longest < 400);
    table_release(&t);
}

static void a_table_that_grows_keeps_its_keys(void **state)
{
    struct table t = {0};
    for (uint32_t i = 1; i <= 5000; i++) {
        assert_int_equal(table_reserve(&t, i), 0);
        assert_int_equal(table_put(&t, (struct id){i, i}, i), 0);
    }
    assert_int_equal(t.count, 5000);
    for (uint32_t i = 1; i <= 5000; i++) {
        uint32_t value = 0;
        assert_true(table_get(&t, (struct id){i, i}, &value));
        assert_int_equal(value, i);
    }
    const uint32_t room = t.max;
    assert_int_equal(table_reserve(&t, 1), 0);
    assert_int_equal(table_reserve(&t, TABLE_MAX + 1), ERR_NO_MEMORY);
    assert_int_equal(t.max, room);
    table_release(&t);
}

static void a_table_that_empties_gives_its_memory_back(void **state)
{
    struct table t = {0};
    assert_int_equal(table_reserve(&t, 8 * TABLE_LEAST), 0);
    for (uint32_t i = 1; i <= 600; i++)
        assert_int_equal(table_put(&t, (struct id){i, i}, i), 0);
    table_fit(&t); /* more than an eighth */
    assert_int_equal(t.max, 8 * TABLE_LEAST);
    for (uint32_t i = 101; i <= 600; i++)
        assert_true(table_remove(&t, (struct id){i, i}));
    table_fit(&t);
    assert_int_equal(t.max, 2 * TABLE_LEAST);
    table_fit(&t); /* a quarter would be fewer than TABLE_LEAST */
    assert_int_equal(t.max, 2 * TABLE_LEAST);
    assert_int_equal(t.count, 100);
    for (uint32_t i = 1; i <= 100; i++) {
        uint32_t value = 0;
        assert_true(table_get(&t, (struct id){i, i}, &value));
        assert_int_equal(value, i);
    }
    table_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_an_array),
        cmocka_unit_test(bounds_are_checked),
        cmocka_unit_test(ordered_keys_spread),
        cmocka_unit_test(a_table_that_grows_keeps_its_keys),
        cmocka_unit_test(a_table_that_empties_gives_its_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
