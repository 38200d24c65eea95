#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chance/chance.h"
#include "err/err.h"
#include "fiber/fiber.h"

/* Each test runs in virtual time: one loop, one scheduler, one scope. */
static struct loop *loop;
static struct sched *sched;
static struct scope scope;
static struct sched_limits limits = {.fibers_max = 25000, .stack_bytes = 32768};

static char trace[256];
static size_t trace_len;

static void note(char c)
{
    assert_true(trace_len < sizeof(trace) - 1);
    trace[trace_len++] = c;
    trace[trace_len] = '\0';
}

#define TIMERS 16 /* armed by others than fibers */

static int set_up(void **state)
{
    trace_len = 0;
    trace[0] = '\0';
    assert_int_equal(loop_new_virtual(TIMERS, 0, &loop), 0);
    assert_int_equal(sched_new(loop, &limits, &sched), 0);
    scope_init(&scope);
    return 0;
}

static int tear_down(void **state)
{
    assert_int_equal(sched_fiber_count(sched), 0);
    sched_free(sched);
    loop_free(loop);
    return 0;
}

static void spawn(void (*body)(void *arg), void *arg)
{
    assert_int_equal(fiber_spawn(&scope, body, arg), 0);
}

static void note_thrice(void *arg)
{
    for (int i = 0; i < 3; i++) {
        note(*(const char *)arg);
        assert_int_equal(fiber_yield(), 0);
    }
}

static void fibers_take_turns(void **state)
{
    spawn(note_thrice, "a");
    spawn(note_thrice, "b");
    spawn(note_thrice, "c");
    assert_int_equal(trace_len, 0); /* nothing runs inside the spawn */
    assert_int_equal(sched_fiber_count(sched), 3);
    assert_null(fiber_self());
    loop_run(loop);
    assert_string_equal(trace, "abcabcabc");
    assert_int_equal(scope.count, 0);
}

static struct fiber *parked;
static bool opened;

static void park_until_open(void *arg)
{
    parked = fiber_self();
    while (!opened) {
        assert_int_equal(fiber_park(DEADLINE_NEVER), 0);
        note('w');
    }
}

static void unpark_twice(void *arg)
{
    fiber_unpark(parked); /* a spurious one: the condition does not hold yet */
    assert_int_equal(fiber_yield(), 0);
    opened = true;
    fiber_unpark(parked);
    fiber_unpark(parked); /* kept, but nobody asks for it any more */
}

static void a_park_is_a_loop_over_its_condition(void **state)
{
    opened = false;
    spawn(park_until_open, NULL);
    spawn(unpark_twice, NULL);
    loop_run(loop);
    assert_string_equal(trace, "ww");
}

static void unpark_self_then_park(void *arg)
{
    fiber_unpark(fiber_self());
    fiber_unpark(fiber_self());
    assert_int_equal(fiber_park(DEADLINE_NEVER), 0);               /* kept */
    assert_int_equal(fiber_park(fiber_now_ns() + 5), ERR_TIMEOUT); /* once */
    note('x');
}

static void an_early_unpark_is_kept_once(void **state)
{
    spawn(unpark_self_then_park, NULL);
    loop_run(loop);
    assert_string_equal(trace, "x");
    assert_int_equal(loop_now_ns(loop), 5);
}

static void wait_some(void *arg)
{
    int64_t start_ns = fiber_now_ns();
    assert_int_equal(fiber_park(start_ns + 7 * NS_PER_S), ERR_TIMEOUT);
    assert_int_equal(fiber_now_ns(), start_ns + 7 * NS_PER_S);
    assert_int_equal(fiber_park(fiber_now_ns()), ERR_TIMEOUT);
    assert_int_equal(fiber_park(0), ERR_TIMEOUT);
    assert_int_equal(fiber_sleep_until(fiber_now_ns() + NS_PER_S), 0);
    fiber_unpark(fiber_self());
    assert_int_equal(fiber_sleep_until(fiber_now_ns() + NS_PER_S), 0); /* not cut short */
    assert_int_equal(fiber_now_ns(), start_ns + 9 * NS_PER_S);
    note('x');
}

