#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/tree.h"

/* As deep as jansson would follow, were it let. */
#define DEEP 2000

static void what_is_nested_too_deep_is_no_tree(void **state)
{
    static const char *const pairs[] = {"[]", "{}"};
    char text[2 * DEEP + 1];
    json_error_t error;
    for (size_t i = 0; i < 2; i++) {
        memset(text, pairs[i][0], DEEP);
        memset(text + DEEP, pairs[i][1], DEEP);
        assert_null(tree_read(view_of(text, 2 * DEEP), 0, &error));
        assert_string_equal(error.text, "nested deeper than 32 levels");
        assert_null(tree_read(view_of(text, DEEP), 0, NULL));
    }
}

static void up_to_the_limit_it_is_read(void **state)
{
    for (size_t depth = 1; depth <= TREE_DEPTH_MAX + 1; depth++) {
        char text[2 * (TREE_DEPTH_MAX + 1)];
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        json_t *tree = tree_read(view_of(text, 2 * depth), 0, NULL);
        assert_int_equal(tree != NULL, depth <= TREE_DEPTH_MAX);
        json_decref(tree);
    }
}

static void brackets_in_strings_do_not_count(void **state)
{
    char text[] = "[\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"]";
    json_t *tree = tree_read(view_str(text), 0, NULL);
    assert_int_equal(json_string_length(json_array_get(tree, 0)), strlen(text) - 5);
    json_decref(tree);
    assert_null(tree_read(VIEW_LIT("{"), 0, NULL));
    assert_null(tree_read((struct view){0}, 0, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_nested_too_deep_is_no_tree),
        cmocka_unit_test(up_to_the_limit_it_is_read),
        cmocka_unit_test(brackets_in_strings_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
