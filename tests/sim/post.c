/* An owner at work, its way to the store, and what listens to it. */
#include <inttypes.h>
#include <stdlib.h>

#include "sim/world.h"

/* The ledger knows what the hall looked like at every version. */
static void compare(struct post *post, const char *when)
{
    struct world *world = post->world;
    struct shadow *shadow = &post->shadow;
    struct truth *truth = &world->truth;
    if (!truth_follow(truth)) {
        world_fail(world, "%s", truth->error);
        return;
    }
    if (shadow->version > truth->tail.version)
        world_fail(world, "P2: owner %u is at version %" PRIu64 ", the ledger at %" PRIu64,
                   post->number, shadow->version, truth->tail.version);
    else if (truth->marks[shadow->version] != shadow->mark)
        world_fail(world,
                   "P9: owner %u shows another hall than the ledger at version %" PRIu64 " (%s)",
                   post->number, shadow->version, when);
}

static void heard_commit(void *state, const struct owner_public *now,
                         const struct owner_change *changes, size_t count)
{
    struct post *post = state;
    struct world *world = post->world;
    struct shadow *shadow = &post->shadow;
    const uint64_t version = now->version;
    world->coverage->commits++;
    if (!shadow->loaded || version <= shadow->version)
        world_fail(world, "P9: owner %u goes from version %" PRIu64 " to %" PRIu64, post->number,
                   shadow->version, version);
    for (size_t i = 0; i < count; i++) {
        shadow->mark ^= truth_mark_of(changes[i].seat, shadow->states[changes[i].seat]);
        shadow->states[changes[i].seat] = changes[i].state;
        shadow->mark ^= truth_mark_of(changes[i].seat, changes[i].state);
    }
    shadow->version = version;
    world_say(world, "owner %u: committed up to %" PRIu64, post->number, version);
    compare(post, "after a commit");

    struct owner_figures figures;
    struct seats_counts seen = {0};
    owner_figures(post->owner, &figures);
    for (uint32_t i = 0; i < world->stage.hall->place_count; i++) {
        seen.free += shadow->states[i] == SEATS_FREE;
        seen.held += shadow->states[i] == SEATS_HELD;
        seen.sold += shadow->states[i] == SEATS_SOLD;
        seen.resting += shadow->states[i] == SEATS_RESTING;
    }
    figures.counts.sold += figures.counts.blocked; /* as everybody is told it */
    figures.counts.blocked = 0;
    figures.counts.held += figures.counts.offered;
    figures.counts.offered = 0;
    if (figures.version != version || figures.sale_state != now->sale_state ||
        figures.price_list != now->price_list || memcmp(&figures.counts, &seen, sizeof(seen)) != 0)
        world_fail(world, "P7: the figures of owner %u do not add up at version %" PRIu64,
                   post->number, version);
}

static void heard_load(void *state, const struct owner_public *now, const uint8_t *states)
{
    struct post *post = state;
    struct shadow *shadow = &post->shadow;
    const uint32_t places = post->world->stage.hall->place_count;
    const uint64_t version = now->version;
    post->world->coverage->loads++;
    if (version < shadow->version)
        world_fail(post->world, "P9: owner %u goes back from version %" PRIu64 " to %" PRIu64,
                   post->number, shadow->version, version);
    for (uint32_t seat = 0; seat < places; seat++)
        shadow->states[seat] = (enum seats_state)(states[seat / 4] >> 2 * (seat % 4) & 3);
    shadow->mark = truth_mark_snapshot(states, places);
    shadow->version = version;
    shadow->loaded = true;
    world_say(post->world, "owner %u: loaded version %" PRIu64, post->number, version);
    compare(post, "after loading");
}

int64_t post_now_ms(struct post *post)
{
    if (post->process && post->world->calm) /* one owner, whoever was asked */
        return owner_now_ms(post->world->posts[0]->owner);
    if (post->process)
        return post->shadow.now_ms;
    return post->gone ? post->shadow.now_ms : owner_now_ms(post->owner);
}

void post_weather(struct post *post, const struct weather *weather)
{
    const struct store_fault_plan plan = {
        .chance = post->world->chance,
        .before_ppm = weather->before_ppm,
        .after_ppm = weather->after_ppm,
        .io_ppm = weather->io_ppm,
        .crash_ppm = weather->crash_ppm,
        .delay_ppm = weather->delay_ppm,
        .delay_max_ns = weather->delay_max_ns,
    };
    store_fault_plan(post->store, &plan);
}

/* Where there is room for one. */
static void put_post(struct world *world, struct post *post)
{
    uint32_t i = 0;
    while (world->posts[i])
        i++;
    assert(i < world->posts_max);
    world->posts[i] = post;
}

static struct post *open_process(struct world *world)
{
    struct post *post = calloc(1, sizeof(*post));
    assert(post);
    post->world = world;
    post->process = process_open(world->cluster);
    post->number = post->process->number;
    post->owner = process_owner(post->process);
    post->shadow.now_ms = clock_wall_ms(loop_clock(world->stage.loop));
    put_post(world, post);
    return post;
}

struct post *post_open(struct world *world)
{
    if (world->cluster)
        return open_process(world);
    struct post *post = calloc(1, sizeof(*post));
    assert(post);
    post->world = world;
    post->number = ++world->post_count;
    post->shadow.states = calloc(world->stage.hall->place_count, sizeof(*post->shadow.states));
    assert(post->shadow.states);
    post->front = world->disk ? body_front(world->stage.mem) : NULL;
    int err = store_fault_new(world->disk ? post->front : world->stage.mem, NULL, &post->store);
    assert(err == 0);
    if (!world->calm)
        post_weather(post, &world->weather);
    const struct owner_listener listener = {
        .committed = heard_commit, .loaded = heard_load, .state = post};
    post->owner = stage_owner(&world->stage, post->store, &listener);
    put_post(world, post);
    world_say(world, "owner %u begins", post->number);
    return post;
}

void post_close(struct world *world, struct post *post, bool crash)
{
    world_say(world, "owner %u %s", post->number, crash ? "is killed" : "stops");
    post->leaving = true;
    for (uint32_t i = 0; i < WORLD_POSTS_MAX; i++) {
        if (world->posts[i] == post)
            world->posts[i] = NULL;
    }
    if (crash && !post->process)
        store_fault_crash(post->store);
    if (post->process)
        process_close(post->process, crash);
    else
        owner_stop(post->owner);
    post->gone = true;
    while (post->visitors > 0) /* answered, but they have not run yet */
        stage_run_ready();
    store_free(post->store);
    if (post->front)
        store_free(post->front);
    free(post->shadow.states);
    free(post);
}
