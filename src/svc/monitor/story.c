#include "svc/monitor/story.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "call/client.h"
#include "codec/tree.h"
#include "err/err.h"
#include "token/roles.h"
#include "usher/v1/door.pb-c.h"
#include "usher/v1/payment.pb-c.h"
#include "usher/v1/waitroom.pb-c.h"

#define MAILS_MAX      100
#define MAILS_EARLY_MS INT64_C(86400000) /* mails of the day before the order are told, too */
#define PARTS          7

static const struct identity operator_identity = {.roles = ROLE_OPERATOR};

static struct client client_of(const struct story_sources *from, struct channel *channel,
                               const ProtobufCServiceDescriptor *service)
{
    struct client client;
    client_init(&client, channel, service, from->arena);
    client.identity = &operator_identity;
    client.deadline_ns = from->deadline_ns;
    return client;
}

int story_add(const struct story_sources *from, Usher__V1__Story *story, int64_t at_ms,
              Usher__V1__StoryPart part, const char *what, const char *trace_id, const char *format,
              ...)
{
    char facts[512];
    va_list args;
    if (story->n_steps == STORY_STEPS_MAX)
        return 0;
    Usher__V1__StoryStep *step = arena_alloc(from->arena, sizeof(*step));
    if (!step)
        return ERR_NO_MEMORY;
    va_start(args, format);
    vsnprintf(facts, sizeof(facts), format, args);
    va_end(args);
    usher__v1__story_step__init(step);
    step->at_ms = at_ms;
    step->part = part;
    step->what = arena_copy(from->arena, view_str(what));
    step->facts = arena_copy(from->arena, view_str(facts));
    step->trace_id = arena_copy(from->arena, view_str(trace_id ? trace_id : ""));
    if (!step->what || !step->facts || !step->trace_id)
        return ERR_NO_MEMORY;
    story->steps[story->n_steps++] = step;
    return 0;
}

/* ---- the line ---- */

static const char *place_word(Usher__V1__PlaceState state)
{
    static const char *const words[] = {"?",      "in the draw", "waiting", "called",
                                        "inside", "skipped",     "done"};
    const size_t i = (size_t)state;
    return words[i < sizeof(words) / sizeof(words[0]) ? i : 0];
}

static bool is_for(const Usher__V1__Sale *sale, uint32_t performance_id)
{
    for (size_t i = 0; i < sale->n_performance_ids; i++) {
        if (sale->performance_ids[i] == performance_id)
            return true;
    }
    return false;
}

/* The place of the order's account: asked in its own name, as nobody else has one. */
static int tell_place(const struct story_sources *from, struct client *lines,
                      const Usher__V1__Sale *sale, Usher__V1__Story *story)
{
    struct identity buyer = {.roles = ROLE_BUYER};
    Usher__V1__GetPlaceRequest ask = USHER__V1__GET_PLACE_REQUEST__INIT;
    const Usher__V1__Place *place;
    if (id_parse(view_str(story->order->account_id), &buyer.account_id))
        return 0;
    ask.sale_id = sale->sale_id;
    lines->identity = &buyer;
    int err = client_call(lines, Usher__V1__WaitroomService, get_place, &ask, &place);
    lines->identity = &operator_identity;
    if (lines->status.code == CODE_NOT_FOUND)
        return 0;
    if (err != 0)
        return err;
    return story_add(from, story, place->joined_at_ms, USHER__V1__STORY_PART__STORY_PART_LINE,
                     "joined", NULL, "sale %" PRIu32 " (%s), number %" PRIu64 ", now %s",
                     sale->sale_id, sale->name, place->number, place_word(place->state));
}

static int tell_line(const struct story_sources *from, Usher__V1__Story *story)
{
    struct client lines = client_of(from, from->waitroom, &usher__v1__waitroom_service__descriptor);
    Usher__V1__ListSalesRequest ask = USHER__V1__LIST_SALES_REQUEST__INIT;
    const Usher__V1__ListSalesResponse *sales;
    int err = client_call(&lines, Usher__V1__WaitroomService, list_sales, &ask, &sales);
    for (size_t i = 0; err == 0 && i < sales->n_sales; i++) {
        if (is_for(sales->sales[i], story->order->performance_id))
            err = tell_place(from, &lines, sales->sales[i], story);
    }
    return err;
}

/* ---- what the window keeps: the ledger's entries, and the log ---- */

static const char *text_at(const json_t *record, const char *name)
{
    const char *text = json_string_value(json_object_get(record, name));
    return text ? text : "";
}

