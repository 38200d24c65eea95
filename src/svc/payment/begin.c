/* ListProviders, BeginPayment, FinishPayment, GetPayment, AbandonPayment. */
#include "svc/payment/begin.h"
#include "mem/utf8.h"
#include "sale/currency.h"
#include "sale/refund_rule.h"
#include "store/contacts.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/deposits.h"
#include "svc/payment/role.h"
#include "svc/payment/terms.h"

/* With its ways to pay; to an account of a bank only where there is time for it. */
static int fill_provider(struct arena *arena, const struct adapter *adapter,
                         const Usher__V1__Performance *performance, Usher__V1__Provider *ret)
{
    size_t count = 0;
    usher__v1__provider__init(ret);
    while (adapter->methods[count])
        count++;
    ret->name = (char *)adapter->name;
    ret->title = (char *)adapter->title;
    ret->methods = arena_alloc(arena, (count + 1) * sizeof(*ret->methods));
    if (!ret->methods)
        return ERR_NO_MEMORY;
    memcpy(ret->methods, adapter->methods, count * sizeof(*ret->methods));
    ret->n_methods = count;
    if (adapter->deposit && performance && performance->pay_later_ms > 0 &&
        adapter != &box_office_adapter &&
        (!adapter->deposit_currency ||
         strcmp(adapter->deposit_currency, performance->currency) == 0))
        ret->methods[ret->n_methods++] = (char *)"virtual-account";
    return 0;
}

int payment_list_providers(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListProvidersRequest *wish = request;
    const struct payment_role *role = call_state(call);
    const Usher__V1__Performance *performance = NULL;
    Usher__V1__ListProvidersResponse *answer = response;
    struct arena *arena = call_arena(call);
    const uint32_t count = role->options.provider_count;
    uint32_t organiser_id = wish->organiser_id;
    Usher__V1__Provider *providers = arena_alloc(arena, (count + 1) * sizeof(*providers));
    answer->providers = arena_alloc(arena, (count + 1) * sizeof(*answer->providers));
    if (!providers || !answer->providers)
        return answer_store_failed(call, ERR_NO_MEMORY);
    int err =
        wish->performance_id > 0 ? answer_performance(call, wish->performance_id, &performance) : 0;
    if (err != 0)
        return err;
    if (performance)
        organiser_id = performance->organiser_id;
    for (uint32_t i = 0; i < count; i++) {
        if (!role_offers(role, organiser_id, i) ||
            (performance && !adapter_takes(role->adapters[i], performance->currency)))
            continue;
        int bad = fill_provider(arena, role->adapters[i], performance, &providers[i]);
        if (bad != 0)
            return answer_store_failed(call, bad);
        providers[i].test_money = role->options.providers[i].test_money;
        answer->providers[answer->n_providers++] = &providers[i];
    }
    if (performance && performance->pay_later_ms > 0) {
        err = fill_provider(arena, &box_office_adapter, performance, &providers[count]);
        answer->providers[answer->n_providers++] = &providers[count];
    }
    return err == 0 ? 0 : answer_store_failed(call, err);
}

/* ---- beginning ---- */

bool begin_fits(const char *text, size_t max)
{
    const struct view line = view_str(text);
    return line.len <= max && utf8_line(line) && (line.len == 0 || utf8_visible(line));
}

/* Whom the tickets go to, kept by the hold's id, which the order will have. The address is looked
 * at by the mail that it gets. Non-zero after call_fail. */
static int keep_contact(struct call *call, const Usher__V1__BeginPaymentRequest *wish,
                        struct id hold_id)
{
    const Usher__V1__Contact *said = wish->contact;
    const struct work w = answer_work(call);
    if (!wish->terms)
        return answer_fail(call, CODE_FAILED_PRECONDITION, "TERMS_NOT_ACCEPTED",
                           "the terms must be accepted before one pays");
    if (!said || said->email[0] == '\0')
        return 0;
    if (!begin_fits(said->name, CONTACT_NAME_MAX) || !begin_fits(said->email, CONTACT_EMAIL_MAX) ||
        !begin_fits(said->phone, CONTACT_PHONE_MAX) || !strchr(said->email, '@'))
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "contact: a name of %d bytes at most, an e-mail address, a telephone "
                           "number",
                           CONTACT_NAME_MAX);
    const struct contact contact = {
        .order_id = hold_id,
        .account_id = call_identity(call)->account_id,
        .name = view_str(said->name),
        .email = view_str(said->email),
        .phone = view_str(said->phone),
        .language = strcmp(said->language, "en") == 0 ? VIEW_LIT("en") : VIEW_LIT("ko"),
        .created_at_ms = role_now_ms(),
    };
    int err = contact_put(w.role->options.sql, &contact, w.deadline_ns);
    return err == 0 ? 0 : answer_store_failed(call, err);
}

