/* What SQLite and its schema say of the file: for audit. */
#include <stdarg.h>
#include <stdio.h>

#include "db/sql.h"
#include "db/sqlite_conn.h"
#include "mem/buf.h"
#include "sale/payment.h"
#include "store/modules.h"
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

/* Whether a question, whose literal is prepared once a connection, has a row. */
static bool has_row(sqlite3_stmt *question)
{
    const bool has = sqlite_step(question) == 1;
    sqlite3_reset(question); /* else the connection keeps the state that it reads */
    return has;
}

/* Whether there is an object of a type and name, made so; made: NULL is in any way. */
static bool has_object(struct sqlite_conn *conn, const char *type, const char *name,
                       const char *made)
{
    sqlite3_stmt *found = NULL;
    if (sqlite_literal(conn,
                       "SELECT 1 FROM sqlite_schema WHERE type = ?1 AND name = ?2"
                       " AND coalesce(sql, '') = coalesce(?3, sql, '')",
                       &found) < 0)
        return false;
    sqlite3_bind_text(found, 1, type, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(found, 2, name, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(found, 3, made, -1, SQLITE_TRANSIENT);
    return has_row(found);
}

/* type, name, sql of an object that this program makes */
static int is_there(struct self_check *c, sqlite3_stmt *made)
{
    const char *type = text_of(made, 0), *name = text_of(made, 1);
    if (has_object(c->conn, type, name, text_of(made, 2)))
        return 0;
    return say(c, "the %s %s is %s", type, name,
               has_object(c->conn, type, name, NULL) ? "not as usher makes it" : "missing");
}

/* type, name, table of an object that the file has */
static int is_ours(struct self_check *c, sqlite3_stmt *row)
{
    const char *type = text_of(row, 0), *name = text_of(row, 1), *on = text_of(row, 2);
    const bool acts = strcmp(type, "trigger") == 0 || strcmp(type, "view") == 0;
    const bool own = strncmp(on, "sqlite_", 7) == 0; /* the database's: what ANALYZE gathers */
    return acts || (!own && !has_object(&c->made, type, name, NULL))
               ? say(c, "there is a %s %s, which usher does not make", type, name)
               : 0;
}

/* ---- steps of the modules ---- */

/* How many steps of a module the file has; state: struct self_check. */
static size_t steps_of(void *state, const char *module)
{
    const struct self_check *c = state;
    sqlite3_stmt *statement = NULL;
    if (sqlite_literal(c->conn, "SELECT count(*) FROM schema_step WHERE module = ?1", &statement) <
        0)
        return 0;
    sqlite3_bind_text(statement, 1, module, -1, SQLITE_TRANSIENT);
    const size_t count =
        sqlite_step(statement) == 1 ? (size_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return count;
}

/* Whether the file has such a table. */
static bool is_made(struct self_check *c, const char *table)
{
    return has_object(c->conn, "table", table, NULL);
}

/* Makes what the modules make by the steps that the file has. */
static int make_modules(struct self_check *c)
{
    struct sql *sql;
    int err = sql_over_conn(&c->made, &sql);
    if (err != 0)
        return err;
    sql_migrate_until(sql, steps_of, c);
    err = modules_migrate(sql, 0);
    sql_free(sql);
    return err;
}

/* module, number, name and checksum of a step that the file has */
static int is_a_step(struct self_check *c, sqlite3_stmt *row)
{
    sqlite3_stmt *ours = NULL;
    int rc = sqlite_literal(&c->made,
                            "SELECT 1 FROM schema_step WHERE module = ?1 AND number = ?2"
                            " AND name = ?3 AND checksum = ?4",
                            &ours);
    for (int i = 0; rc == 0 && i < 4; i++)
        rc = sqlite_code(sqlite3_bind_value(ours, i + 1, sqlite3_column_value(row, i)));
    if (rc == 0 && has_row(ours))
        return 0;
    return say(c, "step %lld of the schema of %s is none of usher's",
               (long long)sqlite3_column_int64(row, 1), text_of(row, 0));
}

/* One process makes all tables of a release when it starts. So where anything is there that 0.5.0
 * was the first to make, the chain of what tickets show is there too, and so are all steps of then
 * of whatever else has begun. */
static int check_together(struct self_check *c)
{
    static const struct {
        const char *module;
        size_t before, steps; /* of 0.4.0, of 0.5.0 */
    } known[] = {{"accounts", 6, 6},    {"bars", 0, 1},        {"contacts", 3, 3},
                 {"generations", 3, 3}, {"hall_owners", 1, 1}, {"hooks", 0, 0},
                 {"lines", 1, 1},       {"mails", 2, 2},       {"payments", 7, 8},
                 {"playbill", 1, 4},    {"positions", 1, 1},   {"reminders", 0, 1},
                 {"scans", 1, 1}};
    bool newer = false;
    int rc = 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        newer = newer || steps_of(c, known[i].module) > known[i].before;
    for (size_t i = 0; newer && rc == 0 && i < sizeof(known) / sizeof(known[0]); i++) {
        const size_t count = steps_of(c, known[i].module);
        const bool must = count > 0 || strcmp(known[i].module, "playbill") == 0;
        if (must && count < known[i].steps)
            rc = say(c, "steps of the schema of %s are missing, and later ones are there",
                     known[i].module);
    }
    return rc;
}

/* ---- types ---- */

/* A row of counts, each under the name of its column: tells those that are not 0. */
static int say_counts(struct self_check *c, sqlite3_stmt *row, const char *what)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < sqlite3_column_count(row); i++) {
        if (sqlite3_column_int64(row, i) > 0)
            rc = say(c, "%s: %lld values are %s", sqlite3_column_name(row, i),
                     (long long)sqlite3_column_int64(row, i), what);
    }
    return rc;
}

static int count_wrong(struct self_check *c, sqlite3_stmt *row)
{
    return say_counts(c, row, "of another type than the column's");
}

static int count_beyond(struct self_check *c, sqlite3_stmt *row)
{
    return say_counts(c, row, "out of range");
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

/* ---- values ---- */

#define U32 4294967295

/* Numbers whose columns could hold more than usher reads of them: it would take 2^32 more for the
 * same. */
static const struct {
    const char *table, *column;
    int64_t least, most;
} ranges[] = {
    {"hall", "hall_id", 1, U32},
    {"hall", "place_count", 0, U32},
    {"hall", "section_count", 0, U32},
    {"event", "event_id", 1, U32},
    {"event", "organiser_id", 0, U32},
    {"performance", "performance_id", 1, U32},
    {"performance", "event_id", 1, U32},
    {"performance", "hall_id", 1, U32},
    {"performance", "hold_ttl_ms", 0, U32},
    {"performance", "places_max", 0, U32},
    {"performance", "first_sale_state", 1, 3},
    {"performance", "sale_state", 1, 3},
    {"performance", "utc_offset_minutes", -1440, 1440},
    {"performance", "covers_names", 0, 1},
    {"performance", "rest_ms", 0, U32},
    {"performance", "person_rule", 0, 2},
    {"ledger", "performance_id", 1, U32},
    {"sold", "performance_id", 1, U32},
    {"sold", "seat", 0, U32},
    {"blocked", "performance_id", 1, U32},
    {"blocked", "seat", 0, U32},
    {"orders", "performance_id", 1, U32},
    {"orders", "state", 1, 2},
    {"orders", "payment_method", 0, PAYMENT_METHOD_MAX},
    {"outbox", "performance_id", 1, U32},
    {"playbill", "event_id", 0, U32},
    {"playbill", "state", 0, 4},
    {"performance_date", "performance_id", 1, U32},
    {"performance_date", "utc_offset_known", 0, 1},
    {"performance_date", "utc_offset_minutes", -1440, 1440},
    {"performance_date", "later_ms", 0, U32},
    {"performance_date", "longest_later_ms", 0, U32},
    {"payment_rule", "performance_id", 1, U32},
    {"payment_rule", "payment_required", 0, 1},
    {"payment_rule", "took_unpaid", 0, 1},
    {"playbill_row", "about", 1, 4},
    {"playbill_row", "id", 1, U32},
    {"sale", "sale_id", 1, U32},
    {"sale", "guests", 0, 1},
    {"sale", "capacity_min", 0, U32},
    {"sale", "capacity_max", 0, U32},
    {"sale", "claim_ms", 0, U32},
    {"sale", "pass_ms", 0, U32},
    {"sale_performance", "performance_id", 1, U32},
    {"sale_performance", "sale_id", 1, U32},
    {"line_row", "sale_id", 1, U32},
};
#define RANGES (sizeof(ranges) / sizeof(ranges[0]))

/* Whether the store should have the column, by the steps that it has. */
static bool has_column(struct self_check *c, const char *table, const char *column)
{
    return sqlite3_table_column_metadata(sqlite_handle(&c->made), NULL, table, column, NULL, NULL,
                                         NULL, NULL, NULL) == SQLITE_OK;
}

/* The ranges of one table, which stand together: one look at its rows. ret_next: behind them. */
static int check_table_ranges(struct self_check *c, size_t first, size_t *ret_next)
{
    const char *table = ranges[first].table;
    struct buf query;
    buf_init(&query, QUERY_MAX);
    int rc = buf_printf(&query, "SELECT 0");
    size_t i = first;
    for (; rc == 0 && i < RANGES && strcmp(ranges[i].table, table) == 0; i++) {
        const char *column = ranges[i].column;
        if (has_column(c, table, column))
            rc = buf_printf(&query, ", sum(%s NOT BETWEEN %lld AND %lld) AS \"%s.%s\"", column,
                            (long long)ranges[i].least, (long long)ranges[i].most, table, column);
    }
    const bool any = buf_view(&query).len > strlen("SELECT 0");
    if (rc == 0)
        rc = buf_printf(&query, " FROM %s%c", table, '\0');
    if (rc == 0 && any)
        rc = for_each(c, c->conn, (const char *)buf_view(&query).at, count_beyond);
    buf_release(&query);
    *ret_next = i;
    return rc;
}

static int check_ranges(struct self_check *c)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < RANGES;)
        rc = check_table_ranges(c, i, &i);
    return rc;
}

