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

/* Begins the call, asks the inner store's slot with these arguments, and ends it. */
#define FAULT_CALL(decides, slot, ...)                                                             \
    struct fault_call call;                                                                        \
    int rc = call_begin(store, decides, deadline_ns, &call);                                       \
    return rc < 0 ? rc                                                                             \
                  : call_end(&call, call.inner->ops->slot(call.inner, __VA_ARGS__, deadline_ns))

static int fault_hall_put(struct store *store, const struct store_hall *hall, uint32_t *ret_hall_id,
                          int64_t deadline_ns)
{
    FAULT_CALL(false, hall_put, hall, ret_hall_id);
}

static int fault_hall_get(struct store *store, uint32_t hall_id, struct arena *arena,
                          struct store_hall *ret_hall, int64_t deadline_ns)
{
    FAULT_CALL(false, hall_get, hall_id, arena, ret_hall);
}

static int fault_hall_list(struct store *store, struct arena *arena, struct store_hall **ret_halls,
                           size_t *ret_count, int64_t deadline_ns)
{
    FAULT_CALL(false, hall_list, arena, ret_halls, ret_count);
}

static int fault_event_put(struct store *store, const struct store_event *event,
                           const struct store_performance *first, uint32_t *ret_event_id,
                           uint32_t *ret_performance_id, int64_t deadline_ns)
{
    FAULT_CALL(false, event_put, event, first, ret_event_id, ret_performance_id);
}

static int fault_event_list(struct store *store, struct arena *arena,
                            struct store_event **ret_events, size_t *ret_count, int64_t deadline_ns)
{
    FAULT_CALL(false, event_list, arena, ret_events, ret_count);
}

static int fault_performance_put(struct store *store, const struct store_performance *performance,
                                 uint32_t *ret_performance_id, int64_t deadline_ns)
{
    FAULT_CALL(false, performance_put, performance, ret_performance_id);
}

static int fault_performance_list(struct store *store, struct arena *arena,
                                  struct store_performance **ret_performances, size_t *ret_count,
                                  int64_t deadline_ns)
{
    FAULT_CALL(false, performance_list, arena, ret_performances, ret_count);
}

static int fault_performance_get(struct store *store, uint32_t performance_id, struct arena *arena,
                                 struct store_performance *ret_performance, int64_t deadline_ns)
{
    FAULT_CALL(false, performance_get, performance_id, arena, ret_performance);
}

static int fault_claim(struct store *store, uint32_t performance_id, struct arena *arena,
                       struct store_performance *ret_performance, int64_t deadline_ns)
{
    FAULT_CALL(true, claim, performance_id, arena, ret_performance);
}

static int fault_commit(struct store *store, const struct store_batch *batch, int64_t deadline_ns)
{
    FAULT_CALL(true, commit, batch);
}

static int fault_sold_list(struct store *store, uint32_t performance_id, struct arena *arena,
                           struct store_sale **ret_sales, size_t *ret_count, int64_t deadline_ns)
{
    FAULT_CALL(false, sold_list, performance_id, arena, ret_sales, ret_count);
}

static int fault_ledger_read(struct store *store, uint32_t performance_id, uint64_t from_seq,
                             int64_t from_ms, size_t rows_max, struct arena *arena,
                             struct ledger_row **ret_rows, size_t *ret_count, int64_t deadline_ns)
{
    FAULT_CALL(false, ledger_read, performance_id, from_seq, from_ms, rows_max, arena, ret_rows,
               ret_count);
}

static int fault_order_get(struct store *store, struct id order_id, struct arena *arena,
                           struct store_order *ret_order, int64_t deadline_ns)
{
    FAULT_CALL(false, order_get, order_id, arena, ret_order);
}

static int fault_order_list(struct store *store, struct id account_id, struct id after,
                            size_t orders_max, struct arena *arena, struct store_order **ret_orders,
                            size_t *ret_count, int64_t deadline_ns)
{
    FAULT_CALL(false, order_list, account_id, after, orders_max, arena, ret_orders, ret_count);
}

static int fault_order_scan(struct store *store, uint32_t performance_id, struct id after,
                            size_t orders_max, struct arena *arena, struct store_order **ret_orders,
                            size_t *ret_count, int64_t deadline_ns)
{
    FAULT_CALL(false, order_scan, performance_id, after, orders_max, arena, ret_orders, ret_count);
}

static int fault_outbox_read(struct store *store, size_t rows_max, struct arena *arena,
                             struct store_outbox_row **ret_rows, size_t *ret_count,
                             int64_t deadline_ns)
{
    FAULT_CALL(false, outbox_read, rows_max, arena, ret_rows, ret_count);
}

static int fault_outbox_remove(struct store *store, uint64_t up_to_outbox_id, int64_t deadline_ns)
{
    FAULT_CALL(false, outbox_remove, up_to_outbox_id);
}

static int fault_performance_ids(struct store *store, struct arena *arena, uint32_t **ret_ids,
                                 size_t *ret_count, int64_t deadline_ns)
{
    FAULT_CALL(false, performance_ids, arena, ret_ids, ret_count);
}

static void fault_free(struct store *store)
{
    struct fault_store *f = fault_of(store);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

static const struct store_ops fault_ops = {
    .name = "fault",
    .free = fault_free,
    .hall_put = fault_hall_put,
    .hall_get = fault_hall_get,
    .hall_list = fault_hall_list,
    .event_put = fault_event_put,
    .event_list = fault_event_list,
    .performance_put = fault_performance_put,
    .performance_list = fault_performance_list,
    .performance_get = fault_performance_get,
    .claim = fault_claim,
    .commit = fault_commit,
    .sold_list = fault_sold_list,
    .ledger_read = fault_ledger_read,
    .order_get = fault_order_get,
    .order_list = fault_order_list,
    .order_scan = fault_order_scan,
    .outbox_read = fault_outbox_read,
    .outbox_remove = fault_outbox_remove,
    .performance_ids = fault_performance_ids,
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