/* A path of this site: never another's, whatever a browser makes of it. */
static bool is_path(const char *path)
{
    if (path[0] != '/' || path[1] == '/' || path[1] == '\\' || strlen(path) > PAYMENT_TEXT_MAX)
        return false;
    for (; *path; path++) {
        if (*path <= ' ' || *path == '\\' || *path == '#' || (unsigned char)*path >= 0x7f)
            return false;
    }
    return true;
}

static int refuse_amount_of(struct call *call, const struct adapter *adapter, struct view currency)
{
    return answer_fail(call, CODE_FAILED_PRECONDITION, "AMOUNT_REFUSED",
                       "%s does not take this amount in %.*s", adapter->title, VIEW_ARG(currency));
}

/* At the provider, where it has to know before the buyer does. The key is the attempt's: asked
 * again, it says the same. */
static int begin_there(struct call *call, struct payment *p, struct begun *ret_begun)
{
    const struct work w = answer_work(call);
    const struct adapter *adapter;
    struct adapter_env env;
    if (!role_talk(&w, p->provider, p->provider_of, &adapter, &env) || adapter->confirms)
        return 0;
    const int err = adapter->begin(&env, p, "Tickets", ret_begun);
    if (err == ERR_INVALID)
        return refuse_amount_of(call, adapter, p->currency);
    if (err != 0)
        return answer_fail(call, CODE_UNAVAILABLE, "PROVIDER_UNAVAILABLE",
                           "the payment provider does not answer; nothing was charged");
    p->ref = ret_begun->ref;
    p->charge = ret_begun->charge;
    return 0;
}

static int refuse_hold(struct call *call, int err, const struct call_status *status)
{
    if (err == ERR_BUSY)
        return answer_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE",
                           "not possible right now: try the same request again");
    return call_fail(call, status->code, status->detail, "%s", status->message);
}

/* The attempt that this key began, or that the hold has: it is answered again. Where there is none,
 * no_hold says why there is no hold either; NULL: there is one. */
static int answer_known(struct call *call, const Usher__V1__BeginPaymentRequest *wish,
                        struct view hash, struct id hold_id, const struct call_status *no_hold,
                        Usher__V1__Payment *ret_payment)
{
    const struct work w = answer_work(call);
    const struct id account_id = call_identity(call)->account_id;
    struct payment p;
    bool same = true;
    int err = payment_by_key(w.role->options.sql, account_id, view_str(wish->idempotency_key), hash,
                             w.arena, &p, &same, w.deadline_ns);
    if (err == ERR_NOT_FOUND)
        err = payment_of_hold(w.role->options.sql, hold_id, w.arena, &p, w.deadline_ns);
    if (err == 0 && !same)
        return answer_fail(call, CODE_ALREADY_EXISTS, "KEY_REUSED",
                           "this idempotency key was used with another request");
    if (err == 0 && !id_eq(p.account_id, account_id))
        err = ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND && no_hold)
        return refuse_hold(call, err, no_hold);
    if (err != 0)
        return answer_store_failed(call, err);
    struct begun begun = {0};
    err = p.state == PAYMENT_WAITING ? begin_there(call, &p, &begun) : 0;
    if (err == 0)
        err = answer_payment(call, &p, true, ret_payment);
    if (err == 0 && begun.redirect_url)
        ret_payment->redirect_url = (char *)begun.redirect_url;
    return err;
}

