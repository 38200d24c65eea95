/*
 * sqlite_log: a file system layer for SQLite that writes the write-ahead log in one piece.
 *
 * SQLite writes a log frame as two small writes, so a commit of some hundred pages is a thousand
 * system calls. This layer (a VFS, see sqlite.org/vfs.html) gathers writes that follow on from one
 * another in memory and hands them on in large pieces: when the log is synced, which is before a
 * commit is announced to anybody; before anything else is done with the file; or when
 * SQLITE_LOG_BUFFER bytes have gathered. Nothing is promised later than without it: what matters to
 * SQLite is what a sync has covered. An error of a gathered write is reported by the call that
 * hands it on.
 *
 * All other files go to the system's own layer untouched.
 */
#ifndef USHER_DB_SQLITE_LOG_H
#define USHER_DB_SQLITE_LOG_H

#define SQLITE_LOG_BUFFER (1u << 20)

/* The layer's name for sqlite3_open_v2, registered when first asked for over what is then the
 * default one; NULL (the default layer) where there is no memory for it. */
const char *sqlite_log_vfs(void);

#endif
