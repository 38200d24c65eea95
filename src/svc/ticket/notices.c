/* Announce, EndNotice, GetNotice: what an organiser says to everybody, and the emergency stop. */
#include "svc/ticket/notices.h"

#include "mem/utf8.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "svc/ticket/bars.h"
#include "svc/ticket/bills.h"

#define FOLLOW_ARENA  (1u << 20)
#define FOLLOW_MAX_MS 5000
#define STOP_BITS     2

METRIC_COUNTER(announced, "usher_announcements_total",
               "Notices that organisers put up, one a performance.", "");
METRIC_GAUGE(sales_stopped, "usher_sales_stopped",
             "Performances whose sale is stopped with a notice.", "");

/* ---- what is known here ---- */

uint64_t desk_notice(const struct ticket *ticket, uint32_t performance_id)
{
    return atomic_load(&ticket->notices[performance_id]) >> STOP_BITS;
}

static enum notice_stop stop_of(const struct ticket *ticket, uint32_t performance_id)
{
    return (enum notice_stop)(atomic_load(&ticket->notices[performance_id]) &
                              ((1u << STOP_BITS) - 1));
}

bool desk_is_stopped(const struct ticket *ticket, uint32_t performance_id)
{
    return stop_of(ticket, performance_id) != NOTICE_ONLY_WORDS;
}

static void show(struct ticket *ticket, uint32_t performance_id, uint64_t notice)
{
    const struct catalog_performance *performance =
        catalog_performance(ticket->catalog, performance_id);
    atomic_store(&ticket->notices[performance_id], notice);
    if (performance)
        feed_set_notice(performance->feed, notice >> STOP_BITS);
}

int desk_follow_notices(struct ticket *ticket, bool anew)
{
    struct sql *sql = ticket->options.store->sql;
    int64_t version = anew ? -1 : ticket->notices_version;
    struct notice *standing = NULL;
    struct arena arena;
    size_t count = 0, at = 0;
    int64_t stopped = 0;
    if (!sql)
        return 0;
    arena_init(&arena, FOLLOW_ARENA);
    int err = notice_standing(sql, &version, &arena, &standing, &count,
                              deadline_after_ms(fiber_now_ns(), FOLLOW_MAX_MS));
    for (uint32_t i = 1; err == 0 && standing && i <= STORE_PERFORMANCES_MAX; i++) {
        while (at < count && standing[at].performance_id < i)
            at++;
        const bool stands = at < count && standing[at].performance_id == i;
        const uint64_t now =
            stands ? standing[at].notice_id << STOP_BITS | (unsigned)standing[at].stop : 0;
        stopped += stands && standing[at].stop != NOTICE_ONLY_WORDS;
        if (now != atomic_load(&ticket->notices[i]) || (anew && now != 0))
            show(ticket, i, now);
    }
    if (err == 0 && standing)
        metric_set(&sales_stopped, stopped);
    if (err == 0)
        ticket->notices_version = version;
    arena_release(&arena);
    return err;
}

/* Sets the sale's state, wherever its owner is; without call_fail. */
static int set_sale(struct ticket *ticket, uint32_t performance_id, uint32_t state,
                    struct owner_ask *ask, int64_t deadline_ns)
{
    const struct catalog_performance *performance =
        catalog_performance(ticket->catalog, performance_id);
    *ask = (struct owner_ask){.verb = OWNER_SET_SALE, .sale_state = state};
    return performance ? desk_ask(ticket, performance, ask, deadline_ns) : ERR_NOT_FOUND;
}

static bool is_open(struct ticket *ticket, uint32_t performance_id, int64_t deadline_ns)
{
    const struct catalog_performance *performance =
        catalog_performance(ticket->catalog, performance_id);
    struct owner_figures figures;
    if (!performance)
        return false;
    desk_figures(ticket, performance, &figures, deadline_ns);
    return figures.sale_state == USHER__V1__SALE_STATE__SALE_STATE_OPEN;
}

void desk_keep_stops(struct ticket *ticket)
{
    for (uint32_t i = 1; i <= catalog_performance_last(ticket->catalog); i++) {
        const int64_t deadline_ns = deadline_after_ms(fiber_now_ns(), FOLLOW_MAX_MS);
        struct owner_ask ask;
        if (!desk_is_stopped(ticket, i) || !is_open(ticket, i, deadline_ns))
            continue;
        const int err =
            set_sale(ticket, i, USHER__V1__SALE_STATE__SALE_STATE_PAUSED, &ask, deadline_ns);
        log_event(LOG_WARN, "sale.stop", log_uint("usher.performance", i), log_err(err));
    }
}

/* ---- which performances ---- */

/* Those that a call is for, in the arena: of the event that the caller runs, and named, or all that
 * begin after from_ms. Non-zero after call_fail. */
