/*
 * How a keeper loads its line, and makes its decisions durable. One commit is on disk while the
 * next gathers; there is no timer.
 */
#include <stdlib.h>

#include "err/err.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "svc/waitroom/lease.h"

#define LOAD_ARENA_MAX   (LINE_READ_MAX + 2 * LINE_BODY_MAX + (4u << 20))
#define LOAD_STEP_MAX_MS 60000

METRIC_HISTOGRAM(commit_time, "usher_line_commit_seconds",
                 "From a line's commit's beginning until it is durable.", "");
METRIC_SIZES(commit_size, "usher_line_commit_entries", "Entries in one of a line's commits.", "");
METRIC_COUNTER(entries_committed, "usher_line_entries_total",
               "Joins, calls and the like that are durable.", "");

int batch_new(struct batch **ret_batch)
{
    struct batch *g = calloc(1, sizeof(*g));
    if (!g)
        return ERR_NO_MEMORY;
    buf_init(&g->body, LINE_BODY_MAX);
    waitlist_init(&g->waiting);
    g->references = 1;
    *ret_batch = g;
    return 0;
}

void batch_unref(struct batch *g)
{
    if (--g->references > 0)
        return;
    buf_release(&g->body);
    free(g);
}

static struct line_figures figures_of(const struct line *line)
{
    return (struct line_figures){.state = line->state,
                                 .entries = line->entries,
                                 .serving = line->serving,
                                 .last = line->drawn ? line->count : 0,
                                 .inside = line->called + line->inside,
                                 .capacity = line->capacity,
                                 .entrants = line->entrants};
}

/* ---- loading ---- */

/* The row follows the head: checked before a word of it is believed. */
static int follow(struct keeper *keeper, const struct line_row *row)
{
    struct line_row again = *row;
    line_seal(keeper->sale.sale_id, &again);
    if (row->seq != keeper->seq + 1 ||
        memcmp(row->prev_hash, keeper->head_hash, LINE_HASH_BYTES) != 0 ||
        memcmp(row->hash, again.hash, LINE_HASH_BYTES) != 0)
        return ERR_CORRUPT;
    struct view left = row->body;
    struct line_entry entry;
    int err = left.len > 0 ? 0 : ERR_CORRUPT;
    while (err == 0 && left.len > 0) {
        err = line_entry_read(&left, &entry);
        if (err == 0)
            err = line_apply(&keeper->line, &entry);
    }
    keeper->seq = row->seq;
    memcpy(keeper->head_hash, row->hash, LINE_HASH_BYTES);
    return err;
}

static int read_all(struct keeper *keeper, struct arena *arena)
{
    struct line_row *rows;
    size_t count;
    int err;
    do {
        arena_reset(arena);
        err = line_read(keeper->room->options.sql, keeper->sale.sale_id, keeper->seq + 1, arena,
                        &rows, &count, deadline_after_ms(fiber_now_ns(), LOAD_STEP_MAX_MS));
        for (size_t i = 0; err == 0 && i < count; i++) {
            err = follow(keeper, &rows[i]);
            if (err == 0)
                err = fiber_yield(); /* a long line takes its time, others have theirs */
        }
    } while (err == 0 && count > 0);
    return err;
}

/* The first entries of a line: who may be inside at the beginning. */
static int begin_line(struct keeper *keeper)
{
    struct line_entry entry;
    int err = line_decide_limits(&keeper->line, keeper->sale.capacity_min,
                                 keeper->sale.capacity_max, keeper_now_ms(keeper), &entry);
    return err == 1 ? keeper_do(keeper, &entry) : ERR_CORRUPT;
}

static int load(struct keeper *keeper)
{
    const struct line_sale *sale = &keeper->sale;
    struct line_rules rules = {
        .sale_id = sale->sale_id, .claim_ms = sale->claim_ms, .pass_ms = sale->pass_ms};
    struct arena arena;
    memcpy(rules.commitment, sale->commitment, LINE_HASH_BYTES);
    line_release(&keeper->line);
    draw_tree_release(&keeper->tree);
    keeper->has_tree = false;
    keeper->loads++;
    line_init(&keeper->line, &rules);
    keeper->seq = 0;
    line_genesis_hash(sale->sale_id, sale->commitment, keeper->head_hash);
    int err = line_claim(keeper->room->options.sql, sale->sale_id, &keeper->epoch,
                         deadline_after_ms(fiber_now_ns(), LOAD_STEP_MAX_MS));
    arena_init(&arena, LOAD_ARENA_MAX);
    if (err == 0)
        err = read_all(keeper, &arena);
    arena_release(&arena);
    if (err != 0)
        return err;
    const struct clock *clock = loop_clock(worker_loop(keeper->home));
    keeper->base_wall_ms = clock_wall_ms(clock);
    keeper->base_mono_ns = fiber_now_ns();
    if (keeper->line.at_ms > keeper->base_wall_ms)
        keeper->base_wall_ms = keeper->line.at_ms;
    keeper->figures = figures_of(&keeper->line);
    keeper_show_limits(keeper);
    return keeper->line.entries == 0 ? begin_line(keeper) : 0;
}

