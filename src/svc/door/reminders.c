/*
 * Reminders: who asked for it is mailed once, shortly before the sale of an event opens.
 *
 * Which events have reminders is one row each in the store; only where there are some the other
 * roles are asked what opens when. A reminder ends in the transaction that writes its mail, so
 * doors in several processes may do this at once, and one that dies leaves nothing half done.
 * Mails are written as they go out, so that those with tickets never wait behind a whole event's.
 */
#include <jansson.h>
#include <stdlib.h>

#include "call/client.h"
#include "clock/zone.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "paper/words.h"
#include "store/reminders.h"
#include "svc/door/lobby.h"
#include "usher/v1/waitroom.pb-c.h"

METRIC_COUNTER(reminders_mailed, "usher_reminders_mailed_total",
               "Mails written to who wanted to be told that a sale opens.", "");

/* What there is to say of an event. */
enum news { NEWS_NONE, NEWS_OPENS, NEWS_OPEN, NEWS_BEGUN };

struct opening {
    enum news news;
    int64_t opens_at_ms; /* of NEWS_OPENS */
    const char *time_zone;
};

struct look {
    struct door *door;
    struct arena arena;
    int64_t deadline_ns;
    int64_t now_ms;
    const Usher__V1__ListEventsResponse *events;
    const Usher__V1__ListSalesResponse *sales; /* or NULL */
};

/* ---- what opens when ---- */

static int ask_events(struct look *look)
{
    const Usher__V1__ListEventsRequest request = USHER__V1__LIST_EVENTS_REQUEST__INIT;
    struct client tickets;
    client_init(&tickets, look->door->options.tickets, &usher__v1__ticket_service__descriptor,
                &look->arena);
    tickets.deadline_ns = look->deadline_ns;
    return client_call(&tickets, Usher__V1__TicketService, list_events, &request, &look->events);
}

static int ask_sales(struct look *look)
{
    const Usher__V1__ListSalesRequest request = USHER__V1__LIST_SALES_REQUEST__INIT;
    struct client lines;
    if (!look->door->lines)
        return 0;
    client_init(&lines, look->door->lines, &usher__v1__waitroom_service__descriptor, &look->arena);
    lines.deadline_ns = look->deadline_ns;
    return client_call(&lines, Usher__V1__WaitroomService, list_sales, &request, &look->sales);
}

/* The sale that a performance is in, or NULL. */
static const Usher__V1__Sale *sale_of(const struct look *look, uint32_t performance_id)
{
    for (size_t i = 0; look->sales && i < look->sales->n_sales; i++) {
        const Usher__V1__Sale *sale = look->sales->sales[i];
        for (size_t k = 0; k < sale->n_performance_ids; k++) {
            if (sale->performance_ids[k] == performance_id)
                return sale;
        }
    }
    return NULL;
}

static bool is_to_open(const Usher__V1__Sale *sale)
{
    return sale && sale->status &&
           (sale->status->state == USHER__V1__LINE_STATE__LINE_STATE_ANNOUNCED ||
            sale->status->state == USHER__V1__LINE_STATE__LINE_STATE_DRAW);
}

/* The next opening counts; what is open already is told where nothing opens later. */
static struct opening opening_of(const struct look *look, const Usher__V1__Event *event)
{
    struct opening opening = {NEWS_NONE, INT64_MAX, ""};
    bool open = false, soon = false, begun = event->n_performances > 0;
    for (size_t i = 0; i < event->n_performances; i++) {
        const Usher__V1__Performance *performance = event->performances[i];
        const Usher__V1__Sale *sale = sale_of(look, performance->performance_id);
        begun = begun && performance->starts_at_ms <= look->now_ms;
        if (is_to_open(sale)) {
            soon = true;
            if (sale->opens_at_ms < opening.opens_at_ms) {
                opening.opens_at_ms = sale->opens_at_ms;
                opening.time_zone = sale->time_zone;
            }
        }
        open = open || performance->sale_state == USHER__V1__SALE_STATE__SALE_STATE_OPEN;
    }
    if (begun)
        opening.news = NEWS_BEGUN;
    else if (soon)
        opening.news = opening.opens_at_ms - look->door->options.mail.remind_ms <= look->now_ms
                           ? NEWS_OPENS
                           : NEWS_NONE;
    else if (open)
        opening.news = NEWS_OPEN;
    return opening;
}

/* ---- the mails ---- */

/* What a mail says, as JSON in the arena; NULL: no memory. */
static const char *write_params(struct look *look, const Usher__V1__Event *event,
                                const struct opening *opening, enum paper_language language)
{
    struct paper_order when = {.language = language, .starts_at_ms = opening->opens_at_ms};
    char opens[PAPER_TEXT_MAX] = "";
    struct view site = view_str(look->door->options.mail.link);
    site.len -= site.len > 0 && site.at[site.len - 1] == '/';
    const char *link = arena_printf(&look->arena, "%.*s/e/%u", VIEW_ARG(site), event->event_id);
    if (opening->news == NEWS_OPENS) {
        when.utc_offset_known = zone_offset(view_str(opening->time_zone), opening->opens_at_ms,
                                            &when.utc_offset_minutes) == 0;
        paper_start(&when, opens);
    }
    json_t *json = link ? json_pack("{s:s, s:s, s:s, s:s}", "event", event->name, "opens", opens,
                                    "zone", opening->time_zone, "link", link)
                        : NULL;
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    const char *copy = text ? arena_copy(&look->arena, view_str(text)) : NULL;
    free(text);
    json_decref(json);
    return copy;
}

