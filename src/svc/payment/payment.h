/*
 * payment: the role that sees to it that money and seats end in step.
 *
 * Talks to: payment providers (over HTTP, by adapters), the ticket role (by a channel), and the
 * payments' store. Keeps nothing of its own: what must happen later is in the store, and whoever
 * starts next goes on with it. docs/internals/money.md tells the mechanism.
 */
#ifndef USHER_SVC_PAYMENT_PAYMENT_H
#define USHER_SVC_PAYMENT_PAYMENT_H

#include "call/call.h"
#include "call/channel.h"
#include "db/http.h"
#include "db/sql.h"
#include "fiber/offload.h"
#include "fiber/worker.h"
#include "mem/buf.h"
#include "wire/server.h"

#define PAYMENT_PROVIDERS_MAX 64 /* accounts at providers, of all organisers */
#define PAYMENT_SECRETS_MAX   2  /* of webhooks: the new one and the one before */

/* A provider that this installation uses. All texts are borrowed. */
struct payment_provider {
    uint32_t organiser_id;  /* whose account it is; 0: of all who have none of their own */
    const char *name;       /* "toss", "stripe", "nicepay": its adapter */
    const char *base_url;   /* of its API, without a slash at the end */
    const char *pages_url;  /* of its pages, for buyers' browsers; NULL: base_url */
    const char *secret_key; /* never logged, never sent elsewhere */
    const char *public_key; /* for the buyer's browser; of Toss NULL: its page is at pages_url */
    bool stand_in;          /* usher psp: its page is at pages_url */
    const char *webhook_secrets[PAYMENT_SECRETS_MAX]; /* up to the first NULL */
    bool test_money;
};

struct payment_options {
    struct sql *sql;               /* borrowed */
    struct worker *const *workers; /* borrowed */
    uint32_t worker_count;
    struct offload *offload; /* borrowed; receipts are drawn there */
    struct chance *chance;   /* borrowed; must serve any thread */
    const char *ca_path;     /* trusted roots (PEM), or NULL: the system's */
    /* What the calling fiber asks providers with, from http_state, which is borrowed; NULL: a
     * client of the role's own on every worker. */
    struct http *(*http)(void *http_state);
    void *http_state;
    const char *public_url;  /* of this site, for ways back; borrowed */
    const char *refund_rule; /* a preset of sale/refund.h; borrowed */
    int64_t pay_ms;          /* a hold whose buyer begins to pay lasts so long at least */
    int64_t
        deposit_look_ms;   /* what is paid later is asked for so often, should a callback be lost */
    const uint8_t *master; /* the server's key; borrowed */
    const struct payment_provider *providers; /* borrowed; the first is the one that is offered */
    uint32_t provider_count;
    /* Opens a channel to the ticket role for a worker, on that worker. */
    int (*open_tickets)(void *state, struct channel **ret_channel);
    void *open_state;
};

struct payment_role;

/* Brings the tables up to date and starts the reconciler. From a plain thread. ERR_INVALID: a
 * provider or a rule that does not exist; the store's errors; ERR_NO_MEMORY, ERR_IO. */
int payment_start(const struct payment_options *options, struct payment_role **ret_role);
/* No call may be under way. From a plain thread, while the workers run. NULL is harmless. */
void payment_stop(struct payment_role *role);

/* usher.v1.PaymentService; lives as long as the role. */
struct service payment_service(struct payment_role *role);
/* TillService, over the same role. */
struct service payment_till_service(struct payment_role *role);
/* Webhooks ("/webhooks/") and ways back ("/pay/"): rules for the server. */
#define PAYMENT_PLAINS 4
void payment_plains(struct payment_role *role, struct plain_rule ret_rules[PAYMENT_PLAINS]);

#endif
