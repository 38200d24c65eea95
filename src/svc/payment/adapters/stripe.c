/*
 * Stripe (docs.stripe.com, API version pinned below). A Checkout Session begins: the buyer's yes
 * charges at once, so the session is made before the buyer sees it, and is expired before seats are
 * freed. The redirect is never trusted: the session is looked up. Its PaymentIntent is the money:
 * what a slow method came to, what was given back and disputed stands there, and refunds and most
 * events name it. Webhooks are signed, and looked up too.
 */
#include <sodium.h>
#include <stdio.h>

#include "codec/base64.h"
#include "codec/percent.h"
#include "codec/tree.h"
#include "err/err.h"
#include "sale/currency.h"
#include "svc/payment/adapters/exchange.h"

#define API_VERSION     "Stripe-Version: 2026-10-28.endive"
#define SESSION_MS      (31 * 60000) /* the least Stripe takes is 30 minutes */
#define TOLERANCE_S     300
#define WIRE_AMOUNT_MAX (INT64_MAX / 1000) /* with any decimals more it is a number still */

static const char *const methods[] = {"card", NULL};

/* What may be charged (docs.stripe.com/currencies, "presentment currencies", and those with three
 * decimals), as far as ISO 4217 still knows it. Units of account as CLF are none of them. */
static const char currencies[] =
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD "
    "CDF CHF CLP CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ "
    "GYD HKD HNL HTG HUF IDR ILS INR ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR "
    "LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB "
    "PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS "
    "TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW";

/* Decimals of Stripe's amounts, which are not always those of ISO 4217. */
static int decimals(struct view code)
{
    static const char none[] = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF";
    static const char three[] = "BHD JOD KWD OMR TND";
    if (memmem(none, sizeof(none) - 1, code.at, code.len))
        return 0;
    return memmem(three, sizeof(three) - 1, code.at, code.len) ? 3 : 2;
}

/* -1: it cannot be said in that many decimals. */
static int64_t scale(int64_t amount, int from, int to)
{
    for (; from < to; from++)
        amount *= 10;
    for (; from > to; from--, amount /= 10) {
        if (amount % 10 != 0)
            return -1;
    }
    return amount;
}

/* -1: Stripe cannot be told that amount. Of three decimals it takes no last one but 0. */
static int64_t wire_of(const struct payment *p, int64_t minor)
{
    const int theirs = decimals(p->currency);
    const int64_t wire = scale(minor, currency_find(p->currency)->digits, theirs);
    return theirs == 3 && wire % 10 != 0 ? -1 : wire;
}

