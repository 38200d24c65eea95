/*
 * usher payment refund-all: a performance that does not take place. Without --yes it only tells
 * what would be done; with it, it begins the job, or finds the one that runs, and follows it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "cmd/order.h"
#include "cmd/session.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "term/money.h"
#include "term/sheet.h"
#include "usher/v1/payment.pb-c.h"

#define LOOK_MS 1000 /* between looks at a job that runs */

struct refund_all_values {
    struct session_values session;
    const char *reason;
    const char *word; /* the performance */
    bool yes;
    bool orders;
};

#define call_payment(session, method, request, ret_response)                                       \
    session_call_of((session), &usher__v1__payment_service__descriptor, Usher__V1__PaymentService, \
                    method, (request), (ret_response))

/* Money of the box office goes back over its counter. */
static bool is_counter(const char *provider)
{
    return strcmp(provider, "box-office") == 0;
}

static const char *outcome_word(Usher__V1__RefundOutcome outcome, bool counter)
{
    static const char *const words[] = {"?", "waiting", "under way", "given back",
                                        "refused by the provider"};
    if (counter && outcome == USHER__V1__REFUND_OUTCOME__REFUND_OUTCOME_FAILED)
        return "to be handed out at the box office";
    return words[outcome <= 4 ? (int)outcome : 0];
}

/* Orders that are still to be given back, at whatever provider. */
static uint64_t left_of(const Usher__V1__RefundJob *job)
{
    uint64_t left = 0;
    for (size_t i = 0; i < job->n_totals; i++)
        left += job->totals[i]->orders;
    return left;
}

static void print_totals(const Usher__V1__RefundJob *job)
{
    const bool preview = job->state == USHER__V1__REFUND_JOB_STATE__REFUND_JOB_STATE_PREVIEW;
    char amount[MONEY_TEXT_MAX], part[MONEY_TEXT_MAX];
    for (size_t i = 0; i < job->n_totals; i++) {
        const Usher__V1__RefundJobTotal *t = job->totals[i];
        money_format(t->amount, t->currency, amount);
        if (preview && t->orders == 0)
            printf("%s: nothing left", t->provider);
        else
            printf("%s: %" PRIu64 " order%s, %s", t->provider, t->orders, t->orders == 1 ? "" : "s",
                   amount);
        money_format(t->done_amount, t->currency, part);
        if (!preview || t->done_orders > 0)
            printf("; %" PRIu64 " given back%s, %s", t->done_orders, preview ? " before" : "",
                   part);
        money_format(t->failed_amount, t->currency, part);
        if (t->failed_orders > 0)
            printf("; %" PRIu64 " %s, %s", t->failed_orders,
                   is_counter(t->provider) ? "to be handed out at the box office" : "refused",
                   part);
        printf("\n");
        if (preview && t->orders > 0 && t->refunds_per_minute > 0)
            printf("  at most %" PRIu32 " a minute: %" PRIu64 " min\n", t->refunds_per_minute,
                   (t->orders + t->refunds_per_minute - 1) / t->refunds_per_minute);
        if (preview && t->old_orders > 0)
            printf("  %" PRIu64 " were paid more than %" PRIu32
                   " days ago: the provider may refuse them\n",
                   t->old_orders, t->window_days);
    }
    if (left_of(job) == 0)
        printf("there is nothing to give back: no order that is good was paid\n");
}

static int print_orders(struct session *session, const char *job_id)
{
    Usher__V1__ListRefundJobOrdersRequest wish = USHER__V1__LIST_REFUND_JOB_ORDERS_REQUEST__INIT;
    const Usher__V1__ListRefundJobOrdersResponse *page;
    struct sheet sheet;
    char amount[MONEY_TEXT_MAX];
    int code;
    wish.job_id = (char *)job_id;
    wish.page_size = 100;
    sheet_init(&sheet, "llrl");
    do {
        code = call_payment(session, list_refund_job_orders, &wish, &page);
        for (size_t i = 0; code == CMD_OK && i < page->n_orders; i++) {
            const Usher__V1__RefundJobOrder *order = page->orders[i];
            money_format(order->amount, order->currency, amount);
            sheet_put(&sheet, "%s", order->order_number);
            sheet_put(&sheet, "%s", order->provider);
            sheet_put(&sheet, "%s", amount);
            sheet_put(&sheet, "%s", outcome_word(order->outcome, is_counter(order->provider)));
        }
        wish.page_token = code == CMD_OK ? page->next_page_token : (char *)"";
    } while (code == CMD_OK && wish.page_token[0]);
    if (code == CMD_OK)
        sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    return code;
}

