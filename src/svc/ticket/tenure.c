#include "svc/ticket/tenure.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "observe/log.h"
#include "observe/metrics.h"
#include "svc/ticket/desk.h"

#define ROLE          VIEW_LIT("ticket")
#define OUTBOX_LEASE  VIEW_LIT("outbox")
#define ARENA_MAX     (1u << 20)
#define AWAY_POLL_MS  2
#define EXPIRED_MS    5 /* a lease is looked at again so long after its end */
#define NAME_BYTES    32
#define FOLLOW_ROUNDS 4 /* every so many rounds the store is asked for what is new */

METRIC_COUNTER(taken, "usher_tenures_taken_total",
               "Performances that this process has come to own.", "");
METRIC_COUNTER(lost, "usher_tenures_lost_total",
               "Performances taken from this process: its lease had ended, or another claimed.",
               "");

struct tenure {
    struct ticket *ticket;
    struct coord *coord;
    int64_t lease_ms;
    char self[COORD_HOLDER_MAX + 1];
    struct loop *loop; /* of worker 0, where the keeper lives */
    struct scope scope;
    struct fiber *keeper;
    struct loop_task kick;
    atomic_bool kicked;
    atomic_bool up;
    atomic_bool relays;
    atomic_uint rounds; /* done */
    bool draining;
    bool drained;
    struct fiber *drainer;
    int64_t next_ms; /* until the next round */
    const char *url; /* while it starts */
    int result;      /* of starting */
};

/* ---- posts: what is known of each performance, which exist before the tenure does ---- */

static struct post *post_of(struct ticket *ticket, uint32_t performance_id)
{
    assert(performance_id > 0 && performance_id <= STORE_PERFORMANCES_MAX);
    return &ticket->posts[performance_id];
}

static void kick(struct tenure *t)
{
    if (t && !atomic_exchange(&t->kicked, true))
        loop_post(t->loop, &t->kick);
}

static void on_kick(struct loop_task *task)
{
    struct tenure *t = list_of(task, struct tenure, kick);
    atomic_store(&t->kicked, false);
    if (t->keeper)
        fiber_unpark(t->keeper);
}

/* What changed may be a performance that was made elsewhere. */
static void on_change(void *state)
{
    struct tenure *t = state;
    atomic_store(&t->ticket->behind, true);
    kick(t);
}

static bool may(void *state)
{
    return atomic_load(&((struct post *)state)->ours);
}

/* The lease is looked at again before this process tries again. */
static void fenced(void *state)
{
    struct post *post = state;
    atomic_store(&post->ours, false);
    metric_add(&lost, 1);
    kick(atomic_load(&post->ticket->tenure));
}

struct owner_gate tenure_gate(struct ticket *ticket, uint32_t performance_id)
{
    struct post *post = post_of(ticket, performance_id);
    return (struct owner_gate){.may = may, .fenced = fenced, .state = post};
}

static void set_holder(struct post *post, const char *holder)
{
    pthread_mutex_lock(&post->ticket->posts_lock);
    snprintf(post->holder, sizeof(post->holder), "%s", holder);
    pthread_mutex_unlock(&post->ticket->posts_lock);
}

void tenure_holder(struct ticket *ticket, uint32_t performance_id, char *ret_holder)
{
    pthread_mutex_lock(&ticket->posts_lock);
    memcpy(ret_holder, post_of(ticket, performance_id)->holder, COORD_HOLDER_MAX + 1);
    pthread_mutex_unlock(&ticket->posts_lock);
}

void tenure_adopt(struct ticket *ticket, uint32_t performance_id)
{
    atomic_store(&post_of(ticket, performance_id)->is_new, true);
    kick(atomic_load(&ticket->tenure));
}

