#include "svc/monitor/window.h"

#include <assert.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "err/err.h"

static char folder[] = "/tmp/usher-window-XXXXXX";
static struct window *window;
static struct arena arena;

static void open_window(bool ships, uint64_t rows_max, uint64_t waiting_max)
{
    const struct window_options options = {
        .data_dir = folder, .ships = ships, .rows_max = rows_max, .waiting_max = waiting_max};
    assert_int_equal(window_open(&options, &window), 0);
}

static int put(const char *id, const char *body, int64_t at_ms)
{
    const struct record record = {.id = view_str(id),
                                  .stream = RECORD_LOGS,
                                  .level = LOG_INFO,
                                  .at_ms = at_ms,
                                  .body = view_str(body)};
    return window_put(window, &record, 1, NULL, DEADLINE_NEVER);
}

static struct window_counts count(void)
{
    struct window_counts counts;
    assert_int_equal(window_count(window, &counts, DEADLINE_NEVER), 0);
    return counts;
}

static size_t found(const char *text, struct record **ret_records)
{
    const struct window_query query = {.text = view_str(text), .max = 10};
    size_t n = 0;
    assert_int_equal(window_search(window, &query, &arena, ret_records, &n, DEADLINE_NEVER), 0);
    return n;
}

static void a_record_stands_once(void **state)
{
    open_window(true, 1000, 1000);
    assert_int_equal(put("a", "{\"message\":\"one\"}", 1), 0);
    assert_int_equal(put("b", "{\"message\":\"two\"}", 2), 0);
    assert_int_equal(put("a", "{\"message\":\"again\"}", 3), 0);
    assert_true(count().waiting == 2);
    assert_int_equal(put("", "{}", 1), ERR_INVALID);
    assert_int_equal(put("c", "", 1), ERR_INVALID);
    assert_int_equal(put("c", "[]", 1), ERR_INVALID);
    assert_int_equal(put("c", "{}\n{\"delete\":{\"_index\":\"x\",\"_id\":\"y\"}}", 1), ERR_INVALID);
}

static void what_waits_is_shipped_in_order(void **state)
{
    struct record *records;
    size_t n = 0;
    assert_int_equal(window_waiting(window, 0, 10, &arena, &records, &n, DEADLINE_NEVER), 0);
    assert_true(n == 2 && records[0].number < records[1].number);
    assert_true(view_eq(records[0].id, VIEW_LIT("a")));
    assert_true(view_eq(records[1].body, VIEW_LIT("{\"message\":\"two\"}")));
    const struct window_outcome outcomes[] = {{records[0].number, NULL},
                                              {records[1].number, "mapper_parsing_exception"}};
    assert_int_equal(window_note_outcomes(window, outcomes, 2, DEADLINE_NEVER), 0);
    const struct window_counts counts = count();
    assert_true(counts.waiting == 0 && counts.done == 1 && counts.refused == 1);
}

/* Some of a batch are to be sent again: what stands behind them was shipped, and they wait. */
static void what_is_sent_again_waits_alone(void **state)
{
    static const char *const ids[] = {"p", "q", "r", "s", "t", "u"};
    struct record *records;
    size_t n = 0;
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(put(ids[i], "{}", 3), 0);
    assert_int_equal(window_waiting(window, 0, 10, &arena, &records, &n, DEADLINE_NEVER), 0);
    assert_int_equal(n, 6);
    /* p and u wait, and what is behind u came meanwhile. */
    const struct window_outcome some[] = {{records[1].number, NULL},
                                          {records[2].number, NULL},
                                          {records[3].number, "mapper_parsing_exception"},
                                          {records[4].number, NULL}};
    const uint64_t p = records[0].number, u = records[5].number;
    assert_int_equal(window_note_outcomes(window, some, 4, DEADLINE_NEVER), 0);
    assert_int_equal(put("v", "{}", 3), 0);
    window_close(window);
    open_window(true, 1000, 1000);
    assert_int_equal(window_waiting(window, 0, 10, &arena, &records, &n, DEADLINE_NEVER), 0);
    assert_true(n == 3 && records[0].number == p && records[1].number == u);
    assert_int_equal(window_waiting(window, p, 10, &arena, &records, &n, DEADLINE_NEVER), 0);
    assert_true(n == 2 && records[0].number == u);
    const struct window_outcome rest[] = {{p, NULL}, {u, NULL}, {records[1].number, NULL}};
    assert_int_equal(window_note_outcomes(window, rest, 3, DEADLINE_NEVER), 0);
    assert_int_equal(window_waiting(window, 0, 10, &arena, &records, &n, DEADLINE_NEVER), 0);
    assert_int_equal(n, 0);
    const struct window_counts counts = count();
    assert_true(counts.waiting == 0 && counts.done == 7 && counts.refused == 2);
}

