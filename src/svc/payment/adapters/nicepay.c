/*
 * NICEPAY (Start API): the buyer says yes in its window, which posts the yes to us; we approve it
 * with the amount. An approval whose answer does not come must be taken back by a net-cancel: the
 * card may be charged, and nobody would know. Signatures are SHA-256 over a few fields and the
 * secret key (github.com/nicepayments/nicepay-manual; the OpenAPI file of @nicepay/start-api-mcp).
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"
#include "codec/sha256.h"
#include "codec/tree.h"
#include "err/err.h"
#include "paper/words.h"
#include "sale/currency.h"
#include "svc/payment/adapters/exchange.h"

#define READY_MS   (30 * 60000)
#define CONFIRM_MS (10 * 60000)
#define HEX_CHARS  (2 * SHA256_BYTES)
#define TID_CHARS  30
#define TOKEN_MAX  40
#define AMOUNT_MAX INT64_C(999999999999) /* twelve digits */

/* An attempt whose approval is to be taken back; stands in payment.charge. */
static const char net_cancel[] = "netcancel";

static const char *const methods[] = {"card", "kakaopay", "naverpay", NULL};

/* What a code of an approval means. What is not here is not known: look it up. */
static const struct {
    const char *code;
    enum said said;
} codes[] = {
    {"3011", SAID_DECLINED},
    {"3021", SAID_DECLINED},
    {"3022", SAID_DECLINED},
    {"3023", SAID_DECLINED},
    {"3024", SAID_DECLINED},
    {"3031", SAID_DECLINED},
    {"3032", SAID_DECLINED},
    {"3041", SAID_DECLINED},
    {"3051", SAID_DECLINED},
    {"3053", SAID_DECLINED},
    {"3057", SAID_DECLINED},
    {"3062", SAID_DECLINED},
    {"3095", SAID_DECLINED},
    {"A113", SAID_DECLINED},
    /* Refused as asked, and nothing was charged. */
    {"A115", SAID_WAITING},
    {"A118", SAID_WAITING},
    {"A123", SAID_WAITING},
    {"A210", SAID_WAITING},
};

/* Refusals of a cancel that asking again does not change. */
static const char *const refused_for_good[] = {"2014", "2016", "2017", "2018", "2028",
                                               "2029", "2030", "2031", "2033", "1534"};

static bool is_one_of(const char *code, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], code) == 0)
            return true;
    }
    return false;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static int64_t number_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : -1;
}

/* ---- signatures ---- */

/* hex(sha256(text)), in the arena; NULL: no memory. */
static const char *digest(struct arena *arena, const char *text)
{
    uint8_t hash[SHA256_BYTES];
    char *hex = text ? arena_alloc(arena, HEX_CHARS + 1) : NULL;
    if (!hex)
        return NULL;
    sha256(view_str(text), hash);
    hex_write(view_of(hash, sizeof(hash)), hex);
    hex[HEX_CHARS] = '\0';
    return hex;
}

static bool same(const char *ours, const char *theirs)
{
    return ours && strlen(theirs) == HEX_CHARS && sodium_memcmp(ours, theirs, HEX_CHARS) == 0;
}

/* Letters and digits. */
static bool is_word(const char *text, size_t least, size_t most)
{
    const size_t len = strlen(text);
    return len >= least && len <= most &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") == len;
}

static bool is_tid(const char *text)
{
    return is_word(text, TID_CHARS, TID_CHARS);
}

/* "2026-11-29T20:07:08.000+0900", "2026-11-29T20:07:08+09:00": a time and its zone (ISO 8601). */
static bool is_date(const char *text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd";
    const char *at = text;
    for (const char *f = form; *f; f++, at++) {
        if (*f == 'd' ? *at < '0' || *at > '9' : *at != *f)
            return false;
    }
    if (*at == '.') {
        const size_t decimals = strspn(at + 1, "0123456789");
        if (decimals == 0 || decimals > 9)
            return false;
        at += 1 + decimals;
    }
    if (strcmp(at, "Z") == 0)
        return true;
    if (*at != '+' && *at != '-')
        return false;
    const size_t hours = strspn(++at, "0123456789");
    return (hours == 4 && at[4] == '\0') ||
           (hours == 2 && at[2] == ':' && strspn(at + 3, "0123456789") == 2 && at[5] == '\0');
}

