/* What idempotency keys must not do: show tickets that are void, and let one account use up those
 * of all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "owner/stage_test.h"

#define TTL_MS     1000
#define PLACES_MAX 4

static struct stage stage;
static struct owner *owner;

/* Of one account and one request; key NULL: none. */
static struct owner_ask ask_of(uint64_t account, enum owner_verb verb, const char *key)
{
    struct owner_ask ask = {.verb = verb, .account_id = stage_id(account)};
    if (key)
        ask.key = view_str(key);
    return ask;
}

static struct owner_ask hold(uint64_t account, uint32_t seat, const char *key)
{
    struct owner_ask ask = ask_of(account, OWNER_HOLD, key);
    ask.seat_count = 1;
    ask.seats[0] = seat;
    owner_ask(owner, &ask);
    return ask;
}

/* Of a hold or the order that it became, with its one seat. */
static struct owner_ask about(const struct owner_ask *held, enum owner_verb verb, const char *key)
{
    struct owner_ask ask = {.verb = verb,
                            .account_id = held->account_id,
                            .hold_id = held->hold.hold_id,
                            .seat_count = 1,
                            .seats = {held->hold.seats[0]}};
    if (key)
        ask.key = view_str(key);
    owner_ask(owner, &ask);
    return ask;
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
    static const char *const rows[] = {"....", NULL};
    const struct stage_options options = {.seed = 7,
                                          .rows = rows,
                                          .hold_ttl_ms = TTL_MS,
                                          .places_max = PLACES_MAX,
                                          .sale_state = STAGE_OPEN};
    stage_open(&stage, &options);
    stage_run(&stage, run_one, &body);
    stage_close(&stage);
}

static void cancel_and_ask_again(void)
{
    const struct owner_ask held = hold(1, 0, NULL);
    const struct owner_ask order = about(&held, OWNER_ORDER, "k");
    assert_int_equal(order.result, 0);
    assert_false(order.as_stored);
    assert_false(about(&held, OWNER_ORDER, "k").as_stored);
    assert_int_equal(about(&held, OWNER_CANCEL, NULL).result, 0);
    struct owner_ask again = about(&held, OWNER_ORDER, "k");
    assert_int_equal(again.result, 0);
    assert_true(again.as_stored);
    assert_true(id_eq(again.hold.hold_id, order.hold.hold_id));

    const struct owner_ask others = hold(2, 0, NULL);
    assert_int_equal(about(&others, OWNER_ORDER, NULL).result, 0);
    assert_true(about(&held, OWNER_ORDER, "k").as_stored);
    restart();
    again = about(&held, OWNER_ORDER, "k");
    assert_int_equal(again.result, 0);
    assert_true(again.as_stored);
}

/* What was answered first had tickets; they are void, and the seat is another's. */
static void the_key_of_a_cancelled_order_gives_what_the_store_has(void **state)
{
    play(cancel_and_ask_again);
}

static void use_up_keys(void)
{
    char key[24];
    uint32_t given = 0;
    struct owner_ask held;
    for (;; given++) {
        snprintf(key, sizeof(key), "k%u", given);
        held = hold(1, 0, key);
        if (held.result != 0)
            break;
        assert_int_equal(about(&held, OWNER_RELEASE, NULL).result, 0);
    }
    assert_int_equal(held.result, ERR_DENIED);
    assert_int_equal(given, OWNER_KEYS_ACCOUNT + OWNER_KEYS_PLACE * PLACES_MAX);
    struct owner_figures figures;
    owner_figures(owner, &figures);
    assert_int_equal(figures.keys_refused, 1); /* so the report says */
    for (int round = 0; round < 2; round++) {
        assert_int_equal(hold(1, 0, "k0").result, 0); /* what was answered is answered again */
        assert_int_equal(hold(1, 0, "new").result, ERR_DENIED);
        snprintf(key, sizeof(key), "other%d", round);
        held = hold(2, 1, key);
        assert_int_equal(held.result, 0);
        assert_int_equal(about(&held, OWNER_RELEASE, NULL).result, 0);
        restart();
    }
    assert_int_equal(hold(1, 0, NULL).result, 0);
    stage_sleep(TTL_MS + OWNER_KEY_KEEP_MS);
    assert_int_equal(hold(1, 0, "new").result, 0);
}

static void an_account_that_uses_too_many_keys_stands_in_its_own_way_alone(void **state)
{
    play(use_up_keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_of_a_cancelled_order_gives_what_the_store_has),
        cmocka_unit_test(an_account_that_uses_too_many_keys_stands_in_its_own_way_alone),
    };
    return cmocka_run_group_tests_name("svc/owner_keys", tests, NULL, NULL);
}
