/*
 * suite: the contract of src/coord/coord.h as tests that both bodies must pass: coord_suite
 * local|redis. A test has names of its own, so all can share one server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "coord/coord.h"
#include "err/err.h"
#include "fiber/worker.h"

static struct coord *coord;
static struct worker *worker;
static atomic_uint changes;

#define NAME(text) VIEW_LIT(text)

static int64_t soon(void)
{
    return deadline_after_ms(clock_mono_ns(clock_system()), 5000);
}

/* Asks until the answer is the wanted one: for what takes a time of its own. */
#define AWAIT(wanted, question)                                                                    \
    do {                                                                                           \
        const int64_t until_ns = soon();                                                           \
        while ((question) != (wanted))                                                             \
            assert_true(clock_mono_ns(clock_system()) < until_ns);                                 \
    } while (0)

static void a_lease_has_one_holder(void **state)
{
    char holder[COORD_HOLDER_MAX + 1] = "nobody";
    int64_t left_ms = 0;
    const struct view name = NAME("one"), a = VIEW_LIT("a 127.0.0.1:1"), b = VIEW_LIT("b");
    assert_int_equal(coord->ops->lease_look(coord, name, holder, &left_ms, soon()), ERR_NOT_FOUND);
    assert_string_equal(holder, "nobody");
    assert_int_equal(coord->ops->lease_take(coord, name, a, 60000, holder, soon()), 0);
    assert_int_equal(coord->ops->lease_take(coord, name, b, 60000, holder, soon()), ERR_CONFLICT);
    assert_string_equal(holder, "a 127.0.0.1:1");
    assert_int_equal(coord->ops->lease_take(coord, name, a, 60000, holder, soon()), 0);
    assert_int_equal(coord->ops->lease_give(coord, name, b, soon()), ERR_NOT_FOUND);
    assert_int_equal(coord->ops->lease_look(coord, name, holder, &left_ms, soon()), 0);
    assert_string_equal(holder, "a 127.0.0.1:1");
    assert_int_equal(coord->ops->lease_give(coord, name, a, soon()), 0);
    assert_int_equal(coord->ops->lease_give(coord, name, a, soon()), ERR_NOT_FOUND);
    assert_int_equal(coord->ops->lease_take(coord, name, b, 60000, holder, soon()), 0);
    assert_int_equal(coord->ops->lease_look(coord, name, holder, &left_ms, soon()), 0);
    assert_string_equal(holder, "b");
    assert_true(left_ms > 50000 && left_ms <= 60000);
}

static void a_lease_ends_by_itself(void **state)
{
    char holder[COORD_HOLDER_MAX + 1];
    const struct view name = NAME("ends");
    assert_int_equal(coord->ops->lease_take(coord, name, VIEW_LIT("a"), 50, holder, soon()), 0);
    AWAIT(0, coord->ops->lease_take(coord, name, VIEW_LIT("b"), 60000, holder, soon()));
    assert_int_equal(coord->ops->lease_take(coord, name, VIEW_LIT("a"), 50, holder, soon()),
                     ERR_CONFLICT);
}

static void changes_are_told(void **state)
{
    char holder[COORD_HOLDER_MAX + 1];
    const struct view name = NAME("told"), a = VIEW_LIT("a");
    unsigned before = atomic_load(&changes);
    assert_int_equal(coord->ops->lease_take(coord, name, a, 60000, holder, soon()), 0);
    AWAIT(true, atomic_load(&changes) > before);
    before = atomic_load(&changes);
    assert_int_equal(coord->ops->lease_give(coord, name, a, soon()), 0);
    AWAIT(true, atomic_load(&changes) > before);
    before = atomic_load(&changes);
    assert_int_equal(coord->ops->member_put(coord, NAME("told"), a, 60000, soon()), 0);
    AWAIT(true, atomic_load(&changes) > before);
    before = atomic_load(&changes);
    assert_int_equal(coord->ops->member_remove(coord, NAME("told"), a, soon()), 0);
    AWAIT(true, atomic_load(&changes) > before);
}

