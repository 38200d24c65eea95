/*
 * mariadb: a MariaDB server as fibers see it.
 *
 * A bounded pool of connections that any thread may use. Whoever has taken a connection has it
 * alone until he gives it back. A fiber that waits for the server parks on its own loop
 * (Connector/C's non-blocking API); a plain thread polls. Opening a connection (name, TLS, log-in)
 * is done on a small pool of threads, because the library looks names up with getaddrinfo.
 *
 *     take ─▶ begin ─▶ run, step, … ─▶ commit ─▶ give
 *
 * The deadline given to take bounds everything that is done with the connection until it is given
 * back. All calls are deaf to cancellation: who asked learns the outcome. A call that is late, or
 * whose connection breaks, loses the connection; the server then takes an open transaction back.
 *
 * What an error says of what was done:
 *   in a transaction (after begin, before commit): nothing was done, whatever the error;
 *   of commit: ERR_UNKNOWN, it may have been done; any other error, it was not;
 *   outside of a transaction a single statement is its own: ERR_UNKNOWN, it may have been done.
 *
 * Errors of the server: ERR_CONFLICT (a duplicate key, a broken reference), ERR_BUSY (deadlock, or
 * a lock was waited for too long: roll back and try again), ERR_UNAVAILABLE (gone, read-only,
 * full), ERR_TIMEOUT, ERR_INVALID (a value that its column cannot hold), ERR_DENIED,
 * ERR_NOT_FOUND (no such database), ERR_CORRUPT, ERR_NO_MEMORY, ERR_IO (anything else).
 *
 * Sessions are READ COMMITTED, strict, utf8mb4, UTC.
 */
#ifndef USHER_DB_MARIADB_H
#define USHER_DB_MARIADB_H

#include <stdbool.h>
#include <stdint.h>

#include "db/sql.h"

#define MARIADB_CONNECTIONS_MAX 64          /* of a pool */
#define MARIADB_WAITING_MAX     8192        /* callers that wait for a connection */
#define MARIADB_STATEMENTS_MAX  128         /* prepared ones a connection keeps */
#define MARIADB_VALUES_MAX      512         /* of one statement */
#define MARIADB_CONNECT_MAX_MS  10000       /* opening a connection; the deadline may be nearer */
#define MARIADB_LOCK_WAIT_S     5           /* for a row that another transaction has changed */
#define MARIADB_PACKET_MIN      (16u << 20) /* max_allowed_packet must be that large */
#define MARIADB_WHY_MAX         512
#define MARIADB_PLACES_MAX      8     /* hosts of an address */
#define MARIADB_LONELY          50010 /* our error: it is committed, and no replica has it */

struct mariadb;           /* the pool; any thread */
struct mariadb_conn;      /* one at a time has it */
struct mariadb_statement; /* of one connection */

/* Readies a pool for mariadb://USER@HOST[:PORT][,HOST[:PORT]…]/DATABASE[?OPTION&…]; nothing is
 * connected yet. Options: socket=PATH (instead of HOST), password-file=PATH,
 * tls=off|require|verify, tls-ca=PATH, tls-cert=PATH and tls-key=PATH, connections=N,
 * semi-sync=require. ERR_INVALID: ret_why says what is wrong, for people; ERR_NO_MEMORY.
 *
 * Of several hosts the one that is not read-only is used, whichever it is now. With
 * semi-sync=require a host is used, and a commit is done, only while a replica has all that was
 * committed (mariadb_primary.c). */
int mariadb_new(const char *url, char ret_why[MARIADB_WHY_MAX], struct mariadb **ret_mariadb);
/* No connection may be taken. Closes all. */
void mariadb_free(struct mariadb *m);
/* "HOST:PORT,…/DATABASE" or "SOCKET/DATABASE", for people. Lives as long as the pool. */
const char *mariadb_name(const struct mariadb *m);
/* Why the last connection could not be opened; empty where none failed. For the one thread that has
 * just opened the pool. */
const char *mariadb_last_failure(const struct mariadb *m);

