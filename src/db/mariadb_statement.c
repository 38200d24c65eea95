/* Prepared statements: kept by the address of their text, as many as a connection may keep. */
#include <limits.h>
#include <stdlib.h>

#include "db/mariadb_conn.h"
#include "err/err.h"
#include "mem/buf.h"

struct mariadb_statement {
    struct list link; /* in the connection's */
    struct mariadb_conn *conn;
    const char *text; /* the literal */
    MYSQL_STMT *handle;
    uint32_t parameter_count;
    uint32_t column_count;
    bool executed;          /* rows may come */
    MYSQL_BIND *parameters; /* as many as it has; ours */
    MYSQL_BIND columns[SQL_COLUMNS_MAX];
    int64_t values[SQL_COLUMNS_MAX];
    unsigned long lens[SQL_COLUMNS_MAX];
    my_bool nulls[SQL_COLUMNS_MAX];
};

static int failed(struct mariadb_statement *s)
{
    return mariadb_conn_failed(s->conn, mysql_stmt_errno(s->handle), mysql_stmt_error(s->handle));
}

/* ---- keeping ---- */

static void drop(struct mariadb_statement *s)
{
    my_bool ret = 0;
    list_remove(&s->link);
    s->conn->statement_count--;
    if (s->handle)
        MARIADB_DRIVE(s->conn, mysql_stmt_close_start(&ret, s->handle),
                      mysql_stmt_close_cont(&ret, s->handle, events));
    free(s->parameters);
    free(s);
}

void mariadb_statements_drop(struct mariadb_conn *c)
{
    /* With the connection they go on the server too: mysql_close tells their handles. */
    while (!list_empty(&c->statements)) {
        struct mariadb_statement *s =
            list_of(list_take(&c->statements), struct mariadb_statement, link);
        mysql_stmt_close(s->handle);
        free(s->parameters);
        free(s);
    }
    c->statement_count = 0;
}

/* Integers land in values; of everything else the length does, and the bytes are fetched when
 * asked for. */
static int bind_columns(struct mariadb_statement *s)
{
    s->column_count = mysql_stmt_field_count(s->handle);
    assert(s->column_count <= SQL_COLUMNS_MAX);
    MYSQL_FIELD *fields = s->column_count ? mariadb_stmt_fetch_fields(s->handle) : NULL;
    for (uint32_t i = 0; i < s->column_count; i++) {
        MYSQL_BIND *column = &s->columns[i];
        *column = (MYSQL_BIND){.length = &s->lens[i], .is_null = &s->nulls[i]};
        switch (fields[i].type) {
        case MYSQL_TYPE_TINY:
        case MYSQL_TYPE_SHORT:
        case MYSQL_TYPE_INT24:
        case MYSQL_TYPE_LONG:
        case MYSQL_TYPE_LONGLONG:
        case MYSQL_TYPE_NEWDECIMAL: /* a sum */
            column->buffer_type = MYSQL_TYPE_LONGLONG;
            column->buffer = &s->values[i];
            column->buffer_length = sizeof(s->values[i]);
            column->is_unsigned = (fields[i].flags & UNSIGNED_FLAG) != 0;
            break;
        default:
            column->buffer_type = MYSQL_TYPE_BLOB;
            break;
        }
    }
    return s->column_count && mysql_stmt_bind_result(s->handle, s->columns) ? failed(s) : 0;
}

static int prepare(struct mariadb_statement *s, size_t len)
{
    int ret = 0;
    MARIADB_DRIVE(s->conn, mysql_stmt_prepare_start(&ret, s->handle, s->text, len),
                  mysql_stmt_prepare_cont(&ret, s->handle, events));
    if (ret)
        return failed(s);
    s->parameter_count = (uint32_t)mysql_stmt_param_count(s->handle);
    assert(s->parameter_count <= MARIADB_VALUES_MAX);
    s->parameters = calloc(s->parameter_count + 1, sizeof(*s->parameters));
    return s->parameters ? bind_columns(s) : ERR_NO_MEMORY;
}

static int add(struct mariadb_conn *c, const char *text, struct mariadb_statement **ret_statement)
{
    struct mariadb_statement *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NO_MEMORY;
    s->conn = c;
    s->text = text;
    s->handle = mysql_stmt_init(&c->mysql);
    list_append(&c->statements, &s->link);
    c->statement_count++;
    int err = s->handle ? prepare(s, strlen(text)) : ERR_NO_MEMORY;
    if (err) {
        drop(s);
        return err;
    }
    *ret_statement = s;
    return 0;
}

