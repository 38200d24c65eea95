/*
 * notices: what organisers have to say to everybody just now, and which sales stop for it. Of each
 * performance the process keeps the number of its notice and its stop; words are in the store. For
 * the files of this folder alone.
 */
#ifndef USHER_SVC_TICKET_NOTICES_H
#define USHER_SVC_TICKET_NOTICES_H

#include "store/notices.h"
#include "svc/ticket/desk.h"

/* The number of what a performance's organiser has to say; 0: nothing. Any thread. */
uint64_t desk_notice(const struct ticket *ticket, uint32_t performance_id);
/* Whether its sale is stopped. Any thread. */
bool desk_is_stopped(const struct ticket *ticket, uint32_t performance_id);
/* Reads what stands, where it has changed since, and tells the feeds; anew: also where not. In a
 * fiber. As notice_standing. */
int desk_follow_notices(struct ticket *ticket, bool anew);
/* Pauses what is stopped and still open: whoever stopped it may have died between the two. In a
 * fiber. */
void desk_keep_stops(struct ticket *ticket);

#endif
