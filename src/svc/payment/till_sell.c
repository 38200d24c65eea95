/*
 * HoldAtTill, ChooseAtTill, ReleaseAtTill, SellAtTill: places for somebody who stands there.
 *
 * Each customer is an account of his own, which nobody signs in to: the limits of a performance
 * count for him alone. What is paid is a payment of the box office that is captured in the call;
 * what is given has none, and its entry in the till is begun before, and ended after.
 */
#include "svc/payment/give_back.h"
#include "svc/payment/till.h"

#include <inttypes.h>

#include "codec/sha256.h"
#include "observe/metrics.h"
#include "store/contacts.h"
#include "svc/payment/adapters/exchange.h"

#define SELL_MS     120000 /* a hold lasts so long still, once the money is on the counter */
#define COMP_ASK_MS 120000 /* no call of before asks for its places any more */
#define COMPS_MAX   32     /* looked at in one round */

METRIC_COUNTER(sold_at_tills, "usher_till_sales_total",
               "Sales over the counter of the box office that took money.", "");
METRIC_COUNTER(given_at_tills, "usher_till_comps_total",
               "Orders that the box office has given: comps.", "");

/* The performance, if the caller sells for its organiser. Non-zero after call_fail. */
static int check_sells(struct call *call, uint32_t performance_id,
                       const Usher__V1__Performance **ret_performance)
{
    int err = answer_performance(call, performance_id, ret_performance);
    if (err == 0 &&
        !identity_has_for(call_identity(call), (*ret_performance)->organiser_id, ROLES_TILL))
        return call_fail(call, CODE_PERMISSION_DENIED, NULL,
                         "this is for the team of that organiser to do");
    return err;
}

static int pass_on(struct call *call, const struct call_status *status)
{
    return call_fail(call, status->code, status->detail, "%s", status->message);
}

/* ---- holding ---- */

/* The same caller and key are the same customer, so that a call that is repeated holds nothing
 * twice. */
static int customer_of(struct call *call, const char *key, struct id *ret_customer)
{
    uint8_t account[ID_BYTES], hash[SHA256_BYTES];
    const size_t len = strlen(key);
    if (len == 0 || len > 64)
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "idempotency_key: 1 to 64 bytes, another one for each customer");
    id_to_bytes(call_identity(call)->account_id, account);
    sha256_begin();
    sha256_add(VIEW_LIT("usher customer\n"));
    sha256_add(view_of(account, sizeof(account)));
    sha256_add(view_of(key, len));
    sha256_end(hash);
    return id_from_bytes(view_of(hash, ID_BYTES), ret_customer);
}

static int answer_hold(struct call *call, const Usher__V1__Hold *hold, struct id customer,
                       Usher__V1__TillHold *answer)
{
    answer->hold = (Usher__V1__Hold *)hold;
    answer->customer_id = (char *)exchange_id(call_arena(call), customer);
    return answer->customer_id ? 0 : answer_store_failed(call, ERR_NO_MEMORY);
}

/* "#3.7" is how the server itself names a code: nobody types it. NULL: none was said. */
static bool is_typed(const char *code)
{
    return !code || code[0] != '#';
}

int till_call_hold(struct call *call, const void *request, void *response)
{
    const Usher__V1__HoldAtTillRequest *wish = request;
    const Usher__V1__HoldSeatsRequest *seats =
        wish->wish_case == USHER__V1__HOLD_AT_TILL_REQUEST__WISH_SEATS ? wish->seats : NULL;
    const Usher__V1__HoldBestRequest *best =
        wish->wish_case == USHER__V1__HOLD_AT_TILL_REQUEST__WISH_BEST ? wish->best : NULL;
    const struct work w = answer_work(call);
    const Usher__V1__Performance *performance;
    const Usher__V1__Hold *hold;
    struct id customer = {0};
    struct asking a;
    if ((!seats && !best) || !is_typed(seats ? seats->code : best->code))
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "wish: seats, or the best, and a code as it is typed");
    int err = check_sells(call, seats ? seats->performance_id : best->performance_id, &performance);
    if (err == 0)
        err = customer_of(call, seats ? seats->idempotency_key : best->idempotency_key, &customer);
    if (err != 0)
        return err;
    tickets_begin(&a, &w, customer);
    if (seats) {
        Usher__V1__HoldSeatsRequest asked = *seats;
        asked.at_till = true;
        err = client_call(&a.client, Usher__V1__TicketService, hold_seats, &asked, &hold);
    } else {
        Usher__V1__HoldBestRequest asked = *best;
        asked.at_till = true;
        err = client_call(&a.client, Usher__V1__TicketService, hold_best, &asked, &hold);
    }
    return err == 0 ? answer_hold(call, hold, customer, response) : pass_on(call, &a.client.status);
}

