#include "sim/world.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CLUSTER_FIBERS_MAX 1000

uint32_t world_below(struct world *world, uint32_t limit)
{
    return (uint32_t)chance_below(world->chance, limit);
}

bool world_odds(struct world *world, uint32_t in_hundred)
{
    return world_below(world, 100) < in_hundred;
}

void world_wait(struct world *world, uint32_t max_ms)
{
    const int64_t wait_us = world_below(world, 1000 * max_ms + 1);
    int err = fiber_sleep_until(fiber_now_ns() + 1000 * wait_us);
    assert(err == 0);
}

uint32_t world_posts(const struct world *world)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < WORLD_POSTS_MAX; i++)
        count += world->posts[i] != NULL;
    return count;
}

static const char *verb_name(enum owner_verb verb)
{
    static const char *const names[] = {
        "hold",        "best",     "release", "order",        "cancel",     "sale",   "extend",
        "keep key of", "block",    "unblock", "end hold of",  "list holds", "prices", "plan prices",
        "end plan",    "types of", "uses",    "waiting list", "join",       "leave",  "wishes"};
    return names[verb];
}

static void say_answer(struct world *world, const struct post *post, const struct owner_ask *ask,
                       const struct receipt *receipt)
{
    char seats[128] = "";
    const bool granted = ask->result == 0;
    const uint32_t count = granted ? ask->hold.count : ask->seat_count;
    for (uint32_t i = 0, len = 0; i < count && i < SEATS_PARTY_MAX; i++)
        len += (uint32_t)snprintf(seats + len, sizeof(seats) - len, " %u",
                                  granted ? ask->hold.seats[i] : ask->seats[i]);
    world_say(world, "account %" PRIu64 " asks owner %u: %s %016" PRIx64 " key %u:%s → %s",
              ask->account_id.lo, post->number, verb_name(ask->verb),
              granted ? ask->hold.hold_id.lo : ask->hold_id.lo, receipt ? receipt->number : 0,
              seats, granted ? "granted" : err_name(ask->result));
}

/* Somebody at work; NULL: nobody is. */
static struct post *find_post(struct world *world)
{
    const uint32_t from = world_below(world, world->posts_max);
    for (uint32_t i = 0; i < world->posts_max; i++) {
        struct post *post = world->posts[(from + i) % world->posts_max];
        if (post && !post->leaving)
            return post;
    }
    return NULL;
}

int world_ask(struct world *world, struct buyer *buyer, struct owner_ask *ask,
              struct receipt *receipt)
{
    struct post *post = find_post(world);
    char key[16];
    if (!post) {
        ask->result = ERR_UNAVAILABLE; /* nobody was asked */
        return ask->result;
    }
    if (receipt) {
        snprintf(key, sizeof(key), "key %u", receipt->number);
        ask->key = view_str(key);
    }
    if (world->stage.options.by_person) /* two accounts a person */
        ask->person_id = stage_id(5000 + ask->account_id.lo / 2);
    post->visitors++;
    const int64_t asked_ns = fiber_now_ns();
    if (!truth_follow(&world->truth))
        world_fail(world, "%s", world->truth.error);
    const uint64_t asked_version = world->truth.tail.version;
    (void)(post->process ? process_ask(post->process, ask) : owner_ask(post->owner, ask));
    say_answer(world, post, ask, receipt);
    const int64_t now_ms = post->process ? ask->now_ms : post_now_ms(post);
    if (fiber_now_ns() - asked_ns > WORLD_ANSWER_MS * NS_PER_MS)
        world_fail(world, "an answer took %" PRId64 " ms", (fiber_now_ns() - asked_ns) / NS_PER_MS);
    if (now_ms < post->shadow.now_ms && !post->process) /* which asks one owner, then another */
        world_fail(world, "the time of owner %u goes back", post->number);
    post->shadow.now_ms = now_ms;
    if (world->latest_ms < now_ms)
        world->latest_ms = now_ms;
    if (!world->tale.failed)
        check_answer(world, post, ask, receipt, asked_version);
    post->visitors--;
    return ask->result;
}

