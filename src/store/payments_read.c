#include <string.h>

#include "err/err.h"
#include "mem/utf8.h"
#include "store/payments_heard.h"
#include "store/payments_rows.h"
#include "store/payments_watch.h"

struct view payments_seats_write(const uint32_t *seats, uint32_t count,
                                 uint8_t bytes[4 * PAYMENT_SEATS_MAX])
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < 4; k++)
            bytes[4 * i + k] = (uint8_t)(seats[i] >> (8 * k));
    }
    return view_of(bytes, 4 * count);
}

static int read_seats(struct view bytes, uint32_t seats[PAYMENT_SEATS_MAX], uint32_t *ret_count)
{
    if (bytes.len % 4 != 0 || bytes.len > 4 * PAYMENT_SEATS_MAX)
        return ERR_CORRUPT;
    *ret_count = (uint32_t)(bytes.len / 4);
    for (uint32_t i = 0; i < *ret_count; i++) {
        const uint8_t *at = (const uint8_t *)bytes.at + 4 * i;
        seats[i] =
            (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    }
    return 0;
}

/* A byte a seat; of payments of before there were any, nothing. */
static int read_types(struct sql_rows *rows, struct payment *p)
{
    const struct view types = sql_is_null(rows, 36) ? (struct view){0} : sql_get_view(rows, 36);
    if (types.len != 0 && types.len != p->seat_count)
        return ERR_CORRUPT;
    if (types.len > 0)
        memcpy(p->types, types.at, types.len);
    return 0;
}

int payments_read(struct sql_rows *rows, struct arena *arena, struct payment *p)
{
    *p = (struct payment){
        .performance_id = (uint32_t)sql_get_int(rows, 4),
        .state = (uint32_t)sql_get_int(rows, 5),
        .books = {.amount = sql_get_int(rows, 6),
                  .captured = sql_get_int(rows, 7),
                  .sold = sql_get_int(rows, 8),
                  .kept = sql_get_int(rows, 9),
                  .refunded = sql_get_int(rows, 10),
                  .pending = sql_get_int(rows, 11)},
        .created_at_ms = sql_get_int(rows, 19),
        .must_finish_by_ms = sql_get_int(rows, 20),
        .next_at_ms = sql_get_int(rows, 21),
        .tries = (uint32_t)sql_get_int(rows, 22),
        .version = (uint32_t)sql_get_int(rows, 23),
        .extended = sql_get_int(rows, 24) != 0,
        .equal = (uint32_t)sql_get_int(rows, 25),
        .organiser_id = (uint32_t)sql_get_int(rows, 26),
        .terms_id = sql_get_int(rows, 27),
        .fee = sql_get_int(rows, 28),
        .fee_sold = sql_get_int(rows, 29),
        .provider_of = (uint32_t)sql_get_int(rows, 30),
        .later = sql_get_int(rows, 31) != 0,
        .tax_free = (uint32_t)sql_get_int(rows, 32),
        .contradicted = sql_get_int(rows, 34),
        .code = (uint32_t)sql_get_int(rows, 38),
        .code_index = (uint32_t)sql_get_int(rows, 39),
    };
    struct view *const texts[] = {&p->currency, &p->provider, &p->ref,
                                  &p->charge,   &p->reason,   &p->return_path};
    int err = sql_get_id(rows, 0, &p->payment_id);
    if (err == 0)
        err = sql_get_id(rows, 1, &p->hold_id);
    if (err == 0 && !sql_is_null(rows, 2))
        err = sql_get_id(rows, 2, &p->order_id);
    if (err == 0)
        err = sql_get_id(rows, 3, &p->account_id);
    for (int i = 0; err == 0 && i < 6; i++)
        err = sql_get_copy(rows, 12 + i, arena, texts[i]);
    if (err == 0 && !sql_is_null(rows, 33))
        err = sql_get_copy(rows, 33, arena, &p->contradiction);
    if (err == 0 && !sql_is_null(rows, 35))
        err = sql_get_copy(rows, 35, arena, &p->refund_rule);
    if (err == 0)
        err = sql_get_copy(rows, 37, arena, &p->trace);
    if (err == 0)
        err = read_seats(sql_get_view(rows, 18), p->seats, &p->seat_count);
    return err == 0 ? read_types(rows, p) : err;
}

int refunds_read(struct sql_rows *rows, struct arena *arena, struct refund *r)
{
    *r = (struct refund){
        .state = (uint32_t)sql_get_int(rows, 3),
        .amount = sql_get_int(rows, 4),
        .charge = sql_get_int(rows, 5),
        .created_at_ms = sql_get_int(rows, 7),
        .next_at_ms = sql_get_int(rows, 8),
        .tries = (uint32_t)sql_get_int(rows, 9),
        .version = (uint32_t)sql_get_int(rows, 10),
        .round = (uint32_t)sql_get_int(rows, 12),
        .fee = sql_get_int(rows, 13),
        .fee_kept = sql_get_int(rows, 14),
        .taken = sql_get_int(rows, 17),
    };
    int err = sql_get_id(rows, 0, &r->refund_id);
    if (err == 0)
        err = sql_get_id(rows, 1, &r->payment_id);
    if (err == 0 && !sql_is_null(rows, 2))
        err = sql_get_id(rows, 2, &r->order_id);
    if (err == 0)
        err = read_seats(sql_get_view(rows, 11), r->seats, &r->seat_count);
    if (err == 0 && !sql_is_null(rows, 15))
        err = sql_get_copy(rows, 15, arena, &r->key_hash);
    if (err == 0 && !sql_is_null(rows, 16))
        err = sql_get_copy(rows, 16, arena, &r->request_hash);
    return err == 0 ? sql_get_copy(rows, 6, arena, &r->reason) : err;
}

static int as_payment(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    return payments_read(rows, arena, ret_row);
}

static int as_refund(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    return refunds_read(rows, arena, ret_row);
}

static int as_id(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    return sql_get_id(rows, 0, ret_row);
}

static int as_count(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    *(int64_t *)ret_row = sql_get_int(rows, 0);
    return 0;
}

static int as_event(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    struct payment_event *event = ret_row;
    struct view what = {0};
    *event = (struct payment_event){.at_ms = sql_get_int(rows, 1), .amount = sql_get_int(rows, 4)};
    int err = sql_get_id(rows, 0, &event->payment_id);
    if (err == 0)
        err = sql_get_copy(rows, 2, arena, &what);
    event->what = what.at;
    if (err == 0)
        err = sql_get_copy(rows, 3, arena, &event->text);
    if (err == 0 && !utf8_line(event->text)) /* kept before such were refused */
        event->text = VIEW_LIT(PAYMENT_EVENT_ODD);
    return err;
}

static int as_sum(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    struct payment_sum *sum = ret_row;
    sum->books = (struct payment_books){
        .amount = sql_get_int(rows, 2),
        .captured = sql_get_int(rows, 3),
        .sold = sql_get_int(rows, 4),
        .kept = sql_get_int(rows, 5),
        .refunded = sql_get_int(rows, 6),
        .pending = sql_get_int(rows, 7),
    };
    int err = sql_get_copy(rows, 0, arena, &sum->provider);
    return err == 0 ? sql_get_copy(rows, 1, arena, &sum->currency) : err;
}

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct payments_list *job = (struct payments_list *)base;
    struct sql_rows *rows;
    job->count = 0;
    int err = sql_query(txn, job->text, job->values, job->value_count, &rows);
    if (err != 0)
        return err;
    while ((err = sql_next(rows)) == 1) {
        if (job->count < job->max)
            err = job->read(rows, job->arena, job->rows + job->size * job->count);
        if (job->count == job->max || err < 0) {
            sql_done(rows);
            return err < 0 ? err : 0;
        }
        job->count++;
    }
    return err;
}

