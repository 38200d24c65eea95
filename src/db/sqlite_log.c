#include "db/sqlite_log.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "err/err.h"

/* SQLite's unix layer takes no write of 128 KiB or more: it looks at the lowest 17 bits of the
 * length. */
#define PIECE (64u << 10)

/* The open log. The system's own file follows it in memory. */
struct log_file {
    sqlite3_file file;
    sqlite3_file *real;
    uint8_t *gathered; /* owned, SQLITE_LOG_BUFFER bytes */
    sqlite3_int64 at;  /* where in the file they belong */
    size_t len;
};

static struct log_file *log_of(sqlite3_file *file)
{
    return (struct log_file *)file;
}

/* A failed write is not tried again: SQLite gives the transaction up. */
static int hand_on(struct log_file *log)
{
    size_t len = log->len, done = 0;
    int code = SQLITE_OK;
    log->len = 0;
    while (code == SQLITE_OK && done < len) {
        size_t piece = len - done < PIECE ? len - done : PIECE;
        code = log->real->pMethods->xWrite(log->real, log->gathered + done, (int)piece,
                                           log->at + (sqlite3_int64)done);
        done += piece;
    }
    return code;
}

static int log_close(sqlite3_file *file)
{
    struct log_file *log = log_of(file);
    int code = hand_on(log);
    int closed = log->real->pMethods->xClose(log->real);
    free(log->gathered);
    return code != SQLITE_OK ? code : closed;
}

static int log_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
    struct log_file *log = log_of(file);
    int code = hand_on(log);
    return code != SQLITE_OK ? code : log->real->pMethods->xRead(log->real, bytes, len, at);
}

static int log_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    struct log_file *log = log_of(file);
    bool follows = log->len > 0 && at == log->at + (sqlite3_int64)log->len;
    if (!follows || log->len + (size_t)len > SQLITE_LOG_BUFFER) {
        int code = hand_on(log);
        if (code != SQLITE_OK)
            return code;
        log->at = at;
    }
    assert((size_t)len <= SQLITE_LOG_BUFFER); /* a page at most */
    memcpy(log->gathered + log->len, bytes, (size_t)len);
    log->len += (size_t)len;
    return SQLITE_OK;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct log_file *log = log_of(file);
    int code = hand_on(log);
    return code != SQLITE_OK ? code : log->real->pMethods->xTruncate(log->real, size);
}

static int log_sync(sqlite3_file *file, int flags)
{
    struct log_file *log = log_of(file);
    int code = hand_on(log);
    return code != SQLITE_OK ? code : log->real->pMethods->xSync(log->real, flags);
}

static int log_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    struct log_file *log = log_of(file);
    int code = hand_on(log);
    return code != SQLITE_OK ? code : log->real->pMethods->xFileSize(log->real, ret_size);
}

static int log_lock(sqlite3_file *file, int level)
{
    struct log_file *log = log_of(file);
    return log->real->pMethods->xLock(log->real, level);
}

static int log_unlock(sqlite3_file *file, int level)
{
    struct log_file *log = log_of(file);
    return log->real->pMethods->xUnlock(log->real, level);
}

static int log_check_lock(sqlite3_file *file, int *ret_locked)
{
    struct log_file *log = log_of(file);
    return log->real->pMethods->xCheckReservedLock(log->real, ret_locked);
}

static int log_control(sqlite3_file *file, int what, void *arg)
{
    struct log_file *log = log_of(file);
    int code = hand_on(log);
    return code != SQLITE_OK ? code : log->real->pMethods->xFileControl(log->real, what, arg);
}

static int log_sector(sqlite3_file *file)
{
    struct log_file *log = log_of(file);
    return log->real->pMethods->xSectorSize(log->real);
}

static int log_traits(sqlite3_file *file)
{
    struct log_file *log = log_of(file);
    return log->real->pMethods->xDeviceCharacteristics(log->real);
}

static const sqlite3_io_methods log_methods = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_check_lock,
    .xFileControl = log_control,
    .xSectorSize = log_sector,
    .xDeviceCharacteristics = log_traits,
};

static sqlite3_vfs *system_vfs; /* what the layer lies on */
static sqlite3_vfs layer;
static pthread_once_t layer_once = PTHREAD_ONCE_INIT;

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *ret_flags)
{
    if (!(flags & SQLITE_OPEN_WAL))
        return system_vfs->xOpen(system_vfs, name, file, flags, ret_flags);
    struct log_file *log = log_of(file);
    *log = (struct log_file){.real = (sqlite3_file *)(log + 1)};
    log->gathered = malloc(SQLITE_LOG_BUFFER);
    if (!log->gathered)
        return SQLITE_NOMEM;
    int code = system_vfs->xOpen(system_vfs, name, log->real, flags, ret_flags);
    if (code != SQLITE_OK) {
        /* pMethods stays NULL, so SQLite does not close it; but the system's file may have to be */
        if (log->real->pMethods)
            log->real->pMethods->xClose(log->real);
        free(log->gathered);
        return code;
    }
    log->file.pMethods = &log_methods;
    return SQLITE_OK;
}

static void register_layer(void)
{
    system_vfs = sqlite3_vfs_find(NULL);
    if (!system_vfs)
        return;
    layer = *system_vfs; /* all but opening is the system's, with its pAppData */
    layer.zName = "usher-log";
    layer.szOsFile = (int)sizeof(struct log_file) + system_vfs->szOsFile;
    layer.xOpen = open_file;
    layer.pNext = NULL;
    if (sqlite3_vfs_register(&layer, 0) != SQLITE_OK)
        system_vfs = NULL;
}

const char *sqlite_log_vfs(void)
{
    pthread_once(&layer_once, register_layer);
    return system_vfs ? layer.zName : NULL;
}
