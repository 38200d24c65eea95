#include "bench/peers/seat_lock.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/redis_link.h"
#include "db/url.h"
#include "db/waiter.h"
#include "err/err.h"

#define NAME_MAX_BYTES 40
#define OPEN_MS        5000
#define LOOK_MS        5
#define NAME           "seat:"
#define SCRIPT_HASH    40

static const char unlock_script[] = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
                                    "redis.call('DEL', KEYS[1])\n"
                                    "redis.call('PUBLISH', KEYS[2], '0')\n"
                                    "return 1\n";

/* Who waits for one seat. */
struct gate {
    struct seat_locks *locks;
    enum { GATE_SILENT, GATE_ASKED, GATE_HEARD } state; /* of its channel */
    bool missed;         /* it was unlocked while nobody waited: the next one need not */
    struct list waiting; /* struct turn */
    struct loop_task subscribe;
};

struct seat_locks {
    struct redis *redis;
    struct worker *worker;
    struct redis_target target;
    struct redis_link news;
    char unlock_hash[SCRIPT_HASH + 1];
    pthread_mutex_t lock; /* guards the gates */
    struct gate *gates;   /* a seat */
    uint32_t count;
    int opened;
};

/* On the stack of the one who waits. */
struct turn {
    struct list link;
    struct waiter waiter;
};

static struct view key_of(uint32_t seat, char bytes[NAME_MAX_BYTES])
{
    return view_of(bytes, (size_t)snprintf(bytes, NAME_MAX_BYTES, NAME "%u", seat));
}

static struct view channel_of(uint32_t seat, char bytes[NAME_MAX_BYTES])
{
    return view_of(bytes, (size_t)snprintf(bytes, NAME_MAX_BYTES, NAME "%u:free", seat));
}

/* ---- on the worker's loop ---- */

static bool wake_first(struct gate *gate)
{
    struct list *link = list_take(&gate->waiting);
    if (link)
        waiter_wake(&list_of(link, struct turn, link)->waiter);
    return link != NULL;
}

/* "seat:7:free": it is subscribed to now, or the seat was unlocked. */
static void on_news(struct redis_link *link, redisReply *reply)
{
    struct seat_locks *locks = list_of(link, struct seat_locks, news);
    struct view channel, text;
    const bool is_news = redis_news_read(reply, &channel, &text);
    const unsigned long seat = is_news && view_starts(channel, VIEW_LIT(NAME))
                                   ? strtoul(channel.at + strlen(NAME), NULL, 10)
                                   : locks->count;
    pthread_mutex_lock(&locks->lock);
    if (seat < locks->count) {
        struct gate *gate = &locks->gates[seat];
        const bool subscribed = gate->state == GATE_ASKED;
        gate->state = GATE_HEARD;
        while (subscribed && wake_first(gate)) /* it may have been unlocked before */
            continue;
        if (!subscribed)
            gate->missed |= !wake_first(gate);
    }
    pthread_mutex_unlock(&locks->lock);
    freeReplyObject(reply);
}

static void subscribe(struct loop_task *task)
{
    struct gate *gate = list_of(task, struct gate, subscribe);
    struct seat_locks *locks = gate->locks;
    char channel[NAME_MAX_BYTES];
    const uint32_t seat = (uint32_t)(gate - locks->gates);
    if (redis_format(&locks->news.out, WORDS(VIEW_LIT("SUBSCRIBE"), channel_of(seat, channel))))
        redis_link_break(&locks->news); /* whoever waits tries again when the lease ends */
    redis_link_touch(&locks->news);
}

static void open_news(void *arg)
{
    struct seat_locks *locks = arg;
    char why[NET_TLS_WHY_MAX];
    locks->opened = redis_link_open(&locks->news, &locks->target, &locks->target.places[0],
                                    REDIS_TO_ASK, worker_loop(locks->worker), on_news,
                                    deadline_after_ms(fiber_now_ns(), OPEN_MS), why);
    locks->news.waiter = NULL; /* nobody tends it */
}

/* ---- opening ---- */

static int load_script(struct seat_locks *locks)
{
    redisReply *reply;
    int err = ERR_UNAVAILABLE;
    for (int waited = 0; !redis_is_open(locks->redis) && waited < OPEN_MS; waited += LOOK_MS)
        poll(NULL, 0, LOOK_MS);
    err = redis_call(locks->redis,
                     WORDS(VIEW_LIT("SCRIPT"), VIEW_LIT("LOAD"), view_str(unlock_script)), &reply,
                     deadline_after_ms(clock_mono_ns(clock_system()), OPEN_MS));
    if (err)
        return err;
    const struct view hash = redis_text(reply);
    if (hash.len == SCRIPT_HASH)
        memcpy(locks->unlock_hash, hash.at, SCRIPT_HASH);
    else
        err = ERR_UNSUPPORTED;
    freeReplyObject(reply);
    return err;
}

