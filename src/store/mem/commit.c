/* One batch: everything is tried in order and undone in reverse where a later part refuses. */
#include <stdlib.h>

#include "store/mem/mem.h"
#include "usher/v1/ticket.pb-c.h"

/* Copies of what a batch brings, made before anything is applied. All but body and outbox are
 * pieces of one array. */
struct room {
    struct view body, outbox;
    struct view *seats, *amounts; /* one an order */
    struct view *left, *had;      /* one a cancel: what stays, and what its order had */
    struct view *moved, *cost;    /* likewise, of its amounts */
    struct view *reasons;         /* one a block */
    struct view *lists;           /* one a price list */
    struct view *plans;           /* one a plan */
};

/* How far a batch has come: what an undo must take back. */
struct progress {
    size_t cancels;
    size_t sales;
    size_t orders;
};

static struct store_order *find_order(struct mem_store *m, struct id order_id)
{
    uint32_t place = 0;
    return table_get(&m->order_places, order_id, &place) ? &m->orders[place] : NULL;
}

/* Those of `of` that are not of `but` as well are the order's, or nobody's. */
static void set_sold(struct mem_sale *sale, struct view of, struct view but, struct id order_id)
{
    for (size_t i = 0; i < store_seat_count(of); i++) {
        const uint32_t seat = store_seat_at(of, i);
        if (!store_seats_have(but, seat))
            sale->sold[seat] = order_id;
    }
}

/* Whether nobody has the places that a cancel's order gets. */
static bool gains_are_free(const struct mem_sale *sale, const struct store_cancel *cancel)
{
    for (size_t i = 0; i < store_seat_count(cancel->left); i++) {
        const uint32_t seat = store_seat_at(cancel->left, i);
        if (!store_seats_have(cancel->seats, seat) && !id_is_zero(sale->sold[seat]))
            return false;
    }
    return true;
}

/* room: copies of what stays, for each cancel, and room for what each order had. */
static int cancel_all(struct mem_store *m, struct mem_sale *sale, const struct store_batch *batch,
                      struct room *room, struct progress *done)
{
    for (; done->cancels < batch->cancel_count; done->cancels++) {
        const struct store_cancel *cancel = &batch->cancels[done->cancels];
        struct store_order *order = find_order(m, cancel->order_id);
        if (!order || order->performance_id != batch->performance_id ||
            order->state != USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED ||
            !view_eq(order->seats, cancel->seats))
            return ERR_CONFLICT;
        for (size_t i = 0; i < store_seat_count(order->seats); i++)
            if (store_seat_at(order->seats, i) >= sale->sold_cap ||
                !id_eq(sale->sold[store_seat_at(order->seats, i)], order->order_id))
                return ERR_CONFLICT;
        if (!gains_are_free(sale, cancel))
            return ERR_CONFLICT;
        room->had[done->cancels] = order->seats;
        room->cost[done->cancels] = order->amounts;
        if (cancel->left.len > 0)
            order->seats = room->left[done->cancels];
        else
            order->state = USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED;
        if (cancel->amounts.len > 0)
            order->amounts = room->moved[done->cancels];
        set_sold(sale, cancel->seats, cancel->left, (struct id){0});
        set_sold(sale, cancel->left, cancel->seats, cancel->order_id);
    }
    return 0;
}

static int sell_all(struct mem_sale *sale, const struct store_batch *batch, struct progress *done)
{
    for (; done->sales < batch->sale_count; done->sales++) {
        const struct store_sale *sold = &batch->sales[done->sales];
        if (!id_is_zero(sale->sold[sold->seat]))
            return ERR_CONFLICT;
        sale->sold[sold->seat] = sold->order_id;
    }
    return 0;
}

static int order_all(struct mem_store *m, const struct store_batch *batch, struct progress *done)
{
    for (; done->orders < batch->order_count; done->orders++) {
        struct id order_id = batch->orders[done->orders].order_id;
        if (find_order(m, order_id))
            return ERR_CONFLICT;
        uint32_t place = (uint32_t)(m->order_count + done->orders);
        int rc = table_put(&m->order_places, order_id, place);
        assert(rc == 0); /* room was made before */
    }
    return 0;
}

/* Whether the orders that are paid owe anything; each once. */
static int check_collects(struct mem_store *m, const struct store_batch *batch)
{
    for (size_t i = 0; i < batch->collect_count; i++) {
        const struct store_order *order = find_order(m, batch->collects[i].order_id);
        if (!order || order->performance_id != batch->performance_id ||
            order->state != USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED ||
            order->payment_method != USHER__V1__PAYMENT_METHOD__PAYMENT_METHOD_BOX_OFFICE)
            return ERR_CONFLICT;
        for (size_t k = 0; k < i; k++)
            if (id_eq(batch->collects[k].order_id, batch->collects[i].order_id))
                return ERR_CONFLICT;
    }
    return 0;
}

