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
    .hall_put = sqlite_hall_put,
    .hall_get = sqlite_hall_get,
    .hall_list = sqlite_hall_list,
    .event_put = sqlite_event_put,
    .event_list = sqlite_event_list,
    .performance_put = sqlite_performance_put,
    .performance_list = sqlite_performance_list,
    .performance_get = sqlite_performance_get,
    .claim = sqlite_claim,
    .commit = sqlite_commit,
    .sold_list = sqlite_sold_list,
    .ledger_read = sqlite_ledger_read,
    .order_get = sqlite_order_get,
    .order_list = sqlite_order_list,
    .order_scan = sqlite_order_scan,
    .outbox_read = sqlite_outbox_read,
    .outbox_remove = sqlite_outbox_remove,
    .performance_ids = sqlite_performance_ids,
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
    char path[PATH_MAX];
    struct sqlite_options options = {
        .path = path,
        .read_only = read_only,
        .statements = statement_texts,
        .statement_count = STATEMENT_COUNT,
        .readers = SQLITE_STORE_READERS,
        .queue_max = SQLITE_STORE_QUEUE_MAX,
        .checkpoint_pages = SQLITE_STORE_CHECKPOINT_PAGES,
    };
    int len = snprintf(path, sizeof(path), "%s/usher.lock", data_dir);
    if (len < 0 || (size_t)len >= sizeof(path))
        return ERR_IO;
    int rc = read_only ? 0 : lockfile_take(path, &s->lock_fd);
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