static void deadlines_pass(void **state)
{
    spawn(wait_some, NULL);
    loop_run(loop);
    assert_string_equal(trace, "x");
}

static void sleep_for(void *arg)
{
    int64_t ns = *(int64_t *)arg;
    assert_int_equal(fiber_sleep_until(ns), 0);
    note((char)('0' + ns));
}

static void sleepers_wake_in_order(void **state)
{
    int64_t at[] = {5, 3, 9, 1, 3, 7};
    for (size_t i = 0; i < 6; i++)
        spawn(sleep_for, &at[i]);
    loop_run(loop);
    assert_string_equal(trace, "133579");
}

static void never(struct loop_timer *timer)
{
}

static void sleep_a_little(void *arg)
{
    assert_int_equal(fiber_sleep_until(5), 0);
    ++*(uint32_t *)arg;
}

/* Timers of others, of which a peer may have many armed, take no place of a fiber's. */
static void a_fiber_has_a_timer_of_its_own(void **state)
{
    struct loop_timer others[TIMERS + 1] = {0};
    uint32_t slept = 0;
    for (int i = 0; i <= TIMERS; i++) {
        others[i].fire = never;
        assert_int_equal(loop_arm(loop, &others[i], 9), i < TIMERS ? 0 : ERR_FULL);
    }
    for (uint32_t i = 0; i < limits.fibers_max; i++)
        spawn(sleep_a_little, &slept);
    loop_run(loop);
    assert_int_equal(slept, limits.fibers_max);
}

/* A waiting point in the depth; the error travels up through every caller. */
static int deep(int depth)
{
    volatile char frame[64];
    memset((char *)frame, depth, sizeof(frame));
    int err = depth > 0 ? deep(depth - 1) : fiber_park(DEADLINE_NEVER);
    assert_int_equal(frame[63], depth);
    return err;
}

static void wait_deep(void *arg)
{
    assert_false(fiber_cancelled());
    assert_int_equal(deep(20), ERR_CANCELLED);
    assert_true(fiber_cancelled());
    /* From now on nothing waits. */
    assert_int_equal(fiber_park(DEADLINE_NEVER), ERR_CANCELLED);
    assert_int_equal(fiber_sleep_until(DEADLINE_NEVER), ERR_CANCELLED);
    assert_int_equal(fiber_yield(), ERR_CANCELLED);
    note('c');
}

static void wait_deaf(void *arg)
{
    parked = fiber_self();
    opened = false;
    while (!opened)
        fiber_park_deaf();
    assert_true(fiber_cancelled());
    note('d');
}

static void cancel_then_open(void *arg)
{
    assert_int_equal(fiber_sleep_until(NS_PER_S), 0);
    scope_cancel(arg);
    assert_int_equal(fiber_spawn(arg, wait_deep, NULL), ERR_CANCELLED);
    assert_int_equal(scope_join(arg, fiber_now_ns() + NS_PER_S), ERR_TIMEOUT); /* one is deaf */
    note('t');
    opened = true;
    fiber_unpark(parked);
    assert_int_equal(scope_join(arg, DEADLINE_NEVER), 0);
    assert_int_equal(scope_join(arg, 0), 0);
    note('j');
}

static void cancellation_is_an_error_that_travels_up(void **state)
{
    struct scope inner;
    scope_init(&inner);
    assert_int_equal(fiber_spawn(&inner, wait_deep, NULL), 0);
    assert_int_equal(fiber_spawn(&inner, wait_deaf, NULL), 0);
    assert_int_equal(fiber_spawn(&inner, wait_deep, NULL), 0);
    spawn(cancel_then_open, &inner);
    loop_run(loop);
    assert_string_equal(trace, "cctdj");
}

