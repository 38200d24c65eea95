#include "paper/receipt.h"

#include <stdio.h>

#include "paper/ink.h"
#include "paper/words.h"

#define NAME_WIDTH 150.0

static const char *word(const struct paper_receipt *r, const char *english, const char *korean)
{
    return r->language == PAPER_KOREAN ? korean : english;
}

/* A name on the left, what it is beside it; nothing where it is empty. Returns where it ends. */
static double put_line(struct ink *ink, double y, const char *name, struct view text)
{
    if (text.len == 0)
        return y;
    ink_text(ink, &ink_plain, INK_MARGIN, y, NAME_WIDTH - 8, view_str(name));
    return y + 5 +
           ink_text(ink, &ink_plain, INK_MARGIN + NAME_WIDTH, y, INK_TEXT_WIDTH - NAME_WIDTH, text);
}

static double put_amount(struct ink *ink, const struct paper_receipt *r,
                         const struct ink_style *style, double y, const char *name, int64_t amount)
{
    char text[PAPER_TEXT_MAX];
    paper_amount(r->language, amount, r->currency, text);
    ink_text(ink, style, INK_MARGIN, y, INK_TEXT_WIDTH / 2, view_str(name));
    return y + 6 +
           ink_text_right(ink, style, INK_MARGIN + INK_TEXT_WIDTH / 2, y, INK_TEXT_WIDTH / 2,
                          view_str(text));
}

static double put_head(struct ink *ink, const struct paper_receipt *r)
{
    const struct paper_clock c = paper_clock_at(r->at_ms, r->utc_offset_minutes);
    char text[PAPER_TEXT_MAX];
    double y = INK_MARGIN;
    y += ink_text(ink, &ink_title, INK_MARGIN, y, INK_TEXT_WIDTH,
                  view_str(r->credit ? word(r, "Credit note", "환불 영수증")
                                     : word(r, "Receipt", "영수증"))) +
         14;
    y = put_line(ink, y, word(r, "Number", "번호"), r->number);
    y = put_line(ink, y, word(r, "Of receipt", "원 영수증 번호"), r->about_number);
    snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d", (int)c.year, c.month, c.day, c.hour,
             c.minute);
    y = put_line(ink, y, word(r, "Date", "일시"), view_str(text));
    y = put_line(ink, y, word(r, "Order", "주문번호"), r->order_number);
    y = put_line(ink, y, word(r, "For", "공연"), r->event);
    return put_line(ink, y, word(r, "Paid by", "결제 수단"), r->paid_by) + 10;
}

static double put_amounts(struct ink *ink, const struct paper_receipt *r, double y)
{
    ink_rule(ink, y, 0.75, false);
    y = put_amount(ink, r, &ink_plain, y + 12, word(r, "Tickets", "티켓"), r->price);
    if (r->fee > 0)
        y = put_amount(ink, r, &ink_plain, y, word(r, "Booking fee", "예매 수수료"), r->fee);
    y = put_amount(ink, r, &ink_value, y + 4,
                   r->credit ? word(r, "Given back", "환불 금액") : word(r, "Total", "합계"),
                   r->total);
    y = put_amount(ink, r, &ink_plain, y, word(r, "Without value added tax", "공급가액(면세 포함)"),
                   r->total - r->vat);
    y = put_amount(ink, r, &ink_plain, y, word(r, "Value added tax contained", "부가가치세"),
                   r->vat);
    ink_rule(ink, y + 4, 0.75, false);
    return y + 20;
}

int paper_receipt_write(const struct paper_receipt *r, struct buf *out, int *ret_missing)
{
    struct ink ink;
    char title[PAPER_TEXT_MAX];
    snprintf(title, sizeof(title), "%s %.*s", word(r, "Receipt", "영수증"), VIEW_ARG(r->number));
    ink_begin(&ink, out, title, r->at_ms);
    double y = put_amounts(&ink, r, put_head(&ink, r));
    y = put_line(&ink, y, word(r, "Seller", "판매자"), r->seller);
    y = put_line(&ink, y, word(r, "Represented by", "대표자"), r->representative);
    y = put_line(&ink, y, word(r, "Business number", "사업자등록번호"), r->registration);
    y = put_line(&ink, y, word(r, "Mail order number", "통신판매업 신고번호"), r->mail_order);
    y = put_line(&ink, y, word(r, "Address", "주소"), r->address);
    put_line(&ink, y, word(r, "Telephone", "전화"), r->telephone);
    ink_page(&ink);
    return ink_end(&ink, 0, ret_missing);
}
