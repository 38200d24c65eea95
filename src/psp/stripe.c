/*
 * Stripe, as docs.stripe.com tells it: Checkout Sessions and refunds; forms go in, JSON comes out;
 * webhooks are signed (webhook.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"
#include "err/err.h"
#include "psp/till.h"
#include "sale/currency.h"

#define SESSION_MS  (24 * 3600000LL)      /* without expires_at */
#define SLOW_MS     (14 * 24 * 3600000LL) /* a bank has so long */
#define KEY_MS      (24 * 3600000LL)      /* an Idempotency-Key is remembered so long, at least */
#define API_VERSION "2026-10-28.endive"

static void fail(struct psp_call *call, int status, const char *code, const char *message)
{
    psp_json(call, status,
             json_pack("{s:{s:s, s:s, s:s}}", "error", "type",
                       status >= 500 ? "api_error" : "invalid_request_error", "code", code,
                       "message", message));
}

/* Amounts of the wire are in Stripe's own smallest unit: two decimals, but for some. */
static int decimals(const char *code)
{
    static const char none[] = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF";
    static const char three[] = "BHD JOD KWD OMR TND";
    return strstr(none, code) ? 0 : strstr(three, code) ? 3 : 2;
}

static int64_t scale(int64_t amount, int from, int to)
{
    for (; from < to; from++)
        amount *= 10;
    for (; from > to; from--)
        amount /= 10;
    return amount;
}

static int64_t wire_of(const struct psp_payment *p, int64_t minor)
{
    return scale(minor, currency_find(view_str(p->currency))->digits, decimals(p->currency));
}

static json_t *lower(const char *code)
{
    char text[4] = {0};
    for (int i = 0; i < 3 && code[i]; i++)
        text[i] = (char)(code[i] >= 'A' && code[i] <= 'Z' ? code[i] + 'a' - 'A' : code[i]);
    return json_string(text);
}

static bool is_paid(const struct psp_payment *p)
{
    return p->charged_at_ms > 0;
}

/* The buyer's yes is paid later, by a slow method; or was to be, and is not. */
static bool is_complete(const struct psp_payment *p, enum psp_status status)
{
    return is_paid(p) || status == PSP_AUTHED || status == PSP_ABORTED;
}

static json_t *session_json(struct psp_call *call, struct psp_payment *p)
{
    const enum psp_status status = psp_status_of(call->psp, p);
    const bool complete = is_complete(p, status);
    const int64_t more = call->fault == FAULT_WRONG_AMOUNT ? 1000 : 0;
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:I}", "id", p->session, "object",
                             "checkout.session", "client_reference_id", p->order, "status",
                             complete              ? "complete"
                             : status == PSP_READY ? "open"
                                                   : "expired",
                             "payment_status", is_paid(p) ? "paid" : "unpaid", "amount_total",
                             (json_int_t)(wire_of(p, p->amount) + more), "currency",
                             lower(call->fault == FAULT_WRONG_CURRENCY ? "USD" : p->currency),
                             "expires_at", (json_int_t)(p->until_ms / 1000));
    json_object_set_new(json, "payment_intent", complete ? json_string(p->key) : json_null());
    json_object_set_new(json, "url",
                        status == PSP_READY
                            ? json_string(arena_printf(call->ask->arena, "%s/stripe/pay/%s",
                                                       call->psp->url, p->session))
                            : json_null());
    return json;
}

static int64_t returned_of(const struct psp_payment *p)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < p->cancel_count; i++)
        sum += p->cancels[i].state == PSP_CANCEL_DONE ? p->cancels[i].amount : 0;
    return sum;
}

/* The charge under a PaymentIntent, whose name it has with another beginning. */
static json_t *charge_json(const struct psp_payment *p)
{
    char id[64];
    const int64_t returned = returned_of(p);
    snprintf(id, sizeof(id), "ch_%s", p->key + 3);
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:s, s:b, s:b, s:b}", "id", id, "object",
                     "charge", "amount", (json_int_t)wire_of(p, p->amount), "amount_captured",
                     (json_int_t)wire_of(p, p->amount), "amount_refunded",
                     (json_int_t)wire_of(p, returned), "currency", lower(p->currency),
                     "payment_intent", p->key, "paid", 1, "refunded", returned == p->amount,
                     "disputed", p->dispute != NULL);
}

