#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mem/list.h"

struct item {
    int value;
    struct list link;
};

static void keeps_order(void **state)
{
    struct list head;
    list_init(&head);
    assert_true(list_empty(&head));
    assert_null(list_take(&head));
    struct item items[5] = {{0}};
    for (int i = 0; i < 5; i++) {
        items[i].value = i;
        list_remove(&items[i].link); /* a zeroed link is in no ring */
        assert_false(list_linked(&items[i].link));
        list_append(&head, &items[i].link);
        assert_true(list_linked(&items[i].link));
    }
    list_remove(&items[2].link);
    list_remove(&items[2].link);
    int sum = 0;
    list_each (link, &head) {
        struct item *item = list_of(link, struct item, link);
        sum = sum * 10 + item->value;
        if (item->value == 1)
            list_remove(link);
    }
    assert_int_equal(sum, 134);
    assert_ptr_equal(list_take(&head), &items[0].link);
    assert_ptr_equal(list_take(&head), &items[3].link);
    assert_ptr_equal(list_take(&head), &items[4].link);
    assert_true(list_empty(&head));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keeps_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
