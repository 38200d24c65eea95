/* The waiting list: who joins, to whom what comes back is offered, in which order, and what becomes
 * of a wish that lets it lapse; over restarts, and beside a public that only looks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "owner/stage_test.h"
#include "owner/state.h"

#define TTL_MS   4000
#define REST_MS  500
#define OFFER_MS 120000

static struct stage stage;
static struct owner *owner;
static struct id orders[9]; /* of the seats, all sold at first */

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

static void switch_on(uint32_t offer_ms, int result)
{
    struct owner_ask ask = {.verb = OWNER_SET_WAITING, .offer_ms = offer_ms};
    assert_int_equal(owner_ask(owner, &ask), result);
}

/* category, section: -1: any. */
static struct owner_ask wish(uint64_t account, int32_t category, uint32_t party, uint32_t fewest)
{
    struct owner_ask ask = {.verb = OWNER_JOIN,
                            .account_id = stage_id(account),
                            .best = {.party = party, .category = category, .section = -1},
                            .fewest = fewest};
    (void)owner_ask(owner, &ask);
    return ask;
}

static void joins(uint64_t account, int32_t category, uint32_t party, uint32_t fewest)
{
    assert_int_equal(wish(account, category, party, fewest).result, 0);
}

/* The account's first wish as it is told; party 0: it has none. */
static struct owner_wish wish_of(uint64_t account)
{
    struct owner_wish list[4] = {0};
    struct owner_ask ask = {
        .verb = OWNER_WISHES, .account_id = stage_id(account), .wishes = list, .wishes_max = 4};
    assert_int_equal(owner_ask(owner, &ask), 0);
    assert_int_equal(ask.offer_ms, owner->offer_ms);
    return list[0];
}

