/*
 * payments_heard: which webhooks of providers were heard, so that a repeat is told from news.
 */
#ifndef USHER_STORE_PAYMENTS_HEARD_H
#define USHER_STORE_PAYMENTS_HEARD_H

#include "store/payments.h"

#define WEBHOOKS_FORGET_MS 600000 /* of the oldest, that are forgotten at once */

/* Whether that webhook was heard before. */
int webhook_known(struct sql *sql, struct view provider, struct view event_id, struct arena *arena,
                  bool *ret_known, int64_t deadline_ns);
/* Remembers a webhook by the provider's id for it. ERR_EXISTS: it was heard before. */
int webhook_put(struct sql *sql, struct view provider, struct view event_id, int64_t now_ms,
                int64_t deadline_ns);

/* Forgets webhooks that were remembered before before_ms: of the oldest WEBHOOKS_FORGET_MS. */
int webhooks_forget(struct sql *sql, int64_t before_ms, int64_t deadline_ns);

#endif
