/*
 * usher event edit|publish|hide|delete: what the public is told of an event, and whether.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock/clock.h"
#include "cmd/event.h"
#include "cmd/session.h"
#include "cmd/when.h"
#include "term/money.h"
#include "usher/v1/ticket.pb-c.h"

#define POSTER_FILE_MAX (5u << 20) /* bytes */

struct edit_values {
    struct session_values session;
    const char *name, *description, *poster, *poster_file;
    const char *starts_at, *time_zone;
    const char *doors, *gate, *address;
    const char *pay_later; /* NULL: it stays; so the next */
    const char *unpaid;
    int64_t performance_id;
    struct event_prices prices;
    const char *prices_from; /* NULL: at once */
    const char *event;       /* the word */
};

static const struct conf_option edit_options[] = {
    {"name", CONF_STR, offsetof(struct edit_values, name), NULL, 1, 200, .help = "its new name"},
    {"description", CONF_STR, offsetof(struct edit_values, description), NULL, 0, 4000,
     .help = "what it is"},
    {"poster", CONF_STR, offsetof(struct edit_values, poster), NULL, 0, 1000,
     .help = "the https address of a picture; empty takes it away"},
    {"poster-file", CONF_PATH, offsetof(struct edit_values, poster_file), NULL,
     .help = "a PNG, JPEG or WebP of at most 5 MiB that is uploaded; its metadata are left out"},
    {"performance", CONF_INT, offsetof(struct edit_values, performance_id), NULL, 1, UINT32_MAX,
     .help = "the performance that --starts-at, --time-zone and the options below change"},
    {"starts-at", CONF_STR, offsetof(struct edit_values, starts_at), NULL, 2, 40,
     .help = "its new start, as of usher event create"},
    {"time-zone", CONF_STR, offsetof(struct edit_values, time_zone), NULL, 1, 64,
     .help = "of the hall, a name of tzdata, Asia/Seoul"},
    {"doors", CONF_STR, offsetof(struct edit_values, doors), NULL, 0, 40,
     .help = "when people are let in, written as for --starts-at; empty: not stated"},
    {"gate", CONF_STR, offsetof(struct edit_values, gate), NULL, 0, 200,
     .help = "where people are let in, as printed on tickets; empty removes it"},
    {"address", CONF_STR, offsetof(struct edit_values, address), NULL, 0, 200,
     .help = "the venue's address, as printed on tickets; empty removes it"},
    {"prices", CONF_STR, offsetof(struct edit_values, prices.list), NULL, 1, 1000,
     .help = "what its places cost from now on, as of usher event create; what is held or was "
             "bought keeps its price"},
    {"prices-from", CONF_STR, offsetof(struct edit_values, prices_from), NULL, 2, 40,
     .help = "--prices and --price become valid by themselves then, written as --starts-at; until "
             "then usher event prices shows them and takes them back"},
    {"pay-later", CONF_STR, offsetof(struct edit_values, pay_later), NULL, 1, 20,
     .help =
         "places may be paid later, to a virtual account or at the box office, within this time "
         "after they were held, at most 24h; 0: everything is paid at once"},
    {"unpaid-orders", CONF_CHOICE, offsetof(struct edit_values, unpaid), NULL,
     .help = "orders at the box office that nobody has paid: taken, and to be collected, or "
             "refused from now on, but for what costs nothing",
     .choices = "taken|refused"},
    SESSION_OPTIONS(struct edit_values, session),
};
static const struct conf_option options[] = {SESSION_OPTIONS(struct edit_values, session)};

#define TABLE(words, what, its_options, more)                                                      \
    {                                                                                              \
        .command = words, .summary = what, .positional = "EVENT", .positional_min = 1,             \
        .positional_max = 1, .options = its_options,                                               \
        .option_count = sizeof(its_options) / sizeof(its_options[0]), .notes = more,               \
    }
