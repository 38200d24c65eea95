/* Adapters against a provider that only writes down what it is asked: amounts in all currencies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chance/chance.h"
#include "codec/percent.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "sale/currency.h"
#include "sale/refund.h"
#include "svc/payment/adapter.h"

static struct {
    struct http http;
    char body[4096]; /* of the last request */
    const char *answer;
    int status;
} recorder;

static int record(struct http *http, const struct http_ask *ask, struct arena *arena,
                  struct http_answer *ret_answer, int64_t deadline_ns)
{
    assert_true(ask->body.len < sizeof(recorder.body));
    if (ask->body.len > 0)
        memcpy(recorder.body, ask->body.at, ask->body.len);
    recorder.body[ask->body.len] = '\0';
    *ret_answer =
        (struct http_answer){.status = recorder.status, .body = view_str(recorder.answer)};
    return 0;
}

static struct arena arena;

static struct adapter_env env(void)
{
    static const struct payment_provider provider = {
        .name = "test", .base_url = "http://provider", .secret_key = "sk"};
    recorder.http.call = record;
    return (struct adapter_env){.provider = &provider,
                                .http = &recorder.http,
                                .public_url = "http://here",
                                .arena = &arena,
                                .deadline_ns = DEADLINE_NEVER};
}

static struct payment payment_of(const struct currency *currency, int64_t amount)
{
    return (struct payment){.payment_id = {1, 2},
                            .books.amount = amount,
                            .currency = view_of(currency->code, 3),
                            .ref = VIEW_LIT("key"),
                            .state = PAYMENT_CONFIRMING};
}

static const int64_t amounts[] = {1, 9, 10, 100, 1234, 5000, 165000, 99999990};
#define AMOUNTS (sizeof(amounts) / sizeof(amounts[0]))

/* The provider must read the decimal that a person would write. */
static void toss_says_the_amount_in_every_currency(void)
{
    recorder.status = 400;
    recorder.answer = "{\"code\":\"REJECT_CARD_PAYMENT\"}";
    for (size_t i = 0; currency_at(i); i++) {
        for (size_t k = 0; k < AMOUNTS; k++) {
            const struct payment p = payment_of(currency_at(i), amounts[k]);
            const struct adapter_env e = env();
            struct told told;
            char wanted[CURRENCY_TEXT_MAX];
            toss_adapter.finish(&e, &p, &told);
            assert_int_equal(told.said, SAID_DECLINED);
            const char *at = strstr(recorder.body, "\"amount\":");
            assert_non_null(at);
            currency_format(currency_at(i), amounts[k], wanted);
            assert_true(strtod(at + 9, NULL) == strtod(wanted, NULL));
            arena_reset(&arena);
        }
    }
}

/* Stripe's list, from docs.stripe.com/currencies, once more and otherwise written. */
static bool has_no_decimals(const char *code)
{
    static const char *const list[] = {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA",
                                       "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"};
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (strcmp(list[i], code) == 0)
            return true;
    }
    return false;
}

static bool has_three_decimals(const char *code)
{
    static const char *const list[] = {"BHD", "JOD", "KWD", "OMR", "TND"};
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (strcmp(list[i], code) == 0)
            return true;
    }
    return false;
}

