#include "observe/line.h"

#include <stdarg.h>
#include <stdio.h>

#include "err/err.h"

void line_init(struct line *line, char *bytes, size_t cap)
{
    assert(cap > LINE_TAIL);
    *line = (struct line){.bytes = bytes, .cap = cap};
}

void line_put(struct line *line, struct view v)
{
    if (line->cut || v.len > line->cap - LINE_TAIL - line->len) {
        line->cut = true;
        return;
    }
    if (v.len)
        memcpy(line->bytes + line->len, v.at, v.len);
    line->len += v.len;
}

void line_printf(struct line *line, const char *format, ...)
{
    char text[129];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (len < 0 || (size_t)len >= sizeof(text))
        line->cut = true;
    else
        line_put(line, view_of(text, (size_t)len));
}

void line_printf_tail(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line->bytes + line->len, line->cap - line->len, format, arguments);
    va_end(arguments);
    assert(len >= 0 && (size_t)len < line->cap - line->len);
    line->len += (size_t)len;
}

/* How many bytes from at on are one well-formed UTF-8 character (RFC 3629, 4); 0: none. */
static size_t utf8_char(const uint8_t *at, size_t len)
{
    static const struct {
        uint8_t first_min, first_max, second_min, second_max, len;
    } forms[] = {
        {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
        {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
        {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    if (at[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (at[0] < forms[i].first_min || at[0] > forms[i].first_max)
            continue;
        if (len < forms[i].len || at[1] < forms[i].second_min || at[1] > forms[i].second_max)
            return 0;
        for (size_t k = 2; k < forms[i].len; k++) {
            if ((at[k] & 0xC0) != 0x80)
                return 0;
        }
        return forms[i].len;
    }
    return 0;
}

void line_put_json(struct line *line, struct view v)
{
    const uint8_t *bytes = (const uint8_t *)v.at;
    line_put(line, VIEW_LIT("\""));
    for (size_t i = 0; i < v.len && !line->cut;) {
        size_t len = utf8_char(bytes + i, v.len - i);
        if (len == 0) {
            line_put(line, VIEW_LIT("\xEF\xBF\xBD"));
            len = 1;
        } else if (bytes[i] == '"' || bytes[i] == '\\') {
            line_put(line, view_of((const char[]){'\\', (char)bytes[i]}, 2));
        } else if (bytes[i] == '\n') {
            line_put(line, VIEW_LIT("\\n"));
        } else if (bytes[i] < 0x20 || bytes[i] == 0x7F) {
            line_printf(line, "\\u%04x", bytes[i]);
        } else {
            line_put(line, view_of(bytes + i, len));
        }
        i += len;
    }
    line_put(line, VIEW_LIT("\""));
}

void line_put_plain(struct line *line, struct view v)
{
    bool plain = v.len > 0;
    for (size_t i = 0; i < v.len && plain;) {
        size_t len = utf8_char((const uint8_t *)v.at + i, v.len - i);
        plain = len > 1 || (len == 1 && v.at[i] > ' ' && v.at[i] != 0x7F && v.at[i] != '"');
        i += len;
    }
    if (plain)
        line_put(line, v);
    else
        line_put_json(line, v);
}

size_t line_mark(const struct line *line)
{
    return line->len;
}

void line_keep_whole(struct line *line, size_t mark)
{
    if (line->cut)
        line->len = mark;
}
