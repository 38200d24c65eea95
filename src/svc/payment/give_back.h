/*
 * give_back: how money goes back. For this folder alone.
 *
 * The functions are as those of flow.c: each moves the payment as far as it goes now.
 */
#ifndef USHER_SVC_PAYMENT_GIVE_BACK_H
#define USHER_SVC_PAYMENT_GIVE_BACK_H

#include "svc/payment/role.h"

/* Carries a refund on. */
int flow_refund(const struct work *w, struct id refund_id);
/* Begins a refund of what was captured. Of *wish amount, charge, reason and seats are read. */
int flow_give_back(const struct work *w, struct payment *p, const struct refund *wish,
                   struct refund *ret_refund);
/* The same of all that is paid for places that are sold still; and carries it out. */
int flow_give_all_back(const struct work *w, struct payment *p, struct view reason);
/* The provider has given that much back. */
int flow_refund_done(const struct work *w, struct payment *p, struct refund *r);
/* Asks the provider anew for a refund that it has refused. */
int flow_refund_again(const struct work *w, struct payment *p, struct refund *r);

#endif
