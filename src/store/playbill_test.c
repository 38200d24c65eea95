#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/payment_rules.h"
#include "store/playbill_chain.h"

static struct sql *sql;
static struct arena arena;

static struct playbill read_after(uint64_t after)
{
    struct playbill bill;
    assert_int_equal(playbill_read(sql, after, &arena, &bill, DEADLINE_NEVER), 0);
    return bill;
}

static void events_of_an_earlier_store_are_published_once(void **state)
{
    const struct store_event old[] = {{.event_id = 3, .name = VIEW_LIT("Old"), .created_at_ms = 7}};
    const struct store_event young[] = {{.event_id = 4, .name = VIEW_LIT("Young")}};
    assert_int_equal(playbill_seed(sql, old, 1, DEADLINE_NEVER), 0);
    assert_int_equal(playbill_seed(sql, young, 1, DEADLINE_NEVER), 0);
    const struct playbill bill = read_after(0);
    assert_int_equal(bill.event_count, 1);
    assert_int_equal(bill.events[0].event_id, 3);
    assert_int_equal(bill.events[0].state, PLAYBILL_PUBLISHED);
    assert_int_equal(bill.events[0].published_at_ms, 7);
    assert_true(view_eq(bill.events[0].name, VIEW_LIT("Old")));
}

static void others_read_what_is_younger_than_what_they_know(void **state)
{
    const uint64_t known = read_after(0).number;
    struct playbill_event event = {.event_id = 9,
                                   .state = PLAYBILL_DRAFT,
                                   .name = VIEW_LIT("Draft"),
                                   .poster = VIEW_LIT("https://example.org/p.jpg")};
    assert_int_equal(playbill_put_event(sql, &event, DEADLINE_NEVER), 0);
    struct playbill bill = read_after(known);
    assert_int_equal(bill.event_count, 1);
    assert_int_equal(bill.events[0].event_id, 9);
    assert_true(view_eq(bill.events[0].poster, event.poster));
    assert_int_equal(read_after(bill.number).event_count, 0);

    struct playbill_performance date = {.performance_id = 5,
                                        .starts_at_ms = 11,
                                        .utc_offset_known = true,
                                        .utc_offset_minutes = -210,
                                        .time_zone = VIEW_LIT("America/St_Johns"),
                                        .doors_at_ms = 10,
                                        .gate = VIEW_LIT("3"),
                                        .address = VIEW_LIT("1 Quay"),
                                        .later_ms = 3600000};
    uint32_t longest_ms = 1;
    assert_int_equal(playbill_longest_later(sql, 5, &longest_ms, DEADLINE_NEVER), 0);
    assert_int_equal(longest_ms, 0);
    assert_int_equal(playbill_put_performance(sql, &date, 0, DEADLINE_NEVER), 0);
    date.later_ms = 60000; /* holds from before may still live */
    assert_int_equal(playbill_put_performance(sql, &date, 0, DEADLINE_NEVER), 0);
    assert_int_equal(playbill_longest_later(sql, 5, &longest_ms, DEADLINE_NEVER), 0);
    assert_int_equal(longest_ms, 3600000);
    bill = read_after(bill.number);
    assert_int_equal(bill.event_count, 0);
    assert_int_equal(bill.performance_count, 1);
    assert_int_equal(bill.performances[0].utc_offset_minutes, -210);
    assert_true(view_eq(bill.performances[0].time_zone, date.time_zone));
    assert_int_equal(bill.performances[0].doors_at_ms, 10);
    assert_int_equal(bill.performances[0].later_ms, 60000);
    assert_true(view_eq(bill.performances[0].gate, date.gate));
    assert_true(view_eq(bill.performances[0].address, date.address));
}

static int next_move(struct playbill_move *ret_move)
{
    return playbill_next_move(sql, &arena, ret_move, DEADLINE_NEVER);
}

static void move_to(int64_t starts_at_ms, int64_t was_ms)
{
    const struct playbill_performance date = {.performance_id = 6, .starts_at_ms = starts_at_ms};
    assert_int_equal(playbill_put_performance(sql, &date, was_ms, DEADLINE_NEVER), 0);
}

struct told_job {
    struct sql_job job;
    const struct playbill_move *move;
    struct view to;
};

static int run_told(struct sql_job *base, struct sql_txn *txn)
{
    const struct told_job *job = (const struct told_job *)base;
    return playbill_told(txn, job->move, job->to);
}

static int told(const struct playbill_move *move, const char *to)
{
    struct told_job job = {.job.run = run_told, .move = move, .to = view_str(to)};
    return sql_write(sql, &job.job, DEADLINE_NEVER);
}