const struct conf_table
    event_edit_table =
        TABLE("usher event edit",
              "Changes an event's name, description or poster, or the date, place and prices of a "
              "performance.",
              edit_options,
              "--price CATEGORY=AMOUNT, as often as needed, gives a category (by name or number) "
              "its new price;\nthe others keep theirs."),
    event_publish_table = TABLE("usher event publish",
                                "Shows a draft, or a hidden event, to everybody.", options, NULL),
    event_hide_table =
        TABLE("usher event hide",
              "Hides an event from everybody but its organiser; what was bought stays good.",
              options, NULL),
    event_delete_table = TABLE("usher event delete",
                               "Deletes an event of which nothing is held or sold.", options, NULL);
#undef TABLE

/* Takes the event's number into the request. An enum cmd_exit. */
static int take_event(struct session *session, const struct edit_values *values, uint32_t *ret_id)
{
    uint64_t id;
    if (!view_to_u64(view_str(values->event), UINT32_MAX, &id) || id == 0)
        return cmd_fail(session->command, CMD_USAGE,
                        "\"%s\" is no event's number; usher event list --all tells them",
                        values->event);
    *ret_id = (uint32_t)id;
    return CMD_OK;
}

static int run(const struct conf_table *table, int argc, char **argv,
               int (*body)(struct session *session, void *arg))
{
    struct edit_values values = {0};
    return session_command(table, argc, argv, &values, &values.session, &values.event, body);
}

static int show(struct session *session, const struct edit_values *values,
                const Usher__V1__Event *event)
{
    static const char *const states[] = {"unknown", "a draft", "published", "hidden", "deleted"};
    if (values->session.json)
        return session_print_json(session, event);
    printf("event %u \"%s\" is %s\n", event->event_id, event->name,
           states[event->state >= 1 && event->state <= 4 ? event->state : 0]);
    return CMD_OK;
}

/* ---- edit ---- */

/* A time that is not given is another than none, which no number of a table can say. */
static int put_pay_later(const char *text, Usher__V1__UpdatePerformanceRequest *request)
{
    static const struct conf_option time = {"pay-later", CONF_MS, 0, NULL, 0, 86400000, .help = ""};
    char why[384];
    int64_t ms;
    if (conf_set(&time, text, &ms, why, sizeof(why)) != 0)
        return cmd_fail("event edit", CMD_USAGE, "--pay-later: %s", why);
    request->pay_later_choice_case =
        USHER__V1__UPDATE_PERFORMANCE_REQUEST__PAY_LATER_CHOICE_PAY_LATER_MS;
    request->pay_later_ms = (uint32_t)ms;
    return CMD_OK;
}

/* What tickets say of the place, and until when may be paid. An enum cmd_exit. */
static int put_place(const struct edit_values *values, const char *zone,
                     Usher__V1__UpdatePerformanceRequest *request)
{
    int32_t offset;
    if (values->doors) {
        request->doors_choice_case =
            USHER__V1__UPDATE_PERFORMANCE_REQUEST__DOORS_CHOICE_DOORS_AT_MS;
        if (values->doors[0] && when_parse_in(zone, values->doors, clock_wall_ms(clock_system()),
                                              &request->doors_at_ms, &offset))
            return cmd_fail("event edit", CMD_USAGE, "--doors %s: written as --starts-at",
                            values->doors);
    }
    if (values->gate) {
        request->gate_choice_case = USHER__V1__UPDATE_PERFORMANCE_REQUEST__GATE_CHOICE_GATE;
        request->gate = (char *)values->gate;
    }
    if (values->address) {
        request->venue_address_choice_case =
            USHER__V1__UPDATE_PERFORMANCE_REQUEST__VENUE_ADDRESS_CHOICE_VENUE_ADDRESS;
        request->venue_address = (char *)values->address;
    }
    if (values->unpaid) {
        request->payment_choice_case =
            USHER__V1__UPDATE_PERFORMANCE_REQUEST__PAYMENT_CHOICE_PAYMENT_REQUIRED;
        request->payment_required = strcmp(values->unpaid, "refused") == 0;
    }
    return values->pay_later ? put_pay_later(values->pay_later, request) : CMD_OK;
}

