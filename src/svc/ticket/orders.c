/* PlaceOrder, GetOrder, ListOrders, CancelOrder. An order's id is its hold's: asking again finds
 * it. */
#include "svc/ticket/orders.h"
#include "sale/payment.h"
#include "store/payments.h"
#include "store/scans.h"
#include "svc/ticket/bars.h"
#include "svc/ticket/contact.h"
#include "svc/ticket/counted.h"
#include "svc/ticket/waiting.h"
#include "token/roles.h"

#define TEAM (ROLES_MANAGE | ROLE_BOX_OFFICE) /* who gives back what others have */

/* Of an order that was just placed: its tickets have never been passed on. */
static int fill_fresh(struct call *call, const struct store_order *order,
                      Usher__V1__Order *ret_order)
{
    int err = desk_fill_order(call_state(call), call_arena(call), order, NULL, 0, ret_order);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

int desk_answer_order(struct call *call, const struct store_order *order,
                      Usher__V1__Order *ret_order)
{
    struct ticket *ticket = call_state(call);
    struct sql *sql = ticket->options.store->sql;
    struct generation *generations = NULL;
    size_t count = 0;
    int err = sql ? generations_of_order(sql, order->order_id, call_arena(call), &generations,
                                         &count, call_deadline_ns(call))
                  : 0;
    if (err == 0)
        err = desk_fill_order(ticket, call_arena(call), order, generations, count, ret_order);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

/* The account's order, from the store. ERR_NOT_FOUND also where it is somebody else's. */
static int find_order(struct call *call, struct id order_id, struct store_order *ret_order)
{
    struct ticket *ticket = call_state(call);
    struct store *store = ticket->options.store;
    int err =
        store->ops->order_get(store, order_id, call_arena(call), ret_order, call_deadline_ns(call));
    const struct identity *who = call_identity(call);
    if (err == 0 && !identity_has(who, ROLE_OPERATOR | ROLE_PEER) &&
        !id_eq(ret_order->account_id, who->account_id))
        err = ERR_NOT_FOUND;
    return err;
}

/* The same for who may give it back: the box office of a performance, too, whosever it is. */
static int find_to_cancel(struct call *call, struct id order_id, struct store_order *ret_order)
{
    struct ticket *ticket = call_state(call);
    struct store *store = ticket->options.store;
    int err = find_order(call, order_id, ret_order);
    if (err != ERR_NOT_FOUND || !identity_has(call_identity(call), TEAM))
        return err;
    err =
        store->ops->order_get(store, order_id, call_arena(call), ret_order, call_deadline_ns(call));
    const struct catalog_performance *performance =
        err == 0 ? catalog_performance(ticket->catalog, ret_order->performance_id) : NULL;
    return err == 0 && (!performance || !identity_has_for(call_identity(call),
                                                          performance->event->organiser_id, TEAM))
               ? ERR_NOT_FOUND
               : err;
}

/* What was paid is given back by who took it. */
static int refuse_paid(struct call *call, uint32_t method)
{
    const char *how =
        method == USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_COLLECTED ? "at the box office"
        : method == USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_DEPOSIT ? "by bank transfer"
                                                                      : "by card";
    return desk_fail(
        call, CODE_FAILED_PRECONDITION, "PAID_BY_CARD", "order_id",
        "this order was paid %s: PaymentService/RefundOrder (usher order refund) gives "
        "it back, money and places",
        how);
}

static int no_order(struct call *call)
{
    return desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "order_id",
                     "no such order of this account");
}

/* Places that are held to be paid are no order: who may know of them is told how they end. */
static int refuse_held(struct call *call, struct id hold_id)
{
    struct ticket *ticket = call_state(call);
    struct sql *sql = ticket->options.store->sql;
    const struct identity *who = call_identity(call);
    struct payment p;
    if (!sql || payment_of_hold(sql, hold_id, call_arena(call), &p, call_deadline_ns(call)) != 0)
        return no_order(call);
    const struct catalog_performance *performance =
        catalog_performance(ticket->catalog, p.performance_id);
    if (!id_eq(p.account_id, who->account_id) &&
        !(performance && identity_has_for(who, performance->event->organiser_id, TEAM)))
        return no_order(call);
    return desk_fail(call, CODE_FAILED_PRECONDITION, "NOTHING_PAID", "order_id",
                     "this is no order yet: its places are held to be paid, and "
                     "PaymentService/AbandonPayment (usher order cancel) ends that");
}

/* What the owner has just sold, as the store has it. */
static int order_of_ask(const struct owner_ask *ask, uint32_t performance_id, struct arena *arena,
                        struct store_order *ret_order)
{
    uint32_t types[SEATS_PARTY_MAX];
    bool typed = false;
    for (uint32_t i = 0; i < ask->hold.count; i++) {
        types[i] = ask->hold.types[i];
        typed = typed || types[i] != 0;
    }
    uint8_t *seats = arena_alloc(arena, STORE_SEAT_BYTES * SEATS_PARTY_MAX);
    const bool said = ask->hold.price_list > 0 || payment_is_comp(ask->payment_method);
    uint8_t *amounts = said ? arena_alloc(arena, store_amounts_len(SEATS_PARTY_MAX)) : seats;
    if (!seats || !amounts)
        return ERR_NO_MEMORY;
    *ret_order = (struct store_order){
        .order_id = ask->hold.hold_id,
        .account_id = ask->account_id,
        .hold_id = ask->hold.hold_id,
        .performance_id = performance_id,
        .state = USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED,
        .payment_method = ask->payment_method,
        .placed_at_ms = ask->at_ms,
        .total = ask->total,
        .seats = store_seats_write(ask->hold.seats, ask->hold.count, seats),
    };
    if (said)
        ret_order->amounts = store_amounts_write(
            ask->hold.price_list, ask->hold.seats, ask->amounts, typed ? types : NULL,
            ask->hold.count, ask->hold.code, ask->hold.code_index, amounts);
    return 0;
}

/* An order that is there already is answered under this key too. False: refused, by ask->result. */
static bool keeps_key(struct call *call, const struct catalog_performance *performance,
                      struct owner_ask *ask)
{
    ask->verb = OWNER_KEEP_KEY;
    return desk_ask(call_state(call), performance, ask, call_deadline_ns(call)) == 0;
}

/* Box office is anybody's; a comp, and what says what was paid, the payment service's alone.
 * Non-zero after call_fail. */
static int read_payment(struct call *call, const Usher__V1__PlaceOrderRequest *wish,
                        struct owner_ask *ask)
{
    const bool backed = payment_backs(wish->payment_method);
    if (payment_is_comp(wish->payment_method) && identity_has(call_identity(call), ROLE_PEER))
        return 0;
    if (!backed && wish->payment_method != USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "payment_method",
                         "PAYMENT_METHOD_BOX_OFFICE, or begin a payment to pay by card");
    if (backed && !identity_has(call_identity(call), ROLE_PEER))
        return desk_fail(call, CODE_PERMISSION_DENIED, "NOT_PAID", "payment_method",
                         "an order is paid by card through PaymentService alone");
    if (backed && id_parse(view_str(wish->payment_id), &ask->payment_id) != 0)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "payment_id",
                         "an order that is paid names its payment");
    ask->paid = wish->amount;
    return 0;
}

