#include "svc/ticket/pulse.h"

void pulse_note(struct pulse *pulse, int64_t took_ns)
{
    uint32_t class = 0;
    for (int64_t ms = took_ns / 1000000; ms > 0 && class < PULSE_CLASSES - 1; ms /= 2)
        class ++;
    atomic_fetch_add_explicit(&pulse->counts[class], 1, memory_order_relaxed);
}

void pulse_drain(struct pulse *pulse, uint32_t ret_counts[PULSE_CLASSES])
{
    for (int i = 0; i < PULSE_CLASSES; i++)
        ret_counts[i] = atomic_exchange_explicit(&pulse->counts[i], 0, memory_order_relaxed);
}

uint32_t pulse_take(struct pulse *pulse)
{
    uint32_t counts[PULSE_CLASSES], all = 0, seen = 0;
    pulse_drain(pulse, counts);
    for (int i = 0; i < PULSE_CLASSES; i++)
        all += counts[i];
    for (int i = 0; i < PULSE_CLASSES && all > 0; i++) {
        seen += counts[i];
        if ((uint64_t)seen * 100 >= (uint64_t)all * 95)
            return 1u << i;
    }
    return 0;
}
