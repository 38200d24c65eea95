/*
 * begin: what an attempt is made of, and how the ticket role is asked in its payer's name. For this
 * folder alone.
 */
#ifndef USHER_SVC_PAYMENT_BEGIN_H
#define USHER_SVC_PAYMENT_BEGIN_H

#include "call/client.h"
#include "svc/payment/role.h"

/* ---- tickets.c ---- */

struct asking {
    struct client client;
    struct identity who;
};
/* A conversation in that account's name. */
void tickets_begin(struct asking *a, const struct work *w, struct id account_id);
/* What a refusal means to a payment. In doubt, not now. */
int tickets_meaning(const struct call_status *status);

/* ---- begin.c: what an attempt is made of; p's provider, organiser and hold_id are there. Non-zero
 * after call_fail. ---- */
int begin_fill(struct call *call, const Usher__V1__Hold *hold, bool equal, struct payment *p);
/* What the places cost, with the fees that were promised when they were held; another sum than
 * expected (0: any) is refused. */
int begin_price(struct call *call, const Usher__V1__Hold *hold, int64_t expected,
                struct payment *p);
/* Whether it is one visible line of at most max bytes, or empty. */
bool begin_fits(const char *text, size_t max);

#endif