static int refuse_amount(struct call *call)
{
    return desk_fail(call, CODE_FAILED_PRECONDITION, "WRONG_AMOUNT", "amount",
                     "what was paid is not what the places cost");
}

/* The box office has taken what an order owes that was placed unpaid: it is paid from now on. Where
 * it is not to be paid any more, it is answered as it is. Non-zero after call_fail. */
static int collect(struct call *call, const struct catalog_performance *performance,
                   const struct owner_ask *wish, struct store_order *order)
{
    struct ticket *ticket = call_state(call);
    struct store *store = ticket->options.store;
    struct owner_ask ask = {.verb = OWNER_COLLECT,
                            .account_id = order->account_id,
                            .hold_id = order->order_id,
                            .payment_method = wish->payment_method,
                            .payment_id = wish->payment_id,
                            .paid = wish->paid};
    for (size_t i = 0; i < store_seat_count(order->seats) && i < SEATS_PARTY_MAX; i++)
        ask.seats[ask.seat_count++] = store_seat_at(order->seats, i);
    const int err = desk_ask(ticket, performance, &ask, call_deadline_ns(call));
    if (err == ERR_INVALID)
        return refuse_amount(call);
    if (err != 0 && err != ERR_NOT_FOUND && err != ERR_CONFLICT)
        return desk_refused(call, &ask);
    const int got = store->ops->order_get(store, order->order_id, call_arena(call), order,
                                          call_deadline_ns(call));
    return got == 0 ? 0 : desk_store_failed(call, got);
}

