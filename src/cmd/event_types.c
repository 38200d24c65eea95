/*
 * usher event types: who pays what beside the prices of the categories: children, students, who
 * comes with the user of a wheelchair.
 */
#include <stdio.h>
#include <string.h>

#include "clock/clock.h"
#include "cmd/event.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "mem/view.h"
#include "sale/price_list.h"
#include "term/money.h"
#include "term/sheet.h"

struct types_values {
    struct session_values session;
    const char *from; /* empty: at once */
    bool none;
    const char *const *words; /* the performance, and the types */
    size_t word_count;
};

static const char how[] =
    "write NUMBER:KOREAN/ENGLISH:PRICES:MORE, as in 1:어린이/Child:80000,60000,-:proof,most=2";

/* The part of text before the sign, which both go. */
static struct view cut(struct view *text, char sign)
{
    const char *at = memchr(text->at, sign, text->len);
    const size_t len = at ? (size_t)(at - text->at) : text->len;
    const struct view part = view_of(text->at, len);
    *text = view_of(text->at + len + (at ? 1 : 0), text->len - len - (at ? 1 : 0));
    return part;
}

/* "80000,60000,-", or one amount for all. */
static bool read_amounts(struct arena *arena, struct view list, size_t count,
                         Usher__V1__PriceType *type)
{
    type->amounts = arena_alloc(arena, (count + 1) * sizeof(*type->amounts));
    while (type->amounts && list.len > 0) {
        const struct view one = cut(&list, ',');
        uint64_t amount = 0;
        const bool none = view_eq(one, VIEW_LIT("-"));
        if (type->n_amounts == count || (!none && !view_to_u64(one, PRICE_MAX, &amount)))
            return false;
        type->amounts[type->n_amounts++] = none ? PRICE_NONE : (int64_t)amount;
    }
    while (type->amounts && type->n_amounts > 0 && type->n_amounts < count) {
        if (type->n_amounts > 1 && type->amounts[type->n_amounts - 1] != type->amounts[0])
            return false;
        type->amounts[type->n_amounts++] = type->amounts[0];
    }
    return type->amounts && (type->n_amounts == count || type->number == 0);
}

static bool read_more(struct view more, Usher__V1__PriceType *type)
{
    while (more.len > 0) {
        struct view one = cut(&more, ',');
        uint64_t most = 0;
        if (view_eq(one, VIEW_LIT("proof"))) {
            type->proof = true;
        } else if (view_eq(one, VIEW_LIT("companion"))) {
            type->companion = true;
        } else {
            const struct view name = cut(&one, '=');
            if (!view_eq(name, VIEW_LIT("most")) || !view_to_u64(one, CHANGE_SEATS_MAX, &most))
                return false;
            type->most = (uint32_t)most;
        }
    }
    return true;
}

static bool read_type(struct arena *arena, const char *word, size_t categories,
                      Usher__V1__PriceType *type)
{
    struct view text = view_str(word);
    const struct view number = cut(&text, ':');
    struct view names = cut(&text, ':');
    const struct view prices = cut(&text, ':');
    const struct view korean = cut(&names, '/');
    uint64_t as_number;
    usher__v1__price_type__init(type);
    if (!view_to_u64(number, PRICE_NUMBERS - 1, &as_number))
        return false;
    type->number = (uint32_t)as_number;
    type->korean = arena_copy(arena, korean);
    type->english = arena_copy(arena, names.len > 0 ? names : korean);
    return type->korean && type->english && read_amounts(arena, prices, categories, type) &&
           read_more(text, type);
}

/* What the words say, in the session's arena. An enum cmd_exit. */
static int read_types(struct session *session, const struct types_values *values, size_t categories,
                      Usher__V1__PriceTypes *types)
{
    struct arena *arena = &session->arena;
    const size_t count = values->word_count - 1;
    Usher__V1__PriceType *rows = arena_alloc(arena, (count + 1) * sizeof(*rows));
    types->types = arena_alloc(arena, (count + 1) * sizeof(*types->types));
    if (!rows || !types->types)
        return cmd_fail(session->command, CMD_FALSE, "out of memory");
    for (size_t i = 0; i < count; i++) {
        if (!read_type(arena, values->words[i + 1], categories, &rows[i]))
            return cmd_fail(session->command, CMD_USAGE,
                            "\"%s\" is no price type of a hall with %zu categories: %s",
                            values->words[i + 1], categories, how);
        types->types[types->n_types++] = &rows[i];
    }
    return CMD_OK;
}

static void put_type(struct sheet *sheet, const Usher__V1__Performance *performance,
                     const Usher__V1__PriceType *type, const char *from)
{
    char text[MONEY_TEXT_MAX];
    for (size_t i = 0; i < performance->n_prices; i++) {
        const int64_t amount = type->number == 0     ? performance->prices[i]->amount
                               : i < type->n_amounts ? type->amounts[i]
                                                     : PRICE_NONE;
        if (amount == PRICE_NONE)
            continue;
        money_format(amount, performance->currency, text);
        sheet_put(sheet, "%s", from);
        sheet_put(sheet, "%u", type->number);
        sheet_put(sheet, "%s", type->korean);
        sheet_put(sheet, "%s", type->english);
        sheet_put(sheet, "%s",
                  i < performance->hall->n_categories ? performance->hall->categories[i]->name
                                                      : "?");
        sheet_put(sheet, "%s", type->number == 0 && from[0] != 'n' ? "" : text);
        sheet_put(sheet, "%s%s", type->proof ? "proof " : "", type->companion ? "companion" : "");
        if (type->most > 0)
            sheet_put(sheet, "%u", type->most);
        else
            sheet_put(sheet, "%s", "");
    }
}

