/*
 * Toss Payments, core API v1, as docs.tosspayments.com tells it (version 2022-11-16): keys are
 * compared by key, URL and method alone; payment webhooks are not signed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec/base64.h"
#include "err/err.h"
#include "psp/till.h"
#include "sale/currency.h"

#define CARD_MIN    100 /* won */
#define ACCOUNT_MIN 200
#define HOURS_MAX   720                   /* of an account; then its due date is none */
#define KEY_MAX     300                   /* characters of an Idempotency-Key */
#define KEY_MS      (15 * 24 * 3600000LL) /* which is remembered so long */

static const char *status_name(const struct psp_payment *p, enum psp_status status)
{
    if (p->account && status == PSP_READY)
        return "WAITING_FOR_DEPOSIT";
    if (status == PSP_CANCELED && p->cancel_count > 1)
        return "PARTIAL_CANCELED"; /* in parts: only the balance tells that all of it is back */
    static const char *const names[] = {
        [PSP_READY] = "READY",       [PSP_AUTHED] = "IN_PROGRESS",
        [PSP_DONE] = "DONE",         [PSP_PARTIAL] = "PARTIAL_CANCELED",
        [PSP_CANCELED] = "CANCELED", [PSP_ABORTED] = "ABORTED",
        [PSP_EXPIRED] = "EXPIRED",
    };
    return names[status];
}

static void fail(struct psp_call *call, int status, const char *code, const char *message)
{
    psp_json(call, status, json_pack("{s:s, s:s}", "code", code, "message", message));
}

/* 10000 won, 726.24 dollars: a JSON number. */
static json_t *amount_of(const struct psp_payment *p, int64_t minor)
{
    const struct currency *currency = currency_find(view_str(p->currency));
    char text[CURRENCY_TEXT_MAX];
    if (!currency || currency->digits == 0)
        return json_integer(minor);
    currency_format(currency, minor, text);
    return json_real(strtod(text, NULL));
}

static int64_t minor_of(const struct psp_payment *p, const json_t *amount)
{
    const struct currency *currency = currency_find(view_str(p->currency));
    double scale = 1;
    for (unsigned i = 0; currency && i < currency->digits; i++)
        scale *= 10;
    return json_is_number(amount) ? (int64_t)(json_number_value(amount) * scale + 0.5) : -1;
}

static json_t *cancel_json(const struct psp_payment *p, const struct psp_cancel *c)
{
    static const char *const names[] = {[PSP_CANCEL_DONE] = "DONE",
                                        [PSP_CANCEL_ASKED] = "IN_PROGRESS",
                                        [PSP_CANCEL_REFUSED] = "ABORTED"};
    return json_pack("{s:s, s:o, s:s, s:o, s:I, s:s}", "transactionKey", c->transaction,
                     "cancelAmount", amount_of(p, c->amount), "cancelReason", c->reason,
                     "refundableAmount", amount_of(p, c->left), "canceledAt", (json_int_t)c->at_ms,
                     "cancelStatus", names[c->state]);
}

static json_t *cancels_of(const struct psp_payment *p)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < p->cancel_count; i++)
        json_array_append_new(list, cancel_json(p, &p->cancels[i]));
    return list;
}

/* How a payment names the way that it came. */
static const char *method_name(const struct psp_payment *p)
{
    if (p->account)
        return "가상계좌";
    if (!p->method)
        return p->easy ? "간편결제" : "카드";
    return strcmp(p->method, "TRANSFER") == 0 ? "계좌이체"
           : strcmp(p->method, "PAYPAL") == 0 ? "해외간편결제"
                                              : "휴대폰";
}

/* The wallets that the window opens by themselves, as a payment names them. */
static const struct {
    const char *code, *name;
} wallets[] = {{"KAKAOPAY", "카카오페이"}, {"NAVERPAY", "네이버페이"}, {"TOSSPAY", "토스페이"}};

/* NULL: there is none of that code. */
static const char *wallet_name(const char *code)
{
    for (size_t i = 0; i < sizeof(wallets) / sizeof(wallets[0]); i++) {
        if (strcmp(wallets[i].code, code) == 0)
            return wallets[i].name;
    }
    return NULL;
}

