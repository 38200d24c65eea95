/*
 * tenant: for which organiser a call is made, where it may be left out.
 */
#ifndef USHER_CALL_TENANT_H
#define USHER_CALL_TENANT_H

#include "call/call.h"

/* The organiser that was said, or (0) the only one for which the caller has one of the roles; of an
 * operator the first. Non-zero after call_refuse: there are several, or the caller has none of the
 * roles for it. */
int call_tenant(struct call *call, uint32_t said, uint32_t any_of, uint32_t *ret_tenant_id);

#endif
