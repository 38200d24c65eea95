#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "chance/chance.h"
#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/scans.h"

static struct sql *sql;
static struct arena arena;
static const struct id order = {1, 2};

static int keep(enum scan_judge judge, struct scan *scan, struct scan_entry *ret_entry)
{
    struct scan_put put = {.scan = *scan};
    int err = scan_put(sql, judge, &put, 1, &arena, DEADLINE_NEVER);
    if (err == 0)
        err = put.err;
    if (err == 0) {
        scan->answered = put.told;
        scan->result = put.folded;
        *ret_entry = put.entry;
    }
    return err;
}

static int put(enum scan_judge judge, const char *nonce, enum scan_direction direction,
               int64_t at_ms, uint32_t seat, struct scan *ret_scan, struct scan_entry *ret_entry)
{
    char gate[8];
    snprintf(gate, sizeof(gate), "g%d", (int)(at_ms % 3));
    *ret_scan = (struct scan){.performance_id = 7,
                              .order_id = order,
                              .seat = seat,
                              .nonce = view_str(nonce),
                              .gate = view_str(gate),
                              .device = VIEW_LIT("d"),
                              .direction = direction,
                              .at_ms = at_ms,
                              .answered = SCAN_OK,
                              .result = SCAN_OK};
    int err = keep(judge, ret_scan, ret_entry);
    ret_scan->gate = (struct view){0};
    return err;
}

