#include "bench/peers/ground.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock/clock.h"
#include "db/mariadb.h"
#include "db/redis_target.h"
#include "db/url.h"
#include "err/err.h"

#define DATABASE "/usher?" /* as the addresses have it; ours is another, which is dropped */

static const struct {
    const char *url, *pids;
} stores[] = {[GROUND_MARIADB] = {"USHER_TEST_MARIADB", "USHER_TEST_MARIADB_PIDS"},
              [GROUND_PAIR] = {"USHER_TEST_MARIADB_PAIR", "USHER_TEST_MARIADB_PAIR_PIDS"}};
static const char redis_url[] = "USHER_TEST_REDIS", redis_pids[] = "USHER_TEST_REDIS_PIDS";

/* "17,18", behind those that are there already. */
static void add_pids(const char *name, struct ground *ground)
{
    const char *text = getenv(name);
    size_t count = 0;
    while (count < GROUND_PIDS_MAX && ground->pids[count] > 0)
        count++;
    for (char *end; text && *text && count < GROUND_PIDS_MAX; text = *end ? end + 1 : end)
        ground->pids[count++] = (pid_t)strtol(text, &end, 10);
}

static int exec_text(struct mariadb_conn *conn, const char *text)
{
    return mariadb_exec(conn, view_str(text), NULL);
}

static int make_database(const char *url)
{
    char why[URL_WHY_MAX];
    struct mariadb *db;
    struct mariadb_conn *conn;
    int err = mariadb_new(url, why, &db);
    if (err)
        return err;
    err = mariadb_take(db, DEADLINE_NEVER, &conn);
    if (err == 0) {
        err = exec_text(conn, "DROP DATABASE IF EXISTS usher_bench");
        err = err ? err : exec_text(conn, "CREATE DATABASE usher_bench");
        mariadb_give(conn);
    }
    mariadb_free(db);
    return err;
}

int ground_redis(redisContext **ret_redis)
{
    struct redis_target target;
    char why[URL_WHY_MAX];
    int err = redis_target_read(getenv(redis_url), &target, why);
    if (err)
        return err;
    redisContext *redis = redisConnect(target.places[0].host, target.places[0].port);
    redisReply *reply =
        redis && !redis->err ? redisCommand(redis, "AUTH %s", target.login.password) : NULL;
    const bool let_in = reply && reply->type == REDIS_REPLY_STATUS;
    if (reply)
        freeReplyObject(reply);
    if (let_in)
        *ret_redis = redis;
    else if (redis)
        redisFree(redis);
    return let_in ? 0 : ERR_UNAVAILABLE;
}

static int clear_redis(void)
{
    redisContext *redis;
    int err = ground_redis(&redis);
    if (err)
        return err;
    redisReply *reply = redisCommand(redis, "FLUSHDB");
    err = reply && reply->type == REDIS_REPLY_STATUS ? 0 : ERR_UNAVAILABLE;
    if (reply)
        freeReplyObject(reply);
    redisFree(redis);
    return err;
}

int ground_clear(enum ground_kind kind, struct ground *ret_ground)
{
    *ret_ground = (struct ground){0};
    if (kind == GROUND_SQLITE)
        return 0;
    const char *url = getenv(stores[kind].url);
    const char *database = url ? strstr(url, DATABASE) : NULL;
    if (!database || !getenv(redis_url)) {
        fprintf(stderr, "usher-bench: run it by tests/servers/with mariadb,mariadb-pair,redis\n");
        return ERR_UNAVAILABLE;
    }
    snprintf(ret_ground->store, GROUND_URL_MAX, "%.*s/usher_bench?%s", (int)(database - url), url,
             database + strlen(DATABASE));
    snprintf(ret_ground->coord, GROUND_URL_MAX, "%s", getenv(redis_url));
    add_pids(stores[kind].pids, ret_ground);
    add_pids(redis_pids, ret_ground);
    const int err = make_database(url);
    return err ? err : clear_redis();
}
