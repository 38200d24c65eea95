/*
 * The main of a simulation: it plays one seed, or many, each a world of its own; a failing one is
 * told, with what to type to see it again. Some are played a second time and have to go the same
 * way.
 */
#ifndef USHER_TESTS_SIM_PLAYER_H
#define USHER_TESTS_SIM_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/tale.h"

/* Something that a run over many seeds is to meet, and how often it did. */
struct player_row {
    const char *what;
    uint64_t count;
};

struct player {
    const char *name;     /* begins each line: "sim/money" */
    const char *options;  /* its own, in the usage; or "" */
    unsigned seconds_max; /* of real time for one seed: what takes longer goes in circles */
    uint64_t seeds;       /* how many, unless told */
    uint64_t whole_from;  /* so many have to meet everything that covers looks for */
    const struct tale *tale;
    /* Plays a seed between player_begin() and player_end(), whose answer it gives; what was met is
     * counted in a coverage of its own, unless it is played again. */
    bool (*play)(uint64_t seed, bool verbose, bool again);
    /* Prints what the counted plays met (player_covers); false: something never happened. */
    bool (*covers)(void);
    /* NULL, or: plays one small sale from the seed with a crash at every step of it. */
    int (*steps)(uint64_t seed);
    /* NULL, or an option of its own: how many words it took; 0: it is none. value is NULL at the
     * end. */
    int (*option)(const char *word, const char *value);
};

/* The process's exit code: 0, 1 where a seed failed, 2 for words that are no options. */
int player_main(const struct player *player, int argc, char **argv);

/* Before a play: what it is, for the line of a failure, and the options that play it again. */
void player_begin(const char *what, const char *again);
/* After it: whether it went well, and whether its world has ended; a failure is told. */
bool player_end(bool fine, bool ended);

/* What a simulation that has steps is told of a play by options: few people and no faults, but a
 * crash at that step. */
struct player_told {
    bool still;        /* --still */
    uint64_t crash_at; /* --crash-at */
};
extern struct player_told player_told;

bool player_covers(const struct player_row *rows, size_t count);

#endif