int ticket_place_order(struct call *call, const void *request, void *response)
{
    const Usher__V1__PlaceOrderRequest *wish = request;
    const struct catalog_performance *performance = desk_performance(call, wish->performance_id);
    struct owner_ask ask = {
        .verb = OWNER_ORDER,
        .origin = desk_origin(call),
        .payment_method = wish->payment_method,
        .key = view_str(wish->idempotency_key),
    };
    struct store_order order;
    if (!performance)
        return ERR_NOT_FOUND;
    int err = desk_account(call, &ask.account_id);
    if (err != 0)
        return err;
    if (ask.key.len > OWNER_KEY_MAX)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "idempotency_key",
                         "an idempotency key has at most %d bytes", OWNER_KEY_MAX);
    err = read_payment(call, wish, &ask);
    if (err != 0)
        return err;
    if (id_parse(view_str(wish->hold_id), &ask.hold_id) != 0) {
        ask.result = ERR_NOT_FOUND;
        return desk_refused(call, &ask);
    }
    bool has_line;
    struct call_status pass;
    if (desk_ask_pass(call, performance, ask.account_id, &has_line, &pass) != 0 &&
        !desk_is_offer(call, performance, ask.account_id, ask.hold_id)) {
        /* Its pass ended when it bought; asked again, the answer is the same. */
        if (find_order(call, ask.hold_id, &order) == 0 &&
            order.performance_id == performance->performance_id)
            return desk_answer_order(call, &order, response);
        return desk_pass_refused(call, &pass);
    }
    if (desk_check_bar(call, performance, ask.account_id) != 0)
        return ERR_DENIED;
    ask.begins_ms = desk_begins_ms(call, performance);
    ask.payment_required = catalog_date(performance)->payment_required;
    if (ask.key.len > 0)
        call_request_hash(call, ask.request_hash);
    err = wish->contact ? desk_keep_contact(call, wish->contact, ask.account_id, ask.hold_id) : 0;
    if (err != 0)
        return err;
    err = desk_ask(call_state(call), performance, &ask, call_deadline_ns(call));
    if (err == 0 && !ask.as_stored) {
        if (has_line)
            desk_pass_done(call_state(call), performance, ask.account_id);
        err = order_of_ask(&ask, performance->performance_id, call_arena(call), &order);
        return err == 0 ? fill_fresh(call, &order, response) : desk_store_failed(call, err);
    }
    if (err == ERR_INVALID)
        return refuse_amount(call);
    if (err != 0 && err != ERR_NOT_FOUND)
        return desk_refused(call, &ask);
    /* The hold may have become this order before: then that is the answer, and the key's. */
    int found = find_order(call, ask.hold_id, &order);
    if (found != 0 && found != ERR_NOT_FOUND)
        return desk_store_failed(call, found);
    if (found != 0 || order.performance_id != performance->performance_id)
        return desk_hold_refused(call, performance, &ask);
    if (err == ERR_NOT_FOUND && ask.key.len > 0 && !keeps_key(call, performance, &ask))
        return desk_refused(call, &ask);
    if (wish->payment_method == USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_COLLECTED &&
        payment_is_owed(order.payment_method) && collect(call, performance, &ask, &order) != 0)
        return ERR_DENIED;
    return desk_answer_order(call, &order, response);
}

