/*
 * Telling: a lane is one hook that is told what its feed has, one event after the other, until
 * there is no more, something is not taken, or its time is over and others want a turn.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/public.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "observe/spans.h"
#include "svc/webhook/post.h"
#include "token/seal.h"

#define TELL_METRIC(variable, what)                                                                \
    METRIC_COUNTER(variable, "usher_webhooks_total",                                               \
                   "Messages to organisers' servers, by what came of them.",                       \
                   "outcome=\"" what "\"")
TELL_METRIC(hooks_taken, "taken");
TELL_METRIC(hooks_refused, "not_taken");
METRIC_GAUGE(hooks_due, "usher_webhooks_due", "Organisers' servers that have something to be told.",
             "");
METRIC_COUNTER(hooks_given_up, "usher_webhooks_given_up_total",
               "Webhooks that took nothing for too long and are told nothing any more.", "");

int64_t post_now_ms(void)
{
    return clock_wall_ms(loop_clock(sched_loop(sched_current())));
}

bool tell_may(void *state, const struct sockaddr *address)
{
    const struct webhook_role *role = state;
    struct in6_addr to;
    if (!net_public_read(address, &to))
        return false;
    bool may = net_is_public(&to);
    for (uint32_t i = 0; i < role->options.allowed_count && !may; i++)
        may = net_range_has(&role->options.allowed[i], &to);
    return may;
}

/* ---- one message ---- */

/* The secrets that sign now, the new one first. */
static int open_secrets(const struct webhook_role *role, const struct hook *hook, int64_t now_ms,
                        uint8_t ret_secrets[2][SECRET_BYTES], size_t *ret_count)
{
    const bool two = hook->old_secret.len > 0 && now_ms < hook->old_until_ms;
    const struct view sealed[] = {hook->secret, hook->old_secret};
    for (size_t i = 0; i < 1u + two; i++) {
        if (sealed[i].len != SECRET_BYTES + SEAL_MORE ||
            seal_open(role->seal_key, sealed[i], ret_secrets[i]) != 0)
            return ERR_CORRUPT;
    }
    *ret_count = 1u + two;
    return 0;
}

static void judge(struct said *said, int err)
{
    said->err = err;
    if (err == ERR_DENIED)
        snprintf(said->text, sizeof(said->text),
                 "the address is of a private network: it is not called");
    else if (err == ERR_UNAVAILABLE)
        snprintf(said->text, sizeof(said->text),
                 "no connection: no such host, refused, or its certificate is not trusted");
    else if (err == ERR_TIMEOUT)
        snprintf(said->text, sizeof(said->text), "no answer within %d s", POST_TRY_MS / 1000);
    else if (err != 0)
        snprintf(said->text, sizeof(said->text), "the exchange broke off: %s", err_text(err));
    else if (said->status < 200 || said->status > 299) {
        said->err = ERR_INVALID;
        snprintf(said->text, sizeof(said->text), "HTTP %d%s", said->status,
                 said->status >= 300 && said->status <= 399 ? ", which is not followed" : "");
    }
}

void tell_one(struct webhook_role *role, const struct hook *hook, const struct message *message,
              struct said *ret_said, int64_t deadline_ns)
{
    struct arena arena; /* of what it answers */
    arena_init(&arena, POST_ANSWER_MAX);
    const int64_t now_ms = post_now_ms();
    uint8_t secrets[2][SECRET_BYTES];
    size_t count = 0;
    char id[96], stamp[64], signature[160], signatures[2 * (SIGNATURE_CHARS + 1)];
    char parent[TRACE_PARENT_CHARS + 1] = "", trace[96];
    struct http_answer answer = {0};
    *ret_said = (struct said){0};
    int err = open_secrets(role, hook, now_ms, secrets, &count);
    if (err == 0) {
        message_sign(message, now_ms / 1000, secrets, count, signatures);
        explicit_bzero(secrets, sizeof(secrets));
        snprintf(id, sizeof(id), "webhook-id: %s", message->id);
        snprintf(stamp, sizeof(stamp), "webhook-timestamp: %" PRId64, now_ms / 1000);
        snprintf(signature, sizeof(signature), "webhook-signature: %s", signatures);
        (void)trace_write_parent(trace_here(), parent);
        snprintf(trace, sizeof(trace), "traceparent: %s", parent);
        const struct http_ask ask = {
            .method = "POST",
            .url = hook->address.at,
            .fields = {"Content-Type: application/json", id, stamp, signature,
                       "User-Agent: usher-webhooks", parent[0] ? trace : NULL},
            .body = view_of(message->body, message->body_len),
        };
        err = http_call(http_workers_here(role->clients), &ask, &arena, &answer, deadline_ns);
        ret_said->status = answer.status;
    }
    arena_release(&arena);
    judge(ret_said, err);
    metric_add(ret_said->err == 0 ? &hooks_taken : &hooks_refused, 1);
}

