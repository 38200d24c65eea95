#include "audit/extend.h"

#include "sale/ledger.h"

int64_t audit_longest_ms(struct audit_replay *r, const struct change *change,
                         struct audit_hold *hold)
{
    const uint32_t ttl_ms = r->performance->hold_ttl_ms;
    struct audit_id text;
    int64_t most_ms = ttl_ms > r->later_ms ? ttl_ms : r->later_ms;
    audit_id(change->hold_id, &text);
    if (change->stage > CHANGE_STAGE_LATER)
        audit_find(r, "hold %s is extended at a stage that there is not", text.text);
    if (change->stage == CHANGE_STAGE_STARTING)
        return ttl_ms + LEDGER_START_MAX_MS;
    if (change->stage == CHANGE_STAGE_PAYING && hold->paying)
        audit_find(r, "hold %s is extended once more for a buyer who pays", text.text);
    hold->paying |= change->stage == CHANGE_STAGE_PAYING;
    if (change->stage == CHANGE_STAGE_PAYING)
        most_ms = ttl_ms;
    if (!id_is_zero(hold->wish_id) && most_ms < LEDGER_OFFER_MAX_MS)
        most_ms = LEDGER_OFFER_MAX_MS;
    return most_ms + LEDGER_EXTEND_MAX_MS;
}
