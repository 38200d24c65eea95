#include "svc/waitroom/keeper.h"

#include <stdlib.h>

#include "err/err.h"
#include "line/decide.h"
#include "svc/waitroom/desk.h"

int64_t keeper_now_ms(const struct keeper *keeper)
{
    const int64_t now_ms =
        keeper->base_wall_ms + (fiber_now_ns() - keeper->base_mono_ns) / NS_PER_MS;
    return now_ms > keeper->line.at_ms ? now_ms : keeper->line.at_ms;
}

uint32_t keeper_places_left(const struct keeper *keeper)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < keeper->sale.performance_count; i++) {
        if (keeper->news[i].at_ms == 0)
            return KEEPER_PLACES_UNKNOWN;
        left += keeper->news[i].free;
    }
    return left;
}

/* ---- the pending batch ---- */

bool keeper_has_room(const struct keeper *keeper)
{
    return keeper->pending->body.len + LINE_ENTRY_MAX <= LINE_BODY_MAX;
}

void keeper_gather(struct keeper *keeper, const struct line_entry *entry)
{
    struct batch *g = keeper->pending;
    const int err = line_entry_write(entry, &g->body);
    assert(err == 0); /* there is room, taken at once when the batch was made */
    g->count++;
    if (keeper->committer_waits)
        fiber_unpark(keeper->committer);
}

void keeper_show_limits(struct keeper *keeper)
{
    atomic_store_explicit(&keeper->capacity_min, keeper->line.capacity_min, memory_order_relaxed);
    atomic_store_explicit(&keeper->capacity_max, keeper->line.capacity_max, memory_order_relaxed);
}

int keeper_do(struct keeper *keeper, const struct line_entry *entry)
{
    if (!keeper_has_room(keeper))
        return ERR_FULL;
    const int err = line_apply(&keeper->line, entry);
    assert(err != ERR_CORRUPT); /* what was decided a moment ago is allowed */
    if (err == 0)
        keeper_gather(keeper, entry);
    keeper_show_limits(keeper);
    return err;
}

void keeper_advance(struct keeper *keeper)
{
    struct line_entry entry;
    while (!keeper->drawing &&
           line_decide_due(&keeper->line, keeper_places_left(keeper), keeper_now_ms(keeper),
                           &entry) == 1 &&
           keeper_do(keeper, &entry) == 0)
        ;
}

/* What everything decided so far is durable with; NULL: it is already. */
static struct batch *last_batch(const struct keeper *keeper)
{
    return keeper->pending->count > 0 ? keeper->pending : keeper->committing;
}

int keeper_wait(struct keeper *keeper)
{
    struct batch *g = last_batch(keeper);
    if (!g)
        return 0;
    int err = 0;
    g->references++;
    while (err == 0 && !g->done)
        err = waitlist_wait(&g->waiting, DEADLINE_NEVER);
    err = err != 0 ? err : g->result;
    batch_unref(g);
    return err;
}

/* ---- asks ---- */

/* What the caller is told, as the line is now. */
static void fill_place(const struct keeper *keeper, struct keeper_ask *ask)
{
    const struct line *line = &keeper->line;
    uint32_t at = ask->place.number; /* of who has just joined */
    if (at == 0 || at > line->count || !id_eq(line_person(line, at)->account_id, ask->account_id))
        at = line_find(line, ask->account_id);
    if (at == 0) {
        ask->result = ask->result != 0 ? ask->result : ERR_NOT_FOUND;
        return;
    }
    const struct person *person = line_person(line, at);
    struct keeper_place *place = &ask->place;
    *place = (struct keeper_place){.number = line->drawn ? at : 0,
                                   .serial = person->serial,
                                   .state = person->state,
                                   .how = person->how,
                                   .joined_at_ms = person->joined_at_ms};
    if (person->state == PERSON_CALLED)
        place->until_ms = line_claim_end_ms(line, person, keeper_now_ms(keeper));
    if (person->state == PERSON_INSIDE)
        place->until_ms = line_pass_end_ms(line, person, keeper_now_ms(keeper));
    if (person->state == PERSON_WAITING && line->state == LINE_OPEN)
        pace_estimate(&line->pace, keeper_now_ms(keeper), at - line->serving - 1, line->capacity,
                      line->rules.pass_ms, &place->wait_min_ms, &place->wait_max_ms);
}

