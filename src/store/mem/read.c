/* What was committed, read back. */
#include <stdlib.h>

#include "store/mem/mem.h"

int mem_sold_list(struct store *store, uint32_t performance_id, struct arena *arena,
                  struct store_sale **ret_sales, size_t *ret_count, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    pthread_mutex_lock(&m->lock);
    const struct mem_sale *sale = mem_find_sale(m, performance_id);
    size_t count = 0, seats = sale ? sale->sold_cap : 0;
    for (size_t seat = 0; seat < seats; seat++)
        count += !id_is_zero(sale->sold[seat]);
    struct store_sale *list = arena_alloc(arena, count * sizeof(*list));
    size_t at = 0;
    for (size_t seat = 0; list && seat < seats; seat++)
        if (!id_is_zero(sale->sold[seat]))
            list[at++] = (struct store_sale){(uint32_t)seat, sale->sold[seat]};
    pthread_mutex_unlock(&m->lock);
    if (!list)
        return ERR_NO_MEMORY;
    *ret_sales = list;
    *ret_count = count;
    return 0;
}

int mem_block_list(struct store *store, uint32_t performance_id, struct arena *arena,
                   struct store_block **ret_blocks, size_t *ret_count, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    pthread_mutex_lock(&m->lock);
    const struct mem_sale *sale = mem_find_sale(m, performance_id);
    const size_t seats = sale ? sale->block_cap : 0;
    struct store_block *list = arena_alloc(arena, seats * sizeof(*list));
    size_t at = 0;
    int rc = list ? 0 : ERR_NO_MEMORY;
    for (size_t seat = 0; rc == 0 && seat < seats; seat++) {
        if (id_is_zero(sale->blocks[seat].block_id))
            continue;
        list[at] = sale->blocks[seat];
        rc = mem_keep(arena, sale->blocks[seat].reason, &list[at++].reason);
    }
    pthread_mutex_unlock(&m->lock);
    *ret_blocks = list;
    *ret_count = at;
    return rc;
}

int mem_price_lists(struct store *store, uint32_t performance_id, struct arena *arena,
                    struct store_prices **ret_lists, size_t *ret_count, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    pthread_mutex_lock(&m->lock);
    const struct mem_sale *sale = mem_find_sale(m, performance_id);
    const size_t count = sale ? sale->prices_count : 0;
    struct store_prices *list = arena_alloc(arena, count * sizeof(*list));
    int rc = list ? 0 : ERR_NO_MEMORY;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        list[i] = sale->prices[i];
        rc = mem_keep(arena, sale->prices[i].list, &list[i].list);
    }
    pthread_mutex_unlock(&m->lock);
    *ret_lists = list;
    *ret_count = rc == 0 ? count : 0;
    return rc;
}

static int plan_by_time(const void *a, const void *b)
{
    const struct store_plan *x = a, *y = b;
    if (x->from_ms != y->from_ms)
        return x->from_ms < y->from_ms ? -1 : 1;
    if (x->plan_id.hi != y->plan_id.hi)
        return x->plan_id.hi < y->plan_id.hi ? -1 : 1;
    return (x->plan_id.lo > y->plan_id.lo) - (x->plan_id.lo < y->plan_id.lo);
}

int mem_price_plans(struct store *store, uint32_t performance_id, struct arena *arena,
                    struct store_plan **ret_plans, size_t *ret_count, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    pthread_mutex_lock(&m->lock);
    const struct mem_sale *sale = mem_find_sale(m, performance_id);
    const size_t count = sale ? sale->plan_count : 0;
    struct store_plan *list = arena_alloc(arena, count * sizeof(*list));
    int rc = list ? 0 : ERR_NO_MEMORY;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        list[i] = sale->plans[i];
        rc = mem_keep(arena, sale->plans[i].list, &list[i].list);
    }
    pthread_mutex_unlock(&m->lock);
    *ret_plans = list;
    *ret_count = rc == 0 ? count : 0;
    if (*ret_count > 1)
        qsort(list, count, sizeof(*list), plan_by_time);
    return rc;
}

