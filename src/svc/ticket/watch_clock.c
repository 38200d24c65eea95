/* A wall clock that is set while the server runs: sales have a time of their own, but whoever reads
 * the log should know. */
#include "svc/ticket/watch_clock.h"

#include "clock/clock.h"
#include "fiber/fiber.h"
#include "observe/log.h"

#define CLOCK_PAUSE_MS 1000
#define CLOCK_JUMP_MS  1000 /* slewing is slower, by far */

static int64_t offset_now_ms(void)
{
    const struct clock *clock = clock_system();
    return clock_wall_ms(clock) - clock_mono_ns(clock) / NS_PER_MS;
}

void desk_watch_clock(void *arg)
{
    int64_t offset_ms = offset_now_ms();
    while (!fiber_cancelled()) {
        const int64_t now_ms = offset_now_ms(), jump_ms = now_ms - offset_ms;
        if (jump_ms < -CLOCK_JUMP_MS || jump_ms > CLOCK_JUMP_MS)
            log_event(LOG_WARN, "clock.jump", log_int("usher.jump_ms", jump_ms));
        offset_ms = now_ms;
        fiber_sleep_until(deadline_after_ms(fiber_now_ns(), CLOCK_PAUSE_MS));
    }
}
