/*
 * till: what the box office takes and hands out over its counter. For this folder alone.
 *
 * A till's entry of money is written with the payment's own row (store/payments.h); a comp, which
 * has no payment, is begun before its places are given, and ended after.
 */
#ifndef USHER_SVC_PAYMENT_TILL_H
#define USHER_SVC_PAYMENT_TILL_H

#include "store/tills.h"
#include "svc/payment/begin.h"
#include "token/roles.h"
#include "usher/v1/till.pb-c.h"

/* Whoever sells over the counter; for which organiser, the calls look at themselves. */
#define ROLES_TILL (ROLES_MANAGE | ROLE_BOX_OFFICE)

/* The caller's open till at that organiser. ERR_NOT_FOUND: there is none; as sql_read. */
int till_of_caller(struct call *call, uint32_t organiser_id, struct till *ret_till);
/* An act of the caller's. */
struct act till_act(struct call *call, const char *what, const char *about);
int till_answer_entry(struct arena *arena, const struct till_entry *entry,
                      Usher__V1__TillEntry *ret_entry);
/* How it was paid: TILL_CASH where nobody said; of what is no way, 0. */
uint32_t till_means_said(Usher__V1__TillMeans said);

/* Refuses for want of an open till. 1. */
int till_refuse_closed(struct call *call);
/* Refuses for want of cash in the drawer. 1. */
int till_refuse_short(struct call *call);
/* Comps that were begun and not ended: done where their order is there, else void. In the
 * reconciler's fiber. */
void till_tick(struct payment_role *role, struct arena *arena);
/* The money of an attempt at the box office is on the counter: it moves on as far as it can, and
 * p->till has its entry, where there is one. The store's errors, as of flow_apply. */
int till_take(struct call *call, const struct work *w, struct payment *p);
/* What was just taken and goes back, for there is no order: over the same counter, and out of that
 * till, where it has an id. p is read anew. The store's errors. */
int till_hand_back(const struct work *w, struct payment *p, const struct payment_till *till);
/* Where money that was taken at a till, or by who has one open, goes back: the caller's open till,
 * at ret_till; its till_id is zero where none is needed. Non-zero after call_fail: one is, and the
 * caller has none. */
int till_hands_out(struct call *call, const struct payment *p, struct payment_till *ret_till);

/* ---- the calls ---- */
int till_call_open(struct call *call, const void *request, void *response);
int till_call_get(struct call *call, const void *request, void *response);
int till_call_list(struct call *call, const void *request, void *response);
int till_call_entries(struct call *call, const void *request, void *response);
int till_call_close(struct call *call, const void *request, void *response);
int till_call_hold(struct call *call, const void *request, void *response);
int till_call_choose(struct call *call, const void *request, void *response);
int till_call_release(struct call *call, const void *request, void *response);
int till_call_sell(struct call *call, const void *request, void *response);
int till_call_set_rules(struct call *call, const void *request, void *response);
int till_call_get_rules(struct call *call, const void *request, void *response);

#endif
