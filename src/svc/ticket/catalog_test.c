#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "svc/ticket/catalog.h"

#define ROUNDS (STORE_EVENTS_MAX / 2)

static struct catalog *catalog;
static atomic_uint arrived;

/* Both go on at the same moment, as near as two threads can. */
static void meet(uint32_t round)
{
    atomic_fetch_add(&arrived, 1);
    for (uint32_t tries = 1; atomic_load(&arrived) < 2 * round; tries++) {
        if (tries % 10000 == 0)
            sched_yield();
    }
}

static int add(uint32_t event_id)
{
    const struct store_event event = {.event_id = event_id, .name = VIEW_LIT("Recital")};
    const struct catalog_event *entry;
    return catalog_add_event(catalog, &event, PLAYBILL_PUBLISHED, &entry);
}

static void *add_even(void *arg)
{
    int err = 0;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        meet(2 * i + 1);
        err |= add(2 * i + 2);
        meet(2 * i + 2);
    }
    return (void *)(intptr_t)err;
}

/* Two organisers create at once: whoever is last, the list reaches to the highest id. */
static void two_may_add_at_once(void **state)
{
    pthread_t other;
    void *err;
    assert_int_equal(catalog_new(&catalog), 0);
    assert_int_equal(pthread_create(&other, NULL, add_even, NULL), 0);
    uint32_t short_lists = 0;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        meet(2 * i + 1);
        assert_int_equal(add(2 * i + 1), 0);
        meet(2 * i + 2);
        /* Until both meet again nobody adds. */
        short_lists += catalog_event_last(catalog) != 2 * i + 2;
    }
    assert_int_equal(pthread_join(other, &err), 0);
    assert_null(err);
    assert_int_equal(short_lists, 0);
    for (uint32_t i = 1; i <= STORE_EVENTS_MAX; i++)
        assert_int_equal(catalog_event(catalog, i)->event_id, i);
    catalog_free(catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_may_add_at_once),
    };
    return cmocka_run_group_tests_name("svc/catalog", tests, NULL, NULL);
}
