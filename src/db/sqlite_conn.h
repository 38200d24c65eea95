/*
 * sqlite_conn: one connection with its prepared statements; used by one thread at a time.
 */
#ifndef USHER_DB_SQLITE_CONN_H
#define USHER_DB_SQLITE_CONN_H

#include "db/sqlite.h"

enum sqlite_access { SQLITE_WRITER, SQLITE_READER, SQLITE_SNAPSHOT };

struct sqlite_conn {
    sqlite3 *handle; /* NULL while closed */
    const char *const *texts;
    sqlite3_stmt **statements; /* prepared when first asked for */
    uint32_t statement_count;
    int log_pages; /* in the write-ahead log, as of the last commit of this connection */
};

/* Opens and sets what every connection must have: WAL, synchronous FULL, no memory map; a WRITER
 * creates the file, a SNAPSHOT begins the read transaction that it keeps. ERR_IO, ERR_NO_MEMORY,
 * ERR_CORRUPT; ERR_NOT_FOUND: no file, for any but a WRITER. */
int sqlite_conn_open(struct sqlite_conn *conn, const struct sqlite_options *options,
                     enum sqlite_access kind);
/* May be called on a closed or zeroed one. */
void sqlite_conn_close(struct sqlite_conn *conn);

#endif