/* ---- a seed's world ---- */

static void draw_weather(struct world *world)
{
    static const struct weather kinds[] = {
        {0},
        {.delay_ppm = 500000, .delay_max_ns = 3 * NS_PER_MS},
        {.before_ppm = 20000,
         .after_ppm = 30000,
         .io_ppm = 10000,
         .crash_ppm = 2000,
         .delay_ppm = 500000,
         .delay_max_ns = 20 * NS_PER_MS},
        {.before_ppm = 60000,
         .after_ppm = 120000,
         .io_ppm = 40000,
         .crash_ppm = 10000,
         .delay_ppm = 700000,
         .delay_max_ns = 300 * NS_PER_MS},
        {.after_ppm = 50000, .delay_ppm = 900000, .delay_max_ns = 2500 * NS_PER_MS},
    };
    world->weather = kinds[world_below(world, sizeof(kinds) / sizeof(kinds[0]))];
}

static void draw_stage(struct world *world, uint64_t seed)
{
    static const char *const halls[][8] = {
        {"....", "....", NULL},
        {".....|.....", "..wc..|....", "....|...|..", NULL},
        {"............", "............", "............", "............", NULL},
        {"..", NULL},
        {NULL},
    };
    static const uint32_t ttls_ms[] = {700, 2000, 5000, 20000, 3600000, 14400000};
    static const uint32_t rests_ms[] = {0, 50, 1000, 6000};
    const bool cluster = world->cluster != NULL;
    struct chance_seeded seeded;
    struct chance *chance = &seeded.chance;
    chance_seed(&seeded, seed);
    const size_t hall = (size_t)chance_below(chance, sizeof(halls) / sizeof(halls[0]));
    const uint32_t least = halls[hall][0] ? 0 : 6;
    const struct stage_options options = {
        .seed = chance_u64(chance),
        .rows = halls[hall],
        .standing = least + (uint32_t)chance_below(chance, 10),
        .hold_ttl_ms = ttls_ms[chance_below(chance, cluster ? 4 : 6)],
        .rest_ms = rests_ms[chance_below(chance, 4)],
        .places_max = 2 + (uint32_t)chance_below(chance, 9),
        .sale_state = chance_below(chance, 2) ? STAGE_OPEN : STAGE_DRAFT,
        .by_person = chance_below(chance, 4) == 0,
        .shuffle = true,
        .names = cluster, /* as all that the ticket role makes */
        .fibers_max = cluster ? CLUSTER_FIBERS_MAX : 0,
        .store = world->disk ? body_open(chance_u64(chance)) : NULL,
    };
    stage_open(&world->stage, &options);
    world->tale.loop = world->stage.loop;
}

/* How the disk is: well, or as a bad one is, or hanging for longer than a commit may take. */
static void draw_disk(struct world *world)
{
    static const struct disk_weather kinds[] = {
        {0},
        {.hang_ppm = 20000, .hang_max_ns = 400 * NS_PER_MS},
        {.write_ppm = 300, .sync_ppm = 5000, .read_ppm = 50},
        {.write_ppm = 2000,
         .sync_ppm = 30000,
         .read_ppm = 200,
         .hang_ppm = 10000,
         .hang_max_ns = 12000 * NS_PER_MS},
    };
    body_set_weather(world->stage.mem,
                     &kinds[world_below(world, sizeof(kinds) / sizeof(kinds[0]))]);
}

static void add_disk(struct coverage *coverage)
{
    const struct disk_counts *c = disk_counts();
    coverage->disk.syncs += c->syncs;
    coverage->disk.failed_writes += c->failed_writes;
    coverage->disk.failed_syncs += c->failed_syncs;
    coverage->disk.failed_reads += c->failed_reads;
    coverage->disk.hangs += c->hangs;
    coverage->disk.cuts += c->cuts;
    coverage->disk.lost_writes += c->lost_writes;
    coverage->disk.torn_writes += c->torn_writes;
    coverage->disk.kept_writes += c->kept_writes;
}