int payments_list(struct sql *sql, struct payments_list *job, void *ret_rows, size_t *ret_count,
                  int64_t deadline_ns)
{
    job->job.run = run_list;
    job->rows = arena_alloc(job->arena, job->max * job->size);
    if (!job->rows)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job->job, deadline_ns);
    if (err == 0) {
        *(void **)ret_rows = job->rows;
        *ret_count = job->count;
    }
    return err;
}

static int one(struct sql *sql, struct payments_list *job, void *ret_row, int64_t deadline_ns)
{
    void *rows;
    size_t count;
    job->max = 1;
    int err = payments_list(sql, job, &rows, &count, deadline_ns);
    if (err == 0 && count == 0)
        err = ERR_NOT_FOUND;
    if (err == 0)
        memcpy(ret_row, rows, job->size);
    return err;
}

int payments_read_one(struct sql_txn *txn, const char *text, const struct sql_value *values,
                      size_t count, struct arena *arena, struct payment *ret_payment)
{
    struct payments_list job = {.text = text,
                                .value_count = count,
                                .read = as_payment,
                                .arena = arena,
                                .size = sizeof(*ret_payment),
                                .max = 1,
                                .rows = (char *)ret_payment};
    assert(count <= PAYMENTS_VALUES_MAX);
    memcpy(job.values, values, count * sizeof(*values));
    int err = run_list(&job.job, txn);
    return err == 0 && job.count == 0 ? ERR_NOT_FOUND : err;
}

