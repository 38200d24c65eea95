/*
 * terms: what an organiser sells by, as the calls and refunds need it (selling.c). For this folder
 * alone.
 */
#ifndef USHER_SVC_PAYMENT_TERMS_H
#define USHER_SVC_PAYMENT_TERMS_H

#include "svc/payment/role.h"

/* The terms in force when that hold was made; all zero where there are none. The store's errors. */
int selling_at(const struct work *w, uint32_t organiser_id, uint32_t performance_id,
               struct id hold_id, struct selling_terms *ret_terms);
/* Those that a payment was begun under. */
int selling_of(const struct work *w, const struct payment *p, struct selling_terms *ret_terms);
/* The fees in that currency: none where the terms are of another. */
struct fee_rule selling_fee(const struct selling_terms *terms, struct view currency);
struct refund_ladder selling_ladder(const struct payment_role *role,
                                    const struct selling_terms *terms);
/* Minor units of a whole one: 1 of KRW, 100 of EUR. */
int64_t selling_unit(struct view currency);
/* ERR_NO_MEMORY. */
int selling_fill(struct arena *arena, const struct selling_terms *terms,
                 Usher__V1__SellingTerms *ret_terms);
/* The organiser that is meant: the only one that the caller manages where it is 0. Non-zero after
 * call_fail. */
int selling_organiser(struct call *call, uint32_t said, uint32_t *ret_organiser_id);
/* As call_tenant; an operator may name an organiser that does not exist, and is refused then. */
int selling_tenant(struct call *call, uint32_t said, uint32_t any_of, uint32_t *ret_organiser_id);

#endif
