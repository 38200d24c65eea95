/*
 * The counter of the box office: money that is taken there, for what was to be paid later or is
 * owed (CollectPayment) or at once (SellAtTill), and money that goes back over it.
 */
#include "store/deposits.h"
#include "store/payments.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/give_back.h"
#include "svc/payment/till.h"

#define COLLECT_TRIES 8 /* against others who move it at the same moment */

int till_take(struct call *call, const struct work *w, struct payment *p)
{
    const struct told told = {
        .said = SAID_CAPTURED, .amount = p->books.amount, .currency = p->currency};
    const struct id by = call_identity(call)->account_id;
    const char *text = arena_printf(w->arena, "collected at the box office by %s",
                                    id_is_zero(by) ? "the operator" : exchange_id(w->arena, by));
    const struct payment_event event = {.at_ms = role_now_ms(),
                                        .payment_id = p->payment_id,
                                        .what = "call",
                                        .text = view_str(text),
                                        .amount = p->books.amount};
    int err = payment_note(w->role->options.sql, &event, w->deadline_ns);
    return err == 0 ? flow_apply(w, p, &box_office_adapter, &told) : err;
}

int till_hand_back(const struct work *w, struct payment *p, const struct payment_till *till)
{
    struct refund *refunds;
    size_t count = 0;
    if (p->state != PAYMENT_REFUNDING || !id_is_zero(p->order_id))
        return 0;
    int err =
        refunds_of(w->role->options.sql, p->payment_id, w->arena, &refunds, &count, w->deadline_ns);
    if (err == 0 && count == 1 && refunds[0].state == REFUND_FAILED) {
        p->till = id_is_zero(till->till_id) ? NULL : till;
        err = flow_refund_again(w, p, &refunds[0]);
    }
    return err == 0 || err == ERR_CONFLICT
               ? payment_get(w->role->options.sql, p->payment_id, w->arena, p, w->deadline_ns)
               : err;
}

/* How it is paid. Non-zero after call_fail: not in a way that there is; nothing is written. */
static int read_means(struct call *call, const Usher__V1__CollectPaymentRequest *wish,
                      struct payment_till *till)
{
    till->means = till_means_said(wish->means);
    till->tendered = wish->tendered;
    till->note = view_str(wish->note);
    if ((till->means == TILL_CASH || till->means == TILL_CARD) &&
        (till->means == TILL_CASH || wish->note[0]) && begin_fits(wish->note, TILL_NOTE_MAX) &&
        wish->tendered >= 0 && wish->tendered <= (till->means == TILL_CASH ? TILL_AMOUNT_MAX : 0) &&
        (wish->tendered == 0 || wish->tendered >= wish->amount))
        return 0;
    return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                       "means: cash, of which not less is tendered than is due, or a card "
                       "terminal with its number of the payment, one line of at most %d bytes",
                       TILL_NOTE_MAX);
}

/* Into the caller's open till, where there is one. Non-zero after call_fail. */
static int collect_into(struct call *call, struct payment *p, struct payment_till *till)
{
    struct till open;
    int err = till_of_caller(call, p->organiser_id, &open);
    if (err == 0 && view_eq(open.currency, p->currency)) {
        till->till_id = open.till_id;
        p->till = till;
    }
    return err == 0 || err == ERR_NOT_FOUND ? 0 : answer_store_failed(call, err);
}

static int refuse_amount(struct call *call)
{
    return answer_fail(call, CODE_FAILED_PRECONDITION, "WRONG_AMOUNT",
                       "what was taken is not what the places cost");
}

/* Whether it is to be paid still. */
static bool waits(const struct payment *p)
{
    return p->state == PAYMENT_DEPOSIT && p->must_finish_by_ms > role_now_ms();
}

/* ---- orders that were placed unpaid ---- */

/* The payment that an order has, if any. ERR_NOT_FOUND. */
static int payment_of_order(const struct work *w, struct id order_id, struct payment *ret_payment)
{
    return payment_of_hold(w->role->options.sql, order_id, w->arena, ret_payment, w->deadline_ns);
}

/* A good order of a performance that the caller sells. Non-zero after call_fail. */
static int find_owing(struct call *call, const char *text, const Usher__V1__Order **ret_order)
{
    const struct work w = answer_work(call);
    struct id order_id;
    bool runs = false;
    int err = id_parse(view_str(text), &order_id) == 0
                  ? tickets_order(&w, order_id, (struct id){0}, ret_order)
                  : ERR_NOT_FOUND;
    if (err == 0 && answer_runs(call, (*ret_order)->performance_id, &runs) != 0)
        return 1;
    if (err == ERR_BUSY)
        return answer_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE",
                           "not possible right now: try the same request again");
    if (err != 0 || !runs)
        return answer_store_failed(call, ERR_NOT_FOUND);
    if ((*ret_order)->state != USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED)
        return answer_fail(call, CODE_FAILED_PRECONDITION, "ORDER_CANCELLED",
                           "this order is cancelled: take no money, or hand it back");
    return 0;
}

