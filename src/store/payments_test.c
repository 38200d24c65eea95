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
#include "store/payments_heard.h"
#include "store/payments_watch.h"

static struct sql *sql;
static struct arena arena;
static const uint8_t hash_a[32] = {1}, hash_b[32] = {2};

static struct id number(uint64_t n)
{
    return (struct id){1, n};
}

static struct payment payment_of(uint64_t n, uint64_t hold)
{
    return (struct payment){.payment_id = number(n),
                            .hold_id = number(hold),
                            .account_id = number(900),
                            .performance_id = 7,
                            .state = PAYMENT_WAITING,
                            .books.amount = 1000,
                            .currency = VIEW_LIT("KRW"),
                            .provider = VIEW_LIT("toss"),
                            .return_path = VIEW_LIT("/pay"),
                            .seats = {3, 70000},
                            .seat_count = 2,
                            .created_at_ms = 5,
                            .must_finish_by_ms = 50,
                            .next_at_ms = 40};
}

static int put(uint64_t n, uint64_t hold, const char *key, const uint8_t hash[32])
{
    const struct payment p = payment_of(n, hold);
    return payment_put(sql, &p, view_str(key), view_of(hash, 32), DEADLINE_NEVER);
}

static struct payment get(uint64_t n)
{
    struct payment p;
    assert_int_equal(payment_get(sql, number(n), &arena, &p, DEADLINE_NEVER), 0);
    return p;
}

static void an_attempt_is_read_as_it_was_put(void **state)
{
    assert_int_equal(put(1, 100, "k1", hash_a), 0);
    const struct payment p = get(1);
    assert_true(id_eq(p.hold_id, number(100)) && id_is_zero(p.order_id));
    assert_int_equal(p.state, PAYMENT_WAITING);
    assert_int_equal(p.books.amount, 1000);
    assert_true(view_eq(p.provider, VIEW_LIT("toss")) && view_eq(p.currency, VIEW_LIT("KRW")));
    assert_true(view_eq(p.return_path, VIEW_LIT("/pay")) && p.ref.len == 0);
    assert_int_equal(p.seat_count, 2);
    assert_int_equal(p.seats[1], 70000);
    assert_int_equal(p.must_finish_by_ms, 50);
    assert_int_equal(p.version, 1);
    assert_false(p.extended);
    struct payment none;
    assert_int_equal(payment_get(sql, number(2), &arena, &none, DEADLINE_NEVER), ERR_NOT_FOUND);
}

static void a_key_is_used_once(void **state)
{
    struct payment p;
    bool same;
    assert_int_equal(put(2, 200, "k1", hash_a), ERR_EXISTS);
    assert_int_equal(payment_by_key(sql, number(900), VIEW_LIT("k1"), view_of(hash_a, 32), &arena,
                                    &p, &same, DEADLINE_NEVER),
                     0);
    assert_true(same && id_eq(p.payment_id, number(1)));
    assert_int_equal(payment_by_key(sql, number(900), VIEW_LIT("k1"), view_of(hash_b, 32), &arena,
                                    &p, &same, DEADLINE_NEVER),
                     0);
    assert_false(same);
    assert_int_equal(payment_by_key(sql, number(901), VIEW_LIT("k1"), view_of(hash_a, 32), &arena,
                                    &p, &same, DEADLINE_NEVER),
                     ERR_NOT_FOUND);
}

static struct payment_event event_of(const struct payment *p, const char *text)
{
    return (struct payment_event){
        .at_ms = 9, .payment_id = p->payment_id, .what = "state", .text = view_str(text)};
}