int begin_price(struct call *call, const Usher__V1__Hold *hold, int64_t expected, struct payment *p)
{
    const struct work w = answer_work(call);
    struct selling_terms terms;
    int64_t prices[PAYMENT_SEATS_MAX];
    int err = selling_at(&w, p->organiser_id, hold->performance_id, p->hold_id, &terms);
    if (err != 0)
        return answer_store_failed(call, err);
    for (size_t i = 0; i < hold->n_seats; i++)
        prices[i] = hold->seats[i]->amount;
    /* Else it could be paid together, and not given back by itself. */
    const struct adapter *adapter = adapter_find(p->provider);
    for (size_t i = 0; adapter && adapter->by_steps && i < hold->n_seats; i++) {
        if (prices[i] % currency_step(view_str(hold->currency)) != 0)
            return refuse_amount_of(call, adapter, view_str(hold->currency));
    }
    const struct fee_rule rule = selling_fee(&terms, view_str(hold->currency));
    p->terms_id = terms.terms_id;
    /* As it is now: neither new terms nor another server's option change what was promised. */
    const struct refund_ladder ladder = selling_ladder(w.role, &terms);
    char written[REFUND_RULE_MAX + 1];
    refund_rule_write(&ladder, written);
    p->refund_rule = view_str(arena_copy(w.arena, view_str(written)));
    if (!p->refund_rule.at)
        return answer_store_failed(call, ERR_NO_MEMORY);
    p->fee = view_eq(p->provider, VIEW_LIT(PAYMENT_BOX_OFFICE))
                 ? 0
                 : fee_of_order(&rule, prices, hold->n_seats);
    p->tax_free = terms.terms_id == 0
                      ? 0
                      : (terms.price_vat_permille == 0 ? PAYMENT_TAX_FREE_PRICE : 0) |
                            (terms.fee_vat_permille == 0 ? PAYMENT_TAX_FREE_FEE : 0);
    p->books.amount = hold->total + p->fee;
    p->currency = view_str(hold->currency);
    return expected == 0 || expected == p->books.amount
               ? 0
               : answer_fail(call, CODE_FAILED_PRECONDITION, "AMOUNT_CHANGED",
                             "these places cost another amount than was shown: look again");
}

int begin_fill(struct call *call, const Usher__V1__Hold *hold, bool equal, struct payment *p)
{
    const struct work w = answer_work(call);
    const int64_t now_ms = role_now_ms();
    const struct adapter *adapter;
    struct adapter_env env;
    role_talk(&w, p->provider, p->provider_of, &adapter, &env);
    const char *later = p->later ? adapter->deposit_currency : NULL;
    if (!currency_find(view_str(hold->currency)) || hold->n_seats > PAYMENT_SEATS_MAX ||
        (later ? strcmp(later, hold->currency) != 0 : !adapter_takes(adapter, hold->currency)))
        return answer_fail(call, CODE_FAILED_PRECONDITION, "BAD_ARGUMENT",
                           "%s does not take payments in %s, the currency of this performance",
                           adapter->title, hold->currency);
    if (jobs_called_off(&w, hold->performance_id))
        return answer_fail(call, CODE_FAILED_PRECONDITION, "SALE_NOT_OPEN",
                           "this performance does not take place: nothing is to be paid for it");
    p->account_id = call_identity(call)->account_id;
    p->performance_id = hold->performance_id;
    p->state = PAYMENT_WAITING;
    p->seat_count = (uint32_t)hold->n_seats;
    /* Equal is of one category, and so of one price. */
    for (uint32_t i = 0; i < p->seat_count; i++) {
        p->seats[i] = hold->seats[i]->seat;
        p->types[i] = (uint8_t)hold->seats[i]->price_type;
        equal = equal && hold->seats[i]->category == hold->seats[0]->category;
    }
    p->code = hold->code;
    p->code_index = hold->code_index;
    p->equal = equal ? hold->seats[0]->category + 1 : 0;
    p->created_at_ms = now_ms;
    /* Before the seats are free again, so that nobody pays for what is another's. */
    const int64_t left_ms = hold->expires_at_ms - now_ms;
    const int64_t ends_ms =
        hold->expires_at_ms - (left_ms / 4 < ROLE_GIVE_UP_MS ? left_ms / 4 : ROLE_GIVE_UP_MS);
    p->must_finish_by_ms =
        now_ms + adapter->buyer_ms < ends_ms ? now_ms + adapter->buyer_ms : ends_ms;
    p->next_at_ms = p->must_finish_by_ms;
    p->payment_id = chance_id_at(w.role->options.chance, now_ms);
    return 0;
}