/* The same value, or nothing at all: never a hundred times as much or as little. */
static void stripe_says_the_amount_in_every_currency(void)
{
    recorder.status = 200;
    recorder.answer = "{\"id\":\"cs_1\",\"url\":\"http://pay\"}";
    for (size_t i = 0; currency_at(i); i++) {
        const struct currency *currency = currency_at(i);
        const int theirs = has_no_decimals(currency->code)      ? 0
                           : has_three_decimals(currency->code) ? 3
                                                                : 2;
        for (size_t k = 0; k < AMOUNTS; k++) {
            const struct payment p = payment_of(currency, amounts[k]);
            const struct adapter_env e = env();
            struct begun begun = {0};
            struct view wire;
            const int err = stripe_adapter.begin(&e, &p, "Tickets", &begun);
            int64_t wanted = amounts[k], rest = 0;
            for (int d = currency->digits; d < theirs; d++)
                wanted *= 10;
            for (int d = currency->digits; d > theirs; d--, wanted /= 10)
                rest += wanted % 10;
            if (theirs == 3) /* docs.stripe.com: "the least-significant (last) digit" is 0 */
                rest += wanted % 10;
            if (rest > 0) {
                assert_int_equal(err, ERR_INVALID);
                continue;
            }
            assert_int_equal(err, 0);
            assert_true(query_find(view_str(recorder.body),
                                   VIEW_LIT("line_items%5B0%5D%5Bprice_data%5D%5Bunit_amount%5D"),
                                   &wire));
            assert_int_equal(strtoll(wire.at, NULL, 10), wanted);
            arena_reset(&arena);
        }
    }
}

/* Whatever an organiser's rules say: what is charged, and each part that goes back, can be told. */
static void stripe_can_be_told_what_goes_back(void)
{
    struct chance_seeded seeded;
    chance_seed(&seeded, 5);
    struct chance *chance = &seeded.chance;
    recorder.status = 200;
    recorder.answer = "{\"id\":\"cs_1\",\"url\":\"http://pay\"}";
    for (size_t i = 0; currency_at(i); i++) {
        const struct view code = view_of(currency_at(i)->code, 3);
        const int64_t step = currency_step(code);
        for (int k = 0; k < 60 && adapter_takes(&stripe_adapter, currency_at(i)->code); k++) {
            const struct refund_ladder ladder = {.steps = {{0, (uint32_t)chance_below(chance, 1000),
                                                            (int64_t)chance_below(chance, 9)}},
                                                 .step_count = 1};
            const struct fee_rule fee = {.ticket = (int64_t)chance_below(chance, 50) * step,
                                         .order = (int64_t)chance_below(chance, 50) * step,
                                         .permille = (uint32_t)chance_below(chance, 200),
                                         .back = 1 + (uint32_t)chance_below(chance, 3),
                                         .step = step};
            struct refund_ask ask = {.unit = 1, .step = step, .starts_at_ms = 86400000};
            for (uint32_t d = 0; d < currency_at(i)->digits; d++)
                ask.unit *= 10;
            const int64_t prices[] = {(1 + (int64_t)chance_below(chance, 99999)) * step,
                                      (1 + (int64_t)chance_below(chance, 99999)) * step};
            struct refund_quote one, both;
            refund_quote_tickets(&ladder, &ask, &fee, prices, 1, false, &one);
            refund_quote_tickets(&ladder, &ask, &fee, prices, 2, true, &both);
            const int64_t told[] = {prices[0] + prices[1] + fee_of_order(&fee, prices, 2),
                                    one.refunded, one.kept, both.refunded, both.kept};
            for (size_t n = 0; n < sizeof(told) / sizeof(told[0]); n++) {
                const struct payment p = payment_of(currency_at(i), told[n]);
                const struct adapter_env e = env();
                struct begun begun = {0};
                if (told[n] > 0)
                    assert_int_equal(stripe_adapter.begin(&e, &p, "Tickets", &begun), 0);
                arena_reset(&arena);
            }
        }
    }
}

/* What Stripe's pages list, and nothing that is no money: units of account, funds, and what card
 * companies do not take. */
static void stripe_takes_what_it_lists(void)
{
    static const char *const not [] = {"CLF", "UYW", "UYI", "BOV", "CHE", "CHW", "COU", "MXV",
                                       "USN", "XAD", "CUP", "IRR", "KPW", "SYP", "IQD", "LYD"};
    static const char *const some[] = {"KRW", "EUR", "USD", "JPY", "KWD", "ISK", "UGX", "XCG"};
    size_t taken = 0;
    for (size_t i = 0; currency_at(i); i++) {
        const char *code = currency_at(i)->code;
        taken += adapter_takes(&stripe_adapter, code);
        if (has_no_decimals(code) || has_three_decimals(code))
            assert_true(adapter_takes(&stripe_adapter, code));
        assert_true(adapter_takes(&toss_adapter, code));
        assert_int_equal(adapter_takes(&nicepay_adapter, code), strcmp(code, "KRW") == 0);
    }
    /* All that it lists is money that ISO 4217 knows. */
    assert_int_equal(taken, (strlen(stripe_adapter.currencies) + 1) / 4);
    assert_false(adapter_takes(&stripe_adapter, ""));
    for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
        assert_false(adapter_takes(&stripe_adapter, not [i]));
    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
        assert_true(adapter_takes(&stripe_adapter, some[i]));
}