static int tell_entry(const struct story_sources *from, const json_t *record, int64_t at_ms,
                      Usher__V1__Story *story)
{
    const long long places = json_integer_value(json_object_get(record, "usher.places"));
    return story_add(from, story, at_ms, USHER__V1__STORY_PART__STORY_PART_SEATS,
                     text_at(record, "event.action"), NULL,
                     "%lld %s, row %lld of the ledger, version %lld, epoch %lld", places,
                     places == 1 ? "place" : "places",
                     (long long)json_integer_value(json_object_get(record, "event.sequence")),
                     (long long)json_integer_value(json_object_get(record, "usher.version")),
                     (long long)json_integer_value(json_object_get(record, "usher.epoch")));
}

static int tell_line_of_log(const struct story_sources *from, const json_t *record, int64_t at_ms,
                            Usher__V1__Story *story)
{
    const char *error = text_at(record, "error.message");
    const char *message = text_at(record, "message");
    const char *what = text_at(record, "event.action");
    return story_add(from, story, at_ms, USHER__V1__STORY_PART__STORY_PART_LOG, what,
                     text_at(record, "trace.id"), "%s%s%s%s%s", text_at(record, "log.level"),
                     strcmp(message, what) != 0 ? ", " : "",
                     strcmp(message, what) != 0 ? message : "", error[0] ? ", " : "", error);
}

static int tell_records(const struct story_sources *from, enum record_stream stream,
                        Usher__V1__Story *story)
{
    const struct window_query query = {.text = view_str(story->order->order_id),
                                       .stream = stream,
                                       .level = LOG_DEBUG,
                                       .max = WINDOW_FOUND_MAX};
    struct record *records;
    size_t count = 0;
    int err = window_search(from->window, &query, from->arena, &records, &count, from->deadline_ns);
    for (size_t i = 0; err == 0 && i < count; i++) {
        json_t *record = tree_read(records[i].body, 0, NULL);
        /* Payments are told by their role. */
        const bool told = stream != RECORD_EVENTS ||
                          (record && strcmp(text_at(record, "event.dataset"), "usher.sale") == 0);
        if (record && told)
            err = stream == RECORD_EVENTS ? tell_entry(from, record, records[i].at_ms, story)
                                          : tell_line_of_log(from, record, records[i].at_ms, story);
        json_decref(record);
    }
    return err;
}

static int tell_seats(const struct story_sources *from, Usher__V1__Story *story)
{
    return tell_records(from, RECORD_EVENTS, story);
}

static int tell_log(const struct story_sources *from, Usher__V1__Story *story)
{
    return tell_records(from, RECORD_LOGS, story);
}

/* ---- money, mails, the door ---- */

static int tell_money(const struct story_sources *from, Usher__V1__Story *story)
{
    struct client money = client_of(from, from->payment, &usher__v1__payment_service__descriptor);
    Usher__V1__GetMoneyStoryRequest ask = USHER__V1__GET_MONEY_STORY_REQUEST__INIT;
    const Usher__V1__MoneyStory *answer;
    ask.order_id = story->order->order_id;
    int err = client_call(&money, Usher__V1__PaymentService, get_money_story, &ask, &answer);
    if (money.status.code == CODE_NOT_FOUND)
        return 0; /* it was never paid for by card */
    for (size_t i = 0; err == 0 && i < answer->n_events; i++) {
        const Usher__V1__MoneyEvent *event = answer->events[i];
        err = story_add(from, story, event->at_ms, USHER__V1__STORY_PART__STORY_PART_MONEY,
                        event->what, NULL, "%s", event->text);
    }
    return err;
}

static int tell_mail(const struct story_sources *from, const Usher__V1__Mail *mail,
                     Usher__V1__Story *story)
{
    const Usher__V1__StoryPart part = USHER__V1__STORY_PART__STORY_PART_MAIL;
    int err = story_add(from, story, mail->created_at_ms, part, "written", NULL,
                        "mail %" PRIu64 ", %s, %s%s%s", mail->mail_id, mail->template_, mail->state,
                        mail->last_error[0] ? ": " : "", mail->last_error);
    if (err == 0 && mail->sent_at_ms > 0)
        err = story_add(from, story, mail->sent_at_ms, part, "sent", NULL,
                        "mail %" PRIu64 ", %" PRIu32 " tries, %s", mail->mail_id, mail->tries,
                        mail->message_id);
    return err;
}

static int tell_mails(const struct story_sources *from, Usher__V1__Story *story)
{
    struct client door = client_of(from, from->door, &usher__v1__door_service__descriptor);
    Usher__V1__ListMailsRequest ask = USHER__V1__LIST_MAILS_REQUEST__INIT;
    const Usher__V1__ListMailsResponse *answer;
    if (!story->contact || !story->contact->email[0])
        return 0;
    ask.to = story->contact->email;
    ask.page_size = MAILS_MAX;
    int err = client_call(&door, Usher__V1__DoorService, list_mails, &ask, &answer);
    for (size_t i = 0; err == 0 && i < answer->n_mails; i++) {
        if (answer->mails[i]->created_at_ms >= story->order->placed_at_ms - MAILS_EARLY_MS)
            err = tell_mail(from, answer->mails[i], story);
    }
    return err;
}

