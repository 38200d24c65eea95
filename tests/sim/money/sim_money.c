/*
 * sim_money: many on-sales that are paid for, each from its seed.
 *
 *     sim_money [--seeds N] [--first N]   plays N seeds (200), from the first (1) on; with
 *                                         --until-failed up to the first that fails
 *     sim_money --steps [--first N]       one small sale again and again, with a crash of usher,
 *                                         then of the provider, then of the waiting room, at every
 *                                         step of it
 *     sim_money --seed N [--verbose]      plays one; verbose: prints all that happens in it
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "last_words.h"
#include "sim/money/money.h"

#define PLAY_SECONDS_MAX 60 /* of real time: what takes longer goes in circles */
#define TWICE_EVERY      20

static struct money_world world;
static char playing[96];

static const char *const parties[] = {
    [MONEY_USHER] = "usher", [MONEY_PSP] = "psp", [MONEY_ROOM] = "room"};
#define PARTIES (sizeof(parties) / sizeof(parties[0]))

static void replay_hint(const char *what)
{
    const char *const texts[] = {"not ok sim/money ", playing, ": ", what, "\n"};
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

static bool play(const struct money_play *how, struct money_coverage *coverage)
{
    snprintf(playing, sizeof(playing), "seed %" PRIu64 " crash of %s at %" PRIu64, how->seed,
             parties[how->crash_of], how->crash_at);
    alarm(PLAY_SECONDS_MAX);
    const bool fine = money_world_play(&world, how, coverage);
    alarm(0);
    if (!fine)
        replay_hint(world.tale.failure);
    if (!world.ended)
        exit(2); /* fibers are left over: no other world can begin */
    return fine;
}

/* A run over many seeds that never met one of these has proved less than it says. */
static bool covers(const struct money_coverage *c)
{
    const struct {
        const char *what;
        uint64_t count;
    } rows[] = {
        {"attempts begun", c->begun},
        {"paid", c->done},
        {"sales with fees", c->fees},
        {"declined", c->declined},
        {"given up, or too late", c->abandoned},
        {"given back", c->refunded},
        {"single tickets given back", c->parts},
        {"to be paid to a bank", c->deposits},
        {"paid to a bank", c->deposits_paid},
        {"taken back at the provider", c->taken_back},
        {"came back late", c->returned_late},
        {"came back twice at once", c->both_ways},
        {"came back with another amount", c->tampered},
        {"made a way back up", c->made_up},
        {"paid at the box office", c->box_office},
        {"sales behind a line", c->lines},
        {"joined the line", c->joined},
        {"came in", c->entered},
        {"refused for their pass", c->passes_refused},
        {"refused to pay later", c->later_refused},
        {"paid behind a line", c->paid_in_line},
        {"room killed", c->room_crashes},
        {"room stopped", c->room_stops},
        {"calls to the room lost", c->links_lost},
        {"usher killed", c->usher_crashes},
        {"usher stopped", c->usher_stops},
        {"the provider killed", c->psp_crashes},
        {"connections not made", c->net_refused},
        {"answers lost", c->net_lost},
        {"writes that failed", c->sql_before},
        {"writes of unknown outcome", c->sql_after},
        {"webhooks heard", c->hooks},
        {"mails taken", c->mails},
        {"mails taken twice", c->mails_twice},
        {"mails of unknown outcome", c->mails_unclear},
    };
    bool all = true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        printf("    %-30s %10" PRIu64 "\n", rows[i].what, rows[i].count);
        all = all && rows[i].count > 0;
    }
    printf("    %-30s %10" PRId64 " s\n", "from calm to rest, at most", c->settled_max_ms / 1000);
    return all;
}

static int play_many(uint64_t first, uint64_t seeds, bool until_failed)
{
    struct money_coverage coverage = {0};
    uint64_t failed = 0, differed = 0, twice = 0;
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        const struct money_play how = {.seed = seed};
        failed += !play(&how, &coverage);
        if (failed > 0 && until_failed)
            return 1;
        const uint64_t hash = world.tale.trace_hash;
        if (seed % TWICE_EVERY != 0)
            continue;
        struct money_coverage unused = {0};
        twice++;
        play(&how, &unused);
        if (hash != world.tale.trace_hash) {
            differed++;
            replay_hint("played twice, it went differently");
        }
    }
    const bool whole = seeds < 100 || covers(&coverage);
    printf("%s sim/money: seeds %" PRIu64 " to %" PRIu64 ", %" PRIu64 " failed\n",
           failed ? "not ok" : "ok", first, first + seeds - 1, failed);
    printf("%s sim/money: %" PRIu64 " seeds played twice went the same way\n",
           differed ? "not ok" : "ok", twice);
    printf("%s sim/money: everything that it is to meet was met\n", whole ? "ok" : "not ok");
    return failed == 0 && differed == 0 && whole ? 0 : 1;
}

static int play_steps(uint64_t seed)
{
    struct money_coverage coverage = {0};
    struct money_play how = {.seed = seed, .still = true};
    uint64_t failed = !play(&how, &coverage);
    const uint64_t steps = world.steps;
    for (size_t i = 0; i < PARTIES; i++) {
        how.crash_of = (enum money_party)i;
        for (how.crash_at = 1; how.crash_at <= steps; how.crash_at++)
            failed += !play(&how, &coverage);
    }
    printf("%s sim/money: a crash of usher, of the provider and of the room at each of %" PRIu64
           " steps, %" PRIu64 " failed\n",
           failed ? "not ok" : "ok", steps, failed);
    return failed == 0 ? 0 : 1;
}

static bool read_party(const char *name, enum money_party *ret_party)
{
    size_t i = 0;
    while (i < PARTIES && strcmp(parties[i], name) != 0)
        i++;
    *ret_party = (enum money_party)i;
    return i < PARTIES;
}

int main(int argc, char **argv)
{
    uint64_t seeds = 200, first = 1;
    struct money_play one = {0};
    bool steps = false, until_failed = false;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        uint64_t *number = strcmp(argv[i], "--seeds") == 0      ? &seeds
                           : strcmp(argv[i], "--first") == 0    ? &first
                           : strcmp(argv[i], "--seed") == 0     ? &one.seed
                           : strcmp(argv[i], "--crash-at") == 0 ? &one.crash_at
                                                                : NULL;
        if (strcmp(argv[i], "--verbose") == 0) {
            one.verbose = true;
        } else if (strcmp(argv[i], "--steps") == 0) {
            steps = true;
        } else if (strcmp(argv[i], "--until-failed") == 0) {
            until_failed = true;
        } else if (strcmp(argv[i], "--still") == 0) {
            one.still = true;
        } else if (strcmp(argv[i], "--of") == 0 && value && read_party(value, &one.crash_of)) {
            i++;
        } else if (number && value) {
            *number = strtoull(value, NULL, 10);
            i++;
        } else {
            fprintf(
                stderr,
                "usage: sim_money [--seeds N] [--first N] [--until-failed] | --steps [--first N] | "
                "--seed N [--still [--crash-at N [--of usher|psp|room]]] [--verbose]\n");
            return 2;
        }
    }
    catch_signals();
    setlinebuf(stdout);
    if (steps)
        return play_steps(first);
    if (one.seed == 0)
        return play_many(first, seeds, until_failed);
    struct money_coverage coverage = {0};
    const bool fine = play(&one, &coverage);
    printf("%s sim/money seed %" PRIu64 ", %" PRIu64 " steps, trace %016" PRIx64 "\n",
           fine ? "ok" : "not ok", one.seed, world.steps, world.tale.trace_hash);
    return fine ? 0 : 1;
}
