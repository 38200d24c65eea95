/*
 * suite: the store's contract (src/store/store.h) as tests that every body must pass.
 *
 * A test gets a fresh store of the body that the program was started for. Group files declare their
 * tests below; suite.c runs them all.
 */
#ifndef USHER_TESTS_CONFORMANCE_SUITE_H
#define USHER_TESTS_CONFORMANCE_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "err/err.h"
#include "script.h"
#include "store/store.h"
#include "usher/v1/ticket.pb-c.h"

struct fixture {
    const char *body; /* "mem", "sqlite", "mariadb", "fault", "faulty" */
    char dir[64];
    struct store *store;
    struct store *inner; /* of fault */
    struct arena arena;  /* for what is read */
};

#define OPEN      USHER__V1__SALE_STATE__SALE_STATE_OPEN
#define PAUSED    USHER__V1__SALE_STATE__SALE_STATE_PAUSED
#define DRAFT     USHER__V1__SALE_STATE__SALE_STATE_DRAFT
#define CONFIRMED USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED
#define CANCELLED USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED

#define SEATS(...)                                                                                 \
    ((struct script_seats){.count = sizeof((uint32_t[]){__VA_ARGS__}) / 4, .at = {__VA_ARGS__}})

/* Closes the store and opens it again from its files. */
void fixture_reopen(struct fixture *f);

/* Orders 1 and 2 of accounts 11 and 12 with seats 0 1 and 5, in two commits, and a live hold of
 * seat 9. The caller frees the script. */
struct script *fixture_small_sale(struct fixture *f);

void assert_head(struct fixture *f, const struct script *s);
void assert_sold(struct fixture *f, uint32_t performance_id, size_t count,
                 const struct store_sale *wanted);

struct group {
    const char *name;
    const struct CMUnitTest *tests;
    size_t count;
};
extern const struct group catalog_group, commit_group, read_group, parallel_group, file_group;
int fixture_set_up(void **state);
int fixture_tear_down(void **state);
#define SUITE_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_set_up, fixture_tear_down)

#endif
