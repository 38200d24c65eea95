/* What SQLite and its schema say of the file: for audit. */
#include <stdarg.h>
#include <stdio.h>

#include "db/sqlite_conn.h"
#include "mem/buf.h"
#include "store/sqlite/body.h"
#include "store/sqlite/migrations.h"

#define TEXT_MAX    240
#define QUERY_MAX   4096
#define TROUBLE_MAX 100 /* sentences in all */

struct self_check {
    struct sqlite_job job;
    struct rows texts;        /* struct view */
    struct sqlite_conn *conn; /* the store's */
    struct sqlite_conn made;  /* an empty store of this program, in memory */
};

static int say(struct self_check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int say(struct self_check *c, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    if (c->texts.count == TROUBLE_MAX)
        return 0;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    struct view *place = rows_next(&c->texts, sizeof(*place));
    const char *copy = place ? arena_copy(c->texts.arena, view_str(text)) : NULL;
    if (!copy)
        return ERR_NO_MEMORY;
    *place = view_str(copy);
    c->texts.count++;
    return 0;
}

/* Gives each row of a query to `each`, which may return a negative code. A query that cannot be
 * made or stepped is a sentence: the schema is not what it should be. */
static int for_each(struct self_check *c, struct sqlite_conn *conn, const char *query,
                    int (*each)(struct self_check *c, sqlite3_stmt *row))
{
    sqlite3 *handle = sqlite_handle(conn);
    sqlite3_stmt *statement = NULL;
    int rc = 0, code = sqlite3_prepare_v2(handle, query, -1, &statement, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW && (rc = each(c, statement)) < 0)
            break;
    }
    if (rc == 0 && code != SQLITE_DONE)
        rc = say(c, "the database cannot be looked at: %s", sqlite3_errmsg(handle));
    sqlite3_finalize(statement);
    return rc;
}

static const char *text_of(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text ? text : "";
}

/* ---- the schema ---- */

/* Steps a query about the one object of a type and name. SQLITE_ROW, SQLITE_DONE, or an error. */
static int find_object(struct sqlite_conn *conn, const char *type, const char *name,
                       sqlite3_stmt **ret_statement)
{
    int code = sqlite3_prepare_v2(
        sqlite_handle(conn),
        "SELECT coalesce(sql, '') FROM sqlite_schema WHERE type = ?1 AND name = ?2", -1,
        ret_statement, NULL);
    if (code != SQLITE_OK)
        return code;
    sqlite3_bind_text(*ret_statement, 1, type, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(*ret_statement, 2, name, -1, SQLITE_TRANSIENT);
    return sqlite3_step(*ret_statement);
}

/* type, name, sql of an object that this program makes */
static int is_there(struct self_check *c, sqlite3_stmt *made)
{
    sqlite3_stmt *found = NULL;
    int rc = 0;
    const int code = find_object(c->conn, text_of(made, 0), text_of(made, 1), &found);
    if (code != SQLITE_ROW)
        rc = say(c, "the %s %s is missing", text_of(made, 0), text_of(made, 1));
    else if (strcmp(text_of(found, 0), text_of(made, 2)) != 0)
        rc = say(c, "the %s %s is not as usher makes it", text_of(made, 0), text_of(made, 1));
    sqlite3_finalize(found);
    return rc;
}

/* type, name, table of an object that the file has */
static int is_ours(struct self_check *c, sqlite3_stmt *row)
{
    sqlite3_stmt *table = NULL, *made = NULL;
    const char *type = text_of(row, 0), *name = text_of(row, 1), *on = text_of(row, 2);
    const bool acts = strcmp(type, "trigger") == 0 || strcmp(type, "view") == 0;
    int rc = 0;
    const bool known = find_object(&c->made, "table", on, &table) == SQLITE_ROW;
    if (acts || (known && find_object(&c->made, type, name, &made) != SQLITE_ROW))
        rc = say(c, "there is a %s %s, which usher does not make", type, name);
    sqlite3_finalize(table);
    sqlite3_finalize(made);
    return rc;
}

/* ---- types ---- */

/* The column at fault, and how many of its values. */
static int count_wrong(struct self_check *c, sqlite3_stmt *row)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < sqlite3_column_count(row); i++) {
        if (sqlite3_column_int64(row, i) > 0)
            rc = say(c, "%s: %lld values are of another type than the column's",
                     sqlite3_column_name(row, i), (long long)sqlite3_column_int64(row, i));
    }
    return rc;
}

