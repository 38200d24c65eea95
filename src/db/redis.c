#include "db/redis.h"

#include <pthread.h>
#include <stdlib.h>

#include "db/redis_body.h"
#include "err/err.h"
#include "observe/log.h"
#include "observe/metrics.h"

METRIC_COUNTER(redis_calls, "usher_redis_calls_total", "Commands sent to Redis.", "");
METRIC_COUNTER(redirects, "usher_redis_redirects_total",
               "Commands that a node of a cluster sent to another (MOVED, ASK).", "");

/* On the caller's stack. */
struct redis_giving_up {
    struct waiter waiter;
    bool abandoned;
};

static void free_call(struct redis_call *call)
{
    atomic_fetch_sub(&call->redis->call_count, 1);
    if (call->reply)
        freeReplyObject(call->reply);
    buf_release(&call->words);
    free(call);
}

/* ---- on the worker's loop ---- */

void redis_finish(struct redis_call *call, int result, redisReply *reply)
{
    list_remove(&call->link);
    call->asked = false;
    if (call->abandoned) {
        call->reply = reply;
        free_call(call);
        return;
    }
    call->result = result;
    call->reply = reply;
    waiter_wake(&call->waiter);
}

/* The node that a node has named is new where we did not know it: it is not open yet. */
static struct redis_node *find_node(struct redis_call *call)
{
    struct redis *r = call->redis;
    const struct redis_route *route = &call->route;
    if (route->place.port == 0)
        return redis_node_for(r, route->slot);
    struct redis_node *node = redis_node_at(r, &route->place);
    if (node && route->slot >= 0 && !route->asking && r->slots[route->slot] != node) {
        r->slots[route->slot] = node;
        redis_cluster_kick(r);
    }
    return node;
}

static int send_call(struct redis_call *call, struct redis_node *node)
{
    struct redis *r = call->redis;
    if (!node || !node->open || node->commands.broken)
        return ERR_UNAVAILABLE;
    int err = 0;
    if (call->route.asking) { /* one that fails halfway breaks the connection: it has lost count */
        err = redis_format(&node->commands.out, WORDS(VIEW_LIT("ASKING")));
        call->skips = 1;
    }
    if (err == 0)
        err = buf_append_view(&node->commands.out, buf_view(&call->words));
    if (err) {
        if (call->route.asking)
            redis_link_break(&node->commands);
        return err;
    }
    call->sent_ns = loop_now_ns(r->loop);
    call->asked = true;
    list_append(&node->asked, &call->link);
    redis_link_touch(&node->commands);
    return 0;
}

static void on_call(struct loop_task *task)
{
    struct redis_call *call = list_of(task, struct redis_call, task);
    int err = send_call(call, find_node(call));
    if (err)
        redis_finish(call, err, NULL);
}

/* The caller's time is up. The answer, or the end of the connection, frees the call. */
static void on_give_up(struct loop_task *task)
{
    struct redis_call *call = list_of(task, struct redis_call, give_up);
    struct redis_giving_up *gives_up = call->gives_up;
    if (call->asked) {
        call->abandoned = gives_up->abandoned = true;
        waiter_give_up(&call->waiter);
    }
    waiter_wake(&gives_up->waiter);
}

/* ---- from outside ---- */

static void start(void *arg)
{
    struct redis *r = arg;
    scope_init(&r->scope);
    if (r->target.kind == REDIS_CLUSTER) {
        r->started = redis_cluster_start(r);
        return;
    }
    /* Of sentinels: no place yet, and the port says so. */
    const struct redis_place nowhere = {.port = 0};
    const bool watched = r->target.kind == REDIS_SENTINEL;
    r->started = redis_node_at(r, watched ? &nowhere : &r->target.places[0]) ? 0 : ERR_NO_MEMORY;
    if (r->started == 0 && watched)
        r->started = redis_sentinels_start(r);
}

static void stop(void *arg)
{
    scope_close(&((struct redis *)arg)->scope);
}

int redis_new(const char *url, struct worker *worker, char *ret_why, struct redis **ret_redis)
{
    struct redis *r = calloc(1, sizeof(*r));
    if (!r)
        return ERR_NO_MEMORY;
    r->worker = worker;
    r->loop = worker_loop(worker);
    list_init(&r->nodes);
    pthread_mutex_init(&r->lock, NULL);
    int err = redis_target_read(url, &r->target, ret_why);
    if (err == 0)
        err = worker_call(worker, start, r);
    if (err == 0 && r->started) {
        err = r->started;
        int stopped = worker_call(worker, stop, r);
        assert(stopped == 0);
    }
    if (err) {
        pthread_mutex_destroy(&r->lock);
        free(r);
        return err;
    }
    *ret_redis = r;
    return 0;
}

void redis_free(struct redis *r)
{
    if (!r)
        return;
    int err = worker_call(r->worker, stop, r);
    assert(err == 0);
    assert(atomic_load(&r->call_count) == 0 && list_empty(&r->nodes));
    explicit_bzero(&r->target, sizeof(r->target));
    pthread_mutex_destroy(&r->lock);
    free(r);
}

const char *redis_name(const struct redis *r)
{
    return r->target.name;
}

bool redis_is_open(const struct redis *r)
{
    return atomic_load(&r->open);
}

enum redis_kind redis_kind(const struct redis *r)
{
    return r->target.kind;
}

void redis_why(struct redis *r, char ret_why[REDIS_WHY_MAX])
{
    pthread_mutex_lock(&r->lock);
    memcpy(ret_why, r->why, sizeof(r->why));
    pthread_mutex_unlock(&r->lock);
}

