/*
 * coord_crowd: people who join a line through Redis while something happens to it.
 *
 *     coord_crowd PEOPLE    USHER_TEST_REDIS says where
 *
 * Says "joined N" a hundred people, and at the end "ACCOUNT NUMBER" of each. Who is not told a
 * number asks again: an account keeps the one it has.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "coord/coord.h"
#include "err/err.h"
#include "fiber/worker.h"

#define ASKERS     8
#define SALE       9
#define ASK_MS     2000
#define PATIENT_MS 60000

static struct coord *coord;
static uint64_t people;
static atomic_ullong next_account, told;
static uint64_t *numbers;

static int64_t in_ms(int64_t ms)
{
    return deadline_after_ms(clock_mono_ns(clock_system()), ms);
}

static void join_all(void *arg)
{
    uint64_t account;
    while ((account = atomic_fetch_add(&next_account, 1)) < people) {
        const int64_t until_ns = in_ms(PATIENT_MS);
        int err;
        do {
            err = coord->ops->line_join(coord, SALE, (struct id){7, account + 1}, &numbers[account],
                                        in_ms(ASK_MS));
            (void)fiber_sleep_until(in_ms(1));
        } while (err && in_ms(0) < until_ns);
        if (err)
            fprintf(stderr, "account %llu: %s\n", (unsigned long long)account, err_text(err));
        const uint64_t count = atomic_fetch_add(&told, 1) + 1;
        if (count % 100 == 0) {
            printf("joined %llu\n", (unsigned long long)count);
            fflush(stdout);
        }
    }
}

static void run(void *arg)
{
    struct scope scope;
    const int64_t until_ns = in_ms(PATIENT_MS);
    while (coord->ops->line_open(coord, SALE, 0, in_ms(ASK_MS)) != 0 && in_ms(0) < until_ns)
        (void)fiber_sleep_until(in_ms(20));
    scope_init(&scope);
    for (int i = 0; i < ASKERS; i++)
        if (fiber_spawn(&scope, join_all, NULL) != 0)
            abort();
    if (scope_join(&scope, DEADLINE_NEVER) != 0)
        abort();
}

int main(int argc, char **argv)
{
    char why[512] = "";
    struct worker *worker;
    if (argc != 2 || !view_to_u64(view_str(argv[1]), 1000000, &people))
        return 2;
    numbers = calloc(people, sizeof(*numbers));
    if (!numbers || worker_start(0, &SCHED_LIMITS_DEFAULT, &worker) != 0)
        return 1;
    if (coord_redis_new(getenv("USHER_TEST_REDIS"), worker, why, &coord) != 0) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    int err = worker_call(worker, run, NULL);
    coord_free(coord);
    worker_stop(worker);
    for (uint64_t i = 0; i < people; i++)
        printf("%llu %llu\n", (unsigned long long)i, (unsigned long long)numbers[i]);
    free(numbers);
    return err != 0;
}
