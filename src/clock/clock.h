/*
 * clock: time as a value you pass.
 *
 * Two readings: monotonic nanoseconds, for how long, and wall milliseconds since the Unix epoch,
 * for when. Nothing but the body of a clock asks the operating system, so a test or a simulation
 * gives its own. A deadline is a monotonic nanosecond count; whatever may wait takes one, last, by
 * the name deadline_ns.
 */
#ifndef USHER_CLOCK_CLOCK_H
#define USHER_CLOCK_CLOCK_H

#include <stdint.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

#define DEADLINE_NEVER INT64_MAX

struct clock {
    int64_t (*mono_ns)(const struct clock *clock);
    int64_t (*wall_ms)(const struct clock *clock);
};

/* The operating system's clocks (CLOCK_MONOTONIC, CLOCK_REALTIME). Never NULL; owned by nobody. */
const struct clock *clock_system(void);

/* CPU time that this process has used so far, all of its threads together, in ns. */
int64_t clock_cpu_ns(void);

/* A clock that stands still until it is moved. Embed it; its address is the clock. */
struct clock_virtual {
    struct clock clock; /* pass &v->clock */
    int64_t mono_ns;
    int64_t wall_ms_at_zero; /* wall time at mono_ns 0; may be set to jump the wall clock */
};
void clock_virtual_init(struct clock_virtual *v, int64_t wall_ms_at_zero);
/* step_ns >= 0 */
void clock_virtual_advance(struct clock_virtual *v, int64_t step_ns);

static inline int64_t clock_mono_ns(const struct clock *clock)
{
    return clock->mono_ns(clock);
}

static inline int64_t clock_wall_ms(const struct clock *clock)
{
    return clock->wall_ms(clock);
}

/* now_ns + ms, never past DEADLINE_NEVER. */
static inline int64_t deadline_after_ms(int64_t now_ns, int64_t ms)
{
    return ms >= (DEADLINE_NEVER - now_ns) / NS_PER_MS ? DEADLINE_NEVER : now_ns + ms * NS_PER_MS;
}

#endif
