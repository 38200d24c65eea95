/*
 * mem: the reference body of the store, everything in memory behind one lock.
 *
 * Nothing here waits, so deadlines are not looked at. What is written once and never removed lives
 * in one arena; outbox bodies, which are removed, are on the heap. Catalog rows are found by id
 * - 1.
 */
#ifndef USHER_STORE_MEM_MEM_H
#define USHER_STORE_MEM_MEM_H

#include <pthread.h>

#include "err/err.h"
#include "mem/table.h"
#include "store/store.h"

#define MEM_BYTES_MAX ((size_t)8 << 30) /* of everything that is never removed */

/* The part of a performance that grows. */
struct mem_sale {
    struct store_performance head; /* the performance's row */
    struct ledger_row *rows;       /* seq - 1 is the index */
    size_t row_cap;
    struct id *sold; /* by seat: the order, or zero */
    size_t sold_cap;
    struct store_block *blocks; /* by seat; without a block_id: it is not kept back */
    size_t block_cap;
    struct store_prices *prices; /* in order of their numbers */
    size_t prices_count, prices_cap;
    struct store_plan *plans; /* in no order */
    size_t plan_count, plan_cap;
    struct store_wish *wishes; /* in their order */
    size_t wish_count, wish_cap;
    bool waiting_known;
    uint32_t offer_ms;
    uint32_t *orders; /* places in mem_store.orders, in order of commit */
    size_t order_count;
    size_t order_cap;
};

struct mem_store {
    struct store store;
    pthread_mutex_t lock;
    struct arena kept;
    struct store_hall *halls;
    size_t hall_count, hall_cap;
    struct store_event *events;
    size_t event_count, event_cap;
    struct mem_sale *sales;
    size_t sale_count, sale_cap;
    struct store_order *orders;
    size_t order_count, order_cap;
    struct table order_places; /* order_id → place in orders */
    struct store_outbox_row *outbox;
    size_t outbox_count, outbox_cap;
    uint64_t outbox_last_id;
};

static inline struct mem_store *mem_of(struct store *store)
{
    return (struct mem_store *)store;
}

/* Makes room for `count` items of `size` bytes, zeroing what is new. ERR_NO_MEMORY: nothing
 * changed. */
int mem_reserve(void **items, size_t *cap, size_t count, size_t size);

/* A copy of v that lives as long as the arena; NULL-safe. ERR_NO_MEMORY. */
int mem_keep(struct arena *arena, struct view v, struct view *ret_copy);

/* The performance, or NULL. Call with the lock taken. */
struct mem_sale *mem_find_sale(struct mem_store *m, uint32_t performance_id);

/* What they promise is said in store/operations.h. */
#define OPERATION(name, decides, parameters, names)                                                \
    int mem_##name(struct store *store, STORE_LIST parameters, int64_t deadline_ns);
#include "store/operations.h"

#endif
