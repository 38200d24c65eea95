/* The tables as one process reaches them: late, failing, and not once it is dead. */
#include <stdlib.h>

#include "db/sql_body.h"
#include "err/err.h"
#include "sim/money/money.h"

struct tables {
    struct sql sql;
    struct sql_ops ops;
    struct party *party;
};

static struct sql *inner_of(struct tables *t)
{
    return t->party->world->sql;
}

static void pause(const struct tables *t)
{
    struct money_world *world = t->party->world;
    if (t->party->stormy && fiber_self() && world->weather.latency_ms > 0)
        money_wait(world, world->weather.latency_ms / 10 + 1);
}

/* A write is there or is not; who asked may not learn which. */
static int write_job(struct sql *sql, struct sql_job *job, int64_t deadline_ns)
{
    struct tables *t = (struct tables *)sql;
    struct party *party = t->party;
    struct money_world *world = party->world;
    pause(t);
    money_step(world);
    if (party->dead)
        return ERR_UNAVAILABLE;
    if (party->stormy && money_happens(world, world->weather.sql_before_ppm)) {
        world->coverage->sql_before++;
        return ERR_UNAVAILABLE;
    }
    int err = sql_write(inner_of(t), job, deadline_ns);
    money_step(world);
    pause(t);
    if (err == 0 && party->dead)
        return ERR_UNKNOWN;
    if (err == 0 && party->stormy && money_happens(world, world->weather.sql_after_ppm)) {
        world->coverage->sql_after++;
        return ERR_UNKNOWN;
    }
    return err;
}

static int read_job(struct sql *sql, struct sql_job *job, int64_t deadline_ns)
{
    struct tables *t = (struct tables *)sql;
    pause(t);
    if (t->party->dead || (t->party->stormy &&
                           money_happens(t->party->world, t->party->world->weather.sql_before_ppm)))
        return ERR_UNAVAILABLE;
    return sql_read(inner_of(t), job, deadline_ns);
}

static void free_body(struct sql *sql)
{
    free(sql);
}

struct sql *tables_new(struct party *party)
{
    struct tables *t = calloc(1, sizeof(*t));
    assert(t);
    t->ops = *party->world->sql->ops;
    t->ops.write = write_job;
    t->ops.read = read_job;
    t->ops.free = free_body;
    t->sql.ops = &t->ops;
    t->party = party;
    return &t->sql;
}
