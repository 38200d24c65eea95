/* Connections: opened, tended, opened again. */
#include <stdio.h>
#include <stdlib.h>

#include "db/redis_body.h"
#include "err/err.h"
#include "observe/log.h"
#include "observe/metrics.h"

#define TEND_MS (REDIS_SURE_MS / 8)

METRIC_COUNTER(redis_lost, "usher_redis_lost_total", "Connections to Redis that broke.", "");
METRIC_GAUGE(redis_nodes, "usher_redis_nodes", "Servers of Redis that commands can go to now.", "");

/* ---- opening, the same for both ---- */

struct keeper {
    struct redis *redis;
    const char *which;
    int64_t pause_ms;
    bool told;
};

void redis_note(struct redis *r, const struct redis_place *place, const char *why)
{
    char name[REDIS_PLACE_TEXT_MAX];
    redis_place_text(place, name);
    pthread_mutex_lock(&r->lock);
    snprintf(r->why, sizeof(r->why), "%.255s: %.250s", name, why);
    pthread_mutex_unlock(&r->lock);
}

static void tell(struct keeper *k, const struct redis_place *place, int err, const char *why)
{
    char name[REDIS_PLACE_TEXT_MAX];
    redis_place_text(place, name);
    if (err == 0) {
        log_event(LOG_INFO, "redis.connect", log_str("server.address", name),
                  log_str("usher.connection", k->which));
        k->told = false;
        k->pause_ms = REDIS_RETRY_MS;
        return;
    }
    if (!k->told && !fiber_cancelled())
        log_event(LOG_WARN, "redis.unreachable", log_str("server.address", name),
                  log_str("usher.connection", k->which), log_str("error.message", why),
                  log_err(err));
    k->told = true;
}

static void tell_lost(const struct keeper *k, const struct redis_place *place)
{
    char name[REDIS_PLACE_TEXT_MAX];
    if (fiber_cancelled())
        return;
    redis_place_text(place, name);
    metric_add(&redis_lost, 1);
    log_event(LOG_WARN, "redis.lost", log_str("server.address", name),
              log_str("usher.connection", k->which));
}

/* Longer each time; whoever knows something new ends it. */
static void rest(struct keeper *k)
{
    (void)fiber_park(deadline_after_ms(fiber_now_ns(), k->pause_ms));
    k->pause_ms = 2 * k->pause_ms < REDIS_RETRY_MAX_MS ? 2 * k->pause_ms : REDIS_RETRY_MAX_MS;
}

static int open_link(struct keeper *k, struct redis_link *link, const struct redis_place *place,
                     void (*answer)(struct redis_link *link, redisReply *reply))
{
    char why[NET_TLS_WHY_MAX];
    struct redis *r = k->redis;
    const bool watched = r->target.kind == REDIS_SENTINEL;
    int err = redis_link_open(
        link, &r->target, place, watched ? REDIS_TO_ASK_A_MASTER : REDIS_TO_ASK, r->loop, answer,
        deadline_after_ms(fiber_now_ns(), watched ? REDIS_SURE_MS : REDIS_CONNECT_MAX_MS), why);
    tell(k, place, err, why);
    if (err)
        redis_note(r, place, why);
    return err;
}

/* ---- a node ---- */

static void on_answer(struct redis_link *link, redisReply *reply)
{
    struct redis_node *node = list_of(link, struct redis_node, commands);
    if (list_empty(&node->asked)) {
        freeReplyObject(reply);
        link->broken = true; /* an answer to nothing: we have lost count */
        return;
    }
    struct redis_call *call = list_of(node->asked.next, struct redis_call, link);
    if (call->skips > 0) {
        call->skips--;
        freeReplyObject(reply);
        return;
    }
    redis_finish(call, 0, reply);
}

/* Waits until the connection breaks or the fiber is cancelled. Silence is a break: whoever stands
 * still (SIGSTOP, a cut without a word) is as good as gone. So is a master of which the sentinels
 * say nothing any more. */
static void tend(struct redis_node *node)
{
    const struct redis *r = node->redis;
    while (!fiber_cancelled() && !node->commands.broken && !node->gone) {
        const int64_t now_ns = fiber_now_ns();
        if (!list_empty(&node->asked)) {
            const struct redis_call *oldest = list_of(node->asked.next, struct redis_call, link);
            if (now_ns - oldest->sent_ns > REDIS_SILENT_MAX_MS * NS_PER_MS)
                node->commands.broken = true;
        }
        if (!redis_is_sure(r, now_ns))
            node->commands.broken = true;
        if (!node->commands.broken)
            (void)fiber_park(deadline_after_ms(
                now_ns, r->target.kind == REDIS_SENTINEL ? TEND_MS : REDIS_SILENT_MAX_MS / 4));
    }
}