/* Who sells, and at which of his providers' accounts it is paid. Non-zero after call_fail. */
static int choose(struct call *call, const Usher__V1__BeginPaymentRequest *wish, struct payment *p)
{
    const struct payment_role *role = call_state(call);
    const struct payment_options *options = &role->options;
    const Usher__V1__Performance *performance;
    int err = answer_performance(call, wish->performance_id, &performance);
    if (err != 0)
        return err;
    p->organiser_id = performance->organiser_id;
    p->later = wish->deposit != NULL;
    if (strcmp(wish->provider, PAYMENT_BOX_OFFICE) == 0) {
        p->provider = VIEW_LIT(PAYMENT_BOX_OFFICE);
        p->later = true;
        return 0;
    }
    if (options->provider_count == 0)
        return answer_fail(call, CODE_FAILED_PRECONDITION, "NO_PROVIDER",
                           "nobody can pay by card here: the server has no payment provider");
    for (uint32_t i = 0; i < options->provider_count; i++) {
        const struct payment_provider *provider = &options->providers[i];
        if (!role_offers(role, p->organiser_id, i) ||
            (wish->provider[0] && strcmp(wish->provider, provider->name) != 0) ||
            (p->later && !role->adapters[i]->deposit))
            continue;
        p->provider = view_str(provider->name);
        p->provider_of = provider->organiser_id;
        return 0;
    }
    return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                       "provider: one of those that ListProviders names");
}

/* The provider's account, at once where it answers; otherwise the reconciler has it opened. */
static void open_now(const struct work *w, struct payment *p)
{
    const struct id payment_id = p->payment_id;
    p->version = 1;
    int err = deposit_open(w, p);
    if (err != 0 && err != ERR_CONFLICT)
        log_event(LOG_WARN, "payment.step", log_id("usher.payment", payment_id), log_err(err));
    struct payment now;
    if (payment_get(w->role->options.sql, payment_id, w->arena, &now, w->deadline_ns) == 0)
        *p = now;
}

/* The provider would refuse it at the end of the buyer's way: he is told at its beginning. */
static bool is_too_little(const struct work *w, const struct payment *p)
{
    const struct adapter *adapter;
    struct adapter_env env;
    return role_talk(w, p->provider, p->provider_of, &adapter, &env) &&
           view_eq(p->currency, VIEW_LIT("KRW")) &&
           p->books.amount < (p->later ? adapter->deposit_won_min : adapter->won_min);
}

/* An attempt that is dead from the first: its hold may be paid otherwise. */
static int refuse_amount(const struct work *w, struct payment *p)
{
    static const struct told told = {.said = SAID_DECLINED, .reason = "AMOUNT_REFUSED"};
    p->version = 1;
    return flow_apply(w, p, adapter_find(p->provider), &told);
}

