/*
 * BeginRefundJob, GetRefundJob, ListRefundJobOrders, and how a job goes on: everything that was
 * paid for a performance is given back, at the provider's pace. What is to be done is in the store;
 * an item is decided by its payment's books, so that doing it twice does it once.
 */
#include <stdlib.h>

#include "sale/currency.h"
#include "sale/order_number.h"
#include "store/refund_jobs.h"
#include "svc/payment/adapters/exchange.h"
#include "svc/payment/give_back.h"
#include "svc/payment/role.h"

#define DAY_MS     INT64_C(86400000)
#define REASON_MAX 100

/* ---- carrying it out ---- */

struct item_step {
    struct payment_role *role;
    struct refund_item item;
};

static int outcome_of(const struct work *w, const struct payment *p, uint32_t *ret_state)
{
    struct refund *refunds;
    size_t count;
    int err =
        refunds_of(w->role->options.sql, p->payment_id, w->arena, &refunds, &count, w->deadline_ns);
    *ret_state = p->books.pending == 0 ? REFUND_ITEM_DONE : REFUND_ITEM_UNDER_WAY;
    for (size_t i = 0; err == 0 && i < count; i++) {
        if (refunds[i].state == REFUND_FAILED)
            *ret_state = REFUND_ITEM_FAILED;
    }
    return err;
}

static int run_item(const struct work *w, struct refund_item *item)
{
    struct sql *sql = w->role->options.sql;
    struct payment p;
    int err = payment_get(sql, item->payment_id, w->arena, &p, w->deadline_ns);
    if (err == 0 && p.books.sold > 0)
        err = flow_give_all_back(w, &p, VIEW_LIT(REFUND_CALLED_OFF));
    if (err == 0)
        err = payment_get(sql, item->payment_id, w->arena, &p, w->deadline_ns);
    if (err == 0)
        err = outcome_of(w, &p, &item->state);
    item->next_at_ms =
        err == 0 && item->state >= REFUND_ITEM_DONE ? 0 : role_now_ms() + ROLE_JOB_PAUSE_MS;
    int saved = refund_item_save(sql, item, w->deadline_ns);
    return err != 0 ? err : saved;
}

static void run_step(void *arg)
{
    struct item_step *step = arg;
    struct arena arena;
    arena_init(&arena, ROLE_ARENA_MAX);
    const struct work w = {.role = step->role,
                           .arena = &arena,
                           .deadline_ns = deadline_after_ms(fiber_now_ns(), ROLE_STEP_MS)};
    int err = run_item(&w, &step->item);
    if (err != 0 && err != ERR_CONFLICT && err != ERR_CANCELLED)
        log_event(LOG_WARN, "payment.step", log_id("usher.payment", step->item.payment_id),
                  log_err(err));
    arena_release(&arena);
    step->role->items--;
    free(step);
}

/* The provider's own pace: what a tick came late for is made up for, of a second at most. */
static void start_items(struct payment_role *role, uint32_t provider, struct arena *arena,
                        int64_t deadline_ns)
{
    /* Behind the providers comes the box office: its tickets go back, and its money waits for a
     * person to hand it out. */
    const struct adapter *adapter =
        provider == role->options.provider_count ? &box_office_adapter : role->adapters[provider];
    struct refund_item *items;
    size_t count = 0;
    const int64_t now_ns = fiber_now_ns();
    const int64_t each_ns = 60 * NS_PER_S / adapter->refunds_a_minute;
    for (uint32_t i = 0; i < provider; i++) {
        if (role->adapters[i] == adapter)
            return; /* all accounts at a provider go at one pace */
    }
    if (role->job_next_ns[provider] < now_ns - NS_PER_S)
        role->job_next_ns[provider] = now_ns;
    if (now_ns < role->job_next_ns[provider])
        return;
    size_t max = 1 + (size_t)((now_ns - role->job_next_ns[provider]) / each_ns);
    max = max > ROLE_STEPS_MAX - role->items ? ROLE_STEPS_MAX - role->items : max;
    if (refund_items_due(role->options.sql, view_str(adapter->name), role_now_ms(), max, arena,
                         &items, &count, deadline_ns) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        struct item_step *step = calloc(1, sizeof(*step));
        if (!step)
            return;
        *step = (struct item_step){.role = role, .item = items[i]};
        step->item.provider = step->item.currency = (struct view){0}; /* go with the arena */
        if (fiber_spawn(&role->scope, run_step, step) != 0) {
            free(step);
            return;
        }
        role->items++;
    }
    role->job_next_ns[provider] += (int64_t)count * each_ns;
}

