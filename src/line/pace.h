/*
 * pace: how many people a line calls in a minute, and how long somebody in it will wait.
 */
#ifndef USHER_LINE_PACE_H
#define USHER_LINE_PACE_H

#include <stdint.h>

#define PACE_SLOT_MS 10000
#define PACE_SLOTS   30 /* five minutes */

struct pace {
    int64_t first_ms;            /* of the first call; 0: nobody was called */
    int64_t slot;                /* the newest slot's number: time / PACE_SLOT_MS */
    uint32_t counts[PACE_SLOTS]; /* slot n is at n % PACE_SLOTS */
};

/* So many were called at now_ms, which never goes back. */
void pace_note(struct pace *pace, int64_t now_ms, uint32_t calls);
/* People called a minute in the last five. */
uint32_t pace_per_minute(const struct pace *pace, int64_t now_ms);
/* An interval for the wait of somebody with `ahead` people before him. From what was seen lately,
 * two standard deviations of a Poisson count wide; before ten people were called in the last five
 * minutes, from the rules alone: at best those inside need a tenth of a pass's time, at worst all
 * of it. capacity 0: nobody knows, both are 0. */
void pace_estimate(const struct pace *pace, int64_t now_ms, uint32_t ahead, uint32_t capacity,
                   uint32_t pass_ms, int64_t *ret_min_ms, int64_t *ret_max_ms);

#endif
