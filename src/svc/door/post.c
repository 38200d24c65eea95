/*
 * The post: sends the mails that wait. A few go out at once; one that could not goes again later,
 * after longer and longer pauses, under the Message-ID that its first try gave it.
 */
#include <stdio.h>

#include "observe/log.h"
#include "observe/metrics.h"
#include "observe/spans.h"
#include "paper/address.h"
#include "svc/door/lobby.h"
#include "token/bounce.h"

#define MAILS_METRIC(variable, what)                                                               \
    METRIC_COUNTER(variable, "usher_mails_total", "Tries to send a mail, by what came of them.",   \
                   "outcome=\"" what "\"")
METRIC_GAUGE(mails_waiting, "usher_mails_waiting", "Mails that are to be sent, due or not.", "");
MAILS_METRIC(mails_sent, "sent");
MAILS_METRIC(mails_later, "later");
MAILS_METRIC(mails_failed, "failed");
MAILS_METRIC(mails_unclear, "unclear");

/* Some mails, and the lanes that share them. */
struct batch {
    struct door *door;
    struct mail *mails;
    size_t count, next;
};

static int64_t pause_after(const struct door *door, uint32_t tries)
{
    int64_t pause_ms = door->options.mail.retry_ms;
    for (uint32_t i = 1; i < tries && pause_ms < POST_BACK_MAX_MS; i++)
        pause_ms *= 2;
    return pause_ms < POST_BACK_MAX_MS ? pause_ms : POST_BACK_MAX_MS;
}

/* ---- one try ---- */

struct try_state {
    struct door *door;
    const struct mail *mail;
    struct arena arena;
    struct composed composed;
    struct smtp_answer answer;
};

static int send_composed(struct try_state *t, int64_t deadline_ns)
{
    const char *to = arena_copy(&t->arena, t->mail->to);
    if (!to)
        return ERR_NO_MEMORY;
    const struct door_mail *options = &t->door->options.mail;
    char from[BOUNCE_ADDRESS_MAX];
    if (options->bounces)
        bounce_write(t->door->codes.bounce_key, options->bounces, t->mail->mail_id,
                     t->mail->message_id, from);
    const struct smtp_mail mail = {.from = options->bounces ? from : options->from,
                                   .to = to,
                                   .message = buf_view(&t->composed.message)};
    return smtp_send(t->door->smtp, &mail, &t->answer, deadline_ns);
}

/* What the store is to remember of it. */
static struct mail_outcome outcome_of(const struct try_state *t, int err)
{
    const bool again = t->mail->tries < POST_TRIES_MAX;
    struct mail_outcome o = {.state = again ? MAIL_WAITING : MAIL_FAILED,
                             .at_ms = lobby_now_ms(),
                             .unclear = err == ERR_UNKNOWN,
                             .error = view_str(t->answer.text[0] ? t->answer.text : err_text(err))};
    o.next_try_at_ms = o.at_ms + pause_after(t->door, t->mail->tries);
    if (err == 0) {
        o.state = MAIL_SENT;
        o.error = (struct view){0};
        o.forget = t->composed.secret;
    } else if (err == ERR_NOT_FOUND) {
        o.state = MAIL_VOID;
        o.error = VIEW_LIT("what it is about is no more");
    } else if (err == ERR_DENIED || err == ERR_INVALID) {
        o.state = MAIL_FAILED;
    }
    return o;
}

static void note(const struct try_state *t, const struct mail_outcome *o, int err)
{
    metric_add(o->state == MAIL_SENT     ? &mails_sent
               : o->unclear              ? &mails_unclear
               : o->state == MAIL_FAILED ? &mails_failed
                                         : &mails_later,
               1);
    if (o->state == MAIL_SENT)
        log_event(LOG_INFO, "mail.sent", log_uint("usher.mail", t->mail->mail_id),
                  log_view("usher.template", t->mail->template),
                  log_uint("usher.tries", t->mail->tries));
    else
        log_event(LOG_WARN, "mail.unsent", log_uint("usher.mail", t->mail->mail_id),
                  log_view("usher.template", t->mail->template),
                  log_uint("usher.tries", t->mail->tries), log_int("usher.reply", t->answer.code),
                  log_view("error.message", o->error), log_err(err));
}

/* The try is ours: the mail is read again, with its Message-ID. What came of sending it, or of
 * noting that. */
static int try_mail(struct door *door, uint64_t mail_id)
{
    const int64_t deadline_ns = deadline_after_ms(fiber_now_ns(), POST_TRY_MS);
    struct try_state t = {.door = door};
    struct mail mail;
    arena_init(&t.arena, POST_ARENA_MAX);
    int sent = 0;
    int err = mail_get(door->options.sql, mail_id, &t.arena, &mail, deadline_ns);
    if (err == 0) {
        t.mail = &mail;
        err = lobby_compose(door, &mail, mail.message_id, &t.arena, deadline_ns, &t.composed);
        if (err == 0)
            err = send_composed(&t, deadline_ns);
        sent = err;
        const struct mail_outcome outcome = outcome_of(&t, err);
        note(&t, &outcome, err);
        err = mail_end(door->options.sql, mail_id, &outcome,
                       deadline_after_ms(fiber_now_ns(), RELAY_STEP_MS));
        composed_release(&t.composed);
    }
    if (err != 0)
        log_event(LOG_WARN, "mail.store", log_uint("usher.mail", mail_id), log_err(err));
    arena_release(&t.arena);
    return err != 0 ? err : sent;
}