static void own_a_scope(void *arg)
{
    struct scope inner;
    scope_init(&inner);
    assert_int_equal(fiber_spawn(&inner, wait_deep, NULL), 0);
    assert_int_equal(scope_join(&inner, DEADLINE_NEVER), ERR_CANCELLED);
    assert_int_equal(inner.count, 1); /* it goes on */
    scope_close(&inner);
    assert_int_equal(inner.count, 0);
    note('o');
}

static void cancel_outer(void *arg)
{
    assert_int_equal(fiber_sleep_until(1), 0);
    scope_cancel(arg);
}

static void a_cancelled_owner_closes_its_scope(void **state)
{
    struct scope outer;
    scope_init(&outer);
    assert_int_equal(fiber_spawn(&outer, own_a_scope, NULL), 0);
    spawn(cancel_outer, &outer);
    loop_run(loop);
    assert_string_equal(trace, "co");
    assert_int_equal(outer.count, 0);
}

static void nothing(void *arg)
{
}

static void fibers_are_bounded(void **state)
{
    for (uint32_t i = 0; i < limits.fibers_max; i++)
        assert_int_equal(fiber_spawn(&scope, nothing, NULL), 0);
    assert_int_equal(fiber_spawn(&scope, nothing, NULL), ERR_FULL);
    loop_run(loop);
    assert_int_equal(fiber_spawn(&scope, nothing, NULL), 0);
    loop_run(loop);
}

static bool stop_yielding;

static void yield_for_ever(void *arg)
{
    while (!stop_yielding)
        assert_int_equal(fiber_yield(), 0);
}

static void stop_yielders(struct loop_task *task)
{
    stop_yielding = true;
}

/* Runnable fibers without end do not keep the loop from its other work. */
static void ready_fibers_do_not_starve_the_loop(void **state)
{
    stop_yielding = false;
    for (int i = 0; i < 1000; i++)
        spawn(yield_for_ever, NULL);
    struct loop_task task = {.run = stop_yielders};
    loop_post(loop, &task);
    loop_run(loop);
    assert_true(stop_yielding);
}

static uint32_t woken;

static void count_wakes(void *arg)
{
    for (int i = 0; i < 1000; i++)
        assert_int_equal(fiber_sleep_until(fiber_now_ns() + 1 + (intptr_t)arg % 7), 0);
    woken++;
}

static void a_million_wakeups(void **state)
{
    woken = 0;
    for (intptr_t i = 0; i < 1000; i++)
        spawn(count_wakes, (void *)i);
    loop_run(loop);
    assert_int_equal(woken, 1000);
    assert_int_equal(loop_now_ns(loop), 7000);
}

static struct fiber *sleeping[20000];

static void sleep_in_crowd(void *arg)
{
    sleeping[(intptr_t)arg] = fiber_self();
    assert_int_equal(fiber_park(DEADLINE_NEVER), 0);
    woken++;
}

static void wake_crowd(struct loop_timer *timer)
{
    for (size_t i = 0; i < 20000; i++)
        fiber_unpark(sleeping[i]);
}

static void twenty_thousand_at_once(void **state)
{
    woken = 0;
    for (intptr_t i = 0; i < 20000; i++)
        spawn(sleep_in_crowd, (void *)i);
    struct loop_timer timer = {.fire = wake_crowd};
    assert_int_equal(loop_arm(loop, &timer, NS_PER_S), 0);
    loop_run(loop);
    assert_int_equal(woken, 20000);
}

static void run_shuffled(uint64_t seed, char *ret_trace)
{
    struct chance_seeded s;
    chance_seed(&s, seed);
    sched_shuffle(sched, &s.chance);
    trace_len = 0;
    spawn(note_thrice, "a");
    spawn(note_thrice, "b");
    spawn(note_thrice, "c");
    loop_run(loop);
    sched_shuffle(sched, NULL);
    memcpy(ret_trace, trace, trace_len + 1);
}

