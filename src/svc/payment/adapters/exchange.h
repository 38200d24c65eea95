/*
 * exchange: what adapters need to talk: a request with its fields, JSON back, texts coded for an
 * address. For the adapters alone.
 */
#ifndef USHER_SVC_PAYMENT_ADAPTERS_EXCHANGE_H
#define USHER_SVC_PAYMENT_ADAPTERS_EXCHANGE_H

#include <jansson.h>

#include "svc/payment/adapter.h"

#define EXCHANGE_MS 15000 /* a call to a provider takes no longer */

struct exchange_ask {
    const char *method;
    const char *path;      /* behind the provider's base_url */
    const char *fields[8]; /* "Name: value", up to NULL; Authorization is added */
    const char *authorization;
    const char *body; /* or NULL */
};

/* 0 and an answer whose body is JSON (*ret_json is the caller's to release), whatever the status;
 * else as http_call, or ERR_UNKNOWN for what is no JSON. */
int exchange(const struct adapter_env *env, const struct exchange_ask *ask, int *ret_status,
             json_t **ret_json);

/* "Basic …" of user and password, in the arena; NULL: no memory. */
const char *exchange_basic(struct arena *arena, const char *user, const char *password);
/* url?a=1&b=2: pairs up to NULL, coded. NULL: no memory. */
const char *exchange_with(struct arena *arena, const char *url, const char *const *pairs);
/* A value of a query or form, decoded, in the arena; NULL: not there. */
const char *exchange_value(struct arena *arena, struct view form, const char *name);
/* A member's text, copied to the arena; the empty view where it is none. */
struct view exchange_text(struct arena *arena, const json_t *object, const char *name);
/* Whether a text can be a provider's id, which stands in addresses and fields of our requests as it
 * is: 1 to PAYMENT_TEXT_MAX letters, digits, '-', '_' and '~'. */
bool exchange_is_id(struct view text);
/* A member that is a provider's id, copied to the arena; the empty view where it is none. */
struct view exchange_ref(struct arena *arena, const json_t *object, const char *name);
/* Where a buyer's browser finds the provider's pages. Never NULL. */
const char *exchange_pages(const struct adapter_env *env);
/* "public_url/pay/return/ID", in the arena. */
const char *exchange_way_back(const struct adapter_env *env, const struct payment *p);
/* The idempotency key of what is left of a refund, of which done steps are done. NULL: no
 * memory. */
const char *exchange_refund_key(struct arena *arena, const struct refund *r, uint32_t done);
/* What is to be done next of a refund, of which wanted is still to be given back, where so much is
 * left there, and unasked was given back that no refund of ours had asked for: it is done; or told
 * says what is in the way; or told is as it was, and the provider is to be asked. */
void exchange_refund_next(const struct adapter_env *env, const struct refund *r, int64_t wanted,
                          int64_t left, int64_t unasked, struct told *told);
/* Whether an answer of that status is a refusal for good of what was asked under a key, and not
 * that the first request with it still runs. */
bool exchange_refused(int status);
/* What was given back of told->amount, where that is an amount. What cannot be is not believed, and
 * nothing else of the answer: SAID_NOTHING, so that it is asked for again. */
void exchange_returned(struct told *told, int64_t returned);
/* Tells the operator that the provider does not take our keys; code: its word for it. */
void exchange_not_let_in(const struct adapter_env *env, const char *code);
/* A payment's or refund's id as text, in the arena. */
const char *exchange_id(struct arena *arena, struct id id);

#endif
