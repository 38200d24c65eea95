/*
 * What payment providers say, and whoever pretends to be one: webhooks with and without a right
 * signature, ways back, and answers to our requests. Nothing unsigned is authentic; whatever was
 * said, our next request to the provider has the form that we give it.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"
#include "fiber/fiber.h"
#include "fuzz.h"
#include "svc/payment/adapter.h"

#define SECRET "whsec"
#define NOW_S  1000000
#define REFUND 500

enum what { WEBHOOK, SIGNED_WEBHOOK, WAY_BACK, ANSWERS, WHATS };

static struct {
    struct http http;
    struct view answer;
    int status;
} peer;

static const struct payment_provider provider = {.name = "test",
                                                 .base_url = "http://provider",
                                                 .secret_key = "sk",
                                                 .public_key = "pk",
                                                 .webhook_secrets = {"older", SECRET}};

/* The number behind a name in a request; 0: there is none. */
static long long number_in(const char *body, const char *name)
{
    const char *at = strstr(body, name);
    return at ? strtoll(at + strlen(name), NULL, 10) : 0;
}

/* A request that we make is one request to one address of the provider. */
static int check(struct http *http, const struct http_ask *ask, struct arena *arena,
                 struct http_answer *ret_answer, int64_t deadline_ns)
{
    assert(strncmp(ask->url, "http://provider/v1/", 19) == 0);
    assert(!strstr(ask->url, "..") && !strchr(ask->url, '#'));
    for (const char *at = ask->url; *at; at++)
        assert(*at > ' ' && *at < 0x7f);
    for (size_t i = 0; i < HTTP_FIELDS_MAX && ask->fields[i]; i++) {
        for (const char *at = ask->fields[i]; *at; at++)
            assert(*at >= ' ' && *at != 0x7f);
    }
    static const char *const given_back[] = {"\"cancelAmount\":", "\"cancelAmt\":", "&amount="};
    const char *body = ask->body.len > 0 ? ask->body.at : ""; /* which ends with a NUL */
    for (size_t i = 0; i < sizeof(given_back) / sizeof(given_back[0]); i++) {
        const long long amount = number_in(body, given_back[i]);
        assert(amount >= 0 && amount <= REFUND); /* never more than was asked for */
    }
    *ret_answer = (struct http_answer){.status = peer.status, .body = peer.answer};
    return 0;
}

static void check_told(const struct told *told)
{
    assert(told->said <= SAID_DEAD);
    assert(told->returned >= 0 && told->disputed >= 0);
    assert(told->returned <= (told->amount > 0 ? told->amount : 0));
}

static void webhook(const struct adapter *adapter, const struct adapter_env *env, struct view bytes,
                    bool sign)
{
    struct heard heard = {0};
    /* The first line is the signature's field, where we do not sign. */
    const char *end = bytes.len > 0 ? memchr(bytes.at, '\n', bytes.len) : NULL;
    struct head_field field = {.name = VIEW_LIT("Stripe-Signature")};
    char right[32 + 2 * crypto_auth_hmacsha256_BYTES];
    struct view body = bytes;
    if (sign) {
        crypto_auth_hmacsha256_state state;
        uint8_t mac[crypto_auth_hmacsha256_BYTES];
        const int len = snprintf(right, sizeof(right), "t=%d,v1=", NOW_S);
        crypto_auth_hmacsha256_init(&state, (const uint8_t *)SECRET, strlen(SECRET));
        crypto_auth_hmacsha256_update(&state, (const uint8_t *)right + 2, (size_t)len - 6);
        crypto_auth_hmacsha256_update(&state, (const uint8_t *)".", 1);
        crypto_auth_hmacsha256_update(&state, (const uint8_t *)body.at, body.len);
        crypto_auth_hmacsha256_final(&state, mac);
        hex_write(view_of(mac, sizeof(mac)), right + len);
        field.value = view_of(right, (size_t)len + 2 * sizeof(mac));
    } else if (end) {
        field.value = view_of(bytes.at, (size_t)(end - bytes.at));
        body = view_of(end + 1, bytes.len - field.value.len - 1);
    }
    const struct plain_request request = {.method = VIEW_LIT("POST"),
                                          .path = VIEW_LIT("/webhooks/x"),
                                          .fields = &field,
                                          .field_count = 1,
                                          .body = body,
                                          .arena = env->arena};
    const bool taken = adapter->webhook && adapter->webhook(env, &request, &heard);
    /* Nobody without a secret signs what we take for signed. */
    assert(!taken || !heard.authentic || (sign && adapter == &stripe_adapter));
    assert(!taken || adapter != &stripe_adapter || (heard.authentic && heard.event_id.len > 0));
}

