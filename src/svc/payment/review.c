/*
 * What a provider says of money that was captured already. Things happen there without us: somebody
 * cancels on its dashboard, a bank takes a deposit back, a card's holder disputes, a refund comes
 * back. A webhook of such makes us look; what does not fit the books is a contradiction. It stands
 * in the payment's row until the two agree again, is told to the operator, and is acted upon where
 * there is one right thing to do:
 *
 *   all that places are sold for has been taken back    the tickets end, the places are free
 *   so has a charge that was kept, and no place is sold any more    it is kept no longer
 *   a deposit has been taken back                       the same at its deadline, until which it
 *                                                       may be paid again
 *   a refund that was refused has been made by hand     it is done
 *   anything else                                       a person decides
 */
#include "svc/payment/review.h"
#include "observe/metrics.h"
#include "store/payments_watch.h"
#include "svc/payment/give_back.h"

#define AGAIN_MS                                                                                   \
    60000 /* what may be a moment's, or waits for our own refunds, is looked at again */
#define STILL_MS 3600000 /* what stands is looked at again: a person may have mended it there */

METRIC_COUNTER(contradictions, "usher_payment_contradictions_total",
               "Payments of which a provider told otherwise than our books, each time it began.",
               "");
METRIC_COUNTER(taken_back, "usher_payments_taken_back_total",
               "Payments that a provider gave back unasked, and whose tickets ended for that.", "");

struct finding {
    const char *reason; /* "": the provider and we agree */
    int64_t amount;
};

/* What is wrong between the books and what was told, which is not SAID_NOTHING. */
static struct finding find(const struct payment *p, const struct told *told)
{
    const struct payment_books *b = &p->books;
    const bool there = told->said == SAID_CAPTURED;
    if (there && (told->amount != b->captured || !view_eq(told->currency, p->currency)))
        return (struct finding){"WRONG_AMOUNT", told->amount};
    const int64_t returned = there ? told->returned : b->captured;
    const int64_t asked = b->refunded + b->pending;
    if (returned > asked)
        return (struct finding){there ? PAYMENT_TAKEN_BACK
                                : p->later && (told->said == SAID_DEAD || told->account.len > 0)
                                    ? PAYMENT_DEPOSIT_UNDONE
                                    : PAYMENT_MONEY_GONE,
                                returned - asked};
    if (returned < b->refunded)
        return (struct finding){"REFUND_UNDONE", b->refunded - returned};
    return (struct finding){told->disputed > 0 ? "DISPUTED" : "", told->disputed};
}

/* Writes down what was found, once, and when to look again (0: when the provider tells). */
static int record(const struct work *w, struct payment *p, const struct finding *found,
                  int64_t next_at_ms)
{
    const struct view reason = view_str(found->reason);
    const bool known = view_eq(p->contradiction, reason) && p->contradicted == found->amount;
    if (known && p->next_at_ms == next_at_ms)
        return 0;
    const bool over = reason.len == 0;
    const struct payment_event event = {.at_ms = role_now_ms(),
                                        .payment_id = p->payment_id,
                                        .what = "contradiction",
                                        .text = over ? VIEW_LIT("over") : reason,
                                        .amount = over ? p->contradicted : found->amount};
    struct payment now = *p;
    now.contradiction = reason;
    now.contradicted = found->amount;
    now.next_at_ms = next_at_ms;
    int err = payment_save(w->role->options.sql, &now, known ? NULL : &event, NULL, w->deadline_ns);
    if (err != 0)
        return err;
    *p = now;
    if (known)
        return 0;
    metric_add(&contradictions, !over);
    log_event(over ? LOG_INFO : LOG_ERROR, "payment.contradiction",
              log_id("usher.payment", p->payment_id), log_id("usher.order", p->order_id),
              log_view("usher.provider", p->provider), log_int("usher.amount", event.amount),
              log_text(over ? "the provider and our books agree again" : found->reason));
    return 0;
}

/* The money is gone: the tickets end, the places are free, and the books say so. */
static int take_back(const struct work *w, struct payment *p, const struct finding *found)
{
    const int64_t sold = p->books.sold;
    int err =
        record(w, p, found, role_now_ms() + AGAIN_MS); /* should we die before the next move */
    if (err != 0)
        return err;
    log_event(LOG_WARN, "payment.taken_back", log_id("usher.payment", p->payment_id),
              log_id("usher.order", p->order_id), log_view("usher.provider", p->provider),
              log_int("usher.amount", sold), log_text(found->reason));
    metric_add(&taken_back, 1);
    p->contradiction = VIEW_LIT(PAYMENT_TAKEN_BACK); /* which that refund takes its money from */
    return flow_give_all_back(w, p, VIEW_LIT(PAYMENT_TAKEN_BACK));
}

/* No place is sold any more, and a charge that was kept has been given back as well: it is kept no
 * longer. */
