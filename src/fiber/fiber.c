#include "fiber/fiber.h"

#include <stdlib.h>

#include "chance/chance.h"
#include "err/err.h"
#include "fiber/loop_body.h"
#include "fiber/stacks.h"
#include "fiber/switch.h"

#define READY_TURN_MAX  256 /* fibers run in one turn, so that timers and descriptors get theirs */
#define SHUFFLE_WINDOW  256 /* oldest ready fibers among which a shuffling scheduler picks */
#define TRIM_TURN_MAX   32  /* stacks whose pages are given back in one turn: some 40 us */
#define STACK_BYTES_MIN 16384
#define LINE_BYTES      64 /* of the cache */
#define EXPECTED_FRAMES 12 /* lines of a stack: some frames above one that waits */
#define EXPECTED_ARG    8  /* lines of what the fiber is about */

enum fiber_state { FIBER_READY, FIBER_RUNNING, FIBER_PARKED, FIBER_ENDED };

/* Stands at the top of its own stack, whose first page is in memory anyway. */
struct fiber {
    struct switch_side side;
    struct sched *sched;
    struct scope *scope;
    struct list scope_link;
    struct list ready_link;
    struct loop_timer timer;
    void (*body)(void *arg);
    void *arg;
    char *stack_low;
    const void *context; /* what the fiber is about */
    int result;          /* of the park under way */
    enum fiber_state state;
    bool woken; /* an unpark came while not parked */
    bool deaf;
};

#define FIBER_BYTES ((sizeof(struct fiber) + 63) & ~(size_t)63)

struct sched {
    struct loop *loop;
    struct fiber *running;
    struct switch_side side; /* of the loop's own stack */
    struct list ready;       /* oldest first */
    uint32_t ready_count;
    uint32_t turn_left; /* fibers that may still run in this turn */
    uint32_t fiber_count;
    uint32_t fibers_max;
    struct stacks stacks;
    struct chance *shuffle;
};

static _Thread_local struct sched *current;

static void make_ready(struct fiber *fiber)
{
    struct sched *sched = fiber->sched;
    fiber->state = FIBER_READY;
    list_append(&sched->ready, &fiber->ready_link);
    sched->ready_count++;
}

static struct fiber *take_ready(struct sched *sched)
{
    struct list *link = sched->ready.next;
    if (sched->shuffle) {
        uint32_t window = sched->ready_count < SHUFFLE_WINDOW ? sched->ready_count : SHUFFLE_WINDOW;
        for (uint64_t skip = chance_below(sched->shuffle, window); skip > 0; skip--)
            link = link->next;
    }
    list_remove(link);
    sched->ready_count--;
    return list_of(link, struct fiber, ready_link);
}

static void end_fiber(struct sched *sched, struct fiber *fiber)
{
    struct scope *scope = fiber->scope;
    char *low = fiber->stack_low;
    list_remove(&fiber->scope_link);
    scope->count--;
    sched->fiber_count--;
    switch_forget(&fiber->side, low + sched->stacks.guard_bytes,
                  sched->stacks.stack_bytes - sched->stacks.guard_bytes);
    stacks_give(&sched->stacks, low);
    if (scope->count == 0 && scope->joiner)
        fiber_unpark(scope->joiner);
}

/* Of a crowd that waited for one thing, nobody finds his own in the cache any more: that of who
 * runs next is fetched while another runs. */
static void expect_next(const struct sched *sched)
{
    if (sched->ready_count == 0)
        return;
    const struct fiber *next = list_of(sched->ready.next, struct fiber, ready_link);
    const char *frames = next->side.context, *arg = next->arg;
    for (int i = 0; i < EXPECTED_FRAMES; i++)
        __builtin_prefetch(frames + i * LINE_BYTES, 1);
    for (int i = 0; i < EXPECTED_ARG; i++)
        __builtin_prefetch(arg + i * LINE_BYTES, 1);
}

static struct fiber *take_to_run(struct sched *sched)
{
    struct fiber *fiber = take_ready(sched);
    expect_next(sched);
    fiber->state = FIBER_RUNNING;
    sched->turn_left--;
    sched->running = fiber;
    return fiber;
}

