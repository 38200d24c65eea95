#include "db/sql.h"

#include <assert.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/mariadb.h"
#include "db/sqlite.h"
#include "err/err.h"

/* The same tests for every body. */
static struct sql *sql;

static const struct sql_step steps[] = {
    {"things", "CREATE TABLE thing (thing_id {id}, name {text} NOT NULL UNIQUE, owner {bytes},"
               " size {int} NOT NULL, good {bool} NOT NULL, note {long}, picture {blob});"
               "CREATE INDEX thing_owner ON thing (owner)"},
    {"weights", "ALTER TABLE thing ADD COLUMN weight {int}"},
};

struct put {
    struct sql_job job;
    const char *name;
    int64_t size;
    int fail; /* what run ends with after it has written */
    int64_t ret_id;
};

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    struct put *put = (struct put *)base;
    const struct id owner = {1, (uint64_t)put->size};
    int err = sql_run(txn,
                      "INSERT INTO thing (name, owner, size, good, note, picture)"
                      " VALUES (?, ?, ?, ?, ?, ?)",
                      SQL(sql_text(view_str(put->name)), sql_id(owner), sql_int(put->size),
                          sql_int(1), sql_null(), sql_bytes(VIEW_LIT("\0\1"))),
                      NULL);
    if (err == 0)
        put->ret_id = sql_last_id(txn);
    return err == 0 ? put->fail : err;
}

static int put(const char *name, int64_t size, int fail, int64_t *ret_id)
{
    struct put job = {.job.run = run_put, .name = name, .size = size, .fail = fail};
    int err = sql_write(sql, &job.job, DEADLINE_NEVER);
    if (ret_id)
        *ret_id = job.ret_id;
    return err;
}

struct look {
    struct sql_job job;
    int64_t count;
    int64_t sum;
};

static int run_look(struct sql_job *base, struct sql_txn *txn)
{
    struct look *look = (struct look *)base;
    struct sql_rows *rows;
    look->count = look->sum = 0;
    int err = sql_query(txn, "SELECT name, owner, size, note, picture FROM thing ORDER BY thing_id",
                        SQL_NONE, &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        struct id owner;
        look->count++;
        look->sum += sql_get_int(rows, 2);
        assert_int_equal(sql_get_id(rows, 1, &owner), 0);
        assert_true(owner.hi == 1 && owner.lo == (uint64_t)sql_get_int(rows, 2));
        assert_int_equal(sql_get_id(rows, 0, &owner), ERR_CORRUPT);
        assert_true(sql_is_null(rows, 3) && !sql_is_null(rows, 0));
        assert_true(view_eq(sql_get_view(rows, 4), VIEW_LIT("\0\1")));
        err = 0;
    }
    return err;
}

static struct look look(void)
{
    struct look job = {.job.run = run_look};
    assert_int_equal(sql_read(sql, &job.job, DEADLINE_NEVER), 0);
    return job;
}

static void a_job_is_all_or_nothing(void **state)
{
    int64_t first, second;
    assert_int_equal(put("a", 1, 0, &first), 0);
    assert_int_equal(put("b", 2, ERR_INVALID, NULL), ERR_INVALID);
    assert_int_equal(put("c", 4, 0, &second), 0);
    assert_true(second > first);
    assert_true(look().count == 2 && look().sum == 5);
}

static void a_key_is_there_once(void **state)
{
    assert_int_equal(put("a", 8, 0, NULL), ERR_CONFLICT);
    assert_true(look().sum == 5);
    assert_int_equal(put("A", 8, 0, NULL), 0); /* text is compared byte by byte */
    assert_true(look().sum == 13);
}

static int say_busy(struct sql_job *job, struct sql_txn *txn)
{
    int64_t count = 0;
    int *runs = (int *)(job + 1);
    ++*runs;
    int err = sql_ask_int(txn, "SELECT count(*) FROM thing", SQL_NONE, &count);
    return err == 0 ? ERR_BUSY : err;
}

/* Many jobs mean something of their own by it; only what the server says so is run again. */
static void what_a_job_answers_is_its_answer(void **state)
{
    struct {
        struct sql_job job;
        int runs;
    } mine = {.job.run = say_busy};
    assert_int_equal(sql_write(sql, &mine.job, DEADLINE_NEVER), ERR_BUSY);
    assert_int_equal(mine.runs, 1);
}

static int run_update(struct sql_job *base, struct sql_txn *txn)
{
    uint64_t changes = 99;
    int64_t count = 0;
    int err = sql_run(txn, "UPDATE thing SET size = size + 1 WHERE name = ? AND size = ?",
                      SQL(sql_text(VIEW_LIT("a")), sql_int(7)), &changes);
    assert_true(err == 0 && changes == 0);
    err = sql_run(txn, "UPDATE thing SET size = ?, owner = ? WHERE name = ?",
                  SQL(sql_int(2), sql_id((struct id){1, 2}), sql_text(VIEW_LIT("a"))), &changes);
    assert_true(err == 0 && changes == 1);
    err = sql_ask_int(txn, "SELECT count(*) FROM thing WHERE size > ?", SQL(sql_int(3)), &count);
    assert_true(err == 0 && count == 2);
    err = sql_ask_int(txn, "SELECT size FROM thing WHERE size > ?", SQL(sql_int(100)), &count);
    return err == ERR_NOT_FOUND ? 0 : ERR_INVALID;
}