int ticket_get_order(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetOrderRequest *wish = request;
    struct store_order order;
    struct id order_id;
    if (id_parse(view_str(wish->order_id), &order_id) != 0)
        return no_order(call);
    int err = find_order(call, order_id, &order);
    if (err != 0)
        return err == ERR_NOT_FOUND ? no_order(call) : desk_store_failed(call, err);
    return desk_answer_order(call, &order, response);
}

int ticket_list_orders(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListOrdersRequest *wish = request;
    Usher__V1__ListOrdersResponse *answer = response;
    struct ticket *ticket = call_state(call);
    struct store *store = ticket->options.store;
    struct arena *arena = call_arena(call);
    const size_t page = wish->page_size == 0 ? TICKET_ORDERS_PAGE : wish->page_size;
    struct id after = {0};
    static const char no_token[] = "not a token of this service";
    if (page > TICKET_ORDERS_PAGE_MAX)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "page_size",
                         "a page has at most %d orders", TICKET_ORDERS_PAGE_MAX);
    if (wish->page_token[0] != '\0' && id_parse(view_str(wish->page_token), &after) != 0)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "page_token", "%s", no_token);
    struct store_order *orders;
    size_t count;
    int err = store->ops->order_list(store, call_identity(call)->account_id, after, page + 1, arena,
                                     &orders, &count, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "page_token", "%s", no_token);
    if (err != 0)
        return desk_store_failed(call, err);
    const size_t shown = count > page ? page : count;
    Usher__V1__Order *list = arena_alloc(arena, shown * sizeof(*list));
    answer->orders = arena_alloc(arena, shown * sizeof(*answer->orders));
    if (!list || !answer->orders)
        return desk_store_failed(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < shown; i++) {
        err = desk_answer_order(call, &orders[i], &list[i]);
        if (err != 0)
            return err;
        answer->orders[i] = &list[i];
    }
    answer->n_orders = shown;
    if (count > page) {
        answer->next_page_token = desk_id(arena, orders[page - 1].order_id);
        if (!answer->next_page_token)
            return desk_store_failed(call, ERR_NO_MEMORY);
    }
    return 0;
}

/* Splits an order's seats into those that go, all of them where none is named, and those that stay.
 * A seat that the order does not have was given back before. False: none is left to go. */
static bool split_seats(const struct store_order *order, const uint32_t *named, size_t named_count,
                        struct owner_ask *ask)
{
    const size_t count = store_seat_count(order->seats);
    for (size_t i = 0; i < count && i < SEATS_PARTY_MAX; i++) {
        const uint32_t seat = store_seat_at(order->seats, i);
        bool goes = named_count == 0;
        for (size_t k = 0; k < named_count; k++)
            goes = goes || named[k] == seat;
        ask->seats[ask->seat_count++] = seat;
        if (!goes)
            ask->left[ask->left_count++] = seat;
    }
    return ask->left_count < ask->seat_count;
}

/* A seat that the order neither has nor has given back is a mistake of who asks: nothing is done of
 * such a wish. Non-zero after call_fail. */
static int check_seats(struct call *call, const Usher__V1__CancelOrderRequest *wish,
                       const struct store_order *order)
{
    struct sql *sql = ((struct ticket *)call_state(call))->options.store->sql;
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    struct arena *arena = call_arena(call);
    uint32_t *gone = NULL, *strange = arena_alloc(arena, (wish->n_seats + 1) * sizeof(*strange));
    const char *names = "";
    size_t count = 0;
    int err = !strange ? ERR_NO_MEMORY
              : sql ? scan_gone(sql, order->order_id, arena, &gone, &count, call_deadline_ns(call))
                    : 0;
    for (size_t i = 0; err == 0 && i < wish->n_seats; i++) {
        bool known = !sql || store_seats_have(order->seats, wish->seats[i]);
        for (size_t k = 0; k < count; k++)
            known = known || gone[k] == wish->seats[i];
        if (known)
            continue;
        strange[detail.n_seats++] = wish->seats[i];
        names = arena_printf(arena, "%s%s%u", names, names[0] ? ", " : "", wish->seats[i]);
        err = names ? 0 : ERR_NO_MEMORY;
    }
    if (err != 0)
        return desk_store_failed(call, err);
    detail.reason = (char *)"BAD_ARGUMENT";
    detail.field = (char *)"seats";
    detail.seats = strange;
    return detail.n_seats == 0
               ? 0
               : call_fail(call, CODE_INVALID_ARGUMENT, &detail, "not of this order: %s", names);
}