static void answers(const struct adapter *adapter, const struct adapter_env *env,
                    const struct payment *p)
{
    const struct refund r = {.refund_id = {3, 4}, .payment_id = p->payment_id, .amount = REFUND};
    const struct deposit_wish wish = {.bank = "20", .name = "A"};
    struct begun begun = {0};
    struct told told;
    (void)adapter->begin(env, p, "Tickets", &begun);
    void (*const asks[])(const struct adapter_env *, const struct payment *, struct told *) = {
        adapter->finish, adapter->lookup, adapter->review, adapter->abandon};
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
        if (!asks[i])
            continue;
        asks[i](env, p, &told);
        check_told(&told);
    }
    if (adapter->refund) {
        adapter->refund(env, p, &r, &told);
        check_told(&told);
    }
    if (adapter->deposit) {
        struct payment later = *p;
        later.later = 1;
        adapter->deposit(env, &later, "Tickets", &wish, &told);
        check_told(&told);
    }
}

/* A way back that is believed makes us confirm, with what it named. */
static void way_back(const struct adapter *adapter, const struct adapter_env *env,
                     struct payment *p, struct view bytes)
{
    struct view ref = p->ref;
    if (!adapter->returned || adapter->returned(env, p, bytes, &ref) != CAME_PAID)
        return;
    p->ref = ref;
    peer.answer = VIEW_LIT("{}");
    answers(adapter, env, p);
}

static void run(void *arg)
{
    const struct view *input = arg;
    static const struct adapter *const adapters[] = {&toss_adapter, &stripe_adapter,
                                                     &nicepay_adapter};
    const uint8_t first = (uint8_t)input->at[0];
    const struct adapter *adapter = adapters[first % 3];
    const struct view bytes = view_of(input->at + 1, input->len - 1);
    struct arena arena;
    arena_init(&arena, 16u << 20);
    peer.http.call = check;
    peer.answer = bytes;
    peer.status = first & 0x80 ? 400 : 200;
    const struct adapter_env env = {.provider = &provider,
                                    .http = &peer.http,
                                    .public_url = "http://here",
                                    .arena = &arena,
                                    .now_ms = NOW_S * INT64_C(1000),
                                    .deadline_ns = DEADLINE_NEVER};
    struct payment p = {.payment_id = {1, 2},
                        .books = {.amount = 1000, .captured = 1000, .refunded = 300},
                        .currency = adapter == &stripe_adapter ? VIEW_LIT("EUR") : VIEW_LIT("KRW"),
                        .ref = VIEW_LIT("key"),
                        .charge = VIEW_LIT("pi_1"),
                        .state = PAYMENT_WAITING};
    switch ((enum what)(first / 3 % WHATS)) {
    case WEBHOOK:
    case SIGNED_WEBHOOK:
        webhook(adapter, &env, bytes, first / 3 % WHATS == SIGNED_WEBHOOK);
        break;
    case WAY_BACK:
        way_back(adapter, &env, &p, bytes);
        break;
    default:
        answers(adapter, &env, &p);
    }
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct sched_limits limits = {.fibers_max = 2, .stack_bytes = 65536};
    static struct loop *loop;
    static struct sched *sched;
    struct view input = view_of(bytes, len);
    struct scope scope;
    if (len < 1 || len > 16384)
        return 0;
    if (!loop && (loop_new_virtual(8, 0, &loop) != 0 || sched_new(loop, &limits, &sched) != 0))
        abort();
    scope_init(&scope);
    if (fiber_spawn(&scope, run, &input) != 0)
        abort();
    loop_run(loop);
    assert(scope.count == 0);
    return 0;
}
