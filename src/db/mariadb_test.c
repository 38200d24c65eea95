/*
 * What an error of the driver says of what was done. tests/servers/with starts the server, and says
 * where; without one, only addresses are looked at.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/mariadb_target.h"
#include "err/err.h"
#include "fiber/fiber.h"

static struct mariadb *mariadb;

static int64_t in_ms(int64_t ms)
{
    return deadline_after_ms(clock_mono_ns(clock_system()), ms);
}

static struct mariadb_conn *take(int64_t deadline_ns)
{
    struct mariadb_conn *conn = NULL;
    assert_int_equal(mariadb_take(mariadb, deadline_ns, &conn), 0);
    return conn;
}

static int run(struct mariadb_conn *conn, const char *text)
{
    return mariadb_exec(conn, view_str(text), NULL);
}

static int64_t ask(struct mariadb_conn *conn, const char *text)
{
    struct mariadb_statement *s;
    assert_int_equal(mariadb_statement(conn, text, SQL_NONE, &s), 0);
    assert_int_equal(mariadb_step(s), 1);
    const int64_t number = mariadb_column_i64(s, 0);
    mariadb_reset(s);
    return number;
}

/* ---- addresses ---- */

static void an_address_says_where(void **state)
{
    struct mariadb_target t;
    char why[MARIADB_WHY_MAX];
    assert_int_equal(mariadb_target_read("mariadb://me@db.example/sale?tls=verify", &t, why), 0);
    assert_string_equal(t.user, "me");
    assert_string_equal(t.places[0].host, "db.example");
    assert_string_equal(t.database, "sale");
    assert_int_equal(t.places[0].port, 3306);
    assert_int_equal(t.tls, MARIADB_TLS_VERIFY);
    assert_int_equal(mariadb_target_read("mariadb://a%40b@[::1]:99/s?connections=7", &t, why), 0);
    assert_string_equal(t.user, "a@b");
    assert_string_equal(t.places[0].host, "::1");
    assert_int_equal(t.places[0].port, 99);
    assert_int_equal(t.connections, 7);
    assert_int_equal(mariadb_target_read("mariadb://me@/s?socket=/run/s%20k", &t, why), 0);
    assert_string_equal(t.socket, "/run/s k");
    assert_int_equal(mariadb_target_read("mariadb://me@a,b:7/s?semi-sync=require", &t, why), 0);
    assert_true(t.place_count == 2 && t.semi_sync && t.places[1].port == 7);
}

static void a_wrong_address_is_told(void **state)
{
    static const char *const wrong[] = {
        "mysql://me@h/s",
        "mariadb://h/s",
        "mariadb://me@h",
        "mariadb://me@/s",
        "mariadb://me@h:0/s",
        "mariadb://me@h:x/s",
        "mariadb://me@h/s?a=b",
        "mariadb://me@h/s?tls=",
        "mariadb://me@h/s?connections=65",
        "mariadb://me:secret@h/s",
        "mariadb://me@h/s?password-file=/nonexistent",
        "mariadb://me@h/s?socket=/x",
        "mariadb://me@a,/s",
        "mariadb://me@1,2,3,4,5,6,7,8,9/s",
        "mariadb://me@h/s?semi-sync=on",
        "mariadb://me@h/s?tls-ca=/x",
        "mariadb://me@h/s?tls=verify&tls-ca=/nonexistent",
        "mariadb://me@h/s?tls=verify&tls-cert=/x",
    };
    struct mariadb_target t;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char why[MARIADB_WHY_MAX] = "";
        assert_int_equal(mariadb_target_read(wrong[i], &t, why), ERR_INVALID);
        assert_true(why[0] != '\0' && !strstr(why, "secret"));
    }
}

/* ---- errors ---- */

static void a_key_is_there_once(void **state)
{
    struct mariadb_conn *c = take(in_ms(10000));
    assert_int_equal(run(c, "INSERT INTO t VALUES (1, 0)"), 0);
    assert_int_equal(run(c, "INSERT INTO t VALUES (1, 0)"), ERR_CONFLICT);
    assert_int_equal(run(c, "INSERT INTO t VALUES (NULL, 0)"), ERR_INVALID);
    assert_int_equal(run(c, "INSERT INTO nowhere VALUES (1)"), ERR_IO);
    assert_int_equal(ask(c, "SELECT count(*) FROM t"), 1); /* and goes on */
    mariadb_give(c);
}

/* What is given back in a transaction is rolled back. */
static void nothing_is_left_open(void **state)
{
    struct mariadb_conn *c = take(in_ms(10000));
    assert_int_equal(mariadb_begin(c), 0);
    assert_int_equal(run(c, "INSERT INTO t VALUES (2, 0)"), 0);
    mariadb_give(c);
    c = take(in_ms(10000));
    assert_int_equal(ask(c, "SELECT count(*) FROM t WHERE k = 2"), 0);
    mariadb_give(c);
}

