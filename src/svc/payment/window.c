/*
 * /pay/toss/ID, /pay/nicepay/ID: the page on which the provider's own window opens. Its script must
 * run on a page of ours (the window is bound to the shop's address), so this is the one page that
 * lets somebody else's script in: alone, without a cookie, with nothing of the buyer's on it but
 * what is paid for. Card numbers are typed into the provider's frames, which our page cannot read.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "codec/tree.h"
#include "mem/buf.h"
#include "paper/words.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/role.h"

#define PAGE_MAX (32u << 10)

/* The window of a provider, and what its script needs. */
struct window {
    const struct adapter *adapter;
    struct view path;    /* of ours, before the attempt */
    const char *domain;  /* the provider's: its script may load from there, and ask there */
    const char *scripts; /* a stand-in, which is not of that domain, has its script itself */
    const char *script_path;
    const char *script; /* ours: opens the window */
    json_t *(*order)(const struct adapter_env *env, const struct payment *p, const char *name);
};

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1b1f;background:#f6f6f8}main{background:#fff;border-radius:12px;padding:1.5rem}"
    "h1{font-size:1.25rem;margin:0}.sum{font-size:1.75rem;font-weight:600;margin:.5rem 0 1rem}"
    ".test{background:#fff3cd;border-radius:8px;padding:.5rem .75rem}button{display:block;"
    "width:100%;font:inherit;padding:.75rem;margin:.5rem 0;border:1px solid #8888;"
    "border-radius:8px;background:#fff;cursor:pointer}button:first-of-type{background:#1a56db;"
    "color:#fff}button:focus-visible,a:focus-visible{outline:3px solid #f59e0b;outline-offset:2px}"
    "#wrong{color:#b00020}@media(prefers-color-scheme:dark){body{background:#18181b;color:#eee}"
    "main{background:#27272a}button{background:#3f3f46;color:#eee}}";

/* Keys of the widget's family begin with test_gck_ or live_gck_; the others open the window. */
static const char toss_script[] =
    "'use strict';(async()=>{const o=JSON.parse(document.getElementById('order').textContent);"
    "const wrong=document.getElementById('wrong');const fail=e=>{wrong.textContent="
    "(e&&e.code==='USER_CANCEL')?'':((e&&e.message)||o.broken)};"
    "if(!window.TossPayments){fail();return}"
    "const toss=TossPayments(o.clientKey);const customerKey=TossPayments.ANONYMOUS;"
    "const ask={orderId:o.orderId,orderName:o.orderName,successUrl:o.successUrl,failUrl:o.failUrl,"
    "taxFreeAmount:o.taxFreeAmount};"
    "const buttons=document.querySelectorAll('button');"
    "if(/_gck_/.test(o.clientKey)){try{const w=toss.widgets({customerKey});"
    "await w.setAmount(o.amount);await Promise.all(["
    "w.renderPaymentMethods({selector:'#methods'}),w.renderAgreement({selector:'#agreement'})]);"
    "buttons.forEach((b,i)=>{b.hidden=i>0;b.addEventListener('click',()=>"
    "w.requestPayment(ask).catch(fail))})}catch(e){fail(e)}return}"
    "const p=toss.payment({customerKey});buttons.forEach(b=>b.addEventListener('click',()=>{"
    "const easyPay=b.dataset.easy;const more=easyPay?{card:{flowMode:'DIRECT',easyPay}}:{};"
    "p.requestPayment({method:b.dataset.method,amount:o.amount,...ask,...more}).catch(fail)}))})()"
    ";";

/* https://developers.nicepay.co.kr: requestPay; the answer is posted to returnUrl. */
static const char nicepay_script[] =
    "'use strict';(()=>{const o=JSON.parse(document.getElementById('order').textContent);"
    "const wrong=document.getElementById('wrong');"
    "const fail=e=>{wrong.textContent=(e&&e.errorMsg)||o.broken};"
    "if(!window.AUTHNICE){fail();return}"
    "document.querySelectorAll('button').forEach(b=>b.addEventListener('click',()=>{"
    "wrong.textContent='';AUTHNICE.requestPay({clientId:o.clientId,method:b.dataset.method,"
    "orderId:o.orderId,amount:o.amount,goodsName:o.goodsName,returnUrl:o.returnUrl,"
    "fnError:fail})}))})();";

/* The adapters' methods, as the windows call them. */
static const struct {
    const char *method, *toss, *toss_easy, *nicepay, *text;
} buttons[] = {
    {"card", "CARD", "", "card", "카드 · Card"},
    {"kakaopay", "CARD", "KAKAOPAY", "kakaopay", "카카오페이 · Kakao Pay"},
    {"naverpay", "CARD", "NAVERPAY", "naverpayCard", "네이버페이 · Naver Pay"},
    {"tosspay", "CARD", "TOSSPAY", NULL, "토스페이 · Toss Pay"},
    {"transfer", "TRANSFER", "", "bank", "계좌이체 · Bank transfer"},
};

