/*
 * How money goes back. A refund is written first, then its tickets end, then the provider is asked;
 * it looks before it asks, so what was done without an answer is not done twice, and what somebody
 * has given back there by hand counts towards it. Each comes to an end: it is done, or a person has
 * to act.
 */
#include "svc/payment/give_back.h"
#include "store/deposits.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/deposits.h"
#include "svc/payment/review.h"
#include "svc/payment/role.h"

/* Of tries, after which it is left to a person: where less is left there than is to go back; where
 * each was refused, about an hour; where nobody says what became of it (a bank may take weeks),
 * about three weeks, for after a day it is asked once an hour alone. */
#define LESS_TRIES    5
#define REFUSED_TRIES 60
#define OFTEN_TRIES   1440
#define SELDOM_MS     3600000
#define TRIES_MAX     (OFTEN_TRIES + 20 * 24)

/* So much of an amount as has gone already, and is in no refund yet. */
static int64_t take(struct payment *p, int64_t amount)
{
    const int64_t taken = p->contradicted < amount ? p->contradicted : amount;
    p->contradicted -= taken;
    if (p->contradicted == 0)
        p->contradiction = (struct view){0};
    return taken;
}

int flow_give_back(const struct work *w, struct payment *p, const struct refund *wish,
                   struct refund *ret_refund)
{
    const int64_t now_ms = role_now_ms();
    struct refund refund = *wish;
    refund.refund_id = chance_id_at(w->role->options.chance, now_ms);
    refund.payment_id = p->payment_id;
    refund.order_id = p->order_id;
    refund.state = REFUND_PENDING;
    refund.created_at_ms = now_ms;
    refund.next_at_ms = now_ms + ROLE_CALL_MS;
    refund.tries = 0;
    refund.taken = 0;
    refund.version = 1;
    /* What the provider has given back already is not asked of it once more. */
    if (view_eq(p->contradiction, VIEW_LIT(PAYMENT_TAKEN_BACK)))
        refund.taken = take(p, refund.amount);
    if (refund.taken > 0 && refund.taken == refund.amount)
        refund.reason = VIEW_LIT(PAYMENT_TAKEN_BACK);
    p->books.sold -= p->books.sold > 0 ? refund.amount + refund.charge : 0;
    p->fee_sold -= p->fee_sold > 0 ? refund.fee + refund.fee_kept : 0;
    p->books.kept += refund.charge;
    p->books.pending += refund.amount;
    p->reason = refund.reason;
    /* What the provider tells otherwise is looked at again, also of what goes back now. */
    const bool otherwise = p->contradiction.len > 0;
    int err = flow_move(w, p, PAYMENT_REFUNDING, otherwise ? now_ms + ROLE_CALL_MS : 0, &refund,
                        "%.*s", VIEW_ARG(refund.reason));
    if (err == 0)
        *ret_refund = refund;
    return err;
}

int flow_give_all_back(const struct work *w, struct payment *p, struct view reason)
{
    struct refund refund = {
        .amount = p->books.sold, .fee = p->fee_sold, .reason = reason, .even_used = true};
    struct refund *before;
    size_t count;
    const Usher__V1__Order *order;
    int err = tickets_order(w, p->order_id, p->account_id, &order);
    if (err == 0)
        tickets_follow(order, p);
    else
        err = ERR_UNAVAILABLE;
    if (err == 0)
        err = refunds_of(w->role->options.sql, p->payment_id, w->arena, &before, &count,
                         w->deadline_ns);
    for (uint32_t i = 0; err == 0 && count > 0 && i < p->seat_count; i++) {
        bool gone = false;
        for (size_t k = 0; k < count; k++)
            gone = gone || refund_has_seat(&before[k], p->seats[i]);
        if (!gone)
            refund.seats[refund.seat_count++] = p->seats[i];
    }
    if (err == 0)
        err = flow_give_back(w, p, &refund, &refund);
    return err == 0 ? flow_refund(w, refund.refund_id) : err;
}

