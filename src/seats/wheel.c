#include "seats/wheel.h"

#include <stdlib.h>

#include "err/err.h"
#include "mem/bits.h"

static int64_t tick_of(int64_t at_ms)
{
    return at_ms / WHEEL_TICK_MS;
}

static uint32_t slot_of(int64_t tick)
{
    return (uint32_t)(tick % WHEEL_SLOTS);
}

int wheel_init(struct wheel *w, uint32_t timers_max)
{
    *w = (struct wheel){0};
    w->timers = calloc((size_t)timers_max + 1, sizeof(*w->timers));
    w->heads = calloc(WHEEL_SLOTS, sizeof(*w->heads));
    return w->timers && w->heads ? 0 : ERR_NO_MEMORY;
}

void wheel_release(struct wheel *w)
{
    free(w->timers);
    free(w->heads);
    *w = (struct wheel){0};
}

void wheel_add(struct wheel *w, uint32_t timer, int64_t at_ms)
{
    struct wheel_timer *timers = w->timers;
    assert(timer != 0 && timers[timer].next == 0 && at_ms >= 0);
    int64_t tick = tick_of(at_ms);
    uint32_t slot = slot_of(tick);
    if (w->count++ == 0 || tick < w->cursor)
        w->cursor = tick;
    timers[timer].at_ms = at_ms;
    uint32_t head = w->heads[slot];
    if (!head) {
        timers[timer].next = timers[timer].prev = timer;
        w->heads[slot] = timer;
        bits_set(w->words, slot);
        bits_set(w->tops, slot / 64);
        return;
    }
    uint32_t before = timers[head].prev; /* the last one; go back past those that are later */
    bool first = false;
    while (timers[before].at_ms > at_ms && !first) {
        first = before == head;
        before = timers[before].prev;
    }
    uint32_t after = timers[before].next;
    timers[timer].prev = before;
    timers[timer].next = after;
    timers[before].next = timers[after].prev = timer;
    if (first)
        w->heads[slot] = timer;
}

void wheel_remove(struct wheel *w, uint32_t timer)
{
    struct wheel_timer *timers = w->timers;
    uint32_t next = timers[timer].next, prev = timers[timer].prev;
    assert(timer != 0 && next != 0);
    uint32_t slot = slot_of(tick_of(timers[timer].at_ms));
    if (next == timer) {
        w->heads[slot] = 0;
        bits_clear(w->words, slot);
        if (w->words[slot / 64] == 0)
            bits_clear(w->tops, slot / 64);
    } else {
        timers[prev].next = next;
        timers[next].prev = prev;
        if (w->heads[slot] == timer)
            w->heads[slot] = next;
    }
    timers[timer].next = timers[timer].prev = 0;
    w->count--;
}

/* The first slot from `slot` on that is not empty, or WHEEL_SLOTS. */
static uint32_t occupied_from(const struct wheel *w, uint32_t slot)
{
    if (slot >= WHEEL_SLOTS)
        return WHEEL_SLOTS;
    uint32_t word = slot / 64;
    uint64_t bits = w->words[word] >> slot % 64;
    if (bits)
        return slot + (uint32_t)__builtin_ctzll(bits);
    word++;
    for (uint32_t top = word / 64; top < WHEEL_SLOTS / 64 / 64; top++) {
        bits = w->tops[top];
        if (top == word / 64)
            bits &= ~UINT64_C(0) << word % 64;
        if (!bits)
            continue;
        word = top * 64 + (uint32_t)__builtin_ctzll(bits);
        return word * 64 + (uint32_t)__builtin_ctzll(w->words[word]);
    }
    return WHEEL_SLOTS;
}

uint32_t wheel_first(const struct wheel *w)
{
    if (w->count == 0)
        return 0;
    uint32_t start = slot_of(w->cursor), first = 0;
    /* Once around from the cursor. A head of this round is earlier than all that follow it and than
     * every timer of a later round, so the first such head is the answer. */
    for (int lap = 0; lap < 2; lap++) {
        uint32_t end = lap ? start : WHEEL_SLOTS;
        for (uint32_t slot = occupied_from(w, lap ? 0 : start); slot < end;
             slot = occupied_from(w, slot + 1)) {
            uint32_t head = w->heads[slot];
            if (tick_of(w->timers[head].at_ms) - w->cursor < WHEEL_SLOTS)
                return head;
            if (!first || w->timers[head].at_ms < w->timers[first].at_ms)
                first = head;
        }
    }
    assert(first != 0);
    return first;
}

uint32_t wheel_due(struct wheel *w, int64_t now_ms)
{
    uint32_t first = wheel_first(w);
    if (!first)
        return 0;
    w->cursor = tick_of(w->timers[first].at_ms); /* none is earlier: later searches start here */
    return w->timers[first].at_ms <= now_ms ? first : 0;
}
