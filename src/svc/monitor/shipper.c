#include "svc/monitor/shipper.h"

#include <stdio.h>
#include <string.h>

#include "err/err.h"
#include "fiber/fiber.h"
#include "observe/metrics.h"

#define SHIPPER_ARENA_MAX (24u << 20) /* a batch of the largest records, and its answer */

METRIC_COUNTER(shipped, "usher_monitor_shipped_total", "Records that were shipped.", "");
METRIC_COUNTER(refused, "usher_monitor_refused_total",
               "Records that will never be taken where they are shipped to.", "");
METRIC_COUNTER(failures, "usher_monitor_ship_failures_total",
               "Batches that could not be shipped and were tried again.", "");

static int64_t deadline(void)
{
    return deadline_after_ms(fiber_now_ns(), SHIPPER_CALL_MS);
}

static int prepare(struct shipper *s, struct arena *arena)
{
    if (s->target->prepared)
        return 0;
    int err = s->target->body->prepare(s->target, arena, &s->why, deadline());
    const bool first = err == 0 && !s->told_ready;
    if (err == 0)
        s->heard_ns = fiber_now_ns();
    s->told_ready = s->told_ready || first;
    if (first)
        log_event(LOG_INFO, "monitor.ready", log_str("url.full", s->target->url),
                  log_str("service.type", s->target->type));
    return err;
}

void shipper_init(struct shipper *s)
{
    for (int i = 0; i < 2; i++)
        arena_init(&s->shipments[i].arena, SHIPPER_ARENA_MAX);
    s->doubtful = SHIPPER_IN_DOUBT;
    s->batch = SHIP_BATCH_MAX;
}

void shipper_release(struct shipper *s)
{
    if (s->target && s->target->body->close)
        s->target->body->close(s->target);
    for (int i = 0; i < 2; i++)
        arena_release(&s->shipments[i].arena);
}

/* ---- a shipment ---- */

/* Notes what there is; what comes meanwhile is noted the next time. */
static int note(struct shipper *s)
{
    const size_t count = s->note_count;
    size_t refused_count = 0;
    if (count == 0)
        return 0;
    int err = window_note_outcomes(s->window, s->notes, count, deadline());
    if (err != 0)
        return err;
    for (size_t i = 0; i < count; i++)
        refused_count += s->notes[i].refused != NULL;
    metric_add(&refused, (int64_t)refused_count);
    metric_add(&shipped, (int64_t)(count - refused_count));
    s->note_count -= count;
    memmove(s->notes, s->notes + count, s->note_count * sizeof(*s->notes));
    s->note_now = false;
    for (size_t i = 0; i < s->note_count; i++)
        s->note_now |= s->notes[i].refused != NULL;
    return 0;
}

static void add_note(struct shipper *s, uint64_t number, const char *why)
{
    assert(s->note_count < SHIPPER_NOTES_MAX);
    s->notes[s->note_count++] = (struct window_outcome){number, why};
    s->note_now |= why != NULL;
}

/* Forgets what was read; it still waits in the window, unless it is noted. */
static void empty(struct shipment *shipment)
{
    shipment->count = 0;
    arena_reset(&shipment->arena);
}

/* Both; with them the reasons of what was refused, which will be refused again. */
static void empty_both(struct shipper *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->note_count; i++) {
        if (!s->notes[i].refused)
            s->notes[kept++] = s->notes[i];
    }
    s->note_count = kept;
    s->note_now = false;
    empty(&s->shipments[0]);
    empty(&s->shipments[1]);
}

static int fill(struct shipper *s, struct shipment *shipment, uint64_t after)
{
    empty(shipment);
    return window_waiting(s->window, after, s->batch, &shipment->arena, &shipment->records,
                          &shipment->count, deadline());
}

/* What is done with the other shipment meanwhile: arg is the shipper. */
static void turn_over(void *arg)
{
    struct shipper *s = arg;
    struct shipment *other = &s->shipments[1 - s->turn];
    const bool due = s->note_now || s->note_count >= SHIPPER_UNNOTED * SHIP_BATCH_MAX;
    other->err = due ? note(s) : 0;
    if (other->err == 0)
        other->err = fill(s, other, other->after);
}

/* Takes out what is there already of a batch whose answer may have been lost. */
static int leave_out_found(struct shipper *s, struct shipment *shipment)
{
    bool found[SHIP_BATCH_MAX];
    size_t kept = 0;
    int err = s->target->body->find(s->target, shipment->records, shipment->count, &shipment->arena,
                                    found, deadline());
    if (err != 0)
        return err;
    for (size_t i = 0; i < shipment->count; i++) {
        if (found[i])
            add_note(s, shipment->records[i].number, NULL);
        else
            shipment->records[kept++] = shipment->records[i];
    }
    shipment->count = kept;
    s->doubtful--;
    return 0;
}

