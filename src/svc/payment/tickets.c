/* The ticket role, asked in the payer's name. */
#include <inttypes.h>

#include "svc/payment/adapters/exchange.h"
#include "svc/payment/begin.h"
#include "svc/payment/deposits.h"
#include "svc/payment/role.h"
#include "token/roles.h"
#include "usher/v1/ticket.pb-c.h"

#define REST_MAX_MS  10000 /* a payment waits no longer for places that may rest */
#define REST_LATE_MS 500   /* a rest's end is durable so long after it, at most */
#define REST_LOOK_MS 50

static struct channel *channel_here(const struct payment_role *role)
{
    const struct loop *loop = sched_loop(sched_current());
    for (uint32_t i = 0; i < role->options.worker_count; i++) {
        if (worker_loop(role->options.workers[i]) == loop)
            return role->tickets[i];
    }
    assert(!"a fiber of no worker");
    return NULL;
}

void tickets_begin(struct asking *a, const struct work *w, struct id account_id)
{
    a->who = (struct identity){.roles = ROLE_PEER | ROLE_BUYER, .account_id = account_id};
    client_init(&a->client, channel_here(w->role), &usher__v1__ticket_service__descriptor,
                w->arena);
    a->client.identity = &a->who;
    a->client.deadline_ns = w->deadline_ns;
}

static const char *reason_of(const struct call_status *status)
{
    return status->detail ? status->detail->reason : "";
}

int tickets_meaning(const struct call_status *status)
{
    static const struct {
        const char *reason;
        int err;
    } meanings[] = {
        {"HOLD_NOT_FOUND", ERR_NOT_FOUND},
        {"HOLD_EXPIRED", ERR_NOT_FOUND},
        {"SEATS_TAKEN", ERR_CONFLICT},
        {"LIMIT_REACHED", ERR_CONFLICT},
        {"NO_ADJACENT_SEATS", ERR_CONFLICT},
        {"SALE_NOT_OPEN", ERR_CONFLICT},
        {"WRONG_AMOUNT", ERR_INVALID},
        {"BAD_ARGUMENT", ERR_INVALID},
        {"NOT_FOUND", ERR_INVALID},
        {"KEY_REUSED", ERR_CONFLICT},
        {"PASS_REQUIRED", ERR_DENIED},
        {"PASS_INVALID", ERR_DENIED},
        {"PASS_OVER", ERR_DENIED},
        {"ALL_HELD", ERR_CONFLICT},
        {"SOLD_OUT", ERR_CONFLICT},
        {"PAY_LATER_OFF", ERR_DENIED},
        {"PRICE_TYPE", ERR_CONFLICT},         /* these prices are not to be had any more */
        {"CODE_NEEDED", ERR_CONFLICT},        /* they are hidden since */
        {"CODE_USED", ERR_CONFLICT},          /* others have what was left of it */
        {"CODE_UNKNOWN", ERR_CONFLICT},       /* it is not good any more */
        {"PERSON_NEEDED", ERR_CONFLICT},      /* whose the account was is not known any more */
        {"PERFORMANCE_BEGUN", ERR_NOT_FOUND}, /* unless it was begun before: then that is told */
    };
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (strcmp(meanings[i].reason, reason_of(status)) == 0)
            return meanings[i].err;
    }
    return ERR_BUSY;
}

int tickets_extend(const struct work *w, uint32_t performance_id, struct id hold_id,
                   struct id account_id, int64_t until_ms, struct view pass,
                   const Usher__V1__Hold **ret_hold, struct call_status *ret_status)
{
    struct asking a;
    struct metadata *metadata = NULL;
    Usher__V1__ExtendHoldRequest wish = USHER__V1__EXTEND_HOLD_REQUEST__INIT;
    tickets_begin(&a, w, account_id);
    wish.performance_id = performance_id;
    wish.hold_id = (char *)exchange_id(w->arena, hold_id);
    wish.until_ms = until_ms;
    wish.starting = pass.len > 0; /* that is when a pass is looked at */
    if (pass.len > 0 && metadata_add(&metadata, w->arena, VIEW_LIT("usher-pass"), pass) != 0)
        return call_status_set(ret_status, CODE_INVALID_ARGUMENT, "usher-pass: this is no pass");
    a.client.metadata = metadata;
    int err = client_call(&a.client, Usher__V1__TicketService, extend_hold, &wish, ret_hold);
    *ret_status = a.client.status;
    return err == 0 ? 0 : tickets_meaning(&a.client.status);
}