/* The places that the account's wish is offered now, and how many. */
static struct seats_hold offer_of(uint64_t account)
{
    const struct id hold_id = wish_of(account).hold_id;
    const struct seats_hold *offered = seats_find_hold(owner->seats, hold_id);
    return offered ? *offered : (struct seats_hold){0};
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

static void sell_out(void)
{
    for (uint32_t seat = 0; seat < 9; seat++) {
        assert_int_equal(hold(100 + seat, seat, &orders[seat]), 0);
        assert_int_equal(about(100 + seat, OWNER_ORDER, orders[seat], seat), 0);
    }
    assert_int_equal(counts().sold, 9);
}

static void comes_back(uint32_t seat)
{
    assert_int_equal(about(100 + seat, OWNER_CANCEL, orders[seat], seat), 0);
}

static void rest(void)
{
    stage_sleep(REST_MS + OWNER_EXPIRE_TICK_MS);
}

static void who_may_join(void)
{
    struct id id;
    assert_int_equal(wish(1, -1, 1, 1).result, ERR_UNSUPPORTED); /* there is no list yet */
    switch_on(LEDGER_OFFER_MIN_MS - 1, ERR_INVALID);
    switch_on(LEDGER_OFFER_MAX_MS + 1, ERR_INVALID);
    switch_on(OFFER_MS, 0);
    assert_int_equal(wish(1, -1, 1, 1).result, ERR_CONFLICT); /* places are free */
    sell_out();
    assert_int_equal(wish(1, -1, 0, 0).result, ERR_INVALID);
    assert_int_equal(wish(1, -1, 9, 1).result, ERR_INVALID);
    assert_int_equal(wish(1, -1, 2, 3).result, ERR_INVALID);
    assert_int_equal(wish(1, STAGE_CATEGORIES, 1, 1).result, ERR_INVALID);
    assert_int_equal(wish(1, -1, 4, 4).result, ERR_FULL); /* three places an account */
    const struct owner_ask first = wish(1, -1, 2, 1);
    assert_int_equal(first.result, 0);
    const struct owner_ask again = wish(1, -1, 2, 1);
    assert_true(again.result == 0 && id_eq(first.hold.hold_id, again.hold.hold_id));
    for (int32_t category = -1; category < 3; category++)
        joins(2, category, 1, 1);
    joins(2, 0, 2, 2);
    assert_int_equal(wish(2, 1, 2, 2).result, ERR_DENIED);
    assert_int_equal(wish_of(2).ahead, 1);
    assert_int_equal(about(3, OWNER_LEAVE, first.hold.hold_id, 0), ERR_NOT_FOUND);
    assert_int_equal(about(1, OWNER_LEAVE, first.hold.hold_id, 0), 0);
    assert_int_equal(about(1, OWNER_LEAVE, first.hold.hold_id, 0), ERR_NOT_FOUND);
    assert_int_equal(wish_of(2).ahead, 0);
    switch_on(0, 0);
    comes_back(4); /* to nobody: the list is off */
    rest();
    assert_int_equal(counts().free, 1);
    switch_on(OFFER_MS, 0); /* and what is free is theirs who wait already */
    assert_int_equal(counts().free, 0);
    assert_int_equal(counts().offered, 1);
    assert_int_equal(hold(9, 4, &id), ERR_CONFLICT);
}

static void in_order(void)
{
    struct id id;
    switch_on(OFFER_MS, 0);
    sell_out();
    joins(1, 1, 1, 1); /* the second row */
    joins(2, -1, 2, 2);
    joins(3, -1, 1, 1);
    comes_back(0);
    rest();
    /* Not of the first's kind, too few for the second: the third's, and nobody else's. */
    assert_int_equal(offer_of(3).seats[0], 0);
    assert_int_equal(offer_of(3).count, 1);
    assert_int_equal(hold(9, 0, &id), ERR_CONFLICT);
    assert_int_equal(counts().offered, 1);
    comes_back(1); /* nobody waits for one of the first row: the public's */
    rest();
    assert_int_equal(counts().free, 1);
    comes_back(2);
    rest();
    assert_int_equal(offer_of(2).count, 2);
    comes_back(3);
    rest();
    assert_int_equal(offer_of(1).seats[0], 3);
    /* Bought like any other hold, also after a restart; the wish is over. */
    restart();
    const struct seats_hold offered = offer_of(1);
    assert_int_equal(offered.seats[0], 3);
    assert_int_equal(counts().offered, 4);
    assert_int_equal(about(1, OWNER_ORDER, offered.hold_id, 3), 0);
    assert_int_equal(wish_of(1).party, 0);
    assert_int_equal(counts().offered, 3);
    owner_check(owner);
}

/* Lapsed once: to the end, and the next in order has them. Twice: it waits no longer. */
static void lapses(void)
{
    struct id id;
    switch_on(OFFER_MS, 0);
    sell_out();
    joins(1, -1, 1, 1);
    joins(2, -1, 1, 1);
    comes_back(0);
    rest();
    assert_int_equal(offer_of(1).count, 1);
    stage_sleep(OFFER_MS);
    rest();
    assert_int_equal(offer_of(2).count, 1);
    assert_int_equal(wish_of(1).lapses, 1);
    assert_int_equal(wish_of(1).ahead, 0); /* the other has what it waited for */
    restart();
    assert_true(wish_of(1).position > wish_of(2).position);
    assert_int_equal(about(2, OWNER_RELEASE, offer_of(2).hold_id, 0), 0); /* no, thank you */
    rest();
    assert_int_equal(offer_of(1).count, 1);
    assert_int_equal(wish_of(2).lapses, 1);
    owner_stop(owner); /* it lapses while nobody serves */
    stage_sleep(OFFER_MS + REST_MS + 1000);
    start();
    assert_int_equal(wish_of(1).party, 0);
    assert_int_equal(offer_of(2).count, 1);
    assert_int_equal(hold(9, 0, &id), ERR_CONFLICT);
    assert_int_equal(about(2, OWNER_RELEASE, offer_of(2).hold_id, 0), 0);
    assert_int_equal(wish_of(2).party, 0);
    rest();
    assert_int_equal(hold(9, 0, &id), 0); /* nobody waits any more */
}

static void within_the_limit(void)
{
    switch_on(OFFER_MS, 0);
    sell_out();
    joins(1, -1, 3, 1);
    comes_back(0);
    rest();
    assert_int_equal(offer_of(1).count, 1); /* it takes fewer */
    assert_int_equal(about(1, OWNER_ORDER, offer_of(1).hold_id, 0), 0);
    joins(1, -1, 3, 2); /* which it may not have in full */
    joins(2, -1, 1, 1);
    for (uint32_t seat = 3; seat < 6; seat++) {
        comes_back(seat);
        rest();
    }
    assert_int_equal(offer_of(2).count, 1);
    assert_int_equal(offer_of(1).count, 2);
}

/* A place that is refused, again and again, is no nearer to who asks for it. */
static void refreshing(void)
{
    struct id id;
    switch_on(OFFER_MS, 0);
    sell_out();
    joins(1, -1, 1, 1);
    comes_back(0);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(hold(9, 0, &id), ERR_CONFLICT);
        stage_sleep(5);
    }
    assert_int_equal(offer_of(1).count, 1);
    /* More time to pay, and then its price stays. */
    struct owner_ask extend = {.verb = OWNER_EXTEND,
                               .account_id = stage_id(1),
                               .hold_id = offer_of(1).hold_id,
                               .until_ms = owner_now_ms(owner) + OFFER_MS + 600000};
    assert_int_equal(owner_ask(owner, &extend), 0);
    restart();
    assert_int_equal(counts().offered, 1);
    assert_true(offer_of(1).prolonged);
    stage_sleep(OFFER_MS + 1000);
    assert_int_equal(about(1, OWNER_ORDER, offer_of(1).hold_id, 0), 0);
}

