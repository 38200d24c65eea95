#include "feed/feed.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "mem/bits.h"
#include "usher/v1/ticket.pb-c.h"

#define FEED_TURN 256 /* watchers told in one turn of the loop */

/* The hall's public state at one version. */
struct public_state {
    bool known;
    uint64_t version;
    uint32_t sale_state;
    uint32_t price_list;
    uint32_t counts[4]; /* by seats_state */
    uint8_t *states;    /* two bits a place */
};

struct outlet {
    struct feed *feed;
    struct worker *worker;
    struct public_state state;
    struct list watchers;
    struct list due;    /* those of them that the news being told has not reached */
    struct news *first; /* the news being told, and what came after it, in order */
    struct news **last;
    struct loop_task more;  /* posted while the telling goes on */
    int64_t spent_ns;       /* on the news being told */
    struct frame *snapshot; /* of state.version, made when asked for; or NULL */
    struct loop_timer keepalive;
    _Atomic int64_t walk_ns; /* spent on the news before; the feed reads it */
};

struct feed {
    const struct hall *hall;
    struct worker *home_worker;
    struct loop *home; /* its loop */
    uint32_t outlet_count;
    struct outlet *outlets; /* one a worker */
    _Atomic uint32_t watcher_count;
    _Atomic uint64_t notice_id;
    struct loop_task noticed; /* posted to home … */
    atomic_flag notices;      /* … and not run yet */

    /* the owner's thread alone */
    struct public_state state;
    uint64_t told_version; /* the outlets have been told */
    uint32_t told_sale_state;
    uint64_t told_notice;
    int64_t told_ns;
    uint32_t *marked; /* seats that changed since */
    uint32_t marked_count;
    uint64_t *mark_bits;
    struct loop_timer due;
};

/* A message to one outlet: what changed, or the whole state. */
struct news {
    struct loop_task task;
    struct news *next;
    struct outlet *outlet;
    uint64_t version;
    uint32_t sale_state;
    uint32_t price_list;
    bool forced;         /* also for who knows this version */
    struct frame *frame; /* NULL: a new beginning */
    uint8_t *states;     /* a new beginning's; owned */
    size_t change_count;
    uint32_t changes[]; /* seat << 2 | state */
};

struct watcher {
    struct sink sink;
    struct list link;
    struct outlet *outlet;
    bool behind;      /* missed something: next comes a snapshot */
    uint64_t version; /* of the last snapshot */
};

static size_t state_bytes(const struct feed *feed)
{
    return (feed->hall->place_count + 3) / 4;
}

static uint32_t state_get(const struct public_state *state, uint32_t seat)
{
    return state->states[seat / 4] >> 2 * (seat % 4) & 3;
}

static void state_set(struct public_state *state, uint32_t seat, uint32_t to)
{
    const uint32_t shift = 2 * (seat % 4);
    const uint32_t from = state_get(state, seat);
    state->counts[from]--;
    state->counts[to]++;
    state->states[seat / 4] = (uint8_t)((state->states[seat / 4] & ~(3u << shift)) | to << shift);
}

static void state_load(struct feed *feed, struct public_state *state, const uint8_t *states)
{
    memcpy(state->states, states, state_bytes(feed));
    memset(state->counts, 0, sizeof(state->counts));
    for (uint32_t i = 0; i < feed->hall->place_count; i++)
        state->counts[state_get(state, i)]++;
}

/* ---- messages ---- */

static void fill_update(Usher__V1__SeatsUpdate *update, Usher__V1__Counts *counts,
                        const struct feed *feed, const struct public_state *state)
{
    usher__v1__counts__init(counts);
    counts->free = state->counts[SEATS_FREE];
    counts->held = state->counts[SEATS_HELD];
    counts->sold = state->counts[SEATS_SOLD];
    counts->resting = state->counts[SEATS_RESTING];
    usher__v1__seats_update__init(update);
    update->version = state->version;
    update->sale_state = (Usher__V1__SaleState)state->sale_state;
    update->price_list = state->price_list;
    update->notice_id = feed_notice(feed);
    update->counts = counts;
}