/* Less than Stripe takes is the buyer's to know, not that Stripe does not answer. */
static void stripe_refuses_an_amount(void)
{
    const struct payment p = payment_of(currency_find(VIEW_LIT("EUR")), 10);
    const struct adapter_env e = env();
    struct begun begun = {0};
    recorder.status = 400;
    recorder.answer = "{\"error\":{\"code\":\"amount_too_small\"}}";
    assert_int_equal(stripe_adapter.begin(&e, &p, "Tickets", &begun), ERR_INVALID);
    recorder.answer = "{\"error\":{\"code\":\"lock_timeout\"}}";
    assert_int_equal(stripe_adapter.begin(&e, &p, "Tickets", &begun), ERR_UNAVAILABLE);
}

/* ---- and back: what an adapter said, it reads from the answer ---- */

/* The amount beside a name, as it stood on the wire. */
static void copy_number(const char *name, char ret_text[64])
{
    const char *at = strstr(recorder.body, name);
    assert_non_null(at);
    at += strlen(name);
    const size_t len = strspn(at, "0123456789.");
    assert_true(len > 0 && len < 64);
    memcpy(ret_text, at, len);
    ret_text[len] = '\0';
}

/* Amounts of every size, up to what a place may cost. */
static int64_t any_amount(struct chance *chance)
{
    int64_t limit = 10;
    for (uint64_t n = chance_below(chance, 12); n > 0; n--)
        limit *= 10;
    return 1 + (int64_t)chance_below(chance, (uint64_t)limit);
}

static void toss_reads_back_what_it_said(void)
{
    struct chance_seeded seeded;
    chance_seed(&seeded, 11);
    for (size_t i = 0; currency_at(i); i++) {
        for (int k = 0; k < 60; k++) {
            const struct payment p = payment_of(currency_at(i), any_amount(&seeded.chance));
            const struct adapter_env e = env();
            struct told told;
            char number[64], id[ID_TEXT_CHARS + 1], text[512];
            recorder.status = 400;
            recorder.answer = "{\"code\":\"REJECT_CARD_PAYMENT\"}";
            toss_adapter.finish(&e, &p, &told);
            copy_number("\"amount\":", number);
            id_format(p.payment_id, id);
            snprintf(text, sizeof(text),
                     "{\"status\":\"PARTIAL_CANCELED\",\"orderId\":\"%s\",\"totalAmount\":%s,"
                     "\"balanceAmount\":0,\"currency\":\"%s\"}",
                     id, number, currency_at(i)->code);
            recorder.status = 200;
            recorder.answer = text;
            toss_adapter.lookup(&e, &p, &told);
            assert_int_equal(told.said, SAID_CAPTURED);
            assert_int_equal(told.amount, p.books.amount);
            assert_int_equal(told.returned, p.books.amount);
            arena_reset(&arena);
        }
    }
}

