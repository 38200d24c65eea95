#include "paper/page.h"

#include <stdio.h>

#include "err/err.h"
#include "paper/ink.h"
#include "paper/qr.h"
#include "paper/words.h"

#define MARGIN     INK_MARGIN
#define TEXT_WIDTH INK_TEXT_WIDTH
#define QR_SIDE    178.0 /* with its quiet zone: 63 mm */
#define LEFT_WIDTH (TEXT_WIDTH - QR_SIDE - 16)

struct sheet_page {
    const struct paper_order *order;
    struct ink ink;
};

static const struct ink_style seat = {23, PANGO_WEIGHT_BOLD, 0, 1};

static const char *word(const struct sheet_page *page, const char *english, const char *korean)
{
    return page->order->language == PAPER_KOREAN ? korean : english;
}

/* Dark runs as rectangles, so that the file stays small and no hairline shows between modules. */
static int put_qr(struct sheet_page *page, double x, double y, struct view code)
{
    struct qr qr;
    int err = qr_init(&qr, code);
    if (err != 0)
        return err;
    const double module = QR_SIDE / (qr.width + 2 * QR_QUIET);
    cairo_set_source_rgb(page->ink.cairo, 0, 0, 0);
    for (int row = 0; row < qr.width; row++) {
        for (int from = 0; from < qr.width; from++) {
            int to = from;
            while (to < qr.width && qr_dark(&qr, to, row))
                to++;
            if (to > from)
                cairo_rectangle(page->ink.cairo, x + (from + QR_QUIET) * module,
                                y + (row + QR_QUIET) * module, (to - from) * module, module);
            from = to;
        }
    }
    cairo_fill(page->ink.cairo);
    qr_release(&qr);
    return 0;
}

/* Where and when people are let in, where the organiser says it; returns where it ends. */
static double put_entrance(struct sheet_page *page, double y)
{
    const struct paper_order *order = page->order;
    const double half = TEXT_WIDTH / 2;
    char doors[PAPER_TEXT_MAX];
    double height = 0;
    if (order->doors_at_ms != 0) {
        paper_doors(order, doors);
        height = ink_pair(&page->ink, &ink_strong, MARGIN, y, half - 8,
                          word(page, "Doors open", "입장 시작"), view_str(doors));
    }
    if (order->gate.len) {
        const double gate = ink_pair(&page->ink, &ink_strong, MARGIN + (height > 0 ? half : 0), y,
                                     half, word(page, "Gate", "입구"), order->gate);
        height = gate > height ? gate : height;
    }
    if (height == 0)
        return y;
    ink_rule(&page->ink, y + height + 10, 0.75, false);
    return y + height + 24;
}

/* Event, time and hall, over the whole width; returns where it ends. */
static double put_head(struct sheet_page *page)
{
    const struct paper_order *order = page->order;
    char text[PAPER_TEXT_MAX];
    double y = MARGIN;
    y += ink_text(&page->ink, &ink_title, MARGIN, y, TEXT_WIDTH, order->event) + 6;
    paper_start(order, text);
    y += ink_text(&page->ink, &ink_strong, MARGIN, y, TEXT_WIDTH, view_str(text)) + 2;
    y += ink_text(&page->ink, &ink_plain, MARGIN, y, TEXT_WIDTH, order->hall) + 2;
    if (order->address.len)
        y += ink_text(&page->ink, &ink_small, MARGIN, y, TEXT_WIDTH, order->address) + 2;
    ink_rule(&page->ink, y + 10, 0.75, false);
    return put_entrance(page, y + 24);
}

