/*
 * How a payment moves. Every move is written before what follows from it, so whoever reads the row
 * after a crash knows what may have happened and asks the provider; nothing is decided twice,
 * because the one who comes second is told (ERR_CONFLICT).
 */
#include <stdio.h>

#include "observe/metrics.h"
#include "store/contacts.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/deposits.h"
#include "svc/payment/give_back.h"
#include "svc/payment/review.h"
#include "svc/payment/role.h"

/* Looks at a charge of another amount before it is undone, beside the first two; and then, at
 * whether it is, that come soon. */
#define OTHERWISE_TRIES 1
#define SOON_TRIES      8

int64_t flow_retry_ms(uint32_t tries)
{
    return tries >= 6 ? ROLE_RETRY_MAX_MS : (int64_t)ROLE_RETRY_MIN_MS << tries;
}

#define X(name, number, word, next)                                                                \
    METRIC_COUNTER(moved_##number, "usher_payments_total",                                         \
                   "Payments that came into a state, by state.", "state=\"" word "\"");
PAYMENT_STATE_LIST(X)
#undef X

void flow_count(uint32_t state)
{
#define X(name, number, word, next) [number] = &moved_##number,
    static struct metric *const counters[PAYMENT_STATES + 1] = {PAYMENT_STATE_LIST(X)};
#undef X
    metric_add(counters[state], 1);
}

