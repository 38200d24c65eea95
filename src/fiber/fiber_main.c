#include "err/err.h"
#include "fiber/fiber.h"

#define MAIN_TIMERS_MAX 131072 /* armed by others than fibers */

struct main_call {
    void (*body)(void *arg);
    void *arg;
    struct loop *loop;
};

static void run_main(void *arg)
{
    struct main_call *call = arg;
    call->body(call->arg);
    loop_stop(call->loop);
}

int fiber_main(void (*body)(void *arg), void *arg)
{
    struct main_call call = {.body = body, .arg = arg};
    int err = loop_new_epoll(MAIN_TIMERS_MAX, &call.loop);
    if (err)
        return err;
    struct sched *sched = NULL;
    err = sched_new(call.loop, &SCHED_LIMITS_DEFAULT, &sched);
    if (!err) {
        struct scope scope;
        scope_init(&scope);
        err = fiber_spawn(&scope, run_main, &call);
        if (!err)
            loop_run(call.loop);
        sched_free(sched);
    }
    loop_free(call.loop);
    return err;
}