/* Takes a connection, opening one where none is idle. ERR_FULL: too many wait; ERR_TIMEOUT;
 * ERR_UNAVAILABLE: the server cannot be reached; ERR_DENIED, ERR_NOT_FOUND, ERR_UNSUPPORTED (its
 * max_allowed_packet is too small). Nothing was done in any of these cases. */
int mariadb_take(struct mariadb *m, int64_t deadline_ns, struct mariadb_conn **ret_conn);
/* Gives it back. A transaction that is open is rolled back. */
void mariadb_give(struct mariadb_conn *conn);
/* Keeps it beyond the present work, with its transaction: after rest, any thread or fiber may use
 * it again after wake, which has a new deadline. */
void mariadb_rest(struct mariadb_conn *conn);
int mariadb_wake(struct mariadb_conn *conn, int64_t deadline_ns);

int mariadb_begin(struct mariadb_conn *conn);
/* The same by a statement that begins the transaction itself, and rolls it back where it fails. */
int mariadb_begin_by(struct mariadb_statement *s);
/* Begins a transaction that only reads, all of it as it was at this moment; mariadb_rollback ends
 * it. */
int mariadb_snapshot(struct mariadb_conn *conn);
int mariadb_commit(struct mariadb_conn *conn);
/* After an error of anything within it, or instead of a commit. */
void mariadb_rollback(struct mariadb_conn *conn);

/* Runs one text that gives no rows. ret_changes (may be NULL) gets the number of rows it changed;
 * of an UPDATE, that it found. */
int mariadb_exec(struct mariadb_conn *conn, struct view text, uint64_t *ret_changes);
/* What a text of several statements must say behind its COMMIT; empty where nothing is to be said.
 * An error of it is ERR_UNKNOWN. */
const char *mariadb_after_commit(const struct mariadb *m);
/* The server's number of the last error since mariadb_take or mariadb_begin (MariaDB's "Error
 * Codes"; 0: there was none of the server's), and its sentence. */
unsigned mariadb_errno(const struct mariadb_conn *conn);
const char *mariadb_error(const struct mariadb_conn *conn);

/* The prepared statement of that literal (it is known by its address), reset, with its values bound
 * in order; prepared once a connection. Values are borrowed until it has run. */
int mariadb_statement(struct mariadb_conn *conn, const char *text, const struct sql_value *values,
                      size_t count, struct mariadb_statement **ret_statement);

/* Runs a statement that gives no rows. Both outputs may be NULL. */
int mariadb_run(struct mariadb_statement *s, uint64_t *ret_changes, uint64_t *ret_insert_id);
/* Runs a statement that gives no rows once for each of at least one row of values, in one round
 * trip; row after row, each with a value for every parameter, a parameter's all of one type and
 * none NULL. All or nothing within a transaction. */
int mariadb_run_rows(struct mariadb_conn *conn, const char *text, const struct sql_value *values,
                     size_t parameters, size_t rows);
/* Steps to the next row; the first step runs the statement and fetches all its rows: their number
 * is for the text to bound. 1: a row; 0: no more, and reset. */
int mariadb_step(struct mariadb_statement *s);
/* Frees the rows before the last was stepped to. Harmless on any. */
void mariadb_reset(struct mariadb_statement *s);

/* Of the present row; the first column is 0. */
uint32_t mariadb_column_count(const struct mariadb_statement *s);
bool mariadb_column_is_null(const struct mariadb_statement *s, uint32_t column);
/* 0 for NULL. The column must be of integers, or a sum. */
int64_t mariadb_column_i64(const struct mariadb_statement *s, uint32_t column);
size_t mariadb_column_len(const struct mariadb_statement *s, uint32_t column);
/* A copy in the arena with a NUL behind; empty for NULL. ERR_NO_MEMORY. */
int mariadb_column_bytes(struct mariadb_statement *s, uint32_t column, struct arena *arena,
                         struct view *ret_bytes);
/* Copies the first bytes, at most room. */
void mariadb_column_copy(struct mariadb_statement *s, uint32_t column, void *bytes, size_t room);

/* Appends bytes as a literal for mariadb_exec: _binary'…'. ERR_FULL, ERR_NO_MEMORY. */
struct buf;
int mariadb_quote(struct buf *out, struct view bytes);

#endif
