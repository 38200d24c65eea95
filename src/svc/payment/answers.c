/* Answers and refusals of the payment service. */
#include "sale/currency.h"
#include "sale/order_number.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/deposits.h"
#include "svc/payment/role.h"
#include "token/roles.h"

int answer_store_failed(struct call *call, int err)
{
    return err == ERR_NOT_FOUND
               ? answer_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "no such payment of this account")
               : call_refuse_stored(call, err);
}

struct work answer_work(struct call *call)
{
    return (struct work){
        .role = call_state(call), .arena = call_arena(call), .deadline_ns = call_deadline_ns(call)};
}

static const char *copy(struct arena *arena, struct view v)
{
    const char *text = arena_copy(arena, v);
    return text ? text : "";
}

int answer_payment(struct call *call, const struct payment *p, bool with_order,
                   Usher__V1__Payment *ret_payment)
{
    struct arena *arena = call_arena(call);
    const struct work w = answer_work(call);
    const struct adapter *adapter;
    struct adapter_env env;
    struct begun begun = {0};
    ret_payment->payment_id = (char *)exchange_id(arena, p->payment_id);
    ret_payment->order_id =
        (char *)exchange_id(arena, id_is_zero(p->order_id) ? p->hold_id : p->order_id);
    if (!ret_payment->payment_id || !ret_payment->order_id)
        return answer_store_failed(call, ERR_NO_MEMORY);
    ret_payment->performance_id = p->performance_id;
    ret_payment->provider = (char *)copy(arena, p->provider);
    ret_payment->state = (Usher__V1__PaymentState)p->state;
    ret_payment->amount = p->books.amount;
    ret_payment->tax_free = adapter_tax_free(p, p->books.amount, p->fee);
    char number[ORDER_NUMBER_CHARS + 1];
    order_number_write(id_is_zero(p->order_id) ? p->hold_id : p->order_id, number);
    ret_payment->order_number = (char *)copy(arena, view_str(number));
    ret_payment->fee = p->fee;
    ret_payment->captured = p->books.captured;
    ret_payment->sold = p->books.sold;
    ret_payment->charges = p->books.kept;
    ret_payment->refunded = p->books.refunded;
    ret_payment->pending = p->books.pending;
    ret_payment->currency = (char *)copy(arena, p->currency);
    ret_payment->currency_digits = currency_digits(p->currency);
    ret_payment->must_finish_by_ms = p->must_finish_by_ms;
    ret_payment->reason = (char *)copy(arena, p->reason);
    ret_payment->created_at_ms = p->created_at_ms;
    ret_payment->contradiction = (char *)copy(arena, p->contradiction);
    ret_payment->contradicted = p->contradicted;
    const bool talks = role_talk(&w, p->provider, p->provider_of, &adapter, &env);
    ret_payment->test_money = talks && env.provider && env.provider->test_money;
    /* Where the provider has to be asked for it, only BeginPayment does. */
    if (p->state == PAYMENT_WAITING && with_order && talks && adapter->confirms &&
        adapter->begin(&env, p, "Tickets", &begun) == 0)
        ret_payment->redirect_url = (char *)begun.redirect_url;
    int err = with_order ? deposit_answer(&w, p, ret_payment) : 0;
    if (err != 0)
        return answer_store_failed(call, err);
    if (!with_order || id_is_zero(p->order_id))
        return 0;
    const Usher__V1__Order *order;
    if (tickets_order(&w, p->order_id, p->account_id, &order) == 0)
        ret_payment->order = (Usher__V1__Order *)order;
    return 0;
}

int answer_refund(struct arena *arena, const struct payment *p, const struct refund *r,
                  Usher__V1__Refund *ret_refund)
{
    usher__v1__refund__init(ret_refund);
    ret_refund->refund_id = (char *)exchange_id(arena, r->refund_id);
    ret_refund->order_id = (char *)exchange_id(arena, r->order_id);
    ret_refund->payment_id = (char *)exchange_id(arena, r->payment_id);
    ret_refund->state = (Usher__V1__RefundState)r->state;
    ret_refund->amount = r->amount;
    ret_refund->charge = r->charge;
    ret_refund->currency = (char *)arena_copy(arena, p->currency);
    ret_refund->currency_digits = currency_digits(p->currency);
    ret_refund->reason = (char *)arena_copy(arena, r->reason);
    ret_refund->created_at_ms = r->created_at_ms;
    ret_refund->seats = arena_alloc(arena, sizeof(r->seats));
    if (!ret_refund->seats)
        return ERR_NO_MEMORY;
    memcpy(ret_refund->seats, r->seats, sizeof(r->seats));
    ret_refund->n_seats = r->seat_count;
    return 0;
}

int answer_performance(struct call *call, uint32_t performance_id,
                       const Usher__V1__Performance **ret_performance)
{
    const struct work w = answer_work(call);
    int err = tickets_performance(&w, performance_id, ret_performance);
    if (err == ERR_INVALID)
        return answer_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "no such performance");
    return err == 0 ? 0
                    : answer_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE",
                                  "not possible right now: try the same request again");
}

int answer_runs(struct call *call, uint32_t performance_id, bool *ret_runs)
{
    const struct identity *who = call_identity(call);
    const Usher__V1__Performance *performance;
    *ret_runs = identity_has(who, ROLE_OPERATOR);
    if (*ret_runs || who->tenant_count == 0)
        return 0;
    int err = answer_performance(call, performance_id, &performance);
    if (err != 0)
        return err;
    *ret_runs = identity_has_for(who, performance->organiser_id, ROLES_MANAGE | ROLE_BOX_OFFICE);
    return 0;
}
