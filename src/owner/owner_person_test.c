/* Places that are counted by person: over all accounts, over a restart, and given back to whom they
 * were counted for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "owner/stage_test.h"

#define KIM 901
#define LEE 902

static struct stage stage;
static struct owner *owner;

static struct id person_of(uint64_t person)
{
    return person == 0 ? (struct id){0} : stage_id(person);
}

static int hold(uint64_t account, uint64_t person, uint32_t seat, uint32_t count,
                struct id *ret_hold_id)
{
    struct owner_ask ask = {.verb = OWNER_HOLD,
                            .account_id = stage_id(account),
                            .person_id = person_of(person),
                            .seat_count = count};
    for (uint32_t i = 0; i < count; i++)
        ask.seats[i] = seat + i;
    const int result = owner_ask(owner, &ask);
    *ret_hold_id = ask.hold.hold_id;
    return result;
}

static int order(uint64_t account, struct id hold_id)
{
    struct owner_ask ask = {.verb = OWNER_ORDER,
                            .account_id = stage_id(account),
                            .hold_id = hold_id,
                            .payment_method = 1};
    return owner_ask(owner, &ask);
}

static int cancel(uint64_t account, uint64_t person, struct id order_id, uint32_t seat,
                  uint32_t count)
{
    struct owner_ask ask = {.verb = OWNER_CANCEL,
                            .account_id = stage_id(account),
                            .person_id = person_of(person),
                            .hold_id = order_id,
                            .seat_count = count};
    for (uint32_t i = 0; i < count; i++)
        ask.seats[i] = seat + i;
    return owner_ask(owner, &ask);
}

static int extend(uint64_t account, struct id hold_id)
{
    struct owner_ask ask = {.verb = OWNER_EXTEND,
                            .account_id = stage_id(account),
                            .hold_id = hold_id,
                            .until_ms = STAGE_WALL_MS + 5000};
    return owner_ask(owner, &ask);
}

static void start(void)
{
    owner = stage_owner(&stage, stage.mem, NULL);
    assert_true(stage_serving(owner));
}

static void restart(void)
{
    owner_check(owner);
    owner_stop(owner);
    start();
}

/* Kim has two accounts, and four places in all. */
static void by_person(void *arg)
{
    struct id one, two, three, none;
    start();
    assert_int_equal(hold(1, 0, 0, 1, &none), ERR_INVALID);
    assert_int_equal(hold(1, KIM, 0, 2, &one), 0);
    assert_int_equal(hold(2, KIM, 2, 3, &none), ERR_FULL);
    assert_int_equal(hold(2, KIM, 2, 2, &two), 0);
    assert_int_equal(hold(1, KIM, 4, 1, &none), ERR_FULL);
    assert_int_equal(hold(3, LEE, 4, 4, &three), 0);
    assert_int_equal(order(1, one), 0);
    assert_int_equal(order(2, one), ERR_NOT_FOUND); /* the person's, but not this account's */
    restart();
    assert_int_equal(hold(2, KIM, 8, 1, &none), ERR_FULL); /* two bought, two held */
    assert_int_equal(extend(2, two), 0);
    restart();
    assert_int_equal(hold(1, KIM, 8, 1, &none), ERR_FULL);
    assert_int_equal(cancel(1, LEE, one, 0, 2), ERR_NOT_FOUND);
    assert_int_equal(cancel(1, KIM, one, 0, 2), 0);
    assert_int_equal(hold(2, KIM, 8, 2, &none), 0);
    assert_int_equal(hold(3, LEE, 0, 1, &none), ERR_FULL);
    owner_check(owner);
    owner_stop(owner);
}

/* Where accounts are counted, nobody is asked who it is, and nobody's person is written down. */
static void by_account(void *arg)
{
    struct id id;
    start();
    assert_int_equal(hold(1, KIM, 0, 1, &id), ERR_INVALID);
    assert_int_equal(hold(1, 0, 0, 4, &id), 0);
    assert_int_equal(hold(2, 0, 4, 4, &id), 0);
    owner_stop(owner);
}

/* Code 1 is for two places of each. */
static void set_code(void)
{
    struct price_list list = {
        .category_count = STAGE_CATEGORIES,
        .amounts = {100, 200, 300},
        .code_count = 1,
        .codes = {{.number = 1, .word = "FANCLUB", .off_permille = 500, .places_account = 2}}};
    struct owner_ask ask = {.verb = OWNER_PRICES};
    struct arena arena;
    arena_init(&arena, 65536);
    assert_int_equal(price_list_write(&list, &arena, &ask.list), 0);
    assert_int_equal(owner_ask(owner, &ask), 0);
    arena_release(&arena);
}

static struct owner_ask hold_coded(uint64_t account, uint64_t person, uint32_t seat)
{
    struct owner_ask ask = {.verb = OWNER_HOLD,
                            .account_id = stage_id(account),
                            .person_id = person_of(person),
                            .seat_count = 1,
                            .seats = {seat},
                            .code = 1};
    (void)owner_ask(owner, &ask);
    return ask;
}

static void refused(struct owner_ask ask)
{
    assert_int_equal(ask.result, ERR_UNSUPPORTED);
    assert_int_equal(ask.why, OWNER_WHY_ACCOUNT);
}

/* What a code has for each is a person's, too, over both accounts of Kim. */
static void code_by_person(void *arg)
{
    start();
    set_code();
    const struct owner_ask one = hold_coded(1, KIM, 0);
    assert_int_equal(one.result, 0);
    assert_int_equal(hold_coded(2, KIM, 1).result, 0);
    refused(hold_coded(1, KIM, 2));
    refused(hold_coded(2, KIM, 2));
    assert_int_equal(hold_coded(3, LEE, 2).result, 0);
    restart();
    refused(hold_coded(2, KIM, 3));
    struct owner_ask buy = {.verb = OWNER_ORDER,
                            .account_id = stage_id(1),
                            .hold_id = one.hold.hold_id,
                            .payment_method = 1};
    assert_int_equal(owner_ask(owner, &buy), 0);
    assert_int_equal(buy.total, one.total);
    restart();
    refused(hold_coded(2, KIM, 3));
    assert_int_equal(cancel(1, KIM, one.hold.hold_id, 0, 1), 0);
    assert_int_equal(hold_coded(2, KIM, 3).result, 0);
    owner_check(owner);
    owner_stop(owner);
}

static void play(bool persons, void (*body)(void *arg))
{
    static const char *const rows[] = {"......", "......", NULL};
    const struct stage_options options = {.seed = 7,
                                          .rows = rows,
                                          .hold_ttl_ms = 4000,
                                          .places_max = 4,
                                          .by_person = persons,
                                          .sale_state = STAGE_OPEN};
    stage_open(&stage, &options);
    stage_run(&stage, body, NULL);
    stage_close(&stage);
}

static void a_person_has_one_limit(void **state)
{
    play(true, by_person);
}

static void a_person_has_one_budget_of_a_code(void **state)
{
    play(true, code_by_person);
}

static void an_account_has_one_limit(void **state)
{
    play(false, by_account);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_person_has_one_limit),
                                       cmocka_unit_test(a_person_has_one_budget_of_a_code),
                                       cmocka_unit_test(an_account_has_one_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