/* The loop's hook: runs what is ready, a bounded number of fibers a turn. */
static bool run_ready(void *state)
{
    struct sched *sched = state;
    sched->turn_left = READY_TURN_MAX;
    while (sched->turn_left > 0 && sched->ready_count > 0) {
        switch_to(&sched->side, &take_to_run(sched)->side);
        /* It may have handed the thread on: who comes back is running now. */
        struct fiber *fiber = sched->running;
        sched->running = NULL;
        if (fiber->state == FIBER_ENDED)
            end_fiber(sched, fiber);
    }
    return sched->ready_count > 0 || stacks_trim(&sched->stacks, TRIM_TURN_MAX);
}

/* Gives way until somebody runs this fiber again: to the next one directly, which saves half of the
 * switches, or to the loop when there is none or the turn is over. */
static void give_way(struct fiber *self)
{
    struct sched *sched = self->sched;
    struct switch_side *next = &sched->side;
    if (sched->turn_left > 0 && sched->ready_count > 0)
        next = &take_to_run(sched)->side;
    if (next != &self->side)
        switch_to(&self->side, next);
}

int sched_new(struct loop *loop, const struct sched_limits *limits, struct sched **ret_sched)
{
    assert(!current);
    assert(limits->fibers_max > 0 && limits->stack_bytes >= STACK_BYTES_MIN);
    struct sched *sched = calloc(1, sizeof(*sched));
    if (!sched)
        return ERR_NO_MEMORY;
    sched->loop = loop;
    sched->fibers_max = limits->fibers_max;
    list_init(&sched->ready);
    int err = stacks_init(&sched->stacks, limits->fibers_max,
                          (size_t)limits->stack_bytes * SWITCH_STACK_FACTOR, stacks_guard_best());
    if (err)
        goto fail_stacks;
    err = loop_reserve_timers(loop, limits->fibers_max);
    if (err)
        goto fail_timers;
    switch_set_flags();
    loop_set_idle(loop, run_ready, sched);
    current = sched;
    *ret_sched = sched;
    return 0;

fail_timers:
    stacks_release(&sched->stacks);
fail_stacks:
    free(sched);
    return err;
}

void sched_free(struct sched *sched)
{
    if (!sched)
        return;
    assert(current == sched && sched->fiber_count == 0);
    loop_set_idle(sched->loop, NULL, NULL);
    current = NULL;
    stacks_release(&sched->stacks);
    free(sched);
}

struct sched *sched_current(void)
{
    return current;
}

struct loop *sched_loop(struct sched *sched)
{
    return sched->loop;
}

uint32_t sched_fiber_count(const struct sched *sched)
{
    return sched->fiber_count;
}

uint32_t sched_ready_count(const struct sched *sched)
{
    return sched->ready_count;
}

void sched_shuffle(struct sched *sched, struct chance *chance)
{
    assert(!chance || loop_is_virtual(sched->loop));
    sched->shuffle = chance;
}

const char *sched_guard_name(void)
{
    return stacks_guard_best() == STACKS_MADVISE ? "madvise" : "mprotect";
}

static _Noreturn void fiber_entry(struct switch_jump jump)
{
    switch_entered(jump);
    struct fiber *fiber = current->running;
    fiber->body(fiber->arg);
    fiber->state = FIBER_ENDED;
    switch_end(&fiber->side, &fiber->sched->side);
}

static void deadline_passed(struct loop_timer *timer)
{
    struct fiber *fiber = list_of(timer, struct fiber, timer);
    assert(fiber->state == FIBER_PARKED);
    fiber->result = ERR_TIMEOUT;
    make_ready(fiber);
}

