/*
 * The counter of the box office: money that is taken there, for what was to be paid later
 * (CollectPayment) or at once (SellAtTill), and money that goes back over it.
 */
#include "store/payments.h"
#include "svc/payment/adapters/exchange.h"
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

/* Into the caller's open till, where there is one. Non-zero after call_fail. */
static int collect_into(struct call *call, const Usher__V1__CollectPaymentRequest *wish,
                        struct payment *p, struct payment_till *till)
{
    struct till open;
    till->means = till_means_said(wish->means);
    till->tendered = wish->tendered;
    till->note = view_str(wish->note);
    if ((till->means != TILL_CASH && till->means != TILL_CARD) ||
        (till->means == TILL_CARD && !wish->note[0]) || !begin_fits(wish->note, TILL_NOTE_MAX) ||
        wish->tendered < 0 || wish->tendered > (till->means == TILL_CASH ? TILL_AMOUNT_MAX : 0) ||
        (wish->tendered > 0 && wish->tendered < wish->amount))
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "means: cash, of which not less is tendered than is due, or a card "
                           "terminal with its number of the payment, one line of at most %d bytes",
                           TILL_NOTE_MAX);
    int err = till_of_caller(call, p->organiser_id, &open);
    if (err == 0 && view_eq(open.currency, p->currency)) {
        till->till_id = open.till_id;
        p->till = till;
    }
    return err == 0 || err == ERR_NOT_FOUND ? 0 : answer_store_failed(call, err);
}

/* Whether it is to be paid still. */
static bool waits(const struct payment *p)
{
    return p->state == PAYMENT_DEPOSIT && p->must_finish_by_ms > role_now_ms();
}

int payment_collect(struct call *call, const void *request, void *response)
{
    const Usher__V1__CollectPaymentRequest *wish = request;
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
        return answer_fail(call, CODE_FAILED_PRECONDITION, "WRONG_AMOUNT",
                           "what was taken is not what the places cost");
    /* Somebody else may take it, or look at it, at the same moment: it is taken once. */
    for (int i = 0; err == 0 && !taken && i < COLLECT_TRIES && waits(&p); i++) {
        if (collect_into(call, wish, &p, &till) != 0)
            return 1;
        err = till_take(call, &w, &p);
        if (err == ERR_DENIED)
            return till_refuse_closed(call);
        taken = p.state != PAYMENT_DEPOSIT; /* written by us, whatever came after it */
        if (taken || err == ERR_CONFLICT)
            err = payment_get(w.role->options.sql, payment_id, w.arena, &p, w.deadline_ns);
    }
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
