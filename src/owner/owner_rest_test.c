/* Places that were freed rest before they are for sale: within the stated time, over a restart, and
 * nobody can have them meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "owner/stage_test.h"

#define TTL_MS  4000
#define REST_MS 1000

static struct stage stage;
static struct owner *owner;

static struct seats_counts counts(void)
{
    return stage_counts(owner);
}

static int hold(uint64_t account, uint32_t seat, struct id *ret_hold_id)
{
    return stage_hold(owner, account, seat, ret_hold_id);
}

static int about(uint64_t account, enum owner_verb verb, struct id id, uint32_t seat)
{
    return stage_about(owner, account, verb, id, seat);
}

static void start(void)
{
    owner = stage_owner(&stage, stage.mem, NULL);
    assert_true(stage_serving(owner));
}

static void restart(void)
{
    owner_stop(owner);
    start();
}

/* One place rests, is refused to all, and is for sale within the time. */
static void rests_and_is_for_sale(uint32_t seat)
{
    struct id id;
    assert_int_equal(counts().resting, 1);
    assert_int_equal(hold(3, seat, &id), ERR_CONFLICT);
    assert_int_equal(hold(2, seat, &id), ERR_CONFLICT);
    stage_sleep(REST_MS + OWNER_EXPIRE_TICK_MS);
    assert_int_equal(counts().resting, 0);
    assert_int_equal(counts().free + counts().held, 6);
    assert_int_equal(hold(2, seat, &id), 0);
    assert_int_equal(about(2, OWNER_RELEASE, id, seat), 0);
    stage_sleep(REST_MS + OWNER_EXPIRE_TICK_MS);
}

static void everything_that_is_freed(void)
{
    struct id id;
    assert_int_equal(hold(1, 0, &id), 0);
    assert_int_equal(about(1, OWNER_RELEASE, id, 0), 0);
    rests_and_is_for_sale(0);

    assert_int_equal(hold(1, 3, &id), 0);
    assert_int_equal(about(1, OWNER_ORDER, id, 3), 0);
    assert_int_equal(about(1, OWNER_CANCEL, id, 3), 0);
    rests_and_is_for_sale(3);

    assert_int_equal(hold(1, 5, &id), 0);
    stage_sleep(TTL_MS + 2);
    assert_int_equal(counts().held, 0);
    rests_and_is_for_sale(5);
}

/* An owner that takes over knows what rests, and what has rested meanwhile. */
static void over_a_restart(void)
{
    struct id id;
    assert_int_equal(hold(1, 0, &id), 0);
    assert_int_equal(hold(1, 1, &id), 0);
    assert_int_equal(about(1, OWNER_RELEASE, id, 1), 0);
    restart();
    assert_int_equal(counts().held, 1);
    rests_and_is_for_sale(1);
    restart();
    assert_int_equal(counts().resting, 0);
    owner_stop(owner);
    stage_sleep(TTL_MS + REST_MS + 10); /* the hold and its rest end while nobody serves */
    start();
    assert_int_equal(counts().free, 6);
    assert_int_equal(hold(2, 0, &id), 0);
}

/* Nobody knows the moment: a hundred rests are of many lengths, each at most the stated one. */
static void of_random_length(void)
{
    uint32_t at_once = 0, late = 0;
    for (int i = 0; i < 100; i++) {
        struct id id;
        const uint64_t account = 1000 + (uint64_t)i;
        assert_int_equal(hold(account, 0, &id), 0);
        assert_int_equal(about(account, OWNER_RELEASE, id, 0), 0);
        stage_sleep(REST_MS / 4);
        at_once += counts().resting == 0;
        stage_sleep(REST_MS / 2);
        late += counts().resting == 1;
        stage_sleep(REST_MS / 4 + OWNER_EXPIRE_TICK_MS);
        assert_int_equal(counts().resting, 0);
    }
    assert_in_range(at_once, 10, 45);
    assert_in_range(late, 10, 45);
}

static void run_one(void *arg)
{
    void (*body)(void) = *(void (**)(void))arg;
    start();
    body();
    owner_check(owner);
    owner_stop(owner);
}

static void play(void (*body)(void))
{
    static const char *const rows[] = {"...", "...", NULL};
    const struct stage_options options = {.seed = 7,
                                          .rows = rows,
                                          .hold_ttl_ms = TTL_MS,
                                          .places_max = 4,
                                          .rest_ms = REST_MS,
                                          .sale_state = STAGE_OPEN};
    stage_open(&stage, &options);
    stage_run(&stage, run_one, &body);
    stage_close(&stage);
}

static void what_is_freed_rests(void **state)
{
    play(everything_that_is_freed);
}

static void rests_survive_a_restart(void **state)
{
    play(over_a_restart);
}

static void nobody_knows_when_a_rest_ends(void **state)
{
    play(of_random_length);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_freed_rests),
        cmocka_unit_test(rests_survive_a_restart),
        cmocka_unit_test(nobody_knows_when_a_rest_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