static const char *intent_status(const struct psp_payment *p, enum psp_status status)
{
    return is_paid(p)               ? "succeeded"
           : status == PSP_AUTHED   ? "processing"
           : status == PSP_EXPIRED  ? "canceled"
           : status == PSP_CANCELED ? "canceled"
                                    : "requires_payment_method";
}

static json_t *intent_json(struct psp_call *call, struct psp_payment *p, bool expand)
{
    const int64_t more = call->fault == FAULT_WRONG_AMOUNT ? 1000 : 0;
    json_t *json =
        json_pack("{s:s, s:s, s:I, s:I, s:o, s:s}", "id", p->key, "object", "payment_intent",
                  "amount", (json_int_t)(wire_of(p, p->amount) + more), "amount_received",
                  (json_int_t)(is_paid(p) ? wire_of(p, p->amount) + more : 0), "currency",
                  lower(call->fault == FAULT_WRONG_CURRENCY ? "USD" : p->currency), "status",
                  intent_status(p, psp_status_of(call->psp, p)));
    json_object_set_new(json, "metadata", json_pack("{s:s*}", "payment_id", p->mark));
    json_t *charge = is_paid(p) ? charge_json(p) : json_null();
    if (!expand && is_paid(p)) {
        json_t *id = json_incref(json_object_get(charge, "id"));
        json_decref(charge);
        charge = id;
    }
    json_object_set_new(json, "latest_charge", charge);
    return json;
}

static json_t *dispute_json(const struct psp_payment *p)
{
    char id[64];
    snprintf(id, sizeof(id), "du_%s", p->key + 3);
    return json_pack("{s:s, s:s, s:I, s:o, s:s, s:s, s:s}", "id", id, "object", "dispute", "amount",
                     (json_int_t)wire_of(p, p->disputed), "currency", lower(p->currency),
                     "payment_intent", p->key, "reason", "fraudulent", "status", p->dispute);
}

/* An event about that object, which it takes. */
static void tell_object(struct psp_call *call, const char *type, json_t *object)
{
    webhook_send(call->psp, "stripe",
                 json_pack("{s:s, s:s, s:s, s:s, s:I, s:{s:o}}", "id", psp_name(call, "evt_"),
                           "object", "event", "api_version", API_VERSION, "type", type, "created",
                           (json_int_t)(psp_now_ms(call->psp) / 1000), "data", "object", object));
}

static void tell(struct psp_call *call, struct psp_payment *p, const char *type)
{
    struct psp_call plain = {.psp = call->psp, .ask = call->ask};
    tell_object(call, type, session_json(&plain, p));
}

static struct psp_payment *find(struct psp_call *call, struct view key)
{
    struct psp_payment *p = book_find(call->psp->book, key);
    if (p && p->dialect == PSP_STRIPE)
        return p;
    fail(call, 404, "resource_missing", "No such object");
    return NULL;
}

static const char *field(struct psp_call *call, const char *name)
{
    return psp_value(call, call->ask->body, name);
}

