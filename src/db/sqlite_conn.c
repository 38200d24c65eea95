#include "db/sqlite_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/sqlite_log.h"
#include "db/sqlite_messages.h"
#include "err/err.h"

#define TEXT_OF(macro) TEXT(macro)
#define TEXT(token)    #token

int sqlite_code(int result_code)
{
    switch (result_code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_CONSTRAINT:
        return ERR_CONFLICT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ERR_CORRUPT;
    case SQLITE_NOMEM:
        return ERR_NO_MEMORY;
    case SQLITE_READONLY:
        return ERR_DENIED;
    default:
        return ERR_IO;
    }
}

sqlite3 *sqlite_handle(struct sqlite_conn *conn)
{
    return conn->handle;
}

/* The code of ours, and a word in the log where it is trouble. */
static int report(sqlite3 *handle, int result_code)
{
    sqlite_messages_say(handle, result_code);
    return sqlite_code(result_code);
}

int sqlite_exec(struct sqlite_conn *conn, const char *text)
{
    return report(conn->handle, sqlite3_exec(conn->handle, text, NULL, NULL, NULL));
}

/* The slot of a text, or the free one where it belongs. */
static struct sqlite_literal *find_literal(struct sqlite_conn *conn, const char *text)
{
    const uint64_t mixed = (uint64_t)(uintptr_t)text * UINT64_C(0x9E3779B97F4A7C15);
    uint32_t at = (uint32_t)(mixed >> 32);
    while (true) {
        struct sqlite_literal *slot = &conn->literals[at++ & (SQLITE_LITERALS_MAX - 1)];
        if (slot->text == text || !slot->text)
            return slot;
    }
}

int sqlite_literal(struct sqlite_conn *conn, const char *text, sqlite3_stmt **ret_statement)
{
    if (!conn->literals)
        conn->literals = calloc(SQLITE_LITERALS_MAX, sizeof(*conn->literals));
    if (!conn->literals)
        return ERR_NO_MEMORY;
    struct sqlite_literal *slot = find_literal(conn, text);
    if (!slot->text) {
        if (conn->literal_count == SQLITE_LITERALS_MAX / 2)
            return ERR_FULL;
        const int code = sqlite3_prepare_v3(conn->handle, text, -1, SQLITE_PREPARE_PERSISTENT,
                                            &slot->statement, NULL);
        int rc = code == SQLITE_ERROR ? ERR_UNSUPPORTED : report(conn->handle, code);
        if (rc < 0)
            return rc;
        slot->text = text;
        conn->literal_count++;
    }
    sqlite3_reset(slot->statement);
    sqlite3_clear_bindings(slot->statement);
    *ret_statement = slot->statement;
    return 0;
}

int sqlite_run(struct sqlite_conn *conn, sqlite3_stmt *statement, int *ret_changes)
{
    int code = sqlite3_step(statement);
    int changes = sqlite3_changes(conn->handle);
    assert(code != SQLITE_ROW);
    if (code == SQLITE_DONE && ret_changes)
        *ret_changes = changes;
    const int rc = report(conn->handle, code);
    sqlite3_reset(statement);
    return rc;
}

int sqlite_do(struct sqlite_conn *conn, const char *text)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite_literal(conn, text, &statement);
    return rc < 0 ? rc : sqlite_run(conn, statement, NULL);
}

int sqlite_step(sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return 1;
    const int rc = report(sqlite3_db_handle(statement), code);
    sqlite3_reset(statement);
    return rc;
}

/* A pragma that must answer so; durability is not left to hope. */
static int demand(struct sqlite_conn *conn, const char *pragma, const char *wanted)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(conn->handle, pragma, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    const char *got = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    bool same = got && strcmp(got, wanted) == 0;
    const int rc = report(conn->handle, code);
    sqlite3_finalize(statement);
    return same ? 0 : rc < 0 ? rc : ERR_IO;
}

static int log_grew(void *state, sqlite3 *handle, const char *name, int pages)
{
    struct sqlite_conn *conn = state;
    conn->log_pages = pages;
    return SQLITE_OK;
}

