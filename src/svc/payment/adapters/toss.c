/*
 * Toss Payments, core API v1 (docs.tosspayments.com, version 2022-11-16): the buyer pays on the
 * provider's page, we confirm with the amount. Nothing is charged before that. A key is compared by
 * itself alone, so each attempt and each step of a refund has its own. Payment webhooks are not
 * signed: they only make us look. Our attempt's id is the provider's orderId.
 */
#include <math.h>
#include <time.h>

#include "codec/tree.h"
#include "err/err.h"
#include "sale/currency.h"
#include "store/deposits.h"
#include "svc/payment/adapters/exchange.h"

#define READY_MS   (30 * 60000)
#define CONFIRM_MS (10 * 60000)

#define REFUND_REASON "refund " /* and its id */

static const char *const methods[] = {"card", "kakaopay", "naverpay", "transfer", NULL};

/* What a code means for an attempt (docs.tosspayments.com, error codes). What is not here is not
 * known, so it is looked up: ALREADY_PROCESSED_PAYMENT and DUPLICATED_ORDER_ID (somebody was
 * quicker, perhaps we), PROVIDER_ERROR, FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING and COMMON_ERROR
 * (theirs, and perhaps done), IDEMPOTENT_REQUEST_PROCESSING (still at it), and whatever it says
 * with a 429, of which nothing was done. */
static const struct {
    const char *code;
    enum said said;
    const char *reason; /* of DECLINED, for the buyer */
} codes[] = {
    {"REJECT_CARD_PAYMENT", SAID_DECLINED, "CARD_DECLINED"},
    {"REJECT_CARD_COMPANY", SAID_DECLINED, "CARD_DECLINED"},
    {"REJECT_ACCOUNT_PAYMENT", SAID_DECLINED, "CARD_DECLINED"},
    {"REJECT_TOSSPAY_INVALID_ACCOUNT", SAID_DECLINED, "CARD_DECLINED"},
    {"INVALID_REJECT_CARD", SAID_DECLINED, "CARD_DECLINED"},
    {"INVALID_STOPPED_CARD", SAID_DECLINED, "CARD_DECLINED"},
    {"INVALID_CARD_EXPIRATION", SAID_DECLINED, "CARD_DECLINED"},
    {"INVALID_CARD_NUMBER", SAID_DECLINED, "CARD_DECLINED"},
    {"INVALID_CARD_LOST_OR_STOLEN", SAID_DECLINED, "CARD_DECLINED"},
    {"INVALID_CARD_INSTALLMENT_PLAN", SAID_DECLINED, "CARD_DECLINED"},
    {"NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT", SAID_DECLINED, "CARD_DECLINED"},
    {"EXCEED_MAX_DAILY_PAYMENT_COUNT", SAID_DECLINED, "CARD_DECLINED"},
    {"EXCEED_MAX_PAYMENT_AMOUNT", SAID_DECLINED, "CARD_DECLINED"},
    {"EXCEED_MAX_AMOUNT", SAID_DECLINED, "AMOUNT_REFUSED"},
    {"EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT", SAID_DECLINED, "CARD_DECLINED"},
    {"RESTRICTED_TRANSFER_ACCOUNT", SAID_DECLINED, "CARD_DECLINED"},
    {"BELOW_MINIMUM_AMOUNT", SAID_DECLINED, "AMOUNT_REFUSED"},
    {"FDS_ERROR", SAID_DECLINED, "CARD_DECLINED"},
    {"PAY_PROCESS_ABORTED", SAID_DECLINED, "CARD_DECLINED"},
    {"PAY_PROCESS_CANCELED", SAID_DECLINED, "PAYMENT_CANCELLED"},
    {"INVALID_BANK", SAID_DECLINED, "DEPOSIT_REFUSED"},
    {"INVALID_REGISTRATION_NUMBER_TYPE", SAID_DECLINED, "DEPOSIT_REFUSED"},
    {"EXCEED_MAX_DUE_DATE", SAID_DECLINED, "DEPOSIT_REFUSED"},
    /* Refused as asked, and nothing was charged: the buyer may still decide. */
    {"INVALID_REQUEST", SAID_WAITING, NULL},
    {"NOT_FOUND_PAYMENT", SAID_WAITING, NULL},
    {"NOT_FOUND_PAYMENT_SESSION", SAID_WAITING, NULL},
};