static void spawn_news(void *arg)
{
    struct redis *r = arg;
    r->started = redis_news_start(r);
}

void redis_subscribe(struct redis *r, const char *channel,
                     void (*heard)(void *state, struct view message), void *state)
{
    assert(r->subscription_count < REDIS_SUBSCRIPTIONS_MAX);
    r->subscriptions[r->subscription_count++] =
        (struct subscription){.channel = channel, .heard = heard, .state = state};
    if (r->subscription_count == 1) {
        int err = worker_call(r->worker, spawn_news, r);
        assert(err == 0 && r->started == 0); /* the worker has just begun */
    }
}

static int new_call(struct redis *r, const struct view *words, size_t count,
                    const struct redis_route *route, struct redis_call **ret_call)
{
    assert(count > 0 && count <= REDIS_WORDS_MAX);
    struct redis_call *call = calloc(1, sizeof(*call));
    if (!call)
        return ERR_NO_MEMORY;
    call->redis = r;
    call->route = *route;
    call->task.run = on_call;
    call->give_up.run = on_give_up;
    buf_init(&call->words, REDIS_UNSENT_MAX);
    const uint32_t before = atomic_fetch_add(&r->call_count, 1);
    int err = before < REDIS_CALLS_MAX ? redis_format(&call->words, words, count) : ERR_FULL;
    if (err) {
        free_call(call);
        return err;
    }
    *ret_call = call;
    return 0;
}

/* True: it was answered after all. False: the call is somebody else's now, or nobody's. */
static bool give_up(struct redis_call *call)
{
    struct redis_giving_up gives_up = {0};
    waiter_init(&gives_up.waiter);
    call->gives_up = &gives_up;
    loop_post(call->redis->loop, &call->give_up);
    waiter_wait(&gives_up.waiter);
    return !gives_up.abandoned;
}

int redis_call_once(struct redis *r, const struct view *words, size_t count,
                    const struct redis_route *route, redisReply **ret_reply, int64_t deadline_ns)
{
    struct redis_call *call;
    int err = new_call(r, words, count, route, &call);
    if (err)
        return err;
    metric_add(&redis_calls, 1);
    waiter_init(&call->waiter);
    loop_post(r->loop, &call->task);
    if (!waiter_wait_until(&call->waiter, deadline_ns)) {
        if (!give_up(call))
            return ERR_TIMEOUT;
        waiter_wait(&call->waiter); /* woken in the last moment */
    }
    err = call->result;
    if (err == 0) {
        *ret_reply = call->reply;
        call->reply = NULL;
    }
    free_call(call);
    return err;
}

/* ---- answers that are errors ---- */

static int meaning_of(const redisReply *reply)
{
    const struct view text = redis_text(reply);
    static const char *const passing[] = {"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN",
                                          "TRYAGAIN"};
    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
        if (view_starts(text, view_str(passing[i])))
            return ERR_BUSY;
    log_event(LOG_ERROR, "redis.refuse", log_view("error.message", text));
    return ERR_INVALID;
}

/* Commands name their key first; a script after its own text and their number. */
static int slot_of(const struct view *words, size_t count)
{
    const size_t at = view_eq(words[0], VIEW_LIT("EVAL")) ? 3 : 1;
    return count > at ? redis_slot_of(words[at]) : -1;
}

static void pause_until(int64_t at_ns)
{
    struct waiter waiter;
    waiter_init(&waiter);
    if (!waiter_wait_until(&waiter, at_ns))
        waiter_give_up(&waiter);
}

/* Whether to send it again, after what a cluster has said: nothing was done, in all these cases. */
static bool goes_on(struct redis *r, int err, const redisReply *reply, struct redis_route *route,
                    uint32_t *tries, int64_t deadline_ns)
{
    const struct view text =
        err == 0 && reply->type == REDIS_REPLY_ERROR ? redis_text(reply) : (struct view){0};
    const int64_t now_ns = clock_mono_ns(clock_system());
    const bool passes =
        view_starts(text, VIEW_LIT("TRYAGAIN")) || view_starts(text, VIEW_LIT("CLUSTERDOWN"));
    if (r->target.kind != REDIS_CLUSTER || ++*tries > REDIS_TRIES_MAX)
        return false;
    if (redis_redirect_read(text, route)) {
        metric_add(&redirects, 1);
        return true;
    }
    if (err != ERR_UNAVAILABLE && !passes)
        return false;
    if (deadline_after_ms(now_ns, REDIS_PAUSE_MS) >= deadline_ns)
        return false;
    pause_until(deadline_after_ms(now_ns, REDIS_PAUSE_MS));
    if (!route->asking && *tries % 4 == 0) /* where it was sent may be gone by now */
        route->place.port = 0;
    return true;
}

int redis_call(struct redis *r, const struct view *words, size_t count, redisReply **ret_reply,
               int64_t deadline_ns)
{
    struct redis_route route = {.slot =
                                    r->target.kind == REDIS_CLUSTER ? slot_of(words, count) : -1};
    redisReply *reply = NULL;
    uint32_t tries = 0;
    int err = redis_call_once(r, words, count, &route, &reply, deadline_ns);
    while (goes_on(r, err, reply, &route, &tries, deadline_ns)) {
        if (err == 0)
            freeReplyObject(reply);
        err = redis_call_once(r, words, count, &route, &reply, deadline_ns);
    }
    if (err == 0 && reply->type == REDIS_REPLY_ERROR) {
        err = meaning_of(reply);
        freeReplyObject(reply);
    }
    if (err == 0)
        *ret_reply = reply;
    return err;
}