static struct owner_ask wheelchair(uint64_t account, uint32_t party, uint32_t fewest)
{
    struct owner_ask ask = {
        .verb = OWNER_JOIN,
        .account_id = stage_id(account),
        .best = {.party = party, .category = -1, .section = -1, .wheelchairs = 1},
        .fewest = fewest};
    (void)owner_ask(owner, &ask);
    return ask;
}

/* Places for wheelchairs, and beside them, are for who asks for them: row 0 is "wc.". */
static void wheelchairs(void)
{
    struct id id;
    switch_on(OFFER_MS, 0);
    sell_out();
    assert_int_equal(wheelchair(1, 2, 0).result, ERR_INVALID);
    joins(1, -1, 2, 1);
    assert_int_equal(wheelchair(2, 2, 2).result, 0);
    assert_int_equal(wheelchair(3, 1, 1).result, 0);
    assert_int_equal(wish_of(3).ahead, 1); /* an ordinary wish is not in its way */
    assert_int_equal(wish_of(3).wheelchairs, 1);
    comes_back(0);
    rest();
    assert_int_equal(offer_of(3).seats[0], 0); /* the first in order that takes one */
    assert_int_equal(offer_of(1).count, 0);
    restart();
    assert_int_equal(wish_of(2).wheelchairs, 1);
    comes_back(1);
    rest();
    assert_int_equal(counts().free, 1); /* a companion's seat alone is nobody's wish */
    assert_int_equal(about(3, OWNER_RELEASE, offer_of(3).hold_id, 0), 0);
    rest();
    assert_int_equal(offer_of(2).count, 2);
    assert_int_equal(hold(9, 0, &id), ERR_CONFLICT);
    comes_back(2);
    rest();
    assert_int_equal(offer_of(1).seats[0], 2);
}

static void run_one(void *arg)
{
    void (*body)(void) = *(void (**)(void))arg;
    start();
    body();
    owner_check(owner);
    owner_stop(owner);
}

static void play_in(const char *const *rows, void (*body)(void))
{
    const struct stage_options options = {.seed = 7,
                                          .rows = rows,
                                          .hold_ttl_ms = TTL_MS,
                                          .places_max = 3,
                                          .rest_ms = REST_MS,
                                          .sale_state = STAGE_OPEN};
    stage_open(&stage, &options);
    stage_run(&stage, run_one, &body);
    stage_close(&stage);
}

static void play(void (*body)(void))
{
    static const char *const rows[] = {"...", "...", "...", NULL};
    play_in(rows, body);
}

static void one_joins_what_has_sold_out(void **state)
{
    play(who_may_join);
}

static void places_are_offered_in_order(void **state)
{
    play(in_order);
}

static void an_offer_that_lapses_goes_to_the_next(void **state)
{
    play(lapses);
}

static void offers_keep_to_the_limit(void **state)
{
    play(within_the_limit);
}

static void nobody_gains_by_refreshing(void **state)
{
    play(refreshing);
}

static void places_for_wheelchairs_are_for_who_asks_for_them(void **state)
{
    static const char *const rows[] = {"wc.", "...", "...", NULL};
    play_in(rows, wheelchairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_joins_what_has_sold_out),
        cmocka_unit_test(places_are_offered_in_order),
        cmocka_unit_test(an_offer_that_lapses_goes_to_the_next),
        cmocka_unit_test(offers_keep_to_the_limit),
        cmocka_unit_test(nobody_gains_by_refreshing),
        cmocka_unit_test(places_for_wheelchairs_are_for_who_asks_for_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
