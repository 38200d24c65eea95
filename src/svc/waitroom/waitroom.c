#include "svc/waitroom/waitroom.h"

#include <stdlib.h>

#include "err/err.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "svc/waitroom/lease.h"
#include "token/roles.h"

#define START_KEEPERS_MAX_MS 5000
#define FOLLOW_PAUSE_MS      500
#define FOLLOW_ARENA_MAX     (4u << 20)
#define FOLLOW_STEP_MAX_MS   60000

CALL_HANDLER(waitroom_name_beacon);
CALL_HANDLER(waitroom_give_beacon);
CALL_HANDLER(waitroom_get_after_report);

#define A_SECOND "public, max-age=1"

static const struct method methods[] = {
    {"ListSales", METHOD_UNARY, 0, true, A_SECOND, 0, waitroom_list_sales},
    {"GetSale", METHOD_UNARY, 0, true, A_SECOND, 0, waitroom_get_sale},
    {"WatchLine", METHOD_SERVER_STREAM, 0, false, NULL, 0, waitroom_watch_line},
    {"GetDraw", METHOD_UNARY, 0, true, NULL, 0, waitroom_get_draw},
    {"GetChallenge", METHOD_UNARY, 0, false, NULL, 0, waitroom_get_challenge},
    {"Join", METHOD_UNARY, ROLES_BUY, false, NULL, 0, waitroom_join},
    {"GetPlace", METHOD_UNARY, ROLES_BUY, false, NULL, 0, waitroom_get_place},
    {"Enter", METHOD_UNARY, ROLES_BUY, false, NULL, 0, waitroom_enter},
    {"Leave", METHOD_UNARY, ROLES_BUY, false, NULL, 0, waitroom_leave},
    {"RestoreReceipt", METHOD_UNARY, ROLES_BUY, false, NULL, 0, waitroom_restore_receipt},
    {"CreateSale", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, waitroom_create_sale},
    {"SetAdmission", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, waitroom_set_admission},
    {"PauseLine", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, waitroom_pause_line},
    {"ResumeLine", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, waitroom_resume_line},
    {"NameBeacon", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, waitroom_name_beacon},
    {"GiveBeacon", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, waitroom_give_beacon},
    {"GetLineReport", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, waitroom_get_line_report},
    {"GetAfterReport", METHOD_UNARY, ROLES_MANAGE, false, NULL, 0, waitroom_get_after_report},
    {"CheckPass", METHOD_UNARY, ROLE_PEER, false, NULL, 0, waitroom_check_pass},
    {"PassDone", METHOD_UNARY, ROLE_PEER, false, NULL, 0, waitroom_pass_done},
    {"ReadLine", METHOD_UNARY, ROLE_OPERATOR | ROLE_PEER, true, NULL, 0, waitroom_read_line},
};

struct service waitroom_service(struct waitroom *room)
{
    return (struct service){
        .descriptor = &usher__v1__waitroom_service__descriptor,
        .methods = room ? room->rows : methods,
        .method_count = sizeof(methods) / sizeof(methods[0]),
        .state = room,
    };
}

const struct method *room_method(const struct waitroom *room, const struct method *row)
{
    return &methods[row - room->rows];
}

/* Streams are of what is told here, and ledgers are in the store; all else is asked of who keeps
 * the lines. */
static int make_rows(struct waitroom *room)
{
    const size_t count = sizeof(methods) / sizeof(methods[0]);
    room->rows = malloc(sizeof(methods));
    if (!room->rows)
        return ERR_NO_MEMORY;
    memcpy(room->rows, methods, sizeof(methods));
    for (size_t i = 0; i < count && room->options.shared; i++) {
        if (methods[i].kind == METHOD_UNARY && methods[i].handle != waitroom_read_line)
            room->rows[i].handle = waitroom_here_or_away;
    }
    return 0;
}

struct keeper *room_find(struct waitroom *room, uint32_t sale_id)
{
    return sale_id <= LINE_SALES_MAX ? atomic_load(&room->keepers[sale_id]) : NULL;
}

int room_offload(struct waitroom *room, void (*job)(void *arg), void *arg)
{
    if (room->options.offload)
        return offload_run(room->options.offload, job, arg);
    job(arg);
    return 0;
}

struct channel *room_tickets(const struct waitroom *room)
{
    struct loop *here = sched_loop(sched_current());
    for (uint32_t i = 0; i < room->options.worker_count; i++) {
        if (worker_loop(room->options.workers[i]) == here)
            return room->options.tickets[i];
    }
    assert(!"not on a worker's thread");
    return NULL;
}