static void end_jobs(struct payment_role *role, struct arena *arena, int64_t deadline_ns)
{
    struct refund_job *jobs;
    size_t count;
    bool ended;
    int err = refund_jobs_running(role->options.sql, arena, &jobs, &count, deadline_ns);
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = refund_job_end(role->options.sql, &jobs[i], role_now_ms(), &ended, deadline_ns);
        if (ended)
            log_event(LOG_INFO, "payment.job", log_id("usher.job", jobs[i].job_id),
                      log_uint("usher.performance", jobs[i].performance_id),
                      log_text("every order has its outcome"));
    }
}

void jobs_tick(struct payment_role *role, struct arena *arena)
{
    const int64_t deadline_ns = deadline_after_ms(fiber_now_ns(), ROLE_STEP_MS);
    if (role->items > 0)
        return;
    for (uint32_t i = 0; i <= role->options.provider_count && role->items < ROLE_STEPS_MAX; i++)
        start_items(role, i, arena, deadline_ns);
    if (role->items == 0 && role->job_look_ns <= fiber_now_ns()) {
        end_jobs(role, arena, deadline_ns);
        role->job_look_ns = deadline_after_ms(fiber_now_ns(), ROLE_JOB_PAUSE_MS);
    }
}

bool jobs_called_off(const struct work *w, uint32_t performance_id)
{
    struct refund_job job;
    const Usher__V1__Performance *performance;
    return refund_job_get(w->role->options.sql, (struct id){0}, performance_id, w->arena, &job,
                          w->deadline_ns) == 0 &&
           (job.state == REFUND_JOB_RUNNING ||
            (tickets_performance(w, performance_id, &performance) == 0 &&
             performance->sale_state != USHER__V1__SALE_STATE__SALE_STATE_OPEN));
}

/* ---- the calls ---- */

/* Refuses who does not run the performance. Non-zero after call_fail. */
static int check_runs(struct call *call, uint32_t performance_id)
{
    bool runs;
    int err = answer_runs(call, performance_id, &runs);
    if (err != 0 || runs)
        return err;
    return call_fail(call, CODE_PERMISSION_DENIED, NULL,
                     "this is a manager's or an owner's of that organiser to do");
}

/* Nobody may buy what is given back. Non-zero after call_fail. */
static int check_paused(struct call *call, const Usher__V1__Performance *performance)
{
    return performance->sale_state != USHER__V1__SALE_STATE__SALE_STATE_OPEN
               ? 0
               : answer_fail(call, CODE_FAILED_PRECONDITION, "SALE_OPEN",
                             "pause the sale first: nobody should buy what is given back");
}

static Usher__V1__RefundJobTotal *total_of(struct call *call, const struct refund_job_sum *sum,
                                           Usher__V1__RefundJob *job)
{
    const struct payment_role *role = call_state(call);
    struct arena *arena = call_arena(call);
    for (size_t i = 0; i < job->n_totals; i++) {
        if (view_eq(view_str(job->totals[i]->provider), sum->provider) &&
            view_eq(view_str(job->totals[i]->currency), sum->currency))
            return job->totals[i];
    }
    Usher__V1__RefundJobTotal *total = arena_alloc(arena, sizeof(*total));
    if (!total)
        return NULL;
    usher__v1__refund_job_total__init(total);
    total->provider = (char *)sum->provider.at;
    total->currency = (char *)sum->currency.at;
    total->currency_digits = currency_digits(sum->currency);
    for (uint32_t i = 0; i < role->options.provider_count; i++) {
        if (view_eq(view_str(role->adapters[i]->name), sum->provider)) {
            total->refunds_per_minute = role->adapters[i]->refunds_a_minute;
            total->window_days = role->adapters[i]->refund_days;
        }
    }
    job->totals[job->n_totals++] = total;
    return total;
}

