/*
 * The embedded store on the simulated disk, where the n-th read, write or sync fails, or the power
 * goes with the n-th write or sync, for every n: what was acknowledged is there afterwards, at most
 * one commit more that nobody was told of, the file is sound, and the store goes on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "script.h"
#include "sim/disk.h"
#include "store/store.h"

#define COMMITS          12
#define CHECKPOINT_PAGES 12 /* so that there are some among these commits */
#define CUT              DISK_OPERATIONS
#define TRIES_MAX        2000

static struct store *open_store(void)
{
    struct store *store = NULL;
    assert_int_equal(store_sqlite_open_alone(DISK_DATABASE, CHECKPOINT_PAGES, &store), 0);
    return store;
}

static uint64_t happened(void)
{
    const struct disk_counts *c = disk_counts();
    return c->failed_reads + c->failed_writes + c->failed_syncs + c->cuts;
}

/* Commits a seat each until one is not done; gives the ledger's number of the last that was. */
static uint64_t commit_some(struct script *s)
{
    uint64_t done = s->head.seq;
    for (uint32_t i = 0; i < COMMITS; i++) {
        script_sell(s, 1 + i, 100 + i, 10 + i, (struct script_seats){.count = 1, .at = {i}}, NULL);
        if (script_commit(s) != 0)
            break;
        done++;
    }
    return done;
}

static void assert_sound(struct store *store)
{
    struct arena arena;
    struct view *texts;
    size_t count;
    arena_init(&arena, 1 << 20);
    assert_int_equal(store->ops->self_check(store, &arena, &texts, &count, DEADLINE_NEVER), 0);
    if (count > 0)
        fail_msg("%.*s", (int)texts[0].len, (const char *)texts[0].at);
    arena_release(&arena);
}

/* False: there is no such n. */
static bool fail_one(int operation, uint64_t nth)
{
    disk_begin(nth);
    struct store *store = open_store();
    const uint32_t performance_id = script_performance(store, 40, 4);
    struct script *s = script_new(store, performance_id);
    if (operation == CUT)
        disk_cut_soon(nth);
    else
        disk_fail_nth((enum disk_operation)operation, nth);
    const uint64_t done = commit_some(s);
    const bool met = happened() > 0;
    script_free(s);
    store_free(store);
    disk_cut_soon(0);
    disk_fail_nth(operation == CUT ? DISK_READ : (enum disk_operation)operation, 0);
    if (met)
        disk_cut_power(); /* what was acknowledged is durable, whatever failed */
    store = open_store();
    assert_sound(store);
    s = script_new(store, performance_id);
    assert_in_range(s->head.seq, done, done + 1);
    script_sell(s, 90, 190, 90, (struct script_seats){.count = 1, .at = {39}}, NULL);
    assert_int_equal(script_commit(s), 0);
    script_free(s);
    store_free(store);
    disk_end();
    return met;
}

static void fail_each(int operation)
{
    uint64_t nth = 1;
    while (fail_one(operation, nth)) {
        nth++;
        assert_true(nth < TRIES_MAX);
    }
    assert_true(nth > COMMITS || operation == DISK_READ); /* reads are from memory, most of them */
}

static void each_read_fails(void **state)
{
    fail_each(DISK_READ);
}

static void each_write_fails(void **state)
{
    fail_each(DISK_WRITE);
}

static void each_sync_fails(void **state)
{
    fail_each(DISK_SYNC);
}

static void the_power_goes_with_each(void **state)
{
    fail_each(CUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_read_fails),
        cmocka_unit_test(each_write_fails),
        cmocka_unit_test(each_sync_fails),
        cmocka_unit_test(the_power_goes_with_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
