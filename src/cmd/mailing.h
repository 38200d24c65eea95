/*
 * mailing: what usher serve is told about mails, and the door role that sends them.
 */
#ifndef USHER_CMD_MAILING_H
#define USHER_CMD_MAILING_H

#include "call/local.h"
#include "cmd/cmd.h"
#include "svc/door/door.h"

#define MAILING_LOGIN_MAX 512 /* bytes of the file with user and password */

struct mailing_values {
    const char *smtp;
    const char *login;
    const char *ca;
    const char *from;
    const char *bounces;
    const char *name;
    const char *site;
    int64_t retry_ms;
    int64_t remind_ms;
    const char *wallet_cert;
    const char *wallet_key;
    const char *wallet_chain;
    const char *google_issuer;
    const char *google_key;
};

/* The rows of those, for a struct `type` with a member `member` of struct mailing_values. */
#define MAILING_OPTIONS(type, member)                                                              \
    {"smtp", CONF_STR, offsetof(type, member.smtp), NULL,                                          \
     .help = "the mail server, smtp://HOST:PORT or smtps://HOST:PORT; without it mails are kept "  \
             "and shown by usher mail"},                                                           \
        {"smtp-login", CONF_PATH, offsetof(type, member.login), NULL,                              \
         .help = "a file with USER:PASSWORD for it, which nobody else may read"},                  \
        {"smtp-ca", CONF_PATH, offsetof(type, member.ca), NULL,                                    \
         .help = "roots to trust (PEM) for the mail server instead of the system's"},              \
        {"mail-from", CONF_STR, offsetof(type, member.from), "tickets@localhost",                  \
         .help = "the address that mails come from"},                                              \
        {"mail-bounces", CONF_STR, offsetof(type, member.bounces), NULL,                           \
         .help = "the address that bounces come back to, each with its mail's own tag behind a "   \
                 "+: usher mail bounce takes them"},                                               \
        {"mail-name", CONF_STR, offsetof(type, member.name), "Usher",                              \
         .help = "the name beside it"},                                                            \
        {"mail-retry",                                                                             \
         CONF_MS,                                                                                  \
         offsetof(type, member.retry_ms),                                                          \
         "30s",                                                                                    \
         10,                                                                                       \
         3600000,                                                                                  \
         .help = "how long a mail waits after its first try; twice as long after each further"},   \
        {"remind",                                                                                 \
         CONF_MS,                                                                                  \
         offsetof(type, member.remind_ms),                                                         \
         "30m",                                                                                    \
         0,                                                                                        \
         604800000,                                                                                \
         .help = "how long before a sale opens who asked for it is told by mail"},                 \
        {"wallet-cert", CONF_PATH, offsetof(type, member.wallet_cert), NULL,                       \
         .help = "the pass type certificate (PEM) of Apple Wallet; with it passes are made"},      \
        {"wallet-key", CONF_PATH, offsetof(type, member.wallet_key), NULL,                         \
         .help = "its private key (PEM)"},                                                         \
        {"wallet-chain", CONF_PATH, offsetof(type, member.wallet_chain), NULL,                     \
         .help = "the certificates between it and the root (PEM): Apple's WWDR"},                  \
        {"google-issuer", CONF_STR, offsetof(type, member.google_issuer), NULL,                    \
         .help = "the issuer's number at Google Wallet; with it links are made that save "         \
                 "tickets"},                                                                       \
        {"google-key", CONF_PATH, offsetof(type, member.google_key), NULL,                         \
         .help = "the key of its service account (JSON)"},                                         \
    {                                                                                              \
        "site", CONF_STR, offsetof(type, member.site), "",                                         \
            .help = "the address of this site as the public knows it, for links in mails and "     \
                    "calendars: https://tickets.example.org"                                       \
    }

struct mailing {
    struct service service; /* TicketService, here or elsewhere: set before the start */
    struct routes routes;
    struct channel *tickets; /* to TicketService, as a peer */
    struct door *door;
    struct wallet_signer *wallet;
    struct google_signer *google;
    char login[MAILING_LOGIN_MAX];
};

/* Says what is wrong with the words before anything is made. An enum cmd_exit. */
int mailing_check(const struct mailing_values *values);

/* Starts the door role; values live on. CMD_OK; CMD_FALSE after having said what is wrong. Stop it
 * in either case. */
int mailing_start(struct mailing *mailing, const struct mailing_values *values,
                  const struct door_options *options);
/* From a plain thread, while the workers still run; a zeroed one is harmless. */
void mailing_stop(struct mailing *mailing);

#endif