int fiber_spawn(struct scope *scope, void (*body)(void *arg), void *arg)
{
    struct sched *sched = current;
    assert(sched);
    if (scope->cancelled)
        return ERR_CANCELLED;
    if (sched->fiber_count == sched->fibers_max)
        return ERR_FULL;
    char *low;
    int err = stacks_take(&sched->stacks, &low);
    if (err)
        return err;
    struct fiber *fiber = (struct fiber *)(low + sched->stacks.stack_bytes - FIBER_BYTES);
    *fiber = (struct fiber){
        .sched = sched,
        .scope = scope,
        .timer = {.fire = deadline_passed, .of_fiber = true},
        .body = body,
        .arg = arg,
        .stack_low = low,
    };
    char *usable = low + sched->stacks.guard_bytes;
    switch_make(&fiber->side, usable, sched->stacks.stack_bytes - sched->stacks.guard_bytes,
                (char *)fiber, fiber_entry);
    list_append(&scope->fibers, &fiber->scope_link);
    scope->count++;
    sched->fiber_count++;
    make_ready(fiber);
    return 0;
}

struct fiber *fiber_self(void)
{
    return current ? current->running : NULL;
}

const void *fiber_context(void)
{
    return current->running->context;
}

void fiber_set_context(const void *context)
{
    current->running->context = context;
}

int64_t fiber_now_ns(void)
{
    return loop_now_ns(current->loop);
}

bool fiber_cancelled(void)
{
    struct fiber *self = fiber_self();
    assert(self);
    return self->scope->cancelled;
}

static int park(struct fiber *fiber, int64_t deadline_ns, bool deaf)
{
    struct sched *sched = fiber->sched;
    if (!deaf && fiber->scope->cancelled)
        return ERR_CANCELLED;
    if (fiber->woken) {
        fiber->woken = false;
        return 0;
    }
    if (deadline_ns <= loop_now_ns(sched->loop))
        return ERR_TIMEOUT;
    if (deadline_ns != DEADLINE_NEVER) {
        /* The scheduler has reserved one timer a fiber. */
        int err = loop_arm(sched->loop, &fiber->timer, deadline_ns);
        assert(!err);
    }
    fiber->state = FIBER_PARKED;
    fiber->deaf = deaf;
    give_way(fiber);
    return fiber->result;
}

int fiber_park(int64_t deadline_ns)
{
    struct fiber *self = fiber_self();
    assert(self);
    return park(self, deadline_ns, false);
}

void fiber_park_deaf(void)
{
    struct fiber *self = fiber_self();
    assert(self);
    park(self, DEADLINE_NEVER, true);
}

static void wake(struct fiber *fiber, int result)
{
    loop_disarm(fiber->sched->loop, &fiber->timer);
    fiber->result = result;
    make_ready(fiber);
}

void fiber_unpark(struct fiber *fiber)
{
    assert(fiber->sched == current && fiber->state != FIBER_ENDED);
    if (fiber->state == FIBER_PARKED)
        wake(fiber, 0);
    else
        fiber->woken = true;
}

int fiber_yield(void)
{
    struct fiber *self = fiber_self();
    assert(self);
    if (self->scope->cancelled)
        return ERR_CANCELLED;
    make_ready(self);
    give_way(self);
    return self->scope->cancelled ? ERR_CANCELLED : 0;
}

int fiber_sleep_until(int64_t at_ns)
{
    int err;
    do {
        err = fiber_park(at_ns);
    } while (err == 0);
    return err == ERR_TIMEOUT ? 0 : err;
}

void scope_init(struct scope *scope)
{
    *scope = (struct scope){0};
    list_init(&scope->fibers);
}

void scope_cancel(struct scope *scope)
{
    scope->cancelled = true;
    list_each (link, &scope->fibers) {
        struct fiber *fiber = list_of(link, struct fiber, scope_link);
        if (fiber->state == FIBER_PARKED && !fiber->deaf)
            wake(fiber, ERR_CANCELLED);
    }
}

static int join(struct scope *scope, int64_t deadline_ns, bool deaf)
{
    struct fiber *self = fiber_self();
    assert(self && self->scope != scope && !scope->joiner);
    int err = 0;
    while (scope->count > 0 && err == 0) {
        scope->joiner = self;
        err = park(self, deadline_ns, deaf);
        scope->joiner = NULL;
    }
    return scope->count == 0 ? 0 : err;
}

int scope_join(struct scope *scope, int64_t deadline_ns)
{
    return join(scope, deadline_ns, false);
}

void scope_close(struct scope *scope)
{
    scope_cancel(scope);
    join(scope, DEADLINE_NEVER, true);
}