/* Who the customer is that the caller names. Non-zero after call_fail. */
static int read_customer(struct call *call, const char *text, struct id *ret_customer)
{
    return id_parse(view_str(text), ret_customer) == 0
               ? 0
               : answer_fail(call, CODE_NOT_FOUND, "HOLD_NOT_FOUND", "no such hold");
}

int till_call_choose(struct call *call, const void *request, void *response)
{
    const Usher__V1__ChooseAtTillRequest *wish = request;
    const struct work w = answer_work(call);
    const Usher__V1__Performance *performance;
    const Usher__V1__Hold *hold;
    struct id customer;
    struct asking a;
    if (!wish->wish || !is_typed(wish->wish->code))
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "wish: say what");
    int err = check_sells(call, wish->wish->performance_id, &performance);
    if (err == 0)
        err = read_customer(call, wish->customer_id, &customer);
    if (err != 0)
        return err;
    tickets_begin(&a, &w, customer);
    err = client_call(&a.client, Usher__V1__TicketService, choose_price_types, wish->wish, &hold);
    return err == 0 ? answer_hold(call, hold, customer, response) : pass_on(call, &a.client.status);
}

int till_call_release(struct call *call, const void *request, void *response)
{
    const Usher__V1__ReleaseAtTillRequest *wish = request;
    Usher__V1__ReleaseHoldResponse *answer = response;
    const struct work w = answer_work(call);
    const Usher__V1__Performance *performance;
    const Usher__V1__ReleaseHoldResponse *released;
    struct id customer;
    struct asking a;
    if (!wish->wish)
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "wish: say what");
    int err = check_sells(call, wish->wish->performance_id, &performance);
    if (err == 0)
        err = read_customer(call, wish->customer_id, &customer);
    if (err != 0)
        return err;
    tickets_begin(&a, &w, customer);
    err = client_call(&a.client, Usher__V1__TicketService, release_hold, wish->wish, &released);
    if (err != 0)
        return pass_on(call, &a.client.status);
    answer->version = released->version;
    return 0;
}

/* ---- selling ---- */

struct sale {
    const Usher__V1__SellAtTillRequest *wish;
    const Usher__V1__Performance *performance;
    struct till till;
    struct id hold_id, customer;
    uint32_t means;
    const Usher__V1__Hold *hold;
};

/* Non-zero after call_fail. */
static int read_wish(struct call *call, struct sale *s)
{
    const Usher__V1__SellAtTillRequest *wish = s->wish;
    s->means = till_means_said(wish->means);
    if (id_parse(view_str(wish->hold_id), &s->hold_id) != 0)
        return answer_fail(call, CODE_NOT_FOUND, "HOLD_NOT_FOUND", "no such hold");
    if (s->means == 0 || wish->amount < 0 || wish->tendered < 0 ||
        !begin_fits(wish->note, TILL_NOTE_MAX) || (s->means != TILL_CASH && !wish->note[0]))
        return answer_fail(
            call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
            "means, note: cash; a card terminal with its number of the payment; or a "
            "comp with its reason: one line of at most %d bytes",
            TILL_NOTE_MAX);
    if (s->means != TILL_COMP && wish->amount == 0)
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "amount: what the places cost, as it was shown; only a comp costs "
                           "nothing");
    if (s->means == TILL_COMP && wish->amount != 0)
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "amount: a comp costs nothing");
    if (wish->tendered > (s->means == TILL_CASH ? TILL_AMOUNT_MAX : 0))
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "tendered: cash alone, and no more than a drawer may hold");
    if (s->means == TILL_CASH && wish->tendered > 0 && wish->tendered < wish->amount)
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "tendered: less than the places cost");
    return read_customer(call, wish->customer_id, &s->customer);
}

/* The caller's till, which has to be open, and whether it may give what is to be given. */
static int check_till(struct call *call, struct sale *s)
{
    const struct work w = answer_work(call);
    const uint32_t organiser_id = s->performance->organiser_id;
    bool gives =
        s->means != TILL_COMP || identity_has_for(call_identity(call), organiser_id, ROLES_MANAGE);
    int err = gives ? 0 : till_rule_get(w.role->options.sql, organiser_id, &gives, w.deadline_ns);
    if (err == 0 && !gives)
        return answer_fail(call, CODE_PERMISSION_DENIED, "COMPS_OFF",
                           "comps are a manager's or an owner's to give here");
    if (err == 0)
        err = till_of_caller(call, organiser_id, &s->till);
    if (err == ERR_NOT_FOUND ||
        (err == 0 && !view_eq(s->till.currency, view_str(s->performance->currency))))
        return till_refuse_closed(call);
    return err == 0 ? 0 : answer_store_failed(call, err);
}

