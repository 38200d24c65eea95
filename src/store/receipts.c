#include "store/receipts.h"

#include "err/err.h"
#include "sale/fee.h"
#include "store/payments_rows.h"

#define COLUMNS                                                                                    \
    "organiser_id, number, kind, payment_id, about, at_ms, total, fee, vat, terms_id, currency"

/* ---- writing ---- */

/* The rates of the terms; none where there are no terms. */
static int read_rates(struct sql_txn *txn, int64_t terms_id, uint32_t *ret_price, uint32_t *ret_fee)
{
    int64_t price = 0, fee = 0;
    int err = terms_id == 0 ? 0
                            : sql_ask_int(txn,
                                          "SELECT price_vat FROM selling_terms WHERE"
                                          " terms_id = ?",
                                          SQL(sql_int(terms_id)), &price);
    if (err == 0 && terms_id != 0)
        err = sql_ask_int(txn, "SELECT fee_vat FROM selling_terms WHERE terms_id = ?",
                          SQL(sql_int(terms_id)), &fee);
    *ret_price = (uint32_t)price;
    *ret_fee = (uint32_t)fee;
    return err;
}

/* The organiser's next number; its counter is locked until the transaction ends. Of two that need
 * the very first at once, one has to begin again (sql_run_first): ERR_CONFLICT would say that
 * somebody else has moved the payment. */
static int next_number(struct sql_txn *txn, uint32_t organiser_id, int64_t *ret_number)
{
    uint64_t changes = 0;
    int err = sql_run(txn,
                      "UPDATE receipt_counter SET last_number = last_number + 1"
                      " WHERE organiser_id = ?",
                      SQL(sql_int(organiser_id)), &changes);
    if (err == 0 && changes == 0)
        err = sql_run_first(txn,
                            "INSERT INTO receipt_counter (organiser_id, last_number) VALUES (?, 1)",
                            SQL(sql_int(organiser_id)));
    return err == 0
               ? sql_ask_int(txn, "SELECT last_number FROM receipt_counter WHERE organiser_id = ?",
                             SQL(sql_int(organiser_id)), ret_number)
               : err;
}

static int add(struct sql_txn *txn, const struct payment *p, uint32_t kind, struct id about,
               int64_t total, int64_t fee, int64_t vat, int64_t now_ms)
{
    int64_t number = 0;
    int err = next_number(txn, p->organiser_id, &number);
    return err == 0 ? sql_run(txn,
                              "INSERT INTO receipt (organiser_id, number, kind, payment_id, about,"
                              " at_ms, total, fee, vat, terms_id, currency)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                              SQL(sql_int(p->organiser_id), sql_int(number), sql_int(kind),
                                  sql_id(p->payment_id), sql_id(about), sql_int(now_ms),
                                  sql_int(total), sql_int(fee), sql_int(vat), sql_int(p->terms_id),
                                  sql_text(p->currency)),
                              NULL)
                    : err;
}

int receipts_add_paid(struct sql_txn *txn, const struct payment *p, int64_t now_ms)
{
    uint32_t price_rate, fee_rate;
    int err = read_rates(txn, p->terms_id, &price_rate, &fee_rate);
    return err == 0 ? add(txn, p, RECEIPT_PAID, p->payment_id, p->books.captured, p->fee,
                          fee_vat_within(p->books.captured - p->fee, price_rate) +
                              fee_vat_within(p->fee, fee_rate),
                          now_ms)
                    : err;
}

