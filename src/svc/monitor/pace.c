#include "svc/monitor/pace.h"

#include "clock/clock.h"

uint32_t pace_step(struct pace *pace, int64_t now_ns, int64_t cpu_ns)
{
    const int64_t rested_ns = now_ns - pace->began_ns;
    if (rested_ns >= PACE_LOOK_MIN_MS * NS_PER_MS && pace->began_ns != 0)
        pace->busy = PACE_BUSY_SHARE * (cpu_ns - pace->began_cpu_ns) > rested_ns;
    pace->step_began_ns = now_ns;
    return pace->busy ? PACE_ROWS_BUSY : PACE_ROWS;
}

int64_t pace_rest_ms(struct pace *pace, int64_t now_ns, int64_t cpu_ns)
{
    const int64_t took_ns = now_ns - pace->step_began_ns;
    pace->began_ns = now_ns;
    pace->began_cpu_ns = cpu_ns;
    return (pace->busy ? PACE_REST_BUSY : PACE_REST) * took_ns / NS_PER_MS;
}
