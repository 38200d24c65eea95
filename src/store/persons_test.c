#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/accounts.h"
#include "store/persons.h"

static struct sql *sql;
static struct arena arena;

static struct id number(uint64_t n)
{
    return (struct id){.hi = 1, .lo = n};
}

static int put(uint64_t account, enum person_kind kind, uint64_t person)
{
    const struct person_proof proved = {
        .kind = kind, .person_id = number(person), .proved_at_ms = 1000 + (int64_t)person};
    const struct act act = {
        .at_ms = 1000, .what = VIEW_LIT("person.prove"), .account_id = number(account)};
    return person_put(sql, number(account), &proved, &act, DEADLINE_NEVER);
}

static int get(uint64_t account, enum person_kind kind, struct id *ret_person)
{
    return person_get(sql, number(account), kind, ret_person, DEADLINE_NEVER);
}

static size_t acts_of(uint64_t account)
{
    struct act *acts;
    size_t count;
    assert_int_equal(
        act_list(sql, 0, number(account), ACT_PAGE_MAX, &arena, &acts, &count, DEADLINE_NEVER), 0);
    return count;
}

static void an_account_proves_both(void **state)
{
    struct person_proof persons[PERSON_KINDS];
    struct id person;
    size_t count;
    assert_int_equal(get(11, PERSON_BY_PHONE, &person), ERR_NOT_FOUND);
    assert_int_equal(put(11, PERSON_BY_IDENTITY, 71), 0);
    assert_int_equal(get(11, PERSON_BY_PHONE, &person), ERR_NOT_FOUND);
    assert_int_equal(put(11, PERSON_BY_PHONE, 72), 0);
    assert_int_equal(put(11, PERSON_BY_PHONE, 72), 0); /* again: nothing happens */
    assert_int_equal(acts_of(11), 2);
    assert_int_equal(person_list(sql, number(11), persons, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 2);
    assert_true(persons[0].kind == PERSON_BY_PHONE && id_eq(persons[0].person_id, number(72)));
    assert_true(persons[1].kind == PERSON_BY_IDENTITY && persons[1].proved_at_ms == 1071);
    assert_int_equal(get(11, PERSON_BY_IDENTITY, &person), 0);
    assert_true(id_eq(person, number(71)));
}

/* A person may have several accounts; an account is one person's, but its number may change. */
static void an_account_is_one_persons(void **state)
{
    struct id person;
    assert_int_equal(put(21, PERSON_BY_IDENTITY, 81), 0);
    assert_int_equal(put(22, PERSON_BY_IDENTITY, 81), 0);
    assert_int_equal(put(21, PERSON_BY_IDENTITY, 82), ERR_CONFLICT);
    assert_int_equal(get(21, PERSON_BY_IDENTITY, &person), 0);
    assert_true(id_eq(person, number(81)));
    assert_int_equal(put(21, PERSON_BY_PHONE, 83), 0);
    assert_int_equal(put(21, PERSON_BY_PHONE, 84), 0);
    assert_int_equal(get(21, PERSON_BY_PHONE, &person), 0);
    assert_true(id_eq(person, number(84)));
}

static struct id take(uint32_t sale, uint64_t person, uint64_t account, struct id over, int64_t now)
{
    const struct person_place place = {
        .sale_id = sale, .person_id = number(person), .account_id = number(account)};
    struct id whose = {0};
    assert_int_equal(person_place_take(sql, &place, over, now, &whose, DEADLINE_NEVER), 0);
    return whose;
}

static void a_person_has_one_place_in_a_line(void **state)
{
    const struct id nobody = {0};
    assert_true(id_eq(take(1, 71, 11, nobody, 0), number(11)));
    assert_true(id_eq(take(1, 71, 12, nobody, 1), number(11)));
    assert_true(id_eq(take(2, 71, 12, nobody, 1), number(12))); /* another line */
    assert_true(id_eq(take(1, 72, 12, nobody, 1), number(12))); /* another person */
    /* Its account has left: but it may be about to join, for a minute. */
    assert_true(id_eq(take(1, 71, 12, number(11), PERSON_PLACE_MS - 1), number(11)));
    assert_true(id_eq(take(1, 71, 11, nobody, 1000), number(11))); /* it joins again */
    assert_true(id_eq(take(1, 71, 12, number(11), PERSON_PLACE_MS), number(11)));
    assert_true(id_eq(take(1, 71, 12, number(13), PERSON_PLACE_MS + 1000), number(11)));
    assert_true(id_eq(take(1, 71, 12, number(11), PERSON_PLACE_MS + 1000), number(12)));
    assert_true(id_eq(take(1, 71, 11, nobody, PERSON_PLACE_MS + 1000), number(12)));
}

static int set_up(void **state)
{
    arena_init(&arena, 1 << 20);
    int err = sql_faulty_new(&arena, &sql);
    return err == 0 ? accounts_migrate(sql, false, 1) : err;
}

static int tear_down(void **state)
{
    sql_free(sql);
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_account_proves_both),
                                       cmocka_unit_test(an_account_is_one_persons),
                                       cmocka_unit_test(a_person_has_one_place_in_a_line)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