static int begin_try(struct door *door, const struct mail *mail)
{
    const int64_t now_ms = lobby_now_ms();
    char id[64 + ADDRESS_MAX];
    snprintf(id, sizeof(id), "%llu.%llx.%u@%.*s", (unsigned long long)mail->mail_id,
             (unsigned long long)now_ms, mail->tries,
             VIEW_ARG(address_domain(view_str(door->options.mail.from))));
    return mail_begin(door->options.sql, mail->mail_id, view_str(id), now_ms,
                      now_ms + POST_LEASE_MS, deadline_after_ms(fiber_now_ns(), RELAY_STEP_MS));
}

/* Without a mail server a mail is kept, to be looked at and sent later by hand. */
static void keep_mail(struct door *door, const struct mail *mail)
{
    const struct mail_outcome outcome = {.state = MAIL_KEPT,
                                         .at_ms = lobby_now_ms(),
                                         .error = VIEW_LIT("there is no mail server (--smtp)")};
    int err = mail_end(door->options.sql, mail->mail_id, &outcome,
                       deadline_after_ms(fiber_now_ns(), RELAY_STEP_MS));
    if (err != 0)
        log_event(LOG_WARN, "mail.store", log_uint("usher.mail", mail->mail_id), log_err(err));
    else
        log_event(LOG_INFO, "mail.kept", log_uint("usher.mail", mail->mail_id),
                  log_view("usher.template", mail->template));
}

/* ---- the fibers ---- */

static void run_lane(void *arg)
{
    struct batch *batch = arg;
    struct door *door = batch->door;
    while (!fiber_cancelled() && batch->next < batch->count) {
        const struct mail *mail = &batch->mails[batch->next++];
        struct trace_work work;
        int err = 0;
        trace_work_begin(&work, mail->trace, mail->mail_id);
        if (!door->smtp)
            keep_mail(door, mail);
        else if (begin_try(door, mail) == 0)
            err = try_mail(door, mail->mail_id);
        struct span span = {.kind = SPAN_INTERNAL,
                            .failed = err != 0 && err != ERR_NOT_FOUND,
                            .code = -1,
                            .facts = {{"usher.mail", (int64_t)mail->mail_id},
                                      {"usher.tries", (int64_t)mail->tries + 1}}};
        snprintf(span.name, sizeof(span.name), "mail %.*s", VIEW_ARG(mail->template));
        trace_work_end(&work, &span);
    }
}

/* Counts those that wait, when it is time. */
static void count_waiting(struct door *door, int64_t *due_ns)
{
    uint64_t count;
    if (fiber_now_ns() < *due_ns)
        return;
    if (mail_waiting(door->options.sql, &count, deadline_after_ms(fiber_now_ns(), RELAY_STEP_MS)) ==
        0)
        metric_set(&mails_waiting, (int64_t)count);
    *due_ns = deadline_after_ms(fiber_now_ns(), POST_COUNT_MS);
}

/* True where there may be more. */
static bool send_some(struct door *door)
{
    struct batch batch = {.door = door};
    struct arena arena;
    struct scope lanes;
    arena_init(&arena, POST_ARENA_MAX);
    scope_init(&lanes);
    int err = mail_due(door->options.sql, lobby_now_ms(), POST_BATCH, &arena, &batch.mails,
                       &batch.count, deadline_after_ms(fiber_now_ns(), RELAY_STEP_MS));
    for (size_t i = 0; err == 0 && i < POST_LANES && i < batch.count; i++)
        err = fiber_spawn(&lanes, run_lane, &batch);
    if (scope_join(&lanes, DEADLINE_NEVER) != 0)
        scope_close(&lanes);
    if (err != 0 && err != ERR_CANCELLED)
        log_event(LOG_WARN, "mail.store", log_err(err));
    arena_release(&arena);
    return err == 0 && batch.count == POST_BATCH;
}

void lobby_post(void *arg)
{
    struct door *door = arg;
    int64_t count_ns = 0;
    while (!fiber_cancelled()) {
        count_waiting(door, &count_ns);
        if (send_some(door))
            continue;
        door->post = fiber_self();
        fiber_park(deadline_after_ms(fiber_now_ns(), POST_PAUSE_MS));
        door->post = NULL;
    }
}

void lobby_wake_post(struct door *door)
{
    if (door->post)
        fiber_unpark(door->post);
}

bool lobby_post_is_free(struct door *door, struct arena *arena, int64_t deadline_ns)
{
    struct mail *due;
    size_t count = REMIND_BATCH;
    const int err =
        mail_due(door->options.sql, lobby_now_ms(), REMIND_BATCH, arena, &due, &count, deadline_ns);
    return err == 0 && count < REMIND_BATCH;
}
