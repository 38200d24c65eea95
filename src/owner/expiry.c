/* What ends by its time: holds, rests, blocks, and what prices wait for. */
#include "owner/state.h"

/* Whoever waits for the moment when a hold ends, his own perhaps, gains nothing by it. */
void owner_let_rest(struct owner *owner, struct change *change)
{
    if (owner->options.rest_ms == 0 || change_rule(change->kind)->seats_to != CHANGE_SEATS_FREE ||
        change->kind == CHANGE_RESTED)
        return;
    change->rest_until_ms =
        change->at_ms + 1 + (int64_t)chance_below(owner->options.chance, owner->options.rest_ms);
    int err = seats_rest(owner->seats, change->seats, change->seat_count, change->rest_until_ms);
    assert(err == 0); /* the engine has just freed them */
}

void owner_note_unused(struct owner *owner, const struct seats_hold *hold, bool expired,
                       int64_t at_ms)
{
    if (owner->habits && id_is_zero(hold->wish_id)) /* an offer has a rule of its own */
        habits_unused(owner->habits, hold->hold_id, hold->account_id, expired,
                      at_ms - owner_made_ms(hold->hold_id), at_ms);
}

bool owner_is_late(const struct owner *owner)
{
    return seats_next_expiry_ms(owner->seats) <= owner_now_ms(owner) - OWNER_LATE_MS;
}

/* One that ended, a hold or a rest, is written down, as of that time at least. */
static void collect(struct owner *owner, const struct seats_hold *ended, int64_t at_ms)
{
    const bool rest = id_is_zero(ended->account_id);
    struct change *change = owner_add_change(owner, rest ? CHANGE_RESTED : CHANGE_EXPIRY, ended);
    change->at_ms = at_ms;
    owner_let_rest(owner, change);
    if (!rest)
        owner_use(owner, ended, -(int32_t)ended->count);
    if (!rest)
        owner_note_unused(owner, ended, true, at_ms);
    if (!rest)
        owner_offer_ended(owner, ended, false, at_ms);
}

void owner_collect_expired(struct owner *owner)
{
    struct owner_batch *g = &owner->pending;
    owner_end_blocks(owner);
    owner_begin_prices(owner);
    while (owner_batch_has(g, 0)) {
        struct seats_hold hold;
        if (seats_expire(owner->seats, owner_now_ms(owner), &hold, 1) == 0)
            break;
        collect(owner, &hold, owner_now_ms(owner));
    }
    owner_make_offers(owner);
}

void owner_collect_missed(struct owner *owner)
{
    struct owner_batch *g = &owner->pending;
    int64_t at_ms = owner->head_at_ms;
    struct seats_hold hold;
    while (owner_batch_has(g, 0) &&
           seats_expire(owner->seats, owner_now_ms(owner), &hold, 1) == 1) {
        if (at_ms < hold.expires_at_ms)
            at_ms = hold.expires_at_ms;
        collect(owner, &hold, at_ms);
    }
    owner_end_blocks(owner);
    owner_begin_prices(owner);
}

void owner_arm_expiry(struct owner *owner)
{
    int64_t next_ms = seats_next_expiry_ms(owner->seats);
    if (owner->block_ends_ms < next_ms)
        next_ms = owner->block_ends_ms;
    if (owner->plan_ms < next_ms)
        next_ms = owner->plan_ms;
    if (next_ms == INT64_MAX) {
        loop_disarm(owner->options.loop, &owner->expiry);
        return;
    }
    int64_t wait_ms = next_ms - owner_now_ms(owner);
    /* No room, or a block that is not durable yet ends: after a commit. */
    if (wait_ms <= 0 &&
        (!owner_batch_has(&owner->pending, 0) || owner->block_ends_ms <= owner_now_ms(owner) ||
         owner->plan_ms <= owner_now_ms(owner)))
        wait_ms = OWNER_EXPIRE_TICK_MS;
    const int64_t now_ns = loop_now_ns(owner->options.loop);
    const int64_t at_ns = deadline_after_ms(now_ns, wait_ms > 0 ? wait_ms : 0);
    if (owner->expiry.index != 0 && owner->expiry.at_ns <= at_ns)
        return;
    int err = loop_arm(owner->options.loop, &owner->expiry, at_ns);
    assert(err == 0 || err == ERR_FULL); /* full: the next ask collects */
}
