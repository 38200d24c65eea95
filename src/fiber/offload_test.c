#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>

#include "err/err.h"
#include "fiber/fiber.h"
#include "fiber/offload.h"

static struct offload *pool;
static pthread_t home;

static void square(void *arg)
{
    assert_false(pthread_equal(pthread_self(), home));
    int *x = arg;
    *x *= *x;
}

static void square_by_offload(void *arg)
{
    for (int i = 0; i < 50; i++) {
        int x = i;
        assert_int_equal(offload_run(pool, square, &x), 0);
        assert_int_equal(x, i * i);
    }
    ++*(int *)arg;
}

static void many_fibers(void *arg)
{
    struct scope scope;
    scope_init(&scope);
    int ended = 0;
    for (int i = 0; i < 20; i++)
        assert_int_equal(fiber_spawn(&scope, square_by_offload, &ended), 0);
    assert_int_equal(scope_join(&scope, DEADLINE_NEVER), 0);
    assert_int_equal(ended, 20);
}

static void jobs_run_on_the_pool(void **state)
{
    home = pthread_self();
    assert_int_equal(offload_new(3, 100, &pool), 0);
    assert_int_equal(fiber_main(many_fibers, NULL), 0);
    offload_free(pool);
}

static sem_t running, go_on;

static void block(void *arg)
{
    sem_post(&running);
    while (sem_wait(&go_on))
        ;
}

static void offload_block(void *arg)
{
    assert_int_equal(offload_run(pool, block, NULL), 0);
    assert_true(fiber_cancelled()); /* deaf to it: it has waited for the end */
}

/* One thread, one waiting job: the third is refused; cancelling lets nobody off early. */
static void full_queue(void *arg)
{
    struct scope scope;
    scope_init(&scope);
    assert_int_equal(fiber_spawn(&scope, offload_block, NULL), 0);
    assert_int_equal(fiber_yield(), 0);
    while (sem_wait(&running)) /* the thread has taken the first */
        ;
    assert_int_equal(fiber_spawn(&scope, offload_block, NULL), 0);
    assert_int_equal(fiber_yield(), 0);
    assert_int_equal(offload_run(pool, block, NULL), ERR_FULL);
    scope_cancel(&scope);
    assert_int_equal(scope_join(&scope, fiber_now_ns() + NS_PER_MS), ERR_TIMEOUT);
    sem_post(&go_on);
    sem_post(&go_on);
    assert_int_equal(scope_join(&scope, DEADLINE_NEVER), 0);
}

static void the_queue_is_bounded(void **state)
{
    sem_init(&running, 0, 0);
    sem_init(&go_on, 0, 0);
    assert_int_equal(offload_new(1, 1, &pool), 0);
    assert_int_equal(fiber_main(full_queue, NULL), 0);
    offload_free(pool);
}

static void note_thread(void *arg)
{
    *(pthread_t *)arg = pthread_self();
}

static void offload_note(void *arg)
{
    assert_int_equal(offload_run(pool, note_thread, arg), 0);
}

static void runs_in_place_without_threads_to_wait(void **state)
{
    assert_int_equal(offload_new(1, 1, &pool), 0);
    pthread_t thread = 0;
    offload_note(&thread); /* no scheduler */
    assert_true(pthread_equal(thread, pthread_self()));

    thread = 0;
    struct loop *loop;
    struct sched *sched;
    struct scope scope;
    scope_init(&scope);
    assert_int_equal(loop_new_virtual(16, 0, &loop), 0);
    assert_int_equal(sched_new(loop, &SCHED_LIMITS_DEFAULT, &sched), 0);
    assert_int_equal(fiber_spawn(&scope, offload_note, &thread), 0);
    loop_run(loop);
    assert_true(pthread_equal(thread, pthread_self()));
    sched_free(sched);
    loop_free(loop);
    offload_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_run_on_the_pool),
        cmocka_unit_test(the_queue_is_bounded),
        cmocka_unit_test(runs_in_place_without_threads_to_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
