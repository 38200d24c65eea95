#include "token/quota.h"

#include <sodium.h>

#include "err/err.h"

void quota_init(struct quota *quota, const uint8_t hash_key[QUOTA_KEY_BYTES])
{
    memset(quota, 0, sizeof(*quota)); /* it is too large for a temporary on a stack */
    static_assert(QUOTA_KEY_BYTES == crypto_shorthash_KEYBYTES, "SipHash-2-4");
    memcpy(quota->hash_key, hash_key, QUOTA_KEY_BYTES);
    for (int i = 0; i < QUOTA_LOCKS; i++)
        pthread_mutex_init(&quota->locks[i], NULL);
}

void quota_release(struct quota *quota)
{
    for (int i = 0; i < QUOTA_LOCKS; i++)
        pthread_mutex_destroy(&quota->locks[i]);
}

static uint64_t tag_of(const struct quota *quota, uint32_t kind, struct view key)
{
    uint64_t tag;
    static_assert(sizeof(tag) == crypto_shorthash_BYTES, "SipHash-2-4");
    crypto_shorthash((uint8_t *)&tag, (const uint8_t *)key.at, key.len, quota->hash_key);
    /* Kinds must differ in the low bits, too, which choose the place. */
    return (tag ^ (uint64_t)(kind + 1) * UINT64_C(0x9E3779B97F4A7C15)) | 1;
}

static size_t set_of(uint64_t tag)
{
    return (tag >> 1) % (QUOTA_SLOTS / QUOTA_WAYS);
}

static pthread_mutex_t *lock_of(struct quota *quota, uint64_t tag)
{
    return &quota->locks[set_of(tag) % QUOTA_LOCKS];
}

/* With its lock: the slot of a key; take: else the one that makes room for it; otherwise NULL. */
static struct quota_slot *find(struct quota *quota, uint64_t tag, bool take)
{
    struct quota_slot *set = &quota->slots[set_of(tag) * QUOTA_WAYS];
    struct quota_slot *fullest = &set[0];
    for (int i = 0; i < QUOTA_WAYS; i++) {
        if (set[i].tag == tag)
            return &set[i];
        if (set[i].full_at_us < fullest->full_at_us)
            fullest = &set[i];
    }
    if (!take)
        return NULL;
    *fullest = (struct quota_slot){.tag = tag};
    return fullest;
}

/* What is used now. More than there is of it was never given: the clock has been set back since. */
static int64_t used_us(const struct quota_slot *slot, const struct quota_rule *rule, int64_t now_us)
{
    const int64_t left_us = slot->full_at_us - now_us;
    return left_us > 0 && left_us <= rule->every_us * rule->burst ? left_us : 0;
}

int64_t quota_take(struct quota *quota, uint32_t kind, const struct quota_rule *rule,
                   struct view key, int64_t now_ms)
{
    const int64_t now_us = now_ms * 1000;
    int64_t wait_us = 0;
    if (key.len == 0 || rule->burst == 0)
        return 0;
    const uint64_t tag = tag_of(quota, kind, key);
    pthread_mutex_lock(lock_of(quota, tag));
    struct quota_slot *slot = find(quota, tag, true);
    const int64_t full_at_us = now_us + used_us(slot, rule, now_us) + rule->every_us;
    const int64_t too_far_us = full_at_us - now_us - rule->every_us * rule->burst;
    if (too_far_us > 0)
        wait_us = too_far_us;
    else
        slot->full_at_us = full_at_us;
    pthread_mutex_unlock(lock_of(quota, tag));
    return (wait_us + 999) / 1000;
}

int64_t quota_used(struct quota *quota, uint32_t kind, const struct quota_rule *rule,
                   struct view key, int64_t now_ms)
{
    const int64_t now_us = now_ms * 1000;
    if (key.len == 0 || rule->burst == 0)
        return 0;
    const uint64_t tag = tag_of(quota, kind, key);
    pthread_mutex_lock(lock_of(quota, tag));
    const struct quota_slot *slot = find(quota, tag, false);
    const int64_t left_us = slot ? used_us(slot, rule, now_us) : 0;
    pthread_mutex_unlock(lock_of(quota, tag));
    return left_us > 0 ? (left_us + rule->every_us - 1) / rule->every_us : 0;
}

void quota_give(struct quota *quota, uint32_t kind, const struct quota_rule *rule, struct view key)
{
    if (key.len == 0 || rule->burst == 0)
        return;
    const uint64_t tag = tag_of(quota, kind, key);
    pthread_mutex_lock(lock_of(quota, tag));
    struct quota_slot *slot = find(quota, tag, false);
    if (slot)
        slot->full_at_us -= rule->every_us;
    pthread_mutex_unlock(lock_of(quota, tag));
}