/* As of a deadlock: it may be tried again. */
static void a_lock_that_does_not_come_is_told(void **state)
{
    struct mariadb_conn *a = take(in_ms(20000)), *b = take(in_ms(1000));
    assert_int_equal(mariadb_begin(a), 0);
    assert_int_equal(mariadb_begin(b), 0);
    assert_int_equal(run(a, "INSERT INTO t VALUES (10, 0)"), 0);
    assert_int_equal(run(b, "SET innodb_lock_wait_timeout = 0"), 0);
    assert_int_equal(run(b, "UPDATE t SET v = 1 WHERE k = 10"), ERR_BUSY);
    mariadb_rollback(b);
    assert_int_equal(mariadb_commit(a), 0);
    assert_int_equal(run(b, "SET innodb_lock_wait_timeout = 5"), 0);
    mariadb_give(a);
    mariadb_give(b);
}

/* The server ends a connection: within a transaction nothing was done, outside nobody knows. */
static void kill_it(const struct mariadb_conn *victim, int64_t id)
{
    char text[64];
    struct mariadb_conn *c = take(in_ms(10000));
    snprintf(text, sizeof(text), "KILL %lld", (long long)id);
    assert_int_equal(run(c, text), 0);
    assert_ptr_not_equal(c, victim);
    mariadb_give(c);
}

static void a_lost_connection_is_told(void **state)
{
    struct mariadb_conn *c = take(in_ms(10000));
    assert_int_equal(mariadb_begin(c), 0);
    assert_int_equal(run(c, "INSERT INTO t VALUES (20, 0)"), 0);
    kill_it(c, ask(c, "SELECT CONNECTION_ID()"));
    assert_int_equal(run(c, "INSERT INTO t VALUES (21, 0)"), ERR_UNAVAILABLE);
    assert_int_equal(mariadb_commit(c), ERR_UNAVAILABLE); /* COMMIT was never sent */
    mariadb_give(c);

    c = take(in_ms(10000));
    assert_int_equal(ask(c, "SELECT count(*) FROM t WHERE k IN (20, 21)"), 0);
    assert_int_equal(mariadb_begin(c), 0);
    assert_int_equal(run(c, "INSERT INTO t VALUES (22, 0)"), 0);
    kill_it(c, ask(c, "SELECT CONNECTION_ID()"));
    assert_int_equal(mariadb_commit(c), ERR_UNKNOWN);
    mariadb_give(c);
}

/* One that waits in the pool and was closed there is replaced before anybody notices. */
static void a_stale_connection_is_replaced(void **state)
{
    struct mariadb_conn *c = take(in_ms(10000)), *other = take(in_ms(10000));
    const int64_t id = ask(c, "SELECT CONNECTION_ID()");
    mariadb_give(other);
    mariadb_give(c); /* the next that is taken */
    char text[64];
    snprintf(text, sizeof(text), "KILL %lld", (long long)id);
    c = take(in_ms(10000));
    other = take(in_ms(10000));
    struct mariadb_conn *victim = ask(c, "SELECT CONNECTION_ID()") == id ? c : other;
    struct mariadb_conn *killer = victim == c ? other : c;
    mariadb_give(victim);
    assert_int_equal(run(killer, text), 0);
    const int64_t until_ns = in_ms(10000);
    while (ask(killer, "SELECT count(*) FROM information_schema.processlist") > 1)
        assert_true(clock_mono_ns(clock_system()) < until_ns);
    c = take(in_ms(10000));
    assert_int_equal(ask(c, "SELECT 1"), 1);
    mariadb_give(c);
    mariadb_give(killer);
}

static void too_late(void *arg)
{
    struct mariadb_conn *c = take(in_ms(200));
    const int64_t began_ns = clock_mono_ns(clock_system());
    assert_int_equal(mariadb_begin(c), 0);
    assert_int_equal(run(c, "DO SLEEP(30)"), ERR_TIMEOUT);
    assert_int_equal(run(c, "DO 1"), ERR_UNAVAILABLE); /* it is of no use any more */
    mariadb_give(c);
    c = take(in_ms(200));
    assert_int_equal(run(c, "DO SLEEP(30)"), ERR_UNKNOWN); /* a statement of its own */
    mariadb_give(c);
    assert_true(clock_mono_ns(clock_system()) - began_ns < 10 * NS_PER_S);
}

static void a_deadline_holds_in_a_thread(void **state)
{
    too_late(NULL);
}

static void a_deadline_holds_in_a_fiber(void **state)
{
    assert_int_equal(fiber_main(too_late, NULL), 0);
}

/* The pool has two: a third waits its turn, and gets it. */
static void wait_for_turn(void *arg)
{
    struct mariadb_conn *c;
    const int err = mariadb_take(mariadb, in_ms(10000), &c);
    if (err == 0)
        mariadb_give(c);
    *(int *)arg = err;
}

static void share(void *arg)
{
    struct scope scope;
    struct mariadb_conn *a = take(in_ms(10000)), *b = take(in_ms(10000)), *none;
    int result = 1;
    assert_int_equal(mariadb_take(mariadb, in_ms(50), &none), ERR_TIMEOUT);
    scope_init(&scope);
    assert_int_equal(fiber_spawn(&scope, wait_for_turn, &result), 0);
    assert_int_equal(fiber_yield(), 0);
    assert_int_equal(result, 1);
    mariadb_give(a);
    assert_int_equal(scope_join(&scope, DEADLINE_NEVER), 0);
    assert_int_equal(result, 0);
    mariadb_give(b);
}

