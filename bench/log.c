#include "bench/log.h"

#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>

#include "clock/clock.h"
#include "db/sqlite_log.h"
#include "err/err.h"

#define BATCH   512 /* rows of a transaction, spread over an index as sales are over a hall */
#define BATCHES 60
#define KEY     16
#define BODY    96

struct way {
    sqlite3 *handle;
    sqlite3_stmt *insert;
    int64_t spent_ns;
};

static int exec(struct way *way, const char *text)
{
    return sqlite3_exec(way->handle, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : ERR_IO;
}

/* vfs: NULL is the system's own. */
static int open_way(struct way *way, const char *dir, const char *name, const char *vfs)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(path, &way->handle, flags, vfs) != SQLITE_OK)
        return ERR_IO;
    int err = exec(way, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                        " CREATE TABLE t (k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID");
    if (err == 0 && sqlite3_prepare_v2(way->handle, "INSERT INTO t VALUES (?, ?)", -1, &way->insert,
                                       NULL) != SQLITE_OK)
        err = ERR_IO;
    return err;
}

static int commit_batch(struct way *way)
{
    uint8_t key[KEY], body[BODY];
    const int64_t begun_ns = clock_mono_ns(clock_system());
    int err = exec(way, "BEGIN");
    for (int i = 0; err == 0 && i < BATCH; i++) {
        randombytes_buf(key, sizeof(key));
        randombytes_buf(body, sizeof(body));
        sqlite3_bind_blob(way->insert, 1, key, sizeof(key), SQLITE_STATIC);
        sqlite3_bind_blob(way->insert, 2, body, sizeof(body), SQLITE_STATIC);
        err = sqlite3_step(way->insert) == SQLITE_DONE ? 0 : ERR_IO;
        sqlite3_reset(way->insert);
    }
    if (err == 0)
        err = exec(way, "COMMIT");
    way->spent_ns += clock_mono_ns(clock_system()) - begun_ns;
    return err;
}

int bench_log(const char *dir,
              void (*row)(void *state, const char *name, double value, const char *unit),
              void *state)
{
    struct way layer = {0}, plain = {0};
    int err = open_way(&layer, dir, "layer.db", sqlite_log_vfs());
    if (err == 0)
        err = open_way(&plain, dir, "plain.db", NULL);
    for (int i = 0; err == 0 && i < BATCHES; i++) {
        err = commit_batch(&layer);
        if (err == 0)
            err = commit_batch(&plain);
    }
    if (err == 0) {
        row(state, "store: log in one piece, batch of 512", (double)layer.spent_ns / BATCHES / 1000,
            "us");
        row(state, "store: log as SQLite writes it, batch of 512",
            (double)plain.spent_ns / BATCHES / 1000, "us");
        row(state, "store: log in one piece / as SQLite writes it",
            (double)layer.spent_ns / (double)plain.spent_ns, "x");
    }
    sqlite3_finalize(layer.insert);
    sqlite3_finalize(plain.insert);
    sqlite3_close(layer.handle);
    sqlite3_close(plain.handle);
    return err;
}