/* Our keys are not taken: that says nothing of a payment, and an operator must know. */
static const char *const not_let_in[] = {
    "UNAUTHORIZED_KEY",         "INVALID_API_KEY",   "INCORRECT_BASIC_AUTH_FORMAT",
    "NOT_SUPPORTED_WIDGET_KEY", "FORBIDDEN_REQUEST",
};

/* Refusals of a cancel that asking again does not change: a person has to act. */
static const char *const refused_for_good[] = {
    "NOT_CANCELABLE_PAYMENT",
    "EXCEED_MAX_REFUND_DUE",
    "NOT_ALLOWED_PARTIAL_REFUND",
    "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT",
    "EXCEED_CANCEL_LIMIT",
    "NOT_CANCELABLE_PAYMENT_FOR_DORMANT_USER",
    "REFUND_REJECTED",
    "INVALID_REFUND_ACCOUNT_INFO",
    "INVALID_REFUND_ACCOUNT_NUMBER",
    "INVALID_BANK",
    "EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT",
};

static const struct currency *currency_of(const struct payment *p)
{
    return currency_find(p->currency);
}

/* An amount is a JSON number: whole for won, with decimals where the currency has them. */
static json_t *amount_json(const struct payment *p, int64_t minor)
{
    const struct currency *currency = currency_of(p);
    double scale = 1;
    if (!currency || currency->digits == 0)
        return json_integer(minor);
    for (unsigned i = 0; i < currency->digits; i++)
        scale *= 10;
    return json_real((double)minor / scale);
}

/* -1: no amount of this currency. */
static int64_t amount_of(const struct payment *p, const json_t *number)
{
    const struct currency *currency = currency_of(p);
    double scale = 1;
    if (!currency || !json_is_number(number))
        return -1;
    for (unsigned i = 0; i < currency->digits; i++)
        scale *= 10;
    /* Exactly: the quotient is what reading the decimal gives, or it has more decimals. */
    const double minor = nearbyint(json_number_value(number) * scale);
    return minor < 0 || minor > 9e15 || minor / scale != json_number_value(number) ? -1
                                                                                   : (int64_t)minor;
}

/* Of whatever currency. */
static bool is_nothing(const json_t *number)
{
    return json_is_number(number) && json_number_value(number) == 0;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* Where a deposit goes, and what its callback will show. */
static void tell_account(const struct adapter_env *env, const json_t *json, struct told *told)
{
    const json_t *account = json_object_get(json, "virtualAccount");
    told->bank = exchange_text(env->arena, account, "bankCode");
    told->account = exchange_text(env->arena, account, "accountNumber");
    told->secret = exchange_text(env->arena, json, "secret");
}

/* Why an attempt was declined, for the buyer. */
static const char *reason_of(const char *code)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i].reason && strcmp(codes[i].code, code) == 0)
            return codes[i].reason;
    }
    return "CARD_DECLINED";
}

/* What a Payment object says of the attempt. */
static void tell_payment(const struct adapter_env *env, const struct payment *p, const json_t *json,
                         struct told *told)
{
    const char *status = text_of(json, "status");
    const char *id = exchange_id(env->arena, p->payment_id);
    told->code = exchange_text(env->arena, json, "status");
    if (!id || strcmp(text_of(json, "orderId"), id) != 0)
        return; /* of another order: not believed */
    told->ref = exchange_ref(env->arena, json, "paymentKey");
    if (p->later)
        tell_account(env, json, told);
    /* An account that was closed before anybody paid: there was no money. */
    if (p->later && strcmp(status, "CANCELED") == 0 &&
        json_is_null(json_object_get(json, "approvedAt"))) {
        told->said = SAID_DEAD;
        told->reason = "PAYMENT_EXPIRED";
    } else if (strcmp(status, "DONE") == 0 || strcmp(status, "PARTIAL_CANCELED") == 0 ||
               strcmp(status, "CANCELED") == 0) {
        const int64_t left = amount_of(p, json_object_get(json, "balanceAmount"));
        told->said = SAID_CAPTURED;
        told->amount = amount_of(p, json_object_get(json, "totalAmount"));
        told->currency = exchange_text(env->arena, json, "currency");
        exchange_returned(told, left < 0 ? -1 : told->amount - left);
        told->all_back = is_nothing(json_object_get(json, "balanceAmount"));
    } else if (strcmp(status, "IN_PROGRESS") == 0) {
        told->said = SAID_READY;
    } else if (strcmp(status, "READY") == 0 || strcmp(status, "WAITING_FOR_DEPOSIT") == 0) {
        told->said = SAID_WAITING;
    } else if (strcmp(status, "ABORTED") == 0) {
        told->said = SAID_DECLINED;
        told->reason = reason_of(text_of(json_object_get(json, "failure"), "code"));
    } else if (strcmp(status, "EXPIRED") == 0) {
        told->said = SAID_DEAD;
        told->reason = "PAYMENT_EXPIRED";
    }
}

