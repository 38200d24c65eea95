#include "line/pace.h"

#include <math.h>

#define ENOUGH 10 /* calls from which a rate is read */

/* Empties the slots between the newest and that of now_ms. */
static void move_on(struct pace *pace, int64_t now_ms)
{
    const int64_t slot = now_ms / PACE_SLOT_MS;
    if (slot - pace->slot >= PACE_SLOTS)
        pace->slot = slot - PACE_SLOTS;
    while (pace->slot < slot)
        pace->counts[++pace->slot % PACE_SLOTS] = 0;
}

void pace_note(struct pace *pace, int64_t now_ms, uint32_t calls)
{
    move_on(pace, now_ms);
    pace->counts[pace->slot % PACE_SLOTS] += calls;
    if (pace->first_ms == 0)
        pace->first_ms = now_ms;
}

/* What was called lately, and in how many ms. */
static uint32_t look(const struct pace *pace, int64_t now_ms, int64_t *ret_in_ms)
{
    struct pace now = *pace;
    uint32_t calls = 0;
    move_on(&now, now_ms);
    for (int i = 0; i < PACE_SLOTS; i++)
        calls += now.counts[i];
    const int64_t from_ms = (now.slot - PACE_SLOTS + 1) * PACE_SLOT_MS;
    *ret_in_ms = now_ms - (pace->first_ms > from_ms ? pace->first_ms : from_ms);
    if (*ret_in_ms < PACE_SLOT_MS)
        *ret_in_ms = PACE_SLOT_MS;
    return calls;
}

uint32_t pace_per_minute(const struct pace *pace, int64_t now_ms)
{
    int64_t in_ms;
    const uint64_t calls = look(pace, now_ms, &in_ms);
    return (uint32_t)((calls * 60000 + (uint64_t)in_ms / 2) / (uint64_t)in_ms);
}

void pace_estimate(const struct pace *pace, int64_t now_ms, uint32_t ahead, uint32_t capacity,
                   uint32_t pass_ms, int64_t *ret_min_ms, int64_t *ret_max_ms)
{
    int64_t in_ms;
    const double calls = look(pace, now_ms, &in_ms), n = ahead;
    *ret_min_ms = *ret_max_ms = 0;
    if (capacity == 0)
        return;
    if (calls < ENOUGH) {
        *ret_min_ms = (int64_t)(n / capacity * pass_ms / 10);
        *ret_max_ms = (int64_t)((n / capacity + 1) * pass_ms);
        return;
    }
    const double spread = 2 * sqrt(calls);
    const double fewest = calls - spread > calls / 4 ? calls - spread : calls / 4;
    *ret_min_ms = (int64_t)(n * (double)in_ms / (calls + spread));
    *ret_max_ms = (int64_t)((n + 1) * (double)in_ms / fewest);
}