/* A table that this program makes: one look at all of its columns. */
static int check_types(struct self_check *c, sqlite3_stmt *table)
{
    sqlite3_stmt *columns = NULL;
    struct buf query;
    const char *name = text_of(table, 0);
    buf_init(&query, QUERY_MAX);
    int rc = buf_printf(&query, "SELECT 0");
    int code = sqlite3_prepare_v2(sqlite_handle(&c->made),
                                  "SELECT name, lower(type), \"notnull\" OR pk FROM "
                                  "pragma_table_info(?1)",
                                  -1, &columns, NULL);
    if (code == SQLITE_OK)
        sqlite3_bind_text(columns, 1, name, -1, SQLITE_TRANSIENT);
    while (rc == 0 && code != SQLITE_DONE) {
        code = sqlite3_step(columns);
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            rc = sqlite_code(code) < 0 ? sqlite_code(code) : ERR_IO;
        if (code == SQLITE_ROW)
            rc = buf_printf(&query, ", sum(typeof(\"%s\") NOT IN ('%s'%s)) AS \"%s.%s\"",
                            text_of(columns, 0), text_of(columns, 1),
                            sqlite3_column_int(columns, 2) ? "" : ", 'null'", name,
                            text_of(columns, 0));
    }
    sqlite3_finalize(columns);
    if (rc == 0)
        rc = buf_printf(&query, " FROM \"%s\"%c", name, '\0');
    if (rc == 0)
        rc = for_each(c, c->conn, (const char *)buf_view(&query).at, count_wrong);
    buf_release(&query);
    return rc;
}

/* ---- all of it ---- */

static int integrity(struct self_check *c, sqlite3_stmt *row)
{
    return strcmp(text_of(row, 0), "ok") == 0 ? 0 : say(c, "integrity: %s", text_of(row, 0));
}

static int before_the_first(struct self_check *c, sqlite3_stmt *row)
{
    return say(c, "ledger of performance %lld: a row of number %lld, before the first",
               (long long)sqlite3_column_int64(row, 0), (long long)sqlite3_column_int64(row, 1));
}

static int run_self_check(struct sqlite_job *job, struct sqlite_conn *conn)
{
    struct self_check *c = list_of(job, struct self_check, job);
    c->conn = conn;
    int rc = sqlite_conn_open_memory(&c->made);
    if (rc == 0)
        rc = migrations_run(&c->made, migration_count, 0);
    if (rc == 0)
        rc = for_each(c, &c->made, "SELECT type, name, coalesce(sql, '') FROM sqlite_schema",
                      is_there);
    if (rc == 0)
        rc = for_each(c, conn, "SELECT type, name, tbl_name FROM sqlite_schema", is_ours);
    if (rc == 0)
        rc = for_each(c, &c->made,
                      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                      "'sqlite%'",
                      check_types);
    if (rc == 0)
        rc = for_each(c, conn, "SELECT performance_id, seq FROM ledger WHERE seq < 0 LIMIT 20",
                      before_the_first);
    if (rc == 0)
        rc = for_each(c, conn, "PRAGMA integrity_check(20)", integrity);
    sqlite_conn_close(&c->made);
    return rc;
}

int sqlite_self_check(struct store *store, struct arena *arena, struct view **ret_texts,
                      size_t *ret_count, int64_t deadline_ns)
{
    struct self_check check = {.job.run = run_self_check, .texts.arena = arena};
    int rc = sqlite_read(db_of(store), &check.job, deadline_ns);
    if (rc < 0)
        return rc;
    *ret_texts = check.texts.items;
    *ret_count = check.texts.count;
    return 0;
}