static void tell_code(const struct adapter_env *env, const json_t *json, struct told *told)
{
    const char *code = text_of(json, "code");
    told->code = exchange_text(env->arena, json, "code");
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (strcmp(codes[i].code, code) == 0) {
            told->said = codes[i].said;
            told->reason = codes[i].reason;
        }
    }
}

/* GET or POST with the secret key; key: an Idempotency-Key, or NULL. body is taken. */
static int ask(const struct adapter_env *env, const char *method, const char *path, const char *key,
               json_t *body, int *ret_status, json_t **ret_json)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    struct exchange_ask request = {
        .method = method,
        .path = path,
        .fields = {"Content-Type: application/json"},
        .authorization = exchange_basic(env->arena, env->provider->secret_key, ""),
        .body = text,
    };
    if (key)
        request.fields[1] = arena_printf(env->arena, "Idempotency-Key: %s", key);
    int err =
        path && (!body || text) ? exchange(env, &request, ret_status, ret_json) : ERR_NO_MEMORY;
    free(text);
    json_decref(body);
    for (size_t i = 0; err == 0 && i < sizeof(not_let_in) / sizeof(not_let_in[0]); i++) {
        if (strcmp(text_of(*ret_json, "code"), not_let_in[i]) == 0)
            exchange_not_let_in(env, not_let_in[i]);
    }
    return err;
}

static int begin(const struct adapter_env *env, const struct payment *p, const char *name,
                 struct begun *ret_begun)
{
    const char *back = exchange_way_back(env, p);
    const char *id = exchange_id(env->arena, p->payment_id);
    const char *base = arena_printf(env->arena, "%s/pay", exchange_pages(env));
    char amount[CURRENCY_TEXT_MAX];
    if (!back || !id || !base)
        return ERR_NO_MEMORY;
    if (env->provider->public_key) {
        /* The provider's window opens on a page of ours, which has its script. */
        ret_begun->redirect_url = arena_printf(env->arena, "%s/pay/toss/%s", env->public_url, id);
        return ret_begun->redirect_url ? 0 : ERR_NO_MEMORY;
    }
    char tax_free[CURRENCY_TEXT_MAX];
    currency_format(currency_of(p), p->books.amount, amount);
    currency_format(currency_of(p), adapter_tax_free(p, p->books.amount, p->fee), tax_free);
    const char *currency = arena_copy(env->arena, p->currency);
    const char *fail = arena_printf(env->arena, "%s?failed=1", back);
    const char *const pairs[] = {"orderId", id,         "orderName",     name,         "amount",
                                 amount,    "currency", currency,        "successUrl", back,
                                 "failUrl", fail,       "taxFreeAmount", tax_free,     NULL};
    ret_begun->redirect_url = exchange_with(env->arena, base, pairs);
    return ret_begun->redirect_url ? 0 : ERR_NO_MEMORY;
}

static enum came_back returned(const struct adapter_env *env, const struct payment *p,
                               struct view query, struct view *ret_ref)
{
    const char *key = exchange_value(env->arena, query, "paymentKey");
    const char *order = exchange_value(env->arena, query, "orderId");
    const char *amount = exchange_value(env->arena, query, "amount");
    const char *id = exchange_id(env->arena, p->payment_id);
    int64_t minor;
    if (!key || !key[0])
        return CAME_AWAY;
    if (!order || !amount || !id || strcmp(order, id) != 0 || !exchange_is_id(view_str(key)) ||
        currency_parse(currency_of(p), view_str(amount), &minor) != 0 || minor != p->books.amount)
        return CAME_FOREIGN;
    *ret_ref = view_str(key);
    return CAME_PAID;
}