/* What the answers mean to the window. Gives how many are to be sent again. */
static size_t read_outcomes(struct shipper *s, struct shipment *shipment,
                            const struct ship_outcome *outcomes)
{
    size_t again = 0;
    for (size_t i = 0; i < shipment->count; i++) {
        if (outcomes[i].result == SHIP_AGAIN) {
            if (again++ == 0)
                snprintf(s->why_text, sizeof(s->why_text), "%s",
                         outcomes[i].why ? outcomes[i].why : "busy (429)");
            continue;
        }
        const struct record *record = &shipment->records[i];
        const char *why = outcomes[i].result == SHIP_REFUSED ? outcomes[i].why : NULL;
        if (why)
            log_event(LOG_WARN, "monitor.refused", log_view("event.id", record->id),
                      log_str("error.message", why));
        add_note(s, record->number, why);
    }
    return again;
}

/* ---- a step ---- */

/* What is too large, or takes longer than anybody waits, goes in halves; when that went well for a
 * while, more is tried again. */
static void size_batch(struct shipper *s, size_t sent, int err)
{
    const size_t before = s->batch;
    if (err == ERR_FULL || err == ERR_UNKNOWN)
        s->batch = (sent + 1) / 2;
    else if (err == 0 && ++s->whole >= SHIPPER_GROW)
        s->batch = 2 * before < SHIP_BATCH_MAX ? 2 * before : SHIP_BATCH_MAX;
    if (err != 0 || s->batch != before)
        s->whole = 0;
}

static int ship(struct shipper *s, struct shipment *shipment, size_t *ret_again)
{
    struct ship_outcome outcomes[SHIP_BATCH_MAX];
    int err = s->doubtful > 0 && s->target->body->find ? leave_out_found(s, shipment) : 0;
    if (err != 0 || shipment->count == 0)
        return err;
    err = s->target->body->ship(s->target, shipment->records, shipment->count, &shipment->arena,
                                outcomes, deadline());
    size_batch(s, shipment->count, err);
    if (err == ERR_UNKNOWN)
        s->doubtful = SHIPPER_IN_DOUBT;
    s->too_large = err == ERR_FULL;
    if (s->too_large && shipment->count == 1) {
        const char *why = s->target->why;
        outcomes[0] = (struct ship_outcome){SHIP_REFUSED, why ? why : "it is too large"};
        s->too_large = false;
        err = 0;
    }
    if (err == 0)
        s->heard_ns = fiber_now_ns();
    if (err == 0)
        *ret_again = read_outcomes(s, shipment, outcomes);
    return err;
}

/* Ships the one, and turns the other over meanwhile. */
static int ship_and_turn(struct shipper *s, struct shipment *now, struct shipment *other)
{
    struct scope scope;
    size_t again = 0;
    other->after = now->records[now->count - 1].number;
    scope_init(&scope);
    int err = fiber_spawn(&scope, turn_over, s);
    if (err != 0)
        return err;
    err = ship(s, now, &again);
    if (scope_join(&scope, DEADLINE_NEVER) != 0)
        scope_close(&scope);
    if (err == 0 && other->err != 0) {
        s->doubtful = SHIPPER_IN_DOUBT;
        err = other->err;
    }
    s->turn = 1 - s->turn;
    if (err != 0 || again == 0)
        return err;
    /* What is to be sent again goes before all that was read behind it. */
    s->why = s->why_text;
    const bool none = again == now->count;
    err = note(s);
    empty_both(s);
    return err == 0 && none ? ERR_BUSY : err;
}

static int step(struct shipper *s, int64_t now_wall_ms)
{
    struct shipment *now = &s->shipments[s->turn], *other = &s->shipments[1 - s->turn];
    int err = now->count > 0 ? 0 : note(s); /* or it would be read once more */
    if (err == 0 && now->count == 0)
        err = fill(s, now, 0);
    if (err == 0) {
        const int64_t age_ms = now->count > 0 ? now_wall_ms - now->records[0].at_ms : 0;
        atomic_store(&s->behind_ms, age_ms > 0 ? age_ms : 0);
    }
    if (fiber_now_ns() - s->heard_ns > SHIPPER_TRUST_MS * NS_PER_MS && now->count > 0)
        s->target->prepared = false;
    if (err == 0)
        err = prepare(s, &now->arena);
    const bool some = now->count > 0;
    if (err == 0 && some)
        err = ship_and_turn(s, now, other);
    return err == 0 ? some : err;
}

int shipper_step(struct shipper *s, int64_t now_wall_ms)
{
    s->why = s->target->why = NULL;
    s->too_large = false;
    const int outcome = step(s, now_wall_ms);
    const char *why = s->why ? s->why : s->target->why;
    if (why != s->why_text)
        snprintf(s->why_text, sizeof(s->why_text), "%s", why ? why : "no answer");
    s->why = s->why_text;
    if (outcome < 0) {
        /* What was read still waits, and is read anew. */
        empty_both(s);
        s->target->prepared = s->target->prepared && s->too_large;
    }
    return s->too_large ? 1 : outcome;
}

/* Tells when it begins to fail and when it works again, not every time. */
static void tell(struct shipper *s, int err)
{
    const bool reached = err >= 0;
    if (err < 0)
        metric_add(&failures, 1);
    if (err < 0 && s->wait_ms == SHIPPER_WAIT_MIN_MS)
        log_event(LOG_WARN, "monitor.unreachable", log_str("url.full", s->target->url),
                  log_err(err), log_str("error.message", s->why));
    if (reached && !atomic_load(&s->reached))
        log_event(LOG_INFO, "monitor.reached", log_str("url.full", s->target->url));
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
