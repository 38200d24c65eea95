/* The feed is gapless and an organiser's own; a hook is told in order, given up in time, and goes
 * on from where it is sent to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/accounts.h"
#include "store/hooks.h"
#include "store/mails.h"
#include "store/organisers.h"

#define END_MS 1000

static struct sql *sql;
static struct arena arena;

/* Of the sale's own tables, what the feed looks at. */
static const struct sql_step sale_steps[] = {
    {"sale tables",
     "CREATE TABLE event (event_id {id}, organiser_id {int} NOT NULL);"
     "CREATE TABLE performance (performance_id {id}, event_id {int} NOT NULL,"
     " currency {text} NOT NULL);"
     "INSERT INTO event (event_id, organiser_id) VALUES (5, 1);"
     "INSERT INTO event (event_id, organiser_id) VALUES (6, 2);"
     "INSERT INTO performance (performance_id, event_id, currency) VALUES (7, 5, 'KRW');"
     "INSERT INTO performance (performance_id, event_id, currency) VALUES (8, 6, 'EUR')"},
};

static const struct act act = {
    .at_ms = 1, .what = VIEW_LIT("webhook.test"), .about = VIEW_LIT("x")};

struct note_job {
    struct sql_job job;
    struct hook_event event;
    int fail;
};

static int run_note(struct sql_job *base, struct sql_txn *txn)
{
    const struct note_job *job = (const struct note_job *)base;
    int err = hook_note(txn, &job->event);
    return err == 0 ? job->fail : err;
}

static int note(uint32_t performance_id, enum hook_type type, int64_t at_ms, int fail)
{
    struct note_job job = {.job.run = run_note,
                           .event = {.type = type,
                                     .at_ms = at_ms,
                                     .performance_id = performance_id,
                                     .order_id = {1, (uint64_t)at_ms},
                                     .seat = -1,
                                     .amount = 5000},
                           .fail = fail};
    return sql_write(sql, &job.job, DEADLINE_NEVER);
}

static uint64_t put(uint32_t organiser_id, uint32_t types)
{
    const struct hook hook = {.organiser_id = organiser_id,
                              .types = types,
                              .address = VIEW_LIT("https://example.org/hook"),
                              .secret = VIEW_LIT("sealed"),
                              .created_at_ms = 10};
    uint64_t id = 0;
    assert_int_equal(hook_put(sql, &hook, &act, &id, DEADLINE_NEVER), 0);
    return id;
}

static struct hook get(uint64_t id)
{
    struct hook hook;
    assert_int_equal(hook_get(sql, id, &arena, &hook, DEADLINE_NEVER), 0);
    return hook;
}

static size_t events(uint32_t organiser_id, uint64_t from, bool down, struct hook_event **ret)
{
    size_t count = 0;
    assert_int_equal(
        hook_events(sql, organiser_id, from, down, 100, &arena, ret, &count, DEADLINE_NEVER), 0);
    return count;
}

static size_t due(int64_t now_ms)
{
    struct hook *hooks;
    size_t count = 0;
    assert_int_equal(hook_due(sql, now_ms, &arena, &hooks, &count, DEADLINE_NEVER), 0);
    return count;
}

static size_t mails(void)
{
    struct mail *list;
    size_t count = 0;
    assert_int_equal(mail_list(sql, 0, (struct view){0}, 10, &arena, &list, &count, DEADLINE_NEVER),
                     0);
    return count;
}

static bool end(uint64_t id, const struct hook_outcome *outcome)
{
    bool given_up = false;
    assert_int_equal(hook_end(sql, id, outcome, &given_up, DEADLINE_NEVER), 0);
    return given_up;
}

static int setup(void **state)
{
    uint32_t other;
    const struct organiser second = {.name = VIEW_LIT("Second"), .created_at_ms = 1};
    arena_init(&arena, 1u << 20);
    assert_int_equal(sql_faulty_new(&arena, &sql), 0);
    assert_int_equal(accounts_migrate(sql, false, 1), 0);
    assert_int_equal(hooks_migrate(sql, false, 1), 0);
    assert_int_equal(sql_migrate(sql, "sale_tables", sale_steps, 1, false, 1), 0);
    assert_int_equal(organiser_put(sql, &second, VIEW_LIT("owner@example.org"), 1u << 5, &act,
                                   &other, DEADLINE_NEVER),
                     0);
    assert_int_equal(other, 2);
    return 0;
}

static int teardown(void **state)
{
    sql_free(sql);
    arena_release(&arena);
    return 0;
}

