#include "store/copy.h"

#include <stdlib.h>

#include "clock/clock.h"
#include "err/err.h"
#include "sale/change.h"

#define ARENA_MAX (256u << 20)
#define PAGE      200

struct copy {
    struct store *from, *to;
    struct arena catalog; /* lives as long as the copy */
    struct arena page;
    struct arena row;
    struct store_outbox_row *outbox; /* undelivered, in order */
    size_t outbox_count;
    uint64_t rows_done, rows_total;
    store_copy_progress progress;
    void *state;
};

static int check_empty(struct copy *c)
{
    struct store_hall *halls;
    struct store_event *events;
    uint32_t *ids;
    size_t hall_count = 0, event_count = 0, id_count = 0;
    const struct store_ops *ops = c->to->ops;
    int err = ops->hall_list(c->to, &c->page, &halls, &hall_count, DEADLINE_NEVER);
    if (err == 0)
        err = ops->event_list(c->to, &c->page, &events, &event_count, DEADLINE_NEVER);
    if (err == 0)
        err = ops->performance_ids(c->to, &c->page, &ids, &id_count, DEADLINE_NEVER);
    return err == 0 && hall_count + event_count + id_count > 0 ? ERR_EXISTS : err;
}

/* ---- the catalog: numbers are given from 1 on, so in order they come out the same ---- */

static int copy_halls(struct copy *c)
{
    struct store_hall *halls, hall;
    size_t count = 0;
    uint32_t id = 0;
    int err = c->from->ops->hall_list(c->from, &c->catalog, &halls, &count, DEADLINE_NEVER);
    for (size_t i = 0; err == 0 && i < count; i++) {
        arena_reset(&c->page);
        err = c->from->ops->hall_get(c->from, halls[i].hall_id, &c->page, &hall, DEADLINE_NEVER);
        if (err == 0)
            err = c->to->ops->hall_put(c->to, &hall, &id, DEADLINE_NEVER);
        if (err == 0 && id != halls[i].hall_id)
            err = ERR_CORRUPT;
    }
    return err;
}

static int copy_events(struct copy *c)
{
    struct store_event *events;
    size_t count = 0;
    uint32_t id = 0;
    int err = c->from->ops->event_list(c->from, &c->catalog, &events, &count, DEADLINE_NEVER);
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = c->to->ops->event_put(c->to, &events[i], NULL, &id, NULL, DEADLINE_NEVER);
        if (err == 0 && id != events[i].event_id)
            err = ERR_CORRUPT;
    }
    return err;
}

static int put_performance(struct copy *c, const struct store_performance *stored)
{
    struct store_performance first = *stored;
    uint32_t id = 0;
    first.sale_state = stored->first_sale_state;
    int err = c->to->ops->performance_put(c->to, &first, &id, DEADLINE_NEVER);
    return err == 0 && id != stored->performance_id ? ERR_CORRUPT : err;
}

/* ---- ledgers ---- */

/* What a row says of orders: of a batch's tables everything but the row itself. *ret_told: a
 * message went out with it. */
static int read_orders(struct copy *c, const struct ledger_row *row, struct store_batch *batch,
                       bool *ret_told)
{
    struct change *changes;
    size_t count = 0;
    int err = ledger_unpack(row->body, &c->row, &changes, &count);
    *ret_told = false;
    for (size_t i = 0; err == 0 && i < count; i++)
        *ret_told = *ret_told || store_batch_tells(changes[i].kind);
    return err ? err : store_batch_fill(changes, count, &c->row, batch);
}

/* Takes over until the epoch is this one. */
static int claim_up_to(struct copy *c, uint32_t performance_id, uint64_t *epoch, uint64_t wanted)
{
    struct store_performance claimed;
    int err = 0;
    while (err == 0 && *epoch < wanted) {
        err = c->to->ops->claim(c->to, performance_id, &c->row, &claimed, DEADLINE_NEVER);
        if (err == 0)
            *epoch = claimed.epoch;
    }
    return err == 0 && *epoch != wanted ? ERR_CORRUPT : err;
}

/* Messages of the performance that are not delivered yet: they are those of its last rows that were
 * told. */
static size_t undelivered(const struct copy *c, uint32_t performance_id)
{
    size_t count = 0;
    for (size_t i = 0; i < c->outbox_count; i++)
        count += c->outbox[i].performance_id == performance_id;
    return count;
}

static struct view message_of(const struct copy *c, uint32_t performance_id, size_t number)
{
    for (size_t i = 0; i < c->outbox_count; i++)
        if (c->outbox[i].performance_id == performance_id && number-- == 0)
            return c->outbox[i].body;
    return (struct view){0};
}

