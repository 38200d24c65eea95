/*
 * payments_watch: what of the payments' tables a person has to look at, or another program follows.
 */
#ifndef USHER_STORE_PAYMENTS_WATCH_H
#define USHER_STORE_PAYMENTS_WATCH_H

#include "store/payments.h"

/* Contradictions alone: a bank took a deposit back, which may be paid again; the provider knows of
 * no payment any more. */
#define PAYMENT_DEPOSIT_UNDONE "DEPOSIT_UNDONE"
#define PAYMENT_MONEY_GONE     "MONEY_GONE"

/* Whether the provider says that the money of an order's sold places is not there: taken back, or
 * not known there any more; a dispute is no such thing. Inside a job. */
int payment_is_missing(struct sql_txn *txn, struct id order_id, bool *ret_missing);

/* As payment_list, of all that are contradicted. */
int payment_list_contradicted(struct sql *sql, uint32_t performance_id, struct id after, size_t max,
                              struct arena *arena, struct payment **ret_payments, size_t *ret_count,
                              int64_t deadline_ns);

/* How many attempts are contradicted by their provider. */
int payments_contradicted(struct sql *sql, struct arena *arena, int64_t *ret_count,
                          int64_t deadline_ns);

/* What waits for one account at a provider: attempts, and refunds, that somebody has to look at. */
struct payment_waiting {
    struct view provider;
    uint32_t provider_of;
    int64_t count;
    int64_t amount; /* in minor units, of whatever currencies */
};
/* How much of what was paid a provider has told us by itself, of one account there. */
struct payment_told {
    struct view provider;
    uint32_t provider_of;
    int64_t paid; /* attempts */
    int64_t told; /* of them, those of which a webhook came */
};
/* Of attempts that were begun at since_ms or later. As sql_read. */
int payments_told(struct sql *sql, int64_t since_ms, struct arena *arena,
                  struct payment_told **ret_told, size_t *ret_count, int64_t deadline_ns);
/* Of every account that has any. */
int payments_waiting(struct sql *sql, struct arena *arena, struct payment_waiting **ret_waiting,
                     size_t *ret_count, int64_t deadline_ns);

/* One row of the books: all attempts of a performance (0: all) at one provider in one currency. */
struct payment_sum {
    struct view provider;
    struct view currency;
    struct payment_books books; /* summed */
};
int payment_sums(struct sql *sql, uint32_t performance_id, struct arena *arena,
                 struct payment_sum **ret_sums, size_t *ret_count, int64_t deadline_ns);

/* An event as it is told to those who follow the money: with its attempt, without its text. */
struct payment_told_event {
    uint64_t event_id;
    struct payment_event event; /* its text is empty */
    bool known;                 /* its attempt is there; else what follows is zero */
    struct id hold_id;
    struct id order_id; /* as it is now; zero: there is none */
    uint32_t performance_id;
    struct view provider, currency;
};

/*
 * How long a number that is missing may still be written. On MariaDB a transaction takes its number
 * before it ends, so a higher one can be there first; one that was taken back leaves its number out
 * for ever. Whoever writes an event has taken its time within his own deadline, and ends his
 * transaction by that, after which nothing of it is done: 30 s at most (WIRE_CALL_MAX_MS,
 * ROLE_STEP_MS). So who has a lower number than an event with that time ends within 60 s of it; the
 * rest is for clocks that differ.
 */
#define PAYMENT_GAP_MS     120000
#define PAYMENT_EVENTS_MAX 1000 /* in one answer */

/* Events behind the number `after`, ascending, at most max (1 to PAYMENT_EVENTS_MAX). It ends
 * before a missing number unless the event behind it is older than PAYMENT_GAP_MS: so who asks
 * again behind the last never misses one. */
int payment_events_read(struct sql *sql, uint64_t after, size_t max, int64_t now_ms,
                        struct arena *arena, struct payment_told_event **ret_events,
                        size_t *ret_count, int64_t deadline_ns);

#endif
