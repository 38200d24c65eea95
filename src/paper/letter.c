#include "paper/letter.h"

#include "err/err.h"
#include "paper/words.h"

#define TRY(step)                                                                                  \
    do {                                                                                           \
        const int err_ = (step);                                                                   \
        if (err_ != 0)                                                                             \
            return err_;                                                                           \
    } while (0)

/* ---- values ---- */

static const struct letter_value *find(const struct letter_value *values, size_t count,
                                       struct view name)
{
    for (size_t i = 0; i < count; i++) {
        if (view_eq(view_str(values[i].name), name))
            return &values[i];
    }
    return NULL;
}

/* The template with every {name} replaced. */
static int fill(struct view text, const struct letter_value *values, size_t count, struct buf *out)
{
    while (text.len > 0) {
        const char *brace = memchr(text.at, '{', text.len);
        const size_t before = brace ? (size_t)(brace - text.at) : text.len;
        TRY(buf_append(out, text.at, before));
        if (!brace)
            return 0;
        const char *end = memchr(brace, '}', text.len - before);
        assert(end);
        const struct view name = view_of(brace + 1, (size_t)(end - brace) - 1);
        const struct letter_value *value = find(values, count, name);
        if (!value)
            return ERR_INVALID;
        TRY(buf_append_view(out, value->text));
        text = view_of(end + 1, text.len - before - name.len - 2);
    }
    return 0;
}

/* ---- the two forms ---- */

enum mark { MARK_NONE, MARK_HEADING = '#', MARK_CODE = '>', MARK_LINK = '@' };

/* Takes the next paragraph, without its mark, from the front. */
static bool next_paragraph(struct view *text, enum mark *ret_mark, struct view *ret_paragraph)
{
    if (text->len == 0)
        return false;
    const char *gap = memmem(text->at, text->len, "\n\n", 2);
    const size_t len = gap ? (size_t)(gap - text->at) : text->len;
    struct view paragraph = view_of(text->at, len);
    *text = view_of(text->at + len + (gap ? 2 : 0), text->len - len - (gap ? 2 : 0));
    *ret_mark = MARK_NONE;
    if (paragraph.len > 2 && paragraph.at[1] == ' ' && strchr("#>@", paragraph.at[0])) {
        *ret_mark = (enum mark)paragraph.at[0];
        paragraph = view_of(paragraph.at + 2, paragraph.len - 2);
    }
    *ret_paragraph = paragraph;
    return true;
}

static int append_escaped(struct view text, struct buf *out)
{
    assert(text.at || text.len == 0);
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.at[i];
        const char *entity = c == '&'    ? "&amp;"
                             : c == '<'  ? "&lt;"
                             : c == '>'  ? "&gt;"
                             : c == '"'  ? "&quot;"
                             : c == '\n' ? "<br>\n"
                                         : NULL;
        if (entity)
            TRY(buf_append_view(out, view_str(entity)));
        else
            TRY(buf_append_byte(out, (uint8_t)c));
    }
    return 0;
}

/* A link of ours only: a value that is no http address is shown as text. */
static int append_link(struct view text, struct buf *out)
{
    const bool web =
        view_starts(text, VIEW_LIT("https://")) || view_starts(text, VIEW_LIT("http://"));
    if (web) {
        TRY(buf_printf(out, "<a href=\""));
        TRY(append_escaped(text, out));
        TRY(buf_printf(out, "\">"));
    }
    TRY(append_escaped(text, out));
    return web ? buf_printf(out, "</a>") : 0;
}

/* One paragraph in its HTML frame. Styles stand in the elements: mail readers drop sheets. */
static int append_paragraph(enum mark mark, struct view text, struct buf *out)
{
    switch (mark) {
    case MARK_HEADING:
        TRY(buf_printf(out, "<h1 style=\"font-size:22px;margin:0 0 16px\">"));
        TRY(append_escaped(text, out));
        return buf_printf(out, "</h1>\n");
    case MARK_CODE:
        TRY(buf_printf(out, "<p style=\"font:bold 28px monospace;letter-spacing:4px;"
                            "margin:0 0 16px\">"));
        TRY(append_escaped(text, out));
        return buf_printf(out, "</p>\n");
    case MARK_LINK:
        TRY(buf_printf(out, "<p style=\"margin:0 0 16px\">"));
        TRY(append_link(text, out));
        return buf_printf(out, "</p>\n");
    default:
        TRY(buf_printf(out, "<p style=\"margin:0 0 16px\">"));
        TRY(append_escaped(text, out));
        return buf_printf(out, "</p>\n");
    }
}

static int write_forms(const char *template, const struct letter_value *values, size_t count,
                       struct letter *letter)
{
    struct view rest = view_str(template), paragraph;
    enum mark mark;
    struct buf filled;
    int err = 0;
    buf_init(&filled, LETTER_MAX);
    while (err == 0 && next_paragraph(&rest, &mark, &paragraph)) {
        buf_clear(&filled);
        err = fill(paragraph, values, count, &filled);
        if (err == 0)
            err = append_paragraph(mark, buf_view(&filled), &letter->html);
        if (err == 0)
            err = buf_append_view(&letter->text, buf_view(&filled));
        if (err == 0)
            err = buf_printf(&letter->text, rest.len ? "\n\n" : "\n");
    }
    buf_release(&filled);
    return err;
}

