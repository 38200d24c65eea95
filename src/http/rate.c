#include "http/rate.h"

#include "clock/clock.h"
#include "err/err.h"

void rate_init(struct rate *r, uint32_t burst, uint32_t per_s, int64_t now_ns)
{
    assert(burst > 0);
    *r = (struct rate){.since_ns = now_ns, .tokens = burst, .burst = burst, .per_s = per_s};
}

/* Brings tokens up to date; the part of a token that time has earned so far stays in since_ns. */
static void refill(struct rate *r, int64_t now_ns)
{
    int64_t step_ns = NS_PER_S / r->per_s;
    int64_t earned = (now_ns - r->since_ns) / step_ns;

    if (earned >= r->burst - r->tokens) {
        r->tokens = r->burst;
        r->since_ns = now_ns;
    } else {
        r->tokens += (uint32_t)earned;
        r->since_ns += earned * step_ns;
    }
}

bool rate_take(struct rate *r, int64_t now_ns)
{
    if (r->per_s && now_ns > r->since_ns)
        refill(r, now_ns);
    if (r->tokens == 0)
        return false;
    r->tokens--;
    return true;
}

void rate_refill(struct rate *r)
{
    r->tokens = r->burst;
}
