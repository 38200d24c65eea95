/* BlockTickets and its like, SetEntryTimes: what organisers tell the doors. */
#include "call/client.h"
#include "mem/utf8.h"
#include "svc/door/lobby.h"

/* ---- whose performance it is ---- */

static int ask_performance(struct call *call, uint32_t performance_id, struct client *tickets,
                           const Usher__V1__Performance **ret_performance)
{
    const struct door *door = call_state(call);
    Usher__V1__GetPerformanceRequest request = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    request.performance_id = performance_id;
    client_init(tickets, door->options.tickets, &usher__v1__ticket_service__descriptor,
                call_arena(call));
    tickets->deadline_ns = call_deadline_ns(call);
    return client_call(tickets, Usher__V1__TicketService, get_performance, &request,
                       ret_performance);
}

int lobby_runs(struct call *call, uint32_t performance_id, uint32_t any_of,
               const Usher__V1__Performance **ret_performance, bool *ret_runs)
{
    const Usher__V1__Performance *performance;
    struct client tickets;
    int err = ask_performance(call, performance_id, &tickets, &performance);
    *ret_runs =
        err == 0 && identity_has_for(call_identity(call), performance->organiser_id, any_of);
    if (err == 0 && ret_performance)
        *ret_performance = performance;
    return err;
}

int lobby_check_runs(struct call *call, uint32_t performance_id, uint32_t any_of,
                     const Usher__V1__Performance **ret_performance)
{
    const Usher__V1__Performance *performance;
    struct client tickets;
    if (!ret_performance && (call_identity(call)->roles & (any_of | ROLE_OPERATOR)))
        return 0; /* for every organiser */
    int err = ask_performance(call, performance_id, &tickets, &performance);
    if (err != 0)
        return call_fail(call, tickets.status.code, tickets.status.detail, "%s",
                         tickets.status.message);
    if (!identity_has_for(call_identity(call), performance->organiser_id, any_of))
        return call_fail(call, CODE_PERMISSION_DENIED, NULL,
                         "this is for the team of that performance's organiser to do");
    if (ret_performance)
        *ret_performance = performance;
    return 0;
}

/* ---- blocks ---- */

static int fill_blocks(struct arena *arena, const struct door_block *blocks, size_t count,
                       Usher__V1__TicketBlock ***ret_list, size_t *ret_count)
{
    Usher__V1__TicketBlock *rows = arena_alloc(arena, (count + 1) * sizeof(*rows));
    Usher__V1__TicketBlock **list = arena_alloc(arena, (count + 1) * sizeof(*list));
    if (!rows || !list)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        char id[ID_TEXT_CHARS + 1];
        id_format(blocks[i].order_id, id);
        usher__v1__ticket_block__init(&rows[i]);
        rows[i].order_id = arena_copy(arena, view_str(id));
        rows[i].seat = blocks[i].seat;
        rows[i].reason = arena_copy(arena, blocks[i].reason);
        rows[i].created_at_ms = blocks[i].created_at_ms;
        if (!rows[i].order_id || !rows[i].reason)
            return ERR_NO_MEMORY;
        list[i] = &rows[i];
    }
    *ret_list = list;
    *ret_count = count;
    return 0;
}

int lobby_add_blocks(struct call *call, struct id order_id, uint32_t performance_id,
                     Usher__V1__FoundOrder *found)
{
    const struct door *door = call_state(call);
    struct door_said said;
    int err = doors_read(door->options.sql, performance_id, &order_id, 1, call_arena(call), &said,
                         call_deadline_ns(call));
    return err == 0 ? fill_blocks(call_arena(call), said.blocks, said.block_count, &found->blocks,
                                  &found->n_blocks)
                    : err;
}

static int answer_order(struct call *call, const Usher__V1__Order *order, struct id order_id,
                        Usher__V1__TicketBlocks *answer)
{
    Usher__V1__FoundOrder found = USHER__V1__FOUND_ORDER__INIT;
    int err = lobby_add_blocks(call, order_id, order->performance_id, &found);
    answer->blocks = found.blocks;
    answer->n_blocks = found.n_blocks;
    return err == 0 ? 0 : lobby_store_failed(call, err);
}

