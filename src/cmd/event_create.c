/*
 * usher event create: an event with its first performance, or a performance more.
 *
 * The halls are listed to learn the categories; then one call makes the event and its performance,
 * or, with --event, the performance alone. What can be checked is checked before.
 */
#include <inttypes.h>
#include <string.h>

#include "clock/clock.h"
#include "cmd/event.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "err/err.h"
#include "sale/currency.h"
#include "term/money.h"
#include "term/sheet.h"
#include "usher/v1/payment.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

struct create_values {
    struct session_values session;
    const char *name;
    const char *description;
    const char *starts_at;
    const char *currency, *time_zone;
    int64_t event_id;
    int64_t hall_id;
    int64_t hold_ttl_ms;
    int64_t places_max;
    int64_t rest_ms;
    bool rest_given;
    int64_t starts_at_ms;
    int32_t utc_offset_minutes; /* of the clock that starts_at was written by */
    struct event_prices prices;
    const char *person;
    const char *unpaid; /* NULL: as the server's providers say */
    bool open, publish;
};

static const struct conf_option options[] = {
    {"name", CONF_STR, offsetof(struct create_values, name), NULL, 1, 200,
     .help = "the event's name (required, unless there is --event)"},
    {"description", CONF_STR, offsetof(struct create_values, description), NULL, 0, 4000,
     .help = "what it is"},
    {"event", CONF_INT, offsetof(struct create_values, event_id), NULL, 1, UINT32_MAX,
     .help = "adds a performance to this event instead of creating one"},
    {"hall", CONF_INT, offsetof(struct create_values, hall_id), NULL, 1, UINT32_MAX,
     .help = "the hall's id; usher hall list tells them", .required = true},
    {"starts-at", CONF_STR, offsetof(struct create_values, starts_at), "+30d", 2, 40,
     .help = "ISO 8601, 2026-12-24T19:30+09:00, by the hall's clock, which it is shown by "
             "(without a zone: this machine's), or +2h, +30d; not past"},
    {"time-zone", CONF_STR, offsetof(struct create_values, time_zone), NULL, 1, 64,
     .help = "of the hall, a name of tzdata, Asia/Seoul; --starts-at is by its clock then"},
    {"prices", CONF_STR, offsetof(struct create_values, prices.list), NULL, 1, 1000,
     .help = "amounts by the hall's order of categories, a,b,c; a single one is for all (required, "
             "unless there is --price)"},
    {"currency", CONF_STR, offsetof(struct create_values, currency), "KRW",
     .help = "three capital letters, one of ISO 4217"},
    {"hold-ttl", CONF_MS, offsetof(struct create_values, hold_ttl_ms), "8m", 1000, 86400000,
     .help = "how long a hold lasts"},
    {"places-max", CONF_INT, offsetof(struct create_values, places_max), "8", 1, 1000,
     .help = "how many places an account may have, held and bought together"},
    {"person", CONF_CHOICE, offsetof(struct create_values, person), "none",
     .help =
         "whose --places-max is: none: an account's; phone, identity: a telephone number's, or a "
         "person's by law (본인인증), over all their accounts; who buys proves it first",
     .choices = "none|phone|identity"},
    {"unpaid-orders", CONF_CHOICE, offsetof(struct create_values, unpaid), NULL,
     .help = "orders at the box office that nobody has paid: taken, and to be collected, or "
             "refused, but for what costs nothing; not given: refused where the server has a "
             "payment provider",
     .choices = "taken|refused"},
    {"rest", CONF_MS, offsetof(struct create_values, rest_ms), "3s", 0, 600000,
     .help =
         "a place that is given back or runs out is for sale again after a random time up to "
         "this; 0: at once; not given: as the server has it, of short holds a 16th of --hold-ttl"},
    {"open", CONF_BOOL, offsetof(struct create_values, open), "no",
     .help = "open the sale at once, which publishes the event"},
    {"publish", CONF_BOOL, offsetof(struct create_values, publish), "no",
     .help = "show the event to everybody at once; else it is a draft, the organiser's to see"},
    SESSION_OPTIONS(struct create_values, session),
};

