#include "fiber/timers.h"

#include <stdlib.h>

#include "err/err.h"

static int grow(struct timers *t, uint32_t more)
{
    if (more > UINT32_MAX / 8 - t->max)
        return ERR_NO_MEMORY;
    size_t max = (size_t)t->max + more;
    struct timers_entry *entries = realloc(t->entries, max * sizeof(*entries));
    if (!entries)
        return ERR_NO_MEMORY;
    t->entries = entries;
    t->max = (uint32_t)max;
    return 0;
}

int timers_init(struct timers *t, uint32_t max)
{
    *t = (struct timers){0};
    return grow(t, max ? max : 1);
}

int timers_reserve(struct timers *t, uint32_t more)
{
    int err = grow(t, more);
    if (!err)
        t->reserved += more;
    return err;
}

void timers_release(struct timers *t)
{
    free(t->entries);
    *t = (struct timers){0};
}

static bool before(const struct timers_entry *a, const struct timers_entry *b)
{
    return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->seq < b->seq);
}

static void place(struct timers *t, uint32_t i, struct timers_entry entry)
{
    t->entries[i - 1] = entry;
    entry.timer->index = i;
}

static void sift_up(struct timers *t, uint32_t i, struct timers_entry entry)
{
    while (i > 1) {
        uint32_t parent = (i - 2) / 4 + 1;
        if (!before(&entry, &t->entries[parent - 1]))
            break;
        place(t, i, t->entries[parent - 1]);
        i = parent;
    }
    place(t, i, entry);
}

static void sift_down(struct timers *t, uint32_t i, struct timers_entry entry)
{
    for (;;) {
        uint32_t first = (i - 1) * 4 + 2, best = 0;
        for (uint32_t child = first; child < first + 4 && child <= t->count; child++) {
            if (!best || before(&t->entries[child - 1], &t->entries[best - 1]))
                best = child;
        }
        if (!best || !before(&t->entries[best - 1], &entry))
            break;
        place(t, i, t->entries[best - 1]);
        i = best;
    }
    place(t, i, entry);
}

/* Puts an entry at i, from where it may have to go either way. */
static void sift(struct timers *t, uint32_t i, struct timers_entry entry)
{
    if (i > 1 && before(&entry, &t->entries[(i - 2) / 4]))
        sift_up(t, i, entry);
    else
        sift_down(t, i, entry);
}

static bool is_full(const struct timers *t, bool of_fiber)
{
    return of_fiber ? t->reserved_count == t->reserved
                    : t->count - t->reserved_count == t->max - t->reserved;
}

int timers_arm(struct timers *t, struct loop_timer *timer, int64_t at_ns)
{
    struct timers_entry entry = {at_ns, t->seq, timer};
    if (timer->index) {
        sift(t, timer->index, entry);
    } else {
        if (is_full(t, timer->of_fiber))
            return ERR_FULL;
        t->count++;
        t->reserved_count += timer->of_fiber;
        sift_up(t, t->count, entry);
    }
    t->seq++;
    return 0;
}

void timers_disarm(struct timers *t, struct loop_timer *timer)
{
    uint32_t i = timer->index;
    if (!i)
        return;
    assert(i <= t->count && t->entries[i - 1].timer == timer);
    struct timers_entry last = t->entries[t->count - 1];
    t->count--;
    t->reserved_count -= timer->of_fiber;
    timer->index = 0;
    if (i <= t->count)
        sift(t, i, last);
}

int64_t timers_next_ns(const struct timers *t)
{
    return t->count ? t->entries[0].at_ns : DEADLINE_NEVER;
}

struct loop_timer *timers_take_due(struct timers *t, int64_t now_ns, uint64_t seq)
{
    if (t->count == 0 || t->entries[0].at_ns > now_ns || t->entries[0].seq >= seq)
        return NULL;
    struct loop_timer *timer = t->entries[0].timer;
    timers_disarm(t, timer);
    return timer;
}
