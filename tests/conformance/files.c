/* What holds for a body that keeps files: it survives, it is alone, it grows with the schema. */
#include "suite.h"

#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/sqlite/migrations.h"
#include "store/tables/tables.h"

static void db_path(const struct fixture *f, char ret_path[128])
{
    assert_true(snprintf(ret_path, 128, "%s/usher.db", f->dir) < 128);
}

/* Runs SQL on the file behind the store's back. */
static void tamper(const struct fixture *f, const char *sql)
{
    char path[128];
    sqlite3 *db;
    db_path(f, path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    char *error = NULL;
    int code = sqlite3_exec(db, sql, NULL, NULL, &error);
    if (code != SQLITE_OK)
        fail_msg("%s: %s", sql, error);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void everything_is_there_after_reopening(void **state)
{
    struct fixture *f = *state;
    struct script *s = fixture_small_sale(f);
    fixture_reopen(f);
    assert_head(f, s);
    assert_sold(f, s->performance_id, 3,
                (struct store_sale[]){{0, script_id(1)}, {1, script_id(1)}, {5, script_id(2)}});
    struct script *next = script_new(f->store, s->performance_id);
    assert_int_equal(next->head.epoch, s->head.epoch + 1);
    script_sell(next, 3, 103, 13, SEATS(9), NULL);
    assert_int_equal(script_commit(next), 0);
    assert_head(f, next);
    script_free(next);
    script_free(s);
}

/* A process that dies right after its commit was answered must have left it in the files. */
static void an_answered_commit_survives_the_process(void **state)
{
    struct fixture *f = *state;
    store_free(f->store);
    f->store = NULL;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct store *store;
        if (store_sqlite_open(f->dir, false, &store) != 0)
            _exit(2);
        struct script *s = script_new(store, script_performance(store, 20, 4));
        script_sell(s, 1, 101, 11, SEATS(0, 1), NULL);
        _exit(script_commit(s) == 0 ? 0 : 3); /* without closing anything */
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    fixture_reopen(f);
    assert_sold(f, 1, 2, (struct store_sale[]){{0, script_id(1)}, {1, script_id(1)}});
}

static void a_second_server_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store *second = NULL;
    assert_int_equal(store_sqlite_open(f->dir, false, &second), ERR_BUSY);
    assert_null(second);
    store_free(f->store);
    f->store = NULL;
    assert_int_equal(store_sqlite_open(f->dir, false, &second), 0);
    store_free(second);
}

static void an_audit_sees_one_moment(void **state)
{
    struct fixture *f = *state;
    struct store *audit = NULL;
    uint32_t id = 0;
    struct script *s = fixture_small_sale(f);
    assert_int_equal(store_sqlite_open(f->dir, true, &audit), 0);
    script_sell(s, 3, 103, 13, SEATS(9), NULL);
    assert_int_equal(script_commit(s), 0);
    struct store_sale *sales;
    size_t count = 0;
    assert_int_equal(
        audit->ops->sold_list(audit, s->performance_id, &f->arena, &sales, &count, DEADLINE_NEVER),
        0);
    assert_int_equal(count, 3); /* not the fourth */
    struct store_event event = {.name = VIEW_LIT("E")};
    assert_int_equal(audit->ops->event_put(audit, &event, NULL, &id, NULL, DEADLINE_NEVER),
                     ERR_DENIED);
    struct store_performance p;
    assert_int_equal(audit->ops->claim(audit, s->performance_id, &f->arena, &p, DEADLINE_NEVER),
                     ERR_DENIED);
    store_free(audit);
    assert_int_equal(store_sqlite_open(f->dir, true, &audit), 0);
    assert_int_equal(
        audit->ops->sold_list(audit, s->performance_id, &f->arena, &sales, &count, DEADLINE_NEVER),
        0);
    assert_int_equal(count, 4);
    store_free(audit);
    script_free(s);
}

static void an_audit_works_without_a_server(void **state)
{
    struct fixture *f = *state;
    struct store *audit = NULL;
    struct script *s = fixture_small_sale(f);
    store_free(f->store);
    f->store = NULL;
    assert_int_equal(store_sqlite_open(f->dir, true, &audit), 0);
    struct store_sale *sales;
    size_t count = 0;
    assert_int_equal(
        audit->ops->sold_list(audit, s->performance_id, &f->arena, &sales, &count, DEADLINE_NEVER),
        0);
    assert_int_equal(count, 3);
    store_free(audit);
    char none[128];
    assert_true(snprintf(none, sizeof(none), "%s/none", f->dir) < 128);
    assert_int_equal(store_sqlite_open(none, true, &audit), ERR_NOT_FOUND);
    assert_int_equal(store_sqlite_open(none, false, &audit), ERR_IO);
    script_free(s);
}

/* A file of an earlier step: its performance stays what it was, its hash too, and its event is
 * organiser 1's. */
static void what_is_from_before_has_no_offset_and_the_first_organiser(void **state)
{
    struct fixture *f = *state;
    struct store_performance before, after;
    const uint32_t id = script_performance(f->store, 20, 4);
    assert_int_equal(
        f->store->ops->performance_get(f->store, id, &f->arena, &before, DEADLINE_NEVER), 0);
    store_free(f->store);
    f->store = NULL;
    tamper(f,
           "ALTER TABLE performance DROP COLUMN utc_offset_minutes;"
           "ALTER TABLE performance DROP COLUMN covers_names;"
           "ALTER TABLE performance DROP COLUMN rest_ms;"
           "ALTER TABLE performance DROP COLUMN person_rule;"
           "ALTER TABLE orders DROP COLUMN person_id;"
           "ALTER TABLE event DROP COLUMN organiser_id; DROP TABLE blocked;"
           "DROP TABLE price_list; DROP TABLE price_plan; ALTER TABLE orders DROP COLUMN amounts;"
           "DROP TABLE waiting; DROP TABLE wish;"
           "DELETE FROM migration WHERE number >= 3");
    fixture_reopen(f);
    assert_int_equal(
        f->store->ops->performance_get(f->store, id, &f->arena, &after, DEADLINE_NEVER), 0);
    assert_true(before.utc_offset_known);
    assert_false(after.utc_offset_known);
    struct store_event *events;
    size_t count;
    assert_int_equal(
        f->store->ops->event_list(f->store, &f->arena, &events, &count, DEADLINE_NEVER), 0);
    assert_true(count == 1 && events[0].organiser_id == 1);
    assert_int_equal(after.starts_at_ms, before.starts_at_ms);
    assert_memory_equal(after.head_hash, before.head_hash, STORE_HASH_BYTES);
}

static void run_first_step(sqlite3 *db)
{
    char sql[4096];
    int len = snprintf(sql, sizeof(sql),
                       "CREATE TABLE migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
                       " applied_at_ms INTEGER NOT NULL); %s"
                       "INSERT INTO migration VALUES (1, 'catalog', 5);"
                       "INSERT INTO event VALUES (1, 'from before', '', 7);",
                       migrations[0].text);
    assert_true(len > 0 && (size_t)len < sizeof(sql));
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void an_old_schema_is_brought_up(void **state)
{
    struct fixture *f = *state;
    char path[128];
    sqlite3 *db;
    struct store *audit = NULL;
    store_free(f->store);
    f->store = NULL;
    db_path(f, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    run_first_step(db);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    /* an audit may not change the file, so it cannot read it yet */
    assert_int_equal(store_sqlite_open(f->dir, true, &audit), ERR_UNSUPPORTED);
    fixture_reopen(f);
    struct store_event *events;
    size_t count;
    assert_int_equal(
        f->store->ops->event_list(f->store, &f->arena, &events, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1);
    assert_true(view_eq(events[0].name, VIEW_LIT("from before")));
    struct script *s = fixture_small_sale(f);
    assert_head(f, s);
    script_free(s);
    assert_int_equal(store_sqlite_open(f->dir, true, &audit), 0);
    store_free(audit);
}

static void a_schema_from_the_future_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store *store = NULL;
    store_free(f->store);
    f->store = NULL;
    char sql[128];
    snprintf(sql, sizeof(sql), "INSERT INTO migration VALUES (%zu, 'later', 5)",
             migration_count + 1);
    tamper(f, sql);
    assert_int_equal(store_sqlite_open(f->dir, false, &store), ERR_UNSUPPORTED);
    assert_int_equal(store_sqlite_open(f->dir, true, &store), ERR_UNSUPPORTED);
    tamper(f, "DELETE FROM migration WHERE number = 1");
    assert_int_equal(store_sqlite_open(f->dir, false, &store), ERR_CORRUPT);
    tamper(f, "DROP TABLE migration");
    assert_int_equal(store_sqlite_open(f->dir, false, &store), ERR_CORRUPT);
    assert_null(store);
}

static void a_file_of_something_else_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store *store = NULL;
    char path[128];
    store_free(f->store);
    f->store = NULL;
    db_path(f, path);
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    static const char text[] = "this is a letter to my aunt, and it is long enough to be a header, "
                               "or so one should think; a header of SQLite is a hundred bytes";
    assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
    close(fd);
    assert_int_equal(store_sqlite_open(f->dir, false, &store), ERR_CORRUPT);
    assert_int_equal(store_sqlite_open(f->dir, true, &store), ERR_CORRUPT);
}

static void a_damaged_row_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct store_order order;
    struct ledger_row *rows;
    size_t count = 99;
    struct script *s = fixture_small_sale(f);
    tamper(f, "UPDATE orders SET account_id = x'00'; UPDATE ledger SET hash = x'0102'");
    assert_int_equal(
        f->store->ops->order_get(f->store, script_id(1), &f->arena, &order, DEADLINE_NEVER),
        ERR_CORRUPT);
    assert_int_equal(f->store->ops->ledger_read(f->store, s->performance_id, 1, 9, &f->arena, &rows,
                                                &count, DEADLINE_NEVER),
                     ERR_CORRUPT);
    assert_int_equal(count, 99);
    script_free(s);
}

static void rows_without_a_performance_are_noticed(void **state)
{
    struct fixture *f = *state;
    uint32_t *ids;
    size_t count;
    struct script *s = fixture_small_sale(f);
    tamper(f, "INSERT INTO sold VALUES (7, 1, 5), (9, 1, 5), (9, 2, 5);"
              "INSERT INTO ledger VALUES (8, 1, 1, 0, 1, 0, x'', x'', x'');"
              "UPDATE orders SET performance_id = 5 WHERE order_no = 1;");
    assert_int_equal(
        f->store->ops->performance_ids(f->store, &f->arena, &ids, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 5);
    const uint32_t wanted[] = {1, 5, 7, 8, 9};
    assert_memory_equal(ids, wanted, sizeof(wanted));
    script_free(s);
}

/* Steps of SQLite's machine for a page of 20 orders, of an account that has 3,000. */
static int steps_of_page(sqlite3 *db, int before)
{
    sqlite3_stmt *s = NULL;
    int rows = 0;
    assert_int_equal(sqlite3_prepare_v2(db, tables_run_orders, -1, &s, NULL), SQLITE_OK);
    sqlite3_bind_blob(s, 1, "0123456789abcdef", 16, SQLITE_STATIC);
    sqlite3_bind_int(s, 2, before);
    sqlite3_bind_int(s, 3, 20);
    sqlite3_bind_int(s, 4, 0);
    while (sqlite3_step(s) == SQLITE_ROW)
        rows++;
    assert_int_equal(rows, 20);
    const int steps = sqlite3_stmt_status(s, SQLITE_STMTSTATUS_VM_STEP, 0);
    sqlite3_finalize(s);
    return steps;
}

static void a_page_of_orders_costs_a_page(void **state)
{
    struct fixture *f = *state;
    char path[128];
    sqlite3 *db;
    tamper(f, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
              " INSERT INTO orders (order_id, account_id, hold_id, performance_id, state,"
              " payment_method, placed_at_ms, total, seats) SELECT randomblob(16),"
              " CAST('0123456789abcdef' AS BLOB), randomblob(16), 1, 2, 1, i, 0, x'00000000'"
              " FROM n");
    db_path(f, path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_true(steps_of_page(db, INT_MAX) < 1000);
    assert_true(steps_of_page(db, 1500) < 1000);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Orders of one account among those of others, many thousands apart: the index has them in runs. */
static void orders_far_apart_are_listed_in_order(void **state)
{
    struct fixture *f = *state;
    struct id account;
    assert_int_equal(id_from_bytes(VIEW_LIT("0123456789abcdef"), &account), 0);
    tamper(f, "INSERT INTO orders (order_no, order_id, account_id, hold_id, performance_id, state,"
              " payment_method, placed_at_ms, total, seats)"
              " SELECT value, randomblob(16), CAST('0123456789abcdef' AS BLOB), randomblob(16), 1,"
              " 2, 1, value, 0, x'00000000'"
              " FROM json_each('[1, 4095, 4096, 4097, 8191, 8192, 50000, 12345678]');"
              " INSERT INTO orders (order_no, order_id, account_id, hold_id, performance_id, state,"
              " payment_method, placed_at_ms, total, seats)"
              " SELECT order_no + 7, randomblob(16), randomblob(16), randomblob(16), 1, 2, 1, 0, 0,"
              " x'00000000' FROM orders");
    static const int64_t wanted[] = {12345678, 50000, 8192, 8191, 4097, 4096, 4095, 1};
    for (size_t page_max = 1; page_max <= 9; page_max++) {
        struct id after = {0};
        size_t seen = 0, count;
        do {
            struct store_order *orders;
            assert_int_equal(f->store->ops->order_list(f->store, account, after, page_max,
                                                       &f->arena, &orders, &count, DEADLINE_NEVER),
                             0);
            assert_true(count <= page_max);
            for (size_t i = 0; i < count; i++)
                assert_int_equal(orders[i].placed_at_ms, wanted[seen++]);
            if (count > 0)
                after = orders[count - 1].order_id;
        } while (count > 0);
        assert_int_equal(seen, sizeof(wanted) / sizeof(wanted[0]));
    }
}

static const struct CMUnitTest tests[] = {
    SUITE_TEST(everything_is_there_after_reopening),
    SUITE_TEST(an_answered_commit_survives_the_process),
    SUITE_TEST(a_second_server_is_refused),
    SUITE_TEST(an_audit_sees_one_moment),
    SUITE_TEST(an_audit_works_without_a_server),
    SUITE_TEST(an_old_schema_is_brought_up),
    SUITE_TEST(what_is_from_before_has_no_offset_and_the_first_organiser),
    SUITE_TEST(a_schema_from_the_future_is_refused),
    SUITE_TEST(a_file_of_something_else_is_refused),
    SUITE_TEST(a_damaged_row_is_an_error),
    SUITE_TEST(rows_without_a_performance_are_noticed),
    SUITE_TEST(a_page_of_orders_costs_a_page),
    SUITE_TEST(orders_far_apart_are_listed_in_order),
};
const struct group file_group = {"files", tests, sizeof(tests) / sizeof(tests[0])};