static void a_move_is_told_once_and_the_last_one_counts(void **state)
{
    struct playbill_move move, next;
    move_to(20, 0); /* as it was made */
    assert_int_equal(next_move(&move), ERR_NOT_FOUND);
    move_to(30, 20);
    move_to(40, 30); /* before anybody was told: one move, from 20 to 40 */
    assert_int_equal(next_move(&move), 0);
    assert_int_equal(move.was_ms, 20);
    assert_int_equal(move.starts_at_ms, 40);
    move_to(20, 40); /* back again: there is nothing to tell */
    assert_int_equal(next_move(&move), ERR_NOT_FOUND);
    move_to(20, 20); /* another time zone, say */
    assert_int_equal(next_move(&move), ERR_NOT_FOUND);
    move_to(50, 20);
    assert_int_equal(next_move(&move), 0);
    assert_int_equal(told(&move, "order 100"), 0);
    assert_int_equal(told(&move, "order 100"), ERR_CONFLICT); /* another process was faster */
    move_to(60, 50); /* some were told of 50: all are told of 60 */
    assert_int_equal(next_move(&next), 0);
    assert_true(next.move_id > move.move_id);
    assert_int_equal(next.was_ms, 50);
    assert_int_equal(next.told_to.len, 0);
    assert_int_equal(told(&next, ""), 0);
    assert_int_equal(next_move(&move), ERR_NOT_FOUND);
}

static void what_is_deleted_stays_so(void **state)
{
    struct playbill_event event = {
        .event_id = 9, .state = PLAYBILL_DELETED, .name = VIEW_LIT("Draft")};
    assert_int_equal(playbill_put_event(sql, &event, DEADLINE_NEVER), 0);
    event.state = PLAYBILL_PUBLISHED;
    assert_int_equal(playbill_put_event(sql, &event, DEADLINE_NEVER), ERR_NOT_FOUND);
}

/* ---- the chain ---- */

static char faults[1024];
static uint64_t chained;

static void keep_fault(void *state, enum playbill_about about, uint32_t id, const char *what)
{
    const size_t len = strlen(faults);
    static const char *const names[] = {"", "event", "performance", "hall", "made performance"};
    snprintf(faults + len, sizeof(faults) - len, "%s %u: %s\n", names[about], id, what);
}

/* What is wrong, a line each; empty: nothing is. */
static const char *check(void)
{
    struct playbill_chain chain;
    faults[0] = '\0';
    assert_int_equal(playbill_check(sql, &arena, keep_fault, NULL, &chain, DEADLINE_NEVER), 0);
    chained = chain.rows;
    return faults;
}

struct text_job {
    struct sql_job job;
    const char *text;
};

static int run_text(struct sql_job *base, struct sql_txn *txn)
{
    uint64_t changes;
    int err = sql_run(txn, ((struct text_job *)base)->text, SQL_NONE, &changes);
    return err == 0 && changes == 0 ? ERR_NOT_FOUND : err;
}

static void tamper(const char *text)
{
    struct text_job job = {.job.run = run_text, .text = text};
    assert_int_equal(sql_write(sql, &job.job, DEADLINE_NEVER), 0);
}

static void every_change_is_chained(void **state)
{
    struct playbill_event event = {.event_id = 20,
                                   .state = PLAYBILL_PUBLISHED,
                                   .name = VIEW_LIT("Night"),
                                   .description = VIEW_LIT("long"),
                                   .published_at_ms = 5};
    assert_string_equal(check(), "");
    const uint64_t before = chained;
    assert_int_equal(playbill_put_event(sql, &event, DEADLINE_NEVER), 0);
    event.name = VIEW_LIT("Late night");
    assert_int_equal(playbill_put_event(sql, &event, DEADLINE_NEVER), 0);
    const struct playbill_performance date = {.performance_id = 21,
                                              .starts_at_ms = 1000,
                                              .utc_offset_known = true,
                                              .utc_offset_minutes = -210,
                                              .time_zone = VIEW_LIT("America/St_Johns")};
    assert_int_equal(playbill_put_performance(sql, &date, 0, DEADLINE_NEVER), 0);
    assert_string_equal(check(), "");
    assert_int_equal(chained, before + 3);
}

