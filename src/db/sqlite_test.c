/*
 * The driver over a file system layer that counts what is synced, and fails when it is told to.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/lockfile.h"
#include "db/sqlite_conn.h"
#include "err/err.h"
#include "fiber/worker.h"

/* ---- the layer under SQLite: logs are wrapped, all else passes through ---- */

static atomic_int log_syncs;      /* of write-ahead logs */
static atomic_int log_writes;     /* calls that wrote into one */
static atomic_int fail_log_sync;  /* that many syncs to come fail */
static atomic_int fail_log_write; /* that many writes to come fail for want of space */

struct watched_file {
    sqlite3_file file;
    sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;
static sqlite3_vfs watching_vfs;
static sqlite3_io_methods watched_methods;

static bool take(atomic_int *count)
{
    if (atomic_load(count) == 0)
        return false;
    atomic_fetch_sub(count, 1);
    return true;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct watched_file *)file)->real;
}

static int watched_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int watched_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), bytes, len, at);
}

static int watched_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    if (take(&fail_log_write))
        return SQLITE_FULL;
    atomic_fetch_add(&log_writes, 1);
    return real_of(file)->pMethods->xWrite(real_of(file), bytes, len, at);
}

static int watched_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int watched_sync(sqlite3_file *file, int flags)
{
    if (take(&fail_log_sync))
        return SQLITE_IOERR_FSYNC;
    atomic_fetch_add(&log_syncs, 1);
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int watched_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), ret_size);
}

static int watched_control(sqlite3_file *file, int what, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, arg);
}

static int watched_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int watched_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int open_watched(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                        int *ret_flags)
{
    if (!(flags & SQLITE_OPEN_WAL))
        return real_vfs->xOpen(real_vfs, name, file, flags, ret_flags);
    struct watched_file *watched = (struct watched_file *)file;
    watched->real = (sqlite3_file *)(watched + 1);
    int code = real_vfs->xOpen(real_vfs, name, watched->real, flags, ret_flags);
    file->pMethods = code == SQLITE_OK ? &watched_methods : NULL;
    return code;
}

/* Before anything is opened: sqlite_log lays itself over what is then the default. */
static void watch_files(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    watching_vfs = *real_vfs;
    watching_vfs.zName = "watching";
    watching_vfs.szOsFile += (int)sizeof(struct watched_file);
    watching_vfs.xOpen = open_watched;
    watching_vfs.pNext = NULL;
    watched_methods = (sqlite3_io_methods){.iVersion = 1,
                                           .xClose = watched_close,
                                           .xRead = watched_read,
                                           .xWrite = watched_write,
                                           .xTruncate = watched_truncate,
                                           .xSync = watched_sync,
                                           .xFileSize = watched_size,
                                           .xFileControl = watched_control,
                                           .xSectorSize = watched_sector,
                                           .xDeviceCharacteristics = watched_traits};
    int code = sqlite3_vfs_register(&watching_vfs, 1);
    assert(code == SQLITE_OK);
}

/* ---- a database of numbers ---- */

enum { INSERT, COUNT, STATEMENTS };
static const char *const texts[STATEMENTS] = {
    [INSERT] = "INSERT INTO number (n) VALUES (?1)",
    [COUNT] = "SELECT count(*) FROM number",
};

struct fixture {
    char dir[64];
    char path[96];
    struct sqlite *sqlite;
};

static void open_with(struct fixture *f, uint32_t queue_max, uint32_t checkpoint_pages)
{
    const struct sqlite_options options = {.path = f->path,
                                           .readers = 2,
                                           .queue_max = queue_max,
                                           .checkpoint_pages = checkpoint_pages};
    assert_int_equal(sqlite_new(&options, &f->sqlite), 0);
}

struct job {
    struct sqlite_job job;
    int64_t number; /* to insert; or what was counted */
    int fail;       /* returned after the insertion */
    sem_t *begun;   /* posted by the job when it runs; NULL: no */
    sem_t *go_on;   /* then waited for */
};