/* What is there of every Payment, if only as null. */
static void add_rest(struct psp_call *call, const struct psp_payment *p, json_t *json)
{
    char last[64];
    const int64_t vat = (p->amount - p->tax_free + 5) / 11;
    snprintf(last, sizeof(last), "txrd_a%s", p->key);
    json_object_set_new(json, "vat", amount_of(p, vat));
    json_object_set_new(json, "suppliedAmount", amount_of(p, p->amount - vat));
    json_object_set_new(
        json, "lastTransactionKey",
        json_string(p->cancel_count > 0 ? p->cancels[p->cancel_count - 1].transaction : last));
    json_object_set_new(
        json, "receipt",
        json_pack("{s:o}", "url", json_sprintf("%s/toss/receipt/%s", call->psp->url, p->key)));
    json_object_set_new(
        json, "checkout",
        json_pack("{s:o}", "url", json_sprintf("%s/toss/pay/%s", call->psp->url, p->key)));
    json_object_set_new(json, "card",
                        p->account || p->easy || p->method
                            ? json_null()
                            : json_pack("{s:s, s:s, s:o}", "issuerCode", "61", "number",
                                        "433012******123*", "amount", amount_of(p, p->amount)));
    json_object_set_new(json, "failure",
                        p->failure ? json_pack("{s:s, s:s}", "code", p->failure, "message",
                                               "결제 승인이 거절되었습니다.")
                                   : json_null());
    json_object_set_new(json, "virtualAccount", json_null());
    json_object_set_new(json, "secret", json_null());
    json_object_set_new(json, "easyPay", json_null());
}

static json_t *payment_json(struct psp_call *call, struct psp_payment *p)
{
    const int64_t shown = call->fault == FAULT_WRONG_AMOUNT ? p->amount + 1000 : p->amount;
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:I}",
                             "mId", "tvivarepublica", "version", "2022-11-16", "paymentKey", p->key,
                             "orderId", p->order, "orderName", p->name, "currency",
                             call->fault == FAULT_WRONG_CURRENCY ? "USD" : p->currency, "method",
                             method_name(p), "status", status_name(p, psp_status_of(call->psp, p)),
                             "totalAmount", amount_of(p, shown), "balanceAmount",
                             amount_of(p, p->left), "cancels", cancels_of(p), "isPartialCancelable",
                             !p->whole, "requestedAt", (json_int_t)p->opened_at_ms);
    if (json) {
        json_object_set_new(json, "approvedAt",
                            p->charged_at_ms ? json_integer(p->charged_at_ms) : json_null());
        json_object_set_new(json, "taxFreeAmount", amount_of(p, p->tax_free));
    }
    if (json)
        add_rest(call, p, json);
    if (json && p->easy)
        json_object_set_new(json, "easyPay",
                            json_pack("{s:s, s:o, s:i}", "provider", wallet_name(p->easy), "amount",
                                      amount_of(p, shown), "discountAmount", 0));
    if (json && p->account) {
        json_object_set_new(json, "secret", json_string(p->secret));
        json_object_set_new(json, "virtualAccount",
                            json_pack("{s:s, s:s, s:I, s:b}", "accountNumber", p->account,
                                      "bankCode", p->bank, "dueDate", (json_int_t)p->until_ms,
                                      "expired", p->status == PSP_EXPIRED));
    }
    return json;
}

/* PAYMENT_STATUS_CHANGED: of these states alone. */
static void tell(struct psp_call *call, struct psp_payment *p)
{
    struct psp_call plain = {.psp = call->psp};
    webhook_send(call->psp, "toss",
                 json_pack("{s:s, s:I, s:o}", "eventType", "PAYMENT_STATUS_CHANGED", "createdAt",
                           (json_int_t)psp_now_ms(call->psp), "data", payment_json(&plain, p)));
}

/* DEPOSIT_CALLBACK: flat, with the secret alone to show whose it is. */
static void tell_callback(struct psp_call *call, struct psp_payment *p)
{
    webhook_send(call->psp, "toss",
                 json_pack("{s:I, s:s, s:s, s:s, s:s}", "createdAt",
                           (json_int_t)psp_now_ms(call->psp), "secret", p->secret, "status",
                           status_name(p, p->status), "transactionKey", psp_name(call, "txrd_"),
                           "orderId", p->order));
}

/* A deposit is told twice. */
static void tell_deposit(struct psp_call *call, struct psp_payment *p)
{
    tell_callback(call, p);
    tell(call, p);
}