/* What it says of a payment is signed: hex(sha256(tid + amount + ediDate + SecretKey)). That text
 * has no seams, and a buyer has a signature of his own, over his way back: each part is looked at,
 * so that it can be cut in one way alone. */
static bool is_signed(const struct adapter_env *env, const json_t *json)
{
    const int64_t amount = number_of(json, "amount");
    if (!is_tid(text_of(json, "tid")) || amount < 0 || amount > AMOUNT_MAX ||
        !is_date(text_of(json, "ediDate")))
        return false;
    return same(
        digest(env->arena, arena_printf(env->arena, "%s%" PRId64 "%s%s", text_of(json, "tid"),
                                        number_of(json, "amount"), text_of(json, "ediDate"),
                                        env->provider->secret_key)),
        text_of(json, "signature"));
}

/* ISO 8601, of now. */
static const char *edi_date(const struct adapter_env *env)
{
    const struct paper_clock t = paper_clock_at(env->now_ms, 0);
    return arena_printf(env->arena, "%04d-%02d-%02dT%02d:%02d:%02d+00:00", (int)t.year, t.month,
                        t.day, t.hour, t.minute, t.second);
}

/* ---- talking ---- */

static int ask(const struct adapter_env *env, const char *method, const char *path, json_t *body,
               int *ret_status, json_t **ret_json)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    const struct exchange_ask request = {
        .method = method,
        .path = path,
        .fields = {"Content-Type: application/json"},
        .authorization =
            exchange_basic(env->arena, env->provider->public_key, env->provider->secret_key),
        .body = text,
    };
    int err =
        path && (!body || text) ? exchange(env, &request, ret_status, ret_json) : ERR_NO_MEMORY;
    free(text);
    json_decref(body);
    if (err == 0 && *ret_status == 401)
        exchange_not_let_in(env, "unauthorized");
    return err;
}

/* What a payment's object says of the attempt. */
static void tell_payment(const struct adapter_env *env, const struct payment *p, const json_t *json,
                         struct told *told)
{
    const char *status = text_of(json, "status");
    const char *id = exchange_id(env->arena, p->payment_id);
    const int64_t amount = number_of(json, "amount"), left = number_of(json, "balanceAmt");
    if (!id || strcmp(text_of(json, "orderId"), id) != 0 || !is_signed(env, json))
        return; /* of another order, or not theirs: not believed */
    told->ref = exchange_ref(env->arena, json, "tid");
    told->code = exchange_text(env->arena, json, "status");
    if (strcmp(status, "cancelled") == 0 && p->state < PAYMENT_CAPTURED) {
        told->said = SAID_DEAD; /* taken back before we knew of it */
        told->reason = "PAYMENT_CANCELLED";
    } else if (strcmp(status, "paid") == 0 || strcmp(status, "partialCancelled") == 0 ||
               strcmp(status, "cancelled") == 0) {
        told->said = SAID_CAPTURED;
        told->amount = amount;
        told->currency = exchange_text(env->arena, json, "currency");
        exchange_returned(told, left < 0 ? -1 : amount - left);
        told->all_back = left == 0;
    } else if (strcmp(status, "ready") == 0) {
        told->said = SAID_WAITING;
    } else if (strcmp(status, "failed") == 0) {
        told->said = SAID_DECLINED;
        told->reason = "CARD_DECLINED";
    } else if (strcmp(status, "expired") == 0) {
        told->said = SAID_DEAD;
        told->reason = "PAYMENT_EXPIRED";
    }
}

static void tell(const struct adapter_env *env, const struct payment *p, const json_t *json,
                 struct told *told)
{
    const char *code = text_of(json, "resultCode");
    told->code = exchange_text(env->arena, json, "resultCode");
    if (strcmp(code, "0000") == 0) {
        tell_payment(env, p, json, told);
        return;
    }
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (strcmp(codes[i].code, code) == 0) {
            told->said = codes[i].said;
            told->reason = codes[i].said == SAID_DECLINED ? "CARD_DECLINED" : NULL;
        }
    }
}