static void lookup(const struct adapter_env *env, const struct payment *p, struct told *told)
{
    const char *id = exchange_id(env->arena, p->payment_id);
    json_t *json = NULL;
    int status;
    *told = (struct told){0};
    if (ask(env, "GET", arena_printf(env->arena, "/v1/payments/orders/%s", id), NULL, NULL, &status,
            &json) != 0)
        return;
    if (status == 200)
        tell_payment(env, p, json, told);
    else
        told->code = exchange_text(env->arena, json, "code");
    /* No buyer has opened the page, or none that the provider remembers. */
    if (strcmp(text_of(json, "code"), "NOT_FOUND_PAYMENT") == 0)
        told->said = SAID_WAITING;
    json_decref(json);
}

static void finish(const struct adapter_env *env, const struct payment *p, struct told *told)
{
    const char *id = exchange_id(env->arena, p->payment_id);
    const char *ref = arena_copy(env->arena, p->ref);
    json_t *json = NULL;
    int status;
    *told = (struct told){0};
    /* The key is the attempt's and the paymentKey's: another buyer's yes is another question. */
    int err =
        ask(env, "POST", "/v1/payments/confirm", arena_printf(env->arena, "confirm-%s-%s", id, ref),
            json_pack("{s:s, s:s, s:o}", "paymentKey", ref, "orderId", id, "amount",
                      amount_json(p, p->books.amount)),
            &status, &json);
    if (err != 0)
        return;
    if (status == 200)
        tell_payment(env, p, json, told);
    else
        tell_code(env, json, told);
    json_decref(json);
}

#define KST_MS (9 * 3600000) /* the provider's clock: dates are Korea's */

/* "2026-11-29T18:00:00" in Korea. */
static const char *due_date(const struct adapter_env *env, int64_t ms)
{
    char text[32];
    struct tm tm;
    const time_t at = (time_t)((ms + KST_MS) / 1000);
    gmtime_r(&at, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    return arena_copy(env->arena, view_str(text));
}

/* One key an attempt: asked again after a lost answer, it opens no second account. */
static void deposit(const struct adapter_env *env, const struct payment *p, const char *name,
                    const struct deposit_wish *wish, struct told *told)
{
    const char *id = exchange_id(env->arena, p->payment_id);
    const char *due = due_date(env, p->must_finish_by_ms);
    json_t *json = NULL;
    int status;
    *told = (struct told){0};
    json_t *body =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "orderId", id, "orderName", name,
                  "customerName", wish->name, "bank", wish->bank, "dueDate", due ? due : "",
                  "amount", amount_json(p, p->books.amount), "taxFreeAmount",
                  amount_json(p, adapter_tax_free(p, p->books.amount, p->fee)));
    if (body && wish->cash_number)
        json_object_set_new(
            body, "cashReceipt",
            json_pack("{s:s, s:s}", "type",
                      wish->cash_kind == DEPOSIT_CASH_BUSINESS ? "지출증빙" : "소득공제",
                      "registrationNumber", wish->cash_number));
    if (!id || !due || !body ||
        ask(env, "POST", "/v1/virtual-accounts", arena_printf(env->arena, "deposit-%s", id), body,
            &status, &json) != 0)
        return;
    if (status == 200)
        tell_payment(env, p, json, told);
    else
        tell_code(env, json, told);
    if (told->said == SAID_WAITING && told->account.len == 0)
        told->said = SAID_NOTHING;
    json_decref(json);
}

/* Its account is closed, in full, as it must be before a deposit; "paid already" is found. */
static void close_account(const struct adapter_env *env, const struct payment *p, struct told *told)
{
    const char *id = exchange_id(env->arena, p->payment_id);
    struct payment known = *p;
    json_t *json = NULL;
    int status;
    lookup(env, p, told);
    if (told->said != SAID_WAITING)
        return;
    if (told->ref.len > 0)
        known.ref = told->ref;
    if (known.ref.len == 0) { /* none was opened that anybody knows */
        *told = (struct told){.said = SAID_DEAD, .reason = "PAYMENT_EXPIRED"};
        return;
    }
    *told = (struct told){0};
    if (ask(env, "POST",
            arena_printf(env->arena, "/v1/payments/%s/cancel", arena_copy(env->arena, known.ref)),
            arena_printf(env->arena, "close-%s-%u", id, p->version),
            json_pack("{s:s}", "cancelReason", "not paid in time"), &status, &json) != 0)
        return;
    if (status == 200)
        tell_payment(env, p, json, told);
    json_decref(json);
    if (told->said == SAID_NOTHING)
        lookup(env, p, told);
}

