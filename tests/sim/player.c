#include "sim/player.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "last_words.h"

#define TWICE_EVERY 20 /* one seed in so many is played a second time */

static const struct player *player;
struct player_told player_told;
/* What is being played: made before, as a signal's handler may not format. */
static char playing[96], replay[96];

static void tell_failure(const char *what)
{
    const char *const texts[] = {"not ok ", player->name,  " ",  playing,
                                 ": ",      what,          "\n", "    to see it: --seed ",
                                 replay,    " --verbose\n"};
    last_words(texts, sizeof(texts) / sizeof(texts[0]));
}

static void died(int signal)
{
    tell_failure(signal == SIGALRM ? "it goes in circles" : "an assertion failed, or worse");
    _exit(2);
}

static void catch_signals(void)
{
    static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGALRM};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        signal(signals[i], died);
}

void player_begin(const char *what, const char *again)
{
    snprintf(playing, sizeof(playing), "%s", what);
    snprintf(replay, sizeof(replay), "%s", again);
    alarm(player->seconds_max);
}

bool player_end(bool fine, bool ended)
{
    alarm(0);
    if (!fine)
        tell_failure(player->tale->failure);
    if (!ended)
        exit(2); /* fibers are left over: no other world can begin */
    return fine;
}

bool player_covers(const struct player_row *rows, size_t count)
{
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        printf("    %-36s %10" PRIu64 "\n", rows[i].what, rows[i].count);
        all = all && rows[i].count > 0;
    }
    return all;
}

static const char *ok_if(bool fine)
{
    return fine ? "ok" : "not ok";
}

static int play_many(uint64_t first, uint64_t seeds, bool until_failed)
{
    uint64_t failed = 0, differed = 0, twice = 0;
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        failed += !player->play(seed, false, false);
        if (failed > 0 && until_failed)
            return 1;
        const uint64_t hash = player->tale->trace_hash;
        if (seed % TWICE_EVERY != 0)
            continue;
        twice++;
        player->play(seed, false, true);
        if (hash != player->tale->trace_hash) {
            differed++;
            tell_failure("played twice, it went differently");
        }
    }
    /* A run over many seeds that never met something has proved less than it says. */
    const bool whole = seeds < player->whole_from || player->covers();
    printf("%s %s: seeds %" PRIu64 " to %" PRIu64 ", %" PRIu64 " failed\n", ok_if(failed == 0),
           player->name, first, first + seeds - 1, failed);
    printf("%s %s: %" PRIu64 " seeds played twice went the same way\n", ok_if(differed == 0),
           player->name, twice);
    printf("%s %s: everything that it is to meet was met\n", ok_if(whole), player->name);
    return failed == 0 && differed == 0 && whole ? 0 : 1;
}

static int usage(void)
{
    fprintf(stderr,
            "usage: [OPTIONS] [--seeds N] [--first N] [--until-failed]%s\n"
            "       [OPTIONS] --seed N [--verbose]\n%s",
            player->steps ? " | --steps [--first N]" : "", player->options);
    return 2;
}

int player_main(const struct player *plays, int argc, char **argv)
{
    player = plays;
    uint64_t seeds = player->seeds, first = 1, one = 0;
    bool verbose = false, steps = false, until_failed = false;
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        uint64_t *number = strcmp(argv[i], "--seeds") == 0   ? &seeds
                           : strcmp(argv[i], "--first") == 0 ? &first
                           : strcmp(argv[i], "--seed") == 0  ? &one
                           : player->steps && strcmp(argv[i], "--crash-at") == 0
                               ? &player_told.crash_at
                               : NULL;
        if (strcmp(argv[i], "--verbose") == 0) {
            verbose = true;
        } else if (strcmp(argv[i], "--steps") == 0 && player->steps) {
            steps = true;
        } else if (strcmp(argv[i], "--still") == 0 && player->steps) {
            player_told.still = true;
        } else if (strcmp(argv[i], "--until-failed") == 0) {
            until_failed = true;
        } else if (number && value) {
            *number = strtoull(value, NULL, 10);
            i++;
        } else {
            const int words = player->option ? player->option(argv[i], value) : 0;
            if (words == 0)
                return usage();
            i += words - 1;
        }
    }
    catch_signals();
    setlinebuf(stdout);
    if (steps)
        return player->steps(first);
    if (one == 0)
        return play_many(first, seeds, until_failed);
    const bool fine = player->play(one, verbose, true);
    printf("%s %s seed %" PRIu64 ", trace %016" PRIx64 "\n", ok_if(fine), player->name, one,
           player->tale->trace_hash);
    return fine ? 0 : 1;
}