/* Whether the blocks that end have their seats, and those that begin find theirs without one. */
static int check_blocks(const struct mem_sale *sale, const struct store_batch *batch)
{
    for (size_t i = 0; i < batch->unblock_count; i++) {
        const struct store_block *end = &batch->unblocks[i];
        if (end->seat >= sale->block_cap || id_is_zero(end->block_id) ||
            !id_eq(sale->blocks[end->seat].block_id, end->block_id))
            return ERR_CONFLICT;
    }
    for (size_t i = 0; i < batch->block_count; i++) {
        bool free = id_is_zero(sale->blocks[batch->blocks[i].seat].block_id);
        for (size_t k = 0; !free && k < batch->unblock_count; k++)
            free = batch->unblocks[k].seat == batch->blocks[i].seat;
        if (!free)
            return ERR_CONFLICT;
    }
    return 0;
}

static void set_blocks(struct mem_sale *sale, const struct store_batch *batch,
                       const struct view *reasons)
{
    for (size_t i = 0; i < batch->unblock_count; i++)
        sale->blocks[batch->unblocks[i].seat] = (struct store_block){0};
    for (size_t i = 0; i < batch->block_count; i++) {
        struct store_block *block = &sale->blocks[batch->blocks[i].seat];
        *block = batch->blocks[i];
        block->reason = reasons[i];
    }
}

/* A number is given once. */
static int check_prices(const struct mem_sale *sale, const struct store_batch *batch)
{
    for (size_t i = 0; i < batch->prices_count; i++) {
        for (size_t k = 0; k < sale->prices_count; k++)
            if (sale->prices[k].number == batch->prices[i].number)
                return ERR_CONFLICT;
    }
    return 0;
}

static size_t find_plan(const struct mem_sale *sale, struct id plan_id)
{
    size_t at = 0;
    while (at < sale->plan_count && !id_eq(sale->plans[at].plan_id, plan_id))
        at++;
    return at;
}

/* What ends waits, and what begins does not yet. */
static int check_plans(const struct mem_sale *sale, const struct store_batch *batch)
{
    for (size_t i = 0; i < batch->plan_end_count; i++) {
        if (find_plan(sale, batch->plan_ends[i]) == sale->plan_count)
            return ERR_CONFLICT;
    }
    for (size_t i = 0; i < batch->plan_count; i++) {
        if (find_plan(sale, batch->plans[i].plan_id) < sale->plan_count)
            return ERR_CONFLICT;
    }
    return 0;
}

static void set_plans(struct mem_sale *sale, const struct store_batch *batch,
                      const struct view *lists)
{
    for (size_t i = 0; i < batch->plan_end_count; i++) {
        const size_t at = find_plan(sale, batch->plan_ends[i]);
        if (at < sale->plan_count)
            sale->plans[at] = sale->plans[--sale->plan_count];
    }
    for (size_t i = 0; i < batch->plan_count; i++) {
        sale->plans[sale->plan_count] = batch->plans[i];
        sale->plans[sale->plan_count++].list = lists[i];
    }
}

static size_t find_wish(const struct mem_sale *sale, struct id wish_id)
{
    size_t at = 0;
    while (at < sale->wish_count && !id_eq(sale->wishes[at].wish_id, wish_id))
        at++;
    return at;
}

/* What ends waits, or began before in this batch. */
static int check_wishes(const struct mem_sale *sale, const struct store_batch *batch)
{
    for (size_t i = 0; i < batch->wish_count; i++) {
        const struct store_wish *wish = &batch->wishes[i];
        bool waits = find_wish(sale, wish->wish_id) < sale->wish_count;
        for (size_t k = 0; k < i; k++)
            waits = id_eq(batch->wishes[k].wish_id, wish->wish_id) ? !batch->wishes[k].gone : waits;
        if (wish->gone && !waits)
            return ERR_CONFLICT;
    }
    return 0;
}

static void set_wishes(struct mem_sale *sale, const struct store_batch *batch)
{
    sale->waiting_known |= batch->waiting_set;
    if (batch->waiting_set)
        sale->offer_ms = batch->offer_ms;
    for (size_t i = 0; i < batch->wish_count; i++) {
        const struct store_wish *wish = &batch->wishes[i];
        const size_t at = find_wish(sale, wish->wish_id);
        if (at < sale->wish_count)
            memmove(&sale->wishes[at], &sale->wishes[at + 1],
                    (--sale->wish_count - at) * sizeof(*wish));
        if (!wish->gone)
            sale->wishes[sale->wish_count++] = *wish; /* its position is the highest */
    }
}