/* There is room for as many in totals. */
static int fill_totals(struct call *call, const struct refund_job_sum *sums, size_t count,
                       Usher__V1__RefundJob *job)
{
    for (size_t i = 0; i < count; i++) {
        Usher__V1__RefundJobTotal *total = total_of(call, &sums[i], job);
        if (!total)
            return ERR_NO_MEMORY;
        /* A dry run tells what would be done apart from what jobs have done. */
        const bool counts = job->job_id[0] || sums[i].state < REFUND_ITEM_DONE;
        total->orders += counts ? sums[i].orders : 0;
        total->amount += counts ? sums[i].amount : 0;
        total->old_orders += total->window_days > 0 ? sums[i].old_orders : 0;
        total->done_orders += sums[i].state == REFUND_ITEM_DONE ? sums[i].orders : 0;
        total->done_amount += sums[i].state == REFUND_ITEM_DONE ? sums[i].amount : 0;
        total->failed_orders += sums[i].state == REFUND_ITEM_FAILED ? sums[i].orders : 0;
        total->failed_amount += sums[i].state == REFUND_ITEM_FAILED ? sums[i].amount : 0;
    }
    return 0;
}

static int fill_job(struct call *call, const struct refund_job *job, Usher__V1__RefundJob *answer)
{
    const struct work w = answer_work(call);
    struct refund_job_sum *sums;
    size_t count;
    int err =
        refund_job_sums(w.role->options.sql, job->job_id, w.arena, &sums, &count, w.deadline_ns);
    answer->job_id = (char *)exchange_id(w.arena, job->job_id);
    answer->totals = err == 0 ? arena_alloc(w.arena, count * sizeof(*answer->totals)) : NULL;
    if (err == 0)
        err = answer->job_id && answer->totals ? fill_totals(call, sums, count, answer)
                                               : ERR_NO_MEMORY;
    answer->performance_id = job->performance_id;
    answer->state = (Usher__V1__RefundJobState)job->state;
    answer->created_at_ms = job->created_at_ms;
    answer->finished_at_ms = job->finished_at_ms;
    return err == 0 ? 0 : answer_store_failed(call, err);
}

/* The longest window that any provider has; those of totals that have none are not counted. */
static int64_t old_before_ms(const struct payment_role *role)
{
    uint32_t days = 0;
    for (uint32_t i = 0; i < role->options.provider_count; i++) {
        if (role->adapters[i]->refund_days > days)
            days = role->adapters[i]->refund_days;
    }
    return role_now_ms() - days * DAY_MS;
}

static int preview(struct call *call, uint32_t performance_id, Usher__V1__RefundJob *answer)
{
    const struct work w = answer_work(call);
    struct sql *sql = w.role->options.sql;
    struct refund_job_sum *sums, *done;
    size_t count, done_count;
    int err = refund_job_preview(sql, performance_id, old_before_ms(w.role), w.arena, &sums, &count,
                                 w.deadline_ns);
    if (err == 0)
        err = refund_jobs_done(sql, performance_id, w.arena, &done, &done_count, w.deadline_ns);
    answer->totals =
        err == 0 ? arena_alloc(w.arena, (count + done_count) * sizeof(*answer->totals)) : NULL;
    if (err == 0)
        err = answer->totals ? fill_totals(call, sums, count, answer) : ERR_NO_MEMORY;
    if (err == 0)
        err = fill_totals(call, done, done_count, answer);
    answer->performance_id = performance_id;
    answer->state = USHER__V1__REFUND_JOB_STATE__REFUND_JOB_STATE_PREVIEW;
    return err == 0 ? 0 : answer_store_failed(call, err);
}

int payment_begin_refund_job(struct call *call, const void *request, void *response)
{
    const Usher__V1__BeginRefundJobRequest *wish = request;
    const struct work w = answer_work(call);
    const Usher__V1__Performance *performance;
    struct refund_job job = {0};
    if (strlen(wish->reason) > REASON_MAX)
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "reason: at most %d bytes",
                           REASON_MAX);
    int err = check_runs(call, wish->performance_id);
    if (err == 0)
        err = answer_performance(call, wish->performance_id, &performance);
    if (err == 0 && wish->dry_run)
        return preview(call, wish->performance_id, response);
    if (err == 0)
        err = check_paused(call, performance);
    if (err != 0)
        return err;
    const int64_t now_ms = role_now_ms();
    job = (struct refund_job){.job_id = chance_id_at(w.role->options.chance, now_ms),
                              .performance_id = wish->performance_id,
                              .state = REFUND_JOB_RUNNING,
                              .reason = view_str(wish->reason),
                              .created_at_ms = now_ms};
    err = refund_job_put(w.role->options.sql, &job, w.deadline_ns);
    if (err == 0)
        log_event(LOG_INFO, "payment.job", log_id("usher.job", job.job_id),
                  log_uint("usher.performance", job.performance_id),
                  log_text("everything that was paid is given back"));
    /* One that runs, or after which nothing is left: asked twice, begun once. */
    if (err == ERR_CONFLICT || err == ERR_EXISTS)
        err = refund_job_get(w.role->options.sql, (struct id){0}, wish->performance_id, w.arena,
                             &job, w.deadline_ns);
    return err == 0 ? fill_job(call, &job, response) : answer_store_failed(call, err);
}