static int run_create(struct sqlite_job *job, struct sqlite_conn *conn)
{
    return sqlite_exec(conn, "CREATE TABLE IF NOT EXISTS number (n INTEGER PRIMARY KEY)");
}

static int run_insert(struct sqlite_job *sqlite_job, struct sqlite_conn *conn)
{
    struct job *job = list_of(sqlite_job, struct job, job);
    sqlite3_stmt *statement;
    if (job->begun) {
        sem_post(job->begun);
        sem_wait(job->go_on);
    }
    int rc = sqlite_literal(conn, texts[INSERT], &statement);
    if (rc == 0) {
        sqlite3_bind_int64(statement, 1, job->number);
        rc = sqlite_run(conn, statement, NULL);
    }
    return rc < 0 ? rc : job->fail;
}

static int run_count(struct sqlite_job *sqlite_job, struct sqlite_conn *conn)
{
    struct job *job = list_of(sqlite_job, struct job, job);
    sqlite3_stmt *statement;
    if (job->begun) {
        sem_post(job->begun);
        sem_wait(job->go_on);
    }
    int rc = sqlite_literal(conn, texts[COUNT], &statement);
    if (rc < 0)
        return rc;
    rc = sqlite_step(statement);
    if (rc == 1)
        job->number = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return rc < 0 ? rc : 0;
}

static int insert(struct fixture *f, int64_t number)
{
    struct job job = {.job.run = run_insert, .number = number};
    return sqlite_write(f->sqlite, &job.job, DEADLINE_NEVER);
}

static int64_t count(struct fixture *f)
{
    struct job job = {.job.run = run_count};
    assert_int_equal(sqlite_read(f->sqlite, &job.job, DEADLINE_NEVER), 0);
    return job.number;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    const char *tmp = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    assert_non_null(f);
    snprintf(f->dir, sizeof(f->dir), "%s/usher-db-XXXXXX", tmp);
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof(f->path), "%s/test.db", f->dir);
    open_with(f, 8, 1000);
    struct job create = {.job.run = run_create};
    assert_int_equal(sqlite_write(f->sqlite, &create.job, DEADLINE_NEVER), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    sqlite_free(f->sqlite);
    DIR *dir = opendir(f->dir);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(f->dir);
    free(f);
    return 0;
}

/* ---- the tests ---- */

static void an_answered_write_was_synced(void **state)
{
    struct fixture *f = *state;
    for (int i = 1; i <= 20; i++) {
        int before = atomic_load(&log_syncs), writes = atomic_load(&log_writes);
        assert_int_equal(insert(f, i), 0);
        assert_int_equal(atomic_load(&log_syncs), before + 1);
        assert_int_equal(atomic_load(&log_writes), writes + 1); /* gathered into one */
        assert_int_equal(count(f), i);
    }
}

/* A writer that is held up, so that others queue behind it. */
struct parade {
    struct fixture *f;
    struct job jobs[8];
    pthread_t threads[8];
    int results[8];
    sem_t begun, go_on;
};

struct marcher {
    struct parade *parade;
    int place;
    int64_t deadline_ns;
};

static void *march(void *arg)
{
    struct marcher *m = arg;
    m->parade->results[m->place] =
        sqlite_write(m->parade->f->sqlite, &m->parade->jobs[m->place].job, m->deadline_ns);
    return NULL;
}

/* Job 0 runs and holds the writer up; the others are queued, in no order, all at once. */
static void queue_behind(struct parade *p, struct marcher *marchers, int jobs)
{
    sem_init(&p->begun, 0, 0);
    sem_init(&p->go_on, 0, 0);
    for (int i = 0; i < jobs; i++) {
        p->jobs[i].job.run = run_insert;
        if (p->jobs[i].number == 0)
            p->jobs[i].number = 100 + i;
        marchers[i] = (struct marcher){p, i, marchers[i].deadline_ns};
    }
    p->jobs[0].begun = &p->begun;
    p->jobs[0].go_on = &p->go_on;
    for (int i = 0; i < jobs; i++) {
        assert_int_equal(pthread_create(&p->threads[i], NULL, march, &marchers[i]), 0);
        if (i == 0)
            sem_wait(&p->begun);
    }
}