/* Takes an approval back of which nobody knows whether it was made; for an hour. */
static void take_back(const struct adapter_env *env, const struct payment *p, struct told *told)
{
    const char *id = exchange_id(env->arena, p->payment_id), *date = edi_date(env);
    const char *sign =
        digest(env->arena, arena_printf(env->arena, "%s%s%s", id, date, env->provider->secret_key));
    json_t *json = NULL;
    int status;
    *told = (struct told){.charge = view_str(net_cancel)};
    if (!sign || ask(env, "POST", "/v1/payments/netcancel",
                     json_pack("{s:s, s:s, s:s}", "orderId", id, "ediDate", date, "signData", sign),
                     &status, &json) != 0)
        return;
    const char *code = text_of(json, "resultCode");
    told->code = exchange_text(env->arena, json, "resultCode");
    /* Done, or done before. */
    if (strcmp(code, "0000") == 0 || strcmp(code, "2001") == 0 || strcmp(code, "2013") == 0) {
        told->said = SAID_DEAD;
        told->reason = "PROVIDER_TIMEOUT";
    } else if (strcmp(code, "2012") == 0 || strcmp(code, "A118") == 0) {
        told->said = SAID_WAITING; /* it never heard of the approval */
    } else if (strcmp(code, "2020") == 0) {
        told->charge = (struct view){0}; /* too late: what is, is */
    }
    json_decref(json);
}

/* ---- the table ---- */

static int begin(const struct adapter_env *env, const struct payment *p, const char *name,
                 struct begun *ret_begun)
{
    const char *back = exchange_way_back(env, p);
    const char *id = exchange_id(env->arena, p->payment_id);
    const char *base = arena_printf(env->arena, "%s/pay", exchange_pages(env));
    if (!back || !id || !base)
        return ERR_NO_MEMORY;
    if (!env->provider->stand_in) {
        /* The provider's window opens on a page of ours, which has its script. */
        ret_begun->redirect_url =
            arena_printf(env->arena, "%s/pay/nicepay/%s", env->public_url, id);
        return ret_begun->redirect_url ? 0 : ERR_NO_MEMORY;
    }
    const char *const pairs[] = {"clientId",  env->provider->public_key,
                                 "method",    "card",
                                 "orderId",   id,
                                 "amount",    arena_printf(env->arena, "%" PRId64, p->books.amount),
                                 "goodsName", name,
                                 "returnUrl", back,
                                 NULL};
    ret_begun->redirect_url = exchange_with(env->arena, base, pairs);
    return ret_begun->redirect_url ? 0 : ERR_NO_MEMORY;
}

/* A form that its window posts to us: authResultCode, tid, amount, signature over the last two. */
static enum came_back returned(const struct adapter_env *env, const struct payment *p,
                               struct view form, struct view *ret_ref)
{
    const char *code = exchange_value(env->arena, form, "authResultCode");
    const char *tid = exchange_value(env->arena, form, "tid");
    const char *order = exchange_value(env->arena, form, "orderId");
    const char *client = exchange_value(env->arena, form, "clientId");
    const char *amount = exchange_value(env->arena, form, "amount");
    const char *token = exchange_value(env->arena, form, "authToken");
    const char *signature = exchange_value(env->arena, form, "signature");
    const char *id = exchange_id(env->arena, p->payment_id);
    const char *ours = arena_printf(env->arena, "%" PRId64, p->books.amount);
    if (!code || strcmp(code, "0000") != 0)
        return CAME_AWAY;
    if (!tid || !order || !client || !amount || !token || !signature || !id || !ours ||
        !is_tid(tid) || !is_word(token, 1, TOKEN_MAX) || strcmp(order, id) != 0 ||
        strcmp(client, env->provider->public_key) != 0 || strcmp(amount, ours) != 0 ||
        !same(digest(env->arena, arena_printf(env->arena, "%s%s%s%s", token, client, amount,
                                              env->provider->secret_key)),
              signature))
        return CAME_FOREIGN;
    *ret_ref = view_str(tid);
    return CAME_PAID;
}

