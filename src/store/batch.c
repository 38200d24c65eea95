/* What a batch's tables say, made of its changes: by the owner that decided them, and by a copy. */
#include <stdlib.h>

#include "sale/change.h"
#include "store/store.h"

/* Seats as an order has them, in the arena. False: no memory. */
static bool write_seats(struct arena *arena, const uint32_t *seats, size_t count,
                        struct view *ret_seats)
{
    uint8_t *bytes = arena_alloc(arena, STORE_SEAT_BYTES * count);
    if (bytes)
        *ret_seats = store_seats_write(seats, count, bytes);
    return bytes != NULL;
}

static int sale_by_seat(const void *a, const void *b)
{
    const struct store_sale *x = a, *y = b;
    return (x->seat > y->seat) - (x->seat < y->seat);
}

/* What stays of what an order has after a change: all but where tickets moved. */
static uint32_t stays_of(const struct change *change, uint32_t ret_stays[CHANGE_SEATS_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < change->left_count; i++) {
        bool gained = false;
        for (uint32_t k = 0; k < change_gains(change); k++)
            gained = gained || change->to[k] == change->left[i];
        if (!gained)
            ret_stays[count++] = change->left[i];
    }
    return count;
}

/* What leaves an order, and what stays: together, in order, they are what it had. */
static bool put_cancel(const struct change *change, struct arena *arena,
                       struct store_cancel *cancel)
{
    uint32_t had[2 * CHANGE_SEATS_MAX], stays[CHANGE_SEATS_MAX];
    const uint32_t stay_count = stays_of(change, stays);
    const uint32_t count = change->seat_count + stay_count;
    assert(count <= 2 * CHANGE_SEATS_MAX);
    for (uint32_t i = 0, k = 0; i + k < count;) {
        const bool stay =
            i == change->seat_count || (k < stay_count && stays[k] < change->seats[i]);
        had[i + k] = stay ? stays[k] : change->seats[i];
        i += !stay;
        k += stay;
    }
    *cancel = (struct store_cancel){.order_id = change->order_id, .amounts = change->record};
    return write_seats(arena, had, count, &cancel->seats) &&
           write_seats(arena, change->left, change->left_count, &cancel->left);
}

/* What each seat costs, where that is not what the first list says. False: no memory. */
static bool put_amounts(const struct change *change, struct arena *arena, struct store_order *order)
{
    if (change->amount_count == 0)
        return true;
    uint8_t *bytes = arena_alloc(arena, store_amounts_len(change->seat_count));
    if (bytes)
        order->amounts =
            store_amounts_write(change->price_list, change->seats, change->amounts,
                                change->type_count > 0 ? change->types : NULL, change->seat_count,
                                change->code, change->code_index, bytes);
    return bytes != NULL;
}

static bool put_order(const struct change *change, struct arena *arena, struct store_batch *batch,
                      struct store_order *order, struct store_sale *sales)
{
    *order = (struct store_order){
        .order_id = change->order_id,
        .account_id = change->account_id,
        .person_id = change->person_id,
        .hold_id = change->hold_id,
        .performance_id = batch->performance_id,
        .state = CHANGE_ORDER_CONFIRMED,
        .payment_method = change->payment_method,
        .placed_at_ms = change->at_ms,
        .total = change->total,
    };
    for (uint32_t i = 0; i < change->seat_count; i++)
        sales[batch->sale_count++] = (struct store_sale){change->seats[i], change->order_id};
    return put_amounts(change, arena, order) &&
           write_seats(arena, change->seats, change->seat_count, &order->seats);
}

/* The places of a block that begins or ends. */
static int put_blocks(const struct change *change, struct arena *arena, struct store_block *blocks,
                      size_t *count)
{
    struct view reason = {0};
    if (change->reason_len > 0) {
        const char *text = arena_copy(arena, view_of(change->reason, change->reason_len));
        if (!text)
            return ERR_NO_MEMORY;
        reason = view_of(text, change->reason_len);
    }
    for (uint32_t i = 0; i < change->seat_count; i++)
        blocks[(*count)++] = (struct store_block){.seat = change->seats[i],
                                                  .block_id = change->block_id,
                                                  .account_id = change->account_id,
                                                  .until_ms = change->expires_at_ms,
                                                  .reason = reason};
    return 0;
}

/* Room for the blocks of these changes, where there are any. */
static int block_room(const struct change *changes, size_t count, struct arena *arena,
                      struct store_block **ret_begin, struct store_block **ret_end)
{
    size_t begin = 0, end = 0;
    for (size_t i = 0; i < count; i++) {
        begin += changes[i].kind == CHANGE_BLOCK ? changes[i].seat_count : 0;
        end += changes[i].kind == CHANGE_UNBLOCK ? changes[i].seat_count : 0;
    }
    *ret_begin = arena_alloc(arena, begin * sizeof(**ret_begin));
    *ret_end = arena_alloc(arena, end * sizeof(**ret_end));
    return *ret_begin && *ret_end ? 0 : ERR_NO_MEMORY;
}

