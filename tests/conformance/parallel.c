/* Fibers of several workers and plain threads, all at once. */
#include "suite.h"

#include <pthread.h>

#include "fiber/worker.h"

#define WORKERS      2
#define PERFORMANCES 4 /* a worker */
#define BATCHES      12

/* A performance that is sold seat by seat by one fiber. */
struct seller {
    struct fixture *f;
    uint32_t performance_id;
    uint64_t first_id; /* of its orders; holds are a million above */
    int rc;
};

static void sell_all(void *arg)
{
    struct seller *seller = arg;
    struct script *s = script_new(seller->f->store, seller->performance_id);
    for (uint32_t i = 0; seller->rc == 0 && i < BATCHES; i++) {
        uint64_t order = seller->first_id + i;
        script_hold(s, 1000000 + order, order, SEATS(2 * i, 2 * i + 1), "hold");
        script_sell(s, order, 1000000 + order, order, SEATS(2 * i, 2 * i + 1), "buy");
        seller->rc = script_commit(s);
        /* what was answered can be read at once */
        struct arena arena;
        struct store_order back;
        arena_init(&arena, 1 << 16);
        if (seller->rc == 0)
            seller->rc =
                s->store->ops->order_get(s->store, script_id(order), &arena, &back, DEADLINE_NEVER);
        arena_release(&arena);
    }
    script_free(s);
}

/* The first fiber of a worker: starts one a performance and waits. */
static void sell_in_fibers(void *arg)
{
    struct seller *sellers = arg;
    struct scope scope;
    scope_init(&scope);
    for (int i = 0; i < PERFORMANCES; i++)
        assert(fiber_spawn(&scope, sell_all, &sellers[i]) == 0);
    int rc = scope_join(&scope, DEADLINE_NEVER);
    assert(rc == 0);
}

struct shift {
    struct worker *worker;
    struct seller *sellers;
};

static void *work(void *arg)
{
    struct shift *shift = arg;
    if (shift->worker)
        assert(worker_call(shift->worker, sell_in_fibers, shift->sellers) == 0);
    else
        sell_all(shift->sellers);
    return NULL;
}

static void assert_sold_out(struct seller *seller)
{
    struct fixture *f = seller->f;
    struct store_sale wanted[2 * BATCHES];
    assert_int_equal(seller->rc, 0);
    for (uint32_t i = 0; i < 2 * BATCHES; i++)
        wanted[i] = (struct store_sale){i, script_id(seller->first_id + i / 2)};
    assert_sold(f, seller->performance_id, 2 * BATCHES, wanted);
    struct store_performance p;
    assert_int_equal(f->store->ops->performance_get(f->store, seller->performance_id, &f->arena, &p,
                                                    DEADLINE_NEVER),
                     0);
    assert_int_equal(p.seq, BATCHES);
}

static void many_performances_commit_together(void **state)
{
    struct fixture *f = *state;
    struct seller sellers[WORKERS * PERFORMANCES + 1];
    struct shift shifts[WORKERS + 1] = {0};
    pthread_t threads[WORKERS + 1];
    for (uint32_t i = 0; i < WORKERS * PERFORMANCES + 1; i++)
        sellers[i] = (struct seller){.f = f,
                                     .performance_id = script_performance(f->store, 50, 8),
                                     .first_id = 1000 * (i + 1)};
    for (uint32_t i = 0; i <= WORKERS; i++) {
        shifts[i].sellers = &sellers[i * PERFORMANCES];
        if (i < WORKERS)
            assert_int_equal(worker_start(i, &SCHED_LIMITS_DEFAULT, &shifts[i].worker), 0);
    }
    for (uint32_t i = 0; i <= WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &shifts[i]), 0);
    for (uint32_t i = 0; i <= WORKERS; i++)
        pthread_join(threads[i], NULL);
    for (uint32_t i = 0; i < WORKERS; i++)
        worker_stop(shifts[i].worker);
    for (uint32_t i = 0; i < WORKERS * PERFORMANCES + 1; i++)
        assert_sold_out(&sellers[i]);
}

