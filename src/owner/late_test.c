/* Holds that end while the process does not run: every end is in the ledger, at its time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "owner/stage_test.h"
#include "owner/state.h"
#include "store/wrap/fault.h"

#define TTL_MS  480000
#define HOLDS   (OWNER_ENTRIES_MAX + 200) /* more than one row of ends */
#define HOUR_MS 3600000

static struct stage stage;
static struct store *faulty;
static struct owner *owner;

static struct owner_ask hold_of(uint64_t account)
{
    return (struct owner_ask){.verb = OWNER_HOLD,
                              .account_id = stage_id(account),
                              .area_count = 1,
                              .areas = {{.section = 0, .quantity = 1}}};
}

static void hold_many(void)
{
    owner = stage_owner(&stage, faulty, NULL);
    assert_true(stage_serving(owner));
    for (uint64_t i = 1; i <= HOLDS; i++) {
        struct owner_ask ask = hold_of(i);
        assert_int_equal(owner_ask(owner, &ask), 0);
    }
}

/* Of every hold in the ledger one end at most, and none far from its time; gives how many live. */
static uint32_t live_holds(void)
{
    struct arena arena;
    struct ledger_row *rows;
    size_t row_count, count;
    struct change *changes;
    uint32_t live = 0;
    static int64_t latest_ms;
    arena_init(&arena, 64 << 20);
    assert_int_equal(stage.mem->ops->ledger_read(stage.mem, stage.performance_id, 1, SIZE_MAX,
                                                 &arena, &rows, &row_count, DEADLINE_NEVER),
                     0);
    for (size_t i = 0; i < row_count; i++) {
        assert_int_equal(ledger_unpack(rows[i].body, &arena, &changes, &count), 0);
        for (size_t k = 0; k < count; k++) {
            if (changes[k].kind == CHANGE_HOLD)
                latest_ms = changes[k].expires_at_ms; /* they begin one after the other */
            else
                assert_true(changes[k].at_ms <= latest_ms + OWNER_LATE_MS);
            live += changes[k].kind == CHANGE_HOLD;
            live -= changes[k].kind == CHANGE_EXPIRY;
        }
    }
    arena_release(&arena);
    return live;
}

static void assert_nothing_is_lost(void)
{
    struct owner_figures figures;
    owner = stage_owner(&stage, stage.mem, NULL);
    assert_true(stage_serving(owner));
    owner_figures(owner, &figures);
    assert_int_equal(figures.counts.held, live_holds());
    assert_int_equal(figures.counts.free + figures.counts.held, HOLDS);
    owner_stop(owner);
}

/* Stopped for an hour, then asked; the process dies with the store's call of the given number. */
static void frozen_and_killed(void *at)
{
    struct store_fault_plan plan = {.at = *(uint64_t *)at, .fault = STORE_FAULT_CRASH_BEFORE};
    struct owner_ask ask = hold_of(HOLDS + 1);
    hold_many();
    store_fault_reset(faulty);
    store_fault_plan(faulty, &plan);
    loop_freeze(stage.loop, HOUR_MS);
    (void)owner_ask(owner, &ask);
    store_fault_crash(faulty);
    owner_stop(owner);
    assert_nothing_is_lost();
}

static void no_seat_is_free_without_an_end(void **state)
{
    for (uint64_t at = 1; at <= 16; at++) {
        const struct stage_options options = {.seed = at,
                                              .standing = HOLDS,
                                              .hold_ttl_ms = TTL_MS,
                                              .places_max = 8,
                                              .sale_state = STAGE_OPEN};
        stage_open(&stage, &options);
        assert_int_equal(store_fault_new(stage.mem, NULL, &faulty), 0);
        stage_run(&stage, frozen_and_killed, &at);
        store_free(faulty);
        stage_close(&stage);
    }
}

/* The same for an owner that lives on: what ended is free again, and written as of its time. */
static void frozen_and_awake(void *arg)
{
    struct owner_figures figures;
    hold_many();
    loop_freeze(stage.loop, HOUR_MS);
    struct owner_ask ask = hold_of(HOLDS + 1);
    assert_int_equal(owner_ask(owner, &ask), 0);
    owner_figures(owner, &figures);
    assert_int_equal(figures.counts.held, 1);
    assert_int_equal(live_holds(), 1);
    owner_stop(owner);
}

static void an_owner_that_was_stopped_goes_on(void **state)
{
    const struct stage_options options = {.seed = 1,
                                          .standing = HOLDS,
                                          .hold_ttl_ms = TTL_MS,
                                          .places_max = 8,
                                          .sale_state = STAGE_OPEN};
    stage_open(&stage, &options);
    assert_int_equal(store_fault_new(stage.mem, NULL, &faulty), 0);
    stage_run(&stage, frozen_and_awake, NULL);
    store_free(faulty);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_seat_is_free_without_an_end),
        cmocka_unit_test(an_owner_that_was_stopped_goes_on),
    };
    return cmocka_run_group_tests_name("owner/late", tests, NULL, NULL);
}