static void a_hold_has_one_attempt_that_is_not_dead(void **state)
{
    struct payment p;
    assert_int_equal(put(2, 100, "k2", hash_a), ERR_CONFLICT);
    assert_int_equal(payment_of_hold(sql, number(100), &arena, &p, DEADLINE_NEVER), 0);
    assert_true(id_eq(p.payment_id, number(1)));
    p.state = PAYMENT_DECLINED;
    p.reason = VIEW_LIT("CARD_DECLINED");
    p.next_at_ms = 0;
    const struct payment_event event = event_of(&p, "declined");
    assert_int_equal(payment_save(sql, &p, &event, NULL, DEADLINE_NEVER), 0);
    assert_int_equal(p.version, 2);
    assert_int_equal(payment_of_hold(sql, number(100), &arena, &p, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_int_equal(put(2, 100, "k2", hash_a), 0);
    /* The dead one's money turns up after all: the hold stays the second's. */
    p = get(1);
    p.state = PAYMENT_CAPTURED;
    p.books.captured = 1000;
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0);
    assert_int_equal(payment_of_hold(sql, number(100), &arena, &p, DEADLINE_NEVER), 0);
    assert_true(id_eq(p.payment_id, number(2)));
}

static void money_that_goes_back_without_an_order_leaves_the_hold(void **state)
{
    struct payment p;
    assert_int_equal(put(95, 900, "k95", hash_a), 0);
    p = get(95);
    p.state = PAYMENT_CAPTURED;
    p.books.captured = 1000;
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0);
    assert_int_equal(put(96, 900, "k96", hash_a), ERR_CONFLICT);
    p = get(95);
    p.state = PAYMENT_REFUNDING;
    p.books.pending = 1000;
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0);
    assert_int_equal(payment_of_hold(sql, number(900), &arena, &p, DEADLINE_NEVER), ERR_NOT_FOUND);
    assert_int_equal(put(96, 900, "k96", hash_a), 0);
}

static void who_comes_second_is_told(void **state)
{
    struct payment first = get(2), second = get(2);
    first.state = second.state = PAYMENT_CONFIRMING;
    first.ref = VIEW_LIT("key-2");
    assert_int_equal(payment_save(sql, &first, NULL, NULL, DEADLINE_NEVER), 0);
    assert_int_equal(payment_save(sql, &second, NULL, NULL, DEADLINE_NEVER), ERR_CONFLICT);
    struct payment p;
    assert_int_equal(
        payment_by_ref(sql, VIEW_LIT("toss"), VIEW_LIT("key-2"), &arena, &p, DEADLINE_NEVER), 0);
    assert_true(id_eq(p.payment_id, number(2)));
    assert_int_equal(
        payment_by_ref(sql, VIEW_LIT("stripe"), VIEW_LIT("key-2"), &arena, &p, DEADLINE_NEVER),
        ERR_NOT_FOUND);
}

