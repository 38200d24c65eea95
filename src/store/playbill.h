/*
 * playbill: what the public is told of events and performances, and whether it is told at all.
 *
 * The store's own rows of an event and a performance never change, for the ledger hangs on them.
 * What an organiser may change later has its rows here: the state, name, description and poster of
 * an event, the date of a performance. A performance without a row is as it was made.
 *
 * Each write takes the next number of one count, so that a process reads what others have changed
 * by asking for what is younger than the number it knows.
 */
#ifndef USHER_STORE_PLAYBILL_H
#define USHER_STORE_PLAYBILL_H

#include "db/sql.h"
#include "store/rows.h"

#define PLAYBILL_POSTER_MAX 1000 /* bytes of an address */
#define PLAYBILL_ZONE_MAX   64   /* bytes of a time zone's name */
#define PLAYBILL_PLACE_MAX  200  /* bytes of a gate, of an address */

/* usher.v1.EventState. */
enum playbill_state {
    PLAYBILL_DRAFT = 1, /* its organiser alone sees it */
    PLAYBILL_PUBLISHED,
    PLAYBILL_HIDDEN, /* as a draft; who has bought keeps what he has */
    PLAYBILL_DELETED /* nobody sees it any more; for good */
};

/* The next number, within the job that writes. Its row is locked until the end: numbers are given,
 * and seen, in order. ERR_CORRUPT: playbill_seed comes first; as sql_run. */
int playbill_next_number(struct sql_txn *txn, int64_t *ret_number);

struct playbill_event {
    uint32_t event_id;
    uint32_t state; /* enum playbill_state */
    struct view name, description;
    struct view poster;      /* an https address, or empty */
    int64_t published_at_ms; /* first; 0: never */
};

struct playbill_performance {
    uint32_t performance_id;
    int64_t starts_at_ms;
    bool utc_offset_known;
    int32_t utc_offset_minutes; /* of the hall's clock at starts_at_ms */
    struct view time_zone;      /* a name of tzdata, or empty */
    int64_t doors_at_ms;        /* when people are let in; 0: nobody said */
    struct view gate;           /* where; may be empty */
    struct view address;        /* of the venue; may be empty */
    /* A hold that is to be paid later lasts so long after it was made; 0: all is paid at once. */
    uint32_t later_ms;
    bool payment_required; /* what costs anything is not sold before it is paid */
};

/* As sql_migrate. */
int playbill_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* Publishes the events of a store that never had a playbill; later calls do nothing. As sql_write.
 */
int playbill_seed(struct sql *sql, const struct store_event *events, size_t count,
                  int64_t deadline_ns);

/* Writes an event's row, whether there is one or not. ERR_NOT_FOUND: it is deleted. As sql_write.
 */
int playbill_put_event(struct sql *sql, const struct playbill_event *event, int64_t deadline_ns);
/* was_ms: when it was to begin so far; 0: nobody is to be told that it has moved. */
int playbill_put_performance(struct sql *sql, const struct playbill_performance *performance,
                             int64_t was_ms, int64_t deadline_ns);

/* A performance that was moved, of which not everybody with tickets has been told yet. A move that
 * comes before anybody was told of the one before takes its place; back to the old date nothing is
 * told at all. */
struct playbill_move {
    uint64_t move_id; /* grows; of a performance, how new its date is */
    uint32_t performance_id;
    int64_t was_ms, starts_at_ms;
    struct view told_to; /* how far those who tell have come, in their own words; empty: nowhere */
};
/* The oldest, with told_to in the arena. ERR_NOT_FOUND: there is none; as sql_read. */
int playbill_next_move(struct sql *sql, struct arena *arena, struct playbill_move *ret_move,
                       int64_t deadline_ns);
/* They have come further, or, to empty, to the end; inside the job that writes the mails.
 * ERR_CONFLICT: somebody else did, or the move is no more; as sql_run. */
int playbill_told(struct sql_txn *txn, const struct playbill_move *move, struct view to);

/* The longest later_ms that a performance ever had: no hold that was made for paying later can
 * still live beyond it. 0: it never had any. As sql_read. */
int playbill_longest_later(struct sql *sql, uint32_t performance_id, uint32_t *ret_later_ms,
                           int64_t deadline_ns);

/* What was written after the number `after` (0: everything), copied into the arena, and the newest
 * number. As sql_read; ERR_NO_MEMORY. */
struct playbill {
    struct playbill_event *events;
    size_t event_count;
    struct playbill_performance *performances;
    size_t performance_count;
    uint64_t number;
};
int playbill_read(struct sql *sql, uint64_t after, struct arena *arena, struct playbill *ret_bill,
                  int64_t deadline_ns);

#endif
