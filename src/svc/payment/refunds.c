/* PreviewRefund, RefundOrder: what giving an order back returns, by the ladder. */
#include "codec/sha256.h"
#include "sale/currency.h"
#include "sale/refund_rule.h"
#include "store/scans.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/deposits.h"
#include "svc/payment/give_back.h"
#include "svc/payment/role.h"
#include "svc/payment/terms.h"
#include "svc/payment/till.h"

#define STEPS_MAX 12 /* of a preview */
#define AGAIN_MAX 32 /* tries of one refund while others of its payment move it */

/* What a refund is about. */
struct giving_back {
    struct payment payment;
    struct selling_terms terms; /* by which it was begun */
    const Usher__V1__Order *order;
    int64_t starts_at_ms;
    int32_t utc_offset_minutes;
    const Usher__V1__Ticket *tickets[PAYMENT_SEATS_MAX]; /* that can go now, of those asked for */
    size_t ticket_count;
    size_t left_count;      /* of the payment's seats that are in no refund, asked for or not */
    struct refund *refunds; /* that the payment has */
    size_t refund_count;
    bool organiser;                /* the caller runs the performance */
    const struct refund *covering; /* the last of them with one of the seats asked for, or NULL */
    uint32_t used[PAYMENT_SEATS_MAX]; /* of the tickets that can go, those that came in */
    size_t used_count;
    bool even_used; /* and they go too: the organiser wishes it */
};

static bool has_seat(const uint32_t *seats, size_t count, uint32_t seat)
{
    for (size_t i = 0; i < count; i++) {
        if (seats[i] == seat)
            return true;
    }
    return count == 0; /* none is named: all */
}

/* With the seats that it is about. */
static int refuse_seats(struct call *call, enum code code, const char *reason,
                        const uint32_t *seats, size_t count, const char *sentence)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    detail.reason = (char *)reason;
    detail.field = (char *)(code == CODE_INVALID_ARGUMENT ? "seats" : "");
    detail.seats = (uint32_t *)seats;
    detail.n_seats = count;
    return call_fail(call, code, &detail, "%s", sentence);
}

/* Seats that were never of the payment's order are a mistake of who asks: nothing is done of such a
 * wish. Non-zero after call_fail. */
static int check_seats(struct call *call, const struct payment *p, const uint32_t *seats,
                       size_t count)
{
    uint32_t strange[PAYMENT_SEATS_MAX];
    size_t found = 0;
    const char *names = "";
    for (size_t i = 0; i < count && found < PAYMENT_SEATS_MAX; i++) {
        if (has_seat(p->seats, p->seat_count, seats[i]))
            continue;
        strange[found++] = seats[i];
        names = arena_printf(call_arena(call), "%s%s%u", names, names[0] ? ", " : "", seats[i]);
        if (!names)
            return answer_store_failed(call, ERR_NO_MEMORY);
    }
    const char *sentence = arena_printf(call_arena(call), "not of this order: %s", names);
    if (!sentence)
        return answer_store_failed(call, ERR_NO_MEMORY);
    return found == 0 ? 0
                      : refuse_seats(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", strange, found,
                                     sentence);
}

/* Which of the seats that are asked for can go: those that are in no refund. */
static int choose(const struct work *w, const uint32_t *seats, size_t count, struct giving_back *g)
{
    int err = refunds_of(w->role->options.sql, g->payment.payment_id, w->arena, &g->refunds,
                         &g->refund_count, w->deadline_ns);
    for (size_t i = 0; err == 0 && i < g->payment.seat_count; i++) {
        const uint32_t seat = g->payment.seats[i];
        const struct refund *by = NULL;
        for (size_t k = 0; k < g->refund_count; k++) {
            if (refund_has_seat(&g->refunds[k], seat))
                by = &g->refunds[k];
        }
        g->left_count += by == NULL;
        if (!has_seat(seats, count, seat))
            continue;
        if (by && (!g->covering || g->covering < by))
            g->covering = by;
        for (size_t k = 0; !by && k < g->order->n_tickets; k++) {
            if (g->order->tickets[k]->seat == seat)
                g->tickets[g->ticket_count++] = g->order->tickets[k];
        }
    }
    return err;
}