static int delta_frame(const struct feed *feed, const struct public_state *state,
                       uint64_t from_version, uint32_t *changes, size_t count,
                       struct frame **ret_frame)
{
    Usher__V1__SeatsUpdate update;
    Usher__V1__Counts counts;
    Usher__V1__SeatsDelta delta = USHER__V1__SEATS_DELTA__INIT;
    fill_update(&update, &counts, feed, state);
    delta.from_version = from_version;
    delta.changes = changes;
    delta.n_changes = count;
    update.body_case = USHER__V1__SEATS_UPDATE__BODY_DELTA;
    update.delta = &delta;
    return frame_new(&update.base, ret_frame);
}

/* The outlet's state as a frame, made once a version. */
static struct frame *snapshot_frame(struct outlet *outlet)
{
    if (outlet->snapshot)
        return outlet->snapshot;
    Usher__V1__SeatsUpdate update;
    Usher__V1__Counts counts;
    Usher__V1__SeatsSnapshot snapshot = USHER__V1__SEATS_SNAPSHOT__INIT;
    fill_update(&update, &counts, outlet->feed, &outlet->state);
    snapshot.place_count = outlet->feed->hall->place_count;
    snapshot.states.data = outlet->state.states;
    snapshot.states.len = state_bytes(outlet->feed);
    update.body_case = USHER__V1__SEATS_UPDATE__BODY_SNAPSHOT;
    update.snapshot = &snapshot;
    return frame_new(&update.base, &outlet->snapshot) == 0 ? outlet->snapshot : NULL;
}

static void forget_snapshot(struct outlet *outlet)
{
    if (outlet->snapshot)
        frame_unref(outlet->snapshot);
    outlet->snapshot = NULL;
}

/* ---- an outlet's side: on its worker's thread ---- */

static void push_snapshot(struct watcher *watcher)
{
    struct frame *frame = snapshot_frame(watcher->outlet);
    watcher->behind = !frame || sink_push(&watcher->sink, frame) != 0;
    watcher->version = watcher->outlet->state.version;
}

static void watcher_writable(struct sink *sink)
{
    struct watcher *watcher = list_of(sink, struct watcher, sink);
    if (watcher->behind)
        push_snapshot(watcher);
}

static void watcher_closed(struct sink *sink)
{
    struct watcher *watcher = list_of(sink, struct watcher, sink);
    list_remove(&watcher->link);
    atomic_fetch_sub_explicit(&watcher->outlet->feed->watcher_count, 1, memory_order_relaxed);
    free(watcher);
}

int64_t feed_pace_ns(int64_t walk_ns)
{
    const int64_t pace_ns = 2 * walk_ns;
    if (pace_ns < FEED_EVERY_MS * NS_PER_MS)
        return FEED_EVERY_MS * NS_PER_MS;
    return pace_ns < FEED_EVERY_MAX_MS * NS_PER_MS ? pace_ns : FEED_EVERY_MAX_MS * NS_PER_MS;
}

static void arm_keepalive(struct outlet *outlet)
{
    struct loop *loop = worker_loop(outlet->worker);
    loop_arm(loop, &outlet->keepalive, deadline_after_ms(loop_now_ns(loop), FEED_KEEPALIVE_MS));
}

/* Without a frame it gets a snapshot. One that has had a snapshot with this news in it needs no
 * more; one that is behind gets a snapshot when it can take it. */
static void push_one(struct watcher *watcher, const struct news *news)
{
    if (!news->frame)
        push_snapshot(watcher);
    else if (!watcher->behind &&
             (news->forced || watcher->version < watcher->outlet->state.version))
        watcher->behind = sink_push(&watcher->sink, news->frame) != 0;
}