static void undo(struct mem_store *m, struct mem_sale *sale, const struct store_batch *batch,
                 const struct room *room, const struct progress *done)
{
    for (size_t i = done->orders; i > 0; i--)
        table_remove(&m->order_places, batch->orders[i - 1].order_id);
    for (size_t i = done->sales; i > 0; i--)
        sale->sold[batch->sales[i - 1].seat] = (struct id){0};
    for (size_t i = done->cancels; i > 0; i--) {
        const struct store_cancel *cancel = &batch->cancels[i - 1];
        struct store_order *order = find_order(m, cancel->order_id);
        order->state = USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED;
        order->seats = room->had[i - 1];
        order->amounts = room->cost[i - 1];
        set_sold(sale, cancel->left, cancel->seats, (struct id){0});
        set_sold(sale, cancel->seats, cancel->left, cancel->order_id);
    }
}

static size_t room_size(const struct store_batch *batch)
{
    return 2 * batch->order_count + 4 * batch->cancel_count + batch->block_count +
           batch->prices_count + batch->plan_count;
}

static struct room room_of(const struct store_batch *batch, struct view *views)
{
    struct room room = {.seats = views};
    room.amounts = room.seats + batch->order_count;
    room.left = room.amounts + batch->order_count;
    room.had = room.left + batch->cancel_count;
    room.moved = room.had + batch->cancel_count;
    room.cost = room.moved + batch->cancel_count;
    room.reasons = room.cost + batch->cancel_count;
    room.lists = room.reasons + batch->block_count;
    room.plans = room.lists + batch->prices_count;
    return room;
}

/* Keeps the copies. */
static int keep_all(struct mem_store *m, const struct store_batch *batch, struct room *room)
{
    int rc = mem_keep(&m->kept, batch->row.body, &room->body);
    for (size_t i = 0; rc == 0 && i < batch->order_count; i++)
        rc = mem_keep(&m->kept, batch->orders[i].seats, &room->seats[i]);
    for (size_t i = 0; rc == 0 && i < batch->order_count; i++)
        rc = mem_keep(&m->kept, batch->orders[i].amounts, &room->amounts[i]);
    for (size_t i = 0; rc == 0 && i < batch->cancel_count; i++)
        rc = mem_keep(&m->kept, batch->cancels[i].left, &room->left[i]);
    for (size_t i = 0; rc == 0 && i < batch->cancel_count; i++)
        rc = mem_keep(&m->kept, batch->cancels[i].amounts, &room->moved[i]);
    for (size_t i = 0; rc == 0 && i < batch->block_count; i++)
        rc = mem_keep(&m->kept, batch->blocks[i].reason, &room->reasons[i]);
    for (size_t i = 0; rc == 0 && i < batch->prices_count; i++)
        rc = mem_keep(&m->kept, batch->prices[i].list, &room->lists[i]);
    for (size_t i = 0; rc == 0 && i < batch->plan_count; i++)
        rc = mem_keep(&m->kept, batch->plans[i].list, &room->plans[i]);
    if (rc == 0 && batch->outbox.len > 0) {
        char *copy = malloc(batch->outbox.len);
        if (!copy)
            return ERR_NO_MEMORY;
        memcpy(copy, batch->outbox.at, batch->outbox.len);
        room->outbox = view_of(copy, batch->outbox.len);
    }
    return rc;
}

/* Everything that may fail for want of memory, so that applying cannot. The copies that an undo
 * leaves in the arena are lost until the store goes, which is what a reference model may do. */
