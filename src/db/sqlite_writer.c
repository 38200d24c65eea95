#include "db/sqlite_writer.h"

#include "err/err.h"

#define CHECKPOINT_PIECES 8 /* of a log that could not be emptied, until the next try */

/* Moves all of the log into the database file, synced. */
static int empty_log(struct sqlite_conn *conn)
{
    return sqlite_code(
        sqlite3_wal_checkpoint_v2(conn->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

/* Out of BROKEN; see sqlite.h for why the log must go. */
static int recover(struct sqlite_writer *w)
{
    sqlite_conn_close(&w->conn);
    int rc = sqlite_conn_open(&w->conn, &w->options, SQLITE_WRITER);
    if (rc < 0)
        return rc;
    rc = empty_log(&w->conn);
    if (rc == 0)
        w->broken = false;
    return rc;
}

static void answer_all(struct sqlite_job *jobs, int result)
{
    for (struct sqlite_job *job = jobs, *next; job; job = next) {
        next = job->next;
        sqlite_job_answer(job, result);
    }
}

/* Takes out the jobs whose time has passed. */
static struct sqlite_job *drop_expired(struct sqlite_job *jobs)
{
    struct sqlite_job *kept = NULL, **end = &kept;
    for (struct sqlite_job *job = jobs, *next; job; job = next) {
        next = job->next;
        if (sqlite_job_expired(job))
            continue;
        *end = job;
        end = &job->next;
        *end = NULL;
    }
    return kept;
}

/* Nobody can find again what is written into a file without its name. */
static bool is_in_place(const struct sqlite_writer *w)
{
    struct stat now;
    return stat(w->options.path, &now) == 0 && now.st_dev == w->file.st_dev &&
           now.st_ino == w->file.st_ino;
}

static int begin(struct sqlite_writer *w)
{
    if (!is_in_place(w))
        return ERR_UNAVAILABLE;
    if (w->broken && recover(w) < 0)
        return ERR_UNAVAILABLE;
    int rc = sqlite_exec(&w->conn, "BEGIN IMMEDIATE");
    if (rc == 0)
        return 0;
    w->broken = rc != ERR_BUSY;
    return ERR_UNAVAILABLE;
}

/* Runs one job within its savepoint. An error that is not the job's own but the savepoint's breaks
 * the transaction. A lone job needs none: the transaction is its savepoint. */
static int run_job(struct sqlite_writer *w, struct sqlite_job *job, bool lone)
{
    int rc = lone ? 0 : sqlite_exec(&w->conn, "SAVEPOINT job");
    if (rc < 0)
        return rc;
    job->result = job->run(job, &w->conn);
    if (sqlite3_get_autocommit(w->conn.handle))
        return ERR_IO; /* SQLite has taken all of the transaction back */
    if (lone)
        return 0;
    if (job->result < 0)
        rc = sqlite_exec(&w->conn, "ROLLBACK TO job");
    return rc < 0 ? rc : sqlite_exec(&w->conn, "RELEASE job");
}

/* A full disk or an I/O error ended the transaction before COMMIT: nothing of it was written. The
 * job at fault gets the reason, the others may try again. */
static void answer_broken(struct sqlite_job *jobs, struct sqlite_job *culprit)
{
    for (struct sqlite_job *job = jobs, *next; job; job = next) {
        next = job->next;
        bool own = job == culprit && job->result < 0;
        sqlite_job_answer(job, own ? job->result : ERR_UNAVAILABLE);
    }
}

/* A reader with an old snapshot (an audit, a backup) keeps what it may still read in the log, which
 * grows meanwhile. Looking at all of it again after every commit would cost the more the longer it
 * is; so the next look is a piece of log later. */
static void checkpoint(struct sqlite_writer *w)
{
    const int first = (int)w->options.checkpoint_pages;
    const int pages = w->conn.log_pages;
    if (pages < first)
        w->checkpoint_at = first; /* begun anew */
    if (pages < w->checkpoint_at)
        return;
    int code =
        sqlite3_wal_checkpoint_v2(w->conn.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    w->broken = code != SQLITE_OK && code != SQLITE_BUSY && code != SQLITE_LOCKED;
    w->checkpoint_at = pages + first / CHECKPOINT_PIECES + 1;
}

static void run_transaction(struct sqlite_writer *w, struct sqlite_job *jobs)
{
    bool lone = !jobs->next, changed = false;
    int rc = begin(w);
    if (rc < 0) {
        answer_all(jobs, rc);
        return;
    }
    for (struct sqlite_job *job = jobs; job; job = job->next) {
        rc = run_job(w, job, lone);
        if (rc < 0) {
            sqlite3_exec(w->conn.handle, "ROLLBACK", NULL, NULL, NULL);
            w->broken = true;
            answer_broken(jobs, job);
            return;
        }
        changed |= job->result == 0;
    }
    rc = sqlite_exec(&w->conn, changed ? "COMMIT" : "ROLLBACK");
    if (rc < 0) {
        sqlite3_exec(w->conn.handle, "ROLLBACK", NULL, NULL, NULL);
        w->broken = true;
        answer_all(jobs, ERR_UNKNOWN);
        return;
    }
    for (struct sqlite_job *job = jobs, *next; job; job = next) {
        next = job->next;
        sqlite_job_answer(job, job->result);
    }
    checkpoint(w);
}

static void *write_all(void *state)
{
    struct sqlite_writer *w = state;
    struct sqlite_job *jobs;
    while ((jobs = sqlite_queue_take(&w->queue, SQLITE_TRANSACTION_JOBS_MAX))) {
        jobs = drop_expired(jobs);
        if (jobs)
            run_transaction(w, jobs);
    }
    return NULL;
}

int sqlite_writer_start(struct sqlite_writer *w, const struct sqlite_options *options)
{
    w->options = *options;
    w->broken = false;
    w->checkpoint_at = (int)options->checkpoint_pages;
    int rc = sqlite_conn_open(&w->conn, options, SQLITE_WRITER);
    if (rc < 0)
        return rc;
    if (stat(options->path, &w->file) != 0) {
        sqlite_conn_close(&w->conn);
        return ERR_IO;
    }
    sqlite_queue_init(&w->queue, options->queue_max);
    if (pthread_create(&w->thread, NULL, write_all, w) != 0) {
        sqlite_queue_release(&w->queue);
        sqlite_conn_close(&w->conn);
        return ERR_NO_MEMORY;
    }
    pthread_setname_np(w->thread, "usher-db-write");
    return 0;
}

void sqlite_writer_stop(struct sqlite_writer *w)
{
    sqlite_queue_close(&w->queue);
    pthread_join(w->thread, NULL);
    sqlite_queue_release(&w->queue);
    sqlite_conn_close(&w->conn);
}
