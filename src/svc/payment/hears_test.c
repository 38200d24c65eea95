/* What strangers tell adapters: webhooks, ways back, and answers that cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "codec/base64.h"
#include "codec/sha256.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "sale/currency.h"
#include "svc/payment/adapters/exchange.h"

#define NOW_S  1764400000
#define TID    "nicuntct1m0101261129200708A058"
#define DATE   "2026-11-29T20:07:08.000+0900"
#define TOKEN  "NICETOKN84A4CC28D4D9AC6E6AC58A4BB1F9AE1F"
#define REFUND 500

/* A provider that answers everything alike, and keeps how much it was asked to give back. */
static struct {
    struct http http;
    const char *answer;
    long long asked_back;
} peer;

static int answer(struct http *http, const struct http_ask *ask, struct arena *arena,
                  struct http_answer *ret_answer, int64_t deadline_ns)
{
    static const char *const names[] = {"\"cancelAmount\":", "\"cancelAmt\":", "&amount="};
    for (size_t i = 0; ask->body.len > 0 && i < sizeof(names) / sizeof(names[0]); i++) {
        const char *at = strstr(ask->body.at, names[i]);
        if (at)
            peer.asked_back = strtoll(at + strlen(names[i]), NULL, 10);
    }
    *ret_answer = (struct http_answer){.status = 200, .body = view_str(peer.answer)};
    return 0;
}

static struct arena arena;

static struct adapter_env env(void)
{
    static const struct payment_provider provider = {.name = "test",
                                                     .base_url = "http://provider",
                                                     .secret_key = "sk",
                                                     .public_key = "pk",
                                                     .webhook_secrets = {"whsec_b", "whsec_a"}};
    peer.http.call = answer;
    return (struct adapter_env){.provider = &provider,
                                .http = &peer.http,
                                .public_url = "http://here",
                                .arena = &arena,
                                .now_ms = NOW_S * INT64_C(1000),
                                .deadline_ns = DEADLINE_NEVER};
}

static struct payment payment_of(const char *currency)
{
    return (struct payment){.payment_id = {1, 2},
                            .books = {.amount = 1000, .captured = 1000, .refunded = 300},
                            .currency = view_str(currency),
                            .ref = VIEW_LIT("key"),
                            .charge = VIEW_LIT("pi_1"),
                            .state = PAYMENT_CAPTURED};
}

static const char *id_of(const struct payment *p)
{
    static char text[ID_TEXT_CHARS + 1];
    id_format(p->payment_id, text);
    return text;
}

/* ---- webhooks ---- */

static bool hears(const struct adapter *adapter, const char *signature, const char *body,
                  struct heard *ret_heard)
{
    const struct adapter_env e = env();
    const struct head_field field = {.name = adapter == &toss_adapter
                                                 ? VIEW_LIT("tosspayments-webhook-transmission-id")
                                                 : VIEW_LIT("Stripe-Signature"),
                                     .value = view_str(signature)};
    const struct plain_request request = {.method = VIEW_LIT("POST"),
                                          .fields = &field,
                                          .field_count = 1,
                                          .body = view_str(body),
                                          .arena = &arena};
    *ret_heard = (struct heard){0};
    return adapter->webhook(&e, &request, ret_heard);
}

static const char event[] = "{\"id\":\"evt_1\",\"type\":\"charge.refunded\",\"data\":{\"object\":{"
                            "\"id\":\"ch_1\",\"object\":\"charge\",\"payment_intent\":\"pi_1\"}}}";

/* v1 of Stripe's scheme, by that secret, in hexadecimal digits. */
static const char *mac_of(const char *secret, long long at_s, const char *body)
{
    static char hex[2 * crypto_auth_hmacsha256_BYTES + 1];
    char stamp[32];
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    snprintf(stamp, sizeof(stamp), "%lld.", at_s);
    crypto_auth_hmacsha256_init(&state, (const uint8_t *)secret, strlen(secret));
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)stamp, strlen(stamp));
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)body, strlen(body));
    crypto_auth_hmacsha256_final(&state, mac);
    hex_write(view_of(mac, sizeof(mac)), hex);
    return hex;
}

