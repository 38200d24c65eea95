#include "db/sqlite_writer.h"

#include "err/err.h"
#include "observe/log.h"

#define CHECKPOINT_PIECES 8 /* of a log that could not be emptied, until the next try */

/* Moves all of the log into the database file, synced. */
static int empty_log(struct sqlite_conn *conn)
{
    return sqlite_code(
        sqlite3_wal_checkpoint_v2(conn->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

/* Files of a layer of its own have no place that another program could take from them. */
static int note_place(struct sqlite_writer *w)
{
    return w->options.alone ? 0
                            : sqlite_place_note(&w->place, w->options.path, w->options.lock_path);
}

/* Out of BROKEN; see sqlite.h for why the log must go. */
static int recover(struct sqlite_writer *w)
{
    sqlite_conn_close(&w->conn);
    int rc = sqlite_conn_open(&w->conn, &w->options, SQLITE_WRITER);
    if (rc == 0)
        rc = note_place(w);
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

/* Nobody can find again what is written into a file without its name. Where it is the log, what was
 * answered is still in it, open as it is: it is moved into the database file while that can be
 * done. */
static bool is_in_place(struct sqlite_writer *w)
{
    const enum sqlite_place_file lost = sqlite_place_lost(&w->place);
    if (lost == SQLITE_PLACE_FILES) {
        if (w->lost)
            log_event(LOG_WARN, "store.file_back", log_str("file.path", w->options.path));
        w->broken |= w->lost; /* to be opened anew */
        w->lost = false;
        return true;
    }
    if (w->lost)
        return false;
    w->lost = true;
    int rescued = ERR_UNAVAILABLE;
    if (lost != SQLITE_PLACE_DATABASE && !w->broken)
        rescued = sqlite_code(
            sqlite3_wal_checkpoint_v2(w->conn.handle, NULL, SQLITE_CHECKPOINT_FULL, NULL, NULL));
    log_event(LOG_ERROR, "store.file_lost", log_str("file.path", w->place.files[lost].path),
              log_bool("usher.rescued", rescued == 0));
    return false;
}

static int begin(struct sqlite_writer *w)
{
    if (!is_in_place(w))
        return ERR_UNAVAILABLE;
    if (w->broken && recover(w) < 0)
        return ERR_UNAVAILABLE;
    int rc = sqlite_do(&w->conn, "BEGIN IMMEDIATE");
    if (rc == 0)
        return 0;
    w->broken = rc != ERR_BUSY;
    return ERR_UNAVAILABLE;
}

/* Runs one job within its savepoint. An error that is not the job's own but the savepoint's breaks
 * the transaction. A lone job needs none: the transaction is its savepoint. */
static int run_job(struct sqlite_writer *w, struct sqlite_job *job, bool lone)
{
    int rc = lone ? 0 : sqlite_do(&w->conn, "SAVEPOINT job");
    if (rc < 0)
        return rc;
    job->result = job->run(job, &w->conn);
    if (sqlite3_get_autocommit(w->conn.handle))
        return ERR_IO; /* SQLite has taken all of the transaction back */
    if (lone)
        return 0;
    if (job->result < 0)
        rc = sqlite_do(&w->conn, "ROLLBACK TO job");
    return rc < 0 ? rc : sqlite_do(&w->conn, "RELEASE job");
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
    rc = sqlite_do(&w->conn, changed ? "COMMIT" : "ROLLBACK");
    if (rc < 0) {
        sqlite3_exec(w->conn.handle, "ROLLBACK", NULL, NULL, NULL);
        w->broken = true;
        answer_all(jobs, ERR_UNKNOWN);
        return;
    }
    if (!w->options.alone)
        sqlite_place_complete(&w->place);
    if (changed && !is_in_place(w)) { /* it went while this was written */
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
    while (true) {
        while (!sqlite_queue_wait(&w->queue, SQLITE_LOOK_MS))
            (void)is_in_place(w); /* so that a log that is lost is rescued soon, and told of */
        jobs = sqlite_queue_take(&w->queue, SQLITE_TRANSACTION_JOBS_MAX);
        if (!jobs)
            return NULL;
        jobs = drop_expired(jobs);
        if (jobs)
            run_transaction(w, jobs);
    }
}

int sqlite_writer_start(struct sqlite_writer *w, const struct sqlite_options *options)
{
    w->options = *options;
    w->broken = false;
    w->checkpoint_at = (int)options->checkpoint_pages;
    int rc = sqlite_conn_open(&w->conn, options, SQLITE_WRITER);
    if (rc < 0)
        return rc;
    rc = note_place(w);
    if (rc < 0) {
        sqlite_conn_close(&w->conn);
        return rc;
    }
    sqlite_queue_init(&w->queue, options->queue_max);
    if (options->alone)
        return 0;
    if (pthread_create(&w->thread, NULL, write_all, w) != 0) {
        sqlite_queue_release(&w->queue);
        sqlite_conn_close(&w->conn);
        return ERR_NO_MEMORY;
    }
    pthread_setname_np(w->thread, "usher-db-write");
    return 0;
}

void sqlite_writer_run(struct sqlite_writer *w, struct sqlite_job *job)
{
    job->next = NULL;
    run_transaction(w, job);
}

void sqlite_writer_stop(struct sqlite_writer *w)
{
    sqlite_queue_close(&w->queue);
    if (!w->options.alone)
        pthread_join(w->thread, NULL);
    sqlite_queue_release(&w->queue);
    sqlite_conn_close(&w->conn);
}