/* CANCEL_STATUS_CHANGED: of a cancel that took its time, and nothing of whose it is. */
static void tell_cancel(struct psp_call *call, struct psp_payment *p)
{
    webhook_send(call->psp, "toss",
                 json_pack("{s:s, s:I, s:o}", "eventType", "CANCEL_STATUS_CHANGED", "createdAt",
                           (json_int_t)psp_now_ms(call->psp), "data", cancel_json(p, call->ended)));
}

static void happened(struct psp_call *call, struct psp_payment *p, const char *what)
{
    if (call->ended)
        tell_cancel(call, p);
    else if (strcmp(what, "undo") == 0) /* WAITING_FOR_DEPOSIT is told by the callback alone */
        tell_callback(call, p);
    else
        tell(call, p);
}

static struct psp_payment *find(struct psp_call *call, struct view key)
{
    struct psp_payment *p = book_find(call->psp->book, key);
    if (p && p->dialect == PSP_TOSS)
        return p;
    fail(call, 404, "NOT_FOUND_PAYMENT", "존재하지 않는 결제 입니다.");
    return NULL;
}

static void confirm(struct psp_call *call)
{
    const char *key = json_string_value(json_object_get(call->body, "paymentKey"));
    const char *order = json_string_value(json_object_get(call->body, "orderId"));
    const json_t *amount = json_object_get(call->body, "amount");
    if (!key || !order || !json_is_number(amount)) {
        fail(call, 400, "INVALID_REQUEST", "잘못된 요청입니다.");
        return;
    }
    struct psp_payment *p = find(call, view_str(key));
    if (!p)
        return;
    const enum psp_status status = psp_status_of(call->psp, p);
    if (status == PSP_DONE || status == PSP_PARTIAL || status == PSP_CANCELED)
        fail(call, 400, "ALREADY_PROCESSED_PAYMENT", "이미 처리된 결제 입니다.");
    else if (status == PSP_ABORTED)
        fail(call, 400, "PAY_PROCESS_ABORTED", "결제 진행 중 승인에 실패했습니다.");
    else if (status != PSP_AUTHED || strcmp(p->order, order) != 0)
        fail(call, 404, "NOT_FOUND_PAYMENT_SESSION",
             "결제 시간이 만료되어 결제 진행 데이터가 존재하지 않습니다.");
    else if (minor_of(p, amount) != p->amount)
        fail(call, 400, "INVALID_REQUEST", "결제 금액이 일치하지 않습니다.");
    else if (strcmp(p->currency, "KRW") == 0 && p->amount < CARD_MIN)
        fail(call, 400, "BELOW_MINIMUM_AMOUNT", "카드 결제는 100원 이상부터 가능합니다.");
    else if (call->fault == FAULT_DECLINE) {
        book_note(call->psp->book, psp_now_ms(call->psp), "end",
                  json_pack("{s:s, s:s, s:s}", "payment", p->key, "status", "ABORTED", "code",
                            "REJECT_CARD_COMPANY"));
        fail(call, 400, "REJECT_CARD_COMPANY", "결제 승인이 거절되었습니다.");
        tell(call, p);
    } else if (psp_charge(call->psp, p) == 0) {
        psp_json(call, 200, payment_json(call, p));
        tell(call, p);
    }
}

static void lookup(struct psp_call *call)
{
    struct psp_payment *p = find(call, call->segments[2]);
    if (p)
        psp_json(call, 200, payment_json(call, p));
}

static void lookup_order(struct psp_call *call)
{
    struct psp_payment *p = book_find_order(call->psp->book, PSP_TOSS, call->segments[3]);
    if (p)
        psp_json(call, 200, payment_json(call, p));
    else
        fail(call, 404, "NOT_FOUND_PAYMENT", "존재하지 않는 결제 입니다.");
}

/* A paid virtual account goes back to an account of the buyer's, which the request names. */
static bool names_account(const json_t *body)
{
    const json_t *account = json_object_get(body, "refundReceiveAccount");
    const char *bank = json_string_value(json_object_get(account, "bank"));
    const char *number = json_string_value(json_object_get(account, "accountNumber"));
    const char *holder = json_string_value(json_object_get(account, "holderName"));
    return bank && bank[0] && number && number[0] && holder && holder[0];
}

#define DAY_MS INT64_C(86400000)