/* ---- a lane ---- */

struct lane {
    struct webhook_role *role;
    uint64_t hook_id;
    uint32_t slot; /* of role->lanes */
    int64_t end_ns;
    struct said said;
};

static int64_t pause_after(const struct webhook_role *role, uint32_t tries)
{
    int64_t pause_ms = role->options.retry_ms;
    for (uint32_t i = 0; i < tries && pause_ms < POST_BACK_MAX_MS; i++)
        pause_ms *= 2;
    return pause_ms < POST_BACK_MAX_MS ? pause_ms : POST_BACK_MAX_MS;
}

/* Tells events in their order; o->to is the last that is dealt with. */
static void tell_events(struct lane *lane, const struct hook *hook, const struct hook_event *events,
                        size_t count, struct hook_outcome *o)
{
    for (size_t i = 0; i < count && !o->failed && !fiber_cancelled(); i++) {
        struct message message;
        if (!hook_wants(hook, events[i].type)) {
            o->to = events[i].seq;
            continue;
        }
        if (fiber_now_ns() >= lane->end_ns)
            return;
        message_of_event(&events[i], &message);
        struct trace_work work;
        trace_work_begin(&work, view_str(events[i].trace), hook->hook_id);
        tell_one(lane->role, hook, &message, &lane->said,
                 deadline_after_ms(fiber_now_ns(), POST_TRY_MS));
        struct span span = {.kind = SPAN_CLIENT,
                            .failed = lane->said.err != 0,
                            .code = -1,
                            .facts = {{"http.response.status_code", lane->said.status},
                                      {"usher.webhook", (int64_t)hook->hook_id}}};
        snprintf(span.name, sizeof(span.name), "webhook %s", hook_type_name(events[i].type));
        trace_work_end(&work, &span);
        if (lane->said.err == ERR_CANCELLED)
            return;
        o->failed = lane->said.err != 0;
        o->taken = o->taken || !o->failed;
        if (!o->failed)
            o->to = events[i].seq;
    }
}

static void note(const struct lane *lane, const struct hook *hook, const struct hook_outcome *o,
                 bool given_up)
{
    if (o->failed)
        log_event(LOG_WARN, "webhook.not_taken", log_uint("usher.webhook", hook->hook_id),
                  log_uint("usher.organiser", hook->organiser_id),
                  log_uint("usher.sequence", o->to + 1), log_uint("usher.tries", hook->tries + 1),
                  log_view("error.message", o->error));
    else
        log_event(LOG_DEBUG, "webhook.taken", log_uint("usher.webhook", hook->hook_id),
                  log_uint("usher.organiser", hook->organiser_id),
                  log_uint("usher.sequence", o->to));
    if (!given_up)
        return;
    metric_add(&hooks_given_up, 1);
    log_event(LOG_WARN, "webhook.given_up", log_uint("usher.webhook", lane->hook_id),
              log_uint("usher.organiser", hook->organiser_id));
}

