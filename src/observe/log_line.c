#include "observe/log_line.h"

#include <stdarg.h>
#include <stdio.h>

#include "err/err.h"
#include "mem/utf8.h"

void log_line_init(struct log_line *line, char *bytes, size_t cap)
{
    assert(cap > LOG_LINE_TAIL);
    *line = (struct log_line){.bytes = bytes, .cap = cap};
}

void log_line_put(struct log_line *line, struct view v)
{
    if (line->cut || v.len > line->cap - LOG_LINE_TAIL - line->len) {
        line->cut = true;
        return;
    }
    if (v.len)
        memcpy(line->bytes + line->len, v.at, v.len);
    line->len += v.len;
}

void log_line_printf(struct log_line *line, const char *format, ...)
{
    char text[129];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (len < 0 || (size_t)len >= sizeof(text))
        line->cut = true;
    else
        log_line_put(line, view_of(text, (size_t)len));
}

void log_line_printf_tail(struct log_line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line->bytes + line->len, line->cap - line->len, format, arguments);
    va_end(arguments);
    assert(len >= 0 && (size_t)len < line->cap - line->len);
    line->len += (size_t)len;
}

/* A terminal may take U+009B for the beginning of an order, and show what is turned around as other
 * words. One of more than four hexadecimal digits does not exist. */
static bool is_control(struct view c)
{
    return c.len > 1 && utf8_is_control(utf8_point(c));
}

void log_line_put_json(struct log_line *line, struct view v)
{
    const uint8_t *bytes = (const uint8_t *)v.at;
    log_line_put(line, VIEW_LIT("\""));
    for (size_t i = 0; i < v.len && !line->cut;) {
        size_t len = utf8_char(view_of(v.at + i, v.len - i));
        if (len == 0) {
            log_line_put(line, VIEW_LIT("\xEF\xBF\xBD"));
            len = 1;
        } else if (bytes[i] == '"' || bytes[i] == '\\') {
            log_line_put(line, view_of((const char[]){'\\', (char)bytes[i]}, 2));
        } else if (bytes[i] == '\n') {
            log_line_put(line, VIEW_LIT("\\n"));
        } else if (bytes[i] < 0x20 || bytes[i] == 0x7F) {
            log_line_printf(line, "\\u%04x", bytes[i]);
        } else if (is_control(view_of(v.at + i, len))) {
            log_line_printf(line, "\\u%04x", utf8_point(view_of(v.at + i, len)));
        } else {
            log_line_put(line, view_of(bytes + i, len));
        }
        i += len;
    }
    log_line_put(line, VIEW_LIT("\""));
}

void log_line_put_plain(struct log_line *line, struct view v)
{
    bool plain = v.len > 0;
    for (size_t i = 0; i < v.len && plain;) {
        size_t len = utf8_char(view_of(v.at + i, v.len - i));
        plain = (len > 1 && !is_control(view_of(v.at + i, len))) ||
                (len == 1 && v.at[i] > ' ' && v.at[i] != 0x7F && v.at[i] != '"');
        i += len;
    }
    if (plain)
        log_line_put(line, v);
    else
        log_line_put_json(line, v);
}

size_t log_line_mark(const struct log_line *line)
{
    return line->len;
}

void log_line_keep_whole(struct log_line *line, size_t mark)
{
    if (line->cut)
        line->len = mark;
}