int mem_waiting_get(struct store *store, uint32_t performance_id, struct arena *arena,
                    struct store_waiting *ret_waiting, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    pthread_mutex_lock(&m->lock);
    const struct mem_sale *sale = mem_find_sale(m, performance_id);
    const size_t count = sale ? sale->wish_count : 0;
    struct store_wish *list = arena_alloc(arena, count * sizeof(*list));
    if (list && count > 0)
        memcpy(list, sale->wishes, count * sizeof(*list));
    *ret_waiting = (struct store_waiting){.known = sale && sale->waiting_known,
                                          .offer_ms = sale ? sale->offer_ms : 0,
                                          .wishes = list,
                                          .wish_count = list ? count : 0};
    pthread_mutex_unlock(&m->lock);
    return list ? 0 : ERR_NO_MEMORY;
}

int mem_waiting_of(struct store *store, struct id account_id, size_t ids_max, struct arena *arena,
                   uint32_t **ret_ids, size_t *ret_count, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    pthread_mutex_lock(&m->lock);
    uint32_t *ids = arena_alloc(arena, m->sale_count * sizeof(*ids));
    *ret_count = 0;
    for (size_t i = 0; ids && i < m->sale_count && *ret_count < ids_max; i++) {
        bool waits = false;
        for (size_t k = 0; k < m->sales[i].wish_count; k++)
            waits = waits || id_eq(m->sales[i].wishes[k].account_id, account_id);
        if (waits)
            ids[(*ret_count)++] = (uint32_t)i + 1;
    }
    pthread_mutex_unlock(&m->lock);
    *ret_ids = ids;
    return ids ? 0 : ERR_NO_MEMORY;
}

int mem_ledger_read(struct store *store, uint32_t performance_id, uint64_t from_seq,
                    size_t rows_max, struct arena *arena, struct ledger_row **ret_rows,
                    size_t *ret_count, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    pthread_mutex_lock(&m->lock);
    const struct mem_sale *sale = mem_find_sale(m, performance_id);
    const uint64_t first = from_seq > 0 ? from_seq : 1;
    size_t left = sale && first <= sale->head.seq ? sale->head.seq - first + 1 : 0;
    if (left > rows_max)
        left = rows_max;
    struct ledger_row *rows = arena_alloc(arena, left * sizeof(*rows));
    int rc = rows ? 0 : ERR_NO_MEMORY;
    size_t count = 0, bytes = 0;
    for (; rc == 0 && count < left; count++) {
        const struct ledger_row *row = &sale->rows[first - 1 + count];
        bytes += row->body.len;
        if (count > 0 && bytes > STORE_READ_BYTES_MAX)
            break;
        rows[count] = *row;
        rc = mem_keep(arena, row->body, &rows[count].body);
    }
    pthread_mutex_unlock(&m->lock);
    if (rc < 0)
        return rc;
    *ret_rows = rows;
    *ret_count = count;
    return 0;
}

static int copy_order(const struct store_order *order, struct arena *arena,
                      struct store_order *ret_order)
{
    struct store_order copy = *order;
    int rc = mem_keep(arena, order->seats, &copy.seats);
    if (rc == 0)
        rc = mem_keep(arena, order->amounts, &copy.amounts);
    if (rc == 0)
        *ret_order = copy;
    return rc;
}

int mem_order_get(struct store *store, struct id order_id, struct arena *arena,
                  struct store_order *ret_order, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    int rc = ERR_NOT_FOUND;
    uint32_t place = 0;
    pthread_mutex_lock(&m->lock);
    if (table_get(&m->order_places, order_id, &place))
        rc = copy_order(&m->orders[place], arena, ret_order);
    pthread_mutex_unlock(&m->lock);
    return rc;
}

/* Newest first: negative where a comes before b. */
/* The newest of the account's orders among the first `end`, or NULL. */
static const struct store_order *newest_order(const struct mem_store *m, struct id account_id,
                                              size_t end)
{
    while (end > 0 && !id_eq(m->orders[end - 1].account_id, account_id))
        end--;
    return end > 0 ? &m->orders[end - 1] : NULL;
}

