/*
 * Places that an organiser keeps back: they are the ledger's and the store's as sales are, and
 * nobody's. What is held or sold is never touched; what comes free again rests first.
 */
#include <stdlib.h>

#include "owner/state.h"

void owner_forget_blocks(struct owner *owner)
{
    owner->block_ends_ms = INT64_MAX;
    if (owner->blocks)
        memset(owner->blocks, 0, owner->options.hall->place_count * sizeof(*owner->blocks));
}

/* Most performances keep nothing back: the table is made with the first that does. */
static bool have_table(struct owner *owner)
{
    if (!owner->blocks)
        owner->blocks = calloc(owner->options.hall->place_count, sizeof(*owner->blocks));
    return owner->blocks != NULL;
}

int owner_put_block(struct owner *owner, uint32_t seat, const struct owner_block *block)
{
    if (!have_table(owner))
        return ERR_NO_MEMORY;
    int err = seats_block(owner->seats, &seat, 1);
    if (err != 0)
        return err;
    owner->blocks[seat] = *block;
    if (block->until_ms != 0 && block->until_ms < owner->block_ends_ms)
        owner->block_ends_ms = block->until_ms;
    return 0;
}

static bool seats_right(const struct owner *owner, const struct owner_ask *ask)
{
    if (ask->seat_count == 0 || ask->seat_count > SEATS_PARTY_MAX || id_is_zero(ask->hold_id))
        return false;
    for (uint32_t i = 0; i < ask->seat_count; i++) {
        if (ask->seats[i] >= owner->options.hall->place_count ||
            (i > 0 && ask->seats[i] <= ask->seats[i - 1]))
            return false;
    }
    return true;
}

int owner_decide_block(struct owner *owner, struct owner_ask *ask)
{
    if (!seats_right(owner, ask) || ask->reason.len == 0 || ask->reason.len > CHANGE_REASON_MAX ||
        (ask->until_ms != 0 && ask->until_ms <= owner_now_ms(owner)))
        return ERR_INVALID;
    if (!have_table(owner))
        return ERR_UNAVAILABLE;
    ask->refusal = (struct seats_refusal){0};
    ask->hold = (struct seats_hold){
        .hold_id = ask->hold_id, .account_id = ask->account_id, .expires_at_ms = ask->until_ms};
    for (uint32_t i = 0; i < ask->seat_count; i++) {
        const uint32_t seat = ask->seats[i];
        if (seats_state(owner->seats, seat) == SEATS_FREE)
            ask->hold.seats[ask->hold.count++] = seat;
        else
            ask->refusal.taken[ask->refusal.taken_count++] = seat;
    }
    if (ask->hold.count == 0)
        return ERR_CONFLICT;
    const struct owner_block block = {
        .block_id = ask->hold_id, .until_ms = ask->until_ms, .version = owner->version_decided + 1};
    for (uint32_t i = 0; i < ask->hold.count; i++) {
        int err = owner_put_block(owner, ask->hold.seats[i], &block);
        assert(err == 0); /* it is free, and the table is there */
    }
    return 0;
}

/* A batch cannot end what it begins: the store ends blocks first. */
static bool is_durable(const struct owner *owner, const struct owner_block *block)
{
    return block->version <= owner->version;
}

/* The places are free in the engine, and no longer kept back. */
static void end(struct owner *owner, const struct seats_hold *places)
{
    int err = seats_unblock(owner->seats, places->seats, places->count);
    assert(err == 0);
    for (uint32_t i = 0; i < places->count; i++)
        owner->blocks[places->seats[i]] = (struct owner_block){0};
}

int owner_decide_unblock(struct owner *owner, struct owner_ask *ask)
{
    if (!seats_right(owner, ask))
        return ERR_INVALID;
    ask->hold = (struct seats_hold){.hold_id = ask->hold_id, .account_id = ask->account_id};
    for (uint32_t i = 0; owner->blocks && i < ask->seat_count; i++) {
        const struct owner_block *block = &owner->blocks[ask->seats[i]];
        if (!id_eq(block->block_id, ask->hold_id))
            continue;
        if (!is_durable(owner, block))
            return ERR_UNAVAILABLE;
        ask->hold.seats[ask->hold.count++] = ask->seats[i];
    }
    if (ask->hold.count == 0)
        return ERR_NOT_FOUND;
    end(owner, &ask->hold);
    return 0;
}

/* Up to eight places of one block that are over, from `from` on. */
static struct seats_hold next_over(const struct owner *owner, uint32_t from, int64_t now_ms)
{
    struct seats_hold over = {0};
    for (uint32_t seat = from; seat < owner->options.hall->place_count; seat++) {
        const struct owner_block *block = &owner->blocks[seat];
        const bool is_over =
            block->until_ms != 0 && block->until_ms <= now_ms && is_durable(owner, block);
        if (!is_over || (over.count > 0 && !id_eq(block->block_id, over.hold_id)))
            continue;
        over.hold_id = block->block_id;
        over.seats[over.count++] = seat;
        if (over.count == SEATS_PARTY_MAX)
            break;
    }
    return over;
}

static void find_next_end(struct owner *owner)
{
    owner->block_ends_ms = INT64_MAX;
    for (uint32_t seat = 0; seat < owner->options.hall->place_count; seat++) {
        const int64_t until_ms = owner->blocks[seat].until_ms;
        if (until_ms != 0 && until_ms < owner->block_ends_ms)
            owner->block_ends_ms = until_ms;
    }
}

void owner_end_blocks(struct owner *owner)
{
    const int64_t now_ms = owner_now_ms(owner);
    if (owner->block_ends_ms > now_ms)
        return;
    struct seats_hold over = next_over(owner, 0, now_ms);
    while (over.count > 0 && owner_batch_has(&owner->pending, 0)) {
        struct change *change = owner_add_change(owner, CHANGE_UNBLOCK, &over);
        change->block_id = over.hold_id;
        change->by_time = 1;
        end(owner, &over);
        owner_let_rest(owner, change);
        over = next_over(owner, over.seats[0], now_ms);
    }
    find_next_end(owner);
}
