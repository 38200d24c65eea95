/*
 * sqlite_place: the files of a store under their names, as they were when they were opened.
 *
 * What is written into a file that has lost its name, or beside a lock that another process can
 * take anew, nobody finds again. So the writer looks before each transaction and before it answers
 * one: the database, its log, the log's index, and the lock of the folder.
 */
#ifndef USHER_DB_SQLITE_PLACE_H
#define USHER_DB_SQLITE_PLACE_H

#include <stdbool.h>
#include <sys/stat.h>

#define SQLITE_PLACE_PATH 4160

enum sqlite_place_file {
    SQLITE_PLACE_DATABASE,
    SQLITE_PLACE_LOG,   /* -wal */
    SQLITE_PLACE_INDEX, /* -shm */
    SQLITE_PLACE_LOCK,
    SQLITE_PLACE_FILES,
};

struct sqlite_place {
    struct {
        char path[SQLITE_PLACE_PATH]; /* empty: none */
        struct stat opened;           /* st_ino 0: not there then */
    } files[SQLITE_PLACE_FILES];
};

/* Notes the files of a database that is open. lock_path may be NULL. ERR_IO: the database has no
 * name any more. */
int sqlite_place_note(struct sqlite_place *place, const char *path, const char *lock_path);

/* Notes the files that were not there before: SQLite makes the log and its index with the first
 * transaction. */
void sqlite_place_complete(struct sqlite_place *place);

/* The first file that has lost its name, or whose name another has got; SQLITE_PLACE_FILES:
 * none. Four looks at the file system, some microseconds. */
enum sqlite_place_file sqlite_place_lost(const struct sqlite_place *place);

#endif