/* What is to be changed, all of it put together before anything is; and as it was. */
struct edit {
    const struct edit_values *values;
    bool date, bill, prices, picture;
    Usher__V1__UpdatePerformanceRequest new_date, old_date;
    Usher__V1__UpdateEventRequest new_bill, old_bill;
    Usher__V1__SetPricesRequest new_prices;
    Usher__V1__SetPosterRequest new_picture;
    const Usher__V1__Performance *performance; /* as it was, and then as it is */
};

/* A text that is sent, also where it is empty: protobuf-c leaves its own empty string out of a
 * oneof, and that is what it reads where there is none. */
static char *sent(const char *text)
{
    return (char *)(text[0] ? text : "");
}

static int prepare_date(struct edit *e)
{
    const struct edit_values *values = e->values;
    Usher__V1__UpdatePerformanceRequest *request = &e->new_date, *was = &e->old_date;
    const Usher__V1__Performance *now = e->performance;
    /* A time without a zone is by the hall's clock. */
    const char *zone = values->time_zone   ? values->time_zone
                       : now->time_zone[0] ? now->time_zone
                                           : NULL;
    usher__v1__update_performance_request__init(request);
    usher__v1__update_performance_request__init(was);
    request->performance_id = was->performance_id = now->performance_id;
    was->starts_at_ms = now->starts_at_ms;
    was->time_zone = now->time_zone;
    if (!now->time_zone[0] && now->utc_offset_choice_case)
        was->utc_offset_choice_case =
            USHER__V1__UPDATE_PERFORMANCE_REQUEST__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES;
    was->utc_offset_minutes = now->utc_offset_minutes;
    was->doors_choice_case = USHER__V1__UPDATE_PERFORMANCE_REQUEST__DOORS_CHOICE_DOORS_AT_MS;
    was->doors_at_ms = now->doors_at_ms;
    was->gate_choice_case = USHER__V1__UPDATE_PERFORMANCE_REQUEST__GATE_CHOICE_GATE;
    was->gate = sent(now->gate);
    was->venue_address_choice_case =
        USHER__V1__UPDATE_PERFORMANCE_REQUEST__VENUE_ADDRESS_CHOICE_VENUE_ADDRESS;
    was->venue_address = sent(now->venue_address);
    was->pay_later_choice_case =
        USHER__V1__UPDATE_PERFORMANCE_REQUEST__PAY_LATER_CHOICE_PAY_LATER_MS;
    was->pay_later_ms = now->pay_later_ms;
    was->payment_choice_case =
        USHER__V1__UPDATE_PERFORMANCE_REQUEST__PAYMENT_CHOICE_PAYMENT_REQUIRED;
    was->payment_required = now->payment_required;
    if (zone)
        request->time_zone = (char *)zone;
    if (values->starts_at) {
        request->utc_offset_choice_case =
            USHER__V1__UPDATE_PERFORMANCE_REQUEST__UTC_OFFSET_CHOICE_UTC_OFFSET_MINUTES;
        if (when_parse_in(zone, values->starts_at, clock_wall_ms(clock_system()),
                          &request->starts_at_ms, &request->utc_offset_minutes))
            return cmd_fail("event edit", CMD_USAGE,
                            "--starts-at %s: write 2026-12-24T19:30+09:00, or with --time-zone "
                            "2026-12-24T19:30",
                            values->starts_at);
    }
    return put_place(values, zone, request);
}

static int show_date(struct session *session, const struct edit_values *values,
                     const Usher__V1__Performance *performance)
{
    char starts[WHEN_TEXT_MAX];
    if (values->session.json)
        return session_print_json(session, performance);
    when_format_there(performance->starts_at_ms, performance->utc_offset_minutes, starts);
    printf("performance %u (%s) starts %s\n", performance->performance_id, performance->event_name,
           starts);
    return CMD_OK;
}

