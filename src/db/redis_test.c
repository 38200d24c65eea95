/* Addresses, slots and redirects: what needs no server. tests/coord has the servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "db/redis_body.h"
#include "err/err.h"

static struct redis_target target;
static char why[512];

static int read_url(const char *url)
{
    memset(&target, 0, sizeof(target));
    why[0] = '\0';
    return redis_target_read(url, &target, why);
}

static void an_address_says_who(void **state)
{
    assert_int_equal(read_url("redis://db.example"), 0);
    assert_int_equal(target.kind, REDIS_ONE);
    assert_string_equal(target.places[0].host, "db.example");
    assert_int_equal(target.places[0].port, 6379);
    assert_string_equal(target.name, "db.example:6379");
    assert_int_equal(read_url("rediss://[::1]:99/3"), 0);
    assert_true(target.secure && target.number == 3 && target.places[0].port == 99);
    assert_int_equal(read_url("redis://a,b:7,[::2]?sentinel=usher&sentinel-user=s"), ERR_INVALID);
    assert_int_equal(read_url("redis://a,b:7,[::2]?sentinel=usher"), 0);
    assert_int_equal(target.kind, REDIS_SENTINEL);
    assert_int_equal(target.place_count, 3);
    assert_int_equal(target.places[0].port, 26379);
    assert_int_equal(target.places[1].port, 7);
    assert_string_equal(target.places[2].host, "::2");
    assert_string_equal(target.master, "usher");
    assert_string_equal(target.name, "usher of a:26379,b:7,::2:26379");
    assert_int_equal(read_url("redis://a,b?cluster=yes"), 0);
    assert_int_equal(target.kind, REDIS_CLUSTER);
    assert_int_equal(target.places[1].port, 6379);
}

static void a_wrong_address_is_told(void **state)
{
    static const char *const wrong[] = {
        "http://h",
        "redis://",
        "redis://h,",
        "redis://,h",
        "redis://h/x",
        "redis://h:0",
        "redis://h:x",
        "redis://me:pw@h",
        "redis://me@h",
        "redis://h?tls=on",
        "redis://a,b",
        "redis://a?sentinel=",
        "redis://a?cluster",
        "redis://a/1?cluster=yes",
        "redis://a?sentinel=m&cluster=yes",
        "redis://a?tls-ca=/x",
        "rediss://a?tls-ca=/nonexistent",
        "rediss://a?tls-cert=/x",
        "redis://a?password-file=/nonexistent",
        "redis://1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17?cluster=yes",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(read_url(wrong[i]), ERR_INVALID);
        assert_true(why[0] != '\0' && !strstr(why, "pw"));
    }
}

/* The first two are the specification's own; the others were asked of CLUSTER KEYSLOT. */
static void a_key_has_its_slot(void **state)
{
    assert_int_equal(redis_slot_of(VIEW_LIT("123456789")), 0x31c3);
    assert_int_equal(redis_slot_of(VIEW_LIT("{user1000}.following")),
                     redis_slot_of(VIEW_LIT("{user1000}.followers")));
    assert_int_equal(redis_slot_of(VIEW_LIT("foo")), 12182);
    assert_int_equal(redis_slot_of(VIEW_LIT("usher:{lease:waitroom}")),
                     redis_slot_of(VIEW_LIT("lease:waitroom")));
    assert_int_equal(redis_slot_of(VIEW_LIT("foo{}{bar}")), 8363);
    assert_int_equal(redis_slot_of(VIEW_LIT("foo{{bar}}zap")), redis_slot_of(VIEW_LIT("{bar")));
    assert_int_equal(redis_slot_of(VIEW_LIT("foo{bar}{zap}")), redis_slot_of(VIEW_LIT("bar")));
    assert_int_equal(redis_slot_of(VIEW_LIT("")), 0);
    assert_true(redis_slot_of(VIEW_LIT("open{")) != redis_slot_of(VIEW_LIT("{")));
}

static void a_redirect_is_read(void **state)
{
    struct redis_route route = {.slot = 5};
    assert_true(redis_redirect_read(VIEW_LIT("MOVED 3999 127.0.0.1:6381"), &route));
    assert_true(route.slot == 3999 && !route.asking && route.place.port == 6381);
    assert_string_equal(route.place.host, "127.0.0.1");
    assert_true(redis_redirect_read(VIEW_LIT("ASK 1 ::1:9"), &route));
    assert_true(route.slot == 1 && route.asking && route.place.port == 9);
    assert_string_equal(route.place.host, "::1");
    static const char *const others[] = {
        "MOVED",           "MOVED 1",   "MOVED 16384 h:1", "MOVED 1 h:0",     "MOVED 1 h",
        "MOVED 1 :99",     "ASK x h:1", "ASKING",          "ERR MOVED 1 h:1", "",
        "MOVED 1 h:99999",
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(redis_redirect_read(view_str(others[i]), &route));
    assert_int_equal(route.slot, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_says_who),
        cmocka_unit_test(a_wrong_address_is_told),
        cmocka_unit_test(a_key_has_its_slot),
        cmocka_unit_test(a_redirect_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