/* Whether both are in one month of Korea's calendar: a telephone's bill. */
static bool is_same_month(int64_t a_ms, int64_t b_ms)
{
    struct tm a, b;
    const time_t a_s = (time_t)(a_ms / 1000) + 9 * 3600, b_s = (time_t)(b_ms / 1000) + 9 * 3600;
    gmtime_r(&a_s, &a);
    gmtime_r(&b_s, &b);
    return a.tm_year == b.tm_year && a.tm_mon == b.tm_mon;
}

/* A telephone's bill is cancelled in its month alone; a transfer, and PayPal, for 180 days; an
 * account, and a card, for a year, after which a card's company may refuse, as it does here. */
static bool is_too_old(const struct psp_call *call, const struct psp_payment *p)
{
    const int64_t now_ms = psp_now_ms(call->psp);
    const int64_t days = (now_ms - p->charged_at_ms) / DAY_MS;
    if (p->method && strcmp(p->method, "MOBILE_PHONE") == 0)
        return !is_same_month(p->charged_at_ms, now_ms);
    return days >= (p->method ? 180 : 365);
}

static void cancel(struct psp_call *call)
{
    struct psp_payment *p = find(call, call->segments[2]);
    const char *reason = json_string_value(json_object_get(call->body, "cancelReason"));
    const json_t *part = json_object_get(call->body, "cancelAmount");
    const json_t *expected = json_object_get(call->body, "refundableAmount");
    if (!p)
        return;
    const int64_t left = psp_left(p), amount = part ? minor_of(p, part) : left;
    const enum psp_status status = psp_status_of(call->psp, p);
    if (p->account && status == PSP_READY && reason && !part) {
        book_note(call->psp->book, psp_now_ms(call->psp), "end",
                  json_pack("{s:s, s:s}", "payment", p->key, "status", "CANCELED"));
        psp_json(call, 200, payment_json(call, p));
        tell(call, p);
        return;
    }
    if (p->account && status == PSP_READY && reason && part) {
        fail(call, 403, "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT",
             "입금 대기중인 결제는 부분 환불이 불가합니다.");
        return;
    }
    if (!reason || !reason[0] || strlen(reason) > 200 ||
        (amount <= 0 && status != PSP_CANCELED && part)) {
        fail(call, 400, "INVALID_REQUEST", "잘못된 요청입니다.");
        return;
    }
    if (p->account && (status == PSP_DONE || status == PSP_PARTIAL) && !names_account(call->body)) {
        fail(call, 400, "INVALID_REFUND_ACCOUNT_INFO", "환불 계좌번호와 예금주명이 필요합니다.");
        return;
    }
    if (status == PSP_CANCELED)
        fail(call, 400, "ALREADY_CANCELED_PAYMENT", "이미 취소된 결제 입니다.");
    else if (status != PSP_DONE && status != PSP_PARTIAL)
        fail(call, 403, "NOT_CANCELABLE_PAYMENT", "취소 할 수 없는 결제 입니다.");
    else if (expected && minor_of(p, expected) != p->left)
        fail(call, 400, "NOT_MATCHES_REFUNDABLE_AMOUNT", "잔액 결과가 일치하지 않습니다.");
    else if (amount > left)
        fail(call, 403, "NOT_CANCELABLE_AMOUNT", "취소 할 수 없는 금액 입니다.");
    else if (is_too_old(call, p))
        fail(call, 403, "EXCEED_MAX_REFUND_DUE", "환불 가능한 기간이 지났습니다.");
    else if (p->whole && amount < p->amount)
        fail(call, 403, "NOT_ALLOWED_PARTIAL_REFUND",
             "에스크로 주문, 현금 카드 결제일 때는 부분 환불이 불가합니다.");
    else if (call->fault == FAULT_DECLINE)
        fail(call, 403, "NOT_CANCELABLE_PAYMENT", "취소 할 수 없는 결제 입니다.");
    else if (call->fault == FAULT_HALF) {
        if (psp_cancel(call, p, (amount + 1) / 2, reason) == 0) {
            fail(call, 500, "FAILED_PARTIAL_REFUND", "부분 취소가 실패했습니다.");
            tell(call, p);
        }
    } else if (psp_cancel(call, p, amount, reason) == 0) {
        psp_json(call, 200, payment_json(call, p));
        if (!psp_asked(p)) /* else nothing has changed yet */
            tell(call, p);
    }
}

/* "2026-11-29T18:00:00" in Korea, as milliseconds; -1: it is no date. */
static int64_t due_of(const char *text)
{
    struct tm tm = {0};
    const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    return end && !*end ? ((int64_t)timegm(&tm) - 9 * 3600) * 1000 : -1;
}