static void use(struct redis_node *node)
{
    node->open = true;
    metric_add(&redis_nodes, 1);
    redis_look_open(node->redis);
    redis_cluster_kick(node->redis);
    tend(node);
    node->open = false;
    metric_add(&redis_nodes, -1);
    redis_look_open(node->redis);
    node->commands.broken = true;
    while (!list_empty(&node->asked))
        redis_finish(list_of(node->asked.next, struct redis_call, link), ERR_UNKNOWN, NULL);
    redis_cluster_kick(node->redis);
}

static void keep_node(void *arg)
{
    struct redis_node *node = arg;
    struct redis *r = node->redis;
    struct keeper k = {.redis = r, .which = "commands", .pause_ms = REDIS_RETRY_MS};
    node->keeper = fiber_self();
    while (!fiber_cancelled() && !node->gone) {
        if (r->target.kind == REDIS_SENTINEL) {
            if (!redis_is_sure(r, fiber_now_ns())) {
                (void)fiber_park(deadline_after_ms(fiber_now_ns(), REDIS_SURE_MS));
                continue;
            }
            node->place = r->master;
        }
        const struct redis_place place = node->place;
        if (open_link(&k, &node->commands, &place, on_answer) == 0) {
            use(node);
            if (!node->gone)
                tell_lost(&k, &place);
            redis_link_close(&node->commands);
        } else if (!node->gone) {
            rest(&k);
        }
    }
    node->keeper = NULL;
    list_remove(&node->link);
    r->node_count--;
    redis_cluster_forget(node);
    free(node);
}

struct redis_node *redis_node_at(struct redis *r, const struct redis_place *place)
{
    list_each (link, &r->nodes) {
        struct redis_node *node = list_of(link, struct redis_node, link);
        if (!node->gone && redis_place_eq(&node->place, place))
            return node;
    }
    struct redis_node *node = r->node_count < REDIS_NODES_MAX ? calloc(1, sizeof(*node)) : NULL;
    if (!node)
        return NULL;
    node->redis = r;
    node->place = *place;
    list_init(&node->asked);
    if (fiber_spawn(&r->scope, keep_node, node) != 0) {
        free(node);
        return NULL;
    }
    list_append(&r->nodes, &node->link);
    r->node_count++;
    return node;
}

void redis_node_drop(struct redis_node *node)
{
    node->gone = true;
    redis_cluster_forget(node);
    redis_link_break(&node->commands);
    if (node->keeper)
        fiber_unpark(node->keeper);
}

void redis_look_open(struct redis *r)
{
    bool all = r->node_count > 0, any = false;
    list_each (link, &r->nodes) {
        const struct redis_node *node = list_of(link, struct redis_node, link);
        all &= node->open;
        any |= node->open;
    }
    atomic_store(&r->open, r->target.kind == REDIS_CLUSTER ? any && r->charted : all);
}

/* ---- channels ---- */

static void on_news(struct redis_link *link, redisReply *reply)
{
    struct redis *r = list_of(link, struct redis, news);
    struct view channel, text;
    if (redis_news_read(reply, &channel, &text)) {
        for (uint32_t i = 0; i < r->subscription_count; i++) {
            const struct subscription *s = &r->subscriptions[i];
            if (view_eq(channel, view_str(s->channel)))
                s->heard(s->state, text);
        }
    }
    freeReplyObject(reply);
}

/* Whether what is said there is still what all others hear. */
static bool is_right(const struct redis *r)
{
    list_each (link, &r->nodes) {
        const struct redis_node *node = list_of(link, struct redis_node, link);
        if (redis_place_eq(&node->place, &r->news_place))
            return !node->gone && (node->open || r->target.kind == REDIS_ONE);
    }
    return false;
}

static void tend_news(struct redis *r)
{
    int err = 0;
    for (uint32_t i = 0; err == 0 && i < r->subscription_count; i++)
        err = redis_format(&r->news.out,
                           WORDS(VIEW_LIT("SUBSCRIBE"), view_str(r->subscriptions[i].channel)));
    redis_link_touch(&r->news);
    while (err == 0 && !fiber_cancelled() && !r->news.broken && is_right(r))
        (void)fiber_park(r->target.kind == REDIS_ONE
                             ? DEADLINE_NEVER
                             : deadline_after_ms(fiber_now_ns(), REDIS_SURE_MS / 2));
}

/* Channels are heard at any node of a cluster (Redis, "Pub/Sub"). */
static void keep_news(void *arg)
{
    struct redis *r = arg;
    struct keeper k = {.redis = r, .which = "news", .pause_ms = REDIS_RETRY_MS};
    while (!fiber_cancelled()) {
        const struct redis_node *node = redis_node_for(r, -1);
        if (!node && r->target.kind == REDIS_ONE && !list_empty(&r->nodes))
            node = list_of(r->nodes.next, struct redis_node, link);
        if (node)
            r->news_place = node->place;
        if (node && open_link(&k, &r->news, &r->news_place, on_news) == 0) {
            tend_news(r);
            tell_lost(&k, &r->news_place);
            redis_link_close(&r->news);
        } else {
            rest(&k);
        }
    }
}

int redis_news_start(struct redis *r)
{
    return fiber_spawn(&r->scope, keep_news, r);
}