/* Its places as a hold's, which is what a payment is made of. */
static int hold_of_order(struct arena *arena, const Usher__V1__Order *order,
                         Usher__V1__Hold *ret_hold)
{
    Usher__V1__HeldSeat *seats = arena_alloc(arena, order->n_tickets * sizeof(*seats));
    usher__v1__hold__init(ret_hold);
    ret_hold->seats = arena_alloc(arena, order->n_tickets * sizeof(*ret_hold->seats));
    if (!seats || !ret_hold->seats)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < order->n_tickets; i++) {
        const Usher__V1__Ticket *ticket = order->tickets[i];
        usher__v1__held_seat__init(&seats[i]);
        seats[i].seat = ticket->seat;
        seats[i].category = ticket->category;
        seats[i].amount = ticket->amount;
        seats[i].price_type = ticket->price_type ? ticket->price_type->number : 0;
        ret_hold->seats[ret_hold->n_seats++] = &seats[i];
    }
    ret_hold->hold_id = order->order_id;
    ret_hold->performance_id = order->performance_id;
    ret_hold->total = order->to_collect;
    ret_hold->currency = order->currency;
    ret_hold->expires_at_ms = role_now_ms() + ROLE_CALL_MS; /* for whoever takes the money */
    return 0;
}

/* Its buyer began to pay for the same places before he ordered them, in another way or of another
 * amount: that sells nothing any more, and ends before money is taken. Non-zero after call_fail. */
static int end_other(struct call *call, struct payment *p)
{
    const struct work w = answer_work(call);
    const bool here = view_eq(p->provider, VIEW_LIT(PAYMENT_BOX_OFFICE));
    int err = 0;
    if (p->state == PAYMENT_WAITING || p->state == PAYMENT_DEPOSIT ||
        (here && p->state < PAYMENT_CAPTURED))
        err = flow_abandon(&w, p, "PAYMENT_CANCELLED");
    if (err == 0 || err == ERR_CONFLICT)
        err = payment_of_order(&w, p->hold_id, p);
    if (err == 0) /* nobody knows yet what comes of it */
        return answer_fail(call, CODE_FAILED_PRECONDITION, "PAYING",
                           "its buyer is paying right now: take no money, and ask in a moment "
                           "again");
    return err == ERR_NOT_FOUND ? 0 : answer_store_failed(call, err);
}

/* The payment of what an order owes, begun by who has its money before him; or the one that it has.
 * Non-zero after call_fail. */
static int begin_owing(struct call *call, const Usher__V1__CollectPaymentRequest *wish,
                       const Usher__V1__Order *order, struct payment *p)
{
    const struct work w = answer_work(call);
    const Usher__V1__Performance *performance;
    Usher__V1__Hold hold;
    uint8_t hash[32];
    struct id order_id;
    (void)id_parse(view_str(order->order_id), &order_id);
    int err = payment_of_order(&w, order_id, p);
    const bool known = err == 0, here = known && view_eq(p->provider, VIEW_LIT(PAYMENT_BOX_OFFICE));
    if (err != 0 && err != ERR_NOT_FOUND)
        return answer_store_failed(call, err);
    if (known && p->books.captured > 0 && (here || order->to_collect == 0))
        return 0; /* taken before */
    if (order->to_collect == 0)
        return answer_fail(call, CODE_FAILED_PRECONDITION, "NOTHING_TO_PAY",
                           "this order owes nothing: take no money");
    if (wish->amount != order->to_collect)
        return refuse_amount(call);
    if (here && p->books.amount == order->to_collect)
        return 0; /* by somebody else at this moment, or it was to be paid here */
    if (known && end_other(call, p) != 0)
        return 1;
    *p = (struct payment){.hold_id = order_id,
                          .provider = VIEW_LIT(PAYMENT_BOX_OFFICE),
                          .later = true,
                          .return_path = VIEW_LIT("/orders")};
    err = hold_of_order(w.arena, order, &hold);
    if (err != 0)
        return answer_store_failed(call, err);
    err = answer_performance(call, order->performance_id, &performance);
    if (err == 0) {
        p->organiser_id = performance->organiser_id;
        err = begin_fill(call, &hold, false, p);
    }
    if (err == 0)
        err = begin_price(call, &hold, 0, p);
    if (err != 0)
        return err;
    (void)id_parse(view_str(order->account_id), &p->account_id);
    p->state = PAYMENT_CONFIRMING;
    p->next_at_ms = role_now_ms() + ROLE_CALL_MS;
    if (wish->amount != p->books.amount)
        return refuse_amount(call);
    call_request_hash(call, hash);
    const struct deposit none = {.payment_id = p->payment_id, .forget_at_ms = p->created_at_ms};
    err = deposit_put(w.role->options.sql, &none, w.deadline_ns);
    if (err == 0)
        err = payment_put(w.role->options.sql, p, view_str(exchange_id(w.arena, p->payment_id)),
                          view_of(hash, 32), w.deadline_ns);
    if (err == ERR_EXISTS || err == ERR_CONFLICT) /* the same click twice */
        err = payment_of_order(&w, p->hold_id, p);
    else if (err == 0)
        p->version = 1;
    return err == 0 ? 0 : answer_store_failed(call, err);
}