static void stripe_reads_back_what_it_said(void)
{
    struct chance_seeded seeded;
    uint32_t said = 0;
    chance_seed(&seeded, 12);
    for (size_t i = 0; currency_at(i); i++) {
        for (int k = 0; k < 60; k++) {
            struct payment p = payment_of(currency_at(i), any_amount(&seeded.chance));
            const struct adapter_env e = env();
            struct begun begun = {0};
            struct told told;
            char number[64], id[ID_TEXT_CHARS + 1], lower[4] = {0}, text[1024];
            recorder.status = 200;
            recorder.answer = "{\"id\":\"cs_1\",\"url\":\"http://pay\"}";
            if (stripe_adapter.begin(&e, &p, "Tickets", &begun) != 0)
                continue; /* it cannot be said in as many decimals */
            said++;
            copy_number("unit_amount%5D=", number);
            id_format(p.payment_id, id);
            for (int c = 0; c < 3; c++)
                lower[c] = (char)(currency_at(i)->code[c] - 'A' + 'a');
            snprintf(
                text, sizeof(text),
                "{\"client_reference_id\":\"%s\",\"payment_status\":\"paid\",\"amount_total\":%s,"
                "\"currency\":\"%s\",\"id\":\"pi_1\",\"status\":\"succeeded\","
                "\"amount_received\":%s,\"latest_charge\":{\"amount_refunded\":%s,"
                "\"disputed\":true},\"data\":[{\"status\":\"needs_response\",\"amount\":%s}],"
                "\"payment_intent\":{\"id\":\"pi_1\",\"amount_received\":%s,\"latest_charge\":"
                "{\"amount_refunded\":%s}}}",
                id, number, lower, number, number, number, number, number);
            recorder.answer = text;
            stripe_adapter.lookup(&e, &p, &told);
            assert_int_equal(told.said, SAID_CAPTURED);
            assert_int_equal(told.amount, p.books.amount);
            assert_int_equal(told.returned, p.books.amount);
            assert_true(told.all_back);
            p.charge = VIEW_LIT("pi_1");
            stripe_adapter.review(&e, &p, &told);
            assert_int_equal(told.said, SAID_CAPTURED);
            assert_int_equal(told.amount, p.books.amount);
            assert_int_equal(told.returned, p.books.amount);
            assert_int_equal(told.disputed, p.books.amount);
            arena_reset(&arena);
        }
    }
    assert_true(said > 5000);
}

/* ---- Toss's codes ---- */

/* Every code of a confirmation that is documented means what it must: what is ours to mend, or the
 * provider's, says nothing of the money; the buyer is told why in a word that fits. */
