/* The tables of usher as one process reaches them: late, failing, and not once it is dead. */
#include <stdlib.h>

#include "db/sql_body.h"
#include "err/err.h"
#include "sim/money/money.h"

struct tables {
    struct sql sql;
    struct sql_ops ops;
    struct usher *usher;
};

static struct sql *inner_of(struct tables *t)
{
    return t->usher->world->sql;
}

static void pause(const struct tables *t)
{
    struct money_world *world = t->usher->world;
    if (t->usher->stormy && fiber_self() && world->weather.latency_ms > 0)
        money_wait(world, world->weather.latency_ms / 10 + 1);
}

/* A write is there or is not; who asked may not learn which. */
static int write_job(struct sql *sql, struct sql_job *job, int64_t deadline_ns)
{
    struct tables *t = (struct tables *)sql;
    struct usher *usher = t->usher;
    struct money_world *world = usher->world;
    pause(t);
    money_step(world);
    if (usher->dead)
        return ERR_UNAVAILABLE;
    if (usher->stormy && money_happens(world, world->weather.sql_before_ppm)) {
        world->coverage->sql_before++;
        return ERR_UNAVAILABLE;
    }
    int err = sql_write(inner_of(t), job, deadline_ns);
    money_step(world);
    pause(t);
    if (err == 0 && usher->dead)
        return ERR_UNKNOWN;
    if (err == 0 && usher->stormy && money_happens(world, world->weather.sql_after_ppm)) {
        world->coverage->sql_after++;
        return ERR_UNKNOWN;
    }
    return err;
}

static int read_job(struct sql *sql, struct sql_job *job, int64_t deadline_ns)
{
    struct tables *t = (struct tables *)sql;
    pause(t);
    if (t->usher->dead || (t->usher->stormy &&
                           money_happens(t->usher->world, t->usher->world->weather.sql_before_ppm)))
        return ERR_UNAVAILABLE;
    return sql_read(inner_of(t), job, deadline_ns);
}

static void free_body(struct sql *sql)
{
    free(sql);
}

struct sql *tables_new(struct usher *usher)
{
    struct tables *t = calloc(1, sizeof(*t));
    assert(t);
    t->ops = *usher->world->sql->ops;
    t->ops.write = write_job;
    t->ops.read = read_job;
    t->ops.free = free_body;
    t->sql.ops = &t->ops;
    t->usher = usher;
    return &t->sql;
}