static void print_types(const Usher__V1__Performance *performance,
                        const Usher__V1__ListPricePlansResponse *plans)
{
    static const char *const heads[] = {"from",     "type",  "korean", "english",
                                        "category", "price", "door",   "most"};
    char from[WHEN_TEXT_MAX];
    struct sheet sheet;
    sheet_init(&sheet, "lrlllrlr");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < performance->n_price_types; i++)
        put_type(&sheet, performance, performance->price_types[i], "now");
    for (size_t i = 0; i < plans->n_plans; i++) {
        when_format_there(plans->plans[i]->from_ms, performance->utc_offset_minutes, from);
        for (size_t k = 0; k < plans->plans[i]->n_types; k++)
            put_type(&sheet, performance, plans->plans[i]->types[k], from);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
}

static int show(struct session *session, const struct types_values *values,
                const Usher__V1__Performance *performance)
{
    Usher__V1__ListPricePlansRequest wish = USHER__V1__LIST_PRICE_PLANS_REQUEST__INIT;
    const Usher__V1__ListPricePlansResponse *plans;
    wish.performance_id = performance->performance_id;
    const int code = session_call(session, list_price_plans, &wish, &plans);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, performance);
    if (performance->n_price_types == 0)
        printf("performance %u (%s) has no price types: everybody pays the same\n",
               performance->performance_id, performance->event_name);
    print_types(performance, plans);
    return CMD_OK;
}

static int types(struct session *session, void *arg)
{
    const struct types_values *values = arg;
    Usher__V1__GetPerformanceRequest look = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    Usher__V1__SetPricesRequest request = USHER__V1__SET_PRICES_REQUEST__INIT;
    Usher__V1__PriceTypes list = USHER__V1__PRICE_TYPES__INIT;
    const Usher__V1__Performance *performance;
    uint64_t id;
    int32_t offset;
    if (!view_to_u64(view_str(values->words[0]), UINT32_MAX, &id))
        return cmd_fail(session->command, CMD_USAGE,
                        "\"%s\" is no performance's number; usher event list tells them",
                        values->words[0]);
    if (values->none && values->word_count > 1)
        return cmd_fail(session->command, CMD_USAGE, "types, or --none, one of both");
    look.performance_id = request.performance_id = (uint32_t)id;
    int code = session_call(session, get_performance, &look, &performance);
    if (code != CMD_OK || (!values->none && values->word_count == 1))
        return code == CMD_OK ? show(session, values, performance) : code;
    code = read_types(session, values, performance->n_prices, &list);
    if (code != CMD_OK)
        return code;
    if (values->from[0] &&
        when_parse_in(performance->time_zone[0] ? performance->time_zone : NULL, values->from,
                      clock_wall_ms(clock_system()), &request.from_ms, &offset) != 0)
        return cmd_fail(session->command, CMD_USAGE,
                        "--from %s: write 2026-12-24T19:30+09:00, or +2h, or +30d", values->from);
    request.types = &list;
    code = session_call(session, set_prices, &request, &performance);
    return code == CMD_OK ? show(session, values, performance) : code;
}

static const struct conf_option types_options[] = {
    {"from", CONF_STR, offsetof(struct types_values, from), "", 0, 40,
     .help = "the types become valid by themselves then, written as --starts-at of usher event "
             "create; without it at once"},
    {"none", CONF_BOOL, offsetof(struct types_values, none), NULL,
     .help = "there are no types any more: everybody pays the same"},
    SESSION_OPTIONS(struct types_values, session),
};

const struct conf_table event_types_table = {
    .command = "usher event types",
    .summary = "Shows who pays what, or says it anew.",
    .positional = "PERFORMANCE [TYPE]...",
    .positional_min = 1,
    .positional_max = 1 + PRICE_TYPES_MAX,
    .options = types_options,
    .option_count = sizeof(types_options) / sizeof(types_options[0]),
    .notes =
        "TYPE is NUMBER:KOREAN/ENGLISH:PRICES:MORE. The first has number 0 and no prices: it is "
        "whoever\nsays nothing, and pays the prices of the categories. PRICES are one a category, "
        "\"-\" where it is\nnot to be had, or one for all. MORE is proof (the door asks for one), "
        "companion (at most one for\neach place for a wheelchair that is held with it), most=N "
        "(of a hold).\n\n  usher event types 7 0:어른/Adult 1:어린이/Child:80000,60000,-:proof "
        "2:동반자/Companion:0:companion",
};

int event_types_command(int argc, char **argv)
{
    struct types_values values = {0};
    struct conf conf;
    int code = cmd_options(&event_types_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    values.words = (const char *const *)conf.positional;
    values.word_count = conf.positional_count;
    code = session_run("event types", &values.session, SESSION_ORGANISER, types, &values);
    conf_release(&conf);
    return code;
}