/* New price lists, and plans that begin and end, where there are any. */
static int put_prices(const struct change *changes, size_t count, struct arena *arena,
                      struct store_batch *batch)
{
    size_t lists = 0;
    for (size_t i = 0; i < count; i++)
        lists += changes[i].kind == CHANGE_PRICES || changes[i].kind == CHANGE_PRICE_PLAN ||
                 changes[i].kind == CHANGE_PRICE_PLAN_END;
    struct store_prices *prices = arena_alloc(arena, lists * sizeof(*prices));
    struct store_plan *plans = arena_alloc(arena, lists * sizeof(*plans));
    struct id *ends = arena_alloc(arena, lists * sizeof(*ends));
    if (!prices || !plans || !ends)
        return ERR_NO_MEMORY;
    batch->prices = prices;
    batch->plans = plans;
    batch->plan_ends = ends;
    for (size_t i = 0; i < count; i++) {
        if (changes[i].kind == CHANGE_PRICES)
            prices[batch->prices_count++] =
                (struct store_prices){.number = changes[i].number,
                                      .begun = batch->row.version_before + 1 + i,
                                      .list = changes[i].list};
        if (changes[i].kind == CHANGE_PRICE_PLAN)
            plans[batch->plan_count++] = (struct store_plan){.plan_id = changes[i].plan_id,
                                                             .from_ms = changes[i].from_ms,
                                                             .list = changes[i].list};
        else if (!id_is_zero(changes[i].plan_id))
            ends[batch->plan_end_count++] = changes[i].plan_id;
    }
    return 0;
}

/* The waiting list's wishes and its rule, where anything became of them. */
static int put_wishes(const struct change *changes, size_t count, struct arena *arena,
                      struct store_batch *batch)
{
    size_t wishes = 0;
    for (size_t i = 0; i < count; i++)
        wishes += changes[i].kind == CHANGE_WISH || changes[i].kind == CHANGE_WISH_END;
    struct store_wish *list = arena_alloc(arena, wishes * sizeof(*list));
    if (!list)
        return ERR_NO_MEMORY;
    batch->wishes = list;
    for (size_t i = 0; i < count; i++) {
        const struct change *change = &changes[i];
        if (change->kind == CHANGE_WAITING) {
            batch->waiting_set = true;
            batch->offer_ms = change->offer_ms;
        }
        if (change->kind == CHANGE_WISH || change->kind == CHANGE_WISH_END)
            list[batch->wish_count++] =
                (struct store_wish){.wish_id = change->wish_id,
                                    .account_id = change->account_id,
                                    .person_id = change->person_id,
                                    .category = change->category,
                                    .section = change->section,
                                    .party = change->party,
                                    .fewest = change->fewest,
                                    .lapses = change->lapses,
                                    .wheelchairs = change->wheelchairs,
                                    .position = batch->row.version_before + 1 + i,
                                    .gone = change->kind == CHANGE_WISH_END};
    }
    return 0;
}

/* Orders that are paid now, where there are any. */
static int put_collects(const struct change *changes, size_t count, struct arena *arena,
                        struct store_batch *batch)
{
    size_t collects = 0;
    for (size_t i = 0; i < count; i++)
        collects += changes[i].kind == CHANGE_COLLECT;
    struct store_order *list = arena_alloc(arena, collects * sizeof(*list));
    if (!list)
        return ERR_NO_MEMORY;
    batch->collects = list;
    for (size_t i = 0; i < count; i++) {
        if (changes[i].kind == CHANGE_COLLECT)
            list[batch->collect_count++] =
                (struct store_order){.order_id = changes[i].order_id,
                                     .payment_method = changes[i].payment_method,
                                     .total = changes[i].total};
    }
    return 0;
}

int store_batch_fill(const struct change *changes, size_t count, struct arena *arena,
                     struct store_batch *batch)
{
    struct store_sale *sales = arena_alloc(arena, count * CHANGE_SEATS_MAX * sizeof(*sales));
    struct store_order *orders = arena_alloc(arena, count * sizeof(*orders));
    struct store_cancel *cancels = arena_alloc(arena, count * sizeof(*cancels));
    struct store_block *begin, *end;
    if (!sales || !orders || !cancels || put_collects(changes, count, arena, batch) != 0 ||
        block_room(changes, count, arena, &begin, &end) != 0 ||
        put_prices(changes, count, arena, batch) != 0 ||
        put_wishes(changes, count, arena, batch) != 0)
        return ERR_NO_MEMORY;
    batch->blocks = begin;
    batch->unblocks = end;
    batch->sales = sales;
    batch->orders = orders;
    batch->cancels = cancels;
    for (size_t i = 0; i < count; i++) {
        const struct change_rule *rule = change_rule(changes[i].kind);
        bool fits = true;
        if (changes[i].kind == CHANGE_SALE_STATE)
            batch->sale_state = changes[i].state;
        if (changes[i].seat_count + changes[i].left_count >
            CHANGE_SEATS_MAX + change_gains(&changes[i]))
            return ERR_CORRUPT;
        if (rule->order_from == CHANGE_ORDER_CONFIRMED)
            fits = put_cancel(&changes[i], arena, &cancels[batch->cancel_count++]);
        else if (rule->order_to == CHANGE_ORDER_CONFIRMED)
            fits = put_order(&changes[i], arena, batch, &orders[batch->order_count++], sales);
        else if (changes[i].kind == CHANGE_BLOCK)
            fits = put_blocks(&changes[i], arena, begin, &batch->block_count) == 0;
        else if (changes[i].kind == CHANGE_UNBLOCK)
            fits = put_blocks(&changes[i], arena, end, &batch->unblock_count) == 0;
        if (!fits)
            return ERR_NO_MEMORY;
    }
    if (batch->sale_count > 0)
        qsort(sales, batch->sale_count, sizeof(*sales), sale_by_seat);
    return 0;
}