/* Waits until the others are queued and the queue is full: one more is refused at once. */
static void reach_backlog(struct fixture *f, uint32_t wanted)
{
    while (sqlite_backlog(f->sqlite) < wanted)
        sched_yield();
}

/* Of a queue that is full then. */
static void wait_for_queue(struct fixture *f, uint32_t wanted)
{
    reach_backlog(f, wanted);
    assert_int_equal(insert(f, 999), ERR_FULL);
}

static void join(struct parade *p, int jobs)
{
    sem_post(&p->go_on);
    for (int i = 0; i < jobs; i++)
        pthread_join(p->threads[i], NULL);
    sem_destroy(&p->begun);
    sem_destroy(&p->go_on);
}

static void reopen(struct fixture *f, uint32_t queue_max, uint32_t checkpoint_pages)
{
    sqlite_free(f->sqlite);
    open_with(f, queue_max, checkpoint_pages);
}

static void what_has_gathered_is_one_transaction(void **state)
{
    struct fixture *f = *state;
    struct parade p = {.f = f};
    struct marcher marchers[8];
    for (int i = 0; i < 8; i++)
        marchers[i].deadline_ns = DEADLINE_NEVER;
    reopen(f, 7, 1000);
    assert_int_equal(insert(f, 1), 0); /* a new log's head is synced by itself */
    queue_behind(&p, marchers, 8);
    wait_for_queue(f, 7);
    int before = atomic_load(&log_syncs);
    join(&p, 8);
    for (int i = 0; i < 8; i++)
        assert_int_equal(p.results[i], 0);
    assert_int_equal(atomic_load(&log_syncs), before + 2); /* the first, and the seven */
    assert_int_equal(count(f), 9);
}

static void one_that_fails_takes_no_other_with_it(void **state)
{
    struct fixture *f = *state;
    struct parade p = {.f = f};
    struct marcher marchers[8];
    for (int i = 0; i < 8; i++)
        marchers[i].deadline_ns = DEADLINE_NEVER;
    reopen(f, 7, 1000);
    assert_int_equal(insert(f, 5), 0);
    p.jobs[2].fail = ERR_FENCED;
    p.jobs[3].number = 5; /* is there already */
    p.jobs[6].fail = ERR_CONFLICT;
    queue_behind(&p, marchers, 8);
    wait_for_queue(f, 7);
    join(&p, 8);
    const int wanted[8] = {0, 0, ERR_FENCED, ERR_CONFLICT, 0, 0, ERR_CONFLICT, 0};
    assert_memory_equal(p.results, wanted, sizeof(wanted));
    assert_int_equal(count(f), 6);
}

static void a_lone_failure_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct job job = {.job.run = run_insert, .number = 1, .fail = ERR_FENCED};
    assert_int_equal(sqlite_write(f->sqlite, &job.job, DEADLINE_NEVER), ERR_FENCED);
    assert_int_equal(count(f), 0);
    assert_int_equal(insert(f, 1), 0);
}

static void the_deadline_bounds_the_queue(void **state)
{
    struct fixture *f = *state;
    struct parade p = {.f = f};
    struct marcher marchers[3] = {
        {.deadline_ns = DEADLINE_NEVER}, {.deadline_ns = 1}, {.deadline_ns = DEADLINE_NEVER}};
    reopen(f, 2, 1000);
    queue_behind(&p, marchers, 3);
    wait_for_queue(f, 2);
    join(&p, 3);
    assert_int_equal(p.results[0], 0);
    assert_int_equal(p.results[1], ERR_TIMEOUT);
    assert_int_equal(p.results[2], 0);
    assert_int_equal(count(f), 2);
    struct job job = {.job.run = run_count};
    assert_int_equal(sqlite_read(f->sqlite, &job.job, 1), ERR_TIMEOUT);
}

