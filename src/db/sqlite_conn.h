/*
 * sqlite_conn: one connection with its prepared statements; used by one thread at a time.
 */
#ifndef USHER_DB_SQLITE_CONN_H
#define USHER_DB_SQLITE_CONN_H

#include "db/sqlite.h"

enum sqlite_access { SQLITE_WRITER, SQLITE_READER, SQLITE_SNAPSHOT };

#define SQLITE_LITERALS_MAX 1024 /* texts a connection keeps prepared; a power of two */

struct sqlite_literal {
    const char *text; /* NULL: free */
    sqlite3_stmt *statement;
};

struct sqlite_conn {
    sqlite3 *handle;                 /* NULL while closed */
    struct sqlite_literal *literals; /* by the text's address; made when first asked for */
    uint32_t literal_count;
    int log_pages; /* in the write-ahead log, as of the last commit of this connection */
};

/* Opens and sets what every connection must have: WAL, synchronous FULL, no memory map; a WRITER
 * creates the file, a SNAPSHOT begins the read transaction that it keeps. ERR_IO, ERR_NO_MEMORY,
 * ERR_CORRUPT; ERR_NOT_FOUND: no file, for any but a WRITER. */
int sqlite_conn_open(struct sqlite_conn *conn, const struct sqlite_options *options,
                     enum sqlite_access kind);
/* Opens an empty database in memory, gone when closed. ERR_IO, ERR_NO_MEMORY. */
int sqlite_conn_open_memory(struct sqlite_conn *conn);
/* The statement of a string literal, which lives as long as the program; reset and without
 * bindings. ERR_IO, ERR_CORRUPT, ERR_NO_MEMORY; ERR_FULL: SQLITE_LITERALS_MAX texts are in use;
 * ERR_UNSUPPORTED: the text does not fit the schema (a table that is not there). */
int sqlite_literal(struct sqlite_conn *conn, const char *text, sqlite3_stmt **ret_statement);
/* May be called on a closed or zeroed one. */
void sqlite_conn_close(struct sqlite_conn *conn);

#endif
