/* The shipper against a target of the test's, over a real window. */
#include "svc/monitor/shipper.h"

#include <assert.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "err/err.h"
#include "fiber/worker.h"

#define RECORDS 700

static char folder[] = "/tmp/usher-shipper-XXXXXX";
static struct worker *worker;
static struct window *window;
static struct shipper shipper;
static int last; /* what the last step gave */

/* Takes so many records at once, once each; or answers by an error. */
static struct fake {
    struct ship_target target;
    size_t takes;
    int err;
    const char *again; /* each record is answered with that */
    int prepared, shipped;
    int taken[RECORDS];
} fake;

static int fake_prepare(struct ship_target *target, struct arena *arena, const char **ret_why,
                        int64_t deadline_ns)
{
    fake.prepared++;
    target->prepared = true;
    return 0;
}

static int fake_ship(struct ship_target *target, const struct record *records, size_t count,
                     struct arena *arena, struct ship_outcome *outcomes, int64_t deadline_ns)
{
    fake.shipped++;
    if (fake.err != 0 || count > fake.takes)
        target->why = arena_printf(arena, "refused %zu", count);
    if (fake.err != 0 || count > fake.takes)
        return fake.err ? fake.err : ERR_FULL;
    for (size_t i = 0; i < count; i++) {
        outcomes[i] = (struct ship_outcome){fake.again ? SHIP_AGAIN : SHIP_SHIPPED, fake.again};
        fake.taken[strtoul(records[i].id.at, NULL, 10)] += !fake.again;
    }
    return 0;
}

static const struct ship_target_body body = {.prepare = fake_prepare, .ship = fake_ship};

static void step(void *arg)
{
    last = shipper_step(&shipper, clock_wall_ms(clock_system()));
}

static void steps(int count)
{
    for (int i = 0; i < count; i++)
        assert_int_equal(worker_call(worker, step, NULL), 0);
}

static struct window_counts count(void)
{
    struct window_counts counts;
    assert_int_equal(window_count(window, &counts, DEADLINE_NEVER), 0);
    return counts;
}

static void put_all(void)
{
    for (int i = 0; i < RECORDS; i++) {
        char id[16];
        snprintf(id, sizeof(id), "%d", i);
        const struct record record = {
            .id = view_str(id), .stream = RECORD_EVENTS, .at_ms = 1, .body = VIEW_LIT("{}")};
        assert_int_equal(window_put(window, &record, 1, NULL, DEADLINE_NEVER), 0);
    }
}

static void each_was_taken_once(void)
{
    for (int i = 0; i < RECORDS; i++)
        assert_int_equal(fake.taken[i], 1);
    assert_int_equal(count().waiting, 0);
    assert_int_equal(count().refused, 0);
}

/* As nginx does, which takes 1 MiB where nobody says more. */
static void what_is_too_large_goes_in_halves(void **state)
{
    put_all();
    fake.takes = 100;
    steps(3);
    assert_int_equal(last, 1); /* 500, 250, 125: nobody waits for the next */
    assert_int_equal(fake.prepared, 1);
    steps(20);
    assert_int_equal(last, 0);
    each_was_taken_once();
    assert_int_equal(shipper.batch, 63);
}

static void after_a_while_more_is_tried(void **state)
{
    for (int i = 0; i < 4 * SHIPPER_GROW; i++) {
        char id[24];
        snprintf(id, sizeof(id), "0.%d", i);
        const struct record record = {
            .id = view_str(id), .stream = RECORD_EVENTS, .at_ms = 1, .body = VIEW_LIT("{}")};
        assert_int_equal(window_put(window, &record, 1, NULL, DEADLINE_NEVER), 0);
        steps(2);
    }
    assert_int_equal(shipper.batch, SHIP_BATCH_MAX);
}

static void one_that_is_too_large_alone_holds_up_no_other(void **state)
{
    const struct record record = {
        .id = VIEW_LIT("1.large"), .stream = RECORD_LOGS, .at_ms = 1, .body = VIEW_LIT("{}")};
    assert_int_equal(window_put(window, &record, 1, NULL, DEADLINE_NEVER), 0);
    fake.takes = 0;
    steps(1);
    assert_int_equal(last, 1);
    fake.takes = SHIP_BATCH_MAX;
    steps(2);
    assert_int_equal(count().refused, 1);
    assert_int_equal(count().waiting, 0);
}

/* A key without rights, an index that cannot be made: it waits until somebody sees to it. */
static void what_is_not_its_fault_waits(void **state)
{
    const struct record record = {
        .id = VIEW_LIT("2.waits"), .stream = RECORD_EVENTS, .at_ms = 1, .body = VIEW_LIT("{}")};
    assert_int_equal(window_put(window, &record, 1, NULL, DEADLINE_NEVER), 0);
    fake.again = "security_exception: no rights";
    steps(2);
    assert_int_equal(last, ERR_BUSY);
    assert_string_equal(shipper.why, "security_exception: no rights");
    assert_int_equal(count().waiting, 1);
    fake.again = NULL;
    steps(2);
    assert_int_equal(count().waiting, 0);
}

/* It may come back without its data, and without the templates that were put there. */
static void after_a_failure_it_is_prepared_anew(void **state)
{
    const struct record record = {
        .id = VIEW_LIT("3.late"), .stream = RECORD_EVENTS, .at_ms = 1, .body = VIEW_LIT("{}")};
    assert_int_equal(window_put(window, &record, 1, NULL, DEADLINE_NEVER), 0);
    fake.err = ERR_UNAVAILABLE;
    steps(1);
    assert_int_equal(last, ERR_UNAVAILABLE);
    assert_string_equal(shipper.why, "refused 1");
    const int prepared = fake.prepared;
    fake.err = 0;
    steps(2);
    assert_int_equal(fake.prepared, prepared + 1);
    assert_int_equal(count().waiting, 0);
}

static int set_up(void **state)
{
    static const struct sched_limits limits = {.fibers_max = 20, .stack_bytes = 262144};
    if (!mkdtemp(folder))
        return 1;
    const struct window_options options = {
        .data_dir = folder, .ships = true, .rows_max = 2000, .waiting_max = 2000};
    fake = (struct fake){.target.body = &body, .takes = SHIP_BATCH_MAX};
    int err = window_open(&options, &window);
    if (err == 0)
        err = worker_start(0, &limits, &worker);
    shipper = (struct shipper){.window = window, .target = &fake.target};
    shipper_init(&shipper);
    return err;
}

static int tear_down(void **state)
{
    char path[PATH_MAX];
    worker_stop(worker);
    shipper_release(&shipper);
    window_close(window);
    snprintf(path, sizeof(path), "%s/monitor.db", folder);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_too_large_goes_in_halves),
        cmocka_unit_test(after_a_while_more_is_tried),
        cmocka_unit_test(one_that_is_too_large_alone_holds_up_no_other),
        cmocka_unit_test(what_is_not_its_fault_waits),
        cmocka_unit_test(after_a_failure_it_is_prepared_anew),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
