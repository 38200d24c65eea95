#include "crowd/crowd_line.h"

#include <stdlib.h>

#include "clock/clock.h"
#include "crowd/crowd.h"
#include "err/err.h"

#define TOGETHER_NS NS_PER_S /* who was told numbers within so long came together */

static int by_number(const void *a, const void *b)
{
    const struct crowd_person *const *one = a, *const *other = b;
    return ((*one)->number > (*other)->number) - ((*one)->number < (*other)->number);
}

static int by_wait(const void *a, const void *b)
{
    const struct crowd_person *const *one = a, *const *other = b;
    return ((*one)->waited_ns > (*other)->waited_ns) - ((*one)->waited_ns < (*other)->waited_ns);
}

/* People in the order of their numbers: nobody has another's; and whoever was told his long before
 * somebody with a lower one had come would have been overtaken. */
static void look_at_numbers(struct crowd_line *line, struct crowd_person *const *people,
                            size_t count)
{
    int64_t latest_arrival_ns = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        line->twice += i > 0 && people[i]->number == people[i - 1]->number;
        line->unordered += people[i]->joined_ns + TOGETHER_NS < latest_arrival_ns;
        if (people[i]->acted_ns > latest_arrival_ns)
            latest_arrival_ns = people[i]->acted_ns;
    }
}

/* ---- orders compared ---- */

static int64_t called_ns(const struct crowd_person *person)
{
    return person->joined_ns + person->waited_ns;
}

/* People in the order of their numbers, all of whom came in: who was called long after somebody
 * behind them. */
static uint32_t count_overtaken(struct crowd_person *const *people, uint32_t count)
{
    uint32_t overtaken = 0;
    int64_t earliest_ns = INT64_MAX; /* of those behind */
    for (uint32_t i = count; i-- > 0;) {
        const int64_t at_ns = called_ns(people[i]);
        overtaken += earliest_ns != INT64_MAX && at_ns > earliest_ns + TOGETHER_NS;
        if (at_ns < earliest_ns)
            earliest_ns = at_ns;
    }
    return overtaken;
}

static int by_arrival(const void *a, const void *b)
{
    const struct crowd_person *const *one = a, *const *other = b;
    return ((*one)->acted_ns > (*other)->acted_ns) - ((*one)->acted_ns < (*other)->acted_ns);
}

static int by_entry(const void *a, const void *b)
{
    const struct crowd_person *const *one = a, *const *other = b;
    return ((*one)->ready_ns > (*other)->ready_ns) - ((*one)->ready_ns < (*other)->ready_ns);
}

/* Spearman's rank correlation of when they came and when they came in. Sorts the people. */
static double correlate(struct crowd_person **people, uint32_t count)
{
    double sum = 0;
    const double n = count;
    if (count < 2)
        return 1;
    qsort(people, count, sizeof(*people), by_arrival);
    for (uint32_t i = 0; i < count; i++)
        people[i]->rank = i;
    qsort(people, count, sizeof(*people), by_entry);
    for (uint32_t i = 0; i < count; i++) {
        const double apart = (double)people[i]->rank - i;
        sum += apart * apart;
    }
    return 1 - 6 * sum / (n * (n * n - 1));
}

int crowd_line_sum(struct crowd *crowd)
{
    struct crowd_line *line = &crowd->line;
    struct crowd_person **people = calloc(crowd->options.users, sizeof(*people));
    if (!people)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < crowd->options.users; i++) {
        struct crowd_person *person = &crowd->people[i];
        if (person->number != 0)
            people[line->joined++] = person;
    }
    qsort(people, line->joined, sizeof(*people), by_number);
    look_at_numbers(line, people, line->joined);
    uint32_t entered = 0;
    for (uint32_t i = 0; i < line->joined; i++) {
        line->refreshed += people[i]->refreshes;
        line->renumbered += people[i]->renumbered;
    }
    for (uint32_t i = 0; i < line->joined; i++) {
        const struct crowd_person *person = people[i];
        if (!person->entered)
            continue;
        people[entered++] = people[i];
        if (person->told_max_ms == 0)
            continue;
        line->estimates++;
        line->estimates_kept +=
            person->waited_ns + TOGETHER_NS >= person->told_min_ms * NS_PER_MS &&
            person->waited_ns - TOGETHER_NS <= person->told_max_ms * NS_PER_MS;
    }
    line->entered = entered;
    line->overtaken = count_overtaken(people, entered);
    line->correlation = correlate(people, entered);
    qsort(people, entered, sizeof(*people), by_wait);
    if (entered > 0) {
        line->wait_p50_ns = people[entered / 2]->waited_ns;
        line->wait_max_ns = people[entered - 1]->waited_ns;
    }
    free(people);
    return 0;
}
