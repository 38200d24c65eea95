#include "mem/table.h"

#include <stdlib.h>

#include "err/err.h"

int table_init(struct table *t, uint32_t max, uint64_t seed)
{
    *t = (struct table){0};
    if (max == 0 || max > TABLE_MAX)
        return ERR_INVALID;
    uint64_t slots = 8;
    while (slots * 3 / 4 < max)
        slots *= 2;
    t->slots = calloc(slots, sizeof(*t->slots));
    if (!t->slots)
        return ERR_NO_MEMORY;
    t->seed = seed;
    t->mask = (uint32_t)(slots - 1);
    t->max = max;
    return 0;
}

/* To slots for max keys, which are more than those inside. */
static int move(struct table *t, uint64_t max)
{
    struct table moved;
    if (max > TABLE_MAX || table_init(&moved, (uint32_t)max, t->seed) < 0)
        return ERR_NO_MEMORY;
    const struct table_slot *slot;
    for (uint32_t at = 0; (slot = table_next(t, &at));) {
        int err = table_put(&moved, slot->key, slot->value);
        assert(err == 0);
    }
    table_release(t);
    *t = moved;
    return 0;
}

int table_reserve(struct table *t, uint32_t max)
{
    if (max <= t->max)
        return 0;
    uint64_t wanted = t->max >= TABLE_LEAST ? t->max : TABLE_LEAST;
    while (wanted < max)
        wanted *= 2;
    return move(t, wanted);
}

void table_fit(struct table *t)
{
    if (t->max / 4 >= TABLE_LEAST && t->count < t->max / 8)
        (void)move(t, t->max / 4);
}

void table_release(struct table *t)
{
    free(t->slots);
    *t = (struct table){0};
}

static uint32_t home_of(const struct table *t, struct id key)
{
    /* Folding a 64 x 64 bit product spreads every bit of both halves; the constants are odd parts
     * of the golden ratio and of the square root of two, so that a zero half does not erase the
     * other. */
    unsigned __int128 product =
        (unsigned __int128)(key.hi ^ t->seed ^ UINT64_C(0x9e3779b97f4a7c15)) *
        (key.lo ^ (t->seed << 1) ^ UINT64_C(0x6a09e667f3bcc909));
    uint64_t hash = (uint64_t)(product >> 64) ^ (uint64_t)product;
    return (uint32_t)(hash ^ hash >> 32) & t->mask;
}

/* The slot of the key, or the free one where it would go. */
static uint32_t find(const struct table *t, struct id key)
{
    uint32_t i = home_of(t, key);
    while (!id_is_zero(t->slots[i].key) && !id_eq(t->slots[i].key, key))
        i = (i + 1) & t->mask;
    return i;
}

bool table_get(const struct table *t, struct id key, uint32_t *ret_value)
{
    if (t->count == 0 || id_is_zero(key))
        return false;
    const struct table_slot *slot = &t->slots[find(t, key)];
    if (id_is_zero(slot->key))
        return false;
    *ret_value = slot->value;
    return true;
}

int table_put(struct table *t, struct id key, uint32_t value)
{
    assert(!id_is_zero(key));
    if (!t->slots)
        return ERR_FULL;
    struct table_slot *slot = &t->slots[find(t, key)];
    if (id_is_zero(slot->key)) {
        if (t->count == t->max)
            return ERR_FULL;
        slot->key = key;
        t->count++;
    }
    slot->value = value;
    return 0;
}

bool table_remove(struct table *t, struct id key)
{
    if (t->count == 0 || id_is_zero(key))
        return false;
    uint32_t hole = find(t, key);
    if (id_is_zero(t->slots[hole].key))
        return false;
    for (uint32_t i = (hole + 1) & t->mask; !id_is_zero(t->slots[i].key); i = (i + 1) & t->mask) {
        /* What stands at i may fill the hole unless its home lies behind the hole: then a search
         * that starts at home would never come past the hole. */
        uint32_t home = home_of(t, t->slots[i].key);
        if (((i - home) & t->mask) >= ((i - hole) & t->mask)) {
            t->slots[hole] = t->slots[i];
            hole = i;
        }
    }
    t->slots[hole] = (struct table_slot){0};
    t->count--;
    return true;
}

void table_clear(struct table *t)
{
    if (t->count > 0)
        memset(t->slots, 0, ((size_t)t->mask + 1) * sizeof(*t->slots));
    t->count = 0;
}

const struct table_slot *table_next(const struct table *t, uint32_t *at)
{
    if (!t->slots)
        return NULL;
    while (*at <= t->mask) {
        const struct table_slot *slot = &t->slots[(*at)++];
        if (!id_is_zero(slot->key))
            return slot;
    }
    return NULL;
}
