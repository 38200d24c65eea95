/*
 * usher event codes: what buyers may type: words, and codes that are generated, for discounts and
 * for categories that are hidden without one.
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

struct codes_values {
    struct session_values session;
    const char *word;                                                 /* the performance */
    const char *add, *hide, *from, *until, *percent, *amount, *opens; /* empty: not given */
    int64_t generate, places, places_account, take_out, print;
};

static int read_time(struct session *session, const Usher__V1__Performance *performance,
                     const char *name, const char *text, int64_t *ret_ms)
{
    int32_t offset;
    if (!text[0] || when_parse_in(performance->time_zone[0] ? performance->time_zone : NULL, text,
                                  clock_wall_ms(clock_system()), ret_ms, &offset) == 0)
        return CMD_OK;
    return cmd_fail(session->command, CMD_USAGE,
                    "--%s %s: write 2026-12-24T19:30+09:00, or +2h, or +30d", name, text);
}

/* "VIP,1" as categories, ascending; a name wins over a number. An enum cmd_exit. */
static int read_categories(struct session *session, const Usher__V1__Hall *hall, const char *name,
                           const char *text, uint32_t **ret_categories, size_t *ret_count)
{
    uint64_t bits = 0;
    *ret_categories = arena_alloc(&session->arena, HALL_CATEGORIES_MAX * sizeof(uint32_t));
    *ret_count = 0;
    if (!*ret_categories)
        return cmd_fail(session->command, CMD_FALSE, "out of memory");
    while (*text) {
        const size_t len = strcspn(text, ",");
        const struct view one = view_of(text, len);
        uint64_t category = hall->n_categories;
        for (size_t i = 0; i < hall->n_categories; i++) {
            if (view_eq(one, view_str(hall->categories[i]->name)))
                category = i;
        }
        if (category == hall->n_categories &&
            (hall->n_categories == 0 || !view_to_u64(one, hall->n_categories - 1, &category)))
            return cmd_fail(session->command, CMD_USAGE, "--%s: the hall has no category \"%.*s\"",
                            name, (int)len, text);
        bits |= UINT64_C(1) << category;
        text += len + (text[len] == ',');
    }
    for (uint32_t i = 0; i < HALL_CATEGORIES_MAX; i++) {
        if ((bits >> i & 1) != 0)
            (*ret_categories)[(*ret_count)++] = i;
    }
    return CMD_OK;
}

/* The new code, behind those that there are. An enum cmd_exit. */
static int read_code(struct session *session, const struct codes_values *values,
                     const Usher__V1__Performance *performance, Usher__V1__PriceCode *code)
{
    uint64_t percent = 0, amount = 0;
    if (values->percent[0] && !view_to_u64(view_str(values->percent), 100, &percent))
        return cmd_fail(session->command, CMD_USAGE, "--percent: 1 to 100");
    if (values->amount[0] && !view_to_u64(view_str(values->amount), PRICE_MAX, &amount))
        return cmd_fail(session->command, CMD_USAGE, "--amount: a whole number");
    code->word = (char *)values->add;
    code->count = (uint32_t)values->generate;
    code->off_permille = (uint32_t)percent * 10;
    code->off_amount = (int64_t)amount;
    code->places = (uint32_t)values->places;
    code->places_account = (uint32_t)values->places_account;
    int err = read_time(session, performance, "from", values->from, &code->from_ms);
    if (err == CMD_OK)
        err = read_time(session, performance, "until", values->until, &code->until_ms);
    return err == CMD_OK ? read_categories(session, performance->hall, "opens", values->opens,
                                           &code->opens, &code->n_opens)
                         : err;
}

static void put_what(struct sheet *sheet, const Usher__V1__Performance *performance,
                     const Usher__V1__PriceCode *code)
{
    char text[256] = "", amount[MONEY_TEXT_MAX];
    size_t len = 0;
    if (code->off_permille > 0)
        len += (size_t)snprintf(text, sizeof(text), "-%u.%u%%", code->off_permille / 10,
                                code->off_permille % 10);
    money_format(code->off_amount, performance->currency, amount);
    if (code->off_amount > 0)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s-%s", len ? " " : "", amount);
    for (size_t i = 0; i < code->n_opens && len < sizeof(text) - 1; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? "," : " opens ",
                                code->opens[i] < performance->hall->n_categories
                                    ? performance->hall->categories[code->opens[i]]->name
                                    : "?");
    sheet_put(sheet, "%s", text);
}

