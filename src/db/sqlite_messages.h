/*
 * sqlite_messages: what SQLite itself says of its troubles.
 *
 * SQLite's result codes become a handful of ours on their way up; its own sentence (which file,
 * which errno) and its extended code (SQLITE_FULL, SQLITE_IOERR_FSYNC, …) are kept here, the last
 * of them, for whoever says why a store cannot be opened; and once a server runs they go into the
 * log as `store.sqlite`. What is no trouble (a broken constraint, a log that is read back) is
 * debug. Any thread.
 */
#ifndef USHER_DB_SQLITE_MESSAGES_H
#define USHER_DB_SQLITE_MESSAGES_H

#include <sqlite3.h>

#define SQLITE_MESSAGE_MAX 200

/* Listens to SQLite. Before the process's first connection; later calls change nothing. */
void sqlite_messages_hear(void);
/* From now on messages go into the log. */
void sqlite_messages_log(void);

/* Takes what a call with this result code has just failed of, where it is trouble: SQLite says by
 * itself what the system told it, but not that a COMMIT failed for it. */
void sqlite_messages_say(sqlite3 *handle, int code);

/* "SQLITE_IOERR_READ: disk I/O error", the last trouble; empty where there was none. */
void sqlite_messages_last(char ret_text[SQLITE_MESSAGE_MAX]);

#endif
