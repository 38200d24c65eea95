/* Codes: when each may be used, and for how many places at once. */
#include "audit/codes.h"

#include <inttypes.h>

#include "err/err.h"

#define EVERYBODY UINT32_MAX

static struct id key_of(struct price_use use, uint32_t account)
{
    return (struct id){.hi = (uint64_t)use.number << 32 | use.index, .lo = (uint64_t)account + 1};
}

static uint32_t count_of(const struct audit_replay *r, struct price_use use, uint32_t account)
{
    uint32_t places = 0;
    (void)table_get(&r->uses, key_of(use, account), &places);
    return places;
}

static int add(struct audit_replay *r, struct id key, int64_t places)
{
    uint32_t count = 0;
    (void)table_get(&r->uses, key, &count);
    const int64_t now = count + places;
    if (now <= 0) {
        table_remove(&r->uses, key);
        return 0;
    }
    int err = table_reserve(&r->uses, r->uses.count + 1);
    return err == 0 ? table_put(&r->uses, key, (uint32_t)now) : err;
}

int audit_use_code(struct audit_replay *r, struct price_use use, uint32_t account, int64_t places)
{
    if (use.number == 0)
        return 0;
    int err = add(r, key_of(use, EVERYBODY), places);
    return err == 0 ? add(r, key_of(use, account), places) : err;
}

void audit_check_code(struct audit_replay *r, const struct change *change, uint32_t account,
                      const struct audit_hold *hold)
{
    const struct price_use use = {change->code, change->code_index};
    if (use.number == 0 || change->price_list >= r->lists.count)
        return; /* the list is said before */
    const struct price_list *list =
        &((const struct audit_prices *)r->lists.items + change->price_list)->list;
    const struct price_code *code = price_list_code(list, use.number);
    const bool same = hold && hold->use.number == use.number && hold->use.index == use.index;
    if (!code) {
        audit_find(r, "a hold with code %" PRIu32 ", which price list %" PRIu32 " does not have",
                   use.number, change->price_list);
        return;
    }
    if (!same && !price_code_good(code, use.index, change->at_ms))
        audit_find(r, "a hold with code %" PRIu32 ", which is not good then", use.number);
    const uint32_t own = same ? hold->count : 0, wanted = change->seat_count;
    if (code->places > 0 && count_of(r, use, EVERYBODY) - own + wanted > code->places)
        audit_find(r, "code %" PRIu32 " is used for more places than it has", use.number);
    if (code->places_account > 0 && count_of(r, use, account) - own + wanted > code->places_account)
        audit_find(r,
                   "code %" PRIu32 " is used for more places of an account, or person, than it has",
                   use.number);
}
