/* Messages as they are sent, and their signatures (Standard Webhooks, "Signature scheme"). */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "codec/base64.h"
#include "paper/words.h"
#include "sale/order_number.h"
#include "svc/webhook/post.h"

__attribute__((format(printf, 2, 3))) static void add(struct message *m, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(m->body + m->body_len, sizeof(m->body) - m->body_len, format, args);
    va_end(args);
    assert(len >= 0 && m->body_len + (size_t)len < sizeof(m->body)); /* numbers and ids alone */
    m->body_len += (size_t)len;
}

static void begin(struct message *m, const char *type, int64_t at_ms)
{
    const struct paper_clock c = paper_clock_at(at_ms, 0);
    m->body_len = 0;
    add(m, "{\"type\":\"%s\",\"timestamp\":\"%04" PRId64 "-%02d-%02dT%02d:%02d:%02d.%03dZ\"", type,
        (int64_t)c.year, c.month, c.day, c.hour, c.minute, c.second, (int)(at_ms % 1000));
}

/* What an event says beside the performance: of an order, of a ticket of it. */
static void add_order(struct message *m, const struct hook_event *e)
{
    char order[ID_TEXT_CHARS + 1], number[ORDER_NUMBER_CHARS + 1];
    const char *amount = e->type == HOOK_ORDER_REFUNDED ? "refunded" : "total";
    id_format(e->order_id, order);
    order_number_write(e->order_id, number);
    add(m, ",\"order_id\":\"%s\",\"order_number\":\"%s\"", order, number);
    if (e->seat >= 0)
        add(m, ",\"seat\":%" PRId64, e->seat);
    if (e->type == HOOK_TICKET_PASSED_ON)
        add(m, ",\"generation\":%" PRIu32, e->generation);
    if (e->places > 0)
        add(m, ",\"places\":%" PRIu32, e->places);
    if (e->type <= HOOK_ORDER_REFUNDED && e->type != HOOK_ORDER_REDUCED)
        add(m, ",\"%s\":%" PRId64 ",\"currency\":\"%s\"", amount, e->amount, e->currency);
    if (e->type == HOOK_ORDER_REFUNDED)
        add(m, ",\"kept\":%" PRId64, e->kept);
}

void message_of_event(const struct hook_event *e, struct message *m)
{
    const char *type = hook_type_name(e->type);
    /* The time too: a store that was brought back from a copy numbers anew. */
    snprintf(m->id, sizeof(m->id), "evt_%" PRIu32 "_%" PRIu64 "_%" PRId64, e->organiser_id, e->seq,
             e->at_ms);
    begin(m, type ? type : "unknown", e->at_ms);
    add(m,
        ",\"sequence\":%" PRIu64 ",\"data\":{\"performance_id\":%" PRIu32 ",\"event_id\":%" PRIu32,
        e->seq, e->performance_id, e->event_id);
    if (!id_is_zero(e->order_id))
        add_order(m, e);
    add(m, "}}");
}

void message_of_test(const struct hook *hook, int64_t now_ms, struct message *m)
{
    snprintf(m->id, sizeof(m->id), "test_%" PRIu64 "_%" PRId64, hook->hook_id, now_ms);
    begin(m, "webhook.test", now_ms);
    add(m, ",\"sequence\":0,\"data\":{\"webhook_id\":%" PRIu64 "}}", hook->hook_id);
}

void message_secret_text(const uint8_t secret[SECRET_BYTES], char ret_text[SECRET_TEXT_CHARS + 1])
{
    memcpy(ret_text, "whsec_", 6);
    const size_t len = base64_write(view_of(secret, SECRET_BYTES), BASE64_PADDED, ret_text + 6);
    assert(6 + len == SECRET_TEXT_CHARS);
    ret_text[SECRET_TEXT_CHARS] = '\0';
}

static void sign(const struct message *m, int64_t at_s, const uint8_t secret[SECRET_BYTES],
                 char ret_text[SIGNATURE_CHARS])
{
    crypto_auth_hmacsha256_state state;
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    char head[96];
    const int len = snprintf(head, sizeof(head), "%s.%" PRId64 ".", m->id, at_s);
    crypto_auth_hmacsha256_init(&state, secret, SECRET_BYTES);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)head, (size_t)len);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)m->body, m->body_len);
    crypto_auth_hmacsha256_final(&state, mac);
    memcpy(ret_text, "v1,", 3);
    base64_write(view_of(mac, sizeof(mac)), BASE64_PADDED, ret_text + 3);
}

void message_sign(const struct message *message, int64_t at_s,
                  const uint8_t secrets[][SECRET_BYTES], size_t count,
                  char ret_text[2 * (SIGNATURE_CHARS + 1)])
{
    assert(count >= 1 && count <= 2);
    for (size_t i = 0; i < count; i++) {
        char *at = ret_text + i * (SIGNATURE_CHARS + 1);
        sign(message, at_s, secrets[i], at);
        at[SIGNATURE_CHARS] = i + 1 < count ? ' ' : '\0';
    }
}