static void changed_rows_are_counted(void **state)
{
    struct sql_job job = {.run = run_update};
    assert_int_equal(sql_write(sql, &job, DEADLINE_NEVER), 0);
    assert_true(look().sum == 14);
}

static int run_copy(struct sql_job *base, struct sql_txn *txn)
{
    struct arena arena;
    struct sql_rows *rows;
    struct view copy;
    arena_init(&arena, 4096);
    int err = sql_query(txn, "SELECT name FROM thing WHERE name = ?", SQL(sql_text(VIEW_LIT("c"))),
                        &rows);
    assert_int_equal(err, 0);
    assert_int_equal(sql_next(rows), 1);
    assert_int_equal(sql_get_copy(rows, 0, &arena, &copy), 0);
    sql_done(rows); /* before its end; and the text can be asked again */
    assert_true(view_eq(copy, VIEW_LIT("c")) && copy.at[copy.len] == '\0');
    err = sql_query(txn, "SELECT name FROM thing WHERE name = ?", SQL(sql_text(VIEW_LIT("c"))),
                    &rows);
    assert_int_equal(err, 0);
    assert_int_equal(sql_next(rows), 1);
    assert_int_equal(sql_next(rows), 0);
    arena_release(&arena);
    return 0;
}

static void an_answer_can_be_left(void **state)
{
    struct sql_job job = {.run = run_copy};
    assert_int_equal(sql_read(sql, &job, DEADLINE_NEVER), 0);
}

static void steps_are_done_once_and_known(void **state)
{
    const struct sql_step other[] = {{"things", "CREATE TABLE thing (a {int})"}};
    assert_int_equal(sql_migrate(sql, "test", steps, 1, false, 1), ERR_UNSUPPORTED);
    assert_int_equal(sql_migrate(sql, "test", steps, 2, false, 1), 0);
    assert_int_equal(sql_migrate(sql, "test", steps, 2, true, 1), 0);
    assert_int_equal(sql_migrate(sql, "test", other, 1, false, 1), ERR_CORRUPT);
    assert_int_equal(sql_migrate(sql, "new", other, 1, true, 1), ERR_UNSUPPORTED);
    assert_true(look().sum == 14);
}

static int set_up_inline(void **state)
{
    int err = sql_inline_new(&sql);
    if (err == 0)
        err = sql_migrate(sql, "test", steps, 1, false, 1);
    return err == 0 ? sql_migrate(sql, "test", steps, 2, false, 2) : err;
}

static int tear_down_inline(void **state)
{
    sql_free(sql);
    return 0;
}

static struct sqlite *sqlite;
static char folder[] = "/tmp/usher-sql-XXXXXX";
static char path[PATH_MAX];

static int set_up_file(void **state)
{
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof(path), "%s/test.db", folder);
    const struct sqlite_options options = {
        .path = path, .readers = 1, .queue_max = 8, .checkpoint_pages = 100};
    int err = sqlite_new(&options, &sqlite);
    if (err == 0)
        err = sql_over_sqlite(sqlite, &sql);
    return err == 0 ? sql_migrate(sql, "test", steps, 2, false, 1) : err;
}

static int tear_down_file(void **state)
{
    sql_free(sql);
    sqlite_free(sqlite);
    unlink(path);
    return rmdir(folder);
}

/* ---- MariaDB: tests/servers/with starts one, and says where ---- */

static struct mariadb *mariadb;

static int set_up_mariadb(void **state)
{
    char why[MARIADB_WHY_MAX];
    int err = mariadb_new(getenv("USHER_TEST_MARIADB"), why, &mariadb);
    if (err == 0)
        err = sql_over_mariadb(mariadb, &sql);
    return err == 0 ? sql_migrate(sql, "test", steps, 2, false, 1) : err;
}

static int tear_down_mariadb(void **state)
{
    sql_free(sql);
    mariadb_free(mariadb);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_is_all_or_nothing),
        cmocka_unit_test(a_key_is_there_once),
        cmocka_unit_test(what_a_job_answers_is_its_answer),
        cmocka_unit_test(changed_rows_are_counted),
        cmocka_unit_test(an_answer_can_be_left),
        cmocka_unit_test(steps_are_done_once_and_known),
    };
    if (getenv("USHER_TEST_MARIADB"))
        return cmocka_run_group_tests_name("mariadb", tests, set_up_mariadb, tear_down_mariadb);
    int failed = cmocka_run_group_tests_name("inline", tests, set_up_inline, tear_down_inline);
    return failed + cmocka_run_group_tests_name("file", tests, set_up_file, tear_down_file);
}