/* Which of the tickets that can go a door has let in. */
static int find_used(const struct work *w, struct giving_back *g)
{
    uint32_t *seats;
    size_t count = 0;
    int err = scan_used(w->role->options.sql, g->payment.order_id, w->arena, &seats, &count,
                        w->deadline_ns);
    for (size_t i = 0; err == 0 && i < g->ticket_count; i++) {
        if (count > 0 && has_seat(seats, count, g->tickets[i]->seat))
            g->used[g->used_count++] = g->tickets[i]->seat;
    }
    return err;
}

/* Why there is no payment to give back, for who may know of the order or of the hold. payment: the
 * last attempt to pay the hold, or NULL. After call_fail. */
static int refuse_unpaid(struct call *call, struct id order_id, const struct payment *payment)
{
    const struct work w = answer_work(call);
    const Usher__V1__Order *order;
    bool mine, runs = false;
    struct id buyer;
    int err = tickets_order(&w, order_id, (struct id){0}, &order);
    if (err == ERR_BUSY)
        return answer_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE",
                           "not possible right now: try the same request again");
    if (err != 0 && !payment)
        return answer_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "no such order of this account");
    const uint32_t performance_id = err == 0 ? order->performance_id : payment->performance_id;
    mine = err == 0 ? id_parse(view_str(order->account_id), &buyer) == 0 &&
                          id_eq(buyer, call_identity(call)->account_id)
                    : id_eq(payment->account_id, call_identity(call)->account_id);
    if (!mine && answer_runs(call, performance_id, &runs) != 0)
        return 1;
    if (!mine && !runs)
        return answer_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "no such order of this account");
    if (err == 0)
        return answer_fail(call, CODE_FAILED_PRECONDITION, "NOTHING_PAID",
                           order->state == USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED
                               ? "nothing was paid for this order, and it is cancelled"
                               : "nothing was paid for this order, so there is no money to give "
                                 "back: CancelOrder (usher order cancel) takes its places back");
    if (payment->books.captured > 0)
        return answer_fail(call, CODE_FAILED_PRECONDITION, "REFUNDED_ALREADY",
                           "no order came of it, and its money goes back by itself");
    return answer_fail(call, CODE_FAILED_PRECONDITION, "NOTHING_PAID",
                       payment_is_dead(payment->state)
                           ? "nothing was paid, and it is over: there is nothing to give back"
                           : "nothing is paid yet, and it is no order: AbandonPayment (usher order "
                             "cancel) ends it");
}

/* The payment that the order was placed by: the caller's own, or of a performance that he runs.
 * Non-zero after call_fail. */
static int find_payment(struct call *call, const char *text, struct giving_back *g)
{
    const struct work w = answer_work(call);
    const struct id account_id = call_identity(call)->account_id;
    struct id order_id;
    struct payment *payments;
    size_t count = 0, i = 0;
    int err =
        id_parse(view_str(text), &order_id) == 0
            ? payments_of(w.role->options.sql, order_id, w.arena, &payments, &count, w.deadline_ns)
            : 0;
    if (err != 0)
        return answer_store_failed(call, err);
    while (i < count && !id_eq(payments[i].order_id, order_id))
        i++;
    if (i < count) {
        g->payment = payments[i];
        err = answer_runs(call, payments[i].performance_id, &g->organiser);
    }
    if (err != 0)
        return err;
    if (i == count && id_parse(view_str(text), &order_id) == 0)
        return refuse_unpaid(call, order_id, count > 0 ? &payments[count - 1] : NULL);
    if (i == count || (!g->organiser && !id_eq(payments[i].account_id, account_id)))
        return answer_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "no such order of this account");
    return 0;
}

