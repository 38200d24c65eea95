/*
 * refusals: how often those who wanted to buy were refused, and how long holds took to answer: of a
 * sale or a performance, by minute and by reason. For the report after a sale.
 *
 *     a call is refused ──tally_refused──▶ tally, in memory ──tally_keep, once a second──▶ table
 *
 * Counts are no ledger: what a process that is killed has counted in its last second is lost, and
 * nobody waits for a count. What is written never changes after its minute, so whoever reads it
 * later reads the same.
 */
#ifndef USHER_STORE_REFUSALS_H
#define USHER_STORE_REFUSALS_H

#include <pthread.h>
#include <stdatomic.h>

#include "db/sql.h"

#define REFUSALS_ROWS_MAX   500000 /* of the table; the oldest minutes go first */
#define REFUSAL_WHAT_MAX    40     /* bytes of a reason, its NUL included */
#define TALLY_MAX           1024   /* sale, performance and reason, that wait to be written */
#define REFUSAL_REASONS_MAX 100    /* of a report */
#define TALLY_KEEP_MS       1000   /* tally_keep is called so often */

/* Numbers are for ever. ANSWERED: holds that were answered, granted or not, in less than `what` ms,
 * a power of two. */
enum refusal_kind { REFUSAL_REFUSED = 1, REFUSAL_ANSWERED = 2 };

struct tally_entry {
    uint32_t sale_id, performance_id; /* one of them is 0 */
    enum refusal_kind kind;
    char what[REFUSAL_WHAT_MAX];
    uint64_t count;
};

/* What waits in a process. Beyond TALLY_MAX things are not counted, and usher_refusals_lost_total
 * says how many. */
struct tally {
    pthread_mutex_t lock;
    size_t count;
    struct tally_entry entries[TALLY_MAX];
};

/* As sql_migrate. */
int refusals_migrate(struct sql *sql, bool read_only, int64_t now_ms);

void tally_init(struct tally *tally);
void tally_release(struct tally *tally);
/* Counts so many of it. what is cut. Any thread. */
void tally_add(struct tally *tally, uint32_t sale_id, uint32_t performance_id,
               enum refusal_kind kind, const char *what, uint64_t count);
/* Adds what waits to the minute's rows; a job that was not done is done with the next. As
 * sql_write. */
int tally_keep(struct tally *tally, struct sql *sql, int64_t now_ms, int64_t deadline_ns);

/* ---- reading ---- */

/* A reason, added up. */
struct refusal_sum {
    struct view reason;
    uint64_t count;
    int64_t first_ms, last_ms; /* the beginnings of its first and last minute */
};
/* A minute in which 95 of 100 holds took longer than they should. */
struct refusal_slow {
    int64_t at_ms;
    uint32_t p95_ms;
};
#define REFUSAL_SLOW_MS  256 /* … than so long */
#define REFUSAL_SLOW_MAX 100 /* minutes that are told */

struct refusals {
    struct refusal_sum *sums; /* most counted first; in the arena */
    size_t sum_count;
    uint64_t answered;               /* holds */
    uint32_t p50_ms, p95_ms, p99_ms; /* of them, so many of 100 were answered within */
    uint32_t slow_count;
    struct refusal_slow slow[REFUSAL_SLOW_MAX]; /* the first of them */
};
/* Of a sale (0: none) and some performances, in the minutes from and up to those times. As
 * sql_read; ERR_NO_MEMORY. */
int refusals_read(struct sql *sql, uint32_t sale_id, const uint32_t *performance_ids, size_t count,
                  int64_t from_ms, int64_t to_ms, struct arena *arena, struct refusals *ret,
                  int64_t deadline_ns);

#endif