static void positions_move_with_their_records(void **state)
{
    uint64_t position = 9;
    const struct record record = {.id = VIEW_LIT("1-7"),
                                  .stream = RECORD_EVENTS,
                                  .level = LOG_INFO,
                                  .at_ms = 4,
                                  .body = VIEW_LIT("{\"event.action\":\"sale\"}")};
    assert_int_equal(window_position(window, VIEW_LIT("ledger/1"), &position, DEADLINE_NEVER), 0);
    assert_true(position == 0);
    const struct window_position next = {VIEW_LIT("ledger/1"), 7};
    assert_int_equal(window_put(window, &record, 1, &next, DEADLINE_NEVER), 0);
    window_close(window);
    open_window(true, 1000, 4); /* and is there after a restart */
    assert_int_equal(window_position(window, VIEW_LIT("ledger/1"), &position, DEADLINE_NEVER), 0);
    assert_true(position == 7);
}

static void words_are_found(void **state)
{
    struct record *records;
    assert_int_equal(found("two", &records), 1);
    assert_true(view_eq(records[0].id, VIEW_LIT("b")));
    assert_int_equal(found("message two", &records), 1);
    assert_int_equal(found("message", &records), 2);
    assert_true(records[0].number > records[1].number);
    assert_int_equal(found("again", &records), 0);
    assert_int_equal(found("two OR one", &records), 0); /* no operators: words */
    assert_int_equal(found("\"two* NEAR(", &records), 0);
    assert_int_equal(found("", &records), 10);
    const struct window_query events = {.stream = RECORD_EVENTS, .max = 10};
    size_t n = 0;
    assert_int_equal(window_search(window, &events, &arena, &records, &n, DEADLINE_NEVER), 0);
    assert_true(n == 1 && view_eq(records[0].id, VIEW_LIT("1-7")));
    const struct window_query last = {.before = UINT64_MAX, .max = 10};
    assert_int_equal(window_search(window, &last, &arena, &records, &n, DEADLINE_NEVER), 0);
    assert_int_equal(n, 10);
    const struct window_query early = {.to_ms = 1, .max = 10};
    assert_int_equal(window_search(window, &early, &arena, &records, &n, DEADLINE_NEVER), 0);
    assert_int_equal(n, 1);
}

static void too_many_that_wait_are_refused(void **state)
{
    assert_int_equal(put("d", "{}", 5), 0);
    assert_int_equal(put("e", "{}", 5), 0);
    assert_int_equal(put("f", "{}", 5), 0);
    assert_int_equal(put("g", "{}", 5), ERR_FULL);
    assert_true(count().waiting == 4);
}

static void the_oldest_go_and_what_waits_stays(void **state)
{
    struct record *records;
    window_close(window);
    open_window(false, 3, 4);
    assert_int_equal(put("h", "{\"message\":\"late\"}", 6), 0);
    const struct window_counts counts = count();
    assert_true(counts.waiting == 4);
    assert_true(counts.done == 1 && counts.refused == 0); /* the newest, whose number is the last */
    assert_int_equal(found("two", &records), 0);
    assert_int_equal(found("sale", &records), 1);
}

/* More than there is room for waits: nothing goes; what was shipped goes, and no more. */
static void while_records_wait_only_what_is_before_them_goes(void **state)
{
    struct record *records;
    size_t n = 0;
    window_close(window);
    open_window(true, 3, 100);
    for (int i = 0; i < 4; i++)
        assert_int_equal(put((const char *[]){"i", "j", "k", "l"}[i], "{}", 7), 0);
    assert_true(count().waiting == 8 && count().done == 1); /* it stands behind some that wait */
    assert_int_equal(window_waiting(window, 0, 10, &arena, &records, &n, DEADLINE_NEVER), 0);
    assert_int_equal(n, 8);
    struct window_outcome shipped[6] = {0};
    for (size_t i = 0; i < 6; i++)
        shipped[i].number = records[i].number;
    assert_int_equal(window_note_outcomes(window, shipped, 6, DEADLINE_NEVER), 0);
    while (window_settle(window, DEADLINE_NEVER) == 1)
        continue;
    assert_true(count().waiting == 2 && count().done == 1);
}

static int set_up(void **state)
{
    arena_init(&arena, 1 << 20);
    return mkdtemp(folder) ? 0 : 1;
}

static int tear_down(void **state)
{
    char path[PATH_MAX];
    window_close(window);
    arena_release(&arena);
    snprintf(path, sizeof(path), "%s/monitor.db", folder);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_stands_once),
        cmocka_unit_test(what_waits_is_shipped_in_order),
        cmocka_unit_test(what_is_sent_again_waits_alone),
        cmocka_unit_test(positions_move_with_their_records),
        cmocka_unit_test(words_are_found),
        cmocka_unit_test(too_many_that_wait_are_refused),
        cmocka_unit_test(the_oldest_go_and_what_waits_stays),
        cmocka_unit_test(while_records_wait_only_what_is_before_them_goes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