/* One that is told it was too late must not be done all the same, wherever it stood. */
static void what_was_too_late_is_not_done(void **state)
{
    struct fixture *f = *state;
    struct parade p = {.f = f};
    struct marcher marchers[3] = {{.deadline_ns = DEADLINE_NEVER}, {.deadline_ns = DEADLINE_NEVER}};
    struct job alone = {.job.run = run_insert, .number = 7};
    assert_int_equal(sqlite_write(f->sqlite, &alone.job, 1), ERR_TIMEOUT);
    assert_int_equal(insert(f, 8), 0); /* its transaction is over */
    assert_int_equal(count(f), 1);
    queue_behind(&p, marchers, 2);
    reach_backlog(f, 1);
    p.jobs[2].job.run = run_insert;
    p.jobs[2].number = 9;
    marchers[2] = (struct marcher){&p, 2, 1};
    assert_int_equal(pthread_create(&p.threads[2], NULL, march, &marchers[2]), 0);
    reach_backlog(f, 2); /* the last of its transaction */
    join(&p, 3);
    assert_int_equal(p.results[1], 0);
    assert_int_equal(p.results[2], ERR_TIMEOUT);
    assert_int_equal(count(f), 3);
}

static void reads_do_not_wait_for_a_commit(void **state)
{
    struct fixture *f = *state;
    struct parade p = {.f = f};
    struct marcher marchers[1] = {{.deadline_ns = DEADLINE_NEVER}};
    assert_int_equal(insert(f, 1), 0);
    queue_behind(&p, marchers, 1); /* the writer is in its transaction now */
    assert_int_equal(count(f), 1);
    join(&p, 1);
    assert_int_equal(count(f), 2);
}

static void a_failed_sync_is_an_unknown_outcome(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(insert(f, 1), 0);
    atomic_store(&fail_log_sync, 1);
    assert_int_equal(insert(f, 2), ERR_UNKNOWN);
    assert_int_equal(atomic_load(&fail_log_sync), 0);
    /* whatever became of it, from now on it is decided, and the store works */
    int64_t now = count(f);
    assert_true(now == 1 || now == 2);
    int rc = insert(f, 2);
    assert_true(rc == 0 || rc == ERR_CONFLICT);
    assert_int_equal(count(f), 2);
    sqlite_free(f->sqlite);
    open_with(f, 8, 1000);
    assert_int_equal(count(f), 2);
}

static void a_full_disk_is_an_unknown_outcome_and_passes(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(insert(f, 1), 0);
    atomic_store(&fail_log_write, 1);
    assert_int_equal(insert(f, 2), ERR_UNKNOWN);
    assert_int_equal(insert(f, 3), 0);
    assert_int_equal(count(f), 2); /* what could not be written is not there */
}

/* While the log cannot be brought to safety, nothing is promised. */
static void a_disk_that_stays_broken_is_unavailable(void **state)
{
    struct fixture *f = *state;
    struct job held = {.job.run = run_count};
    assert_int_equal(insert(f, 1), 0);
    atomic_store(&fail_log_sync, 3);
    assert_int_equal(insert(f, 2), ERR_UNKNOWN);
    int unavailable = 0;
    while (atomic_load(&fail_log_sync) > 0) {
        assert_int_equal(insert(f, 3), ERR_UNAVAILABLE);
        assert_int_equal(sqlite_read(f->sqlite, &held.job, DEADLINE_NEVER), 0); /* reads go on */
        assert_true(++unavailable < 10);
    }
    assert_int_equal(unavailable, 2);
    assert_int_equal(insert(f, 3), 0);
}

