#include "feed/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>
#include <poll.h>

#define WORKERS 2
#define PLACES  8

static const struct hall hall = {.place_count = PLACES};

struct told {
    struct owner_listener listener;
    uint64_t version; /* 0: loaded as version 1 */
};

static void tell_owner_news(void *arg)
{
    static const uint8_t states[(PLACES + 3) / 4];
    const struct told *told = arg;
    const struct owner_change change = {.seat = 3, .state = SEATS_HELD};
    const struct owner_public first = {.version = 1, .sale_state = 2};
    const struct owner_public now = {.version = told->version, .sale_state = 2};
    if (told->version == 0)
        told->listener.loaded(told->listener.state, &first, states);
    else
        told->listener.committed(told->listener.state, &now, &change, 1);
}

struct seen {
    const struct feed *feed;
    uint64_t version;
};

static void look(void *arg)
{
    struct seen *seen = arg;
    assert_non_null(feed_states(seen->feed, &seen->version));
}

static uint64_t version_at(struct worker *worker, const struct feed *feed)
{
    struct seen seen = {.feed = feed};
    assert_int_equal(worker_call(worker, look, &seen), 0);
    return seen.version;
}

static void never(struct loop_timer *timer)
{
    (void)timer;
    fail_msg("it is disarmed at once");
}

/* Sooner than a keepalive: one that is still in the heap has to make way, which moves it. */
static void use_timers(void *arg)
{
    struct loop *loop = sched_loop(sched_current());
    const int64_t at_ns = loop_now_ns(loop) + NS_PER_S;
    struct loop_timer timers[4] = {0};
    (void)arg;
    for (size_t i = 0; i < 4; i++) {
        timers[i].fire = never;
        assert_int_equal(loop_arm(loop, &timers[i], at_ns), 0);
    }
    for (size_t i = 0; i < 4; i++)
        loop_disarm(loop, &timers[i]);
}

/* A change younger than FEED_EVERY_MS waits for a timer, which must not fire once the feed is gone;
 * and each outlet has its keepalive, which the sanitizer sees. */
/* 15,000 watchers once took all of both workers' time, and buyers waited three seconds. */
static void half_of_the_time_is_for_buyers(void **state)
{
    assert_int_equal(feed_pace_ns(0), 100 * NS_PER_MS);
    assert_int_equal(feed_pace_ns(50 * NS_PER_MS), 100 * NS_PER_MS);
    assert_int_equal(feed_pace_ns(90 * NS_PER_MS), 180 * NS_PER_MS);
    assert_int_equal(feed_pace_ns(5000 * NS_PER_MS), 1000 * NS_PER_MS);
}

static void nothing_is_armed_after_a_stop(void **state)
{
    struct worker *workers[WORKERS];
    struct feed *feed;
    (void)state;
    for (uint32_t i = 0; i < WORKERS; i++)
        assert_int_equal(worker_start(i, &SCHED_LIMITS_DEFAULT, &workers[i]), 0);
    assert_int_equal(feed_new(&hall, workers, WORKERS, workers[1], &feed), 0);
    struct told told = {.listener = feed_listener(feed)};
    assert_int_equal(worker_call(workers[1], tell_owner_news, &told), 0);
    told.version = 2;
    assert_int_equal(worker_call(workers[1], tell_owner_news, &told), 0);
    assert_int_equal(feed_stop(feed), 0);
    poll(NULL, 0, FEED_EVERY_MS + 50);
    for (uint32_t i = 0; i < WORKERS; i++)
        assert_int_equal(version_at(workers[i], feed), 1); /* the change was never published */
    feed_free(feed);
    for (uint32_t i = 0; i < WORKERS; i++)
        assert_int_equal(worker_call(workers[i], use_timers, NULL), 0);
    for (uint32_t i = 0; i < WORKERS; i++)
        worker_stop(workers[i]);
}

/* ---- a watcher, whose connection is this ---- */

struct reader {
    struct call call;
    struct feed *feed;
    struct frame *last;
    atomic_uint frames;
    atomic_bool busy; /* it has not taken the frame before */
    int result;
};

static struct reader *reader_of(struct call *call)
{
    return list_of(call, struct reader, call);
}

static void reader_detach(struct call *call)
{
    (void)call;
}

static int reader_push(struct call *call, struct frame *frame)
{
    struct reader *reader = reader_of(call);
    if (reader->busy)
        return ERR_FULL;
    frame_unref(reader->last);
    reader->last = frame_ref(frame);
    reader->frames++;
    return 0;
}

static const struct call_carrier reader_carrier = {.detach = reader_detach, .push = reader_push};
static const struct method watch_method = {.name = "WatchSeats", .kind = METHOD_SERVER_STREAM};
static const struct route watch_route = {.method = &watch_method};

static void watch(void *arg)
{
    struct reader *reader = arg;
    reader->result = feed_watch(reader->feed, &reader->call);
}

