#include "svc/auth/attempts.h"

#define HOUR_US INT64_C(3600000000)

static const struct quota_rule rules[ATTEMPT_KINDS] = {
    [ATTEMPT_PAIR] = {30000000, 5},      [ATTEMPT_ADDRESS] = {2000000, 50},
    [ATTEMPT_ACCOUNT] = {10000000, 100}, [ATTEMPT_REGISTER] = {30000000, 20},
    [ATTEMPT_OPERATOR] = {2000000, 10},  [ATTEMPT_PERSON] = {600000000, 5},
    [ATTEMPT_PHONE] = {600000000, 5},    [ATTEMPT_WARNING] = {HOUR_US, 1},
};

void attempts_init(struct attempts *attempts, struct chance *chance)
{
    uint8_t hash_key[QUOTA_KEY_BYTES];
    chance->fill(chance, hash_key, sizeof(hash_key));
    memcpy(attempts->rules, rules, sizeof(rules));
    quota_init(&attempts->quota, hash_key);
}

void attempts_release(struct attempts *attempts)
{
    quota_release(&attempts->quota);
}

static struct quota_rule an_hour(int64_t max)
{
    return max ? (struct quota_rule){HOUR_US / max, max} : (struct quota_rule){0};
}

void attempts_set_guests(struct attempts *attempts, int64_t address_max, int64_t network_max)
{
    attempts->rules[ATTEMPT_GUEST_ADDRESS] = an_hour(address_max);
    attempts->rules[ATTEMPT_GUEST_NETWORK] = an_hour(network_max);
}

int64_t attempts_take(struct attempts *attempts, enum attempt_kind kind, struct view key,
                      int64_t now_ms)
{
    return quota_take(&attempts->quota, kind, &attempts->rules[kind], key, now_ms);
}

void attempts_give(struct attempts *attempts, enum attempt_kind kind, struct view key)
{
    quota_give(&attempts->quota, kind, &attempts->rules[kind], key);
}
