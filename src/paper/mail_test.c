/* Letters, MIME and calendars; foreign parsers look at the same files in tests/paper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "paper/calendar.h"
#include "paper/letter.h"
#include "paper/mime.h"

static const struct paper_ticket ticket = {.section = VIEW_LIT("Stalls; left, \\ back"),
                                           .row = VIEW_LIT("C"),
                                           .number = VIEW_LIT("12"),
                                           .category = VIEW_LIT("A & B"),
                                           .amount = 165000};
static const struct paper_order order = {
    .order_id = VIEW_LIT("06f4k2m7q0v8x1z3c5n7b9d2ra"),
    .order_number = VIEW_LIT("T4813620975"),
    .event = VIEW_LIT("<b>Winter</b>"),
    .hall = VIEW_LIT("A hall whose name goes on and on until a calendar's line is full, 올림픽홀"),
    .address = VIEW_LIT("424 Olympic-ro; Seoul"),
    .gate = VIEW_LIT("3, <east>"),
    .doors_at_ms = INT64_C(1798102800000),
    .starts_at_ms = INT64_C(1798106400000),
    .utc_offset_known = true,
    .utc_offset_minutes = 540,
    .currency = VIEW_LIT("KRW"),
    .total = 165000,
    .tickets = &ticket,
    .ticket_count = 1};

static bool has(const struct buf *buf, const char *text)
{
    return memmem(buf_view(buf).at, buf->len, text, strlen(text)) != NULL;
}

/* What an account is told, with what auth says: no name where there is none. */
static void codes_are_told_and_marked_secret(void **state)
{
    const struct letter_value values[] = {{"code", VIEW_LIT("01234567")},
                                          {"name", VIEW_LIT("<Kim>")}};
    static const char *const names[] = {"verify", "known", "reset"};
    struct letter letter;
    for (size_t i = 0; i < 3; i++) {
        const bool tells = i != 1;
        for (int language = 0; language < 2; language++) {
            assert_int_equal(letter_write(view_str(names[i]), (enum paper_language)language,
                                          values + (tells ? 0 : 1), tells ? 2 : 1, &letter),
                             0);
            assert_true(has(&letter.text, "01234567") == tells);
            assert_false(has(&letter.html, "<Kim>"));
            letter_release(&letter);
        }
        assert_true(letter_find(view_str(names[i]))->secret == tells);
    }
}

/* Every template takes the values that it is sent with, in both languages. */
static void every_letter_can_be_written(void **state)
{
    const struct letter_template *template;
    struct arena arena;
    struct letter letter;
    struct letter_value values[LETTER_ORDER_VALUES + 14] = {
        [LETTER_ORDER_VALUES] = {"amount", VIEW_LIT("10,000원")},
        {"kept", VIEW_LIT("0원")},
        {"why", VIEW_LIT("The event does not take place.")},
        {"due", VIEW_LIT("Thu 24 December 2026, 19:00")},
        {"bank", VIEW_LIT("88")},
        {"account", VIEW_LIT("X123")},
        {"opens", VIEW_LIT("Thu 24 December 2026, 19:00")},
        {"zone", VIEW_LIT("Asia/Seoul")},
        {"link", VIEW_LIT("https://usher.example/e/1")},
        {"was", VIEW_LIT("Wed 23 December 2026, 19:00")},
        {"until", VIEW_LIT("Wed 23 December 2026, 19:00")},
        {"count", VIEW_LIT("2")},
        {"subject", VIEW_LIT("Doors at six")},
        {"text", VIEW_LIT("Come early.\n\nBring nothing.")},
    };
    arena_init(&arena, 1 << 20);
    assert_int_equal(letter_order_values(&order, &arena, values), 0);
    assert_int_equal(letter_write(VIEW_LIT("no such"), PAPER_ENGLISH, NULL, 0, &letter),
                     ERR_NOT_FOUND);
    for (size_t i = 0; (template = letter_at(i)); i++) {
        const bool of_order = strstr(template->text[0], "{event}") != NULL;
        for (int language = 0; language < 2 && !of_order; language++) {
            const struct letter_value given[] = {
                {"code", VIEW_LIT("12345678")}, {"number", VIEW_LIT("T4813620975")},
                {"name", VIEW_LIT("<Kim>")},    {"what", VIEW_LIT("Your password was changed.")},
                {"webhook", VIEW_LIT("7")},     {"address", VIEW_LIT("192.0.2.1")}};
            assert_int_equal(letter_write(view_str(template->name), (enum paper_language)language,
                                          given, 6, &letter),
                             0);
            assert_false(has(&letter.text, "{") || has(&letter.html, "<Kim>"));
            letter_release(&letter);
        }
        for (int language = 0; language < 2 && of_order; language++) {
            assert_int_equal(letter_write(view_str(template->name), (enum paper_language)language,
                                          values, LETTER_ORDER_VALUES + 14, &letter),
                             0);
            assert_true(has(&letter.subject, "<b>Winter</b>"));
            assert_true(has(&letter.text, "T4813620975") ==
                        (strstr(template->text[language], "{number}") != NULL));
            assert_false(has(&letter.text, "{"));
            if (strstr(template->text[language], "{entrance}"))
                assert_true(has(&letter.text, "424 Olympic-ro; Seoul") &&
                            has(&letter.text, "18:00") && has(&letter.html, "3, &lt;east&gt;"));
            assert_true(has(&letter.html, "&lt;b&gt;Winter&lt;/b&gt;"));
            assert_false(has(&letter.html, "<b>Winter"));
            letter_release(&letter);
            assert_int_equal(letter_write(view_str(template->name), (enum paper_language)language,
                                          values, 0, &letter),
                             ERR_INVALID);
        }
    }
    assert_int_equal(
        letter_write(VIEW_LIT("tickets"), PAPER_ENGLISH, values, LETTER_ORDER_VALUES, &letter), 0);
    assert_true(has(&letter.html, "A &amp; B"));
    assert_true(has(&letter.text, "Stalls; left, \\ back, row C, seat 12 (A & B, 165,000 KRW)"));
    letter_release(&letter);
    arena_release(&arena);
}