int tickets_extend_later(const struct work *w, const struct payment *p, int64_t until_ms,
                         struct view pass, const Usher__V1__Hold **ret_hold,
                         struct call_status *ret_status)
{
    struct asking a;
    struct metadata *metadata = NULL;
    Usher__V1__ExtendHoldRequest wish = USHER__V1__EXTEND_HOLD_REQUEST__INIT;
    tickets_begin(&a, w, p->account_id);
    wish.performance_id = p->performance_id;
    wish.hold_id = (char *)exchange_id(w->arena, p->hold_id);
    wish.until_ms = until_ms;
    wish.later = true;
    if (pass.len > 0 && metadata_add(&metadata, w->arena, VIEW_LIT("usher-pass"), pass) != 0)
        return call_status_set(ret_status, CODE_INVALID_ARGUMENT, "usher-pass: this is no pass");
    a.client.metadata = metadata;
    int err = client_call(&a.client, Usher__V1__TicketService, extend_hold, &wish, ret_hold);
    *ret_status = a.client.status;
    return err == 0 ? 0 : tickets_meaning(&a.client.status);
}

static Usher__V1__PaymentMethod method_of(const struct payment *p)
{
    return view_eq(p->provider, VIEW_LIT(PAYMENT_BOX_OFFICE))
               ? USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_COLLECTED
           : p->later ? USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_DEPOSIT
                      : USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_CARD;
}

int tickets_place(const struct work *w, const struct payment *p, struct id hold_id,
                  const Usher__V1__Order **ret_order)
{
    struct asking a;
    Usher__V1__PlaceOrderRequest wish = USHER__V1__PLACE_ORDER_REQUEST__INIT;
    tickets_begin(&a, w, p->account_id);
    wish.performance_id = p->performance_id;
    wish.hold_id = (char *)exchange_id(w->arena, hold_id);
    wish.payment_method = method_of(p);
    wish.payment_id = (char *)exchange_id(w->arena, p->payment_id);
    wish.amount = p->books.captured - p->fee; /* the seats know of prices alone */
    int err = client_call(&a.client, Usher__V1__TicketService, place_order, &wish, ret_order);
    if (err != 0)
        return tickets_meaning(&a.client.status);
    /* The order may be of long ago, and be given back; or its buyer placed it at the box office
     * while he was paying, and owes nothing here. */
    return (*ret_order)->state == USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED &&
                   payment_backs((*ret_order)->payment_method)
               ? 0
               : ERR_CONFLICT;
}

/* Places whose hold has just ended rest for a while, and are then for sale again: the payment was
 * too late for the hold, but need not be for them. Until when to ask again. */
static int64_t rests_until_ns(const struct work *w, const struct payment *p)
{
    struct asking a;
    const Usher__V1__Performance *performance;
    Usher__V1__GetPerformanceRequest wish = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    tickets_begin(&a, w, p->account_id);
    wish.performance_id = p->performance_id;
    const int64_t now_ns = fiber_now_ns();
    if (client_call(&a.client, Usher__V1__TicketService, get_performance, &wish, &performance) != 0)
        return now_ns;
    const int64_t rest_ms = performance->rest_ms < REST_MAX_MS ? performance->rest_ms : REST_MAX_MS;
    return rest_ms > 0 ? deadline_after_ms(now_ns, rest_ms + REST_LATE_MS) : now_ns;
}

/* The code that the places were held with, as one who has been let in by it says it (codes.c of the
 * ticket role); empty: without one. */
static char *code_again(const struct work *w, const struct payment *p)
{
    return p->code == 0
               ? (char *)""
               : (char *)arena_printf(w->arena, "#%" PRIu32 ".%" PRIu32, p->code, p->code_index);
}

/* One try. */
static int hold_again(const struct work *w, const struct payment *p,
                      const Usher__V1__Hold **ret_hold)
{
    struct asking a;
    uint32_t seats[PAYMENT_SEATS_MAX], types[PAYMENT_SEATS_MAX];
    Usher__V1__HoldSeatsRequest wish = USHER__V1__HOLD_SEATS_REQUEST__INIT;
    tickets_begin(&a, w, p->account_id);
    memcpy(seats, p->seats, sizeof(seats));
    wish.performance_id = p->performance_id;
    wish.n_seats = p->seat_count;
    wish.seats = seats;
    for (uint32_t i = 0; i < p->seat_count; i++) {
        types[i] = p->types[i];
        wish.n_types = p->types[i] != 0 ? p->seat_count : wish.n_types;
    }
    wish.types = types;
    wish.code = code_again(w, p);
    wish.idempotency_key = arena_printf(w->arena, "again-%s", exchange_id(w->arena, p->payment_id));
    int err = client_call(&a.client, Usher__V1__TicketService, hold_seats, &wish, ret_hold);
    return err == 0 ? 0 : tickets_meaning(&a.client.status);
}

int tickets_hold(const struct work *w, const struct payment *p, const Usher__V1__Hold **ret_hold)
{
    int err = hold_again(w, p, ret_hold);
    const int64_t until_ns = err == ERR_CONFLICT ? rests_until_ns(w, p) : 0;
    while (err == ERR_CONFLICT && fiber_now_ns() < until_ns) {
        if (fiber_sleep_until(deadline_after_ms(fiber_now_ns(), REST_LOOK_MS)) != 0)
            return ERR_CANCELLED;
        err = hold_again(w, p, ret_hold);
    }
    return err;
}

