#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>

#include "err/err.h"
#include "fiber/worker.h"

static const struct sched_limits limits = {.fibers_max = 200, .stack_bytes = 65536};
static struct worker *workers[2];

static int set_up(void **state)
{
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(worker_start(i, &limits, &workers[i]), 0);
    return 0;
}

static int tear_down(void **state)
{
    for (int i = 0; i < 2; i++)
        worker_stop(workers[i]);
    return 0;
}

static void add_one(void *arg)
{
    ++*(int *)arg;
}

static void check_place(void *arg)
{
    struct worker *worker = arg;
    assert_non_null(fiber_self());
    assert_ptr_equal(sched_loop(sched_current()), worker_loop(worker));
    char name[16], want[16];
    snprintf(want, sizeof(want), "usher-w%u", worker == workers[1]);
    assert_int_equal(pthread_getname_np(pthread_self(), name, sizeof(name)), 0);
    assert_string_equal(name, want);
}

static void a_plain_thread_calls(void **state)
{
    int x = 0;
    for (int i = 0; i < 100; i++)
        assert_int_equal(worker_call(workers[i % 2], add_one, &x), 0);
    assert_int_equal(x, 100);
    assert_int_equal(worker_call(workers[0], check_place, workers[0]), 0);
    assert_int_equal(worker_call(workers[1], check_place, workers[1]), 0);
}

struct ping {
    int depth;
    int count;
};

/* Each call is answered by the other worker, which calls back in turn. */
static void ping(void *arg)
{
    struct ping *p = arg;
    p->count++;
    if (p->depth-- > 0)
        assert_int_equal(worker_call(workers[p->depth % 2], ping, p), 0);
}

static void ping_many(void *arg)
{
    struct ping p = {.depth = 0};
    for (int i = 0; i < 1000; i++) {
        p.depth = 1;
        assert_int_equal(worker_call(workers[i % 2], ping, &p), 0); /* also to itself */
    }
    ++*(int *)arg;
    assert_int_equal(p.count, 2000);
}

static void spawn_pingers(void *arg)
{
    struct scope scope;
    scope_init(&scope);
    for (int i = 0; i < 8; i++)
        assert_int_equal(fiber_spawn(&scope, ping_many, arg), 0);
    assert_int_equal(scope_join(&scope, DEADLINE_NEVER), 0);
}

static void fibers_of_workers_call_one_another(void **state)
{
    struct ping p = {.depth = 50};
    assert_int_equal(worker_call(workers[0], ping, &p), 0);
    assert_int_equal(p.count, 51);
    int ended = 0;
    assert_int_equal(worker_call(workers[0], spawn_pingers, &ended), 0);
    assert_int_equal(ended, 8);
}

static struct waiting {
    struct fiber *fibers[200];
    uint32_t count;
} waiting;

static void wait_for_end(void *arg)
{
    waiting.fibers[waiting.count++] = fiber_self();
    fiber_park_deaf();
}

static void fill_worker(void *arg)
{
    static struct scope scope; /* outlives this fiber */
    scope_init(&scope);
    while (sched_fiber_count(sched_current()) < limits.fibers_max)
        assert_int_equal(fiber_spawn(&scope, wait_for_end, NULL), 0);
    assert_int_equal(fiber_yield(), 0);
}

static void take_up_the_last(void *arg)
{
    fill_worker(NULL);
    /* Full, this fiber being one of them: a call to the own worker is refused. */
    int x = 0;
    assert_int_equal(worker_call(workers[0], add_one, &x), ERR_FULL);
    assert_int_equal(x, 0);
    for (uint32_t i = 0; i < waiting.count; i++)
        fiber_unpark(waiting.fibers[i]);
    assert_int_equal(fiber_yield(), 0);
    assert_int_equal(worker_call(workers[0], add_one, &x), 0);
    assert_int_equal(x, 1);
}

static void a_full_worker_refuses(void **state)
{
    waiting.count = 0;
    assert_int_equal(worker_call(workers[0], take_up_the_last, NULL), 0);
    assert_int_equal(waiting.count, limits.fibers_max - 1);
}

static void call_from_main(void *arg)
{
    int x = 0;
    for (int i = 0; i < 200; i++)
        assert_int_equal(worker_call(workers[i % 2], add_one, &x), 0);
    assert_int_equal(x, 200);
}

/* The caller's loop goes away right after the last answer: the answering thread must be out of it.
 */
static void a_callers_loop_may_end_at_once(void **state)
{
    for (int i = 0; i < 20; i++)
        assert_int_equal(fiber_main(call_from_main, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_plain_thread_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fibers_of_workers_call_one_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_worker_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_callers_loop_may_end_at_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
