/*
 * webhook: the role that tells organisers' own servers what happens (webhooks out), by Standard
 * Webhooks.
 *
 * Talks to: the store's tables of hooks (store/hooks.h), and servers of strangers by HTTP. Those
 * may be slow, lie, or stand for somebody else: each costs a fiber and a connection for a bounded
 * time, an organiser has a bounded share of both, no address is called that is not of the public
 * Internet unless the operator allows it, and nothing that a receiver says is followed. When the
 * process dies, another tells what was not taken yet; what was taken and not noted is told twice,
 * under the same id.
 */
#ifndef USHER_SVC_WEBHOOK_WEBHOOK_H
#define USHER_SVC_WEBHOOK_WEBHOOK_H

#include "call/call.h"
#include "chance/chance.h"
#include "db/http.h"
#include "db/sql.h"
#include "fiber/worker.h"
#include "net/range.h"
#include "token/key.h"

#define WEBHOOK_ALLOWED_MAX 16 /* networks */

struct webhook_role;

struct webhook_options {
    struct sql *sql;               /* borrowed */
    struct worker *const *workers; /* borrowed */
    uint32_t worker_count;
    struct chance *chance;           /* borrowed */
    const uint8_t *master;           /* KEY_BYTES; copied */
    const struct net_range *allowed; /* borrowed: private networks that may be called; with any,
                                        http:// is allowed too */
    uint32_t allowed_count;
    bool alone;          /* no other process has the store */
    const char *ca_path; /* roots to trust (PEM), or NULL for the system's */
    int64_t retry_ms;    /* before the second try; twice as long each time, an hour at most */
    int64_t end_ms;      /* a hook is given up that took nothing for so long */
};

/* Makes the tables and begins to tell. From a plain thread. ERR_NO_MEMORY, ERR_IO, the store's. */
int webhook_start(const struct webhook_options *options, struct webhook_role **ret_role);
/* Ends that, messages under way being given up, and frees all. No call may be under way. From a
 * plain thread, while the workers still run. NULL is harmless. */
void webhook_stop(struct webhook_role *role);

/* usher.v1.WebhookService; lives as long as the role. */
struct service webhook_service(struct webhook_role *role);

#endif