#define SELECT_PAYMENT "SELECT " PAYMENT_COLUMNS " FROM payment "

int payment_get(struct sql *sql, struct id payment_id, struct arena *arena,
                struct payment *ret_payment, int64_t deadline_ns)
{
    struct payments_list job =
        PAYMENTS_LIST(struct payment, as_payment, arena, 1, SELECT_PAYMENT "WHERE payment_id = ?",
                      sql_id(payment_id));
    return one(sql, &job, ret_payment, deadline_ns);
}

int payment_of_hold(struct sql *sql, struct id hold_id, struct arena *arena,
                    struct payment *ret_payment, int64_t deadline_ns)
{
    struct payments_list job = PAYMENTS_LIST(struct payment, as_payment, arena, 1,
                                             SELECT_PAYMENT "WHERE live = ?", sql_id(hold_id));
    return one(sql, &job, ret_payment, deadline_ns);
}

int payment_by_ref(struct sql *sql, struct view provider, struct view ref, struct arena *arena,
                   struct payment *ret_payment, int64_t deadline_ns)
{
    struct payments_list by_ref = PAYMENTS_LIST(struct payment, as_payment, arena, 1,
                                                SELECT_PAYMENT "WHERE provider = ? AND ref = ?",
                                                sql_text(provider), sql_text(ref));
    struct payments_list by_charge = PAYMENTS_LIST(
        struct payment, as_payment, arena, 1,
        SELECT_PAYMENT "WHERE provider = ? AND charge_ref = ?", sql_text(provider), sql_text(ref));
    if (ref.len == 0)
        return ERR_NOT_FOUND;
    int err = one(sql, &by_ref, ret_payment, deadline_ns);
    return err == ERR_NOT_FOUND ? one(sql, &by_charge, ret_payment, deadline_ns) : err;
}

int payments_due(struct sql *sql, struct view provider, int64_t now_ms, size_t max,
                 struct arena *arena, struct id **ret_ids, size_t *ret_count, int64_t deadline_ns)
{
    struct payments_list job = PAYMENTS_LIST(
        struct id, as_id, arena, max,
        "SELECT payment_id FROM payment WHERE next_at_ms > 0 AND next_at_ms <= ?"
        " AND (provider = ? OR ? = 0) ORDER BY next_at_ms LIMIT ?",
        sql_int(now_ms), sql_text(provider), sql_int((int64_t)provider.len), sql_int((int64_t)max));
    return payments_list(sql, &job, ret_ids, ret_count, deadline_ns);
}

int refunds_due(struct sql *sql, struct view provider, int64_t now_ms, size_t max,
                struct arena *arena, struct id **ret_ids, size_t *ret_count, int64_t deadline_ns)
{
    struct payments_list job = PAYMENTS_LIST(
        struct id, as_id, arena, max,
        "SELECT refund_id FROM refund r JOIN payment p ON p.payment_id = r.payment_id"
        " WHERE r.next_at_ms > 0 AND r.next_at_ms <= ?"
        " AND (p.provider = ? OR ? = 0) ORDER BY r.next_at_ms LIMIT ?",
        sql_int(now_ms), sql_text(provider), sql_int((int64_t)provider.len), sql_int((int64_t)max));
    return payments_list(sql, &job, ret_ids, ret_count, deadline_ns);
}

int refund_get(struct sql *sql, struct id refund_id, struct arena *arena, struct refund *ret_refund,
               int64_t deadline_ns)
{
    struct payments_list job = PAYMENTS_LIST(
        struct refund, as_refund, arena, 1,
        "SELECT " REFUND_COLUMNS " FROM refund WHERE refund_id = ?", sql_id(refund_id));
    return one(sql, &job, ret_refund, deadline_ns);
}

int payments_of(struct sql *sql, struct id order_id, struct arena *arena,
                struct payment **ret_payments, size_t *ret_count, int64_t deadline_ns)
{
    struct payments_list job =
        PAYMENTS_LIST(struct payment, as_payment, arena, PAYMENT_PAGE_MAX,
                      SELECT_PAYMENT "WHERE hold_id = ? OR order_id = ? ORDER BY payment_id",
                      sql_id(order_id), sql_id(order_id));
    return payments_list(sql, &job, ret_payments, ret_count, deadline_ns);
}

