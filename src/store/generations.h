/*
 * generations: which generation of a ticket's codes is good (token/ticket_ref.h). A ticket that is
 * not here is at generation 0, and nearly all are: the table is the revocation list.
 */
#ifndef USHER_STORE_GENERATIONS_H
#define USHER_STORE_GENERATIONS_H

#include "db/sql.h"

#define GENERATIONS_MAX       10000 /* rows in one answer */
#define GENERATION_HOLDER_MAX 120   /* bytes */

struct generation {
    struct id order_id;
    uint32_t seat;
    uint32_t generation; /* that is good; 1 … 65,535 */
    struct view holder; /* "m…@example.org": whom it was passed on to; empty: the order's owner */
};

/* Makes the table, or brings it to this program's form: as sql_migrate. */
int generations_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* Moves a ticket from generation `from` to the next. ERR_CONFLICT: it is not at `from`; ERR_FULL:
 * there is no further one; as sql_write. */
int generation_next(struct sql *sql, uint32_t performance_id, struct id order_id, uint32_t seat,
                    uint32_t from, int64_t now_ms, int64_t deadline_ns);
/* The same inside a job, to a holder: empty is the order's owner. As sql_run, with ERR_CONFLICT and
 * ERR_FULL of above. */
int generation_move(struct sql_txn *txn, uint32_t performance_id, struct id order_id, uint32_t seat,
                    uint32_t from, struct view holder, int64_t now_ms);
/* Those of an order, by seat. As sql_read. */
int generations_of_order(struct sql *sql, struct id order_id, struct arena *arena,
                         struct generation **ret_list, size_t *ret_count, int64_t deadline_ns);
/* Those of a performance, the latest moved first, at most GENERATIONS_MAX. As sql_read. */
int generations_of_performance(struct sql *sql, uint32_t performance_id, struct arena *arena,
                               struct generation **ret_list, size_t *ret_count,
                               int64_t deadline_ns);

/* Of a ticket, in such a list; 0 where it is not there. */
uint32_t generation_in(const struct generation *list, size_t count, struct id order_id,
                       uint32_t seat);

/* Whom it was passed on to, in such a list; the empty view: nobody. */
struct view generation_holder_in(const struct generation *list, size_t count, struct id order_id,
                                 uint32_t seat);

/* Every move of a ticket is written twice, in one transaction: as its present generation, which
 * revokes the ones before, and as a line in the list of moves. Calls fault for every ticket of the
 * performance (0: of all) of which the two do not agree. As sql_read. */
typedef void generation_fault(void *state, struct id order_id, uint32_t seat,
                              uint32_t performance_id, const char *what);
int generations_check(struct sql *sql, uint32_t performance_id, generation_fault *fault,
                      void *state, int64_t deadline_ns);

#endif
