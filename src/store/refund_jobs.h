/*
 * refund_jobs: everything that was paid by card for a performance, given back as one job.
 *
 * A job is a list of payments, written when it begins, each with what came of it; a process that
 * dies leaves the list, and whoever starts next goes on. A performance has at most one job that
 * runs. The money itself moves by refunds (store/payments.h); the list only says whom it is about.
 *
 *     WAITING ──▶ UNDER_WAY ──▶ DONE: all of it is back
 *                        └────▶ FAILED: the provider refuses, a person has to act
 */
#ifndef USHER_STORE_REFUND_JOBS_H
#define USHER_STORE_REFUND_JOBS_H

#include "store/payments.h"

/* Numbers as in payment.proto, for ever. */
enum refund_job_state { REFUND_JOB_RUNNING = 2, REFUND_JOB_DONE = 3 };
enum refund_item_state {
    REFUND_ITEM_WAITING = 1,
    REFUND_ITEM_UNDER_WAY = 2,
    REFUND_ITEM_DONE = 3,
    REFUND_ITEM_FAILED = 4
};

struct refund_job {
    struct id job_id;
    uint32_t performance_id;
    uint32_t state; /* enum refund_job_state */
    struct view reason;
    int64_t created_at_ms;
    int64_t finished_at_ms; /* 0: not yet */
};

struct refund_item {
    struct id job_id;
    struct id payment_id;
    struct id order_id;
    uint32_t state; /* enum refund_item_state */
    int64_t amount; /* that was sold when it was listed */
    int64_t next_at_ms;
    struct view provider; /* of the payment; read only */
    struct view currency; /* of the payment; read only */
};

/* What is listed, or would be: at one provider, in one currency, in one state. */
struct refund_job_sum {
    struct view provider;
    struct view currency;
    uint32_t state; /* enum refund_item_state */
    uint64_t orders;
    int64_t amount;
    uint64_t old_orders; /* of those that would be listed: paid before old_ms */
};

/* What a job that begins now would list: the dry run. As sql_read. */
int refund_job_preview(struct sql *sql, uint32_t performance_id, int64_t old_ms,
                       struct arena *arena, struct refund_job_sum **ret_sums, size_t *ret_count,
                       int64_t deadline_ns);
/* Begins a job, and lists what it is about. ERR_CONFLICT: the performance has one that runs;
 * ERR_EXISTS: it had one, and nothing was or is being paid since: then none is begun; as
 * sql_write. */
int refund_job_put(struct sql *sql, const struct refund_job *job, int64_t deadline_ns);
/* By id; or, with a zero id, the performance's last one. ERR_NOT_FOUND. */
int refund_job_get(struct sql *sql, struct id job_id, uint32_t performance_id, struct arena *arena,
                   struct refund_job *ret_job, int64_t deadline_ns);
/* What the performance's jobs have done so far: of payments that have nothing left to give back. */
int refund_jobs_done(struct sql *sql, uint32_t performance_id, struct arena *arena,
                     struct refund_job_sum **ret_sums, size_t *ret_count, int64_t deadline_ns);
int refund_job_sums(struct sql *sql, struct id job_id, struct arena *arena,
                    struct refund_job_sum **ret_sums, size_t *ret_count, int64_t deadline_ns);
/* Its items in that state (0: any), beginning after the payment `after`, by payment. What was
 * refused and a person has seen to since is DONE, here and in the sums. */
int refund_items(struct sql *sql, struct id job_id, uint32_t state, struct id after, size_t max,
                 struct arena *arena, struct refund_item **ret_items, size_t *ret_count,
                 int64_t deadline_ns);
/* Items of a provider that are due at now_ms, the longest due first. */
int refund_items_due(struct sql *sql, struct view provider, int64_t now_ms, size_t max,
                     struct arena *arena, struct refund_item **ret_items, size_t *ret_count,
                     int64_t deadline_ns);
/* Writes an item's state and next_at_ms. As sql_write. */
int refund_item_save(struct sql *sql, const struct refund_item *item, int64_t deadline_ns);
/* Jobs that run. */
int refund_jobs_running(struct sql *sql, struct arena *arena, struct refund_job **ret_jobs,
                        size_t *ret_count, int64_t deadline_ns);
/* Lists what was paid since the job began, and ends the job where nothing is left to do and nobody
 * is about to pay: then *ret_ended. As sql_write. */
int refund_job_end(struct sql *sql, const struct refund_job *job, int64_t now_ms, bool *ret_ended,
                   int64_t deadline_ns);

#endif
