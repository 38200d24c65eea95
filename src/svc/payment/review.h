/*
 * review: what a provider says of money that was captured already. For this folder alone.
 *
 * The functions are as flow_look; p is DONE, REFUNDING or REFUNDED.
 */
#ifndef USHER_SVC_PAYMENT_REVIEW_H
#define USHER_SVC_PAYMENT_REVIEW_H

#include "svc/payment/role.h"

/* Asks the provider, and acts upon what it says. */
int review_payment(const struct work *w, struct payment *p);
/* Whether the provider has given back all that the books say, by whomever it was asked. */
bool review_is_back(const struct work *w, const struct payment *p);
/* Has the reconciler look, in a while, unless it will anyway. */
int review_later(const struct work *w, struct payment *p);

#endif
