#include "sale/entry.h"

#define MINUTE_MS INT64_C(60000)

struct entry_rule entry_rule_default(void)
{
    return (struct entry_rule){.early_minutes = ENTRY_EARLY_MINUTES};
}

struct entry_times entry_times_of(const struct entry_rule *rule, int64_t starts_at_ms,
                                  int64_t doors_at_ms)
{
    struct entry_times times = {0};
    if (doors_at_ms > 0)
        times.from_ms = doors_at_ms - rule->early_minutes * MINUTE_MS;
    else if (rule->said)
        times.from_ms = starts_at_ms - rule->early_minutes * MINUTE_MS;
    if (rule->late_minutes > 0)
        times.until_ms = starts_at_ms + rule->late_minutes * MINUTE_MS;
    return times;
}

bool entry_is_open(const struct entry_times *times, int64_t at_ms)
{
    return (times->from_ms == 0 || at_ms >= times->from_ms) &&
           (times->until_ms == 0 || at_ms < times->until_ms);
}