static struct mariadb_statement *find(struct mariadb_conn *c, const char *text)
{
    list_each (link, &c->statements) {
        struct mariadb_statement *s = list_of(link, struct mariadb_statement, link);
        if (s->text == text)
            return s;
    }
    return NULL;
}

static MYSQL_BIND bind(const struct sql_value *value)
{
    const struct view bytes = sql_value_bytes(value);
    switch (value->type) {
    case SQL_TYPE_INT:
        return (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = (void *)&value->number};
    case SQL_TYPE_TEXT:
    case SQL_TYPE_BYTES:
        return (MYSQL_BIND){.buffer_type =
                                value->type == SQL_TYPE_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB,
                            .buffer = (void *)(bytes.len ? bytes.at : ""),
                            .buffer_length = bytes.len};
    case SQL_TYPE_NULL:
        break;
    }
    return (MYSQL_BIND){.buffer_type = MYSQL_TYPE_NULL};
}

/* The prepared statement of that text, reset; it is the one used last now. */
static int take(struct mariadb_conn *c, const char *text, size_t count,
                struct mariadb_statement **ret_statement)
{
    if (c->broken)
        return ERR_UNAVAILABLE;
    struct mariadb_statement *s = find(c, text);
    if (!s) {
        if (c->statement_count == MARIADB_STATEMENTS_MAX)
            drop(list_of(c->statements.next, struct mariadb_statement, link));
        int err = add(c, text, &s);
        if (err)
            return err;
    }
    mariadb_reset(s);
    list_remove(&s->link);
    list_append(&c->statements, &s->link);
    assert(s->parameter_count == count);
    *ret_statement = s;
    return 0;
}

int mariadb_statement(struct mariadb_conn *c, const char *text, const struct sql_value *values,
                      size_t count, struct mariadb_statement **ret_statement)
{
    struct mariadb_statement *s;
    int err = take(c, text, count, &s);
    if (err)
        return err;
    for (size_t i = 0; i < count; i++)
        s->parameters[i] = bind(&values[i]);
    *ret_statement = s;
    return 0;
}

/* ---- running ---- */

static int execute(struct mariadb_statement *s)
{
    int ret = 0;
    if (s->conn->broken)
        return ERR_UNAVAILABLE;
    if (s->parameter_count && mysql_stmt_bind_param(s->handle, s->parameters))
        return failed(s);
    MARIADB_DRIVE(s->conn, mysql_stmt_execute_start(&ret, s->handle),
                  mysql_stmt_execute_cont(&ret, s->handle, events));
    return ret ? failed(s) : 0;
}

int mariadb_run(struct mariadb_statement *s, uint64_t *ret_changes, uint64_t *ret_insert_id)
{
    assert(s->column_count == 0);
    int err = execute(s);
    if (err)
        return err;
    if (ret_changes)
        *ret_changes = mysql_stmt_affected_rows(s->handle);
    if (ret_insert_id)
        *ret_insert_id = mysql_stmt_insert_id(s->handle);
    return 0;
}

int mariadb_begin_by(struct mariadb_statement *s)
{
    struct mariadb_conn *c = s->conn;
    assert(c->phase == MARIADB_IDLE);
    c->phase = MARIADB_OPEN; /* nothing is done by beginning, whatever its error */
    c->last_errno = 0;
    const int err = mariadb_run(s, NULL, NULL);
    if (err)
        c->phase = MARIADB_IDLE;
    return err;
}

/* ---- many rows at once ---- */

/* Values of one parameter, as the library wants them. */
union cell {
    int64_t number;
    const char *bytes;
};

static MYSQL_BIND bind_column(const struct sql_value *values, size_t step, size_t rows,
                              union cell *cells, unsigned long *lens)
{
    MYSQL_BIND column = bind(values);
    for (size_t i = 0; i < rows; i++) {
        const struct sql_value *value = &values[i * step];
        const struct view bytes = sql_value_bytes(value);
        assert(value->type == values->type && value->type != SQL_TYPE_NULL);
        lens[i] = bytes.len;
        if (value->type == SQL_TYPE_INT)
            cells[i].number = value->number;
        else
            cells[i].bytes = bytes.len ? bytes.at : "";
    }
    column.buffer = cells;
    column.length = column.buffer_type == MYSQL_TYPE_LONGLONG ? NULL : lens;
    return column;
}

