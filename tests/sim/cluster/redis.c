/* The wire to Redis: what a ticket process asks of it (leases, members, and to be told). */
#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "sim/cluster/cluster.h"

struct redis_wire {
    struct coord coord;
    struct process *process;
};

static struct process *process_of(struct coord *coord)
{
    return ((struct redis_wire *)coord)->process;
}

/* ---- letters ---- */

enum wish { TAKE, GIVE, PUT, REMOVE };

struct redis_letter {
    struct cluster *cluster;
    enum wish wish;
    char name[COORD_NAME_MAX + 1];
    char text[COORD_HOLDER_MAX + 1];
    int64_t ttl_ms;
};

static int do_wish(struct coord *redis, enum wish wish, struct view name, struct view text,
                   int64_t ttl_ms, char ret_holder[COORD_HOLDER_MAX + 1])
{
    const struct coord_ops *ops = redis->ops;
    switch (wish) {
    case TAKE:
        return ops->lease_take(redis, name, text, ttl_ms, ret_holder, DEADLINE_NEVER);
    case GIVE:
        return ops->lease_give(redis, name, text, DEADLINE_NEVER);
    case PUT:
        return ops->member_put(redis, name, text, ttl_ms, DEADLINE_NEVER);
    case REMOVE:
        return ops->member_remove(redis, name, text, DEADLINE_NEVER);
    }
    return ERR_UNSUPPORTED;
}

static void deliver(void *arg)
{
    struct redis_letter *letter = arg;
    char holder[COORD_HOLDER_MAX + 1];
    if (letter->cluster->redis)
        (void)do_wish(letter->cluster->redis, letter->wish, view_str(letter->name),
                      view_str(letter->text), letter->ttl_ms, holder);
    free(letter);
}

static void send(struct process *process, enum wish wish, struct view name, struct view text,
                 int64_t ttl_ms)
{
    struct cluster *cluster = process->cluster;
    struct redis_letter *letter = calloc(1, sizeof(*letter));
    assert(letter);
    *letter = (struct redis_letter){.cluster = cluster, .wish = wish, .ttl_ms = ttl_ms};
    snprintf(letter->name, sizeof(letter->name), "%.*s", VIEW_ARG(name));
    snprintf(letter->text, sizeof(letter->text), "%.*s", VIEW_ARG(text));
    cluster->counts->late_leases++;
    cluster_post(cluster, 1 + cluster_below(cluster, CLUSTER_LATE_MAX_MS - 1), deliver, letter);
}

/* ---- what is sent and waited for ---- */

static int change(struct coord *coord, enum wish wish, struct view name, struct view text,
                  int64_t ttl_ms, char ret_holder[COORD_HOLDER_MAX + 1], int64_t deadline_ns)
{
    struct process *process = process_of(coord);
    struct cluster *cluster = process->cluster;
    if (!cluster_await(process))
        return ERR_UNAVAILABLE;
    if (!process->starting && cluster_happens(cluster, cluster->weather.late_ppm)) {
        send(process, wish, name, text, ttl_ms);
        return ERR_UNKNOWN;
    }
    if (!process->starting && cluster_happens(cluster, cluster->weather.twice_ppm))
        send(process, wish, name, text, ttl_ms);
    int err = cluster_carry(process, CLUSTER_REDIS, CLUSTER_THERE, deadline_ns);
    if (err == ERR_TIMEOUT && cluster_below(cluster, 2) == 0) {
        send(process, wish, name, text, ttl_ms);
        return ERR_UNKNOWN;
    }
    if (err != 0 || !cluster->redis)
        return err != 0 ? err : ERR_UNAVAILABLE;
    const int rc = do_wish(cluster->redis, wish, name, text, ttl_ms, ret_holder);
    err = cluster_carry(process, CLUSTER_REDIS, CLUSTER_BACK, deadline_ns);
    return err == 0 ? rc : ERR_UNKNOWN;
}

static int lease_take(struct coord *coord, struct view name, struct view holder, int64_t ttl_ms,
                      char ret_holder[COORD_HOLDER_MAX + 1], int64_t deadline_ns)
{
    return change(coord, TAKE, name, holder, ttl_ms, ret_holder, deadline_ns);
}

static int lease_give(struct coord *coord, struct view name, struct view holder,
                      int64_t deadline_ns)
{
    return change(coord, GIVE, name, holder, 0, NULL, deadline_ns);
}

static int member_put(struct coord *coord, struct view role, struct view text, int64_t ttl_ms,
                      int64_t deadline_ns)
{
    return change(coord, PUT, role, text, ttl_ms, NULL, deadline_ns);
}

static int member_remove(struct coord *coord, struct view role, struct view text,
                         int64_t deadline_ns)
{
    return change(coord, REMOVE, role, text, 0, NULL, deadline_ns);
}

/* Redis, if the question has arrived there; NULL, and why not. */
static struct coord *reach(struct coord *coord, int64_t deadline_ns, int *ret_err)
{
    struct process *process = process_of(coord);
    *ret_err = cluster_carry(process, CLUSTER_REDIS, CLUSTER_THERE, deadline_ns);
    if (*ret_err == 0 && !process->cluster->redis)
        *ret_err = ERR_UNAVAILABLE;
    return *ret_err == 0 ? process->cluster->redis : NULL;
}

static int lease_look(struct coord *coord, struct view name, char ret_holder[COORD_HOLDER_MAX + 1],
                      int64_t *ret_left_ms, int64_t deadline_ns)
{
    int err;
    struct coord *redis = reach(coord, deadline_ns, &err);
    if (!redis)
        return err;
    const int rc = redis->ops->lease_look(redis, name, ret_holder, ret_left_ms, DEADLINE_NEVER);
    err = cluster_carry(process_of(coord), CLUSTER_REDIS, CLUSTER_BACK, deadline_ns);
    return err == 0 ? rc : err;
}

static int member_list(struct coord *coord, struct view role, struct arena *arena,
                       struct coord_member **ret_members, size_t *ret_count, int64_t deadline_ns)
{
    int err;
    struct coord *redis = reach(coord, deadline_ns, &err);
    if (!redis)
        return err;
    const int rc =
        redis->ops->member_list(redis, role, arena, ret_members, ret_count, DEADLINE_NEVER);
    err = cluster_carry(process_of(coord), CLUSTER_REDIS, CLUSTER_BACK, deadline_ns);
    return err == 0 ? rc : err;
}

static void watch(struct coord *coord, void (*changed)(void *state), void *state)
{
    struct process *process = process_of(coord);
    process->changed = changed;
    process->changed_state = state;
}

static void free_wire(struct coord *coord)
{
    free(coord);
}

struct coord *cluster_redis_new(struct process *process)
{
    static const struct coord_ops ops = {
        .name = "over a wire",
        .free = free_wire,
        .lease_take = lease_take,
        .lease_give = lease_give,
        .lease_look = lease_look,
        .member_put = member_put,
        .member_remove = member_remove,
        .member_list = member_list,
        .watch = watch,
    };
    struct redis_wire *wire = calloc(1, sizeof(*wire));
    assert(wire);
    *wire = (struct redis_wire){.coord = {.ops = &ops}, .process = process};
    return &wire->coord;
}