static void stripe_believes_its_signature(void)
{
    static const struct {
        const char *before, *between; /* the time; the signature */
        const char *secret;
        int at_s, said_s, chars;
        bool right;
    } cases[] = {
        {"t=", ",v1=", "whsec_a", NOW_S, NOW_S, 64, true},
        {"t=", ",v1=", "whsec_b", NOW_S, NOW_S, 64, true}, /* while it is changed */
        {"t=", ",v0=00,v1=zz,v1=", "whsec_a", NOW_S, NOW_S, 64, true},
        {"t=", ",v1=", "whsec_c", NOW_S, NOW_S, 64, false},
        {"t=", ",v0=", "whsec_a", NOW_S, NOW_S, 64, false},
        {"t=", ",v1=", "whsec_a", NOW_S, NOW_S, 62, false},
        {"t=", "", "whsec_a", NOW_S, NOW_S, 0, false},
        {"x=", ",v1=", "whsec_a", NOW_S, NOW_S, 64, false},
        {"t=", ",v1=", "whsec_a", NOW_S, NOW_S + 1, 64, false}, /* the time is signed, too */
        {"t=", ",v1=", "whsec_a", NOW_S - 300, NOW_S - 300, 64, true},
        {"t=", ",v1=", "whsec_a", NOW_S - 301, NOW_S - 301, 64, false},
        {"t=", ",v1=", "whsec_a", NOW_S + 301, NOW_S + 301, 64, false},
    };
    struct heard heard;
    char field[256];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(field, sizeof(field), "%s%d%s%.*s", cases[i].before, cases[i].said_s,
                 cases[i].between, cases[i].chars, mac_of(cases[i].secret, cases[i].at_s, event));
        assert_int_equal(hears(&stripe_adapter, field, event, &heard), cases[i].right);
        assert_int_equal(heard.authentic, cases[i].right);
        if (cases[i].right) {
            assert_true(view_eq(heard.event_id, VIEW_LIT("evt_1")));
            assert_true(view_eq(heard.ref, VIEW_LIT("pi_1")));
        }
    }
    /* Another body under a right signature. */
    snprintf(field, sizeof(field), "t=%d,v1=%s", NOW_S, mac_of("whsec_a", NOW_S, "{}"));
    assert_false(hears(&stripe_adapter, field, event, &heard));
}

static const char *digest_of(const char *text)
{
    static char hex[2 * SHA256_BYTES + 1];
    uint8_t hash[SHA256_BYTES];
    sha256(view_str(text), hash);
    hex_write(view_of(hash, sizeof(hash)), hex);
    return hex;
}

static void nicepay_believes_its_signature(void)
{
    const struct payment p = payment_of("KRW");
    struct heard heard;
    char body[512];
    for (int wrong = 0; wrong < 2; wrong++) {
        snprintf(body, sizeof(body),
                 "{\"tid\":\"" TID "\",\"orderId\":\"%s\",\"amount\":%d,\"ediDate\":\"" DATE
                 "\",\"status\":\"paid\",\"signature\":\"%s\"}",
                 id_of(&p), wrong ? 1 : 1000, digest_of(TID "1000" DATE "sk"));
        assert_int_equal(hears(&nicepay_adapter, "", body, &heard), !wrong);
        assert_false(heard.authentic); /* whose order it is, and how it stands, is not signed */
    }
}

/* What is signed is a text without seams: a buyer has one of his own way back, and may cut it
 * otherwise. Each part has one form, so there is one way to cut it. */
