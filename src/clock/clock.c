#include "clock/clock.h"

#include <stddef.h>
#include <time.h>

#include "err/err.h"

static int64_t system_mono_ns(const struct clock *clock)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static int64_t system_wall_ms(const struct clock *clock)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * INT64_C(1000) + t.tv_nsec / NS_PER_MS;
}

static const struct clock system_clock = {system_mono_ns, system_wall_ms};

const struct clock *clock_system(void)
{
    return &system_clock;
}

int64_t clock_cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static const struct clock_virtual *virtual_of(const struct clock *clock)
{
    return (const struct clock_virtual *)((const char *)clock -
                                          offsetof(struct clock_virtual, clock));
}

static int64_t virtual_mono_ns(const struct clock *clock)
{
    return virtual_of(clock)->mono_ns;
}

static int64_t virtual_wall_ms(const struct clock *clock)
{
    const struct clock_virtual *v = virtual_of(clock);
    return v->wall_ms_at_zero + v->mono_ns / NS_PER_MS;
}

void clock_virtual_init(struct clock_virtual *v, int64_t wall_ms_at_zero)
{
    *v = (struct clock_virtual){
        .clock = {virtual_mono_ns, virtual_wall_ms},
        .wall_ms_at_zero = wall_ms_at_zero,
    };
}

void clock_virtual_advance(struct clock_virtual *v, int64_t step_ns)
{
    assert(step_ns >= 0 && step_ns <= INT64_MAX - v->mono_ns);
    v->mono_ns += step_ns;
}
