/*
 * sqlite_writer: the one thread that writes. See sqlite.h for what it promises.
 *
 *     OPEN ──COMMIT failed, I/O error──▶ BROKEN ──opened anew, log moved into the file──▶ OPEN
 *     OPEN ──a file lost its name──▶ LOST (what the log has is moved into the file) ──it is back──▶
 *     BROKEN
 */
#ifndef USHER_DB_SQLITE_WRITER_H
#define USHER_DB_SQLITE_WRITER_H

#include "db/sqlite_conn.h"
#include "db/sqlite_place.h"
#include "db/sqlite_queue.h"

struct sqlite_writer {
    struct sqlite_options options; /* path is the owner's copy */
    struct sqlite_conn conn;
    struct sqlite_queue queue;
    pthread_t thread;
    /* touched by the thread only, once it runs */
    struct sqlite_place place;
    bool lost; /* a file of it has lost its name, and that was said */
    bool broken;
    int checkpoint_at; /* pages in the log at which it is emptied, or that is tried again */
};

/* Opens the connection and starts the thread. As sqlite_conn_open. */
int sqlite_writer_start(struct sqlite_writer *w, const struct sqlite_options *options);
/* Runs a job here and now; of a writer that is alone, which has no thread. */
void sqlite_writer_run(struct sqlite_writer *w, struct sqlite_job *job);
/* Ends the thread and closes. No job may be under way. */
void sqlite_writer_stop(struct sqlite_writer *w);

#endif