static void create(struct psp_call *call)
{
    const char *unit = field(call, "line_items%5B0%5D%5Bprice_data%5D%5Bunit_amount%5D");
    const char *code = field(call, "line_items%5B0%5D%5Bprice_data%5D%5Bcurrency%5D");
    const char *name = field(call, "line_items%5B0%5D%5Bprice_data%5D%5Bproduct_data%5D%5Bname%5D");
    const char *order = field(call, "client_reference_id");
    const char *success = field(call, "success_url"), *cancel = field(call, "cancel_url");
    const char *mode = field(call, "mode"), *expires = field(call, "expires_at");
    struct psp *psp = call->psp;
    const int64_t now_ms = psp_now_ms(psp);
    char upper[4] = {0};
    for (int i = 0; code && i < 3 && code[i]; i++)
        upper[i] = (char)(code[i] - 'a' + 'A');
    const struct currency *currency = currency_find(view_str(upper));
    uint64_t amount, until_s = (uint64_t)(now_ms + SESSION_MS) / 1000;
    if (!unit || !name || !order || !success || !cancel || !mode || strcmp(mode, "payment") != 0 ||
        !currency || !view_to_u64(view_str(unit), INT64_MAX / 1000, &amount) || amount == 0) {
        fail(call, 400, "parameter_missing", "Missing required param");
        return;
    }
    if (decimals(upper) == 3 && amount % 10 != 0) {
        fail(call, 400, "parameter_invalid_integer",
             "Amounts of three-decimal currencies must be divisible by 10.");
        return;
    }
    if (expires && (!view_to_u64(view_str(expires), INT64_MAX / 1000, &until_s) ||
                    (int64_t)until_s * 1000 < now_ms + 30 * 60000 - 5000)) {
        fail(call, 400, "parameter_invalid_integer",
             "The `expires_at` timestamp must be at least 30 minutes from creation.");
        return;
    }
    const char *session = psp_name(call, "cs_test_"), *key = psp_name(call, "pi_");
    int err = book_note(
        psp->book, now_ms, "open",
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:I, s:s*}", "dialect", "stripe",
                  "payment", key, "session", session, "order", order, "name", name, "amount",
                  (json_int_t)scale((int64_t)amount, decimals(upper), currency->digits), "currency",
                  currency->code, "success", success, "fail", cancel, "until_ms",
                  (json_int_t)until_s * 1000, "mark",
                  field(call, "payment_intent_data%5Bmetadata%5D%5Bpayment_id%5D")));
    if (err)
        fail(call, 500, "api_error", err_text(err));
    else
        psp_json(call, 200, session_json(call, book_find(psp->book, view_str(session))));
}

static void look(struct psp_call *call)
{
    struct psp_payment *p = find(call, call->segments[3]);
    const char *expand = psp_value(call, call->ask->query, "expand%5B%5D");
    if (!p)
        return;
    json_t *json = session_json(call, p);
    if (expand && strcmp(expand, "payment_intent.latest_charge") == 0 &&
        json_is_string(json_object_get(json, "payment_intent")))
        json_object_set_new(json, "payment_intent", intent_json(call, p, true));
    psp_json(call, 200, json);
}

static void expire(struct psp_call *call)
{
    struct psp_payment *p = find(call, call->segments[3]);
    if (!p)
        return;
    if (psp_status_of(call->psp, p) != PSP_READY) {
        fail(call, 400, "session_not_open", "Only Checkout Sessions that are open can be expired");
        return;
    }
    book_note(call->psp->book, psp_now_ms(call->psp), "end",
              json_pack("{s:s, s:s}", "payment", p->key, "status", "EXPIRED"));
    psp_json(call, 200, session_json(call, p));
    tell(call, p, "checkout.session.expired");
}

static json_t *refund_json(const struct psp_payment *p, const struct psp_cancel *c)
{
    static const char *const names[] = {[PSP_CANCEL_DONE] = "succeeded",
                                        [PSP_CANCEL_ASKED] = "pending",
                                        [PSP_CANCEL_REFUSED] = "failed"};
    return json_pack("{s:s, s:s, s:I, s:o, s:s, s:s, s:{s:s}}", "id", c->transaction, "object",
                     "refund", "amount", (json_int_t)wire_of(p, c->amount), "currency",
                     lower(p->currency), "payment_intent", p->key, "status", names[c->state],
                     "metadata", "refund_id", c->reason);
}

