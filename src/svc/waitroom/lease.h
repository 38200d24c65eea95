/*
 * lease: which of several processes keeps the lines. For the waiting room's own files.
 *
 * One process keeps all lines, by a lease at the coordinator; the others show what it tells
 * (WatchLine, the status page) and bring every other call to it. A lease says who tries; who may
 * write the store decides (the line's epoch), so a lease that is lost, forgotten or held twice
 * costs time, never a number. While the coordinator cannot be reached, who keeps goes on until the
 * store fences him.
 *
 *     AWAY ──lease taken, sales loaded──▶ KEEPS ──lease another's, fenced, draining──▶ AWAY
 */
#ifndef USHER_SVC_WAITROOM_LEASE_H
#define USHER_SVC_WAITROOM_LEASE_H

#include "call/ways.h"
#include "coord/coord.h"
#include "svc/waitroom/desk.h"

#define LEASE_ROUND_MS 250  /* how often the lease is looked at, at least */
#define LEASE_WAIT_MS  3000 /* a call waits so long for a process that keeps the lines */
#define LEASE_DRAIN_MS 5000 /* the last commits of who hands over */

struct room_lease;

/* Begins to try, and waits for the first round. url is where others reach this process;
 * peer (borrowed) is how it calls them. From a plain thread. ERR_NO_MEMORY, ERR_FULL. */
int lease_start(struct waitroom *room, struct coord *coord, const char *url, int64_t lease_ms,
                const struct remote_options *peer, struct room_lease **ret_lease);
/* Lets another have the lines: what has gathered is committed, then the lease is given back. From a
 * plain thread; later calls do nothing. */
void lease_drain(struct room_lease *lease);
/* Ends the trying: before the keepers are freed. From a plain thread. NULL is harmless, here and
 * below. */
void lease_stop(struct room_lease *lease);
/* After that and the last call. From a plain thread, while the workers run. */
void lease_free(struct room_lease *lease);

/* Whether this process keeps the lines. Any thread. */
bool room_keeps(const struct waitroom *room);
/* A commit was fenced: another has claimed a line. The lease is looked at before this one goes on.
 */
void room_fenced(struct waitroom *room);
/* Who keeps the lines, where it is another: its address (WAYS_URL_MAX + 1 bytes), or empty. */
void room_holder(struct waitroom *room, char *ret_url);
/* A channel of this worker to that process, until room_leave_way. NULL: not now. From a fiber. */
struct channel *room_enter_way(struct waitroom *room, const char *url);
void room_leave_way(struct waitroom *room, struct channel *channel);

/* away.c: handles a call here where the lines are, or brings it to who keeps them. */
int waitroom_here_or_away(struct call *call, const void *request, void *response);
/* away.c: shows what is told of a line elsewhere, until it is kept here or a second has passed
 * without news. In the keeper's listening fiber. */
void keeper_mirror(struct keeper *keeper);
/* listen.c: what the ticket service says of the sale's performances now. From the listener. */
void keeper_hear(struct keeper *keeper);

#endif