static void put_most(struct sheet *sheet, uint32_t most)
{
    if (most > 0)
        sheet_put(sheet, "%u", most);
    else
        sheet_put(sheet, "%s", "");
}

static int show(struct session *session, const struct codes_values *values,
                const Usher__V1__Performance *performance)
{
    static const char *const heads[] = {"number",     "code", "what", "places",
                                        "of account", "used", "from", "until"};
    Usher__V1__ListPriceCodesRequest wish = USHER__V1__LIST_PRICE_CODES_REQUEST__INIT;
    const Usher__V1__ListPriceCodesResponse *answer;
    struct sheet sheet;
    wish.performance_id = performance->performance_id;
    const int err = session_call(session, list_price_codes, &wish, &answer);
    if (err != CMD_OK)
        return err;
    if (values->session.json)
        return session_print_json(session, answer);
    sheet_init(&sheet, "rllrrrll");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < answer->n_codes; i++) {
        const Usher__V1__PriceCode *code = answer->codes[i]->code;
        char from[WHEN_TEXT_MAX] = "", until[WHEN_TEXT_MAX] = "";
        if (code->from_ms != 0)
            when_format_there(code->from_ms, performance->utc_offset_minutes, from);
        if (code->until_ms != 0)
            when_format_there(code->until_ms, performance->utc_offset_minutes, until);
        sheet_put(&sheet, "%u", code->number);
        if (code->count > 0)
            sheet_put(&sheet, "%u generated", code->count);
        else
            sheet_put(&sheet, "%s", code->word);
        put_what(&sheet, performance, code);
        put_most(&sheet, code->places);
        put_most(&sheet, code->places_account);
        sheet_put(&sheet, "%u", answer->codes[i]->places);
        sheet_put(&sheet, "%s", from);
        sheet_put(&sheet, "%s", until);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    for (size_t i = 0; i < performance->n_hidden_categories; i++)
        printf("hidden without a code: %s\n",
               performance->hidden_categories[i] < performance->hall->n_categories
                   ? performance->hall->categories[performance->hidden_categories[i]]->name
                   : "?");
    return CMD_OK;
}

/* All that were generated, one a line under a head: a CSV file. */
static int print_generated(struct session *session, uint32_t performance_id, uint32_t number)
{
    Usher__V1__GetGeneratedCodesRequest wish = USHER__V1__GET_GENERATED_CODES_REQUEST__INIT;
    const Usher__V1__GetGeneratedCodesResponse *answer;
    bool more = true;
    wish.performance_id = performance_id;
    wish.number = number;
    while (more) {
        const int err = session_call(session, get_generated_codes, &wish, &answer);
        if (err != CMD_OK)
            return err;
        if (wish.from_index == 0)
            printf("code\n");
        for (size_t i = 0; i < answer->n_codes; i++)
            printf("%s\n", answer->codes[i]);
        wish.from_index += (uint32_t)answer->n_codes;
        more = answer->more;
    }
    return CMD_OK;
}

