/*
 * telling: what usher serve is told about webhooks, and the role that sends them.
 */
#ifndef USHER_CMD_TELLING_H
#define USHER_CMD_TELLING_H

#include "cmd/cmd.h"
#include "svc/webhook/webhook.h"

struct telling_values {
    const char *allow; /* with commas; or NULL */
    const char *ca;
    int64_t retry_ms;
    int64_t end_ms;
};

/* The rows of those, for a struct `type` with a member `member` of struct telling_values. */
#define TELLING_OPTIONS(type, member)                                                              \
    {"webhook-allow",                                                                              \
     CONF_STR,                                                                                     \
     offsetof(type, member.allow),                                                                 \
     NULL,                                                                                         \
     .help = "an address or a network (10.0.0.0/8) that organisers' webhooks may go to though it " \
             "is not of the public Internet, as often as needed; with any, http:// is allowed",    \
     .repeats = true},                                                                             \
        {"webhook-ca", CONF_PATH, offsetof(type, member.ca), NULL,                                 \
         .help = "roots to trust (PEM) for webhooks instead of the system's"},                     \
        {"webhook-retry",                                                                          \
         CONF_MS,                                                                                  \
         offsetof(type, member.retry_ms),                                                          \
         "5s",                                                                                     \
         10,                                                                                       \
         3600000,                                                                                  \
         .help = "how long a webhook that was not taken waits; twice as long after each further "  \
                 "try, an hour at most"},                                                          \
    {                                                                                              \
        "webhook-end", CONF_MS, offsetof(type, member.end_ms), "3d", 100, 2592000000,              \
            .help = "a webhook that takes nothing for so long is given up, and its organiser is "  \
                    "mailed"                                                                       \
    }

struct house;

/* Starts the role. An enum cmd_exit, after having said what is wrong. */
int telling_start(struct house *house);
/* From a plain thread, while the workers still run. */
void telling_stop(struct house *house);
struct service telling_service(struct house *house);

#endif
