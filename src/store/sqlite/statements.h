/*
 * statements: every SQL text of the sqlite body that is prepared once and kept, by name.
 *
 * Parameters are bound by number, ?1 first. Lists name their columns in the order that columns.c
 * and the readers expect.
 */
#ifndef USHER_STORE_SQLITE_STATEMENTS_H
#define USHER_STORE_SQLITE_STATEMENTS_H

#define HALL_COLUMNS "hall_id, name, layout_hash, place_count, section_count"
#define PERFORMANCE_COLUMNS                                                                        \
    "performance_id, event_id, hall_id, starts_at_ms, hold_ttl_ms, places_max, currency, prices, " \
    "first_sale_state, sale_state, epoch, version, seq, head_hash, utc_offset_minutes, "           \
    "covers_names, rest_ms"
#define ORDER_COLUMNS                                                                              \
    "order_id, account_id, hold_id, performance_id, state, payment_method, placed_at_ms, total, "  \
    "seats"

/* The smallest value of a key's first column, then the next larger, …: as many seeks as there are
 * values. */
#define DISTINCT_PERFORMANCES(table)                                                               \
    "SELECT p FROM (WITH RECURSIVE t(p) AS (SELECT min(performance_id) FROM " table                \
    " UNION ALL SELECT (SELECT min(performance_id) FROM " table " WHERE performance_id > t.p)"     \
    " FROM t WHERE t.p IS NOT NULL) SELECT p FROM t WHERE p IS NOT NULL)"

#define STATEMENT_LIST(X)                                                                          \
    X(HALL_FIND, "SELECT hall_id FROM hall WHERE name = ?1 AND layout_hash = ?2")                  \
    X(HALL_COUNT, "SELECT count(*) FROM hall")                                                     \
    X(HALL_ADD, "INSERT INTO hall (name, layout_hash, place_count, section_count, layout)"         \
                " VALUES (?1, ?2, ?3, ?4, ?5)")                                                    \
    X(HALL_GET, "SELECT " HALL_COLUMNS ", layout FROM hall WHERE hall_id = ?1")                    \
    X(HALL_LIST, "SELECT " HALL_COLUMNS " FROM hall ORDER BY hall_id")                             \
    X(HALL_HASH, "SELECT layout_hash, name, section_count FROM hall WHERE hall_id = ?1")           \
    X(EVENT_COUNT, "SELECT count(*) FROM event")                                                   \
    X(EVENT_FIND, "SELECT name FROM event WHERE event_id = ?1")                                    \
    X(EVENT_ADD, "INSERT INTO event (name, description, created_at_ms, organiser_id)"              \
                 " VALUES (?1, ?2, ?3, ?4)")                                                       \
    X(EVENT_LIST, "SELECT event_id, name, description, created_at_ms, organiser_id FROM event"     \
                  " ORDER BY event_id")                                                            \
    X(PERFORMANCE_COUNT, "SELECT count(*) FROM performance")                                       \
    X(PERFORMANCE_ADD,                                                                             \
      "INSERT INTO performance (event_id, hall_id, starts_at_ms, hold_ttl_ms, places_max,"         \
      " currency, prices, first_sale_state, sale_state, epoch, version, seq, head_hash,"           \
      " utc_offset_minutes, covers_names, rest_ms)"                                                \
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, 0, 0, 0, x'', ?9, ?10, ?11)")                  \
    X(PERFORMANCE_GENESIS, "UPDATE performance SET head_hash = ?2 WHERE performance_id = ?1")      \
    X(PERFORMANCE_GET,                                                                             \
      "SELECT " PERFORMANCE_COLUMNS " FROM performance WHERE performance_id = ?1")                 \
    X(PERFORMANCE_LIST, "SELECT " PERFORMANCE_COLUMNS " FROM performance ORDER BY performance_id") \
    X(PERFORMANCE_IDS,                                                                             \
      "SELECT performance_id AS p FROM performance"                                                \
      " UNION " DISTINCT_PERFORMANCES("ledger") " UNION " DISTINCT_PERFORMANCES(                   \
          "sold") " UNION " DISTINCT_PERFORMANCES("orders") " UNION "                              \
                                                            "SELECT performance_id FROM blocked "  \
                                                            "ORDER BY p")                          \
    X(CLAIM, "UPDATE performance SET epoch = epoch + 1 WHERE performance_id = ?1")                 \
    X(HEAD_MOVE, "UPDATE performance SET sale_state = ?6, version = ?7, seq = ?3 + 1,"             \
                 " head_hash = ?8 WHERE performance_id = ?1 AND epoch = ?2 AND seq = ?3"           \
                 " AND version = ?4 AND head_hash = ?5")                                           \
    X(LEDGER_ADD, "INSERT INTO ledger (performance_id, seq, epoch, version_before, version,"       \
                  " at_ms, prev_hash, hash, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")    \
    X(LEDGER_READ, "SELECT seq, epoch, version_before, version, at_ms, prev_hash, hash, body"      \
                   " FROM ledger WHERE performance_id = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3")   \
    X(SOLD_ADD, "INSERT INTO sold (performance_id, seat, order_no) VALUES (?1, ?2, ?3)")           \
    X(SOLD_REMOVE, "DELETE FROM sold WHERE performance_id = ?1 AND seat = ?2 AND order_no = ?3")   \
    X(SOLD_LIST, "SELECT seat, order_id FROM sold LEFT JOIN orders USING (order_no)"               \
                 " WHERE sold.performance_id = ?1 ORDER BY seat")                                  \
    X(BLOCK_ADD, "INSERT INTO blocked (performance_id, seat, block_id, account_id,"                \
                 " until_ms, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")                             \
    X(BLOCK_REMOVE,                                                                                \
      "DELETE FROM blocked WHERE performance_id = ?1 AND seat = ?2 AND block_id = ?3")             \
    X(BLOCK_LIST, "SELECT seat, block_id, account_id, until_ms, reason FROM blocked"               \
                  " WHERE performance_id = ?1 ORDER BY seat")                                      \
    X(ORDER_ADD,                                                                                   \
      "INSERT INTO orders (" ORDER_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")        \
    X(ORDER_CANCEL, "UPDATE orders SET state = ?5, seats = ?6 WHERE order_id = ?1"                 \
                    " AND performance_id = ?2 AND seats = ?3 AND state = ?4")                      \
    X(ORDER_GET, "SELECT " ORDER_COLUMNS " FROM orders WHERE order_id = ?1")                       \
    X(ORDER_PLACE, "SELECT order_no, account_id, performance_id FROM orders"                       \
                   " WHERE order_id = ?1")                                                         \
    X(ORDER_LIST, "SELECT " ORDER_COLUMNS " FROM orders WHERE account_id = ?1 AND order_no < ?3"   \
                  " ORDER BY order_no DESC LIMIT ?2")                                              \
    X(ORDER_SCAN, "SELECT " ORDER_COLUMNS " FROM orders WHERE performance_id = ?1"                 \
                  " AND order_no > ?2 ORDER BY order_no LIMIT ?3")                                 \
    X(OUTBOX_ADD, "INSERT INTO outbox (performance_id, body) VALUES (?1, ?2)")                     \
    X(OUTBOX_READ,                                                                                 \
      "SELECT outbox_id, performance_id, body FROM outbox ORDER BY outbox_id LIMIT ?1")            \
    X(OUTBOX_REMOVE, "DELETE FROM outbox WHERE outbox_id <= ?1")

enum statement {
#define X(name, text) STATEMENT_##name,
    STATEMENT_LIST(X)
#undef X
        STATEMENT_COUNT
};

#endif