static int set_up(struct sqlite_conn *conn, uint32_t cache_kib, enum sqlite_access kind)
{
    char cache[64];
    const uint32_t kib = cache_kib > 0 ? cache_kib : SQLITE_CACHE_KIB;
    snprintf(cache, sizeof(cache), "PRAGMA cache_size = -%u",
             kind == SQLITE_WRITER ? kib : kib / 4);
    sqlite3_extended_result_codes(conn->handle, 1);
    sqlite3_busy_timeout(conn->handle, SQLITE_BUSY_TIMEOUT_MS);
    int rc = sqlite_exec(conn, "PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;"
                               "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
    if (rc == 0)
        rc = sqlite_exec(conn, cache);
    if (rc < 0 || kind == SQLITE_SNAPSHOT)
        return rc;
    rc = demand(conn, kind == SQLITE_WRITER ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode",
                "wal");
    /* A log that grew while somebody read an old snapshot is cut when it begins anew. */
    if (rc == 0)
        rc = sqlite_exec(conn, "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
                               "PRAGMA journal_size_limit = " TEXT_OF(SQLITE_LOG_KEPT_BYTES));
    if (rc == 0)
        rc = demand(conn, "PRAGMA synchronous", "2"); /* FULL */
    if (rc == 0)
        sqlite3_wal_hook(conn->handle, log_grew, conn);
    return rc;
}

static int open_handle(struct sqlite_conn *conn, const char *name, int flags)
{
    const char *vfs = flags & SQLITE_OPEN_READWRITE ? sqlite_log_vfs() : NULL;
    return sqlite_code(sqlite3_open_v2(name, &conn->handle, flags | SQLITE_OPEN_NOMUTEX, vfs));
}

/* A transaction takes its snapshot at the first read, so read. */
static int begin_snapshot(struct sqlite_conn *conn)
{
    return sqlite_exec(conn, "BEGIN; SELECT count(*) FROM sqlite_schema");
}

/* Without a log beside it, a file in a folder where nothing can be created (a backup on a read-only
 * disk) can still be read, as one that nobody changes. */
static int open_immutable(struct sqlite_conn *conn, const char *path)
{
    char name[4200];
    snprintf(name, sizeof(name), "%s-wal", path);
    if (access(name, F_OK) == 0 || strpbrk(path, "%?#"))
        return ERR_IO;
    snprintf(name, sizeof(name), "file:%s?immutable=1", path);
    sqlite3_close(conn->handle);
    conn->handle = NULL;
    int rc = open_handle(conn, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    if (rc == 0)
        rc = set_up(conn, 0, SQLITE_SNAPSHOT);
    return rc == 0 ? begin_snapshot(conn) : rc;
}

static int open_snapshot(struct sqlite_conn *conn, const char *path)
{
    int rc = open_handle(conn, path, SQLITE_OPEN_READONLY);
    if (rc == 0)
        rc = set_up(conn, 0, SQLITE_SNAPSHOT);
    if (rc == 0)
        rc = begin_snapshot(conn);
    return rc == ERR_IO || rc == ERR_DENIED ? open_immutable(conn, path) : rc;
}

int sqlite_conn_open(struct sqlite_conn *conn, const struct sqlite_options *options,
                     enum sqlite_access kind)
{
    int rc = 0;
    *conn = (struct sqlite_conn){0};
    if (kind != SQLITE_WRITER && !options->alone && access(options->path, F_OK) < 0)
        return ERR_NOT_FOUND;
    if (kind == SQLITE_SNAPSHOT) {
        rc = open_snapshot(conn, options->path);
    } else {
        int flags = kind == SQLITE_WRITER ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                          : SQLITE_OPEN_READONLY;
        rc = open_handle(conn, options->path, flags);
        if (rc == 0)
            rc = set_up(conn, options->cache_kib, kind);
    }
    if (rc < 0)
        sqlite_conn_close(conn);
    return rc;
}

int sqlite_conn_open_memory(struct sqlite_conn *conn)
{
    *conn = (struct sqlite_conn){0};
    int rc = sqlite_code(
        sqlite3_open_v2(":memory:", &conn->handle,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL));
    if (rc == 0)
        rc = sqlite_exec(conn, "PRAGMA trusted_schema = OFF");
    if (rc < 0)
        sqlite_conn_close(conn);
    return rc;
}

void sqlite_conn_close(struct sqlite_conn *conn)
{
    for (uint32_t i = 0; conn->literals && i < SQLITE_LITERALS_MAX; i++)
        sqlite3_finalize(conn->literals[i].statement);
    free(conn->literals);
    conn->literals = NULL;
    conn->literal_count = 0;
    int code = sqlite3_close(conn->handle);
    assert(code == SQLITE_OK); /* else a statement outside our table is alive */
    conn->handle = NULL;
}
