#include "fiber/loop.h"

#include <sched.h>

#include "err/err.h"
#include "fiber/loop_body.h"

static const struct loop *loop_of(const struct clock *clock)
{
    return (const struct loop *)((const char *)clock - offsetof(struct loop, clock));
}

static int64_t turn_mono_ns(const struct clock *clock)
{
    return loop_of(clock)->now_ns;
}

static int64_t turn_wall_ms(const struct clock *clock)
{
    return loop_of(clock)->wall_ms;
}

int loop_init(struct loop *loop, const struct loop_ops *ops, uint32_t timers_max)
{
    *loop = (struct loop){.clock = {turn_mono_ns, turn_wall_ms}, .ops = ops};
    return timers_init(&loop->timers, timers_max);
}

void loop_release(struct loop *loop)
{
    /* Whoever posted may have been overtaken by the task's run, and by what it led to, while still
     * inside loop_post. */
    while (atomic_load(&loop->posting) > 0)
        sched_yield();
    timers_release(&loop->timers);
}

void loop_free(struct loop *loop)
{
    if (loop)
        loop->ops->free(loop);
}

const struct clock *loop_clock(const struct loop *loop)
{
    return &loop->clock;
}

int64_t loop_now_ns(const struct loop *loop)
{
    return loop->now_ns;
}

int loop_reserve_timers(struct loop *loop, uint32_t more)
{
    return timers_reserve(&loop->timers, more);
}

int loop_arm(struct loop *loop, struct loop_timer *timer, int64_t at_ns)
{
    assert(timer->fire);
    timer->at_ns = at_ns;
    /* A time in the past counts as now: one that is armed again and again into the past then comes
     * after all that are due already, and starves nobody. */
    return timers_arm(&loop->timers, timer, at_ns > loop->now_ns ? at_ns : loop->now_ns);
}

void loop_disarm(struct loop *loop, struct loop_timer *timer)
{
    timers_disarm(&loop->timers, timer);
}

int loop_watch(struct loop *loop, struct loop_io *io)
{
    assert(io->ready);
    return loop->ops->watch(loop, io);
}

void loop_unwatch(struct loop *loop, struct loop_io *io)
{
    loop->ops->unwatch(loop, io);
}

bool loop_posted(struct loop *loop)
{
    return atomic_load(&loop->posted) != NULL;
}

void loop_post(struct loop *loop, struct loop_task *task)
{
    assert(task->run);
    atomic_fetch_add(&loop->posting, 1);
    struct loop_task *head = atomic_load(&loop->posted);
    do {
        task->next = head;
    } while (!atomic_compare_exchange_weak(&loop->posted, &head, task));
    /* From here on the task may have been run and be gone. */
    loop->ops->wake(loop);
    atomic_fetch_sub(&loop->posting, 1);
}

void loop_set_idle(struct loop *loop, bool (*run)(void *state), void *state)
{
    loop->idle = run;
    loop->idle_state = state;
}

static void fire_timers(struct loop *loop)
{
    /* What is armed from now on waits for the next turn, even if it is due. */
    uint64_t seq = loop->timers.seq;
    for (int i = 0; i < LOOP_TIMERS_TURN; i++) {
        struct loop_timer *timer = timers_take_due(&loop->timers, loop->now_ns, seq);
        if (!timer)
            break;
        timer->fire(timer);
    }
}

/* Takes what was posted, turning the stack into a queue behind what is left of the last turn. */
static void take_tasks(struct loop *loop)
{
    if (!loop_posted(loop))
        return;
    struct loop_task *last = atomic_exchange(&loop->posted, NULL);
    struct loop_task *first = NULL;
    for (struct loop_task *task = last; task;) {
        struct loop_task *next = task->next;
        task->next = first;
        first = task;
        task = next;
    }
    if (loop->taken)
        loop->taken_last->next = first;
    else
        loop->taken = first;
    loop->taken_last = last;
}

static void run_tasks(struct loop *loop)
{
    take_tasks(loop);
    for (int i = 0; i < LOOP_TASKS_TURN && loop->taken; i++) {
        struct loop_task *task = loop->taken;
        loop->taken = task->next;
        task->run(task);
    }
}

void loop_run(struct loop *loop)
{
    /* The first turn does not wait, but reads the time. */
    bool ready = true;
    while (!loop->stopping && loop->ops->turn(loop, ready)) {
        fire_timers(loop);
        run_tasks(loop);
        ready = loop->idle && loop->idle(loop->idle_state);
        ready = ready || loop->taken;
    }
    loop->stopping = false;
}

void loop_stop(struct loop *loop)
{
    loop->stopping = true;
}
