/*
 * tenure: which of several ticket processes owns which performance.
 *
 * Every process registers at the coordinator and, for each performance, either takes and renews
 * its lease or learns who holds it. Who should hold it follows from the list of the living alone
 * (the highest hash of performance and process), so that nobody has to hand out anything: a process
 * that comes takes its share, and what a process held that went goes to the others.
 *
 * A lease says who tries. What may be written the store decides (the epoch): a lease that is lost,
 * forgotten or held twice costs time, never a seat. While the coordinator cannot be reached, who
 * owned goes on until the store fences him.
 *
 *     OTHERS' ──should be ours, lease taken──▶ OURS ──another should have it, draining,
 *        ▲                                      │      fenced, lease another's
 *        └──── away, lease given back ──────────┘
 */
#ifndef USHER_SVC_TICKET_TENURE_H
#define USHER_SVC_TICKET_TENURE_H

#include "coord/coord.h"
#include "owner/owner.h"

#define TENURE_LEASE_MIN_MS 500
#define TENURE_HAND_OVER_MS 5000 /* the last commit of what is handed over */
#define TENURE_WAIT_MS      3000 /* an ask waits so long for an owner to be known */

struct ticket;
struct tenure;

/* From a plain thread, with the owners of all performances behind gates that are shut. url is where
 * other processes reach this one. Waits for the first round, TENURE_HAND_OVER_MS at most. coord is
 * borrowed; its watch is used. ERR_NO_MEMORY, ERR_FULL. */
int tenure_start(struct ticket *ticket, struct coord *coord, const char *url, int64_t lease_ms,
                 struct tenure **ret_tenure);
/* Hands over all that is ours and leaves the list: what others ask for then is answered by them.
 * From a plain thread. */
void tenure_drain(struct tenure *tenure);
/* After tenure_drain and the last call. */
void tenure_free(struct tenure *tenure);

/* The gate of a performance's owner; tenure may not have started yet. */
struct owner_gate tenure_gate(struct ticket *ticket, uint32_t performance_id);

/* A performance was made here: it is owned here until the others have learned of it. */
void tenure_adopt(struct ticket *ticket, uint32_t performance_id);

/* Where to ask, from any thread: true: here. Otherwise ret_url (COORD_HOLDER_MAX + 1 bytes) is the
 * holder's address, or empty where nobody is known to hold it. */
bool tenure_find(struct ticket *ticket, uint32_t performance_id, char *ret_url);
/* The holder's text, "URL ID", or empty. */
void tenure_holder(struct ticket *ticket, uint32_t performance_id, char *ret_holder);
/* Whether this process delivers the outbox. */
bool tenure_relays(const struct tenure *tenure);
/* "URL ID" of this process. */
const char *tenure_self(const struct tenure *tenure);
/* Whether the coordinator answered the last round. */
bool tenure_is_up(const struct tenure *tenure);
/* The living, in the arena. The coordinator's errors. */
int tenure_members(struct tenure *tenure, struct arena *arena, struct coord_member **ret_members,
                   size_t *ret_count, int64_t deadline_ns);

#endif