int refunds_of(struct sql *sql, struct id payment_id, struct arena *arena,
               struct refund **ret_refunds, size_t *ret_count, int64_t deadline_ns)
{
    struct payments_list job = PAYMENTS_LIST(struct refund, as_refund, arena, PAYMENT_PAGE_MAX,
                                             "SELECT " REFUND_COLUMNS
                                             " FROM refund WHERE payment_id = ? ORDER BY refund_id",
                                             sql_id(payment_id));
    return payments_list(sql, &job, ret_refunds, ret_count, deadline_ns);
}

int payment_story(struct sql *sql, struct id payment_id, struct arena *arena,
                  struct payment_event **ret_events, size_t *ret_count, int64_t deadline_ns)
{
    struct payments_list job =
        PAYMENTS_LIST(struct payment_event, as_event, arena, PAYMENT_STORY_MAX,
                      "SELECT payment_id, at_ms, what, text, amount FROM payment_event"
                      " WHERE payment_id = ? ORDER BY event_id",
                      sql_id(payment_id));
    return payments_list(sql, &job, ret_events, ret_count, deadline_ns);
}

int payment_list(struct sql *sql, uint32_t performance_id, uint32_t state, struct id after,
                 size_t max, struct arena *arena, struct payment **ret_payments, size_t *ret_count,
                 int64_t deadline_ns)
{
    struct payments_list job =
        PAYMENTS_LIST(struct payment, as_payment, arena, max,
                      SELECT_PAYMENT "WHERE payment_id > ? AND (performance_id = ? OR ? = 0)"
                                     " AND (state = ? OR ? = 0) ORDER BY payment_id LIMIT ?",
                      sql_id(after), sql_int(performance_id), sql_int(performance_id),
                      sql_int(state), sql_int(state), sql_int((int64_t)max));
    return payments_list(sql, &job, ret_payments, ret_count, deadline_ns);
}

int payment_deposits(struct sql *sql, struct id account_id, size_t max, struct arena *arena,
                     struct payment **ret_payments, size_t *ret_count, int64_t deadline_ns)
{
    struct payments_list job = PAYMENTS_LIST(
        struct payment, as_payment, arena, max,
        SELECT_PAYMENT "WHERE account_id = ? AND state = ? ORDER BY payment_id LIMIT ?",
        sql_id(account_id), sql_int(PAYMENT_DEPOSIT), sql_int((int64_t)max));
    return payments_list(sql, &job, ret_payments, ret_count, deadline_ns);
}

int payment_sums(struct sql *sql, uint32_t performance_id, struct arena *arena,
                 struct payment_sum **ret_sums, size_t *ret_count, int64_t deadline_ns)
{
    struct payments_list job =
        PAYMENTS_LIST(struct payment_sum, as_sum, arena, PAYMENT_PAGE_MAX,
                      "SELECT provider, currency, sum(amount), sum(captured), sum(sold), sum(kept),"
                      " sum(refunded), sum(pending) FROM payment WHERE performance_id = ? OR ? = 0"
                      " GROUP BY provider, currency ORDER BY provider, currency",
                      sql_int(performance_id), sql_int(performance_id));
    return payments_list(sql, &job, ret_sums, ret_count, deadline_ns);
}

int payment_events(struct sql *sql, struct id payment_id, const char *what, struct arena *arena,
                   int64_t *ret_count, int64_t deadline_ns)
{
    struct payments_list job =
        PAYMENTS_LIST(int64_t, as_count, arena, 1,
                      "SELECT count(*) FROM payment_event WHERE payment_id = ? AND what = ?",
                      sql_id(payment_id), sql_text(view_str(what)));
    return one(sql, &job, ret_count, deadline_ns);
}

int webhook_known(struct sql *sql, struct view provider, struct view event_id, struct arena *arena,
                  bool *ret_known, int64_t deadline_ns)
{
    int64_t count;
    struct payments_list job =
        PAYMENTS_LIST(int64_t, as_count, arena, 1,
                      "SELECT count(*) FROM payment_webhook WHERE provider = ? AND heard = ?",
                      sql_text(provider), sql_text(event_id));
    const int err = one(sql, &job, &count, deadline_ns);
    *ret_known = err == 0 && count > 0;
    return err;
}
