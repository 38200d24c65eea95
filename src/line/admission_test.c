#include "line/admission.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "err/err.h"
#include "line/decide.h"

#define START INT64_C(1790000000000)

static struct line line;
static int64_t now_ms;

static void apply(const struct line_entry *entry)
{
    assert_int_equal(line_apply(&line, entry), 0);
}

/* Opens a line with so many people before it, and calls those there is room for. */
static void open_with(uint32_t people)
{
    const struct line_rules rules = {.sale_id = 1, .claim_ms = 3600000, .pass_ms = 3600000};
    struct line_entry entry;
    line_release(&line);
    line_init(&line, &rules);
    now_ms = START;
    assert_int_equal(line_decide_limits(&line, 10, 40, now_ms, &entry), 1);
    apply(&entry);
    const struct admission_news none = {0};
    assert_int_equal(line_decide_capacity(&line, &none, now_ms, &entry), 1);
    assert_true(entry.number == 10 && entry.how == LINE_WHY_START);
    apply(&entry);
    apply(&(struct line_entry){.kind = LINE_OPENED, .at_ms = now_ms});
    for (uint32_t i = 1; i <= people; i++) {
        assert_int_equal(line_decide_join(&line, (struct id){1, i}, now_ms, &entry), 1);
        apply(&entry);
    }
}

static void call_all(void)
{
    struct line_entry entry;
    while (line_decide_due(&line, 1, now_ms, &entry) == 1)
        apply(&entry);
}

/* A step later, with news as of now: the capacity after it. */
static uint32_t step(uint32_t hold_ms, uint32_t queued, enum line_why *ret_why)
{
    struct line_entry entry;
    now_ms += ADMISSION_STEP_MS;
    const struct admission_news news = {.at_ms = now_ms, .hold_ms = hold_ms, .queued = queued};
    *ret_why = 0;
    if (line_decide_capacity(&line, &news, now_ms, &entry) == 1) {
        *ret_why = (enum line_why)entry.how;
        apply(&entry);
    }
    call_all();
    return line.capacity;
}

static void it_grows_while_all_is_well(void **state)
{
    enum line_why why;
    uint32_t before = 10;
    open_with(100);
    call_all();
    for (int i = 0; i < 30; i++) {
        const uint32_t now = step(20, 0, &why);
        assert_true(now == 40 || (now > before && why == LINE_WHY_FAST));
        before = now;
    }
    assert_int_equal(before, 40);
}

static void it_does_not_grow_where_nobody_waits(void **state)
{
    enum line_why why;
    open_with(5);
    call_all();
    assert_int_equal(step(20, 0, &why), 10);
    assert_int_equal(why, 0);
}

static void it_gives_way_and_stays_within(void **state)
{
    enum line_why why;
    open_with(100);
    call_all();
    while (step(20, 0, &why) < 40)
        ;
    assert_int_equal(step(ADMISSION_SLOW_MS, 0, &why), 30);
    assert_int_equal(why, LINE_WHY_SLOW);
    assert_int_equal(step(20, ADMISSION_QUEUE_MAX, &why), 23);
    assert_int_equal(why, LINE_WHY_QUEUE);
    assert_int_equal(step(200, 0, &why), 23); /* neither quick nor slow */
    for (int i = 0; i < 20; i++)
        step(1000, 0, &why);
    assert_int_equal(line.capacity, 10);
    assert_true(line.called + line.inside == 40); /* nobody was sent away */
    line_check(&line);
}

static void silence_is_no_good_news(void **state)
{
    struct line_entry entry;
    enum line_why why;
    open_with(100);
    call_all();
    while (step(20, 0, &why) < 40)
        ;
    struct admission_news old = {.at_ms = now_ms};
    now_ms += ADMISSION_SILENT_MS;
    assert_int_equal(line_decide_capacity(&line, &old, now_ms, &entry), 0);
    assert_int_equal(line_decide_capacity(&line, &old, now_ms + 1, &entry), 1);
    assert_true(entry.how == LINE_WHY_SILENT && entry.number == 30);
}

static void the_limits_are_the_organisers(void **state)
{
    struct line_entry entry;
    const struct admission_news none = {0};
    open_with(0);
    assert_int_equal(line_decide_limits(&line, 0, 5, now_ms, &entry), ERR_INVALID);
    assert_int_equal(line_decide_limits(&line, 6, 5, now_ms, &entry), ERR_INVALID);
    assert_int_equal(line_decide_limits(&line, 10, 40, now_ms, &entry), 0);
    assert_int_equal(line_decide_limits(&line, 100, 200, now_ms, &entry), 1);
    apply(&entry);
    assert_int_equal(line_decide_capacity(&line, &none, now_ms, &entry), 1);
    assert_true(entry.number == 100 && entry.how == LINE_WHY_LIMITS);
    apply(&entry);
    assert_int_equal(line_apply(&line, &(struct line_entry){.kind = LINE_CAPACITY,
                                                            .how = LINE_WHY_FAST,
                                                            .at_ms = now_ms,
                                                            .number = 201}),
                     ERR_CORRUPT);
    /* A line that is over has none any more: it was decided once, and refused when it was done. */
    apply(&(struct line_entry){.kind = LINE_CLOSED, .how = LINE_OVER_SOLD_OUT, .at_ms = now_ms});
    assert_int_equal(line_decide_limits(&line, 1, 2, now_ms, &entry), ERR_BUSY);
}

static int teardown(void **state)
{
    line_release(&line);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_grows_while_all_is_well),
        cmocka_unit_test(it_does_not_grow_where_nobody_waits),
        cmocka_unit_test(it_gives_way_and_stays_within),
        cmocka_unit_test(silence_is_no_good_news),
        cmocka_unit_test(the_limits_are_the_organisers),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
