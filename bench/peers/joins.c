/*
 * A line of people through Redis: our client beside the bare script, and, which is what a person
 * waits for, joins through the port that are durable in MariaDB.
 */
#include <unistd.h>

#include "bench/bench.h"
#include "bench/peers/parts.h"
#include "bench/server.h"
#include "coord/coord.h"
#include "db/redis.h"
#include "err/err.h"
#include "fiber/worker.h"
#include "observe/log.h"

#define PEOPLE  100000
#define AT_ONCE 512
#define SALE    1
#define CALL_MS 10000

/* ---- the script alone, AT_ONCE of them under way ---- */

/* The line's script, as src/coord/redis has it. */
static const char script[] = "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end\n"
                             "local n = redis.call('ZSCORE', KEYS[2], ARGV[1])\n"
                             "if n then return tonumber(n) end\n"
                             "n = redis.call('INCR', KEYS[1])\n"
                             "redis.call('ZADD', KEYS[2], n, ARGV[1])\n"
                             "return n\n";

/* What a command was answered with, if it is of that type; else NULL. */
static redisReply *take(redisContext *redis, int type)
{
    redisReply *reply = NULL;
    if (redisGetReply(redis, (void **)&reply) != REDIS_OK)
        return NULL;
    if (reply->type == type)
        return reply;
    freeReplyObject(reply);
    return NULL;
}

static int join_bare(redisContext *redis, double *ret_joins_s)
{
    redisAppendCommand(redis, "SET bare:count 0");
    redisReply *reply = take(redis, REDIS_REPLY_STATUS);
    if (!reply)
        return ERR_UNAVAILABLE;
    freeReplyObject(reply);
    redisAppendCommand(redis, "SCRIPT LOAD %s", script);
    redisReply *hash = take(redis, REDIS_REPLY_STRING);
    if (!hash)
        return ERR_UNAVAILABLE;
    int err = 0;
    const int64_t began_ns = clock_mono_ns(clock_system());
    for (uint32_t asked = 0, answered = 0; err == 0 && answered < PEOPLE;) {
        for (; asked < PEOPLE && asked - answered < AT_ONCE; asked++) {
            const struct id account = {7, asked + 1};
            redisAppendCommand(redis, "EVALSHA %s 2 bare:count bare:numbers %b", hash->str,
                               &account, sizeof(account));
        }
        /* Half of what is under way, so that Redis always has the other half. */
        for (uint32_t until = asked - (asked < PEOPLE ? AT_ONCE / 2 : 0);
             err == 0 && answered < until; answered++) {
            reply = take(redis, REDIS_REPLY_INTEGER);
            err = reply && reply->integer == answered + 1 ? 0 : ERR_CORRUPT;
            if (reply)
                freeReplyObject(reply);
        }
    }
    *ret_joins_s = PEOPLE * (double)NS_PER_S / (double)(clock_mono_ns(clock_system()) - began_ns);
    freeReplyObject(hash);
    return err;
}

static int measure_bare(double *ret_joins_s)
{
    redisContext *redis;
    int err = ground_redis(&redis);
    if (err)
        return err;
    err = join_bare(redis, ret_joins_s);
    redisFree(redis);
    return err;
}

/* ---- by our client ---- */

struct joiners {
    struct coord *coord;
    uint32_t next;
    uint64_t sum; /* of the numbers */
    int err;
    double joins_s;
};

static int64_t soon(void)
{
    return deadline_after_ms(fiber_now_ns(), CALL_MS);
}

static void join(void *arg)
{
    struct joiners *j = arg;
    while (j->err == 0 && j->next < PEOPLE) {
        const struct id account = {7, ++j->next};
        uint64_t number = 0;
        const int err = j->coord->ops->line_join(j->coord, SALE, account, &number, soon());
        j->sum += number;
        if (err)
            j->err = err;
    }
}

static void everybody(void *arg)
{
    struct joiners *j = arg;
    struct scope scope;
    j->err = ERR_UNAVAILABLE;
    const int64_t until_ns = soon();
    while (j->err == ERR_UNAVAILABLE && fiber_now_ns() < until_ns) { /* it connects meanwhile */
        j->err = j->coord->ops->line_open(j->coord, SALE, 0, soon());
        (void)fiber_yield();
    }
    scope_init(&scope);
    const int64_t began_ns = clock_mono_ns(clock_system());
    for (uint32_t i = 0; j->err == 0 && i < AT_ONCE; i++)
        j->err = fiber_spawn(&scope, join, j);
    scope_join(&scope, DEADLINE_NEVER);
    j->joins_s = PEOPLE * (double)NS_PER_S / (double)(clock_mono_ns(clock_system()) - began_ns);
    if (j->err == 0 && j->sum != (uint64_t)PEOPLE * (PEOPLE + 1) / 2)
        j->err = ERR_CORRUPT; /* a number was given twice, or left out */
}

static int measure_ours(const char *url, double *ret_joins_s)
{
    struct joiners j = {0};
    struct worker *worker;
    char why[REDIS_WHY_MAX];
    log_setup(
        &(struct log_options){.level = LOG_WARN, .fd = STDERR_FILENO, .clock = clock_system()});
    int err = worker_start(0, &SCHED_LIMITS_DEFAULT, &worker);
    if (err)
        return err;
    err = coord_redis_new(url, worker, why, &j.coord);
    if (err == 0) {
        err = worker_call(worker, everybody, &j);
        coord_free(j.coord);
    }
    worker_stop(worker);
    *ret_joins_s = j.joins_s;
    return err ? err : j.err;
}

int peers_joins(bench_row_fn *row, void *state)
{
    struct ground ground;
    double bare_s = 0, ours_s = 0, port_s = 0;
    int err = ground_clear(GROUND_MARIADB, &ground);
    for (int i = 0; err == 0 && i < 2; i++)
        err = (i == 0) == bench_other_first() ? measure_bare(&bare_s)
                                              : measure_ours(ground.coord, &ours_s);
    bench_server_stores(ground.store, ground.coord);
    err = err ? err : bench_line_joins(&port_s);
    bench_server_stores(NULL, NULL);
    if (err)
        return err;
    row(state, "peers: joins, the bare script in Redis", bare_s, "/s");
    row(state, "peers: joins through Redis", ours_s, "/s");
    row(state, "peers: joins through Redis, times the bare script", ours_s / bare_s, "x");
    row(state, "peers: joins durable in MariaDB, through the port", port_s, "/s");
    row(state, "peers: joins durable in MariaDB, times the bare script", port_s / bare_s, "x");
    return 0;
}