int payment_begin(struct call *call, const void *request, void *response)
{
    const Usher__V1__BeginPaymentRequest *wish = request;
    const struct work w = answer_work(call);
    const struct payment_options *options = &w.role->options;
    struct payment p = {0};
    struct begun begun = {0};
    uint8_t hash[32];
    Usher__V1__Payment *answer = response;
    const Usher__V1__Hold *hold;
    struct call_status status;
    int err = choose(call, wish, &p);
    if (err != 0)
        return err;
    p.return_path = view_str(wish->return_url[0] ? wish->return_url : "/");
    if (!is_path(p.return_path.at))
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "return_url: a path of this site, as in /orders");
    if (wish->idempotency_key[0] == '\0' || strlen(wish->idempotency_key) > 64)
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "idempotency_key: 1 to 64 bytes");
    if (id_parse(view_str(wish->hold_id), &p.hold_id) != 0)
        return answer_fail(call, CODE_NOT_FOUND, "HOLD_NOT_FOUND", "no such hold");
    call_request_hash(call, hash);
    err = keep_contact(call, wish, p.hold_id);
    if (err != 0)
        return err;
    /* The ticket service has it checked where the performance has a line. */
    struct view pass = call_metadata(call, VIEW_LIT("usher-pass"));
    if (pass.len == 0)
        pass = VIEW_LIT("none");
    err = tickets_extend(&w, wish->performance_id, p.hold_id, call_identity(call)->account_id,
                         role_now_ms() + options->pay_ms, pass, &hold, &status);
    if (err == ERR_NOT_FOUND) /* it may be paid already */
        return answer_known(call, wish, view_of(hash, 32), p.hold_id, &status, response);
    if (err != 0)
        return refuse_hold(call, err, &status);
    err = begin_fill(call, hold, wish->equal_places, &p);
    if (err == 0)
        err = begin_price(call, hold, wish->expected_amount, &p);
    if (err == 0 && p.books.amount == 0)
        return answer_fail(call, CODE_FAILED_PRECONDITION, "NOTHING_TO_PAY",
                           "these places cost nothing: order them, without a payment");
    const bool too_little = err == 0 && is_too_little(&w, &p);
    if (err == 0 && p.later)
        err = deposit_begin(call, wish, &p);
    else if (err == 0 && !too_little)
        err = begin_there(call, &p, &begun);
    if (err != 0)
        return err;
    err = payment_put(options->sql, &p, view_str(wish->idempotency_key), view_of(hash, 32),
                      w.deadline_ns);
    if (err == ERR_EXISTS || err == ERR_CONFLICT)
        return answer_known(call, wish, view_of(hash, 32), p.hold_id, NULL, response);
    if (err != 0)
        return answer_store_failed(call, err);
    flow_count(p.state);
    log_event(LOG_INFO, "payment.begin", log_id("usher.payment", p.payment_id),
              log_id("usher.order", p.hold_id), log_view("usher.provider", p.provider),
              log_int("usher.amount", p.books.amount));
    if (too_little)
        err = refuse_amount(&w, &p);
    else if (p.later)
        open_now(&w, &p);
    if (err != 0)
        return answer_store_failed(call, err);
    err = answer_payment(call, &p, true, answer);
    if (err == 0 && begun.redirect_url)
        answer->redirect_url = (char *)begun.redirect_url;
    return err;
}

/* ---- going on ---- */

/* The account's payment, or anyone's for an operator. Non-zero after call_fail. */
static int find(struct call *call, const char *text, struct payment *ret_payment)
{
    const struct work w = answer_work(call);
    const struct identity *who = call_identity(call);
    struct id payment_id;
    int err =
        id_parse(view_str(text), &payment_id) == 0
            ? payment_get(w.role->options.sql, payment_id, w.arena, ret_payment, w.deadline_ns)
            : ERR_NOT_FOUND;
    if (err == 0 && !id_is_zero(who->account_id) &&
        !id_eq(ret_payment->account_id, who->account_id))
        err = ERR_NOT_FOUND;
    return err == 0 ? 0 : answer_store_failed(call, err);
}

int payment_get_payment(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetPaymentRequest *wish = request;
    struct payment p = {0};
    int err = find(call, wish->payment_id, &p);
    return err == 0 ? answer_payment(call, &p, true, response) : err;
}

/* Ends the attempt, if it lives. The store's errors. */
static int end(const struct work *w, struct payment *p)
{
    const struct id payment_id = p->payment_id;
    if (p->state > PAYMENT_UNCLEAR && p->state != PAYMENT_DEPOSIT)
        return 0;
    int err = flow_abandon(w, p, "PAYMENT_CANCELLED");
    return err == 0 || err == ERR_CONFLICT
               ? payment_get(w->role->options.sql, payment_id, w->arena, p, w->deadline_ns)
               : err;
}

/* Gives up its hold; one that is over is no failure. As role.h says of tickets.c. */
static int release(const struct work *w, const struct payment *p)
{
    struct asking a;
    const Usher__V1__ReleaseHoldResponse *answer;
    Usher__V1__ReleaseHoldRequest wish = USHER__V1__RELEASE_HOLD_REQUEST__INIT;
    tickets_begin(&a, w, p->account_id);
    wish.performance_id = p->performance_id;
    wish.hold_id = (char *)exchange_id(w->arena, p->hold_id);
    if (client_call(&a.client, Usher__V1__TicketService, release_hold, &wish, &answer) == 0)
        return 0;
    int err = tickets_meaning(&a.client.status);
    return err == ERR_NOT_FOUND ? 0 : err;
}

/* Who runs the performance takes back what was to be paid later, and its places with it; asked
 * again, they are looked after again. Non-zero after call_fail. */
#define END_TRIES 8

