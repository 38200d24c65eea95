#include "paper/page.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <stdio.h>

#include "err/err.h"
#include "paper/qr.h"
#include "paper/words.h"

/* A4, in points of 1/72 inch. */
#define PAGE_WIDTH  595.0
#define PAGE_HEIGHT 842.0
#define MARGIN      48.0
#define QR_SIDE     178.0 /* with its quiet zone: 63 mm */
#define TEXT_WIDTH  (PAGE_WIDTH - 2 * MARGIN)
#define LEFT_WIDTH  (TEXT_WIDTH - QR_SIDE - 16)
#define FONTS       "NanumGothic, Noto Sans CJK KR, Noto Sans, sans-serif"

struct sheet_page {
    const struct paper_order *order;
    cairo_t *cairo;
    PangoLayout *layout; /* one for all texts */
    int missing;         /* characters without a glyph */
};

struct style {
    double size; /* points */
    PangoWeight weight;
    double grey; /* 0 black … 1 white */
    int lines;   /* at most; then … */
};

static const struct style title = {26, PANGO_WEIGHT_BOLD, 0, 2};
static const struct style strong = {17, PANGO_WEIGHT_BOLD, 0, 1};
static const struct style plain = {12, PANGO_WEIGHT_NORMAL, 0.15, 2};
static const struct style label = {9.5, PANGO_WEIGHT_NORMAL, 0.42, 1};
static const struct style value = {15, PANGO_WEIGHT_BOLD, 0, 1};
static const struct style seat = {23, PANGO_WEIGHT_BOLD, 0, 1};
static const struct style small = {9.5, PANGO_WEIGHT_NORMAL, 0.3, 3};

/* Writes text with its upper left corner at x, y; returns its height. */
static double put(struct sheet_page *page, const struct style *style, double x, double y,
                  double width, struct view text)
{
    PangoFontDescription *font = pango_font_description_from_string(FONTS);
    int height = 0;
    pango_font_description_set_absolute_size(font, style->size * PANGO_SCALE);
    pango_font_description_set_weight(font, style->weight);
    pango_layout_set_font_description(page->layout, font);
    pango_layout_set_width(page->layout, (int)(width * PANGO_SCALE));
    pango_layout_set_height(page->layout, -style->lines);
    pango_layout_set_ellipsize(page->layout, PANGO_ELLIPSIZE_END);
    pango_layout_set_wrap(page->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_text(page->layout, text.len ? text.at : "", (int)text.len);
    page->missing += pango_layout_get_unknown_glyphs_count(page->layout);
    cairo_set_source_rgb(page->cairo, style->grey, style->grey, style->grey);
    cairo_move_to(page->cairo, x, y);
    pango_cairo_show_layout(page->cairo, page->layout);
    pango_layout_get_size(page->layout, NULL, &height);
    pango_font_description_free(font);
    return (double)height / PANGO_SCALE;
}

/* A value below its small label; returns how high both are. */
static double put_pair(struct sheet_page *page, const struct style *style, double x, double y,
                       double width, const char *name, struct view text)
{
    double height = put(page, &label, x, y, width, view_str(name));
    return height + put(page, style, x, y + height, width, text);
}

static const char *word(const struct sheet_page *page, const char *english, const char *korean)
{
    return page->order->language == PAPER_KOREAN ? korean : english;
}

static void rule(struct sheet_page *page, double y, double grey, bool dashed)
{
    static const double dashes[] = {4, 4};
    cairo_save(page->cairo);
    cairo_set_source_rgb(page->cairo, grey, grey, grey);
    cairo_set_line_width(page->cairo, 0.8);
    cairo_set_dash(page->cairo, dashes, dashed ? 2 : 0, 0);
    cairo_move_to(page->cairo, MARGIN, y);
    cairo_line_to(page->cairo, PAGE_WIDTH - MARGIN, y);
    cairo_stroke(page->cairo);
    cairo_restore(page->cairo);
}

/* Dark runs as rectangles, so that the file stays small and no hairline shows between modules. */
static int put_qr(struct sheet_page *page, double x, double y, struct view code)
{
    struct qr qr;
    int err = qr_init(&qr, code);
    if (err != 0)
        return err;
    const double module = QR_SIDE / (qr.width + 2 * QR_QUIET);
    cairo_set_source_rgb(page->cairo, 0, 0, 0);
    for (int row = 0; row < qr.width; row++) {
        for (int from = 0; from < qr.width; from++) {
            int to = from;
            while (to < qr.width && qr_dark(&qr, to, row))
                to++;
            if (to > from)
                cairo_rectangle(page->cairo, x + (from + QR_QUIET) * module,
                                y + (row + QR_QUIET) * module, (to - from) * module, module);
            from = to;
        }
    }
    cairo_fill(page->cairo);
    qr_release(&qr);
    return 0;
}

/* Event, time and hall, over the whole width; returns where it ends. */
static double put_head(struct sheet_page *page)
{
    const struct paper_order *order = page->order;
    char text[PAPER_TEXT_MAX];
    double y = MARGIN;
    y += put(page, &title, MARGIN, y, TEXT_WIDTH, order->event) + 6;
    paper_start(order, text);
    y += put(page, &strong, MARGIN, y, TEXT_WIDTH, view_str(text)) + 2;
    y += put(page, &plain, MARGIN, y, TEXT_WIDTH, order->hall) + 12;
    rule(page, y, 0.75, false);
    return y + 14;
}

/* Where to sit, what it is and cost, left of the code; returns where it ends. */
static double put_place(struct sheet_page *page, const struct paper_ticket *ticket, double y)
{
    const struct paper_order *order = page->order;
    const double half = LEFT_WIDTH / 2;
    char text[PAPER_TEXT_MAX];
    y += put_pair(page, &seat, MARGIN, y, LEFT_WIDTH, word(page, "Section", "구역"),
                  ticket->section) +
         6;
    if (ticket->row.len || ticket->number.len) {
        put_pair(page, &seat, MARGIN, y, half - 8, word(page, "Row", "열"), ticket->row);
        y += put_pair(page, &seat, MARGIN + half, y, half, word(page, "Seat", "좌석"),
                      ticket->number) +
             6;
    }
    paper_amount(order->language, ticket->amount, order->currency, text);
    put_pair(page, &value, MARGIN, y, half - 8, word(page, "Category", "등급"), ticket->category);
    return y + put_pair(page, &value, MARGIN + half, y, half, word(page, "Price", "가격"),
                        view_str(text));
}

/* Order, buyer and which of how many; returns where it ends. */
static double put_order(struct sheet_page *page, size_t index, double y)
{
    const struct paper_order *order = page->order;
    const double third = TEXT_WIDTH / 3;
    char text[PAPER_TEXT_MAX];
    rule(page, y, 0.75, false);
    y += 10;
    double height = put_pair(page, &value, MARGIN, y, third - 8, word(page, "Order", "주문번호"),
                             order->order_number);
    snprintf(text, sizeof(text), "%zu / %zu", index + 1, order->ticket_count);
    put_pair(page, &value, MARGIN + third, y, third - 8, word(page, "Ticket", "티켓"),
             view_str(text));
    if (order->name.len)
        put_pair(page, &value, MARGIN + 2 * third, y, third, word(page, "Name", "예매자"),
                 order->name);
    return y + height + 16;
}

static int put_ticket(struct sheet_page *page, size_t index)
{
    const struct paper_ticket *ticket = &page->order->tickets[index];
    const double top = put_head(page);
    const double code_x = PAGE_WIDTH - MARGIN - QR_SIDE;
    int err = put_qr(page, code_x, top, ticket->code);
    if (err != 0)
        return err;
    double y = put_place(page, ticket, top);
    y = put_order(page, index, (y > top + QR_SIDE ? y : top + QR_SIDE) + 10);
    rule(page, y, 0.6, true);
    y += 14;
    y += put(page, &small, MARGIN, y, TEXT_WIDTH,
             view_str(word(page,
                           "Show this code at the door, on paper or on a screen. It lets one "
                           "person in, once.",
                           "입장할 때 이 코드를 종이나 화면으로 보여 주세요. 한 사람이 한 번 "
                           "들어갈 수 있습니다.")));
    put(page, &small, MARGIN, y + 3, TEXT_WIDTH,
        view_str(word(page, "Whoever has a picture of it can use it: do not post it.",
                      "코드를 찍은 사진으로도 입장할 수 있으니 인터넷에 올리지 마세요.")));
    return 0;
}

/* ---- the file ---- */

#ifdef USHER_SANITIZE
/* fontconfig keeps 288 bytes that it does not point to any more (2.14, and before). */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig";
}
#endif

