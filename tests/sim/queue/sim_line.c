/*
 * sim_line: many sales behind a waiting room, each from its seed.
 *
 *     sim_line [--seeds N] [--first N]   plays N seeds (1,000), from the first (1) on; with
 *                                        --until-failed up to the first that fails
 *     sim_line --steps [--first N]       one small sale again and again, with a crash at every step
 *     sim_line --seed N [--verbose]      plays one; verbose: prints all that happens in it
 */
#include <inttypes.h>
#include <stdio.h>

#include "sim/player.h"
#include "sim/queue/queue.h"

static struct queue_world world;
static struct queue_coverage coverage;

static bool play(const struct queue_play *how, struct queue_coverage *met)
{
    char what[96], again[96];
    snprintf(what, sizeof(what), "seed %" PRIu64 " crash at %" PRIu64, how->seed, how->crash_at);
    snprintf(again, sizeof(again), "%" PRIu64 "%s --crash-at %" PRIu64, how->seed,
             how->still ? " --still" : "", how->crash_at);
    player_begin(what, again);
    const bool fine = queue_play(&world, how, met);
    return player_end(fine, world.ended);
}

static bool play_seed(uint64_t seed, bool verbose, bool again)
{
    struct queue_coverage unused = {0};
    const struct queue_play how = {.seed = seed,
                                   .verbose = verbose,
                                   .still = player_told.still,
                                   .crash_at = player_told.crash_at};
    return play(&how, again ? &unused : &coverage);
}

static bool covers(void)
{
    const struct queue_coverage *c = &coverage;
    const struct player_row rows[] = {
        {"sales with a draw", c->draws},
        {"draws held", c->drawn},
        {"numbers by arrival", c->arrivals},
        {"looks of those who wait", c->ahead},
        {"entries", c->entered},
        {"taken over by a newer pass", c->taken_over},
        {"older passes refused", c->passes_refused},
        {"paid", c->paid},
        {"left", c->left},
        {"skipped", c->skipped},
        {"ran out of time inside", c->ran_out},
        {"receipts taken back", c->restored},
        {"limits changed", c->limits},
        {"pauses", c->pauses},
        {"emergency stops", c->emergencies},
        {"sold out", c->sold_out},
        {"places that came back", c->reopened},
        {"rooms killed", c->crashes},
        {"rooms stopped", c->stops},
        {"writes that failed", c->before},
        {"writes of unknown outcome", c->after},
        {"answers that were refusals, or lost", c->refused},
    };
    return player_covers(rows, sizeof(rows) / sizeof(rows[0]));
}

static int play_steps(uint64_t seed)
{
    struct queue_play how = {.seed = seed, .still = true};
    uint64_t failed = !play(&how, &coverage);
    const uint64_t steps = world.steps;
    for (how.crash_at = 1; how.crash_at <= steps; how.crash_at++)
        failed += !play(&how, &coverage);
    printf("%s sim/line: a crash at each of %" PRIu64 " steps, %" PRIu64 " failed\n",
           failed ? "not ok" : "ok", steps, failed);
    return failed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct player player = {
        .name = "sim/line",
        .options = "OPTIONS: --still [--crash-at N]\n",
        .seconds_max = 60,
        .seeds = 1000,
        .whole_from = 100,
        .tale = &world.tale,
        .play = play_seed,
        .covers = covers,
        .steps = play_steps,
    };
    return player_main(&player, argc, argv);
}