/* Text between tags, or between quotes. */
static int put_text(struct buf *out, const char *text)
{
    int err = 0;
    for (; !err && *text; text++) {
        const char *spelled = *text == '<'   ? "&lt;"
                              : *text == '&' ? "&amp;"
                              : *text == '"' ? "&quot;"
                                             : NULL;
        err = spelled ? buf_append_view(out, view_str(spelled))
                      : buf_append_byte(out, (uint8_t)*text);
    }
    return err;
}

/* JSON that ends no script: "<" is \u003c. */
static int put_json(struct buf *out, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    int err = text ? 0 : ERR_NO_MEMORY;
    for (const char *c = text; !err && *c; c++)
        err = *c == '<' ? buf_append_view(out, VIEW_LIT("\\u003c"))
                        : buf_append_byte(out, (uint8_t)*c);
    free(text);
    json_decref(json);
    return err;
}

/* "https://js.tosspayments.com", or the stand-in's own where it takes the API's place. */
static const char *script_base(const struct window *window, const struct adapter_env *env)
{
    return strstr(env->provider->base_url, window->domain) ? window->scripts : exchange_pages(env);
}

/* "https://host:port" of an address; NULL: no memory. */
static const char *origin_of(struct arena *arena, const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;
    return arena_copy(arena, view_of(url, path ? (size_t)(path - url) : strlen(url)));
}

static const char broken[] = "결제창을 열 수 없습니다. The payment window cannot be opened.";

static json_t *toss_order(const struct adapter_env *env, const struct payment *p, const char *name)
{
    const char *back = exchange_way_back(env, p);
    const char *id = exchange_id(env->arena, p->payment_id);
    const char *fail = back ? arena_printf(env->arena, "%s?failed=1", back) : NULL;
    const char *currency = arena_copy(env->arena, p->currency);
    char text[CURRENCY_TEXT_MAX];
    if (!fail || !id || !currency)
        return NULL;
    currency_format(currency_find(p->currency), p->books.amount, text);
    json_t *value =
        tree_read(view_str(text), JSON_DECODE_ANY, NULL); /* a number, as the API takes it */
    currency_format(currency_find(p->currency), adapter_tax_free(p, p->books.amount, p->fee), text);
    json_t *tax_free = tree_read(view_str(text), JSON_DECODE_ANY, NULL);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:{s:s,s:o},s:o,s:s}", "clientKey",
                     env->provider->public_key, "orderId", id, "orderName", name, "successUrl",
                     back, "failUrl", fail, "amount", "currency", currency, "value", value,
                     "taxFreeAmount", tax_free, "broken", broken);
}

static json_t *nicepay_order(const struct adapter_env *env, const struct payment *p,
                             const char *name)
{
    const char *back = exchange_way_back(env, p);
    const char *id = exchange_id(env->arena, p->payment_id);
    if (!back || !id)
        return NULL;
    return json_pack("{s:s,s:s,s:s,s:s,s:I,s:s}", "clientId", env->provider->public_key, "orderId",
                     id, "goodsName", name, "returnUrl", back, "amount",
                     (json_int_t)p->books.amount, "broken", broken);
}

static const struct window windows[] = {
    {&toss_adapter, VIEW_LIT("/pay/toss/"), ".tosspayments.com", "https://js.tosspayments.com",
     "/v2/standard", toss_script, toss_order},
    {&nicepay_adapter, VIEW_LIT("/pay/nicepay/"), ".nicepay.co.kr", "https://pay.nicepay.co.kr",
     "/v1/js/", nicepay_script, nicepay_order},
};

static int put_buttons(struct buf *out, const struct adapter *adapter)
{
    const bool toss = adapter == &toss_adapter;
    int err = 0;
    for (size_t i = 0; adapter->methods[i] && !err; i++) {
        for (size_t k = 0; k < sizeof(buttons) / sizeof(buttons[0]) && !err; k++) {
            const char *method = toss ? buttons[k].toss : buttons[k].nicepay;
            if (method && strcmp(buttons[k].method, adapter->methods[i]) == 0)
                err = buf_printf(out, "<button data-method=\"%s\" data-easy=\"%s\">%s</button>",
                                 method, toss ? buttons[k].toss_easy : "", buttons[k].text);
        }
    }
    return err;
}

