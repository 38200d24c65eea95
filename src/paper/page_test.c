#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pango/pangocairo.h>

#include "err/err.h"
#include "paper/page.h"
#include "paper/qr.h"
#include "paper/receipt.h"

#define CODE                                                                                       \
    "043AJV7GKY6XFZZZPDZ5H6ACGG00000J0004NM700093AJV7GKY6XFZZZPDZ5H6ACGG00000J0004NM70009G"        \
    "043AJV7GKY6XFZZZPDZ5H6ACGG00000J0004NM700093AJV7GKY6XFZZZPDZ5"

static struct paper_ticket tickets[PAPER_TICKETS_MAX + 1];
static struct paper_order order;

static int setup(void **state)
{
    for (size_t i = 0; i <= PAPER_TICKETS_MAX; i++)
        tickets[i] = (struct paper_ticket){.section = VIEW_LIT("1층 가운데"),
                                           .row = VIEW_LIT("C"),
                                           .number = VIEW_LIT("12"),
                                           .category = VIEW_LIT("R석"),
                                           .amount = 165000,
                                           .code = VIEW_LIT(CODE)};
    order = (struct paper_order){.language = PAPER_KOREAN,
                                 .order_id = VIEW_LIT("06f4k2m7q0v8x1z3c5n7b9d2ra"),
                                 .order_number = VIEW_LIT("T4813620975"),
                                 .event = VIEW_LIT("겨울밤의 꿈: 첫 번째 공연"),
                                 .hall = VIEW_LIT("올림픽홀"),
                                 .address = VIEW_LIT("서울 송파구 올림픽로 424"),
                                 .gate = VIEW_LIT("3번 게이트"),
                                 .doors_at_ms = INT64_C(1798102800000),
                                 .name = VIEW_LIT("김하늘"),
                                 .starts_at_ms = INT64_C(1798106400000),
                                 .utc_offset_known = true,
                                 .utc_offset_minutes = 540,
                                 .placed_at_ms = INT64_C(1795900000000),
                                 .currency = VIEW_LIT("KRW"),
                                 .total = 330000,
                                 .tickets = tickets,
                                 .ticket_count = 2};
    return 0;
}

/* USHER_PAPER_KEEP names a file that gets the page, for looking at it. */
static void keep(struct view file)
{
    const char *path = getenv("USHER_PAPER_KEEP");
    FILE *out = path ? fopen(path, "we") : NULL;
    if (out) {
        fwrite(file.at, 1, file.len, out);
        fclose(out);
    }
}

static void is_a_pdf_with_all_characters(void **state)
{
    struct buf first, again;
    int missing = -1;
    buf_init(&first, PAPER_FILE_MAX);
    buf_init(&again, PAPER_FILE_MAX);
    assert_int_equal(page_write(&order, &first, &missing), 0);
    assert_int_equal(missing, 0);
    assert_true(view_starts(buf_view(&first), VIEW_LIT("%PDF-1.")));
    keep(buf_view(&first));
    /* The same order, the same bytes. */
    assert_int_equal(page_write(&order, &again, &missing), 0);
    assert_true(view_eq(buf_view(&first), buf_view(&again)));
    buf_release(&first);
    buf_release(&again);
}

static void says_what_no_font_has(void **state)
{
    struct paper_order strange = order;
    struct buf out;
    int missing = 0;
    buf_init(&out, PAPER_FILE_MAX);
    strange.event = VIEW_LIT("\xf3\xb0\x80\x80"); /* U+F0000, private use */
    assert_int_equal(page_write(&strange, &out, &missing), 0);
    assert_true(missing >= 1);
    buf_release(&out);
}