/* What an account is opened with is right. Answers what is not. */
static bool may_open_account(struct psp_call *call, const struct psp_payment *now, int64_t amount,
                             int64_t tax_free, int64_t due_ms)
{
    const json_t *cash = json_object_get(call->body, "cashReceipt");
    const char *type = json_string_value(json_object_get(cash, "type"));
    const char *number = json_string_value(json_object_get(cash, "registrationNumber"));
    const char *bank = json_string_value(json_object_get(call->body, "bank"));
    const char *name = json_string_value(json_object_get(call->body, "customerName"));
    const int64_t now_ms = psp_now_ms(call->psp);
    if (book_find_order(call->psp->book, PSP_TOSS, view_str(now->order)))
        fail(call, 400, "DUPLICATED_ORDER_ID",
             "이미 승인 및 취소가 진행된 중복된 주문번호 입니다.");
    else if (amount >= 0 && amount < ACCOUNT_MIN)
        fail(call, 400, "BELOW_MINIMUM_AMOUNT", "계좌는 200원 이상부터 결제가 가능합니다.");
    else if (amount < 0 || !name || !name[0] || tax_free < 0 || tax_free > amount)
        fail(call, 400, "INVALID_REQUEST", "잘못된 요청입니다.");
    else if (!bank || strlen(bank) > 3)
        fail(call, 400, "INVALID_BANK", "유효하지 않은 은행입니다.");
    else if (due_ms <= now_ms || due_ms > now_ms + INT64_C(30) * 86400000)
        fail(call, 400, "EXCEED_MAX_DUE_DATE", "가상계좌의 최대 유효만료 기간을 초과했습니다.");
    else if (cash &&
             (!type || !number || (strcmp(type, "소득공제") != 0 && strcmp(type, "지출증빙") != 0)))
        fail(call, 400, "INVALID_REGISTRATION_NUMBER_TYPE", "유효하지 않은 등록 번호 타입입니다.");
    else
        return true;
    return false;
}

/* The provider opens an account for one payment; test accounts begin with X. What a cash receipt is
 * for goes to the tax office, and not into our ledger: only its kind. */
static void open_account(struct psp_call *call)
{
    const char *order = json_string_value(json_object_get(call->body, "orderId"));
    const char *name = json_string_value(json_object_get(call->body, "orderName"));
    const char *type =
        json_string_value(json_object_get(json_object_get(call->body, "cashReceipt"), "type"));
    const struct psp_payment asked = {.order = order ? order : "", .currency = "KRW"};
    const int64_t amount = minor_of(&asked, json_object_get(call->body, "amount"));
    const json_t *free_of_tax = json_object_get(call->body, "taxFreeAmount");
    const int64_t tax_free = free_of_tax ? minor_of(&asked, free_of_tax) : 0;
    struct psp *psp = call->psp;
    const json_int_t hours = json_integer_value(json_object_get(call->body, "validHours"));
    const int64_t due_ms = hours > 0 && hours <= HOURS_MAX
                               ? psp_now_ms(psp) + hours * 3600000
                               : due_of(json_string_value(json_object_get(call->body, "dueDate")));
    if (!order || !name) {
        fail(call, 400, "INVALID_REQUEST", "잘못된 요청입니다.");
        return;
    }
    if (!may_open_account(call, &asked, amount, tax_free, due_ms))
        return;
    const char *key = psp_name(call, "tviva");
    int err = book_note(psp->book, psp_now_ms(psp), "open",
                        json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s, s:I, s:s, s:s, s:s, s:s}",
                                  "dialect", "toss", "payment", key, "order", order, "name", name,
                                  "amount", (json_int_t)amount, "tax_free", (json_int_t)tax_free,
                                  "currency", "KRW", "until_ms", (json_int_t)due_ms, "bank",
                                  json_string_value(json_object_get(call->body, "bank")), "account",
                                  psp_name(call, "X"), "secret", psp_name(call, "ps_"), "cash",
                                  type ? type : "미발행"));
    struct psp_payment *p = err ? NULL : book_find(psp->book, view_str(key));
    if (p)
        psp_json(call, 200, payment_json(call, p));
    else
        fail(call, 500, "COMMON_ERROR", "out of memory");
}

