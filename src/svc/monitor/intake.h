/*
 * intake: records that were put and are not sorted yet. All of one put are one row, so that taking
 * them costs little more than writing them to a file; the row is packed, for log lines are much the
 * same, and the disk is what takes longest. Sorting them, record by record and word by
 * word, costs ten times as much and can be done later.
 */
#ifndef USHER_SVC_MONITOR_INTAKE_H
#define USHER_SVC_MONITOR_INTAKE_H

#include "db/sql.h"
#include "svc/monitor/window.h"

/* The table's schema step. */
#define INTAKE_TABLE                                                                               \
    "CREATE TABLE intake (number {id}, records {int} NOT NULL, bytes {int} NOT NULL,"              \
    " body {blob} NOT NULL)"

/* One row more, of at most RECORDS_PUT_MAX records. *ret_bytes: as it is packed. */
int intake_put(struct sql_txn *txn, const struct record *records, size_t count,
               uint64_t *ret_bytes);

/* What is done with a record, which is borrowed; its number is 0. */
typedef int intake_sort_fn(void *state, struct sql_txn *txn, const struct record *record);
/* Takes out the oldest rows, until records_max records were sorted or there are none. *ret_more:
 * rows are left. ERR_CORRUPT; what sort returned, when it was not 0. */
int intake_take(struct sql_txn *txn, size_t records_max, intake_sort_fn *sort, void *state,
                bool *ret_more);
/* How many records, and bytes of them as they are packed, wait to be sorted. */
int intake_count(struct sql_txn *txn, uint64_t *ret_records, uint64_t *ret_bytes);

#endif