static int decide_state(const struct keeper *keeper, enum keeper_verb verb,
                        struct line_entry *ret_entry)
{
    const enum line_state state = keeper->line.state;
    const enum line_state from = verb == KEEPER_PAUSE ? LINE_OPEN : LINE_PAUSED;
    const enum line_state to = verb == KEEPER_PAUSE ? LINE_PAUSED : LINE_OPEN;
    *ret_entry = (struct line_entry){.kind = verb == KEEPER_PAUSE ? LINE_HALTED : LINE_RESUMED,
                                     .at_ms = keeper_now_ms(keeper)};
    if (verb == KEEPER_RESUME && keeper->line.stopped)
        return ERR_BUSY; /* it goes on with what it leads to */
    return state == to ? 0 : state == from ? 1 : ERR_BUSY;
}

/* From the opening on, nobody comes into a draw that waits for its beacon; before, nobody gives it:
 * who knows both could make accounts that rank high. */
static bool awaits_beacon(const struct keeper *keeper)
{
    const struct line *line = &keeper->line;
    return line->beacon.named && line->state == LINE_DRAW && !line->drawn &&
           keeper_now_ms(keeper) >= keeper->sale.opens_at_ms;
}

static int decide_beacon(const struct keeper *keeper, const struct keeper_ask *ask,
                         struct line_entry *ret_entry)
{
    const int64_t now_ms = keeper_now_ms(keeper);
    if (ask->verb == KEEPER_NAME_BEACON)
        return keeper->sale.draw_opens_at_ms == 0
                   ? ERR_INVALID
                   : line_decide_name_beacon(&keeper->line, ask->hash, ask->number, now_ms,
                                             ret_entry);
    const int due =
        line_decide_give_beacon(&keeper->line, ask->hash, ask->number, now_ms, ret_entry);
    return due == 1 && !awaits_beacon(keeper) ? ERR_BUSY : due;
}

static int decide(const struct keeper *keeper, struct keeper_ask *ask, struct line_entry *ret_entry)
{
    const struct line *line = &keeper->line;
    const int64_t now_ms = keeper_now_ms(keeper);
    switch (ask->verb) {
    case KEEPER_NAME_BEACON:
    case KEEPER_GIVE_BEACON:
        return decide_beacon(keeper, ask, ret_entry);
    case KEEPER_JOIN:
        if ((awaits_beacon(keeper) || (line->state == LINE_DRAW && line->drawn)) &&
            line_find(line, ask->account_id) == 0)
            return ERR_UNAVAILABLE; /* in a moment it is a line */
        return line_decide_join(line, ask->account_id, now_ms, ret_entry);
    case KEEPER_ENTER:
        return line_decide_enter(line, ask->account_id, now_ms, ret_entry);
    case KEEPER_LEAVE:
        return line_decide_leave(line, ask->account_id, now_ms, ret_entry);
    case KEEPER_PAID:
        return line_decide_paid(line, ask->account_id, now_ms, ret_entry);
    case KEEPER_CHECK:
        return line_pass_good(line, ask->account_id, ask->number, ask->serial, now_ms) ? 0
                                                                                       : ERR_DENIED;
    case KEEPER_LIMITS:
        return line_decide_limits(line, ask->number, ask->serial, now_ms, ret_entry);
    case KEEPER_PAUSE:
    case KEEPER_RESUME:
        return decide_state(keeper, ask->verb, ret_entry);
    case KEEPER_LOOK:
    case KEEPER_REPORT:
    case KEEPER_PROVE:
        return 0;
    }
    return ERR_INVALID;
}

/* Whether the account may change its place once more. */
static bool may_change(struct keeper *keeper, const struct keeper_ask *ask)
{
    if (ask->verb != KEEPER_JOIN && ask->verb != KEEPER_ENTER && ask->verb != KEEPER_LEAVE)
        return true;
    struct keeper_bucket *bucket =
        &keeper->buckets[(ask->account_id.lo ^ ask->account_id.lo >> 32) % KEEPER_ACCOUNT_SLOTS];
    if (!id_eq(bucket->account_id, ask->account_id)) {
        bucket->account_id = ask->account_id;
        rate_init(&bucket->rate, KEEPER_ACCOUNT_BURST, KEEPER_ACCOUNT_PER_S, fiber_now_ns());
    }
    return rate_take(&bucket->rate, fiber_now_ns());
}

/* Whose answer tells of a place. */
static bool tells_place(enum keeper_verb verb)
{
    return verb == KEEPER_JOIN || verb == KEEPER_LOOK || verb == KEEPER_ENTER;
}