bool tenure_find(struct ticket *ticket, uint32_t performance_id, char *ret_url)
{
    const struct tenure *t = atomic_load(&ticket->tenure);
    tenure_holder(ticket, performance_id, ret_url);
    if (t && strcmp(ret_url, t->self) == 0)
        ret_url[0] = '\0'; /* nobody else's */
    ret_url[strcspn(ret_url, " ")] = '\0';
    return atomic_load(&post_of(ticket, performance_id)->ours);
}

bool tenure_relays(const struct tenure *tenure)
{
    return atomic_load(&tenure->relays);
}

const char *tenure_self(const struct tenure *tenure)
{
    return tenure->self;
}

bool tenure_is_up(const struct tenure *tenure)
{
    return atomic_load(&tenure->up);
}

int tenure_members(struct tenure *tenure, struct arena *arena, struct coord_member **ret_members,
                   size_t *ret_count, int64_t deadline_ns)
{
    return tenure->coord->ops->member_list(tenure->coord, ROLE, arena, ret_members, ret_count,
                                           deadline_ns);
}

/* ---- a round of the keeper ---- */

static int64_t step_deadline(const struct tenure *t)
{
    return deadline_after_ms(fiber_now_ns(), t->lease_ms / 2);
}

/* Who should own a performance: the highest of these (rendezvous hashing; Thaler and Ravishankar,
 * 1998). A member more or less moves its own share alone. */
static uint64_t weight(uint32_t performance_id, struct view member)
{
    uint64_t hash = 14695981039346656037u ^ performance_id;
    for (size_t i = 0; i < member.len; i++)
        hash = (hash ^ (uint8_t)member.at[i]) * 1099511628211u;
    hash ^= hash >> 33; /* the finalizer of MurmurHash3: all bits depend on all */
    hash *= 0xff51afd7ed558ccdu;
    hash ^= hash >> 33;
    return hash;
}

static bool should_be_ours(const struct tenure *t, uint32_t performance_id,
                           const struct coord_member *members, size_t count)
{
    const uint64_t own = weight(performance_id, view_str(t->self));
    for (size_t i = 0; i < count; i++)
        if (weight(performance_id, members[i].text) > own)
            return false;
    return !t->draining;
}

struct look {
    struct owner *owner;
    bool away;
};

static void look(void *arg)
{
    struct look *look = arg;
    owner_look(look->owner);
    look->away = owner_is_away(look->owner);
}

/* Lets the owner see what its gate says now; whether it is away. */
static bool look_at(const struct catalog_performance *performance)
{
    struct look job = {.owner = performance->owner};
    int err = worker_call(performance->home, look, &job);
    return err == 0 && job.away;
}

static struct view lease_name(uint32_t performance_id, char bytes[NAME_BYTES])
{
    const int len = snprintf(bytes, NAME_BYTES, "performance:%u", performance_id);
    return view_of(bytes, (size_t)len);
}

/* Shuts the gate and waits until the owner is away: what has gathered is committed. */
static void shut(struct post *post, const struct catalog_performance *performance)
{
    const int64_t until_ns = deadline_after_ms(fiber_now_ns(), TENURE_HAND_OVER_MS);
    atomic_store(&post->ours, false);
    while (!look_at(performance) && fiber_now_ns() < until_ns)
        fiber_sleep_until(deadline_after_ms(fiber_now_ns(), AWAY_POLL_MS));
}

/* Ours no more; then the lease is free for the next. */
static void hand_over(struct tenure *t, struct post *post,
                      const struct catalog_performance *performance, struct view name)
{
    shut(post, performance);
    (void)t->coord->ops->lease_give(t->coord, name, view_str(t->self), step_deadline(t));
    set_holder(post, "");
    log_event(LOG_INFO, "tenure.give", log_uint("usher.performance", post->performance_id));
}

