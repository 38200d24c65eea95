/* Over MariaDB: two make the first row of a key at the same moment. Neither is refused for it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/mariadb.h"
#include "err/err.h"
#include "store/accounts.h"
#include "store/playbill.h"
#include "store/refusals.h"
#include "store/reminders.h"
#include "store/scans.h"

#define ROUNDS 60
#define PAIR   2

static struct mariadb *mariadb;
static struct sql *sql;

/* What one of the two does in a round; its error. */
typedef int act_of(uint32_t round, int who, struct arena *arena);

struct rival {
    pthread_barrier_t *start;
    act_of *act;
    int who;
    int errs[ROUNDS];
};

static void *rival_run(void *arg)
{
    struct rival *rival = arg;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(rival->start);
        rival->errs[i] = rival->act(i, rival->who, &arena);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return NULL;
}

static void both(act_of *act)
{
    pthread_barrier_t start;
    pthread_t threads[PAIR];
    struct rival rivals[PAIR];
    pthread_barrier_init(&start, NULL, PAIR);
    for (int i = 0; i < PAIR; i++) {
        rivals[i] = (struct rival){.start = &start, .act = act, .who = i};
        assert_int_equal(pthread_create(&threads[i], NULL, rival_run, &rivals[i]), 0);
    }
    for (int i = 0; i < PAIR; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < PAIR; i++)
        for (int k = 0; k < ROUNDS; k++)
            assert_int_equal(rivals[i].errs[k], 0);
    pthread_barrier_destroy(&start);
}

static int scan(uint32_t round, const char *nonce, uint32_t seat, struct arena *arena)
{
    struct scan_put put = {.scan = {.performance_id = 7,
                                    .order_id = {1, round + 1},
                                    .seat = seat,
                                    .nonce = view_str(nonce),
                                    .gate = VIEW_LIT("north"),
                                    .device = VIEW_LIT("d"),
                                    .direction = SCAN_IN,
                                    .at_ms = 1000 + round,
                                    .answered = SCAN_OK,
                                    .result = SCAN_OK}};
    const int err = scan_put(sql, SCAN_JUDGE_NOW, &put, 1, arena, DEADLINE_NEVER);
    return err ? err : put.err;
}

static int scan_one_ticket(uint32_t round, int who, struct arena *arena)
{
    char nonce[32];
    snprintf(nonce, sizeof(nonce), "%u at %d", round, who);
    return scan(round, nonce, 1, arena);
}

static int scan_once_more(uint32_t round, int who, struct arena *arena)
{
    char nonce[32];
    snprintf(nonce, sizeof(nonce), "%u again", round);
    return scan(round, nonce, 2, arena);
}

static int scan_or_give_back(uint32_t round, int who, struct arena *arena)
{
    char nonce[32];
    const uint32_t seat = 3;
    const struct scan_back back = {.order_id = {1, round + 1},
                                   .performance_id = 7,
                                   .seats = &seat,
                                   .seat_count = 1,
                                   .even_used = true,
                                   .at_ms = 5000};
    snprintf(nonce, sizeof(nonce), "%u or back", round);
    return who == 0 ? scan(round, nonce, seat, arena) : scan_back_put(sql, &back, DEADLINE_NEVER);
}

static int count_refusals(uint32_t round, int who, struct arena *arena)
{
    static struct tally tallies[PAIR];
    tally_init(&tallies[who]);
    tally_add(&tallies[who], 1, 0, REFUSAL_REFUSED, "LIMIT_REACHED", 1);
    return tally_keep(&tallies[who], sql, 60000 * (int64_t)(round + 1), DEADLINE_NEVER);
}

static int remind_two_people(uint32_t round, int who, struct arena *arena)
{
    struct id kept;
    const struct reminder reminder = {.reminder_id = {round + 1, (uint64_t)who + 1},
                                      .event_id = round + 1,
                                      .email = who ? VIEW_LIT("a@example.org")
                                                   : VIEW_LIT("b@example.org"),
                                      .language = VIEW_LIT("ko"),
                                      .created_at_ms = 1};
    return round < REMINDERS_ADDRESS_MAX ? reminder_add(sql, &reminder, &kept, DEADLINE_NEVER) : 0;
}

static int remind_one_person_twice(uint32_t round, int who, struct arena *arena)
{
    char email[40];
    struct id kept;
    snprintf(email, sizeof(email), "%u@example.org", round);
    const struct reminder reminder = {.reminder_id = {1000 + round, (uint64_t)who + 1},
                                      .event_id = round + 1,
                                      .email = view_str(email),
                                      .language = VIEW_LIT("ko"),
                                      .created_at_ms = 1};
    return reminder_add(sql, &reminder, &kept, DEADLINE_NEVER);
}

static void two_gates_scan_a_ticket(void **state)
{
    struct arena arena;
    struct scan_counts counts;
    both(scan_one_ticket);
    both(scan_once_more);
    both(scan_or_give_back);
    arena_init(&arena, 1 << 20);
    assert_int_equal(scan_count(sql, 7, &arena, &counts, DEADLINE_NEVER), 0);
    assert_true(counts.inside >= 2 * ROUNDS && counts.inside <= 3 * ROUNDS);
    assert_true(counts.refused >= ROUNDS); /* the second gate, each time */
    arena_release(&arena);
}

static void two_processes_count(void **state)
{
    const uint32_t none = 0;
    struct arena arena;
    struct refusals said;
    both(count_refusals);
    arena_init(&arena, 1 << 20);
    assert_int_equal(refusals_read(sql, 1, &none, 0, 0, INT64_MAX, &arena, &said, DEADLINE_NEVER),
                     0);
    assert_int_equal(said.sum_count, 1);
    assert_int_equal(said.sums[0].count, PAIR * ROUNDS);
    arena_release(&arena);
}

static void two_people_want_to_be_reminded(void **state)
{
    struct arena arena;
    struct reminder_count *counts;
    size_t count;
    both(remind_two_people);
    both(remind_one_person_twice);
    arena_init(&arena, 1 << 20);
    assert_int_equal(reminder_counts(sql, &arena, &counts, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, ROUNDS);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(counts[i].count, counts[i].event_id <= REMINDERS_ADDRESS_MAX ? 3 : 1);
    arena_release(&arena);
}

static int set_up(void **state)
{
    char why[MARIADB_WHY_MAX];
    assert_non_null(getenv("USHER_TEST_MARIADB"));
    assert_int_equal(mariadb_new(getenv("USHER_TEST_MARIADB"), why, &mariadb), 0);
    assert_int_equal(sql_over_mariadb(mariadb, &sql), 0);
    assert_int_equal(accounts_migrate(sql, false, 1), 0);
    assert_int_equal(scans_migrate(sql, false, 1), 0);
    assert_int_equal(refusals_migrate(sql, false, 1), 0);
    assert_int_equal(playbill_migrate(sql, false, 1), 0);
    assert_int_equal(playbill_seed(sql, NULL, 0, DEADLINE_NEVER), 0);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        const struct playbill_event event = {.event_id = i, .state = PLAYBILL_PUBLISHED};
        assert_int_equal(playbill_put_event(sql, &event, DEADLINE_NEVER), 0);
    }
    return 0;
}

static int tear_down(void **state)
{
    sql_free(sql);
    mariadb_free(mariadb);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_gates_scan_a_ticket),
        cmocka_unit_test(two_processes_count),
        cmocka_unit_test(two_people_want_to_be_reminded),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
