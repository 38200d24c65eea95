/* An owner that cannot have all of its memory does not begin; one that runs short goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "err/err.h"
#include "mem/scarce_test.h"
#include "owner/stage_test.h"

#define CALLS_MAX 2000

static struct stage stage;
static const char *const rows[] = {"......|......", "......|......", NULL};

/* Each allocation of its beginning once. */
static void begin_again_and_again(void *arg)
{
    struct owner_options options = {.performance_id = stage.performance_id,
                                    .hall = stage.hall,
                                    .store = stage.mem,
                                    .loop = stage.loop,
                                    .chance = &stage.chance.chance,
                                    .hold_ttl_ms = 8000,
                                    .places_max = 4,
                                    .rest_ms = 3000,
                                    .prices = stage.prices};
    size_t calls = 0;
    while (true) {
        struct owner *owner = NULL;
        scarce_after(calls++);
        const int err = owner_start(&options, &stage.scope, &owner);
        if (!scarce_end()) {
            assert_int_equal(err, 0);
            owner_stop(owner);
            break;
        }
        assert_int_equal(err, ERR_NO_MEMORY);
    }
    assert_true(calls > 10);
}

static void an_owner_without_memory_does_not_begin(void **state)
{
    stage_run(&stage, begin_again_and_again, NULL);
}

static struct owner_ask ask_of(enum owner_verb verb, uint64_t account)
{
    return (struct owner_ask){
        .verb = verb, .account_id = stage_id(account), .seat_count = 1, .seats = {0}};
}

/* A hold, its order and its return, with one allocation of each failing: whatever it answers, it
 * serves again, and what it said is so. */
static void sell_short_of_memory(void *arg)
{
    struct owner *owner = stage_owner(&stage, stage.mem, NULL);
    uint32_t said_no = 0;
    bool failed = true;
    assert_true(stage_serving(owner));
    for (size_t calls = 0; failed && calls < CALLS_MAX; calls++) {
        struct owner_ask hold = ask_of(OWNER_HOLD, calls + 1);
        failed = false;
        scarce_after(calls);
        int err = owner_ask(owner, &hold);
        failed |= scarce_end();
        said_no += err != 0;
        assert_true(stage_serving(owner));
        if (err != 0)
            continue;
        struct owner_ask order = ask_of(OWNER_ORDER, calls + 1);
        order.hold_id = hold.hold.hold_id;
        scarce_after(calls);
        err = owner_ask(owner, &order);
        failed |= scarce_end();
        assert_true(stage_serving(owner));
        struct owner_ask back = ask_of(err == 0 ? OWNER_CANCEL : OWNER_RELEASE, calls + 1);
        back.hold_id = hold.hold.hold_id;
        err = owner_ask(owner, &back);
        assert_true(err == 0 || err == ERR_NOT_FOUND);
    }
    assert_false(failed);
    assert_true(said_no > 0);
    owner_stop(owner);
}

static void an_owner_short_of_memory_serves_again(void **state)
{
    stage_run(&stage, sell_short_of_memory, NULL);
}

static int set_up(void **state)
{
    const struct stage_options options = {.seed = 1,
                                          .rows = rows,
                                          .standing = 5,
                                          .hold_ttl_ms = 8000,
                                          .places_max = 4,
                                          .sale_state = STAGE_OPEN};
    stage_open(&stage, &options);
    return 0;
}

static int tear_down(void **state)
{
    stage_close(&stage);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_owner_without_memory_does_not_begin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_owner_short_of_memory_serves_again, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
