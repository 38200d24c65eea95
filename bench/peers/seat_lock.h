/*
 * seat_lock: a lock a seat in Redis, in the way of Redisson's RLock, for fibers.
 *
 * Taking is SET NX PX with a random token, unlocking a script that compares it, deletes the key and
 * publishes; whoever finds it taken subscribes to the seat's channel, is woken by the message, one
 * at a time, and tries again. No watchdog: what is done under it is far shorter than the lease.
 *
 * Kinder than Redisson in three things: taking is no script, the unlocking script is sent by its
 * hash, and a seat's channel that was subscribed to once is kept.
 */
#ifndef USHER_BENCH_PEERS_SEAT_LOCK_H
#define USHER_BENCH_PEERS_SEAT_LOCK_H

#include "db/redis.h"
#include "mem/id.h"

#define SEAT_LOCK_LEASE_MS 10000

struct seat_locks;

/* Of seats 0 … count - 1. The redis is borrowed; url is its address, for the connection that
 * listens, which lives on the worker too. From a plain thread. ERR_NO_MEMORY, and as redis_call. */
int seat_locks_new(struct redis *redis, const char *url, struct worker *worker, uint32_t count,
                   struct seat_locks **ret_locks);

/* From a fiber of any worker. ERR_TIMEOUT: others had it until the deadline; as redis_call. */
int seat_lock(struct seat_locks *locks, uint32_t seat, struct id token, int64_t deadline_ns);
/* Harmless where the lease has ended. */
int seat_unlock(struct seat_locks *locks, uint32_t seat, struct id token, int64_t deadline_ns);

#endif