static void toss_codes_mean(void)
{
    static const struct {
        const char *code;
        enum said said;
        const char *reason;
    } cases[] = {
        {"ALREADY_PROCESSED_PAYMENT", SAID_NOTHING, NULL},
        {"PROVIDER_ERROR", SAID_NOTHING, NULL},
        {"FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", SAID_NOTHING, NULL},
        {"FAILED_INTERNAL_SYSTEM_PROCESSING", SAID_NOTHING, NULL},
        {"COMMON_ERROR", SAID_NOTHING, NULL},
        {"IDEMPOTENT_REQUEST_PROCESSING", SAID_NOTHING, NULL},
        {"INVALID_IDEMPOTENCY_KEY", SAID_NOTHING, NULL},
        {"DUPLICATED_ORDER_ID", SAID_NOTHING, NULL},
        {"UNAUTHORIZED_KEY", SAID_NOTHING, NULL},
        {"INVALID_API_KEY", SAID_NOTHING, NULL},
        {"NOT_SUPPORTED_WIDGET_KEY", SAID_NOTHING, NULL},
        {"A_CODE_OF_TOMORROW", SAID_NOTHING, NULL},
        {"INVALID_REQUEST", SAID_WAITING, NULL},
        {"NOT_FOUND_PAYMENT_SESSION", SAID_WAITING, NULL},
        {"NOT_FOUND_PAYMENT", SAID_WAITING, NULL},
        {"INVALID_REJECT_CARD", SAID_DECLINED, "CARD_DECLINED"},
        {"REJECT_CARD_PAYMENT", SAID_DECLINED, "CARD_DECLINED"},
        {"REJECT_CARD_COMPANY", SAID_DECLINED, "CARD_DECLINED"},
        {"FDS_ERROR", SAID_DECLINED, "CARD_DECLINED"},
        {"BELOW_MINIMUM_AMOUNT", SAID_DECLINED, "AMOUNT_REFUSED"},
        {"EXCEED_MAX_AMOUNT", SAID_DECLINED, "AMOUNT_REFUSED"},
        {"EXCEED_MAX_DUE_DATE", SAID_DECLINED, "DEPOSIT_REFUSED"},
        {"INVALID_BANK", SAID_DECLINED, "DEPOSIT_REFUSED"},
        {"PAY_PROCESS_CANCELED", SAID_DECLINED, "PAYMENT_CANCELLED"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct payment p = payment_of(currency_find(VIEW_LIT("KRW")), 1234);
        const struct adapter_env e = env();
        struct told told;
        char text[128];
        snprintf(text, sizeof(text), "{\"code\":\"%s\"}", cases[i].code);
        for (int status = 200; status <= 500; status += 100) { /* the code counts, not the status */
            if (status == 200)
                continue;
            recorder.status = status;
            recorder.answer = text;
            toss_adapter.finish(&e, &p, &told);
            assert_int_equal(told.said, cases[i].said);
            if (cases[i].reason)
                assert_string_equal(told.reason, cases[i].reason);
            else
                assert_null(told.reason);
        }
        arena_reset(&arena);
    }
}

/* Refusals of a cancel: what a person has to act on is for good, all else is asked again. */
static void toss_cancel_codes_mean(void)
{
    static const struct {
        const char *code;
        enum said said;
    } cases[] = {
        {"ALREADY_CANCELED_PAYMENT", SAID_NOTHING},
        {"ALREADY_REFUND_PAYMENT", SAID_NOTHING},
        {"PROVIDER_ERROR", SAID_NOTHING},
        {"NOT_MATCHES_REFUNDABLE_AMOUNT", SAID_NOTHING},
        {"NOT_CANCELABLE_AMOUNT", SAID_NOTHING},
        {"FORBIDDEN_CONSECUTIVE_REQUEST", SAID_NOTHING},
        {"NOT_AVAILABLE_BANK", SAID_NOTHING},
        {"FAILED_REFUND_PROCESS", SAID_NOTHING},
        {"FAILED_PARTIAL_REFUND", SAID_NOTHING},
        {"FAILED_METHOD_HANDLING_CANCEL", SAID_NOTHING},
        {"COMMON_ERROR", SAID_NOTHING},
        {"INVALID_REFUND_ACCOUNT_INFO", SAID_DECLINED},
        {"INVALID_REFUND_ACCOUNT_NUMBER", SAID_DECLINED},
        {"INVALID_BANK", SAID_DECLINED},
        {"EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT", SAID_DECLINED},
        {"REFUND_REJECTED", SAID_DECLINED},
        {"NOT_CANCELABLE_PAYMENT", SAID_DECLINED},
        {"EXCEED_MAX_REFUND_DUE", SAID_DECLINED},
        {"NOT_ALLOWED_PARTIAL_REFUND", SAID_DECLINED},
        {"NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", SAID_DECLINED},
        {"EXCEED_CANCEL_LIMIT", SAID_DECLINED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct payment p = payment_of(currency_find(VIEW_LIT("KRW")), 1234);
        const struct refund r = {.refund_id = {3, 4}, .amount = 1234};
        const struct adapter_env e = env();
        struct told told;
        char text[256];
        /* One answer for both requests: the look tells that nothing is given back. */
        snprintf(text, sizeof(text), "{\"balanceAmount\":1234,\"cancels\":null,\"code\":\"%s\"}",
                 cases[i].code);
        recorder.status = 200;
        recorder.answer = text;
        toss_adapter.refund(&e, &p, &r, &told);
        assert_int_equal(told.said, cases[i].said);
        arena_reset(&arena);
    }
}

/* What comes back in another currency or amount is told as it is, for the flow to refuse. */
static void toss_tells_what_was_captured(void)
{
    static const struct {
        const char *answer;
        enum said said;
        int64_t amount;
    } cases[] = {
        {"{\"status\":\"DONE\",\"orderId\":\"%s\",\"totalAmount\":12.34,\"balanceAmount\":12.34,"
         "\"currency\":\"EUR\"}",
         SAID_CAPTURED, 1234},
        {"{\"status\":\"DONE\",\"orderId\":\"%s\",\"totalAmount\":12.345,\"balanceAmount\":0,"
         "\"currency\":\"EUR\"}",
         SAID_CAPTURED, -1},
        {"{\"status\":\"DONE\",\"orderId\":\"another\",\"totalAmount\":12.34,\"balanceAmount\":12."
         "34,"
         "\"currency\":\"EUR\"}",
         SAID_NOTHING, 0},
        {"{\"status\":\"READY\",\"orderId\":\"%s\"}", SAID_WAITING, 0},
        {"{\"status\":\"IN_PROGRESS\",\"orderId\":\"%s\"}", SAID_READY, 0},
        {"{\"status\":\"EXPIRED\",\"orderId\":\"%s\"}", SAID_DEAD, 0},
        {"{\"status\":\"SOMETHING_NEW\",\"orderId\":\"%s\"}", SAID_NOTHING, 0},
        {"[]", SAID_NOTHING, 0},
        {"no json", SAID_NOTHING, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct payment p = payment_of(currency_find(VIEW_LIT("EUR")), 1234);
        const struct adapter_env e = env();
        struct told told;
        char id[ID_TEXT_CHARS + 1], text[512];
        const char *mark = strstr(cases[i].answer, "%s");
        id_format(p.payment_id, id);
        snprintf(text, sizeof(text), "%.*s%s%s", (int)(mark ? mark - cases[i].answer : 0),
                 cases[i].answer, mark ? id : "", mark ? mark + 2 : cases[i].answer);
        recorder.status = 200;
        recorder.answer = text;
        toss_adapter.lookup(&e, &p, &told);
        assert_int_equal(told.said, cases[i].said);
        if (told.said == SAID_CAPTURED)
            assert_int_equal(told.amount, cases[i].amount);
        arena_reset(&arena);
    }
}

/* A refund that the provider has begun is not done, and not begun again; one that failed is. */
static void stripe_waits_for_a_refund(void)
{
    static const struct {
        const char *status;
        enum said said;
        bool asks; /* for (the rest of) the money, once more */
    } cases[] = {{"succeeded", SAID_CAPTURED, false},
                 {"pending", SAID_NOTHING, false},
                 {"requires_action", SAID_NOTHING, false},
                 {"failed", SAID_NOTHING, true},
                 {"canceled", SAID_NOTHING, true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct payment p = payment_of(currency_find(VIEW_LIT("EUR")), 1234);
        const struct refund r = {.refund_id = {3, 4}, .amount = 1234};
        const struct adapter_env e = env();
        struct told told;
        char id[ID_TEXT_CHARS + 1], text[512];
        id_format(r.refund_id, id);
        snprintf(text, sizeof(text),
                 "{\"data\":[{\"status\":\"%s\",\"amount\":1234,\"metadata\":{\"refund_id\":"
                 "\"%s\"}}]}",
                 cases[i].status, id);
        p.charge = VIEW_LIT("pi_1");
        recorder.status = 200;
        recorder.answer = text;
        stripe_adapter.refund(&e, &p, &r, &told);
        assert_int_equal(told.said, cases[i].said);
        assert_int_equal(strstr(recorder.body, "amount=1234") != NULL, cases[i].asks);
        arena_reset(&arena);
    }
}

/* Of 1,000 won somebody has given back a part by hand; a refund of ours finds it at its look. */
static void refunds_find_what_has_gone(void)
{
    static const struct {
        int64_t by_hand, ours, amount, taken, counted; /* counted: by all refunds, this one too */
        int64_t unasked, asks;                         /* -1: for nothing */
        bool less, done;
    } cases[] = {
        {0, 0, 600, 0, 0, 0, 600, false, false},        /* as ever */
        {0, 200, 600, 0, 0, 0, 400, false, false},      /* half done */
        {300, 0, 1000, 0, 0, 300, -1, false, false},    /* it is counted first … */
        {300, 0, 1000, 300, 300, 0, 700, false, false}, /* … and the rest is asked for */
        {300, 0, 300, 300, 300, 0, -1, false, true},
        {300, 0, 600, 0, 300, 0, 600, false, false}, /* another refund has counted it */
        {300, 700, 1000, 300, 300, 0, -1, false, true},
        {300, 0, 1000, 0, 300, 0, -1, true, false}, /* less is left than that */
    };
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        const bool toss = i % 2;
        struct payment p = payment_of(currency_find(VIEW_LIT("KRW")), 1000);
        const struct refund r = {
            .refund_id = {3, 4}, .amount = cases[i / 2].amount, .taken = cases[i / 2].taken};
        struct adapter_env e = env();
        struct told told;
        char id[ID_TEXT_CHARS + 1], text[1024], asked[64];
        id_format(r.refund_id, id);
        snprintf(text, sizeof(text),
                 toss ? "{\"balanceAmount\":%lld,\"cancels\":[{\"cancelReason\":\"sorry\","
                        "\"cancelAmount\":%lld},{\"cancelReason\":\"refund %s\","
                        "\"cancelAmount\":%lld}]}"
                      : "{\"balanceAmount\":%lld,\"data\":[{\"status\":\"succeeded\","
                        "\"amount\":%lld},{\"metadata\":{\"refund_id\":\"%s\"},\"status\":"
                        "\"succeeded\",\"amount\":%lld}]}",
                 (long long)(1000 - cases[i / 2].by_hand - cases[i / 2].ours),
                 (long long)cases[i / 2].by_hand, id, (long long)cases[i / 2].ours);
        p.charge = VIEW_LIT("pi_1");
        e.taken = cases[i / 2].counted;
        recorder.status = 200;
        recorder.answer = text;
        recorder.body[0] = '\0';
        (toss ? toss_adapter : stripe_adapter).refund(&e, &p, &r, &told);
        snprintf(asked, sizeof(asked), toss ? "\"cancelAmount\":%lld," : "&amount=%lld&",
                 (long long)cases[i / 2].asks);
        assert_int_equal(recorder.body[0] != '\0', cases[i / 2].asks > 0);
        assert_true(cases[i / 2].asks < 0 || strstr(recorder.body, asked));
        assert_int_equal(told.unasked, cases[i / 2].unasked);
        assert_int_equal(told.less, cases[i / 2].less);
        assert_int_equal(told.said == SAID_CAPTURED, cases[i / 2].done);
        arena_reset(&arena);
    }
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

static void amounts_to_toss(void **state)
{
    run(toss_says_the_amount_in_every_currency);
}

static void amounts_to_stripe(void **state)
{
    run(stripe_says_the_amount_in_every_currency);
    run(stripe_can_be_told_what_goes_back);
    run(stripe_takes_what_it_lists);
    run(stripe_refuses_an_amount);
}

static void refunds_at_stripe(void **state)
{
    run(stripe_waits_for_a_refund);
}

static void what_has_gone(void **state)
{
    run(refunds_find_what_has_gone);
}

static void amounts_from_toss(void **state)
{
    run(toss_reads_back_what_it_said);
}

static void amounts_from_stripe(void **state)
{
    run(stripe_reads_back_what_it_said);
}

static void codes_of_toss(void **state)
{
    run(toss_codes_mean);
}

static void cancel_codes_of_toss(void **state)
{
    run(toss_cancel_codes_mean);
}

static void answers_of_toss(void **state)
{
    run(toss_tells_what_was_captured);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_to_toss),   cmocka_unit_test(amounts_to_stripe),
        cmocka_unit_test(amounts_from_toss), cmocka_unit_test(amounts_from_stripe),
        cmocka_unit_test(codes_of_toss),     cmocka_unit_test(cancel_codes_of_toss),
        cmocka_unit_test(answers_of_toss),   cmocka_unit_test(refunds_at_stripe),
        cmocka_unit_test(what_has_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