static int collect_order(struct call *call, const Usher__V1__CollectPaymentRequest *wish,
                         Usher__V1__Payment *answer)
{
    const struct work w = answer_work(call);
    const Usher__V1__Order *order;
    struct payment_till till = {0};
    struct payment p;
    int err = find_owing(call, wish->order_id, &order);
    if (err == 0)
        err = read_means(call, wish, &till);
    if (err == 0)
        err = begin_owing(call, wish, order, &p);
    if (err == 0 && p.books.captured == 0)
        err = collect_into(call, &p, &till);
    if (err != 0)
        return err;
    bool taken = false;
    for (int i = 0; err == 0 && !taken && i < COLLECT_TRIES && p.books.captured == 0; i++) {
        const uint32_t was = p.state;
        err = till_take(call, &w, &p);
        if (err == ERR_DENIED)
            return till_refuse_closed(call);
        taken = p.state != was; /* written by us, whatever came after it */
        if (taken || err == ERR_CONFLICT)
            err = payment_get(w.role->options.sql, p.payment_id, w.arena, &p, w.deadline_ns);
        p.till = id_is_zero(till.till_id) ? NULL : &till; /* of the next try */
    }
    if (err == 0 && p.books.captured == 0)
        err = ERR_CONFLICT;
    if (err == 0 && taken)
        err = till_hand_back(&w, &p, &till);
    answer->again = !taken;
    return err == 0 ? answer_payment(call, &p, true, answer) : answer_store_failed(call, err);
}

int payment_collect(struct call *call, const void *request, void *response)
{
    const Usher__V1__CollectPaymentRequest *wish = request;
    if (wish->order_id[0])
        return collect_order(call, wish, response);
    const struct work w = answer_work(call);
    struct payment_till till = {0};
    struct id payment_id;
    struct payment p;
    bool runs = false, taken = false;
    int err = id_parse(view_str(wish->payment_id), &payment_id) == 0
                  ? payment_get(w.role->options.sql, payment_id, w.arena, &p, w.deadline_ns)
                  : ERR_NOT_FOUND;
    if (err == 0 && answer_runs(call, p.performance_id, &runs) != 0)
        return 1;
    if (err == 0 && (!runs || !view_eq(p.provider, VIEW_LIT(PAYMENT_BOX_OFFICE))))
        err = ERR_NOT_FOUND;
    if (err != 0)
        return answer_store_failed(call, err);
    if (wish->amount != p.books.amount)
        return refuse_amount(call);
    if (waits(&p) && read_means(call, wish, &till) != 0)
        return 1;
    /* Somebody else may take it, or look at it, at the same moment: it is taken once. */
    for (int i = 0; err == 0 && !taken && i < COLLECT_TRIES && waits(&p); i++) {
        if (collect_into(call, &p, &till) != 0)
            return 1;
        err = till_take(call, &w, &p);
        if (err == ERR_DENIED)
            return till_refuse_closed(call);
        taken = p.state != PAYMENT_DEPOSIT; /* written by us, whatever came after it */
        if (taken || err == ERR_CONFLICT)
            err = payment_get(w.role->options.sql, payment_id, w.arena, &p, w.deadline_ns);
    }
    if (err == 0 && taken)
        err = till_hand_back(&w, &p, &till);
    if (err == 0 && p.books.captured == 0 && waits(&p))
        return answer_store_failed(call, ERR_CONFLICT);
    if (err == 0 && p.books.captured == 0)
        return answer_fail(call, CODE_FAILED_PRECONDITION, "PAYMENT_OVER",
                           "it is over: the places are for sale again; take no money, or hand it "
                           "back");
    ((Usher__V1__Payment *)response)->again = !taken;
    return err == 0 ? answer_payment(call, &p, true, response) : answer_store_failed(call, err);
}

int till_hands_out(struct call *call, const struct payment *p, struct payment_till *ret_till)
{
    const struct work w = answer_work(call);
    struct till_entry taken;
    struct till open;
    *ret_till = (struct payment_till){.means = TILL_CASH};
    if (!view_eq(p->provider, VIEW_LIT(PAYMENT_BOX_OFFICE)))
        return 0;
    int err = till_entry_about(w.role->options.sql, p->payment_id, w.arena, &taken, w.deadline_ns);
    const bool by_till = err == 0;
    if (by_till)
        ret_till->means = taken.means; /* a card gets back what it paid */
    if (err == 0 || err == ERR_NOT_FOUND)
        err = till_of_caller(call, p->organiser_id, &open);
    const bool fits = err == 0 && view_eq(open.currency, p->currency);
    if (err != 0 && err != ERR_NOT_FOUND)
        return answer_store_failed(call, err);
    if (fits)
        ret_till->till_id = open.till_id;
    return by_till && !fits ? till_refuse_closed(call) : 0;
}
