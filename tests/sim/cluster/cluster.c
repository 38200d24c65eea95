/* What all processes of a cluster share: Redis, the mail, and what a wire does to a message. */
#include "sim/cluster/cluster.h"

#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"

#define LOOK_MS 20 /* how often somebody who cannot go on looks whether he can */

uint32_t cluster_below(struct cluster *cluster, uint32_t limit)
{
    return (uint32_t)chance_below(cluster->chance, limit);
}

bool cluster_happens(struct cluster *cluster, uint32_t ppm)
{
    return ppm > 0 && cluster_below(cluster, 1000000) < ppm;
}

/* ---- Redis ---- */

/* Every process hears of a change, in its own time, if it can be reached then. */
struct news {
    struct cluster *cluster;
    uint32_t slot, number;
};

static void tell_news(void *arg)
{
    const struct news *news = arg;
    struct process *process = news->cluster->processes[news->slot];
    if (process && process->number == news->number && !process->dead && process->changed &&
        process->paused_until_ns <= fiber_now_ns() &&
        process->cut_until_ns[CLUSTER_REDIS][CLUSTER_BACK] <= fiber_now_ns())
        process->changed(process->changed_state);
    free(arg);
}

static void on_change(void *state)
{
    struct cluster *cluster = state;
    for (uint32_t i = 0; i < CLUSTER_PROCESSES_MAX; i++) {
        const struct process *process = cluster->processes[i];
        struct news *news = process ? calloc(1, sizeof(*news)) : NULL;
        if (!news)
            continue;
        *news = (struct news){cluster, i, process->number};
        cluster_post(cluster, cluster_below(cluster, 20), tell_news, news);
    }
}

void cluster_start_redis(struct cluster *cluster)
{
    cluster_stop_redis(cluster);
    int err = coord_local_new(loop_clock(cluster->stage->loop), &cluster->redis);
    assert(err == 0);
    cluster->redis->ops->watch(cluster->redis, on_change, cluster);
    on_change(cluster); /* who connects again may have missed something */
}

void cluster_stop_redis(struct cluster *cluster)
{
    coord_free(cluster->redis);
    cluster->redis = NULL;
}

static void forget_lease(struct cluster *cluster, struct view name)
{
    struct coord *redis = cluster->redis;
    char holder[COORD_HOLDER_MAX + 1];
    int64_t left_ms;
    if (redis->ops->lease_look(redis, name, holder, &left_ms, DEADLINE_NEVER) == 0)
        (void)redis->ops->lease_give(redis, name, view_str(holder), DEADLINE_NEVER);
}

void cluster_forget_some(struct cluster *cluster)
{
    struct coord *redis = cluster->redis;
    struct coord_member *members;
    struct arena arena;
    size_t count = 0;
    char name[32];
    const int len = snprintf(name, sizeof(name), "performance:%u", cluster->stage->performance_id);
    if (cluster_below(cluster, 4) > 0)
        forget_lease(cluster, view_of(name, (size_t)len));
    forget_lease(cluster, VIEW_LIT("outbox"));
    arena_init(&arena, 1u << 20);
    int err = redis->ops->member_list(redis, VIEW_LIT("ticket"), &arena, &members, &count,
                                      DEADLINE_NEVER);
    for (size_t i = 0; err == 0 && i < count; i++) {
        if (cluster_below(cluster, 2) == 0)
            (void)redis->ops->member_remove(redis, VIEW_LIT("ticket"), members[i].text,
                                            DEADLINE_NEVER);
    }
    arena_release(&arena);
}

/* ---- the mail ---- */

struct letter {
    struct cluster *cluster;
    int64_t delay_ms;
    void (*body)(void *arg);
    void *arg;
};

static void bring(void *arg)
{
    const struct letter letter = *(struct letter *)arg;
    free(arg);
    stage_sleep(letter.delay_ms);
    letter.body(letter.arg);
    letter.cluster->mail_count--;
}

void cluster_post(struct cluster *cluster, int64_t delay_ms, void (*body)(void *arg), void *arg)
{
    struct letter *letter = calloc(1, sizeof(*letter));
    assert(letter);
    *letter = (struct letter){cluster, delay_ms, body, arg};
    cluster->mail_count++;
    int err = fiber_spawn(&cluster->mail, bring, letter);
    assert(err == 0);
}

/* ---- a message on a wire ---- */

