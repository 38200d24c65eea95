/*
 * usher event rules: what a hold may take: no single place left alone, and how many of a category.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/event.h"
#include "cmd/session.h"
#include "mem/view.h"
#include "usher/v1/ticket.pb-c.h"

struct rules_values {
    struct session_values session;
    const char *word;   /* the performance */
    const char *single; /* "same", "may-stay" or "must-not" */
    const char *most;   /* "VIP=2,R=4", "none", or empty */
};

static int show(const struct rules_values *values, struct session *session,
                const Usher__V1__Performance *performance)
{
    const Usher__V1__SaleRules *rules = performance->rules;
    if (values->session.json)
        return session_print_json(session, performance);
    printf("a hold %s leave a single place alone\n",
           rules && rules->no_orphans ? "may not" : "may");
    printf("places an account may have: %u\n", performance->places_max);
    for (size_t i = 0; rules && i < rules->n_category_places; i++) {
        if (i < performance->hall->n_categories && rules->category_places[i] > 0)
            printf("of %s: %u\n", performance->hall->categories[i]->name,
                   rules->category_places[i]);
    }
    return CMD_OK;
}

/* One "VIP=2" of the list; the limits are those there are, and it is put over them. */
static bool read_limit(const Usher__V1__Hall *hall, struct view one, Usher__V1__SaleRules *rules)
{
    const char *sign = memchr(one.at, '=', one.len);
    const size_t len = sign ? (size_t)(sign - one.at) : 0;
    uint64_t most;
    if (!sign || !view_to_u64(view_of(sign + 1, one.len - len - 1), UINT32_MAX, &most))
        return false;
    for (size_t i = 0; i < hall->n_categories; i++) {
        if (view_eq(view_str(hall->categories[i]->name), view_of(one.at, len))) {
            rules->category_places[i] = (uint32_t)most;
            return true;
        }
    }
    return false;
}

static int read_limits(struct session *session, const struct rules_values *values,
                       const Usher__V1__Performance *performance, Usher__V1__SaleRules *rules)
{
    const Usher__V1__Hall *hall = performance->hall;
    const Usher__V1__SaleRules *known = performance->rules;
    struct view list = view_str(values->most);
    rules->category_places =
        arena_alloc(&session->arena, (hall->n_categories + 1) * sizeof(*rules->category_places));
    if (!rules->category_places)
        return cmd_fail(session->command, CMD_FALSE, "out of memory");
    rules->n_category_places = hall->n_categories;
    for (size_t i = 0; i < hall->n_categories; i++)
        rules->category_places[i] =
            known && i < known->n_category_places && strcmp(values->most, "none") != 0
                ? known->category_places[i]
                : 0;
    while (list.len > 0 && strcmp(values->most, "none") != 0) {
        const char *comma = memchr(list.at, ',', list.len);
        const size_t len = comma ? (size_t)(comma - list.at) : list.len;
        if (!read_limit(hall, view_of(list.at, len), rules))
            return cmd_fail(session->command, CMD_USAGE,
                            "--most names categories of the hall and a number each, as in "
                            "VIP=2,R=4; 0: no limit");
        list = view_of(list.at + len + (comma ? 1 : 0), list.len - len - (comma ? 1 : 0));
    }
    return CMD_OK;
}

static int rules(struct session *session, void *arg)
{
    const struct rules_values *values = arg;
    Usher__V1__GetPerformanceRequest look = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    Usher__V1__SetPricesRequest request = USHER__V1__SET_PRICES_REQUEST__INIT;
    Usher__V1__SaleRules wanted = USHER__V1__SALE_RULES__INIT;
    const Usher__V1__Performance *performance;
    uint64_t id;
    if (!view_to_u64(view_str(values->word), UINT32_MAX, &id))
        return cmd_fail(session->command, CMD_USAGE,
                        "\"%s\" is no performance's number; usher event list tells them",
                        values->word);
    look.performance_id = request.performance_id = (uint32_t)id;
    int err = session_call(session, get_performance, &look, &performance);
    if (err == CMD_OK && (strcmp(values->single, "same") != 0 || values->most[0])) {
        wanted.no_orphans = strcmp(values->single, "same") == 0
                                ? performance->rules && performance->rules->no_orphans
                                : strcmp(values->single, "must-not") == 0;
        request.rules = &wanted;
        err = read_limits(session, values, performance, &wanted);
        if (err == CMD_OK)
            err = session_call(session, set_prices, &request, &performance);
    }
    return err == CMD_OK ? show(values, session, performance) : err;
}

static const struct conf_option rules_options[] = {
    {"single", CONF_CHOICE, offsetof(struct rules_values, single), "same",
     .choices = "same|must-not|may-stay",
     .help = "must-not: a hold of named places may not leave a single free one alone where as "
             "many others in that row would not; may-stay: it may"},
    {"most", CONF_STR, offsetof(struct rules_values, most), "", 0, 400,
     .help = "places of a category that an account may have, held and bought, as in VIP=2,R=4; 0: "
             "no limit; none: no limits"},
    SESSION_OPTIONS(struct rules_values, session),
};

EVENT_PLACES_TABLE(rules, "Shows, or sets, what a hold may take beside what it costs.");

int event_rules_command(int argc, char **argv)
{
    struct rules_values values = {0};
    return session_command(&event_rules_table, argc, argv, &values, &values.session, &values.word,
                           rules);
}