/* The order too, and which of these seats can go. */
static int find(struct call *call, const char *text, const uint32_t *seats, size_t seat_count,
                struct giving_back *g)
{
    const struct work w = answer_work(call);
    *g = (struct giving_back){0};
    int err = find_payment(call, text, g);
    if (err != 0)
        return err;
    if (tickets_order(&w, g->payment.order_id, g->payment.account_id, &g->order) != 0)
        return answer_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE",
                           "not possible right now: try the same request again");
    tickets_follow(g->order, &g->payment);
    err = check_seats(call, &g->payment, seats, seat_count);
    if (err != 0)
        return err;
    g->starts_at_ms = g->order->starts_at_ms;
    if (g->order->utc_offset_choice_case == USHER__V1__ORDER__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES)
        g->utc_offset_minutes = g->order->utc_offset_minutes;
    err = choose(&w, seats, seat_count, g);
    if (err == 0)
        err = find_used(&w, g);
    if (err == 0)
        err = selling_of(&w, &g->payment, &g->terms);
    return err == 0 ? 0 : answer_store_failed(call, err);
}

/* The box office takes none, whatever the terms say. */
static struct fee_rule fees_paid(const struct giving_back *g)
{
    return g->payment.fee > 0 ? selling_fee(&g->terms, g->payment.currency) : (struct fee_rule){0};
}

/* What the tickets that go have cost beside their prices. */
static int64_t fee_of(const struct giving_back *g)
{
    const struct fee_rule rule = fees_paid(g);
    int64_t sum = g->ticket_count == g->left_count ? rule.order : 0;
    for (size_t i = 0; i < g->ticket_count; i++)
        sum += fee_of_ticket(&rule, g->tickets[i]->amount);
    return sum;
}

/* The sum over the tickets at that time. */
static struct refund_quote quote_at(const struct payment_role *role, const struct giving_back *g,
                                    int64_t now_ms, bool organisers_fault)
{
    struct refund_quote sum;
    const struct fee_rule rule = fees_paid(g);
    const struct refund_ask at = {
        .unit = selling_unit(g->payment.currency),
        .step = currency_step(g->payment.currency),
        .ordered_at_ms = g->order->placed_at_ms,
        .starts_at_ms = g->starts_at_ms,
        .now_ms = now_ms,
        .utc_offset_minutes = g->utc_offset_minutes,
        .organisers_fault = organisers_fault,
    };
    int64_t prices[PAYMENT_SEATS_MAX];
    for (size_t i = 0; i < g->ticket_count; i++)
        prices[i] = g->tickets[i]->amount;
    /* The rule that was promised, whatever has been set since. */
    struct refund_ladder ladder;
    const char *why;
    if (g->payment.refund_rule.len == 0 ||
        refund_rule_read(g->payment.refund_rule, &ladder, &why) != 0)
        ladder = selling_ladder(role, &g->terms);
    refund_quote_tickets(&ladder, &at, &rule, prices, g->ticket_count,
                         g->ticket_count == g->left_count, &sum);
    return sum;
}

/* NULL, or why nothing can be given back. */
static const char *why_not(const struct giving_back *g, const struct refund_quote *quote)
{
    if (g->payment.state < PAYMENT_DONE)
        return "NOT_PAID";
    if (g->ticket_count == 0)
        return "REFUNDED_ALREADY";
    if (g->used_count > 0 && !g->even_used)
        return "TICKET_USED";
    return quote->possible && quote->refunded > 0 ? NULL : "TOO_LATE";
}

int payment_preview_refund(struct call *call, const void *request, void *response)
{
    const Usher__V1__PreviewRefundRequest *wish = request;
    Usher__V1__RefundPreview *answer = response;
    const struct payment_role *role = call_state(call);
    struct arena *arena = call_arena(call);
    struct giving_back g;
    int err = find(call, wish->order_id, wish->seats, wish->n_seats, &g);
    if (err != 0)
        return err;
    g.even_used = g.organiser && wish->even_used;
    Usher__V1__RefundStep *steps = arena_alloc(arena, STEPS_MAX * sizeof(*steps));
    answer->used_seats = arena_alloc(arena, sizeof(g.used));
    answer->steps = arena_alloc(arena, STEPS_MAX * sizeof(*answer->steps));
    if (!steps || !answer->steps || !answer->used_seats)
        return answer_store_failed(call, ERR_NO_MEMORY);
    memcpy(answer->used_seats, g.used, g.used_count * sizeof(g.used[0]));
    answer->n_used_seats = g.used_count;
    struct refund_quote quote = quote_at(role, &g, role_now_ms(), g.organiser);
    const char *reason = why_not(&g, &quote);
    answer->possible = reason == NULL;
    answer->reason = (char *)(reason ? reason : "");
    answer->refund = reason ? 0 : quote.refunded;
    answer->charge = reason ? 0 : quote.kept;
    answer->currency = (char *)arena_copy(arena, g.payment.currency);
    answer->currency_digits = currency_digits(g.payment.currency);
    while (!reason && quote.possible && answer->n_steps < STEPS_MAX) {
        Usher__V1__RefundStep *step = &steps[answer->n_steps];
        usher__v1__refund_step__init(step);
        step->until_ms = quote.less_from_ms;
        step->refund = quote.refunded;
        step->charge = quote.kept;
        answer->steps[answer->n_steps++] = step;
        if (quote.less_from_ms == 0)
            break;
        quote = quote_at(role, &g, quote.less_from_ms, g.organiser);
    }
    return 0;
}