/* The order is found again by its number, whether its customer has a name or not. */
static int keep_contact(struct call *call, const struct sale *s)
{
    const Usher__V1__Contact none = USHER__V1__CONTACT__INIT;
    const Usher__V1__Contact *said = s->wish->contact ? s->wish->contact : &none;
    const struct work w = answer_work(call);
    if (!begin_fits(said->name, CONTACT_NAME_MAX) || !begin_fits(said->email, CONTACT_EMAIL_MAX) ||
        !begin_fits(said->phone, CONTACT_PHONE_MAX) ||
        (said->email[0] && !strchr(said->email, '@')))
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "contact: a name of %d bytes at most, an e-mail address, a telephone "
                           "number; each may be empty",
                           CONTACT_NAME_MAX);
    const struct contact contact = {
        .order_id = s->hold_id,
        .account_id = s->customer,
        .name = view_str(said->name),
        .email = view_str(said->email),
        .phone = view_str(said->phone),
        .language = strcmp(said->language, "en") == 0 ? VIEW_LIT("en") : VIEW_LIT("ko"),
        .created_at_ms = role_now_ms(),
    };
    int err = contact_put(w.role->options.sql, &contact, w.deadline_ns);
    return err == 0 ? 0 : answer_store_failed(call, err);
}

/* The places stay held while the money is written down. Non-zero after call_fail, ERR_NOT_FOUND:
 * there is no hold, and nothing was said. */
static int secure(struct call *call, struct sale *s)
{
    const struct work w = answer_work(call);
    struct call_status status;
    const int64_t until_ms = role_now_ms() + SELL_MS;
    int err = tickets_extend(&w, s->wish->performance_id, s->hold_id, s->customer, until_ms,
                             (struct view){0}, &s->hold, &status);
    if (err == ERR_NOT_FOUND)
        return err;
    if (err != 0)
        return err == ERR_BUSY ? answer_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE",
                                             "not possible right now: try the same request again")
                               : pass_on(call, &status);
    if (s->means != TILL_COMP && s->hold->total == 0)
        return answer_fail(call, CODE_FAILED_PRECONDITION, "NOTHING_TO_PAY",
                           "these places cost nothing: give them as a comp");
    return 0;
}

static int answer_sale(struct call *call, const struct sale *s, struct id about, struct id order_id,
                       Usher__V1__TillSale *answer)
{
    const struct work w = answer_work(call);
    struct till_entry entry;
    const Usher__V1__Order *order;
    answer->entry = arena_alloc(w.arena, sizeof(*answer->entry));
    int err = answer->entry
                  ? till_entry_about(w.role->options.sql, about, w.arena, &entry, w.deadline_ns)
                  : ERR_NO_MEMORY;
    if (err == 0)
        err = till_answer_entry(w.arena, &entry, answer->entry);
    if (err != 0)
        return answer_store_failed(call, err);
    if (tickets_order(&w, order_id, s->customer, &order) != 0)
        return answer_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE",
                           "not possible right now: try the same request again");
    answer->order = (Usher__V1__Order *)order;
    answer->change = entry.tendered > entry.amount ? entry.tendered - entry.amount : 0;
    return 0;
}

static int refuse_gone(struct call *call)
{
    return answer_fail(call, CODE_NOT_FOUND, "HOLD_NOT_FOUND",
                       "the places are held no longer: take no money, or hand it back");
}

/* ---- for money ---- */

/* What a payment that is there has come to. */
static int answer_paid(struct call *call, const struct sale *s, const struct payment *p,
                       Usher__V1__TillSale *answer)
{
    if (!id_eq(p->account_id, s->customer))
        return refuse_gone(call);
    if (p->state == PAYMENT_REFUNDING || p->state == PAYMENT_REFUNDED)
        return answer_fail(call, CODE_FAILED_PRECONDITION, "SEATS_GONE",
                           "the places are another's: hand the money back");
    if (p->state != PAYMENT_DONE)
        return answer_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE",
                           "not possible right now: try the same request again");
    return answer_sale(call, s, p->payment_id, p->order_id, answer);
}

