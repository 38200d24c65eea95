#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock/clock.h"
#include "db/lockfile.h"
#include "store/sqlite/body.h"
#include "store/sqlite/migrations.h"

static void sqlite_store_free(struct store *store)
{
    struct sqlite_store *s = (struct sqlite_store *)store;
    sql_free(s->store.sql);
    sqlite_free(s->db);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    free(s);
}

/* The smallest value of a key's first column, then the next larger, …: as many seeks as there are
 * values. */
#define DISTINCT_PERFORMANCES(table)                                                               \
    "SELECT p FROM (WITH RECURSIVE t(p) AS (SELECT min(performance_id) FROM " table                \
    " UNION ALL SELECT (SELECT min(performance_id) FROM " table " WHERE performance_id > t.p)"     \
    " FROM t WHERE t.p IS NOT NULL) SELECT p FROM t WHERE p IS NOT NULL)"

static int add_hall(struct sql_txn *txn, const struct store_hall *hall)
{
    return sql_run(txn,
                   "INSERT INTO hall (hall_id, name, layout_hash, place_count, section_count,"
                   " layout) VALUES (?, ?, ?, ?, ?, ?)",
                   SQL(sql_int(hall->hall_id), sql_text(hall->name),
                       sql_bytes(view_of(hall->layout_hash, STORE_HASH_BYTES)),
                       sql_int(hall->place_count), sql_int(hall->section_count),
                       sql_bytes(hall->layout)),
                   NULL);
}

static int read_layout(struct sql_txn *txn, uint32_t hall_id, struct arena *arena,
                       struct view *ret_layout)
{
    struct sql_rows *row;
    int err =
        sql_query(txn, "SELECT layout FROM hall WHERE hall_id = ?", SQL(sql_int(hall_id)), &row);
    if (err == 0)
        err = sql_next(row);
    if (err <= 0)
        return err < 0 ? err : ERR_NOT_FOUND;
    err = sql_get_copy(row, 0, arena, ret_layout);
    sql_done(row);
    return err;
}

const struct tables_kind sqlite_kind = {
    .ops =
        {
            .name = "sqlite",
            .free = sqlite_store_free,
#define OPERATION(name, decides, parameters, names) .name = tables_##name,
#include "store/operations.h"
        },
    .sold_list = "SELECT seat, order_id FROM sold LEFT JOIN orders USING (order_no)"
                 " WHERE sold.performance_id = ? ORDER BY seat",
    .orders_in_runs = true,
    .performance_ids =
        "SELECT performance_id AS p FROM performance "
        "UNION " DISTINCT_PERFORMANCES("ledger") " UNION " DISTINCT_PERFORMANCES(
            "sold") " UNION " DISTINCT_PERFORMANCES("orders") " UNION SELECT "
                                                              "performance_id "
                                                              "FROM blocked UNION "
                                                              "SELECT "
                                                              "performance_id FROM "
                                                              "price_list UNION SELECT "
                                                              "performance_id FROM price_plan "
                                                              "UNION "
                                                              "SELECT "
                                                              "performance_id FROM "
                                                              "waiting UNION SELECT "
                                                              "performance_id FROM wish "
                                                              "ORDER BY "
                                                              "p",
    .add_hall = add_hall,
    .read_layout = read_layout,
    .commit = sqlite_commit,
    .outbox_remove = sqlite_outbox_remove,
    .self_check = sqlite_self_check,
};

static int run_migrate(struct sqlite_job *job, struct sqlite_conn *conn)
{
    return migrations_run(conn, migration_count, clock_wall_ms(clock_system()));
}

static int run_migrate_made(struct sqlite_job *job, struct sqlite_conn *conn)
{
    return migrations_begun(conn) ? run_migrate(job, conn) : ERR_NOT_FOUND;
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

static struct sqlite_store *make_store(void)
{
    struct sqlite_store *s = calloc(1, sizeof(*s));
    if (s)
        *s = (struct sqlite_store){.store.ops = &sqlite_kind.ops, .lock_fd = -1};
    return s;
}

static int open_store(const char *data_dir, bool read_only,
                      int (*run)(struct sqlite_job *job, struct sqlite_conn *conn),
                      struct store **ret_store)
{
    struct sqlite_store *s = make_store();
    if (!s)
        return ERR_NO_MEMORY;
    int rc = open_files(s, data_dir, read_only);
    if (rc == 0) {
        struct sqlite_job job = {.run = run};
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

int store_sqlite_open(const char *data_dir, bool read_only, struct store **ret_store)
{
    return open_store(data_dir, read_only, read_only ? run_check : run_migrate, ret_store);
}

int store_sqlite_open_alone(const char *name, uint32_t checkpoint_pages, struct store **ret_store)
{
    struct sqlite_store *s = make_store();
    struct sqlite_job job = {.run = run_migrate};
    const struct sqlite_options options = {.path = name,
                                           .readers = 1,
                                           .queue_max = 1,
                                           .checkpoint_pages = checkpoint_pages,
                                           .cache_kib = 1024,
                                           .alone = true};
    if (!s)
        return ERR_NO_MEMORY;
    int rc = sqlite_new(&options, &s->db);
    if (rc == 0)
        rc = sql_over_sqlite(s->db, &s->store.sql);
    if (rc == 0)
        rc = sqlite_write(s->db, &job, DEADLINE_NEVER);
    if (rc < 0) {
        sqlite_store_free(&s->store);
        return rc;
    }
    *ret_store = &s->store;
    return 0;
}

int store_sqlite_open_made(const char *data_dir, struct store **ret_store)
{
    char path[PATH_MAX];
    const int len = snprintf(path, sizeof(path), "%s/usher.db", data_dir);
    if (len > 0 && (size_t)len < sizeof(path) && access(path, F_OK) != 0)
        return ERR_NOT_FOUND; /* opening would make it */
    return open_store(data_dir, false, run_migrate_made, ret_store);
}