const struct conf_table event_create_table = {
    .command = "usher event create",
    .summary = "Creates a draft of an event, with a performance in a hall.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes =
        "Nothing is made where anything is wrong.\n"
        "--price CATEGORY=AMOUNT, as often as needed, gives a category (by name or number) its "
        "price.\nAmounts are in the currency's smallest unit: won, cents.",
};

static const Usher__V1__Hall *find_hall(struct session *session, uint32_t hall_id, int *ret_code)
{
    Usher__V1__ListHallsRequest request = USHER__V1__LIST_HALLS_REQUEST__INIT;
    const Usher__V1__ListHallsResponse *answer;
    *ret_code = session_call(session, list_halls, &request, &answer);
    if (*ret_code != CMD_OK)
        return NULL;
    for (size_t i = 0; i < answer->n_halls; i++) {
        if (answer->halls[i]->hall_id == hall_id)
            return answer->halls[i];
    }
    *ret_code =
        cmd_fail(session->command, CMD_FALSE,
                 "there is no hall %u; usher hall list tells them (NOT_FOUND, hall_id)", hall_id);
    return NULL;
}

int event_prices_fill(struct session *session, const struct event_prices *prices,
                      const Usher__V1__Hall *hall, Usher__V1__Price ***ret_list, size_t *ret_count)
{
    const uint32_t count = (uint32_t)hall->n_categories;
    const char *names[EVENT_PRICES_MAX];
    int64_t amounts[EVENT_PRICES_MAX];
    bool given[EVENT_PRICES_MAX];
    char error[300];
    if (count > EVENT_PRICES_MAX)
        return cmd_fail(session->command, CMD_FALSE, "the hall has more than %d categories",
                        EVENT_PRICES_MAX);
    for (uint32_t i = 0; i < count; i++)
        names[i] = hall->categories[i]->name;
    if (event_prices_read(prices, names, count, amounts, given, error, sizeof(error)))
        return cmd_fail(session->command, CMD_USAGE, "%s", error);
    Usher__V1__Price *rows = arena_alloc(&session->arena, count * sizeof(*rows));
    *ret_list = arena_alloc(&session->arena, count * sizeof(**ret_list));
    *ret_count = 0;
    if (!rows || !*ret_list)
        return cmd_fail(session->command, CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
    for (uint32_t i = 0; i < count; i++) {
        if (!given[i])
            continue;
        usher__v1__price__init(&rows[i]);
        rows[i].category = i;
        rows[i].amount = amounts[i];
        (*ret_list)[(*ret_count)++] = &rows[i];
    }
    return CMD_OK;
}

static int open_sale(struct session *session, const Usher__V1__Performance **performance)
{
    Usher__V1__OpenSaleRequest request = USHER__V1__OPEN_SALE_REQUEST__INIT;
    request.performance_id = (*performance)->performance_id;
    return session_call(session, open_sale, &request, performance);
}

static int publish(struct session *session, const Usher__V1__Performance *performance)
{
    Usher__V1__PublishEventRequest request = USHER__V1__PUBLISH_EVENT_REQUEST__INIT;
    const Usher__V1__Event *event;
    request.event_id = performance->event_id;
    return session_call(session, publish_event, &request, &event);
}

/* One call makes the event and its performance, so that what is refused leaves nothing behind. An
 * enum cmd_exit. */
static int create_both(struct session *session, const struct create_values *values,
                       Usher__V1__CreatePerformanceRequest *performance,
                       const Usher__V1__Performance **ret_performance)
{
    Usher__V1__CreateEventRequest request = USHER__V1__CREATE_EVENT_REQUEST__INIT;
    const Usher__V1__Event *event;
    request.name = (char *)values->name;
    request.description = (char *)(values->description ? values->description : "");
    request.performance = performance;
    int code = session_call(session, create_event, &request, &event);
    if (code != CMD_OK)
        return code;
    if (event->n_performances != 1)
        return cmd_fail(session->command, CMD_FALSE,
                        "the server is of another version: event %u is there, but its performance "
                        "is not; usher event create --event %u",
                        event->event_id, event->event_id);
    *ret_performance = event->performances[0];
    return CMD_OK;
}

/* What there is now, as the server has it: what each category costs, and where fans find it. */
static void print_made(const struct create_values *values, const Usher__V1__Performance *made,
                       const Usher__V1__Hall *hall)
{
    char text[MONEY_TEXT_MAX], starts[WHEN_TEXT_MAX];
    struct sheet sheet;
    size_t len = strlen(values->session.url);
    money_group(hall->place_count, text);
    when_format_there(made->starts_at_ms, made->utc_offset_minutes, starts);
    printf("event %u \"%s\", performance %u in %s, %s places, %s\n", made->event_id,
           made->event_name, made->performance_id, hall->name, text, starts);
    sheet_init(&sheet, "llr");
    for (size_t i = 0; i < made->n_prices; i++) {
        const Usher__V1__Price *price = made->prices[i];
        money_format(price->amount, made->currency, text);
        sheet_put(&sheet, " ");
        sheet_put(&sheet, "%s",
                  price->category < hall->n_categories ? hall->categories[price->category]->name
                                                       : "?");
        sheet_put(&sheet, "%s", text);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
    while (len > 0 && values->session.url[len - 1] == '/')
        len--;
    printf("for fans: %.*s/p/%u\n%s: usher event %s %u\n", (int)len, values->session.url,
           made->performance_id,
           values->open      ? "the sale is open; to pause it"
           : values->publish ? "not on sale yet; to open it"
                             : "a draft, for its organiser alone to see; to show and open it",
           values->open ? "pause" : "open", made->performance_id);
}

/* Whose event it will be, or is. An enum cmd_exit. */
static int find_organiser(struct session *session, const struct create_values *values,
                          Usher__V1__ListProvidersRequest *request)
{
    Usher__V1__ListEventsRequest look = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    const Usher__V1__ListEventsResponse *events;
    request->organiser_id = 1; /* the operator's own */
    if (values->event_id == 0)
        return CMD_OK;
    const int code = session_call(session, list_events, &look, &events);
    for (size_t i = 0; code == CMD_OK && i < events->n_events; i++) {
        if (events->events[i]->event_id == values->event_id)
            request->organiser_id = events->events[i]->organiser_id;
    }
    return code;
}

/* Where money can be taken, nothing is sold without it, unless somebody says so. A server without a
 * payment role has no provider. An enum cmd_exit. */
static int choose_unpaid(struct session *session, const struct create_values *values,
                         bool *ret_payment_required)
{
    Usher__V1__ListProvidersRequest request = USHER__V1__LIST_PROVIDERS_REQUEST__INIT;
    const Usher__V1__ListProvidersResponse *answer;
    struct client client;
    *ret_payment_required = values->unpaid && strcmp(values->unpaid, "refused") == 0;
    const int code = values->unpaid ? CMD_OK : find_organiser(session, values, &request);
    if (values->unpaid || code != CMD_OK)
        return code;
    client_init(&client, session->channel, &usher__v1__payment_service__descriptor,
                &session->arena);
    client.timeout_ms = SESSION_CALL_MS;
    const int err =
        client_call(&client, Usher__V1__PaymentService, list_providers, &request, &answer);
    if (err != 0 && client.status.code != CODE_UNIMPLEMENTED)
        return session_refuse(session, &client.status);
    *ret_payment_required = err == 0 && answer->n_providers > 0;
    return CMD_OK;
}

static int create(struct session *session, void *arg)
{
    const struct create_values *values = arg;
    Usher__V1__CreatePerformanceRequest request = USHER__V1__CREATE_PERFORMANCE_REQUEST__INIT;
    const Usher__V1__Performance *performance;
    int code;
    const Usher__V1__Hall *hall = find_hall(session, (uint32_t)values->hall_id, &code);
    if (!hall)
        return code;
    bool payment_required;
    code = event_prices_fill(session, &values->prices, hall, &request.prices, &request.n_prices);
    if (code == CMD_OK)
        code = choose_unpaid(session, values, &payment_required);
    if (code != CMD_OK)
        return code;
    request.payment_required = payment_required;
    request.event_id = (uint32_t)values->event_id;
    request.hall_id = hall->hall_id;
    request.starts_at_ms = values->starts_at_ms;
    request.utc_offset_choice_case =
        USHER__V1__CREATE_PERFORMANCE_REQUEST__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES;
    request.utc_offset_minutes = values->utc_offset_minutes;
    request.currency = (char *)values->currency;
    if (values->time_zone)
        request.time_zone = (char *)values->time_zone;
    request.hold_ttl_ms = (uint32_t)values->hold_ttl_ms;
    request.places_max = (uint32_t)values->places_max;
    request.person_rule =
        strcmp(values->person, "phone") == 0      ? USHER__V1__PERSON_RULE__PERSON_RULE_PHONE
        : strcmp(values->person, "identity") == 0 ? USHER__V1__PERSON_RULE__PERSON_RULE_IDENTITY
                                                  : USHER__V1__PERSON_RULE__PERSON_RULE_NONE;
    if (values->rest_given) {
        request.rest_choice_case = USHER__V1__CREATE_PERFORMANCE_REQUEST__REST_CHOICE_REST_MS;
        request.rest_ms = (uint32_t)values->rest_ms;
    }
    code = values->event_id == 0
               ? create_both(session, values, &request, &performance)
               : session_call(session, create_performance, &request, &performance);
    if (code == CMD_OK && values->publish)
        code = publish(session, performance);
    if (code == CMD_OK && values->open)
        code = open_sale(session, &performance);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, performance);
    print_made(values, performance, hall);
    return CMD_OK;
}

static bool is_given(const struct conf *conf, const char *name)
{
    for (size_t i = 0; i < event_create_table.option_count; i++) {
        if (strcmp(options[i].name, name) == 0)
            return conf->given[i];
    }
    return false;
}

/* What the table cannot say. An enum cmd_exit. */
static int check(struct create_values *values)
{
    const char *name = "event create";
    int64_t now_ms = clock_wall_ms(clock_system());
    if (!values->name && !values->event_id)
        return cmd_fail(name, CMD_USAGE,
                        "--name NAME is missing; or --event ID, for a performance more");
    if (values->event_id && (values->name || values->description))
        return cmd_fail(name, CMD_USAGE,
                        "--event %" PRId64 " has its name and description: leave out --%s",
                        values->event_id, values->name ? "name" : "description");
    if (when_parse_in(values->time_zone, values->starts_at, now_ms, &values->starts_at_ms,
                      &values->utc_offset_minutes))
        return cmd_fail(name, CMD_USAGE,
                        "--starts-at %s: write 2026-12-24T19:30+09:00, or +2h, or +30d; a time "
                        "zone is a name of tzdata",
                        values->starts_at);
    if (values->starts_at_ms < now_ms)
        return cmd_fail(name, CMD_USAGE, "--starts-at %s is past", values->starts_at);
    if (!currency_find(view_str(values->currency)))
        return cmd_fail(
            name, CMD_USAGE,
            "--currency %s: write one of ISO 4217, three capital letters, as in KRW or EUR",
            values->currency);
    if (!values->prices.list && values->prices.named_count == 0)
        return cmd_fail(name, CMD_USAGE,
                        "no prices: --prices 165000,143000 or --price CATEGORY=AMOUNT");
    return CMD_OK;
}

int event_create_command(int argc, char **argv)
{
    struct create_values values = {0};
    struct conf conf;
    struct event_prices prices = {0};
    if (!event_prices_take(&prices, &argc, argv))
        return cmd_fail("event create", CMD_USAGE,
                        "--price wants CATEGORY=AMOUNT, at most %d times", EVENT_PRICES_MAX);
    int code = cmd_options(&event_create_table, argc, argv, &conf, &values);
    values.rest_given = is_given(&conf, "rest");
    if (code != CMD_GO_ON)
        return code;
    prices.list = values.prices.list;
    values.prices = prices;
    code = check(&values);
    if (code == CMD_OK)
        code = session_run("event create", &values.session, SESSION_ORGANISER, create, &values);
    conf_release(&conf);
    return code;
}
