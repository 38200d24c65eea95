/* BlockSeats, UnblockSeats, ListSeatBlocks: places that an organiser keeps back from sale. */
#include <stdlib.h>

#include "mem/utf8.h"
#include "sale/change.h"
#include "svc/ticket/blocks.h"

int desk_blocks(struct call *call, uint32_t performance_id, struct store_block **ret_blocks,
                size_t *ret_count)
{
    const struct ticket *ticket = call_state(call);
    struct store *store = ticket->options.store;
    return store->ops->block_list(store, performance_id, call_arena(call), ret_blocks, ret_count,
                                  call_deadline_ns(call));
}

/* A performance that the caller manages. NULL after call_fail. */
static const struct catalog_performance *managed(struct call *call, uint32_t performance_id)
{
    const struct catalog_performance *performance = desk_performance(call, performance_id);
    return performance && desk_check_event(call, performance->event) == 0 ? performance : NULL;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The seats in order, in the arena. NULL after call_fail. */
static const uint32_t *read_seats(struct call *call, const uint32_t *seats, size_t count,
                                  uint32_t place_count)
{
    uint32_t *sorted = arena_alloc(call_arena(call), (count + 1) * sizeof(*sorted));
    if (!sorted) {
        desk_store_failed(call, ERR_NO_MEMORY);
        return NULL;
    }
    if (count > TICKET_BLOCK_MAX) {
        desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "seats", "at most %d places at once",
                  TICKET_BLOCK_MAX);
        return NULL;
    }
    if (count > 0) {
        memcpy(sorted, seats, count * sizeof(*seats));
        qsort(sorted, count, sizeof(*sorted), by_number);
    }
    for (size_t i = 0; i < count; i++) {
        if (sorted[i] >= place_count || (i > 0 && sorted[i] == sorted[i - 1])) {
            desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "seats",
                      "seat %u is not in the hall, or is named twice", sorted[i]);
            return NULL;
        }
    }
    return sorted;
}

static int check_block(struct call *call, const Usher__V1__BlockSeatsRequest *wish)
{
    const struct view reason = view_str(wish->reason);
    const int64_t now_ms = clock_wall_ms(loop_clock(sched_loop(sched_current())));
    if (wish->n_seats == 0)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "seats",
                         "a block has a place at least");
    if (reason.len == 0 || reason.len > CHANGE_REASON_MAX || !utf8_line(reason) ||
        !utf8_visible(reason))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "reason",
                         "a block has a reason, one line of 1 to %d bytes", CHANGE_REASON_MAX);
    if (wish->until_ms != 0 && wish->until_ms <= now_ms)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "until_ms",
                         "a block ends by itself in the future, or with 0 never");
    return 0;
}

/* The block as it is told, with room for so many seats; NULL: no memory. */
static Usher__V1__SeatBlock *new_block(struct arena *arena, uint32_t performance_id,
                                       struct id block_id, struct id account_id, size_t seats)
{
    Usher__V1__SeatBlock *block = arena_alloc(arena, sizeof(*block));
    if (!block)
        return NULL;
    usher__v1__seat_block__init(block);
    block->performance_id = performance_id;
    block->block_id = desk_id(arena, block_id);
    if (!id_is_zero(account_id))
        block->account_id = desk_id(arena, account_id);
    block->seats = arena_alloc(arena, seats * sizeof(*block->seats));
    block->labels = arena_alloc(arena, seats * sizeof(*block->labels));
    return block->block_id && block->account_id && block->seats && block->labels ? block : NULL;
}

static int add_seat(struct arena *arena, const struct catalog_performance *performance,
                    uint32_t seat, Usher__V1__SeatBlock *block)
{
    block->labels[block->n_labels] = desk_label(arena, performance, seat);
    if (!block->labels[block->n_labels])
        return ERR_NO_MEMORY;
    block->n_labels++;
    block->seats[block->n_seats++] = seat;
    return 0;
}

/* Asks for up to eight places. 0: some are kept back now. ERR_CONFLICT: none was free. */
static int block_some(struct call *call, const struct catalog_performance *performance,
                      struct owner_ask *ask, Usher__V1__BlockSeatsResponse *answer)
{
    struct arena *arena = call_arena(call);
    const int result = desk_ask(call_state(call), performance, ask, call_deadline_ns(call));
    if (result != 0 && result != ERR_CONFLICT)
        return result;
    for (uint32_t i = 0; i < ask->refusal.taken_count; i++)
        answer->taken[answer->n_taken++] = ask->refusal.taken[i];
    for (uint32_t i = 0; result == 0 && i < ask->hold.count; i++)
        if (add_seat(arena, performance, ask->hold.seats[i], answer->block) != 0)
            return ERR_NO_MEMORY;
    return result;
}