static void lookup(const struct adapter_env *env, const struct payment *p, struct told *told)
{
    const char *id = exchange_id(env->arena, p->payment_id);
    json_t *json = NULL;
    int status;
    /* A net-cancel whose answer is missing may be carried out later: it is asked for again until it
     * is answered, and what a look says meanwhile is not believed. */
    if (view_eq(p->charge, VIEW_LIT("netcancel"))) {
        take_back(env, p, told);
        if (told->said != SAID_NOTHING || told->charge.len > 0)
            return;
    }
    *told = (struct told){0};
    if (ask(env, "GET", arena_printf(env->arena, "/v1/payments/find/%s", id), NULL, &status,
            &json) != 0)
        return;
    tell(env, p, json, told);
    json_decref(json);
}

/* Gives all of a transaction back: reason of this cancel, whose orderId ends with what. */
static void give_all_back(const struct adapter_env *env, const struct payment *p, const char *tid,
                          const char *reason, const char *what)
{
    const char *date = edi_date(env), *id = exchange_id(env->arena, p->payment_id);
    const char *sign = digest(
        env->arena, arena_printf(env->arena, "%s%s%s", tid, date, env->provider->secret_key));
    json_t *json = NULL;
    int status;
    if (sign && ask(env, "POST", arena_printf(env->arena, "/v1/payments/%s/cancel", tid),
                    json_pack("{s:s, s:s, s:s, s:s}", "reason", reason, "orderId",
                              arena_printf(env->arena, "%s-%s", id, what), "ediDate", date,
                              "signData", sign),
                    &status, &json) == 0)
        json_decref(json);
}

static void finish(const struct adapter_env *env, const struct payment *p, struct told *told)
{
    const char *tid = arena_copy(env->arena, p->ref), *date = edi_date(env);
    const char *sign =
        digest(env->arena, arena_printf(env->arena, "%s%" PRId64 "%s%s", tid, p->books.amount, date,
                                        env->provider->secret_key));
    json_t *json = NULL;
    int status;
    *told = (struct told){0};
    if (!sign)
        return;
    struct adapter_env half = *env; /* the other half is for taking it back */
    half.deadline_ns = fiber_now_ns() + (env->deadline_ns - fiber_now_ns()) / 2;
    int err = ask(&half, "POST", arena_printf(env->arena, "/v1/payments/%s", tid),
                  json_pack("{s:I, s:s, s:s}", "amount", (json_int_t)p->books.amount, "ediDate",
                            date, "signData", sign),
                  &status, &json);
    if (err != 0) {
        take_back(env, p, told);
        return;
    }
    tell(env, p, json, told);
    if (strcmp(text_of(json, "resultCode"), "0000") == 0 && is_signed(env, json) &&
        strcmp(text_of(json, "orderId"), exchange_id(env->arena, p->payment_id)) != 0) {
        /* The form's signature covers neither order nor tid: it may name another order's. */
        give_all_back(env, p, tid, "of another order", "foreign");
        told->said = SAID_WAITING;
    }
    json_decref(json);
}

/* Nothing was charged unless we approved, and who never approved need not ask. */
static void abandon(const struct adapter_env *env, const struct payment *p, struct told *told)
{
    *told = (struct told){.said = SAID_DEAD, .reason = "PAYMENT_EXPIRED"};
    if (p->state != PAYMENT_WAITING)
        lookup(env, p, told);
}

/* It keeps no list of cancels: what is given back beyond the refunds that are done, and what others
 * have counted, is this one's, or was given back by hand, and counts towards it. So refunds of a
 * payment go one after another. */
