#include "owner/clock.h"

#include "clock/clock.h"
#include "err/err.h"

#define CLOCK_ARENA_MAX (64u << 20)

/* The time of the last row; INT64_MIN without rows. */
static int last_row_ms(struct store *store, const struct store_performance *p, struct arena *arena,
                       int64_t *ret_at_ms)
{
    struct ledger_row *rows;
    size_t count;
    *ret_at_ms = INT64_MIN;
    if (p->seq == 0)
        return 0;
    int err = store->ops->ledger_read(store, p->performance_id, p->seq, 1, arena, &rows, &count,
                                      DEADLINE_NEVER);
    if (err == 0 && count != 1)
        err = ERR_CORRUPT;
    if (err == 0)
        *ret_at_ms = rows[0].at_ms;
    return err;
}

/* One row that says so. The arena has room for it. */
static int write_clock(struct store *store, uint32_t performance_id, int64_t now_ms,
                       int64_t before_ms, struct arena *arena)
{
    struct store_performance head;
    struct change change = {.kind = CHANGE_CLOCK, .at_ms = now_ms, .before_ms = before_ms};
    int err = store->ops->claim(store, performance_id, arena, &head, DEADLINE_NEVER);
    if (err != 0)
        return err;
    struct store_batch batch = {.performance_id = performance_id,
                                .epoch = head.epoch,
                                .sale_state = head.sale_state,
                                .row = {.seq = head.seq + 1,
                                        .epoch = head.epoch,
                                        .version_before = head.version,
                                        .version = head.version + 1,
                                        .at_ms = now_ms}};
    memcpy(batch.row.prev_hash, head.head_hash, sizeof(batch.row.prev_hash));
    err = ledger_pack(&change, 1, arena, &batch.row.body);
    ledger_seal(performance_id, &batch.row);
    return err == 0 ? store->ops->commit(store, &batch, DEADLINE_NEVER) : err;
}

/* Looks at every ledger; where accept_ms is not INT64_MAX, sets the clock of those beyond it. */
static int walk(struct store *store, int64_t accept_ms, struct owner_clock_found *ret_found,
                uint32_t *ret_count)
{
    struct arena list, page;
    struct store_performance *performances;
    size_t count = 0;
    *ret_found = (struct owner_clock_found){.last_ms = INT64_MIN};
    *ret_count = 0;
    arena_init(&list, CLOCK_ARENA_MAX);
    arena_init(&page, CLOCK_ARENA_MAX);
    int err = store->ops->performance_list(store, &list, &performances, &count, DEADLINE_NEVER);
    for (size_t i = 0; err == 0 && i < count; i++) {
        const struct store_performance *p = &performances[i];
        int64_t last_ms;
        arena_reset(&page);
        err = last_row_ms(store, p, &page, &last_ms);
        if (err != 0)
            break;
        if (last_ms > ret_found->last_ms)
            *ret_found = (struct owner_clock_found){p->performance_id, last_ms};
        if (last_ms <= accept_ms)
            continue;
        err = write_clock(store, p->performance_id, accept_ms, last_ms, &page);
        *ret_count += err == 0;
    }
    arena_release(&list);
    arena_release(&page);
    return err;
}

int owner_clock_latest(struct store *store, struct owner_clock_found *ret_found)
{
    uint32_t count;
    return walk(store, INT64_MAX, ret_found, &count);
}

int owner_clock_accept(struct store *store, int64_t now_ms, uint32_t *ret_count)
{
    struct owner_clock_found found;
    return walk(store, now_ms, &found, ret_count);
}