static void refund(struct psp_call *call)
{
    const char *key = field(call, "payment_intent"), *text = field(call, "amount");
    const char *mark = field(call, "metadata%5Brefund_id%5D");
    struct psp_payment *p = find(call, view_str(key ? key : ""));
    uint64_t wire;
    if (!p)
        return;
    const int64_t left = psp_left(p);
    int64_t amount = left;
    if (text && view_to_u64(view_str(text), INT64_MAX / 1000, &wire))
        amount = scale((int64_t)wire, decimals(p->currency),
                       currency_find(view_str(p->currency))->digits);
    if (p->dispute && strcmp(p->dispute, "won") != 0)
        fail(call, 400, "charge_disputed", "The charge has been charged back.");
    else if (!is_paid(p) || left == 0)
        fail(call, 400, "charge_already_refunded", "Charge has already been refunded.");
    else if (amount <= 0 || amount > left)
        fail(call, 400, "amount_too_large", "Refund amount is greater than unrefunded amount");
    else if (call->fault == FAULT_DECLINE)
        fail(call, 400, "charge_disputed", "The charge has been charged back.");
    else {
        const int64_t part = call->fault == FAULT_HALF ? (amount + 1) / 2 : amount;
        if (psp_cancel(call, p, part, mark ? mark : "") != 0)
            return;
        if (call->fault == FAULT_HALF)
            fail(call, 500, "api_error", "an internal error");
        else
            psp_json(call, 200, refund_json(p, &p->cancels[p->cancel_count - 1]));
        if (!psp_asked(p))
            tell_object(call, "charge.refunded", charge_json(p));
    }
}

static void look_at_intent(struct psp_call *call)
{
    struct psp_payment *p = find(call, call->segments[2]);
    const char *expand = psp_value(call, call->ask->query, "expand%5B%5D");
    if (p)
        psp_json(call, 200, intent_json(call, p, expand && strcmp(expand, "latest_charge") == 0));
}

/* Never once it has succeeded, nor while a bank is at it. */
static void cancel_intent(struct psp_call *call)
{
    struct psp_payment *p = find(call, call->segments[2]);
    const enum psp_status status = p ? psp_status_of(call->psp, p) : PSP_DONE;
    if (!p)
        return;
    if (status != PSP_READY && status != PSP_ABORTED) {
        fail(call, 400, "payment_intent_unexpected_state",
             "You cannot cancel this PaymentIntent in its present state.");
        return;
    }
    book_note(call->psp->book, psp_now_ms(call->psp), "end",
              json_pack("{s:s, s:s}", "payment", p->key, "status", "CANCELED"));
    psp_json(call, 200, intent_json(call, p, false));
    tell_object(call, "payment_intent.canceled", intent_json(call, p, false));
}

static void disputes(struct psp_call *call)
{
    const char *key = psp_value(call, call->ask->query, "payment_intent");
    struct psp_payment *p = find(call, view_str(key ? key : ""));
    json_t *list = json_array();
    if (p && p->dispute)
        json_array_append_new(list, dispute_json(p));
    if (p)
        psp_json(call, 200,
                 json_pack("{s:s, s:O, s:b}", "object", "list", "data", list, "has_more", 0));
    json_decref(list);
}

static void refunds(struct psp_call *call)
{
    const char *key = psp_value(call, call->ask->query, "payment_intent");
    struct psp_payment *p = find(call, view_str(key ? key : ""));
    json_t *list = json_array();
    for (uint32_t i = 0; p && i < p->cancel_count; i++)
        json_array_append_new(list, refund_json(p, &p->cancels[i]));
    if (p)
        psp_json(call, 200,
                 json_pack("{s:s, s:O, s:b}", "object", "list", "data", list, "has_more", 0));
    json_decref(list);
}

static const struct psp_api apis[] = {
    {"POST", "v1/checkout/sessions", "session", true, create},
    {"GET", "v1/checkout/sessions/?", "lookup", false, look},
    {"POST", "v1/checkout/sessions/?/expire", "expire", true, expire},
    {"POST", "v1/refunds", "cancel", true, refund},
    {"GET", "v1/refunds", "lookup", false, refunds},
    {"GET", "v1/payment_intents/?", "lookup", false, look_at_intent},
    {"POST", "v1/payment_intents/?/cancel", "expire", true, cancel_intent},
    {"GET", "v1/disputes", "lookup", false, disputes},
};

/* The key as Bearer, or as the user of Basic. */
static bool allowed(const struct psp_call *call)
{
    const struct view given = plain_field(call->ask, VIEW_LIT("authorization"));
    const char *bearer = arena_printf(call->ask->arena, "Bearer %s", call->psp->options.secret_key);
    const char *user = arena_printf(call->ask->arena, "%s:", call->psp->options.secret_key);
    char text[512];
    if (bearer && view_eq(given, view_str(bearer)))
        return true;
    if (!user || BASE64_TEXT_MAX(strlen(user)) > sizeof(text) ||
        !view_starts(given, VIEW_LIT("Basic ")))
        return false;
    const size_t len = base64_write(view_str(user), BASE64_PADDED, text);
    return view_eq(view_of(given.at + 6, given.len - 6), view_of(text, len));
}

