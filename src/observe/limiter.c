#include "observe/limiter.h"

#include "clock/clock.h"

/* The key's slot, claimed now if it had none. */
static struct limiter_slot *slot_of(struct limiter *l, const char *key)
{
    /* Literals lie close together: the multiplication spreads them (Knuth's 2^64 / golden ratio).
     */
    size_t at = (size_t)(((uintptr_t)key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) % LIMITER_SLOTS;
    for (size_t tries = 0; tries < LIMITER_SLOTS; tries++, at = (at + 1) % LIMITER_SLOTS) {
        struct limiter_slot *slot = &l->slots[at];
        const char *there = atomic_load_explicit(&slot->key, memory_order_relaxed);
        if (there == key)
            return slot;
        if (there)
            continue;
        if (atomic_compare_exchange_strong(&slot->key, &there, key) || there == key)
            return slot;
    }
    return &l->slots[LIMITER_SLOTS - 1];
}

bool limiter_pass(struct limiter *l, const char *key, uint32_t a_second_max, int64_t now_ns,
                  uint64_t *ret_left_out)
{
    struct limiter_slot *slot = slot_of(l, key);
    /* Seconds count from 1, so that a zeroed slot is of no second. */
    int64_t second = now_ns / NS_PER_S + 1;
    int64_t counted = atomic_load_explicit(&slot->second, memory_order_relaxed);
    if (counted != second && atomic_compare_exchange_strong(&slot->second, &counted, second))
        atomic_store_explicit(&slot->let_through, 0, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&slot->let_through, 1, memory_order_relaxed) >= a_second_max) {
        atomic_fetch_add_explicit(&slot->left_out, 1, memory_order_relaxed);
        return false;
    }
    *ret_left_out = atomic_exchange_explicit(&slot->left_out, 0, memory_order_relaxed);
    return true;
}
