#include "svc/waitroom/lease.h"

#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "observe/log.h"

#define NAME VIEW_LIT("waitroom")

struct room_lease {
    struct waitroom *room;
    struct coord *coord;
    const struct remote_options *peer;
    int64_t lease_ms;
    char self[COORD_HOLDER_MAX + 1]; /* "URL ID" */
    struct scope scope;
    atomic_bool keeps;
    atomic_bool draining;
    atomic_uint rounds;
    bool silent; /* the coordinator did not answer the last round */
    pthread_mutex_t lock;
    char holder[COORD_HOLDER_MAX + 1]; /* under lock; as self, or empty */
    struct ways *ways;                 /* one a worker */
};

bool room_keeps(const struct waitroom *room)
{
    const struct room_lease *lease = atomic_load(&room->lease);
    return lease ? atomic_load(&lease->keeps) : !room->options.shared;
}

void room_fenced(struct waitroom *room)
{
    struct room_lease *lease = atomic_load(&room->lease);
    if (lease)
        atomic_store(&lease->keeps, false);
}

static void set_holder(struct room_lease *lease, const char *holder)
{
    pthread_mutex_lock(&lease->lock);
    snprintf(lease->holder, sizeof(lease->holder), "%s", holder);
    pthread_mutex_unlock(&lease->lock);
}

void room_holder(struct waitroom *room, char *ret_url)
{
    struct room_lease *lease = atomic_load(&room->lease);
    ret_url[0] = '\0';
    if (!lease)
        return;
    pthread_mutex_lock(&lease->lock);
    if (strcmp(lease->holder, lease->self) != 0)
        snprintf(ret_url, WAYS_URL_MAX + 1, "%.*s", (int)strcspn(lease->holder, " "),
                 lease->holder);
    pthread_mutex_unlock(&lease->lock);
}

static struct ways *ways_here(struct room_lease *lease)
{
    struct loop *here = sched_loop(sched_current());
    uint32_t i = 0;
    while (worker_loop(lease->room->options.workers[i]) != here)
        i++;
    return &lease->ways[i];
}

struct channel *room_enter_way(struct waitroom *room, const char *url)
{
    struct room_lease *lease = atomic_load(&room->lease);
    return ways_enter(ways_here(lease), url, lease->peer);
}

void room_leave_way(struct waitroom *room, struct channel *channel)
{
    ways_leave(ways_here(atomic_load(&room->lease)), channel);
}

/* ---- rounds ---- */

static void wake_keeper(void *arg)
{
    keeper_wake(arg);
}

/* Every line looks whether it is kept here. */
static void wake_keepers(struct waitroom *room)
{
    for (uint32_t i = 1; i <= atomic_load(&room->last); i++) {
        struct keeper *keeper = room_find(room, i);
        if (keeper)
            (void)worker_call(keeper->home, wake_keeper, keeper);
    }
}

static void become(struct room_lease *lease, bool keeps, const char *holder)
{
    set_holder(lease, holder);
    if (atomic_exchange(&lease->keeps, keeps) == keeps)
        return;
    log_event(LOG_INFO, "line.lease", log_str("usher.lines", keeps ? "here" : "elsewhere"),
              log_str("usher.holder", holder));
    wake_keepers(lease->room);
}

static void round_once(struct room_lease *lease)
{
    struct coord *coord = lease->coord;
    char holder[COORD_HOLDER_MAX + 1] = "";
    int64_t left_ms;
    const int64_t deadline_ns = deadline_after_ms(fiber_now_ns(), lease->lease_ms);
    const bool draining = atomic_load(&lease->draining);
    int err = draining ? coord->ops->lease_look(coord, NAME, holder, &left_ms, deadline_ns)
                       : coord->ops->lease_take(coord, NAME, view_str(lease->self), lease->lease_ms,
                                                holder, deadline_ns);
    const bool silent = err != 0 && err != ERR_CONFLICT && err != ERR_NOT_FOUND;
    if (silent && !lease->silent)
        log_event(LOG_WARN, "line.blind", log_err(err));
    lease->silent = silent;
    if (!draining && err == 0 && !atomic_load(&lease->keeps))
        err = room_load_sales(lease->room);
    if (!draining && err == 0)
        become(lease, true, lease->self);
    else if (err == ERR_CONFLICT || (draining && err == 0))
        become(lease, false, holder);
    if (!atomic_load(&lease->keeps))
        atomic_store(&lease->room->behind, true); /* sales may have been made there */
}

