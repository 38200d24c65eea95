/*
 * sqlite: a database file as fibers see it.
 *
 * SQLite blocks, so it has threads of its own: one that writes and a few that read. Work is a job,
 * a function that runs on such a thread with a connection; whoever hands it in waits until it has
 * ended, a fiber by parking. The writer takes all jobs that are queued and runs them in one
 * transaction (natural group commit: no timer), each in its savepoint, so that a job that fails
 * takes nothing of its mates with it. They are answered after COMMIT, which in WAL mode with
 * synchronous FULL means: after the log is synced. Reads see every commit that was answered before
 * they were handed in, and never wait for the disk of a commit.
 *
 *     callers ──▶ writes (bounded) ──▶ writer: BEGIN, job, job, …, COMMIT ──▶ all answered
 *             ──▶ reads  (bounded) ──▶ reader: BEGIN, job, COMMIT ──▶ answered
 *
 * Checkpoints are the writer's work, done after the answers of a transaction have gone out. While
 * another process reads an old snapshot (an audit, a backup) the log cannot begin anew and grows by
 * all that is written; afterwards its file is cut to SQLITE_LOG_KEPT_BYTES.
 *
 * A transaction whose COMMIT failed may have reached the disk or not: its jobs get ERR_UNKNOWN. The
 * connection is opened anew then, and the log is moved into the database file and synced before
 * anything else is written: after a failed fsync the kernel may have dropped what it could not
 * write, and later syncs of the same file would not tell (Rebello et al., "Can applications recover
 * from fsync failures?", USENIX ATC 2020). Until that has worked, every write is ERR_UNAVAILABLE.
 *
 * When a file of the store (the database, its log, the log's index, the folder's lock) has lost its
 * name, or another file has got it (moved, removed, a copy put in its place), nothing is written
 * any more: the next start would not find it. ERR_UNAVAILABLE, until it is back; ERR_UNKNOWN of
 * what was being written. A lost log is moved into the database file at once, within
 * SQLITE_LOOK_MS where nobody writes, so that nothing that was answered goes with it.
 *
 * The deadline bounds the time a job waits in a queue; one that has begun is not interrupted.
 * Deadlines are of CLOCK_MONOTONIC: fibers of a virtual loop cannot use this driver.
 */
#ifndef USHER_DB_SQLITE_H
#define USHER_DB_SQLITE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/waiter.h"

#define SQLITE_READERS_MAX          8
#define SQLITE_TRANSACTION_JOBS_MAX 256   /* jobs in one transaction */
#define SQLITE_CACHE_KIB            65536 /* page cache of the writer; a reader has a quarter */
#define SQLITE_LOOK_MS              1000  /* an idle writer looks after its files as often */
#define SQLITE_BUSY_TIMEOUT_MS      2000  /* for locks of other processes (an audit that begins) */
#define SQLITE_LOG_KEPT_BYTES       67108864 /* of the log's file, when it begins anew */

struct sqlite;      /* the database; any thread */
struct sqlite_conn; /* one connection; its thread only */

struct sqlite_options {
    const char *path;          /* copied */
    const char *lock_path;     /* copied; of the folder's lock, or NULL */
    bool read_only;            /* one snapshot, taken by sqlite_new, that every read sees */
    uint32_t readers;          /* 1 … SQLITE_READERS_MAX; read_only always has 1 */
    uint32_t queue_max;        /* jobs waiting to write, and as many to read */
    uint32_t checkpoint_pages; /* pages in the log that begin a checkpoint */
    uint32_t cache_kib;        /* page cache of the writer; 0: SQLITE_CACHE_KIB */
    /* No threads: a job runs where it is handed in, and nothing waits. The path is a name for
     * SQLite's default layer (VFS), nobody else's; for the simulation, in virtual time. */
    bool alone;
};

/* Embed it in what the job needs; it lives on the stack of the one who hands it in. */
struct sqlite_job {
    /* 0 or an error; a write that returns one has its changes taken back. May run more than once?
     * No: once, or never. */
    int (*run)(struct sqlite_job *job, struct sqlite_conn *conn);
    /* the driver's own */
    struct sqlite_job *next;
    int64_t deadline_ns;
    int result;
    bool waited; /* somebody waits for it, on another thread */
    struct waiter waiter;
};

/* Opens or creates. ERR_IO, ERR_NO_MEMORY, ERR_CORRUPT (no database); ERR_NOT_FOUND: read_only and
 * no such file. */
int sqlite_new(const struct sqlite_options *options, struct sqlite **ret_sqlite);
/* No job may be under way. Moves the log into the database file. */
void sqlite_free(struct sqlite *s);

/* Runs the job on the writer. What run returned, once its transaction is durable; ERR_FULL:
 * queue_max jobs wait; ERR_TIMEOUT: the deadline passed in the queue; ERR_UNAVAILABLE: nothing was
 * done; ERR_DENIED: read_only; ERR_UNKNOWN, ERR_IO: it may or may not have been done. */
int sqlite_write(struct sqlite *s, struct sqlite_job *job, int64_t deadline_ns);
/* Runs the job on a reader, all of it in one snapshot. What run returned; ERR_FULL, ERR_TIMEOUT,
 * ERR_IO. */
int sqlite_read(struct sqlite *s, struct sqlite_job *job, int64_t deadline_ns);

/* Jobs that wait to be written now; any thread. For tests, which fill the queue. */
uint32_t sqlite_backlog(struct sqlite *s);

/* --- within a job --- */

/* Steps a statement that gives no rows, and resets it. 0, or as sqlite_code. ret_changes (may be
 * NULL) gets the number of rows changed. */
int sqlite_run(struct sqlite_conn *conn, sqlite3_stmt *statement, int *ret_changes);
/* Steps to the next row. 1: a row; 0: no more, and reset; else as sqlite_code, and reset. */
int sqlite_step(sqlite3_stmt *statement);
/* Runs a string literal, which is one statement without parameters and gives no rows. Each
 * connection prepares it once: BEGIN and COMMIT need not be parsed for each transaction. */
int sqlite_do(struct sqlite_conn *conn, const char *text);
/* Runs a text of one or more statements that give no rows. */
int sqlite_exec(struct sqlite_conn *conn, const char *text);
sqlite3 *sqlite_handle(struct sqlite_conn *conn);

/* Of a result code: 0 for OK, ROW and DONE; ERR_CONFLICT for a broken constraint; ERR_BUSY,
 * ERR_CORRUPT, ERR_NO_MEMORY, ERR_DENIED (read-only); ERR_IO for all else. */
int sqlite_code(int result_code);

#endif