/* Nothing was charged unless we confirmed, and who never confirmed need not ask. */
static void abandon(const struct adapter_env *env, const struct payment *p, struct told *told)
{
    *told = (struct told){.said = SAID_DEAD, .reason = "PAYMENT_EXPIRED"};
    if (p->later)
        close_account(env, p, told);
    else if (p->state != PAYMENT_WAITING)
        lookup(env, p, told);
}

/* What was given back of a payment, by what its cancels say: a refund's id stands in the reason of
 * those that it asked for. */
struct cancels {
    int64_t done, begun; /* of this refund; PayPal takes its time */
    int64_t unasked;     /* done, and no refund of ours asked for it */
    uint32_t count;      /* of this refund: an aborted one took its key along */
};

static bool is_of_refund(const char *reason, struct id *ret_refund_id)
{
    const struct view text = view_str(reason);
    return view_starts(text, VIEW_LIT(REFUND_REASON)) &&
           id_parse(view_of(text.at + strlen(REFUND_REASON), text.len - strlen(REFUND_REASON)),
                    ret_refund_id) == 0;
}

/* False: they cannot be read. */
static bool read_cancels(const struct payment *p, const json_t *payment, struct id refund_id,
                         struct cancels *ret_sums)
{
    const json_t *cancels = json_object_get(payment, "cancels");
    *ret_sums = (struct cancels){0};
    for (size_t i = 0; i < json_array_size(cancels); i++) {
        const json_t *cancel = json_array_get(cancels, i);
        struct id id;
        const bool ours = is_of_refund(text_of(cancel, "cancelReason"), &id);
        const bool own = ours && id_eq(id, refund_id);
        const char *status = text_of(cancel, "cancelStatus");
        const int64_t amount = amount_of(p, json_object_get(cancel, "cancelAmount"));
        if (amount < 0 || amount > p->books.amount)
            return false;
        ret_sums->count += own;
        if (strcmp(status, "ABORTED") == 0)
            continue;
        if (strcmp(status, "IN_PROGRESS") == 0)
            ret_sums->begun += own || !ours ? amount : 0;
        else if (own)
            ret_sums->done += amount;
        else if (!ours)
            ret_sums->unasked += amount;
    }
    return true;
}

/* Where a deposit goes back to. */
static void add_account(const struct adapter_env *env, json_t *body)
{
    const struct refund_account *account = env->account;
    if (body && account)
        json_object_set_new(body, "refundReceiveAccount",
                            json_pack("{s:s, s:s, s:s}", "bank", account->bank, "accountNumber",
                                      account->number, "holderName", account->holder));
}

/* A cancel of so much of a refund; so much may be given back of the payment. */
static json_t *cancel_json(const struct adapter_env *env, const struct payment *p,
                           const struct refund *r, int64_t amount, int64_t left)
{
    const int64_t done = r->amount - amount;
    const int64_t free_of_tax = adapter_tax_free(p, r->amount, r->fee);
    json_t *body = json_pack(
        "{s:s, s:o, s:o, s:o}", "cancelReason",
        arena_printf(env->arena, REFUND_REASON "%s", exchange_id(env->arena, r->refund_id)),
        "cancelAmount", amount_json(p, amount), "refundableAmount", amount_json(p, left),
        "taxFreeAmount", amount_json(p, free_of_tax > done ? free_of_tax - done : 0));
    add_account(env, body);
    return body;
}

/* So much is still to be given back, and may be asked for: 0: nothing is. */
static int64_t look_before(const struct adapter_env *env, const struct payment *p,
                           const struct refund *r, int64_t *ret_left, struct cancels *ret_sums,
                           struct told *told)
{
    json_t *payment = NULL;
    int status;
    const char *ref = arena_copy(env->arena, p->ref);
    int err = ask(env, "GET", arena_printf(env->arena, "/v1/payments/%s", ref), NULL, NULL, &status,
                  &payment);
    const bool read = err == 0 && status == 200 && read_cancels(p, payment, r->refund_id, ret_sums);
    *ret_left = read ? amount_of(p, json_object_get(payment, "balanceAmount")) : -1;
    if (err == 0 && status != 200)
        told->code = exchange_text(env->arena, payment, "code");
    json_decref(payment);
    if (*ret_left < 0)
        return 0;
    const int64_t wanted = r->amount - r->taken - ret_sums->done;
    if (ret_sums->begun > 0 && wanted > 0)
        told->code = VIEW_LIT("IN_PROGRESS"); /* it may yet be aborted */
    else
        exchange_refund_next(env, r, wanted, *ret_left, ret_sums->unasked, told);
    return told->said == SAID_NOTHING && told->code.len == 0 ? wanted : 0;
}

