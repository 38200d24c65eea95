#include "line/admission.h"

#include "err/err.h"

/* The entry, if it changes anything. */
static int to_capacity(const struct line *line, uint32_t capacity, enum line_why why,
                       uint32_t measured, int64_t now_ms, struct line_entry *ret_entry)
{
    if (capacity < line->capacity_min)
        capacity = line->capacity_min;
    if (capacity > line->capacity_max)
        capacity = line->capacity_max;
    if (capacity == line->capacity)
        return 0;
    *ret_entry = (struct line_entry){.kind = LINE_CAPACITY,
                                     .how = (uint8_t)why,
                                     .at_ms = now_ms > line->at_ms ? now_ms : line->at_ms,
                                     .number = capacity,
                                     .other = measured};
    return 1;
}

int line_decide_capacity(const struct line *line, const struct admission_news *news, int64_t now_ms,
                         struct line_entry *ret_entry)
{
    const uint32_t now = line->capacity;
    if (line->capacity_max == 0 || line->state == LINE_OVER)
        return 0;
    if (line->change_count == 0)
        return to_capacity(line, line->capacity_min, LINE_WHY_START, 0, now_ms, ret_entry);
    if (now < line->capacity_min || now > line->capacity_max)
        return to_capacity(line, now, LINE_WHY_LIMITS, 0, now_ms, ret_entry);
    const int64_t last_ms = line->changes[(line->change_count - 1) % LINE_CHANGES_MAX].at_ms;
    if (now_ms - last_ms < ADMISSION_STEP_MS || line->state != LINE_OPEN)
        return 0;
    if (now_ms - news->at_ms > ADMISSION_SILENT_MS) {
        /* The opening and a start count as silence only after their time. */
        const int64_t open_ms = now_ms - line->opened_at_ms;
        return open_ms > ADMISSION_SILENT_MS
                   ? to_capacity(line, now - now / 4, LINE_WHY_SILENT, 0, now_ms, ret_entry)
                   : 0;
    }
    if (news->hold_ms >= ADMISSION_SLOW_MS)
        return to_capacity(line, now - now / 4, LINE_WHY_SLOW, news->hold_ms, now_ms, ret_entry);
    if (news->queued >= ADMISSION_QUEUE_MAX)
        return to_capacity(line, now - now / 4, LINE_WHY_QUEUE, news->queued, now_ms, ret_entry);
    const bool taken = (uint64_t)(line->called + line->inside) * 10 >= (uint64_t)now * 9;
    if (taken && line->waiting > 0 && news->hold_ms <= ADMISSION_QUICK_MS)
        return to_capacity(line, now + (now + 9) / 10, LINE_WHY_FAST, news->hold_ms, now_ms,
                           ret_entry);
    return 0;
}

int line_decide_limits(const struct line *line, uint32_t capacity_min, uint32_t capacity_max,
                       int64_t now_ms, struct line_entry *ret_entry)
{
    if (capacity_min == 0 || capacity_min > capacity_max)
        return ERR_INVALID;
    if (line->state == LINE_OVER)
        return ERR_BUSY;
    if (capacity_min == line->capacity_min && capacity_max == line->capacity_max)
        return 0;
    *ret_entry = (struct line_entry){.kind = LINE_LIMITS,
                                     .at_ms = now_ms > line->at_ms ? now_ms : line->at_ms,
                                     .number = capacity_min,
                                     .other = capacity_max};
    return 1;
}