/* False: the fiber is cancelled, and time does not pass for it any more. */
static bool pass(int64_t until_ns)
{
    (void)fiber_sleep_until(until_ns);
    return !fiber_cancelled();
}

uint32_t cluster_number(const char *url)
{
    return (uint32_t)strtoul(url + strlen(CLUSTER_URL), NULL, 10);
}

bool cluster_await(const struct process *process)
{
    while (!process->dead && process->paused_until_ns > fiber_now_ns() &&
           pass(deadline_after_ms(fiber_now_ns(), LOOK_MS))) {
    }
    return !process->dead;
}

int cluster_carry(struct process *process, enum cluster_wire wire, enum cluster_way way,
                  int64_t deadline_ns)
{
    struct cluster *cluster = process->cluster;
    const struct cluster_weather *weather = &cluster->weather;
    if (!cluster_await(process))
        return ERR_UNAVAILABLE;
    if (process->starting)
        return 0;
    if (cluster_happens(cluster, weather->delay_ppm) && fiber_now_ns() < deadline_ns) {
        const uint64_t range = (uint64_t)(weather->delay_max_ms * NS_PER_MS + 1);
        const int64_t at_ns = fiber_now_ns() + (int64_t)chance_below(cluster->chance, range);
        if (!pass(at_ns < deadline_ns ? at_ns : deadline_ns) || at_ns >= deadline_ns)
            return ERR_TIMEOUT;
    }
    /* What is sent over a wire that is cut arrives when it is whole again. */
    while (process->cut_until_ns[wire][way] > fiber_now_ns() && !process->dead) {
        const int64_t look_ns = deadline_after_ms(fiber_now_ns(), LOOK_MS);
        if (fiber_now_ns() >= deadline_ns || !pass(look_ns < deadline_ns ? look_ns : deadline_ns))
            return ERR_TIMEOUT;
    }
    if (!cluster_await(process))
        return ERR_UNAVAILABLE;
    if (cluster_happens(cluster, weather->lost_ppm)) {
        cluster->counts->lost++;
        return ERR_UNAVAILABLE;
    }
    return way == CLUSTER_BACK && fiber_now_ns() >= deadline_ns ? ERR_TIMEOUT : 0;
}

/* ---- beginning and end ---- */

void cluster_begin(struct cluster *cluster, struct stage *stage, struct tale *tale,
                   struct truth *truth, struct cluster_counts *counts)
{
    static const struct cluster_weather kinds[] = {
        {.delay_ppm = 500000, .delay_max_ms = 4},
        {.delay_ppm = 800000,
         .delay_max_ms = 60,
         .lost_ppm = 5000,
         .twice_ppm = 20000,
         .late_ppm = 10000},
        {.delay_ppm = 800000,
         .delay_max_ms = 300,
         .lost_ppm = 30000,
         .twice_ppm = 50000,
         .late_ppm = 50000},
        {.delay_ppm = 300000, .delay_max_ms = 1500, .twice_ppm = 10000, .late_ppm = 20000},
    };
    static const int64_t leases_ms[] = {500, 1000, 3000};
    *cluster = (struct cluster){.stage = stage,
                                .tale = tale,
                                .truth = truth,
                                .chance = &stage->chance.chance,
                                .counts = counts};
    cluster->weather = kinds[cluster_below(cluster, sizeof(kinds) / sizeof(kinds[0]))];
    cluster->lease_ms = leases_ms[cluster_below(cluster, 3)];
    /* Who has such a network chooses a lease that fits it. */
    if (cluster->lease_ms < 4 * cluster->weather.delay_max_ms)
        cluster->lease_ms = 4 * cluster->weather.delay_max_ms;
    scope_init(&cluster->mail);
}

void cluster_calm(struct cluster *cluster)
{
    cluster->weather = (struct cluster_weather){0};
    stage_sleep(CLUSTER_LATE_MAX_MS); /* what was sent for later is there by then */
    cluster->store_down_until_ns = 0;
    memset(cluster->peers_cut_until_ns, 0, sizeof(cluster->peers_cut_until_ns));
    for (uint32_t i = 0; i < CLUSTER_PROCESSES_MAX; i++) {
        struct process *process = cluster->processes[i];
        if (!process)
            continue;
        process->paused_until_ns = 0;
        memset(process->cut_until_ns, 0, sizeof(process->cut_until_ns));
    }
    if (!cluster->redis)
        cluster_start_redis(cluster);
}

void cluster_end(struct cluster *cluster)
{
    cluster_stop_redis(cluster);
}