static void what_was_changed_behind_its_back_is_found(void **state)
{
    static const struct {
        const char *wrong, *right, *says;
    } table[] = {
        {"UPDATE playbill SET name = 'Other' WHERE event_id = 20",
         "UPDATE playbill SET name = 'Late night' WHERE event_id = 20",
         "event 20: what is told of it is not what the chain says\n"},
        {"UPDATE playbill SET poster = 'https://example.net' WHERE event_id = 20",
         "UPDATE playbill SET poster = '' WHERE event_id = 20",
         "event 20: what is told of it is not what the chain says\n"},
        {"UPDATE performance_date SET starts_at_ms = 1001 WHERE performance_id = 21",
         "UPDATE performance_date SET starts_at_ms = 1000 WHERE performance_id = 21",
         "performance 21: what is told of it is not what the chain says\n"},
        {"UPDATE performance_date SET time_zone = 'UTC' WHERE performance_id = 21",
         "UPDATE performance_date SET time_zone = 'America/St_Johns' WHERE performance_id = 21",
         "performance 21: what is told of it is not what the chain says\n"},
        {"UPDATE performance_date SET performance_id = 22 WHERE performance_id = 21",
         "UPDATE performance_date SET performance_id = 21 WHERE performance_id = 22",
         "performance 22: what is told of it is not in the chain\n"
         "performance 21: what was told of it is missing\n"},
        {"UPDATE playbill SET number = number + 1 WHERE event_id = 0",
         "UPDATE playbill SET number = number - 1 WHERE event_id = 0",
         "event 0: the newest number is not that of the chain\n"},
        {"UPDATE playbill_row SET id = 23 WHERE about = 1 AND id = 20",
         "UPDATE playbill_row SET id = 20 WHERE about = 1 AND id = 23",
         "event 23: its row's hash is wrong\nevent 23: its row's hash is wrong\n"
         "event 20: what is told of it is not in the chain\n"
         "event 23: what was told of it is missing\n"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        tamper(table[i].wrong);
        assert_string_equal(check(), table[i].says);
        tamper(table[i].right);
        assert_string_equal(check(), "");
    }
    /* A row that is taken out of the middle leaves a gap. */
    tamper("DELETE FROM playbill_row WHERE seq = 2");
    assert_non_null(strstr(check(), "its row does not follow the row before"));
    assert_non_null(strstr(check(), "its row does not hang on the row before"));
}

static void an_earlier_store_is_chained_as_it_is(void **state)
{
    tamper("DELETE FROM playbill_row");
    assert_non_null(strstr(check(), "is not in the chain"));
    assert_int_equal(playbill_chain_adopt(sql, &arena, DEADLINE_NEVER), 0);
    assert_string_equal(check(), "");
    const uint64_t rows = chained;
    assert_true(rows > 0);
    assert_int_equal(playbill_chain_adopt(sql, &arena, DEADLINE_NEVER), 0); /* once */
    assert_string_equal(check(), "");
    assert_int_equal(chained, rows);
    const struct playbill_event event = {.event_id = 30, .state = PLAYBILL_DRAFT};
    assert_int_equal(playbill_put_event(sql, &event, DEADLINE_NEVER), 0);
    assert_string_equal(check(), "");
    assert_int_equal(chained, rows + 1);
}

static void what_no_genesis_covers_is_chained_once(void **state)
{
    static const struct sql_step step = {
        "a store's", "CREATE TABLE hall (hall_id {int} NOT NULL, name {long} NOT NULL,"
                     " section_count {int} NOT NULL, layout_hash {bytes} NOT NULL);"
                     "CREATE TABLE performance (performance_id {int} NOT NULL, hall_id {int} NOT"
                     " NULL, utc_offset_minutes {int}, covers_names {int} NOT NULL);"
                     "INSERT INTO hall VALUES (1, 'Old', 2, zeroblob(32));"
                     "INSERT INTO hall VALUES (2, 'New', 3, zeroblob(32));"
                     "INSERT INTO performance VALUES (1, 2, 540, 1)"};
    static const struct {
        const char *wrong, *right, *says;
    } table[] = {
        {"UPDATE hall SET name = 'Odd' WHERE hall_id = 1",
         "UPDATE hall SET name = 'Old' WHERE hall_id = 1",
         "hall 1: what is told of it is not what the chain says\n"},
        {"UPDATE hall SET section_count = 3 WHERE hall_id = 1",
         "UPDATE hall SET section_count = 2 WHERE hall_id = 1",
         "hall 1: what is told of it is not what the chain says\n"},
        {"UPDATE performance SET utc_offset_minutes = 0 WHERE performance_id = 8",
         "UPDATE performance SET utc_offset_minutes = NULL WHERE performance_id = 8",
         "made performance 8: what is told of it is not what the chain says\n"},
        {"UPDATE performance SET utc_offset_minutes = 541 WHERE performance_id = 7",
         "UPDATE performance SET utc_offset_minutes = 540 WHERE performance_id = 7",
         "made performance 7: what is told of it is not what the chain says\n"},
        {"UPDATE hall SET hall_id = 3 WHERE hall_id = 1",
         "UPDATE hall SET hall_id = 1 WHERE hall_id = 3",
         "hall 1: what was told of it is missing\n"},
        {"UPDATE performance SET hall_id = 2 WHERE performance_id = 8",
         "UPDATE performance SET hall_id = 1 WHERE performance_id = 8",
         "hall 2: what is told of it is not in the chain\n"},
    };
    assert_int_equal(sql_migrate(sql, "of_store", &step, 1, false, 1), 0);
    assert_string_equal(check(), "");
    const uint64_t rows = chained;
    /* All that there is, is covered by a genesis hash. */
    assert_int_equal(playbill_chain_adopt_halls(sql, &arena, DEADLINE_NEVER), 0);
    assert_string_equal(check(), "");
    assert_int_equal(chained, rows);
    tamper("INSERT INTO performance VALUES (7, 1, 540, 0)");
    tamper("INSERT INTO performance VALUES (8, 1, NULL, 0)");
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(playbill_chain_adopt_halls(sql, &arena, DEADLINE_NEVER), 0);
        assert_string_equal(check(), "");
        assert_int_equal(chained, rows + 3); /* the hall, and both of its performances */
    }
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        tamper(table[i].wrong);
        assert_string_equal(check(), table[i].says);
        tamper(table[i].right);
        assert_string_equal(check(), "");
    }
    /* A wrong name is not adopted later. */
    tamper(table[0].wrong);
    assert_int_equal(playbill_chain_adopt_halls(sql, &arena, DEADLINE_NEVER), 0);
    assert_string_equal(check(), table[0].says);
    tamper(table[0].right);
    const struct playbill_event event = {.event_id = 31, .state = PLAYBILL_DRAFT};
    assert_int_equal(playbill_put_event(sql, &event, DEADLINE_NEVER), 0);
    assert_string_equal(check(), "");
    /* Their rows cannot be cut out, and not cut off without a number that is too high. */
    tamper("DELETE FROM playbill_row WHERE id = 31 OR about > 2");
    assert_string_equal(check(), "event 0: the newest number is not that of the chain\n"
                                 "event 31: what is told of it is not in the chain\n");
}