static void a_seed_decides_the_interleaving(void **state)
{
    char first[sizeof(trace)], again[sizeof(trace)];
    int differ = 0;
    for (uint64_t seed = 0; seed < 50; seed++) {
        run_shuffled(seed, first);
        assert_int_equal(strlen(first), 9);
        run_shuffled(seed, again);
        assert_string_equal(first, again);
        run_shuffled(seed + 1000, again);
        differ += strcmp(first, again) != 0;
    }
    assert_in_range(differ, 40, 50);
}

/* Floating point leaves its flags behind; neither values nor rounding may suffer from a switch. */
static void compute(void *arg)
{
    volatile double sum = 0, step = *(const double *)arg;
    for (int i = 0; i < 100; i++) {
        sum = sum + step;
        assert_int_equal(fiber_yield(), 0);
    }
    volatile double alone = 0;
    for (int i = 0; i < 100; i++)
        alone = alone + step;
    assert_true(sum == alone);
}

static void floating_point_survives(void **state)
{
    double steps[] = {0.1, 1e300, 3e-308};
    for (int i = 0; i < 3; i++)
        spawn(compute, &steps[i]);
    loop_run(loop);
}

static int overflow(int depth)
{
    volatile char frame[512];
    memset((char *)frame, depth, sizeof(frame));
    return depth < 1000000 ? overflow(depth + 1) + frame[511] : 0;
}

static void overflow_stack(void *arg)
{
    _exit(overflow(0) & 1);
}

static void write_neighbour(void *arg)
{
    volatile char frame[8192];
    memset((char *)frame, 1, sizeof(frame));
    assert_int_equal(fiber_yield(), 0);
    assert_int_equal(frame[8191], 1);
}

/* Running over the end of a stack ends the process; it never comes out on a neighbour's. */
static void overflow_is_a_fault(void **state)
{
    spawn(write_neighbour, NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGSEGV, SIG_DFL); /* without the sanitizer's report */
        spawn(overflow_stack, NULL);
        loop_run(loop);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
    loop_run(loop);
}

static void in_main(void *arg)
{
    assert_non_null(fiber_self());
    struct scope inner;
    scope_init(&inner);
    assert_int_equal(fiber_spawn(&inner, nothing, NULL), 0);
    assert_int_equal(fiber_sleep_until(fiber_now_ns() + NS_PER_MS), 0);
    assert_int_equal(scope_join(&inner, DEADLINE_NEVER), 0);
    *(bool *)arg = true;
}

static void main_enters_and_leaves(void **state)
{
    for (int i = 0; i < 2; i++) {
        bool ran = false;
        assert_null(sched_current());
        assert_int_equal(fiber_main(in_main, &ran), 0);
        assert_true(ran);
    }
    assert_null(sched_current());
    const char *guard = sched_guard_name();
    assert_true(strcmp(guard, "madvise") == 0 || strcmp(guard, "mprotect") == 0);
}

#define virtual_test(body) cmocka_unit_test_setup_teardown(body, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        virtual_test(fibers_take_turns),
        virtual_test(a_park_is_a_loop_over_its_condition),
        virtual_test(an_early_unpark_is_kept_once),
        virtual_test(deadlines_pass),
        virtual_test(sleepers_wake_in_order),
        virtual_test(a_fiber_has_a_timer_of_its_own),
        virtual_test(cancellation_is_an_error_that_travels_up),
        virtual_test(a_cancelled_owner_closes_its_scope),
        virtual_test(fibers_are_bounded),
        virtual_test(ready_fibers_do_not_starve_the_loop),
        virtual_test(a_million_wakeups),
        virtual_test(twenty_thousand_at_once),
        virtual_test(a_seed_decides_the_interleaving),
        virtual_test(floating_point_survives),
        virtual_test(overflow_is_a_fault),
        cmocka_unit_test(main_enters_and_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
