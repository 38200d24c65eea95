/*
 * rate: a token bucket; time is passed in.
 *
 * Starts full. Every event takes a token; tokens come back at per_s, up to burst.
 */
#ifndef USHER_HTTP_RATE_H
#define USHER_HTTP_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
    int64_t since_ns; /* when tokens was last brought up to date */
    uint32_t tokens;
    uint32_t burst;
    uint32_t per_s;
};

/* burst > 0; per_s may be 0: the burst is all there will ever be. */
void rate_init(struct rate *r, uint32_t burst, uint32_t per_s, int64_t now_ns);
/* Takes one token; false when there is none. now_ns never goes back. */
bool rate_take(struct rate *r, int64_t now_ns);
/* All tokens are back. */
void rate_refill(struct rate *r);

#endif
