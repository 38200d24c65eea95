/* GetMoneyStory, ListDeposits, ListPayments, GetBooks: where is my money. */
#include "sale/currency.h"
#include "store/payments_watch.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/deposits.h"
#include "svc/payment/role.h"
#include "token/roles.h"

/* Room for one more in a list of pointers that was made for max. */
#define ADD(list, count, item) (list)[(count)++] = (item)

static int add_refunds(struct call *call, const struct payment *p, Usher__V1__MoneyStory *story)
{
    const struct work w = answer_work(call);
    struct refund *refunds;
    size_t count;
    int err =
        refunds_of(w.role->options.sql, p->payment_id, w.arena, &refunds, &count, w.deadline_ns);
    Usher__V1__Refund *rows = err == 0 ? arena_alloc(w.arena, count * sizeof(*rows)) : NULL;
    Usher__V1__Refund **list =
        rows ? arena_alloc(w.arena, (story->n_refunds + count) * sizeof(*list)) : NULL;
    if (!list)
        return err != 0 ? err : ERR_NO_MEMORY;
    if (story->n_refunds > 0)
        memcpy(list, story->refunds, story->n_refunds * sizeof(*list));
    story->refunds = list;
    for (size_t i = 0; i < count; i++) {
        err = answer_refund(w.arena, p, &refunds[i], &rows[i]);
        if (err != 0)
            return err;
        ADD(story->refunds, story->n_refunds, &rows[i]);
    }
    return 0;
}

/* "confirm: captured DONE": what was asked, what came of it, and the provider's word for it. */
static int tell_call(struct arena *arena, struct view text, Usher__V1__MoneyEvent *row)
{
    const char *colon = text.len > 0 ? memchr(text.at, ':', text.len) : NULL;
    if (!colon) { /* of the box office */
        row->step = (char *)"collected";
        return 0;
    }
    const size_t asked = (size_t)(colon - text.at);
    const struct view rest =
        text.len > asked + 2 ? view_of(colon + 2, text.len - asked - 2) : (struct view){0};
    const char *space = rest.len > 0 ? memchr(rest.at, ' ', rest.len) : NULL;
    const size_t len = space ? (size_t)(space - rest.at) : rest.len;
    row->step = arena_copy(arena, view_of(text.at, asked));
    row->outcome = arena_copy(arena, view_of(rest.at, len));
    row->code =
        arena_copy(arena, space ? view_of(space + 1, rest.len - len - 1) : (struct view){0});
    return row->step && row->outcome && row->code ? 0 : ERR_NO_MEMORY;
}

/* What happened, in words that a page has sentences for. */
static int tell_step(struct arena *arena, const struct payment_event *event,
                     Usher__V1__MoneyEvent *row)
{
    static const struct {
        const char *text, *step, *code;
    } refunds[] = {{"the money is back", "done", ""},
                   {"the provider refuses", "refused", ""},
                   {"less is left at the provider", "refused", ""},
                   {"nobody says what became of it", "refused", ""},
                   {"the tickets do not come back", "refused", ""},
                   {"taken back", "waiting", PAYMENT_TAKEN_BACK},
                   {"asked for again", "begun", ""},
                   {"", "waiting", ""}};
    const struct view text = event->text;
    if (strcmp(event->what, "call") == 0)
        return tell_call(arena, text, row);
    if (strcmp(event->what, "refund") == 0) {
        size_t i = 0;
        while (!view_starts(text, view_str(refunds[i].text)))
            i++;
        row->step = (char *)refunds[i].step;
        row->code = (char *)refunds[i].code;
    }
    if (strcmp(event->what, "contradiction") == 0) {
        const bool over = view_eq(text, VIEW_LIT("over"));
        row->step = (char *)(over ? "over" : "stands");
        row->code = over ? (char *)"" : arena_copy(arena, text);
    }
    if (strcmp(event->what, "state") == 0) {
        const char *colon = text.len > 0 ? memchr(text.at, ':', text.len) : NULL;
        const size_t len = colon ? (size_t)(colon - text.at) : text.len;
        row->step = arena_copy(arena, view_of(text.at, len));
        row->code =
            arena_copy(arena, colon && text.len > len + 2 ? view_of(colon + 2, text.len - len - 2)
                                                          : (struct view){0});
    }
    return row->step && row->code ? 0 : ERR_NO_MEMORY;
}

