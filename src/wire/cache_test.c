#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "wire/cache.h"

#define MIB (1u << 20)

static struct cache_key key_of(uint32_t number)
{
    struct cache_key key = {.form = FORM_JSON};
    memcpy(key.request_hash, &number, sizeof(number));
    return key;
}

/* An answer of so many bytes. */
static struct cache_item *put(struct cache *cache, uint32_t number, size_t len)
{
    struct cache_key key = key_of(number);
    struct buf bytes;
    buf_init(&bytes, 64 * MIB);
    uint8_t *at = buf_reserve(&bytes, len);
    assert_non_null(at);
    memset(at, (int)number, len);
    buf_commit(&bytes, len);
    struct cache_item *item = cache_put(cache, &key, "\"tag\"", &bytes);
    assert_true(item ? bytes.len == 0 : bytes.len == len);
    buf_release(&bytes);
    return item;
}

static bool has(struct cache *cache, uint32_t number)
{
    struct cache_key key = key_of(number);
    return cache_find(cache, &key);
}

static void finds_by_every_part_of_the_key(void **state)
{
    struct cache cache = {0};
    struct cache_key key = key_of(1);
    struct cache_item *item = put(&cache, 1, 100);
    assert_ptr_equal(cache_find(&cache, &key), item);
    assert_string_equal(item->etag, "\"tag\"");
    key.form = FORM_PROTO;
    assert_null(cache_find(&cache, &key));
    key = key_of(1);
    key.enveloped = true;
    assert_null(cache_find(&cache, &key));
    key = key_of(1);
    key.route = (const struct route *)&key;
    assert_null(cache_find(&cache, &key));
    cache_release(&cache);
    assert_int_equal(cache.bytes, 0);
}

static void the_least_asked_for_makes_room(void **state)
{
    struct cache cache = {0};
    for (uint32_t i = 0; i < WIRE_CACHE_ITEMS; i++)
        assert_non_null(put(&cache, i, 10));
    assert_true(has(&cache, 0));
    assert_non_null(put(&cache, 1000, 10));
    assert_true(has(&cache, 0) && has(&cache, 1000));
    assert_false(has(&cache, 1));
    assert_int_equal(cache.count, WIRE_CACHE_ITEMS);
    cache_release(&cache);
}

static void bytes_are_bounded(void **state)
{
    struct cache cache = {0};
    assert_null(put(&cache, 99, WIRE_CACHE_BYTES / 4 + 1));
    for (uint32_t i = 0; i < 10; i++) {
        assert_non_null(put(&cache, i, 7 * MIB));
        assert_true(cache.bytes <= WIRE_CACHE_BYTES);
    }
    assert_true(has(&cache, 9) && has(&cache, 6));
    assert_false(has(&cache, 5));
    cache_release(&cache);
}

static void what_is_being_sent_outlives_the_cache(void **state)
{
    struct cache cache = {0};
    struct body a = cache_body(put(&cache, 7, 1000)), b = cache_body(cache.items[0]);
    assert_ptr_equal(a.bytes.at, b.bytes.at);
    cache_release(&cache);
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
        cmocka_unit_test(what_is_being_sent_outlives_the_cache),
    };
    return cmocka_run_group_tests_name("wire/cache", tests, NULL, NULL);
}
