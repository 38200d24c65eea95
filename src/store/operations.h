/*
 * operations: what a store can do, once for all bodies: the body of the list in store.h.
 *
 * OPERATION(name, decides, parameters, their names), included wherever something is made of all of
 * them: the table of store_ops, the bodies' prototypes and tables, what stands around a body. Each
 * is int name(struct store *store, parameters, int64_t deadline_ns); what all may return is said in
 * store.h. decides: it takes part in deciding who may write, so that an unknown outcome is
 * ERR_UNKNOWN.
 *
 * To add one: a paragraph here, mem_NAME and tables_NAME in the bodies, a test in
 * tests/conformance. No include guard, for it is included again and again.
 */

/* Adds a hall plan, or finds the one with the same name and layout_hash. Sets *ret_hall_id. */
OPERATION(hall_put, false, (const struct store_hall *hall, uint32_t *ret_hall_id),
          (hall, ret_hall_id))

/* One hall with its layout. ERR_NOT_FOUND. */
OPERATION(hall_get, false, (uint32_t hall_id, struct arena *arena, struct store_hall *ret_hall),
          (hall_id, arena, ret_hall))

/* All halls without layouts, by id. At most STORE_HALLS_MAX. */
OPERATION(hall_list, false,
          (struct arena * arena, struct store_hall **ret_halls, size_t *ret_count),
          (arena, ret_halls, ret_count))

/* Adds an event and, unless first is NULL, its first performance (whose event_id is not read):
 * both or neither. Without first ret_performance_id may be NULL. As performance_put. */
OPERATION(event_put, false,
          (const struct store_event *event, const struct store_performance *first,
           uint32_t *ret_event_id, uint32_t *ret_performance_id),
          (event, first, ret_event_id, ret_performance_id))

OPERATION(event_list, false,
          (struct arena * arena, struct store_event **ret_events, size_t *ret_count),
          (arena, ret_events, ret_count))

/* Adds a performance with an empty ledger: epoch, version and seq 0, in sale_state.
 * ERR_NOT_FOUND for an unknown event or hall. */
OPERATION(performance_put, false,
          (const struct store_performance *performance, uint32_t *ret_performance_id),
          (performance, ret_performance_id))

OPERATION(performance_list, false,
          (struct arena * arena, struct store_performance **ret_performances, size_t *ret_count),
          (arena, ret_performances, ret_count))

OPERATION(performance_get, false,
          (uint32_t performance_id, struct arena *arena, struct store_performance *ret_performance),
          (performance_id, arena, ret_performance))

/* Takes ownership: adds 1 to the epoch, durably, and gives the row as it is then. Every commit
 * of an older epoch fails from now on. ERR_NOT_FOUND. ERR_UNKNOWN: claim again. */
OPERATION(claim, true,
          (uint32_t performance_id, struct arena *arena, struct store_performance *ret_performance),
          (performance_id, arena, ret_performance))

/* The one write of a sale. 0: everything is durable. ERR_FENCED: the epoch, seq, version or
 * prev_hash is not the head's; ERR_CONFLICT: a seat is sold or kept back already, a block that ends
 * does not have the seat, an order exists already,
 * or an order that is given back, all or a part, is not this performance's, not confirmed, or its
 * seats are not exactly those; ERR_NOT_FOUND: no such performance; nothing was written in any of
 * these cases. ERR_UNKNOWN, ERR_IO: it may or may not have been written: claim, and read. */
OPERATION(commit, true, (const struct store_batch *batch), (batch))

/* Rows of sold for one performance, ascending by seat. */
OPERATION(sold_list, false,
          (uint32_t performance_id, struct arena *arena, struct store_sale **ret_sales,
           size_t *ret_count),
          (performance_id, arena, ret_sales, ret_count))

/* Places of one performance that are kept back, ascending by seat. */
OPERATION(block_list, false,
          (uint32_t performance_id, struct arena *arena, struct store_block **ret_blocks,
           size_t *ret_count),
          (performance_id, arena, ret_blocks, ret_count))

/* The price lists of one performance, ascending by number; without the first, which stands in the
 * performance's row. */
OPERATION(price_lists, false,
          (uint32_t performance_id, struct arena *arena, struct store_prices **ret_lists,
           size_t *ret_count),
          (performance_id, arena, ret_lists, ret_count))

/* What waits for its time, the next first. */
OPERATION(price_plans, false,
          (uint32_t performance_id, struct arena *arena, struct store_plan **ret_plans,
           size_t *ret_count),
          (performance_id, arena, ret_plans, ret_count))

/* The waiting list of one performance, its wishes in their order. */
OPERATION(waiting_get, false,
          (uint32_t performance_id, struct arena *arena, struct store_waiting *ret_waiting),
          (performance_id, arena, ret_waiting))

/* Performances at which the account has wishes, ascending, at most ids_max. */
OPERATION(waiting_of, false,
          (struct id account_id, size_t ids_max, struct arena *arena, uint32_t **ret_ids,
           size_t *ret_count),
          (account_id, ids_max, arena, ret_ids, ret_count))

/* Ledger rows with seq >= from_seq, ascending, at most rows_max of them and at most about 16 MiB of
 * bodies. Costs what it gives, however long the ledger is. */
OPERATION(ledger_read, false,
          (uint32_t performance_id, uint64_t from_seq, size_t rows_max, struct arena *arena,
           struct ledger_row **ret_rows, size_t *ret_count),
          (performance_id, from_seq, rows_max, arena, ret_rows, ret_count))

/* ERR_NOT_FOUND. */
OPERATION(order_get, false,
          (struct id order_id, struct arena *arena, struct store_order *ret_order),
          (order_id, arena, ret_order))

/* An account's orders, the last committed first, beginning after the order `after` (zero id:
 * from the newest), at most orders_max; a page costs what it holds. ERR_NOT_FOUND: `after` is
 * no order of the account. */
OPERATION(order_list, false,
          (struct id account_id, struct id after, size_t orders_max, struct arena *arena,
           struct store_order **ret_orders, size_t *ret_count),
          (account_id, after, orders_max, arena, ret_orders, ret_count))

/* A performance's orders, in the order they were committed, beginning after the order `after`
 * (zero id: from the first): for reports and audit. ERR_NOT_FOUND: `after` is no order of the
 * performance. */
OPERATION(order_scan, false,
          (uint32_t performance_id, struct id after, size_t orders_max, struct arena *arena,
           struct store_order **ret_orders, size_t *ret_count),
          (performance_id, after, orders_max, arena, ret_orders, ret_count))

/* The oldest outbox rows, at most rows_max; and their removal once delivered. */
OPERATION(outbox_read, false,
          (size_t rows_max, struct arena *arena, struct store_outbox_row **ret_rows,
           size_t *ret_count),
          (rows_max, arena, ret_rows, ret_count))

OPERATION(outbox_remove, false, (uint64_t up_to_outbox_id), (up_to_outbox_id))

/* Every performance_id that the catalog, the ledger, sold or the orders mention, ascending:
 * for audit, which must notice rows whose performance is gone. */
OPERATION(performance_ids, false, (struct arena * arena, uint32_t **ret_ids, size_t *ret_count),
          (arena, ret_ids, ret_count))

/* What the database finds wrong with itself, a sentence each: a schema that is not the one that its
 * migrations make, an index that does not fit its table, a value of another type than its column's.
 * For audit; looks at everything. None from a body that has no such checks. */
OPERATION(self_check, false, (struct arena * arena, struct view **ret_texts, size_t *ret_count),
          (arena, ret_texts, ret_count))

#undef OPERATION
