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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "last_words.h"
#include "sim/world.h"

#define SEED_SECONDS_MAX 30 /* of real time: a seed that takes longer goes in circles */
#define TWICE_EVERY      20 /* one seed in so many is played a second time */

static struct world world;

static char seed_text[24];
static enum world_kind kind;
static const char *const kind_words[] = {"", "--disk ", "--cluster "};

static void replay_hint(const char *what)
{
    const char *const texts[] = {"not ok sim seed ",      seed_text,        ": ",      what,
                                 "\n    to see it: sim ", kind_words[kind], "--seed ", seed_text,
                                 " --verbose\n"};
    last_words(texts, sizeof(texts) / sizeof(texts[0]));
}

static void died(int signal)
{
    replay_hint(signal == SIGALRM ? "it goes in circles" : "an assertion failed, or worse");
    _exit(2);
}

static void catch_signals(void)
{
    static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGALRM};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        signal(signals[i], died);
}

struct row {
    const char *what;
    uint64_t count;
};

/* False: one of them never happened. */
static bool print(const struct row *rows, size_t count)
{
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        printf("    %-28s %10" PRIu64 "\n", rows[i].what, rows[i].count);
        all = all && rows[i].count > 0;
    }
    return all;
}

static bool covers_cluster(const struct cluster_counts *c)
{
    const struct row rows[] = {
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
    const bool all = print(rows, sizeof(rows) / sizeof(rows[0]));
    printf("    %-34s %10" PRId64 " ms\n", "from calm to one owner, at most", c->settled_max_ms);
    return all;
}

static bool covers_disk(const struct coverage *c)
{
    const struct row rows[] = {
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
    return print(rows, sizeof(rows) / sizeof(rows[0]));
}

/* A run over many seeds that never met one of these has proved less than it says. */
static bool covers(const struct coverage *c)
{
    const struct row rows[] = {
        {"holds granted", c->answers[OWNER_HOLD][0]},
        {"best seats granted", c->answers[OWNER_HOLD_BEST][0]},
        {"holds given back", c->answers[OWNER_RELEASE][0]},
        {"orders granted", c->answers[OWNER_ORDER][0]},
        {"cancellations granted", c->answers[OWNER_CANCEL][0]},
        {"tickets moved", c->answers[OWNER_MOVE][0]},
        {"tickets not moved, for the price", c->answers[OWNER_MOVE][-ERR_UNSUPPORTED]},
        {"tickets not moved to what is taken", c->answers[OWNER_MOVE][-ERR_CONFLICT]},
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
    const struct row alone_rows[] = {
        {"loads", c->loads},           {"commits", c->commits},
        {"takeovers", c->takeovers},   {"kills", c->kills},
        {"restarts", c->restarts},     {"pauses", c->pauses},
        {"store crashes", c->crashes}, {"holds of an hour and more", c->long_holds},
    };
    bool all = print(rows, sizeof(rows) / sizeof(rows[0]));
    if (kind == WORLD_CLUSTER)
        return covers_cluster(&c->cluster) && all;
    all = print(alone_rows, sizeof(alone_rows) / sizeof(alone_rows[0])) && all;
    return kind == WORLD_DISK ? covers_disk(c) && all : all;
}

/* False: it failed, and that was said. */
static bool play(uint64_t seed, bool verbose, struct coverage *coverage, uint64_t *ret_hash)
{
    world.seed = seed;
    snprintf(seed_text, sizeof(seed_text), "%" PRIu64, seed);
    alarm(SEED_SECONDS_MAX);
    const bool fine = world_play(&world, seed, kind, verbose, coverage);
    alarm(0);
    *ret_hash = world.tale.trace_hash;
    if (!fine)
        replay_hint(world.tale.failure);
    if (!world.ended)
        exit(2); /* fibers are left over: no other world can begin */
    return fine;
}

static int play_many(uint64_t first, uint64_t seeds, bool until_failed)
{
    struct coverage coverage = {0};
    uint64_t failed = 0, differed = 0, twice = 0;
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        uint64_t hash, again;
        failed += !play(seed, false, &coverage, &hash);
        if (failed > 0 && until_failed)
            return 1;
        if (seed % TWICE_EVERY != 0)
            continue;
        struct coverage unused = {0};
        twice++;
        play(seed, false, &unused, &again);
        if (hash != again) {
            differed++;
            replay_hint("played twice, it went differently");
        }
    }
    const bool whole = seeds < 200 || covers(&coverage);
    printf("%s sim: seeds %" PRIu64 " to %" PRIu64 ", %" PRIu64 " failed\n",
           failed ? "not ok" : "ok", first, first + seeds - 1, failed);
    printf("%s sim: %" PRIu64 " seeds played twice went the same way\n", differed ? "not ok" : "ok",
           twice);
    printf("%s sim: everything that it is to meet was met\n", whole ? "ok" : "not ok");
    return failed == 0 && differed == 0 && whole ? 0 : 1;
}

int main(int argc, char **argv)
{
    uint64_t seeds = 500, first = 1, one = 0;
    bool verbose = false, until_failed = false;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        uint64_t *number = strcmp(argv[i], "--seeds") == 0   ? &seeds
                           : strcmp(argv[i], "--first") == 0 ? &first
                           : strcmp(argv[i], "--seed") == 0  ? &one
                                                             : NULL;
        if (strcmp(argv[i], "--verbose") == 0) {
            verbose = true;
        } else if (strcmp(argv[i], "--disk") == 0) {
            kind = WORLD_DISK;
        } else if (strcmp(argv[i], "--cluster") == 0) {
            kind = WORLD_CLUSTER;
        } else if (strcmp(argv[i], "--until-failed") == 0) {
            until_failed = true;
        } else if (number && value) {
            *number = strtoull(value, NULL, 10);
            i++;
        } else {
            fprintf(stderr,
                    "usage: sim [--disk|--cluster] [--seeds N] [--first N] [--until-failed] | "
                    "[--disk|--cluster] --seed N [--verbose]\n");
            return 2;
        }
    }
    catch_signals();
    if (one == 0)
        return play_many(first, seeds, until_failed);
    struct coverage coverage = {0};
    uint64_t hash;
    const bool fine = play(one, verbose, &coverage, &hash);
    printf("%s sim seed %" PRIu64 ", trace %016" PRIx64 "\n", fine ? "ok" : "not ok", one, hash);
    return fine ? 0 : 1;
}