/* An owner among others who all believe to be the one: claims, and sells seat after seat until it
 * is fenced or all are gone, some times over. */
struct rival {
    struct fixture *f;
    uint32_t performance_id;
    uint64_t first_id;
    uint32_t claims_max;
    uint64_t orders;
};

#define RIVAL_SEATS  60
#define RIVAL_CLAIMS 10

static void *rival_run(void *arg)
{
    struct rival *rival = arg;
    uint64_t id = rival->first_id;
    for (uint32_t claims = 0; claims < rival->claims_max; claims++) {
        struct script *s = script_new(rival->f->store, rival->performance_id);
        int rc = 0;
        for (uint32_t seat = 0; seat < RIVAL_SEATS && rc != ERR_FENCED; seat++) {
            id++;
            script_sell(s, id, 1000000 + id, id, SEATS(seat), NULL);
            rc = script_commit(s);
            assert(rc == 0 || rc == ERR_CONFLICT || rc == ERR_FENCED);
            rival->orders += rc == 0;
        }
        script_free(s);
    }
    return NULL;
}

static void rival_owners_never_sell_a_seat_twice(void **state)
{
    struct fixture *f = *state;
    uint32_t performance_id = script_performance(f->store, RIVAL_SEATS, 8);
    struct rival rivals[4];
    pthread_t threads[3];
    uint64_t orders = 0;
    for (uint64_t i = 0; i < 4; i++)
        rivals[i] = (struct rival){.f = f,
                                   .performance_id = performance_id,
                                   .first_id = 100000 * (i + 1),
                                   .claims_max = i < 3 ? RIVAL_CLAIMS : 1};
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, rival_run, &rivals[i]), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    rival_run(&rivals[3]); /* alone: sells what is left */
    for (int i = 0; i < 4; i++)
        orders += rivals[i].orders;
    assert_int_equal(orders, RIVAL_SEATS);

    struct store_performance p;
    struct store_sale *sales;
    size_t count;
    assert_int_equal(
        f->store->ops->performance_get(f->store, performance_id, &f->arena, &p, DEADLINE_NEVER), 0);
    assert_int_equal(p.seq, RIVAL_SEATS);
    assert_int_equal(p.epoch, 3 * RIVAL_CLAIMS + 1);
    assert_int_equal(f->store->ops->sold_list(f->store, performance_id, &f->arena, &sales, &count,
                                              DEADLINE_NEVER),
                     0);
    assert_int_equal(count, RIVAL_SEATS);
}

/* A fiber whose scope is cancelled still gets the true answer of its commit. */
static void commit_cancelled(void *arg)
{
    struct seller *seller = arg;
    struct script *s = script_new(seller->f->store, seller->performance_id);
    script_sell(s, 1, 2, 3, SEATS(4), NULL);
    seller->rc = script_commit(s);
    script_free(s);
}

static void cancel_after_start(void *arg)
{
    struct scope scope;
    scope_init(&scope);
    assert(fiber_spawn(&scope, commit_cancelled, arg) == 0);
    (void)fiber_yield();
    scope_cancel(&scope);
    int rc = scope_join(&scope, DEADLINE_NEVER);
    assert(rc == 0);
}

static void a_cancelled_fiber_still_learns_the_outcome(void **state)
{
    struct fixture *f = *state;
    struct seller seller = {.f = f, .performance_id = script_performance(f->store, 50, 8), .rc = 1};
    assert_int_equal(fiber_main(cancel_after_start, &seller), 0);
    assert_int_equal(seller.rc, 0);
    assert_sold(f, seller.performance_id, 1, (struct store_sale[]){{4, script_id(1)}});
}

static const struct CMUnitTest tests[] = {
    SUITE_TEST(many_performances_commit_together),
    SUITE_TEST(rival_owners_never_sell_a_seat_twice),
    SUITE_TEST(a_cancelled_fiber_still_learns_the_outcome),
};
const struct group parallel_group = {"parallel", tests, sizeof(tests) / sizeof(tests[0])};