/* By the hall's clock, where the time says no zone. An enum cmd_exit. */
static int put_prices_from(const struct edit_values *values,
                           const Usher__V1__Performance *performance,
                           Usher__V1__SetPricesRequest *request)
{
    int32_t offset;
    const char *zone = values->time_zone           ? values->time_zone
                       : performance->time_zone[0] ? performance->time_zone
                                                   : NULL;
    if (when_parse_in(zone, values->prices_from, clock_wall_ms(clock_system()), &request->from_ms,
                      &offset))
        return cmd_fail("event edit", CMD_USAGE, "--prices-from %s: written as --starts-at",
                        values->prices_from);
    return CMD_OK;
}

static int prepare_prices(struct session *session, struct edit *e)
{
    usher__v1__set_prices_request__init(&e->new_prices);
    e->new_prices.performance_id = e->performance->performance_id;
    const int code = event_prices_fill(session, &e->values->prices, e->performance->hall,
                                       &e->new_prices.prices, &e->new_prices.n_prices);
    return code == CMD_OK && e->values->prices_from
               ? put_prices_from(e->values, e->performance, &e->new_prices)
               : code;
}

static int show_prices(struct session *session, const struct edit *e,
                       const Usher__V1__Performance *performance)
{
    char text[MONEY_TEXT_MAX], text_of_time[WHEN_TEXT_MAX];
    if (e->values->session.json)
        return session_print_json(session, performance);
    if (e->new_prices.from_ms != 0) {
        when_format_there(e->new_prices.from_ms, performance->utc_offset_minutes, text_of_time);
        printf("performance %u (%s) has new prices from %s\n", performance->performance_id,
               performance->event_name, text_of_time);
        return CMD_OK;
    }
    printf("performance %u (%s) costs from now on\n", performance->performance_id,
           performance->event_name);
    for (size_t i = 0; i < performance->n_prices; i++) {
        const Usher__V1__Price *price = performance->prices[i];
        money_format(price->amount, performance->currency, text);
        printf("  %s: %s\n",
               price->category < performance->hall->n_categories
                   ? performance->hall->categories[price->category]->name
                   : "?",
               text);
    }
    return CMD_OK;
}

/* The file in the session's arena. CMD_OK, or an enum cmd_exit. */
static int read_picture(struct session *session, const char *path, ProtobufCBinaryData *ret_content)
{
    FILE *file = fopen(path, "re");
    uint8_t *bytes = arena_alloc(&session->arena, POSTER_FILE_MAX + 1);
    const size_t len = file && bytes ? fread(bytes, 1, POSTER_FILE_MAX + 1, file) : 0;
    const bool broken = !file || ferror(file);
    if (file)
        fclose(file);
    if (broken || !bytes)
        return cmd_fail("event edit", CMD_FALSE, "--poster-file %s: %s", path,
                        strerrordesc_np(errno));
    if (len > POSTER_FILE_MAX)
        return cmd_fail("event edit", CMD_FALSE, "--poster-file %s: it is larger than 5 MiB", path);
    *ret_content = (ProtobufCBinaryData){.len = len, .data = bytes};
    return CMD_OK;
}

/* The performance that was named has to be one of the event's. An enum cmd_exit. */
static int find_performance(struct session *session, const struct edit_values *values,
                            uint32_t event_id, const Usher__V1__Performance **ret_performance)
{
    Usher__V1__GetPerformanceRequest look = USHER__V1__GET_PERFORMANCE_REQUEST__INIT;
    look.performance_id = (uint32_t)values->performance_id;
    const int code = session_call(session, get_performance, &look, ret_performance);
    return code != CMD_OK || (*ret_performance)->event_id == event_id
               ? code
               : cmd_fail("event edit", CMD_FALSE,
                          "performance %u is of event %u (%s), and not of event %u",
                          (*ret_performance)->performance_id, (*ret_performance)->event_id,
                          (*ret_performance)->event_name, event_id);
}

