/* MoveSeats: tickets of an order are for other places from now on. */
#include "store/doors.h"
#include "store/scans.h"
#include "svc/ticket/bars.h"
#include "svc/ticket/orders.h"
#include "token/roles.h"

#define TEAM (ROLES_MANAGE | ROLE_BOX_OFFICE)

struct moving {
    const Usher__V1__MoveSeatsRequest *wish;
    const struct catalog_performance *performance;
    struct store_order order;
    struct owner_ask ask;
    uint32_t from[SEATS_PARTY_MAX]; /* that leave the order */
    size_t count;
};

static int refuse_seats(struct call *call, enum code code, const char *reason,
                        const uint32_t *seats, size_t count, const char *sentence)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    detail.reason = (char *)reason;
    detail.seats = (uint32_t *)seats;
    detail.n_seats = count;
    return call_fail(call, code, &detail, "%s", sentence);
}

/* The order, where the caller sells its performance. Non-zero after call_fail. */
static int find(struct call *call, struct moving *m)
{
    struct ticket *ticket = call_state(call);
    struct store *store = ticket->options.store;
    struct id order_id;
    int err = id_parse(view_str(m->wish->order_id), &order_id) != 0 ? ERR_NOT_FOUND : 0;
    if (err == 0)
        err = store->ops->order_get(store, order_id, call_arena(call), &m->order,
                                    call_deadline_ns(call));
    if (err != 0 && err != ERR_NOT_FOUND)
        return desk_store_failed(call, err);
    m->performance =
        err == 0 ? catalog_performance(ticket->catalog, m->order.performance_id) : NULL;
    const struct identity *who = call_identity(call);
    if (!m->performance || (!identity_has(who, ROLE_OPERATOR) &&
                            !identity_has_for(who, m->performance->event->organiser_id, TEAM)))
        return desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "order_id",
                         "no such order of what you sell");
    return 0;
}

/* Whether all of it has been done: the tickets are where they are to go. */
static bool is_done(const struct moving *m)
{
    bool done = m->order.state == USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED;
    for (size_t i = 0; i < m->wish->n_moves; i++) {
        const Usher__V1__SeatMove *move = m->wish->moves[i];
        uint32_t from, to;
        bool found = false;
        for (size_t k = 0; store_amounts_moved(m->order.amounts, k, &from, &to); k++)
            found = found || (from == move->from && to == move->to);
        done = done && found && store_seats_have(m->order.seats, move->to);
    }
    return done;
}

/* The wish as an ask: where each of the order's seats goes. Non-zero after call_fail. */
static int read_moves(struct call *call, struct moving *m)
{
    struct owner_ask *ask = &m->ask;
    const size_t seats = store_seat_count(m->order.seats);
    if (m->order.state != USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED)
        return desk_fail(call, CODE_FAILED_PRECONDITION, "ORDER_CANCELLED", "order_id",
                         "this order is cancelled: it has no tickets");
    if (m->wish->n_moves == 0 || m->wish->n_moves > SEATS_PARTY_MAX || seats > SEATS_PARTY_MAX)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "moves", "1 to %d moves",
                         SEATS_PARTY_MAX);
    for (size_t i = 0; i < seats; i++) {
        const uint32_t seat = store_seat_at(m->order.seats, i);
        ask->seats[ask->seat_count++] = ask->left[ask->left_count++] = seat;
        for (size_t k = 0; k < m->wish->n_moves; k++) {
            const Usher__V1__SeatMove *move = m->wish->moves[k];
            if (move->from != seat || move->to == seat)
                continue;
            ask->left[i] = move->to;
            m->from[m->count++] = seat;
            break;
        }
    }
    if (m->count != m->wish->n_moves)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "moves",
                         "from are seats of the order, none twice, and to are others");
    return 0;
}

/* Tickets of which something else holds do not move: a friend has one, a door is told to refuse it,
 * or the new place was given back by this order. Non-zero after call_fail. */
static int check_bound(struct call *call, const struct moving *m)
{
    struct sql *sql = ((struct ticket *)call_state(call))->options.store->sql;
    const struct id order_id = m->order.order_id;
    struct arena *arena = call_arena(call);
    struct generation *generations = NULL;
    struct door_said said = {0};
    uint32_t *gone = NULL;
    size_t generation_count = 0, gone_count = 0;
    if (!sql)
        return 0;
    int err = generations_of_order(sql, order_id, arena, &generations, &generation_count,
                                   call_deadline_ns(call));
    if (err == 0)
        err = doors_read(sql, m->order.performance_id, &order_id, 1, arena, &said,
                         call_deadline_ns(call));
    if (err == 0)
        err = scan_gone(sql, order_id, arena, &gone, &gone_count, call_deadline_ns(call));
    if (err != 0)
        return desk_store_failed(call, err);
    for (size_t i = 0; i < m->count; i++) {
        const uint32_t seat = m->from[i];
        if (generation_holder_in(generations, generation_count, order_id, seat).len > 0)
            return refuse_seats(call, CODE_FAILED_PRECONDITION, "TICKET_BOUND", &m->from[i], 1,
                                "a ticket of it was passed on: its buyer takes it back first");
        if (door_block_in(&said, order_id, seat))
            return refuse_seats(call, CODE_FAILED_PRECONDITION, "TICKET_BOUND", &m->from[i], 1,
                                "a ticket of it is blocked at the doors: end that first");
    }
    for (size_t i = 0; i < m->wish->n_moves; i++) {
        for (size_t k = 0; k < gone_count; k++) {
            if (gone[k] == m->wish->moves[i]->to)
                return refuse_seats(call, CODE_FAILED_PRECONDITION, "SEAT_HAD_BEFORE", &gone[k], 1,
                                    "this order had that place before: codes of it may be about");
        }
    }
    return 0;
}

