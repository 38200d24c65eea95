#include <stdlib.h>

#include "err/err.h"
#include "fiber/loop_body.h"

struct loop_virtual {
    struct loop loop;
    int64_t wall_zero_ms; /* wall time at now_ns 0 */
};

static struct loop_virtual *virtual_of(struct loop *loop)
{
    return (struct loop_virtual *)((char *)loop - offsetof(struct loop_virtual, loop));
}

static void move_to(struct loop *loop, int64_t now_ns)
{
    loop->now_ns = now_ns;
    loop->wall_ms = virtual_of(loop)->wall_zero_ms + now_ns / NS_PER_MS;
}

void loop_jump_wall(struct loop *loop, int64_t step_ms)
{
    assert(loop_is_virtual(loop));
    virtual_of(loop)->wall_zero_ms += step_ms;
    move_to(loop, loop->now_ns);
}

void loop_freeze(struct loop *loop, int64_t ms)
{
    assert(loop_is_virtual(loop) && ms >= 0);
    move_to(loop, loop->now_ns + ms * NS_PER_MS);
}

static bool virtual_turn(struct loop *loop, bool ready)
{
    if (ready || loop_posted(loop))
        return true;
    int64_t next_ns = timers_next_ns(&loop->timers);
    if (next_ns == DEADLINE_NEVER)
        return false;
    if (next_ns > loop->now_ns)
        move_to(loop, next_ns);
    return true;
}

static int virtual_watch(struct loop *loop, struct loop_io *io)
{
    return ERR_UNSUPPORTED;
}

static void virtual_unwatch(struct loop *loop, struct loop_io *io)
{
}

/* The virtual loop never waits, so there is nobody to wake. */
static void virtual_wake(struct loop *loop)
{
}

static void virtual_free(struct loop *loop)
{
    loop_release(loop);
    free(virtual_of(loop));
}

static const struct loop_ops virtual_ops = {
    .turn = virtual_turn,
    .watch = virtual_watch,
    .unwatch = virtual_unwatch,
    .wake = virtual_wake,
    .free = virtual_free,
    .is_virtual = true,
};

int loop_new_virtual(uint32_t timers_max, int64_t wall_ms, struct loop **ret_loop)
{
    struct loop_virtual *v = aligned_alloc(64, sizeof(*v));
    if (!v)
        return ERR_NO_MEMORY;
    *v = (struct loop_virtual){.wall_zero_ms = wall_ms};
    int err = loop_init(&v->loop, &virtual_ops, timers_max);
    if (err) {
        free(v);
        return err;
    }
    move_to(&v->loop, 0);
    *ret_loop = &v->loop;
    return 0;
}
