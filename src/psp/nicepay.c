/*
 * NICEPAY, Start API, as its manual and its OpenAPI file tell it: the window posts the buyer's yes
 * to the shop; the shop approves, cancels, and takes back by net-cancel what it got no answer for.
 * No idempotency keys; every answer is signed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"
#include "codec/sha256.h"
#include "err/err.h"
#include "psp/till.h"

#define CLIENT_ID "test_client_usher"
#define DATE      "2026-01-01T00:00:00+09:00" /* only signed, never read */

static const char *digest(struct psp_call *call, const char *text)
{
    uint8_t hash[SHA256_BYTES];
    char *hex = text ? arena_alloc(call->ask->arena, 2 * sizeof(hash) + 1) : NULL;
    if (!hex)
        return "";
    sha256(view_str(text), hash);
    hex_write(view_of(hash, sizeof(hash)), hex);
    hex[2 * sizeof(hash)] = '\0';
    return hex;
}

/* Errors are answers with status 200: only resultCode tells. */
static void fail(struct psp_call *call, int status, const char *code, const char *message)
{
    psp_json(call, status == 500 || status == 503 || status == 401 ? status : 200,
             json_pack("{s:s, s:s}", "resultCode", code, "resultMsg", message));
}

static json_t *payment_json(struct psp_call *call, struct psp_payment *p)
{
    static const char *const names[] = {
        [PSP_READY] = "ready",        [PSP_AUTHED] = "ready",
        [PSP_DONE] = "paid",          [PSP_PARTIAL] = "partialCancelled",
        [PSP_CANCELED] = "cancelled", [PSP_ABORTED] = "failed",
        [PSP_EXPIRED] = "expired",
    };
    const int64_t shown = call->fault == FAULT_WRONG_AMOUNT ? p->amount + 1000 : p->amount;
    struct psp_call *arena_of = call;
    const char *signature =
        digest(arena_of, arena_printf(call->ask->arena, "%s%" PRId64 "%s%s", p->key, shown, DATE,
                                      call->psp->options.secret_key));
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:s,s:s,s:s,s:s}", "resultCode", "0000",
                     "resultMsg", "정상 처리되었습니다.", "tid", p->key, "orderId", p->order,
                     "status", names[psp_status_of(call->psp, p)], "payMethod", "card", "amount",
                     (json_int_t)shown, "balanceAmt", (json_int_t)p->left, "currency",
                     call->fault == FAULT_WRONG_CURRENCY ? "USD" : p->currency, "goodsName",
                     p->name, "ediDate", DATE, "signature", signature);
}

static void tell(struct psp_call *call, struct psp_payment *p)
{
    struct psp_call plain = {.psp = call->psp, .ask = call->ask};
    webhook_send(call->psp, "nicepay", payment_json(&plain, p));
}

static void happened(struct psp_call *call, struct psp_payment *p, const char *what)
{
    tell(call, p);
}

static struct psp_payment *find(struct psp_call *call)
{
    struct psp_payment *p = book_find(call->psp->book, call->segments[2]);
    if (p && p->dialect == PSP_NICEPAY)
        return p;
    fail(call, 200, "A118", "조회 결과데이터 없음");
    return NULL;
}

/* hex(sha256(… + SecretKey)); optional, as in the manual, but right where it is there. */
static bool sign_is_right(struct psp_call *call, const char *fields)
{
    const char *sign = json_string_value(json_object_get(call->body, "signData"));
    return !sign || strcmp(sign, digest(call, arena_printf(call->ask->arena, "%s%s", fields,
                                                           call->psp->options.secret_key))) == 0;
}

static const char *date_of(const struct psp_call *call)
{
    const char *date = json_string_value(json_object_get(call->body, "ediDate"));
    return date ? date : "";
}

static void approve(struct psp_call *call)
{
    const json_int_t amount = json_integer_value(json_object_get(call->body, "amount"));
    struct psp_payment *p = find(call);
    if (!p)
        return;
    const enum psp_status status = psp_status_of(call->psp, p);
    if (!sign_is_right(call, arena_printf(call->ask->arena, "%s%lld%s", p->key, (long long)amount,
                                          date_of(call))))
        fail(call, 200, "A101", "SIGN DATA 검증에 실패하였습니다");
    else if (status == PSP_DONE || status == PSP_PARTIAL || status == PSP_CANCELED)
        fail(call, 200, "2201", "기승인존재");
    else if (status != PSP_AUTHED)
        fail(call, 200, "A210", "인증 요청내역이 존재하지 않습니다");
    else if (amount != p->amount)
        fail(call, 200, "A123", "거래금액 불일치");
    else if (call->fault == FAULT_DECLINE) {
        book_note(call->psp->book, psp_now_ms(call->psp), "end",
                  json_pack("{s:s, s:s}", "payment", p->key, "status", "ABORTED"));
        fail(call, 200, "3095", "카드사 실패 응답");
        tell(call, p);
    } else if (psp_charge(call->psp, p) == 0) {
        psp_json(call, 200, payment_json(call, p));
        tell(call, p);
    }
}

