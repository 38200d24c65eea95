#include "db/sqlite.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "db/sqlite_conn.h"
#include "db/sqlite_messages.h"
#include "db/sqlite_queue.h"
#include "db/sqlite_writer.h"
#include "err/err.h"

struct reader {
    struct sqlite *sqlite;
    struct sqlite_conn conn;
    pthread_t thread;
};

struct sqlite {
    struct sqlite_options options;
    char *path;
    char *lock_path;
    struct sqlite_writer writer; /* of no use where read_only */
    struct sqlite_queue reads;
    struct reader readers[SQLITE_READERS_MAX];
    uint32_t reader_count; /* that run */
    bool writing;          /* the writer runs */
};

/* The snapshot is the job's own. Nothing was written, so it is given up, which cannot fail. */
static void run_read(struct reader *reader, struct sqlite_job *job)
{
    bool kept = reader->sqlite->options.read_only; /* its transaction stays open */
    int rc = kept ? 0 : sqlite_do(&reader->conn, "BEGIN");
    if (rc == 0) {
        rc = job->run(job, &reader->conn);
        if (!kept && !sqlite3_get_autocommit(reader->conn.handle))
            sqlite_do(&reader->conn, "ROLLBACK");
    }
    sqlite_job_answer(job, rc);
}

static void *read_all(void *state)
{
    struct reader *reader = state;
    struct sqlite_job *job;
    while ((job = sqlite_queue_take(&reader->sqlite->reads, 1)))
        if (!sqlite_job_expired(job))
            run_read(reader, job);
    return NULL;
}

static int start_reader(struct sqlite *s)
{
    struct reader *reader = &s->readers[s->reader_count];
    reader->sqlite = s;
    int rc = sqlite_conn_open(&reader->conn, &s->options,
                              s->options.read_only ? SQLITE_SNAPSHOT : SQLITE_READER);
    if (rc < 0)
        return rc;
    if (!s->options.alone && pthread_create(&reader->thread, NULL, read_all, reader) != 0) {
        sqlite_conn_close(&reader->conn);
        return ERR_NO_MEMORY;
    }
    if (!s->options.alone)
        pthread_setname_np(reader->thread, "usher-db-read");
    s->reader_count++;
    return 0;
}

static int start(struct sqlite *s)
{
    int rc = 0;
    if (!s->options.read_only) {
        rc = sqlite_writer_start(&s->writer, &s->options); /* first: it makes the file */
        s->writing = rc == 0;
    }
    uint32_t readers = s->options.read_only ? 1 : s->options.readers;
    while (rc == 0 && s->reader_count < readers)
        rc = start_reader(s);
    return rc;
}

int sqlite_new(const struct sqlite_options *options, struct sqlite **ret_sqlite)
{
    assert(options->readers > 0 && options->readers <= SQLITE_READERS_MAX);
    assert(options->queue_max > 0 && options->checkpoint_pages > 0);
    struct sqlite *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NO_MEMORY;
    s->options = *options;
    s->options.path = s->path = strdup(options->path);
    if (options->lock_path)
        s->options.lock_path = s->lock_path = strdup(options->lock_path);
    sqlite_queue_init(&s->reads, options->queue_max);
    sqlite_messages_hear();

    /* signals are the business of the threads that were there before */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = s->path && (s->lock_path || !options->lock_path) ? start(s) : ERR_NO_MEMORY;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc < 0) {
        sqlite_free(s);
        return rc;
    }
    *ret_sqlite = s;
    return 0;
}

void sqlite_free(struct sqlite *s)
{
    if (!s)
        return;
    sqlite_queue_close(&s->reads);
    for (uint32_t i = 0; i < s->reader_count; i++) {
        if (!s->options.alone)
            pthread_join(s->readers[i].thread, NULL);
        sqlite_conn_close(&s->readers[i].conn);
    }
    if (s->writing)
        sqlite_writer_stop(&s->writer); /* last: closing it moves the log into the file */
    sqlite_queue_release(&s->reads);
    free(s->path);
    free(s->lock_path);
    free(s);
}

static int run(struct sqlite_queue *queue, struct sqlite_job *job, int64_t deadline_ns)
{
    job->deadline_ns = deadline_ns;
    job->waited = true;
    waiter_init(&job->waiter);
    int rc = sqlite_queue_put(queue, job);
    if (rc < 0)
        return rc;
    waiter_wait(&job->waiter);
    return job->result;
}

int sqlite_write(struct sqlite *s, struct sqlite_job *job, int64_t deadline_ns)
{
    if (!s->writing)
        return ERR_DENIED;
    if (!s->options.alone)
        return run(&s->writer.queue, job, deadline_ns);
    sqlite_writer_run(&s->writer, job);
    return job->result;
}

int sqlite_read(struct sqlite *s, struct sqlite_job *job, int64_t deadline_ns)
{
    if (!s->options.alone)
        return run(&s->reads, job, deadline_ns);
    run_read(&s->readers[0], job);
    return job->result;
}

uint32_t sqlite_backlog(struct sqlite *s)
{
    return s->writing ? sqlite_queue_count(&s->writer.queue) : 0;
}