/* A look at the feed, and what it had. 1: there may be more; 0; or an error. */
static int tell_some(struct lane *lane, struct arena *arena)
{
    struct webhook_role *role = lane->role;
    struct sql *sql = role->options.sql;
    int64_t deadline_ns = deadline_after_ms(fiber_now_ns(), POST_STORE_MS);
    struct hook hook;
    struct hook_event *events;
    size_t count;
    bool given_up = false;
    int err =
        hook_begin(sql, lane->hook_id, post_now_ms(), post_now_ms() + POST_BUSY_MS, deadline_ns);
    if (err != 0)
        return err;
    err = hook_get(sql, lane->hook_id, arena, &hook, deadline_ns);
    if (err == 0)
        err = hook_events(sql, hook.organiser_id, hook.position, false, POST_EVENTS, arena, &events,
                          &count, deadline_ns);
    struct hook_outcome o = {.from = err == 0 ? hook.position : 0,
                             .to = err == 0 ? hook.position : 0,
                             .end_ms = role->options.end_ms};
    if (err == 0 && hook.state == HOOK_ACTIVE)
        tell_events(lane, &hook, events, count, &o);
    o.at_ms = post_now_ms();
    o.give_up = lane->said.status == 410;
    o.error = view_str(lane->said.text);
    /* Those that were taken before it are no failure of this one. */
    const uint32_t tries = o.taken || err != 0 ? 0 : hook.tries;
    o.next_try_at_ms = o.at_ms + pause_after(role, tries);
    int end = hook_end(sql, lane->hook_id, &o, &given_up,
                       deadline_after_ms(fiber_now_ns(), POST_STORE_MS));
    if (err == 0 && end == 0 && (o.taken || o.failed))
        note(lane, &hook, &o, given_up);
    if (err != 0 || end != 0)
        return err != 0 ? err : end;
    return !o.failed && count == POST_EVENTS && fiber_now_ns() < lane->end_ns;
}

static void run_lane(void *arg)
{
    struct lane *lane = arg;
    int more = 1;
    while (more == 1 && !fiber_cancelled()) {
        struct arena arena;
        arena_init(&arena, POST_ARENA_MAX);
        more = tell_some(lane, &arena);
        arena_release(&arena);
    }
    if (more < 0 && more != ERR_BUSY && more != ERR_CANCELLED && more != ERR_NOT_FOUND)
        log_event(LOG_WARN, "webhook.store", log_uint("usher.webhook", lane->hook_id),
                  log_err(more));
    lane->role->lanes[lane->slot] = 0;
    lane->role->lane_count--;
    free(lane);
}

/* A lane for an organiser's hook; false: there is none now, for it or for anybody. */
static bool begin_lane(struct webhook_role *role, const struct hook *hook)
{
    uint32_t mine = 0, slot = POST_LANES;
    for (uint32_t i = 0; i < POST_LANES; i++) {
        mine += role->lanes[i] == hook->organiser_id;
        slot = role->lanes[i] == 0 ? i : slot;
    }
    if (mine >= POST_LANES_EACH || slot == POST_LANES)
        return false;
    struct lane *lane = calloc(1, sizeof(*lane));
    if (!lane)
        return false;
    *lane = (struct lane){.role = role,
                          .hook_id = hook->hook_id,
                          .slot = slot,
                          .end_ns = deadline_after_ms(fiber_now_ns(), POST_LANE_MS)};
    if (fiber_spawn(&role->scope, run_lane, lane) != 0) {
        free(lane);
        return false;
    }
    role->lanes[slot] = hook->organiser_id;
    role->lane_count++;
    return true;
}

static int begin_lanes(struct webhook_role *role)
{
    struct arena arena;
    struct hook *hooks;
    size_t count;
    if (role->lane_count == POST_LANES)
        return 0;
    arena_init(&arena, POST_ARENA_MAX);
    int err = hook_due(role->options.sql, post_now_ms(), &arena, &hooks, &count,
                       deadline_after_ms(fiber_now_ns(), POST_STORE_MS));
    if (err == 0)
        metric_set(&hooks_due, (int64_t)count);
    for (size_t i = 0; err == 0 && i < count; i++)
        begin_lane(role, &hooks[i]);
    arena_release(&arena);
    return err;
}

void tell_all(void *arg)
{
    struct webhook_role *role = arg;
    int64_t sweep_ns = 0;
    while (!fiber_cancelled()) {
        int err = begin_lanes(role);
        if (err == 0 && fiber_now_ns() >= sweep_ns) {
            err = hook_sweep(role->options.sql, post_now_ms() - HOOK_KEEP_MS,
                             deadline_after_ms(fiber_now_ns(), POST_STORE_MS));
            if (err == 0) /* more: at the next look */
                sweep_ns = deadline_after_ms(fiber_now_ns(), POST_SWEEP_MS);
            err = err > 0 ? 0 : err;
        }
        if (err != 0 && err != ERR_CANCELLED)
            log_event(LOG_WARN, "webhook.store", log_err(err));
        fiber_sleep_until(deadline_after_ms(fiber_now_ns(), POST_PAUSE_MS));
    }
}