/* POST /toss/bank/ACCOUNT with amount=…: somebody pays at a bank, or presses a button. */
static void pay_at_bank(struct psp_call *call)
{
    struct psp_payment *p =
        book_find(call->psp->book, call->segment_count == 2 ? call->segments[1] : (struct view){0});
    const char *paid = psp_value(call, call->ask->body, "amount");
    int64_t amount;
    if (!p || !p->account || !view_eq(call->ask->method, VIEW_LIT("POST")))
        psp_json(call, 404, json_pack("{s:s}", "error", "no such account"));
    else if (psp_status_of(call->psp, p) != PSP_READY)
        psp_json(call, 409, json_pack("{s:s}", "error", "the account is closed"));
    else if (!paid ||
             currency_parse(currency_find(view_str("KRW")), view_str(paid), &amount) != 0 ||
             amount != p->amount)
        psp_json(call, 409, json_pack("{s:s}", "error", "the bank takes its amount alone"));
    else if (psp_charge(call->psp, p) == 0) {
        psp_json(call, 200, json_object());
        tell_deposit(call, p);
    }
    if (book_write(call->psp->book) != 0)
        psp_json(call, 500, json_pack("{s:s}", "error", "the ledger cannot be written"));
}

static const struct psp_api apis[] = {
    {"POST", "v1/virtual-accounts", "deposit", true, open_account},
    {"POST", "v1/payments/confirm", "confirm", true, confirm},
    {"POST", "v1/payments/?/cancel", "cancel", true, cancel},
    {"GET", "v1/payments/orders/?", "lookup", false, lookup_order},
    {"GET", "v1/payments/?", "lookup", false, lookup},
};

/* Basic, the secret key as the user, no password. */
static bool allowed(const struct psp_call *call)
{
    const struct view given = plain_field(call->ask, VIEW_LIT("authorization"));
    const char *wanted = arena_printf(call->ask->arena, "%s:", call->psp->options.secret_key);
    char text[512];
    if (!wanted || BASE64_TEXT_MAX(strlen(wanted)) > sizeof(text) ||
        !view_starts(given, VIEW_LIT("Basic ")))
        return false;
    const size_t len = base64_write(view_str(wanted), BASE64_PADDED, text);
    return view_eq(view_of(given.at + 6, given.len - 6), view_of(text, len));
}

static struct view key_of(const struct psp_call *call)
{
    return plain_field(call->ask, VIEW_LIT("idempotency-key"));
}

/* A key of the widget's family (gsk), or one for the browser, at the API: another mistake than a
 * key that nobody knows. */
static bool is_foreign_key(const struct psp_call *call)
{
    static const char *const foreign[] = {"test_gsk_", "live_gsk_", "test_ck_",
                                          "live_ck_",  "test_gck_", "live_gck_"};
    const struct view given = plain_field(call->ask, VIEW_LIT("authorization"));
    uint8_t text[512];
    size_t len = 0;
    if (!view_starts(given, VIEW_LIT("Basic ")) || given.len > sizeof(text) ||
        base64_read(view_of(given.at + 6, given.len - 6), text, &len) != 0)
        return false;
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        if (view_starts(view_of(text, len), view_str(foreign[i])))
            return true;
    }
    return false;
}

/* "TossPayments-Test-Code: CODE" makes a test key's request fail so. */
static void fail_as_told(struct psp_call *call, struct view code)
{
    static const struct {
        const char *code;
        int status;
    } others[] = {{"UNAUTHORIZED_KEY", 401},
                  {"NOT_FOUND_PAYMENT", 404},
                  {"NOT_FOUND_PAYMENT_SESSION", 404},
                  {"REJECT_CARD_COMPANY", 403},
                  {"REJECT_CARD_PAYMENT", 403},
                  {"NOT_CANCELABLE_AMOUNT", 403},
                  {"NOT_CANCELABLE_PAYMENT", 403},
                  {"FORBIDDEN_CONSECUTIVE_REQUEST", 403},
                  {"EXCEED_MAX_REFUND_DUE", 403},
                  {"NOT_ALLOWED_PARTIAL_REFUND", 403},
                  {"EXCEED_CANCEL_LIMIT", 403},
                  {"FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", 500},
                  {"FAILED_REFUND_PROCESS", 500},
                  {"FAILED_PARTIAL_REFUND", 500},
                  {"FAILED_METHOD_HANDLING_CANCEL", 500},
                  {"COMMON_ERROR", 500}};
    int status = 400;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (view_eq(code, view_str(others[i].code)))
            status = others[i].status;
    }
    fail(call, status, arena_copy(call->ask->arena, code), "테스트 에러 코드입니다.");
}

