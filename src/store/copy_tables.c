/* The tables that are written once for every database (db/sql.h), carried as they are. */
#include <sqlite3.h>
#include <stdio.h>

#include "clock/clock.h"
#include "db/mariadb.h"
#include "err/err.h"
#include "mem/buf.h"
#include "store/copy.h"
#include "store/modules.h"

#define TEXT_MAX  (12u << 20)
#define TEXT_FULL (1u << 20) /* an INSERT is sent once it is that long */

/* What store_copy carries, and what each database keeps for itself. */
#define TABLES                                                                                     \
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"             \
    " AND name NOT IN ('hall', 'event', 'performance', 'ledger', 'sold', 'orders', 'outbox',"      \
    " 'blocked', 'price_list', 'price_plan', 'waiting', 'wish', 'migration', 'schema_step') "      \
    "ORDER BY name"

struct carry {
    sqlite3 *from;
    struct mariadb_conn *to;
    char *why;
};

static int say(struct carry *c, int err, const char *table)
{
    snprintf(c->why, STORE_WHY_MAX, "table %.60s: %s: %.400s", table, err_text(err),
             mariadb_error(c->to)[0] ? mariadb_error(c->to) : sqlite3_errmsg(c->from));
    return err;
}

static int put_value(struct buf *text, sqlite3_stmt *row, int column)
{
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_NULL:
        return buf_append_view(text, VIEW_LIT("NULL"));
    case SQLITE_INTEGER:
        return buf_printf(text, "%lld", (long long)sqlite3_column_int64(row, column));
    case SQLITE_FLOAT:
        return buf_printf(text, "%.17g", sqlite3_column_double(row, column));
    default: {
        const void *bytes = sqlite3_column_blob(row, column);
        return mariadb_quote(text, view_of(bytes, (size_t)sqlite3_column_bytes(row, column)));
    }
    }
}

static int put_row(struct buf *text, sqlite3_stmt *row, const char *table)
{
    const int columns = sqlite3_column_count(row);
    int err = 0;
    if (text->len == 0) {
        err = buf_printf(text, "INSERT INTO `%s` (", table);
        for (int i = 0; err == 0 && i < columns; i++)
            err = buf_printf(text, "%s`%s`", i ? ", " : "", sqlite3_column_name(row, i));
        err = err ? err : buf_append_view(text, VIEW_LIT(") VALUES\n("));
    } else {
        err = buf_append_view(text, VIEW_LIT(",\n("));
    }
    for (int i = 0; err == 0 && i < columns; i++) {
        err = i ? buf_append_byte(text, ',') : 0;
        err = err ? err : put_value(text, row, i);
    }
    return err ? err : buf_append_byte(text, ')');
}

static int send_rows(struct carry *c, struct buf *text)
{
    int err = text->len > 0 ? mariadb_exec(c->to, buf_view(text), NULL) : 0;
    buf_clear(text);
    return err;
}

static int carry_rows(struct carry *c, sqlite3_stmt *rows, const char *table)
{
    struct buf text;
    int code, err = 0;
    buf_init(&text, TEXT_MAX);
    while (err == 0 && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        err = put_row(&text, rows, table);
        if (err == 0 && text.len >= TEXT_FULL)
            err = send_rows(c, &text);
    }
    if (err == 0)
        err = code == SQLITE_DONE ? send_rows(c, &text) : ERR_IO;
    buf_release(&text);
    return err;
}

/* A table whole or not at all. */
static int carry_table(struct carry *c, const char *table)
{
    char text[128];
    sqlite3_stmt *rows = NULL;
    snprintf(text, sizeof(text), "SELECT * FROM \"%.60s\"", table);
    int err = sqlite3_prepare_v2(c->from, text, -1, &rows, NULL) == SQLITE_OK ? 0 : ERR_IO;
    if (err == 0)
        err = mariadb_begin(c->to);
    /* What a step of its schema put there, the original has too. */
    snprintf(text, sizeof(text), "DELETE FROM `%.60s`", table);
    if (err == 0)
        err = mariadb_exec(c->to, view_str(text), NULL);
    if (err == 0)
        err = carry_rows(c, rows, table);
    if (err == 0)
        err = mariadb_commit(c->to);
    else
        mariadb_rollback(c->to);
    sqlite3_finalize(rows);
    return err ? say(c, err, table) : 0;
}

static int carry_all(struct carry *c)
{
    sqlite3_stmt *tables = NULL;
    int err = sqlite3_prepare_v2(c->from, TABLES, -1, &tables, NULL) == SQLITE_OK ? 0 : ERR_IO;
    while (err == 0 && sqlite3_step(tables) == SQLITE_ROW)
        err = carry_table(c, (const char *)sqlite3_column_text(tables, 0));
    sqlite3_finalize(tables);
    return err;
}

static int make_tables(struct mariadb *mariadb)
{
    struct sql *sql;
    int err = sql_over_mariadb(mariadb, &sql);
    if (err)
        return err;
    err = modules_migrate(sql, clock_wall_ms(clock_system()));
    sql_free(sql);
    return err;
}

int store_copy_tables(const char *path, const char *url, char *ret_why)
{
    struct carry c = {.why = ret_why};
    struct mariadb *mariadb;
    snprintf(ret_why, STORE_WHY_MAX, "%.300s cannot be read", path);
    if (sqlite3_open_v2(path, &c.from, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        sqlite3_close(c.from);
        return ERR_IO;
    }
    int err = mariadb_new(url, ret_why, &mariadb);
    if (err == 0) {
        err = make_tables(mariadb);
        if (err)
            snprintf(ret_why, STORE_WHY_MAX, "the tables cannot be made: %s", err_text(err));
        if (err == 0)
            err = mariadb_take(mariadb, DEADLINE_NEVER, &c.to);
        if (err == 0) {
            err = carry_all(&c);
            mariadb_give(c.to);
        }
        mariadb_free(mariadb);
    }
    sqlite3_close(c.from);
    return err;
}
