#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "err/err.h"
#include "fiber/loop.h"

/* What happened, in order. */
static char trace[64];
static size_t trace_len;

static void note(char c)
{
    assert_true(trace_len < sizeof(trace) - 1);
    trace[trace_len++] = c;
    trace[trace_len] = '\0';
}

static int clear_trace(void **state)
{
    trace_len = 0;
    trace[0] = '\0';
    return 0;
}

struct named_timer {
    struct loop_timer timer;
    struct loop *loop;
    char name;
    bool last;
    int64_t fired_ns;
};

static void fire_named(struct loop_timer *timer)
{
    struct named_timer *t =
        (struct named_timer *)((char *)timer - offsetof(struct named_timer, timer));
    note(t->name);
    t->fired_ns = loop_now_ns(t->loop);
    if (t->last)
        loop_stop(t->loop);
}

static void timers_in_order(struct loop *loop)
{
    struct named_timer t[5];
    for (int i = 0; i < 5; i++)
        t[i] =
            (struct named_timer){.timer.fire = fire_named, .loop = loop, .name = (char)('a' + i)};
    t[2].last = true;
    int64_t now = loop_now_ns(loop);
    assert_int_equal(loop_arm(loop, &t[0].timer, now + 3 * NS_PER_MS), 0);
    assert_int_equal(loop_arm(loop, &t[1].timer, now + 2 * NS_PER_MS), 0);
    assert_int_equal(loop_arm(loop, &t[2].timer, now + 1 * NS_PER_MS), 0);
    assert_int_equal(loop_arm(loop, &t[3].timer, now + 2 * NS_PER_MS), 0);
    assert_int_equal(loop_arm(loop, &t[4].timer, now + 2 * NS_PER_MS), 0);
    assert_int_equal(loop_arm(loop, &t[2].timer, now + 4 * NS_PER_MS), 0); /* moved */
    loop_disarm(loop, &t[3].timer);
    loop_disarm(loop, &t[3].timer);
    loop_run(loop);
    assert_string_equal(trace, "beac");
    for (int i = 0; i < 5; i++) {
        if (i != 3)
            assert_true(t[i].fired_ns >= t[i].timer.at_ns);
    }
}

static void epoll_timers(void **state)
{
    struct loop *loop;
    assert_int_equal(loop_new_epoll(5, &loop), 0);
    timers_in_order(loop);
    loop_free(loop);
}

static void virtual_timers(void **state)
{
    struct loop *loop;
    assert_int_equal(loop_new_virtual(5, 1000, &loop), 0);
    timers_in_order(loop);
    assert_int_equal(loop_now_ns(loop), 4 * NS_PER_MS); /* to the nanosecond */
    assert_int_equal(clock_wall_ms(loop_clock(loop)), 1004);
    loop_jump_wall(loop, -500);
    assert_int_equal(clock_wall_ms(loop_clock(loop)), 504);
    assert_int_equal(clock_mono_ns(loop_clock(loop)), 4 * NS_PER_MS);
    loop_run(loop); /* nothing can happen: it returns */
    loop_free(loop);
}

static void heap_is_bounded(void **state)
{
    struct loop *loop;
    assert_int_equal(loop_new_virtual(1, 0, &loop), 0);
    struct named_timer a = {.timer.fire = fire_named}, b = {.timer.fire = fire_named};
    assert_int_equal(loop_arm(loop, &a.timer, 1), 0);
    assert_int_equal(loop_arm(loop, &b.timer, 1), ERR_FULL);
    loop_disarm(loop, &a.timer);
    loop_free(loop);
}

struct again {
    struct named_timer named;
    int left;
};

static void fire_again(struct loop_timer *timer)
{
    struct again *a = (struct again *)((char *)timer - offsetof(struct again, named.timer));
    note(a->named.name);
    if (a->left-- > 0)
        assert_int_equal(loop_arm(a->named.loop, timer, -1), 0);
}