/* The payment of that hold, if it has one. ERR_NOT_FOUND. */
static int known(const struct work *w, struct id hold_id, struct payment *ret_payment)
{
    struct payment *payments;
    size_t count = 0;
    int err =
        payments_of(w->role->options.sql, hold_id, w->arena, &payments, &count, w->deadline_ns);
    for (size_t i = 0; err == 0 && i < count; i++) {
        if (!payment_is_dead(payments[i].state)) {
            *ret_payment = payments[i];
            return 0;
        }
    }
    return err == 0 ? ERR_NOT_FOUND : err;
}

/* Its places were gone in the meantime: the money goes back over the same counter. */
static int hand_back(struct call *call, struct payment *p, const struct payment_till *till)
{
    const struct work w = answer_work(call);
    const int err = till_hand_back(&w, p, till);
    if (err != 0)
        return answer_store_failed(call, err);
    return answer_fail(call, CODE_FAILED_PRECONDITION, "SEATS_GONE",
                       "the places are another's: hand the money back");
}

static int sell_for_money(struct call *call, struct sale *s, Usher__V1__TillSale *answer)
{
    const struct work w = answer_work(call);
    struct sql *sql = w.role->options.sql;
    const struct payment_till till = {.till_id = s->till.till_id,
                                      .means = s->means,
                                      .tendered = s->means == TILL_CASH ? s->wish->tendered : 0,
                                      .note = view_str(s->wish->note)};
    struct payment p = {.hold_id = s->hold_id,
                        .organiser_id = s->performance->organiser_id,
                        .provider = VIEW_LIT(PAYMENT_BOX_OFFICE),
                        .return_path = VIEW_LIT("/organiser")};
    uint8_t hash[32];
    int err = begin_fill(call, s->hold, false, &p);
    p.account_id = s->customer;
    if (err == 0)
        err = begin_price(call, s->hold, s->wish->amount, &p);
    if (err == 0)
        err = keep_contact(call, s);
    if (err != 0)
        return err;
    p.state = PAYMENT_CONFIRMING;
    p.next_at_ms = role_now_ms() + ROLE_CALL_MS;
    call_request_hash(call, hash);
    err = payment_put(sql, &p, VIEW_LIT("till"), view_of(hash, 32), w.deadline_ns);
    if (err == ERR_EXISTS || err == ERR_CONFLICT) /* the same click twice */
        err = known(&w, s->hold_id, &p);
    else if (err == 0)
        p.version = 1;
    if (err == 0 && p.books.captured == 0) {
        p.till = &till;
        err = till_take(call, &w, &p);
        if (err == ERR_DENIED)
            return till_refuse_closed(call);
        if (err == 0 || err == ERR_CONFLICT)
            err = payment_get(sql, p.payment_id, w.arena, &p, w.deadline_ns);
        metric_add(&sold_at_tills, err == 0 && p.state == PAYMENT_DONE);
    }
    if (err != 0)
        return answer_store_failed(call, err);
    return p.state == PAYMENT_REFUNDING ? hand_back(call, &p, &till)
                                        : answer_paid(call, s, &p, answer);
}

/* ---- for nothing ---- */

/* The places of a comp that is begun, asked for. ERR_BUSY: not clear; ERR_CONFLICT, ERR_NOT_FOUND:
 * they are not to be had. */
static int give(const struct work *w, const struct till_entry *entry, struct id customer)
{
    struct asking a;
    const Usher__V1__Order *order;
    Usher__V1__PlaceOrderRequest wish = USHER__V1__PLACE_ORDER_REQUEST__INIT;
    tickets_begin(&a, w, customer);
    wish.performance_id = entry->performance_id;
    wish.hold_id = (char *)exchange_id(w->arena, entry->order_id);
    wish.payment_method = USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_COMP;
    int err = client_call(&a.client, Usher__V1__TicketService, place_order, &wish, &order);
    return err == 0 ? 0 : tickets_meaning(&a.client.status);
}

static int end_comp(struct call *call, struct sale *s, const struct till_entry *entry,
                    Usher__V1__TillSale *answer)
{
    const struct work w = answer_work(call);
    if (entry->state == TILL_VOID)
        return refuse_gone(call);
    int err = entry->state == TILL_BEGUN ? give(&w, entry, s->customer) : 0;
    if (err == ERR_BUSY)
        return answer_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE",
                           "not possible right now: try the same request again");
    const bool given = err == 0;
    if (entry->state == TILL_BEGUN) {
        err = till_end_comp(w.role->options.sql, entry->about, given ? TILL_DONE : TILL_VOID,
                            w.deadline_ns);
        metric_add(&given_at_tills, err == 0 && given);
        if (err != 0 && err != ERR_NOT_FOUND)
            return answer_store_failed(call, err);
    }
    return given ? answer_sale(call, s, entry->about, entry->order_id, answer) : refuse_gone(call);
}