static void try_on(void *arg)
{
    struct room_lease *lease = arg;
    const int64_t pause_ms =
        lease->lease_ms / 4 < LEASE_ROUND_MS ? lease->lease_ms / 4 : LEASE_ROUND_MS;
    while (!fiber_cancelled()) {
        round_once(lease);
        atomic_fetch_add(&lease->rounds, 1);
        (void)fiber_sleep_until(deadline_after_ms(fiber_now_ns(), pause_ms));
    }
}

/* ---- beginning and end ---- */

static void begin(void *arg)
{
    struct room_lease *lease = arg;
    scope_init(&lease->scope);
    if (fiber_spawn(&lease->scope, try_on, lease) != 0)
        return;
    const int64_t until_ns = deadline_after_ms(fiber_now_ns(), LEASE_DRAIN_MS);
    while (atomic_load(&lease->rounds) == 0 && fiber_now_ns() < until_ns)
        (void)fiber_sleep_until(deadline_after_ms(fiber_now_ns(), WAITROOM_BEGIN_POLL_MS));
}

int lease_start(struct waitroom *room, struct coord *coord, const char *url, int64_t lease_ms,
                const struct remote_options *peer, struct room_lease **ret_lease)
{
    struct room_lease *lease = calloc(1, sizeof(*lease));
    char id[ID_TEXT_CHARS + 1];
    if (!lease)
        return ERR_NO_MEMORY;
    *lease = (struct room_lease){.room = room,
                                 .coord = coord,
                                 .lease_ms = lease_ms,
                                 .peer = peer,
                                 .ways = calloc(room->options.worker_count, sizeof(*lease->ways))};
    pthread_mutex_init(&lease->lock, NULL);
    id_format(chance_id(room->options.chance), id);
    const int len = snprintf(lease->self, sizeof(lease->self), "%s %s", url, id);
    int err = lease->ways && len < (int)sizeof(lease->self) ? 0 : ERR_NO_MEMORY;
    if (err == 0) {
        atomic_store(&room->lease, lease);
        err = worker_call(room->options.workers[0], begin, lease);
    }
    if (err != 0) {
        atomic_store(&room->lease, NULL);
        pthread_mutex_destroy(&lease->lock);
        free(lease->ways);
        free(lease);
        return err;
    }
    *ret_lease = lease;
    return 0;
}

static bool any_serves(struct waitroom *room)
{
    for (uint32_t i = 1; i <= atomic_load(&room->last); i++) {
        struct keeper *keeper = room_find(room, i);
        if (keeper && atomic_load(&keeper->phase) == KEEPER_SERVING)
            return true;
    }
    return false;
}

static void drain(void *arg)
{
    struct room_lease *lease = arg;
    const int64_t until_ns = deadline_after_ms(fiber_now_ns(), LEASE_DRAIN_MS);
    if (atomic_exchange(&lease->draining, true))
        return;
    const bool kept = atomic_exchange(&lease->keeps, false);
    wake_keepers(lease->room);
    while (kept && any_serves(lease->room) && fiber_now_ns() < until_ns)
        (void)fiber_sleep_until(deadline_after_ms(fiber_now_ns(), WAITROOM_BEGIN_POLL_MS));
    if (kept)
        (void)lease->coord->ops->lease_give(lease->coord, NAME, view_str(lease->self), until_ns);
}

void lease_drain(struct room_lease *lease)
{
    if (lease)
        (void)worker_call(lease->room->options.workers[0], drain, lease);
}

static void stop_trying(void *arg)
{
    struct room_lease *lease = arg;
    scope_close(&lease->scope);
}

static void close_ways(void *arg)
{
    ways_close(arg);
}

void lease_stop(struct room_lease *lease)
{
    const int err = lease ? worker_call(lease->room->options.workers[0], stop_trying, lease) : 0;
    assert(err == 0);
}

void lease_free(struct room_lease *lease)
{
    if (!lease)
        return;
    const struct waitroom_options *options = &lease->room->options;
    for (uint32_t i = 0; i < options->worker_count; i++) {
        const int err = worker_call(options->workers[i], close_ways, &lease->ways[i]);
        assert(err == 0);
    }
    atomic_store(&lease->room->lease, NULL);
    pthread_mutex_destroy(&lease->lock);
    free(lease->ways);
    free(lease);
}