static void keepalive_due(struct loop_timer *timer)
{
    struct outlet *outlet = list_of(timer, struct outlet, keepalive);
    struct frame *frame = NULL;
    const uint64_t version = outlet->state.version;
    if (outlet->first || list_empty(&outlet->watchers) ||
        delta_frame(outlet->feed, &outlet->state, version, NULL, 0, &frame) != 0)
        return; /* the end of the next telling arms it again */
    list_each (link, &outlet->watchers) {
        struct watcher *watcher = list_of(link, struct watcher, link);
        if (!watcher->behind)
            watcher->behind = sink_push(&watcher->sink, frame) != 0;
    }
    frame_unref(frame);
    arm_keepalive(outlet);
}

/* The outlet's state becomes that of its first news, of which all watchers are to be told. */
static void begin_telling(struct outlet *outlet)
{
    struct news *news = outlet->first;
    struct public_state *state = &outlet->state;
    struct list *link;
    assert(news);
    forget_snapshot(outlet);
    if (news->states) {
        state_load(outlet->feed, state, news->states);
        state->known = true;
    }
    for (size_t i = 0; i < news->change_count; i++)
        state_set(state, news->changes[i] >> 2, news->changes[i] & 3);
    assert(news->version >= state->version); /* P9 */
    state->version = news->version;
    state->sale_state = news->sale_state;
    state->price_list = news->price_list;
    outlet->spent_ns = 0;
    while ((link = list_take(&outlet->watchers)))
        list_append(&outlet->due, link);
}

/* Tells some, and then lets others have the loop: telling ten thousand takes longer than a buyer
 * should wait. */
static void tell_some(struct outlet *outlet)
{
    const struct clock *clock = loop_clock(worker_loop(outlet->worker));
    const int64_t began_ns = clock_mono_ns(clock);
    struct list *link = NULL;
    for (int i = 0; i < FEED_TURN && (link = list_take(&outlet->due)); i++) {
        list_append(&outlet->watchers, link);
        push_one(list_of(link, struct watcher, link), outlet->first);
    }
    outlet->spent_ns += clock_mono_ns(clock) - began_ns;
}

static void end_telling(struct outlet *outlet)
{
    struct news *news = outlet->first;
    atomic_store_explicit(&outlet->walk_ns, outlet->spent_ns, memory_order_relaxed);
    outlet->first = news->next;
    if (!outlet->first)
        outlet->last = &outlet->first;
    if (news->frame)
        frame_unref(news->frame);
    free(news->states);
    free(news);
    arm_keepalive(outlet);
}

/* Goes on until all is told or the turn is used up; then it is posted again. */
static void go_on_telling(struct outlet *outlet)
{
    while (outlet->first) {
        tell_some(outlet);
        if (!list_empty(&outlet->due)) {
            loop_post(worker_loop(outlet->worker), &outlet->more);
            return;
        }
        end_telling(outlet);
        if (outlet->first)
            begin_telling(outlet);
    }
}

static void more_due(struct loop_task *task)
{
    go_on_telling(list_of(task, struct outlet, more));
}

static void news_arrived(struct loop_task *task)
{
    struct news *news = list_of(task, struct news, task);
    struct outlet *outlet = news->outlet;
    const bool idle = !outlet->first;
    *outlet->last = news;
    outlet->last = &news->next;
    if (!idle)
        return;
    begin_telling(outlet);
    go_on_telling(outlet);
}

static struct outlet *outlet_here(const struct feed *feed)
{
    struct loop *here = sched_loop(sched_current());
    for (uint32_t i = 0; i < feed->outlet_count; i++) {
        if (worker_loop(feed->outlets[i].worker) == here)
            return &feed->outlets[i];
    }
    assert(!"not on a worker's thread");
    return NULL;
}

int feed_watch(struct feed *feed, struct call *call)
{
    struct outlet *outlet = outlet_here(feed);
    if (!outlet->state.known)
        return ERR_UNAVAILABLE;
    struct watcher *watcher = calloc(1, sizeof(*watcher));
    if (!watcher)
        return ERR_NO_MEMORY;
    watcher->outlet = outlet;
    watcher->sink.writable = watcher_writable;
    watcher->sink.closed = watcher_closed;
    list_append(&outlet->watchers, &watcher->link);
    atomic_fetch_add_explicit(&feed->watcher_count, 1, memory_order_relaxed);
    call_detach(call, &watcher->sink);
    push_snapshot(watcher);
    if (outlet->keepalive.index == 0)
        arm_keepalive(outlet);
    return 0;
}