/* One that arms itself into the past again and again lets the others through. */
static void past_timers_starve_nobody(void **state)
{
    struct loop *loop;
    assert_int_equal(loop_new_virtual(10, 0, &loop), 0);
    struct again a = {{{.fire = fire_again}, .loop = loop, .name = 'a'}, .left = 3};
    struct named_timer b = {.timer.fire = fire_named, .loop = loop, .name = 'b'};
    struct named_timer c = {.timer.fire = fire_named, .loop = loop, .name = 'c'};
    loop_arm(loop, &a.named.timer, -5);
    loop_arm(loop, &b.timer, 0);
    loop_arm(loop, &c.timer, 1);
    loop_run(loop);
    assert_string_equal(trace, "abaaac");
    loop_free(loop);
}

struct named_task {
    struct loop_task task;
    struct loop *loop;
    char name;
    bool last;
};

static void run_named(struct loop_task *task)
{
    struct named_task *t = (struct named_task *)((char *)task - offsetof(struct named_task, task));
    note(t->name);
    if (t->last)
        loop_stop(t->loop);
}

static void posts_run_in_order(void **state)
{
    struct loop *loops[2];
    assert_int_equal(loop_new_epoll(1, &loops[0]), 0);
    assert_int_equal(loop_new_virtual(1, 0, &loops[1]), 0);
    for (int k = 0; k < 2; k++) {
        clear_trace(NULL);
        struct named_task t[3];
        for (int i = 0; i < 3; i++) {
            t[i] = (struct named_task){{.run = run_named}, loops[k], (char)('x' + i), i == 2};
            loop_post(loops[k], &t[i].task);
        }
        loop_run(loops[k]);
        assert_string_equal(trace, "xyz");
        loop_free(loops[k]);
    }
}

#define POSTERS 4
#define POSTS   5000

struct counted {
    struct loop *loop;
    atomic_uint run[POSTERS]; /* tasks seen of each poster */
};
struct counted_task {
    struct loop_task task;
    struct counted *counted;
    unsigned poster, number;
};
struct poster {
    struct counted *counted;
    unsigned number;
    struct counted_task *tasks;
};

static void run_counted(struct loop_task *task)
{
    struct counted_task *t = (struct counted_task *)task;
    assert_int_equal(atomic_load(&t->counted->run[t->poster]), t->number);
    atomic_store(&t->counted->run[t->poster], t->number + 1);
    unsigned sum = 0;
    for (int i = 0; i < POSTERS; i++)
        sum += atomic_load(&t->counted->run[i]);
    if (sum == POSTERS * POSTS)
        loop_stop(t->counted->loop);
}

static void *post_many(void *arg)
{
    struct poster *p = arg;
    for (unsigned i = 0; i < POSTS; i++) {
        p->tasks[i] = (struct counted_task){{.run = run_counted}, p->counted, p->number, i};
        loop_post(p->counted->loop, &p->tasks[i].task);
        /* Now and then let the loop fall asleep: a lost wake-up would hang the test. */
        while (i % 64 == 0 && atomic_load(&p->counted->run[p->number]) <= i)
            sched_yield();
    }
    return NULL;
}

static void posts_of_many_threads(void **state)
{
    struct counted counted = {0};
    assert_int_equal(loop_new_epoll(1, &counted.loop), 0);
    struct poster posters[POSTERS];
    pthread_t threads[POSTERS];
    for (unsigned i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){&counted, i, calloc(POSTS, sizeof(struct counted_task))};
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &posters[i]), 0);
    }
    loop_run(counted.loop);
    for (int i = 0; i < POSTERS; i++) {
        pthread_join(threads[i], NULL);
        free(posters[i].tasks);
        assert_int_equal(atomic_load(&counted.run[i]), POSTS);
    }
    loop_free(counted.loop);
}

struct named_io {
    struct loop_io io;
    struct loop *loop;
    char name;
    unsigned events;
    struct named_io *drop; /* unwatched when this one is ready */
    bool stop;
};

static void ready_named(struct loop_io *io, unsigned events)
{
    struct named_io *n = (struct named_io *)((char *)io - offsetof(struct named_io, io));
    note(n->name);
    n->events |= events;
    if (n->drop)
        loop_unwatch(n->loop, &n->drop->io);
    if (n->stop)
        loop_stop(n->loop);
}

