#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "rpc/shelf.h"

#define MIB (1u << 20)

static struct shelf_key key_of(uint32_t number)
{
    struct shelf_key key = {.form = FORM_JSON};
    memcpy(key.request_hash, &number, sizeof(number));
    return key;
}

/* An answer of so many bytes. */
static struct shelf_item *put(struct shelf *shelf, uint32_t number, size_t len)
{
    struct shelf_key key = key_of(number);
    struct buf bytes;
    buf_init(&bytes, 64 * MIB);
    uint8_t *at = buf_reserve(&bytes, len);
    assert_non_null(at);
    memset(at, (int)number, len);
    buf_commit(&bytes, len);
    struct shelf_item *item = shelf_put(shelf, &key, "\"tag\"", &bytes);
    assert_true(item ? bytes.len == 0 : bytes.len == len);
    buf_release(&bytes);
    return item;
}

static bool has(struct shelf *shelf, uint32_t number)
{
    struct shelf_key key = key_of(number);
    return shelf_find(shelf, &key);
}

static void finds_by_every_part_of_the_key(void **state)
{
    struct shelf shelf = {0};
    struct shelf_key key = key_of(1);
    struct shelf_item *item = put(&shelf, 1, 100);
    assert_ptr_equal(shelf_find(&shelf, &key), item);
    assert_string_equal(item->etag, "\"tag\"");
    key.form = FORM_PROTO;
    assert_null(shelf_find(&shelf, &key));
    key = key_of(1);
    key.enveloped = true;
    assert_null(shelf_find(&shelf, &key));
    key = key_of(1);
    key.route = (const struct route *)&key;
    assert_null(shelf_find(&shelf, &key));
    shelf_release(&shelf);
    assert_int_equal(shelf.bytes, 0);
}

static void the_least_asked_for_makes_room(void **state)
{
    struct shelf shelf = {0};
    for (uint32_t i = 0; i < RPC_SHELF_ITEMS; i++)
        assert_non_null(put(&shelf, i, 10));
    assert_true(has(&shelf, 0));
    assert_non_null(put(&shelf, 1000, 10));
    assert_true(has(&shelf, 0) && has(&shelf, 1000));
    assert_false(has(&shelf, 1));
    assert_int_equal(shelf.count, RPC_SHELF_ITEMS);
    shelf_release(&shelf);
}

static void bytes_are_bounded(void **state)
{
    struct shelf shelf = {0};
    assert_null(put(&shelf, 99, RPC_SHELF_BYTES / 4 + 1));
    for (uint32_t i = 0; i < 10; i++) {
        assert_non_null(put(&shelf, i, 7 * MIB));
        assert_true(shelf.bytes <= RPC_SHELF_BYTES);
    }
    assert_true(has(&shelf, 9) && has(&shelf, 6));
    assert_false(has(&shelf, 5));
    shelf_release(&shelf);
}

static void what_is_being_sent_outlives_the_shelf(void **state)
{
    struct shelf shelf = {0};
    struct body a = shelf_body(put(&shelf, 7, 1000)), b = shelf_body(shelf.items[0]);
    assert_ptr_equal(a.bytes.at, b.bytes.at);
    shelf_release(&shelf);
    body_done(&a);
    assert_int_equal(b.bytes.len, 1000);
    assert_int_equal(b.bytes.at[999], 7);
    body_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_every_part_of_the_key),
        cmocka_unit_test(the_least_asked_for_makes_room),
        cmocka_unit_test(bytes_are_bounded),
        cmocka_unit_test(what_is_being_sent_outlives_the_shelf),
    };
    return cmocka_run_group_tests_name("rpc/shelf", tests, NULL, NULL);
}