static void become_ready(void *arg)
{
    struct reader *reader = arg;
    reader->busy = false;
    reader->call.sink->writable(reader->call.sink);
}

static void leave(void *arg)
{
    struct reader *reader = arg;
    call_close_sink(&reader->call);
    frame_unref(reader->last);
}

static void await_frames(struct reader *reader, unsigned frames)
{
    for (int waited = 0; reader->frames < frames; waited += 10) {
        assert_true(waited < 10000);
        poll(NULL, 0, 10);
    }
    assert_int_equal(reader->frames, frames);
}

struct last {
    struct reader *reader;
    Usher__V1__SeatsUpdate *update;
};

static void read_last(void *arg)
{
    struct last *last = arg;
    const struct view bytes = frame_message(last->reader->last);
    last->update = usher__v1__seats_update__unpack(NULL, bytes.len, (const uint8_t *)bytes.at);
}

/* What it was told last is of that version, a snapshot or what changed. */
static void assert_last(struct worker *worker, struct reader *reader, uint64_t version,
                        bool snapshot)
{
    struct last last = {.reader = reader};
    assert_int_equal(worker_call(worker, read_last, &last), 0);
    assert_non_null(last.update);
    assert_int_equal(last.update->version, version);
    assert_int_equal(last.update->body_case, snapshot ? USHER__V1__SEATS_UPDATE__BODY_SNAPSHOT
                                                      : USHER__V1__SEATS_UPDATE__BODY_DELTA);
    usher__v1__seats_update__free_unpacked(last.update, NULL);
}

static uint64_t notice_of(struct worker *worker, struct reader *reader)
{
    struct last last = {.reader = reader};
    assert_int_equal(worker_call(worker, read_last, &last), 0);
    const uint64_t notice_id = last.update->notice_id;
    usher__v1__seats_update__free_unpacked(last.update, NULL);
    return notice_id;
}

static void await_version(struct worker *worker, const struct feed *feed, uint64_t version)
{
    for (int waited = 0; version_at(worker, feed) < version; waited += 10) {
        assert_true(waited < 10000);
        poll(NULL, 0, 10);
    }
}

static void a_busy_watcher_gets_the_latest_state_and_no_backlog(void **state)
{
    struct worker *workers[WORKERS];
    struct reader reader = {.call = {.carrier = &reader_carrier, .route = &watch_route}};
    struct feed *feed;
    (void)state;
    for (uint32_t i = 0; i < WORKERS; i++)
        assert_int_equal(worker_start(i, &SCHED_LIMITS_DEFAULT, &workers[i]), 0);
    assert_int_equal(feed_new(&hall, workers, WORKERS, workers[1], &feed), 0);
    reader.feed = feed;
    assert_int_equal(worker_call(workers[0], watch, &reader), 0);
    assert_int_equal(reader.result, ERR_UNAVAILABLE); /* nobody knows the seats yet */

    struct told told = {.listener = feed_listener(feed)};
    assert_int_equal(worker_call(workers[1], tell_owner_news, &told), 0);
    await_version(workers[0], feed, 1);
    assert_int_equal(worker_call(workers[0], watch, &reader), 0);
    assert_int_equal(reader.result, 0);
    assert_int_equal(feed_watcher_count(feed), 1);
    await_frames(&reader, 1);
    assert_last(workers[0], &reader, 1, true);

    told.version = 2;
    assert_int_equal(worker_call(workers[1], tell_owner_news, &told), 0);
    await_frames(&reader, 2);
    assert_last(workers[0], &reader, 2, false);

    /* A notice is told at once, though no seat changes; and it stays. */
    feed_set_notice(feed, 7);
    feed_set_notice(feed, 7);
    await_frames(&reader, 3);
    assert_last(workers[0], &reader, 2, false);
    assert_int_equal(notice_of(workers[0], &reader), 7);
    assert_int_equal(feed_notice(feed), 7);

    reader.busy = true;
    for (told.version = 3; told.version <= 4; told.version++) {
        assert_int_equal(worker_call(workers[1], tell_owner_news, &told), 0);
        await_version(workers[0], feed, told.version);
    }
    assert_int_equal(reader.frames, 3);
    assert_int_equal(worker_call(workers[0], become_ready, &reader), 0);
    await_frames(&reader, 4);
    assert_last(workers[0], &reader, 4, true);
    assert_int_equal(notice_of(workers[0], &reader), 7);

    assert_int_equal(worker_call(workers[0], leave, &reader), 0);
    assert_int_equal(feed_watcher_count(feed), 0);
    assert_int_equal(feed_stop(feed), 0);
    feed_free(feed);
    for (uint32_t i = 0; i < WORKERS; i++)
        worker_stop(workers[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_of_the_time_is_for_buyers),
        cmocka_unit_test(nothing_is_armed_after_a_stop),
        cmocka_unit_test(a_busy_watcher_gets_the_latest_state_and_no_backlog),
    };
    return cmocka_run_group_tests_name("svc/feed", tests, NULL, NULL);
}