static struct mime_message message(void)
{
    return (struct mime_message){.from = VIEW_LIT("tickets@example.org"),
                                 .from_name = VIEW_LIT("Usher \"Hall\""),
                                 .to = VIEW_LIT("kim@example.com"),
                                 .to_name = VIEW_LIT("김하늘"),
                                 .subject = VIEW_LIT("Your tickets"),
                                 .message_id = VIEW_LIT("1.2@example.org"),
                                 .date_ms = INT64_C(1798106400000),
                                 .language = "en",
                                 .text = VIEW_LIT("Hello\n"),
                                 .html = VIEW_LIT("<p>Hello</p>\n"),
                                 .parts = {{"a.pdf", "application/pdf", VIEW_LIT("%PDF")}},
                                 .part_count = 1};
}

static void a_mail_has_its_heads_and_parts(void **state)
{
    struct mime_message m = message();
    struct buf out;
    buf_init(&out, MIME_MESSAGE_MAX);
    assert_int_equal(mime_write(&m, &out), 0);
    assert_true(has(&out, "Date: Thu, 24 Dec 2026 10:00:00 +0000\r\n"));
    assert_true(has(&out, "From: \"Usher \\\"Hall\\\"\"\r\n <tickets@example.org>\r\n"));
    assert_true(has(&out, "To: =?UTF-8?B?6rmA7ZWY64qY?=\r\n <kim@example.com>\r\n"));
    assert_true(has(&out, "Subject: Your tickets\r\n"));
    assert_true(has(&out, "Message-ID: <1.2@example.org>\r\n"));
    assert_true(has(&out, "filename=\"a.pdf\"\r\n"));
    /* No line is bare, none too long (RFC 5322, 2.1.1). */
    const struct view text = buf_view(&out);
    size_t line = 0;
    for (size_t i = 0; i < text.len; i++) {
        line = text.at[i] == '\n' ? 0 : line + 1;
        assert_true(line <= 79);
        assert_true((text.at[i] == '\n') == (i > 0 && text.at[i - 1] == '\r'));
        assert_true((unsigned char)text.at[i] < 127);
    }
    buf_release(&out);
}

static void nobody_writes_a_header_of_his_own(void **state)
{
    static const char *const attacks[] = {"a\r\nBcc: x@y", "a\nBcc: x@y", "a\rb",
                                          "a\tb",          "\x7f",        "\xff"};
    struct buf out;
    buf_init(&out, MIME_MESSAGE_MAX);
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
        for (int field = 0; field < 6; field++) {
            struct mime_message m = message();
            struct view *const fields[] = {&m.from,    &m.from_name, &m.to,
                                           &m.to_name, &m.subject,   &m.message_id};
            *fields[field] = view_str(attacks[i]);
            assert_int_equal(mime_write(&m, &out), ERR_INVALID);
            assert_int_equal(out.len, 0);
        }
    }
    /* What only looks like an encoded word is read as it was written. */
    struct mime_message m = message();
    m.subject = VIEW_LIT("=?UTF-8?B?DQpCY2M6?=");
    assert_int_equal(mime_write(&m, &out), 0);
    assert_false(has(&out, "Subject: =?UTF-8?B?DQpCY2M6?="));
    buf_release(&out);
}

static void an_entry_is_escaped_and_folded(void **state)
{
    struct buf out;
    buf_init(&out, PAPER_FILE_MAX);
    assert_int_equal(calendar_write(&order, false, &out), 0);
    assert_true(has(&out, "DTSTART;TZID=UTC+0900:20261224T190000\r\n"));
    assert_true(has(&out, "TZOFFSETTO:+0900\r\n"));
    assert_true(has(&out, "METHOD:PUBLISH\r\n"));
    assert_true(has(&out, "Stalls\\; left\\, \\\\ back"));
    assert_true(has(&out, "Doors open 18:00"));
    const struct view text = buf_view(&out);
    size_t line = 0;
    for (size_t i = 0; i < text.len; i++) {
        line = text.at[i] == '\n' ? 0 : line + 1;
        assert_true(line <= 76); /* 75 octets and the CR */
    }
    buf_clear(&out);
    struct paper_order nowhere = order;
    nowhere.utc_offset_known = false;
    assert_int_equal(calendar_write(&nowhere, true, &out), 0);
    assert_true(has(&out, "DTSTART:20261224T100000Z\r\n"));
    assert_true(has(&out, "METHOD:CANCEL\r\n") && has(&out, "STATUS:CANCELLED\r\n"));
    assert_false(has(&out, "VTIMEZONE"));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_letter_can_be_written),
        cmocka_unit_test(codes_are_told_and_marked_secret),
        cmocka_unit_test(a_mail_has_its_heads_and_parts),
        cmocka_unit_test(nobody_writes_a_header_of_his_own),
        cmocka_unit_test(an_entry_is_escaped_and_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
