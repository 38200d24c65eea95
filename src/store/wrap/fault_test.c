#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "store/wrap/fault.h"

struct fixture {
    struct store *inner;
    struct store *store;
    struct arena arena;
    uint32_t performance_id;
};

static void make(struct fixture *f)
{
    struct store_hall hall = {.name = VIEW_LIT("H"), .place_count = 10};
    struct store_event event = {.name = VIEW_LIT("E")};
    struct store_performance p = {.sale_state = 1};
    arena_init(&f->arena, 1 << 20);
    assert_int_equal(store_mem_new(&f->inner), 0);
    assert_int_equal(store_fault_new(f->inner, NULL, &f->store), 0);
    const struct store_ops *ops = f->inner->ops;
    assert_int_equal(ops->hall_put(f->inner, &hall, &p.hall_id, DEADLINE_NEVER), 0);
    assert_int_equal(ops->event_put(f->inner, &event, NULL, &p.event_id, NULL, DEADLINE_NEVER), 0);
    assert_int_equal(ops->performance_put(f->inner, &p, &f->performance_id, DEADLINE_NEVER), 0);
}

static void unmake(struct fixture *f)
{
    store_free(f->store);
    store_free(f->inner);
    arena_release(&f->arena);
}

static int claim(struct fixture *f)
{
    struct store_performance p;
    return f->store->ops->claim(f->store, f->performance_id, &f->arena, &p, DEADLINE_NEVER);
}

static int list(struct fixture *f)
{
    struct store_event *events;
    size_t count;
    return f->store->ops->event_list(f->store, &f->arena, &events, &count, DEADLINE_NEVER);
}

/* The epoch tells how many claims were really done. */
static uint64_t epoch(struct fixture *f)
{
    struct store_performance p;
    assert_int_equal(
        f->inner->ops->performance_get(f->inner, f->performance_id, &f->arena, &p, DEADLINE_NEVER),
        0);
    return p.epoch;
}

