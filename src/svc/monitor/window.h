/*
 * window: the records of the last days, in a file of the monitor's own: what waits to be shipped,
 * and what can be searched.
 *
 * A record is one JSON object with an id that its sender made; one that is there already is left
 * out, so that a sender who got no answer sends again. What was read from a source that keeps a
 * position (a ledger) is written together with the position, in one transaction: nothing of it is
 * lost or doubled, whatever dies when.
 *
 *     put ──▶ intake ──settle──▶ WAITING ──shipped──▶ DONE ──oldest beyond the limit──▶ gone
 *                                    └────refused────▶ REFUSED (kept with its reason)
 *
 * A put is one row of the intake (intake.h); window_settle sorts it into the table of records and
 * the index of words, where one that is there already is found out. Every question settles first,
 * so it finds all that was put before.
 *
 * DIR/monitor.db, SQLite with FTS5 beside it for the text (db/sqlite.h: one writer, natural group
 * commit). All calls may wait; from a fiber or a plain thread.
 */
#ifndef USHER_SVC_MONITOR_WINDOW_H
#define USHER_SVC_MONITOR_WINDOW_H

#include "mem/arena.h"
#include "mem/view.h"
#include "observe/log.h"

#define RECORD_ID_MAX    64    /* bytes */
#define RECORD_BODY_MAX  16384 /* bytes of JSON */
#define RECORDS_PUT_MAX  1024  /* in one call */
#define WINDOW_QUERY_MAX 256   /* bytes of what is searched for */
#define WINDOW_FOUND_MAX 500   /* records in one answer */

enum record_stream { RECORD_LOGS = 1, RECORD_EVENTS = 2, RECORD_SPANS = 3 };

struct record {
    uint64_t number; /* the window's own, ascending; put does not read it */
    struct view id;
    enum record_stream stream;
    enum log_level level;
    int64_t at_ms;    /* Unix time */
    struct view body; /* one JSON object, without a line end */
};

/* Where a source of records stands. */
struct window_position {
    struct view source; /* "ledger/7"; at most RECORD_ID_MAX bytes */
    uint64_t position;
};

struct window_options {
    const char *data_dir;
    bool ships;           /* records wait to be shipped; otherwise they are DONE at once */
    uint64_t rows_max;    /* records kept; the oldest that do not wait go first */
    uint64_t waiting_max; /* beyond: logs are ERR_FULL; events wait in their ledger */
};

struct window;
/* Opens or makes DIR/monitor.db. ERR_IO, ERR_CORRUPT, ERR_NO_MEMORY, ERR_UNSUPPORTED (made by a
 * newer program). */
int window_open(const struct window_options *options, struct window **ret_window);
/* No call may be under way. NULL is harmless. */
void window_close(struct window *w);

/* Adds records, all or none, and moves the position (NULL: there is none). ERR_FULL: too many wait;
 * ERR_INVALID: an id or a body is empty or too long, a body is not one line from { to }, or count
 * is too great; else as sql_write. */
int window_put(struct window *w, const struct record *records, size_t count,
               const struct window_position *position, int64_t deadline_ns);
/* Whether the last put was not done, most likely for want of room on the disk. Any thread. */
bool window_fails(const struct window *w);
/* Puts nothing, to find out whether it can be done again. As window_put. */
int window_try(struct window *w, int64_t deadline_ns);
/* *ret_position is 0 for a source that was never put. */
int window_position(struct window *w, struct view source, uint64_t *ret_position,
                    int64_t deadline_ns);

/* The oldest records that wait and have a greater number, at most max; in the arena. */
int window_waiting(struct window *w, uint64_t after, size_t max, struct arena *arena,
                   struct record **ret_records, size_t *ret_count, int64_t deadline_ns);

/* What became of a record that waited. */
struct window_outcome {
    uint64_t number;
    const char *refused; /* NULL: it was shipped; otherwise why it never will be */
};
int window_note_outcomes(struct window *w, const struct window_outcome *outcomes, size_t count,
                         int64_t deadline_ns);
/* Sorts some thousand of the records that were put, in one transaction, and removes as many of the
 * oldest beyond rows_max. 1: there is more to do, 0: there is not, or as sql_write. */
int window_settle(struct window *w, int64_t deadline_ns);

struct window_query {
    struct view text; /* words that all have to be there; empty: everything */
    int stream;       /* enum record_stream; 0: all */
    enum log_level level;
    int64_t from_ms; /* 0: from the first */
    int64_t to_ms;   /* 0: to the last */
    uint64_t before; /* a number: older ones only; 0: from the newest */
    size_t max;      /* 1 to WINDOW_FOUND_MAX */
};
/* The newest first. ERR_INVALID: the text is too long. */
int window_search(struct window *w, const struct window_query *query, struct arena *arena,
                  struct record **ret_records, size_t *ret_count, int64_t deadline_ns);

struct window_counts {
    uint64_t waiting, done, refused;
};
/* How many there are of each. */
int window_count(struct window *w, struct window_counts *ret_counts, int64_t deadline_ns);

#endif
