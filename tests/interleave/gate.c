#include "interleave/gate.h"

#include "err/err.h"

static struct gate *gate_of(struct store *store)
{
    return (struct gate *)store;
}

static enum gate_outcome wait(struct gate *gate, const char *call)
{
    if (gate->open)
        return GATE_OK;
    assert(!gate->waiting);
    gate->call = call;
    gate->waiting = fiber_self();
    while (gate->waiting)
        fiber_park_deaf();
    return gate->outcome;
}

static int gate_commit(struct store *store, const struct store_batch *batch, int64_t deadline_ns)
{
    struct gate *gate = gate_of(store);
    const enum gate_outcome outcome = wait(gate, "commit");
    if (outcome == GATE_REFUSED)
        return ERR_UNAVAILABLE;
    if (outcome == GATE_LOST)
        return ERR_UNKNOWN;
    int err = gate->inner->ops->commit(gate->inner, batch, deadline_ns);
    return outcome == GATE_WRITTEN ? ERR_UNKNOWN : err;
}

void gate_pass(struct gate *gate, enum gate_outcome outcome)
{
    struct fiber *fiber = gate->waiting;
    assert(fiber);
    gate->outcome = outcome;
    gate->waiting = NULL;
    fiber_unpark(fiber);
}

static int gate_claim(struct store *store, uint32_t performance_id, struct arena *arena,
                      struct store_performance *ret_performance, int64_t deadline_ns)
{
    struct store *inner = gate_of(store)->inner;
    wait(gate_of(store), "claim");
    return inner->ops->claim(inner, performance_id, arena, ret_performance, deadline_ns);
}

static int gate_performance_get(struct store *store, uint32_t performance_id, struct arena *arena,
                                struct store_performance *ret_performance, int64_t deadline_ns)
{
    struct store *inner = gate_of(store)->inner;
    return inner->ops->performance_get(inner, performance_id, arena, ret_performance, deadline_ns);
}

static int gate_block_list(struct store *store, uint32_t performance_id, struct arena *arena,
                           struct store_block **ret_blocks, size_t *ret_count, int64_t deadline_ns)
{
    struct store *inner = gate_of(store)->inner;
    return inner->ops->block_list(inner, performance_id, arena, ret_blocks, ret_count, deadline_ns);
}

static int gate_price_lists(struct store *store, uint32_t performance_id, struct arena *arena,
                            struct store_prices **ret_lists, size_t *ret_count, int64_t deadline_ns)
{
    struct store *inner = gate_of(store)->inner;
    return inner->ops->price_lists(inner, performance_id, arena, ret_lists, ret_count, deadline_ns);
}

static int gate_price_plans(struct store *store, uint32_t performance_id, struct arena *arena,
                            struct store_plan **ret_plans, size_t *ret_count, int64_t deadline_ns)
{
    struct store *inner = gate_of(store)->inner;
    return inner->ops->price_plans(inner, performance_id, arena, ret_plans, ret_count, deadline_ns);
}

static int gate_waiting_get(struct store *store, uint32_t performance_id, struct arena *arena,
                            struct store_waiting *ret_waiting, int64_t deadline_ns)
{
    struct store *inner = gate_of(store)->inner;
    return inner->ops->waiting_get(inner, performance_id, arena, ret_waiting, deadline_ns);
}

static int gate_sold_list(struct store *store, uint32_t performance_id, struct arena *arena,
                          struct store_sale **ret_sales, size_t *ret_count, int64_t deadline_ns)
{
    struct store *inner = gate_of(store)->inner;
    wait(gate_of(store), "sold");
    return inner->ops->sold_list(inner, performance_id, arena, ret_sales, ret_count, deadline_ns);
}

static int gate_ledger_read(struct store *store, uint32_t performance_id, uint64_t from_seq,
                            size_t rows_max, struct arena *arena, struct ledger_row **ret_rows,
                            size_t *ret_count, int64_t deadline_ns)
{
    struct store *inner = gate_of(store)->inner;
    return inner->ops->ledger_read(inner, performance_id, from_seq, rows_max, arena, ret_rows,
                                   ret_count, deadline_ns);
}

static int gate_order_scan(struct store *store, uint32_t performance_id, struct id after,
                           size_t orders_max, struct arena *arena, struct store_order **ret_orders,
                           size_t *ret_count, int64_t deadline_ns)
{
    struct store *inner = gate_of(store)->inner;
    return inner->ops->order_scan(inner, performance_id, after, orders_max, arena, ret_orders,
                                  ret_count, deadline_ns);
}

void gate_init(struct gate *gate, struct store *inner)
{
    static const struct store_ops ops = {
        .name = "gate",
        .claim = gate_claim,
        .commit = gate_commit,
        .performance_get = gate_performance_get,
        .block_list = gate_block_list,
        .price_lists = gate_price_lists,
        .price_plans = gate_price_plans,
        .waiting_get = gate_waiting_get,
        .sold_list = gate_sold_list,
        .ledger_read = gate_ledger_read,
        .order_scan = gate_order_scan,
    };
    *gate = (struct gate){.store.ops = &ops, .inner = inner};
}
