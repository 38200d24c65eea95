/*
 * scans: who came in and went out, as a log of what gates did.
 *
 * A scan is kept once, by its nonce, and never changes what its gate answered. Who is inside is a
 * fold over the scans of a ticket that were let through, in order of their time: in, out, in again.
 * A gate without the network lets in what it cannot know to be inside already; its scans come
 * later, in any order, and the fold over all of them is the same whatever that order was. A scan
 * that was let in while the fold says "inside" is a double entry: it keeps its answer, and is
 * explained by the scan that had let the ticket in.
 *
 * A ticket that is given back (scan_give_back, in the transaction that gives it back) is not let in
 * any more, and one that was let in is given back by explicit wish alone: the two lock its row, so
 * one of them comes second. A gate without the network may let it in all the same; its scan keeps
 * its answer, with the result SCAN_CANCELED.
 */
#ifndef USHER_STORE_SCANS_H
#define USHER_STORE_SCANS_H

#include "db/sql.h"

#define SCAN_NONCE_MAX   64   /* bytes */
#define SCAN_NAME_MAX    100  /* bytes of a gate or device */
#define SCANS_TICKET_MAX 500  /* scans of one ticket */
#define SCANS_PAGE_MAX   1000 /* rows in one answer */
#define SCAN_GATES_MAX   200  /* gates that are counted apart */

/* As usher.v1.CheckInResult; numbers are for ever. */
enum scan_result {
    SCAN_OK = 1,
    SCAN_INVALID = 2,
    SCAN_CANCELED = 3,
    SCAN_REVOKED = 4,
    SCAN_ALREADY_REDEEMED = 5,
    SCAN_WRONG_PERFORMANCE = 6,
    SCAN_EXPIRED = 7,
    SCAN_NOT_INSIDE = 8,
    SCAN_UNPAID = 9,
    SCAN_BLOCKED = 10,
    SCAN_INVALID_TIME = 11
};
/* As usher.v1.Direction. */
#define SCAN_GONE_MOVED 2 /* of gone_used, where 0 and 1 are of tickets that are given back */

enum scan_direction { SCAN_IN = 1, SCAN_OUT = 2 };

struct scan {
    uint32_t performance_id; /* whose door it was */
    struct id order_id;      /* zero: the code was none of ours */
    uint32_t seat;
    struct view nonce;
    struct view gate;
    struct view device;
    enum scan_direction direction;
    int64_t at_ms;
    enum scan_result answered; /* what the gate said */
    enum scan_result result;   /* what is wrong with the code, else what the fold says */
    bool forced;
};

/* Where the ticket is inside since. */
struct scan_entry {
    int64_t at_ms; /* 0: it is not */
    struct view gate;
    struct view device;
};

/* Makes the tables, or brings them to this program's form: as sql_migrate. */
int scans_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* Who decides what the gate says. */
enum scan_judge {
    SCAN_JUDGE_NOW, /* online: where scan->answered is SCAN_OK, the fold decides */
    SCAN_JUDGED     /* the gate has said scan->answered, offline or forced; scan->result is what is
                       known of the code, SCAN_OK where the fold decides */
};

/* A scan to be kept, and what came of it. */
struct scan_put {
    struct scan scan;        /* in */
    enum scan_result told;   /* what the gate said, or has to say */
    enum scan_result folded; /* what the fold says of it */
    struct scan_entry entry; /* where it is, or was, inside already: since when */
    int err;                 /* 0; ERR_EXISTS: the nonce is another scan's; ERR_FULL: the ticket has
                                SCANS_TICKET_MAX; nothing was kept then */
};
/* Keeps scans in their order, in one transaction. One that is there already (nonce) gets the same
 * answer again. Texts of entries are in the arena. ERR_INVALID: one is beyond the maxima above, and
 * none was kept; as sql_write. */
int scan_put(struct sql *sql, enum scan_judge judge, struct scan_put *puts, size_t count,
             struct arena *arena, int64_t deadline_ns);