/* The seats that go, of those of an order; the number of them. */
static size_t going(const struct owner_ask *ask, uint32_t ret_seats[SEATS_PARTY_MAX])
{
    size_t count = 0;
    for (uint32_t i = 0; i < ask->seat_count; i++) {
        bool stays = false;
        for (uint32_t k = 0; k < ask->left_count; k++)
            stays = stays || ask->left[k] == ask->seats[i];
        if (!stays)
            ret_seats[count++] = ask->seats[i];
    }
    return count;
}

static int refuse_used(struct call *call, const struct scan_back *back, bool team)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    struct ticket *ticket = call_state(call);
    uint32_t *used, *about = arena_alloc(call_arena(call), SEATS_PARTY_MAX * sizeof(*about));
    size_t count = 0;
    int err = about ? scan_used(ticket->options.store->sql, back->order_id, call_arena(call), &used,
                                &count, call_deadline_ns(call))
                    : ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++) {
        for (size_t k = 0; k < back->seat_count; k++) {
            if (back->seats[k] == used[i])
                about[detail.n_seats++] = used[i];
        }
    }
    if (err != 0)
        return desk_store_failed(call, err);
    detail.reason = (char *)"TICKET_USED";
    detail.seats = about;
    return call_fail(call, CODE_FAILED_PRECONDITION, &detail,
                     team ? "a ticket of it was let in at the door: say even_used (--even-used) to "
                            "give it back all the same"
                          : "a ticket of it was let in at the door, and is not taken back");
}

/* The doors let these tickets in no more; or, where they have, nothing is given back. The payment
 * service has told them itself. Non-zero after call_fail. */
static int tell_doors(struct call *call, const Usher__V1__CancelOrderRequest *wish,
                      const struct store_order *order, uint32_t organiser_id,
                      struct scan_back *back)
{
    struct ticket *ticket = call_state(call);
    const struct identity *who = call_identity(call);
    const bool team = identity_has_for(who, organiser_id, TEAM);
    back->order_id = order->order_id;
    back->performance_id = order->performance_id;
    back->even_used = team && wish->even_used;
    back->at_ms = clock_wall_ms(loop_clock(sched_loop(sched_current())));
    if (identity_has(who, ROLE_PEER) || !ticket->options.store->sql)
        back->seat_count = 0;
    int err = back->seat_count > 0
                  ? scan_back_put(ticket->options.store->sql, back, call_deadline_ns(call))
                  : 0;
    if (err == ERR_LATE)
        return refuse_used(call, back, team);
    return err == 0 ? 0 : desk_store_failed(call, err);
}