int ticket_block_seats(struct call *call, const void *request, void *response)
{
    const Usher__V1__BlockSeatsRequest *wish = request;
    Usher__V1__BlockSeatsResponse *answer = response;
    const struct ticket *ticket = call_state(call);
    struct arena *arena = call_arena(call);
    const struct catalog_performance *performance = managed(call, wish->performance_id);
    if (!performance || check_block(call, wish) != 0)
        return ERR_INVALID;
    const uint32_t *seats =
        read_seats(call, wish->seats, wish->n_seats, performance->hall->hall->place_count);
    if (!seats)
        return ERR_INVALID;
    const struct id account_id = call_identity(call)->account_id;
    const struct id block_id = chance_id_at(ticket->options.chance,
                                            clock_wall_ms(loop_clock(sched_loop(sched_current()))));
    answer->taken = arena_alloc(arena, wish->n_seats * sizeof(*answer->taken));
    answer->block = new_block(arena, wish->performance_id, block_id, account_id, wish->n_seats);
    if (!answer->taken || !answer->block)
        return desk_store_failed(call, ERR_NO_MEMORY);
    answer->block->reason = wish->reason;
    answer->block->until_ms = wish->until_ms;
    for (size_t at = 0; at < wish->n_seats; at += SEATS_PARTY_MAX) {
        struct owner_ask ask = {.verb = OWNER_BLOCK,
                                .account_id = account_id,
                                .hold_id = block_id,
                                .until_ms = wish->until_ms,
                                .reason = view_str(wish->reason)};
        for (size_t i = at; i < wish->n_seats && ask.seat_count < SEATS_PARTY_MAX; i++)
            ask.seats[ask.seat_count++] = seats[i];
        const int result = block_some(call, performance, &ask, answer);
        /* What was done stays: ListSeatBlocks shows it, and the same request goes on. */
        if (result != 0 && result != ERR_CONFLICT)
            return desk_refused(call, &ask);
    }
    return 0;
}

int ticket_unblock_seats(struct call *call, const void *request, void *response)
{
    const Usher__V1__UnblockSeatsRequest *wish = request;
    Usher__V1__UnblockSeatsResponse *answer = response;
    const struct catalog_performance *performance = managed(call, wish->performance_id);
    struct store_block *blocks;
    struct id block_id;
    size_t count;
    if (!performance)
        return ERR_INVALID;
    const uint32_t *seats =
        read_seats(call, wish->seats, wish->n_seats, performance->hall->hall->place_count);
    if (!seats)
        return ERR_INVALID;
    if (id_parse(view_str(wish->block_id), &block_id) != 0)
        return desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "block_id", "no such block");
    int err = desk_blocks(call, wish->performance_id, &blocks, &count);
    if (err != 0)
        return desk_store_failed(call, err);
    for (size_t at = 0; at < count;) {
        struct owner_ask ask = {.verb = OWNER_UNBLOCK,
                                .account_id = call_identity(call)->account_id,
                                .hold_id = block_id};
        for (; at < count && ask.seat_count < SEATS_PARTY_MAX; at++) {
            const bool wanted =
                wish->n_seats == 0 ||
                bsearch(&blocks[at].seat, seats, wish->n_seats, sizeof(*seats), by_number) != NULL;
            if (wanted && id_eq(blocks[at].block_id, block_id))
                ask.seats[ask.seat_count++] = blocks[at].seat;
        }
        if (ask.seat_count == 0)
            break;
        const int result = desk_ask(call_state(call), performance, &ask, call_deadline_ns(call));
        if (result != 0 && result != ERR_NOT_FOUND)
            return desk_refused(call, &ask);
        answer->place_count += result == 0 ? ask.hold.count : 0;
    }
    return 0;
}

static size_t places_of(const struct store_block *rows, size_t count, struct id block_id)
{
    size_t places = 0;
    for (size_t i = 0; i < count; i++)
        places += id_eq(rows[i].block_id, block_id);
    return places;
}

int ticket_list_seat_blocks(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListSeatBlocksRequest *wish = request;
    Usher__V1__ListSeatBlocksResponse *answer = response;
    struct arena *arena = call_arena(call);
    const struct catalog_performance *performance = managed(call, wish->performance_id);
    struct store_block *rows;
    size_t count;
    if (!performance)
        return ERR_NOT_FOUND;
    int err = desk_blocks(call, wish->performance_id, &rows, &count);
    struct id *ids = arena_alloc(arena, (count + 1) * sizeof(*ids));
    answer->blocks = arena_alloc(arena, (count + 1) * sizeof(*answer->blocks));
    if (err == 0 && (!ids || !answer->blocks))
        err = ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++) {
        size_t at = 0;
        while (at < answer->n_blocks && !id_eq(ids[at], rows[i].block_id))
            at++;
        if (at == answer->n_blocks) {
            Usher__V1__SeatBlock *block =
                new_block(arena, wish->performance_id, rows[i].block_id, rows[i].account_id,
                          places_of(rows, count, rows[i].block_id));
            if (!block)
                return desk_store_failed(call, ERR_NO_MEMORY);
            block->reason = arena_copy(arena, rows[i].reason);
            block->until_ms = rows[i].until_ms;
            ids[at] = rows[i].block_id;
            answer->blocks[answer->n_blocks++] = block;
            if (!block->reason)
                return desk_store_failed(call, ERR_NO_MEMORY);
        }
        err = rows[i].seat < performance->hall->hall->place_count
                  ? add_seat(arena, performance, rows[i].seat, answer->blocks[at])
                  : ERR_CORRUPT;
    }
    return err == 0 ? 0 : desk_store_failed(call, err);
}
