#include "store/payments_watch.h"

#include "err/err.h"
#include "store/payments_rows.h"

static int as_payment(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    return payments_read(rows, arena, ret_row);
}

static int as_count(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    *(int64_t *)ret_row = sql_get_int(rows, 0);
    return 0;
}

static int as_waiting(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    struct payment_waiting *row = ret_row;
    *row = (struct payment_waiting){.provider_of = (uint32_t)sql_get_int(rows, 1),
                                    .count = sql_get_int(rows, 2),
                                    .amount = sql_get_int(rows, 3)};
    return sql_get_copy(rows, 0, arena, &row->provider);
}

int payment_list_contradicted(struct sql *sql, uint32_t performance_id, struct id after, size_t max,
                              struct arena *arena, struct payment **ret_payments, size_t *ret_count,
                              int64_t deadline_ns)
{
    struct payments_list job = PAYMENTS_LIST(
        struct payment, as_payment, arena, max,
        "SELECT " PAYMENT_COLUMNS " FROM payment WHERE contradiction > ? AND payment_id > ?"
        " AND (performance_id = ? OR ? = 0) ORDER BY payment_id LIMIT ?",
        sql_text((struct view){0}), sql_id(after), sql_int(performance_id), sql_int(performance_id),
        sql_int((int64_t)max));
    return payments_list(sql, &job, ret_payments, ret_count, deadline_ns);
}

int payments_contradicted(struct sql *sql, struct arena *arena, int64_t *ret_count,
                          int64_t deadline_ns)
{
    struct payments_list job = PAYMENTS_LIST(int64_t, as_count, arena, 1,
                                             "SELECT count(*) FROM payment WHERE contradiction > ?",
                                             sql_text((struct view){0}));
    int64_t *counts;
    size_t count;
    int err = payments_list(sql, &job, &counts, &count, deadline_ns);
    if (err == 0)
        *ret_count = count > 0 ? counts[0] : 0;
    return err;
}

#define ACCOUNTS_MAX 256 /* at providers that are told of; those with most of all first */

int payments_waiting(struct sql *sql, struct arena *arena, struct payment_waiting **ret_waiting,
                     size_t *ret_count, int64_t deadline_ns)
{
    struct payments_list job = PAYMENTS_LIST(
        struct payment_waiting, as_waiting, arena, ACCOUNTS_MAX,
        "SELECT provider, whose, count(*), sum(amount) FROM ("
        "SELECT provider, coalesce(provider_of, 0) AS whose, amount FROM payment"
        " WHERE next_at_ms > 0"
        " UNION ALL SELECT p.provider, coalesce(p.provider_of, 0) AS whose, r.amount"
        " FROM refund r JOIN payment p ON p.payment_id = r.payment_id WHERE r.next_at_ms > 0)"
        " AS waiting GROUP BY provider, whose ORDER BY count(*) DESC LIMIT ?",
        sql_int(ACCOUNTS_MAX));
    return payments_list(sql, &job, ret_waiting, ret_count, deadline_ns);
}

static int as_told(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    struct payment_told *row = ret_row;
    *row = (struct payment_told){.provider_of = (uint32_t)sql_get_int(rows, 1),
                                 .paid = sql_get_int(rows, 2),
                                 .told = sql_get_int(rows, 3)};
    return sql_get_copy(rows, 0, arena, &row->provider);
}

int payments_told(struct sql *sql, int64_t since_ms, struct arena *arena,
                  struct payment_told **ret_told, size_t *ret_count, int64_t deadline_ns)
{
    /* An attempt's id begins with the time it was made. */
    const struct id since = {(uint64_t)since_ms << 16, 0};
    struct payments_list job = PAYMENTS_LIST(
        struct payment_told, as_told, arena, ACCOUNTS_MAX,
        "SELECT provider, whose, count(*), sum(heard) FROM ("
        "SELECT provider, coalesce(provider_of, 0) AS whose,"
        " CASE WHEN EXISTS (SELECT 1 FROM payment_event e WHERE e.payment_id = p.payment_id"
        " AND e.what = 'webhook') THEN 1 ELSE 0 END AS heard"
        " FROM payment p WHERE payment_id >= ? AND captured > 0) AS paid"
        " GROUP BY provider, whose ORDER BY provider, whose LIMIT ?",
        sql_id(since), sql_int(ACCOUNTS_MAX));
    return payments_list(sql, &job, ret_told, ret_count, deadline_ns);
}

int payment_is_missing(struct sql_txn *txn, struct id order_id, bool *ret_missing)
{
    int64_t count = 0;
    int err = sql_ask_int(txn,
                          "SELECT count(*) FROM payment WHERE order_id = ? AND (contradiction = ?"
                          " OR contradiction = ? OR (contradiction = ? AND sold > 0"
                          " AND contradicted >= sold))",
                          SQL(sql_id(order_id), sql_text(VIEW_LIT(PAYMENT_DEPOSIT_UNDONE)),
                              sql_text(VIEW_LIT(PAYMENT_MONEY_GONE)),
                              sql_text(VIEW_LIT(PAYMENT_TAKEN_BACK))),
                          &count);
    *ret_missing = count > 0;
    return err;
}

static int as_told_event(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    struct payment_told_event *told = ret_row;
    struct view what = {0};
    *told = (struct payment_told_event){
        .event_id = (uint64_t)sql_get_int(rows, 0),
        .event = {.at_ms = sql_get_int(rows, 2), .amount = sql_get_int(rows, 4)},
        .known = !sql_is_null(rows, 5),
        .performance_id = (uint32_t)sql_get_int(rows, 7)};
    int err = sql_get_id(rows, 1, &told->event.payment_id);
    if (err == 0)
        err = sql_get_copy(rows, 3, arena, &what);
    told->event.what = what.at;
    if (err == 0 && told->known)
        err = sql_get_id(rows, 5, &told->hold_id);
    if (err == 0 && !sql_is_null(rows, 6))
        err = sql_get_id(rows, 6, &told->order_id);
    if (err == 0)
        err = sql_get_copy(rows, 8, arena, &told->provider);
    return err == 0 ? sql_get_copy(rows, 9, arena, &told->currency) : err;
}

int payment_events_read(struct sql *sql, uint64_t after, size_t max, int64_t now_ms,
                        struct arena *arena, struct payment_told_event **ret_events,
                        size_t *ret_count, int64_t deadline_ns)
{
    struct payments_list job = PAYMENTS_LIST(
        struct payment_told_event, as_told_event, arena, max,
        "SELECT e.event_id, e.payment_id, e.at_ms, e.what, e.amount, p.hold_id, p.order_id,"
        " p.performance_id, p.provider, p.currency FROM payment_event e"
        " LEFT JOIN payment p ON p.payment_id = e.payment_id"
        " WHERE e.event_id > ? ORDER BY e.event_id LIMIT ?",
        sql_int((int64_t)after), sql_int((int64_t)max));
    struct payment_told_event *events;
    size_t count, kept = 0;
    assert(max >= 1 && max <= PAYMENT_EVENTS_MAX);
    int err = payments_list(sql, &job, &events, &count, deadline_ns);
    if (err != 0)
        return err;
    while (kept < count && (events[kept].event_id == after + 1 ||
                            events[kept].event.at_ms < now_ms - PAYMENT_GAP_MS))
        after = events[kept++].event_id;
    *ret_events = events;
    *ret_count = kept;
    return 0;
}