static int tell_notes(const struct story_sources *from, Usher__V1__Story *story)
{
    struct client door = client_of(from, from->door, &usher__v1__door_service__descriptor);
    Usher__V1__ListOrderNotesRequest ask = USHER__V1__LIST_ORDER_NOTES_REQUEST__INIT;
    const Usher__V1__OrderNotes *answer;
    ask.order_id = story->order->order_id;
    int err = client_call(&door, Usher__V1__DoorService, list_order_notes, &ask, &answer);
    for (size_t i = 0; err == 0 && i < answer->n_notes; i++) {
        const Usher__V1__OrderNote *note = answer->notes[i];
        const char *who = note->author_email[0] ? note->author_email : note->author_id;
        const size_t at = story->n_steps;
        err = story_add(from, story, note->created_at_ms, USHER__V1__STORY_PART__STORY_PART_NOTE,
                        who[0] ? who : "operator", NULL, "%s", "");
        if (err == 0 && story->n_steps > at)
            story->steps[at]->facts = note->text; /* longer than other facts may be */
    }
    return err;
}

static const char *result_word(Usher__V1__CheckInResult result)
{
    static const char *const words[] = {"?",
                                        "let through",
                                        "no code of ours",
                                        "cancelled",
                                        "passed on",
                                        "already inside",
                                        "another performance",
                                        "an old picture",
                                        "was not inside",
                                        "unpaid",
                                        "blocked",
                                        "not the time"};
    const size_t i = (size_t)result;
    return words[i < sizeof(words) / sizeof(words[0]) ? i : 0];
}

static int tell_door(const struct story_sources *from, Usher__V1__Story *story)
{
    struct client door = client_of(from, from->door, &usher__v1__door_service__descriptor);
    Usher__V1__ListScansRequest ask = USHER__V1__LIST_SCANS_REQUEST__INIT;
    const Usher__V1__ListScansResponse *answer;
    ask.order_id = story->order->order_id;
    int err = client_call(&door, Usher__V1__DoorService, list_scans, &ask, &answer);
    for (size_t i = 0; err == 0 && i < answer->n_scans; i++) {
        const Usher__V1__OrderScan *row = answer->scans[i];
        const Usher__V1__Scan *scan = row->scan;
        err = story_add(from, story, scan->at_ms, USHER__V1__STORY_PART__STORY_PART_DOOR,
                        scan->direction == USHER__V1__DIRECTION__DIRECTION_OUT ? "out" : "in", NULL,
                        "place %" PRIu32 ", gate %s: %s", row->seat,
                        scan->gate[0] ? scan->gate : "without a name", result_word(scan->answered));
    }
    return err;
}

/* ---- all of it ---- */

static int compare_steps(const void *a, const void *b)
{
    const Usher__V1__StoryStep *x = *(Usher__V1__StoryStep *const *)a;
    const Usher__V1__StoryStep *y = *(Usher__V1__StoryStep *const *)b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return (x->part > y->part) - (x->part < y->part);
}

int story_tell(const struct story_sources *from, Usher__V1__Story *story)
{
    const struct {
        Usher__V1__StoryPart part;
        bool reached;
        int (*tell)(const struct story_sources *from, Usher__V1__Story *story);
    } parts[PARTS] = {
        {USHER__V1__STORY_PART__STORY_PART_LINE, from->waitroom, tell_line},
        {USHER__V1__STORY_PART__STORY_PART_SEATS, from->window, tell_seats},
        {USHER__V1__STORY_PART__STORY_PART_MONEY, from->payment, tell_money},
        {USHER__V1__STORY_PART__STORY_PART_MAIL, from->door, tell_mails},
        {USHER__V1__STORY_PART__STORY_PART_DOOR, from->door, tell_door},
        {USHER__V1__STORY_PART__STORY_PART_LOG, from->window, tell_log},
        {USHER__V1__STORY_PART__STORY_PART_NOTE, from->door, tell_notes},
    };
    story->steps = arena_alloc(from->arena, STORY_STEPS_MAX * sizeof(*story->steps));
    story->missing = arena_alloc(from->arena, PARTS * sizeof(*story->missing));
    if (!story->steps || !story->missing)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < PARTS; i++) {
        const int err = parts[i].reached ? parts[i].tell(from, story) : ERR_NOT_FOUND;
        if (err == ERR_NO_MEMORY)
            return err;
        if (err != 0)
            story->missing[story->n_missing++] = parts[i].part;
    }
    qsort(story->steps, story->n_steps, sizeof(*story->steps), compare_steps);
    return 0;
}