static void nicepay_cannot_be_cut_otherwise(void)
{
    static const struct {
        const char *tid, *amount, *date;
    } cuts[] = {
        {TOKEN "pk", "1", "000"},    {TOKEN, "1000", ""},
        {TOKEN "p", "1", "000"},     {TID, "1000", "d"},
        {TID "1", "234", DATE},      {"t1", "1000", DATE},
        {TID, "1000", "2026-11-29"}, {TID, "1000", "2026-11-29T20:07:08"},
        {TID, "1000", DATE "x"},     {TID, "100", "02026-11-29T20:07:08+09:00"},
        {TID, "-1000", DATE},        {"nicuntct1m0101261129200708A05ä", "1000", DATE},
    };
    const struct payment p = payment_of("KRW");
    struct heard heard;
    char body[512], text[256];
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        snprintf(text, sizeof(text), "%s%s%ssk", cuts[i].tid, cuts[i].amount, cuts[i].date);
        snprintf(body, sizeof(body),
                 "{\"tid\":\"%s\",\"orderId\":\"%s\",\"amount\":%s,\"ediDate\":\"%s\","
                 "\"status\":\"paid\",\"signature\":\"%s\"}",
                 cuts[i].tid, id_of(&p), cuts[i].amount, cuts[i].date, digest_of(text));
        if (hears(&nicepay_adapter, "", body, &heard))
            fail_msg("%s, %s, %s", cuts[i].tid, cuts[i].amount, cuts[i].date);
    }
    static const char *const dates[] = {"2026-11-29T20:07:08Z", "2026-11-29T20:07:08+09:00",
                                        "2026-11-29T20:07:08.5-0330", DATE};
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        snprintf(text, sizeof(text), TID "1000%ssk", dates[i]);
        snprintf(body, sizeof(body),
                 "{\"tid\":\"" TID "\",\"orderId\":\"%s\",\"amount\":1000,\"ediDate\":\"%s\","
                 "\"status\":\"paid\",\"signature\":\"%s\"}",
                 id_of(&p), dates[i], digest_of(text));
        assert_true(hears(&nicepay_adapter, "", body, &heard));
    }
}

/* A stranger writes the header of Toss's webhooks, which nothing signs, and a status of NICEPAY's:
 * an id that is none is not kept. */
static void an_id_of_a_webhook_is_one(void)
{
    static const char *const wrong[] = {"\xff\xfe", "a\x01", "a b", "\xed\x95\x9c", ""};
    const struct payment p = payment_of("KRW");
    struct heard heard;
    char body[512], long_id[7000];
    memset(long_id, 'a', sizeof(long_id) - 1);
    long_id[sizeof(long_id) - 1] = '\0';
    snprintf(body, sizeof(body), "{\"eventType\":\"x\",\"data\":{\"orderId\":\"%s\"}}", id_of(&p));
    assert_true(hears(&toss_adapter, "whtrans_a01jb73y1kmn8j55mrbc3etd53s", body, &heard));
    assert_true(view_eq(heard.event_id, VIEW_LIT("whtrans_a01jb73y1kmn8j55mrbc3etd53s")));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_true(hears(&toss_adapter, wrong[i], body, &heard));
        assert_int_equal(heard.event_id.len, 0);
    }
    assert_true(hears(&toss_adapter, long_id, body, &heard));
    assert_int_equal(heard.event_id.len, 0);
    snprintf(body, sizeof(body),
             "{\"tid\":\"" TID "\",\"orderId\":\"%s\",\"amount\":1000,\"ediDate\":\"" DATE
             "\",\"status\":\"pa id\",\"signature\":\"%s\"}",
             id_of(&p), digest_of(TID "1000" DATE "sk"));
    assert_false(hears(&nicepay_adapter, "", body, &heard));
}

/* ---- ways back ---- */

/* The form of a buyer whose window says yes; %s is what it says of the transaction. */
static enum came_back nicepay_comes_back(const char *tid, int amount, const char *token,
                                         struct view *ret_ref)
{
    const struct payment p = payment_of("KRW");
    const struct adapter_env e = env();
    char form[512], signed_text[96];
    snprintf(signed_text, sizeof(signed_text), TOKEN "pk%dsk", amount);
    snprintf(
        form, sizeof(form),
        "authResultCode=0000&tid=%s&orderId=%s&clientId=pk&amount=%d&authToken=%s&signature=%s",
        tid, id_of(&p), amount, token, digest_of(signed_text));
    return nicepay_adapter.returned(&e, &p, view_str(form), ret_ref);
}