/* ---- an ask's way: to home, into a batch, and back ---- */

/* In the loop that they came from. */
static void asks_returned(struct loop_task *task)
{
    struct keeper_ask *ask = list_of(task, struct keeper_ask, task);
    const int err = ask->told;
    while (ask) {
        struct keeper_ask *next = ask->next; /* its fiber, once it runs, drops the ask */
        if (next)
            __builtin_prefetch(next->next, 1); /* stacks lie far apart */
        ask->result = err != 0 ? err : ask->result;
        ask->done = true;
        if (ask->fiber)
            fiber_unpark(ask->fiber);
        ask = next;
    }
}

void keeper_asks_add(struct keeper_asks *asks, struct keeper_ask *ask)
{
    struct keeper_ask *head = asks->heads;
    while (head && head->home != ask->home)
        head = head->next_head;
    ask->next = NULL;
    if (head) {
        head->last = head->last->next = ask;
        return;
    }
    ask->last = ask;
    ask->next_head = asks->heads;
    asks->heads = ask;
}

void keeper_answer(struct keeper *keeper, struct keeper_asks *asks, int err)
{
    struct keeper_ask *head = asks->heads;
    asks->heads = NULL;
    while (head) {
        struct keeper_ask *next = head->next_head;
        head->told = err;
        head->task.run = asks_returned;
        if (head->home == worker_loop(keeper->home))
            asks_returned(&head->task);
        else
            loop_post(head->home, &head->task);
        head = next;
    }
}

/* Decides what was asked. True: the answer waits for the last batch. */
static bool decide_ask(struct keeper *keeper, struct keeper_ask *ask)
{
    struct line_entry entry;
    if (atomic_load(&keeper->phase) != KEEPER_SERVING) {
        ask->result = ERR_UNAVAILABLE;
        return false;
    }
    ask->result = decide(keeper, ask, &entry);
    if (ask->result == 1) {
        ask->result = may_change(keeper, ask) ? keeper_do(keeper, &entry) : ERR_FULL;
        ask->place.number = entry.kind == LINE_JOINED ? entry.number : 0;
    }
    if (ask->verb == KEEPER_CHECK || ask->result != 0)
        return false;
    if (keeper->pending->count == 0)
        keeper_advance(keeper); /* else the batch's end does it, once for all */
    if (ask->verb == KEEPER_LIMITS || ask->verb == KEEPER_GIVE_BEACON)
        keeper_wake_clock(keeper);
    return true;
}

/* On home's thread: in the asking fiber, or in a callback of the loop. */
static void take_ask(struct keeper_ask *ask)
{
    struct keeper *keeper = ask->keeper;
    struct keeper_asks alone = {0};
    if (keeper->drawing) {
        list_append(&keeper->postponed, &ask->link);
        return;
    }
    struct batch *g = decide_ask(keeper, ask) ? last_batch(keeper) : NULL;
    /* A second entrance in the same batch has a pass of its own; who joins may be called yet. */
    const bool now = g != keeper->pending || ask->verb == KEEPER_ENTER;
    if (ask->result == 0 && now && tells_place(ask->verb))
        fill_place(keeper, ask);
    keeper_asks_add(g ? &g->asks : &alone, ask);
    keeper_answer(keeper, &alone, 0);
}

void keeper_close(struct keeper *keeper)
{
    keeper_advance(keeper);
    for (struct keeper_ask *head = keeper->pending->asks.heads; head; head = head->next_head) {
        for (struct keeper_ask *ask = head; ask; ask = ask->next) {
            if (tells_place(ask->verb) && ask->verb != KEEPER_ENTER)
                fill_place(keeper, ask);
        }
    }
}

void keeper_take_postponed(struct keeper *keeper)
{
    struct list *link;
    while ((link = list_take(&keeper->postponed)))
        take_ask(list_of(link, struct keeper_ask, link));
}

static void ask_arrived(struct loop_task *task)
{
    take_ask(list_of(task, struct keeper_ask, task));
}

/* What is more than a place. In a fiber of home: it may have to wait for the draw's tree. */
static void fill_more(void *arg)
{
    struct keeper_ask *ask = arg;
    if (atomic_load(&ask->keeper->phase) != KEEPER_SERVING)
        ask->result = ERR_UNAVAILABLE;
    else
        ask->result = ask->verb == KEEPER_REPORT ? keeper_fill_report(ask->keeper, ask)
                                                 : keeper_fill_draw(ask->keeper, ask);
}