const Usher__V1__Order *lobby_own_order(struct call *call, const char *order_id, struct id *ret_id)
{
    const Usher__V1__Order *order;
    int err = id_parse(view_str(order_id), ret_id)
                  ? ERR_NOT_FOUND
                  : lobby_find_order(call_state(call), order_id, call_arena(call),
                                     call_deadline_ns(call), &order);
    if (err == ERR_NOT_FOUND)
        lobby_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "order_id", "there is no such order");
    else if (err != 0)
        lobby_store_failed(call, err);
    else
        err = lobby_check_runs(call, order->performance_id, ROLES_MANAGE | ROLE_BOX_OFFICE, NULL);
    return err == 0 ? order : NULL;
}

static bool has_seat(const Usher__V1__Order *order, uint32_t seat)
{
    for (size_t i = 0; i < order->n_tickets; i++) {
        if (order->tickets[i]->seat == seat)
            return true;
    }
    return false;
}

struct act lobby_act(struct call *call, const char *what, const char *about)
{
    return (struct act){.at_ms = lobby_now_ms(),
                        .what = view_str(what),
                        .account_id = call_identity(call)->account_id,
                        .address = call_metadata(call, VIEW_LIT("usher-address")),
                        .about = view_str(about)};
}

/* The blocks that a wish makes, in the arena; NULL after call_fail. */
static struct door_block *read_wish(struct call *call, const Usher__V1__BlockTicketsRequest *wish,
                                    const Usher__V1__Order *order, struct id order_id,
                                    size_t *ret_count)
{
    const struct view reason = view_str(wish->reason);
    const bool all = wish->n_seats == 0;
    const size_t count = all ? order->n_tickets : wish->n_seats;
    struct door_block *blocks = arena_alloc(call_arena(call), (count + 1) * sizeof(*blocks));
    if (reason.len == 0 || reason.len > DOOR_REASON_MAX || !utf8_line(reason) ||
        !utf8_visible(reason)) {
        lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "reason",
                   "a block has a reason, one line of 1 to %d bytes", DOOR_REASON_MAX);
        return NULL;
    }
    if (!blocks) {
        lobby_store_failed(call, ERR_NO_MEMORY);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        const uint32_t seat = all ? order->tickets[i]->seat : wish->seats[i];
        if (!has_seat(order, seat)) {
            lobby_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "seats", "the order has no such seat");
            return NULL;
        }
        blocks[i] = (struct door_block){
            .order_id = order_id, .seat = seat, .reason = reason, .created_at_ms = lobby_now_ms()};
    }
    *ret_count = count;
    return blocks;
}

int door_block_tickets(struct call *call, const void *request, void *response)
{
    const Usher__V1__BlockTicketsRequest *wish = request;
    const struct door *door = call_state(call);
    struct id order_id;
    size_t count;
    const Usher__V1__Order *order = lobby_own_order(call, wish->order_id, &order_id);
    const struct door_block *blocks = order ? read_wish(call, wish, order, order_id, &count) : NULL;
    if (!blocks)
        return ERR_INVALID;
    if (count == 0)
        return lobby_fail(call, CODE_FAILED_PRECONDITION, "ORDER_CANCELLED", "order_id",
                          "the order has no ticket any more");
    const char *about = arena_printf(call_arena(call), "order %s: %zu tickets: %s", order->order_id,
                                     count, wish->reason);
    const struct act act = lobby_act(call, "ticket.block", about ? about : "");
    int err = about ? doors_block(door->options.sql, order->performance_id, blocks, count, &act,
                                  call_deadline_ns(call))
                    : ERR_NO_MEMORY;
    if (err == ERR_FULL)
        return lobby_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                          "at most %d tickets of a performance are blocked", DOOR_BLOCKS_MAX);
    return err == 0 ? answer_order(call, order, order_id, response) : lobby_store_failed(call, err);
}

int door_unblock_tickets(struct call *call, const void *request, void *response)
{
    const Usher__V1__UnblockTicketsRequest *wish = request;
    const struct door *door = call_state(call);
    struct id order_id;
    const Usher__V1__Order *order = lobby_own_order(call, wish->order_id, &order_id);
    if (!order)
        return ERR_INVALID;
    const char *about = arena_printf(call_arena(call), "order %s", order->order_id);
    const struct act act = lobby_act(call, "ticket.unblock", about ? about : "");
    int err = about ? doors_unblock(door->options.sql, order_id, wish->seats, wish->n_seats, &act,
                                    call_deadline_ns(call))
                    : ERR_NO_MEMORY;
    return err == 0 ? answer_order(call, order, order_id, response) : lobby_store_failed(call, err);
}

