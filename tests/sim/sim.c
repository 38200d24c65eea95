/*
 * sim: many on-sales, each from its seed.
 *
 *     sim [KIND] [--seeds N] [--first N]    plays N seeds (500), from the first (1) on
 *     sim [KIND] --seed N [--verbose]       plays one; verbose: prints all that happens in it
 *
 * KIND is --disk: the store is SQLite on a simulated disk (disk.h), else the one in memory; or
 * --cluster: three ticket processes share it (cluster/cluster.h), else owners do, in one process.
 * With --until-failed it ends at the first seed that fails.
 *
 * The same seed is the same world: a failing one is printed and can be played again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/player.h"
#include "sim/world.h"

static struct world world;
static struct coverage coverage;
static enum world_kind kind; /* by the options */
static const char *const kind_words[] = {"", " --disk", " --cluster"};

static bool covers_cluster(const struct cluster_counts *c)
{
    const struct player_row rows[] = {
        {"processes killed", c->kills},
        {"processes drained", c->drains},
        {"processes that joined", c->starts},
        {"processes paused", c->pauses},
        {"wires cut", c->cuts},
        {"wires cut one way", c->half_cuts},
        {"processes cut off from others", c->peer_cuts},
        {"Redis down", c->redis_downs},
        {"Redis emptied", c->redis_flushes},
        {"Redis at a failover", c->redis_forgets},
        {"store down", c->store_downs},
        {"messages lost", c->lost},
        {"messages that came twice", c->twice},
        {"commits after their time", c->late_commits},
        {"claims after their time", c->late_claims},
        {"leases after their time", c->late_leases},
        {"… that the store refused", c->refused_late},
        {"commits of who was replaced", c->fenced},
        {"asks sent on", c->forwarded},
        {"asks sent on and lost", c->forwarded_lost},
        {"halls seen by a browser", c->watched},
    };
    const bool all = player_covers(rows, sizeof(rows) / sizeof(rows[0]));
    printf("    %-36s %10" PRId64 " ms\n", "from calm to one owner, at most", c->settled_max_ms);
    return all;
}

static bool covers_disk(const struct coverage *c)
{
    const struct player_row rows[] = {
        {"syncs", c->disk.syncs},
        {"writes that failed", c->disk.failed_writes},
        {"syncs that failed", c->disk.failed_syncs},
        {"reads that failed", c->disk.failed_reads},
        {"syncs that hung", c->disk.hangs},
        {"power cuts", c->disk.cuts},
        {"… writes lost by them", c->disk.lost_writes},
        {"… writes torn by them", c->disk.torn_writes},
        {"… unsynced writes kept", c->disk.kept_writes},
    };
    return player_covers(rows, sizeof(rows) / sizeof(rows[0]));
}

