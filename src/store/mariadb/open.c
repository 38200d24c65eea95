#include <stdio.h>
#include <stdlib.h>

#include "clock/clock.h"
#include "store/mariadb/body.h"

#define MODULE "sale" /* of the schema's steps */

static void mariadb_store_free(struct store *store)
{
    struct mariadb_store *s = body_of(store);
    sql_free(s->store.sql);
    mariadb_free(s->db);
    mariadb_blocks_free(s);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* The server checks its tables by itself, and knows no value of another type than its column's. */
static int self_check(struct store *store, struct arena *arena, struct view **ret_texts,
                      size_t *ret_count, int64_t deadline_ns)
{
    *ret_texts = NULL;
    *ret_count = 0;
    return 0;
}

static const struct tables_kind mariadb_kind = {
    .ops =
        {
            .name = "mariadb",
            .free = mariadb_store_free,
#define OPERATION(name, decides, parameters, names) .name = tables_##name,
#include "store/operations.h"
        },
    .lock_catalog = "SELECT catalogue_id FROM catalogue FOR UPDATE",
    .sold_list = "SELECT seat, order_id FROM sold WHERE performance_id = ? ORDER BY seat",
    .performance_ids = "SELECT performance_id AS p FROM performance"
                       " UNION SELECT DISTINCT performance_id FROM ledger"
                       " UNION SELECT DISTINCT performance_id FROM sold"
                       " UNION SELECT DISTINCT performance_id FROM blocked"
                       " UNION SELECT performance_id FROM price_list"
                       " UNION SELECT performance_id FROM price_plan"
                       " UNION SELECT performance_id FROM waiting"
                       " UNION SELECT DISTINCT performance_id FROM wish"
                       " UNION SELECT DISTINCT performance_id FROM orders ORDER BY p",
    .add_hall = mariadb_add_hall,
    .read_layout = mariadb_read_layout,
    .commit = mariadb_commit_batch,
    .outbox_was_read = mariadb_outbox_was_read,
    .outbox_remove = mariadb_outbox_remove,
    .self_check = self_check,
};

static int open_tables(struct mariadb_store *s, bool read_only)
{
    s->read_only = read_only;
    int err = sql_over_mariadb(s->db, &s->store.sql);
    if (err == 0)
        err = sql_migrate(s->store.sql, MODULE, mariadb_sale_steps, mariadb_sale_step_count,
                          read_only, clock_wall_ms(clock_system()));
    return err == 0 && read_only ? sql_mariadb_keep_snapshot(s->store.sql) : err;
}

/* A sentence of it, with the server's own where it had one. */
static void explain(const struct mariadb_store *s, int err, char ret_why[STORE_WHY_MAX])
{
    const char *what = err_text(err);
    if (err == ERR_UNSUPPORTED)
        what = "its tables are of another usher's schema";
    else if (err == ERR_CORRUPT)
        what = "its tables are not this program's";
    else if (err == ERR_NOT_FOUND)
        what = "there is no such database";
    const char *said = mariadb_last_failure(s->db);
    snprintf(ret_why, STORE_WHY_MAX, "%.200s: %s%s%.300s", mariadb_name(s->db), what,
             said[0] ? ": " : "", said);
}

int store_mariadb_open(const char *url, bool read_only, char ret_why[STORE_WHY_MAX],
                       struct store **ret_store)
{
    struct mariadb_store *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NO_MEMORY;
    s->store.ops = &mariadb_kind.ops;
    pthread_mutex_init(&s->lock, NULL);
    int err = mariadb_new(url, ret_why, &s->db);
    if (err == 0) {
        err = open_tables(s, read_only);
        if (err)
            explain(s, err, ret_why);
    }
    if (err) {
        mariadb_store_free(&s->store);
        return err;
    }
    *ret_store = &s->store;
    return 0;
}