static int reserve(struct mem_store *m, struct mem_sale *sale, const struct store_batch *batch,
                   struct room *room)
{
    size_t orders = batch->order_count;
    size_t seats = batch->sale_count ? (size_t)batch->sales[batch->sale_count - 1].seat + 1 : 0;
    size_t blocks = 0;
    for (size_t i = 0; i < batch->cancel_count; i++) {
        const struct view left = batch->cancels[i].left;
        for (size_t k = 0; k < store_seat_count(left); k++)
            if (seats <= store_seat_at(left, k))
                seats = (size_t)store_seat_at(left, k) + 1;
    }
    for (size_t i = 0; i < batch->block_count; i++)
        if (blocks <= batch->blocks[i].seat)
            blocks = (size_t)batch->blocks[i].seat + 1;
    int rc = mem_reserve((void **)&sale->rows, &sale->row_cap, batch->row.seq, sizeof(*sale->rows));
    if (rc == 0)
        rc = mem_reserve((void **)&sale->sold, &sale->sold_cap, seats, sizeof(*sale->sold));
    if (rc == 0)
        rc = mem_reserve((void **)&sale->blocks, &sale->block_cap, blocks, sizeof(*sale->blocks));
    if (rc == 0)
        rc = mem_reserve((void **)&sale->orders, &sale->order_cap, sale->order_count + orders,
                         sizeof(*sale->orders));
    if (rc == 0)
        rc = mem_reserve((void **)&m->orders, &m->order_cap, m->order_count + orders,
                         sizeof(*m->orders));
    if (rc == 0)
        rc = table_reserve(&m->order_places, (uint32_t)(m->order_count + orders));
    if (rc == 0)
        rc = mem_reserve((void **)&m->outbox, &m->outbox_cap, m->outbox_count + 1,
                         sizeof(*m->outbox));
    if (rc == 0)
        rc = mem_reserve((void **)&sale->prices, &sale->prices_cap,
                         sale->prices_count + batch->prices_count, sizeof(*sale->prices));
    if (rc == 0)
        rc = mem_reserve((void **)&sale->plans, &sale->plan_cap,
                         sale->plan_count + batch->plan_count, sizeof(*sale->plans));
    if (rc == 0)
        rc = mem_reserve((void **)&sale->wishes, &sale->wish_cap,
                         sale->wish_count + batch->wish_count, sizeof(*sale->wishes));
    return rc == 0 ? keep_all(m, batch, room) : rc;
}

static void append(struct mem_store *m, struct mem_sale *sale, const struct store_batch *batch,
                   const struct room *room)
{
    struct ledger_row *row = &sale->rows[batch->row.seq - 1];
    *row = batch->row;
    row->body = room->body;
    for (size_t i = 0; i < batch->collect_count; i++) {
        struct store_order *order = find_order(m, batch->collects[i].order_id);
        order->payment_method = batch->collects[i].payment_method;
        order->total = batch->collects[i].total;
    }
    for (size_t i = 0; i < batch->order_count; i++) {
        struct store_order *order = &m->orders[m->order_count];
        *order = batch->orders[i];
        order->seats = room->seats[i];
        order->amounts = room->amounts[i];
        sale->orders[sale->order_count++] = (uint32_t)m->order_count++;
    }
    set_blocks(sale, batch, room->reasons);
    for (size_t i = 0; i < batch->prices_count; i++) {
        sale->prices[sale->prices_count] = batch->prices[i];
        sale->prices[sale->prices_count++].list = room->lists[i];
    }
    set_plans(sale, batch, room->plans);
    set_wishes(sale, batch);
    if (room->outbox.len > 0)
        m->outbox[m->outbox_count++] =
            (struct store_outbox_row){++m->outbox_last_id, batch->performance_id, room->outbox};
    sale->head.sale_state = batch->sale_state;
    sale->head.version = row->version;
    sale->head.seq = row->seq;
    memcpy(sale->head.head_hash, row->hash, STORE_HASH_BYTES);
}

static int commit_locked(struct mem_store *m, const struct store_batch *batch, struct room *room)
{
    struct mem_sale *sale = mem_find_sale(m, batch->performance_id);
    if (!sale)
        return ERR_NOT_FOUND;
    const struct store_performance *head = &sale->head;
    if (batch->epoch != head->epoch || batch->row.seq != head->seq + 1 ||
        batch->row.version_before != head->version ||
        memcmp(batch->row.prev_hash, head->head_hash, STORE_HASH_BYTES) != 0)
        return ERR_FENCED;
    struct progress done = {0};
    int rc = reserve(m, sale, batch, room);
    if (rc == 0)
        rc = cancel_all(m, sale, batch, room, &done);
    if (rc == 0)
        rc = check_collects(m, batch);
    if (rc == 0)
        rc = sell_all(sale, batch, &done);
    if (rc == 0)
        rc = order_all(m, batch, &done);
    if (rc == 0)
        rc = check_blocks(sale, batch);
    if (rc == 0)
        rc = check_prices(sale, batch);
    if (rc == 0)
        rc = check_plans(sale, batch);
    if (rc == 0)
        rc = check_wishes(sale, batch);
    if (rc < 0) {
        undo(m, sale, batch, room, &done);
        free((void *)room->outbox.at);
        return rc;
    }
    append(m, sale, batch, room);
    return 0;
}

int mem_commit(struct store *store, const struct store_batch *batch, int64_t deadline_ns)
{
    struct mem_store *m = mem_of(store);
    store_batch_check(batch);
    struct view *views = calloc(room_size(batch) + 1, sizeof(*views));
    if (!views)
        return ERR_NO_MEMORY;
    struct room room = room_of(batch, views);
    pthread_mutex_lock(&m->lock);
    int rc = commit_locked(m, batch, &room);
    pthread_mutex_unlock(&m->lock);
    free(views);
    return rc;
}
