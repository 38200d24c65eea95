#include "db/sqlite_messages.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "observe/log.h"

static atomic_bool logged;
static pthread_mutex_t last_lock = PTHREAD_MUTEX_INITIALIZER;
static char last[SQLITE_MESSAGE_MAX];

static const char *name_of(int code)
{
    static const struct {
        int code;
        const char *name;
    } names[] = {
#define NAMED(code) {code, #code}
        NAMED(SQLITE_ERROR),
        NAMED(SQLITE_PERM),
        NAMED(SQLITE_BUSY),
        NAMED(SQLITE_LOCKED),
        NAMED(SQLITE_NOMEM),
        NAMED(SQLITE_READONLY),
        NAMED(SQLITE_IOERR),
        NAMED(SQLITE_CORRUPT),
        NAMED(SQLITE_FULL),
        NAMED(SQLITE_CANTOPEN),
        NAMED(SQLITE_SCHEMA),
        NAMED(SQLITE_CONSTRAINT),
        NAMED(SQLITE_MISUSE),
        NAMED(SQLITE_NOTADB),
        NAMED(SQLITE_NOTICE),
        NAMED(SQLITE_WARNING),
        NAMED(SQLITE_IOERR_READ),
        NAMED(SQLITE_IOERR_SHORT_READ),
        NAMED(SQLITE_IOERR_WRITE),
        NAMED(SQLITE_IOERR_FSYNC),
        NAMED(SQLITE_IOERR_DIR_FSYNC),
        NAMED(SQLITE_IOERR_TRUNCATE),
        NAMED(SQLITE_IOERR_LOCK),
        NAMED(SQLITE_IOERR_DELETE),
        NAMED(SQLITE_IOERR_ACCESS),
        NAMED(SQLITE_IOERR_SHMOPEN),
        NAMED(SQLITE_IOERR_SHMLOCK),
        NAMED(SQLITE_IOERR_SHMMAP),
        NAMED(SQLITE_READONLY_DBMOVED),
        NAMED(SQLITE_NOTICE_RECOVER_WAL),
#undef NAMED
    };
    const char *primary = "SQLITE_ERROR";
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].code == code)
            return names[i].name;
        if (names[i].code == (code & 0xff))
            primary = names[i].name;
    }
    return primary;
}

static enum log_level level_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOMEM:
    case SQLITE_MISUSE:
        return LOG_ERROR;
    default:
        return LOG_DEBUG;
    }
}

static void take(int code, const char *text)
{
    const enum log_level level = level_of(code);
    if (level == LOG_ERROR) {
        pthread_mutex_lock(&last_lock);
        snprintf(last, sizeof(last), "%s: %s", name_of(code), text);
        pthread_mutex_unlock(&last_lock);
    }
    if (atomic_load(&logged))
        log_event(level, "store.sqlite", log_str("error.code", name_of(code)),
                  log_int("usher.sqlite_code", code), log_str("error.message", text));
}

static void heard(void *state, int code, const char *text)
{
    (void)state;
    take(code, text);
}

static void set_up(void)
{
    sqlite3_config(SQLITE_CONFIG_LOG, heard, NULL);
    /* Nobody asks how much memory SQLite has, and counting takes a lock in every allocation. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

void sqlite_messages_hear(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_up);
}

void sqlite_messages_log(void)
{
    atomic_store(&logged, true);
}

void sqlite_messages_say(sqlite3 *handle, int code)
{
    if (level_of(code) == LOG_ERROR)
        take(sqlite3_extended_errcode(handle), sqlite3_errmsg(handle));
}

void sqlite_messages_last(char ret_text[SQLITE_MESSAGE_MAX])
{
    pthread_mutex_lock(&last_lock);
    memcpy(ret_text, last, sizeof(last));
    pthread_mutex_unlock(&last_lock);
}