static void cancel(struct psp_call *call)
{
    struct psp_payment *p = find(call);
    const char *reason = json_string_value(json_object_get(call->body, "reason"));
    const json_t *part = json_object_get(call->body, "cancelAmt");
    if (!p)
        return;
    const int64_t amount = part ? json_integer_value(part) : p->left;
    const enum psp_status status = psp_status_of(call->psp, p);
    if (!sign_is_right(call, arena_printf(call->ask->arena, "%s%s", p->key, date_of(call))))
        fail(call, 200, "A101", "SIGN DATA 검증에 실패하였습니다");
    else if (status == PSP_CANCELED)
        fail(call, 200, "2013", "취소 완료 거래");
    else if ((status != PSP_DONE && status != PSP_PARTIAL) || call->fault == FAULT_DECLINE)
        fail(call, 200, "2014", "취소 불가능 거래");
    else if (amount <= 0)
        fail(call, 200, "2010", "취소 요청금액 0원 이하");
    else if (amount > p->left)
        fail(call, 200, "2032", "취소금액이 취소가능금액보다 큼");
    else {
        const bool half = call->fault == FAULT_HALF;
        if (psp_cancel(call, p, half ? (amount + 1) / 2 : amount, reason ? reason : "") != 0)
            return;
        if (half)
            fail(call, 500, "2003", "취소 실패");
        else
            psp_json(call, 200, payment_json(call, p));
        tell(call, p);
    }
}

/* Also of an approval that has not come yet: it will be refused. */
static void take_back(struct psp_call *call)
{
    const char *order = json_string_value(json_object_get(call->body, "orderId"));
    struct psp_payment *p =
        order ? book_find_order(call->psp->book, PSP_NICEPAY, view_str(order)) : NULL;
    const enum psp_status status = p ? psp_status_of(call->psp, p) : PSP_EXPIRED;
    if (!order ||
        !sign_is_right(call, arena_printf(call->ask->arena, "%s%s", order, date_of(call)))) {
        fail(call, 200, "A101", "SIGN DATA 검증에 실패하였습니다");
    } else if (status == PSP_DONE && psp_cancel(call, p, p->left, "netcancel") == 0) {
        psp_json(call, 200, payment_json(call, p));
        tell(call, p);
    } else if (status == PSP_CANCELED) {
        fail(call, 200, "2013", "취소 완료 거래");
    } else if (status == PSP_AUTHED) {
        book_note(call->psp->book, psp_now_ms(call->psp), "end",
                  json_pack("{s:s, s:s}", "payment", p->key, "status", "EXPIRED"));
        fail(call, 200, "2013", "취소 완료 거래");
    } else {
        fail(call, 200, "2012", "취소 해당거래 없음");
    }
}

static void lookup(struct psp_call *call)
{
    struct psp_payment *p = find(call);
    if (p)
        psp_json(call, 200, payment_json(call, p));
}

static void lookup_order(struct psp_call *call)
{
    struct psp_payment *p = book_find_order(call->psp->book, PSP_NICEPAY, call->segments[3]);
    if (p)
        psp_json(call, 200, payment_json(call, p));
    else
        fail(call, 200, "A118", "조회 결과데이터 없음");
}

static const struct psp_api apis[] = {
    {"POST", "v1/payments/netcancel", "netcancel", false, take_back},
    {"POST", "v1/payments/?/cancel", "cancel", false, cancel},
    {"POST", "v1/payments/?", "confirm", false, approve},
    {"GET", "v1/payments/find/?", "lookup", false, lookup_order},
    {"GET", "v1/payments/?", "lookup", false, lookup},
};

/* Basic, the client's id and the secret key. */
static bool allowed(const struct psp_call *call)
{
    const struct view given = plain_field(call->ask, VIEW_LIT("authorization"));
    const char *wanted =
        arena_printf(call->ask->arena, CLIENT_ID ":%s", call->psp->options.secret_key);
    char text[512];
    if (!wanted || BASE64_TEXT_MAX(strlen(wanted)) > sizeof(text) ||
        !view_starts(given, VIEW_LIT("Basic ")))
        return false;
    const size_t len = base64_write(view_str(wanted), BASE64_PADDED, text);
    return view_eq(view_of(given.at + 6, given.len - 6), view_of(text, len));
}

static struct view key_of(const struct psp_call *call)
{
    return (struct view){0};
}

static const char *order_of(struct psp_call *call)
{
    const char *order = json_string_value(json_object_get(call->body, "orderId"));
    struct psp_payment *p =
        call->segment_count > 2 ? book_find(call->psp->book, call->segments[2]) : NULL;
    if (p)
        return p->order;
    if (call->segment_count == 4 && view_eq(call->segments[2], VIEW_LIT("find")))
        return arena_copy(call->ask->arena, call->segments[3]);
    return order;
}

/* ---- the buyer ---- */