/* A performance never took unpaid orders where it was made so; once it did, for good. */
static void whether_unpaid_orders_are_taken_is_told_and_remembered(void **state)
{
    static const struct sql_step step = {"of a sale",
                                         "CREATE TABLE performance (performance_id {int} NOT NULL,"
                                         " version {int} NOT NULL, PRIMARY KEY (performance_id))"};
    struct playbill_performance made = {.performance_id = 51, .starts_at_ms = 1};
    struct playbill_performance old = {.performance_id = 52, .starts_at_ms = 1};
    bool took = false;
    assert_int_equal(sql_migrate(sql, "of_sale", &step, 1, false, 1), 0);
    tamper("INSERT INTO performance VALUES (51, 0)");
    tamper("INSERT INTO performance VALUES (52, 7)");
    uint64_t known = read_after(0).number;
    assert_int_equal(payment_rule_took_unpaid(sql, 51, &took, DEADLINE_NEVER), 0);
    assert_true(took); /* without a rule */
    made.payment_required = true;
    assert_int_equal(playbill_put_performance(sql, &made, 0, DEADLINE_NEVER), 0);
    assert_true(read_after(known).performances[0].payment_required);
    assert_int_equal(payment_rule_took_unpaid(sql, 51, &took, DEADLINE_NEVER), 0);
    assert_false(took);
    for (int required = 0; required < 2; required++) {
        known = read_after(0).number;
        made.payment_required = required;
        assert_int_equal(playbill_put_performance(sql, &made, 0, DEADLINE_NEVER), 0);
        assert_int_equal(read_after(known).performances[0].payment_required, required);
        assert_int_equal(payment_rule_took_unpaid(sql, 51, &took, DEADLINE_NEVER), 0);
        assert_true(took);
    }
    /* One that sold before there was the rule. */
    old.payment_required = true;
    assert_int_equal(playbill_put_performance(sql, &old, 0, DEADLINE_NEVER), 0);
    assert_int_equal(payment_rule_took_unpaid(sql, 52, &took, DEADLINE_NEVER), 0);
    assert_true(took);
    tamper("DROP TABLE performance"); /* another test has one of its own */
}

static int set_up(void **state)
{
    arena_init(&arena, 64u << 20);
    int err = sql_faulty_new(&arena, &sql);
    return err == 0 ? playbill_migrate(sql, false, 1) : err;
}

static int tear_down(void **state)
{
    arena_release(&arena);
    sql_free(sql);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_of_an_earlier_store_are_published_once),
        cmocka_unit_test(others_read_what_is_younger_than_what_they_know),
        cmocka_unit_test(whether_unpaid_orders_are_taken_is_told_and_remembered),
        cmocka_unit_test(a_move_is_told_once_and_the_last_one_counts),
        cmocka_unit_test(what_is_deleted_stays_so),
        cmocka_unit_test(every_change_is_chained),
        cmocka_unit_test(what_was_changed_behind_its_back_is_found),
        cmocka_unit_test(an_earlier_store_is_chained_as_it_is),
        cmocka_unit_test(what_no_genesis_covers_is_chained_once)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
