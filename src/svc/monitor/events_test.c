/* Which records are made of a line's row, and of a payment's event. */
#include "svc/monitor/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"

static struct arena arena;

static void add(struct buf *body, enum line_kind kind, uint32_t n, uint8_t how, uint32_t other)
{
    const struct line_entry entry = {.kind = kind,
                                     .at_ms = 1700000000000 + n,
                                     .account_id = {7, n + 1},
                                     .number = n,
                                     .how = how,
                                     .other = other};
    assert_int_equal(line_entry_write(&entry, body), 0);
}

static void has(const struct record *record, const char *id, const char *const *parts)
{
    assert_true(view_eq(record->id, view_str(id)));
    assert_int_equal(record->stream, RECORD_EVENTS);
    for (; *parts; parts++) {
        if (!strstr(record->body.at, *parts))
            fail_msg("%s has no %s", record->body.at, *parts);
    }
    assert_null(strstr(record->body.at, "account"));
}

#define HAS(record, id, ...) has(record, id, (const char *const[]){__VA_ARGS__, NULL})

static void who_joins_is_summed_up_and_all_else_is_told(void **state)
{
    struct buf body;
    struct line_events events;
    struct record r[7];
    size_t count = 0;
    buf_init(&body, LINE_BODY_MAX);
    add(&body, LINE_OPENED, 0, 0, 0);
    add(&body, LINE_JOINED, 11, 0, 0);
    add(&body, LINE_JOINED, 12, 0, 0);
    add(&body, LINE_CALLED_UP_TO, 12, 0, 0);
    add(&body, LINE_LEFT_DRAW, 0, 0, 0);
    add(&body, LINE_JOINED, 13, 0, 0);
    add(&body, LINE_CAME_IN, 12, 0, 2);
    add(&body, LINE_ENDED, 12, LINE_END_PAID, 0);
    add(&body, LINE_CAPACITY, 50, LINE_WHY_SLOW, 900);
    const struct line_row row = {.seq = 4, .epoch = 2, .body = buf_view(&body)};
    assert_int_equal(line_events_init(&events, 3, &row), 0);
    while (count < 7 && line_events_next(&events, &arena, &r[count]) == 1)
        count++;
    assert_int_equal(count, 7);
    assert_int_equal(line_events_next(&events, &arena, &r[0]), 0);
    assert_int_equal(line_events_init(&events, 3, &row), 0);
    assert_int_equal(line_events_next(&events, &arena, &r[0]), 1);
    HAS(&r[0], "line-3-4-0", "\"usher.line\"", "\"line.opened\"", "\"usher.sale\":3",
        "\"event.sequence\":4", "\"usher.epoch\":2", "\"@timestamp\":\"2023-11-14T22:13:20.000Z\"");
    HAS(&r[1], "line-3-4-1", "\"line.joined\"", "\"usher.places\":3", "\"usher.number\":13");
    HAS(&r[2], "line-3-4-3", "\"line.called_up_to\"", "\"usher.number\":12");
    HAS(&r[3], "line-3-4-4", "\"line.left_the_draw\"", "\"usher.places\":1");
    HAS(&r[4], "line-3-4-6", "\"line.came_in\"", "\"usher.number\":12", "\"usher.serial\":2");
    HAS(&r[5], "line-3-4-7", "\"line.ended\"", "\"usher.reason\":\"paid\"");
    HAS(&r[6], "line-3-4-8", "\"line.capacity\"", "\"usher.reason\":\"slow\"",
        "\"usher.number\":50", "\"usher.measured\":900");
    /* A row that was cut off is none. */
    struct line_row broken = row;
    broken.body.len--;
    assert_int_equal(line_events_init(&events, 3, &broken), ERR_CORRUPT);
    buf_release(&body);
}

static void a_payment_is_told_without_what_is_not_known(void **state)
{
    Usher__V1__PaymentEvent told = USHER__V1__PAYMENT_EVENT__INIT;
    struct record record;
    told.event_id = 9;
    told.payment_id = (char *)"p1";
    told.what = (char *)"return";
    assert_int_equal(payment_event_record(&told, &arena, &record), 0);
    HAS(&record, "payment-9", "\"usher.payment\":\"p1\"", "\"payment.return\"");
    assert_null(strstr(record.body.at, "usher.order"));
    assert_null(strstr(record.body.at, "usher.total"));
    told.order_id = (char *)"o1";
    told.amount = 1000;
    assert_int_equal(payment_event_record(&told, &arena, &record), 0);
    HAS(&record, "payment-9", "\"usher.order\":\"o1\"", "\"usher.total\":1000");
}

static int start(void **state)
{
    arena_init(&arena, 1u << 20);
    return 0;
}

static int stop(void **state)
{
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_joins_is_summed_up_and_all_else_is_told),
        cmocka_unit_test(a_payment_is_told_without_what_is_not_known),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
