/* Webhooks: told again, later and later, until the other side says 200. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"
#include "err/err.h"
#include "observe/log.h"
#include "psp/till.h"

#define FIELD_MAX 512

struct hook {
    struct psp *psp;
    const char *tongue;
    char *text;
    int64_t late_ms;
    char id[33]; /* the same over all tries and for a duplicate */
};

/* "t=…,v1=hex(HMAC-SHA256(secret, t.body))" (Stripe, "Verify webhook signatures"). */
static void sign(const struct hook *hook, char field[FIELD_MAX])
{
    const struct psp *psp = hook->psp;
    const char *secret = psp->options.webhook_secret ? psp->options.webhook_secret : "";
    crypto_auth_hmacsha256_state state;
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    char stamp[24], hex[2 * sizeof(mac) + 1];
    const int len = snprintf(stamp, sizeof(stamp), "%lld", (long long)psp_now_ms(psp) / 1000);
    crypto_auth_hmacsha256_init(&state, (const uint8_t *)secret, strlen(secret));
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)stamp, (size_t)len);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)".", 1);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)hook->text, strlen(hook->text));
    crypto_auth_hmacsha256_final(&state, mac);
    hex_write(view_of(mac, sizeof(mac)), hex);
    snprintf(field, FIELD_MAX, "Stripe-Signature: t=%s,v1=%s", stamp, hex);
}

/* Whether it was taken. */
static bool deliver(const struct hook *hook, int try)
{
    char url[512], field[FIELD_MAX], count[64];
    struct arena arena;
    struct http_answer answer = {0};
    snprintf(url, sizeof(url), "%s/%s", hook->psp->options.webhook_url, hook->tongue);
    snprintf(field, sizeof(field), "tosspayments-webhook-transmission-id: %s", hook->id);
    if (strcmp(hook->tongue, "stripe") == 0)
        sign(hook, field);
    snprintf(count, sizeof(count), "tosspayments-webhook-transmission-retried-count: %d", try);
    const struct http_ask ask = {
        .method = "POST",
        .url = url,
        .fields = {"Content-Type: application/json", field, count},
        .body = view_str(hook->text),
    };
    arena_init(&arena, 1u << 20);
    int err = http_call(hook->psp->http, &ask, &arena, &answer,
                        deadline_after_ms(fiber_now_ns(), PSP_HOOK_MS));
    /* NICEPAY wants to read a word as well. */
    const bool right =
        err == 0 && answer.status == 200 &&
        (strcmp(hook->tongue, "nicepay") != 0 || view_eq(answer.body, VIEW_LIT("OK")));
    arena_release(&arena);
    return right;
}

static void run(void *arg)
{
    struct hook *hook = arg;
    int64_t pause_ms = hook->psp->options.retry_ms;
    int err = fiber_sleep_until(deadline_after_ms(fiber_now_ns(), hook->late_ms));
    for (int try = 0; err == 0 && try < PSP_HOOK_TRIES && !deliver(hook, try); try++) {
        err = fiber_sleep_until(deadline_after_ms(fiber_now_ns(), pause_ms));
        pause_ms *= 4;
    }
    free(hook->text);
    free(hook);
}

static void start(struct psp *psp, const char *tongue, const char *text, int64_t late_ms,
                  const char *id)
{
    struct hook *hook = calloc(1, sizeof(*hook));
    char *copy = strdup(text);
    if (hook && copy) {
        *hook = (struct hook){.psp = psp, .tongue = tongue, .text = copy, .late_ms = late_ms};
        memcpy(hook->id, id, sizeof(hook->id));
        if (psp->hooks.count < PSP_HOOKS_MAX && fiber_spawn(&psp->hooks, run, hook) == 0)
            return;
    }
    log_event(LOG_WARN, "psp.webhook", log_text("a webhook is lost: too many are under way"));
    free(copy);
    free(hook);
}

void webhook_send(struct psp *psp, const char *tongue, json_t *payload)
{
    char *text = psp->options.webhook_url ? json_dumps(payload, JSON_COMPACT) : NULL;
    int64_t late_ms;
    uint64_t random[2] = {chance_u64(psp->options.chance), chance_u64(psp->options.chance)};
    char id[33];
    hex_write(view_of(random, sizeof(random)), id);
    for (unsigned n = text ? faults_webhook(psp->faults, &late_ms) : 0; n > 0; n--)
        start(psp, tongue, text, late_ms, id);
    free(text);
    json_decref(payload);
}