static void nothing_is_written_before_somebody_wants_it(void **state)
{
    struct hook_event *list;
    assert_int_equal(note(7, HOOK_ORDER_MADE, 100, 0), 0);
    put(2, 0);
    assert_int_equal(note(7, HOOK_ORDER_MADE, 101, 0), 0); /* the first organiser's: no feed */
    assert_int_equal(note(99, HOOK_ORDER_MADE, 102, 0), 0);
    assert_int_equal(events(1, 0, false, &list), 0);
    assert_int_equal(events(2, 0, false, &list), 0);
}

static void a_feed_has_no_gap_and_no_other_ones_events(void **state)
{
    struct hook_event *list;
    put(1, 0);
    put(2, 0);
    assert_int_equal(note(7, HOOK_ORDER_MADE, 100, 0), 0);
    assert_int_equal(note(7, HOOK_ORDER_PAID, 101, ERR_INVALID), ERR_INVALID); /* taken back */
    assert_int_equal(note(8, HOOK_ORDER_MADE, 102, 0), 0);
    assert_int_equal(note(7, HOOK_ORDER_CANCELLED, 103, 0), 0);
    assert_int_equal(events(1, 0, false, &list), 2);
    assert_int_equal(list[0].seq, 1);
    assert_int_equal(list[1].seq, 2);
    assert_int_equal(list[1].type, HOOK_ORDER_CANCELLED);
    assert_int_equal(list[1].event_id, 5);
    assert_string_equal(list[1].currency, "KRW");
    assert_int_equal(list[1].order_id.lo, 103);
    assert_int_equal(events(1, UINT64_MAX, true, &list), 2);
    assert_int_equal(list[0].seq, 2);
    assert_int_equal(events(2, 0, false, &list), 1);
    assert_string_equal(list[0].currency, "EUR");
}

static void a_hook_is_told_from_its_making_on_by_one_at_a_time(void **state)
{
    put(1, 0);
    assert_int_equal(note(7, HOOK_ORDER_MADE, 100, 0), 0);
    const uint64_t id = put(1, 1u << HOOK_ORDER_PAID);
    assert_int_equal(get(id).position, 1);
    assert_true(hook_wants(&(struct hook){.types = 1u << HOOK_ORDER_PAID}, HOOK_ORDER_PAID));
    assert_false(hook_wants(&(struct hook){.types = 1u << HOOK_ORDER_PAID}, HOOK_ORDER_MADE));
    assert_int_equal(due(200), 1); /* the first one alone has something to hear */
    assert_int_equal(note(7, HOOK_ORDER_PAID, 101, 0), 0);
    assert_int_equal(due(200), 2);
    assert_int_equal(hook_begin(sql, id, 200, 300, DEADLINE_NEVER), 0);
    assert_int_equal(hook_begin(sql, id, 201, 301, DEADLINE_NEVER), ERR_BUSY);
    assert_int_equal(due(201), 1);
    assert_int_equal(due(300), 2); /* its process died */
    assert_int_equal(hook_begin_anew(sql, DEADLINE_NEVER), 0);
    assert_int_equal(due(201), 2);
    assert_false(end(id, &(struct hook_outcome){.from = 1, .to = 2, .taken = true, .at_ms = 210}));
    assert_int_equal(get(id).position, 2);
    assert_int_equal(get(id).taken_at_ms, 210);
    assert_int_equal(due(211), 1);
}

static void what_takes_nothing_for_long_is_given_up_and_its_owner_is_told(void **state)
{
    const uint64_t id = put(2, 0);
    struct hook_outcome o = {.failed = true, .end_ms = END_MS, .error = VIEW_LIT("HTTP 500")};
    assert_int_equal(note(8, HOOK_ORDER_MADE, 100, 0), 0);
    for (int64_t at = 200; at < 200 + END_MS; at += 100) {
        o.at_ms = at;
        o.next_try_at_ms = at + 50;
        assert_false(end(id, &o));
        assert_int_equal(due(at + 10), 0);
        assert_int_equal(due(at + 50), 1);
    }
    assert_int_equal(get(id).tries, 10);
    assert_int_equal(get(id).failing_since_ms, 200);
    assert_int_equal(mails(), 0);
    o.at_ms = 200 + END_MS;
    assert_true(end(id, &o));
    assert_int_equal(get(id).state, HOOK_GIVEN_UP);
    assert_int_equal(due(1u << 30), 0);
    assert_int_equal(mails(), 1);
    assert_false(end(id, &o)); /* once */
    assert_int_equal(mails(), 1);
    assert_int_equal(hook_replay(sql, id, 0, 2000, &act, DEADLINE_NEVER), 0);
    assert_int_equal(get(id).state, HOOK_ACTIVE);
    assert_int_equal(get(id).tries, 0);
    assert_int_equal(due(2000), 1);
    o.give_up = true; /* 410 */
    o.at_ms = 2001;
    assert_true(end(id, &o));
}

