/* SetSellingTerms, GetSellingTerms, QuotePurchase: who sells, and what is paid beside the price. */
#include "call/tenant.h"
#include "mem/utf8.h"
#include "sale/currency.h"
#include "sale/refund_rule.h"
#include "store/organisers.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/role.h"
#include "svc/payment/terms.h"
#include "token/roles.h"

#define STEPS_MAX 12

/* By how much the clock of a ticket service, which dates holds, may differ from this one's. */
#define CLOCKS_APART_MS 100

/* ---- for the role ---- */

int selling_at(const struct work *w, uint32_t organiser_id, uint32_t performance_id,
               struct id hold_id, struct selling_terms *ret_terms)
{
    /* A hold's id begins with the time at which it was made (chance_id_at). */
    const int64_t at_ms = id_is_zero(hold_id) ? role_now_ms() : (int64_t)(hold_id.hi >> 16);
    int err = selling_find(w->role->options.sql, organiser_id, performance_id, at_ms, w->arena,
                           ret_terms, w->deadline_ns);
    if (err == ERR_NOT_FOUND)
        *ret_terms = (struct selling_terms){.organiser_id = organiser_id};
    return err == ERR_NOT_FOUND ? 0 : err;
}

int selling_of(const struct work *w, const struct payment *p, struct selling_terms *ret_terms)
{
    *ret_terms = (struct selling_terms){.organiser_id = p->organiser_id};
    return p->terms_id == 0 ? 0
                            : selling_get(w->role->options.sql, p->terms_id, w->arena, ret_terms,
                                          w->deadline_ns);
}

struct fee_rule selling_fee(const struct selling_terms *terms, struct view currency)
{
    struct fee_rule rule =
        view_eq(terms->fee_currency, currency) ? terms->fee : (struct fee_rule){0};
    rule.step = currency_step(currency);
    return rule;
}

struct refund_ladder selling_ladder(const struct payment_role *role,
                                    const struct selling_terms *terms)
{
    struct refund_ladder ladder;
    const char *why;
    return terms->refund_rule.len > 0 && refund_rule_read(terms->refund_rule, &ladder, &why) == 0
               ? ladder
               : *role->ladder;
}

int64_t selling_unit(struct view currency)
{
    int64_t unit = 1;
    for (uint32_t i = 0; i < currency_digits(currency); i++)
        unit *= 10;
    return unit;
}

int selling_fill(struct arena *arena, const struct selling_terms *t,
                 Usher__V1__SellingTerms *ret_terms)
{
    usher__v1__selling_terms__init(ret_terms);
    ret_terms->organiser_id = t->organiser_id;
    ret_terms->performance_id = t->performance_id;
    ret_terms->since_ms = t->since_ms;
    ret_terms->ticket_fee = t->fee.ticket;
    ret_terms->fee_permille = t->fee.permille;
    ret_terms->order_fee = t->fee.order;
    ret_terms->fee_back = (Usher__V1__FeeBack)t->fee.back;
    ret_terms->price_vat_permille = t->price_vat_permille;
    ret_terms->fee_vat_permille = t->fee_vat_permille;
    ret_terms->currency_digits = currency_digits(t->fee_currency);
    ret_terms->seller = arena_copy(arena, t->seller);
    ret_terms->registration_number = arena_copy(arena, t->registration);
    ret_terms->mail_order_number = arena_copy(arena, t->mail_order);
    ret_terms->representative = arena_copy(arena, t->representative);
    ret_terms->address = arena_copy(arena, t->address);
    ret_terms->telephone = arena_copy(arena, t->telephone);
    ret_terms->fee_currency = arena_copy(arena, t->fee_currency);
    ret_terms->refund_rule = arena_copy(arena, t->refund_rule);
    return ret_terms->seller && ret_terms->registration_number && ret_terms->mail_order_number &&
                   ret_terms->representative && ret_terms->address && ret_terms->telephone &&
                   ret_terms->fee_currency && ret_terms->refund_rule
               ? 0
               : ERR_NO_MEMORY;
}

int selling_tenant(struct call *call, uint32_t said, uint32_t any_of, uint32_t *ret_organiser_id)
{
    const struct work w = answer_work(call);
    int err = call_tenant(call, said, any_of, ret_organiser_id);
    if (err != 0 || said == 0 || !identity_has(call_identity(call), ROLE_OPERATOR))
        return err;
    err = organiser_known(w.role->options.sql, said, w.deadline_ns);
    if (err == ERR_NOT_FOUND)
        return answer_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "no such organiser");
    return err == 0 ? 0 : answer_store_failed(call, err);
}

int selling_organiser(struct call *call, uint32_t said, uint32_t *ret_organiser_id)
{
    return selling_tenant(call, said, ROLES_MANAGE, ret_organiser_id);
}

/* ---- setting them ---- */

static bool is_text(const char *text)
{
    const struct view line = view_str(text);
    return line.len <= SELLING_TEXT_MAX && utf8_line(line);
}

