#include "mem/utf8.h"

#include <assert.h>

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

static bool is_unseen(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } unseen[] = {
        {0x20, 0x20},     {0xa0, 0xa0},     {0xad, 0xad},     {0x34f, 0x34f},   {0x115f, 0x1160},
        {0x1680, 0x1680}, {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x2000, 0x200d}, {0x202f, 0x202f},
        {0x205f, 0x2065}, {0x206a, 0x206f}, {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164},
        {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0xe0000, 0xe0fff},
    };
    for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++) {
        if (point >= unseen[i].first && point <= unseen[i].last)
            return true;
    }
    return utf8_is_control(point);
}

bool utf8_visible(struct view text)
{
    while (text.len > 0) {
        const size_t len = utf8_char(text);
        if (len == 0)
            return false;
        if (!is_unseen(utf8_point(text)))
            return true;
        text.at += len;
        text.len -= len;
    }
    return false;
}

bool utf8_line(struct view text)
{
    while (text.len > 0) {
        const size_t len = utf8_char(text);
        if (len == 0 || utf8_is_control(utf8_point(text)))
            return false;
        text.at += len;
        text.len -= len;
    }
    return true;
}

bool utf8_valid(struct view text)
{
    while (text.len > 0) {
        size_t len = utf8_char(text);
        if (len == 0)
            return false;
        text.at += len;
        text.len -= len;
    }
    return true;
}