/* Looks first, so that what was done without an answer is not done twice; and a look tells what is
 * left, which the provider compares. */
static void refund(const struct adapter_env *env, const struct payment *p, const struct refund *r,
                   struct told *told)
{
    const char *ref = arena_copy(env->arena, p->ref);
    json_t *json = NULL;
    struct cancels sums;
    int64_t left;
    int status;
    *told = (struct told){0};
    const int64_t wanted = look_before(env, p, r, &left, &sums, told);
    if (wanted == 0)
        return;
    int err = ask(env, "POST", arena_printf(env->arena, "/v1/payments/%s/cancel", ref),
                  exchange_refund_key(env->arena, r, sums.count),
                  cancel_json(env, p, r, wanted, left), &status, &json);
    if (err != 0)
        return;
    told->code = exchange_text(env->arena, json, "code");
    told->refused = exchange_refused(status);
    if (status == 200 && read_cancels(p, json, r->refund_id, &sums) &&
        sums.done == r->amount - r->taken)
        *told = (struct told){.said = SAID_CAPTURED, .amount = r->amount};
    for (size_t i = 0; i < sizeof(refused_for_good) / sizeof(refused_for_good[0]); i++) {
        if (strcmp(refused_for_good[i], text_of(json, "code")) == 0)
            told->said = SAID_DECLINED;
    }
    json_decref(json);
}

/* A buyer has changed the currency in the window's address, say. Without an amount it is all. */
static void undo(const struct adapter_env *env, const struct payment *p)
{
    const char *id = exchange_id(env->arena, p->payment_id);
    json_t *body = json_pack("{s:s}", "cancelReason", "of another amount"), *json = NULL;
    int status;
    add_account(env, body);
    if (ask(env, "POST",
            arena_printf(env->arena, "/v1/payments/%s/cancel", arena_copy(env->arena, p->ref)),
            arena_printf(env->arena, "undo-%s-%u", id, p->version), body, &status, &json) == 0)
        json_decref(json);
}

/* {eventType, data: Payment}, or the flat {orderId, status, secret} of a deposit. Neither is
 * signed. */
static bool webhook(const struct adapter_env *env, const struct plain_request *request,
                    struct heard *ret_heard)
{
    json_t *json = tree_read(request->body, 0, NULL);
    const json_t *data = json_object_get(json, "data");
    const char *order = text_of(data ? data : json, "orderId");
    const struct view id = plain_field(request, VIEW_LIT("tosspayments-webhook-transmission-id"));
    *ret_heard = (struct heard){
        .event_id = exchange_is_id(id) ? id : (struct view){0}, /* anybody may have written it */
        .as_paid = strcmp(text_of(data ? data : json, "status"), "DONE") == 0,
        .secret = view_str(arena_copy(env->arena, view_str(data ? "" : text_of(json, "secret"))))};
    /* A cancel that took its time tells nothing of whose it is but the reason that we gave. */
    const bool of_refund = is_of_refund(text_of(data, "cancelReason"), &ret_heard->refund_id);
    const bool right = json_is_object(json) &&
                       (of_refund || id_parse(view_str(order), &ret_heard->payment_id) == 0);
    json_decref(json);
    return right;
}

const struct adapter toss_adapter = {
    .name = "toss",
    .title = "Toss Payments",
    .methods = methods,
    .won_min = 100,
    .deposit_won_min = 200,
    .buyer_ms = READY_MS,
    .confirm_ms = CONFIRM_MS,
    .refunds_a_minute = 600,
    .refund_days = 365,
    .confirms = true,
    .deposit_currency = "KRW",
    .begin = begin,
    .returned = returned,
    .finish = finish,
    .lookup = lookup,
    .deposit = deposit,
    .abandon = abandon,
    .refund = refund,
    .undo = undo,
    .webhook = webhook,
};
