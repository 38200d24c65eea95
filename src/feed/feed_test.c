#include "feed/feed.h"

#include <setjmp.h>
#include <stdarg.h>

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
    if (told->version == 0)
        told->listener.loaded(told->listener.state, 1, 2, states);
    else
        told->listener.committed(told->listener.state, told->version, 2, &change, 1);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_of_the_time_is_for_buyers),
        cmocka_unit_test(nothing_is_armed_after_a_stop),
    };
    return cmocka_run_group_tests_name("svc/feed", tests, NULL, NULL);
}
