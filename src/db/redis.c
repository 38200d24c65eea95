#include "db/redis.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "db/redis_link.h"
#include "db/waiter.h"
#include "err/err.h"
#include "mem/list.h"
#include "observe/log.h"
#include "observe/metrics.h"

METRIC_COUNTER(redis_calls, "usher_redis_calls_total", "Commands sent to Redis.", "");
METRIC_COUNTER(redis_lost, "usher_redis_lost_total", "Connections to Redis that broke.", "");

struct subscription {
    const char *channel;
    void (*heard)(void *state, struct view message);
    void *state;
};

struct redis {
    struct redis_target target;
    struct worker *worker;
    struct loop *loop;
    atomic_bool open;
    atomic_uint call_count;

    /* the worker's thread alone */
    struct scope scope; /* of the two keepers */
    struct redis_link commands;
    struct list asked; /* calls whose answers have not come, in order */
    struct redis_link news;
    struct subscription subscriptions[REDIS_SUBSCRIPTIONS_MAX];
    uint32_t subscription_count;
    int started; /* the result of starting */
};

/* On the caller's stack. */
struct giving_up {
    struct waiter waiter;
    bool abandoned;
};

/* A command under way. Its caller may give up: then whoever has the other end frees it. */
struct redis_call {
    struct redis *redis;
    struct list link; /* in asked */
    struct buf words;
    struct loop_task task;
    struct loop_task give_up;
    struct waiter waiter;       /* the caller's */
    struct giving_up *gives_up; /* the caller waits for no answer any more, but for this */
    int64_t sent_ns;
    bool asked;     /* in the list */
    bool abandoned; /* nobody wants the answer */
    int result;
    redisReply *reply;
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

static void finish(struct redis_call *call, int result, redisReply *reply)
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

static void on_answer(struct redis_link *link, redisReply *reply)
{
    struct redis *r = list_of(link, struct redis, commands);
    if (list_empty(&r->asked)) {
        freeReplyObject(reply);
        link->broken = true; /* an answer to nothing: we have lost count */
        return;
    }
    finish(list_of(r->asked.next, struct redis_call, link), 0, reply);
}

static void on_call(struct loop_task *task)
{
    struct redis_call *call = list_of(task, struct redis_call, task);
    struct redis *r = call->redis;
    if (!atomic_load(&r->open) || r->commands.broken) {
        finish(call, ERR_UNAVAILABLE, NULL);
        return;
    }
    int err = buf_append_view(&r->commands.out, buf_view(&call->words));
    if (err) {
        finish(call, err, NULL);
        return;
    }
    call->sent_ns = loop_now_ns(r->loop);
    call->asked = true;
    list_append(&r->asked, &call->link);
    redis_link_touch(&r->commands);
}

/* The caller's time is up. The answer, or the end of the connection, frees the call. */
static void on_give_up(struct loop_task *task)
{
    struct redis_call *call = list_of(task, struct redis_call, give_up);
    struct giving_up *gives_up = call->gives_up;
    if (call->asked) {
        call->abandoned = gives_up->abandoned = true;
        waiter_give_up(&call->waiter);
    }
    waiter_wake(&gives_up->waiter);
}

/* ---- keepers: a fiber for each of the two connections ---- */

/* Waits until the connection breaks or the fiber is cancelled. Silence is a break: whoever stands
 * still (SIGSTOP, a cut without a word) is as good as gone. */
static void tend_commands(struct redis *r)
{
    while (!fiber_cancelled() && !r->commands.broken) {
        const int64_t now_ns = fiber_now_ns();
        if (!list_empty(&r->asked)) {
            const struct redis_call *oldest = list_of(r->asked.next, struct redis_call, link);
            if (now_ns - oldest->sent_ns > REDIS_SILENT_MAX_MS * NS_PER_MS)
                r->commands.broken = true;
        }
        (void)fiber_park(deadline_after_ms(now_ns, REDIS_SILENT_MAX_MS / 4));
    }
}

static void lose_all(struct redis *r)
{
    while (!list_empty(&r->asked))
        finish(list_of(r->asked.next, struct redis_call, link), ERR_UNKNOWN, NULL);
}

/* Opens, tends, opens again. */
static void keep(struct redis *r, struct redis_link *link, const char *which,
                 void (*answer)(struct redis_link *link, redisReply *reply),
                 void (*tend)(struct redis *r))
{
    int64_t pause_ms = REDIS_RETRY_MS;
    bool told = false;
    while (!fiber_cancelled()) {
        int err = redis_link_open(link, &r->target, r->loop, answer,
                                  deadline_after_ms(fiber_now_ns(), REDIS_CONNECT_MAX_MS));
        if (err == 0) {
            log_event(LOG_INFO, "redis.connect", log_str("server.address", r->target.name),
                      log_str("usher.connection", which));
            told = false;
            pause_ms = REDIS_RETRY_MS;
            tend(r);
            if (!fiber_cancelled()) {
                metric_add(&redis_lost, 1);
                log_event(LOG_WARN, "redis.lost", log_str("server.address", r->target.name),
                          log_str("usher.connection", which));
            }
            redis_link_close(link);
            continue;
        }
        if (!told && !fiber_cancelled())
            log_event(LOG_WARN, "redis.unreachable", log_str("server.address", r->target.name),
                      log_str("usher.connection", which), log_err(err));
        told = true;
        fiber_sleep_until(deadline_after_ms(fiber_now_ns(), pause_ms));
        pause_ms = 2 * pause_ms < REDIS_RETRY_MAX_MS ? 2 * pause_ms : REDIS_RETRY_MAX_MS;
    }
}

static void tend_open(struct redis *r)
{
    atomic_store(&r->open, true);
    tend_commands(r);
    atomic_store(&r->open, false);
    r->commands.broken = true;
    lose_all(r);
}

static void keep_commands(void *arg)
{
    struct redis *r = arg;
    keep(r, &r->commands, "commands", on_answer, tend_open);
}

/* ---- channels ---- */

static struct view text_of(const redisReply *reply)
{
    return reply && (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS)
               ? view_of(reply->str, (size_t)reply->len)
               : (struct view){0};
}

/* ["message", channel, text], or ["subscribe", channel, count]. */
static void on_news(struct redis_link *link, redisReply *reply)
{
    struct redis *r = list_of(link, struct redis, news);
    const bool is_three = reply->type == REDIS_REPLY_ARRAY && reply->elements == 3;
    const struct view kind = is_three ? text_of(reply->element[0]) : (struct view){0};
    const bool is_message = view_eq(kind, VIEW_LIT("message"));
    if (is_message || view_eq(kind, VIEW_LIT("subscribe"))) {
        const struct view channel = text_of(reply->element[1]);
        for (uint32_t i = 0; i < r->subscription_count; i++) {
            const struct subscription *s = &r->subscriptions[i];
            if (view_eq(channel, view_str(s->channel)))
                s->heard(s->state, is_message ? text_of(reply->element[2]) : (struct view){0});
        }
    }
    freeReplyObject(reply);
}

static void tend_news(struct redis *r)
{
    int err = 0;
    for (uint32_t i = 0; err == 0 && i < r->subscription_count; i++)
        err = redis_format(
            &r->news.out,
            (const struct view[]){VIEW_LIT("SUBSCRIBE"), view_str(r->subscriptions[i].channel)}, 2);
    redis_link_touch(&r->news);
    while (err == 0 && !fiber_cancelled() && !r->news.broken)
        (void)fiber_park(DEADLINE_NEVER);
}

static void keep_news(void *arg)
{
    struct redis *r = arg;
    keep(r, &r->news, "news", on_news, tend_news);
}

/* ---- from outside ---- */

static void start(void *arg)
{
    struct redis *r = arg;
    scope_init(&r->scope);
    r->started = fiber_spawn(&r->scope, keep_commands, r);
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
    list_init(&r->asked);
    int err = redis_target_read(url, &r->target, ret_why);
    if (err == 0)
        err = worker_call(worker, start, r);
    if (err == 0)
        err = r->started;
    if (err) {
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
    assert(atomic_load(&r->call_count) == 0);
    explicit_bzero(&r->target, sizeof(r->target));
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

static void spawn_news(void *arg)
{
    struct redis *r = arg;
    r->started = fiber_spawn(&r->scope, keep_news, r);
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
                    struct redis_call **ret_call)
{
    assert(count > 0 && count <= REDIS_WORDS_MAX);
    struct redis_call *call = calloc(1, sizeof(*call));
    if (!call)
        return ERR_NO_MEMORY;
    call->redis = r;
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

/* What an answer that is an error means. */
static int meaning_of(const redisReply *reply)
{
    const struct view text = view_of(reply->str, (size_t)reply->len);
    const bool later = view_starts(text, VIEW_LIT("LOADING")) ||
                       view_starts(text, VIEW_LIT("READONLY")) ||
                       view_starts(text, VIEW_LIT("MASTERDOWN"));
    if (!later)
        log_event(LOG_ERROR, "redis.refuse", log_view("error.message", text));
    return later ? ERR_BUSY : ERR_INVALID;
}

/* True: it was answered after all. False: the call is somebody else's now, or nobody's. */
static bool give_up(struct redis_call *call)
{
    struct giving_up gives_up = {0};
    waiter_init(&gives_up.waiter);
    call->gives_up = &gives_up;
    loop_post(call->redis->loop, &call->give_up);
    waiter_wait(&gives_up.waiter);
    return !gives_up.abandoned;
}

int redis_call(struct redis *r, const struct view *words, size_t count, redisReply **ret_reply,
               int64_t deadline_ns)
{
    struct redis_call *call;
    int err = new_call(r, words, count, &call);
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
    if (err == 0 && call->reply->type == REDIS_REPLY_ERROR)
        err = meaning_of(call->reply);
    if (err == 0) {
        *ret_reply = call->reply;
        call->reply = NULL;
    }
    free_call(call);
    return err;
}
