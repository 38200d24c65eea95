/* PreviewRefund, RefundOrder: what giving an order back returns, by the ladder. */
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/role.h"
#include "token/roles.h"

#define STEPS_MAX 12 /* of a preview */

/* What a refund is about. */
struct giving_back {
    struct payment payment;
    const Usher__V1__Order *order;
    int64_t starts_at_ms;
    int32_t utc_offset_minutes;
};

/* The payment that the order was placed by. Non-zero after call_fail. */
static int find(struct call *call, const char *text, struct giving_back *ret)
{
    const struct work w = answer_work(call);
    const struct identity *who = call_identity(call);
    struct id order_id;
    struct payment *payments;
    size_t count = 0;
    if (id_parse(view_str(text), &order_id) != 0)
        return answer_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "no such order of this account");
    int err = payments_of(w.role->options.sql, order_id, w.arena, &payments, &count, w.deadline_ns);
    if (err != 0)
        return answer_store_failed(call, err);
    for (size_t i = 0; i < count; i++) {
        if (id_eq(payments[i].order_id, order_id) &&
            (id_is_zero(who->account_id) || id_eq(payments[i].account_id, who->account_id))) {
            ret->payment = payments[i];
            err = tickets_order(&w, order_id, payments[i].account_id, &ret->order);
            if (err != 0)
                return answer_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE",
                                   "not possible right now: try the same request again");
            ret->starts_at_ms = ret->order->starts_at_ms;
            ret->utc_offset_minutes = ret->order->utc_offset_choice_case ==
                                              USHER__V1__ORDER__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES
                                          ? ret->order->utc_offset_minutes
                                          : 0;
            return 0;
        }
    }
    return answer_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "no such order of this account");
}

static int64_t unit_of(struct view code)
{
    const struct currency *currency = currency_find(code);
    int64_t unit = 1;
    for (unsigned i = 0; currency && i < currency->digits; i++)
        unit *= 10;
    return unit;
}

/* The sum over the order's tickets at that time. */
static struct refund_quote quote_at(const struct payment_role *role, const struct giving_back *g,
                                    int64_t now_ms, bool organisers_fault)
{
    struct refund_quote sum = {.possible = g->order->n_tickets > 0};
    for (size_t i = 0; i < g->order->n_tickets; i++) {
        struct refund_quote one;
        const struct refund_ask ask = {
            .price = g->order->tickets[i]->amount,
            .unit = unit_of(g->payment.currency),
            .ordered_at_ms = g->order->placed_at_ms,
            .starts_at_ms = g->starts_at_ms,
            .now_ms = now_ms,
            .utc_offset_minutes = g->utc_offset_minutes,
            .organisers_fault = organisers_fault,
        };
        refund_quote(role->ladder, &ask, &one);
        sum.possible = sum.possible && one.possible;
        sum.refunded += one.refunded;
        sum.kept += one.kept;
        if (one.less_from_ms > 0 && (sum.less_from_ms == 0 || one.less_from_ms < sum.less_from_ms))
            sum.less_from_ms = one.less_from_ms;
    }
    return sum;
}

/* NULL, or why nothing can be given back. */
static const char *why_not(const struct giving_back *g, const struct refund_quote *quote)
{
    if (g->payment.state == PAYMENT_REFUNDED || g->payment.state == PAYMENT_REFUNDING ||
        g->order->state != USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED)
        return "REFUNDED_ALREADY";
    if (g->payment.state != PAYMENT_DONE)
        return "NOT_PAID";
    return quote->possible && quote->refunded > 0 ? NULL : "TOO_LATE";
}