struct walk {
    uint32_t performance_id;
    uint32_t sale_state;
    uint64_t epoch;
    uint64_t told;       /* rows so far */
    uint64_t first_told; /* of these, from 1, whose message is the first undelivered */
    bool writes;         /* false: only counts */
};

static int copy_row(struct copy *c, struct walk *walk, const struct ledger_row *row)
{
    struct store_batch batch = {.performance_id = walk->performance_id,
                                .epoch = row->epoch,
                                .row = *row,
                                .sale_state = walk->sale_state};
    bool told;
    int err = read_orders(c, row, &batch, &told);
    if (err)
        return err;
    walk->sale_state = batch.sale_state;
    walk->told += told;
    if (!walk->writes)
        return 0;
    if (told && walk->first_told > 0 && walk->told >= walk->first_told)
        batch.outbox = message_of(c, walk->performance_id, walk->told - walk->first_told);
    err = claim_up_to(c, walk->performance_id, &walk->epoch, row->epoch);
    if (err == 0)
        err = c->to->ops->commit(c->to, &batch, DEADLINE_NEVER);
    if (c->progress)
        c->progress(c->state, ++c->rows_done, c->rows_total);
    return err;
}

static int walk_rows(struct copy *c, struct walk *walk)
{
    uint64_t from_seq = 1;
    for (;;) {
        struct ledger_row *rows;
        size_t count = 0;
        arena_reset(&c->page);
        int err = c->from->ops->ledger_read(c->from, walk->performance_id, from_seq, PAGE, &c->page,
                                            &rows, &count, DEADLINE_NEVER);
        for (size_t i = 0; err == 0 && i < count; i++) {
            arena_reset(&c->row);
            err = copy_row(c, walk, &rows[i]);
        }
        if (err || count == 0)
            return err;
        from_seq = rows[count - 1].seq + 1;
    }
}

static int copy_ledger(struct copy *c, const struct store_performance *stored)
{
    struct walk walk = {.performance_id = stored->performance_id};
    const size_t messages = undelivered(c, stored->performance_id);
    int err = messages > 0 ? walk_rows(c, &walk) : 0;
    if (err == 0 && walk.told < messages)
        err = ERR_CORRUPT;
    walk = (struct walk){.performance_id = stored->performance_id,
                         .sale_state = stored->first_sale_state,
                         .first_told = messages > 0 ? walk.told - messages + 1 : 0,
                         .writes = true};
    if (err == 0)
        err = walk_rows(c, &walk);
    if (err == 0)
        err = claim_up_to(c, stored->performance_id, &walk.epoch, stored->epoch);
    return err;
}

/* The heads must be the same now. */
static int compare(struct copy *c, const struct store_performance *stored)
{
    struct store_performance there;
    arena_reset(&c->page);
    int err = c->to->ops->performance_get(c->to, stored->performance_id, &c->page, &there,
                                          DEADLINE_NEVER);
    const bool same = err == 0 && there.seq == stored->seq && there.version == stored->version &&
                      there.epoch == stored->epoch && there.sale_state == stored->sale_state &&
                      memcmp(there.head_hash, stored->head_hash, STORE_HASH_BYTES) == 0;
    return err == 0 && !same ? ERR_CORRUPT : err;
}

static int copy_performances(struct copy *c)
{
    struct store_performance *all;
    size_t count = 0;
    int err = c->from->ops->performance_list(c->from, &c->catalog, &all, &count, DEADLINE_NEVER);
    for (size_t i = 0; err == 0 && i < count; i++)
        c->rows_total += all[i].seq;
    for (size_t i = 0; err == 0 && i < count; i++)
        err = put_performance(c, &all[i]);
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = copy_ledger(c, &all[i]);
        if (err == 0)
            err = compare(c, &all[i]);
    }
    return err;
}

int store_copy(struct store *from, struct store *to, store_copy_progress progress, void *state)
{
    struct copy c = {.from = from, .to = to, .progress = progress, .state = state};
    arena_init(&c.catalog, ARENA_MAX);
    arena_init(&c.page, ARENA_MAX);
    arena_init(&c.row, ARENA_MAX);
    int err = check_empty(&c);
    if (err == 0)
        err = from->ops->outbox_read(from, STORE_COPY_OUTBOX_MAX, &c.catalog, &c.outbox,
                                     &c.outbox_count, DEADLINE_NEVER);
    if (err == 0 && c.outbox_count == STORE_COPY_OUTBOX_MAX)
        err = ERR_FULL;
    if (err == 0)
        err = copy_halls(&c);
    if (err == 0)
        err = copy_events(&c);
    if (err == 0)
        err = copy_performances(&c);
    arena_release(&c.row);
    arena_release(&c.page);
    arena_release(&c.catalog);
    return err;
}
