#include "wire/abuse.h"

#include "observe/log.h"
#include "observe/metrics.h"

#define ABUSE(variable, reason)                                                                    \
    METRIC_COUNTER(variable, "usher_refusals_total", "Requests and connections refused.",          \
                   "reason=\"" reason "\"")
ABUSE(malformed, "malformed");
ABUSE(head, "head");
ABUSE(body, "body");
ABUSE(slow, "slow");
ABUSE(unauthenticated, "unauthenticated");
ABUSE(denied, "denied");
ABUSE(flood, "flood");
ABUSE(protocol, "protocol");

static const struct {
    const char *reason;
    struct metric *count;
} kinds[ABUSE_KINDS] = {
    [ABUSE_MALFORMED] = {"malformed", &malformed},
    [ABUSE_HEAD] = {"head", &head},
    [ABUSE_BODY] = {"body", &body},
    [ABUSE_SLOW] = {"slow", &slow},
    [ABUSE_UNAUTHENTICATED] = {"unauthenticated", &unauthenticated},
    [ABUSE_DENIED] = {"denied", &denied},
    [ABUSE_FLOOD] = {"flood", &flood},
    [ABUSE_PROTOCOL] = {"protocol", &protocol},
};

static void note(enum log_level level, enum abuse kind, struct view address, struct view path)
{
    metric_add(kinds[kind].count, 1);
    log_event(level, "request.refuse", log_str("event.reason", kinds[kind].reason),
              log_view("client.ip", address), log_view("url.path", path));
}

void abuse_note(struct conn *conn, enum abuse kind, struct view address, struct view path)
{
    note(LOG_WARN, kind, address.len ? address : conn_host(conn), path);
}

void abuse_note_call(struct conn *conn, struct view path)
{
    note(LOG_INFO, ABUSE_MALFORMED, conn_host(conn), path);
}

enum abuse abuse_of_status(int status)
{
    switch (status) {
    case 408:
        return ABUSE_SLOW;
    case 413:
        return ABUSE_BODY;
    case 414:
    case 431:
        return ABUSE_HEAD;
    default:
        return ABUSE_MALFORMED;
    }
}