static int save_refund(const struct work *w, struct payment *p, struct refund *r, uint32_t to,
                       const char *text)
{
    const struct payment_event event = {.at_ms = role_now_ms(),
                                        .payment_id = p->payment_id,
                                        .what = "refund",
                                        .text = view_str(text),
                                        .amount = r->amount};
    const bool told = r->state != to;
    struct mail mail;
    int err = to == REFUND_DONE ? letter_of_refund(w, p, r, &mail) : ERR_NOT_FOUND;
    if (err != 0 && err != ERR_NOT_FOUND)
        return err;
    r->state = to;
    err = refund_save(w->role->options.sql, p, r, told ? &event : NULL, err == 0 ? &mail : NULL,
                      w->deadline_ns);
    if (err == 0 && told)
        log_event(to == REFUND_FAILED ? LOG_ERROR : LOG_INFO, "payment.refund",
                  log_id("usher.refund", r->refund_id), log_id("usher.payment", p->payment_id),
                  log_int("usher.amount", r->amount), log_text(text));
    return err;
}

int flow_refund_done(const struct work *w, struct payment *p, struct refund *r)
{
    struct payment_books *b = &p->books;
    b->pending -= r->amount;
    b->refunded += r->amount;
    p->state = b->pending > 0 ? PAYMENT_REFUNDING : b->sold > 0 ? PAYMENT_DONE : PAYMENT_REFUNDED;
    r->next_at_ms = 0;
    int err = save_refund(w, p, r, REFUND_DONE, "the money is back");
    if (err == 0 && p->later && p->state == PAYMENT_REFUNDED)
        deposit_is_over(w, p);
    return err;
}

/* It is asked again, in a while; or too often it was, and a person has to act. */
static int put_off(const struct work *w, struct payment *p, struct refund *r, uint32_t tries_max,
                   const char *why, const char *end)
{
    if (r->tries >= tries_max) {
        r->next_at_ms = 0;
        return save_refund(w, p, r, REFUND_FAILED, end);
    }
    const int64_t pause_ms = r->tries >= OFTEN_TRIES ? SELDOM_MS : flow_retry_ms(r->tries);
    r->next_at_ms = role_now_ms() + pause_ms;
    r->tries++;
    return save_refund(w, p, r, REFUND_PENDING, why);
}

/* What all refunds of its payment know to have gone before they asked, and whether it is the first
 * of those that are not done. ERR_CONFLICT: somebody else is at it. */
static int look_at_others(const struct work *w, const struct payment *p, const struct refund *r,
                          struct adapter_env *env, bool *ret_first)
{
    struct refund *refunds;
    size_t count;
    bool found = false;
    *ret_first = true;
    int err =
        refunds_of(w->role->options.sql, p->payment_id, w->arena, &refunds, &count, w->deadline_ns);
    for (size_t i = 0; err == 0 && i < count; i++) {
        const bool own = id_eq(refunds[i].refund_id, r->refund_id);
        env->taken += refunds[i].taken;
        env->taken_open += own || refunds[i].state == REFUND_DONE ? 0 : refunds[i].taken;
        if (own && refunds[i].version != r->version)
            err = ERR_CONFLICT;
        found = found || own;
        *ret_first = *ret_first && (found || refunds[i].state != REFUND_PENDING);
    }
    return err;
}

/* Somebody has given that much back by hand, and it is in no refund: it counts towards this one,
 * which is written down before the provider is asked for the rest. */
static int count_in(const struct work *w, struct payment *p, struct refund *r, int64_t unasked)
{
    const int64_t wanted = r->amount - r->taken, more = unasked < wanted ? unasked : wanted;
    const struct payment_event event = {.at_ms = role_now_ms(),
                                        .payment_id = p->payment_id,
                                        .what = "refund",
                                        .text =
                                            VIEW_LIT("taken back: it counts towards this refund"),
                                        .amount = more};
    r->taken += more;
    if (view_eq(p->contradiction, VIEW_LIT(PAYMENT_TAKEN_BACK)))
        (void)take(p, more);
    if (p->next_at_ms == 0 && unasked > more)
        p->next_at_ms = event.at_ms + ROLE_CALL_MS; /* the rest is looked at */
    r->next_at_ms = event.at_ms + ROLE_CALL_MS;
    log_event(LOG_WARN, "payment.refund", log_id("usher.refund", r->refund_id),
              log_id("usher.payment", p->payment_id), log_int("usher.amount", more),
              log_text("a part was taken back at the provider already: it counts towards this"));
    return refund_save(w->role->options.sql, p, r, &event, NULL, w->deadline_ns);
}