static int read_dates(struct call *call, uint32_t event_id, const uint32_t *named, size_t count,
                      int64_t from_ms, uint32_t **ret_ids, size_t *ret_count)
{
    const struct ticket *ticket = call_state(call);
    const struct catalog_event *event = desk_managed(call, event_id);
    const uint32_t last = catalog_performance_last(ticket->catalog);
    if (!event)
        return ERR_NOT_FOUND;
    if (count > NOTICE_DATES_MAX)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "performance_ids",
                         "at most %d performances", NOTICE_DATES_MAX);
    *ret_ids = arena_alloc(call_arena(call), NOTICE_DATES_MAX * sizeof(**ret_ids));
    *ret_count = 0;
    if (!*ret_ids)
        return desk_store_failed(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        const struct catalog_performance *one = desk_performance(call, named[i]);
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || named[k] == named[i];
        if (!one)
            return ERR_NOT_FOUND;
        if (one->event != event || again)
            return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "performance_ids",
                             "performances of the event, each once");
        (*ret_ids)[(*ret_count)++] = named[i];
    }
    for (uint32_t i = 1; count == 0 && i <= last && *ret_count < NOTICE_DATES_MAX; i++) {
        const struct catalog_performance *one = catalog_performance(ticket->catalog, i);
        if (one && one->event == event && catalog_date(one)->starts_at_ms > from_ms)
            (*ret_ids)[(*ret_count)++] = i;
    }
    if (*ret_count == 0)
        return desk_fail(call, CODE_FAILED_PRECONDITION, "NOT_FOUND", "event_id",
                         "the event has no performance that has not begun: name which");
    return 0;
}

/* ---- words ---- */

static int read_words(struct call *call, const Usher__V1__MessageWords *words, const char *field,
                      struct view *ret_subject, struct view *ret_text)
{
    const struct view subject = view_str(words ? words->subject : ""),
                      text = view_str(words ? words->text : "");
    if (subject.len > MESSAGE_SUBJECT_MAX || !utf8_line(subject) ||
        !utf8_text(subject, MESSAGE_SUBJECT_CHARS_MAX))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", field,
                         "a subject is one line of 1 to %d characters, %d bytes",
                         MESSAGE_SUBJECT_CHARS_MAX, MESSAGE_SUBJECT_MAX);
    if (!utf8_text(text, NOTICE_TEXT_CHARS_MAX))
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", field,
                         "a notice's text has 1 to %d characters", NOTICE_TEXT_CHARS_MAX);
    *ret_subject = subject;
    *ret_text = text;
    return 0;
}

static int fill_words(struct arena *arena, struct view subject, struct view text,
                      Usher__V1__MessageWords **ret_words)
{
    Usher__V1__MessageWords *words = arena_alloc(arena, sizeof(*words));
    if (!words)
        return ERR_NO_MEMORY;
    usher__v1__message_words__init(words);
    words->subject = arena_copy(arena, subject);
    words->text = arena_copy(arena, text);
    *ret_words = words;
    return words->subject && words->text ? 0 : ERR_NO_MEMORY;
}

static int fill_notice(struct arena *arena, const struct notice *notice,
                       Usher__V1__Notice *ret_notice)
{
    ret_notice->notice_id = notice->notice_id;
    ret_notice->performance_id = notice->performance_id;
    ret_notice->created_at_ms = notice->created_at_ms;
    ret_notice->stopped = notice->stop != NOTICE_ONLY_WORDS;
    const int err = fill_words(arena, notice->subject[0], notice->text[0], &ret_notice->english);
    return err == 0 ? fill_words(arena, notice->subject[1], notice->text[1], &ret_notice->korean)
                    : err;
}

/* The database of notices; NULL after call_fail. */
static struct sql *notices_sql(struct call *call)
{
    const struct ticket *ticket = call_state(call);
    if (!ticket->options.store->sql)
        desk_store_failed(call, ERR_UNSUPPORTED); /* the reference body has no other tables */
    return ticket->options.store->sql;
}

CALL_HANDLER(ticket_get_notice)
{
    const Usher__V1__GetNoticeRequest *wish = request;
    struct sql *sql = notices_sql(call);
    struct notice notice;
    int err =
        !sql ? ERR_UNSUPPORTED
             : notice_get(sql, wish->notice_id, call_arena(call), &notice, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "notice_id", "there is no such notice");
    if (err == 0 && !desk_shown(call, notice.performance_id))
        return ERR_NOT_FOUND;
    if (err == 0)
        err = fill_notice(call_arena(call), &notice, response);
    return err == 0 || !sql ? err : desk_store_failed(call, err);
}

/* ---- saying and stopping ---- */