static int add_events(struct call *call, const struct payment *p, Usher__V1__MoneyStory *story)
{
    const struct work w = answer_work(call);
    struct payment_event *events;
    size_t count;
    int err =
        payment_story(w.role->options.sql, p->payment_id, w.arena, &events, &count, w.deadline_ns);
    Usher__V1__MoneyEvent *rows = err == 0 ? arena_alloc(w.arena, count * sizeof(*rows)) : NULL;
    Usher__V1__MoneyEvent **list =
        rows ? arena_alloc(w.arena, (story->n_events + count) * sizeof(*list)) : NULL;
    if (!list)
        return err != 0 ? err : ERR_NO_MEMORY;
    if (story->n_events > 0)
        memcpy(list, story->events, story->n_events * sizeof(*list));
    story->events = list;
    for (size_t i = 0; i < count; i++) {
        usher__v1__money_event__init(&rows[i]);
        rows[i].at_ms = events[i].at_ms;
        rows[i].payment_id = (char *)exchange_id(w.arena, events[i].payment_id);
        rows[i].what = (char *)events[i].what;
        rows[i].text = (char *)arena_copy(w.arena, events[i].text);
        rows[i].amount = events[i].amount;
        if (tell_step(w.arena, &events[i], &rows[i]) != 0)
            return ERR_NO_MEMORY;
        ADD(story->events, story->n_events, &rows[i]);
    }
    return 0;
}

/* Whether there is such an order, for the caller to know of: then nothing was paid for it.
 * ERR_NOT_FOUND, ERR_UNAVAILABLE. */
static int check_order(struct call *call, struct id order_id)
{
    const struct work w = answer_work(call);
    const struct id account_id = call_identity(call)->account_id;
    const Usher__V1__Order *order;
    const Usher__V1__Performance *performance;
    struct id buyer;
    int err = tickets_order(&w, order_id, (struct id){0}, &order);
    if (err != 0)
        return err == ERR_BUSY ? ERR_UNAVAILABLE : ERR_NOT_FOUND;
    if (identity_has(call_identity(call), ROLE_OPERATOR) ||
        (id_parse(view_str(order->account_id), &buyer) == 0 && id_eq(buyer, account_id)))
        return 0;
    err = tickets_performance(&w, order->performance_id, &performance);
    if (err != 0)
        return ERR_UNAVAILABLE;
    return identity_has_for(call_identity(call), performance->organiser_id,
                            ROLES_MANAGE | ROLE_BOX_OFFICE)
               ? 0
               : ERR_NOT_FOUND;
}

int payment_get_story(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetMoneyStoryRequest *wish = request;
    const struct work w = answer_work(call);
    const struct identity *who = call_identity(call);
    Usher__V1__MoneyStory *story = response;
    struct payment *payments;
    size_t count = 0;
    struct id order_id;
    bool runs = false;
    int err =
        id_parse(view_str(wish->order_id), &order_id) == 0
            ? payments_of(w.role->options.sql, order_id, w.arena, &payments, &count, w.deadline_ns)
            : ERR_NOT_FOUND;
    if (err == 0 && count > 0 && answer_runs(call, payments[0].performance_id, &runs) != 0)
        return 1;
    Usher__V1__Payment *rows = err == 0 ? arena_alloc(w.arena, count * sizeof(*rows)) : NULL;
    if (rows)
        story->payments = arena_alloc(w.arena, count * sizeof(*story->payments));
    for (size_t i = 0; err == 0 && story->payments && i < count; i++) {
        if (!runs && !id_eq(payments[i].account_id, who->account_id))
            continue;
        usher__v1__payment__init(&rows[i]);
        err = answer_payment(call, &payments[i], false, &rows[i]);
        if (err != 0)
            return err;
        err = deposit_answer(&w, &payments[i], &rows[i]);
        if (err != 0)
            return answer_store_failed(call, err);
        ADD(story->payments, story->n_payments, &rows[i]);
        err = add_refunds(call, &payments[i], story);
        if (err == 0)
            err = add_events(call, &payments[i], story);
    }
    if (err == 0 && story->n_payments == 0)
        err = count == 0 ? check_order(call, order_id) : ERR_NOT_FOUND;
    story->order_id = wish->order_id;
    return err == 0 ? 0 : answer_store_failed(call, err);
}

/* All performances are an operator's; one is also its organiser's. Non-zero after call_fail. */
static int check_runs(struct call *call, uint32_t performance_id)
{
    bool runs = identity_has(call_identity(call), ROLE_OPERATOR);
    if (identity_has(call_identity(call), ROLE_PEER))
        return 0; /* the monitor, which checks everybody's books */
    int err = performance_id > 0 ? answer_runs(call, performance_id, &runs) : 0;
    if (err != 0 || runs)
        return err;
    return call_fail(call, CODE_PERMISSION_DENIED, NULL,
                     "name a performance of an organiser that you manage");
}