/* By the job's id, or the performance's last; of a performance that the caller manages. */
static int find_job(struct call *call, const char *text, uint32_t performance_id,
                    struct refund_job *ret_job)
{
    const struct work w = answer_work(call);
    struct id job_id = {0};
    int err = text[0] && id_parse(view_str(text), &job_id) != 0 ? ERR_NOT_FOUND : 0;
    if (err == 0)
        err = refund_job_get(w.role->options.sql, job_id, performance_id, w.arena, ret_job,
                             w.deadline_ns);
    if (err == ERR_NOT_FOUND)
        return answer_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "no such job");
    if (err != 0)
        return answer_store_failed(call, err);
    return check_runs(call, ret_job->performance_id);
}

int payment_get_refund_job(struct call *call, const void *request, void *response)
{
    const Usher__V1__GetRefundJobRequest *wish = request;
    struct refund_job job = {0};
    int err = find_job(call, wish->job_id, wish->performance_id, &job);
    return err == 0 ? fill_job(call, &job, response) : err;
}

static int fill_order(struct arena *arena, const struct refund_item *item,
                      Usher__V1__RefundJobOrder *ret_order)
{
    char number[ORDER_NUMBER_CHARS + 1];
    order_number_write(item->order_id, number);
    usher__v1__refund_job_order__init(ret_order);
    ret_order->order_id = (char *)exchange_id(arena, item->order_id);
    ret_order->order_number = arena_copy(arena, view_str(number));
    ret_order->payment_id = (char *)exchange_id(arena, item->payment_id);
    ret_order->outcome = (Usher__V1__RefundOutcome)item->state;
    ret_order->amount = item->amount;
    ret_order->currency = (char *)item->currency.at;
    ret_order->currency_digits = currency_digits(item->currency);
    ret_order->provider = (char *)item->provider.at;
    return ret_order->order_id && ret_order->order_number && ret_order->payment_id ? 0
                                                                                   : ERR_NO_MEMORY;
}

int payment_list_refund_job_orders(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListRefundJobOrdersRequest *wish = request;
    Usher__V1__ListRefundJobOrdersResponse *answer = response;
    const struct work w = answer_work(call);
    const size_t page = wish->page_size == 0 ? ROLE_PAGE : wish->page_size;
    struct id after = {0};
    struct refund_job job = {0};
    struct refund_item *items;
    size_t count;
    if (page > PAYMENT_PAGE_MAX ||
        (wish->page_token[0] && id_parse(view_str(wish->page_token), &after) != 0))
        return answer_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT",
                           "a page of 1 to %d, and a token of the page before", PAYMENT_PAGE_MAX);
    int err = find_job(call, wish->job_id, 0, &job);
    if (err != 0)
        return err;
    err = refund_items(w.role->options.sql, job.job_id, wish->outcome, after, page, w.arena, &items,
                       &count, w.deadline_ns);
    Usher__V1__RefundJobOrder *rows = err == 0 ? arena_alloc(w.arena, count * sizeof(*rows)) : NULL;
    answer->orders = rows ? arena_alloc(w.arena, count * sizeof(*answer->orders)) : NULL;
    if (err == 0 && !answer->orders)
        err = ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = fill_order(w.arena, &items[i], &rows[i]);
        answer->orders[answer->n_orders++] = &rows[i];
    }
    if (err == 0 && count == page)
        answer->next_page_token = (char *)exchange_id(w.arena, items[count - 1].payment_id);
    return err == 0 ? 0 : answer_store_failed(call, err);
}
