/*
 * usher event prices: what the places of a performance cost, and what they will cost from when.
 */
#include <stdio.h>

#include "cmd/event.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "mem/view.h"
#include "term/money.h"
#include "term/sheet.h"
#include "usher/v1/ticket.pb-c.h"

struct prices_values {
    struct session_values session;
    const char *word;    /* the performance */
    const char *no_plan; /* the plan to take back; empty: none */
};

static void put_prices(struct sheet *sheet, const Usher__V1__Performance *performance,
                       const char *from, const char *plan_id, Usher__V1__Price *const *prices,
                       size_t count)
{
    char text[MONEY_TEXT_MAX];
    const Usher__V1__Hall *hall = performance->hall;
    for (size_t i = 0; i < count; i++) {
        money_format(prices[i]->amount, performance->currency, text);
        sheet_put(sheet, "%s", from);
        sheet_put(sheet, "%s",
                  prices[i]->category < hall->n_categories
                      ? hall->categories[prices[i]->category]->name
                      : "?");
        sheet_put(sheet, "%s", text);
        sheet_put(sheet, "%s", plan_id);
    }
}

static void print_all(const Usher__V1__Performance *performance,
                      const Usher__V1__ListPricePlansResponse *answer)
{
    static const char *const heads[] = {"from", "category", "price", "plan"};
    char from[WHEN_TEXT_MAX];
    struct sheet sheet;
    sheet_init(&sheet, "llrl");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    put_prices(&sheet, performance, "now", "", performance->prices, performance->n_prices);
    for (size_t i = 0; i < answer->n_plans; i++) {
        const Usher__V1__PricePlan *plan = answer->plans[i];
        when_format_there(plan->from_ms, performance->utc_offset_minutes, from);
        put_prices(&sheet, performance, from, plan->plan_id, plan->prices, plan->n_prices);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
}

static int take_back(struct session *session, const struct prices_values *values,
                     uint32_t performance_id)
{
    Usher__V1__EndPricePlanRequest wish = USHER__V1__END_PRICE_PLAN_REQUEST__INIT;
    const Usher__V1__EndPricePlanResponse *answer;
    wish.performance_id = performance_id;
    wish.plan_id = (char *)values->no_plan;
    const int code = session_call(session, end_price_plan, &wish, &answer);
    if (code == CMD_OK && values->session.json)
        return session_print_json(session, answer);
    if (code == CMD_OK)
        printf("plan %s is taken back\n", values->no_plan);
    return code;
}

static int prices(struct session *session, void *arg)
{
    const struct prices_values *values = arg;
    Usher__V1__GetPerformanceRequest look = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    Usher__V1__ListPricePlansRequest wish = USHER__V1__LIST_PRICE_PLANS_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    const Usher__V1__ListPricePlansResponse *answer;
    uint64_t id;
    if (!view_to_u64(view_str(values->word), UINT32_MAX, &id))
        return cmd_fail(session->command, CMD_USAGE,
                        "\"%s\" is no performance's number; usher event list tells them",
                        values->word);
    if (values->no_plan[0])
        return take_back(session, values, (uint32_t)id);
    look.performance_id = wish.performance_id = (uint32_t)id;
    int code = session_call(session, get_performance, &look, &performance);
    if (code == CMD_OK)
        code = session_call(session, list_price_plans, &wish, &answer);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, answer);
    print_all(performance, answer);
    return CMD_OK;
}

static const struct conf_option prices_options[] = {
    {"take-back", CONF_STR, offsetof(struct prices_values, no_plan), "", 0, 64,
     .help = "the plan that is not to become valid, by its id"},
    SESSION_OPTIONS(struct prices_values, session),
};

EVENT_PLACES_TABLE(prices, "Shows what places cost now, and from when they cost something else.")

int event_prices_command(int argc, char **argv)
{
    struct prices_values values = {0};
    return session_command(&event_prices_table, argc, argv, &values, &values.session, &values.word,
                           prices);
}
