/*
 * entry: between which times the doors of a performance let people in. Pure.
 *
 * What nobody said is no limit: without a time of the doors there is no beginning, and nobody is
 * told when an evening ends. Times are relative, so that they move with the performance.
 */
#ifndef USHER_SALE_ENTRY_H
#define USHER_SALE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#define ENTRY_EARLY_MINUTES 30     /* before the doors, where nobody says otherwise */
#define ENTRY_MINUTES_MAX   525600 /* a year: a rehearsal lets in at any time */

struct entry_rule {
    bool said;              /* early_minutes is the organiser's word, not the default */
    uint32_t early_minutes; /* before the doors open; where nobody said when, before the start */
    uint32_t late_minutes;  /* after the start; 0: nobody says when the evening ends */
};

struct entry_times {
    int64_t from_ms;  /* 0: no limit */
    int64_t until_ms; /* 0: no limit; the first moment at which nobody is let in any more */
};

/* What holds where nobody has set a rule. */
struct entry_rule entry_rule_default(void);
/* doors_at_ms: 0 where nobody said. */
struct entry_times entry_times_of(const struct entry_rule *rule, int64_t starts_at_ms,
                                  int64_t doors_at_ms);
/* Whether that is a time to come in. */
bool entry_is_open(const struct entry_times *times, int64_t at_ms);

#endif
