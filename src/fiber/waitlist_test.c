#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "err/err.h"
#include "fiber/waitlist.h"

static struct loop *loop;
static struct sched *sched;
static struct scope scope;

static char trace[64];
static size_t trace_len;

static void note(char c)
{
    assert_true(trace_len < sizeof(trace) - 1);
    trace[trace_len++] = c;
    trace[trace_len] = '\0';
}

static struct waitlist list;
static struct scope cancelled;

static int set_up(void **state)
{
    trace_len = 0;
    trace[0] = '\0';
    assert_int_equal(loop_new_virtual(16, 0, &loop), 0);
    assert_int_equal(sched_new(loop, &SCHED_LIMITS_DEFAULT, &sched), 0);
    scope_init(&scope);
    scope_init(&cancelled);
    waitlist_init(&list);
    return 0;
}

static int tear_down(void **state)
{
    sched_free(sched);
    loop_free(loop);
    return 0;
}

static void spawn_in(struct scope *where, void (*body)(void *arg), void *arg)
{
    assert_int_equal(fiber_spawn(where, body, arg), 0);
}

static void wait_and_note(void *arg)
{
    assert_int_equal(waitlist_wait(&list, DEADLINE_NEVER), 0);
    note(*(const char *)arg);
}

static void wait_till_late(void *arg)
{
    assert_int_equal(waitlist_wait(&list, 5), ERR_TIMEOUT);
    note('t');
}

static void wait_till_cancelled(void *arg)
{
    assert_int_equal(waitlist_wait(&list, DEADLINE_NEVER), ERR_CANCELLED);
    note('c');
}

static void wake_them(void *arg)
{
    assert_int_equal(fiber_sleep_until(8), 0);
    scope_cancel(&cancelled);
    assert_int_equal(fiber_sleep_until(10), 0);
    waitlist_wake_one(&list);
    assert_int_equal(fiber_sleep_until(20), 0);
    note('|');
    waitlist_wake_all(&list);
    waitlist_wake_all(&list); /* nobody is left */
    waitlist_wake_one(&list);
}

static void first_come_first_woken(void **state)
{
    spawn_in(&cancelled, wait_till_cancelled, NULL);
    spawn_in(&scope, wait_till_late, NULL);
    spawn_in(&scope, wait_and_note, "1");
    spawn_in(&scope, wait_and_note, "2");
    spawn_in(&scope, wait_and_note, "3");
    spawn_in(&scope, wake_them, NULL);
    loop_run(loop);
    assert_string_equal(trace, "tc1|23");
    assert_true(list_empty(&list.waiters));
}

static void wait_cancelled_but_woken(void *arg)
{
    /* Woken first, cancelled before it ran: the wake counts, or it would be lost for the others. */
    assert_int_equal(waitlist_wait(&list, DEADLINE_NEVER), 0);
    assert_int_equal(fiber_yield(), ERR_CANCELLED);
    note('w');
}

static void wake_then_cancel(void *arg)
{
    waitlist_wake_one(&list);
    scope_cancel(&cancelled);
}

static void a_wake_is_not_lost_to_a_cancel(void **state)
{
    spawn_in(&cancelled, wait_cancelled_but_woken, NULL);
    spawn_in(&scope, wake_then_cancel, NULL);
    loop_run(loop);
    assert_string_equal(trace, "w");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(first_come_first_woken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wake_is_not_lost_to_a_cancel, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
