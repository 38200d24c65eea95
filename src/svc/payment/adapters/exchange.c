#include "svc/payment/adapters/exchange.h"

#include <stdio.h>
#include <stdlib.h>

#include "call/trace.h"
#include "codec/base64.h"
#include "codec/percent.h"
#include "codec/tree.h"
#include "err/err.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "observe/spans.h"

#define TEXT_MAX (64u << 10)

/* status 0: there was no answer. What a provider declines is an answer. The trace goes no further:
 * no provider takes a traceparent, and what it would tell of us is none of theirs. */
static void keep_span(const struct adapter_env *env, const struct exchange_ask *ask,
                      int64_t began_ns, int status)
{
    struct span span = {.kind = SPAN_CLIENT,
                        .failed = status == 0 || status >= 500,
                        .code = -1,
                        .began_ns = began_ns,
                        .took_ns = clock_mono_ns(clock_system()) - began_ns,
                        .facts = {{"http.response.status_code", status}}};
    snprintf(span.name, sizeof(span.name), "%s %s", env->provider->name, ask->method);
    trace_keep_asked(&span);
}

int exchange(const struct adapter_env *env, const struct exchange_ask *ask, int *ret_status,
             json_t **ret_json)
{
    const int64_t longest_ns = deadline_after_ms(fiber_now_ns(), EXCHANGE_MS);
    struct http_ask request = {
        .method = ask->method,
        .url = arena_printf(env->arena, "%s%s", env->provider->base_url, ask->path),
        .body = view_str(ask->body),
    };
    struct http_answer answer;
    size_t count = 0;
    for (; ask->fields[count]; count++)
        request.fields[count] = ask->fields[count];
    request.fields[count] = arena_printf(env->arena, "Authorization: %s", ask->authorization);
    if (!request.url || !request.fields[count] || !ask->authorization)
        return ERR_NO_MEMORY;
    const int64_t began_ns = clock_mono_ns(clock_system());
    int err = http_call(env->http, &request, env->arena, &answer,
                        env->deadline_ns < longest_ns ? env->deadline_ns : longest_ns);
    keep_span(env, ask, began_ns, err == 0 ? answer.status : 0);
    if (err != 0)
        return err;
    json_t *json = tree_read(answer.body, JSON_DECODE_ANY, NULL);
    if (!json)
        return ERR_UNKNOWN;
    *ret_status = answer.status;
    *ret_json = json;
    return 0;
}

const char *exchange_basic(struct arena *arena, const char *user, const char *password)
{
    const char *plain = arena_printf(arena, "%s:%s", user, password);
    char *coded = plain ? arena_alloc(arena, BASE64_TEXT_MAX(strlen(plain)) + 1) : NULL;
    if (!coded)
        return NULL;
    base64_write(view_str(plain), BASE64_PADDED, coded);
    return arena_printf(arena, "Basic %s", coded);
}

const char *exchange_with(struct arena *arena, const char *url, const char *const *pairs)
{
    struct buf out;
    buf_init(&out, TEXT_MAX);
    int err = buf_append_view(&out, view_str(url));
    char mark = '?';
    for (; !err && pairs[0]; pairs += 2) {
        err = buf_append_byte(&out, (uint8_t)mark);
        if (!err)
            err = query_append(&out, view_str(pairs[0]));
        if (!err)
            err = buf_append_byte(&out, '=');
        if (!err)
            err = pairs[1] ? query_append(&out, view_str(pairs[1])) : ERR_NO_MEMORY;
        mark = '&';
    }
    const char *text = err ? NULL : arena_copy(arena, buf_view(&out));
    buf_release(&out);
    return text;
}

const char *exchange_value(struct arena *arena, struct view form, const char *name)
{
    struct view coded;
    size_t len;
    if (!query_find(form, view_str(name), &coded))
        return NULL;
    char *value = arena_alloc(arena, coded.len + 1);
    return value && query_read(coded, value, &len) == 0 ? value : NULL;
}

struct view exchange_text(struct arena *arena, const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? view_str(arena_copy(arena, view_str(text))) : (struct view){0};
}

bool exchange_is_id(struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.at[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
            c != '-' && c != '_' && c != '~')
            return false;
    }
    return text.len > 0 && text.len <= PAYMENT_TEXT_MAX;
}

struct view exchange_ref(struct arena *arena, const json_t *object, const char *name)
{
    const struct view text = exchange_text(arena, object, name);
    return exchange_is_id(text) ? text : (struct view){0};
}

const char *exchange_id(struct arena *arena, struct id id)
{
    char text[ID_TEXT_CHARS + 1];
    id_format(id, text);
    return arena_copy(arena, view_str(text));
}

const char *exchange_pages(const struct adapter_env *env)
{
    return env->provider->pages_url ? env->provider->pages_url : env->provider->base_url;
}

const char *exchange_way_back(const struct adapter_env *env, const struct payment *p)
{
    const char *id = exchange_id(env->arena, p->payment_id);
    return id ? arena_printf(env->arena, "%s/pay/return/%s", env->public_url, id) : NULL;
}

const char *exchange_refund_key(struct arena *arena, const struct refund *r, uint32_t done)
{
    const char *id = exchange_id(arena, r->refund_id);
    return id ? arena_printf(arena, "refund-%s-%u-%u", id, done, r->round) : NULL;
}

bool exchange_refused(int status)
{
    return status >= 400 && status < 500 && status != 409 && status != 429;
}

void exchange_refund_next(const struct adapter_env *env, const struct refund *r, int64_t wanted,
                          int64_t left, int64_t unasked, struct told *told)
{
    if (wanted <= 0) {
        *told = (struct told){.said = SAID_CAPTURED, .amount = r->amount};
    } else if (unasked > env->taken) {
        told->unasked = unasked - env->taken;
        told->code = VIEW_LIT("taken back");
    } else if (wanted > left) {
        told->less = true;
        told->code = VIEW_LIT("less is left");
    }
}

void exchange_returned(struct told *told, int64_t returned)
{
    if (told->said != SAID_CAPTURED || told->amount < 0)
        return;
    if (returned < 0 || returned > told->amount)
        *told = (struct told){.code = told->code};
    else
        told->returned = returned;
}

METRIC_COUNTER(not_let_in, "usher_provider_keys_refused_total",
               "Calls that a payment provider refused because it does not take our keys.", "");

void exchange_not_let_in(const struct adapter_env *env, const char *code)
{
    metric_add(&not_let_in, 1);
    log_event(LOG_ERROR, "payment.not_let_in", log_str("usher.provider", env->provider->name),
              log_uint("usher.organiser", env->provider->organiser_id), log_text(code));
}
