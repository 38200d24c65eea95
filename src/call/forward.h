/*
 * forward: a service that another process answers: every method of its table is called there, by
 * descriptor, in the name of whoever calls here.
 *
 * The rows stay those of the service (roles, kinds, limits, caching), so what can be refused at the
 * edge is. One channel a worker; the peer has to know this process as one that may speak for
 * others.
 */
#ifndef USHER_CALL_FORWARD_H
#define USHER_CALL_FORWARD_H

#include "call/method.h"
#include "call/remote.h"
#include "fiber/worker.h"

struct forward;

/* Makes the channels, on every worker; none connects before it is used. of is the service's own
 * table, whose rows are borrowed; peer is its name for sentences and the log, borrowed. From a
 * plain thread. ERR_NO_MEMORY. */
int forward_new(const struct service *of, const char *peer, const struct remote_options *options,
                struct worker *const *workers, uint32_t worker_count, struct forward **ret_forward);
/* No call may be under way. From a plain thread, while the workers still run. NULL is harmless. */
void forward_free(struct forward *forward);
/* Whether a call that failed so was answered by no peer: it was not reached, or does not take this
 * process for one of its own. Logs it then; peer is the role that was called. */
bool forward_unreached(const char *peer, const char *method, const struct call_status *status);
/* The service to serve; lives as long as the forward. */
struct service forward_service(struct forward *forward);

#endif