static int take_back(struct call *call, struct payment *p)
{
    const struct work w = answer_work(call);
    struct payment other;
    if (!p->later && !payment_is_dead(p->state) && p->state < PAYMENT_CAPTURED)
        return answer_fail(call, CODE_FAILED_PRECONDITION, "PAYING",
                           "its buyer is paying right now: it ends by itself, or is an order then");
    if (p->later && (p->state == PAYMENT_DEPOSIT || p->state <= PAYMENT_UNCLEAR))
        p->reason = VIEW_LIT(PAYMENT_ENDED_BY_TEAM); /* kept until its provider has ended it */
    if (p->state == PAYMENT_DEPOSIT) {
        const struct id by = call_identity(call)->account_id;
        const char *text = arena_printf(w.arena, "end: waiting taken back by %s",
                                        id_is_zero(by) ? "the operator" : exchange_id(w.arena, by));
        const struct payment_event event = {.at_ms = role_now_ms(),
                                            .payment_id = p->payment_id,
                                            .what = "call",
                                            .text = view_str(text ? text : "end: waiting"),
                                            .amount = p->books.amount};
        int err = payment_note(w.role->options.sql, &event, w.deadline_ns);
        if (err != 0)
            return answer_store_failed(call, err);
    }
    int err = end(&w, p);
    /* Its provider was looked at in the same moment. */
    for (int i = 0; err == 0 && i < END_TRIES && p->state == PAYMENT_DEPOSIT; i++)
        err = end(&w, p);
    if (err == 0 && p->later && payment_is_dead(p->state)) {
        err = payment_of_hold(w.role->options.sql, p->hold_id, w.arena, &other, w.deadline_ns);
        if (err == ERR_NOT_FOUND) /* nobody pays for these places in another way */
            err = release(&w, p);
        if (err == ERR_BUSY)
            return answer_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE",
                               "not possible right now: try the same request again");
    }
    return err == 0 ? 0 : answer_store_failed(call, err);
}

int payment_abandon(struct call *call, const void *request, void *response)
{
    const Usher__V1__AbandonPaymentRequest *wish = request;
    const struct work w = answer_work(call);
    struct payment p = {0};
    struct id payment_id;
    bool runs = false;
    int err = id_parse(view_str(wish->payment_id), &payment_id) == 0
                  ? payment_get(w.role->options.sql, payment_id, w.arena, &p, w.deadline_ns)
                  : ERR_NOT_FOUND;
    const bool own = err == 0 && id_eq(p.account_id, call_identity(call)->account_id);
    if (err == 0 && !own && answer_runs(call, p.performance_id, &runs) != 0)
        return 1;
    if (err == 0 && !own && !runs)
        err = ERR_NOT_FOUND;
    if (err == 0 && !begin_fits(wish->reason, PAYMENT_WHY_MAX))
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "reason: a line of at most %d bytes", PAYMENT_WHY_MAX);
    p.told_why = view_str(wish->reason);
    if (err == 0 && !own && take_back(call, &p) != 0)
        return 1;
    if (err == 0 && own)
        err = end(&w, &p);
    return err == 0 ? answer_payment(call, &p, true, response) : answer_store_failed(call, err);
}

int payment_finish(struct call *call, const void *request, void *response)
{
    const Usher__V1__FinishPaymentRequest *wish = request;
    struct work w = answer_work(call);
    const int64_t until_ns = deadline_after_ms(fiber_now_ns(), ROLE_WAIT_MS);
    struct id payment_id;
    struct payment p;
    struct view query = view_str(wish->return_query);
    if (query.len > 0 && query.at[0] == '?')
        query = view_of(query.at + 1, query.len - 1);
    if (until_ns < w.deadline_ns)
        w.deadline_ns = until_ns;
    if (id_parse(view_str(wish->payment_id), &payment_id) != 0)
        return answer_store_failed(call, ERR_NOT_FOUND);
    int err = return_with(&w, payment_id, query, &p);
    if (err == ERR_INVALID)
        return answer_fail(call, CODE_INVALID_ARGUMENT, "PAYMENT_MISMATCH",
                           "this way back is about another order or amount; nothing was charged");
    if (err != 0)
        return answer_store_failed(call, err);
    const bool own = id_eq(call_identity(call)->account_id, p.account_id);
    return answer_payment(call, &p, own, response);
}
