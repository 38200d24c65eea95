#include "svc/waitroom/board.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "codec/json.h"
#include "err/err.h"

#define BOARD_TURN       256         /* watchers told in one turn of the loop */
#define STATUS_ARENA_MAX (64u << 10) /* of a status that is unpacked */

struct outlet {
    struct board *board;
    struct worker *worker;
    struct frame *frame;           /* the latest; NULL: none yet */
    Usher__V1__SaleStatus *status; /* the same, unpacked, in its arena */
    struct arena arena;
    uint64_t number; /* of the latest */
    struct list watchers;
    struct list due; /* those of them that the latest has not reached */
    struct loop_task more;
    bool telling; /* more is posted */
};

struct board {
    uint32_t outlet_count;
    struct outlet *outlets; /* one a worker */
    _Atomic uint32_t watcher_count;
    _Atomic uint64_t waiting; /* as of the last status */
    _Atomic uint32_t inside;
};

/* A frame on its way to an outlet. */
struct news {
    struct loop_task task;
    struct outlet *outlet;
    struct frame *frame;
};

struct watcher {
    struct sink sink;
    struct list link;
    struct outlet *outlet;
    uint64_t has; /* the number of the frame it was given last */
};

/* ---- an outlet's side: on its worker's thread ---- */

static void push(struct watcher *watcher)
{
    const struct outlet *outlet = watcher->outlet;
    if (watcher->has != outlet->number && sink_push(&watcher->sink, outlet->frame) == 0)
        watcher->has = outlet->number;
}

static void watcher_writable(struct sink *sink)
{
    push(list_of(sink, struct watcher, sink));
}

static void watcher_closed(struct sink *sink)
{
    struct watcher *watcher = list_of(sink, struct watcher, sink);
    list_remove(&watcher->link);
    atomic_fetch_sub_explicit(&watcher->outlet->board->watcher_count, 1, memory_order_relaxed);
    free(watcher);
}

/* Tells some, and then lets others have the loop. */
static void tell_some(struct loop_task *task)
{
    struct outlet *outlet = list_of(task, struct outlet, more);
    struct list *link;
    outlet->telling = false;
    for (int i = 0; i < BOARD_TURN && (link = list_take(&outlet->due)); i++) {
        list_append(&outlet->watchers, link);
        push(list_of(link, struct watcher, link));
    }
    if (!list_empty(&outlet->due)) {
        outlet->telling = true;
        loop_post(worker_loop(outlet->worker), &outlet->more);
    }
}

/* Once a frame, not once a place that is told with it. */
static void read_frame(struct outlet *outlet)
{
    ProtobufCMessage *message;
    arena_reset(&outlet->arena);
    const int err = proto_unpack(&usher__v1__sale_status__descriptor, frame_message(outlet->frame),
                                 &outlet->arena, &message);
    outlet->status = err == 0 ? (Usher__V1__SaleStatus *)message : NULL;
}

static void news_arrived(struct loop_task *task)
{
    struct news *news = list_of(task, struct news, task);
    struct outlet *outlet = news->outlet;
    struct list *link;
    frame_unref(outlet->frame);
    outlet->frame = news->frame;
    outlet->number++;
    read_frame(outlet);
    free(news);
    while ((link = list_take(&outlet->watchers)))
        list_append(&outlet->due, link);
    if (!outlet->telling)
        tell_some(&outlet->more);
}

static struct outlet *outlet_here(const struct board *board)
{
    struct loop *here = sched_loop(sched_current());
    for (uint32_t i = 0; i < board->outlet_count; i++) {
        if (worker_loop(board->outlets[i].worker) == here)
            return &board->outlets[i];
    }
    assert(!"not on a worker's thread");
    return NULL;
}

int board_watch(struct board *board, struct call *call)
{
    struct outlet *outlet = outlet_here(board);
    if (!outlet->frame)
        return ERR_UNAVAILABLE;
    struct watcher *watcher = calloc(1, sizeof(*watcher));
    if (!watcher)
        return ERR_NO_MEMORY;
    watcher->outlet = outlet;
    watcher->sink.writable = watcher_writable;
    watcher->sink.closed = watcher_closed;
    list_append(&outlet->watchers, &watcher->link);
    atomic_fetch_add_explicit(&board->watcher_count, 1, memory_order_relaxed);
    call_detach(call, &watcher->sink);
    push(watcher);
    return 0;
}