/* What is written into a file without a name is gone at the next start. */
static void a_file_that_was_taken_away_gets_no_write(void **state)
{
    struct fixture *f = *state;
    char aside[112];
    snprintf(aside, sizeof(aside), "%s.aside", f->path);
    assert_int_equal(insert(f, 1), 0);
    assert_int_equal(rename(f->path, aside), 0);
    assert_int_equal(insert(f, 2), ERR_UNAVAILABLE);
    assert_int_equal(insert(f, 2), ERR_UNAVAILABLE);
    assert_int_equal(access(f->path, F_OK), -1); /* nor is a new one begun */

    int other = open(f->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(other >= 0);
    close(other);
    assert_int_equal(insert(f, 2), ERR_UNAVAILABLE);
    assert_int_equal(rename(aside, f->path), 0);
    assert_int_equal(insert(f, 2), 0);
    assert_int_equal(count(f), 2);

    /* Opened anew after a failure, it is the same one or none. */
    atomic_store(&fail_log_sync, 1);
    assert_int_equal(insert(f, 3), ERR_UNKNOWN);
    assert_int_equal(rename(f->path, aside), 0);
    assert_int_equal(insert(f, 4), ERR_UNAVAILABLE);
    assert_int_equal(access(f->path, F_OK), -1);
    assert_int_equal(rename(aside, f->path), 0);
    assert_int_equal(insert(f, 4), 0);
}

static void the_log_is_checkpointed_and_used_again(void **state)
{
    struct fixture *f = *state;
    char log[128];
    reopen(f, 8, 10);
    for (int i = 1; i <= 300; i++)
        assert_int_equal(insert(f, i), 0);
    snprintf(log, sizeof(log), "%s-wal", f->path);
    int fd = open(log, O_RDONLY);
    assert_true(fd >= 0);
    assert_true(lseek(fd, 0, SEEK_END) < 40 * 4200); /* 300 commits of two pages would be 2.5 MB */
    close(fd);
    assert_int_equal(count(f), 300);
}

static off_t log_bytes(const struct fixture *f)
{
    char log[128];
    struct stat found = {0};
    snprintf(log, sizeof(log), "%s-wal", f->path);
    assert_int_equal(stat(log, &found), 0);
    return found.st_size;
}

/* A megabyte, in one transaction. */
static int run_insert_large(struct sqlite_job *job, struct sqlite_conn *conn)
{
    return sqlite_exec(conn, "CREATE TABLE IF NOT EXISTS large (bytes BLOB);"
                             "INSERT INTO large (bytes) VALUES (randomblob(1000000))");
}

/* Who reads for long makes the log grow; afterwards its file is small again. */
static void a_log_that_grew_is_cut(void **state)
{
    struct fixture *f = *state;
    struct sqlite *snapshot = NULL;
    const struct sqlite_options options = {
        .path = f->path, .read_only = true, .readers = 1, .queue_max = 8, .checkpoint_pages = 1000};
    const off_t large = SQLITE_LOG_KEPT_BYTES + SQLITE_LOG_KEPT_BYTES / 4;
    reopen(f, 8, 200);
    assert_int_equal(insert(f, 1), 0);
    assert_int_equal(sqlite_new(&options, &snapshot), 0);
    for (off_t written = 0; written < large; written += 1000000) {
        struct sqlite_job job = {.run = run_insert_large};
        assert_int_equal(sqlite_write(f->sqlite, &job, DEADLINE_NEVER), 0);
    }
    assert_true(log_bytes(f) > large);
    sqlite_free(snapshot);
    for (int i = 0; i < 4; i++) {
        struct sqlite_job job = {.run = run_insert_large};
        assert_int_equal(sqlite_write(f->sqlite, &job, DEADLINE_NEVER), 0);
    }
    assert_true(log_bytes(f) <= SQLITE_LOG_KEPT_BYTES);
    assert_int_equal(insert(f, 2), 0);
    assert_int_equal(count(f), 2);
}

static void a_snapshot_stays_as_it_was(void **state)
{
    struct fixture *f = *state;
    struct sqlite *snapshot = NULL;
    const struct sqlite_options options = {
        .path = f->path, .read_only = true, .readers = 1, .queue_max = 8, .checkpoint_pages = 1000};
    assert_int_equal(insert(f, 1), 0);
    assert_int_equal(sqlite_new(&options, &snapshot), 0);
    assert_int_equal(insert(f, 2), 0);
    struct job job = {.job.run = run_count}, write = {.job.run = run_insert, .number = 9};
    assert_int_equal(sqlite_read(snapshot, &job.job, DEADLINE_NEVER), 0);
    assert_int_equal(job.number, 1);
    assert_int_equal(sqlite_write(snapshot, &write.job, DEADLINE_NEVER), ERR_DENIED);
    sqlite_free(snapshot);
    assert_int_equal(count(f), 2);
}

static void a_backup_on_a_read_only_disk_can_be_read(void **state)
{
    struct fixture *f = *state;
    struct sqlite *snapshot = NULL;
    const struct sqlite_options options = {
        .path = f->path, .read_only = true, .readers = 1, .queue_max = 8, .checkpoint_pages = 1000};
    if (geteuid() == 0)
        skip(); /* root may write everywhere */
    assert_int_equal(insert(f, 1), 0);
    sqlite_free(f->sqlite);
    f->sqlite = NULL;
    assert_int_equal(chmod(f->dir, 0500), 0);
    assert_int_equal(sqlite_new(&options, &snapshot), 0);
    struct job job = {.job.run = run_count};
    assert_int_equal(sqlite_read(snapshot, &job.job, DEADLINE_NEVER), 0);
    assert_int_equal(job.number, 1);
    sqlite_free(snapshot);
    assert_int_equal(chmod(f->dir, 0700), 0);
}

static void a_lock_is_for_one(void **state)
{
    struct fixture *f = *state;
    char path[128];
    int first = -1, second = -1;
    snprintf(path, sizeof(path), "%s/lock", f->dir);
    assert_int_equal(lockfile_take(path, &first), 0);
    assert_int_equal(lockfile_take(path, &second), ERR_BUSY);
    assert_int_equal(second, -1);
    close(first);
    assert_int_equal(lockfile_take(path, &second), 0);
    close(second);
    snprintf(path, sizeof(path), "%s/none/lock", f->dir);
    assert_int_equal(lockfile_take(path, &first), ERR_IO);
}

static void insert_many(void *arg)
{
    struct fixture *f = arg;
    for (int i = 1000; i < 1050; i++)
        assert(insert(f, i) == 0);
}

static void fibers_are_resumed_on_their_loop(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(fiber_main(insert_many, f), 0);
    assert_int_equal(count(f), 50);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_answered_write_was_synced),
        TEST(what_has_gathered_is_one_transaction),
        TEST(one_that_fails_takes_no_other_with_it),
        TEST(a_lone_failure_leaves_nothing),
        TEST(the_deadline_bounds_the_queue),
        TEST(what_was_too_late_is_not_done),
        TEST(reads_do_not_wait_for_a_commit),
        TEST(a_failed_sync_is_an_unknown_outcome),
        TEST(a_full_disk_is_an_unknown_outcome_and_passes),
        TEST(a_disk_that_stays_broken_is_unavailable),
        TEST(a_file_that_was_taken_away_gets_no_write),
        TEST(the_log_is_checkpointed_and_used_again),
        TEST(a_log_that_grew_is_cut),
        TEST(a_snapshot_stays_as_it_was),
        TEST(a_backup_on_a_read_only_disk_can_be_read),
        TEST(a_lock_is_for_one),
        TEST(fibers_are_resumed_on_their_loop),
    };
    watch_files();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