static bool refuses(struct psp_call *call)
{
    const struct view code = plain_field(call->ask, VIEW_LIT("tosspayments-test-code"));
    if (is_foreign_key(call))
        fail(call, 400, "INVALID_API_KEY", "잘못된 시크릿키 연동 정보 입니다.");
    else if (key_of(call).len > KEY_MAX)
        fail(call, 400, "INVALID_IDEMPOTENCY_KEY", "멱등키는 300자 이하여야 합니다.");
    else if (code.len > 0 && strncmp(call->psp->options.secret_key, "test_", 5) == 0)
        fail_as_told(call, code);
    else
        return false;
    return true;
}

static const char *order_of(struct psp_call *call)
{
    const char *order = json_string_value(json_object_get(call->body, "orderId"));
    if (order || call->segment_count < 3)
        return order;
    if (call->segment_count == 4 && view_eq(call->segments[2], VIEW_LIT("orders")))
        return arena_copy(call->ask->arena, call->segments[3]);
    struct psp_payment *p = book_find(call->psp->book, call->segments[2]);
    return p ? p->order : NULL;
}

/* ---- the buyer ---- */

/* As the JavaScript library's requestPayment, by address. */
static struct psp_payment *open_by_page(struct psp_call *call)
{
    static const char *const names[] = {"orderId",  "orderName",  "amount",
                                        "currency", "successUrl", "failUrl"};
    const char *v[6];
    struct psp *psp = call->psp;
    for (int i = 0; i < 6; i++)
        v[i] = psp_value(call, call->ask->query, names[i]);
    int64_t amount;
    const struct currency *currency = v[3] ? currency_find(view_str(v[3])) : NULL;
    if (!v[0] || !v[1] || !v[2] || !v[4] || !v[5] || !currency ||
        currency_parse(currency, view_str(v[2]), &amount) != 0 || amount <= 0) {
        fail(call, 400, "INVALID_REQUEST", "잘못된 요청입니다.");
        return NULL;
    }
    int64_t tax_free = 0;
    const char *free_of_tax = psp_value(call, call->ask->query, "taxFreeAmount");
    if (free_of_tax &&
        (currency_parse(currency, view_str(free_of_tax), &tax_free) != 0 || tax_free > amount)) {
        fail(call, 400, "INVALID_REQUEST", "잘못된 요청입니다.");
        return NULL;
    }
    struct psp_payment *before = book_find_order(psp->book, PSP_TOSS, view_str(v[0]));
    if (before && psp_status_of(psp, before) != PSP_ABORTED &&
        psp_status_of(psp, before) != PSP_EXPIRED) {
        if (before->status == PSP_READY && before->amount == amount)
            return before; /* the page was loaded again */
        fail(call, 400, "DUPLICATED_ORDER_ID",
             "이미 승인 및 취소가 진행된 중복된 주문번호 입니다.");
        return NULL;
    }
    const char *easy = psp_value(call, call->ask->query, "easyPay");
    if (easy && easy[0] && !wallet_name(easy)) {
        fail(call, 400, "INVALID_EASY_PAY", "간편결제 설정 정보 오류입니다.");
        return NULL;
    }
    const char *method = psp_value(call, call->ask->query, "method");
    const char *escrow = psp_value(call, call->ask->query, "useEscrow");
    if (method && (!method[0] || strcmp(method, "CARD") == 0))
        method = NULL;
    if (method && strcmp(method, "TRANSFER") != 0 && strcmp(method, "MOBILE_PHONE") != 0 &&
        strcmp(method, "PAYPAL") != 0) {
        fail(call, 400, "INVALID_REQUEST", "잘못된 요청입니다.");
        return NULL;
    }
    const char *key = psp_name(call, "tviva");
    const int64_t now_ms = psp_now_ms(psp);
    int err =
        book_note(psp->book, now_ms, "open",
                  json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:I, s:I, s:s*, s:s*, s:i}",
                            "dialect", "toss", "payment", key, "order", v[0], "name", v[1],
                            "amount", (json_int_t)amount, "currency", v[3], "success", v[4], "fail",
                            v[5], "until_ms", (json_int_t)(now_ms + PSP_READY_MS), "tax_free",
                            (json_int_t)tax_free, "easy", easy && easy[0] ? easy : NULL, "method",
                            method, "whole", escrow && strcmp(escrow, "true") == 0));
    if (!err)
        err = book_write(psp->book);
    if (err) {
        fail(call, 500, "COMMON_ERROR", err_text(err));
        return NULL;
    }
    return book_find(psp->book, view_str(key));
}