int keeper_ask(struct keeper *keeper, struct keeper_ask *ask)
{
    struct loop *home = worker_loop(keeper->home);
    ask->keeper = keeper;
    ask->home = sched_loop(sched_current());
    ask->done = false;
    if (ask->home == home) {
        ask->fiber = NULL; /* an answer that comes at once needs no wake-up */
        take_ask(ask);
        ask->fiber = fiber_self();
    } else {
        ask->fiber = fiber_self();
        ask->task.run = ask_arrived;
        loop_post(home, &ask->task);
    }
    while (!ask->done)
        fiber_park_deaf();
    if (ask->result == 0 && (ask->verb == KEEPER_REPORT || ask->verb == KEEPER_PROVE) &&
        worker_call(keeper->home, fill_more, ask) != 0)
        ask->result = ERR_UNAVAILABLE;
    return ask->result;
}

/* ---- making and unmaking ---- */

static void stop_fibers(void *arg)
{
    struct keeper *keeper = arg;
    scope_close(&keeper->helpers);
    keeper->stopping = true;
    if (keeper->committer)
        fiber_unpark(keeper->committer);
    (void)scope_join(&keeper->scope, DEADLINE_NEVER);
}

static void start_fibers(void *arg)
{
    struct keeper *keeper = arg;
    scope_init(&keeper->scope);
    scope_init(&keeper->helpers);
    list_init(&keeper->postponed);
    keeper->stopping = fiber_spawn(&keeper->scope, keeper_commit, keeper) != 0 ||
                       fiber_spawn(&keeper->helpers, keeper_run_clock, keeper) != 0 ||
                       fiber_spawn(&keeper->helpers, keeper_listen, keeper) != 0;
    if (keeper->stopping)
        stop_fibers(keeper);
}

static void release(struct keeper *keeper)
{
    line_release(&keeper->line);
    draw_tree_release(&keeper->tree);
    if (keeper->pending)
        batch_unref(keeper->pending);
    board_free(keeper->board);
    free(keeper->buckets);
    free((char *)keeper->sale.name.at);
    free((char *)keeper->sale.time_zone.at);
    free(keeper);
}

static int copy_text(struct view *text)
{
    char *copy = malloc(text->len + 1);
    if (!copy)
        return ERR_NO_MEMORY;
    memcpy(copy, text->at, text->len);
    copy[text->len] = '\0';
    text->at = copy;
    return 0;
}

int keeper_new(struct waitroom *room, const struct line_sale *sale, uint32_t worker_index,
               struct keeper **ret_keeper)
{
    const struct waitroom_options *options = &room->options;
    struct keeper *keeper = calloc(1, sizeof(*keeper));
    if (!keeper)
        return ERR_NO_MEMORY;
    keeper->room = room;
    keeper->sale = *sale;
    keeper->sale.name = keeper->sale.time_zone = (struct view){0};
    keeper->closes_at_ms = sale->closes_at_ms;
    keeper->home = options->workers[worker_index];
    keeper->tickets = options->tickets[worker_index];
    struct view name = sale->name, time_zone = sale->time_zone;
    int err = copy_text(&name);
    if (err == 0) {
        keeper->sale.name = name;
        err = copy_text(&time_zone);
    }
    if (err == 0) {
        keeper->sale.time_zone = time_zone;
        err = board_new(options->workers, options->worker_count, &keeper->board);
    }
    keeper->buckets = calloc(KEEPER_ACCOUNT_SLOTS, sizeof(*keeper->buckets));
    if (err == 0 && !keeper->buckets)
        err = ERR_NO_MEMORY;
    if (err == 0)
        err = batch_new(&keeper->pending);
    if (err == 0) {
        err = worker_call(keeper->home, start_fibers, keeper);
        if (err == 0 && keeper->stopping)
            err = board_stop(keeper->board) == 0 ? ERR_FULL : ERR_NO_MEMORY;
    }
    if (err != 0) {
        release(keeper);
        return err;
    }
    *ret_keeper = keeper;
    return 0;
}

void keeper_free(struct keeper *keeper)
{
    int err = worker_call(keeper->home, stop_fibers, keeper);
    assert(err == 0); /* calls have ended: a worker has fibers left */
    err = board_stop(keeper->board);
    assert(err == 0);
    release(keeper);
}
