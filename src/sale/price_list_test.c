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

/* Adults, children who have no place in category 1, and companions. */
static struct price_list typed(void)
{
    return (struct price_list){.category_count = 2,
                               .amounts = {1500, 2000},
                               .type_count = 3,
                               .types = {{.korean = "어른", .english = "Adult"},
                                         {.number = 1,
                                          .most = 2,
                                          .proof = true,
                                          .korean = "어린이",
                                          .english = "Child",
                                          .amounts = {700, PRICE_NONE}},
                                         {.number = 31,
                                          .companion = true,
                                          .korean = "동반자",
                                          .english = "Companion",
                                          .amounts = {0, 0}}}};
}

static void types_come_back(void **state)
{
    struct price_list list = typed(), got;
    struct view packed;
    assert_int_equal(price_list_write(&list, &arena, &packed), 0);
    assert_int_equal(price_list_read(packed, 1, 2, &arena, &got), 0);
    assert_true(price_list_same(&list, &got));
    got.types[1].proof = false;
    assert_false(price_list_same(&list, &got));
    assert_int_equal(price_list_cost(&list, 0, 0, NULL), 1500);
    assert_int_equal(price_list_cost(&list, 0, 1, NULL), 700);
    assert_int_equal(price_list_cost(&list, 1, 1, NULL), PRICE_NONE);
    assert_int_equal(price_list_cost(&list, 2, 1, NULL), PRICE_NONE);
    assert_int_equal(price_list_cost(&list, 0, 2, NULL), PRICE_NONE);
    assert_int_equal(price_list_cost(&list, 1, 31, NULL), 0);
}

static void the_largest_list_fits_an_entry(void **state)
{
    struct price_list list = {.category_count = HALL_CATEGORIES_MAX, .type_count = PRICE_TYPES_MAX};
    struct view packed;
    for (uint32_t t = 0; t < PRICE_TYPES_MAX; t++) {
        struct price_type *type = &list.types[t];
        *type = (struct price_type){.number = (uint8_t)(t > 0 ? 20 + t : 0), .most = t > 0 ? 8 : 0};
        memset(type->korean, 'k', PRICE_NAME_MAX);
        memset(type->english, 'e', PRICE_NAME_MAX);
        for (uint32_t i = 0; i < HALL_CATEGORIES_MAX; i++)
            type->amounts[i] = t > 0 ? PRICE_MAX : 0;
    }
    for (uint32_t i = 0; i < HALL_CATEGORIES_MAX; i++)
        list.amounts[i] = PRICE_STAYS;
    assert_int_equal(price_list_write(&list, &arena, &packed), 0);
    assert_in_range(packed.len, 1, CHANGE_LIST_MAX);
    struct price_list got;
    assert_int_equal(price_list_read_plan(packed, HALL_CATEGORIES_MAX, &arena, &got), 0);
    assert_true(price_list_same(&list, &got));
}

static void types_that_are_none_are_refused(void **state)
{
    for (uint32_t i = 0; i < 10; i++) {
        struct price_list list = typed(), got;
        struct view packed;
        struct price_type *child = &list.types[1];
        switch (i) {
        case 0:
            list.types[0].number = 1;
            break;
        case 1:
            child->number = 31;
            break;
        case 2:
            child->number = 0;
            break;
        case 3:
            child->korean[0] = '\0';
            break;
        case 4:
            child->english[0] = '\n';
            break;
        case 5:
            child->english[0] = '\xff';
            break;
        case 6:
            child->amounts[0] = PRICE_MAX + 1;
            break;
        case 7:
            child->amounts[0] = PRICE_NONE;
            break;
        case 8:
            child->most = 9;
            break;
        case 9:
            list.types[2].number = 32;
            break;
        }
        assert_int_equal(price_list_write(&list, &arena, &packed), 0);
        assert_int_equal(price_list_read(packed, 1, 2, &arena, &got), ERR_CORRUPT);
    }
}

static void a_hold_has_what_its_list_allows(void **state)
{
    const struct price_list list = typed(), none = {.category_count = 2};
    const struct price_wish two[] = {{.type = 1}, {.type = 1}, {.type = 1}};
    const struct price_wish chair[] = {{.type = 31}, {.wheelchair = true}, {.type = 31}};
    const struct price_wish dear = {.category = 1, .type = 1}, plain = {.category = 1};
    assert_true(price_list_allows(&list, two, 2, NULL));
    assert_false(price_list_allows(&list, two, 3, NULL));
    assert_true(price_list_allows(&list, chair, 2, NULL));
    assert_false(price_list_allows(&list, chair, 1, NULL));
    assert_false(price_list_allows(&list, chair, 3, NULL));
    assert_false(price_list_allows(&list, &dear, 1, NULL));
    assert_true(price_list_allows(&list, &plain, 1, NULL));
    assert_true(price_list_allows(&none, &plain, 1, NULL));
    assert_false(price_list_allows(&none, two, 1, NULL));
}

static void a_plan_has_types_or_leaves_them(void **state)
{
    struct price_list list = typed(), got;
    struct price_list plan = {.category_count = 2, .amounts = {PRICE_STAYS, 2100}};
    struct view packed;
    price_list_merge(&list, &plan);
    assert_true(list.type_count == 3 && list.amounts[1] == 2100);
    plan = typed();
    plan.amounts[0] = plan.amounts[1] = PRICE_STAYS;
    plan.types[1].amounts[0] = 800;
    assert_int_equal(price_list_write(&plan, &arena, &packed), 0);
    assert_int_equal(price_list_read_plan(packed, 2, &arena, &got), 0);
    price_list_merge(&list, &got);
    assert_int_equal(price_list_cost(&list, 0, 1, NULL), 800);
    assert_int_equal(price_list_cost(&list, 1, 0, NULL), 2100);
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
        cmocka_unit_test_setup_teardown(types_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_largest_list_fits_an_entry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(types_that_are_none_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_hold_has_what_its_list_allows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_plan_has_types_or_leaves_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_memory_it_says_so, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