/* Money of the box office comes out of the caller's till. Non-zero after call_fail. */
static int hand_out(struct call *call, struct giving_back *g, struct payment_till *till)
{
    if (!g->organiser)
        return 0;
    if (till_hands_out(call, &g->payment, till) != 0)
        return 1;
    g->payment.till = id_is_zero(till->till_id) ? NULL : till;
    return 0;
}

/* The wish's idempotency key, which is the caller's own, and the wish; empty: without one. Non-zero
 * after call_fail. */
static int read_key(struct call *call, const char *key, struct refund *refund)
{
    uint8_t *hashes = arena_alloc(call_arena(call), 2 * SHA256_BYTES);
    uint8_t account[ID_BYTES];
    const size_t len = strlen(key);
    if (len > 64)
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "idempotency_key: at most 64 bytes");
    if (!hashes)
        return answer_store_failed(call, ERR_NO_MEMORY);
    if (len == 0)
        return 0;
    id_to_bytes(call_identity(call)->account_id, account);
    sha256_begin();
    sha256_add(VIEW_LIT("usher refund\n"));
    sha256_add(view_of(account, sizeof(account)));
    sha256_add(view_of(key, len));
    sha256_end(hashes);
    call_request_hash(call, hashes + SHA256_BYTES);
    refund->key_hash = view_of(hashes, SHA256_BYTES);
    refund->request_hash = view_of(hashes + SHA256_BYTES, SHA256_BYTES);
    return 0;
}

static int refuse_key(struct call *call)
{
    return answer_fail(call, CODE_ALREADY_EXISTS, "KEY_REUSED",
                       "this idempotency key stands for another refund");
}

/* The order's refund that was asked for under the key of this wish, or NULL. */
static const struct refund *under_key(const struct giving_back *g, const struct refund *wish)
{
    for (size_t i = 0; wish->key_hash.len > 0 && i < g->refund_count; i++) {
        if (view_eq(g->refunds[i].key_hash, wish->key_hash))
            return &g->refunds[i];
    }
    return NULL;
}

static int answer_key(struct call *call, const struct giving_back *g, const struct refund *wish,
                      const struct refund *made, Usher__V1__Refund *ret_refund)
{
    if (!view_eq(made->request_hash, wish->request_hash))
        return refuse_key(call);
    int err = answer_refund(call_arena(call), &g->payment, made, ret_refund);
    return err == 0 ? 0 : answer_store_failed(call, err);
}

static int carry_on(struct call *call, const struct refund *refund, const struct payment *p,
                    Usher__V1__Refund *ret_refund)
{
    const struct work w = answer_work(call);
    struct refund now = *refund;
    int err = ERR_CONFLICT;
    for (int i = 0; err == ERR_CONFLICT && i < AGAIN_MAX; i++)
        err = flow_refund(&w, refund->refund_id); /* and the reconciler, where this fails */
    if (err != 0 && err != ERR_CONFLICT)
        log_event(LOG_WARN, "payment.step", log_id("usher.refund", refund->refund_id),
                  log_err(err));
    err = refund_get(w.role->options.sql, refund->refund_id, w.arena, &now, w.deadline_ns);
    if (err == 0)
        err = answer_refund(w.arena, p, &now, ret_refund);
    return err == 0 ? 0 : answer_store_failed(call, err);
}