/* -1: it is no amount of this currency. */
static int64_t minor_of(const struct payment *p, const json_t *wire)
{
    const json_int_t amount = json_is_integer(wire) ? json_integer_value(wire) : -1;
    return amount >= 0 && amount <= WIRE_AMOUNT_MAX
               ? scale(amount, decimals(p->currency), currency_find(p->currency)->digits)
               : -1;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static int ask(const struct adapter_env *env, const char *method, const char *path, const char *key,
               const char *form, int *ret_status, json_t **ret_json)
{
    struct exchange_ask request = {
        .method = method,
        .path = path,
        .fields = {"Content-Type: application/x-www-form-urlencoded", API_VERSION},
        .authorization = arena_printf(env->arena, "Bearer %s", env->provider->secret_key),
        .body = form,
    };
    if (key)
        request.fields[2] = arena_printf(env->arena, "Idempotency-Key: %s", key);
    int err = path ? exchange(env, &request, ret_status, ret_json) : ERR_NO_MEMORY;
    if (err == 0 && *ret_status == 401) /* which has no code, as a rule */
        exchange_not_let_in(env, "unauthorized");
    return err;
}

/* "eur" */
static const char *lower(const struct adapter_env *env, struct view code)
{
    char *text = arena_copy(env->arena, code);
    for (char *c = text; c && *c; c++)
        *c = (char)(*c - 'A' + 'a');
    return text;
}

/* Asking again does not change it. */
static bool is_amount_refused(const json_t *json)
{
    const char *code = text_of(json_object_get(json, "error"), "code");
    return strcmp(code, "amount_too_small") == 0 || strcmp(code, "amount_too_large") == 0;
}

static int begin(const struct adapter_env *env, const struct payment *p, const char *name,
                 struct begun *ret_begun)
{
    const char *id = exchange_id(env->arena, p->payment_id);
    const char *back = exchange_way_back(env, p);
    const int64_t wire = wire_of(p, p->books.amount);
    json_t *json = NULL;
    int status;
    if (wire < 0)
        return ERR_INVALID;
    const char *const pairs[] = {
        "mode", "payment", "client_reference_id", id, "line_items[0][quantity]", "1",
        "line_items[0][price_data][currency]", lower(env, p->currency),
        "line_items[0][price_data][unit_amount]", arena_printf(env->arena, "%lld", (long long)wire),
        "line_items[0][price_data][product_data][name]", name, "success_url",
        arena_printf(env->arena, "%s?session_id={CHECKOUT_SESSION_ID}", back), "cancel_url",
        arena_printf(env->arena, "%s?failed=1", back),
        /* What is told of the PaymentIntent, or its charge, names the attempt too. */
        "payment_intent_data[metadata][payment_id]", id, "expires_at",
        arena_printf(env->arena, "%lld", (long long)(p->created_at_ms + SESSION_MS) / 1000), NULL};
    const char *form = exchange_with(env->arena, "", pairs);
    if (!form)
        return ERR_NO_MEMORY;
    /* The same key gives the same session: asked again, its address is told again. */
    int err = ask(env, "POST", "/v1/checkout/sessions", arena_printf(env->arena, "begin-%s", id),
                  form + 1, &status, &json);
    if (err != 0)
        return err;
    if (is_amount_refused(json))
        status = ERR_INVALID;
    ret_begun->ref = exchange_ref(env->arena, json, "id");
    ret_begun->redirect_url = exchange_text(env->arena, json, "url").at;
    json_decref(json);
    return status == ERR_INVALID                     ? ERR_INVALID
           : status == 200 && ret_begun->ref.len > 0 ? 0
                                                     : ERR_UNAVAILABLE;
}

static enum came_back returned(const struct adapter_env *env, const struct payment *p,
                               struct view query, struct view *ret_ref)
{
    const char *session = exchange_value(env->arena, query, "session_id");
    if (!session)
        return CAME_AWAY;
    return view_eq(view_str(session), p->ref) ? CAME_PAID : CAME_FOREIGN;
}

/* What a PaymentIntent says of the attempt that it is the money of. */
static void tell_intent(const struct adapter_env *env, const struct payment *p, const json_t *json,
                        struct told *told)
{
    const char *status = text_of(json, "status");
    told->code = exchange_text(env->arena, json, "status");
    if (strcmp(status, "succeeded") == 0) {
        told->said = SAID_CAPTURED;
        told->amount = minor_of(p, json_object_get(json, "amount_received"));
        if (strcmp(text_of(json, "currency"), lower(env, p->currency)) == 0)
            told->currency = p->currency;
        told->charge = exchange_ref(env->arena, json, "id");
    } else if (strcmp(status, "canceled") == 0) {
        told->said = SAID_DEAD;
        told->reason = "PAYMENT_EXPIRED";
    } else if (strcmp(status, "requires_payment_method") == 0) { /* the slow method has failed */
        told->said = SAID_DECLINED;
        told->reason = "CARD_DECLINED";
    } /* processing, requires_…: a bank is at it; it is asked again */
}

/* An answer about a PaymentIntent; taken. */
static void tell_asked_intent(const struct adapter_env *env, const struct payment *p, int status,
                              json_t *json, struct told *told)
{
    if (status == 200)
        tell_intent(env, p, json, told);
    json_decref(json);
}

/* Disputes of a payment: what is lost is given back, what is open is not yet. False: nobody
 * knows. */
static bool add_disputes(const struct adapter_env *env, const struct payment *p, const char *intent,
                         struct told *told)
{
    json_t *json = NULL;
    int status;
    if (ask(env, "GET",
            arena_printf(env->arena, "/v1/disputes?payment_intent=%s&limit=100", intent), NULL,
            NULL, &status, &json) != 0)
        return false;
    const json_t *data = json_object_get(json, "data");
    for (size_t i = 0; status == 200 && i < json_array_size(data); i++) {
        const json_t *dispute = json_array_get(data, i);
        const char *state = text_of(dispute, "status");
        const int64_t amount = minor_of(p, json_object_get(dispute, "amount"));
        if (amount < 0 || amount > told->amount)
            status = 0;
        else if (strcmp(state, "lost") == 0)
            exchange_returned(told, told->returned + amount);
        else if (strcmp(state, "won") != 0 && strcmp(state, "warning_closed") != 0 &&
                 strcmp(state, "prevented") != 0)
            told->disputed += amount;
    }
    json_decref(json);
    return status == 200 && told->said == SAID_CAPTURED;
}

/* What was given back of a payment that is told of, by its PaymentIntent with the charge in it, and
 * what is disputed. False: nobody knows. */
static bool tell_returned(const struct adapter_env *env, const struct payment *p,
                          const json_t *intent, struct told *told)
{
    const json_t *charge = json_object_get(intent, "latest_charge");
    const char *id = exchange_ref(env->arena, intent, "id").at;
    if (told->said != SAID_CAPTURED)
        return true;
    if (!json_is_object(charge) || !id)
        return false;
    const json_int_t back = json_integer_value(json_object_get(charge, "amount_refunded"));
    exchange_returned(told, minor_of(p, json_object_get(charge, "amount_refunded")));
    told->all_back =
        back > 0 && back == json_integer_value(json_object_get(intent, "amount_received"));
    return told->said != SAID_CAPTURED || !json_is_true(json_object_get(charge, "disputed")) ||
           add_disputes(env, p, id, told);
}

/* Its name, or, where it was asked for, all of it. */
static struct view intent_of(const struct adapter_env *env, const json_t *session)
{
    const json_t *intent = json_object_get(session, "payment_intent");
    return json_is_object(intent) ? exchange_ref(env->arena, intent, "id")
                                  : exchange_ref(env->arena, session, "payment_intent");
}

static void tell_session(const struct adapter_env *env, const struct payment *p, const json_t *json,
                         struct told *told)
{
    const char *status = text_of(json, "status");
    const char *id = exchange_id(env->arena, p->payment_id);
    told->code = exchange_text(env->arena, json, "status");
    if (!id || strcmp(text_of(json, "client_reference_id"), id) != 0)
        return; /* of another order: not believed */
    if (strcmp(text_of(json, "payment_status"), "paid") == 0) {
        told->said = SAID_CAPTURED;
        told->amount = minor_of(p, json_object_get(json, "amount_total"));
        if (strcmp(text_of(json, "currency"), lower(env, p->currency)) == 0)
            told->currency = p->currency;
        told->charge = intent_of(env, json);
    } else if (strcmp(status, "expired") == 0) {
        told->said = SAID_DEAD;
        told->reason = "PAYMENT_EXPIRED";
    } else if (strcmp(status, "open") == 0) {
        told->said = SAID_WAITING;
    } else { /* complete and not paid: a slow method, whose PaymentIntent tells more */
        told->charge = intent_of(env, json);
    }
}

/* A session stays "paid" whatever is given back: its PaymentIntent comes with it, which tells that,
 * and what a slow method came to. */
static void lookup(const struct adapter_env *env, const struct payment *p, struct told *told)
{
    const char *ref = arena_copy(env->arena, p->ref);
    json_t *json = NULL;
    int status;
    *told = (struct told){0};
    if (ask(env, "GET",
            arena_printf(env->arena,
                         "/v1/checkout/sessions/%s?expand%%5B%%5D=payment_intent.latest_charge",
                         ref),
            NULL, NULL, &status, &json) != 0)
        return;
    const json_t *intent = json_object_get(json, "payment_intent");
    if (status == 200)
        tell_session(env, p, json, told);
    if (told->said == SAID_NOTHING && told->charge.len > 0)
        tell_intent(env, p, intent, told);
    if (!tell_returned(env, p, intent, told))
        *told = (struct told){.code = told->code};
    json_decref(json);
}

/* The same of money that was captured: by its PaymentIntent, whose name is known. */
static void review(const struct adapter_env *env, const struct payment *p, struct told *told)
{
    const char *intent = arena_copy(env->arena, p->charge);
    json_t *json = NULL;
    int status;
    *told = (struct told){0};
    if (p->charge.len == 0 ||
        ask(env, "GET",
            arena_printf(env->arena, "/v1/payment_intents/%s?expand%%5B%%5D=latest_charge", intent),
            NULL, NULL, &status, &json) != 0)
        return;
    if (status == 200)
        tell_intent(env, p, json, told);
    if (!tell_returned(env, p, json, told))
        *told = (struct told){0};
    json_decref(json);
}

/* Expired before the seats are freed; that it is paid already is a normal answer. */
static void abandon(const struct adapter_env *env, const struct payment *p, struct told *told)
{
    const char *ref = arena_copy(env->arena, p->ref);
    json_t *json = NULL;
    int status;
    *told = (struct told){0};
    if (ask(env, "POST", arena_printf(env->arena, "/v1/checkout/sessions/%s/expire", ref), NULL, "",
            &status, &json) != 0)
        return;
    if (status == 200)
        tell_session(env, p, json, told);
    json_decref(json);
    if (status != 200)
        lookup(env, p, told);
    if (told->said != SAID_NOTHING || told->charge.len == 0)
        return;
    /* The session is complete and a slow method is not through: a PaymentIntent can be ended until
     * a bank is at it; it never can once it has succeeded. */
    const char *intent = arena_copy(env->arena, told->charge);
    if (ask(env, "POST", arena_printf(env->arena, "/v1/payment_intents/%s/cancel", intent), NULL,
            "", &status, &json) == 0)
        tell_asked_intent(env, p, status, json, told);
}

/* What was given back of a payment, by what its refunds there say: our refund's id stands in their
 * metadata. */
struct refunds {
    int64_t done, begun; /* of this refund */
    int64_t unasked;     /* done, and no refund of ours asked for it */
    int64_t all;         /* done and begun, whosever */
    uint32_t count;      /* of this refund: a failed one took its key along */
};

/* False: they cannot be read. */
static bool read_refunds(const struct payment *p, const json_t *list, struct id refund_id,
                         struct refunds *ret_sums)
{
    const json_t *data = json_object_get(list, "data");
    *ret_sums = (struct refunds){0};
    for (size_t i = 0; i < json_array_size(data); i++) {
        const json_t *refund = json_array_get(data, i);
        const char *status = text_of(refund, "status");
        struct id id;
        const bool ours =
            id_parse(view_str(text_of(json_object_get(refund, "metadata"), "refund_id")), &id) == 0;
        const bool own = ours && id_eq(id, refund_id);
        const int64_t amount = minor_of(p, json_object_get(refund, "amount"));
        if (amount < 0 || amount > p->books.amount)
            return false;
        ret_sums->count += own;
        if (strcmp(status, "failed") == 0 || strcmp(status, "canceled") == 0)
            continue;
        const bool done = strcmp(status, "succeeded") == 0;
        ret_sums->all += amount;
        if (own)
            *(done ? &ret_sums->done : &ret_sums->begun) += amount;
        else if (!ours)
            *(done ? &ret_sums->unasked : &ret_sums->begun) += amount;
    }
    return true;
}

/* So much is still to be given back, and may be asked for; 0: nothing is. */
static int64_t look_before(const struct adapter_env *env, const struct payment *p,
                           const struct refund *r, struct refunds *ret_sums, struct told *told)
{
    const char *charge = arena_copy(env->arena, p->charge);
    json_t *json = NULL;
    int status;
    int err =
        ask(env, "GET", arena_printf(env->arena, "/v1/refunds?payment_intent=%s&limit=100", charge),
            NULL, NULL, &status, &json);
    const bool read = err == 0 && status == 200 && read_refunds(p, json, r->refund_id, ret_sums);
    json_decref(json);
    if (!read)
        return 0;
    const int64_t wanted = r->amount - r->taken - ret_sums->done;
    if (ret_sums->begun > 0 && wanted > 0)
        told->code = VIEW_LIT("pending"); /* a bank may take days, and may yet refuse */
    else
        exchange_refund_next(env, r, wanted, p->books.amount - ret_sums->all, ret_sums->unasked,
                             told);
    return told->said == SAID_NOTHING && told->code.len == 0 ? wanted : 0;
}

static void refund(const struct adapter_env *env, const struct payment *p, const struct refund *r,
                   struct told *told)
{
    json_t *json = NULL;
    struct refunds sums;
    int status;
    *told = (struct told){0};
    const int64_t wanted = look_before(env, p, r, &sums, told);
    if (wanted == 0)
        return;
    if (wire_of(p, wanted) < 0) { /* of three decimals, say: nobody can ask for that */
        *told = (struct told){.said = SAID_DECLINED, .code = VIEW_LIT("amount")};
        return;
    }
    const char *const pairs[] = {"payment_intent",
                                 arena_copy(env->arena, p->charge),
                                 "amount",
                                 arena_printf(env->arena, "%lld", (long long)wire_of(p, wanted)),
                                 "metadata[refund_id]",
                                 exchange_id(env->arena, r->refund_id),
                                 NULL};
    const char *form = exchange_with(env->arena, "", pairs);
    if (!form || ask(env, "POST", "/v1/refunds", exchange_refund_key(env->arena, r, sums.count),
                     form + 1, &status, &json) != 0)
        return;
    const json_t *error = json_object_get(json, "error");
    told->code = exchange_text(env->arena, error, "code");
    told->refused = exchange_refused(status);
    /* What has come about is looked at the next time; what is refused for good, now. */
    if (strcmp(text_of(error, "code"), "charge_disputed") == 0)
        told->said = SAID_DECLINED;
    if (status == 200 && strcmp(text_of(json, "status"), "succeeded") == 0 &&
        minor_of(p, json_object_get(json, "amount")) == wanted)
        *told = (struct told){.said = SAID_CAPTURED, .amount = r->amount};
    json_decref(json);
}

static void undo(const struct adapter_env *env, const struct payment *p)
{
    const char *id = exchange_id(env->arena, p->payment_id);
    const char *const pairs[] = {"payment_intent", arena_copy(env->arena, p->charge), NULL};
    const char *form = exchange_with(env->arena, "", pairs);
    json_t *json = NULL;
    int status;
    if (form &&
        ask(env, "POST", "/v1/refunds", arena_printf(env->arena, "undo-%s-%u", id, p->version),
            form + 1, &status, &json) == 0)
        json_decref(json);
}

/* "t=…,v1=…,v1=…": one of the signatures is ours, over "t.body", by one of our secrets; and it is
 * of now (docs.stripe.com/webhooks, "Verify signatures"). */
static bool is_signed(const struct adapter_env *env, const struct plain_request *request)
{
    struct view rest = plain_field(request, VIEW_LIT("stripe-signature"));
    struct view stamp = {0};
    uint64_t at_s;
    bool right = false;
    if (!view_starts(rest, VIEW_LIT("t=")))
        return false;
    const char *comma = memchr(rest.at, ',', rest.len);
    if (!comma)
        return false;
    stamp = view_of(rest.at + 2, (size_t)(comma - rest.at) - 2);
    if (!view_to_u64(stamp, INT64_MAX / 1000, &at_s) ||
        llabs((long long)at_s - env->now_ms / 1000) > TOLERANCE_S)
        return false;
    for (int i = 0; i < PAYMENT_SECRETS_MAX && env->provider->webhook_secrets[i]; i++) {
        const char *secret = env->provider->webhook_secrets[i];
        crypto_auth_hmacsha256_state state;
        uint8_t mac[crypto_auth_hmacsha256_BYTES], given[sizeof(mac)];
        crypto_auth_hmacsha256_init(&state, (const uint8_t *)secret, strlen(secret));
        crypto_auth_hmacsha256_update(&state, (const uint8_t *)stamp.at, stamp.len);
        crypto_auth_hmacsha256_update(&state, (const uint8_t *)".", 1);
        crypto_auth_hmacsha256_update(&state, (const uint8_t *)request->body.at, request->body.len);
        crypto_auth_hmacsha256_final(&state, mac);
        const char *at = comma;
        while (at && (size_t)(rest.at + rest.len - at) >= 4 + 2 * sizeof(mac)) {
            if (memcmp(at, ",v1=", 4) == 0 &&
                hex_read(view_of(at + 4, 2 * sizeof(mac)), given, sizeof(given)) == 0)
                right |= sodium_memcmp(given, mac, sizeof(mac)) == 0;
            at = memchr(at + 1, ',', (size_t)(rest.at + rest.len - at) - 1);
        }
    }
    return right;
}

/* Events that tell no more than that the money is there. */
static bool is_as_paid(const char *type)
{
    static const char *const types[] = {"checkout.session.completed",
                                        "checkout.session.async_payment_succeeded",
                                        "payment_intent.succeeded", "charge.succeeded"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i], type) == 0)
            return true;
    }
    return false;
}