int mem_order_list(struct store *store, struct id account_id, struct id after, size_t orders_max,
                   struct arena *arena, struct store_order **ret_orders, size_t *ret_count,
                   int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    const struct store_order *last = NULL;
    uint32_t place = 0;
    int rc = 0;
    pthread_mutex_lock(&m->lock);
    if (!id_is_zero(after)) {
        if (table_get(&m->order_places, after, &place))
            last = &m->orders[place];
        if (!last || !id_eq(last->account_id, account_id))
            rc = ERR_NOT_FOUND;
    }
    size_t count = 0, max = orders_max < m->order_count ? orders_max : m->order_count;
    struct store_order *list = rc == 0 ? arena_alloc(arena, max * sizeof(*list)) : NULL;
    if (rc == 0 && !list)
        rc = ERR_NO_MEMORY;
    size_t end = last ? (size_t)(last - m->orders) : m->order_count;
    while (rc == 0 && count < max && (last = newest_order(m, account_id, end))) {
        rc = copy_order(last, arena, &list[count++]);
        end = (size_t)(last - m->orders);
    }
    pthread_mutex_unlock(&m->lock);
    if (rc < 0)
        return rc;
    *ret_orders = list;
    *ret_count = count;
    return 0;
}

/* Where in the performance's orders a scan begins; SIZE_MAX: `after` is not among them. */
static size_t scan_start(const struct mem_store *m, const struct mem_sale *sale, struct id after)
{
    if (id_is_zero(after))
        return 0;
    for (size_t i = 0; sale && i < sale->order_count; i++)
        if (id_eq(m->orders[sale->orders[i]].order_id, after))
            return i + 1;
    return SIZE_MAX;
}

int mem_order_scan(struct store *store, uint32_t performance_id, struct id after, size_t orders_max,
                   struct arena *arena, struct store_order **ret_orders, size_t *ret_count,
                   int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    int rc = 0;
    pthread_mutex_lock(&m->lock);
    const struct mem_sale *sale = mem_find_sale(m, performance_id);
    size_t start = scan_start(m, sale, after), count = 0;
    if (start == SIZE_MAX)
        rc = ERR_NOT_FOUND;
    else if (sale)
        count = sale->order_count - start < orders_max ? sale->order_count - start : orders_max;
    struct store_order *list = rc == 0 ? arena_alloc(arena, count * sizeof(*list)) : NULL;
    if (rc == 0 && !list)
        rc = ERR_NO_MEMORY;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = copy_order(&m->orders[sale->orders[start + i]], arena, &list[i]);
    pthread_mutex_unlock(&m->lock);
    if (rc < 0)
        return rc;
    *ret_orders = list;
    *ret_count = count;
    return 0;
}

int mem_outbox_read(struct store *store, size_t rows_max, struct arena *arena,
                    struct store_outbox_row **ret_rows, size_t *ret_count, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    pthread_mutex_lock(&m->lock);
    size_t count = 0, bytes = 0;
    while (count < m->outbox_count && count < rows_max) {
        bytes += m->outbox[count].body.len;
        if (count > 0 && bytes > STORE_READ_BYTES_MAX)
            break;
        count++;
    }
    struct store_outbox_row *rows = arena_alloc(arena, count * sizeof(*rows));
    int rc = rows ? 0 : ERR_NO_MEMORY;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rows[i] = m->outbox[i];
        rc = mem_keep(arena, m->outbox[i].body, &rows[i].body);
    }
    pthread_mutex_unlock(&m->lock);
    if (rc < 0)
        return rc;
    *ret_rows = rows;
    *ret_count = count;
    return 0;
}

int mem_outbox_remove(struct store *store, uint64_t up_to_outbox_id, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    pthread_mutex_lock(&m->lock);
    size_t count = 0;
    while (count < m->outbox_count && m->outbox[count].outbox_id <= up_to_outbox_id)
        free((void *)m->outbox[count++].body.at);
    m->outbox_count -= count;
    if (count > 0)
        memmove(m->outbox, m->outbox + count, m->outbox_count * sizeof(*m->outbox));
    pthread_mutex_unlock(&m->lock);
    return 0;
}

int mem_self_check(struct store *store, struct arena *arena, struct view **ret_texts,
                   size_t *ret_count, int64_t deadline_ns)
{
    *ret_texts = NULL;
    *ret_count = 0;
    return 0;
}