static struct view key_of(const struct psp_call *call)
{
    return plain_field(call->ask, VIEW_LIT("idempotency-key"));
}

static const char *order_of(struct psp_call *call)
{
    const char *order = field(call, "client_reference_id");
    struct psp_payment *p =
        call->segment_count > 3 ? book_find(call->psp->book, call->segments[3]) : NULL;
    const char *key = field(call, "payment_intent");
    if (!key)
        key = psp_value(call, call->ask->query, "payment_intent");
    if (!p && call->segment_count > 2 && view_eq(call->segments[1], VIEW_LIT("payment_intents")))
        p = book_find(call->psp->book, call->segments[2]);
    if (!p && key)
        p = book_find(call->psp->book, view_str(key));
    return order ? order : p ? p->order : NULL;
}

/* {CHECKOUT_SESSION_ID} becomes the session. */
static const char *way_back(struct psp_call *call, const struct psp_payment *p)
{
    static const char mark[] = "{CHECKOUT_SESSION_ID}";
    const char *at = strstr(p->success_url, mark);
    return at ? arena_printf(call->ask->arena, "%.*s%s%s", (int)(at - p->success_url),
                             p->success_url, p->session, at + sizeof(mark) - 1)
              : p->success_url;
}

static void decided(struct psp_call *call, struct psp_payment *p, const char *choice)
{
    if (strcmp(choice, "pay") == 0 && psp_charge(call->psp, p) == 0) {
        psp_redirect(call, way_back(call, p));
        tell(call, p, "checkout.session.completed");
        tell_object(call, "payment_intent.succeeded", intent_json(call, p, false));
    } else if (strcmp(choice, "later") == 0) { /* a slow method: complete, and not paid */
        book_note(call->psp->book, psp_now_ms(call->psp), "auth",
                  json_pack("{s:s, s:I}", "payment", p->key, "until_ms",
                            (json_int_t)(psp_now_ms(call->psp) + SLOW_MS)));
        psp_redirect(call, way_back(call, p));
        tell(call, p, "checkout.session.completed");
    } else {
        /* A declined card leaves the session open, and so does a buyer who goes back. */
        psp_redirect(call, p->fail_url);
    }
}

static void happened(struct psp_call *call, struct psp_payment *p, const char *what)
{
    if (call->ended)
        tell_object(call, "refund.updated", refund_json(p, call->ended));
    else if (strcmp(what, "cancel") == 0)
        tell_object(call, "charge.refunded", charge_json(p));
    else if (strcmp(what, "dispute") == 0)
        tell_object(call, "charge.dispute.created", dispute_json(p));
    else if (strcmp(what, "win") == 0 || strcmp(what, "lose") == 0)
        tell_object(call, "charge.dispute.closed", dispute_json(p));
    else
        tell(call, p,
             strcmp(what, "settle") == 0 ? "checkout.session.async_payment_succeeded"
                                         : "checkout.session.async_payment_failed");
}

/* A version of another form than the pinned one's is refused, as there. */
static bool refuses(struct psp_call *call)
{
    const struct view version = plain_field(call->ask, VIEW_LIT("stripe-version"));
    if (version.len == 0 || (version.len >= 10 && version.at[4] == '-' && version.at[7] == '-'))
        return false;
    fail(call, 400, "invalid_stripe_version", "Invalid Stripe API version");
    return true;
}

const struct psp_tongue stripe_tongue = {
    .name = "stripe",
    .dialect = PSP_STRIPE,
    .happened = happened,
    .refuses = refuses,
    .numbered = API_VERSION,
    .key_ms = KEY_MS,
    .disputes = true,
    .slow = true,
    .apis = apis,
    .api_count = sizeof(apis) / sizeof(apis[0]),
    .allowed = allowed,
    .key_of = key_of,
    .fail = fail,
    .order_of = order_of,
    .decided = decided,
};
