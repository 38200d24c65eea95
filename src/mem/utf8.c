#include "mem/utf8.h"

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
