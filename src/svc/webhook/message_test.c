#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/base64.h"
#include "svc/webhook/post.h"

/* The example of the standard's own libraries: their secret, id, time, body and signature. */
static void the_standards_example_is_signed_alike(void **state)
{
    uint8_t secrets[2][SECRET_BYTES + 8] = {{0}};
    struct message m = {.id = "msg_p5jXN8AQM9LWM0D4loKWxJek", .body = "{\"test\": 2432232314}"};
    char text[2 * (SIGNATURE_CHARS + 1)];
    size_t len = 0;
    m.body_len = strlen(m.body);
    assert_int_equal(base64_read(VIEW_LIT("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), secrets[0], &len),
                     0);
    assert_int_equal(len,
                     24); /* HMAC pads a key with zeros: 32 bytes that end in them are the same */
    uint8_t one[1][SECRET_BYTES];
    memcpy(one[0], secrets[0], SECRET_BYTES);
    message_sign(&m, 1614265330, (const uint8_t(*)[SECRET_BYTES])one, 1, text);
    assert_string_equal(text, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void two_secrets_sign_while_one_ends(void **state)
{
    const uint8_t secrets[2][SECRET_BYTES] = {{1}, {2}};
    const struct message m = {.id = "evt_1_2_3", .body = "{}", .body_len = 2};
    char both[2 * (SIGNATURE_CHARS + 1)], one[2 * (SIGNATURE_CHARS + 1)];
    message_sign(&m, 5, secrets, 2, both);
    assert_int_equal(strlen(both), 2 * SIGNATURE_CHARS + 1);
    message_sign(&m, 5, secrets + 1, 1, one);
    assert_string_equal(strchr(both, ' ') + 1, one);
}

static void an_event_is_always_the_same_message(void **state)
{
    const struct hook_event event = {.seq = 42,
                                     .organiser_id = 3,
                                     .type = HOOK_ORDER_REFUNDED,
                                     .at_ms = INT64_C(1790000000123),
                                     .performance_id = 7,
                                     .event_id = 5,
                                     .currency = "KRW",
                                     .order_id = {1, 2},
                                     .seat = -1,
                                     .places = 2,
                                     .amount = 150000,
                                     .kept = 15000};
    struct message m;
    message_of_event(&event, &m);
    assert_string_equal(m.id, "evt_3_42_1790000000123");
    assert_int_equal(m.body_len, strlen(m.body));
    assert_non_null(strstr(m.body, "{\"type\":\"order.refunded\",\"timestamp\":\"2026-09-21T"));
    char order[ID_TEXT_CHARS + 1];
    id_format(event.order_id, order);
    assert_non_null(strstr(m.body, "\"sequence\":42,\"data\":{\"performance_id\":7,\"event_id\":5,"
                                   "\"order_id\":\""));
    assert_non_null(strstr(m.body, order));
    assert_non_null(
        strstr(m.body, "\"places\":2,\"refunded\":150000,\"currency\":\"KRW\",\"kept\":15000}}"));
}

static void the_largest_event_fits(void **state)
{
    for (uint32_t type = 1; type <= HOOK_TYPE_LAST; type++) {
        const struct hook_event event = {.seq = UINT64_MAX,
                                         .organiser_id = UINT32_MAX,
                                         .type = (enum hook_type)type,
                                         .at_ms = INT64_C(253402300799999),
                                         .performance_id = UINT32_MAX,
                                         .event_id = UINT32_MAX,
                                         .currency = "KRW",
                                         .order_id = {UINT64_MAX, UINT64_MAX},
                                         .seat = UINT32_MAX,
                                         .places = UINT32_MAX,
                                         .amount = INT64_MIN,
                                         .kept = INT64_MIN,
                                         .generation = UINT32_MAX};
        struct message m;
        message_of_event(&event, &m);
        assert_true(m.body_len < sizeof(m.body));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_standards_example_is_signed_alike),
                                       cmocka_unit_test(two_secrets_sign_while_one_ends),
                                       cmocka_unit_test(an_event_is_always_the_same_message),
                                       cmocka_unit_test(the_largest_event_fits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