struct scan_gate {
    struct view gate;
    uint32_t in, out; /* scans let through */
};
struct scan_counts {
    uint32_t inside;  /* tickets */
    uint32_t came;    /* tickets that were let in, once at least */
    uint32_t refused; /* scans */
    struct scan_gate *gates;
    size_t gate_count;
};
/* As sql_read. */
int scan_count(struct sql *sql, uint32_t performance_id, struct arena *arena,
               struct scan_counts *ret_counts, int64_t deadline_ns);

struct scan_seat {
    struct id order_id;
    uint32_t seat;
    int64_t at_ms; /* when it came in last */
};
/* Of these orders' tickets, those that are inside. As sql_read. */
int scan_inside(struct sql *sql, const struct id *order_ids, size_t order_count,
                struct arena *arena, struct scan_seat **ret_seats, size_t *ret_count,
                int64_t deadline_ns);

/* Whether a ticket of the order has ever been let in: 1 or 0, in a job; as sql_ask_int. */
int scan_came_in(struct sql_txn *txn, struct id order_id);

/* Tickets of an order that are given back. */
struct scan_back {
    struct id order_id;
    uint32_t performance_id;
    const uint32_t *seats;
    size_t seat_count;
    bool even_used; /* also those that were let in */
    bool moves;     /* the tickets move to other places: what is being given back does not, and the
                       other way round */
    int64_t at_ms;
};
/* From now on no gate that knows of it lets them in. In a job. ERR_LATE: one was let in, and that
 * is not wished; ERR_CONFLICT: one moves, or is given back, where the other is wished; the job must
 * return them. As sql_run. */
int scan_give_back(struct sql_txn *txn, const struct scan_back *back);
/* The same alone; and its end, where they were not given back after all. As sql_write. */
int scan_back_put(struct sql *sql, const struct scan_back *back, int64_t deadline_ns);
int scan_back_end(struct sql *sql, const struct scan_back *back, int64_t deadline_ns);
/* The seats of an order whose tickets have been given back since that is kept. As sql_read. */
int scan_gone(struct sql *sql, struct id order_id, struct arena *arena, uint32_t **ret_seats,
              size_t *ret_count, int64_t deadline_ns);
/* The seats of an order whose tickets have ever been let in, in their order. As sql_read. */
int scan_used(struct sql *sql, struct id order_id, struct arena *arena, uint32_t **ret_seats,
              size_t *ret_count, int64_t deadline_ns);

/* A ticket that was let in, for who checks all. */
struct scan_ticket {
    struct id order_id;
    uint32_t seat;
    bool in_time;       /* once at least when it had not been given back */
    bool known;         /* false: of before it was kept what is given back */
    int64_t gone_at_ms; /* when it was given back; 0: it was not */
    bool even_used;
};
/* Those behind that ticket (zero: from the first), by order and seat, at most max. As sql_read. */
int scan_tickets(struct sql *sql, struct id order_id, uint32_t seat, size_t max,
                 struct arena *arena, struct scan_ticket **ret_tickets, size_t *ret_count,
                 int64_t deadline_ns);

/* An order's scans, by time, at most SCANS_PAGE_MAX; texts in the arena. As sql_read. */
int scan_of_order(struct sql *sql, struct id order_id, struct arena *arena, struct scan **ret_scans,
                  size_t *ret_count, int64_t deadline_ns);

struct scan_double {
    struct scan first;
    struct scan second;
};
/* The double entries of a performance, by time, at most SCANS_PAGE_MAX. As sql_read. */
int scan_doubles(struct sql *sql, uint32_t performance_id, struct arena *arena,
                 struct scan_double **ret_doubles, size_t *ret_count, int64_t deadline_ns);
struct scan_void {
    struct scan scan;
    int64_t gone_at_ms; /* 0: not known */
};
/* What was let in at a performance's doors when it had been given back. As scan_doubles. */
int scan_voids(struct sql *sql, uint32_t performance_id, struct arena *arena,
               struct scan_void **ret_voids, size_t *ret_count, int64_t deadline_ns);

#endif