static void take(struct tenure *t, struct post *post, const struct catalog_performance *performance,
                 struct view name)
{
    char holder[COORD_HOLDER_MAX + 1];
    const bool was_ours = atomic_load(&post->ours);
    const int64_t began_ns = fiber_now_ns();
    int err = t->coord->ops->lease_take(t->coord, name, view_str(t->self), t->lease_ms, holder,
                                        step_deadline(t));
    if (err == 0) {
        /* Between its end and now another may have owned, claimed and gone. */
        if (was_ours && began_ns >= post->lease_ends_ns)
            shut(post, performance);
        post->lease_ends_ns = deadline_after_ms(began_ns, t->lease_ms);
        set_holder(post, t->self);
        atomic_store(&post->ours, true);
        if (!was_ours) {
            metric_add(&taken, 1);
            log_event(LOG_INFO, "tenure.take", log_uint("usher.performance", post->performance_id));
        }
        look_at(performance);
    } else if (err == ERR_CONFLICT) {
        set_holder(post, holder);
        if (was_ours) {
            metric_add(&lost, 1);
            log_event(LOG_WARN, "tenure.lose", log_uint("usher.performance", post->performance_id),
                      log_str("usher.holder", holder));
            atomic_store(&post->ours, false);
            look_at(performance);
        }
    }
    /* Any other error: the coordinator is away. Who owns goes on; the store would fence him. */
}

/* Learns who holds what should be another's, or is another's still. */
static void learn(struct tenure *t, struct post *post, struct view name)
{
    char holder[COORD_HOLDER_MAX + 1];
    int64_t left_ms = t->lease_ms;
    int err = t->coord->ops->lease_look(t->coord, name, holder, &left_ms, step_deadline(t));
    if (err == 0)
        set_holder(post, holder);
    else if (err == ERR_NOT_FOUND)
        set_holder(post, "");
    if (err == 0 && left_ms + EXPIRED_MS < t->next_ms)
        t->next_ms = left_ms + EXPIRED_MS; /* if it ends, its next owner should not sleep */
}

static void visit(struct tenure *t, const struct catalog_performance *performance,
                  const struct coord_member *members, size_t count)
{
    struct post *post = post_of(t->ticket, performance->performance_id);
    char bytes[NAME_BYTES];
    const struct view name = lease_name(performance->performance_id, bytes);
    if (atomic_exchange(&post->is_new, false))
        post->kept_until_ns = deadline_after_ms(fiber_now_ns(), t->lease_ms);
    const bool kept = !t->draining && fiber_now_ns() < post->kept_until_ns;
    if (kept || should_be_ours(t, performance->performance_id, members, count))
        take(t, post, performance, name);
    else if (atomic_load(&post->ours))
        hand_over(t, post, performance, name);
    if (!atomic_load(&post->ours))
        learn(t, post, name);
}

static void visit_all(struct tenure *t, const struct coord_member *members, size_t count)
{
    struct catalog *catalog = t->ticket->catalog;
    for (uint32_t i = 1; i <= catalog_performance_last(catalog); i++) {
        const struct catalog_performance *performance = catalog_performance(catalog, i);
        if (performance)
            visit(t, performance, members, count);
    }
}

/* One process delivers the outbox. */
static void take_outbox(struct tenure *t)
{
    char holder[COORD_HOLDER_MAX + 1];
    const struct view self = view_str(t->self);
    if (t->draining) {
        atomic_store(&t->relays, false);
        (void)t->coord->ops->lease_give(t->coord, OUTBOX_LEASE, self, step_deadline(t));
        return;
    }
    int err = t->coord->ops->lease_take(t->coord, OUTBOX_LEASE, self, t->lease_ms, holder,
                                        step_deadline(t));
    atomic_store(&t->relays, err == 0);
}

static int make_round(struct tenure *t)
{
    struct arena arena;
    struct coord_member *members;
    size_t count = 0;
    const struct view self = view_str(t->self);
    const struct coord_ops *ops = t->coord->ops;
    arena_init(&arena, ARENA_MAX);
    int err = t->draining ? ops->member_remove(t->coord, ROLE, self, step_deadline(t))
                          : ops->member_put(t->coord, ROLE, self, t->lease_ms, step_deadline(t));
    if (err == 0)
        err = ops->member_list(t->coord, ROLE, &arena, &members, &count, step_deadline(t));
    if (err == 0) {
        visit_all(t, members, count);
        take_outbox(t);
    }
    arena_release(&arena);
    return err;
}

