/* Addresses, slots and answers: what needs no server. tests/coord has the servers. */
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

/* The answer that those bytes are, in pieces of any size. */
static redisReply *answer_of(struct redis_reader *reader, const char *bytes, size_t step)
{
    const size_t len = strlen(bytes);
    redisReply *reply = NULL;
    for (size_t at = 0; at < len; at += step) {
        assert_null(reply);
        assert_int_equal(redis_reader_feed(reader, bytes + at, len - at < step ? len - at : step),
                         0);
        assert_int_equal(redis_reader_next(reader, &reply), 0);
    }
    assert_non_null(reply);
    return reply;
}

static void answers_are_read(void **state)
{
    const struct redis_place asked = {.host = "me", .port = 1};
    struct redis_reader reader;
    struct redis_range range;
    struct redis_place master;
    struct view channel, text;
    uint64_t epoch;
    char sentence[NET_TLS_WHY_MAX];
    assert_int_equal(redis_reader_init(&reader), 0);
    for (size_t step = 1; step < 30; step += 7) {
        redisReply *reply =
            answer_of(&reader, "*3\r\n:0\r\n:5460\r\n*2\r\n$0\r\n\r\n:7000\r\n", step);
        assert_true(redis_range_read(reply, &asked, &range));
        assert_true(range.first == 0 && range.last == 5460 && range.place.port == 7000);
        assert_string_equal(range.place.host, "me");
        assert_false(redis_master_read(reply, &master, &epoch));
        assert_false(redis_news_read(reply, &channel, &text));
        freeReplyObject(reply);
        reply = answer_of(&reader,
                          "*6\r\n$12\r\nconfig-epoch\r\n$1\r\n7\r\n$2\r\nip\r\n$2\r\nh2\r\n"
                          "$4\r\nport\r\n$4\r\n6380\r\n",
                          step);
        assert_true(redis_master_read(reply, &master, &epoch));
        assert_true(master.port == 6380 && epoch == 7);
        assert_string_equal(master.host, "h2");
        assert_false(redis_range_read(reply, &asked, &range));
        freeReplyObject(reply);
        reply = answer_of(&reader, "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n", step);
        assert_true(redis_news_read(reply, &channel, &text));
        assert_true(view_eq(channel, VIEW_LIT("c")) && view_eq(text, VIEW_LIT("hi")));
        assert_int_equal(redis_greeting_read(reply, sentence), ERR_BUSY);
        assert_string_equal(sentence, "it is a replica");
        freeReplyObject(reply);
    }
    static const struct {
        const char *said;
        int means;
    } greetings[] = {
        {"+PONG\r\n", 0},
        {"*1\r\n$6\r\nmaster\r\n", 0},
        {"-LOADING it\r\n", ERR_BUSY},
        {"-WRONGPASS it\r\n", ERR_DENIED},
        {"-ERR something else\r\n", ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++) {
        redisReply *reply = answer_of(&reader, greetings[i].said, 3);
        assert_int_equal(redis_greeting_read(reply, sentence), greetings[i].means);
        freeReplyObject(reply);
    }
    redis_reader_release(&reader);
}

/* A server that announces more than it sends, or sends without end, gets no room for it. */
static void an_answer_has_a_limit(void **state)
{
    static char bytes[65536];
    struct redis_reader reader;
    redisReply *reply;
    static const char *const lists[] = {"*16385\r\n", "*2147483647\r\n", "*2\r\n*100000000\r\n"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        assert_int_equal(redis_reader_init(&reader), 0);
        assert_int_equal(redis_reader_feed(&reader, lists[i], strlen(lists[i])), 0);
        assert_int_equal(redis_reader_next(&reader, &reply), ERR_INVALID);
        redis_reader_release(&reader);
    }
    assert_int_equal(redis_reader_init(&reader), 0);
    assert_int_equal(redis_reader_feed(&reader, "$2000000000\r\n", 13), 0);
    memset(bytes, 'x', sizeof(bytes));
    size_t taken = 13;
    int err = 0;
    while (err == 0 && taken <= 2 * REDIS_ANSWER_MAX) {
        err = redis_reader_feed(&reader, bytes, sizeof(bytes));
        taken += sizeof(bytes);
        if (err == 0) {
            assert_int_equal(redis_reader_next(&reader, &reply), 0);
            assert_null(reply);
        }
    }
    assert_int_equal(err, ERR_FULL);
    assert_true(taken <= REDIS_ANSWER_MAX + 2 * sizeof(bytes));
    redis_reader_release(&reader);
    /* Many short ones together are not one long one. */
    assert_int_equal(redis_reader_init(&reader), 0);
    for (taken = 0; taken < 2 * REDIS_ANSWER_MAX; taken += sizeof(bytes)) {
        for (size_t i = 0; i < sizeof(bytes); i += 4)
            memcpy(bytes + i, ":1\r\n", 4);
        assert_int_equal(redis_reader_feed(&reader, bytes, sizeof(bytes)), 0);
        for (size_t i = 0; i < sizeof(bytes); i += 4) {
            assert_int_equal(redis_reader_next(&reader, &reply), 0);
            assert_int_equal(reply->integer, 1);
            freeReplyObject(reply);
        }
    }
    redis_reader_release(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_says_who), cmocka_unit_test(a_wrong_address_is_told),
        cmocka_unit_test(a_key_has_its_slot),  cmocka_unit_test(a_redirect_is_read),
        cmocka_unit_test(answers_are_read),    cmocka_unit_test(an_answer_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
