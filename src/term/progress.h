/*
 * progress: a line that moves, for a person who waits.
 *
 * Nothing is shown where standard error is no terminal, nor in the first two seconds; then a line
 * is written over itself ten times a second at most, and wiped at the end.
 */
#ifndef USHER_TERM_PROGRESS_H
#define USHER_TERM_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "clock/clock.h"

#define PROGRESS_AFTER_NS (2 * NS_PER_S)
#define PROGRESS_EVERY_NS (100 * NS_PER_MS)

struct progress {
    const char *what; /* borrowed, "auditing rows" */
    uint64_t total;   /* 0: nobody knows */
    const struct clock *clock;
    FILE *out; /* NULL where nobody looks */
    int64_t start_ns;
    int64_t shown_ns; /* when last; 0: not yet */
};

/* Begins, on standard error. */
void progress_start(struct progress *p, const char *what, uint64_t total);
/* The same for a clock and a stream of one's own; NULL for out is silent. */
void progress_start_on(struct progress *p, const char *what, uint64_t total,
                       const struct clock *clock, FILE *out);
/* done so far; cheap enough to be called for every step. */
void progress_at(struct progress *p, uint64_t done);
/* Wipes the line, if there was one. */
void progress_end(struct progress *p);

#endif