static void decided(struct psp_call *call, struct psp_payment *p, const char *choice)
{
    struct psp *psp = call->psp;
    const int64_t now_ms = psp_now_ms(psp);
    char amount[CURRENCY_TEXT_MAX];
    currency_format(currency_find(view_str(p->currency)), p->amount, amount);
    if (strcmp(choice, "pay") == 0) {
        const char *const pairs[] = {"paymentType", "NORMAL", "orderId", p->order, "paymentKey",
                                     p->key,        "amount", amount,    NULL};
        book_note(psp->book, now_ms, "auth",
                  json_pack("{s:s, s:I}", "payment", p->key, "until_ms",
                            (json_int_t)(now_ms + psp->options.confirm_ms)));
        psp_redirect(call, psp_with(call, p->success_url, pairs));
        return;
    }
    const bool declined = strcmp(choice, "decline") == 0;
    const char *const pairs[] = {"code",
                                 declined ? "REJECT_CARD_PAYMENT" : "PAY_PROCESS_CANCELED",
                                 "message",
                                 declined ? "한도초과 혹은 잔액부족으로 결제에 실패했습니다."
                                          : "사용자에 의해 결제가 취소되었습니다.",
                                 "orderId",
                                 p->order,
                                 NULL};
    book_note(
        psp->book, now_ms, "end",
        json_pack("{s:s, s:s, s:s}", "payment", p->key, "status", "ABORTED", "code", pairs[1]));
    psp_redirect(call, psp_with(call, p->fail_url, pairs));
    tell(call, p);
}

/* The part of the SDK that a shop uses: the window, and the widget, both lead to our page. */
static const char script[] =
    "window.TossPayments = (clientKey) => {"
    "  const widget = /^(test|live)_gck_/.test(clientKey);"
    "  const family = (right, code) => { if (!right) {"
    "    throw Object.assign(new Error(code), {code}); } };"
    "  const go = (p) => new Promise(() => {"
    "    const q = new URLSearchParams({orderId: p.orderId, orderName: p.orderName,"
    "      taxFreeAmount: p.taxFreeAmount || 0,"
    "      amount: p.amount.value, currency: p.amount.currency, successUrl: p.successUrl,"
    "      failUrl: p.failUrl, easyPay: (p.card && p.card.easyPay) || '',"
    "      method: (p.foreignEasyPay && p.foreignEasyPay.provider) || p.method || '',"
    "      useEscrow: Boolean(p.transfer && p.transfer.useEscrow)});"
    "    location.href = `${stand_in}/pay?${q}`; });"
    "  let amount;"
    "  const whose = ({customerKey}) => family("
    "    customerKey === undefined || /^[A-Za-z0-9=_.@-]{2,50}$/.test(customerKey),"
    "    'INVALID_CUSTOMER_KEY');"
    "  return {payment: (p) => (family(!widget, 'NOT_SUPPORTED_WIDGET_KEY'), whose(p || {}),"
    "    {requestPayment: go}),"
    "    widgets: () => (family(widget, 'INVALID_CLIENT_KEY'), {setAmount: async (value) => { "
    "amount = value; },"
    "      renderPaymentMethods: async ({selector}) => {"
    "        document.querySelector(selector).textContent = 'Test money'; },"
    "      renderAgreement: async () => {},"
    "      requestPayment: (p) => go({...p, amount})})};"
    "};"
    "window.TossPayments.ANONYMOUS = 'ANONYMOUS';";

const struct psp_tongue toss_tongue = {
    .name = "toss",
    .dialect = PSP_TOSS,
    .happened = happened,
    .refuses = refuses,
    .key_ms = KEY_MS,
    .apis = apis,
    .api_count = sizeof(apis) / sizeof(apis[0]),
    .allowed = allowed,
    .key_of = key_of,
    .fail = fail,
    .order_of = order_of,
    .script = script,
    .script_path = "/toss/v2/standard",
    .open = open_by_page,
    .decided = decided,
    .bank = pay_at_bank,
};