static void descriptors_become_ready(void **state)
{
    struct loop *loop;
    assert_int_equal(loop_new_epoll(1, &loop), 0);
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    struct named_io a = {.io = {fds[0], ready_named}, .loop = loop, .name = 'a', .stop = true};
    assert_int_equal(loop_watch(loop, &a.io), 0);
    assert_int_equal(loop_watch(loop, &a.io), ERR_IO); /* once only */
    loop_run(loop);
    assert_int_equal(a.events, LOOP_WRITE);

    a.events = 0;
    assert_int_equal(write(fds[1], "x", 1), 1);
    loop_run(loop);
    assert_int_equal(a.events & LOOP_READ, LOOP_READ);
    assert_int_equal(a.events & LOOP_HANGUP, 0);

    /* Edge-triggered: what was told once is not told again, though nobody has read it. */
    a.events = 0;
    struct named_timer t = {.timer.fire = fire_named, .loop = loop, .name = 't', .last = true};
    loop_arm(loop, &t.timer, loop_now_ns(loop) + 2 * NS_PER_MS);
    loop_run(loop);
    assert_int_equal(a.events, 0);

    close(fds[1]);
    loop_run(loop);
    assert_int_equal(a.events & (LOOP_READ | LOOP_HANGUP), LOOP_READ | LOOP_HANGUP);
    assert_string_equal(trace, "aata");
    loop_unwatch(loop, &a.io);
    close(fds[0]);
    loop_free(loop);
}

/* Both are ready in the same batch; whichever comes first drops the other. */
static void unwatch_counts_within_the_batch(void **state)
{
    struct loop *loop;
    assert_int_equal(loop_new_epoll(1, &loop), 0);
    int fds[2];
    assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    struct named_io a = {.io = {fds[0], ready_named}, .loop = loop, .name = 'x', .stop = true};
    struct named_io b = {.io = {fds[1], ready_named}, .loop = loop, .name = 'x', .stop = true};
    a.drop = &b;
    b.drop = &a;
    assert_int_equal(loop_watch(loop, &a.io), 0);
    assert_int_equal(loop_watch(loop, &b.io), 0);
    loop_run(loop);
    assert_string_equal(trace, "x");
    assert_true((a.events == 0) != (b.events == 0));
    loop_unwatch(loop, a.events ? &a.io : &b.io);
    close(fds[0]);
    close(fds[1]);
    loop_free(loop);
}

static void virtual_has_no_descriptors(void **state)
{
    struct loop *loop;
    assert_int_equal(loop_new_virtual(1, 0, &loop), 0);
    struct named_io a = {.io = {0, ready_named}, .loop = loop, .name = 'a'};
    assert_int_equal(loop_watch(loop, &a.io), ERR_UNSUPPORTED);
    loop_free(loop);
}

static bool count_down(void *state)
{
    int *left = state;
    note('i');
    return --*left > 0;
}

static void idle_runs_until_nothing_is_left(void **state)
{
    struct loop *loop;
    assert_int_equal(loop_new_virtual(1, 0, &loop), 0);
    int left = 3;
    struct named_timer t = {.timer.fire = fire_named, .loop = loop, .name = 't'};
    loop_arm(loop, &t.timer, NS_PER_S);
    loop_set_idle(loop, count_down, &left);
    loop_run(loop);
    assert_string_equal(trace, "iiiti"); /* time moves only when nothing is runnable */
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(epoll_timers, clear_trace),
        cmocka_unit_test_setup(virtual_timers, clear_trace),
        cmocka_unit_test_setup(heap_is_bounded, clear_trace),
        cmocka_unit_test_setup(past_timers_starve_nobody, clear_trace),
        cmocka_unit_test_setup(posts_run_in_order, clear_trace),
        cmocka_unit_test_setup(posts_of_many_threads, clear_trace),
        cmocka_unit_test_setup(descriptors_become_ready, clear_trace),
        cmocka_unit_test_setup(unwatch_counts_within_the_batch, clear_trace),
        cmocka_unit_test_setup(virtual_has_no_descriptors, clear_trace),
        cmocka_unit_test_setup(idle_runs_until_nothing_is_left, clear_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
