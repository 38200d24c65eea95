/* Places that are kept back: never what is held or sold, over a restart, by hand and by time, and
 * what comes back rests. */
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

static int hold(uint64_t account, uint32_t seat)
{
    struct owner_ask ask = {
        .verb = OWNER_HOLD, .account_id = stage_id(account), .seat_count = 1, .seats = {seat}};
    return owner_ask(owner, &ask);
}

static struct owner_ask block(uint64_t id, uint32_t first, uint32_t count, int64_t until_ms)
{
    struct owner_ask ask = {.verb = OWNER_BLOCK,
                            .hold_id = stage_id(id),
                            .until_ms = until_ms,
                            .reason = VIEW_LIT("press")};
    for (uint32_t i = 0; i < count; i++)
        ask.seats[ask.seat_count++] = first + i;
    (void)owner_ask(owner, &ask);
    return ask;
}

static int unblock(uint64_t id, uint32_t seat)
{
    struct owner_ask ask = {
        .verb = OWNER_UNBLOCK, .hold_id = stage_id(id), .seat_count = 1, .seats = {seat}};
    return owner_ask(owner, &ask);
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

static void play_by_hand(void *arg)
{
    start();
    assert_int_equal(hold(1, 1), 0);
    struct owner_ask ask = block(70, 0, 3, 0);
    assert_int_equal(ask.result, 0);
    assert_int_equal(ask.hold.count, 2); /* what is held stays held */
    assert_int_equal(ask.refusal.taken_count, 1);
    assert_int_equal(ask.refusal.taken[0], 1);
    assert_int_equal(counts().blocked, 2);
    assert_int_equal(hold(2, 0), ERR_CONFLICT);
    assert_int_equal(block(71, 0, 3, 0).result, ERR_CONFLICT); /* none is free */
    assert_int_equal(block(72, 3, 1, 1).result, ERR_INVALID);  /* over already */
    assert_int_equal(unblock(71, 0), ERR_NOT_FOUND);
    /* Long after all rows that loading reads back. */
    stage_sleep(3600000);
    restart();
    assert_int_equal(counts().blocked, 2);
    assert_int_equal(hold(2, 0), ERR_CONFLICT);
    assert_int_equal(unblock(70, 0), 0);
    assert_int_equal(counts().blocked, 1);
    assert_int_equal(counts().resting, 1);
    assert_int_equal(hold(2, 0), ERR_CONFLICT);
    restart();
    stage_sleep(REST_MS + OWNER_EXPIRE_TICK_MS);
    assert_int_equal(hold(2, 0), 0);
    owner_check(owner);
    owner_stop(owner);
}

static void play_by_time(void *arg)
{
    start();
    const int64_t now_ms = owner_now_ms(owner);
    assert_int_equal(block(70, 0, 2, now_ms + 5000).result, 0);
    assert_int_equal(block(71, 3, 1, now_ms + 9000).result, 0);
    stage_sleep(4900);
    assert_int_equal(counts().blocked, 3);
    stage_sleep(200);
    assert_int_equal(counts().blocked, 1);
    stage_sleep(REST_MS + OWNER_EXPIRE_TICK_MS);
    assert_int_equal(counts().free, 5);
    owner_stop(owner); /* the other ends while nobody serves */
    stage_sleep(20000);
    start();
    stage_sleep(REST_MS + 100);
    assert_int_equal(counts().blocked, 0);
    assert_int_equal(counts().free, 6);
    owner_check(owner);
    owner_stop(owner);
}

/* Asks that are none, each wrong in one way. */
static void play_wrong(void *arg)
{
    static char long_reason[CHANGE_REASON_MAX + 1];
    start();
    const struct owner_ask right = {.verb = OWNER_BLOCK,
                                    .hold_id = stage_id(9),
                                    .seat_count = 2,
                                    .seats = {1, 2},
                                    .reason = VIEW_LIT("press")};
    struct owner_ask wrong[] = {right, right, right, right, right, right, right};
    wrong[0].seat_count = 0;
    wrong[1].seat_count = SEATS_PARTY_MAX + 1;
    wrong[2].hold_id = (struct id){0};
    wrong[3].seats[1] = 6; /* the hall has six */
    wrong[4].seats[1] = 1; /* twice */
    wrong[5].reason = VIEW_LIT("");
    wrong[6].reason = view_of(long_reason, sizeof(long_reason));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct owner_ask end = wrong[i];
        assert_int_equal(owner_ask(owner, &wrong[i]), ERR_INVALID);
        end.verb = OWNER_UNBLOCK;
        if (i < 5)
            assert_int_not_equal(owner_ask(owner, &end), 0);
    }
    assert_int_equal(unblock(9, 1), ERR_NOT_FOUND); /* there was never one */
    assert_int_equal(counts().free, 6);
    /* and of cancels: no order has no seats, nine, or none of those that stay */
    struct owner_ask cancel = {.verb = OWNER_CANCEL, .hold_id = stage_id(9)};
    assert_int_not_equal(owner_ask(owner, &cancel), 0);
    cancel.seat_count = SEATS_PARTY_MAX + 1;
    assert_int_not_equal(owner_ask(owner, &cancel), 0);
    cancel = (struct owner_ask){.verb = OWNER_CANCEL, .seat_count = 1, .seats = {3}};
    assert_int_not_equal(owner_ask(owner, &cancel), 0); /* nobody's, as all free ones */
    owner_stop(owner);
}

static void run(void (*play)(void *))
{
    static const char *const rows[] = {"...", "...", NULL};
    const struct stage_options options = {.seed = 7,
                                          .rows = rows,
                                          .hold_ttl_ms = TTL_MS,
                                          .places_max = 6,
                                          .rest_ms = REST_MS,
                                          .sale_state = STAGE_OPEN};
    stage_open(&stage, &options);
    stage_run(&stage, play, NULL);
    stage_close(&stage);
}

static void test_by_hand(void **state)
{
    run(play_by_hand);
}

static void test_by_time(void **state)
{
    run(play_by_time);
}

static void test_wrong(void **state)
{
    run(play_wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_by_time),
        cmocka_unit_test(test_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