/* A draining process lets go even of what nobody can be told about: the store is what decides. */
static void let_go(struct tenure *t)
{
    struct catalog *catalog = t->ticket->catalog;
    for (uint32_t i = 1; i <= catalog_performance_last(catalog); i++) {
        const struct catalog_performance *performance = catalog_performance(catalog, i);
        if (performance && atomic_exchange(&post_of(t->ticket, i)->ours, false))
            look_at(performance);
    }
}

static void keep(void *arg)
{
    struct tenure *t = arg;
    t->keeper = fiber_self();
    while (!t->drained) {
        const bool draining = t->draining;
        t->next_ms = t->lease_ms / 3;
        int err = make_round(t);
        const bool was_up = atomic_exchange(&t->up, err == 0);
        if (was_up && err != 0)
            log_event(LOG_WARN, "tenure.blind", log_err(err));
        if (atomic_fetch_add(&t->rounds, 1) % FOLLOW_ROUNDS == 0)
            atomic_store(&t->ticket->behind, true);
        if (draining) {
            if (err != 0)
                let_go(t);
            t->drained = true;
            break;
        }
        if (!t->draining)
            (void)fiber_park(deadline_after_ms(fiber_now_ns(), t->next_ms));
    }
    t->keeper = NULL;
    if (t->drainer)
        fiber_unpark(t->drainer);
}

/* ---- starting and stopping ---- */

static void start(void *arg)
{
    struct tenure *t = arg;
    char id[ID_TEXT_CHARS + 1];
    id_format(chance_id_at(t->ticket->options.chance, clock_wall_ms(loop_clock(t->loop))), id);
    snprintf(t->self, sizeof(t->self), "%s %s", t->url, id);
    atomic_store(&t->ticket->tenure, t);
    scope_init(&t->scope);
    t->result = fiber_spawn(&t->scope, keep, t);
    const int64_t until_ns = deadline_after_ms(fiber_now_ns(), TENURE_HAND_OVER_MS);
    while (t->result == 0 && !(atomic_load(&t->rounds) > 0 && atomic_load(&t->up)) &&
           fiber_now_ns() < until_ns)
        fiber_sleep_until(deadline_after_ms(fiber_now_ns(), AWAY_POLL_MS));
}

int tenure_start(struct ticket *ticket, struct coord *coord, const char *url, int64_t lease_ms,
                 struct tenure **ret_tenure)
{
    struct tenure *t = calloc(1, sizeof(*t));
    if (!t)
        return ERR_NO_MEMORY;
    t->ticket = ticket;
    t->coord = coord;
    t->lease_ms = lease_ms;
    t->loop = worker_loop(ticket->options.workers[0]);
    t->kick.run = on_kick;
    atomic_store(&t->up, true);
    t->url = url;
    coord->ops->watch(coord, on_change, t);
    int err = worker_call(ticket->options.workers[0], start, t);
    if (err == 0)
        err = t->result;
    if (err) {
        atomic_store(&ticket->tenure, NULL);
        free(t);
        return err;
    }
    *ret_tenure = t;
    return 0;
}

static void drain(void *arg)
{
    struct tenure *t = arg;
    t->draining = true;
    t->drainer = fiber_self();
    if (t->keeper)
        fiber_unpark(t->keeper);
    while (!t->drained)
        fiber_park_deaf();
    t->drainer = NULL;
    scope_close(&t->scope);
}

void tenure_drain(struct tenure *tenure)
{
    if (!tenure)
        return;
    int err = worker_call(tenure->ticket->options.workers[0], drain, tenure);
    assert(err == 0);
}

void tenure_free(struct tenure *tenure)
{
    free(tenure);
}
