/* The wire to the store. A commit or a claim that its sender gives up may still arrive; one that
 * has arrived may arrive again. */
#include <stdlib.h>

#include "err/err.h"
#include "sale/ledger.h"
#include "sim/cluster/cluster.h"

#define ARENA_MAX (16u << 20)

struct store_wire {
    struct store store;
    struct process *process;
};

static struct process *process_of(struct store *store)
{
    return ((struct store_wire *)store)->process;
}

/* ---- letters ---- */

struct store_letter {
    struct cluster *cluster;
    struct arena arena;
    bool claims;
    uint32_t performance_id;
    struct store_batch batch; /* unless it claims */
};

static void deliver(void *arg)
{
    struct store_letter *letter = arg;
    struct store *store = letter->cluster->stage->mem;
    struct store_performance head;
    const int err = letter->claims ? store->ops->claim(store, letter->performance_id,
                                                       &letter->arena, &head, DEADLINE_NEVER)
                                   : store->ops->commit(store, &letter->batch, DEADLINE_NEVER);
    tale_say(letter->cluster->tale, "a late %s arrives: %s", letter->claims ? "claim" : "commit",
             err_name(err));
    letter->cluster->counts->refused_late += err != 0;
    arena_release(&letter->arena);
    free(letter);
}

static struct store_letter *letter_new(struct process *process, uint32_t performance_id)
{
    struct store_letter *letter = calloc(1, sizeof(*letter));
    assert(letter);
    letter->cluster = process->cluster;
    letter->performance_id = performance_id;
    arena_init(&letter->arena, ARENA_MAX);
    return letter;
}

static void send(struct store_letter *letter)
{
    cluster_post(letter->cluster, 1 + cluster_below(letter->cluster, CLUSTER_LATE_MAX_MS - 1),
                 deliver, letter);
}

static void send_claim(struct process *process, uint32_t performance_id)
{
    struct store_letter *letter = letter_new(process, performance_id);
    letter->claims = true;
    process->cluster->counts->late_claims++;
    send(letter);
}

static struct view copy_bytes(struct arena *arena, struct view from)
{
    const char *copy = arena_copy(arena, from);
    assert(copy);
    return view_of(copy, from.len);
}

static void send_commit(struct process *process, const struct store_batch *batch)
{
    struct store_letter *letter = letter_new(process, batch->performance_id);
    struct change *changes;
    size_t count;
    letter->batch = (struct store_batch){.performance_id = batch->performance_id,
                                         .epoch = batch->epoch,
                                         .row = batch->row,
                                         .sale_state = batch->sale_state};
    letter->batch.row.body = copy_bytes(&letter->arena, batch->row.body);
    letter->batch.outbox = copy_bytes(&letter->arena, batch->outbox);
    int err = ledger_unpack(letter->batch.row.body, &letter->arena, &changes, &count);
    if (err == 0)
        err = store_batch_fill(changes, count, &letter->arena, &letter->batch);
    assert(err == 0);
    process->cluster->counts->late_commits++;
    send(letter);
}

/* ---- what is sent and waited for ---- */

/* 0: it has arrived. */
static int go(struct store *store, int64_t deadline_ns)
{
    struct process *process = process_of(store);
    const int err = cluster_carry(process, CLUSTER_STORE, CLUSTER_THERE, deadline_ns);
    return err == 0 && process->cluster->store_down_until_ns > fiber_now_ns() ? ERR_UNAVAILABLE
                                                                              : err;
}

static int come_back(struct store *store, bool decides, int rc, int64_t deadline_ns)
{
    const int err = cluster_carry(process_of(store), CLUSTER_STORE, CLUSTER_BACK, deadline_ns);
    process_of(store)->cluster->counts->fenced += err == 0 && rc == ERR_FENCED;
    return err == 0 ? rc : decides ? ERR_UNKNOWN : ERR_IO;
}

#define OPERATION(name, decides, parameters, names)                                                \
    static int plain_##name(struct store *store, STORE_LIST parameters, int64_t deadline_ns)       \
    {                                                                                              \
        int rc = go(store, deadline_ns);                                                           \
        if (rc != 0)                                                                               \
            return rc;                                                                             \
        struct store *there = process_of(store)->cluster->stage->mem;                              \
        rc = there->ops->name(there, STORE_LIST names, DEADLINE_NEVER);                            \
        return come_back(store, decides, rc, deadline_ns);                                         \
    }
#include "store/operations.h"

/* Whether a letter has to go too, and the answer is not waited for. */
static bool is_late(struct process *process)
{
    return !process->starting &&
           cluster_happens(process->cluster, process->cluster->weather.late_ppm);
}

static bool comes_twice(struct process *process)
{
    const bool twice = !process->starting &&
                       cluster_happens(process->cluster, process->cluster->weather.twice_ppm);
    process->cluster->counts->twice += twice;
    return twice;
}

/* What was given up on a wire that is cut may arrive once it is whole. */
static bool lingers(struct process *process, int rc)
{
    return rc == ERR_TIMEOUT && cluster_below(process->cluster, 2) == 0;
}

static int wire_commit(struct store *store, const struct store_batch *batch, int64_t deadline_ns)
{
    struct process *process = process_of(store);
    if (!cluster_await(process))
        return ERR_UNAVAILABLE;
    if (is_late(process)) {
        send_commit(process, batch);
        return ERR_UNKNOWN;
    }
    if (comes_twice(process))
        send_commit(process, batch);
    const int rc = plain_commit(store, batch, deadline_ns);
    if (!lingers(process, rc))
        return rc;
    send_commit(process, batch);
    return ERR_UNKNOWN;
}

static int wire_claim(struct store *store, uint32_t performance_id, struct arena *arena,
                      struct store_performance *ret_performance, int64_t deadline_ns)
{
    struct process *process = process_of(store);
    if (!cluster_await(process))
        return ERR_UNAVAILABLE;
    if (is_late(process)) {
        send_claim(process, performance_id);
        return ERR_UNKNOWN;
    }
    if (comes_twice(process))
        send_claim(process, performance_id);
    const int rc = plain_claim(store, performance_id, arena, ret_performance, deadline_ns);
    if (!lingers(process, rc))
        return rc;
    send_claim(process, performance_id);
    return ERR_UNKNOWN;
}

static void wire_free(struct store *store)
{
    free(store);
}

struct store *cluster_store_new(struct process *process)
{
    static struct store_ops ops = {
        .name = "over a wire",
        .free = wire_free,
#define OPERATION(name, decides, parameters, names) .name = plain_##name,
#include "store/operations.h"
    };
    struct store_wire *wire = calloc(1, sizeof(*wire));
    assert(wire);
    ops.commit = wire_commit;
    ops.claim = wire_claim;
    *wire = (struct store_wire){.store = {.ops = &ops}, .process = process};
    return &wire->store;
}