/* The refund that has these seats: asked for twice, it is answered twice and done once. What the
 * provider refused, an organiser may ask for again. */
static int answer_last(struct call *call, const Usher__V1__RefundOrderRequest *wish,
                       Usher__V1__Refund *ret_refund)
{
    const struct work w = answer_work(call);
    struct giving_back g;
    int err = find(call, wish->order_id, wish->seats, wish->n_seats, &g);
    if (err != 0)
        return err;
    if (!g.covering)
        return answer_store_failed(call, ERR_CONFLICT);
    struct refund refund = *g.covering;
    bool anew = false;
    /* A wrong account is the buyer's to mend: then he, too, may ask again. */
    const bool mended = wish->refund_account && g.payment.later &&
                        !view_eq(g.payment.provider, VIEW_LIT(PAYMENT_BOX_OFFICE)) &&
                        refund.state == REFUND_FAILED;
    if (mended && deposit_name_account(call, &g.payment, wish->refund_account) != 0)
        return 1;
    struct payment_till till = {0};
    if ((g.organiser || mended) && refund.state == REFUND_FAILED) {
        if (hand_out(call, &g, &till) != 0)
            return 1;
        err = flow_refund_again(&w, &g.payment, &refund);
        anew = err == 0;
        if (err == ERR_DENIED)
            return till_refuse_closed(call);
        if (err == ERR_BUSY)
            return till_refuse_short(call);
        if (err == 0 || err == ERR_CONFLICT)
            err =
                refund_get(w.role->options.sql, refund.refund_id, w.arena, &refund, w.deadline_ns);
    }
    if (err != 0)
        return answer_store_failed(call, err);
    /* Over a counter nobody is waited for: what another call has just begun is done here. */
    if (refund.state == REFUND_PENDING && view_eq(g.payment.provider, VIEW_LIT(PAYMENT_BOX_OFFICE)))
        err = carry_on(call, &refund, &g.payment, ret_refund);
    else if (answer_refund(w.arena, &g.payment, &refund, ret_refund) != 0)
        err = answer_store_failed(call, ERR_NO_MEMORY);
    ret_refund->again = !anew;
    return err;
}

static int refuse_used(struct call *call, const struct giving_back *g)
{
    return refuse_seats(call, CODE_FAILED_PRECONDITION, "TICKET_USED", g->used, g->used_count,
                        g->organiser
                            ? "a ticket of it was let in at the door: say even_used "
                              "(--even-used) to give it back all the same"
                            : "a ticket of it was let in at the door, and is not taken back");
}

/* ret_again: another refund of the payment was quicker, and nothing was done or said. */
static int refund_order(struct call *call, const Usher__V1__RefundOrderRequest *wish,
                        Usher__V1__Refund *response, bool *ret_again)
{
    const struct work w = answer_work(call);
    struct giving_back g;
    struct refund refund = {0};
    struct payment_till till = {0};
    int err = read_key(call, wish->idempotency_key, &refund);
    if (err == 0)
        err = find(call, wish->order_id, wish->seats, wish->n_seats, &g);
    if (err != 0)
        return err;
    const struct refund *made = under_key(&g, &refund);
    if (made)
        return answer_key(call, &g, &refund, made, response);
    g.even_used = g.organiser && wish->even_used;
    const struct refund_quote quote = quote_at(w.role, &g, role_now_ms(), g.organiser);
    const char *reason = why_not(&g, &quote);
    if (reason && strcmp(reason, "REFUNDED_ALREADY") == 0)
        return answer_last(call, wish, response);
    if (reason && strcmp(reason, "TICKET_USED") == 0)
        return refuse_used(call, &g);
    if (reason)
        return answer_fail(call, CODE_FAILED_PRECONDITION, reason,
                           "this order cannot be given back now");
    if (wish->expected_refund > 0 && wish->expected_refund != quote.refunded)
        return answer_fail(call, CODE_FAILED_PRECONDITION, "REFUND_CHANGED",
                           "giving back now returns another amount: look again");
    if (wish->refund_account) {
        err = deposit_name_account(call, &g.payment, wish->refund_account);
        if (err != 0)
            return err;
    }
    refund.amount = quote.refunded;
    refund.charge = quote.kept;
    refund.fee = quote.fee_refunded;
    refund.fee_kept = fee_of(&g) - quote.fee_refunded;
    refund.even_used = g.even_used;
    refund.reason = view_str(g.used_count > 0 ? REFUND_BY_ORGANISER_USED
                             : g.organiser    ? REFUND_BY_ORGANISER
                                              : "given back by the buyer");
    for (size_t i = 0; i < g.ticket_count; i++)
        refund.seats[refund.seat_count++] = g.tickets[i]->seat;
    if (hand_out(call, &g, &till) != 0)
        return 1;
    err = flow_give_back(&w, &g.payment, &refund, &refund);
    if (err == ERR_DENIED)
        return till_refuse_closed(call);
    if (err == ERR_BUSY)
        return till_refuse_short(call);
    if (err == ERR_LATE) /* at this very moment */
        return find_used(&w, &g) == 0 ? refuse_used(call, &g)
                                      : answer_store_failed(call, ERR_UNAVAILABLE);
    if (err == ERR_EXISTS)
        return refuse_key(call);
    *ret_again = err == ERR_CONFLICT;
    return err == 0     ? carry_on(call, &refund, &g.payment, response)
           : *ret_again ? err
                        : answer_store_failed(call, err);
}

