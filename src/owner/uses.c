/*
 * Codes have budgets: of each there are places in all, and for an account (or person, where the
 * performance counts them). What is held or sold with one is counted here, by the same thread that
 * decides holds, so nobody overdraws it; a place that comes back may be had with the code again.
 */
#include "owner/state.h"

#define ALL UINT32_MAX /* of an index: those that were generated together */
#define MIX UINT64_C(0x9e3779b97f4a7c15)

static struct id key_of(uint32_t code, uint32_t index, struct id counted)
{
    const uint64_t use = ((uint64_t)code << 32 | index) + 1;
    return (struct id){.hi = counted.hi ^ (use * MIX), .lo = counted.lo ^ use};
}

static uint32_t count_of(const struct owner *owner, uint32_t code, uint32_t index,
                         struct id counted)
{
    uint32_t places = 0;
    if (owner->uses.max > 0)
        (void)table_get(&owner->uses, key_of(code, index, counted), &places);
    return places;
}

static void add(struct owner *owner, struct id key, int32_t places)
{
    uint32_t count = 0;
    (void)table_get(&owner->uses, key, &count);
    assert(places >= 0 || count >= (uint32_t)-places);
    count += (uint32_t)places;
    if (count == 0) {
        table_remove(&owner->uses, key);
        return;
    }
    int err = table_put(&owner->uses, key, count);
    assert(err == 0); /* each place has three keys at most */
}

int owner_uses_ready(struct owner *owner)
{
    return owner->uses.max > 0 ? 0
                               : table_init(&owner->uses, 3 * owner->options.hall->place_count, 0);
}

void owner_uses_forget(struct owner *owner)
{
    if (owner->uses.max > 0)
        table_clear(&owner->uses);
}

void owner_uses_free(struct owner *owner)
{
    if (owner->uses.max > 0)
        table_release(&owner->uses);
}

void owner_use(struct owner *owner, const struct seats_hold *hold, int32_t places)
{
    const struct id nobody = {0};
    if (hold->code == 0 || places == 0)
        return;
    add(owner, key_of(hold->code, hold->code_index, nobody), places);
    add(owner, key_of(hold->code, hold->code_index, seats_counted(hold)), places);
    add(owner, key_of(hold->code, ALL, nobody), places);
}

bool owner_may_use(const struct owner *owner, const struct seats_hold *hold,
                   const struct seats_hold *was, int64_t now_ms, enum owner_why *ret_why)
{
    if (hold->code == 0)
        return true;
    const struct price_code *code = price_list_code(owner->lists[hold->price_list], hold->code);
    const bool same = was && was->code == hold->code && was->code_index == hold->code_index;
    *ret_why = OWNER_WHY_CODE;
    if (!code || (!same && !price_code_good(code, hold->code_index, now_ms)))
        return false;
    const uint32_t own = same ? was->count : 0;
    const uint32_t all = count_of(owner, hold->code, hold->code_index, (struct id){0}) - own;
    const uint32_t by_account =
        count_of(owner, hold->code, hold->code_index, seats_counted(hold)) - own;
    *ret_why = OWNER_WHY_USED;
    if (code->places > 0 && all + hold->count > code->places)
        return false;
    *ret_why = OWNER_WHY_ACCOUNT;
    return code->places_account == 0 || by_account + hold->count <= code->places_account;
}

void owner_list_uses(const struct owner *owner, struct owner_ask *ask)
{
    const struct price_list *valid = owner->lists[owner->list_count - 1];
    ask->use_count = valid->code_count;
    for (uint32_t i = 0; i < valid->code_count; i++)
        ask->uses[i] = (struct owner_use){
            .code = valid->codes[i].number,
            .places = count_of(owner, valid->codes[i].number, ALL, (struct id){0})};
}
