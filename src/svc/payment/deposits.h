/*
 * deposits: what is to be paid later, to an account that a provider opens or at the box office. For
 * this folder alone.
 */
#ifndef USHER_SVC_PAYMENT_DEPOSITS_H
#define USHER_SVC_PAYMENT_DEPOSITS_H

#include "svc/payment/role.h"

/* tickets.c: as tickets_extend, of a hold that is to be paid later: until its deadline, the
 * performance's. pass may be empty; a line is looked for all the same. */
int tickets_extend_later(const struct work *w, const struct payment *p, int64_t until_ms,
                         struct view pass, const Usher__V1__Hold **ret_hold,
                         struct call_status *ret_status);

/* Holds the places until the deadline and keeps what the buyer said; p then waits for the provider.
 * Non-zero after call_fail. */
int deposit_begin(struct call *call, const Usher__V1__BeginPaymentRequest *wish, struct payment *p);
/* Has the provider open the account, or asks whether it has. As flow_look. */
int deposit_open(const struct work *w, struct payment *p);
/* The provider waits for the money: its account is kept, the buyer is told once. */
int deposit_waits(const struct work *w, struct payment *p, const struct told *told);
/* Whether a callback about it shows the secret that the provider told us; in constant time. */
bool deposit_is_its(const struct work *w, const struct payment *p, struct view secret);
/* Where a refund of it goes, in the work's arena; NULL: nobody knows, or it came another way.
 * ERR_NO_MEMORY, or as deposit_get: then nothing may be asked for, as the provider refuses for good
 * what names no account. */
int deposit_account_of(const struct work *w, const struct payment *p,
                       const struct refund_account **ret_account);
/* Keeps another account for a refund. Non-zero after call_fail. */
int deposit_name_account(struct call *call, const struct payment *p,
                         const Usher__V1__RefundAccount *said);
/* What is personal is forgotten: dead soon, given back now. */
void deposit_is_over(const struct work *w, const struct payment *p);
/* Fills in what the buyer has to know. */
int deposit_answer(const struct work *w, const struct payment *p, Usher__V1__Payment *ret_payment);
/* The mail that says how and until when to pay. As letter_of_refund. */
int letter_of_deposit(const struct work *w, const struct payment *p, const struct told *told,
                      struct mail *ret_mail);

/* Ends a payment that was to be made later and is not to be made any more, of which its provider
 * knows; with a mail that says why, by reason and p->told_why. Its hold is given up. As flow_look.
 */
int deposit_end(const struct work *w, struct payment *p, const char *reason);
/* The mail of that, as letter_of_refund. */
int letter_of_end(const struct work *w, const struct payment *p, struct mail *ret_mail);

#endif