/* Rows of a line that are none's, or not as many as the line says. */
static int wrong_line(struct self_check *c, sqlite3_stmt *row)
{
    return say(c, "sale %lld: its line ends at row %lld, and the rows are %lld, the last %lld",
               (long long)sqlite3_column_int64(row, 0), (long long)sqlite3_column_int64(row, 1),
               (long long)sqlite3_column_int64(row, 2), (long long)sqlite3_column_int64(row, 3));
}

#define WRONG_LINES                                                                                \
    "SELECT sale_id, seq, (SELECT count(*) FROM line_row r WHERE r.sale_id = sale.sale_id) AS n,"  \
    " (SELECT coalesce(max(seq), 0) FROM line_row r WHERE r.sale_id = sale.sale_id) AS m"          \
    " FROM sale WHERE n <> seq OR m <> seq UNION ALL"                                              \
    " SELECT sale_id, 0, count(*), max(seq) FROM line_row"                                         \
    " WHERE sale_id NOT IN (SELECT sale_id FROM sale) GROUP BY sale_id UNION ALL"                  \
    " SELECT sale_id, 0, 0, 0 FROM sale_performance"                                               \
    " WHERE sale_id NOT IN (SELECT sale_id FROM sale) GROUP BY sale_id LIMIT 20"

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
        rc = make_modules(c);
    if (rc == 0 && is_made(c, "schema_step"))
        rc = for_each(c, conn, "SELECT module, number, name, checksum FROM schema_step", is_a_step);
    if (rc == 0)
        rc = check_together(c);
    if (rc == 0)
        rc = for_each(c, &c->made,
                      "SELECT type, name, coalesce(sql, '') FROM sqlite_schema"
                      " WHERE name NOT IN ('schema_step', 'sqlite_autoindex_schema_step_1')"
                      " OR EXISTS (SELECT 1 FROM schema_step)",
                      is_there);
    if (rc == 0)
        rc = for_each(c, conn, "SELECT type, name, tbl_name FROM sqlite_schema", is_ours);
    if (rc == 0)
        rc = for_each(c, &c->made,
                      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                      "'sqlite%' AND (name <> 'schema_step' OR EXISTS (SELECT 1 FROM schema_step))",
                      check_types);
    if (rc == 0)
        rc = check_ranges(c);
    if (rc == 0 && has_column(c, "line_row", "seq"))
        rc = for_each(c, conn, WRONG_LINES, wrong_line);
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
