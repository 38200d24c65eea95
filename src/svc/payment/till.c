/* OpenTill, GetTill, ListTills, ListTillEntries, CloseTill, SetTillRules, GetTillRules. */
#include "svc/payment/till.h"

#include <inttypes.h>

#include "mem/utf8.h"
#include "sale/currency.h"
#include "sale/order_number.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/terms.h"

static_assert((int)TILL_COMP == (int)USHER__V1__TILL_MEANS__TILL_MEANS_COMP &&
                  (int)TILL_GIVEN == (int)USHER__V1__TILL_ENTRY_KIND__TILL_ENTRY_KIND_COMP,
              "numbers are those of the contract");

struct act till_act(struct call *call, const char *what, const char *about)
{
    return (struct act){.at_ms = role_now_ms(),
                        .what = view_str(what),
                        .account_id = call_identity(call)->account_id,
                        .address = call_metadata(call, VIEW_LIT("usher-address")),
                        .about = view_str(about ? about : "")};
}

int till_of_caller(struct call *call, uint32_t organiser_id, struct till *ret_till)
{
    const struct work w = answer_work(call);
    return till_open_of(w.role->options.sql, organiser_id, call_identity(call)->account_id, w.arena,
                        ret_till, w.deadline_ns);
}

uint32_t till_means_said(Usher__V1__TillMeans said)
{
    return said == USHER__V1__TILL_MEANS__TILL_MEANS_UNSPECIFIED ? TILL_CASH
           : said <= USHER__V1__TILL_MEANS__TILL_MEANS_COMP      ? (uint32_t)said
                                                                 : 0;
}

int till_refuse_closed(struct call *call)
{
    return answer_fail(call, CODE_FAILED_PRECONDITION, "TILL_CLOSED",
                       "money comes and goes by a till: open yours first, in this currency");
}

int till_refuse_short(struct call *call)
{
    return answer_fail(call, CODE_FAILED_PRECONDITION, "DRAWER_SHORT",
                       "your drawer has less cash than is to be handed out: close the till, and "
                       "open it with what is in it");
}

static int no_till(struct call *call)
{
    return answer_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "no such till, or none is open");
}

/* Whether the caller may give comps for that organiser. */
static int may_give(struct call *call, uint32_t organiser_id, bool *ret_may)
{
    const struct work w = answer_work(call);
    bool comps = false;
    *ret_may = identity_has_for(call_identity(call), organiser_id, ROLES_MANAGE);
    int err =
        *ret_may ? 0 : till_rule_get(w.role->options.sql, organiser_id, &comps, w.deadline_ns);
    *ret_may = *ret_may || comps;
    return err;
}

static int answer_till(struct call *call, const struct till *t, Usher__V1__Till *answer)
{
    const struct work w = answer_work(call);
    struct till_sums sums;
    bool gives = false;
    int err = till_sum(w.role->options.sql, t->till_id, w.arena, &sums, w.deadline_ns);
    if (err == 0)
        err = may_give(call, t->organiser_id, &gives);
    answer->till_id = (char *)exchange_id(w.arena, t->till_id);
    answer->account_id =
        (char *)(id_is_zero(t->account_id) ? "" : exchange_id(w.arena, t->account_id));
    answer->currency = arena_copy(w.arena, t->currency);
    answer->note = arena_copy(w.arena, t->note);
    if (err == 0 && (!answer->till_id || !answer->account_id || !answer->currency || !answer->note))
        err = ERR_NO_MEMORY;
    if (err != 0)
        return answer_store_failed(call, err);
    answer->organiser_id = t->organiser_id;
    answer->currency_digits = currency_digits(t->currency);
    answer->opened_at_ms = t->opened_at_ms;
    answer->closed_at_ms = t->closed_at_ms;
    answer->opening_amount = t->opening;
    answer->cash_taken = sums.taken[TILL_CASH];
    answer->cash_returned = sums.returned[TILL_CASH];
    answer->card_taken = sums.taken[TILL_CARD];
    answer->card_returned = sums.returned[TILL_CARD];
    answer->sales = sums.sales;
    answer->refunds = sums.refunds;
    answer->comps = sums.comps;
    answer->comp_places = sums.comp_places;
    answer->expected = till_expected(t, &sums);
    answer->counted = t->counted;
    answer->difference = t->closed_at_ms > 0 ? t->counted - answer->expected : 0;
    answer->may_give = gives;
    return 0;
}

/* The till of that id, if the caller may see it: one's own, or one of an organiser's whom one
 * manages. Non-zero after call_fail. */
