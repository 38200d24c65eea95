/* What goes wrong in a cluster, each for a while; and how it settles when nothing does any more. */
#include "err/err.h"
#include "sim/world.h"

#define CUT_MAX_MS     6000
#define PAUSE_MAX_MS   12000 /* longer than any lease, and than an owner waits for a commit */
#define SETTLE_LOOK_MS 10

/* The time in which one owner is found once nothing is wrong: a commit that hangs is given up, what
 * it left is loaded again after a pause, and a lease that nobody holds any more has ended. */
static int64_t settle_max_ms(const struct cluster *cluster)
{
    return OWNER_COMMIT_MAX_MS + OWNER_RELOAD_MAX_MS + 3 * cluster->lease_ms + 1000;
}

static int64_t until_ns(struct world *world, uint32_t max_ms)
{
    return deadline_after_ms(fiber_now_ns(), 1 + world_below(world, max_ms));
}

static struct post *draw_post(struct world *world)
{
    struct post *post = NULL;
    const uint32_t from = world_below(world, WORLD_POSTS_MAX);
    for (uint32_t i = 0; i < WORLD_POSTS_MAX && !post; i++)
        post = world->posts[(from + i) % WORLD_POSTS_MAX];
    return post;
}

/* The process that thinks it owns, if there is one: what befalls it is what matters most. */
static struct process *draw_process(struct world *world)
{
    struct post *post = NULL;
    uint32_t other;
    for (uint32_t i = 0; i < WORLD_POSTS_MAX && world_odds(world, 60); i++) {
        if (world->posts[i] && process_owns(world->posts[i]->process, &other))
            return world->posts[i]->process;
    }
    post = draw_post(world);
    return post ? post->process : NULL;
}

static struct post *post_of(struct world *world, const struct process *process)
{
    for (uint32_t i = 0; i < WORLD_POSTS_MAX; i++) {
        if (world->posts[i] && world->posts[i]->process == process)
            return world->posts[i];
    }
    return NULL;
}

/* ---- what happens ---- */

static void go(struct world *world, bool crash)
{
    const struct process *process = draw_process(world);
    struct post *post = process ? post_of(world, process) : NULL;
    if (!post)
        return;
    *(crash ? &world->coverage->cluster.kills : &world->coverage->cluster.drains) += 1;
    post_close(world, post, crash);
    if (world_posts(world) == 0) {
        world_wait(world, 1000);
        post_open(world);
    }
}

static void kill_one(struct world *world)
{
    go(world, true);
}

static void drain_one(struct world *world)
{
    go(world, false);
}

static void start_one(struct world *world)
{
    if (world_posts(world) == WORLD_POSTS_MAX)
        return;
    world->coverage->cluster.starts++;
    post_open(world);
}

static void pause_one(struct world *world)
{
    struct process *process = draw_process(world);
    if (!process)
        return;
    world->coverage->cluster.pauses++;
    process->paused_until_ns = until_ns(world, PAUSE_MAX_MS);
    world_say(world, "process %u stands still", process->number);
}

static void cut(struct world *world, enum cluster_wire wire)
{
    struct process *process = draw_process(world);
    const uint32_t which = world_below(world, 3);
    if (!process)
        return;
    const int64_t end_ns = until_ns(world, CUT_MAX_MS);
    if (which != 1)
        process->cut_until_ns[wire][CLUSTER_THERE] = end_ns;
    if (which != 0)
        process->cut_until_ns[wire][CLUSTER_BACK] = end_ns;
    *(which == 2 ? &world->coverage->cluster.cuts : &world->coverage->cluster.half_cuts) += 1;
    world_say(world, "process %u is cut off from %s%s", process->number,
              wire == CLUSTER_STORE ? "the store" : "Redis",
              which == 0   ? ", and hears it"
              : which == 1 ? ", and is heard"
                           : "");
}

static void cut_store(struct world *world)
{
    cut(world, CLUSTER_STORE);
}

static void cut_redis(struct world *world)
{
    cut(world, CLUSTER_REDIS);
}

