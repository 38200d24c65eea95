/*
 * feed: a performance's seats as their watchers see them.
 *
 * The owner tells what became durable; at most every FEED_EVERY_MS the feed makes one message of
 * it, encoded once, and hands it to an outlet on every worker, which pushes it to its watchers.
 * Where those are so many that pushing takes most of that time, messages come more rarely. A
 * watcher that is still busy with the message before gets no backlog: it is given a snapshot of the
 * latest state when it can take one. Each outlet keeps a copy of the public state, so a new watcher
 * costs the owner nothing.
 *
 *     owner ──committed──▶ feed ──news──▶ outlet (a worker) ──frame──▶ watcher, watcher, …
 */
#ifndef USHER_FEED_FEED_H
#define USHER_FEED_FEED_H

#include "call/call.h"
#include "fiber/worker.h"
#include "owner/owner.h"

#define FEED_EVERY_MS     100
#define FEED_EVERY_MAX_MS 1000
#define FEED_KEEPALIVE_MS 15000 /* a quiet stream says this often that it is alive */

struct feed;

/* home is the worker the owner lives on. ERR_NO_MEMORY. */
int feed_new(const struct hall *hall, struct worker *const *workers, uint32_t worker_count,
             struct worker *home, struct feed **ret_feed);
/* Once no owner talks to it any more: none of its timers is armed then, and no news is under way.
 * From where worker_call may be used, the workers still running. ERR_FULL: it is not stopped. */
int feed_stop(struct feed *feed);
/* Stopped, if it was ever spoken to, and no watcher is left. */
void feed_free(struct feed *feed);

/* What to give the owner. */
struct owner_listener feed_listener(struct feed *feed);

/* Tells all watchers, from now on, the number of what the organiser has to say; 0: nothing. Any
 * thread, before feed_stop. */
void feed_set_notice(struct feed *feed, uint64_t notice_id);
uint64_t feed_notice(const struct feed *feed);

/* Makes the call a watcher: a snapshot now, and what changes. From a stream's handler, which must
 * return the result at once. ERR_UNAVAILABLE before the first load, ERR_NO_MEMORY. */
int feed_watch(struct feed *feed, struct call *call);

/* Two bits a place, as this worker knows them: (place_count + 3) / 4 bytes. Must be a worker's
 * thread. Also the version. NULL before the first load. Valid until the next waiting point. */
const uint8_t *feed_states(const struct feed *feed, uint64_t *ret_version);

/* How long the feed waits between two messages, where giving the last one to all watchers of a
 * worker took walk_ns: FEED_EVERY_MS, or so long that half of the worker's time is for the buyers,
 * but not longer than FEED_EVERY_MAX_MS. */
int64_t feed_pace_ns(int64_t walk_ns);

/* Watchers on all workers, from any thread. */
uint32_t feed_watcher_count(const struct feed *feed);

#endif
