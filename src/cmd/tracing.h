/*
 * tracing: what usher serve is told about spans, who takes them to a collector, and who takes them,
 * and the log, to a monitor in another process.
 */
#ifndef USHER_CMD_TRACING_H
#define USHER_CMD_TRACING_H

#include "cmd/cmd.h"
#include "db/otlp.h"
#include "svc/monitor/push.h"

struct tracing_values {
    const char *url; /* NULL: no spans are kept */
    const char *auth;
    const char *ca;
    int64_t share;
    int64_t slow_ms;
};

struct tracing {
    struct otlp *otlp;
    struct push *push;  /* to a monitor in another process */
    char field[512];    /* to show to the collector, or "" */
    char instance[320]; /* of this process */
    char roles[128];
};

/* The rows of those, for a struct `type` with a member `member` of struct tracing_values. */
#define TRACING_OPTIONS(type, member)                                                              \
    {"otlp", CONF_STR, offsetof(type, member.url), NULL,                                           \
     .help = "http(s)://HOST:PORT of an OpenTelemetry collector that gets spans, by OTLP over "    \
             "HTTP (POST /v1/traces)"},                                                            \
        {"otlp-auth", CONF_PATH, offsetof(type, member.auth), NULL,                                \
         .help = "a file with one line, a header field to show there: Authorization: Bearer KEY"}, \
        {"otlp-ca", CONF_PATH, offsetof(type, member.ca), NULL,                                    \
         .help = "roots (PEM) that its certificate is checked against; without it, the system's"}, \
        {"trace-share",                                                                            \
         CONF_INT,                                                                                 \
         offsetof(type, member.share),                                                             \
         "100",                                                                                    \
         0,                                                                                        \
         SPANS_SHARE_ALL,                                                                          \
         .help = "of 10,000 requests, spans of so many are kept; of those that fail or are slow, " \
                 "always. Where several processes answer, the gateway's share is that of all"},    \
    {                                                                                              \
        "trace-slow", CONF_MS, offsetof(type, member.slow_ms), "500ms", 1, 60000,                  \
            .help = "what takes as long is slow"                                                   \
    }

struct house;

/* Before roles are started and anything is asked of the process. An enum cmd_exit, after having
 * said what is wrong. */
int tracing_start(struct house *house);
/* Sends what waits; from a plain thread, while the workers still run. */
void tracing_stop(struct house *house);

#endif