static int write_letter(const struct letter_template *template, enum paper_language language,
                        const struct letter_value *values, size_t count, struct letter *letter)
{
    TRY(fill(view_str(template->subject[language]), values, count, &letter->subject));
    TRY(buf_printf(&letter->html,
                   "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">"
                   "<meta name=\"viewport\" content=\"width=device-width\"><title>",
                   language == PAPER_KOREAN ? "ko" : "en"));
    TRY(append_escaped(buf_view(&letter->subject), &letter->html));
    TRY(buf_printf(&letter->html,
                   "</title></head>\n<body style=\"font:16px/1.5 sans-serif;color:#111;"
                   "background:#fff;max-width:560px;margin:24px auto;padding:0 16px\">\n"));
    TRY(write_forms(template->text[language], values, count, letter));
    return buf_printf(&letter->html, "</body></html>\n");
}

int letter_write(struct view name, enum paper_language language, const struct letter_value *values,
                 size_t count, struct letter *ret_letter)
{
    const struct letter_template *template = letter_find(name);
    struct letter letter;
    if (!template)
        return ERR_NOT_FOUND;
    buf_init(&letter.subject, LETTER_MAX);
    buf_init(&letter.text, LETTER_MAX);
    buf_init(&letter.html, LETTER_MAX);
    int err = write_letter(template, language, values, count, &letter);
    if (err == 0)
        *ret_letter = letter;
    else
        letter_release(&letter);
    return err;
}

void letter_release(struct letter *letter)
{
    buf_release(&letter->subject);
    buf_release(&letter->text);
    buf_release(&letter->html);
}

/* ---- an order's values ---- */

static int places(const struct paper_order *order, struct arena *arena, struct view *ret_places)
{
    struct buf text;
    char place[PAPER_TEXT_MAX], amount[PAPER_TEXT_MAX];
    int err = 0;
    buf_init(&text, LETTER_MAX);
    for (size_t i = 0; err == 0 && i < order->ticket_count; i++) {
        const struct paper_ticket *ticket = &order->tickets[i];
        paper_place(order->language, ticket, place);
        paper_amount(order->language, ticket->amount, order->currency, amount);
        err = buf_printf(&text, "%s%s (%.*s, %s)", i ? "\n" : "", place, VIEW_ARG(ticket->category),
                         amount);
    }
    const char *copy = err == 0 ? arena_copy(arena, buf_view(&text)) : NULL;
    *ret_places = view_str(copy);
    buf_release(&text);
    return err == 0 && !copy ? ERR_NO_MEMORY : err;
}

/* The address, when the doors open and which, a line each; empty where nobody says any of it. */
static int write_entrance(const struct paper_order *order, struct arena *arena,
                          struct view *ret_text)
{
    const bool korean = order->language == PAPER_KOREAN;
    char doors[PAPER_TEXT_MAX] = "";
    if (order->doors_at_ms != 0)
        paper_doors(order, doors);
    const char *text = arena_printf(
        arena, "%s%.*s%s%s%s%s%.*s", order->address.len ? "\n" : "", VIEW_ARG(order->address),
        doors[0] ? (korean ? "\n입장 시작 " : "\nDoors open ") : "", doors,
        order->gate.len ? (korean ? "\n입구 " : "\nGate ") : "", "", VIEW_ARG(order->gate));
    *ret_text = view_str(text ? text : "");
    return text ? 0 : ERR_NO_MEMORY;
}

/* Of a cancelled order, by enum paper_money and paper_language. */
static const char *const money_back[][2] = {
    [PAPER_MONEY_CARD] =
        {"What you paid by card goes back to the card; the bank shows it after some "
         "days.",
         "카드로 결제하신 금액은 카드로 환불되며, 카드사에 따라 며칠이 걸릴 수 "
         "있습니다."},
    [PAPER_MONEY_ACCOUNT] = {"What you paid goes back to the account that you have named; the bank "
                             "shows it after some days.",
                             "입금하신 금액은 알려 주신 환불 계좌로 돌려드리며, 은행에 따라 며칠이 "
                             "걸릴 수 있습니다."},
    [PAPER_MONEY_COUNTER] = {"What you paid at the box office you get back there.",
                             "매표소에서 결제하신 금액은 매표소에서 돌려드립니다."},
    [PAPER_MONEY_OPEN] = {"If you have paid at the box office already, you get it back there; if "
                          "not, you owe nothing.",
                          "매표소에서 이미 결제하셨다면 매표소에서 돌려드립니다. 아직 결제하지 "
                          "않으셨다면 내실 금액은 없습니다."},
    [PAPER_MONEY_NONE] = {"They were given to you, so no money goes back.",
                          "초대권이므로 환불되는 금액은 없습니다."},
};

int letter_order_values(const struct paper_order *order, struct arena *arena,
                        struct letter_value ret_values[LETTER_ORDER_VALUES])
{
    char start[PAPER_TEXT_MAX], total[PAPER_TEXT_MAX];
    struct view list, entrance;
    paper_start(order, start);
    paper_amount(order->language, order->total, order->currency, total);
    TRY(places(order, arena, &list));
    TRY(write_entrance(order, arena, &entrance));
    const char *start_copy = arena_copy(arena, view_str(start));
    const char *total_copy = arena_copy(arena, view_str(total));
    if (!start_copy || !total_copy)
        return ERR_NO_MEMORY;
    const struct letter_value values[LETTER_ORDER_VALUES] = {
        {"event", order->event},
        {"start", view_str(start_copy)},
        {"hall", order->hall},
        {"number", order->order_number},
        {"name", order->name},
        {"total", view_str(total_copy)},
        {"places", list},
        {"entrance", entrance},
        {"money", view_str(money_back[order->money][order->language])},
    };
    memcpy(ret_values, values, sizeof(values));
    return 0;
}