static int give_up_charge(const struct work *w, struct payment *p, const struct finding *found)
{
    struct refund *refunds;
    size_t count;
    int64_t fee = 0;
    int err =
        refunds_of(w->role->options.sql, p->payment_id, w->arena, &refunds, &count, w->deadline_ns);
    for (size_t i = 0; err == 0 && i < count; i++)
        fee += refunds[i].fee_kept;
    fee = fee < found->amount ? fee : found->amount;
    const int64_t now_ms = role_now_ms();
    const struct refund refund = {.refund_id = chance_id_at(w->role->options.chance, now_ms),
                                  .payment_id = p->payment_id,
                                  .order_id = p->order_id,
                                  .state = REFUND_DONE,
                                  .amount = found->amount,
                                  .charge = -found->amount,
                                  .taken = found->amount,
                                  .fee = fee,
                                  .fee_kept = -fee,
                                  .reason = VIEW_LIT(PAYMENT_TAKEN_BACK),
                                  .created_at_ms = now_ms};
    const struct payment_event event = {.at_ms = now_ms,
                                        .payment_id = p->payment_id,
                                        .what = "refund",
                                        .text = VIEW_LIT("the money is back"),
                                        .amount = found->amount};
    struct payment now = *p;
    now.books.kept -= found->amount;
    now.books.refunded += found->amount;
    now.contradiction = (struct view){0};
    now.contradicted = 0;
    now.next_at_ms = 0;
    struct mail mail;
    const int told = err == 0 ? letter_of_refund(w, p, &refund, &mail) : err;
    if (told == 0 || told == ERR_NOT_FOUND)
        err = refund_add(w->role->options.sql, &now, &refund, &event, told == 0 ? &mail : NULL,
                         w->deadline_ns);
    else
        err = told;
    if (err != 0)
        return err;
    *p = now;
    log_event(LOG_WARN, "payment.taken_back", log_id("usher.payment", p->payment_id),
              log_id("usher.order", p->order_id), log_view("usher.provider", p->provider),
              log_int("usher.amount", refund.amount), log_text("a charge that was kept"));
    return 0;
}

/* A deposit that is no more may be paid again until its deadline; then its account is closed. */
static int deposit_undone(const struct work *w, struct payment *p, const struct adapter *adapter,
                          const struct adapter_env *env, const struct finding *found,
                          enum said said)
{
    const int64_t now_ms = role_now_ms();
    if (said != SAID_DEAD && p->must_finish_by_ms > now_ms)
        return record(w, p, found, p->must_finish_by_ms);
    struct told told = {.said = said};
    if (said != SAID_DEAD) {
        adapter->abandon(env, p, &told);
        flow_note(w, p, "end", &told);
    }
    return told.said == SAID_DEAD && found->amount >= p->books.sold && p->books.sold > 0
               ? take_back(w, p, found)
               : record(w, p, found, now_ms + AGAIN_MS);
}

/* Whoever refused a refund has made it after all, or somebody has, by hand. */
static int settle_refused(const struct work *w, struct payment *p, const struct told *told)
{
    struct refund *refunds;
    size_t count = 0;
    if (told->said != SAID_CAPTURED || p->books.pending == 0 ||
        told->returned < p->books.refunded + p->books.pending)
        return 0;
    int err =
        refunds_of(w->role->options.sql, p->payment_id, w->arena, &refunds, &count, w->deadline_ns);
    for (size_t i = 0; err == 0 && i < count; i++) {
        if (refunds[i].state == REFUND_FAILED)
            err = flow_refund_done(w, p, &refunds[i]);
    }
    return err;
}

static int review_told(const struct work *w, struct payment *p, const struct adapter *adapter,
                       const struct adapter_env *env, const struct told *told)
{
    if (told->said == SAID_NOTHING)
        return ERR_UNAVAILABLE;
    int err = settle_refused(w, p, told);
    if (err != 0)
        return err;
    const struct finding found = find(p, told);
    if (strcmp(found.reason, PAYMENT_DEPOSIT_UNDONE) == 0)
        return deposit_undone(w, p, adapter, env, &found, told->said);
    if (strcmp(found.reason, PAYMENT_TAKEN_BACK) == 0 && p->books.sold > 0 &&
        found.amount >= p->books.sold)
        return p->books.pending > 0 ? record(w, p, &found, role_now_ms() + AGAIN_MS)
                                    : take_back(w, p, &found);
    if (strcmp(found.reason, PAYMENT_TAKEN_BACK) == 0 && p->books.sold + p->books.pending == 0 &&
        found.amount <= p->books.kept)
        return give_up_charge(w, p, &found);
    if (found.reason[0] == '\0')
        return record(w, p, &found, 0);
    const bool known = view_eq(p->contradiction, view_str(found.reason));
    return record(w, p, &found, role_now_ms() + (known ? STILL_MS : AGAIN_MS));
}

/* False: nobody can be asked. */
static bool ask(const struct work *w, const struct payment *p, const struct adapter **ret_adapter,
                struct adapter_env *ret_env, struct told *told)
{
    *told = (struct told){0};
    if (!role_talk(w, p->provider, p->provider_of, ret_adapter, ret_env))
        return false;
    ((*ret_adapter)->review ? (*ret_adapter)->review : (*ret_adapter)->lookup)(ret_env, p, told);
    return true;
}

bool review_is_back(const struct work *w, const struct payment *p)
{
    const struct adapter *adapter;
    struct adapter_env env;
    struct told told;
    return ask(w, p, &adapter, &env, &told) && told.said == SAID_CAPTURED &&
           told.amount == p->books.captured &&
           told.returned >= p->books.refunded + p->books.pending;
}

int review_payment(const struct work *w, struct payment *p)
{
    const struct adapter *adapter;
    struct adapter_env env;
    struct told told;
    if (view_eq(p->provider, VIEW_LIT(PAYMENT_BOX_OFFICE))) /* who knows nothing of its own */
        return record(w, p, &(struct finding){"", 0}, 0);
    if (!ask(w, p, &adapter, &env, &told))
        return ERR_UNAVAILABLE;
    const struct view before = p->contradiction;
    int err = review_told(w, p, adapter, &env, &told);
    if (err == 0 && !view_eq(before, p->contradiction))
        flow_note(w, p, "look up", &told);
    return err;
}

int review_later(const struct work *w, struct payment *p)
{
    const int64_t at_ms = role_now_ms() + AGAIN_MS;
    if (p->next_at_ms > 0)
        return 0;
    p->next_at_ms = at_ms;
    return payment_save(w->role->options.sql, p, NULL, NULL, w->deadline_ns);
}
