/*
 * fair: no caller takes more calls than its share: of an account, an address, a network.
 *
 * Each has a bucket of its own (token/quota.h). Not counted are callers of this machine, the
 * operator, API tokens and processes of ours. Inside src/wire only.
 */
#ifndef USHER_WIRE_FAIR_H
#define USHER_WIRE_FAIR_H

#include "wire/exchange.h"

/* Charges a call to all that is known of its caller. True: it has had its share, and the call has
 * failed with TOO_MANY_REQUESTS, counted and logged. */
bool fair_refuses(struct exchange *exchange);
/* The same for the account alone, where who calls was found out later. */
bool fair_refuses_account(struct exchange *exchange);

#endif