struct sink_state {
    struct buf *out;
    int err;
};

static cairo_status_t take_bytes(void *state, const unsigned char *bytes, unsigned len)
{
    struct sink_state *sink = state;
    if (sink->err == 0)
        sink->err = buf_append(sink->out, bytes, len);
    return sink->err == 0 ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* Without a date of its own the file would carry the moment it was made. */
static void describe(cairo_surface_t *surface, const struct paper_order *order)
{
    const struct paper_clock c = paper_clock_at(order->placed_at_ms, 0);
    char text[PAPER_TEXT_MAX];
    snprintf(text, sizeof(text), "%.*s, %.*s", VIEW_ARG(order->event),
             VIEW_ARG(order->order_number));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, text);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Usher");
    snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)c.year, c.month, c.day,
             c.hour, c.minute, c.second);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, text);
}

static int write_pages(struct sheet_page *page, cairo_surface_t *surface)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < page->order->ticket_count; i++) {
        err = put_ticket(page, i);
        cairo_show_page(page->cairo);
    }
    cairo_surface_finish(surface);
    if (err == 0 && cairo_status(page->cairo) != CAIRO_STATUS_SUCCESS)
        err = ERR_NO_MEMORY;
    return err;
}

int page_write(const struct paper_order *order, struct buf *out, int *ret_missing)
{
    if (order->ticket_count == 0 || order->ticket_count > PAPER_TICKETS_MAX)
        return ERR_INVALID;
    struct sink_state sink = {.out = out};
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(take_bytes, &sink, PAGE_WIDTH, PAGE_HEIGHT);
    describe(surface, order);
    struct sheet_page page = {.order = order, .cairo = cairo_create(surface)};
    page.layout = pango_cairo_create_layout(page.cairo);
    int err = write_pages(&page, surface);
    g_object_unref(page.layout);
    cairo_destroy(page.cairo);
    cairo_surface_destroy(surface);
    if (sink.err != 0)
        return sink.err;
    if (err == 0)
        *ret_missing = page.missing;
    return err;
}
