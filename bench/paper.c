/*
 * A mail with tickets: letter, PDF with codes, calendar entry and MIME, beside what cairo and pango
 * alone take to draw a page with as much on it.
 */
#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <qrencode.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "clock/clock.h"
#include "err/err.h"
#include "paper/calendar.h"
#include "paper/letter.h"
#include "paper/mime.h"
#include "paper/page.h"

#define MAILS  150
#define ROUNDS 3 /* of both kinds in turns: the machine's mood is the same for both */
#define CODE                                                                                       \
    "043AJV7GKY6XFZZZPDZ5H6ACGG00000J0004NM700093AJV7GKY6XFZZZPDZ5H6ACGG00000J0004NM70009G"        \
    "043AJV7GKY6XFZZZPDZ5H6ACGG00000J0004NM700093AJV7GKY6XFZZZPDZ5"

static const struct paper_ticket ticket = {.section = VIEW_LIT("1층 가운데"),
                                           .row = VIEW_LIT("C"),
                                           .number = VIEW_LIT("12"),
                                           .category = VIEW_LIT("R석"),
                                           .amount = 165000,
                                           .code = VIEW_LIT(CODE)};
static const struct paper_order order = {.language = PAPER_KOREAN,
                                         .order_id = VIEW_LIT("06f4k2m7q0v8x1z3c5n7b9d2ra"),
                                         .order_number = VIEW_LIT("T4813620975"),
                                         .event = VIEW_LIT("겨울밤의 꿈: 첫 번째 공연"),
                                         .hall = VIEW_LIT("올림픽홀"),
                                         .address = VIEW_LIT("서울 송파구 올림픽로 424"),
                                         .name = VIEW_LIT("김하늘"),
                                         .starts_at_ms = INT64_C(1798106400000),
                                         .utc_offset_known = true,
                                         .utc_offset_minutes = 540,
                                         .placed_at_ms = INT64_C(1795900000000),
                                         .currency = VIEW_LIT("KRW"),
                                         .total = 165000,
                                         .tickets = &ticket,
                                         .ticket_count = 1};

/* ---- ours ---- */

struct parts {
    struct buf page, entry, mail;
};

static int fill(struct parts *parts, struct arena *arena)
{
    struct letter_value values[LETTER_ORDER_VALUES];
    struct letter letter;
    int missing;
    int err = letter_order_values(&order, arena, values);
    if (err == 0)
        err =
            letter_write(VIEW_LIT("tickets"), order.language, values, LETTER_ORDER_VALUES, &letter);
    if (err != 0)
        return err;
    err = page_write(&order, &parts->page, &missing);
    if (err == 0)
        err = calendar_write(&order, false, &parts->entry);
    const struct mime_message message = {
        .from = VIEW_LIT("tickets@example.org"),
        .to = VIEW_LIT("somebody@example.org"),
        .subject = buf_view(&letter.subject),
        .message_id = VIEW_LIT("1@example.org"),
        .date_ms = order.placed_at_ms,
        .language = "ko",
        .text = buf_view(&letter.text),
        .html = buf_view(&letter.html),
        .parts = {{"tickets.pdf", "application/pdf", buf_view(&parts->page)},
                  {"event.ics", "text/calendar", buf_view(&parts->entry)}},
        .part_count = 2,
    };
    if (err == 0)
        err = mime_write(&message, &parts->mail);
    letter_release(&letter);
    return err;
}

static int write_mail(void)
{
    struct parts parts;
    struct arena arena;
    arena_init(&arena, PAPER_FILE_MAX);
    buf_init(&parts.page, PAPER_FILE_MAX);
    buf_init(&parts.entry, PAPER_FILE_MAX);
    buf_init(&parts.mail, MIME_MESSAGE_MAX);
    const int err = fill(&parts, &arena);
    buf_release(&parts.page);
    buf_release(&parts.entry);
    buf_release(&parts.mail);
    arena_release(&arena);
    return err;
}

/* ---- the limit: the same words in the same sizes, and a code's rectangles ---- */