static enum came_back toss_comes_back(const char *key, struct view *ret_ref)
{
    const struct payment p = payment_of("KRW");
    const struct adapter_env e = env();
    char query[512];
    snprintf(query, sizeof(query), "paymentKey=%s&orderId=%s&amount=1000", key, id_of(&p));
    return toss_adapter.returned(&e, &p, view_str(query), ret_ref);
}

/* What a buyer's browser brings goes into an address or a field of our next request: it is an id,
 * or it is refused. */
static void a_way_back_names_an_id(void)
{
    static const char *const wrong[] = {"a%0d%0aX-Injected:%201",
                                        "a%0ab",
                                        "..",
                                        "a%2Fcancel",
                                        "a/../../b",
                                        "a%3Fb=c",
                                        "a%20b",
                                        "a%23",
                                        "%C3%A4",
                                        "a.b%00"};
    struct view ref = {0};
    assert_int_equal(toss_comes_back("tgen_2026-1~x", &ref), CAME_PAID);
    assert_true(view_eq(ref, VIEW_LIT("tgen_2026-1~x")));
    assert_int_equal(nicepay_comes_back(TID, 1000, TOKEN, &ref), CAME_PAID);
    assert_true(view_eq(ref, VIEW_LIT(TID)));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(toss_comes_back(wrong[i], &ref), CAME_FOREIGN);
        assert_int_equal(nicepay_comes_back(wrong[i], 1000, TOKEN, &ref), CAME_FOREIGN);
    }
    assert_int_equal(nicepay_comes_back("UT1", 1000, TOKEN, &ref), CAME_FOREIGN);
    assert_int_equal(nicepay_comes_back(TID, 999, TOKEN, &ref), CAME_FOREIGN);
    assert_int_equal(nicepay_comes_back(TID, 1000, "other", &ref), CAME_FOREIGN);
    assert_true(view_eq(ref, VIEW_LIT(TID)));
}

/* ---- answers that cannot be ---- */

/* The answer of an adapter's provider: so much is back of 1000, as it writes that, or nothing. */
static const char *answer_of(const struct adapter *adapter, const char *back)
{
    static char text[1024];
    const struct payment p = payment_of("KRW");
    static const char signed_text[] = TID "1000" DATE "sk";
    if (adapter == &stripe_adapter)
        snprintf(text, sizeof(text),
                 "{\"id\":\"pi_1\",\"status\":\"succeeded\",\"amount_received\":1000,"
                 "\"currency\":\"krw\",\"latest_charge\":{\"x\":0%s%s}}",
                 back ? ",\"amount_refunded\":" : "", back ? back : "");
    else if (adapter == &toss_adapter)
        snprintf(text, sizeof(text),
                 "{\"status\":\"DONE\",\"orderId\":\"%s\",\"totalAmount\":1000,\"currency\":"
                 "\"KRW\"%s%s}",
                 id_of(&p), back ? ",\"balanceAmount\":" : "", back ? back : "");
    else
        snprintf(
            text, sizeof(text),
            "{\"resultCode\":\"0000\",\"status\":\"paid\",\"tid\":\"" TID "\",\"orderId\":\"%s\","
            "\"amount\":1000,\"currency\":\"KRW\",\"ediDate\":\"" DATE
            "\",\"signature\":\"%s\"%s%s}",
            id_of(&p), digest_of(signed_text), back ? ",\"balanceAmt\":" : "", back ? back : "");
    return text;
}