static void a_pool_is_shared(void **state)
{
    assert_int_equal(fiber_main(share, NULL), 0);
}

/* A connection whose time is over before its opening begins is closed as if it had been one; it
 * once ended the process, and closed descriptor 0. */
static void a_late_opening_is_told(void **state)
{
    char why[MARIADB_WHY_MAX];
    struct mariadb *pool;
    struct mariadb_conn *c;
    const int before = fcntl(0, F_GETFD);
    assert_int_equal(mariadb_new(getenv("USHER_TEST_MARIADB"), why, &pool), 0);
    assert_int_equal(mariadb_take(pool, in_ms(-1), &c), ERR_TIMEOUT);
    assert_int_equal(fcntl(0, F_GETFD), before);
    assert_int_equal(mariadb_take(pool, in_ms(10000), &c), 0); /* its room is free again */
    mariadb_give(c);
    mariadb_free(pool);
}

/* Where the numbers of payment events have gaps, a reader waits whether they will be filled. */
static void numbers_have_no_gaps_where_the_server_is_set_up_for_several(void **state)
{
    char why[MARIADB_WHY_MAX];
    struct mariadb *pool;
    struct mariadb_conn *c = take(in_ms(10000));
    assert_int_equal(run(c, "SET GLOBAL auto_increment_increment = 3"), 0);
    assert_int_equal(run(c, "SET GLOBAL auto_increment_offset = 2"), 0);
    mariadb_give(c);
    assert_int_equal(mariadb_new(getenv("USHER_TEST_MARIADB"), why, &pool), 0);
    assert_int_equal(mariadb_take(pool, in_ms(10000), &c), 0);
    assert_int_equal(run(c, "CREATE TABLE n (k INT AUTO_INCREMENT PRIMARY KEY, v INT NOT NULL)"),
                     0);
    assert_int_equal(run(c, "INSERT INTO n (v) VALUES (0), (0)"), 0);
    assert_int_equal(run(c, "INSERT INTO n (v) VALUES (0)"), 0);
    assert_int_equal(ask(c, "SELECT 10 * max(k) + count(*) FROM n"), 33);
    assert_int_equal(run(c, "SET GLOBAL auto_increment_increment = 1"), 0);
    assert_int_equal(run(c, "SET GLOBAL auto_increment_offset = 1"), 0);
    mariadb_give(c);
    mariadb_free(pool);
}

static void an_unreachable_server_is_told(void **state)
{
    char why[MARIADB_WHY_MAX];
    struct mariadb *none;
    struct mariadb_conn *c;
    assert_int_equal(mariadb_new("mariadb://me@/x?socket=/nonexistent", why, &none), 0);
    assert_int_equal(mariadb_take(none, in_ms(1000), &c), ERR_UNAVAILABLE);
    assert_true(strstr(mariadb_last_failure(none), "/nonexistent") != NULL);
    mariadb_free(none);
}

static int set_up(void **state)
{
    char url[512], why[MARIADB_WHY_MAX];
    struct mariadb_conn *c;
    snprintf(url, sizeof(url), "%s&connections=2", getenv("USHER_TEST_MARIADB"));
    int err = mariadb_new(url, why, &mariadb);
    if (err == 0)
        err = mariadb_take(mariadb, DEADLINE_NEVER, &c);
    if (err == 0) {
        err = run(c, "CREATE TABLE t (k INT PRIMARY KEY, v INT NOT NULL) ENGINE=InnoDB");
        mariadb_give(c);
    }
    return err;
}

static int tear_down(void **state)
{
    mariadb_free(mariadb);
    return 0;
}

int main(void)
{
    const struct CMUnitTest addresses[] = {
        cmocka_unit_test(an_address_says_where),
        cmocka_unit_test(a_wrong_address_is_told),
    };
    const struct CMUnitTest server[] = {
        cmocka_unit_test(a_key_is_there_once),
        cmocka_unit_test(nothing_is_left_open),
        cmocka_unit_test(a_lock_that_does_not_come_is_told),
        cmocka_unit_test(a_lost_connection_is_told),
        cmocka_unit_test(a_stale_connection_is_replaced),
        cmocka_unit_test(a_deadline_holds_in_a_thread),
        cmocka_unit_test(a_deadline_holds_in_a_fiber),
        cmocka_unit_test(a_pool_is_shared),
        cmocka_unit_test(a_late_opening_is_told),
        cmocka_unit_test(an_unreachable_server_is_told),
        cmocka_unit_test(numbers_have_no_gaps_where_the_server_is_set_up_for_several),
    };
    if (!getenv("USHER_TEST_MARIADB"))
        return cmocka_run_group_tests_name("addresses", addresses, NULL, NULL);
    return cmocka_run_group_tests_name("server", server, set_up, tear_down);
}
