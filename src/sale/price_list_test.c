/* Price lists there and back, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "sale/price_list.h"

static struct arena arena;

static int set_up(void **state)
{
    arena_init(&arena, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    arena_release(&arena);
    return 0;
}

static void the_first_is_little_endian(void **state)
{
    static const uint8_t bytes[] = {0xe8, 3, 0, 0, 0, 0, 0, 0, 0xc4, 9, 0, 0, 0, 0, 0, 0};
    static uint8_t many[8 * (HALL_CATEGORIES_MAX + 1)];
    struct price_list list;
    assert_int_equal(price_list_first(view_of(bytes, 16), &list), 0);
    assert_int_equal(list.number, 0);
    assert_int_equal(list.category_count, 2);
    assert_int_equal(price_list_amount(&list, 0), 1000);
    assert_int_equal(price_list_amount(&list, 1), 2500);
    assert_int_equal(price_list_amount(&list, 2), 0);
    assert_int_equal(price_list_first(view_of(bytes, 15), &list), ERR_CORRUPT);
    assert_int_equal(price_list_first(view_of(many, sizeof(many)), &list), ERR_CORRUPT);
    assert_int_equal(price_list_first(view_of(many, sizeof(many) - 8), &list), 0);
}

static void a_list_comes_back(void **state)
{
    struct price_list list = {.number = 7, .category_count = HALL_CATEGORIES_MAX}, got;
    struct view packed;
    for (uint32_t i = 0; i < HALL_CATEGORIES_MAX; i++)
        list.amounts[i] = i % 2 ? PRICE_MAX - i : 0;
    assert_int_equal(price_list_write(&list, &arena, &packed), 0);
    assert_in_range(packed.len, 1, CHANGE_LIST_MAX);
    assert_int_equal(price_list_read(packed, 7, HALL_CATEGORIES_MAX, &arena, &got), 0);
    assert_memory_equal(&got, &list, sizeof(list));
    got.number = 8;
    assert_true(price_list_same(&got, &list));
    got.amounts[3]++;
    assert_false(price_list_same(&got, &list));
    got = list, got.category_count--;
    assert_false(price_list_same(&got, &list));
}

static void what_is_no_list_is_refused(void **state)
{
    struct price_list list = {.category_count = 2, .amounts = {5, 6}}, got;
    struct view packed;
    assert_int_equal(price_list_write(&list, &arena, &packed), 0);
    assert_int_equal(price_list_read(packed, 1, 1, &arena, &got), ERR_CORRUPT);
    assert_int_equal(price_list_read(packed, 1, 3, &arena, &got), ERR_CORRUPT);
    assert_int_equal(price_list_read((struct view){0}, 1, 0, &arena, &got), ERR_CORRUPT);
    assert_int_equal(price_list_read(VIEW_LIT("\x0a\x05"), 1, 2, &arena, &got), ERR_CORRUPT);
    list.amounts[1] = -1;
    assert_int_equal(price_list_write(&list, &arena, &packed), 0);
    assert_int_equal(price_list_read(packed, 1, 2, &arena, &got), ERR_CORRUPT);
    list.amounts[1] = PRICE_MAX + 1;
    assert_int_equal(price_list_write(&list, &arena, &packed), 0);
    assert_int_equal(price_list_read(packed, 1, 2, &arena, &got), ERR_CORRUPT);
}

static void a_plan_changes_some_of_a_list(void **state)
{
    struct price_list list = {.category_count = 3, .amounts = {5, 6, 7}}, got;
    const struct price_list plan = {.category_count = 3, .amounts = {PRICE_STAYS, 0, PRICE_STAYS}};
    const struct price_list none = {.category_count = 1, .amounts = {PRICE_STAYS}};
    struct view packed;
    assert_int_equal(price_list_write(&plan, &arena, &packed), 0);
    assert_int_equal(price_list_read(packed, 1, 3, &arena, &got), ERR_CORRUPT);
    assert_int_equal(price_list_read_plan(packed, 3, &arena, &got), 0);
    price_list_merge(&list, &got);
    assert_true(list.amounts[0] == 5 && list.amounts[1] == 0 && list.amounts[2] == 7);
    assert_int_equal(price_list_write(&none, &arena, &packed), 0);
    assert_int_equal(price_list_read_plan(packed, 1, &arena, &got), ERR_CORRUPT);
}

static void without_memory_it_says_so(void **state)
{
    const struct price_list list = {.category_count = 2, .amounts = {5, 6}};
    struct price_list got;
    struct view packed, again;
    struct arena small;
    assert_int_equal(price_list_write(&list, &arena, &packed), 0);
    arena_init(&small, 0);
    assert_int_equal(price_list_write(&list, &small, &again), ERR_NO_MEMORY);
    assert_int_equal(price_list_read(packed, 1, 2, &small, &got), ERR_NO_MEMORY);
    arena_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_little_endian),
        cmocka_unit_test_setup_teardown(a_list_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_list_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_plan_changes_some_of_a_list, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_memory_it_says_so, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