static bool covers(void)
{
    const struct coverage *c = &coverage;
    const struct player_row rows[] = {
        {"holds granted", c->answers[OWNER_HOLD][0]},
        {"best seats granted", c->answers[OWNER_HOLD_BEST][0]},
        {"holds given back", c->answers[OWNER_RELEASE][0]},
        {"orders granted", c->answers[OWNER_ORDER][0]},
        {"cancellations granted", c->answers[OWNER_CANCEL][0]},
        {"tickets moved", c->answers[OWNER_MOVE][0]},
        {"tickets not moved, for the price", c->answers[OWNER_MOVE][-ERR_UNSUPPORTED]},
        {"tickets not moved to what is taken", c->answers[OWNER_MOVE][-ERR_CONFLICT]},
        {"unpaid orders collected", c->answers[OWNER_COLLECT][0]},
        {"paid orders not collected again", c->answers[OWNER_COLLECT][-ERR_CONFLICT]},
        {"orders not collected for another amount", c->answers[OWNER_COLLECT][-ERR_INVALID]},
        {"sale opened or paused", c->answers[OWNER_SET_SALE][0]},
        {"seats taken", c->answers[OWNER_HOLD][-ERR_CONFLICT]},
        {"no adjacent seats", c->answers[OWNER_HOLD_BEST][-ERR_CONFLICT]},
        {"over the account's limit", c->answers[OWNER_HOLD][-ERR_FULL]},
        {"sale not open", c->answers[OWNER_HOLD][-ERR_BUSY]},
        {"invalid holds", c->answers[OWNER_HOLD][-ERR_INVALID]},
        {"orders of no hold", c->answers[OWNER_ORDER][-ERR_NOT_FOUND]},
        {"in doubt, a hold refused", c->answers[OWNER_HOLD][-ERR_UNAVAILABLE]},
        {"in doubt, an order refused", c->answers[OWNER_ORDER][-ERR_UNAVAILABLE]},
        {"keys of another request", c->answers[OWNER_HOLD][-ERR_EXISTS]},
        {"holds extended", c->answers[OWNER_EXTEND][0]},
        {"places kept back", c->answers[OWNER_BLOCK][0]},
        {"places given free again", c->answers[OWNER_UNBLOCK][0]},
        {"lists of who holds", c->answers[OWNER_HOLDINGS][0]},
        {"holds ended by the organiser", c->answers[OWNER_END_HOLD][0]},
        {"price lists", c->lists},
        {"price types chosen", c->choices},
        {"holds with a code", c->codes},
        {"price types refused", c->answers[OWNER_CHOOSE][-ERR_UNSUPPORTED]},
        {"holds with price types refused", c->answers[OWNER_HOLD][-ERR_UNSUPPORTED]},
        {"prices whose time came", c->plans},
        {"price plans taken back", c->answers[OWNER_END_PLAN][0]},
        {"prices that others changed", c->answers[OWNER_PRICES][-ERR_EXISTS]},
        {"holds sold by a later list", c->sold_dear},
        {"later keys of an order", c->answers[OWNER_KEEP_KEY][0]},
        {"answers by key", c->by_key},
        {"wishes that joined", c->answers[OWNER_JOIN][0]},
        {"wishes that left", c->answers[OWNER_LEAVE][0]},
        {"wishes for what is free", c->answers[OWNER_JOIN][-ERR_CONFLICT]},
        {"offers", c->offers},
        {"offers that lapsed", c->lapses},
        {"offers sold", c->offers_sold},
        {"clock jumps", c->jumps},
        {"expiries", c->expiries},
        {"rests", c->rests},
        {"holds sold", c->sold},
        {"orders cancelled", c->cancelled},
        {"orders given back in part", c->reduced},
    };
    const struct player_row alone_rows[] = {
        {"loads", c->loads},           {"commits", c->commits},
        {"takeovers", c->takeovers},   {"kills", c->kills},
        {"restarts", c->restarts},     {"pauses", c->pauses},
        {"store crashes", c->crashes}, {"holds of an hour and more", c->long_holds},
    };
    bool all = player_covers(rows, sizeof(rows) / sizeof(rows[0]));
    if (kind == WORLD_CLUSTER)
        return covers_cluster(&c->cluster) && all;
    all = player_covers(alone_rows, sizeof(alone_rows) / sizeof(alone_rows[0])) && all;
    return kind == WORLD_DISK ? covers_disk(c) && all : all;
}

static bool play(uint64_t seed, bool verbose, bool again)
{
    struct coverage unused = {0};
    char what[32], replay[48];
    snprintf(what, sizeof(what), "seed %" PRIu64, seed);
    snprintf(replay, sizeof(replay), "%" PRIu64 "%s", seed, kind_words[kind]);
    world.seed = seed;
    player_begin(what, replay);
    const bool fine = world_play(&world, seed, kind, verbose, again ? &unused : &coverage);
    return player_end(fine, world.ended);
}

static int option(const char *word, const char *value)
{
    (void)value;
    if (strcmp(word, "--disk") == 0)
        kind = WORLD_DISK;
    else if (strcmp(word, "--cluster") == 0)
        kind = WORLD_CLUSTER;
    else
        return 0;
    return 1;
}

int main(int argc, char **argv)
{
    static const struct player player = {
        .name = "sim",
        .options = "OPTIONS: --disk or --cluster\n",
        .seconds_max = 30,
        .seeds = 500,
        .whole_from = 200,
        .tale = &world.tale,
        .play = play,
        .covers = covers,
        .option = option,
    };
    return player_main(&player, argc, argv);
}