int mariadb_run_rows(struct mariadb_conn *c, const char *text, const struct sql_value *values,
                     size_t parameters, size_t rows)
{
    struct mariadb_statement *s;
    const unsigned count = (unsigned)rows;
    int err = take(c, text, parameters, &s);
    if (err)
        return err;
    assert(s->column_count == 0 && parameters > 0 && rows > 0 && rows <= UINT_MAX);
    union cell *cells = calloc(parameters * rows, sizeof(*cells));
    unsigned long *lens = calloc(parameters * rows, sizeof(*lens));
    err = cells && lens ? 0 : ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < parameters; i++)
        s->parameters[i] =
            bind_column(&values[i], parameters, rows, &cells[i * rows], &lens[i * rows]);
    if (err == 0 && mysql_stmt_attr_set(s->handle, STMT_ATTR_ARRAY_SIZE, &count))
        err = failed(s);
    if (err == 0)
        err = execute(s);
    free(cells);
    free(lens);
    return err;
}

/* ---- rows that come back ---- */

/* The whole answer is fetched at once: the connection is then free for other statements. */
static int begin_rows(struct mariadb_statement *s)
{
    int ret = 0;
    int err = execute(s);
    if (err)
        return err;
    MARIADB_DRIVE(s->conn, mysql_stmt_store_result_start(&ret, s->handle),
                  mysql_stmt_store_result_cont(&ret, s->handle, events));
    if (ret)
        return failed(s);
    s->executed = true;
    return 0;
}

int mariadb_step(struct mariadb_statement *s)
{
    assert(s->column_count > 0);
    int err = s->executed ? 0 : begin_rows(s);
    if (err)
        return err;
    const int ret = mysql_stmt_fetch(s->handle);
    if (ret == 0 || ret == MYSQL_DATA_TRUNCATED)
        return 1; /* what is "truncated" is copied when asked for */
    err = ret == MYSQL_NO_DATA ? 0 : failed(s);
    mariadb_reset(s);
    return err;
}

void mariadb_reset(struct mariadb_statement *s)
{
    if (!s->executed)
        return;
    s->executed = false;
    mysql_stmt_free_result(s->handle);
}

/* ---- columns ---- */

uint32_t mariadb_column_count(const struct mariadb_statement *s)
{
    return s->column_count;
}

bool mariadb_column_is_null(const struct mariadb_statement *s, uint32_t column)
{
    assert(column < s->column_count);
    return s->nulls[column];
}

int64_t mariadb_column_i64(const struct mariadb_statement *s, uint32_t column)
{
    assert(column < s->column_count && s->columns[column].buffer_type == MYSQL_TYPE_LONGLONG);
    return s->nulls[column] ? 0 : s->values[column];
}

size_t mariadb_column_len(const struct mariadb_statement *s, uint32_t column)
{
    assert(column < s->column_count);
    return s->nulls[column] ? 0 : s->lens[column];
}

void mariadb_column_copy(struct mariadb_statement *s, uint32_t column, void *bytes, size_t room)
{
    unsigned long len = 0;
    my_bool is_null = 0, cut = 0;
    MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_BLOB,
                       .buffer = bytes,
                       .buffer_length = room,
                       .length = &len,
                       .is_null = &is_null,
                       .error = &cut};
    if (room == 0 || mariadb_column_len(s, column) == 0)
        return;
    int ret = mysql_stmt_fetch_column(s->handle, &bind, column, 0);
    assert(ret == 0);
}

int mariadb_column_bytes(struct mariadb_statement *s, uint32_t column, struct arena *arena,
                         struct view *ret_bytes)
{
    const size_t len = mariadb_column_len(s, column);
    char *copy = arena_alloc(arena, len + 1);
    if (!copy)
        return ERR_NO_MEMORY;
    mariadb_column_copy(s, column, copy, len);
    *ret_bytes = view_of(copy, len);
    return 0;
}

/* ---- literals ---- */

int mariadb_quote(struct buf *out, struct view bytes)
{
    const struct view opening = VIEW_LIT("_binary'");
    const size_t most = opening.len + 2 * bytes.len + 2; /* and a NUL */
    uint8_t *at = buf_reserve(out, most);
    if (!at)
        return most > out->max - out->len ? ERR_FULL : ERR_NO_MEMORY;
    memcpy(at, opening.at, opening.len);
    /* What must be escaped is ASCII, which in UTF-8 is no part of anything else. */
    size_t len = opening.len;
    len += mysql_escape_string((char *)at + len, bytes.len ? bytes.at : "", bytes.len);
    at[len] = '\'';
    buf_commit(out, len + 1);
    return 0;
}
