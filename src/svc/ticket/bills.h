/*
 * bills: what the public is told of events and performances, and who is told. For the files of this
 * folder alone.
 */
#ifndef USHER_SVC_TICKET_BILLS_H
#define USHER_SVC_TICKET_BILLS_H

#include "svc/ticket/desk.h"

#define TICKET_BILLS_MAX_MS    5000
#define TICKET_LATER_MIN_MS    1000 /* least time to pay later in */
#define TICKET_BILLS_BYTES_MAX (8u << 20)

/* Whether the caller is told of an event: everybody where it is published, its organiser's team
 * and peers where it is not, nobody where it is deleted. */
bool desk_may_see(struct call *call, const struct catalog_event *event);
/* As desk_performance; NULL after call_fail also where the caller is not told of it. */
const struct catalog_performance *desk_shown(struct call *call, uint32_t performance_id);
/* ERR_NO_MEMORY. */
int desk_fill_event(struct ticket *ticket, struct arena *arena, const struct catalog_event *event,
                    Usher__V1__Event *ret_event);
/* The state of an event that is made now: a draft, but where the store cannot keep a playbill. */
uint32_t desk_new_state(const struct ticket *ticket);
/* Non-zero after call_fail: a name, a description or a poster that is none. */
int desk_check_bill(struct call *call, const char *name, const char *description,
                    const char *poster);
/* Fills in what follows from the time zone. Non-zero after call_fail: there is no such zone, or
 * the offset is none. */
int desk_check_date(struct call *call, struct playbill_performance *date);
/* Stores what is told from now on, and tells it. Without call_fail: the store's errors, ERR_FULL,
 * ERR_NO_MEMORY. */
int desk_tell_event(struct call *call, const struct playbill_event *bill);
/* The same; was_ms as of playbill_put_performance. */
int desk_tell_date(struct call *call, const struct playbill_performance *date, int64_t was_ms);
/* Moves an event to a state. Non-zero after call_fail. */
int desk_set_state(struct call *call, const struct catalog_event *event, uint32_t state);
/* Puts what was written after the number into the catalog; *ret_behind: of an event or a
 * performance that is not there. The store's errors. */
int desk_load_bills(struct ticket *ticket, uint64_t after, uint64_t *ret_number, bool *ret_behind);

/* The event, if it is there and the caller runs it; NULL after call_fail. */
const struct catalog_event *desk_managed(struct call *call, uint32_t event_id);
/* Tells what is said of an event from now on, and answers with it. Non-zero after call_fail. */
int desk_set_bill(struct call *call, const struct catalog_event *event,
                  const struct playbill_event *bill, void *response);
/* poster.c: whether a poster is one that was uploaded here. */
bool desk_is_own_poster(const char *poster);
/* poster.c: forgets an event's pictures that are shown no more. As sql_write. */
int desk_forget_pictures(struct call *call, uint32_t event_id);

/* ---- the calls: request and response are of the method's types ---- */
int ticket_update_event(struct call *call, const void *request, void *response);
int ticket_publish_event(struct call *call, const void *request, void *response);
int ticket_hide_event(struct call *call, const void *request, void *response);
int ticket_delete_event(struct call *call, const void *request, void *response);
int ticket_update_performance(struct call *call, const void *request, void *response);

/* passes.c: as desk_ask_pass, whoever calls. */
int desk_ask_line(struct call *call, const struct catalog_performance *performance,
                  struct id account_id, bool *ret_has_line, struct call_status *ret_status);
/* Whether places may be paid later. Where a crowd waits in a line they are paid at once, whatever
 * the organiser has set: those behind would wait for nothing. */
bool desk_pays_later(struct call *call, const struct catalog_performance *performance,
                     struct id account_id);

#endif
