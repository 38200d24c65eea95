#include "svc/payment/payment.h"

#include <stdlib.h>

#include "clock/clock.h"
#include "db/http_workers.h"
#include "store/contacts.h"
#include "svc/payment/deposits.h"
#include "svc/payment/role.h"
#include "svc/payment/till.h"
#include "token/roles.h"

/* Whoever runs performances; which ones, the calls look at themselves. */
#define ROLES_RUN (ROLES_MANAGE | ROLE_BOX_OFFICE)

CALL_HANDLER(payment_read_events);

static const struct method methods[] = {
    {"ListProviders", METHOD_UNARY, 0, true, "public, max-age=2", 0, payment_list_providers},
    {"QuotePurchase", METHOD_UNARY, 0, true, "public, max-age=2", 0, payment_quote_purchase},
    {"BeginPayment", METHOD_UNARY, ROLES_BUY, false, NULL, 0, payment_begin},
    /* From whatever browser the buyer comes back with: an attempt's id is not to be guessed. */
    {"FinishPayment", METHOD_UNARY, 0, false, NULL, 0, payment_finish},
    {"GetPayment", METHOD_UNARY, ROLES_BUY | ROLE_OPERATOR, false, NULL, 0, payment_get_payment},
    {"AbandonPayment", METHOD_UNARY, ROLES_BUY | ROLES_RUN, false, NULL, 0, payment_abandon},
    {"ListDeposits", METHOD_UNARY, ROLES_BUY, false, NULL, 0, payment_list_deposits},
    {"GetMoneyStory", METHOD_UNARY, ROLES_BUY | ROLES_RUN, false, NULL, 0, payment_get_story},
    {"PreviewRefund", METHOD_UNARY, ROLES_BUY | ROLES_RUN, false, NULL, 0, payment_preview_refund},
    {"RefundOrder", METHOD_UNARY, ROLES_BUY | ROLES_RUN, false, NULL, 0, payment_refund_order},
    {"ListPayments", METHOD_UNARY, ROLES_RUN, false, NULL, 0, payment_list_payments},
    {"CollectPayment", METHOD_UNARY, ROLES_RUN, false, NULL, 0, payment_collect},
    {"GetBooks", METHOD_UNARY, ROLES_RUN | ROLE_PEER, false, NULL, 0, payment_get_books},
    {"BeginRefundJob", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, payment_begin_refund_job},
    {"GetRefundJob", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, payment_get_refund_job},
    {"ListRefundJobOrders", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0,
     payment_list_refund_job_orders},
    {"ListReceipts", METHOD_UNARY, ROLES_BUY | ROLES_RUN, false, NULL, 0, payment_list_receipts},
    {"GetReceiptFile", METHOD_UNARY, ROLES_BUY | ROLES_RUN, false, NULL, 0,
     payment_get_receipt_file},
    {"SetSellingTerms", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, payment_set_selling_terms},
    {"GetSellingTerms", METHOD_UNARY, ROLES_RUN, false, NULL, 0, payment_get_selling_terms},
    {"ReadPaymentEvents", METHOD_UNARY, ROLE_OPERATOR | ROLE_PEER, true, NULL, 0,
     payment_read_events},
};

struct service payment_service(struct payment_role *role)
{
    return (struct service){
        .descriptor = &usher__v1__payment_service__descriptor,
        .methods = methods,
        .method_count = sizeof(methods) / sizeof(methods[0]),
        .state = role,
    };
}

static const struct method till_methods[] = {
    {"OpenTill", METHOD_UNARY, ROLES_TILL, .handle = till_call_open},
    {"GetTill", METHOD_UNARY, ROLES_TILL, .handle = till_call_get},
    {"ListTills", METHOD_UNARY, ROLES_TILL, .handle = till_call_list},
    {"ListTillEntries", METHOD_UNARY, ROLES_TILL, .handle = till_call_entries},
    {"CloseTill", METHOD_UNARY, ROLES_TILL, .handle = till_call_close},
    {"HoldAtTill", METHOD_UNARY, ROLES_TILL, .handle = till_call_hold},
    {"ChooseAtTill", METHOD_UNARY, ROLES_TILL, .handle = till_call_choose},
    {"ReleaseAtTill", METHOD_UNARY, ROLES_TILL, .handle = till_call_release},
    {"SellAtTill", METHOD_UNARY, ROLES_TILL, .handle = till_call_sell},
    {"SetTillRules", METHOD_UNARY, ROLES_MANAGE, .handle = till_call_set_rules},
    {"GetTillRules", METHOD_UNARY, ROLES_TILL, .handle = till_call_get_rules},
};

struct service payment_till_service(struct payment_role *role)
{
    return (struct service){
        .descriptor = &usher__v1__till_service__descriptor,
        .methods = till_methods,
        .method_count = sizeof(till_methods) / sizeof(till_methods[0]),
        .state = role,
    };
}

void payment_plains(struct payment_role *role, struct plain_rule ret_rules[PAYMENT_PLAINS])
{
    ret_rules[0] = (struct plain_rule){"/webhooks/", 64u << 10, plain_webhook, role};
    ret_rules[1] = (struct plain_rule){"/pay/return/", 16u << 10, plain_return, role};
    ret_rules[2] = (struct plain_rule){"/pay/toss/", 1u << 10, plain_window, role};
    ret_rules[3] = (struct plain_rule){"/pay/nicepay/", 1u << 10, plain_window, role};
}

/* ---- what the role's files share ---- */