static int find(struct call *call, const char *text, struct till *ret_till)
{
    const struct work w = answer_work(call);
    const struct identity *who = call_identity(call);
    struct id till_id;
    int err = id_parse(view_str(text), &till_id) == 0
                  ? till_get(w.role->options.sql, till_id, w.arena, ret_till, w.deadline_ns)
                  : ERR_NOT_FOUND;
    if (err == 0 && !identity_has_for(who, ret_till->organiser_id, ROLES_MANAGE) &&
        !(identity_has_for(who, ret_till->organiser_id, ROLE_BOX_OFFICE) &&
          id_eq(who->account_id, ret_till->account_id)))
        err = ERR_NOT_FOUND;
    return err == 0 ? 0 : err == ERR_NOT_FOUND ? no_till(call) : answer_store_failed(call, err);
}

static bool is_amount(int64_t amount)
{
    return amount >= 0 && amount <= TILL_AMOUNT_MAX;
}

int till_call_open(struct call *call, const void *request, void *response)
{
    const Usher__V1__OpenTillRequest *wish = request;
    const struct work w = answer_work(call);
    struct till till = {.account_id = call_identity(call)->account_id,
                        .currency = view_str(wish->currency[0] ? wish->currency : "KRW"),
                        .opening = wish->opening_amount,
                        .opened_at_ms = role_now_ms()};
    int err = selling_tenant(call, wish->organiser_id, ROLES_TILL, &till.organiser_id);
    if (err != 0)
        return err;
    if (!currency_find(till.currency) || !is_amount(till.opening))
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "currency, opening_amount: a currency of ISO 4217, and what is in the "
                           "drawer, not less than nothing");
    till.till_id = chance_id_at(w.role->options.chance, till.opened_at_ms);
    const char *about = arena_printf(w.arena, "organiser %" PRIu32 ": till %s", till.organiser_id,
                                     exchange_id(w.arena, till.till_id));
    const struct act act = till_act(call, "till.open", about);
    err = till_open(w.role->options.sql, &till, &act, w.deadline_ns);
    if (err == ERR_EXISTS)
        return answer_fail(call, CODE_ALREADY_EXISTS, "TILL_OPEN",
                           "your till is open: close it first");
    return err == 0 ? answer_till(call, &till, response) : answer_store_failed(call, err);
}

int till_call_get(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetTillRequest *wish = request;
    struct till till = {0};
    uint32_t organiser_id;
    if (wish->till_id[0])
        return find(call, wish->till_id, &till) == 0 ? answer_till(call, &till, response) : 1;
    int err = selling_tenant(call, wish->organiser_id, ROLES_TILL, &organiser_id);
    if (err != 0)
        return err;
    err = till_of_caller(call, organiser_id, &till);
    if (err == ERR_NOT_FOUND)
        return 0; /* an answer without an id */
    return err == 0 ? answer_till(call, &till, response) : answer_store_failed(call, err);
}

/* How many rows a page has. Non-zero after call_fail. */
static int page_of(struct call *call, uint32_t said, size_t *ret_page)
{
    *ret_page = said == 0 ? ROLE_PAGE : said;
    return *ret_page <= TILL_PAGE_MAX ? 0
                                      : answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                                                    "page_size: at most %d", TILL_PAGE_MAX);
}

int till_call_list(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListTillsRequest *wish = request;
    Usher__V1__ListTillsResponse *answer = response;
    const struct work w = answer_work(call);
    const struct identity *who = call_identity(call);
    struct id before = {0};
    struct till *tills;
    size_t page, count = 0;
    uint32_t organiser_id;
    int err = selling_tenant(call, wish->organiser_id, ROLES_TILL, &organiser_id);
    if (err == 0)
        err = page_of(call, wish->page_size, &page);
    if (err != 0)
        return err;
    if (wish->page_token[0] && id_parse(view_str(wish->page_token), &before) != 0)
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "page_token: not a token of this service");
    const bool all = identity_has_for(who, organiser_id, ROLES_MANAGE);
    err = till_list(w.role->options.sql, organiser_id, all ? NULL : &who->account_id, before, page,
                    w.arena, &tills, &count, w.deadline_ns);
    Usher__V1__Till *rows = arena_alloc(w.arena, (count + 1) * sizeof(*rows));
    answer->tills = arena_alloc(w.arena, (count + 1) * sizeof(*answer->tills));
    if (err == 0 && (!rows || !answer->tills))
        err = ERR_NO_MEMORY;
    if (err != 0)
        return answer_store_failed(call, err);
    for (size_t i = 0; i < count; i++) {
        usher__v1__till__init(&rows[i]);
        if (answer_till(call, &tills[i], &rows[i]) != 0)
            return 1;
        answer->tills[answer->n_tills++] = &rows[i];
    }
    if (count == page)
        answer->next_page_token = rows[count - 1].till_id;
    return 0;
}

