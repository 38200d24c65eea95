#include "svc/auth/attempts.h"

#include <sodium.h>

#include "err/err.h"

struct allowance {
    int64_t every_ms; /* one comes back */
    int64_t burst;
};

static const struct allowance allowances[ATTEMPT_KINDS] = {
    [ATTEMPT_PAIR] = {30000, 5},
    [ATTEMPT_ADDRESS] = {2000, 50},
    [ATTEMPT_ACCOUNT] = {10000, 100},
    [ATTEMPT_REGISTER] = {30000, 20},
};

void attempts_init(struct attempts *attempts, struct chance *chance)
{
    *attempts = (struct attempts){0};
    pthread_mutex_init(&attempts->lock, NULL);
    chance->fill(chance, attempts->hash_key, sizeof(attempts->hash_key));
}

void attempts_release(struct attempts *attempts)
{
    pthread_mutex_destroy(&attempts->lock);
}

static uint64_t tag_of(const struct attempts *attempts, enum attempt_kind kind, struct view key)
{
    uint64_t tag;
    static_assert(sizeof(tag) == crypto_shorthash_BYTES, "SipHash-2-4");
    static_assert(sizeof(attempts->hash_key) == crypto_shorthash_KEYBYTES, "SipHash-2-4");
    crypto_shorthash((uint8_t *)&tag, (const uint8_t *)key.at, key.len, attempts->hash_key);
    /* Kinds must differ in the low bits, too, which choose the place. */
    tag = (tag ^ (uint64_t)(kind + 1) * UINT64_C(0x9E3779B97F4A7C15)) | 1;
    return tag;
}

/* The slot of a key; take: else the one that makes room for it; otherwise NULL. */
static struct attempts_slot *find(struct attempts *attempts, uint64_t tag, bool take)
{
    struct attempts_slot *set =
        &attempts->slots[(tag >> 1) % (ATTEMPTS_SLOTS / ATTEMPTS_WAYS) * ATTEMPTS_WAYS];
    struct attempts_slot *fullest = &set[0];
    for (int i = 0; i < ATTEMPTS_WAYS; i++) {
        if (set[i].tag == tag)
            return &set[i];
        if (set[i].full_at_ms < fullest->full_at_ms)
            fullest = &set[i];
    }
    if (!take)
        return NULL;
    *fullest = (struct attempts_slot){.tag = tag};
    return fullest;
}

int64_t attempts_take(struct attempts *attempts, enum attempt_kind kind, struct view key,
                      int64_t now_ms)
{
    const struct allowance *allowance = &allowances[kind];
    int64_t wait_ms = 0;
    if (key.len == 0)
        return 0;
    const uint64_t tag = tag_of(attempts, kind, key);
    pthread_mutex_lock(&attempts->lock);
    struct attempts_slot *slot = find(attempts, tag, true);
    const int64_t from_ms = slot->full_at_ms > now_ms ? slot->full_at_ms : now_ms;
    const int64_t full_at_ms = from_ms + allowance->every_ms;
    const int64_t too_far_ms = full_at_ms - now_ms - allowance->every_ms * allowance->burst;
    if (too_far_ms > 0)
        wait_ms = too_far_ms;
    else
        slot->full_at_ms = full_at_ms;
    pthread_mutex_unlock(&attempts->lock);
    return wait_ms;
}

void attempts_give(struct attempts *attempts, enum attempt_kind kind, struct view key)
{
    if (key.len == 0)
        return;
    const uint64_t tag = tag_of(attempts, kind, key);
    pthread_mutex_lock(&attempts->lock);
    struct attempts_slot *slot = find(attempts, tag, false);
    if (slot)
        slot->full_at_ms -= allowances[kind].every_ms;
    pthread_mutex_unlock(&attempts->lock);
}