int payment_preview_refund(struct call *call, const void *request, void *response)
{
    const Usher__V1__PreviewRefundRequest *wish = request;
    Usher__V1__RefundPreview *answer = response;
    const struct payment_role *role = call_state(call);
    struct arena *arena = call_arena(call);
    struct giving_back g;
    if (wish->n_seats > 0)
        return answer_fail(call, CODE_UNIMPLEMENTED, "BAD_ARGUMENT",
                           "an order is given back as a whole: leave seats empty");
    int err = find(call, wish->order_id, &g);
    if (err != 0)
        return err;
    Usher__V1__RefundStep *steps = arena_alloc(arena, STEPS_MAX * sizeof(*steps));
    answer->steps = arena_alloc(arena, STEPS_MAX * sizeof(*answer->steps));
    if (!steps || !answer->steps)
        return answer_store_failed(call, ERR_NO_MEMORY);
    struct refund_quote quote = quote_at(role, &g, role_now_ms(), false);
    const char *reason = why_not(&g, &quote);
    answer->possible = reason == NULL;
    answer->reason = (char *)(reason ? reason : "");
    answer->refund = reason ? 0 : quote.refunded;
    answer->charge = reason ? 0 : quote.kept;
    answer->currency = (char *)arena_copy(arena, g.payment.currency);
    while (!reason && quote.possible && answer->n_steps < STEPS_MAX) {
        Usher__V1__RefundStep *step = &steps[answer->n_steps];
        usher__v1__refund_step__init(step);
        step->until_ms = quote.less_from_ms;
        step->refund = quote.refunded;
        step->charge = quote.kept;
        answer->steps[answer->n_steps++] = step;
        if (quote.less_from_ms == 0)
            break;
        quote = quote_at(role, &g, quote.less_from_ms, false);
    }
    return 0;
}

static void fill_refund(struct arena *arena, const struct payment *p, const struct refund *r,
                        Usher__V1__Refund *ret_refund)
{
    ret_refund->refund_id = (char *)exchange_id(arena, r->refund_id);
    ret_refund->order_id = (char *)exchange_id(arena, r->order_id);
    ret_refund->payment_id = (char *)exchange_id(arena, r->payment_id);
    ret_refund->state = (Usher__V1__RefundState)r->state;
    ret_refund->amount = r->amount;
    ret_refund->charge = r->charge;
    ret_refund->currency = (char *)arena_copy(arena, p->currency);
    ret_refund->reason = (char *)arena_copy(arena, r->reason);
    ret_refund->created_at_ms = r->created_at_ms;
}

/* The refund that an order has: asked for twice, it is answered twice and done once. */
static int answer_last(struct call *call, const struct payment *p, Usher__V1__Refund *ret_refund)
{
    const struct work w = answer_work(call);
    struct refund *refunds;
    size_t count;
    int err =
        refunds_of(w.role->options.sql, p->payment_id, w.arena, &refunds, &count, w.deadline_ns);
    if (err != 0 || count == 0)
        return answer_store_failed(call, err != 0 ? err : ERR_NOT_FOUND);
    fill_refund(w.arena, p, &refunds[count - 1], ret_refund);
    return 0;
}

static int carry_on(struct call *call, const struct refund *refund, struct payment *p,
                    Usher__V1__Refund *ret_refund)
{
    const struct work w = answer_work(call);
    int err = flow_refund(&w, refund->refund_id); /* and the reconciler, where this fails */
    if (err != 0 && err != ERR_CONFLICT)
        log_event(LOG_WARN, "payment.step", log_id("usher.refund", refund->refund_id),
                  log_err(err));
    return answer_last(call, p, ret_refund);
}

int payment_refund_order(struct call *call, const void *request, void *response)
{
    const Usher__V1__RefundOrderRequest *wish = request;
    const struct work w = answer_work(call);
    /* A manager of some organiser buys from others as everybody does. */
    const bool organiser = identity_has(call_identity(call), ROLE_OPERATOR);
    struct giving_back g;
    struct refund refund;
    if (wish->n_seats > 0)
        return answer_fail(call, CODE_UNIMPLEMENTED, "BAD_ARGUMENT",
                           "an order is given back as a whole: leave seats empty");
    int err = find(call, wish->order_id, &g);
    if (err != 0)
        return err;
    const struct refund_quote quote = quote_at(w.role, &g, role_now_ms(), organiser);
    const char *reason = why_not(&g, &quote);
    if (reason && strcmp(reason, "REFUNDED_ALREADY") == 0)
        return answer_last(call, &g.payment, response);
    if (reason)
        return answer_fail(call, CODE_FAILED_PRECONDITION, reason,
                           "this order cannot be given back now");
    if (wish->expected_refund > 0 && wish->expected_refund != quote.refunded)
        return answer_fail(call, CODE_FAILED_PRECONDITION, "REFUND_CHANGED",
                           "giving back now returns another amount: look again");
    err = flow_give_back(&w, &g.payment, quote.refunded, quote.kept,
                         organiser ? "by the organiser" : "given back by the buyer", &refund);
    if (err == ERR_CONFLICT) /* the same click twice */
        return answer_last(call, &g.payment, response);
    return err == 0 ? carry_on(call, &refund, &g.payment, response)
                    : answer_store_failed(call, err);
}