static int write_page(struct buf *out, const struct window *window, const struct adapter_env *env,
                      const struct payment *p, const char *name, const char *nonce)
{
    char amount[PAPER_TEXT_MAX];
    paper_amount(PAPER_KOREAN, p->books.amount, p->currency, amount);
    int err =
        buf_printf(out,
                   "<!doctype html><html lang=\"ko\"><head><meta charset=\"utf-8\"><meta "
                   "name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>결제 "
                   "· Payment</title><style>%s</style><script src=\"%s%s\"></script>"
                   "</head><body><main><h1>",
                   style, script_base(window, env), window->script_path);
    err = err ? err : put_text(out, name);
    err = err ? err : buf_printf(out, "</h1><p class=\"sum\">%s</p>", amount);
    if (!err && env->provider->test_money)
        err = buf_printf(
            out, "<p class=\"test\">테스트 결제입니다. Test money: nothing is charged.</p>");
    err = err ? err : buf_printf(out, "<div id=\"methods\"></div><div id=\"agreement\"></div>");
    err = err ? err : put_buttons(out, window->adapter);
    err = err ? err : buf_printf(out, "<p id=\"wrong\" role=\"alert\"></p><p><a href=\"");
    const char *path = arena_copy(env->arena, p->return_path);
    err = err ? err : put_text(out, path ? path : "/");
    err =
        err ? err
            : buf_printf(out, "\">돌아가기 · Back</a></p></main><script type=\"application/json\" "
                              "id=\"order\">");
    err = err ? err : put_json(out, window->order(env, p, name));
    return err ? err
               : buf_printf(out, "</script><script nonce=\"%s\">%s</script></body></html>", nonce,
                            window->script);
}

/* The provider's script draws frames and styles of its own, and asks its own servers; banks' pages
 * open in frames too. Nothing else may run or be asked. */
static const char *guards(struct arena *arena, const struct window *window,
                          const char *script_origin, const char *nonce)
{
    return arena_printf(
        arena,
        "X-Content-Type-Options: nosniff\r\nReferrer-Policy: strict-origin-when-cross-origin\r\n"
        "Cross-Origin-Opener-Policy: same-origin-allow-popups\r\n"
        "Content-Security-Policy: default-src 'none'; script-src 'nonce-%s' %s https://*%s; "
        "style-src "
        "'unsafe-inline'; img-src https: data:; font-src https: data:; connect-src %s %s; "
        "frame-src "
        "https:; form-action 'self' https:; base-uri 'none'; frame-ancestors 'none'\r\n",
        nonce, script_origin, window->domain, script_origin, window->domain);
}

/* Back to where the buyer began: the attempt is over, or nobody's. */
static void leave(const struct work *w, const struct payment *p, struct page *ret_page)
{
    const char *path = arena_copy(w->arena, p->return_path);
    const char *line =
        path ? arena_printf(w->arena, "Location: %s%cpayment=%s\r\n", path,
                            strchr(path, '?') ? '&' : '?', exchange_id(w->arena, p->payment_id))
             : NULL;
    *ret_page = (struct page){.status = line ? 303 : 500, .headers = line};
}

void plain_window(void *state, const struct plain_request *request, struct page *ret_page)
{
    const struct window *window = windows;
    const struct work w = {
        .role = state, .arena = request->arena, .deadline_ns = request->deadline_ns};
    const Usher__V1__Performance *performance;
    const struct adapter *adapter;
    struct adapter_env env;
    struct payment p;
    struct id payment_id;
    while (!view_starts(request->path, window->path)) {
        if (++window == windows + sizeof(windows) / sizeof(windows[0]))
            return; /* 404 */
    }
    const size_t len = window->path.len;
    if (!view_eq(request->method, VIEW_LIT("GET")) ||
        id_parse(view_of(request->path.at + len, request->path.len - len), &payment_id) != 0 ||
        payment_get(w.role->options.sql, payment_id, w.arena, &p, w.deadline_ns) != 0 ||
        !role_talk(&w, p.provider, p.provider_of, &adapter, &env) || adapter != window->adapter ||
        !env.provider->public_key)
        return; /* 404 */
    if (p.state != PAYMENT_WAITING ||
        tickets_performance(&w, p.performance_id, &performance) != 0) {
        leave(&w, &p, ret_page);
        return;
    }
    const char *nonce =
        arena_printf(w.arena, "%016" PRIx64 "%016" PRIx64, chance_u64(w.role->options.chance),
                     chance_u64(w.role->options.chance));
    struct buf out;
    buf_init(&out, PAGE_MAX);
    int err =
        nonce ? write_page(&out, window, &env, &p, performance->event_name, nonce) : ERR_NO_MEMORY;
    const char *origin = origin_of(w.arena, script_base(window, &env));
    const char *body = err == 0 ? arena_copy(w.arena, buf_view(&out)) : NULL;
    *ret_page = (struct page){.status = body && origin ? 200 : 500,
                              .type = "text/html; charset=utf-8",
                              .headers = origin ? guards(w.arena, window, origin, nonce) : NULL,
                              .body = view_of(body, body ? out.len : 0)};
    buf_release(&out);
}