/* Waits until every order has its outcome. */
static int follow(struct session *session, const Usher__V1__RefundJob **job)
{
    Usher__V1__GetRefundJobRequest wish = USHER__V1__GET_REFUND_JOB_REQUEST__INIT;
    int code = CMD_OK;
    wish.job_id = (*job)->job_id;
    while (code == CMD_OK &&
           (*job)->state == USHER__V1__REFUND_JOB_STATE__REFUND_JOB_STATE_RUNNING) {
        if (fiber_sleep_until(deadline_after_ms(fiber_now_ns(), LOOK_MS)) != 0)
            return CMD_FALSE;
        code = call_payment(session, get_refund_job, &wish, job);
    }
    return code;
}

/* Of the last job, if there was one. */
static int print_orders_before(struct session *session, const Usher__V1__RefundJob *preview)
{
    Usher__V1__GetRefundJobRequest wish = USHER__V1__GET_REFUND_JOB_REQUEST__INIT;
    const Usher__V1__RefundJob *last;
    uint64_t before = 0;
    for (size_t i = 0; i < preview->n_totals; i++)
        before += preview->totals[i]->done_orders + preview->totals[i]->failed_orders;
    if (before == 0)
        return CMD_OK;
    wish.performance_id = preview->performance_id;
    int code = call_payment(session, get_refund_job, &wish, &last);
    return code == CMD_OK ? print_orders(session, last->job_id) : code;
}

static bool all_done(const Usher__V1__RefundJob *job)
{
    for (size_t i = 0; i < job->n_totals; i++) {
        if (job->totals[i]->failed_orders > 0)
            return false;
    }
    return true;
}

static int refund_all(struct session *session, void *arg)
{
    const struct refund_all_values *values = arg;
    Usher__V1__BeginRefundJobRequest wish = USHER__V1__BEGIN_REFUND_JOB_REQUEST__INIT;
    const Usher__V1__RefundJob *job;
    uint64_t performance_id;
    if (!view_to_u64(view_str(values->word), UINT32_MAX, &performance_id))
        return cmd_fail(session->command, CMD_USAGE,
                        "\"%s\" is no performance's number; usher event list tells them",
                        values->word);
    wish.performance_id = (uint32_t)performance_id;
    wish.dry_run = !values->yes;
    wish.reason = (char *)values->reason;
    int code = call_payment(session, begin_refund_job, &wish, &job);
    if (code == CMD_OK && values->yes)
        code = follow(session, &job);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        code = session_print_json(session, job);
    else
        print_totals(job);
    if (code == CMD_OK && values->orders)
        code = values->yes ? print_orders(session, job->job_id) : print_orders_before(session, job);
    if (!values->yes && !values->session.json && left_of(job) > 0)
        printf("this was a dry run: say --yes to give it back\n");
    return code == CMD_OK && !all_done(job) ? CMD_FALSE : code;
}

static const struct conf_option refund_all_options[] = {
    {"yes", CONF_BOOL, offsetof(struct refund_all_values, yes), "no",
     .help = "give it back; without it, only tell what would be done"},
    {"orders", CONF_BOOL, offsetof(struct refund_all_values, orders), "no",
     .help = "show the outcome of each order; after a dry run, of the job before it"},
    {"reason", CONF_STR, offsetof(struct refund_all_values, reason), "", 0, 100,
     .help = "a note that is kept with the job"},
    SESSION_OPTIONS(struct refund_all_values, session),
};

const struct conf_table refund_all_table = {
    .command = "usher payment refund-all",
    .summary = "Gives back everything that was paid for a performance.",
    .positional = "PERFORMANCE",
    .positional_min = 1,
    .positional_max = 1,
    .options = refund_all_options,
    .option_count = sizeof(refund_all_options) / sizeof(refund_all_options[0]),
};

int refund_all_command(int argc, char **argv)
{
    struct refund_all_values values = {0};
    return session_command(&refund_all_table, argc, argv, &values, &values.session, &values.word,
                           refund_all);
}
