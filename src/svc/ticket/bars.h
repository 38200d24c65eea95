/*
 * bars: whom an organiser does not sell to. For the files of this folder alone.
 */
#ifndef USHER_SVC_TICKET_BARS_H
#define USHER_SVC_TICKET_BARS_H

#include "store/bars.h"
#include "svc/ticket/desk.h"

#define TICKET_HOLDINGS_MAX 1000 /* live holds in one answer */

/* Whether the performance's organiser bars the account, or the address in text. */
bool desk_bars(struct ticket *ticket, const struct catalog_performance *performance,
               struct id account_id, struct view address);
/* 0, or non-zero after call_fail where the caller is barred. A peer never is: it finishes what was
 * begun. */
int desk_check_bar(struct call *call, const struct catalog_performance *performance,
                   struct id account_id);
int desk_refuse_barred(struct call *call);
/* What the log of acts tells of this call. */
struct act desk_act(struct call *call, const char *what, const char *about);

#endif
