/*
 * bench_ground: the private servers that tests/servers/with has started, each emptied before it is
 * measured on.
 */
#ifndef USHER_BENCH_PEERS_GROUND_H
#define USHER_BENCH_PEERS_GROUND_H

#include <hiredis/hiredis.h>
#include <sys/types.h>

#define GROUND_URL_MAX  600
#define GROUND_PIDS_MAX 3

enum ground_kind { GROUND_SQLITE, GROUND_MARIADB, GROUND_PAIR };

struct ground {
    char store[GROUND_URL_MAX];  /* of a database that is empty; "": SQLite */
    char coord[GROUND_URL_MAX];  /* "": SQLite */
    pid_t pids[GROUND_PIDS_MAX]; /* of all these servers; the rest 0 */
};

/* Empties what that kind needs. ERR_UNAVAILABLE: it is not there, and stderr says so; as
 * mariadb_take. From a process with one thread, which it has afterwards too. */
int ground_clear(enum ground_kind kind, struct ground *ret_ground);

/* A connection of hiredis, which blocks; redisFree ends it. ERR_UNAVAILABLE. */
int ground_redis(redisContext **ret_redis);

#endif