const uint8_t *feed_states(const struct feed *feed, uint64_t *ret_version)
{
    const struct outlet *outlet = outlet_here(feed);
    if (!outlet->state.known)
        return NULL;
    *ret_version = outlet->state.version;
    return outlet->state.states;
}

uint32_t feed_watcher_count(const struct feed *feed)
{
    return atomic_load_explicit(&feed->watcher_count, memory_order_relaxed);
}

/* ---- the owner's side ---- */

/* frame and states may be NULL; a reference to frame, and a copy of states, go along. */
static void tell(struct feed *feed, struct frame *frame, const uint8_t *states,
                 const uint32_t *changes, size_t count)
{
    for (uint32_t i = 0; i < feed->outlet_count; i++) {
        struct news *news = malloc(sizeof(*news) + count * sizeof(*changes));
        assert(news); /* an outlet that misses news would show a seat that is taken as free */
        *news = (struct news){.outlet = &feed->outlets[i],
                              .version = feed->state.version,
                              .sale_state = feed->state.sale_state,
                              .price_list = feed->state.price_list,
                              .forced = feed->told_notice != feed_notice(feed),
                              .frame = frame ? frame_ref(frame) : NULL,
                              .change_count = count};
        if (count > 0)
            memcpy(news->changes, changes, count * sizeof(*changes));
        if (states) {
            news->states = malloc(state_bytes(feed));
            assert(news->states);
            memcpy(news->states, states, state_bytes(feed));
        }
        news->task.run = news_arrived;
        loop_post(worker_loop(feed->outlets[i].worker), &news->task);
    }
    feed->told_version = feed->state.version;
    feed->told_sale_state = feed->state.sale_state;
    feed->told_notice = feed_notice(feed);
    feed->told_ns = loop_now_ns(feed->home);
}

static void publish(struct feed *feed)
{
    for (uint32_t i = 0; i < feed->marked_count; i++) {
        const uint32_t seat = feed->marked[i];
        bits_clear(feed->mark_bits, seat);
        feed->marked[i] = seat << 2 | state_get(&feed->state, seat);
    }
    struct frame *frame = NULL;
    int err = delta_frame(feed, &feed->state, feed->told_version, feed->marked, feed->marked_count,
                          &frame);
    assert(err == 0);
    tell(feed, frame, NULL, feed->marked, feed->marked_count);
    frame_unref(frame);
    feed->marked_count = 0;
}

static void notice_came(struct loop_task *task)
{
    struct feed *feed = list_of(task, struct feed, noticed);
    atomic_flag_clear(&feed->notices);
    if (!feed->state.known || feed->told_notice == feed_notice(feed))
        return;
    loop_disarm(feed->home, &feed->due);
    publish(feed);
}

uint64_t feed_notice(const struct feed *feed)
{
    return atomic_load(&feed->notice_id);
}

void feed_set_notice(struct feed *feed, uint64_t notice_id)
{
    if (atomic_exchange(&feed->notice_id, notice_id) != notice_id &&
        !atomic_flag_test_and_set(&feed->notices))
        loop_post(feed->home, &feed->noticed);
}

static void publish_due(struct loop_timer *timer)
{
    publish(list_of(timer, struct feed, due));
}

static void take_public(struct public_state *state, const struct owner_public *now)
{
    state->version = now->version;
    state->sale_state = now->sale_state;
    state->price_list = now->price_list;
}