int flow_move(const struct work *w, struct payment *p, uint32_t to, int64_t next_at_ms,
              const struct refund *refund, const char *format, ...)
{
    char text[PAYMENT_EVENT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    const uint32_t from = p->state;
    const char *line = arena_printf(w->arena, "%s: %s", payment_state_word(to), text);
    const struct payment_event event = {.at_ms = role_now_ms(),
                                        .payment_id = p->payment_id,
                                        .what = "state",
                                        .text = view_str(line),
                                        .amount = p->books.amount};
    struct payment moved = *p;
    moved.state = to;
    moved.next_at_ms = next_at_ms;
    moved.tries = to == from ? p->tries + 1 : 0;
    int err = payment_save(w->role->options.sql, &moved, to == from && !refund ? NULL : &event,
                           refund, w->deadline_ns);
    if (err != 0)
        return err;
    *p = moved;
    if (to != from)
        flow_count(to);
    if (to != from)
        log_event(
            LOG_INFO, "payment.move", log_id("usher.payment", p->payment_id),
            log_id("usher.order", p->hold_id), log_str("usher.from", payment_state_word(from)),
            log_str("usher.to", payment_state_word(to)), log_view("usher.provider", p->provider),
            log_int("usher.amount", p->books.amount), log_text(text));
    return 0;
}

/* ---- the hold ---- */

/* 0: as it is. */
static int extend_hold(const struct work *w, const struct payment *p, int64_t until_ms,
                       const Usher__V1__Hold **ret_hold)
{
    struct call_status status;
    return p->later ? tickets_extend_later(w, p, until_ms, (struct view){0}, ret_hold, &status)
                    : tickets_extend(w, p->performance_id, p->hold_id, p->account_id, until_ms,
                                     (struct view){0}, ret_hold, &status);
}

/* Until its provider cannot be told to charge any more, and a little longer; once, as its owner
 * sees to, however many attempts a hold has. */
static void prolong_hold(const struct work *w, struct payment *p, const struct adapter *adapter)
{
    const Usher__V1__Hold *hold;
    const int64_t until_ms = role_now_ms() + adapter->confirm_ms + ROLE_CONFIRM_EXTRA_MS;
    p->extended = p->extended || extend_hold(w, p, until_ms, &hold) == 0;
}

/* ---- money is there ---- */

static int done(const struct work *w, struct payment *p, struct id order_id)
{
    p->order_id = order_id;
    p->books.sold = p->books.captured;
    p->fee_sold = p->fee;
    /* A bank may take a deposit back; should nobody tell us, its deadline is when we look. */
    const bool deposited = p->later && !view_eq(p->provider, VIEW_LIT(PAYMENT_BOX_OFFICE));
    return flow_move(w, p, PAYMENT_DONE, deposited ? p->must_finish_by_ms : 0, NULL,
                     "the seats are sold");
}

/* Captured, and no seats: all of it goes back by itself. */
static int return_all(const struct work *w, struct payment *p, const char *reason)
{
    struct refund refund;
    if (strcmp(reason, "SEATS_GONE") == 0 && jobs_called_off(w, p->performance_id))
        reason = REFUND_CALLED_OFF;
    const struct refund wish = {
        .amount = p->books.captured, .fee = p->fee, .reason = view_str(reason)};
    int err = flow_give_back(w, p, &wish, &refund);
    return err == 0 ? flow_refund(w, refund.refund_id) : err;
}

/* The order gets another id than the contact was kept by. */
static void move_contact(const struct work *w, const struct payment *p, struct id order_id)
{
    struct sql *sql = w->role->options.sql;
    struct contact contact;
    int err = contact_get(sql, p->hold_id, p->account_id, w->arena, &contact, w->deadline_ns);
    contact.order_id = order_id;
    if (err == 0)
        err = contact_put(sql, &contact, w->deadline_ns);
    if (err != 0 && err != ERR_NOT_FOUND)
        log_event(LOG_WARN, "payment.step", log_id("usher.payment", p->payment_id),
                  log_id("usher.order", p->hold_id), log_err(err));
}

/* The hold is over. The same seats, if nobody has them; else equal ones, if the buyer said so. */
static int place_again(const struct work *w, struct payment *p)
{
    const Usher__V1__Hold *hold;
    const Usher__V1__Order *order;
    struct id hold_id;
    int err = tickets_hold(w, p, &hold);
    if (err == ERR_CONFLICT && p->equal > 0)
        err = tickets_hold_equal(w, p, &hold);
    if (err == 0 && (hold->total != p->books.captured - p->fee ||
                     id_parse(view_str(hold->hold_id), &hold_id) != 0))
        err = ERR_CONFLICT;
    if (err == 0)
        move_contact(w, p, hold_id);
    if (err == 0)
        err = tickets_place(w, p, hold_id, &order);
    if (err == ERR_BUSY)
        return flow_move(w, p, PAYMENT_CAPTURED, role_now_ms() + flow_retry_ms(p->tries), NULL,
                         "the seats are being asked for");
    /* Of a standing area they are others, too. */
    for (uint32_t i = 0; err == 0 && i < p->seat_count && i < hold->n_seats; i++)
        p->seats[i] = hold->seats[i]->seat;
    return err == 0 ? done(w, p, hold_id) : return_all(w, p, "SEATS_GONE");
}

static int place(const struct work *w, struct payment *p)
{
    const Usher__V1__Order *order;
    int err = tickets_place(w, p, p->hold_id, &order);
    switch (err) {
    case 0:
        return done(w, p, p->hold_id);
    case ERR_NOT_FOUND:
        return place_again(w, p);
    case ERR_BUSY:
        prolong_hold(w, p, adapter_find(p->provider));
        return flow_move(w, p, PAYMENT_CAPTURED, role_now_ms() + flow_retry_ms(p->tries), NULL,
                         "the seats are being asked for");
    default:
        return return_all(w, p, err == ERR_INVALID ? "WRONG_AMOUNT" : "SEATS_GONE");
    }
}

/* ---- what the provider said ---- */

static int dead(const struct work *w, struct payment *p, uint32_t to, const char *reason)
{
    /* Its time was over before it was, for the performance does not take place. */
    if (p->later && to == PAYMENT_ABANDONED && reason && strcmp(reason, "PAYMENT_EXPIRED") == 0 &&
        jobs_called_off(w, p->performance_id))
        return deposit_end(w, p, REFUND_CALLED_OFF);
    if (p->later && to == PAYMENT_ABANDONED && view_eq(p->reason, VIEW_LIT(PAYMENT_ENDED_BY_TEAM)))
        return deposit_end(w, p, PAYMENT_ENDED_BY_TEAM);
    p->reason = view_str(reason ? reason : "PAYMENT_EXPIRED");
    int err = flow_move(w, p, to, 0, NULL, "%s", p->reason.at);
    if (err == 0 && p->later)
        deposit_is_over(w, p);
    return err;
}

/* Whether all of a charge is back, as its provider says; where it is not, it is told to give it
 * back. */
static bool undo(const struct work *w, const struct payment *p, const struct told *told)
{
    const struct adapter *adapter;
    struct adapter_env env;
    struct payment known = *p;
    struct told now = *told;
    if (told->ref.len > 0)
        known.ref = told->ref;
    if (told->charge.len > 0)
        known.charge = told->charge;
    if (!role_talk(w, p->provider, p->provider_of, &adapter, &env))
        return false;
    if (!now.all_back && adapter->review)
        adapter->review(&env, &known, &now);
    if (now.all_back || !adapter->undo)
        return now.all_back;
    if (deposit_account_of(w, p, &env.account) != 0)
        return false;
    adapter->undo(&env, &known);
    flow_note(w, p, "refund", &now);
    return false;
}

/* It is written down before the provider is told to give it back: from then on nothing that it says
 * of the charge sells anything. */
static bool is_given_up(const struct payment *p)
{
    return view_eq(p->reason, VIEW_LIT("WRONG_AMOUNT"));
}

/* Another amount or currency than was asked for sells nothing, whoever made it so. Told once it may
 * be a mistake of that answer: it is asked again, and a person is told. What is told again and
 * again is so, and all of it goes back. */
static int charged_otherwise(const struct work *w, struct payment *p, const struct told *told)
{
    log_event(LOG_ERROR, "payment.wrong_amount", log_id("usher.payment", p->payment_id),
              log_id("usher.order", p->hold_id), log_int("usher.amount", p->books.amount),
              log_int("usher.told", told->amount), log_view("usher.currency", told->currency));
    const bool is_back = is_given_up(p) ? undo(w, p, told) : told->all_back;
    if (payment_is_dead(p->state))
        return is_back ? 0 : ERR_UNAVAILABLE;
    if (is_back)
        return dead(w, p, PAYMENT_ABANDONED, "WRONG_AMOUNT");
    if (p->state == PAYMENT_UNCLEAR && p->tries >= OTHERWISE_TRIES)
        p->reason = VIEW_LIT("WRONG_AMOUNT");
    const int64_t pause_ms =
        is_given_up(p) && p->tries < SOON_TRIES ? ROLE_RETRY_MIN_MS : flow_retry_ms(p->tries);
    return flow_move(w, p, PAYMENT_UNCLEAR, role_now_ms() + pause_ms, NULL,
                     "the provider tells of another amount");
}

static int captured(const struct work *w, struct payment *p, const struct told *told)
{
    if (told->amount != p->books.amount || !view_eq(told->currency, p->currency))
        return charged_otherwise(w, p, told);
    if (is_given_up(p))
        return charged_otherwise(w, p, told);
    /* It was taken back before we knew of it: there is no money. */
    if (told->returned >= told->amount)
        return payment_is_dead(p->state) ? 0 : dead(w, p, PAYMENT_ABANDONED, PAYMENT_TAKEN_BACK);
    if (told->ref.len > 0)
        p->ref = told->ref;
    if (told->charge.len > 0)
        p->charge = told->charge;
    if (view_eq(p->reason, VIEW_LIT(PAYMENT_ENDED_BY_TEAM))) /* too late: it is paid */
        p->reason = (struct view){0};
    p->books.captured = told->amount;
    int err =
        flow_move(w, p, PAYMENT_CAPTURED, role_now_ms() + ROLE_CALL_MS, NULL, "the money is there");
    if (err == 0)
        err = place(w, p);
    /* A part of it was taken back before we knew of it, or is disputed. */
    return err == 0 && told->returned + told->disputed > 0 && p->state == PAYMENT_DONE
               ? review_later(w, p)
               : err;
}

/* Once money may be on its way, waiting is only what the provider says of it. */
static int waiting(const struct work *w, struct payment *p, const struct adapter *adapter)
{
    if (p->must_finish_by_ms > role_now_ms())
        return p->state == PAYMENT_WAITING ? 0
                                           : flow_move(w, p, PAYMENT_WAITING, p->must_finish_by_ms,
                                                       NULL, "the buyer has not decided");
    if (adapter->confirms)
        return dead(w, p, PAYMENT_ABANDONED, "PAYMENT_EXPIRED");
    return flow_move(w, p, PAYMENT_UNCLEAR, role_now_ms() + flow_retry_ms(p->tries), NULL,
                     "the buyer's time is over");
}

int flow_apply(const struct work *w, struct payment *p, const struct adapter *adapter,
               const struct told *told)
{
    /* Of a dead attempt only money matters; whether there is any must have been said. */
    if (payment_is_dead(p->state) && told->said != SAID_CAPTURED)
        return told->said == SAID_NOTHING ? ERR_UNAVAILABLE : 0;
    switch (told->said) {
    case SAID_CAPTURED:
        return captured(w, p, told);
    case SAID_DECLINED:
        return dead(w, p, PAYMENT_DECLINED, told->reason);
    case SAID_DEAD:
        return dead(w, p, PAYMENT_ABANDONED, is_given_up(p) ? "WRONG_AMOUNT" : told->reason);
    case SAID_WAITING:
        return p->later ? deposit_waits(w, p, told) : waiting(w, p, adapter);
    case SAID_READY: /* of one that was never confirmed, it is the buyer's to come back */
        return p->state == PAYMENT_WAITING
                   ? waiting(w, p, adapter)
                   : flow_confirm(w, p, told->ref.len > 0 ? told->ref : p->ref, true);
    case SAID_NOTHING:
        break;
    }
    /* Money may be on its way: the places are kept until that is known. */
    if (p->state != PAYMENT_WAITING && !p->later)
        prolong_hold(w, p, adapter);
    return flow_move(w, p, PAYMENT_UNCLEAR, role_now_ms() + flow_retry_ms(p->tries), NULL,
                     "the provider did not say (%.*s)", VIEW_ARG(told->code));
}

void flow_note(const struct work *w, const struct payment *p, const char *what,
               const struct told *told)
{
    static const char *const words[] = {"nothing",  "waiting",  "ready",
                                        "captured", "declined", "dead"};
    const char *text =
        arena_printf(w->arena, "%s: %s %.*s", what, words[told->said], VIEW_ARG(told->code));
    const struct payment_event event = {.at_ms = role_now_ms(),
                                        .payment_id = p->payment_id,
                                        .what = "call",
                                        .text = view_str(text),
                                        .amount = told->amount};
    (void)payment_note(w->role->options.sql, &event, w->deadline_ns); /* a story may have a gap */
}

/* What the hold is like before anything is charged, and whether it must be prolonged for that. */
static int look_at_hold(const struct work *w, const struct payment *p, bool *ret_short)
{
    const Usher__V1__Hold *hold;
    int err = extend_hold(w, p, 0, &hold);
    *ret_short = err == 0 && hold->expires_at_ms - role_now_ms() < ROLE_ENOUGH_MS;
    /* Its buyer has said meanwhile that the places are for others. */
    return err == 0 && hold->total != p->books.amount - p->fee ? ERR_INVALID : err;
}

/* The hold must outlive the confirmation, or nothing is charged. A way back can be made up: nobody
 * gets time by it before the provider has said, or has signed, that the buyer has said yes. One
 * that does not answer is asked to charge all the same. True: go on; false: *ret_err is how it
 * ended. */
static bool secure_hold(const struct work *w, struct payment *p, const struct adapter *adapter,
                        const struct adapter_env *env, struct view ref, bool proven, int *ret_err)
{
    struct told told = {0};
    bool is_short;
    *ret_err = look_at_hold(w, p, &is_short);
    if (*ret_err == ERR_NOT_FOUND || *ret_err == ERR_INVALID) {
        const char *reason = *ret_err == ERR_INVALID ? "AMOUNT_CHANGED" : "HOLD_EXPIRED";
        if (p->state != PAYMENT_WAITING) /* money may be there: the provider tells */
            return true;
        *ret_err = dead(w, p, PAYMENT_ABANDONED, reason);
        return false;
    }
    if (*ret_err != 0) {
        *ret_err = ERR_UNAVAILABLE;
        return false;
    }
    if (!is_short || p->extended)
        return true;
    if (!proven) {
        adapter->lookup(env, p, &told);
        proven = told.said == SAID_READY && view_eq(told.ref, ref);
        if (proven || told.said == SAID_NOTHING)
            flow_note(w, p, "look up", &told);
        if (!proven && told.said != SAID_NOTHING) {
            log_event(LOG_WARN, "payment.refuse", log_id("usher.payment", p->payment_id),
                      log_id("usher.order", p->hold_id), log_view("usher.provider", p->provider),
                      log_text("a way back with a yes that the provider does not know"));
            *ret_err = told.said == SAID_READY ? 0 : flow_apply(w, p, adapter, &told);
            return false;
        }
    }
    if (proven)
        prolong_hold(w, p, adapter);
    return true;
}

int flow_confirm(const struct work *w, struct payment *p, struct view ref, bool proven)
{
    const struct adapter *adapter;
    struct adapter_env env;
    struct told told = {0};
    int err;
    if (!role_talk(w, p->provider, p->provider_of, &adapter, &env))
        return ERR_UNAVAILABLE;
    if (adapter->confirms && !secure_hold(w, p, adapter, &env, ref, proven, &err))
        return err;
    p->ref = ref;
    p->reason = (struct view){0};
    err = p->state == PAYMENT_CONFIRMING
              ? 0
              : flow_move(w, p, PAYMENT_CONFIRMING, role_now_ms() + ROLE_CALL_MS, NULL,
                          adapter->confirms ? "the provider is asked to charge"
                                            : "the provider is asked what came of it");
    if (err != 0)
        return err;
    adapter->finish(&env, p, &told);
    flow_note(w, p, "confirm", &told);
    if (told.charge.len > 0)
        p->charge = told.charge; /* what an adapter remembers of an attempt */
    if (told.said == SAID_NOTHING) {
        /* At once, once: most of what is unclear is clear a moment later. */
        adapter->lookup(&env, p, &told);
        flow_note(w, p, "look up", &told);
    }
    if (told.said == SAID_READY)
        told.said = SAID_NOTHING;
    return flow_apply(w, p, adapter, &told);
}

int flow_look(const struct work *w, struct payment *p)
{
    const struct adapter *adapter;
    struct adapter_env env;
    struct told told = {0};
    if (!role_talk(w, p->provider, p->provider_of, &adapter, &env))
        return ERR_UNAVAILABLE;
    adapter->lookup(&env, p, &told);
    /* Of what is paid later, that it is not paid yet is no news. */
    if (p->state != PAYMENT_DEPOSIT || told.said != SAID_WAITING)
        flow_note(w, p, "look up", &told);
    /* It was to be ended there, and is not: nobody would end it but its own clock there. */
    if (told.said == SAID_WAITING && (!adapter->confirms || p->later) &&
        p->must_finish_by_ms <= role_now_ms()) {
        adapter->abandon(&env, p, &told);
        flow_note(w, p, "end", &told);
    }
    return flow_apply(w, p, adapter, &told);
}

int flow_abandon(const struct work *w, struct payment *p, const char *reason)
{
    const struct adapter *adapter;
    struct adapter_env env;
    struct told told = {0};
    if (!role_talk(w, p->provider, p->provider_of, &adapter, &env))
        return ERR_UNAVAILABLE;
    adapter->abandon(&env, p, &told);
    if (told.said == SAID_DEAD)
        told.reason = reason;
    /* Nobody knows whether it can still be paid: the seats are kept a while longer, once. */
    if (told.said == SAID_NOTHING)
        prolong_hold(w, p, adapter);
    return flow_apply(w, p, adapter, &told);
}

/* A look at what is finished, in a while again where nobody knows. */
static int review_due(const struct work *w, struct payment *p)
{
    int err = review_payment(w, p);
    if (err != ERR_UNAVAILABLE)
        return err;
    return flow_move(w, p, p->state, role_now_ms() + flow_retry_ms(p->tries), NULL, "not yet");
}

void flow_begin_work(struct trace_work *work, const struct payment *p)
{
    trace_work_begin(work, p->trace, p->payment_id.lo ^ p->version);
}

void flow_end_work(struct trace_work *work, const char *name, enum span_kind kind, int err)
{
    struct span span = {.kind = kind,
                        .failed = err != 0 && err != ERR_CONFLICT && err != ERR_CANCELLED,
                        .code = -1};
    snprintf(span.name, sizeof(span.name), "%s", name);
    trace_work_end(work, &span);
}

static int step(const struct work *w, struct payment *p)
{
    switch ((enum payment_state)p->state) {
    case PAYMENT_WAITING:
        return flow_abandon(w, p, "PAYMENT_EXPIRED");
    case PAYMENT_CONFIRMING:
    case PAYMENT_UNCLEAR:
        return p->later ? deposit_open(w, p) : flow_look(w, p);
    case PAYMENT_DEPOSIT:
        return p->must_finish_by_ms <= role_now_ms() ? flow_abandon(w, p, "PAYMENT_EXPIRED")
                                                     : flow_look(w, p);
    case PAYMENT_CAPTURED:
        return place(w, p);
    case PAYMENT_DONE:
    case PAYMENT_REFUNDING: /* its refunds are due on their own */
    case PAYMENT_REFUNDED:
        return review_due(w, p);
    case PAYMENT_DECLINED:
    case PAYMENT_ABANDONED:
        break;
    }
    return flow_move(w, p, p->state, 0, NULL, "nothing is due");
}

int flow_step(const struct work *w, struct id payment_id)
{
    struct payment p;
    struct trace_work work;
    int err = payment_get(w->role->options.sql, payment_id, w->arena, &p, w->deadline_ns);
    if (err != 0)
        return err;
    flow_begin_work(&work, &p);
    err = step(w, &p);
    flow_end_work(&work, "payment.step", SPAN_INTERNAL, err);
    return err;
}
