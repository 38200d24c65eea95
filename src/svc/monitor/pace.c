#include "svc/monitor/pace.h"

#include "clock/clock.h"

uint32_t pace_step(struct pace *pace, int64_t now_ns, int64_t cpu_ns)
{
    const int64_t rested_ns = now_ns - pace->began_ns;
    if (rested_ns >= PACE_LOOK_MIN_MS * NS_PER_MS && pace->began_ns != 0)
        pace->busy = PACE_BUSY_SHARE * (cpu_ns - pace->began_cpu_ns) > rested_ns;
    if (pace->busy || pace->rows == 0)
        pace->rows = 1;
    pace->step_began_ns = now_ns;
    return pace->rows;
}

int64_t pace_rest_ms(struct pace *pace, size_t rows_read, int64_t now_ns, int64_t cpu_ns)
{
    const int64_t took_ms = (now_ns - pace->step_began_ns) / NS_PER_MS;
    const int64_t rest_ms =
        (pace->busy ? PACE_REST_BUSY : PACE_REST) * (now_ns - pace->step_began_ns) / NS_PER_MS;
    pace->began_ns = now_ns;
    pace->began_cpu_ns = cpu_ns;
    if (took_ms > PACE_STEP_MS && pace->rows > 1)
        pace->rows /= 2;
    else if (took_ms < PACE_STEP_MS / 2 && rows_read >= pace->rows && pace->rows < PACE_ROWS)
        pace->rows *= 2;
    return rest_ms > PACE_LOOK_MIN_MS ? rest_ms : PACE_LOOK_MIN_MS;
}

void pace_end(struct pace *pace)
{
    pace->rows = 1;
}