static void feed_committed(void *arg, const struct owner_public *now,
                           const struct owner_change *changes, size_t count)
{
    struct feed *feed = arg;
    take_public(&feed->state, now);
    for (size_t i = 0; i < count; i++) {
        const uint32_t seat = changes[i].seat;
        state_set(&feed->state, seat, changes[i].state);
        if (!bits_get(feed->mark_bits, seat)) {
            bits_set(feed->mark_bits, seat);
            feed->marked[feed->marked_count++] = seat;
        }
    }
    if (feed->due.index != 0)
        return;
    int64_t walk_ns = 0;
    for (uint32_t i = 0; i < feed->outlet_count; i++) {
        const int64_t its_ns =
            atomic_load_explicit(&feed->outlets[i].walk_ns, memory_order_relaxed);
        walk_ns = its_ns > walk_ns ? its_ns : walk_ns;
    }
    const int64_t at_ns = feed->told_ns + feed_pace_ns(walk_ns);
    if (at_ns <= loop_now_ns(feed->home) || loop_arm(feed->home, &feed->due, at_ns) != 0)
        publish(feed);
}

static void feed_loaded(void *arg, const struct owner_public *now, const uint8_t *states)
{
    struct feed *feed = arg;
    loop_disarm(feed->home, &feed->due);
    memset(feed->mark_bits, 0, BITS_WORDS(feed->hall->place_count) * sizeof(*feed->mark_bits));
    feed->marked_count = 0;
    feed->state.known = true;
    take_public(&feed->state, now);
    state_load(feed, &feed->state, states);
    tell(feed, NULL, states, NULL, 0);
}

struct owner_listener feed_listener(struct feed *feed)
{
    return (struct owner_listener){
        .committed = feed_committed, .loaded = feed_loaded, .state = feed};
}

int feed_new(const struct hall *hall, struct worker *const *workers, uint32_t worker_count,
             struct worker *home, struct feed **ret_feed)
{
    struct feed *feed = calloc(1, sizeof(*feed));
    if (!feed)
        return ERR_NO_MEMORY;
    feed->hall = hall;
    feed->home_worker = home;
    feed->home = worker_loop(home);
    feed->due.fire = publish_due;
    feed->noticed.run = notice_came;
    atomic_flag_clear(&feed->notices);
    feed->told_ns = INT64_MIN / 2;
    feed->state.states = calloc(1, state_bytes(feed));
    feed->marked = calloc(hall->place_count, sizeof(*feed->marked));
    feed->mark_bits = calloc(BITS_WORDS(hall->place_count), sizeof(*feed->mark_bits));
    feed->outlets = calloc(worker_count, sizeof(*feed->outlets));
    bool whole = feed->state.states && feed->marked && feed->mark_bits && feed->outlets;
    for (uint32_t i = 0; whole && i < worker_count; i++) {
        struct outlet *outlet = &feed->outlets[feed->outlet_count++];
        outlet->feed = feed;
        outlet->worker = workers[i];
        outlet->keepalive.fire = keepalive_due;
        outlet->more.run = more_due;
        outlet->last = &outlet->first;
        list_init(&outlet->watchers);
        list_init(&outlet->due);
        outlet->state.states = calloc(1, state_bytes(feed));
        whole = outlet->state.states != NULL;
    }
    if (!whole) {
        feed_free(feed);
        return ERR_NO_MEMORY;
    }
    *ret_feed = feed;
    return 0;
}

static void stop_publishing(void *arg)
{
    struct feed *feed = arg;
    loop_disarm(feed->home, &feed->due);
}

/* News that was on its way is here by now, and told, there being no watcher: it was posted before
 * this was. */
static void stop_outlet(void *arg)
{
    struct outlet *outlet = arg;
    loop_disarm(worker_loop(outlet->worker), &outlet->keepalive);
}

int feed_stop(struct feed *feed)
{
    int err = worker_call(feed->home_worker, stop_publishing, feed);
    for (uint32_t i = 0; i < feed->outlet_count && err == 0; i++)
        err = worker_call(feed->outlets[i].worker, stop_outlet, &feed->outlets[i]);
    return err;
}

void feed_free(struct feed *feed)
{
    if (!feed)
        return;
    for (uint32_t i = 0; i < feed->outlet_count; i++) {
        assert(list_empty(&feed->outlets[i].watchers) && !feed->outlets[i].first);
        forget_snapshot(&feed->outlets[i]);
        free(feed->outlets[i].state.states);
    }
    free(feed->outlets);
    free(feed->mark_bits);
    free(feed->marked);
    free(feed->state.states);
    free(feed);
}