/* Of equal places the first is for whom the first was, and so on. */
static int choose_again(struct asking *a, const struct payment *p, const Usher__V1__Hold **hold)
{
    Usher__V1__ChoosePriceTypesRequest wish = USHER__V1__CHOOSE_PRICE_TYPES_REQUEST__INIT;
    Usher__V1__SeatPriceType types[PAYMENT_SEATS_MAX], *list[PAYMENT_SEATS_MAX];
    bool typed = false;
    for (uint32_t i = 0; i < p->seat_count && i < (*hold)->n_seats; i++) {
        usher__v1__seat_price_type__init(&types[i]);
        types[i].seat = (*hold)->seats[i]->seat;
        types[i].type = p->types[i];
        typed = typed || p->types[i] != 0;
        list[wish.n_types++] = &types[i];
    }
    if (!typed)
        return 0;
    wish.performance_id = p->performance_id;
    wish.hold_id = (*hold)->hold_id;
    wish.types = list;
    return client_call(&a->client, Usher__V1__TicketService, choose_price_types, &wish, hold);
}

int tickets_hold_equal(const struct work *w, const struct payment *p,
                       const Usher__V1__Hold **ret_hold)
{
    struct asking a;
    Usher__V1__HoldBestRequest wish = USHER__V1__HOLD_BEST_REQUEST__INIT;
    tickets_begin(&a, w, p->account_id);
    wish.performance_id = p->performance_id;
    wish.party = p->seat_count;
    wish.category_choice_case = USHER__V1__HOLD_BEST_REQUEST__CATEGORY_CHOICE_CATEGORY;
    wish.category = p->equal - 1;
    wish.code = code_again(w, p);
    wish.idempotency_key = arena_printf(w->arena, "equal-%s", exchange_id(w->arena, p->payment_id));
    int err = client_call(&a.client, Usher__V1__TicketService, hold_best, &wish, ret_hold);
    if (err == 0)
        err = choose_again(&a, p, ret_hold);
    return err == 0 ? 0 : tickets_meaning(&a.client.status);
}

int tickets_cancel(const struct work *w, const struct refund *r, struct id account_id)
{
    struct asking a;
    const Usher__V1__Order *order;
    Usher__V1__CancelOrderRequest wish = USHER__V1__CANCEL_ORDER_REQUEST__INIT;
    tickets_begin(&a, w, account_id);
    wish.order_id = (char *)exchange_id(w->arena, r->order_id);
    wish.seats = (uint32_t *)r->seats;
    wish.n_seats = r->seat_count;
    int err = client_call(&a.client, Usher__V1__TicketService, cancel_order, &wish, &order);
    return err == 0 ? 0 : tickets_meaning(&a.client.status);
}

void tickets_release(const struct work *w, const struct payment *p)
{
    struct asking a;
    const Usher__V1__ReleaseHoldResponse *released;
    Usher__V1__ReleaseHoldRequest wish = USHER__V1__RELEASE_HOLD_REQUEST__INIT;
    tickets_begin(&a, w, p->account_id);
    wish.performance_id = p->performance_id;
    wish.hold_id = (char *)exchange_id(w->arena, p->hold_id);
    if (client_call(&a.client, Usher__V1__TicketService, release_hold, &wish, &released) != 0)
        log_event(LOG_INFO, "payment.step", log_id("usher.payment", p->payment_id),
                  log_text("its hold could not be given up, and ends by its own time"));
}

int tickets_order(const struct work *w, struct id order_id, struct id account_id,
                  const Usher__V1__Order **ret_order)
{
    struct asking a;
    Usher__V1__GetOrderRequest wish = USHER__V1__GET_ORDER_REQUEST__INIT;
    tickets_begin(&a, w, account_id);
    wish.order_id = (char *)exchange_id(w->arena, order_id);
    int err = client_call(&a.client, Usher__V1__TicketService, get_order, &wish, ret_order);
    return err == 0 ? 0 : tickets_meaning(&a.client.status);
}

void tickets_follow(const Usher__V1__Order *order, struct payment *p)
{
    for (size_t i = 0; i < order->n_moves; i++) { /* in the order in which they were done */
        for (uint32_t k = 0; k < p->seat_count; k++) {
            if (p->seats[k] == order->moves[i]->from)
                p->seats[k] = order->moves[i]->to;
        }
    }
}

int tickets_performance(const struct work *w, uint32_t performance_id,
                        const Usher__V1__Performance **ret_performance)
{
    struct asking a;
    Usher__V1__GetPerformanceRequest wish = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    tickets_begin(&a, w, (struct id){0});
    wish.performance_id = performance_id;
    int err =
        client_call(&a.client, Usher__V1__TicketService, get_performance, &wish, ret_performance);
    return err == 0 ? 0 : tickets_meaning(&a.client.status);
}
