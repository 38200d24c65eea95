/*
 * interleave: two buyers, one seat: all orders.
 *
 *     interleave                plays every way through every scenario
 *     interleave --show NAME    prints the outcomes of one, with a way to each
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "interleave/play.h"
#include "last_words.h"

#define WAY_SECONDS_MAX 20 /* of real time: a way that takes longer goes in circles */

/* An outcome that came, how often, and the first way to it. */
struct seen {
    char outcome[PLAY_TEXT_MAX];
    char trace[PLAY_TRACE_MAX];
    uint64_t ways;
    bool expected;
};

static struct play play;
static struct seen seen[SCENARIO_OUTCOMES_MAX];
static uint32_t seen_count;

static struct seen *find_seen(const char *outcome)
{
    for (uint32_t i = 0; i < seen_count; i++) {
        if (strcmp(seen[i].outcome, outcome) == 0)
            return &seen[i];
    }
    return NULL;
}

static void note(void)
{
    struct seen *found = find_seen(play.outcome);
    if (!found) {
        assert(seen_count < SCENARIO_OUTCOMES_MAX);
        found = &seen[seen_count++];
        *found = (struct seen){0};
        memcpy(found->outcome, play.outcome, sizeof(found->outcome));
        memcpy(found->trace, play.trace, sizeof(found->trace));
    }
    found->ways++;
}

/* The outcomes are those listed. */
static bool compare(const struct scenario *scenario)
{
    bool same = true;
    for (uint32_t i = 0; i < SCENARIO_OUTCOMES_MAX && scenario->outcomes[i]; i++) {
        struct seen *found = find_seen(scenario->outcomes[i]);
        if (found)
            found->expected = true;
        else
            printf("    never: %s\n", scenario->outcomes[i]);
        same = same && found;
    }
    for (uint32_t i = 0; i < seen_count; i++) {
        if (!seen[i].expected)
            printf("    not listed: %s\n%s", seen[i].outcome, seen[i].trace);
        same = same && seen[i].expected;
    }
    return same;
}

static bool explore(const struct scenario *scenario)
{
    struct way way = {0};
    uint64_t ways = 0;
    bool fine = true;
    seen_count = 0;
    do {
        alarm(WAY_SECONDS_MAX);
        play_once(&play, scenario, &way);
        ways++;
        if (play.wrong[0] != '\0') {
            printf("    %s, on this way:\n%s", play.wrong, play.trace);
            fine = false;
        } else {
            note();
        }
    } while (fine && way_next(&way));
    if (fine)
        fine = compare(scenario);
    printf("%s interleave %s: %llu ways, %u outcomes\n", fine ? "ok" : "not ok", scenario->name,
           (unsigned long long)ways, seen_count);
    fflush(stdout);
    return fine;
}

static void show(const struct scenario *scenario)
{
    explore(scenario);
    for (uint32_t i = 0; i < seen_count; i++)
        printf("\"%s\", %llu\n%s", seen[i].outcome, (unsigned long long)seen[i].ways,
               seen[i].trace);
}

/* An assertion of the owner's: which way led there? */
static void died(int number)
{
    const char *const texts[] = {"not ok interleave ", play.scenario ? play.scenario->name : "",
                                 ": it died, or goes in circles, on this way:\n", play.trace};
    last_words(texts, sizeof(texts) / sizeof(texts[0]));
    _exit(2);
}

int main(int argc, char **argv)
{
    const char *only = argc == 3 && strcmp(argv[1], "--show") == 0 ? argv[2] : NULL;
    bool fine = true;
    /* An owner's arrays are large and hardly touched: fresh pages cost less than clearing. */
    mallopt(M_MMAP_THRESHOLD, 65536);
    signal(SIGABRT, died);
    signal(SIGSEGV, died);
    signal(SIGALRM, died);
    for (const struct scenario *scenario = scenarios; scenario->name; scenario++) {
        if (only && strcmp(only, scenario->name) == 0)
            show(scenario);
        if (!only)
            fine = explore(scenario) && fine;
    }
    return fine ? 0 : 1;
}