int till_answer_entry(struct arena *arena, const struct till_entry *e, Usher__V1__TillEntry *ret)
{
    char number[ORDER_NUMBER_CHARS + 1];
    order_number_write(e->order_id, number);
    usher__v1__till_entry__init(ret);
    ret->number = e->number;
    ret->at_ms = e->at_ms;
    ret->kind = (Usher__V1__TillEntryKind)e->kind;
    ret->means = (Usher__V1__TillMeans)e->means;
    ret->amount = e->amount;
    ret->places = e->places;
    ret->performance_id = e->performance_id;
    ret->order_id = (char *)exchange_id(arena, e->order_id);
    ret->order_number = arena_copy(arena, view_str(number));
    ret->tendered = e->tendered;
    ret->note = arena_copy(arena, e->note);
    ret->is_void = e->state == TILL_VOID;
    return ret->order_id && ret->order_number && ret->note ? 0 : ERR_NO_MEMORY;
}

int till_call_entries(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListTillEntriesRequest *wish = request;
    Usher__V1__ListTillEntriesResponse *answer = response;
    const struct work w = answer_work(call);
    struct till till = {0};
    struct till_entry *entries;
    size_t page, count = 0;
    const uint32_t after =
        wish->after_number < UINT32_MAX ? (uint32_t)wish->after_number : UINT32_MAX;
    int err = page_of(call, wish->page_size, &page);
    if (err == 0)
        err = find(call, wish->till_id, &till);
    if (err != 0)
        return err;
    err = till_entries(w.role->options.sql, till.till_id, after, page, w.arena, &entries, &count,
                       w.deadline_ns);
    Usher__V1__TillEntry *rows = arena_alloc(w.arena, (count + 1) * sizeof(*rows));
    answer->entries = arena_alloc(w.arena, (count + 1) * sizeof(*answer->entries));
    if (err == 0 && (!rows || !answer->entries))
        err = ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = till_answer_entry(w.arena, &entries[i], &rows[i]);
        answer->entries[answer->n_entries++] = &rows[i];
    }
    return err == 0 ? 0 : answer_store_failed(call, err);
}

int till_call_close(struct call *call, const void *request, void *response)
{
    const Usher__V1__CloseTillRequest *wish = request;
    const struct work w = answer_work(call);
    struct till till = {0};
    int err = find(call, wish->till_id, &till);
    if (err != 0)
        return err;
    if (!is_amount(wish->counted) || !begin_fits(wish->note, TILL_NOTE_MAX))
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "counted, note: what is in the drawer, and one line of at most %d bytes",
                           TILL_NOTE_MAX);
    till.counted = wish->counted;
    till.note = view_str(wish->note);
    till.closed_at_ms = role_now_ms();
    till.closed_by = call_identity(call)->account_id;
    const char *about = arena_printf(w.arena, "organiser %" PRIu32 ": till %s: counted %" PRId64,
                                     till.organiser_id, wish->till_id, wish->counted);
    const struct act act = till_act(call, "till.close", about);
    err = till_close(w.role->options.sql, &till, &act, w.deadline_ns);
    if (err == ERR_CONFLICT)
        return answer_fail(call, CODE_FAILED_PRECONDITION, "TILL_CLOSED",
                           "this till was closed before");
    if (err == ERR_BUSY)
        return answer_fail(call, CODE_UNAVAILABLE, "OWNER_UNAVAILABLE",
                           "of a comp it is not clear yet whether its places were given: close the "
                           "till in some minutes");
    if (err == 0)
        err = till_get(w.role->options.sql, till.till_id, w.arena, &till, w.deadline_ns);
    return err == 0 ? answer_till(call, &till, response) : answer_store_failed(call, err);
}

/* ---- rules ---- */

int till_call_set_rules(struct call *call, const void *request, void *response)
{
    const Usher__V1__SetTillRulesRequest *wish = request;
    Usher__V1__TillRules *answer = response;
    const struct work w = answer_work(call);
    uint32_t organiser_id;
    if (!wish->rules)
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "rules: say which");
    int err = selling_tenant(call, wish->rules->organiser_id, ROLES_MANAGE, &organiser_id);
    if (err != 0)
        return err;
    const bool comps = wish->rules->box_office_comps;
    const char *about = arena_printf(w.arena, "organiser %" PRIu32 ": the box office gives %s",
                                     organiser_id, comps ? "comps" : "no comps");
    const struct act act = till_act(call, "till.rules", about);
    err = till_rule_set(w.role->options.sql, organiser_id, comps, &act, w.deadline_ns);
    answer->organiser_id = organiser_id;
    answer->box_office_comps = comps;
    return err == 0 ? 0 : answer_store_failed(call, err);
}

int till_call_get_rules(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetTillRulesRequest *wish = request;
    Usher__V1__TillRules *answer = response;
    const struct work w = answer_work(call);
    bool comps = false;
    int err = selling_tenant(call, wish->organiser_id, ROLES_TILL, &answer->organiser_id);
    if (err != 0)
        return err;
    err = till_rule_get(w.role->options.sql, answer->organiser_id, &comps, w.deadline_ns);
    answer->box_office_comps = comps;
    return err == 0 ? 0 : answer_store_failed(call, err);
}
