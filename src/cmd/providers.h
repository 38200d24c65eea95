/*
 * providers: the payment providers that a server's options name.
 */
#ifndef USHER_CMD_PROVIDERS_H
#define USHER_CMD_PROVIDERS_H

#include "mem/arena.h"
#include "svc/payment/payment.h"

/* Fields of the command's own values. */
struct providers_values {
    const char *psp;      /* the stand-in, test money */
    const char *toss_key; /* a file with the secret key */
    const char *toss_client_key;
    const char *toss_url;
    const char *psp_public_url; /* of its pages, where that is not psp */
    const char *stripe_key;     /* a file with the secret key */
    const char *stripe_url;
    const char *stripe_webhook; /* a file with the secret of webhooks */
    const char *nicepay_key;    /* a file with the secret key */
    const char *nicepay_client;
    const char *nicepay_url;
    const char *accounts; /* a file with organisers' own accounts */
    const char *public_url;
    const char *refund_rule;
    int64_t pay_ms;
    int64_t deposit_look_ms;
};

/* The rows of a table of options, for a struct that has a struct providers_values called member. */
#define PROVIDERS_OPTIONS(values, member)                                                          \
    {"psp", CONF_STR, offsetof(struct values, member.psp), NULL,                                   \
     .help = "the address of usher psp, a stand-in payment provider: card payments with test "     \
             "money"},                                                                             \
        {"psp-public-url", CONF_STR, offsetof(struct values, member.psp_public_url), NULL,         \
         .help = "how buyers' browsers reach the pages of usher psp; by default at --psp"},        \
        {"toss-key", CONF_PATH, offsetof(struct values, member.toss_key), NULL,                    \
         .help = "a file with the secret key for Toss Payments: real money"},                      \
        {"toss-url", CONF_STR, offsetof(struct values, member.toss_url),                           \
         "https://api.tosspayments.com",                                                           \
         .help = "where Toss Payments answers: another one is a stand-in, for rehearsals"},        \
        {"toss-client-key", CONF_STR, offsetof(struct values, member.toss_client_key), NULL,       \
         .help = "the client key for Toss Payments, which the buyer's browser uses"},              \
        {"stripe-key", CONF_PATH, offsetof(struct values, member.stripe_key), NULL,                \
         .help = "a file with the secret key for Stripe: real money, unless it is a test key"},    \
        {"stripe-url", CONF_STR, offsetof(struct values, member.stripe_url),                       \
         "https://api.stripe.com",                                                                 \
         .help = "where Stripe answers: another one is a stand-in, for rehearsals"},               \
        {"stripe-webhook", CONF_PATH, offsetof(struct values, member.stripe_webhook), NULL,        \
         .help = "a file with the secrets that Stripe signs its webhooks with, one a line, two "   \
                 "while one takes the other's place"},                                             \
        {"nicepay-key", CONF_PATH, offsetof(struct values, member.nicepay_key), NULL,              \
         .help =                                                                                   \
             "a file with the secret key for NICEPAY: real money, unless it is the sandbox's"},    \
        {"nicepay-client", CONF_STR, offsetof(struct values, member.nicepay_client), NULL,         \
         .help = "the client id for NICEPAY"},                                                     \
        {"nicepay-url", CONF_STR, offsetof(struct values, member.nicepay_url),                     \
         "https://api.nicepay.co.kr",                                                              \
         .help = "where NICEPAY answers; its sandbox is https://sandbox-api.nicepay.co.kr"},       \
        {"provider-accounts", CONF_PATH, offsetof(struct values, member.accounts), NULL,           \
         .help = "a file with organisers' own accounts at providers, one a line: ORGANISER "       \
                 "PROVIDER KEY-FILE CLIENT-OR-WEBHOOK-FILE [URL]"},                                \
        {"public-url", CONF_STR, offsetof(struct values, member.public_url), NULL,                 \
         .help = "how buyers reach this server, as in https://tickets.example.org; payment "       \
                 "providers send them back there; where it answers, if absent"},                   \
        {"deposit-look",                                                                           \
         CONF_MS,                                                                                  \
         offsetof(struct values, member.deposit_look_ms),                                          \
         "5m",                                                                                     \
         100,                                                                                      \
         3600000,                                                                                  \
         .help = "what is paid later is asked for at its provider so often, should its callback "  \
                 "be lost"},                                                                       \
        {"pay-time",                                                                               \
         CONF_MS,                                                                                  \
         offsetof(struct values, member.pay_ms),                                                   \
         "5m",                                                                                     \
         1000,                                                                                     \
         900000,                                                                                   \
         .help = "a hold whose buyer begins to pay lasts so long at least"},                       \
    {                                                                                              \
        "refund-rule", CONF_CHOICE, offsetof(struct values, member.refund_rule), "kr-standard",    \
            .help = "what giving a paid order back returns; docs/internals/money.md has the "      \
                    "ladders",                                                                     \
            .choices = "kr-standard|kr-sellers|all|none"                                           \
    }

/* Whether a provider is the stand-in or has keys for tests, as far as that shows without reading a
 * file: nothing is really charged there. */
bool providers_are_for_tests(const struct providers_values *values);

/* Fills at most PAYMENT_PROVIDERS_MAX providers; texts live in the arena. An enum cmd_exit, after
 * having said what is wrong. */
int providers_read(const struct providers_values *values, struct arena *arena,
                   struct payment_provider *ret_providers, uint32_t *ret_count);

#endif