static int answer_notices(struct call *call, const struct notice *notices, size_t count,
                          Usher__V1__AnnounceResponse *answer)
{
    struct arena *arena = call_arena(call);
    Usher__V1__Notice *rows = arena_alloc(arena, count * sizeof(*rows));
    answer->notices = arena_alloc(arena, count * sizeof(*answer->notices));
    int err = rows && answer->notices ? 0 : ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++) {
        usher__v1__notice__init(&rows[i]);
        err = fill_notice(arena, &notices[i], &rows[i]);
        answer->notices[answer->n_notices++] = &rows[i];
    }
    return err == 0 ? 0 : desk_store_failed(call, err);
}

/* What is asked for, as one notice a performance. Non-zero after call_fail. */
static int read_announcement(struct call *call, const Usher__V1__AnnounceRequest *wish,
                             struct notice **ret_notices, size_t *ret_count)
{
    struct ticket *ticket = call_state(call);
    struct notice words = {.created_at_ms = clock_wall_ms(loop_clock(sched_loop(sched_current())))};
    const size_t nonce = strlen(wish->nonce);
    uint32_t *ids;
    int err = read_dates(call, wish->event_id, wish->performance_ids, wish->n_performance_ids,
                         words.created_at_ms, &ids, ret_count);
    if (err == 0)
        err = read_words(call, wish->english, "english", &words.subject[0], &words.text[0]);
    if (err == 0)
        err = read_words(call, wish->korean, "korean", &words.subject[1], &words.text[1]);
    if (err == 0 && (nonce == 0 || nonce > MESSAGE_NONCE_MAX))
        err = desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "nonce",
                        "1 to %d bytes, the same when it is asked again", MESSAGE_NONCE_MAX);
    if (err != 0)
        return err;
    *ret_notices = arena_alloc(call_arena(call), *ret_count * sizeof(**ret_notices));
    if (!*ret_notices)
        return desk_store_failed(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < *ret_count; i++) {
        struct notice *one = &(*ret_notices)[i];
        *one = words;
        one->performance_id = ids[i];
        if (wish->stop)
            one->stop =
                is_open(ticket, ids[i], call_deadline_ns(call)) ? NOTICE_STOPS : NOTICE_STOPS_SHUT;
    }
    return 0;
}

CALL_HANDLER(ticket_announce)
{
    const Usher__V1__AnnounceRequest *wish = request;
    Usher__V1__AnnounceResponse *answer = response;
    struct ticket *ticket = call_state(call);
    struct notice *notices;
    struct owner_ask ask;
    size_t count;
    struct sql *sql = notices_sql(call);
    if (!sql || read_announcement(call, wish, &notices, &count) != 0)
        return ERR_INVALID;
    const struct act act = desk_act(call, wish->stop ? "sale.stop" : "announce", "");
    int err = notice_put(sql, notices, count, wish->mail ? view_str(wish->nonce) : (struct view){0},
                         &act, &answer->mailed, call_deadline_ns(call));
    if (err == 0)
        err = desk_follow_notices(ticket, false);
    if (err != 0)
        return desk_store_failed(call, err);
    metric_add(&announced, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        if (notices[i].stop != NOTICE_STOPS)
            continue;
        err = set_sale(ticket, notices[i].performance_id, USHER__V1__SALE_STATE__SALE_STATE_PAUSED,
                       &ask, call_deadline_ns(call));
        if (err != 0)
            return desk_refused(call, &ask);
    }
    return answer_notices(call, notices, count, answer);
}

CALL_HANDLER(ticket_end_notice)
{
    const Usher__V1__EndNoticeRequest *wish = request;
    Usher__V1__EndNoticeResponse *answer = response;
    struct ticket *ticket = call_state(call);
    uint32_t *ids;
    size_t count;
    struct owner_ask ask;
    struct sql *sql = notices_sql(call);
    if (!sql || read_dates(call, wish->event_id, wish->performance_ids, wish->n_performance_ids,
                           INT64_MIN, &ids, &count) != 0)
        return ERR_INVALID;
    int err = desk_follow_notices(ticket, false);
    answer->resumed = arena_alloc(call_arena(call), count * sizeof(*answer->resumed));
    if (!answer->resumed)
        err = ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++) {
        if (stop_of(ticket, ids[i]) == NOTICE_STOPS)
            answer->resumed[answer->n_resumed++] = ids[i];
    }
    const struct act act =
        desk_act(call, answer->n_resumed > 0 ? "sale.resume" : "announce.end", "");
    if (err == 0)
        err = notice_end(sql, ids, count, &act, call_deadline_ns(call));
    if (err == ERR_NOT_FOUND)
        return desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "event_id",
                         "nothing is announced of these performances");
    if (err == 0)
        err = desk_follow_notices(ticket, false);
    if (err != 0)
        return desk_store_failed(call, err);
    for (size_t i = 0; i < answer->n_resumed; i++) {
        err = set_sale(ticket, answer->resumed[i], USHER__V1__SALE_STATE__SALE_STATE_OPEN, &ask,
                       call_deadline_ns(call));
        if (err != 0)
            return desk_refused(call, &ask);
    }
    return 0;
}