static size_t member_count(struct view role)
{
    struct arena arena;
    struct coord_member *members;
    size_t count = 99;
    arena_init(&arena, 1 << 20);
    assert_int_equal(coord->ops->member_list(coord, role, &arena, &members, &count, soon()), 0);
    arena_release(&arena);
    return count;
}

static void members_come_and_go(void **state)
{
    struct arena arena;
    struct coord_member *members;
    size_t count;
    const struct view role = NAME("ticket");
    arena_init(&arena, 1 << 20);
    assert_int_equal(member_count(role), 0);
    assert_int_equal(coord->ops->member_put(coord, role, VIEW_LIT("b two"), 60000, soon()), 0);
    assert_int_equal(coord->ops->member_put(coord, role, VIEW_LIT("a one"), 60000, soon()), 0);
    assert_int_equal(coord->ops->member_put(coord, role, VIEW_LIT("b two"), 60000, soon()), 0);
    assert_int_equal(coord->ops->member_put(coord, NAME("other"), VIEW_LIT("c"), 60000, soon()), 0);
    assert_int_equal(coord->ops->member_list(coord, role, &arena, &members, &count, soon()), 0);
    assert_int_equal(count, 2);
    assert_true(view_eq(members[0].text, VIEW_LIT("a one")));
    assert_true(view_eq(members[1].text, VIEW_LIT("b two")));
    assert_int_equal(coord->ops->member_remove(coord, role, VIEW_LIT("a one"), soon()), 0);
    assert_int_equal(coord->ops->member_remove(coord, role, VIEW_LIT("a one"), soon()), 0);
    assert_int_equal(member_count(role), 1);
    assert_int_equal(coord->ops->member_put(coord, role, VIEW_LIT("c"), 50, soon()), 0);
    AWAIT(1, member_count(role)); /* one that says nothing any more is forgotten */
    arena_release(&arena);
}

static void a_bucket_runs_dry_and_fills(void **state)
{
    const struct coord_limit limit = {.per_second = 20, .burst = 5};
    int64_t wait_ms = 0;
    for (int i = 0; i < 5; i++)
        assert_int_equal(coord->ops->limit_take(coord, NAME("b"), &limit, 1, &wait_ms, soon()), 0);
    int err = 0;
    for (int i = 0; i < 20 && err == 0; i++)
        err = coord->ops->limit_take(coord, NAME("b"), &limit, 5, &wait_ms, soon());
    assert_int_equal(err, ERR_CONFLICT);
    assert_true(wait_ms > 0 && wait_ms <= 250);
    assert_int_equal(coord->ops->limit_take(coord, NAME("c"), &limit, 5, &wait_ms, soon()), 0);
    AWAIT(0, coord->ops->limit_take(coord, NAME("b"), &limit, 5, &wait_ms, soon()));
}

static bool is_blocked(struct view name)
{
    bool blocked = false;
    assert_int_equal(coord->ops->block_has(coord, name, &blocked, soon()), 0);
    return blocked;
}

static void what_is_blocked_stays_so_for_its_time(void **state)
{
    assert_false(is_blocked(NAME("token")));
    assert_int_equal(coord->ops->block_put(coord, NAME("token"), 60000, soon()), 0);
    assert_true(is_blocked(NAME("token")));
    assert_false(is_blocked(NAME("toke")));
    assert_int_equal(coord->ops->block_put(coord, NAME("token"), 50, soon()), 0);
    AWAIT(false, is_blocked(NAME("token")));
}

static struct id account(uint64_t n)
{
    return (struct id){7, n};
}

static uint64_t join(uint32_t sale_id, uint64_t n)
{
    uint64_t number = 0;
    assert_int_equal(coord->ops->line_join(coord, sale_id, account(n), &number, soon()), 0);
    return number;
}

static void numbers_count_up_and_stay(void **state)
{
    uint64_t number = 99;
    assert_int_equal(coord->ops->line_join(coord, 1, account(1), &number, soon()), ERR_NOT_FOUND);
    assert_int_equal(number, 99);
    assert_int_equal(coord->ops->line_open(coord, 1, 0, soon()), 0);
    for (uint64_t i = 1; i <= 3000; i++)
        assert_int_equal(join(1, i), i);
    assert_int_equal(join(1, 17), 17);
    assert_int_equal(coord->ops->line_open(coord, 1, 10, soon()), 0); /* never goes back */
    assert_int_equal(join(1, 4000), 3001);
    assert_int_equal(coord->ops->line_open(coord, 2, 0, soon()), 0);
    assert_int_equal(join(2, 17), 1);
}