static void in_out_and_in_again(void **state)
{
    struct scan scan;
    struct scan_entry entry;
    assert_int_equal(put(SCAN_JUDGE_NOW, "a", SCAN_OUT, 5, 1, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_NOT_INSIDE);
    assert_int_equal(put(SCAN_JUDGE_NOW, "b", SCAN_IN, 10, 1, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_OK);
    assert_int_equal(entry.at_ms, 0);
    assert_int_equal(put(SCAN_JUDGE_NOW, "c", SCAN_IN, 20, 1, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_ALREADY_REDEEMED);
    assert_int_equal(entry.at_ms, 10);
    assert_true(view_eq(entry.gate, VIEW_LIT("g1")));
    assert_int_equal(put(SCAN_JUDGE_NOW, "d", SCAN_OUT, 30, 1, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_OK);
    assert_int_equal(put(SCAN_JUDGE_NOW, "e", SCAN_IN, 40, 1, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_OK);
    struct scan_counts counts;
    assert_int_equal(scan_count(sql, 7, &arena, &counts, 0), 0);
    assert_int_equal(counts.inside, 1);
    assert_int_equal(counts.refused, 2);
    assert_int_equal(counts.gate_count, 2);
    assert_true(view_eq(counts.gates[0].gate, VIEW_LIT("g0")));
    assert_int_equal(counts.gates[0].out, 1);
    assert_int_equal(counts.gates[1].in, 2);
}

static void the_same_scan_has_the_same_answer(void **state)
{
    struct scan scan;
    struct scan_entry entry;
    assert_int_equal(put(SCAN_JUDGE_NOW, "n1", SCAN_IN, 10, 2, &scan, &entry), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(put(SCAN_JUDGE_NOW, "n1", SCAN_IN, 11 + i, 2, &scan, &entry), 0);
        assert_int_equal(scan.answered, SCAN_OK);
    }
    assert_int_equal(put(SCAN_JUDGE_NOW, "n2", SCAN_IN, 20, 2, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_ALREADY_REDEEMED);
    assert_int_equal(put(SCAN_JUDGE_NOW, "n2", SCAN_IN, 21, 2, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_ALREADY_REDEEMED);
    assert_int_equal(entry.at_ms, 10);
    assert_int_equal(put(SCAN_JUDGE_NOW, "n2", SCAN_IN, 20, 3, &scan, &entry), ERR_EXISTS);
    assert_int_equal(put(SCAN_JUDGE_NOW, "n2", SCAN_OUT, 20, 2, &scan, &entry), ERR_EXISTS);
    assert_int_equal(put(SCAN_JUDGE_NOW, "", SCAN_IN, 20, 2, &scan, &entry), ERR_INVALID);
}

static void what_was_refused_before_counts_but_changes_nothing(void **state)
{
    struct scan scan = {.performance_id = 8,
                        .nonce = VIEW_LIT("x"),
                        .direction = SCAN_IN,
                        .answered = SCAN_INVALID};
    struct scan_entry entry;
    struct scan_counts counts;
    assert_int_equal(keep(SCAN_JUDGE_NOW, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_INVALID);
    scan = (struct scan){.performance_id = 8,
                         .order_id = order,
                         .seat = 50,
                         .nonce = VIEW_LIT("y"),
                         .direction = SCAN_IN,
                         .answered = SCAN_REVOKED};
    assert_int_equal(keep(SCAN_JUDGE_NOW, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_REVOKED);
    assert_int_equal(scan_count(sql, 8, &arena, &counts, 0), 0);
    assert_int_equal(counts.inside, 0);
    assert_int_equal(counts.refused, 2);
    assert_int_equal(counts.gate_count, 0);
}

/* Six scans of gates without a network, brought in every order: always the same double entry. */
static void merging_does_not_depend_on_order(void **state)
{
    static const struct {
        const char *nonce;
        enum scan_direction direction;
        int64_t at_ms;
    } scans[] = {{"1", SCAN_IN, 10},  {"2", SCAN_IN, 20}, {"3", SCAN_OUT, 30},
                 {"4", SCAN_OUT, 40}, {"5", SCAN_IN, 50}, {"6", SCAN_IN, 50}};
    struct chance_seeded seeded;
    chance_seed(&seeded, 4);
    for (uint32_t round = 0; round < 60; round++) {
        int turn[6] = {0, 1, 2, 3, 4, 5};
        for (int i = 5; i > 0; i--) {
            const int k = (int)chance_below(&seeded.chance, (uint64_t)i + 1), held = turn[i];
            turn[i] = turn[k];
            turn[k] = held;
        }
        struct sql *fresh = sql;
        assert_int_equal(sql_inline_new(&sql), 0);
        assert_int_equal(scans_migrate(sql, false, 1), 0);
        for (int i = 0; i < 6; i++) {
            struct scan scan;
            struct scan_entry entry;
            assert_int_equal(put(SCAN_JUDGED, scans[turn[i]].nonce, scans[turn[i]].direction,
                                 scans[turn[i]].at_ms, 1, &scan, &entry),
                             0);
            assert_int_equal(scan.answered, SCAN_OK); /* what the gate said stays */
        }
        struct scan_double *doubles;
        size_t count;
        assert_int_equal(scan_doubles(sql, 7, &arena, &doubles, &count, 0), 0);
        assert_int_equal(count, 2);
        assert_true(view_eq(doubles[0].first.nonce, VIEW_LIT("1")));
        assert_true(view_eq(doubles[0].second.nonce, VIEW_LIT("2")));
        assert_int_equal(doubles[0].first.at_ms, 10);
        assert_true(view_eq(doubles[1].first.nonce, VIEW_LIT("5")));
        assert_true(view_eq(doubles[1].second.nonce, VIEW_LIT("6")));
        struct scan_seat *seats;
        assert_int_equal(scan_inside(sql, &order, 1, &arena, &seats, &count, 0), 0);
        assert_int_equal(count, 1);
        assert_int_equal(seats[0].seat, 1);
        sql_free(sql);
        sql = fresh;
    }
}

struct came_job {
    struct sql_job job;
    struct id order_id;
    int came;
};

static int run_came(struct sql_job *base, struct sql_txn *txn)
{
    struct came_job *job = (struct came_job *)base;
    job->came = scan_came_in(txn, job->order_id);
    return job->came < 0 ? job->came : 0;
}

static int came_in(struct id order_id)
{
    struct came_job job = {.job.run = run_came, .order_id = order_id};
    assert_int_equal(sql_read(sql, &job.job, DEADLINE_NEVER), 0);
    return job.came;
}

/* Out again, it has come in all the same; an order of which nobody came has not. */
static void who_was_let_in_has_come(void **state)
{
    struct scan scan;
    struct scan_entry entry;
    assert_int_equal(put(SCAN_JUDGE_NOW, "came1", SCAN_IN, 100, 77, &scan, &entry), 0);
    assert_int_equal(put(SCAN_JUDGE_NOW, "came2", SCAN_OUT, 110, 77, &scan, &entry), 0);
    assert_int_equal(came_in(order), 1);
    assert_int_equal(came_in((struct id){123, 4}), 0);
}

/* The network comes back: a person let in online was in offline before; then nobody more. */
static void online_sees_what_was_merged(void **state)
{
    struct scan scan;
    struct scan_entry entry;
    assert_int_equal(put(SCAN_JUDGE_NOW, "on", SCAN_IN, 100, 9, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_OK);
    assert_int_equal(put(SCAN_JUDGED, "off", SCAN_IN, 90, 9, &scan, &entry), 0);
    assert_int_equal(scan.result, SCAN_OK); /* it was first; the online one is the double now */
    assert_int_equal(put(SCAN_JUDGE_NOW, "on", SCAN_IN, 100, 9, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_OK);
    assert_int_equal(scan.result, SCAN_ALREADY_REDEEMED);
    assert_int_equal(entry.at_ms, 90);
    assert_int_equal(put(SCAN_JUDGE_NOW, "more", SCAN_IN, 110, 9, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_ALREADY_REDEEMED);
}

static int give_back(uint32_t seat, bool even_used, int64_t at_ms)
{
    const struct scan_back back = {.order_id = order,
                                   .performance_id = 7,
                                   .seats = &seat,
                                   .seat_count = 1,
                                   .even_used = even_used,
                                   .at_ms = at_ms};
    return scan_back_put(sql, &back, DEADLINE_NEVER);
}

/* Whichever comes first, the other one is told. */
static void used_or_given_back(void **state)
{
    struct scan scan;
    struct scan_entry entry;
    uint32_t *seats;
    size_t count;
    assert_int_equal(put(SCAN_JUDGE_NOW, "ub1", SCAN_IN, 10, 30, &scan, &entry), 0);
    assert_int_equal(put(SCAN_JUDGE_NOW, "ub2", SCAN_OUT, 11, 30, &scan, &entry), 0);
    assert_int_equal(give_back(30, false, 12), ERR_LATE);
    assert_int_equal(put(SCAN_JUDGE_NOW, "ub3", SCAN_IN, 13, 30, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_OK); /* nothing was written */
    assert_int_equal(give_back(30, true, 14), 0);
    assert_int_equal(put(SCAN_JUDGE_NOW, "ub4", SCAN_IN, 15, 30, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_CANCELED);

    assert_int_equal(give_back(31, false, 20), 0);
    assert_int_equal(put(SCAN_JUDGE_NOW, "ub5", SCAN_IN, 21, 31, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_CANCELED);
    const struct scan_back back = {
        .order_id = order, .seats = (const uint32_t[]){31}, .seat_count = 1, .at_ms = 20};
    assert_int_equal(scan_back_end(sql, &back, DEADLINE_NEVER), 0);
    assert_int_equal(put(SCAN_JUDGE_NOW, "ub6", SCAN_IN, 22, 31, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_OK);
    assert_int_equal(scan_used(sql, order, &arena, &seats, &count, DEADLINE_NEVER), 0);
    bool used[32] = {false};
    for (size_t i = 0; i < count; i++)
        used[seats[i] % 32] = used[seats[i] % 32] || seats[i] < 32;
    assert_true(used[30] && used[31]);
}

/* A ticket that moves is not given back, and the other way round; its old code is none. */
static void moved_or_given_back(void **state)
{
    struct scan scan;
    struct scan_entry entry;
    uint32_t seat = 34, *seats;
    size_t count;
    struct scan_back move = {.order_id = order,
                             .performance_id = 7,
                             .seats = &seat,
                             .seat_count = 1,
                             .moves = true,
                             .at_ms = 50};
    assert_int_equal(scan_back_put(sql, &move, DEADLINE_NEVER), 0);
    assert_int_equal(put(SCAN_JUDGE_NOW, "mv1", SCAN_IN, 51, 34, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_CANCELED);
    assert_int_equal(give_back(34, false, 52), ERR_CONFLICT);
    assert_int_equal(give_back(34, true, 52), ERR_CONFLICT);
    assert_int_equal(scan_back_put(sql, &move, DEADLINE_NEVER), 0); /* once more */
    assert_int_equal(scan_gone(sql, order, &arena, &seats, &count, DEADLINE_NEVER), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_not_equal(seats[i], 34);
    assert_int_equal(scan_back_end(sql, &move, DEADLINE_NEVER), 0); /* it did not move after all */
    assert_int_equal(give_back(34, false, 53), 0);
    assert_int_equal(scan_back_put(sql, &move, DEADLINE_NEVER), ERR_CONFLICT);
    seat = 35;
    assert_int_equal(put(SCAN_JUDGE_NOW, "mv2", SCAN_IN, 54, 35, &scan, &entry), 0);
    assert_int_equal(scan_back_put(sql, &move, DEADLINE_NEVER), ERR_LATE);
}

/* A gate that had not heard of it: what it answered stays, and what is wrong with it is told. */
static void let_in_after_it_was_given_back(void **state)
{
    const struct id other = {9, 9};
    struct scan scan;
    struct scan_entry entry;
    struct scan_void *voids;
    struct scan_ticket *tickets;
    size_t count;
    assert_int_equal(give_back(40, false, 30), 0);
    assert_int_equal(put(SCAN_JUDGED, "lv1", SCAN_IN, 25, 40, &scan, &entry), 0);
    assert_int_equal(scan.answered, SCAN_OK);
    assert_int_equal(scan.result, SCAN_CANCELED);
    assert_int_equal(put(SCAN_JUDGED, "lv2", SCAN_OUT, 26, 40, &scan, &entry), 0);
    assert_int_equal(scan.result, SCAN_OK); /* it was inside */
    assert_int_equal(scan_voids(sql, 7, &arena, &voids, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1);
    assert_int_equal(voids[0].scan.seat, 40);
    assert_int_equal(voids[0].scan.at_ms, 25);
    assert_int_equal(voids[0].gone_at_ms, 30);
    assert_int_equal(scan_tickets(sql, order, 39, 1, &arena, &tickets, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 1);
    assert_true(tickets[0].seat == 40 && tickets[0].known && !tickets[0].in_time);
    assert_int_equal(tickets[0].gone_at_ms, 30);
    assert_int_equal(scan_tickets(sql, other, 0, 1, &arena, &tickets, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
}

static void a_ticket_has_a_maximum_of_scans(void **state)
{
    struct sql *faulty = sql; /* which would read each of them hundreds of times */
    struct scan scan;
    struct scan_entry entry;
    char nonce[16];
    int err = 0;
    int i = 0;
    assert_int_equal(sql_inline_new(&sql), 0);
    assert_int_equal(scans_migrate(sql, false, 1), 0);
    for (; err == 0 && i <= SCANS_TICKET_MAX; i++) {
        snprintf(nonce, sizeof(nonce), "m%d", i);
        err = put(SCAN_JUDGE_NOW, nonce, i % 2 ? SCAN_OUT : SCAN_IN, 1000 + i, 60, &scan, &entry);
    }
    assert_int_equal(err, ERR_FULL);
    assert_int_equal(i, SCANS_TICKET_MAX + 1);
    sql_free(sql);
    sql = faulty;
}

static int set_up(void **state)
{
    arena_init(&arena, 32 << 20);
    int err = sql_faulty_new(&arena, &sql);
    return err == 0 ? scans_migrate(sql, false, 1) : err;
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
        cmocka_unit_test(in_out_and_in_again),
        cmocka_unit_test(the_same_scan_has_the_same_answer),
        cmocka_unit_test(what_was_refused_before_counts_but_changes_nothing),
        cmocka_unit_test(merging_does_not_depend_on_order),
        cmocka_unit_test(who_was_let_in_has_come),
        cmocka_unit_test(online_sees_what_was_merged),
        cmocka_unit_test(used_or_given_back),
        cmocka_unit_test(moved_or_given_back),
        cmocka_unit_test(let_in_after_it_was_given_back),
        cmocka_unit_test(a_ticket_has_a_maximum_of_scans),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