static void a_fault_meets_its_operation_alone(void **state)
{
    struct fixture f;
    make(&f);
    const struct {
        enum store_fault fault;
        int claim, list;
        uint64_t done; /* of three claims */
    } cases[] = {
        {STORE_FAULT_NONE, 0, 0, 3},
        {STORE_FAULT_BEFORE, ERR_UNAVAILABLE, ERR_UNAVAILABLE, 2},
        {STORE_FAULT_AFTER, ERR_UNKNOWN, ERR_IO, 3},
        {STORE_FAULT_IO, ERR_IO, ERR_IO, 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct store_fault_plan plan = {.at = 2, .fault = cases[i].fault};
        store_fault_plan(f.store, &plan);
        store_fault_reset(f.store);
        uint64_t before = epoch(&f);
        assert_int_equal(claim(&f), 0);
        assert_int_equal(claim(&f), cases[i].claim);
        assert_int_equal(claim(&f), 0);
        assert_int_equal(store_fault_count(f.store), 3);
        assert_int_equal(epoch(&f), before + cases[i].done);
        store_fault_reset(f.store);
        assert_int_equal(list(&f), 0);
        assert_int_equal(list(&f), cases[i].list);
        assert_int_equal(list(&f), 0);
    }
    unmake(&f);
}

static void down_is_down_until_reset(void **state)
{
    struct fixture f;
    make(&f);
    const enum store_fault faults[] = {STORE_FAULT_CRASH_BEFORE, STORE_FAULT_CRASH_AFTER};
    for (size_t i = 0; i < 2; i++) {
        const struct store_fault_plan plan = {.at = 2, .fault = faults[i]};
        uint64_t before = epoch(&f);
        store_fault_plan(f.store, &plan);
        store_fault_reset(f.store);
        assert_int_equal(claim(&f), 0);
        assert_int_equal(claim(&f), i == 0 ? ERR_UNAVAILABLE : ERR_UNKNOWN);
        assert_true(store_fault_is_down(f.store));
        assert_int_equal(claim(&f), ERR_UNAVAILABLE);
        assert_int_equal(list(&f), ERR_UNAVAILABLE);
        assert_int_equal(store_fault_count(f.store), 2);
        assert_int_equal(epoch(&f), before + 1 + i);
        store_fault_reset(f.store);
        assert_int_equal(claim(&f), 0);
    }
    store_fault_crash(f.store);
    assert_int_equal(claim(&f), ERR_UNAVAILABLE);
    unmake(&f);
}

static void chance_fails_as_often_as_it_was_told(void **state)
{
    struct fixture f;
    struct chance_seeded chance;
    make(&f);
    chance_seed(&chance, 7);
    const struct store_fault_plan plan = {.chance = &chance.chance,
                                          .before_ppm = 100000,
                                          .after_ppm = 200000,
                                          .io_ppm = 50000,
                                          .writes_only = true};
    store_fault_plan(f.store, &plan);
    int good = 0, before = 0, after = 0, io = 0;
    for (int i = 0; i < 10000; i++) {
        int rc = claim(&f);
        good += rc == 0;
        before += rc == ERR_UNAVAILABLE;
        after += rc == ERR_UNKNOWN;
        io += rc == ERR_IO;
        assert_int_equal(list(&f), 0);
        arena_reset(&f.arena);
    }
    assert_int_equal(good + before + after + io, 10000);
    assert_in_range(before, 900, 1100);
    assert_in_range(after, 1650, 1950); /* a fifth of the nine tenths that are left */
    assert_in_range(io, 280, 440);
    assert_int_equal(epoch(&f), good + after);
    unmake(&f);
}

/* Delays of virtual time. */
struct slow {
    struct fixture *f;
    int64_t deadline_ns;
    int rc;
    int64_t took_ns;
};

static void claim_slowly(void *arg)
{
    struct slow *slow = arg;
    struct fixture *f = slow->f;
    struct store_performance p;
    int64_t begun_ns = fiber_now_ns();
    int64_t deadline_ns =
        slow->deadline_ns == DEADLINE_NEVER ? DEADLINE_NEVER : begun_ns + slow->deadline_ns;
    slow->rc = f->store->ops->claim(f->store, f->performance_id, &f->arena, &p, deadline_ns);
    slow->took_ns = fiber_now_ns() - begun_ns;
}

static void run_slowly(struct slow *slow)
{
    struct loop *loop = NULL;
    struct sched *sched = NULL;
    struct scope scope;
    assert_int_equal(loop_new_virtual(100, 0, &loop), 0);
    assert_int_equal(sched_new(loop, &SCHED_LIMITS_DEFAULT, &sched), 0);
    scope_init(&scope);
    assert_int_equal(fiber_spawn(&scope, claim_slowly, slow), 0);
    loop_run(loop);
    sched_free(sched);
    loop_free(loop);
}

static void delays_are_virtual_and_end_at_the_deadline(void **state)
{
    struct fixture f;
    struct chance_seeded chance;
    make(&f);
    chance_seed(&chance, 7);
    const struct store_fault_plan plan = {
        .chance = &chance.chance, .delay_ppm = 1000000, .delay_max_ns = 3600 * NS_PER_S};
    store_fault_plan(f.store, &plan);
    int64_t longest_ns = 0;
    for (int i = 0; i < 50; i++) {
        struct slow slow = {.f = &f, .deadline_ns = DEADLINE_NEVER};
        run_slowly(&slow);
        assert_int_equal(slow.rc, 0);
        assert_in_range(slow.took_ns, 0, 7200 * NS_PER_S);
        longest_ns = slow.took_ns > longest_ns ? slow.took_ns : longest_ns;
    }
    assert_true(longest_ns > 3600 * NS_PER_S);
    int late = 0, unknown = 0;
    for (int i = 0; i < 200; i++) {
        uint64_t before = epoch(&f);
        struct slow slow = {.f = &f, .deadline_ns = 1800 * NS_PER_S};
        run_slowly(&slow);
        assert_true(slow.took_ns <= slow.deadline_ns);
        assert_true(slow.rc == 0 || slow.rc == ERR_TIMEOUT || slow.rc == ERR_UNKNOWN);
        assert_int_equal(epoch(&f), before + (slow.rc != ERR_TIMEOUT));
        late += slow.rc == ERR_TIMEOUT;
        unknown += slow.rc == ERR_UNKNOWN;
    }
    assert_true(late > 50 && unknown > 20);
    unmake(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_meets_its_operation_alone),
        cmocka_unit_test(down_is_down_until_reset),
        cmocka_unit_test(chance_fails_as_often_as_it_was_told),
        cmocka_unit_test(delays_are_virtual_and_end_at_the_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