static void what_cannot_be_is_asked_again(void)
{
    static const struct adapter *const adapters[] = {&toss_adapter, &stripe_adapter,
                                                     &nicepay_adapter};
    static const char *const wrong[] = {NULL, "-1", "1001", "\"300\"", "9223372036854775807"};
    for (size_t i = 0; i < 3; i++) {
        const struct adapter *adapter = adapters[i];
        const struct payment p = payment_of("KRW");
        const struct adapter_env e = env();
        struct told told = {0};
        peer.answer = answer_of(adapter, "300");
        (adapter->review ? adapter->review : adapter->lookup)(&e, &p, &told);
        assert_int_equal(told.said, SAID_CAPTURED);
        assert_int_equal(told.returned, adapter == &stripe_adapter ? 300 : 700);
        for (size_t k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++) {
            peer.answer = answer_of(adapter, wrong[k]);
            (adapter->review ? adapter->review : adapter->lookup)(&e, &p, &told);
            assert_int_equal(told.said, SAID_NOTHING);
            assert_int_equal(told.returned, 0);
        }
        arena_reset(&arena);
    }
}

/* Whatever a provider says was given back before, no more is asked for than the refund. */
static void a_refund_is_never_more(void)
{
    static const char *const lists[] = {"{\"balanceAmount\":700,\"cancels\":[{\"cancelReason\":"
                                        "\"refund %s\",\"cancelAmount\":%s}]}",
                                        "{\"data\":[{\"status\":\"succeeded\",\"metadata\":{"
                                        "\"refund_id\":\"%s\"},\"amount\":%s}]}"};
    static const char *const amounts[] = {"-5", "\"x\"", "null", "1001", "9223372036854775807"};
    struct payment p = payment_of("KRW");
    const struct refund r = {.refund_id = {3, 4}, .amount = REFUND};
    char id[ID_TEXT_CHARS + 1], text[512];
    struct told told;
    id_format(r.refund_id, id);
    for (size_t i = 0; i < 2; i++) {
        const struct adapter *adapter = i == 0 ? &toss_adapter : &stripe_adapter;
        for (size_t k = 0; k < sizeof(amounts) / sizeof(amounts[0]); k++) {
            const struct adapter_env e = env();
            const char *mark = strstr(lists[i], "%s"), *second = strstr(mark + 2, "%s");
            snprintf(text, sizeof(text), "%.*s%s%.*s%s%s", (int)(mark - lists[i]), lists[i], id,
                     (int)(second - mark - 2), mark + 2, amounts[k], second + 2);
            peer.answer = text;
            peer.asked_back = 0;
            adapter->refund(&e, &p, &r, &told);
            assert_int_equal(told.said, SAID_NOTHING);
            assert_int_equal(peer.asked_back, 0);
            arena_reset(&arena);
        }
    }
    /* A provider repeats a refusal for as long as it knows the key: each round has its own. */
    const struct refund next = {.refund_id = r.refund_id, .round = 1};
    assert_string_not_equal(exchange_refund_key(&arena, &r, 0),
                            exchange_refund_key(&arena, &next, 0));
    assert_string_not_equal(exchange_refund_key(&arena, &r, 0), exchange_refund_key(&arena, &r, 1));
    /* 300 are back by our books, and the provider tells that nothing is. */
    const struct adapter_env e = env();
    peer.answer = answer_of(&nicepay_adapter, "1000");
    nicepay_adapter.refund(&e, &p, &r, &told);
    assert_int_equal(told.said, SAID_NOTHING);
    assert_int_equal(peer.asked_back, 0);
}

static void in_fiber(void *arg)
{
    arena_init(&arena, 4u << 20);
    (*(void (**)(void))arg)();
    arena_release(&arena);
}

static void run(void (*body)(void))
{
    assert_int_equal(fiber_main(in_fiber, &body), 0);
}

static void webhooks_of_stripe(void **state)
{
    run(stripe_believes_its_signature);
}

static void webhooks_of_nicepay(void **state)
{
    run(nicepay_believes_its_signature);
    run(nicepay_cannot_be_cut_otherwise);
    run(an_id_of_a_webhook_is_one);
}

static void ways_back(void **state)
{
    run(a_way_back_names_an_id);
}

static void answers(void **state)
{
    run(what_cannot_be_is_asked_again);
}

static void refunds(void **state)
{
    run(a_refund_is_never_more);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(webhooks_of_stripe),
        cmocka_unit_test(webhooks_of_nicepay),
        cmocka_unit_test(ways_back),
        cmocka_unit_test(answers),
        cmocka_unit_test(refunds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