static void put_bill(Usher__V1__UpdateEventRequest *request, uint32_t event_id, const char *name,
                     const char *description, const char *poster)
{
    usher__v1__update_event_request__init(request);
    request->event_id = event_id;
    if (name) {
        request->name_choice_case = USHER__V1__UPDATE_EVENT_REQUEST__NAME_CHOICE_NAME;
        request->name = (char *)name;
    }
    if (description) {
        request->description_choice_case =
            USHER__V1__UPDATE_EVENT_REQUEST__DESCRIPTION_CHOICE_DESCRIPTION;
        request->description = (char *)description;
    }
    if (poster) {
        request->poster_choice_case = USHER__V1__UPDATE_EVENT_REQUEST__POSTER_CHOICE_POSTER;
        request->poster = (char *)poster;
    }
}

/* The words of the event, and as they were: to be put back. */
static int prepare_bill(struct session *session, struct edit *e, uint32_t event_id)
{
    Usher__V1__ListEventsRequest look = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    const Usher__V1__ListEventsResponse *events;
    const struct edit_values *values = e->values;
    const int code = session_call(session, list_events, &look, &events);
    put_bill(&e->new_bill, event_id, values->name, values->description, values->poster);
    put_bill(&e->old_bill, event_id, NULL, NULL, NULL);
    for (size_t i = 0; code == CMD_OK && i < events->n_events; i++) {
        const Usher__V1__Event *event = events->events[i];
        if (event->event_id == event_id)
            put_bill(&e->old_bill, event_id, values->name ? event->name : NULL,
                     values->description ? sent(event->description) : NULL,
                     values->poster ? sent(event->poster) : NULL);
    }
    return code;
}

/* What was changed before the one that was refused is put back. */
static int put_back(struct session *session, const struct edit *e, bool date, bool bill)
{
    const Usher__V1__Performance *performance;
    const Usher__V1__Event *event;
    int code = bill ? session_call(session, update_event, &e->old_bill, &event) : CMD_OK;
    if (code == CMD_OK && date)
        code = session_call(session, update_performance, &e->old_date, &performance);
    return code == CMD_OK
               ? cmd_fail("event edit", CMD_FALSE, "nothing was changed")
               : cmd_fail("event edit", CMD_FALSE,
                          "a part of it was changed, and could not be put back: look at it");
}

/* All of it or nothing: what cannot be put back, new prices or a picture, comes last. */
static int carry_out(struct session *session, struct edit *e)
{
    const Usher__V1__Performance *dated = NULL, *priced = NULL;
    const Usher__V1__Event *told = NULL, *shown = NULL;
    int code = e->date ? session_call(session, update_performance, &e->new_date, &dated) : CMD_OK;
    if (code == CMD_OK && e->bill)
        code = session_call(session, update_event, &e->new_bill, &told);
    if (code == CMD_OK && e->prices)
        code = session_call(session, set_prices, &e->new_prices, &priced);
    if (code == CMD_OK && e->picture)
        code = session_call(session, set_poster, &e->new_picture, &shown);
    if (code != CMD_OK)
        return dated || told ? put_back(session, e, dated != NULL, told != NULL) : code;
    if (told)
        code = show(session, e->values, told);
    if (code == CMD_OK && shown)
        code = show(session, e->values, shown);
    if (code == CMD_OK && dated)
        code = show_date(session, e->values, dated);
    return code == CMD_OK && priced ? show_prices(session, e, priced) : code;
}

/* An enum cmd_exit: what the words ask for makes no sense. */
static int check(const struct edit *e)
{
    const struct edit_values *values = e->values;
    if (values->prices_from && !e->prices)
        return cmd_fail("event edit", CMD_USAGE, "--prices-from goes with --price or --prices");
    if (values->poster && e->picture)
        return cmd_fail("event edit", CMD_USAGE, "--poster or --poster-file, one of both");
    if (e->prices && e->picture)
        return cmd_fail("event edit", CMD_USAGE,
                        "--poster-file and prices are two commands: neither can be taken back "
                        "where the other is refused");
    if (!e->date && !e->bill && !e->prices && !e->picture)
        return cmd_fail("event edit", CMD_USAGE,
                        "nothing to change: --name, --description, --poster, --poster-file, or "
                        "--performance with --starts-at, --price and the like");
    if ((e->date || e->prices) != (values->performance_id != 0))
        return cmd_fail("event edit", CMD_USAGE,
                        "--starts-at, --time-zone, --doors, --gate, --address, --pay-later, "
                        "--unpaid-orders, --price and --prices go with --performance NUMBER");
    return CMD_OK;
}

