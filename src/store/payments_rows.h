/*
 * payments_rows: how rows of the payments' tables are read and written. For store/payments*.c
 * and store/refund_jobs.c alone.
 */
#ifndef USHER_STORE_PAYMENTS_ROWS_H
#define USHER_STORE_PAYMENTS_ROWS_H

#include "store/payments.h"

#define PAYMENT_COLUMNS                                                                            \
    "payment_id, hold_id, order_id, account_id, performance_id, state, amount, captured, sold,"    \
    " kept, refunded, pending, currency, provider, ref, charge_ref, reason, return_path, seats,"   \
    " created_at_ms, must_finish_by_ms, next_at_ms, tries, version, extended, equal_in,"           \
    " organiser_id, terms_id, fee, fee_sold, provider_of, later, tax_free, contradiction,"         \
    " contradicted, refund_rule, types, trace, code, code_index"

#define REFUND_COLUMNS                                                                             \
    "refund_id, payment_id, order_id, state, amount, charge, reason, created_at_ms, next_at_ms,"   \
    " tries, version, seats, round, fee, fee_kept, key_hash, request_hash, taken"

/* In a story, where somebody gave what is none. */
#define PAYMENT_EVENT_ODD "(bytes that are no text)"

/* One row into memory; of any of the tables. */
typedef int payments_reader(struct sql_rows *rows, struct arena *arena, void *ret_row);

#define PAYMENTS_VALUES_MAX 6

/* A query whose rows are read into an array. */
struct payments_list {
    struct sql_job job;
    const char *text;
    struct sql_value values[PAYMENTS_VALUES_MAX];
    size_t value_count;
    payments_reader *read;
    struct arena *arena;
    size_t size; /* of a row */
    size_t max;
    char *rows;
    size_t count;
};

/* A query for rows of a type, with its values. */
#define PAYMENTS_LIST(type_, reader_, arena_, max_, text_, ...)                                    \
    {                                                                                              \
        .text = (text_), .values = {__VA_ARGS__},                                                  \
        .value_count = sizeof((const struct sql_value[]){__VA_ARGS__}) / sizeof(struct sql_value), \
        .read = (reader_), .arena = (arena_), .size = sizeof(type_), .max = (max_)                 \
    }

/* *ret_rows: an array of the type, in the arena. As sql_read. */
int payments_list(struct sql *sql, struct payments_list *job, void *ret_rows, size_t *ret_count,
                  int64_t deadline_ns);

static inline struct sql_value payments_id_or_null(struct id id)
{
    return id_is_zero(id) ? sql_null() : sql_id(id);
}

/* Little-endian, four bytes a seat. */
struct view payments_seats_write(const uint32_t *seats, uint32_t count,
                                 uint8_t bytes[4 * PAYMENT_SEATS_MAX]);
int payments_read(struct sql_rows *rows, struct arena *arena, struct payment *ret_payment);
int refunds_read(struct sql_rows *rows, struct arena *arena, struct refund *ret_refund);
/* The one row of a query. ERR_NOT_FOUND. */
int payments_read_one(struct sql_txn *txn, const char *text, const struct sql_value *values,
                      size_t count, struct arena *arena, struct payment *ret_payment);
int payments_add_event(struct sql_txn *txn, const struct payment_event *event);

#endif