int seat_locks_new(struct redis *redis, const char *url, struct worker *worker, uint32_t count,
                   struct seat_locks **ret_locks)
{
    char why[URL_WHY_MAX];
    struct seat_locks *locks = calloc(1, sizeof(*locks));
    struct gate *gates = calloc(count, sizeof(*gates));
    if (!locks || !gates) {
        free(locks);
        free(gates);
        return ERR_NO_MEMORY;
    }
    *locks = (struct seat_locks){.redis = redis, .worker = worker, .gates = gates, .count = count};
    pthread_mutex_init(&locks->lock, NULL);
    for (uint32_t i = 0; i < count; i++) {
        gates[i] = (struct gate){.locks = locks, .subscribe.run = subscribe};
        list_init(&gates[i].waiting);
    }
    int err = redis_target_read(url, &locks->target, why);
    err = err ? err : worker_call(worker, open_news, locks);
    err = err ? err : locks->opened;
    err = err ? err : load_script(locks);
    *ret_locks = locks; /* for as long as the process lives */
    return err;
}

/* ---- taking ---- */

static struct view token_text(struct id token, char text[ID_TEXT_CHARS + 1])
{
    id_format(token, text);
    return view_of(text, ID_TEXT_CHARS);
}

/* ERR_CONFLICT: somebody has it. */
static int try(struct seat_locks *locks, uint32_t seat, struct id token, int64_t deadline_ns)
{
    char key[NAME_MAX_BYTES], text[ID_TEXT_CHARS + 1], lease[16];
    redisReply *reply;
    snprintf(lease, sizeof(lease), "%d", SEAT_LOCK_LEASE_MS);
    int err = redis_call(locks->redis,
                         WORDS(VIEW_LIT("SET"), key_of(seat, key), token_text(token, text),
                               VIEW_LIT("NX"), VIEW_LIT("PX"), view_str(lease)),
                         &reply, deadline_ns);
    if (err)
        return err;
    err = reply->type == REDIS_REPLY_NIL ? ERR_CONFLICT : 0;
    freeReplyObject(reply);
    return err;
}

/* Until it is worth trying again. */
static void await(struct gate *gate, int64_t until_ns)
{
    struct seat_locks *locks = gate->locks;
    struct turn turn = {0};
    pthread_mutex_lock(&locks->lock);
    const bool missed = gate->missed;
    gate->missed = false;
    const bool asks = gate->state == GATE_SILENT;
    if (asks)
        gate->state = GATE_ASKED;
    if (!missed) {
        waiter_init(&turn.waiter);
        list_append(&gate->waiting, &turn.link);
    }
    pthread_mutex_unlock(&locks->lock);
    if (asks)
        loop_post(worker_loop(locks->worker), &gate->subscribe);
    if (missed || waiter_wait_until(&turn.waiter, until_ns))
        return;
    pthread_mutex_lock(&locks->lock);
    const bool late = list_linked(&turn.link);
    if (late)
        list_remove(&turn.link);
    pthread_mutex_unlock(&locks->lock);
    if (late)
        waiter_give_up(&turn.waiter);
    else
        waiter_wait(&turn.waiter); /* woken in the last moment */
}

int seat_lock(struct seat_locks *locks, uint32_t seat, struct id token, int64_t deadline_ns)
{
    int err;
    while ((err = try(locks, seat, token, deadline_ns)) == ERR_CONFLICT) {
        const int64_t now_ns = fiber_now_ns();
        const int64_t lease_ns = deadline_after_ms(now_ns, SEAT_LOCK_LEASE_MS);
        if (now_ns >= deadline_ns)
            return ERR_TIMEOUT;
        await(&locks->gates[seat], lease_ns < deadline_ns ? lease_ns : deadline_ns);
    }
    return err;
}

int seat_unlock(struct seat_locks *locks, uint32_t seat, struct id token, int64_t deadline_ns)
{
    char key[NAME_MAX_BYTES], channel[NAME_MAX_BYTES], text[ID_TEXT_CHARS + 1];
    redisReply *reply;
    int err =
        redis_call(locks->redis,
                   WORDS(VIEW_LIT("EVALSHA"), view_str(locks->unlock_hash), VIEW_LIT("2"),
                         key_of(seat, key), channel_of(seat, channel), token_text(token, text)),
                   &reply, deadline_ns);
    if (err == 0)
        freeReplyObject(reply);
    return err;
}
