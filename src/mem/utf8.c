#include "mem/utf8.h"

#include <assert.h>
#include <glib.h>

size_t utf8_char(struct view text)
{
    const uint8_t *s = (const uint8_t *)text.at;
    if (text.len == 0)
        return 0;
    if (s[0] < 0x80)
        return 1;
    size_t len = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (len == 0 || text.len < len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool surrogate = s[0] == 0xed && s[1] >= 0xa0;
    bool above = s[0] == 0xf4 && s[1] >= 0x90;
    return overlong || surrogate || above ? 0 : len;
}

uint32_t utf8_point(struct view text)
{
    const uint8_t *s = (const uint8_t *)text.at;
    const size_t len = utf8_char(text);
    uint32_t point = len > 1 ? s[0] & (0xffu >> (len + 1)) : s[0];
    assert(len > 0);
    for (size_t i = 1; i < len; i++)
        point = point << 6 | (s[i] & 0x3f);
    return point;
}

bool utf8_is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c || point == 0x200e ||
           point == 0x200f || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069);
}

/* Nothing to see by itself, by Unicode's general category, as GLib has it: controls and formats,
 * what is not assigned or for private use, spaces, and marks that want a letter. A few letters and
 * symbols are blank as well. */
static bool is_unseen(uint32_t point)
{
    static const uint32_t blank[] = {0x115f, 0x1160,  0x2800,  0x3164,
                                     0xffa0, 0x13441, 0x13442, 0x1d159};
    for (size_t i = 0; i < sizeof(blank) / sizeof(blank[0]); i++) {
        if (point == blank[i])
            return true;
    }
    switch (g_unichar_type(point)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_UNASSIGNED:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_SPACING_MARK:
    case G_UNICODE_ENCLOSING_MARK:
    case G_UNICODE_NON_SPACING_MARK:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SPACE_SEPARATOR:
        return true;
    default:
        return false;
    }
}

bool utf8_visible(struct view text)
{
    while (text.len > 0) {
        const size_t len = utf8_char(text);
        if (len == 0)
            return false;
        if (!is_unseen(utf8_point(text)))
            return true;
        view_skip(&text, len);
    }
    return false;
}

bool utf8_line(struct view text)
{
    while (text.len > 0) {
        const size_t len = utf8_char(text);
        if (len == 0 || utf8_is_control(utf8_point(text)))
            return false;
        view_skip(&text, len);
    }
    return true;
}

/* Passes over what is ASCII, eight bytes at a time: most of what travels is nothing else. */
static void skip_ascii(struct view *text)
{
    uint64_t eight;
    while (text->len >= sizeof(eight)) {
        memcpy(&eight, text->at, sizeof(eight));
        if (eight & UINT64_C(0x8080808080808080))
            return;
        view_skip(text, sizeof(eight));
    }
}

bool utf8_valid(struct view text)
{
    while (skip_ascii(&text), text.len > 0) {
        size_t len = utf8_char(text);
        if (len == 0)
            return false;
        view_skip(&text, len);
    }
    return true;
}

bool utf8_text(struct view text, size_t chars_max)
{
    size_t count = 0;
    if (!utf8_visible(text))
        return false;
    for (size_t len; text.len > 0; view_skip(&text, len)) {
        len = utf8_char(text);
        if (len == 0 || ++count > chars_max)
            return false;
        if (text.at[0] != '\n' && utf8_is_control(utf8_point(text)))
            return false;
    }
    return true;
}
