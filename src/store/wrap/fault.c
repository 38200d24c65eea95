#include "store/wrap/fault.h"

#include <pthread.h>
#include <stdlib.h>

#include "err/err.h"
#include "fiber/fiber.h"

struct fault_store {
    struct store store;
    struct store *inner;
    pthread_mutex_t lock; /* of all below */
    struct store_fault_plan plan;
    uint64_t count;
    bool down;
};

/* One call on its way. */
struct fault_call {
    struct fault_store *f;
    struct store *inner;
    enum store_fault fault;
    int64_t delay_before_ns;
    int64_t delay_after_ns;
    int64_t deadline_ns;
    bool decides; /* commit or claim: an unknown outcome is ERR_UNKNOWN */
};

static struct fault_store *fault_of(struct store *store)
{
    return (struct fault_store *)store;
}

static bool happens(const struct store_fault_plan *plan, uint32_t ppm)
{
    return ppm > 0 && chance_below(plan->chance, 1000000) < ppm;
}

/* What this operation meets. With the lock taken. */
static void draw(struct fault_store *f, struct fault_call *call)
{
    const struct store_fault_plan *plan = &f->plan;
    call->fault = STORE_FAULT_NONE;
    if (f->count == plan->at)
        call->fault = plan->fault;
    if (!plan->chance || (plan->writes_only && !call->decides))
        return;
    if (happens(plan, plan->delay_ppm)) {
        uint64_t range = (uint64_t)plan->delay_max_ns + 1;
        call->delay_before_ns = (int64_t)chance_below(plan->chance, range);
        call->delay_after_ns = (int64_t)chance_below(plan->chance, range);
    }
    if (call->fault != STORE_FAULT_NONE)
        return;
    if (happens(plan, plan->before_ppm))
        call->fault = STORE_FAULT_BEFORE;
    else if (happens(plan, plan->after_ppm))
        call->fault = STORE_FAULT_AFTER;
    else if (happens(plan, plan->io_ppm))
        call->fault = STORE_FAULT_IO;
    else if (happens(plan, plan->crash_ppm))
        call->fault =
            chance_below(plan->chance, 2) ? STORE_FAULT_CRASH_AFTER : STORE_FAULT_CRASH_BEFORE;
}

/* False once the deadline came first. */
static bool delay(const struct fault_call *call, int64_t delay_ns)
{
    if (delay_ns == 0 || !fiber_self())
        return true;
    int64_t at_ns = fiber_now_ns() + delay_ns;
    bool late = at_ns > call->deadline_ns;
    (void)fiber_sleep_until(late ? call->deadline_ns : at_ns); /* cancelled: no longer delayed */
    return !late;
}

static bool is_down(struct fault_store *f)
{
    pthread_mutex_lock(&f->lock);
    bool down = f->down;
    pthread_mutex_unlock(&f->lock);
    return down;
}

static void go_down(struct fault_store *f)
{
    pthread_mutex_lock(&f->lock);
    f->down = true;
    pthread_mutex_unlock(&f->lock);
}

/* 0: call inner, then call_end. */
static int call_begin(struct store *store, bool decides, int64_t deadline_ns,
                      struct fault_call *call)
{
    struct fault_store *f = fault_of(store);
    *call = (struct fault_call){
        .f = f, .inner = f->inner, .decides = decides, .deadline_ns = deadline_ns};
    pthread_mutex_lock(&f->lock);
    bool down = f->down;
    if (!down) {
        f->count++;
        draw(f, call);
    }
    pthread_mutex_unlock(&f->lock);
    if (down)
        return ERR_UNAVAILABLE;
    if (!delay(call, call->delay_before_ns))
        return ERR_TIMEOUT;
    if (call->fault == STORE_FAULT_CRASH_BEFORE)
        go_down(f);
    if (is_down(f) || call->fault == STORE_FAULT_BEFORE)
        return ERR_UNAVAILABLE;
    return call->fault == STORE_FAULT_IO ? ERR_IO : 0;
}

/* The answer, of which rc is the inner store's. */
static int call_end(struct fault_call *call, int rc)
{
    int unknown = call->decides ? ERR_UNKNOWN : ERR_IO;
    if (call->fault == STORE_FAULT_CRASH_AFTER)
        go_down(call->f);
    if (call->fault == STORE_FAULT_AFTER || call->fault == STORE_FAULT_CRASH_AFTER)
        return unknown;
    if (!delay(call, call->delay_after_ns) || is_down(call->f))
        return unknown;
    return rc;
}

/* Each begins the call, asks the inner store, and ends it. */
#define OPERATION(name, decides, parameters, names)                                                \
    static int fault_##name(struct store *store, STORE_LIST parameters, int64_t deadline_ns)       \
    {                                                                                              \
        struct fault_call call;                                                                    \
        int rc = call_begin(store, decides, deadline_ns, &call);                                   \
        if (rc < 0)                                                                                \
            return rc;                                                                             \
        rc = call.inner->ops->name(call.inner, STORE_LIST names, deadline_ns);                     \
        return call_end(&call, rc);                                                                \
    }
#include "store/operations.h"

static void fault_free(struct store *store)
{
    struct fault_store *f = fault_of(store);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

static const struct store_ops fault_ops = {
    .name = "fault",
    .free = fault_free,
#define OPERATION(name, decides, parameters, names) .name = fault_##name,
#include "store/operations.h"
};

int store_fault_new(struct store *inner, const struct store_fault_plan *plan,
                    struct store **ret_store)
{
    struct fault_store *f = calloc(1, sizeof(*f));
    if (!f)
        return ERR_NO_MEMORY;
    f->store.ops = &fault_ops;
    f->inner = inner;
    pthread_mutex_init(&f->lock, NULL);
    if (plan)
        store_fault_plan(&f->store, plan);
    *ret_store = &f->store;
    return 0;
}

void store_fault_plan(struct store *store, const struct store_fault_plan *plan)
{
    struct fault_store *f = fault_of(store);
    assert(plan->chance || (plan->before_ppm | plan->after_ppm | plan->io_ppm | plan->crash_ppm |
                            plan->delay_ppm) == 0);
    pthread_mutex_lock(&f->lock);
    f->plan = *plan;
    pthread_mutex_unlock(&f->lock);
}

uint64_t store_fault_count(struct store *store)
{
    struct fault_store *f = fault_of(store);
    pthread_mutex_lock(&f->lock);
    uint64_t count = f->count;
    pthread_mutex_unlock(&f->lock);
    return count;
}

bool store_fault_is_down(struct store *store)
{
    return is_down(fault_of(store));
}

void store_fault_crash(struct store *store)
{
    go_down(fault_of(store));
}

void store_fault_reset(struct store *store)
{
    struct fault_store *f = fault_of(store);
    pthread_mutex_lock(&f->lock);
    f->count = 0;
    f->down = false;
    pthread_mutex_unlock(&f->lock);
}
