/* What an owner makes of a store that says what no owner would have written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "owner/stage_test.h"
#include "owner/state.h"
#include "store/mem/mem.h"

static struct stage stage;

/* Writes one row of these changes, as an owner would who had decided them. */
static void write_row(struct change *changes, size_t count)
{
    struct arena arena;
    struct store_performance head;
    struct store_batch batch = {.performance_id = stage.performance_id, .sale_state = STAGE_OPEN};
    arena_init(&arena, 1 << 20);
    const struct store_ops *ops = stage.mem->ops;
    assert_int_equal(ops->claim(stage.mem, stage.performance_id, &arena, &head, DEADLINE_NEVER), 0);
    batch.epoch = head.epoch;
    batch.row = (struct ledger_row){.seq = head.seq + 1,
                                    .epoch = head.epoch,
                                    .version_before = head.version,
                                    .version = head.version + count,
                                    .at_ms = changes[count - 1].at_ms};
    memcpy(batch.row.prev_hash, head.head_hash, sizeof(head.head_hash));
    assert_int_equal(ledger_pack(changes, count, &arena, &batch.row.body), 0);
    ledger_seal(stage.performance_id, &batch.row);
    assert_int_equal(ops->commit(stage.mem, &batch, DEADLINE_NEVER), 0);
    arena_release(&arena);
}

static struct change hold_of(uint64_t number, uint32_t seat, int64_t at_ms, int64_t expires_at_ms)
{
    return (struct change){.kind = CHANGE_HOLD,
                           .at_ms = at_ms,
                           .hold_id = stage_id(number),
                           .account_id = stage_id(100 + number),
                           .seat_count = 1,
                           .seats = {seat},
                           .expires_at_ms = expires_at_ms};
}

static struct change end_of(uint64_t number, enum change_kind kind, int64_t at_ms)
{
    return (struct change){.kind = kind, .at_ms = at_ms, .hold_id = stage_id(number)};
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
    struct change hold = hold_of(1, 0, at_ms, expires_at_ms);
    write_row(&hold, 1);
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

/* Looks at an owner that takes over after what write has written. */
struct taken_over {
    bool serves;
    struct owner_figures figures;
};

static void take_over(void *arg)
{
    struct taken_over *seen = arg;
    struct owner *owner = stage_owner(&stage, stage.mem, NULL);
    seen->serves = stage_serving(owner);
    owner_figures(owner, &seen->figures);
    owner_stop(owner);
}

static struct taken_over take_over_after(uint32_t hold_ttl_ms, void (*write)(void))
{
    static const char *const rows[] = {"....", NULL};
    const struct stage_options options = {.seed = 7,
                                          .rows = rows,
                                          .hold_ttl_ms = hold_ttl_ms,
                                          .places_max = 4,
                                          .sale_state = STAGE_OPEN};
    struct taken_over seen = {0};
    stage_open(&stage, &options);
    write();
    stage_run(&stage, take_over, &seen);
    stage_close(&stage);
    return seen;
}

#define HOUR_MS INT64_C(3600000)

/* A hold of a day, and a ledger that went on for most of it: 3,000 rows a second apart. */
static void write_a_long_hold(void)
{
    const int64_t end_ms = STAGE_WALL_MS - 1000, begin_ms = end_ms - 23 * HOUR_MS;
    struct change hold = hold_of(1, 0, begin_ms, begin_ms + 24 * HOUR_MS);
    write_row(&hold, 1);
    for (uint32_t i = 0; i < 3000; i++) {
        struct change pair[] = {hold_of(2 + i, 1, end_ms, end_ms + 1000),
                                end_of(2 + i, CHANGE_RELEASE, end_ms)};
        pair[0].at_ms = pair[1].at_ms = end_ms - 1000 * (3000 - i);
        write_row(pair, 2);
    }
}

static void a_hold_lives_as_long_as_holds_may(void **state)
{
    const struct taken_over seen = take_over_after(24 * (uint32_t)HOUR_MS, write_a_long_hold);
    assert_true(seen.serves);
    assert_int_equal(seen.figures.counts.held, 1);
}

/* 3,000 rows, days apart: of them the last ones are read. */
static void write_a_long_ledger(void)
{
    for (uint32_t i = 0; i < 3000; i++) {
        const int64_t at_ms = STAGE_WALL_MS - (3000 - i) * 24 * HOUR_MS;
        struct change pair[] = {hold_of(1 + i, 1, at_ms, at_ms + 1000),
                                end_of(1 + i, CHANGE_EXPIRY, at_ms + 1000)};
        write_row(pair, i == 2999 ? 1 : 2);
    }
    /* Whoever reads the first row finds it damaged. */
    mem_find_sale(mem_of(stage.mem), stage.performance_id)->rows[0].hash[0] ^= 1;
}

static void a_long_ledger_is_not_read_whole(void **state)
{
    const struct taken_over seen = take_over_after(1000, write_a_long_ledger);
    assert_true(seen.serves);
    assert_int_equal(seen.figures.counts.free, 4); /* the last hold has ended, and is written */
    assert_int_equal(seen.figures.version, 3000 * 2);
}

/* As an earlier usher could leave it: of two holds that ended in one night, the end of one was
 * written in the morning, and then the process died. */
static void write_half_of_late_ends(void)
{
    const int64_t begin_ms = STAGE_WALL_MS - 9 * HOUR_MS;
    struct change holds[] = {hold_of(1, 0, begin_ms, begin_ms + 1000),
                             hold_of(2, 1, begin_ms, begin_ms + 1000)};
    struct change late = end_of(1, CHANGE_EXPIRY, STAGE_WALL_MS - 1000);
    write_row(holds, 2);
    write_row(&late, 1);
}

static void late_ends_of_an_earlier_usher_are_noticed(void **state)
{
    const struct taken_over seen = take_over_after(1000, write_half_of_late_ends);
    assert_true(seen.serves);
    assert_int_equal(seen.figures.counts.free, 4);
    assert_int_equal(seen.figures.version, 4); /* the other end was written */
}

/* ---- a ledger whose end is not what the head says ---- */

static void write_one_hold(void)
{
    struct change hold = hold_of(1, 0, STAGE_WALL_MS, STAGE_WALL_MS + 1000);
    write_row(&hold, 1);
}

static struct store_performance *head(void)
{
    return &mem_find_sale(mem_of(stage.mem), stage.performance_id)->head;
}

static void write_another_hash(void)
{
    write_one_hold();
    head()->head_hash[31] ^= 1;
}

static void write_another_version(void)
{
    write_one_hold();
    head()->version++;
}

static void write_another_last_row(void)
{
    write_one_hold();
    struct mem_sale *sale = mem_find_sale(mem_of(stage.mem), stage.performance_id);
    sale->rows[0].at_ms++;
    ledger_seal(stage.performance_id, &sale->rows[0]);
}

static void an_end_that_is_not_the_heads_is_damage(void **state)
{
    assert_true(take_over_after(1000, write_one_hold).serves);
    assert_false(take_over_after(1000, write_another_hash).serves);
    assert_false(take_over_after(1000, write_another_version).serves);
    assert_false(take_over_after(1000, write_another_last_row).serves);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_that_ends_before_it_begins_is_damage),
        cmocka_unit_test(a_hold_lives_as_long_as_holds_may),
        cmocka_unit_test(a_long_ledger_is_not_read_whole),
        cmocka_unit_test(late_ends_of_an_earlier_usher_are_noticed),
        cmocka_unit_test(an_end_that_is_not_the_heads_is_damage),
    };
    return cmocka_run_group_tests_name("owner/load", tests, NULL, NULL);
}