/* Asks the provider; what it finds there beyond what was asked for is counted first. */
static int ask_back(const struct work *w, struct payment *p, struct refund *r,
                    const struct adapter *adapter, struct adapter_env *env, struct told *told)
{
    adapter->refund(env, p, r, told);
    if (told->unasked > 0) {
        const int64_t unasked = told->unasked, before = r->taken;
        int err = count_in(w, p, r, unasked);
        if (err != 0)
            return err;
        env->taken += r->taken - before;
        adapter->refund(env, p, r, told);
    }
    flow_note(w, p, "refund", told);
    return 0;
}

static int carry_out(const struct work *w, struct payment *p, struct refund *r)
{
    const struct adapter *adapter;
    struct adapter_env env;
    struct told told = {0};
    bool first;
    if (!role_talk(w, p->provider, p->provider_of, &adapter, &env))
        return ERR_UNAVAILABLE;
    /* Tickets and seats first: whoever has his money has no ticket. */
    if (!id_is_zero(r->order_id) && tickets_cancel(w, r, p->account_id) != 0)
        return put_off(w, p, r, TRIES_MAX, "the tickets are not back yet",
                       "the tickets do not come back: a person has to act");
    if (view_eq(r->reason, VIEW_LIT(PAYMENT_TAKEN_BACK)))
        return flow_refund_done(w, p, r);
    int err = deposit_account_of(w, p, &env.account);
    if (err == 0)
        err = look_at_others(w, p, r, &env, &first);
    if (err == 0 && !first && adapter->sums_refunds) {
        r->next_at_ms = role_now_ms() + ROLE_RETRY_MIN_MS;
        return save_refund(w, p, r, REFUND_PENDING, "another one goes first");
    }
    if (err == 0)
        err = ask_back(w, p, r, adapter, &env, &told);
    if (err != 0)
        return err;
    if (told.said == SAID_CAPTURED)
        return flow_refund_done(w, p, r);
    if (told.said == SAID_DECLINED) {
        r->next_at_ms = 0;
        return save_refund(w, p, r, REFUND_FAILED, "the provider refuses: a person has to act");
    }
    if ((told.refused || told.less) && review_is_back(w, p))
        return flow_refund_done(w, p, r);
    if (told.less)
        return put_off(w, p, r, LESS_TRIES, "less is left there than is to go back",
                       "less is left at the provider than is to go back: a person has to act");
    if (!told.refused)
        return put_off(w, p, r, TRIES_MAX, "not yet",
                       "nobody says what became of it: a person has to act");
    /* Nothing was done under that key, and asking with it again would be answered with the same
     * refusal, whatever has changed since. */
    r->round++;
    return put_off(w, p, r, REFUSED_TRIES, "not yet",
                   "the provider refuses again and again: a person has to act");
}

int flow_refund(const struct work *w, struct id refund_id)
{
    struct sql *sql = w->role->options.sql;
    struct refund r;
    struct payment p;
    struct trace_work work;
    int err = refund_get(sql, refund_id, w->arena, &r, w->deadline_ns);
    if (err == 0)
        err = payment_get(sql, r.payment_id, w->arena, &p, w->deadline_ns);
    if (err != 0 || r.state != REFUND_PENDING)
        return err;
    flow_begin_work(&work, &p);
    err = carry_out(w, &p, &r);
    flow_end_work(&work, "payment.refund", SPAN_INTERNAL, err);
    return err;
}

int flow_refund_again(const struct work *w, struct payment *p, struct refund *r)
{
    assert(r->state == REFUND_FAILED);
    r->next_at_ms = role_now_ms() + ROLE_CALL_MS;
    r->tries = 0;
    r->round++;
    int err = save_refund(w, p, r, REFUND_PENDING, "asked for again");
    return err == 0 ? flow_refund(w, r->refund_id) : err;
}