/* After a loss: what the ledger has is put back, and nothing below it is given again. */
static void a_line_is_built_anew(void **state)
{
    uint64_t number;
    assert_int_equal(coord->ops->line_put(coord, 3, account(1), 5, soon()), 0);
    assert_int_equal(coord->ops->line_put(coord, 3, account(2), 9, soon()), 0);
    assert_int_equal(coord->ops->line_join(coord, 3, account(3), &number, soon()), ERR_NOT_FOUND);
    assert_int_equal(coord->ops->line_open(coord, 3, 7, soon()), 0);
    assert_int_equal(join(3, 1), 5);
    assert_int_equal(join(3, 3), 10);
    assert_int_equal(join(3, 2), 9);
}

/* Many fibers ask at once, over one connection, and each gets his own answer. */
#define ASKERS 500

struct asker {
    uint64_t n;
    uint64_t number;
};

static void ask(void *arg)
{
    struct asker *asker = arg;
    int err = coord->ops->line_join(coord, 4, account(asker->n), &asker->number, soon());
    assert(err == 0);
}

static void ask_all(void *arg)
{
    struct asker *askers = arg;
    struct scope scope;
    scope_init(&scope);
    for (int i = 0; i < ASKERS; i++) {
        int err = fiber_spawn(&scope, ask, &askers[i]);
        assert(err == 0);
    }
    int err = scope_join(&scope, DEADLINE_NEVER);
    assert(err == 0);
}

static void many_ask_at_once(void **state)
{
    struct asker askers[ASKERS];
    bool seen[ASKERS + 1] = {false};
    for (uint64_t i = 0; i < ASKERS; i++)
        askers[i] = (struct asker){.n = i + 1};
    assert_int_equal(coord->ops->line_open(coord, 4, 0, soon()), 0);
    assert_int_equal(fiber_main(ask_all, askers), 0); /* on this thread's loop */
    assert_int_equal(worker_call(worker, ask_all, askers), 0);
    for (int i = 0; i < ASKERS; i++) {
        const uint64_t number = askers[i].number;
        assert_true(number >= 1 && number <= ASKERS && !seen[number]);
        seen[number] = true;
    }
}

static void on_change(void *state)
{
    atomic_fetch_add(&changes, 1);
}

static int open_coord(const char *body)
{
    char why[512] = "";
    int err = strcmp(body, "local") == 0
                  ? coord_local_new(clock_system(), &coord)
                  : coord_redis_new(getenv("USHER_TEST_REDIS"), worker, why, &coord);
    if (err) {
        fprintf(stderr, "%s: %s %s\n", body, err_text(err), why);
        return err;
    }
    coord->ops->watch(coord, on_change, NULL);
    /* The connection is opened in the background. */
    const int64_t until_ns = soon();
    do {
        err = coord->ops->member_put(coord, NAME("ready"), VIEW_LIT("me"), 1, soon());
    } while (err == ERR_UNAVAILABLE && clock_mono_ns(clock_system()) < until_ns);
    return err;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_has_one_holder),
        cmocka_unit_test(a_lease_ends_by_itself),
        cmocka_unit_test(changes_are_told),
        cmocka_unit_test(members_come_and_go),
        cmocka_unit_test(a_bucket_runs_dry_and_fills),
        cmocka_unit_test(what_is_blocked_stays_so_for_its_time),
        cmocka_unit_test(numbers_count_up_and_stay),
        cmocka_unit_test(a_line_is_built_anew),
        cmocka_unit_test(many_ask_at_once),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: coord_suite local|redis\n");
        return 2;
    }
    int failed = worker_start(0, &SCHED_LIMITS_DEFAULT, &worker);
    if (failed == 0)
        failed = open_coord(argv[1]);
    if (failed == 0)
        failed = cmocka_run_group_tests_name(argv[1], tests, NULL, NULL);
    coord_free(coord);
    if (worker)
        worker_stop(worker);
    return failed != 0;
}
