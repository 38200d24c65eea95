/*
 * Redis Sentinel: every sentinel of the address is asked by a fiber of its own who the master is
 * (SENTINEL MASTER; Redis, "High availability with Redis Sentinel"). Of the answers of
 * the last minute the one with the highest configuration epoch counts, and only while a majority
 * answers: on the wrong side of a partition there is no master.
 */
#include <stdio.h>

#include "db/redis_body.h"
#include "err/err.h"
#include "observe/log.h"
#include "observe/metrics.h"

#define ASK_MS    (REDIS_SURE_MS / 8)
#define MEMORY_MS 60000 /* a sentinel that was set up anew counts from 0 */

METRIC_COUNTER(switches, "usher_redis_switches_total",
               "Times that the sentinels have named another master.", "");

bool redis_is_sure(const struct redis *r, int64_t now_ns)
{
    uint32_t young = 0;
    if (r->target.kind != REDIS_SENTINEL)
        return true;
    for (uint32_t i = 0; i < r->target.place_count; i++) {
        const struct redis_sentinel *s = &r->sentinels[i];
        young += s->answered_ns > 0 && now_ns - s->answered_ns <= REDIS_SURE_MS * NS_PER_MS;
    }
    return r->master.port > 0 && 2 * young > r->target.place_count;
}

/* Whoever waits to be told; and all that is still said to the old one ends. */
static void wake_nodes(struct redis *r, bool moved)
{
    list_each (link, &r->nodes) {
        struct redis_node *node = list_of(link, struct redis_node, link);
        if (moved)
            redis_link_break(&node->commands);
        if (node->keeper && !node->open)
            fiber_unpark(node->keeper);
    }
    if (moved)
        redis_link_break(&r->news);
}

/* The newest of what they say. */
static void judge(struct redis *r, bool was_sure, int64_t now_ns)
{
    const struct redis_sentinel *best = NULL;
    char name[REDIS_PLACE_TEXT_MAX];
    for (uint32_t i = 0; i < r->target.place_count; i++) {
        const struct redis_sentinel *s = &r->sentinels[i];
        if (s->answered_ns > 0 && now_ns - s->answered_ns <= MEMORY_MS * NS_PER_MS &&
            (!best || s->epoch > best->epoch))
            best = s;
    }
    assert(best); /* who has just answered, at least */
    const bool moved = !redis_place_eq(&best->named, &r->master);
    if (moved) {
        if (r->master.port > 0)
            metric_add(&switches, 1);
        r->master = best->named;
        redis_place_text(&r->master, name);
        log_event(LOG_INFO, "redis.master", log_str("server.address", name),
                  log_uint("usher.epoch", best->epoch));
    }
    if (moved || (!was_sure && redis_is_sure(r, now_ns)))
        wake_nodes(r, moved);
}

static void on_answer(struct redis_link *link, redisReply *reply)
{
    struct redis_sentinel *s = list_of(link, struct redis_sentinel, link);
    s->waits = false;
    if (redis_master_read(reply, &s->named, &s->epoch)) {
        const int64_t now_ns = loop_now_ns(link->loop);
        const bool was_sure = redis_is_sure(s->redis, now_ns);
        s->answered_ns = now_ns;
        judge(s->redis, was_sure, now_ns);
    } else if (reply->type != REDIS_REPLY_ARRAY) {
        snprintf(link->why, sizeof(link->why), "%.200s: %.255s", s->redis->target.master,
                 reply->type == REDIS_REPLY_ERROR ? reply->str : "no answer of a sentinel");
        link->broken = true;
    }
    freeReplyObject(reply);
    if (link->waiter)
        fiber_unpark(link->waiter);
}

static int ask(struct redis_sentinel *s)
{
    const int64_t until_ns = deadline_after_ms(fiber_now_ns(), REDIS_SURE_MS);
    s->waits = true;
    int err = redis_format(&s->link.out, WORDS(VIEW_LIT("SENTINEL"), VIEW_LIT("MASTER"),
                                               view_str(s->redis->target.master)));
    redis_link_touch(&s->link);
    while (err == 0 && s->waits && !s->link.broken)
        err = fiber_park(until_ns);
    return err == 0 && s->link.broken ? ERR_UNAVAILABLE : err;
}

/* Said once, until it answers again. */
static void tell(struct redis_sentinel *s, int err, const char *why, bool *told)
{
    char name[REDIS_PLACE_TEXT_MAX];
    redis_place_text(&s->place, name);
    redis_note(s->redis, &s->place, why);
    if (!*told && !fiber_cancelled())
        log_event(LOG_WARN, "redis.unreachable", log_str("server.address", name),
                  log_str("usher.connection", "sentinel"), log_str("error.message", why),
                  log_err(err));
    *told = true;
}

static void keep_sentinel(void *arg)
{
    struct redis_sentinel *s = arg;
    struct redis *r = s->redis;
    char why[NET_TLS_WHY_MAX];
    bool told = false;
    int64_t pause_ms = ASK_MS;
    while (!fiber_cancelled()) {
        int err = redis_link_open(&s->link, &r->target, &s->place, REDIS_TO_A_SENTINEL, r->loop,
                                  on_answer, deadline_after_ms(fiber_now_ns(), REDIS_SURE_MS), why);
        const bool opened = err == 0;
        while (err == 0 && (err = ask(s)) == 0) {
            told = false;
            pause_ms = ASK_MS;
            (void)fiber_sleep_until(deadline_after_ms(fiber_now_ns(), ASK_MS));
            if (fiber_cancelled())
                err = ERR_CANCELLED;
        }
        if (opened)
            snprintf(why, sizeof(why), "%s",
                     s->link.why[0] ? s->link.why : "it was reached and answers no more");
        tell(s, err, why, &told);
        redis_link_close(&s->link);
        (void)fiber_sleep_until(deadline_after_ms(fiber_now_ns(), pause_ms));
        pause_ms = 2 * pause_ms < REDIS_RETRY_MAX_MS ? 2 * pause_ms : REDIS_RETRY_MAX_MS;
    }
}

int redis_sentinels_start(struct redis *r)
{
    int err = 0;
    for (uint32_t i = 0; err == 0 && i < r->target.place_count; i++) {
        r->sentinels[i].redis = r;
        r->sentinels[i].place = r->target.places[i];
        err = fiber_spawn(&r->scope, keep_sentinel, &r->sentinels[i]);
    }
    return err;
}