/* As AUTHNICE.requestPay, by address. */
static struct psp_payment *open_by_page(struct psp_call *call)
{
    static const char *const names[] = {"clientId", "orderId", "amount", "goodsName", "returnUrl"};
    const char *v[5];
    struct psp *psp = call->psp;
    for (int i = 0; i < 5; i++)
        v[i] = psp_value(call, call->ask->query, names[i]);
    const int64_t amount = v[2] ? strtoll(v[2], NULL, 10) : 0;
    if (!v[0] || strcmp(v[0], CLIENT_ID) != 0 || !v[1] || amount <= 0 || !v[3] || !v[4]) {
        fail(call, 200, "A117", "필수입력항목이 누락되었습니다");
        return NULL;
    }
    struct psp_payment *before = book_find_order(psp->book, PSP_NICEPAY, view_str(v[1]));
    if (before && psp_status_of(psp, before) == PSP_READY && before->amount == amount)
        return before; /* the page was loaded again */
    if (before && psp_status_of(psp, before) != PSP_ABORTED &&
        psp_status_of(psp, before) != PSP_EXPIRED) {
        fail(call, 200, "A127", "주문번호 중복 오류");
        return NULL;
    }
    const char *key = arena_printf(call->ask->arena, "%.30s", psp_name(call, "nicuntct1m"));
    const int64_t now_ms = psp_now_ms(psp);
    int err = book_note(psp->book, now_ms, "open",
                        json_pack("{s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:I}", "dialect", "nicepay",
                                  "payment", key, "order", v[1], "name", v[3], "amount",
                                  (json_int_t)amount, "currency", "KRW", "success", v[4], "fail",
                                  v[4], "until_ms", (json_int_t)(now_ms + PSP_READY_MS)));
    if (!err)
        err = book_write(psp->book);
    if (err) {
        fail(call, 500, "2000", err_text(err));
        return NULL;
    }
    return book_find(psp->book, view_str(key));
}

/* Its window posts a form to the shop: a page that sends itself. */
static void post_back(struct psp_call *call, const struct psp_payment *p, const char *code)
{
    const char *token =
        arena_printf(call->ask->arena, "%.40s", psp_name(call, psp_name(call, "NICETOKN")));
    const char *signature =
        digest(call, arena_printf(call->ask->arena, "%s" CLIENT_ID "%" PRId64 "%s", token,
                                  p->amount, call->psp->options.secret_key));
    char *html = NULL;
    size_t len;
    FILE *out = open_memstream(&html, &len);
    if (!out) {
        psp_html(call, 500, NULL);
        return;
    }
    fprintf(out,
            "<!doctype html><meta charset=\"utf-8\"><title>NICEPAY test</title><form "
            "method=\"post\" action=\"%s\">",
            p->success_url);
    const char *const fields[][2] = {
        {"authResultCode", code},
        {"authResultMsg", strcmp(code, "0000") == 0 ? "인증 성공" : "인증 실패"},
        {"tid", p->key},
        {"clientId", CLIENT_ID},
        {"orderId", p->order},
        {"amount", arena_printf(call->ask->arena, "%" PRId64, p->amount)},
        {"authToken", token},
        {"signature", signature},
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        fprintf(out, "<input type=\"hidden\" name=\"%s\" value=\"%s\">", fields[i][0],
                fields[i][1]);
    fputs("<button>Continue · 계속</button></form><script>document.forms[0].submit()</script>",
          out);
    if (fclose(out) != 0) {
        free(html);
        html = NULL;
    }
    psp_html(call, 200, html);
}

static void decided(struct psp_call *call, struct psp_payment *p, const char *choice)
{
    struct psp *psp = call->psp;
    const int64_t now_ms = psp_now_ms(psp);
    const bool pays = strcmp(choice, "pay") == 0;
    if (pays)
        book_note(psp->book, now_ms, "auth",
                  json_pack("{s:s, s:I}", "payment", p->key, "until_ms",
                            (json_int_t)(now_ms + psp->options.confirm_ms)));
    else
        book_note(psp->book, now_ms, "end",
                  json_pack("{s:s, s:s}", "payment", p->key, "status", "ABORTED"));
    post_back(call, p, pays ? "0000" : "I002");
}

/* The part of the SDK that a shop uses. */
static const char script[] =
    "window.AUTHNICE = {requestPay: (p) => {"
    "  const q = new URLSearchParams({clientId: p.clientId, method: p.method, orderId: p.orderId,"
    "    amount: p.amount, goodsName: p.goodsName, returnUrl: p.returnUrl});"
    "  location.href = `${stand_in}/pay?${q}`; }};";

const struct psp_tongue nicepay_tongue = {
    .name = "nicepay",
    .dialect = PSP_NICEPAY,
    .happened = happened,
    .apis = apis,
    .api_count = sizeof(apis) / sizeof(apis[0]),
    .allowed = allowed,
    .key_of = key_of,
    .fail = fail,
    .order_of = order_of,
    .script = script,
    .script_path = "/nicepay/v1/js/",
    .open = open_by_page,
    .decided = decided,
};