/* Where to sit, what it is and cost, left of the code; returns where it ends. */
static double put_place(struct sheet_page *page, const struct paper_ticket *ticket, double y)
{
    const struct paper_order *order = page->order;
    const double half = LEFT_WIDTH / 2;
    char text[PAPER_TEXT_MAX];
    y += ink_pair(&page->ink, &seat, MARGIN, y, LEFT_WIDTH, word(page, "Section", "구역"),
                  ticket->section) +
         6;
    if (ticket->row.len || ticket->number.len) {
        const struct view own_row = ticket->row_label, own_seat = ticket->seat_label;
        const double height = ink_pair(&page->ink, &seat, MARGIN, y, half - 8,
                                       own_row.len ? " " : word(page, "Row", "열"),
                                       own_row.len ? own_row : ticket->row);
        const double other = ink_pair(&page->ink, &seat, MARGIN + half, y, half,
                                      own_seat.len ? " " : word(page, "Seat", "좌석"),
                                      own_seat.len ? own_seat : ticket->number);
        y += (height > other ? height : other) + 6;
    }
    const struct view kind = paper_seat_kind(order->language, ticket->kind);
    if (kind.len)
        y += ink_text(&page->ink, &ink_strong, MARGIN, y, LEFT_WIDTH, kind) + 6;
    paper_amount(order->language, ticket->amount, order->currency, text);
    ink_pair(&page->ink, &ink_value, MARGIN, y, half - 8, word(page, "Category", "등급"),
             ticket->category);
    return y + ink_pair(&page->ink, &ink_value, MARGIN + half, y, half, word(page, "Price", "가격"),
                        view_str(text));
}

/* Order, buyer and which of how many; returns where it ends. */
static double put_order(struct sheet_page *page, size_t index, double y)
{
    const struct paper_order *order = page->order;
    const double third = TEXT_WIDTH / 3;
    char text[PAPER_TEXT_MAX];
    ink_rule(&page->ink, y, 0.75, false);
    y += 10;
    double height = ink_pair(&page->ink, &ink_value, MARGIN, y, third - 8,
                             word(page, "Order", "주문번호"), order->order_number);
    snprintf(text, sizeof(text), "%zu / %zu", index + 1, order->ticket_count);
    ink_pair(&page->ink, &ink_value, MARGIN + third, y, third - 8, word(page, "Ticket", "티켓"),
             view_str(text));
    if (order->name.len)
        ink_pair(&page->ink, &ink_value, MARGIN + 2 * third, y, third, word(page, "Name", "예매자"),
                 order->name);
    return y + height + 16;
}

static int put_ticket(struct sheet_page *page, size_t index)
{
    const struct paper_ticket *ticket = &page->order->tickets[index];
    const double top = put_head(page);
    const double code_x = INK_WIDTH - MARGIN - QR_SIDE;
    int err = put_qr(page, code_x, top, ticket->code);
    if (err != 0)
        return err;
    double y = put_place(page, ticket, top);
    y = put_order(page, index, (y > top + QR_SIDE ? y : top + QR_SIDE) + 10);
    ink_rule(&page->ink, y, 0.6, true);
    y += 14;
    y += ink_text(&page->ink, &ink_small, MARGIN, y, TEXT_WIDTH,
                  view_str(word(page,
                                "Show this code at the door, on paper or on a screen. It lets one "
                                "person in, once.",
                                "입장할 때 이 코드를 종이나 화면으로 보여 주세요. 한 사람이 한 번 "
                                "들어갈 수 있습니다.")));
    ink_text(&page->ink, &ink_small, MARGIN, y + 3, TEXT_WIDTH,
             view_str(word(page, "Whoever has a picture of it can use it: do not post it.",
                           "코드를 찍은 사진으로도 입장할 수 있으니 인터넷에 올리지 마세요.")));
    return 0;
}

/* ---- the file ---- */

int page_write(const struct paper_order *order, struct buf *out, int *ret_missing)
{
    struct sheet_page page = {.order = order};
    char title[PAPER_TEXT_MAX];
    int err = 0;
    if (order->ticket_count == 0 || order->ticket_count > PAPER_TICKETS_MAX)
        return ERR_INVALID;
    snprintf(title, sizeof(title), "%.*s, %.*s", VIEW_ARG(order->event),
             VIEW_ARG(order->order_number));
    ink_begin(&page.ink, out, title, order->placed_at_ms);
    for (size_t i = 0; err == 0 && i < order->ticket_count; i++) {
        err = put_ticket(&page, i);
        ink_page(&page.ink);
    }
    return ink_end(&page.ink, err, ret_missing);
}