/* Large arrays of which a small world touches little stay fresh pages of the system's: after the
 * first free the allocator would keep them, and clear them whole for each world. */
static void set_allocator(void)
{
    static bool set;
    if (set)
        return;
    mallopt(M_MMAP_THRESHOLD, 256 << 10);
    mallopt(M_TRIM_THRESHOLD, 2 << 20);
    mallopt(M_TOP_PAD, 1 << 19);
    set = true;
}

bool world_play(struct world *world, uint64_t seed, enum world_kind kind, bool verbose,
                struct coverage *coverage)
{
    static struct cluster cluster;
    const bool disk = kind == WORLD_DISK;
    set_allocator();
    *world = (struct world){.seed = seed,
                            .disk = disk,
                            .cluster = kind == WORLD_CLUSTER ? &cluster : NULL,
                            .posts_max = kind == WORLD_CLUSTER ? WORLD_POSTS_MAX : 2,
                            .tale = tale_new(verbose),
                            .coverage = coverage};
    draw_stage(world, seed);
    world->chance = &world->stage.chance.chance;
    world->receipts = calloc(WORLD_RECEIPTS_MAX, sizeof(*world->receipts));
    assert(world->receipts);
    truth_init(&world->truth, &world->stage);
    draw_weather(world);
    if (disk)
        draw_disk(world);
    if (world->cluster)
        cluster_begin(world->cluster, &world->stage, &world->tale, &world->truth,
                      &coverage->cluster);
    world->buyer_count = world->buyers_left = 5 + world_below(world, WORLD_BUYERS_MAX - 4);
    world->acts = 8 + world_below(world, 40);
    for (uint32_t i = 0; i < world->buyer_count; i++) {
        /* Some accounts are at two devices. */
        const bool shared = i > 0 && world_odds(world, 30);
        world->buyers[i] = (struct buyer){.world = world, .account_id = stage_id(100 + i)};
        if (shared)
            world->buyers[i].account_id = world->buyers[i - 1].account_id;
        int err = fiber_spawn(&world->stage.scope, buyer_run, &world->buyers[i]);
        assert(err == 0);
    }
    stage_run(&world->stage, director_run, world);
    if (!world->ended)
        world_fail(world, "somebody waits for ever");
    coverage->expiries += truth_count_fate(&world->truth, TRUTH_EXPIRED);
    coverage->rests += world->truth.rest_count;
    coverage->plans += world->truth.plans_begun;
    coverage->choices += world->truth.choices;
    coverage->codes += world->truth.code_count;
    coverage->offers += world->truth.offer_count;
    coverage->lapses += world->truth.lapse_count;
    coverage->lists += world->truth.list_count - 1;
    for (uint32_t i = 0; i < world->truth.hold_count; i++)
        coverage->offers_sold += world->truth.holds[i].sold_version != 0 &&
                                 !id_is_zero(world->truth.holds[i].hold.wish_id);
    for (uint32_t i = 0; i < world->truth.hold_count; i++)
        coverage->sold_dear +=
            world->truth.holds[i].fate == TRUTH_SOLD && world->truth.holds[i].hold.price_list > 0;
    if (world->stage.options.hold_ttl_ms >= 3600000)
        coverage->long_holds += world->truth.hold_count;
    if (disk)
        add_disk(coverage);
    coverage->sold += truth_count_fate(&world->truth, TRUTH_SOLD);
    coverage->cancelled += truth_count_fate(&world->truth, TRUTH_CANCELLED);
    if (!world->tale.failed)
        check_audit(world);
    if (world->cluster)
        cluster_end(world->cluster);
    truth_release(&world->truth);
    free(world->receipts);
    if (world->ended)
        stage_close(&world->stage);
    return !world->tale.failed;
}