int board_status(const struct board *board, struct arena *arena, Usher__V1__SaleStatus **ret_status)
{
    const Usher__V1__SaleStatus *from = outlet_here(board)->status;
    if (!from)
        return ERR_UNAVAILABLE;
    const size_t count = from->n_chances;
    Usher__V1__SaleStatus *status = arena_alloc(arena, sizeof(*status));
    Usher__V1__CategoryChance *chances = arena_alloc(arena, (count + 1) * sizeof(*chances));
    Usher__V1__CategoryChance **at = arena_alloc(arena, (count + 1) * sizeof(*at));
    if (!status || !chances || !at)
        return ERR_NO_MEMORY;
    *status = *from;
    status->chances = at;
    for (size_t i = 0; i < count; i++) {
        chances[i] = *from->chances[i];
        chances[i].name = arena_copy(arena, view_str(from->chances[i]->name));
        at[i] = &chances[i];
        if (!chances[i].name)
            return ERR_NO_MEMORY;
    }
    *ret_status = status;
    return 0;
}

int board_json(const struct board *board, struct buf *out)
{
    struct arena arena;
    Usher__V1__SaleStatus *status;
    arena_init(&arena, 64u << 10);
    int err = board_status(board, &arena, &status);
    if (err == 0)
        err = json_write(&status->base, out);
    arena_release(&arena);
    return err;
}

uint32_t board_watcher_count(const struct board *board)
{
    return atomic_load_explicit(&board->watcher_count, memory_order_relaxed);
}

/* ---- the keeper's side ---- */

int board_publish(struct board *board, const Usher__V1__SaleStatus *status)
{
    struct frame *frame;
    atomic_store(&board->waiting, status->last > status->serving ? status->last - status->serving
                                                                 : status->entrants);
    atomic_store(&board->inside, status->inside);
    int err = frame_new(&status->base, &frame);
    if (err != 0)
        return err;
    for (uint32_t i = 0; i < board->outlet_count && err == 0; i++) {
        struct news *news = malloc(sizeof(*news));
        if (!news) {
            err = ERR_NO_MEMORY; /* those it would have reached hear of the next */
            break;
        }
        *news = (struct news){
            .task.run = news_arrived, .outlet = &board->outlets[i], .frame = frame_ref(frame)};
        loop_post(worker_loop(board->outlets[i].worker), &news->task);
    }
    frame_unref(frame);
    return err;
}

int board_new(struct worker *const *workers, uint32_t worker_count, struct board **ret_board)
{
    struct board *board = calloc(1, sizeof(*board));
    if (!board)
        return ERR_NO_MEMORY;
    board->outlets = calloc(worker_count, sizeof(*board->outlets));
    if (!board->outlets) {
        free(board);
        return ERR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < worker_count; i++) {
        struct outlet *outlet = &board->outlets[board->outlet_count++];
        outlet->board = board;
        outlet->worker = workers[i];
        outlet->more.run = tell_some;
        list_init(&outlet->watchers);
        list_init(&outlet->due);
        arena_init(&outlet->arena, STATUS_ARENA_MAX);
    }
    *ret_board = board;
    return 0;
}

/* News that was on its way is here by now: it was posted before this was. */
static void pass_by(void *arg)
{
}

int board_stop(struct board *board)
{
    int err = 0;
    for (uint32_t i = 0; i < board->outlet_count && err == 0; i++)
        err = worker_call(board->outlets[i].worker, pass_by, board);
    return err;
}

void board_free(struct board *board)
{
    if (!board)
        return;
    for (uint32_t i = 0; i < board->outlet_count; i++) {
        assert(list_empty(&board->outlets[i].watchers) && list_empty(&board->outlets[i].due));
        frame_unref(board->outlets[i].frame);
        arena_release(&board->outlets[i].arena);
    }
    free(board->outlets);
    free(board);
}

void board_people(const struct board *board, uint64_t *ret_waiting, uint32_t *ret_inside)
{
    *ret_waiting = atomic_load(&board->waiting);
    *ret_inside = atomic_load(&board->inside);
}
