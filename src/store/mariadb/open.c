#include <stdio.h>
#include <stdlib.h>

#include "clock/clock.h"
#include "store/mariadb/body.h"

#define MODULE "sale" /* of the schema's steps */

static void mariadb_store_free(struct store *store)
{
    struct mariadb_store *s = body_of(store);
    if (s->snapshot && mariadb_wake(s->snapshot, DEADLINE_NEVER) == 0)
        mariadb_give(s->snapshot);
    sql_free(s->store.sql);
    mariadb_free(s->db);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static const struct store_ops mariadb_ops = {
    .name = "mariadb",
    .free = mariadb_store_free,
#define OPERATION(name, decides, parameters, names) .name = mariadb_store_##name,
#include "store/operations.h"
};

static int take_snapshot(struct mariadb_store *s)
{
    struct mariadb_conn *conn;
    int err = mariadb_take(s->db, DEADLINE_NEVER, &conn);
    if (err)
        return err;
    err = mariadb_snapshot(conn);
    if (err) {
        mariadb_give(conn);
        return err;
    }
    mariadb_rest(conn);
    s->snapshot = conn;
    return 0;
}

int store_mariadb_open(const char *url, bool read_only, char *ret_why, size_t why_size,
                       struct store **ret_store)
{
    char why[MARIADB_WHY_MAX] = "";
    struct mariadb_store *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NO_MEMORY;
    s->store.ops = &mariadb_ops;
    pthread_mutex_init(&s->lock, NULL);
    int err = mariadb_new(url, why, &s->db);
    if (err) {
        snprintf(ret_why, why_size, "%s", why);
        pthread_mutex_destroy(&s->lock);
        free(s);
        return err;
    }
    err = sql_over_mariadb(s->db, &s->store.sql);
    if (err == 0)
        err = sql_migrate(s->store.sql, MODULE, mariadb_sale_steps, mariadb_sale_step_count,
                          read_only, clock_wall_ms(clock_system()));
    if (err == 0 && read_only)
        err = take_snapshot(s);
    if (err) {
        snprintf(ret_why, why_size, "%s: %s", mariadb_name(s->db), err_text(err));
        mariadb_store_free(&s->store);
        return err;
    }
    *ret_store = &s->store;
    return 0;
}
