#include "crowd/crowd_line.h"

#include <stdlib.h>

#include "clock/clock.h"
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
    qsort(people, entered, sizeof(*people), by_wait);
    if (entered > 0) {
        line->wait_p50_ns = people[entered / 2]->waited_ns;
        line->wait_max_ns = people[entered - 1]->waited_ns;
    }
    free(people);
    return 0;
}