/* The codes that there are, without the one that goes, and with the one that comes. */
static int set_codes(struct session *session, const struct codes_values *values,
                     const Usher__V1__Performance **performance)
{
    Usher__V1__ListPriceCodesRequest look = USHER__V1__LIST_PRICE_CODES_REQUEST__INIT;
    const Usher__V1__ListPriceCodesResponse *known;
    Usher__V1__SetPricesRequest request = USHER__V1__SET_PRICES_REQUEST__INIT;
    Usher__V1__PriceHidden hidden = USHER__V1__PRICE_HIDDEN__INIT;
    Usher__V1__PriceCodes codes = USHER__V1__PRICE_CODES__INIT;
    Usher__V1__PriceCode fresh = USHER__V1__PRICE_CODE__INIT;
    look.performance_id = request.performance_id = (*performance)->performance_id;
    int err = session_call(session, list_price_codes, &look, &known);
    if (err != CMD_OK)
        return err;
    codes.codes = arena_alloc(&session->arena, (known->n_codes + 1) * sizeof(*codes.codes));
    if (!codes.codes)
        return cmd_fail(session->command, CMD_FALSE, "out of memory");
    for (size_t i = 0; i < known->n_codes; i++) {
        if (known->codes[i]->code->number != values->take_out)
            codes.codes[codes.n_codes++] = known->codes[i]->code;
    }
    fresh.number = known->next_number;
    if (values->add[0] || values->generate > 0) {
        err = read_code(session, values, *performance, &fresh);
        codes.codes[codes.n_codes++] = &fresh;
    }
    if (err == CMD_OK && values->hide[0])
        err = read_categories(session, (*performance)->hall, "hide",
                              strcmp(values->hide, "none") == 0 ? "" : values->hide,
                              &hidden.categories, &hidden.n_categories);
    if (err != CMD_OK)
        return err;
    request.codes = &codes;
    request.hidden = values->hide[0] ? &hidden : NULL;
    return session_call(session, set_prices, &request, performance);
}

static int codes(struct session *session, void *arg)
{
    const struct codes_values *values = arg;
    Usher__V1__GetPerformanceRequest look = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    uint64_t id;
    if (!view_to_u64(view_str(values->word), UINT32_MAX, &id))
        return cmd_fail(session->command, CMD_USAGE,
                        "\"%s\" is no performance's number; usher event list tells them",
                        values->word);
    if (values->print > 0)
        return print_generated(session, (uint32_t)id, (uint32_t)values->print);
    if (values->add[0] && values->generate > 0)
        return cmd_fail(session->command, CMD_USAGE, "--add or --generate, one of both");
    look.performance_id = (uint32_t)id;
    int err = session_call(session, get_performance, &look, &performance);
    if (err == CMD_OK &&
        (values->add[0] || values->generate > 0 || values->take_out > 0 || values->hide[0]))
        err = set_codes(session, values, &performance);
    return err == CMD_OK ? show(session, values, performance) : err;
}

#define TEXT(field)        CONF_STR, offsetof(struct codes_values, field), "", 0, 200
#define COUNT(field, most) CONF_INT, offsetof(struct codes_values, field), "0", 0, most
static const struct conf_option codes_options[] = {
    {"add", TEXT(add),
     .help = "one more code, a word of 4 to 24 letters A to Z, digits and hyphens"},
    {"generate", COUNT(generate, PRICE_COUNT_MAX),
     .help = "so many codes, each of which is good for itself; --print tells them"},
    {"percent", TEXT(percent), .help = "of --add or --generate: each place costs so much less"},
    {"amount", TEXT(amount), .help = "and so much, in the smallest unit of the currency"},
    {"opens", TEXT(opens), .help = "categories that are hidden without it, as in VIP,R"},
    {"from", TEXT(from), .help = "it is good from then on"},
    {"until", TEXT(until), .help = "it is not good any more from then on"},
    {"places", COUNT(places, UINT32_MAX),
     .help = "places that may be held and bought with it (with each that is generated); 0: all"},
    {"places-account", COUNT(places_account, UINT32_MAX), .help = "the same of one account"},
    {"hide", TEXT(hide),
     .help = "categories whose places are held with a code alone, as in VIP,R; none: none is"},
    {"take-out", COUNT(take_out, PRICE_CODE_LAST),
     .help = "the code of that number is none any more; what is held with it keeps its price"},
    {"print", COUNT(print, PRICE_CODE_LAST),
     .help = "prints the codes that were generated under that number, as a CSV file"},
    SESSION_OPTIONS(struct codes_values, session),
};

EVENT_PLACES_TABLE(codes, "Shows codes and what was held and bought with them, or adds one.")

int event_codes_command(int argc, char **argv)
{
    struct codes_values values = {0};
    return session_command(&event_codes_table, argc, argv, &values, &values.session, &values.word,
                           codes);
}