static const char *wrong_with(const Usher__V1__SellingTerms *t)
{
    struct refund_ladder ladder;
    const char *why = NULL;
    if (!is_text(t->seller) || !is_text(t->registration_number) || !is_text(t->mail_order_number) ||
        !is_text(t->representative) || !is_text(t->address) || !is_text(t->telephone))
        return "the seller's texts are lines of 200 bytes at most";
    if (t->ticket_fee < 0 || t->ticket_fee > FEE_MAX || t->order_fee < 0 ||
        t->order_fee > FEE_MAX || t->fee_permille > FEE_PERMILLE_MAX)
        return "a fee is 0 to 1,000,000,000, and 500 thousandths of a price at most";
    if ((t->ticket_fee > 0 || t->order_fee > 0 || t->fee_permille > 0 || t->fee_currency[0]) &&
        !currency_find(view_str(t->fee_currency)))
        return "fee_currency: one of ISO 4217";
    if (t->ticket_fee % currency_step(view_str(t->fee_currency)) != 0 ||
        t->order_fee % currency_step(view_str(t->fee_currency)) != 0)
        return "ticket_fee, order_fee: an amount that can be charged; of three decimals the last "
               "is 0";
    if (t->price_vat_permille > VAT_PERMILLE_MAX || t->fee_vat_permille > VAT_PERMILLE_MAX)
        return "value added tax is 500 thousandths at most";
    if (t->fee_back > USHER__V1__FEE_BACK__FEE_BACK_NEVER)
        return "fee_back: BY_RULE, ALWAYS or NEVER";
    if (t->refund_rule[0])
        (void)refund_rule_read(view_str(t->refund_rule), &ladder, &why);
    return why;
}

/* A performance must be the organiser's own. Non-zero after call_fail. */
static int check_performance(struct call *call, uint32_t performance_id, uint32_t organiser_id)
{
    const struct work w = answer_work(call);
    const Usher__V1__Performance *performance;
    int err = performance_id > 0 ? tickets_performance(&w, performance_id, &performance) : 0;
    if (err == ERR_INVALID ||
        (err == 0 && performance_id > 0 && performance->organiser_id != organiser_id))
        return answer_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "no such performance");
    return err == 0 ? 0
                    : answer_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE",
                                  "not possible right now: try the same request again");
}

/* Terms begin a little later than now, and their setter is answered when they surely have begun by
 * every clock: a hold made before the call keeps what it was promised, and one made after the
 * answer has the new terms (the commit wait of Corbett et al., "Spanner", OSDI 2012, 4.2). */
static void wait_begun(const struct selling_terms *terms)
{
    const struct loop *loop = sched_loop(sched_current());
    const int64_t wait_ms = terms->since_ms + CLOCKS_APART_MS - role_now_ms();
    if (wait_ms > 0 && wait_ms <= 2 * CLOCKS_APART_MS)
        (void)fiber_sleep_until(loop_now_ns(loop) + wait_ms * NS_PER_MS);
}

int payment_set_selling_terms(struct call *call, const void *request, void *response)
{
    const Usher__V1__SetSellingTermsRequest *wish = request;
    const Usher__V1__SellingTerms *said = wish->terms;
    const struct work w = answer_work(call);
    struct selling_terms terms;
    uint32_t organiser_id = 0;
    const char *wrong = said ? wrong_with(said) : "terms: what to sell by";
    if (wrong)
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "%s", wrong);
    int err = selling_organiser(call, said->organiser_id, &organiser_id);
    if (err == 0)
        err = check_performance(call, said->performance_id, organiser_id);
    if (err != 0)
        return err;
    terms = (struct selling_terms){
        .organiser_id = organiser_id,
        .performance_id = said->performance_id,
        .account_id = call_identity(call)->account_id,
        .since_ms = role_now_ms() + CLOCKS_APART_MS,
        .seller = view_str(said->seller),
        .registration = view_str(said->registration_number),
        .mail_order = view_str(said->mail_order_number),
        .representative = view_str(said->representative),
        .address = view_str(said->address),
        .telephone = view_str(said->telephone),
        .fee_currency = view_str(said->fee_currency),
        .fee = {.ticket = said->ticket_fee,
                .permille = said->fee_permille,
                .order = said->order_fee,
                .back = said->fee_back ? said->fee_back : FEE_BACK_BY_RULE},
        .price_vat_permille = said->price_vat_permille,
        .fee_vat_permille = said->fee_vat_permille,
        .refund_rule = view_str(said->refund_rule),
    };
    err = selling_put(w.role->options.sql, &terms, w.deadline_ns);
    if (err == 0)
        err = selling_fill(w.arena, &terms, response);
    if (err != 0)
        return answer_store_failed(call, err);
    wait_begun(&terms);
    log_event(LOG_INFO, "payment.terms", log_int("usher.organiser", organiser_id),
              log_int("usher.performance", terms.performance_id));
    return 0;
}