static void cut_peers(struct world *world)
{
    const struct process *process = draw_process(world);
    const int64_t end_ns = until_ns(world, CUT_MAX_MS);
    const bool there = world_odds(world, 70), back = !there || world_odds(world, 60);
    if (!process)
        return;
    world->coverage->cluster.peer_cuts++;
    for (uint32_t i = 0; i < CLUSTER_PROCESSES_MAX; i++) {
        if (there)
            world->cluster->peers_cut_until_ns[i][process->slot] = end_ns;
        if (back)
            world->cluster->peers_cut_until_ns[process->slot][i] = end_ns;
    }
    world_say(world, "process %u is %s by the others", process->number,
              there && back ? "neither reached nor heard"
              : there       ? "not reached"
                            : "not heard");
}

static void stop_redis(struct world *world)
{
    world->coverage->cluster.redis_downs++;
    world_say(world, "Redis is down");
    cluster_stop_redis(world->cluster);
}

/* It comes back empty, or was emptied. */
static void flush_redis(struct world *world)
{
    world->coverage->cluster.redis_flushes++;
    world_say(world, "Redis is empty");
    cluster_start_redis(world->cluster);
}

static void forget_in_redis(struct world *world)
{
    if (!world->cluster->redis) {
        flush_redis(world);
        return;
    }
    world->coverage->cluster.redis_forgets++;
    world_say(world, "Redis forgets some");
    cluster_forget_some(world->cluster);
}

static void stop_store(struct world *world)
{
    world->coverage->cluster.store_downs++;
    world->cluster->store_down_until_ns = until_ns(world, CUT_MAX_MS / 2);
    world_say(world, "the store is down");
}

void cluster_act(struct world *world)
{
    static void (*const acts[])(struct world *) = {
        kill_one,   drain_one, start_one, start_one,       pause_one,       pause_one,
        cut_store,  cut_redis, cut_peers, stop_redis,      flush_redis,     flush_redis,
        stop_store, cut_redis, cut_store, forget_in_redis, forget_in_redis, director_jump_clock};
    acts[world_below(world, sizeof(acts) / sizeof(acts[0]))](world);
}

/* ---- and when nothing happens any more ---- */

/* Whether one owns and serves, and all others know that it does. */
static struct post *find_owner(struct world *world)
{
    struct post *owner = NULL;
    uint32_t other;
    for (uint32_t i = 0; i < WORLD_POSTS_MAX; i++) {
        struct post *post = world->posts[i];
        if (!post || !process_owns(post->process, &other))
            continue;
        if (owner)
            return NULL;
        owner = post;
    }
    for (uint32_t i = 0; owner && i < WORLD_POSTS_MAX; i++) {
        const struct post *post = world->posts[i];
        if (post && post != owner &&
            (process_owns(post->process, &other) || other != owner->number))
            return NULL;
    }
    struct owner_figures figures;
    if (owner)
        owner_figures(owner->owner, &figures);
    return owner && figures.serving ? owner : NULL;
}

/* It stays so for longer than a lease. */
static bool stays(struct world *world, const struct post *owner)
{
    const int64_t until = deadline_after_ms(fiber_now_ns(), 2 * world->cluster->lease_ms);
    while (fiber_now_ns() < until) {
        stage_sleep(SETTLE_LOOK_MS);
        if (find_owner(world) != owner)
            return false;
    }
    return true;
}

void cluster_settle(struct world *world)
{
    struct cluster *cluster = world->cluster;
    world_say(world, "calm");
    if (world_posts(world) < WORLD_POSTS_MAX)
        post_open(world);
    cluster_calm(cluster);
    const int64_t began_ns = fiber_now_ns();
    const int64_t until = deadline_after_ms(began_ns, settle_max_ms(cluster));
    struct post *owner = NULL;
    int64_t found_ns = began_ns;
    while (!owner && fiber_now_ns() < until) {
        stage_sleep(SETTLE_LOOK_MS);
        found_ns = fiber_now_ns();
        owner = find_owner(world);
        if (owner && !stays(world, owner))
            owner = NULL;
    }
    if (!owner) {
        world_fail(world, "nothing is wrong any more, and there is no owner whom all know");
        owner = draw_post(world);
    }
    if ((found_ns - began_ns) / NS_PER_MS > world->coverage->cluster.settled_max_ms)
        world->coverage->cluster.settled_max_ms = (found_ns - began_ns) / NS_PER_MS;
    for (uint32_t i = 1; i < WORLD_POSTS_MAX; i++) {
        if (world->posts[i] == owner) {
            world->posts[i] = world->posts[0];
            world->posts[0] = owner;
        }
    }
    world->calm = true;
}
