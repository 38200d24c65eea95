#include "psp/psp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/percent.h"
#include "codec/tree.h"
#include "err/err.h"
#include "observe/log.h"
#include "psp/till.h"

#define LEDGER_MAX (24u << 20) /* bytes of the ledger that a GET gives */
#define GRACE_MS   1000

static const struct psp_tongue *const tongues[] = {&toss_tongue, &stripe_tongue, &nicepay_tongue,
                                                   &portone_tongue, &twilio_tongue};

int64_t psp_now_ms(const struct psp *psp)
{
    return clock_wall_ms(psp->clock);
}

/* ---- what requests carry, what answers say ---- */

static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           memchr("-._~", c, 4);
}

static int append_coded(struct buf *out, const char *text)
{
    int err = 0;
    for (; !err && *text; text++)
        err = is_plain(*text) ? buf_append_byte(out, (uint8_t)*text)
                              : buf_printf(out, "%%%02X", (uint8_t)*text);
    return err;
}

char *psp_with(struct psp_call *call, const char *url, const char *const *pairs)
{
    struct buf out;
    buf_init(&out, PSP_BODY_MAX);
    int err = buf_append_view(&out, view_str(url));
    char mark = strchr(url, '?') ? '&' : '?';
    for (; !err && pairs[0]; pairs += 2, mark = '&') {
        err = buf_printf(&out, "%c%s=", mark, pairs[0]);
        if (!err)
            err = append_coded(&out, pairs[1]);
    }
    char *text = err ? NULL : arena_copy(call->ask->arena, buf_view(&out));
    buf_release(&out);
    return text;
}

const char *psp_value(struct psp_call *call, struct view form, const char *name)
{
    struct view coded;
    size_t len;
    if (!query_find(form, view_str(name), &coded))
        return NULL;
    char *value = arena_alloc(call->ask->arena, coded.len + 1);
    return value && query_read(coded, value, &len) == 0 ? value : NULL;
}