static void a_refund_and_its_payment_move_together(void **state)
{
    struct payment p = get(2);
    p.state = PAYMENT_CAPTURED;
    p.books.captured = 1000;
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0);
    p.state = PAYMENT_DONE;
    p.order_id = number(100);
    p.books.sold = 1000;
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0);
    struct refund r = {.refund_id = number(50),
                       .payment_id = number(2),
                       .order_id = number(100),
                       .state = REFUND_PENDING,
                       .amount = 900,
                       .charge = 100,
                       .taken = 300,
                       .reason = VIEW_LIT("given back"),
                       .created_at_ms = 11,
                       .next_at_ms = 11,
                       .version = 1};
    p.state = PAYMENT_REFUNDING;
    p.books.sold = 0;
    p.books.kept = 100;
    p.books.pending = 900;
    assert_int_equal(payment_save(sql, &p, NULL, &r, DEADLINE_NEVER), 0);
    struct id *ids;
    size_t count;
    assert_int_equal(
        refunds_due(sql, (struct view){0}, 10, 10, &arena, &ids, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
    assert_int_equal(
        refunds_due(sql, (struct view){0}, 11, 10, &arena, &ids, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1);
    struct refund *refunds;
    assert_int_equal(refunds_of(sql, number(2), &arena, &refunds, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1);
    assert_int_equal(refunds[0].amount, 900);
    assert_int_equal(refunds[0].taken, 300);
    r.taken = 400;
    /* Neither moves where the refund was changed by somebody else. */
    r.state = REFUND_DONE;
    struct payment q = p;
    q.state = PAYMENT_REFUNDED;
    q.books.pending = 0;
    q.books.refunded = 900;
    for (uint32_t version = 0; version <= 2; version += 2) {
        r.version = version;
        assert_int_equal(refund_save(sql, &q, &r, NULL, NULL, DEADLINE_NEVER), ERR_CONFLICT);
        assert_int_equal(get(2).state, PAYMENT_REFUNDING);
    }
    r.version = 1;
    r.next_at_ms = 0;
    q.version = p.version;
    assert_int_equal(refund_save(sql, &q, &r, NULL, NULL, DEADLINE_NEVER), 0);
    assert_int_equal(get(2).state, PAYMENT_REFUNDED);
    assert_int_equal(refund_get(sql, number(50), &arena, &r, DEADLINE_NEVER), 0);
    assert_int_equal(r.state, REFUND_DONE);
    assert_int_equal(r.taken, 400);
}

static void what_is_due_comes_in_order(void **state)
{
    struct id *ids;
    size_t count;
    for (uint64_t n = 10; n < 15; n++)
        assert_int_equal(put(n, 1000 + n, (const char[]){(char)('a' + n), 0}, hash_a), 0);
    struct payment p = get(12);
    p.next_at_ms = 20;
    assert_int_equal(payment_save(sql, &p, NULL, NULL, DEADLINE_NEVER), 0);
    assert_int_equal(
        payments_due(sql, (struct view){0}, 39, 10, &arena, &ids, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1);
    assert_int_equal(
        payments_due(sql, (struct view){0}, 40, 3, &arena, &ids, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 3);
    assert_true(id_eq(ids[0], number(12)));
}

static void lists_stories_and_sums(void **state)
{
    struct payment *payments;
    struct payment_event *events;
    struct payment_sum *sums;
    size_t count;
    assert_int_equal(payments_of(sql, number(100), &arena, &payments, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 2);
    assert_int_equal(payment_story(sql, number(1), &arena, &events, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 2);
    assert_string_equal(events[0].what, "attempt");
    assert_true(view_eq(events[1].text, VIEW_LIT("declined")));
    assert_int_equal(payment_list(sql, 7, PAYMENT_WAITING, (struct id){0}, 2, &arena, &payments,
                                  &count, DEADLINE_NEVER),
                     0);
    assert_int_equal(count, 2);
    assert_int_equal(
        payment_list(sql, 0, 0, number(13), 10, &arena, &payments, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1);
    assert_int_equal(payment_sums(sql, 7, &arena, &sums, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1);
    assert_int_equal(sums[0].books.captured, 2000);
    assert_int_equal(sums[0].books.refunded, 900);
    assert_int_equal(sums[0].books.kept, 100);
    assert_int_equal(payment_sums(sql, 8, &arena, &sums, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
}

static void a_webhook_is_heard_once(void **state)
{
    assert_int_equal(webhook_put(sql, VIEW_LIT("toss"), VIEW_LIT("e1"), 1, DEADLINE_NEVER), 0);
    assert_int_equal(webhook_put(sql, VIEW_LIT("toss"), VIEW_LIT("e1"), 2, DEADLINE_NEVER),
                     ERR_EXISTS);
    assert_int_equal(webhook_put(sql, VIEW_LIT("stripe"), VIEW_LIT("e1"), 1, DEADLINE_NEVER), 0);
    assert_int_equal(webhook_put(sql, VIEW_LIT("toss"), VIEW_LIT(""), 1, DEADLINE_NEVER),
                     ERR_INVALID);
}

static void a_webhook_is_forgotten_by_its_age(void **state)
{
    const struct view toss = VIEW_LIT("toss"), nicepay = VIEW_LIT("nicepay");
    bool known;
    assert_int_equal(webhooks_forget(sql, INT64_MAX, DEADLINE_NEVER), 0);
    assert_int_equal(webhook_put(sql, nicepay, VIEW_LIT("a"), 1000, DEADLINE_NEVER), 0);
    assert_int_equal(webhook_put(sql, nicepay, VIEW_LIT("b"), 2000, DEADLINE_NEVER), 0);
    assert_int_equal(
        webhook_put(sql, toss, VIEW_LIT("c"), 1000 + WEBHOOKS_FORGET_MS, DEADLINE_NEVER), 0);
    assert_int_equal(webhooks_forget(sql, 2000, DEADLINE_NEVER), 0);
    assert_int_equal(webhook_known(sql, nicepay, VIEW_LIT("a"), &arena, &known, DEADLINE_NEVER), 0);
    assert_false(known);
    assert_int_equal(webhook_known(sql, nicepay, VIEW_LIT("b"), &arena, &known, DEADLINE_NEVER), 0);
    assert_true(known);
    /* What is very old goes in steps. */
    assert_int_equal(webhook_put(sql, nicepay, VIEW_LIT("a"), 1000, DEADLINE_NEVER), 0);
    assert_int_equal(webhooks_forget(sql, INT64_MAX, DEADLINE_NEVER), 0);
    assert_int_equal(webhook_known(sql, nicepay, VIEW_LIT("b"), &arena, &known, DEADLINE_NEVER), 0);
    assert_false(known);
    assert_int_equal(webhook_known(sql, toss, VIEW_LIT("c"), &arena, &known, DEADLINE_NEVER), 0);
    assert_true(known);
}

/* Whatever a provider, or somebody in its name, has said: a story is a text of one line. */
static void a_story_is_text(void **state)
{
    char text[PAYMENT_EVENT_MAX + 4];
    struct payment_event *events;
    size_t count;
    memset(text, 'a', sizeof(text));
    memcpy(text + PAYMENT_EVENT_MAX - 1, "\xed\x95\x9c", 3); /* cut in a character's middle */
    const struct view texts[] = {view_of("\xff", 1), VIEW_LIT("a\nb"), view_of(text, sizeof(text))};
    for (size_t i = 0; i < 3; i++) {
        const struct payment_event event = {
            .at_ms = 1, .payment_id = {9, 9}, .what = "webhook", .text = texts[i]};
        assert_int_equal(payment_note(sql, &event, DEADLINE_NEVER), 0);
    }
    assert_int_equal(payment_story(sql, (struct id){9, 9}, &arena, &events, &count, DEADLINE_NEVER),
                     0);
    assert_int_equal(count, 3);
    assert_string_equal(events[0].text.at, "(bytes that are no text)");
    assert_string_equal(events[1].text.at, "(bytes that are no text)");
    assert_int_equal(events[2].text.len, PAYMENT_EVENT_MAX - 1);
}

/* What payment_events_read tells behind a number, as "1 2 5". */
static const char *told_after(uint64_t after, int64_t now_ms)
{
    static char text[200];
    struct payment_told_event *events;
    size_t count, len = 0;
    assert_int_equal(payment_events_read(sql, after, PAYMENT_EVENTS_MAX, now_ms, &arena, &events,
                                         &count, DEADLINE_NEVER),
                     0);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%d", i > 0 ? " " : "",
                                (int)events[i].event_id);
    return text;
}

/* An event under a number of our choice, as another transaction took it. */
struct numbered_job {
    struct sql_job job;
    int64_t event_id, at_ms;
};

static int run_numbered(struct sql_job *base, struct sql_txn *txn)
{
    const struct numbered_job *job = (const struct numbered_job *)base;
    return sql_run(txn,
                   "INSERT INTO payment_event (event_id, payment_id, at_ms, what, text, amount)"
                   " VALUES (?, ?, ?, 'state', '', 0)",
                   SQL(sql_int(job->event_id), sql_id(number(1)), sql_int(job->at_ms)), NULL);
}

static void commit_event(int64_t event_id, int64_t at_ms)
{
    struct numbered_job job = {.job.run = run_numbered, .event_id = event_id, .at_ms = at_ms};
    assert_int_equal(sql_write(sql, &job.job, DEADLINE_NEVER), 0);
}

/* The last event that is there. */
static uint64_t last_event(void)
{
    struct payment_told_event *events;
    size_t count;
    assert_int_equal(
        payment_events_read(sql, 0, PAYMENT_EVENTS_MAX, 0, &arena, &events, &count, DEADLINE_NEVER),
        0);
    assert_true(count > 0 && events[count - 1].event_id == count); /* there is no gap as yet */
    return count;
}

static void events_are_told_with_their_attempt(void **state)
{
    struct payment_told_event *events;
    size_t count;
    assert_int_equal(payment_events_read(sql, 0, 2, 0, &arena, &events, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 2);
    assert_true(events[0].known && id_eq(events[0].event.payment_id, number(1)));
    assert_true(id_eq(events[0].hold_id, number(100)) && id_is_zero(events[0].order_id));
    assert_string_equal(events[0].event.what, "attempt");
    assert_int_equal(events[0].event.amount, 1000);
    assert_int_equal(events[0].performance_id, 7);
    assert_true(view_eq(events[0].provider, VIEW_LIT("toss")));
    assert_true(view_eq(events[0].currency, VIEW_LIT("KRW")) && events[0].event.text.len == 0);
    const uint64_t last = last_event();
    const struct payment_event stray = {.payment_id = number(777), .what = "return"};
    assert_int_equal(payment_note(sql, &stray, DEADLINE_NEVER), 0);
    assert_int_equal(payment_events_read(sql, last, 2, 0, &arena, &events, &count, DEADLINE_NEVER),
                     0);
    assert_true(count == 1 && !events[0].known && id_is_zero(events[0].hold_id));
}

/* On MariaDB a number may be there before a lower one. */
static void a_gap_holds_back_what_is_behind_it(void **state)
{
    const int64_t now_ms = 1000000;
    const uint64_t n = last_event();
    char expected[80];
    commit_event((int64_t)n + 2, now_ms - 10);
    commit_event((int64_t)n + 3, now_ms - 5);
    assert_string_equal(told_after(n, now_ms), "");
    /* It fills later: nothing was skipped. */
    commit_event((int64_t)n + 1, now_ms - 20);
    snprintf(expected, sizeof(expected), "%d %d %d", (int)n + 1, (int)n + 2, (int)n + 3);
    assert_string_equal(told_after(n, now_ms + 1), expected);
    /* One that was taken back: what is behind it comes when it cannot be filled any more. */
    commit_event((int64_t)n + 5, now_ms);
    assert_string_equal(told_after(n + 3, now_ms + PAYMENT_GAP_MS), "");
    snprintf(expected, sizeof(expected), "%d", (int)n + 5);
    assert_string_equal(told_after(n + 3, now_ms + PAYMENT_GAP_MS + 1), expected);
    /* An old gap does not let a new one pass. */
    commit_event((int64_t)n + 7, now_ms + PAYMENT_GAP_MS);
    assert_string_equal(told_after(n + 3, now_ms + PAYMENT_GAP_MS + 1), expected);
}

static int start(void **state)
{
    arena_init(&arena, 8u << 20);
    assert_int_equal(sql_faulty_new(&arena, &sql), 0);
    return payments_migrate(sql, false, 0);
}

static int stop(void **state)
{
    sql_free(sql);
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attempt_is_read_as_it_was_put),
        cmocka_unit_test(a_key_is_used_once),
        cmocka_unit_test(a_hold_has_one_attempt_that_is_not_dead),
        cmocka_unit_test(who_comes_second_is_told),
        cmocka_unit_test(a_refund_and_its_payment_move_together),
        cmocka_unit_test(what_is_due_comes_in_order),
        cmocka_unit_test(lists_stories_and_sums),
        cmocka_unit_test(a_webhook_is_heard_once),
        cmocka_unit_test(a_webhook_is_forgotten_by_its_age),
        cmocka_unit_test(a_story_is_text),
        cmocka_unit_test(events_are_told_with_their_attempt),
        cmocka_unit_test(a_gap_holds_back_what_is_behind_it),
        cmocka_unit_test(money_that_goes_back_without_an_order_leaves_the_hold),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