int ticket_cancel_order(struct call *call, const void *request, void *response)
{
    const Usher__V1__CancelOrderRequest *wish = request;
    struct ticket *ticket = call_state(call);
    struct owner_ask ask = {.verb = OWNER_CANCEL}, rest = {0};
    struct store_order order;
    uint32_t seats[SEATS_PARTY_MAX];
    if (id_parse(view_str(wish->order_id), &ask.hold_id) != 0)
        return no_order(call);
    int err = find_to_cancel(call, ask.hold_id, &order);
    if (err != 0)
        return err == ERR_NOT_FOUND ? refuse_held(call, ask.hold_id) : desk_store_failed(call, err);
    if (order.state != USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED &&
        !identity_has(call_identity(call), ROLE_PEER) && check_seats(call, wish, &order) != 0)
        return ERR_INVALID;
    if (order.state == USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED ||
        !split_seats(&order, wish->seats, wish->n_seats, &ask))
        return desk_answer_order(call, &order, response); /* asked again: the same answer */
    if (payment_backs(order.payment_method) && !identity_has(call_identity(call), ROLE_PEER))
        return refuse_paid(call, order.payment_method);
    const struct catalog_performance *performance = desk_performance(call, order.performance_id);
    if (!performance)
        return ERR_NOT_FOUND;
    ask.account_id = order.account_id;
    ask.person_id = order.person_id;
    if (!identity_has(call_identity(call),
                      ROLE_PEER)) /* who has it given back knows of its money */
        ask.payment_method = order.payment_method;
    ask.begins_ms = desk_begins_ms(call, performance);
    struct scan_back back = {.seats = seats, .seat_count = going(&ask, seats)};
    if (tell_doors(call, wish, &order, performance->event->organiser_id, &back) != 0)
        return ERR_DENIED;
    err = desk_ask(call_state(call), performance, &ask, call_deadline_ns(call));
    if ((err == ERR_LATE || err == ERR_CONFLICT) &&
        back.seat_count > 0) /* else nobody knows: in doubt, let nobody in */
        (void)scan_back_end(ticket->options.store->sql, &back, call_deadline_ns(call));
    if (err == ERR_CONFLICT) /* a moment ago */
        return refuse_paid(call, USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_COLLECTED);
    if (err != 0 && err != ERR_NOT_FOUND)
        return desk_refused(call, &ask);
    /* Not the order's seats any more: somebody else has given them back meanwhile. Either way, the
     * store knows. */
    err = find_to_cancel(call, ask.hold_id, &order);
    if (err == 0 && order.state != USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED &&
        split_seats(&order, wish->seats, wish->n_seats, &rest))
        err = ERR_UNAVAILABLE;
    return err == 0 ? desk_answer_order(call, &order, response) : desk_store_failed(call, err);
}

/* ---- all orders of a performance ---- */

static int fill_page(struct call *call, const struct store_order *orders, size_t count,
                     Usher__V1__ListPerformanceOrdersResponse *answer)
{
    struct ticket *ticket = call_state(call);
    struct arena *arena = call_arena(call);
    struct sql *sql = ticket->options.store->sql;
    struct generation *generations = NULL;
    size_t generation_count = 0;
    Usher__V1__Order *list = arena_alloc(arena, count * sizeof(*list));
    answer->orders = arena_alloc(arena, count * sizeof(*answer->orders));
    if (!list || !answer->orders)
        return ERR_NO_MEMORY;
    int err = sql && count > 0
                  ? generations_of_performance(sql, orders[0].performance_id, arena, &generations,
                                               &generation_count, call_deadline_ns(call))
                  : 0;
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = desk_fill_order(ticket, arena, &orders[i], generations, generation_count, &list[i]);
        answer->orders[i] = &list[i];
    }
    answer->n_orders = count;
    return err;
}

CALL_HANDLER(ticket_list_performance_orders)
{
    const Usher__V1__ListPerformanceOrdersRequest *wish = request;
    Usher__V1__ListPerformanceOrdersResponse *answer = response;
    struct ticket *ticket = call_state(call);
    struct store *store = ticket->options.store;
    const size_t page = wish->page_size == 0 ? TICKET_ALL_PAGE : wish->page_size;
    struct store_order *orders;
    struct id after = {0};
    size_t count = 0;
    if (page > TICKET_ALL_PAGE_MAX)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "page_size",
                         "a page has at most %d orders", TICKET_ALL_PAGE_MAX);
    if (!desk_performance(call, wish->performance_id))
        return ERR_NOT_FOUND;
    int err = wish->page_token[0] ? id_parse(view_str(wish->page_token), &after) : 0;
    if (err == 0)
        err = store->ops->order_scan(store, wish->performance_id, after, page + 1, call_arena(call),
                                     &orders, &count, call_deadline_ns(call));
    if (err == ERR_INVALID || err == ERR_NOT_FOUND)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "page_token",
                         "not a token of this service");
    const size_t shown = err == 0 && count > page ? page : count;
    if (err == 0)
        err = fill_page(call, orders, shown, answer);
    if (err == 0 && count > page) {
        answer->next_page_token = desk_id(call_arena(call), orders[page - 1].order_id);
        err = answer->next_page_token ? 0 : ERR_NO_MEMORY;
    }
    return err == 0 ? 0 : desk_store_failed(call, err);
}