static int sell_for_nothing(struct call *call, struct sale *s, Usher__V1__TillSale *answer)
{
    const struct work w = answer_work(call);
    const int64_t now_ms = role_now_ms();
    struct till_entry entry = {.till_id = s->till.till_id,
                               .at_ms = now_ms,
                               .kind = TILL_GIVEN,
                               .means = TILL_COMP,
                               .state = TILL_BEGUN,
                               .about = s->hold_id,
                               .order_id = s->hold_id,
                               .performance_id = s->wish->performance_id,
                               .places = (uint32_t)s->hold->n_seats,
                               .note = view_str(s->wish->note),
                               .next_at_ms = now_ms + COMP_ASK_MS};
    const char *about =
        arena_printf(w.arena, "performance %" PRIu32 ": order %s: %zu places: %s",
                     entry.performance_id, s->wish->hold_id, s->hold->n_seats, s->wish->note);
    const struct act act = till_act(call, "comp.give", about);
    int err = keep_contact(call, s);
    if (err != 0)
        return err;
    err = till_begin_comp(w.role->options.sql, &entry, s->till.currency, &act, w.deadline_ns);
    if (err == ERR_DENIED)
        return till_refuse_closed(call);
    if (err == ERR_EXISTS) /* the same click twice */
        err = till_entry_about(w.role->options.sql, s->hold_id, w.arena, &entry, w.deadline_ns);
    return err == 0 ? end_comp(call, s, &entry, answer) : answer_store_failed(call, err);
}

/* The hold is over: it may have become this very order a moment ago. */
static int answer_known(struct call *call, struct sale *s, Usher__V1__TillSale *answer)
{
    const struct work w = answer_work(call);
    struct till_entry entry;
    struct payment p;
    int err = known(&w, s->hold_id, &p);
    if (err == 0)
        return answer_paid(call, s, &p, answer);
    if (err == ERR_NOT_FOUND)
        err = till_entry_about(w.role->options.sql, s->hold_id, w.arena, &entry, w.deadline_ns);
    if (err == 0)
        return end_comp(call, s, &entry, answer);
    return err == ERR_NOT_FOUND ? refuse_gone(call) : answer_store_failed(call, err);
}

int till_call_sell(struct call *call, const void *request, void *response)
{
    struct sale s = {.wish = request};
    int err = read_wish(call, &s);
    if (err == 0)
        err = check_sells(call, s.wish->performance_id, &s.performance);
    if (err == 0)
        err = check_till(call, &s);
    if (err != 0)
        return err;
    err = secure(call, &s);
    if (err == ERR_NOT_FOUND)
        return answer_known(call, &s, response);
    if (err != 0)
        return err;
    return s.means == TILL_COMP ? sell_for_nothing(call, &s, response)
                                : sell_for_money(call, &s, response);
}

/* ---- comps that nobody ended ---- */

static void end_one(const struct work *w, const struct till_entry *entry)
{
    const Usher__V1__Order *order;
    /* In nobody's name: a peer is told of every order. Whoever asked for the places has given up by
     * now, so an order that is not there does not come any more. */
    int err = tickets_order(w, entry->order_id, (struct id){0}, &order);
    if (err == 0 || err == ERR_INVALID)
        err = till_end_comp(w->role->options.sql, entry->about, err == 0 ? TILL_DONE : TILL_VOID,
                            w->deadline_ns);
    if (err != 0 && err != ERR_NOT_FOUND)
        log_event(LOG_WARN, "payment.step", log_id("usher.order", entry->order_id), log_err(err));
}

void till_tick(struct payment_role *role, struct arena *arena)
{
    struct till_entry *entries;
    size_t count = 0;
    const struct work w = {.role = role,
                           .arena = arena,
                           .deadline_ns = deadline_after_ms(fiber_now_ns(), ROLE_STEP_MS)};
    int err = till_due(role->options.sql, role_now_ms(), COMPS_MAX, arena, &entries, &count,
                       w.deadline_ns);
    for (size_t i = 0; err == 0 && i < count; i++)
        end_one(&w, &entries[i]);
    if (err != 0)
        log_event(LOG_WARN, "payment.step", log_err(err));
}