/* ---- sales come to life ---- */

int room_begin_sale(struct waitroom *room, const struct line_sale *sale)
{
    struct keeper *keeper;
    if (sale->sale_id == 0 || sale->sale_id > LINE_SALES_MAX)
        return ERR_FULL;
    /* Two keepers in one process would fence each other off for ever. */
    if (atomic_exchange(&room->begun[sale->sale_id], true))
        return 0;
    const int err = keeper_new(room, sale, sale->sale_id % room->options.worker_count, &keeper);
    if (err != 0) {
        atomic_store(&room->begun[sale->sale_id], false);
        return err;
    }
    atomic_store(&room->keepers[sale->sale_id], keeper);
    for (uint32_t i = 0; i < sale->performance_count; i++) {
        if (sale->performance_ids[i] <= STORE_PERFORMANCES_MAX)
            atomic_store(&room->sale_of[sale->performance_ids[i]], sale->sale_id);
    }
    uint32_t last = atomic_load(&room->last);
    while (last < sale->sale_id && !atomic_compare_exchange_weak(&room->last, &last, sale->sale_id))
        ;
    return 0;
}

int room_load_sales(struct waitroom *room)
{
    struct arena arena;
    struct line_sale *sales;
    size_t count;
    arena_init(&arena, FOLLOW_ARENA_MAX);
    int err = line_sale_list(room->options.sql, &arena, &sales, &count,
                             deadline_after_ms(fiber_now_ns(), FOLLOW_STEP_MAX_MS));
    for (size_t i = 0; err == 0 && i < count; i++)
        err = room_begin_sale(room, &sales[i]);
    arena_release(&arena);
    return err;
}

/* Whom organisers bar: the ticket service changes it. */
static int follow_bars(struct waitroom *room)
{
    return bar_list_follow(&room->bars, room->options.sql,
                           clock_wall_ms(loop_clock(sched_loop(sched_current()))),
                           deadline_after_ms(fiber_now_ns(), FOLLOW_STEP_MAX_MS));
}

/* Loads what a call may have stored without learning so. */
static void follow_store(void *arg)
{
    struct waitroom *room = arg;
    while (!fiber_cancelled()) {
        if (atomic_exchange(&room->behind, false)) {
            const int err = room_load_sales(room);
            if (err != 0) {
                atomic_store(&room->behind, true);
                log_event(LOG_WARN, "line.follow", log_err(err));
            }
        }
        (void)follow_bars(room); /* again half a second later */
        room_keep_counts(room);
        (void)fiber_sleep_until(deadline_after_ms(fiber_now_ns(), FOLLOW_PAUSE_MS));
    }
}

/* ---- starting and stopping ---- */

struct start {
    struct waitroom *room;
    int result;
};

static bool all_serve(struct waitroom *room)
{
    for (uint32_t i = 1; i <= atomic_load(&room->last); i++) {
        struct keeper *keeper = room_find(room, i);
        if (keeper && atomic_load(&keeper->phase) != KEEPER_SERVING)
            return false;
    }
    return true;
}

static void start_in_fiber(void *arg)
{
    struct start *start = arg;
    struct waitroom *room = start->room;
    start->result = room_load_sales(room);
    if (start->result == 0)
        start->result = bars_migrate(room->options.sql, false, clock_wall_ms(clock_system()));
    if (start->result == 0)
        start->result = refusals_migrate(room->options.sql, false, clock_wall_ms(clock_system()));
    if (start->result == 0)
        start->result = follow_bars(room);
    if (start->result == 0)
        start->result = fiber_spawn(&room->follow_scope, follow_store, room);
    /* Lines load side by side; one that cannot does not keep the others from serving. */
    const int64_t until_ns = deadline_after_ms(fiber_now_ns(), START_KEEPERS_MAX_MS);
    while (start->result == 0 && room_keeps(room) && !all_serve(room) && fiber_now_ns() < until_ns)
        (void)fiber_sleep_until(deadline_after_ms(fiber_now_ns(), WAITROOM_BEGIN_POLL_MS));
}