/* The act is written first, as of whatever cannot be in its transaction; and then no gate lets the
 * old tickets in any more. Non-zero after call_fail. */
static int begin(struct call *call, const struct moving *m, const struct scan_back *back)
{
    struct sql *sql = ((struct ticket *)call_state(call))->options.store->sql;
    const char *about = arena_printf(call_arena(call), "order %s:", m->wish->order_id);
    for (size_t i = 0; about && i < m->wish->n_moves; i++)
        about = arena_printf(call_arena(call), "%s %u to %u", about, m->wish->moves[i]->from,
                             m->wish->moves[i]->to);
    if (about && m->wish->difference != 0)
        about = arena_printf(call_arena(call), "%s, %lld waived", about,
                             (long long)m->wish->difference);
    const struct act act = desk_act(call, "order.move", about ? about : "");
    int err = about ? 0 : ERR_NO_MEMORY;
    if (err == 0 && sql)
        err = act_put(sql, &act, call_deadline_ns(call));
    if (err == 0 && sql)
        err = scan_back_put(sql, back, call_deadline_ns(call));
    if (err == ERR_LATE)
        return refuse_seats(call, CODE_FAILED_PRECONDITION, "TICKET_USED", m->from, m->count,
                            "a ticket of it was let in at the door: it stays where it is");
    if (err == ERR_CONFLICT)
        return refuse_seats(call, CODE_FAILED_PRECONDITION, "TICKET_BOUND", m->from, m->count,
                            "a ticket of it is being given back");
    return err == 0 ? 0 : desk_store_failed(call, err);
}

/* What the owner said, where it has done nothing. */
static int refused(struct call *call, const struct moving *m)
{
    switch (m->ask.result) {
    case ERR_FULL:
        return desk_fail(call, CODE_FAILED_PRECONDITION, "MOVED_TOO_OFTEN", "moves",
                         "tickets of this order have moved as often as they may");
    case ERR_DENIED:
        return desk_fail(call, CODE_FAILED_PRECONDITION, "SEAT_HAD_BEFORE", "moves",
                         "this order had such a place before: codes of it may be about");
    case ERR_INVALID:
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "moves",
                         "to are places of this hall, none twice, and none that the order has");
    default:
        return desk_refused(call, &m->ask);
    }
}

static int answer(struct call *call, struct moving *m, bool again,
                  Usher__V1__MoveSeatsResponse *ret_answer)
{
    ret_answer->again = again;
    ret_answer->order = arena_alloc(call_arena(call), sizeof(*ret_answer->order));
    return ret_answer->order ? desk_answer_order(call, &m->order, ret_answer->order)
                             : desk_store_failed(call, ERR_NO_MEMORY);
}

/* Asked with a difference that none is, the owner says which it is, and does nothing. */
static int check(struct call *call, struct moving *m, Usher__V1__MoveSeatsResponse *ret_answer)
{
    m->ask.paid = INT64_MIN;
    if (desk_ask(call_state(call), m->performance, &m->ask, call_deadline_ns(call)) !=
            ERR_UNSUPPORTED ||
        m->ask.why != OWNER_WHY_DIFFERENCE)
        return refused(call, m);
    ret_answer->difference = m->ask.total;
    return answer(call, m, false, ret_answer);
}

CALL_HANDLER(ticket_move_seats)
{
    struct sql *sql = ((struct ticket *)call_state(call))->options.store->sql;
    struct moving m = {.wish = request, .ask.verb = OWNER_MOVE};
    if (find(call, &m) != 0)
        return ERR_NOT_FOUND;
    if (m.wish->n_moves > 0 && is_done(&m))
        return answer(call, &m, true, response);
    int err = read_moves(call, &m);
    if (err == 0)
        err = check_bound(call, &m);
    if (err != 0)
        return err;
    const struct scan_back back = {.order_id = m.order.order_id,
                                   .performance_id = m.order.performance_id,
                                   .seats = m.from,
                                   .seat_count = m.count,
                                   .moves = true,
                                   .at_ms = clock_wall_ms(loop_clock(sched_loop(sched_current())))};
    m.ask.hold_id = m.order.order_id;
    m.ask.account_id = m.order.account_id;
    m.ask.person_id = m.order.person_id;
    m.ask.list = m.order.amounts;
    m.ask.paid = m.wish->difference;
    m.ask.record = arena_alloc(call_arena(call), STORE_MOVED_MAX);
    if (!m.ask.record)
        return desk_store_failed(call, ERR_NO_MEMORY);
    if (m.wish->check)
        return check(call, &m, response);
    if (begin(call, &m, &back) != 0)
        return ERR_DENIED;
    err = desk_ask(call_state(call), m.performance, &m.ask, call_deadline_ns(call));
    const struct moving asked = m;
    if (err == 0 || err == ERR_NOT_FOUND || err == ERR_UNAVAILABLE) { /* the store knows */
        if (find(call, &m) != 0)
            return ERR_NOT_FOUND;
        if (is_done(&m))
            return answer(call, &m, err != 0, response);
    }
    /* Of an owner that cannot say, nobody knows: in doubt, let nobody in. */
    if (err != ERR_UNAVAILABLE && err != 0 && sql)
        (void)scan_back_end(sql, &back, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return desk_fail(call, CODE_ABORTED, "ORDER_CHANGED", "order_id",
                         "places of this order were given back or moved meanwhile: look again");
    return refused(call, &asked);
}
