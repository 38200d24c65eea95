/*
 * crowd_line: what a crowd that went through a line has seen of it.
 */
#ifndef USHER_CROWD_CROWD_LINE_H
#define USHER_CROWD_CROWD_LINE_H

#include <stdint.h>

struct crowd;

/* Ways round a line. */
enum crowd_cheat {
    CROWD_CHEAT_WITHOUT,  /* no pass */
    CROWD_CHEAT_FORGED,   /* signed by nobody */
    CROWD_CHEAT_SHARED,   /* somebody else's */
    CROWD_CHEAT_REPLAYED, /* one's own, after it was used up */
    CROWD_CHEAT_EXPIRED,  /* one's own, after its time */
    CROWD_CHEATS
};

/* What was seen of the line. */
struct crowd_line {
    uint32_t joined, entered, twice; /* twice: numbers that two people were given */
    uint32_t unordered; /* who had a number long before somebody with a lower one came */
    uint32_t excess;    /* inside, above the highest capacity that was told */
    uint32_t cheats, cheats_won;
    uint32_t kinds[CROWD_CHEATS];   /* of the cheats that were tried */
    uint32_t refreshed, renumbered; /* who joined again; who got another number by it */
    uint32_t overtaken; /* called later than somebody who was told a number after them */
    double correlation; /* Spearman's, of who came and who came in; 1: in the same order */
    uint32_t estimates,
        estimates_kept; /* people who were told an interval; whose wait fell in it */
    int64_t wait_p50_ns, wait_max_ns;
};

/* For the crowd's own files: fills crowd->line from what came of its people. ERR_NO_MEMORY. */
int crowd_line_sum(struct crowd *crowd);

#endif