char *psp_name(struct psp_call *call, const char *prefix)
{
    static const char digits[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    char tail[25] = {0};
    for (int i = 0; i < 24; i++)
        tail[i] = digits[chance_below(call->psp->options.chance, sizeof(digits) - 1)];
    return arena_printf(call->ask->arena, "%s%s", prefix, tail);
}

static void say(struct psp_call *call, int status, const char *type, char *text)
{
    *call->page = (struct page){.status = 500};
    if (text)
        *call->page = (struct page){
            .status = status,
            .type = type,
            .body = view_str(arena_copy(call->ask->arena, view_str(text))),
        };
    free(text);
}

void psp_json(struct psp_call *call, int status, json_t *value)
{
    say(call, status, "application/json; charset=utf-8", json_dumps(value, JSON_COMPACT));
    json_decref(value);
}

void psp_html(struct psp_call *call, int status, char *html)
{
    say(call, status, "text/html; charset=utf-8", html);
}

void psp_redirect(struct psp_call *call, const char *url)
{
    const char *line = url ? arena_printf(call->ask->arena, "Location: %s\r\n", url) : NULL;
    *call->page = (struct page){.status = line ? 303 : 500, .headers = line};
}

/* ---- payments ---- */

enum psp_status psp_status_of(struct psp *psp, struct psp_payment *p)
{
    if ((p->status == PSP_READY || p->status == PSP_AUTHED) && psp_now_ms(psp) >= p->until_ms)
        book_note(psp->book, psp_now_ms(psp), "end",
                  json_pack("{s:s, s:s}", "payment", p->key, "status", "EXPIRED"));
    return p->status;
}

int psp_charge(struct psp *psp, struct psp_payment *p)
{
    return book_note(psp->book, psp_now_ms(psp), "charge",
                     json_pack("{s:s, s:I}", "payment", p->key, "amount", (json_int_t)p->amount));
}

int psp_cancel(struct psp_call *call, struct psp_payment *p, int64_t amount, const char *reason)
{
    const bool takes_time = p->slow || (p->method && strcmp(p->method, "PAYPAL") == 0);
    return book_note(call->psp->book, psp_now_ms(call->psp), takes_time ? "ask" : "cancel",
                     json_pack("{s:s, s:I, s:s, s:s}", "payment", p->key, "amount",
                               (json_int_t)amount, "transaction", psp_name(call, "txrd_"), "reason",
                               reason));
}

struct psp_cancel *psp_asked(struct psp_payment *p)
{
    for (uint32_t i = 0; i < p->cancel_count; i++) {
        if (p->cancels[i].state == PSP_CANCEL_ASKED)
            return &p->cancels[i];
    }
    return NULL;
}

int64_t psp_left(const struct psp_payment *p)
{
    int64_t left = p->left;
    for (uint32_t i = 0; i < p->cancel_count; i++)
        left -= p->cancels[i].state == PSP_CANCEL_ASKED ? p->cancels[i].amount : 0;
    return left;
}

/* ---- one API request ---- */

static bool matches(const struct psp_call *call, const char *path)
{
    size_t i = 0;
    for (;; i++) {
        const char *slash = strchr(path, '/');
        const struct view wanted = view_of(path, slash ? (size_t)(slash - path) : strlen(path));
        if (i >= call->segment_count ||
            (!view_eq(wanted, VIEW_LIT("?")) && !view_eq(wanted, call->segments[i])))
            return false;
        if (!slash)
            return i + 1 == call->segment_count;
        path = slash + 1;
    }
}

static const struct psp_api *find_api(const struct psp_call *call, const struct psp_tongue *tongue)
{
    for (size_t i = 0; i < tongue->api_count; i++) {
        if (view_eq(call->ask->method, view_str(tongue->apis[i].method)) &&
            matches(call, tongue->apis[i].path))
            return &tongue->apis[i];
    }
    return NULL;
}

static void wait_ms(const struct psp_call *call, int64_t ms)
{
    if (ms > 0)
        fiber_sleep_until(deadline_after_ms(fiber_now_ns(), ms));
}

/* No answer: the other side gives up first, or the server does. */
static void hang(struct psp_call *call)
{
    fiber_sleep_until(call->ask->deadline_ns);
    call->page->status = 0;
}

/* What goes wrong before anything is done. True: it was answered, or never will be. */
static bool fails_before(struct psp_call *call, const struct psp_tongue *tongue)
{
    switch (call->fault) {
    case FAULT_TIMEOUT_BEFORE:
        hang(call);
        return true;
    case FAULT_CUT_BEFORE:
        call->page->status = 0;
        return true;
    case FAULT_ERROR_BEFORE:
        tongue->fail(call, 500, "FAILED_INTERNAL_SYSTEM_PROCESSING", "an internal error");
        return true;
    case FAULT_TRANSIENT:
        tongue->fail(call, 400, "PROVIDER_ERROR", "일시적인 오류가 발생했습니다.");
        return true;
    case FAULT_STRANGE:
        tongue->fail(call, 400, "NOBODY_KNOWS_THIS_CODE", "a code of tomorrow");
        return true;
    case FAULT_DOWN:
        tongue->fail(call, 503, "SERVICE_UNAVAILABLE", "down for maintenance");
        return true;
    default:
        return false;
    }
}

/* The answer is lost on its way; what was done is done. */
static void lose_answer(struct psp_call *call)
{
    if (call->fault == FAULT_TIMEOUT_AFTER)
        hang(call);
    else if (call->fault == FAULT_CUT_AFTER)
        call->page->status = 0;
}

static void run_api(struct psp_call *call, const struct psp_tongue *tongue,
                    const struct psp_api *api)
{
    struct psp *psp = call->psp;
    call->fault = faults_pick(psp->faults, api->on, tongue->order_of(call));
    wait_ms(call, faults_latency_ms(psp->faults));
    if (fails_before(call, tongue))
        return;
    api->run(call);
    if (call->fault == FAULT_ERROR_AFTER)
        tongue->fail(call, 500, "FAILED_INTERNAL_SYSTEM_PROCESSING", "an internal error");
    if (book_write(psp->book) != 0)
        tongue->fail(call, 500, "LEDGER_FAILED", "the ledger cannot be written");
}

/* What a key is for: the same key at another place is another key; the body is not looked at. */
static const char *key_name(struct psp_call *call, const struct psp_tongue *tongue)
{
    const struct view key = tongue->key_of(call);
    if (key.len == 0)
        return NULL;
    return arena_printf(call->ask->arena, "%.*s %.*s %.*s", VIEW_ARG(call->ask->method),
                        VIEW_ARG(call->ask->path), VIEW_ARG(key));
}

/* Whether the next request with the key is given the same answer: what will be different another
 * time is not kept. */
static bool is_kept(const struct psp_call *call)
{
    const int status = call->page->status;
    return status > 0 && status < 500 && call->fault != FAULT_TRANSIENT &&
           call->fault != FAULT_STRANGE;
}

static void run_keyed(struct psp_call *call, const struct psp_tongue *tongue,
                      const struct psp_api *api, const char *name)
{
    struct psp *psp = call->psp;
    const struct psp_keyed *known = book_key(psp->book, name);
    if (known && known->status != 0 && known->at_ms + tongue->key_ms < psp_now_ms(psp))
        known = NULL; /* forgotten */
    if (known && known->status == 0) {
        tongue->fail(call, 409, "IDEMPOTENT_REQUEST_PROCESSING", "이전 멱등 요청이 처리중입니다.");
        return;
    }
    if (known) {
        *call->page = (struct page){
            .status = known->status,
            .type = "application/json; charset=utf-8",
            .headers = "Idempotent-Replayed: true\r\n",
            .body = view_str(arena_copy(call->ask->arena, view_str(known->body))),
        };
        call->first = known->request;
        return;
    }
    if (book_key_begin(psp->book, name) != 0) {
        tongue->fail(call, 500, "COMMON_ERROR", "out of memory");
        return;
    }
    run_api(call, tongue, api);
    const char *body = is_kept(call) ? arena_copy(call->ask->arena, call->page->body) : NULL;
    book_key_end(psp->book, psp_now_ms(psp), name, body ? call->page->status : 0, body,
                 call->request);
    book_write(psp->book);
}

/* Stripe's: each answer has a number, and a repeat that of the first. */
static void number(struct psp_call *call, const struct psp_tongue *tongue)
{
    const char *before = call->page->headers ? call->page->headers : "";
    if (!tongue->numbered)
        return;
    const int status = call->page->status;
    const char *again = status < 400 ? ""
                        : status == 409 || status == 429 || status >= 500
                            ? "Stripe-Should-Retry: true\r\n"
                            : "Stripe-Should-Retry: false\r\n";
    call->page->headers = arena_printf(
        call->ask->arena, "%sRequest-Id: %s\r\nStripe-Version: %s\r\n%s%s%s%s", before,
        call->request, tongue->numbered, again, call->first ? "Original-Request: " : "",
        call->first ? call->first : "", call->first ? "\r\n" : "");
}

static void answer(struct psp_call *call, const struct psp_tongue *tongue)
{
    const struct psp_api *api = find_api(call, tongue);
    if (!api) {
        tongue->fail(call, 404, "NOT_FOUND", "no such address");
        return;
    }
    if (tongue->refuses && tongue->refuses(call))
        return;
    if (!tongue->allowed(call)) {
        tongue->fail(call, 401, "UNAUTHORIZED_KEY", "인증되지 않은 시크릿 키 입니다.");
        return;
    }
    if (!faults_may_ask(call->psp->faults, api, psp_now_ms(call->psp))) {
        tongue->fail(call, 429, "TOO_MANY_REQUESTS",
                     "요청이 너무 많습니다. 잠시 후 다시 시도해주세요.");
        return;
    }
    const char *name = api->keyed ? key_name(call, tongue) : NULL;
    if (name)
        run_keyed(call, tongue, api, name);
    else
        run_api(call, tongue, api);
}

void psp_answer(struct psp_call *call, const struct psp_tongue *tongue)
{
    if (view_starts(plain_field(call->ask, VIEW_LIT("content-type")), VIEW_LIT("application/json")))
        call->body = tree_read(call->ask->body, 0, NULL);
    call->request = tongue->numbered ? psp_name(call, "req_") : NULL;
    answer(call, tongue);
    number(call, tongue);
    lose_answer(call);
    json_decref(call->body);
}

/* ---- every request ---- */

static void answer_ledger(struct psp_call *call)
{
    char *text = NULL;
    size_t len = 0;
    const char *copy = NULL;
    if (book_text(call->psp->book, LEDGER_MAX, &text, &len) == 0)
        copy = arena_copy(call->ask->arena, view_of(text, len));
    free(text);
    *call->page = (struct page){.status = copy ? 200 : 500,
                                .type = "application/x-ndjson",
                                .body = view_of(copy, copy ? len : 0)};
}

static void answer_faults(struct psp_call *call)
{
    char why[FAULTS_WHY] = "a script is JSON";
    json_t *script = tree_read(call->ask->body, JSON_REJECT_DUPLICATES, NULL);
    int err = script ? faults_set(call->psp->faults, script, why) : ERR_INVALID;
    json_decref(script);
    psp_json(call, err ? 400 : 200, err ? json_pack("{s:s}", "error", why) : json_object());
}

/* "/toss/v1/payments" → toss, and v1, payments. */
static bool split(struct psp_call *call, struct view *ret_first)
{
    struct view rest = call->ask->path;
    size_t count = 0;
    while (rest.len > 0 && rest.at[0] == '/') {
        rest = view_of(rest.at + 1, rest.len - 1);
        const char *slash = rest.len ? memchr(rest.at, '/', rest.len) : NULL;
        const struct view part = view_of(rest.at, slash ? (size_t)(slash - rest.at) : rest.len);
        if (count == 0)
            *ret_first = part;
        else if (count > PSP_SEGMENTS_MAX)
            return false;
        else
            call->segments[count - 1] = part;
        count++;
        rest = view_of(part.at + part.len, rest.len - part.len);
    }
    call->segment_count = count > 0 ? count - 1 : 0;
    return true;
}

static void handle(void *state, const struct plain_request *ask, struct page *ret_page)
{
    struct psp_call call = {.psp = state, .ask = ask, .page = ret_page};
    struct view first = {0};
    if (!split(&call, &first))
        return;
    if (view_eq(ask->path, VIEW_LIT("/ledger")) && view_eq(ask->method, VIEW_LIT("GET"))) {
        answer_ledger(&call);
        return;
    }
    if (view_eq(ask->path, VIEW_LIT("/messages")) && view_eq(ask->method, VIEW_LIT("GET"))) {
        psp_messages(&call);
        return;
    }
    if (view_eq(ask->path, VIEW_LIT("/faults")) && view_eq(ask->method, VIEW_LIT("POST"))) {
        answer_faults(&call);
        return;
    }
    for (size_t i = 0; i < sizeof(tongues) / sizeof(tongues[0]); i++) {
        if (!view_eq(first, view_str(tongues[i]->name)))
            continue;
        if (call.segment_count > 0 && view_eq(call.segments[0], VIEW_LIT("pay")))
            psp_page(&call, tongues[i]);
        else if (call.segment_count > 0 && view_eq(call.segments[0], VIEW_LIT("desk")))
            psp_desk(&call, tongues[i]);
        else if (tongues[i]->bank && view_eq(call.segments[0], VIEW_LIT("bank")))
            tongues[i]->bank(&call);
        else if (tongues[i]->script && view_eq(ask->path, view_str(tongues[i]->script_path)))
            psp_script(&call, tongues[i]);
        else
            psp_answer(&call, tongues[i]);
    }
}

void psp_handle(struct psp *psp, const struct plain_request *ask, struct page *ret_page)
{
    handle(psp, ask, ret_page);
}

/* ---- life ---- */

/* NULL: it cannot be read, is no JSON, or is longer than a script may be. */
static json_t *read_script(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = malloc(PSP_BODY_MAX + 1);
    const size_t len = file && text ? fread(text, 1, PSP_BODY_MAX + 1, file) : 0;
    json_t *script = file && text && !ferror(file) && len <= PSP_BODY_MAX
                         ? tree_read(view_of(text, len), 0, NULL)
                         : NULL;
    if (file)
        fclose(file);
    free(text);
    return script;
}

static int load_faults(struct psp *psp, const char **ret_why)
{
    static char why[FAULTS_WHY]; /* outlives a provider that does not start */
    json_t *script = psp->options.faults_path
                         ? read_script(psp->options.faults_path)
                         : json_pack("{s:I}", "latency_ms", (json_int_t)psp->options.latency_ms);
    snprintf(why, sizeof(why), "the script of faults is no JSON of at most %u bytes", PSP_BODY_MAX);
    int err = script ? faults_set(psp->faults, script, why) : ERR_INVALID;
    *ret_why = why;
    json_decref(script);
    return err;
}

static void make_client(void *arg)
{
    struct psp *psp = arg;
    psp->clock = loop_clock(sched_loop(sched_current()));
    scope_init(&psp->hooks);
    psp->http = psp->options.http;
    if (!psp->http && http_client_new(sched_loop(sched_current()), NULL, &psp->client) == 0)
        psp->http = http_client(psp->client);
}

static void free_client(void *arg)
{
    struct psp *psp = arg;
    scope_close(&psp->hooks);
    http_client_free(psp->client);
}

static int serve(struct psp *psp)
{
    psp->plain = (struct plain_rule){"/", PSP_BODY_MAX, handle, psp};
    const struct server_options options = {
        .listen = psp->options.listen, .plains = &psp->plain, .plain_count = 1};
    struct worker *workers[] = {psp->options.worker};
    int err = server_start(workers, 1, &options, &psp->server);
    if (err)
        return err;
    const char *colon = strrchr(psp->options.listen, ':');
    if (psp->options.public_url) {
        const int len = snprintf(psp->url, sizeof(psp->url), "%s", psp->options.public_url);
        return len < (int)sizeof(psp->url) ? 0 : ERR_INVALID;
    }
    snprintf(psp->url, sizeof(psp->url), "http://%.*s:%u", (int)(colon - psp->options.listen),
             psp->options.listen, server_port(psp->server));
    return 0;
}

int psp_start(const struct psp_options *options, struct psp **ret_psp, const char **ret_why)
{
    struct psp *psp = calloc(1, sizeof(*psp));
    if (!psp)
        return ERR_NO_MEMORY;
    psp->options = *options;
    *ret_why = NULL;
    int err = book_open(options->ledger_path, &psp->book);
    if (!err)
        err = faults_new(options->chance, &psp->faults);
    if (!err)
        err = load_faults(psp, ret_why);
    if (!err)
        err = worker_call(options->worker, make_client, psp);
    if (!err && !psp->http)
        err = ERR_NO_MEMORY;
    if (!err && options->listen) {
        *ret_why = NULL;
        err = serve(psp);
    }
    if (err) {
        psp_stop(psp);
        return err;
    }
    *ret_psp = psp;
    return 0;
}

uint16_t psp_port(const struct psp *psp)
{
    return server_port(psp->server);
}

void psp_stop(struct psp *psp)
{
    if (!psp)
        return;
    if (psp->server)
        server_stop(psp->server, GRACE_MS);
    if (psp->clock) {
        int err = worker_call(psp->options.worker, free_client, psp);
        assert(err == 0);
    }
    faults_free(psp->faults);
    book_free(psp->book);
    free(psp->persons);
    free(psp);
}