static bool webhook(const struct adapter_env *env, const struct plain_request *request,
                    struct heard *ret_heard)
{
    if (!is_signed(env, request))
        return false;
    json_t *json = tree_read(request->body, 0, NULL);
    const json_t *object = json_object_get(json_object_get(json, "data"), "object");
    *ret_heard = (struct heard){.authentic = true,
                                .as_paid = is_as_paid(text_of(json, "type")),
                                .event_id = exchange_ref(env->arena, json, "id"),
                                .ref = exchange_text(env->arena, object, "id")};
    /* A charge, a refund or a dispute names its PaymentIntent. */
    if (object && strcmp(text_of(object, "object"), "checkout.session") != 0 &&
        json_object_get(object, "payment_intent"))
        ret_heard->ref = exchange_text(env->arena, object, "payment_intent");
    /* A PaymentIntent that we do not know the name of yet names our attempt. */
    if (strcmp(text_of(object, "object"), "payment_intent") == 0)
        (void)id_parse(view_str(text_of(json_object_get(object, "metadata"), "payment_id")),
                       &ret_heard->payment_id);
    const bool right = json_is_object(json) && ret_heard->event_id.len > 0;
    json_decref(json);
    return right;
}

const struct adapter stripe_adapter = {
    .name = "stripe",
    .title = "Stripe",
    .methods = methods,
    .currencies = currencies,
    .by_steps = true,
    .buyer_ms = SESSION_MS,
    .refunds_a_minute = 1500,
    .begin = begin,
    .returned = returned,
    .finish = lookup,
    .lookup = lookup,
    .review = review,
    .abandon = abandon,
    .refund = refund,
    .undo = undo,
    .webhook = webhook,
};