/* Money that was to go back without an order, which its provider refused: nobody but who runs the
 * performance asks for it again, and what was taken at the box office he has handed out.
 * ERR_NOT_FOUND: there is none; other non-zero: after call_fail. */
static int refund_without_order(struct call *call, const Usher__V1__RefundOrderRequest *wish,
                                Usher__V1__Refund *ret_refund)
{
    const struct work w = answer_work(call);
    struct giving_back g = {0};
    struct payment_till till = {0};
    struct payment *payments;
    struct id hold_id;
    size_t count = 0;
    if (id_parse(view_str(wish->order_id), &hold_id) != 0)
        return ERR_NOT_FOUND;
    int err = payments_of(w.role->options.sql, hold_id, w.arena, &payments, &count, w.deadline_ns);
    for (size_t i = 0; err == 0 && i < count; i++) {
        if (!id_is_zero(payments[i].order_id))
            return ERR_NOT_FOUND; /* that is what is given back */
        if (payments[i].books.pending > 0 && payments[i].state == PAYMENT_REFUNDING)
            g.payment = payments[i];
    }
    if (err == 0 && g.payment.performance_id > 0)
        err = refunds_of(w.role->options.sql, g.payment.payment_id, w.arena, &g.refunds,
                         &g.refund_count, w.deadline_ns);
    if (err != 0)
        return answer_store_failed(call, err);
    if (g.refund_count == 0 || g.refunds[g.refund_count - 1].state != REFUND_FAILED)
        return ERR_NOT_FOUND;
    struct refund *last = &g.refunds[g.refund_count - 1];
    if (answer_runs(call, g.payment.performance_id, &g.organiser) != 0)
        return ERR_DENIED;
    if (!g.organiser)
        return ERR_NOT_FOUND;
    if (hand_out(call, &g, &till) != 0)
        return ERR_DENIED;
    err = flow_refund_again(&w, &g.payment, last);
    if (err == ERR_DENIED)
        return till_refuse_closed(call);
    if (err == ERR_BUSY)
        return till_refuse_short(call);
    if (err == 0 || err == ERR_CONFLICT)
        err = refund_get(w.role->options.sql, last->refund_id, w.arena, last, w.deadline_ns);
    if (err == 0)
        err = answer_refund(w.arena, &g.payment, last, ret_refund);
    return err == 0 ? 0 : answer_store_failed(call, err);
}

int payment_refund_order(struct call *call, const void *request, void *response)
{
    bool again = false;
    int err = refund_without_order(call, request, response);
    if (err != ERR_NOT_FOUND)
        return err;
    /* The same click twice finds its refund; another ticket of the order is counted anew. */
    for (int i = 0; i == 0 || (again && i < AGAIN_MAX); i++) {
        again = false;
        err = refund_order(call, request, response, &again);
    }
    return again ? answer_store_failed(call, err) : err;
}