/* Where nothing is found, a performance that does not exist is not one without payments. Non-zero
 * after call_fail. */
static int check_there(struct call *call, uint32_t performance_id)
{
    const Usher__V1__Performance *performance;
    return performance_id == 0 ? 0 : answer_performance(call, performance_id, &performance);
}

/* Non-zero after call_fail. */
static int fill_rows(struct call *call, const struct payment *payments, size_t count,
                     Usher__V1__Payment ***ret_rows)
{
    const struct work w = answer_work(call);
    Usher__V1__Payment *rows = arena_alloc(w.arena, count * sizeof(*rows));
    *ret_rows = arena_alloc(w.arena, count * sizeof(**ret_rows));
    if (!rows || !*ret_rows)
        return answer_store_failed(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        usher__v1__payment__init(&rows[i]);
        int err = answer_payment(call, &payments[i], false, &rows[i]);
        if (err != 0)
            return err;
        err = deposit_answer(&w, &payments[i], &rows[i]);
        if (err != 0)
            return answer_store_failed(call, err);
        (*ret_rows)[i] = &rows[i];
    }
    return 0;
}

int payment_list_deposits(struct call *call, const void *request, void *response)
{
    Usher__V1__ListDepositsResponse *answer = response;
    const struct work w = answer_work(call);
    struct payment *payments;
    size_t count;
    int err = payment_deposits(w.role->options.sql, call_identity(call)->account_id, ROLE_PAGE,
                               w.arena, &payments, &count, w.deadline_ns);
    if (err != 0)
        return answer_store_failed(call, err);
    err = fill_rows(call, payments, count, &answer->payments);
    answer->n_payments = err == 0 ? count : 0;
    return err;
}

int payment_list_payments(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListPaymentsRequest *wish = request;
    Usher__V1__ListPaymentsResponse *answer = response;
    const struct work w = answer_work(call);
    const size_t page = wish->page_size == 0 ? ROLE_PAGE : wish->page_size;
    struct id after = {0};
    struct payment *payments;
    size_t count;
    if (page > PAYMENT_PAGE_MAX ||
        (wish->page_token[0] && id_parse(view_str(wish->page_token), &after) != 0))
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "a page of 1 to %d, and a token of the page before", PAYMENT_PAGE_MAX);
    int err = check_runs(call, wish->performance_id);
    if (err != 0)
        return err;
    err = wish->contradicted
              ? payment_list_contradicted(w.role->options.sql, wish->performance_id, after, page,
                                          w.arena, &payments, &count, w.deadline_ns)
              : payment_list(w.role->options.sql, wish->performance_id, wish->state, after, page,
                             w.arena, &payments, &count, w.deadline_ns);
    if (err != 0)
        return answer_store_failed(call, err);
    err = count == 0 ? check_there(call, wish->performance_id) : 0;
    if (err == 0)
        err = fill_rows(call, payments, count, &answer->payments);
    if (err != 0)
        return err;
    answer->n_payments = count;
    if (count == page)
        answer->next_page_token = (char *)exchange_id(w.arena, payments[count - 1].payment_id);
    return 0;
}

int payment_get_books(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetBooksRequest *wish = request;
    Usher__V1__Books *books = response;
    const struct work w = answer_work(call);
    struct payment_sum *sums;
    size_t count;
    int err = check_runs(call, wish->performance_id);
    if (err != 0)
        return err;
    err = payment_sums(w.role->options.sql, wish->performance_id, w.arena, &sums, &count,
                       w.deadline_ns);
    if (err != 0)
        return answer_store_failed(call, err);
    if (count == 0 && check_there(call, wish->performance_id) != 0)
        return 1;
    Usher__V1__BooksRow *rows = arena_alloc(w.arena, count * sizeof(*rows));
    books->rows = arena_alloc(w.arena, count * sizeof(*books->rows));
    if (!rows || !books->rows)
        return answer_store_failed(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        usher__v1__books_row__init(&rows[i]);
        rows[i].provider = (char *)arena_copy(w.arena, sums[i].provider);
        rows[i].currency = (char *)arena_copy(w.arena, sums[i].currency);
        rows[i].currency_digits = currency_digits(sums[i].currency);
        rows[i].captured = sums[i].books.captured;
        rows[i].sold = sums[i].books.sold;
        rows[i].charges = sums[i].books.kept;
        rows[i].refunded = sums[i].books.refunded;
        rows[i].pending = sums[i].books.pending;
        ADD(books->rows, books->n_rows, &rows[i]);
    }
    return 0;
}
