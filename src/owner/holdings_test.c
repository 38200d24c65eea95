/* What an organiser sees of who holds places, and ending such a hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "owner/stage_test.h"

#define TTL_MS  8000
#define REST_MS 1000
#define MAX     4

static struct stage stage;
static struct owner *owner;

static struct owner_ask hold(uint64_t account, uint64_t origin, uint32_t first, uint32_t count)
{
    struct owner_ask ask = {.verb = OWNER_HOLD, .account_id = stage_id(account)};
    if (origin)
        ask.origin = stage_id(origin);
    for (uint32_t i = 0; i < count; i++)
        ask.seats[ask.seat_count++] = first + i;
    (void)owner_ask(owner, &ask);
    return ask;
}

static struct owner_ask holdings(struct owner_holding *list, uint32_t max)
{
    struct owner_ask ask = {.verb = OWNER_HOLDINGS, .holdings = list, .holdings_max = max};
    assert_int_equal(owner_ask(owner, &ask), 0);
    return ask;
}

static int end_hold(struct id hold_id)
{
    struct owner_ask ask = {.verb = OWNER_END_HOLD, .hold_id = hold_id};
    return owner_ask(owner, &ask);
}

static void play(void *arg)
{
    struct owner_holding list[MAX];
    owner = stage_owner(&stage, stage.mem, NULL);
    assert_true(stage_serving(owner));
    assert_int_equal(holdings(list, MAX).holding_count, 0);
    assert_int_equal(hold(1, 0, 0, 1).result, 0);
    assert_int_equal(hold(2, 77, 1, 2).result, 0);
    struct owner_ask second = hold(2, 77, 3, 1);
    assert_int_equal(hold(3, 0, 4, 2).result, 0);
    /* All of them; and of a few those of who has most. */
    assert_int_equal(holdings(list, MAX).holding_count, 4);
    assert_int_equal(holdings(list, 0).holding_count, 0);
    struct owner_ask ask = holdings(list, 2);
    assert_int_equal(ask.holding_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        assert_true(id_eq(list[i].hold.account_id, stage_id(2)));
        assert_true(id_eq(list[i].origin, stage_id(77)));
        assert_int_equal(list[i].places, 3);
    }
    assert_int_equal(holdings(list, 3).holding_count, 3);
    /* The organiser ends one, which its account cannot keep, and nobody twice. */
    assert_int_equal(end_hold(second.hold.hold_id), 0);
    assert_int_equal(end_hold(second.hold.hold_id), ERR_NOT_FOUND);
    assert_int_equal(end_hold(stage_id(99)), ERR_NOT_FOUND);
    assert_int_equal(holdings(list, MAX).holding_count, 3);
    struct owner_ask order = {
        .verb = OWNER_ORDER, .account_id = stage_id(2), .hold_id = second.hold.hold_id};
    assert_int_equal(owner_ask(owner, &order), ERR_NOT_FOUND);
    /* Its place rests, and the account holds later: it counts as one that ran out. */
    assert_int_equal(hold(3, 0, 3, 1).result, ERR_CONFLICT);
    assert_int_equal(hold(2, 0, 5, 1).result, ERR_EARLY);
    stage_sleep(REST_MS + OWNER_EXPIRE_TICK_MS);
    assert_int_equal(hold(3, 0, 3, 1).result, 0);
    /* Whoever loads the ledger knows it so too, but not where holds came from. */
    owner_stop(owner);
    owner = stage_owner(&stage, stage.mem, NULL);
    assert_true(stage_serving(owner));
    assert_int_equal(holdings(list, MAX).holding_count, 4);
    for (uint32_t i = 0; i < MAX; i++)
        assert_true(id_is_zero(list[i].origin));
    owner_check(owner);
    owner_stop(owner);
}

static void an_organiser_sees_and_ends_holds(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_organiser_sees_and_ends_holds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