static int write_mails(struct look *look, const Usher__V1__Event *event,
                       const struct opening *opening, const struct reminder *reminders,
                       size_t count)
{
    const char *template = opening->news == NEWS_OPENS ? "opening" : "opened";
    const char *params[2];
    struct mail *mails = arena_alloc(&look->arena, count * sizeof(*mails));
    char id[ID_TEXT_CHARS + 1];
    size_t written = 0;
    for (int language = 0; language < 2; language++) {
        params[language] = write_params(look, event, opening, (enum paper_language)language);
        if (!params[language] || !mails)
            return ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        id_format(reminders[i].reminder_id, id);
        const char *key = arena_printf(&look->arena, "remind:%s", id);
        if (!key)
            return ERR_NO_MEMORY;
        mails[i] =
            (struct mail){.to = reminders[i].email,
                          .template = view_str(template),
                          .language = reminders[i].language,
                          .params = view_str(params[paper_language_of(reminders[i].language)]),
                          .key = view_str(key),
                          .created_at_ms = look->now_ms};
    }
    int err = reminder_done(look->door->options.sql, reminders, mails, count, &written,
                            look->deadline_ns);
    if (err == 0 && written > 0) {
        metric_add(&reminders_mailed, written);
        log_event(LOG_INFO, "reminders.mailed", log_uint("usher.event", event->event_id),
                  log_uint("usher.mails", written));
        lobby_wake_post(look->door);
    }
    return err;
}

/* Some of an event's reminders. 1: there may be more; 0; or an error. */
static int tell(struct look *look, const Usher__V1__Event *event, const struct opening *opening)
{
    struct sql *sql = look->door->options.sql;
    struct reminder *reminders;
    size_t count;
    int err = reminder_page(sql, event->event_id, REMIND_BATCH, &look->arena, &reminders, &count,
                            look->deadline_ns);
    if (err == 0 && count > 0)
        err = opening->news == NEWS_BEGUN
                  ? reminder_done(sql, reminders, NULL, count, NULL, look->deadline_ns)
                  : write_mails(look, event, opening, reminders, count);
    return err == 0 ? count == REMIND_BATCH : err;
}

static const Usher__V1__Event *find_event(const struct look *look, uint32_t event_id)
{
    for (size_t i = 0; i < look->events->n_events; i++) {
        if (look->events->events[i]->event_id == event_id)
            return look->events->events[i];
    }
    return NULL;
}

/* One look at all. 1: there is more to be written at once; 0; or an error. */
static int look_once(struct look *look)
{
    struct reminder_count *counts;
    size_t count;
    bool more = false;
    int err =
        reminder_counts(look->door->options.sql, &look->arena, &counts, &count, look->deadline_ns);
    if (err != 0 || count == 0)
        return err;
    err = ask_events(look);
    if (err == 0)
        err = ask_sales(look);
    for (size_t i = 0; err >= 0 && i < count && !more; i++) {
        const Usher__V1__Event *event = find_event(look, counts[i].event_id);
        if (!event || event->state != USHER__V1__EVENT_STATE__EVENT_STATE_PUBLISHED)
            continue;
        const struct opening opening = opening_of(look, event);
        if (opening.news == NEWS_NONE)
            continue;
        err = lobby_post_is_free(look->door, &look->arena, look->deadline_ns)
                  ? tell(look, event, &opening)
                  : 1;
        more = err == 1;
    }
    return err < 0 ? err : more;
}

void lobby_remind(void *arg)
{
    struct door *door = arg;
    int64_t sweep_at_ms = 0;
    while (!fiber_cancelled()) {
        struct look look = {.door = door,
                            .deadline_ns = deadline_after_ms(fiber_now_ns(), RELAY_STEP_MS),
                            .now_ms = lobby_now_ms()};
        arena_init(&look.arena, REMIND_ARENA_MAX);
        int more = look_once(&look);
        if (more >= 0 && look.now_ms >= sweep_at_ms) {
            const int err = reminder_sweep(door->options.sql, look.now_ms, look.deadline_ns);
            sweep_at_ms = err == 0 ? look.now_ms + RELAY_SWEEP_MS : 0;
            more = err == 0 ? more : err;
        }
        arena_release(&look.arena);
        if (more < 0 && more != ERR_CANCELLED && more != ERR_CONFLICT)
            log_event(LOG_WARN, "reminders.mail", log_err(more));
        fiber_sleep_until(
            deadline_after_ms(fiber_now_ns(), more == 1 ? REMIND_NEXT_MS : REMIND_PAUSE_MS));
    }
}