static void refuses_what_is_no_order(void **state)
{
    struct paper_order wrong = order;
    struct buf out;
    int missing = 7;
    buf_init(&out, PAPER_FILE_MAX);
    wrong.ticket_count = 0;
    assert_int_equal(page_write(&wrong, &out, &missing), ERR_INVALID);
    wrong.ticket_count = PAPER_TICKETS_MAX + 1;
    assert_int_equal(page_write(&wrong, &out, &missing), ERR_INVALID);
    wrong.ticket_count = 1;
    tickets[0].code = VIEW_LIT("");
    assert_int_equal(page_write(&wrong, &out, &missing), ERR_INVALID);
    tickets[0].code = VIEW_LIT(CODE);
    buf_release(&out);
    buf_init(&out, 2000); /* smaller than any page */
    assert_int_equal(page_write(&order, &out, &missing), ERR_FULL);
    assert_int_equal(missing, 7);
    buf_release(&out);
}

static void a_qr_code_has_its_marks(void **state)
{
    struct qr qr;
    assert_int_equal(qr_init(&qr, VIEW_LIT(CODE)), 0);
    assert_int_equal(qr.width, 41); /* version 6: signed_code.h counts on it */
    for (int i = 0; i < 7; i++) {   /* finder patterns in three corners */
        assert_true(qr_dark(&qr, i, 0) && qr_dark(&qr, qr.width - 1 - i, 0));
        assert_true(qr_dark(&qr, 0, qr.width - 1 - i));
    }
    assert_false(qr_dark(&qr, 7, 0));
    qr_release(&qr);
    assert_int_equal(qr_init(&qr, VIEW_LIT("")), ERR_INVALID);
    assert_int_equal(qr_init(&qr, view_of("a\0b", 3)), ERR_INVALID);
    char longest[QR_TEXT_MAX + 1];
    memset(longest, 'a', sizeof(longest));
    assert_int_equal(qr_init(&qr, view_of(longest, QR_TEXT_MAX)), 0);
    qr_release(&qr);
    assert_int_equal(qr_init(&qr, view_of(longest, QR_TEXT_MAX + 1)), ERR_INVALID);
}

static void a_receipt_is_a_pdf_with_all_characters(void **state)
{
    struct buf out;
    int missing = -1;
    const struct paper_receipt receipt = {
        .language = PAPER_KOREAN,
        .credit = true,
        .number = VIEW_LIT("12"),
        .about_number = VIEW_LIT("11"),
        .order_number = VIEW_LIT("T4813620975"),
        .event = VIEW_LIT("겨울밤의 꿈: 첫 번째 공연"),
        .paid_by = VIEW_LIT("Toss Payments"),
        .at_ms = INT64_C(1798106400000),
        .utc_offset_minutes = 540,
        .currency = VIEW_LIT("KRW"),
        .price = 165000,
        .fee = 2000,
        .vat = 15182,
        .total = 167000,
        .seller = VIEW_LIT("극단 하나"),
        .registration = VIEW_LIT("123-45-67890"),
        .address = VIEW_LIT("서울특별시 종로구 세종대로 175"),
    };
    buf_init(&out, PAPER_FILE_MAX);
    assert_int_equal(paper_receipt_write(&receipt, &out, &missing), 0);
    assert_int_equal(missing, 0);
    assert_true(view_starts(buf_view(&out), VIEW_LIT("%PDF-1.")));
    keep(buf_view(&out));
    buf_release(&out);
    buf_init(&out, 100); /* a file that does not fit is told */
    assert_int_equal(paper_receipt_write(&receipt, &out, &missing), ERR_FULL);
    buf_release(&out);
}

/* What pango keeps for a thread goes with the thread; the first one's has to be told. */
static int tear_down(void **state)
{
    pango_cairo_font_map_set_default(NULL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_a_pdf_with_all_characters),
        cmocka_unit_test(says_what_no_font_has),
        cmocka_unit_test(refuses_what_is_no_order),
        cmocka_unit_test(a_qr_code_has_its_marks),
        cmocka_unit_test(a_receipt_is_a_pdf_with_all_characters),
    };
    return cmocka_run_group_tests(tests, setup, tear_down);
}
