#include "sim/body.h"

#include <assert.h>
#include <stdlib.h>

#include "err/err.h"
#include "fiber/fiber.h"

#define CHECKPOINT_PAGES 60 /* few, so that the log is often moved into the file */

struct body {
    struct store store;
    struct body *of;      /* a front: whose; else itself */
    struct store *sqlite; /* of the body itself */
    struct disk_weather weather;
    int64_t busy_until_ns; /* a sync hangs */
    uint64_t end_seq;      /* no row from that number on was there at the last look; 0: not known */
    uint64_t cuts;         /* of the power, that it has seen; of a front: when it began */
};

static struct body *body_of(struct store *store)
{
    return (struct body *)store;
}

static void open_sqlite(struct body *body)
{
    int err = store_sqlite_open_alone(DISK_DATABASE, CHECKPOINT_PAGES, &body->sqlite);
    assert(err == 0);
}

static void open_again(struct body *body)
{
    store_free(body->sqlite);
    body->busy_until_ns = 0;
    body->end_seq = 0;
    body->cuts = disk_counts()->cuts;
    open_sqlite(body);
}

/* What decides waits for the writer, as in a queue: not done, once its time is over. */
static int begin(struct body *front, bool decides, int64_t deadline_ns)
{
    struct body *body = front->of;
    if (front->cuts != body->cuts) /* its process is gone with all the rest */
        return ERR_UNAVAILABLE;
    while (front != body && decides && fiber_self() && body->busy_until_ns > fiber_now_ns()) {
        if (body->busy_until_ns >= deadline_ns) {
            (void)fiber_sleep_until(deadline_ns);
            return ERR_TIMEOUT;
        }
        (void)fiber_sleep_until(body->busy_until_ns);
        if (fiber_cancelled())
            return ERR_CANCELLED;
        if (front->cuts != body->cuts)
            return ERR_UNAVAILABLE;
    }
    if (front != body)
        disk_set_weather(&body->weather);
    return 0;
}

/* Whoever's sync hung is answered when it ends. */
static int end(struct body *front, bool decides, int rc, int64_t deadline_ns)
{
    struct body *body = front->of;
    if (front == body)
        return rc;
    if (decides)
        body->end_seq = 0;
    disk_set_weather(&(struct disk_weather){0});
    if (disk_counts()->cuts != body->cuts) {
        open_again(body);
        return decides ? ERR_UNKNOWN : ERR_IO;
    }
    const int64_t hung_ns = disk_take_hang();
    if (hung_ns == 0 || !decides || !fiber_self())
        return rc;
    body->busy_until_ns = fiber_now_ns() + hung_ns;
    const bool late = body->busy_until_ns > deadline_ns;
    (void)fiber_sleep_until(late ? deadline_ns : body->busy_until_ns);
    return late ? ERR_UNKNOWN : rc;
}

#define OPERATION(name, decides, parameters, names)                                                \
    static int body_##name(struct store *store, STORE_LIST parameters, int64_t deadline_ns)        \
    {                                                                                              \
        struct body *front = body_of(store);                                                       \
        int rc = begin(front, decides, deadline_ns);                                               \
        if (rc != 0)                                                                               \
            return rc;                                                                             \
        struct store *sqlite = front->of->sqlite;                                                  \
        rc = sqlite->ops->name(sqlite, STORE_LIST names, DEADLINE_NEVER);                          \
        return end(front, decides, rc, deadline_ns);                                               \
    }
#include "store/operations.h"

static void body_free(struct store *store)
{
    struct body *body = body_of(store);
    if (body->of == body) {
        store_free(body->sqlite);
        disk_end();
    }
    free(body);
}

static const struct store_ops body_ops = {
    .name = "sqlite on a simulated disk",
    .free = body_free,
#define OPERATION(name, decides, parameters, names) .name = body_##name,
#include "store/operations.h"
};

/* The world looks at the ledger's end at every answer: only where something was written since is it
 * a question. */
static int look_at_end(struct store *store, uint32_t performance_id, uint64_t from_seq,
                       size_t rows_max, struct arena *arena, struct ledger_row **ret_rows,
                       size_t *ret_count, int64_t deadline_ns)
{
    struct body *body = body_of(store);
    if (body->of == body && body->end_seq == from_seq) {
        *ret_rows = NULL;
        *ret_count = 0;
        return 0;
    }
    int rc = body_ledger_read(store, performance_id, from_seq, rows_max, arena, ret_rows, ret_count,
                              deadline_ns);
    if (rc == 0 && body->of == body)
        body->end_seq = *ret_count == 0 ? from_seq : 0;
    return rc;
}

static struct body *make(void)
{
    static struct store_ops ops;
    struct body *body = calloc(1, sizeof(*body));
    assert(body);
    ops = body_ops;
    ops.ledger_read = look_at_end;
    body->store.ops = &ops;
    return body;
}

/* Every world begins with the same empty store, which is made once. */
static void put_empty_store(void)
{
    static uint8_t *bytes;
    static size_t len;
    if (!bytes) {
        struct store *store = NULL;
        int err = store_sqlite_open_alone(DISK_DATABASE, CHECKPOINT_PAGES, &store);
        assert(err == 0);
        store_free(store);
        disk_copy_file(DISK_DATABASE, &bytes, &len);
        disk_end();
    }
    disk_put_file(DISK_DATABASE, bytes, len);
}

struct store *body_open(uint64_t seed)
{
    struct body *body = make();
    disk_begin(seed);
    put_empty_store();
    disk_begin(seed);
    body->of = body;
    open_sqlite(body);
    return &body->store;
}

struct store *body_front(struct store *store)
{
    struct body *front = make();
    front->of = body_of(store);
    front->cuts = front->of->cuts;
    return &front->store;
}

void body_set_weather(struct store *store, const struct disk_weather *weather)
{
    body_of(store)->weather = *weather;
}

void body_cut_power(struct store *store)
{
    disk_cut_power();
    open_again(body_of(store));
}

uint64_t body_cuts(struct store *store)
{
    return body_of(store)->cuts;
}
