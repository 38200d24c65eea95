#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock/clock.h"
#include "db/lockfile.h"
#include "db/sql.h"
#include "store/sqlite/body.h"
#include "store/sqlite/migrations.h"

static const char *const statement_texts[STATEMENT_COUNT] = {
#define X(name, text) [STATEMENT_##name] = (text),
    STATEMENT_LIST(X)
#undef X
};

static void sqlite_store_free(struct store *store)
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    sql_free(s->store.sql);
    sqlite_free(s->db);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    free(s);
}

static const struct store_ops sqlite_ops = {
    .name = "sqlite",
    .free = sqlite_store_free,
#define OPERATION(name, decides, parameters, names) .name = sqlite_##name,
#include "store/operations.h"
};

static int run_migrate(struct sqlite_job *job, struct sqlite_conn *conn)
{
    return migrations_run(conn, migration_count, clock_wall_ms(clock_system()));
}

static int run_check(struct sqlite_job *job, struct sqlite_conn *conn)
{
    return migrations_check(conn);
}

static int open_files(struct sqlite_store *s, const char *data_dir, bool read_only)
{
    char path[PATH_MAX], lock_path[PATH_MAX];
    struct sqlite_options options = {
        .path = path,
        .lock_path = read_only ? NULL : lock_path,
        .read_only = read_only,
        .statements = statement_texts,
        .statement_count = STATEMENT_COUNT,
        .readers = SQLITE_STORE_READERS,
        .queue_max = SQLITE_STORE_QUEUE_MAX,
        .checkpoint_pages = SQLITE_STORE_CHECKPOINT_PAGES,
    };
    int len = snprintf(lock_path, sizeof(lock_path), "%s/usher.lock", data_dir);
    if (len < 0 || (size_t)len >= sizeof(lock_path))
        return ERR_IO;
    int rc = read_only ? 0 : lockfile_take(lock_path, &s->lock_fd);
    snprintf(path, sizeof(path), "%s/usher.db", data_dir); /* shorter than the one before */
    if (rc == 0)
        rc = sqlite_new(&options, &s->db);
    return rc == 0 ? sql_over_sqlite(s->db, &s->store.sql) : rc;
}

int store_sqlite_open(const char *data_dir, bool read_only, struct store **ret_store)
{
    struct sqlite_store *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NO_MEMORY;
    s->store.ops = &sqlite_ops;
    s->lock_fd = -1;
    int rc = open_files(s, data_dir, read_only);
    if (rc == 0) {
        struct sqlite_job job = {.run = read_only ? run_check : run_migrate};
        rc = read_only ? sqlite_read(s->db, &job, DEADLINE_NEVER)
                       : sqlite_write(s->db, &job, DEADLINE_NEVER);
    }
    if (rc < 0) {
        sqlite_store_free(&s->store);
        return rc;
    }
    *ret_store = &s->store;
    return 0;
}