int receipts_add_credit(struct sql_txn *txn, const struct payment *p, const struct refund *r,
                        int64_t now_ms)
{
    uint32_t price_rate, fee_rate;
    int64_t total = 0, fee = 0, vat = 0;
    const struct sql_value payment = sql_id(p->payment_id);
    int err = read_rates(txn, p->terms_id, &price_rate, &fee_rate);
    if (err == 0)
        err = sql_ask_int(txn,
                          "SELECT coalesce(sum(total), 0) FROM receipt WHERE payment_id = ?"
                          " AND kind = 2",
                          &payment, 1, &total);
    if (err == 0)
        err = sql_ask_int(txn,
                          "SELECT coalesce(sum(fee), 0) FROM receipt WHERE payment_id = ?"
                          " AND kind = 2",
                          &payment, 1, &fee);
    if (err == 0)
        err = sql_ask_int(txn,
                          "SELECT coalesce(sum(vat), 0) FROM receipt WHERE payment_id = ?"
                          " AND kind = 2",
                          &payment, 1, &vat);
    if (err != 0)
        return err;
    /* What all credit notes contain together, less what the ones before do. */
    const int64_t price = total - fee + r->amount - r->fee;
    vat = fee_vat_within(price, price_rate) + fee_vat_within(fee + r->fee, fee_rate) - vat;
    return add(txn, p, RECEIPT_CREDIT, r->refund_id, r->amount, r->fee, vat, now_ms);
}

/* ---- reading ---- */

static int as_receipt(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    struct receipt *r = ret_row;
    *r = (struct receipt){
        .organiser_id = (uint32_t)sql_get_int(rows, 0),
        .number = (uint64_t)sql_get_int(rows, 1),
        .kind = (uint32_t)sql_get_int(rows, 2),
        .at_ms = sql_get_int(rows, 5),
        .total = sql_get_int(rows, 6),
        .fee = sql_get_int(rows, 7),
        .vat = sql_get_int(rows, 8),
        .terms_id = sql_get_int(rows, 9),
    };
    int err = sql_get_id(rows, 3, &r->payment_id);
    if (err == 0)
        err = sql_get_id(rows, 4, &r->about);
    return err == 0 ? sql_get_copy(rows, 10, arena, &r->currency) : err;
}

static int as_span(struct sql_rows *rows, struct arena *arena, void *ret_row)
{
    *(struct receipt_span *)ret_row = (struct receipt_span){
        .organiser_id = (uint32_t)sql_get_int(rows, 0),
        .counted = (uint64_t)sql_get_int(rows, 1),
        .count = (uint64_t)sql_get_int(rows, 2),
        .first = (uint64_t)sql_get_int(rows, 3),
        .last = (uint64_t)sql_get_int(rows, 4),
    };
    return 0;
}

int receipts_of(struct sql *sql, struct id payment_id, struct arena *arena,
                struct receipt **ret_receipts, size_t *ret_count, int64_t deadline_ns)
{
    struct payments_list job = PAYMENTS_LIST(
        struct receipt, as_receipt, arena, PAYMENT_PAGE_MAX,
        "SELECT " COLUMNS " FROM receipt WHERE payment_id = ? ORDER BY number", sql_id(payment_id));
    return payments_list(sql, &job, ret_receipts, ret_count, deadline_ns);
}

int receipts_list(struct sql *sql, uint32_t organiser_id, uint64_t after, size_t max,
                  struct arena *arena, struct receipt **ret_receipts, size_t *ret_count,
                  int64_t deadline_ns)
{
    struct payments_list job =
        PAYMENTS_LIST(struct receipt, as_receipt, arena, max,
                      "SELECT " COLUMNS " FROM receipt WHERE organiser_id = ? AND number > ?"
                      " ORDER BY number LIMIT ?",
                      sql_int(organiser_id), sql_int((int64_t)after), sql_int((int64_t)max));
    return payments_list(sql, &job, ret_receipts, ret_count, deadline_ns);
}

int receipts_spans(struct sql *sql, struct arena *arena, struct receipt_span **ret_spans,
                   size_t *ret_count, int64_t deadline_ns)
{
    struct payments_list job = PAYMENTS_LIST(
        struct receipt_span, as_span, arena, 10 * PAYMENT_PAGE_MAX,
        "SELECT receipt_counter.organiser_id, max(last_number), count(number), min(number),"
        " max(number) FROM receipt_counter LEFT JOIN receipt"
        " ON receipt.organiser_id = receipt_counter.organiser_id"
        " GROUP BY receipt_counter.organiser_id ORDER BY receipt_counter.organiser_id LIMIT ?",
        sql_int(10 * PAYMENT_PAGE_MAX));
    return payments_list(sql, &job, ret_spans, ret_count, deadline_ns);
}
