/*
 * tills: the tills of the box office: who has one open, what it took and handed out, and what was
 * counted in the drawer when it was closed.
 *
 * A till is one person's, for one organiser, in one currency, and a person has one open at a time,
 * which the database itself sees to. Entries are numbered from 1 without a gap. An entry of money
 * is written in the transaction of the capture or refund that it is of (struct payment's till), so
 * neither is without the other, and never changes. A comp is begun before its places are given,
 * and is done or void after. A till that is closed takes no entry. The tables are among those of
 * store/payments.h.
 */
#ifndef USHER_STORE_TILLS_H
#define USHER_STORE_TILLS_H

#include "db/sql.h"
#include "store/acts.h"

#define TILL_NOTE_MAX 100 /* bytes */
#define TILL_AMOUNT_MAX                                                                            \
    INT64_C(1000000000000) /* in a drawer, at first or when it is counted; or handed over */
#define TILL_PAGE_MAX 100  /* rows in one answer */

/* Numbers as stored and in till.proto, for ever. */
enum till_means { TILL_CASH = 1, TILL_CARD = 2, TILL_COMP = 3 };
enum till_kind { TILL_SALE = 1, TILL_REFUND = 2, TILL_GIVEN = 3 };
enum till_state { TILL_BEGUN = 1, TILL_DONE = 2, TILL_VOID = 3 };

struct till {
    struct id till_id; /* begins with the time */
    uint32_t organiser_id;
    struct id account_id; /* whose it is; zero: the operator's */
    struct view currency;
    int64_t opening; /* in the drawer, at first */
    int64_t opened_at_ms;
    int64_t closed_at_ms; /* 0: it is open */
    struct id closed_by;
    int64_t counted;  /* in the drawer, when it was closed */
    int64_t expected; /* likewise: what its entries say */
    uint32_t entries; /* how many it has */
    struct view note;
};

struct till_entry {
    struct id till_id;
    uint32_t number; /* given when it is written */
    int64_t at_ms;
    uint32_t kind, means, state;
    struct id about; /* the payment, the refund, or of a comp the order: each has one entry */
    struct id order_id;
    uint32_t performance_id;
    uint32_t places;
    int64_t amount;
    int64_t tendered;
    struct view note;
    int64_t next_at_ms; /* of a comp that is begun: when somebody looks; else 0 */
};

/* Who takes or hands out the money over a counter: an open till. */
struct payment_till {
    struct id till_id;
    uint32_t means; /* enum till_means */
    int64_t tendered;
    struct view note; /* of a card the terminal's number */
};

/* What the entries of a till come to. */
struct till_sums {
    int64_t taken[TILL_COMP + 1], returned[TILL_COMP + 1]; /* by means */
    uint32_t sales, refunds, comps, comp_places;           /* void ones are not counted */
    uint32_t begun;                                        /* comps of which is not clear … */
};

/* What has to be in the drawer. */
static inline int64_t till_expected(const struct till *till, const struct till_sums *sums)
{
    return till->opening + sums->taken[TILL_CASH] - sums->returned[TILL_CASH];
}

/* Begins one, with an act. ERR_EXISTS: the person has one open; otherwise as sql_write. */
int till_open(struct sql *sql, const struct till *till, const struct act *act, int64_t deadline_ns);
/* Ends it; counted, closed_by, closed_at_ms and note are written, expected is worked out.
 * ERR_CONFLICT: it is closed; ERR_BUSY: a comp of it is not clear yet; otherwise as sql_write. */
int till_close(struct sql *sql, const struct till *till, const struct act *act,
               int64_t deadline_ns);

/* Texts are copied to the arena. ERR_NOT_FOUND; otherwise as sql_read. */
int till_get(struct sql *sql, struct id till_id, struct arena *arena, struct till *ret_till,
             int64_t deadline_ns);
int till_open_of(struct sql *sql, uint32_t organiser_id, struct id account_id, struct arena *arena,
                 struct till *ret_till, int64_t deadline_ns);
/* An organiser's (0: everybody's) tills of that account (or all of it, where whose is NULL) before
 * the till `before` (zero: from the newest), the newest first, at most max and TILL_PAGE_MAX. */
int till_list(struct sql *sql, uint32_t organiser_id, const struct id *whose, struct id before,
              size_t max, struct arena *arena, struct till **ret_tills, size_t *ret_count,
              int64_t deadline_ns);
/* Entries after a number, in order. */
int till_entries(struct sql *sql, struct id till_id, uint32_t after, size_t max,
                 struct arena *arena, struct till_entry **ret_entries, size_t *ret_count,
                 int64_t deadline_ns);
/* The entry about that payment, refund or comp. */
int till_entry_about(struct sql *sql, struct id about, struct arena *arena,
                     struct till_entry *ret_entry, int64_t deadline_ns);
int till_sum(struct sql *sql, struct id till_id, struct arena *arena, struct till_sums *ret_sums,
             int64_t deadline_ns);
/* Comps that are begun and due, the longest due first. */
int till_due(struct sql *sql, int64_t now_ms, size_t max, struct arena *arena,
             struct till_entry **ret_entries, size_t *ret_count, int64_t deadline_ns);

/* Writes an entry; its number is not read. ERR_DENIED: the till is closed, or counts in another
 * currency; ERR_BUSY: it is of more cash than is in the drawer; ERR_EXISTS: there is one about the
 * same. In a job; and alone, with an act, as
 * sql_write. */
int till_add(struct sql_txn *txn, const struct till_entry *entry, struct view currency);
int till_begin_comp(struct sql *sql, const struct till_entry *entry, struct view currency,
                    const struct act *act, int64_t deadline_ns);
/* The comp is TILL_DONE, or TILL_VOID. ERR_NOT_FOUND: none is begun about that; as sql_write. */
int till_end_comp(struct sql *sql, struct id about, uint32_t state, int64_t deadline_ns);

/* Whether the box office of an organiser may give comps too; where nobody said, it may not. */
int till_rule_set(struct sql *sql, uint32_t organiser_id, bool comps, const struct act *act,
                  int64_t deadline_ns);
int till_rule_get(struct sql *sql, uint32_t organiser_id, bool *ret_comps, int64_t deadline_ns);

#endif