int door_list_ticket_blocks(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListTicketBlocksRequest *wish = request;
    Usher__V1__TicketBlocks *answer = response;
    const struct door *door = call_state(call);
    const Usher__V1__Performance *performance = NULL;
    struct door_block *blocks;
    size_t count;
    int err =
        lobby_check_runs(call, wish->performance_id, ROLES_MANAGE | ROLE_BOX_OFFICE, &performance);
    if (err != 0)
        return err;
    assert(performance);
    err = doors_blocked(door->options.sql, performance->performance_id, 0, call_arena(call),
                        &blocks, &count, call_deadline_ns(call));
    if (err == 0)
        err = fill_blocks(call_arena(call), blocks, count, &answer->blocks, &answer->n_blocks);
    return err == 0 ? 0 : lobby_store_failed(call, err);
}

/* ---- when people are let in ---- */

static void fill_times(const struct entry_rule *rule, const Usher__V1__Performance *performance,
                       Usher__V1__EntryTimes *answer)
{
    assert(performance);
    const struct entry_times times =
        entry_times_of(rule, performance->starts_at_ms, performance->doors_at_ms);
    answer->performance_id = performance->performance_id;
    answer->early_minutes = rule->early_minutes;
    answer->late_minutes = rule->late_minutes;
    answer->enters_at_ms = times.from_ms;
    answer->enters_until_ms = times.until_ms;
}

static int read_rule(struct call *call, uint32_t performance_id, struct entry_rule *ret_rule)
{
    const struct door *door = call_state(call);
    struct door_said said;
    int err = doors_read(door->options.sql, performance_id, NULL, 0, call_arena(call), &said,
                         call_deadline_ns(call));
    if (err != 0)
        return lobby_store_failed(call, err);
    *ret_rule = said.entry;
    return 0;
}

int door_get_entry_times(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetEntryTimesRequest *wish = request;
    const Usher__V1__Performance *performance = NULL;
    struct entry_rule rule = {0};
    int err = lobby_check_runs(call, wish->performance_id, LOBBY_DOOR_STAFF | ROLE_BOX_OFFICE,
                               &performance);
    if (err == 0)
        err = read_rule(call, wish->performance_id, &rule);
    if (err == 0)
        fill_times(&rule, performance, response);
    return err;
}

int door_set_entry_times(struct call *call, const void *request, void *response)
{
    const Usher__V1__SetEntryTimesRequest *wish = request;
    const struct door *door = call_state(call);
    const Usher__V1__Performance *performance = NULL;
    struct entry_rule rule = {0};
    int err = lobby_check_runs(call, wish->performance_id, ROLES_MANAGE, &performance);
    if (err == 0)
        err = read_rule(call, wish->performance_id, &rule);
    if (err != 0)
        return err;
    rule.said = true;
    if (wish->early_choice_case != USHER__V1__SET_ENTRY_TIMES_REQUEST__EARLY_CHOICE__NOT_SET)
        rule.early_minutes = wish->early_minutes;
    if (wish->late_choice_case != USHER__V1__SET_ENTRY_TIMES_REQUEST__LATE_CHOICE__NOT_SET)
        rule.late_minutes = wish->late_minutes;
    if (rule.early_minutes > ENTRY_MINUTES_MAX || rule.late_minutes > ENTRY_MINUTES_MAX)
        return lobby_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                          rule.early_minutes > ENTRY_MINUTES_MAX ? "early_minutes" : "late_minutes",
                          "at most a year: %d minutes", ENTRY_MINUTES_MAX);
    const char *about = arena_printf(call_arena(call), "performance %u: %u minutes early, %u late",
                                     wish->performance_id, rule.early_minutes, rule.late_minutes);
    const struct act act = lobby_act(call, "entry.set", about ? about : "");
    err = about ? doors_set_entry(door->options.sql, wish->performance_id, &rule, &act,
                                  call_deadline_ns(call))
                : ERR_NO_MEMORY;
    if (err != 0)
        return lobby_store_failed(call, err);
    fill_times(&rule, performance, response);
    return 0;
}