static const struct {
    const char *text;
    double size;
    bool bold;
} words[] = {
    {"겨울밤의 꿈: 첫 번째 공연", 26, true},
    {"2026년 12월 24일 목요일 오후 7:00", 17, true},
    {"올림픽홀", 12, false},
    {"서울 송파구 올림픽로 424", 9.5, false},
    {"구역", 9.5, false},
    {"1층 가운데", 23, true},
    {"열", 9.5, false},
    {"C", 23, true},
    {"좌석", 9.5, false},
    {"12", 23, true},
    {"등급", 9.5, false},
    {"R석", 15, true},
    {"가격", 9.5, false},
    {"165,000원", 15, true},
    {"주문번호", 9.5, false},
    {"T4813620975", 15, true},
    {"티켓", 9.5, false},
    {"1 / 1", 15, true},
    {"예매자", 9.5, false},
    {"김하늘", 15, true},
    {"입장할 때 이 코드를 종이나 화면으로 보여 주세요. 한 사람이 한 번 들어갈 수 있습니다.", 9.5,
     false},
    {"코드를 찍은 사진으로도 입장할 수 있으니 인터넷에 올리지 마세요.", 9.5, false},
};

static cairo_status_t take_bytes(void *state, const unsigned char *bytes, unsigned len)
{
    return buf_append(state, bytes, len) == 0 ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static void draw_words(cairo_t *cairo)
{
    PangoLayout *layout = pango_cairo_create_layout(cairo);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        PangoFontDescription *font = pango_font_description_from_string(
            "NanumGothic, Noto Sans CJK KR, Noto Sans, sans-serif");
        pango_font_description_set_absolute_size(font, words[i].size * PANGO_SCALE);
        pango_font_description_set_weight(font,
                                          words[i].bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
        pango_layout_set_font_description(layout, font);
        pango_layout_set_text(layout, words[i].text, -1);
        cairo_move_to(cairo, 48, 48 + 30.0 * (double)i);
        pango_cairo_show_layout(cairo, layout);
        pango_font_description_free(font);
    }
    g_object_unref(layout);
}

static int draw_code(cairo_t *cairo)
{
    QRcode *code = QRcode_encodeString(CODE, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (!code)
        return ERR_NO_MEMORY;
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            int from = x;
            while (x < code->width && code->data[y * code->width + x] & 1)
                x++;
            if (x > from)
                cairo_rectangle(cairo, 360 + from * 3, 100 + y * 3, (x - from) * 3, 3);
        }
    }
    cairo_fill(cairo);
    QRcode_free(code);
    return 0;
}

static int draw_bare(void)
{
    struct buf out;
    buf_init(&out, PAPER_FILE_MAX);
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(take_bytes, &out, 595, 842);
    cairo_t *cairo = cairo_create(surface);
    draw_words(cairo);
    int err = draw_code(cairo);
    cairo_show_page(cairo);
    cairo_surface_finish(surface);
    if (err == 0 && cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
        err = ERR_NO_MEMORY;
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    buf_release(&out);
    return err;
}

/* ---- both in turns, in CPU time ---- */

static int take(int (*make)(void), double *ret_us)
{
    const int64_t begin_ns = clock_cpu_ns();
    int err = 0;
    for (int i = 0; err == 0 && i < MAILS; i++)
        err = make();
    *ret_us += (double)(clock_cpu_ns() - begin_ns) / 1000 / MAILS / ROUNDS;
    return err;
}

int bench_paper(bench_row_fn *row, void *state)
{
    double mail_us = 0, bare_us = 0;
    int err = write_mail(); /* fonts are found once */
    for (int i = 0; err == 0 && i < ROUNDS; i++) {
        err = take(write_mail, &mail_us);
        if (err == 0)
            err = take(draw_bare, &bare_us);
    }
    if (err != 0)
        return err;
    row(state, "paper: a mail with a ticket, CPU", mail_us, "us");
    row(state, "paper: the page by cairo and pango alone, CPU", bare_us, "us");
    row(state, "paper: a mail, times the bare page", mail_us / bare_us, "x");
    return 0;
}