static int edit(struct session *session, void *arg)
{
    const struct edit_values *values = arg;
    struct edit e = {
        .values = values,
        .date = values->starts_at || values->time_zone || values->doors || values->gate ||
                values->address || values->pay_later || values->unpaid,
        .bill = values->name || values->description || values->poster,
        .prices = values->prices.list || values->prices.named_count > 0,
        .picture = values->poster_file != NULL,
    };
    uint32_t event_id = 0;
    int code = check(&e);
    if (code == CMD_OK)
        code = take_event(session, values, &event_id);
    if (code == CMD_OK && values->performance_id != 0)
        code = find_performance(session, values, event_id, &e.performance);
    if (code == CMD_OK && e.bill)
        code = prepare_bill(session, &e, event_id);
    if (code == CMD_OK && e.date)
        code = prepare_date(&e);
    if (code == CMD_OK && e.prices)
        code = prepare_prices(session, &e);
    if (code == CMD_OK && e.picture) {
        usher__v1__set_poster_request__init(&e.new_picture);
        e.new_picture.event_id = event_id;
        code = read_picture(session, values->poster_file, &e.new_picture.content);
    }
    return code == CMD_OK ? carry_out(session, &e) : code;
}

int event_edit_command(int argc, char **argv)
{
    struct edit_values values = {.prices.some = true};
    if (!event_prices_take(&values.prices, &argc, argv))
        return cmd_fail("event edit", CMD_USAGE, "--price wants CATEGORY=AMOUNT, at most %d times",
                        EVENT_PRICES_MAX);
    return session_command(&event_edit_table, argc, argv, &values, &values.session, &values.event,
                           edit);
}

/* ---- publish, hide, delete ---- */

static int publish(struct session *session, void *arg)
{
    const struct edit_values *values = arg;
    Usher__V1__PublishEventRequest request = USHER__V1__PUBLISH_EVENT_REQUEST__INIT;
    const Usher__V1__Event *event;
    int code = take_event(session, values, &request.event_id);
    if (code == CMD_OK)
        code = session_call(session, publish_event, &request, &event);
    return code == CMD_OK ? show(session, values, event) : code;
}

static int hide(struct session *session, void *arg)
{
    const struct edit_values *values = arg;
    Usher__V1__HideEventRequest request = USHER__V1__HIDE_EVENT_REQUEST__INIT;
    const Usher__V1__Event *event;
    int code = take_event(session, values, &request.event_id);
    if (code == CMD_OK)
        code = session_call(session, hide_event, &request, &event);
    return code == CMD_OK ? show(session, values, event) : code;
}

static int delete_event(struct session *session, void *arg)
{
    const struct edit_values *values = arg;
    Usher__V1__DeleteEventRequest request = USHER__V1__DELETE_EVENT_REQUEST__INIT;
    const Usher__V1__DeleteEventResponse *answer;
    int code = take_event(session, values, &request.event_id);
    if (code == CMD_OK)
        code = session_call(session, delete_event, &request, &answer);
    if (code == CMD_OK && values->session.json)
        return session_print_json(session, answer);
    if (code == CMD_OK)
        printf("event %u is deleted\n", request.event_id);
    return code;
}

int event_publish_command(int argc, char **argv)
{
    return run(&event_publish_table, argc, argv, publish);
}

int event_hide_command(int argc, char **argv)
{
    return run(&event_hide_table, argc, argv, hide);
}

int event_delete_command(int argc, char **argv)
{
    return run(&event_delete_table, argc, argv, delete_event);
}