int waitroom_start(const struct waitroom_options *options, struct waitroom **ret_waitroom)
{
    struct waitroom *room = calloc(1, sizeof(*room));
    uint8_t seed[KEY_BYTES];
    if (!room)
        return ERR_NO_MEMORY;
    room->options = *options;
    key_derive(options->master, KEY_FOR_CHALLENGE, seed);
    if (work_new(&options->work, seed, options->chance, options->offload, &room->work) != 0 ||
        make_rows(room) != 0 || pthread_key_create(&room->checked, free) != 0) {
        work_free(room->work);
        free(room->rows);
        free(room);
        return ERR_NO_MEMORY;
    }
    key_derive(options->master, KEY_FOR_RECEIPT, room->receipt_key);
    key_derive(options->master, KEY_FOR_PASS, seed);
    pass_key_init(&room->pass_key, seed);
    scope_init(&room->follow_scope);
    bar_list_init(&room->bars);
    tally_init(&room->tally);
    struct start start = {.room = room};
    int err = worker_call(options->workers[0], start_in_fiber, &start);
    err = err != 0 ? err : start.result;
    if (err != 0) {
        waitroom_stop(room);
        return err;
    }
    *ret_waitroom = room;
    return 0;
}

static void stop_following(void *arg)
{
    struct waitroom *room = arg;
    scope_close(&room->follow_scope);
    room_keep_counts(room);
}

void waitroom_stop(struct waitroom *room)
{
    if (!room)
        return;
    waitroom_hand_over(room);
    lease_stop(atomic_load(&room->lease));
    const int err = worker_call(room->options.workers[0], stop_following, room);
    assert(err == 0);
    for (uint32_t i = 1; i <= atomic_load(&room->last); i++) {
        struct keeper *keeper = room_find(room, i);
        if (keeper)
            keeper_free(keeper);
    }
    lease_free(atomic_load(&room->lease));
    for (uint32_t i = 0; i < room->options.worker_count; i++) {
        const int lost = worker_call(room->options.workers[i], room_forget_passes, room);
        assert(lost == 0);
    }
    pthread_key_delete(room->checked);
    bar_list_release(&room->bars);
    tally_release(&room->tally);
    work_free(room->work);
    free(room->rows);
    free(room);
}

int waitroom_share(struct waitroom *room, struct coord *coord, const char *url, int64_t lease_ms,
                   const struct remote_options *peer)
{
    struct room_lease *lease;
    assert(room->options.shared);
    return lease_start(room, coord, url, lease_ms, peer, &lease);
}

void waitroom_hand_over(struct waitroom *room)
{
    if (room)
        lease_drain(atomic_load(&room->lease));
}

/* ---- beside the calls ---- */

bool waitroom_status_page(struct waitroom *room, struct view path, struct buf *out)
{
    static const struct view before = VIEW_LIT("/sales/"), behind = VIEW_LIT("/status");
    uint64_t sale_id;
    if (!view_starts(path, before) || path.len <= before.len + behind.len ||
        !view_eq(view_of(path.at + path.len - behind.len, behind.len), behind) ||
        !view_to_u64(view_of(path.at + before.len, path.len - before.len - behind.len),
                     LINE_SALES_MAX, &sale_id))
        return false;
    struct keeper *keeper = room_find(room, (uint32_t)sale_id);
    return keeper && atomic_load(&keeper->seen) == KEEPER_SEEN_BY_ALL &&
           board_json(keeper->board, out) == 0;
}

int waitroom_render(void *arg, struct exposition *page)
{
    struct waitroom *room = arg;
    int64_t sales = 0, watchers = 0, waiting = 0, inside = 0;
    for (uint32_t i = 1; i <= atomic_load(&room->last); i++) {
        struct keeper *keeper = room_find(room, i);
        if (!keeper)
            continue;
        sales++;
        uint64_t waiting_here;
        uint32_t inside_here;
        board_people(keeper->board, &waiting_here, &inside_here);
        watchers += board_watcher_count(keeper->board);
        waiting += (int64_t)waiting_here;
        inside += inside_here;
    }
    int err = metrics_render_one(page, METRIC_IS_GAUGE, "usher_lines", "Sales with a line.", sales);
    if (err == 0)
        err = metrics_render_one(page, METRIC_IS_GAUGE, "usher_line_watchers",
                                 "Watchers of lines now.", watchers);
    if (err == 0)
        err = metrics_render_one(page, METRIC_IS_GAUGE, "usher_line_waiting",
                                 "People in lines and draws who were not called yet.", waiting);
    if (err == 0)
        err = metrics_render_one(page, METRIC_IS_GAUGE, "usher_line_inside",
                                 "People who are inside of sales with a line.", inside);
    return err;
}
