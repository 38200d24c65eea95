/*
 * doors: what organisers tell the doors: which tickets are not to be let in, and between which
 * times a performance lets people in; and which orders' money is not there, as payments know.
 *
 * A blocked ticket stays its order's: nothing is cancelled, no money moves. Rows of another
 * generation of codes are blocked, too, for it is the place that is.
 */
#ifndef USHER_STORE_DOORS_H
#define USHER_STORE_DOORS_H

#include "db/sql.h"
#include "sale/entry.h"
#include "store/acts.h"

#define DOOR_REASON_MAX  200  /* bytes */
#define DOOR_BLOCKS_MAX  2000 /* tickets of a performance that are blocked */
#define DOOR_BLOCKS_PAGE 1000 /* in one answer */

struct door_block {
    struct id order_id;
    uint32_t seat;
    struct view reason;
    int64_t created_at_ms;
    uint32_t performance_id;
};

/* What holds for some orders of a performance. */
struct door_said {
    struct entry_rule entry;
    struct door_block *blocks;
    size_t block_count;
    struct id *unpaid; /* orders */
    size_t unpaid_count;
};

/* Makes the tables, or brings them to this program's form: as sql_migrate. */
int doors_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* What is said of these orders; texts in the arena. As sql_read. */
int doors_read(struct sql *sql, uint32_t performance_id, const struct id *order_ids,
               size_t order_count, struct arena *arena, struct door_said *ret_said,
               int64_t deadline_ns);
/* A ticket's block, in such an answer; NULL: it is not blocked. */
const struct door_block *door_block_in(const struct door_said *said, struct id order_id,
                                       uint32_t seat);
/* Whether the money of an order is not there, in such an answer. */
bool door_unpaid_in(const struct door_said *said, struct id order_id);

/* Blocks tickets of a performance, or gives those that are blocked another reason; their own time
 * stays. ERR_FULL: DOOR_BLOCKS_MAX, and none is blocked. As sql_write. */
int doors_block(struct sql *sql, uint32_t performance_id, const struct door_block *blocks,
                size_t count, const struct act *act, int64_t deadline_ns);
/* Ends the blocks of an order's seats; of all (seat_count 0). Where there is none, nothing happens.
 * As sql_write. */
int doors_unblock(struct sql *sql, struct id order_id, const uint32_t *seats, size_t seat_count,
                  const struct act *act, int64_t deadline_ns);
/* A performance's blocks (0: of all), the last first, at most DOOR_BLOCKS_PAGE, beginning behind
 * the first `skip`. As sql_read. */
int doors_blocked(struct sql *sql, uint32_t performance_id, size_t skip, struct arena *arena,
                  struct door_block **ret_blocks, size_t *ret_count, int64_t deadline_ns);

/* Sets when a performance lets people in. As sql_write. */
int doors_set_entry(struct sql *sql, uint32_t performance_id, const struct entry_rule *rule,
                    const struct act *act, int64_t deadline_ns);

#endif
