#include "paper/calendar.h"

#include <inttypes.h>
#include <stdio.h>

#include "err/err.h"
#include "mem/utf8.h"
#include "paper/words.h"

#define SEQUENCE_CANCELLED 1000000000u /* beyond every date */

#define LINE_OCTETS 75 /* without the line end (RFC 5545, 3.1) */

#define TRY(step)                                                                                  \
    do {                                                                                           \
        const int err_ = (step);                                                                   \
        if (err_ != 0)                                                                             \
            return err_;                                                                           \
    } while (0)

/* A content line of any length, folded between characters. */
static int write_line(struct view line, struct buf *out)
{
    size_t used = 0;
    for (size_t at = 0; at < line.len;) {
        size_t len = utf8_char(view_of(line.at + at, line.len - at));
        len = len ? len : 1;
        if (used + len > LINE_OCTETS) {
            TRY(buf_append(out, "\r\n ", 3));
            used = 1;
        }
        TRY(buf_append(out, line.at + at, len));
        used += len;
        at += len;
    }
    return buf_append(out, "\r\n", 2);
}

static int write_plain(struct buf *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static int write_plain(struct buf *out, const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    assert(len > 0 && (size_t)len < sizeof(line));
    return write_line(view_of(line, (size_t)len), out);
}

/* TEXT values (3.3.11): \, ; and , are escaped, a line end is \n, other control characters go. */
static int escape(struct view text, struct buf *line)
{
    assert(text.at || text.len == 0);
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.at[i];
        if (c == '\n')
            TRY(buf_append(line, "\\n", 2));
        else if (c == '\\' || c == ';' || c == ',')
            TRY(buf_append(line, (char[]){'\\', c}, 2));
        else if ((unsigned char)c >= ' ' && c != 127)
            TRY(buf_append_byte(line, (uint8_t)c));
    }
    return 0;
}

static int write_value(const char *name, struct view text, struct buf *out)
{
    struct buf line;
    buf_init(&line, PAPER_FILE_MAX);
    int err = buf_printf(&line, "%s:", name);
    if (err == 0)
        err = escape(text, &line);
    if (err == 0)
        err = write_line(buf_view(&line), out);
    buf_release(&line);
    return err;
}

/* A zone that knows no other time than that one offset: the entry is about one moment. */
static int write_zone(const char *name, int32_t offset_minutes, struct buf *out)
{
    const int32_t size = offset_minutes < 0 ? -offset_minutes : offset_minutes;
    char offset[8];
    snprintf(offset, sizeof(offset), "%c%02d%02d", offset_minutes < 0 ? '-' : '+',
             (int)(size / 60 % 100), (int)(size % 60));
    TRY(write_plain(out, "BEGIN:VTIMEZONE"));
    TRY(write_plain(out, "TZID:%s", name));
    TRY(write_plain(out, "BEGIN:STANDARD"));
    TRY(write_plain(out, "DTSTART:19700101T000000"));
    TRY(write_plain(out, "TZOFFSETFROM:%s", offset));
    TRY(write_plain(out, "TZOFFSETTO:%s", offset));
    TRY(write_plain(out, "END:STANDARD"));
    return write_plain(out, "END:VTIMEZONE");
}

static void stamp(struct paper_clock c, char ret_text[40])
{
    snprintf(ret_text, 40, "%04" PRId64 "%02d%02dT%02d%02d%02d", c.year, c.month, c.day, c.hour,
             c.minute, c.second);
}

/* Where one sits, a place a line, and the order's number. */
static int write_description(const struct paper_order *order, struct buf *out)
{
    const bool korean = order->language == PAPER_KOREAN;
    struct buf text;
    char place[PAPER_TEXT_MAX];
    buf_init(&text, PAPER_FILE_MAX);
    int err = 0;
    for (size_t i = 0; err == 0 && i < order->ticket_count; i++) {
        paper_place(order->language, &order->tickets[i], place);
        err = buf_printf(&text, "%s\n", place);
    }
    if (err == 0 && order->doors_at_ms != 0) {
        paper_doors(order, place);
        err = buf_printf(&text, "%s %s\n", korean ? "입장 시작" : "Doors open", place);
    }
    if (err == 0 && order->gate.len)
        err = buf_printf(&text, "%s %.*s\n", korean ? "입구" : "Gate", VIEW_ARG(order->gate));
    if (err == 0)
        err = buf_printf(&text, "%s %.*s", korean ? "주문번호" : "Order",
                         VIEW_ARG(order->order_number));
    if (err == 0 && order->site.len)
        err = buf_printf(&text, "\n%.*s", VIEW_ARG(order->site));
    if (err == 0)
        err = write_value("DESCRIPTION", buf_view(&text), out);
    buf_release(&text);
    return err;
}

/* "Hall, address". */
static int write_location(const struct paper_order *order, struct buf *out)
{
    struct buf text;
    buf_init(&text, PAPER_FILE_MAX);
    int err = buf_printf(&text, "%.*s%s%.*s", VIEW_ARG(order->hall), order->address.len ? ", " : "",
                         VIEW_ARG(order->address));
    if (err == 0)
        err = write_value("LOCATION", buf_view(&text), out);
    buf_release(&text);
    return err;
}

int calendar_write(const struct paper_order *order, bool cancelled, struct buf *out)
{
    const int32_t offset = order->utc_offset_known ? order->utc_offset_minutes : 0;
    const int32_t size = offset < 0 ? -offset : offset;
    char start[40], made[40], zone[16];
    snprintf(zone, sizeof(zone), "UTC%c%02d%02d", offset < 0 ? '-' : '+', (int)(size / 60 % 100),
             (int)(size % 60));
    stamp(paper_clock_at(order->starts_at_ms, offset), start);
    stamp(paper_clock_at(order->placed_at_ms, 0), made);
    TRY(write_plain(out, "BEGIN:VCALENDAR"));
    TRY(write_plain(out, "VERSION:2.0"));
    TRY(write_plain(out, "PRODID:-//Usher//Tickets//EN"));
    TRY(write_plain(out, "METHOD:%s", cancelled ? "CANCEL" : "PUBLISH"));
    if (order->utc_offset_known)
        TRY(write_zone(zone, offset, out));
    TRY(write_plain(out, "BEGIN:VEVENT"));
    TRY(write_plain(out, "UID:%.*s@usher", VIEW_ARG(order->order_id)));
    TRY(write_plain(out, "DTSTAMP:%sZ", made));
    TRY(write_plain(out, "SEQUENCE:%u", cancelled ? SEQUENCE_CANCELLED : order->revision));
    TRY(write_plain(out, "STATUS:%s", cancelled ? "CANCELLED" : "CONFIRMED"));
    TRY(order->utc_offset_known ? write_plain(out, "DTSTART;TZID=%s:%s", zone, start)
                                : write_plain(out, "DTSTART:%sZ", start));
    TRY(write_value("SUMMARY", order->event, out));
    TRY(write_location(order, out));
    TRY(write_description(order, out));
    TRY(write_plain(out, "END:VEVENT"));
    return write_plain(out, "END:VCALENDAR");
}