static void refund(const struct adapter_env *env, const struct payment *p, const struct refund *r,
                   struct told *told)
{
    const char *id = exchange_id(env->arena, p->payment_id);
    const char *tid = arena_copy(env->arena, p->ref), *date = edi_date(env);
    json_t *json = NULL;
    struct told now = {0};
    int status;
    *told = (struct told){0};
    if (ask(env, "GET", arena_printf(env->arena, "/v1/payments/find/%s", id), NULL, &status,
            &json) != 0)
        return;
    tell(env, p, json, &now);
    json_decref(json);
    json = NULL;
    /* An amount that is not ours says nothing of what is given back of it either. */
    if (now.said != SAID_CAPTURED || now.amount != p->books.amount)
        return;
    const int64_t done = now.returned - p->books.refunded - env->taken_open;
    if (done < 0) /* less than was before */
        return;
    exchange_refund_next(env, r, r->amount - done, now.amount - now.returned,
                         env->taken + done - r->taken, told);
    if (told->said != SAID_NOTHING || told->code.len > 0)
        return;
    const char *sign = digest(
        env->arena, arena_printf(env->arena, "%s%s%s", tid, date, env->provider->secret_key));
    /* Its orderId is of this cancel: used twice, it is refused. */
    const char *key = arena_printf(env->arena, "%s-%" PRId64 "-%u",
                                   exchange_id(env->arena, r->refund_id), done, r->round);
    const char *reason =
        arena_printf(env->arena, "refund %s", exchange_id(env->arena, r->refund_id));
    if (!sign || !key || !reason ||
        ask(env, "POST", arena_printf(env->arena, "/v1/payments/%s/cancel", tid),
            json_pack("{s:s, s:s, s:I, s:s, s:s}", "reason", reason, "orderId", key, "cancelAmt",
                      (json_int_t)(r->amount - done), "ediDate", date, "signData", sign),
            &status, &json) != 0)
        return;
    const char *code = text_of(json, "resultCode");
    told->code = exchange_text(env->arena, json, "resultCode");
    told->refused = status < 500;
    if (strcmp(code, "0000") == 0 || strcmp(code, "2001") == 0 || strcmp(code, "2211") == 0)
        *told = (struct told){.said = SAID_CAPTURED, .amount = r->amount};
    else if (is_one_of(code, refused_for_good,
                       sizeof(refused_for_good) / sizeof(refused_for_good[0])))
        told->said = SAID_DECLINED;
    json_decref(json);
}

static void undo(const struct adapter_env *env, const struct payment *p)
{
    const char *tid = arena_copy(env->arena, p->ref);
    if (tid)
        give_all_back(env, p, tid, "of another amount", arena_printf(env->arena, "%u", p->version));
}

/* Its signature covers neither whose order it is nor how it stands: a hint, as one without. */
static bool webhook(const struct adapter_env *env, const struct plain_request *request,
                    struct heard *ret_heard)
{
    json_t *json = tree_read(request->body, 0, NULL);
    const bool right = json_is_object(json) && is_signed(env, json) &&
                       is_word(text_of(json, "status"), 1, 30) &&
                       id_parse(view_str(text_of(json, "orderId")), &ret_heard->payment_id) == 0;
    const char *event = right ? arena_printf(env->arena, "%s-%s-%s", text_of(json, "tid"),
                                             text_of(json, "status"), text_of(json, "ediDate"))
                              : NULL;
    ret_heard->as_paid = right && strcmp(text_of(json, "status"), "paid") == 0;
    ret_heard->event_id = event ? view_str(event) : (struct view){0};
    json_decref(json);
    return right;
}

const struct adapter nicepay_adapter = {
    .name = "nicepay",
    .title = "NICEPAY",
    .methods = methods,
    .currencies = "KRW",
    .buyer_ms = READY_MS,
    .confirm_ms = CONFIRM_MS,
    .refunds_a_minute = 300,
    .refund_days = 365,
    .signs_return = true,
    .sums_refunds = true,
    .confirms = true,
    .heard_body = "OK",
    .heard_type = "text/html",
    .begin = begin,
    .returned = returned,
    .finish = finish,
    .lookup = lookup,
    .abandon = abandon,
    .refund = refund,
    .undo = undo,
    .webhook = webhook,
};