/* ---- committing ---- */

/* Answers all who wait for it. */
static void finish(struct keeper *keeper, struct batch *g, int result)
{
    g->done = true;
    g->result = result;
    keeper_answer(keeper, &g->asks, result);
    waitlist_wake_all(&g->waiting);
    batch_unref(g);
}

/* What was decided may or may not be in the store: loads until it is known. */
static void recover(struct keeper *keeper)
{
    int64_t pause_ms = KEEPER_RELOAD_MS;
    atomic_store(&keeper->phase, KEEPER_LOADING);
    while (!keeper->stopping) {
        struct batch *fresh;
        int err = batch_new(&fresh);
        if (err == 0) {
            finish(keeper, keeper->pending, ERR_UNAVAILABLE);
            keeper->pending = fresh;
        }
        if (!room_keeps(keeper->room)) { /* until another lets go of it */
            pause_ms = KEEPER_RELOAD_MS;
            (void)fiber_park(deadline_after_ms(fiber_now_ns(), KEEPER_RELOAD_MAX_MS));
            continue;
        }
        if (err == 0)
            err = load(keeper);
        if (err == 0) {
            atomic_store(&keeper->phase, KEEPER_SERVING);
            keeper_wake_clock(keeper);
            if (keeper->listener)
                fiber_unpark(keeper->listener);
            return;
        }
        log_event(LOG_ERROR, "line.load", log_uint("usher.sale", keeper->sale.sale_id),
                  log_err(err));
        (void)fiber_park(deadline_after_ms(fiber_now_ns(), pause_ms));
        pause_ms = 2 * pause_ms < KEEPER_RELOAD_MAX_MS ? 2 * pause_ms : KEEPER_RELOAD_MAX_MS;
    }
}

static int write_row(struct keeper *keeper, struct batch *g)
{
    struct line_row row = {.seq = keeper->seq + 1,
                           .epoch = keeper->epoch,
                           .at_ms = keeper->line.at_ms,
                           .body = buf_view(&g->body)};
    const int64_t began_ns = fiber_now_ns();
    memcpy(row.prev_hash, keeper->head_hash, LINE_HASH_BYTES);
    line_seal(keeper->sale.sale_id, &row);
    int err = line_commit(keeper->room->options.sql, keeper->sale.sale_id, &row,
                          deadline_after_ms(began_ns, KEEPER_COMMIT_MAX_MS));
    if (err != 0)
        return err;
    metric_observe_ns(&commit_time, fiber_now_ns() - began_ns);
    metric_observe_size(&commit_size, (int64_t)g->count);
    metric_add(&entries_committed, g->count);
    keeper->seq = row.seq;
    memcpy(keeper->head_hash, row.hash, LINE_HASH_BYTES);
    keeper->figures = g->figures;
    return 0;
}

static void commit_gathered(struct keeper *keeper)
{
    struct batch *g = keeper->pending, *fresh;
    int err = batch_new(&fresh);
    if (err == 0) {
        keeper_close(keeper);
        g->figures = figures_of(&keeper->line);
        keeper->committing = g;
        keeper->pending = fresh;
        err = write_row(keeper, g);
        keeper->committing = NULL;
        finish(keeper, g, err == 0 ? 0 : ERR_UNAVAILABLE);
    }
    if (err != 0) {
        log_event(LOG_ERROR, "line.commit", log_uint("usher.sale", keeper->sale.sale_id),
                  log_err(err));
        if (err == ERR_FENCED)
            room_fenced(keeper->room);
        recover(keeper);
    }
}

void keeper_wake(struct keeper *keeper)
{
    if (keeper->committer)
        fiber_unpark(keeper->committer);
    if (keeper->listener)
        fiber_unpark(keeper->listener);
}

void keeper_commit(void *arg)
{
    struct keeper *keeper = arg;
    keeper->committer = fiber_self();
    recover(keeper);
    while (!keeper->stopping || keeper->pending->count > 0) {
        if (atomic_load(&keeper->phase) != KEEPER_SERVING)
            break; /* stopped while it could not load */
        if (keeper->pending->count > 0) {
            commit_gathered(keeper);
            continue;
        }
        if (!room_keeps(keeper->room)) {
            recover(keeper);
            continue;
        }
        keeper->committer_waits = true;
        fiber_park_deaf();
        keeper->committer_waits = false;
    }
    atomic_store(&keeper->phase, KEEPER_STOPPED);
    keeper->committer = NULL;
}
