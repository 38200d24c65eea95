/* What an owner makes of a store that says what no owner would have written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "owner/stage_test.h"
#include "owner/state.h"

static struct stage stage;

/* Writes a row that holds in itself, with a hold of seat 0 until then. */
static void write_hold_until(int64_t at_ms, int64_t expires_at_ms)
{
    struct arena arena;
    struct store_performance head;
    struct store_batch batch = {.performance_id = stage.performance_id, .sale_state = STAGE_OPEN};
    struct change hold = {.kind = CHANGE_HOLD,
                          .at_ms = at_ms,
                          .hold_id = {1, 1},
                          .account_id = {1, 1},
                          .seat_count = 1,
                          .expires_at_ms = expires_at_ms};
    arena_init(&arena, 1 << 20);
    const struct store_ops *ops = stage.mem->ops;
    assert_int_equal(ops->claim(stage.mem, stage.performance_id, &arena, &head, DEADLINE_NEVER), 0);
    batch.epoch = head.epoch;
    batch.row = (struct ledger_row){.seq = head.seq + 1,
                                    .epoch = head.epoch,
                                    .version_before = head.version,
                                    .version = head.version + 1,
                                    .at_ms = at_ms};
    memcpy(batch.row.prev_hash, head.head_hash, sizeof(head.head_hash));
    assert_int_equal(ledger_pack(&hold, 1, &arena, &batch.row.body), 0);
    assert_int_equal(ledger_seal(stage.performance_id, &batch.row), 0);
    assert_int_equal(ops->commit(stage.mem, &batch, DEADLINE_NEVER), 0);
    arena_release(&arena);
}

static void look(void *ret_serves)
{
    struct owner *owner = stage_owner(&stage, stage.mem, NULL);
    *(bool *)ret_serves = stage_serving(owner);
    owner_stop(owner);
}

/* Whether an owner takes over where a hold began and ends at such times. */
static bool serves_after(int64_t at_ms, int64_t expires_at_ms)
{
    static const char *const rows[] = {"....", NULL};
    const struct stage_options options = {
        .seed = 7, .rows = rows, .hold_ttl_ms = 1000, .places_max = 4, .sale_state = STAGE_OPEN};
    bool serves = false;
    stage_open(&stage, &options);
    write_hold_until(at_ms, expires_at_ms);
    stage_run(&stage, look, &serves);
    stage_close(&stage);
    return serves;
}

/* What is stored is the world's: however it came there, it is no mistake of this process, and does
 * not end it. */
static void a_hold_that_ends_before_it_begins_is_damage(void **state)
{
    assert_true(serves_after(STAGE_WALL_MS, STAGE_WALL_MS + 1));
    assert_false(serves_after(STAGE_WALL_MS, STAGE_WALL_MS));
    assert_false(serves_after(STAGE_WALL_MS, -5));
    assert_false(serves_after(-9, -5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_that_ends_before_it_begins_is_damage),
    };
    return cmocka_run_group_tests_name("owner/load", tests, NULL, NULL);
}
