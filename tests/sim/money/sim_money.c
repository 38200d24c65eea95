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
#include <stdio.h>
#include <string.h>

#include "sim/money/money.h"
#include "sim/player.h"

static struct money_world world;
static struct money_coverage coverage;
static enum money_party crash_of; /* by the options */

static const char *const parties[] = {
    [MONEY_USHER] = "usher", [MONEY_PSP] = "psp", [MONEY_ROOM] = "room"};
#define PARTIES (sizeof(parties) / sizeof(parties[0]))

static bool play(const struct money_play *how, struct money_coverage *met)
{
    char what[96], again[96];
    const char *party = parties[how->crash_of];
    snprintf(what, sizeof(what), "seed %" PRIu64 " crash of %s at %" PRIu64, how->seed, party,
             how->crash_at);
    snprintf(again, sizeof(again), "%" PRIu64 "%s --of %s --crash-at %" PRIu64, how->seed,
             how->still ? " --still" : "", party, how->crash_at);
    player_begin(what, again);
    const bool fine = money_world_play(&world, how, met);
    return player_end(fine, world.ended);
}

static bool play_seed(uint64_t seed, bool verbose, bool again)
{
    struct money_coverage unused = {0};
    const struct money_play how = {.seed = seed,
                                   .verbose = verbose,
                                   .still = player_told.still,
                                   .crash_at = player_told.crash_at,
                                   .crash_of = crash_of};
    return play(&how, again ? &unused : &coverage);
}

static bool covers(void)
{
    const struct money_coverage *c = &coverage;
    const struct player_row rows[] = {
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
        {"taken back there in part", c->parts_taken_back},
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
    const bool all = player_covers(rows, sizeof(rows) / sizeof(rows[0]));
    printf("    %-36s %10" PRId64 " s\n", "from calm to rest, at most", c->settled_max_ms / 1000);
    return all;
}

static int play_steps(uint64_t seed)
{
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

static int option(const char *word, const char *value)
{
    for (size_t i = 0; strcmp(word, "--of") == 0 && value && i < PARTIES; i++) {
        if (strcmp(parties[i], value) != 0)
            continue;
        crash_of = (enum money_party)i;
        return 2;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct player player = {
        .name = "sim/money",
        .options = "OPTIONS: --still [--crash-at N [--of usher|psp|room]]\n",
        .seconds_max = 60,
        .seeds = 200,
        .whole_from = 100,
        .tale = &world.tale,
        .play = play_seed,
        .covers = covers,
        .steps = play_steps,
        .option = option,
    };
    return player_main(&player, argc, argv);
}