int payment_get_selling_terms(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetSellingTermsRequest *wish = request;
    const struct work w = answer_work(call);
    struct selling_terms terms;
    uint32_t organiser_id = 0;
    int err = selling_organiser(call, wish->organiser_id, &organiser_id);
    if (err == 0)
        err = check_performance(call, wish->performance_id, organiser_id);
    if (err != 0)
        return err;
    err = selling_at(&w, organiser_id, wish->performance_id, (struct id){0}, &terms);
    if (err == 0)
        err = selling_fill(w.arena, &terms, response);
    return err == 0 ? 0 : answer_store_failed(call, err);
}

/* ---- what a buyer is told ---- */

/* What giving all of it back would return, step by step, if it were bought now. */
static int fill_refunds(const struct work *w, const Usher__V1__Performance *performance,
                        const struct selling_terms *terms, const struct fee_rule *rule,
                        const Usher__V1__QuotePurchaseRequest *wish,
                        Usher__V1__PurchaseQuote *answer)
{
    const struct refund_ladder ladder = selling_ladder(w->role, terms);
    struct refund_ask at = {
        .unit = selling_unit(view_str(performance->currency)),
        .step = currency_step(view_str(performance->currency)),
        .ordered_at_ms = role_now_ms(),
        .starts_at_ms = performance->starts_at_ms,
        .now_ms = role_now_ms(),
    };
    struct refund_quote quote;
    Usher__V1__RefundStep *steps = arena_alloc(w->arena, STEPS_MAX * sizeof(*steps));
    answer->refunds = arena_alloc(w->arena, STEPS_MAX * sizeof(*answer->refunds));
    answer->refund_rule = arena_copy(w->arena, terms->refund_rule.len > 0 ? terms->refund_rule
                                                                          : view_str(ladder.name));
    if (!steps || !answer->refunds || !answer->refund_rule)
        return ERR_NO_MEMORY;
    if (performance->utc_offset_choice_case ==
        USHER__V1__PERFORMANCE__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES)
        at.utc_offset_minutes = performance->utc_offset_minutes;
    do {
        refund_quote_tickets(&ladder, &at, rule, wish->prices, wish->n_prices, true, &quote);
        if (!quote.possible || quote.refunded == 0)
            break;
        Usher__V1__RefundStep *step = &steps[answer->n_refunds];
        usher__v1__refund_step__init(step);
        step->until_ms = quote.less_from_ms;
        step->refund = quote.refunded;
        step->charge = quote.kept;
        answer->refunds[answer->n_refunds++] = step;
        at.now_ms = quote.less_from_ms;
    } while (quote.less_from_ms > 0 && answer->n_refunds < STEPS_MAX);
    return 0;
}

static bool prices_fit(const Usher__V1__QuotePurchaseRequest *wish)
{
    for (size_t i = 0; i < wish->n_prices; i++) {
        if (wish->prices[i] < 0 || wish->prices[i] > INT64_C(1000000000000))
            return false;
    }
    return wish->n_prices <= PAYMENT_SEATS_MAX;
}

int payment_quote_purchase(struct call *call, const void *request, void *response)
{
    const Usher__V1__QuotePurchaseRequest *wish = request;
    Usher__V1__PurchaseQuote *answer = response;
    const struct work w = answer_work(call);
    const Usher__V1__Performance *performance;
    struct selling_terms terms;
    struct id hold_id = {0};
    if (!prices_fit(wish) || (wish->hold_id[0] && id_parse(view_str(wish->hold_id), &hold_id) != 0))
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "prices: of %d tickets at most; hold_id: of a hold, or empty",
                           PAYMENT_SEATS_MAX);
    int err = tickets_performance(&w, wish->performance_id, &performance);
    if (err != 0)
        return err == ERR_INVALID
                   ? answer_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "no such performance")
                   : answer_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE",
                                 "not possible right now: try the same request again");
    err = selling_at(&w, performance->organiser_id, wish->performance_id, hold_id, &terms);
    Usher__V1__SellingTerms *told = arena_alloc(w.arena, sizeof(*told));
    if (err == 0)
        err = told ? selling_fill(w.arena, &terms, told) : ERR_NO_MEMORY;
    if (err != 0)
        return answer_store_failed(call, err);
    const struct fee_rule rule = selling_fee(&terms, view_str(performance->currency));
    answer->terms = told;
    answer->currency = performance->currency;
    answer->currency_digits = performance->currency_digits;
    answer->fee = fee_of_order(&rule, wish->prices, wish->n_prices);
    for (size_t i = 0; i < wish->n_prices; i++)
        answer->price += wish->prices[i];
    answer->total = answer->price + answer->fee;
    answer->vat = fee_vat_within(answer->price, terms.price_vat_permille) +
                  fee_vat_within(answer->fee, terms.fee_vat_permille);
    err = fill_refunds(&w, performance, &terms, &rule, wish, answer);
    return err == 0 ? 0 : answer_store_failed(call, err);
}