static const struct adapter *const adapters[] = {&toss_adapter, &stripe_adapter, &nicepay_adapter,
                                                 &box_office_adapter};

const struct adapter *adapter_find(struct view name)
{
    for (size_t i = 0; i < sizeof(adapters) / sizeof(adapters[0]); i++) {
        if (view_eq(view_str(adapters[i]->name), name))
            return adapters[i];
    }
    return NULL;
}

int64_t role_now_ms(void)
{
    return clock_wall_ms(loop_clock(sched_loop(sched_current())));
}

bool role_offers(const struct payment_role *role, uint32_t organiser_id, uint32_t provider)
{
    const struct payment_options *options = &role->options;
    bool own = false;
    for (uint32_t i = 0; i < options->provider_count && organiser_id > 0; i++)
        own = own || options->providers[i].organiser_id == organiser_id;
    return options->providers[provider].organiser_id == (own ? organiser_id : 0);
}

bool role_talk(const struct work *w, struct view provider, uint32_t provider_of,
               const struct adapter **ret_adapter, struct adapter_env *ret_env)
{
    const struct payment_options *options = &w->role->options;
    if (view_eq(provider, VIEW_LIT(PAYMENT_BOX_OFFICE))) { /* which nobody configures */
        *ret_adapter = &box_office_adapter;
        *ret_env = (struct adapter_env){
            .arena = w->arena, .now_ms = role_now_ms(), .deadline_ns = w->deadline_ns};
        return true;
    }
    for (uint32_t i = 0; i < options->provider_count; i++) {
        if (options->providers[i].organiser_id != provider_of ||
            !view_eq(view_str(options->providers[i].name), provider))
            continue;
        *ret_adapter = w->role->adapters[i];
        *ret_env = (struct adapter_env){
            .provider = &options->providers[i],
            .http = options->http(options->http_state),
            .public_url = options->public_url,
            .arena = w->arena,
            .now_ms = role_now_ms(),
            .deadline_ns = w->deadline_ns - ROLE_RESERVE_MS * NS_PER_MS,
        };
        return true;
    }
    return false;
}

/* ---- life ---- */

struct opening {
    struct payment_role *role;
    uint32_t worker;
    int err;
};

static void open_here(void *arg)
{
    struct opening *opening = arg;
    struct payment_role *role = opening->role;
    const uint32_t i = opening->worker;
    opening->err = role->options.open_tickets(role->options.open_state, &role->tickets[i]);
}

static void close_here(void *arg)
{
    struct opening *closing = arg;
    if (closing->role->tickets[closing->worker])
        channel_free(closing->role->tickets[closing->worker]);
}

static void begin_reconciler(void *arg)
{
    struct opening *opening = arg;
    struct payment_role *role = opening->role;
    opening->err = payments_migrate(role->options.sql, false, role_now_ms());
    if (opening->err == 0)
        opening->err = contacts_migrate(role->options.sql, false, role_now_ms());
    if (opening->err == 0)
        opening->err = fiber_spawn(&role->scope, reconcile, role);
}

static void end_reconciler(void *arg)
{
    struct payment_role *role = arg;
    scope_close(&role->scope);
}

static int check(struct payment_role *role)
{
    const struct payment_options *options = &role->options;
    role->ladder = refund_ladder_find(options->refund_rule);
    if (!role->ladder || options->provider_count > PAYMENT_PROVIDERS_MAX)
        return ERR_INVALID;
    for (uint32_t i = 0; i < options->provider_count; i++) {
        role->adapters[i] = adapter_find(view_str(options->providers[i].name));
        if (!role->adapters[i])
            return ERR_INVALID;
    }
    return 0;
}

static int open_http(struct payment_role *role)
{
    const struct payment_options *options = &role->options;
    int err =
        http_workers_new(options->workers, options->worker_count, options->ca_path, &role->clients);
    role->options.http = http_workers_here;
    role->options.http_state = role->clients;
    return err;
}

int payment_start(const struct payment_options *options, struct payment_role **ret_role)
{
    struct payment_role *role = calloc(1, sizeof(*role));
    if (!role)
        return ERR_NO_MEMORY;
    role->options = *options;
    key_derive(options->master, KEY_FOR_DEPOSIT, role->seal_key);
    role->tickets = calloc(options->worker_count, sizeof(struct channel *));
    scope_init(&role->scope);
    int err = role->tickets ? check(role) : ERR_NO_MEMORY;
    if (err == 0 && !options->http)
        err = open_http(role);
    struct opening opening = {.role = role};
    for (; err == 0 && opening.worker < options->worker_count; opening.worker++) {
        err = worker_call(options->workers[opening.worker], open_here, &opening);
        err = err == 0 ? opening.err : err;
    }
    if (err == 0)
        err = worker_call(options->workers[0], begin_reconciler, &opening);
    if (err == 0)
        err = opening.err;
    if (err != 0) {
        payment_stop(role);
        return err;
    }
    *ret_role = role;
    return 0;
}

void payment_stop(struct payment_role *role)
{
    if (!role)
        return;
    int err = worker_call(role->options.workers[0], end_reconciler, role);
    assert(err == 0);
    struct opening closing = {.role = role};
    for (; role->tickets && closing.worker < role->options.worker_count; closing.worker++) {
        err = worker_call(role->options.workers[closing.worker], close_here, &closing);
        assert(err == 0);
    }
    http_workers_free(role->clients);
    free(role->tickets);
    free(role);
}
