#include "svc/monitor/shipper.h"

#include <stdio.h>

#include "err/err.h"
#include "fiber/fiber.h"
#include "observe/metrics.h"

#define SHIPPER_ARENA_MAX (24u << 20) /* a batch of the largest records, and its answer */

METRIC_COUNTER(shipped, "usher_monitor_shipped_total",
               "Records that Elasticsearch or OpenSearch has.", "");
METRIC_COUNTER(refused, "usher_monitor_refused_total",
               "Records that Elasticsearch or OpenSearch will never take.", "");
METRIC_COUNTER(failures, "usher_monitor_ship_failures_total",
               "Batches that could not be shipped and were tried again.", "");

static int64_t deadline(void)
{
    return deadline_after_ms(fiber_now_ns(), SHIPPER_CALL_MS);
}

static int prepare(struct shipper *s, struct arena *arena)
{
    if (s->elastic.prepared)
        return 0;
    int err = elastic_prepare(&s->elastic, arena, &s->why, deadline());
    if (err == 0)
        log_event(LOG_INFO, "monitor.ready", log_str("url.full", s->elastic.url),
                  log_str("service.type",
                          s->elastic.kind == ELASTIC_OPENSEARCH ? "opensearch" : "elasticsearch"),
                  log_bool("usher.data_streams", s->elastic.data_streams));
    return err;
}

/* Takes out what is there already of a batch whose answer was lost. */
static int leave_out_found(struct shipper *s, struct record *records, size_t *count,
                           struct arena *arena)
{
    bool found[ELASTIC_BATCH_MAX];
    struct window_outcome there[ELASTIC_BATCH_MAX];
    size_t kept = 0, there_count = 0;
    int err = elastic_find(&s->elastic, records, *count, arena, found, deadline());
    if (err != 0)
        return err;
    for (size_t i = 0; i < *count; i++) {
        if (found[i])
            there[there_count++] = (struct window_outcome){.number = records[i].number};
        else
            records[kept++] = records[i];
    }
    err = there_count > 0 ? window_note_outcomes(s->window, there, there_count, deadline()) : 0;
    if (err != 0)
        return err;
    metric_add(&shipped, (int64_t)there_count);
    s->doubtful = false;
    *count = kept;
    return 0;
}

/* What the answers mean to the window. Gives how many are to be sent again. */
static int note_outcomes(struct shipper *s, const struct record *records, size_t count,
                         const struct elastic_outcome *outcomes, size_t *ret_again)
{
    struct window_outcome done[ELASTIC_BATCH_MAX];
    size_t done_count = 0, refused_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (outcomes[i].result == ELASTIC_AGAIN)
            continue;
        const char *why = outcomes[i].result == ELASTIC_REFUSED ? outcomes[i].why : NULL;
        if (why)
            log_event(LOG_WARN, "monitor.refused", log_view("event.id", records[i].id),
                      log_str("error.message", why));
        refused_count += why != NULL;
        done[done_count++] = (struct window_outcome){records[i].number, why};
    }
    *ret_again = count - done_count;
    if (done_count == 0)
        return 0;
    int err = window_note_outcomes(s->window, done, done_count, deadline());
    if (err != 0)
        return err;
    metric_add(&refused, (int64_t)refused_count);
    metric_add(&shipped, (int64_t)(done_count - refused_count));
    return 0;
}

static int ship(struct shipper *s, struct record *records, size_t count, struct arena *arena)
{
    struct elastic_outcome outcomes[ELASTIC_BATCH_MAX];
    size_t again = 0;
    int err = s->doubtful ? leave_out_found(s, records, &count, arena) : 0;
    if (err != 0 || count == 0)
        return err;
    err = elastic_ship(&s->elastic, records, count, arena, outcomes, deadline());
    s->doubtful = err == ERR_UNKNOWN;
    if (err == ERR_DENIED)
        s->elastic.prepared = false; /* the credentials may have changed */
    if (err != 0)
        return err;
    err = note_outcomes(s, records, count, outcomes, &again);
    s->why = "busy (429)";
    return err == 0 && again == count ? ERR_BUSY : err;
}

int shipper_step(struct shipper *s, int64_t now_wall_ms)
{
    struct arena arena;
    struct record *records;
    size_t count = 0;
    arena_init(&arena, SHIPPER_ARENA_MAX);
    s->why = "no answer";
    int err = window_waiting(s->window, ELASTIC_BATCH_MAX, &arena, &records, &count, deadline());
    if (err == 0) {
        const int64_t age_ms = count > 0 ? now_wall_ms - records[0].at_ms : 0;
        atomic_store(&s->behind_ms, age_ms > 0 ? age_ms : 0);
    }
    if (err == 0)
        err = prepare(s, &arena);
    if (err == 0 && count > 0)
        err = ship(s, records, count, &arena);
    snprintf(s->why_text, sizeof(s->why_text), "%s", s->why ? s->why : "");
    s->why = s->why_text;
    arena_release(&arena);
    return err == 0 ? count > 0 : err;
}

/* Tells when it begins to fail and when it works again, not every time. */
static void tell(struct shipper *s, int err)
{
    const bool reached = err >= 0;
    if (err < 0)
        metric_add(&failures, 1);
    if (err < 0 && s->wait_ms == SHIPPER_WAIT_MIN_MS)
        log_event(LOG_WARN, "monitor.unreachable", log_str("url.full", s->elastic.url),
                  log_err(err), log_str("error.message", s->why));
    if (reached && !atomic_load(&s->reached))
        log_event(LOG_INFO, "monitor.reached", log_str("url.full", s->elastic.url));
    atomic_store(&s->reached, reached);
}

void shipper_run(void *arg)
{
    struct shipper *s = arg;
    s->wait_ms = SHIPPER_WAIT_MIN_MS;
    while (!fiber_cancelled()) {
        const int more = shipper_step(s, clock_wall_ms(clock_system()));
        int64_t wait_ms = more > 0 ? 0 : SHIPPER_IDLE_MS;
        if (fiber_cancelled())
            break;
        tell(s, more);
        if (more < 0) {
            wait_ms = s->wait_ms;
            s->wait_ms = 2 * wait_ms < SHIPPER_WAIT_MAX_MS ? 2 * wait_ms : SHIPPER_WAIT_MAX_MS;
        } else {
            s->wait_ms = SHIPPER_WAIT_MIN_MS;
        }
        if (wait_ms > 0)
            fiber_sleep_until(deadline_after_ms(fiber_now_ns(), wait_ms));
    }
}