static void a_success_begins_the_count_anew(void **state)
{
    const uint64_t id = put(2, 0);
    struct hook_outcome o = {.failed = true, .end_ms = END_MS, .at_ms = 100};
    assert_int_equal(note(8, HOOK_ORDER_MADE, 100, 0), 0);
    assert_false(end(id, &o));
    assert_false(end(id, &(struct hook_outcome){.to = 1, .taken = true, .at_ms = 900}));
    assert_int_equal(get(id).failing_since_ms, 0);
    assert_int_equal(get(id).last_error.len, 0);
    o.at_ms = 1200;
    assert_false(end(id, &o));
}

static void it_is_told_again_from_a_number_on(void **state)
{
    const uint64_t id = put(1, 0);
    uint64_t oldest = 9;
    for (int64_t at = 1; at <= 5; at++)
        assert_int_equal(note(7, HOOK_ORDER_MADE, 100 * at, 0), 0);
    assert_false(end(id, &(struct hook_outcome){.to = 5, .taken = true}));
    assert_int_equal(hook_replay(sql, id, 6, 1, &act, DEADLINE_NEVER), ERR_INVALID);
    assert_int_equal(hook_replay(sql, id, 2, 1, &act, DEADLINE_NEVER), 0);
    assert_int_equal(get(id).position, 1);
    /* One that was told meanwhile does not move it. */
    assert_false(end(id, &(struct hook_outcome){.from = 5, .to = 6, .taken = true}));
    assert_int_equal(get(id).position, 1);
    assert_int_equal(hook_sweep(sql, 301, DEADLINE_NEVER), 0);
    assert_int_equal(hook_oldest(sql, 1, &oldest, DEADLINE_NEVER), 0);
    assert_int_equal(oldest, 4);
    assert_int_equal(hook_replay(sql, id, 3, 1, &act, DEADLINE_NEVER), ERR_INVALID);
    assert_int_equal(hook_replay(sql, id, 4, 1, &act, DEADLINE_NEVER), 0);
    assert_int_equal(hook_replay(sql, 77, 4, 1, &act, DEADLINE_NEVER), ERR_NOT_FOUND);
}

static void secrets_change_places_and_hooks_have_a_maximum(void **state)
{
    const struct hook hook = {
        .organiser_id = 1, .address = VIEW_LIT("https://a"), .secret = VIEW_LIT("s")};
    struct hook *list;
    size_t count;
    uint64_t id = put(1, 0), more;
    assert_int_equal(hook_rotate(sql, id, VIEW_LIT("new"), 500, &act, DEADLINE_NEVER), 0);
    assert_true(view_eq(get(id).secret, VIEW_LIT("new")));
    assert_true(view_eq(get(id).old_secret, VIEW_LIT("sealed")));
    assert_int_equal(get(id).old_until_ms, 500);
    for (int i = 1; i < HOOKS_MAX; i++)
        put(1, 0);
    assert_int_equal(hook_put(sql, &hook, &act, &more, DEADLINE_NEVER), ERR_FULL);
    assert_int_equal(hook_list(sql, 1, &arena, &list, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, HOOKS_MAX);
    assert_int_equal(hook_delete(sql, id, &act, DEADLINE_NEVER), 0);
    assert_int_equal(hook_delete(sql, id, &act, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_int_equal(hook_get(sql, id, &arena, &list[0], DEADLINE_NEVER), ERR_NOT_FOUND);
    struct hook nobodys = hook;
    nobodys.organiser_id = 99;
    assert_int_equal(hook_put(sql, &nobodys, &act, &more, DEADLINE_NEVER), ERR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_written_before_somebody_wants_it),
        TEST(a_feed_has_no_gap_and_no_other_ones_events),
        TEST(a_hook_is_told_from_its_making_on_by_one_at_a_time),
        TEST(what_takes_nothing_for_long_is_given_up_and_its_owner_is_told),
        TEST(a_success_begins_the_count_anew),
        TEST(it_is_told_again_from_a_number_on),
        TEST(secrets_change_places_and_hooks_have_a_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
