#include "codec/base64.h"

#include "err/err.h"

static const char plain_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t base64_write(struct view bytes, enum base64_form form, char *ret_text)
{
    const char *digits = form == BASE64_URL ? url_digits : plain_digits;
    const uint8_t *from = (const uint8_t *)bytes.at;
    char *to = ret_text;
    size_t left = bytes.len;
    for (; left >= 3; left -= 3, from += 3) {
        uint32_t group = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
        *to++ = digits[group >> 18];
        *to++ = digits[group >> 12 & 63];
        *to++ = digits[group >> 6 & 63];
        *to++ = digits[group & 63];
    }
    if (left == 0)
        return (size_t)(to - ret_text);
    uint32_t group = (uint32_t)from[0] << 16 | (left == 2 ? (uint32_t)from[1] << 8 : 0);
    *to++ = digits[group >> 18];
    *to++ = digits[group >> 12 & 63];
    if (left == 2)
        *to++ = digits[group >> 6 & 63];
    if (form == BASE64_PADDED) {
        *to++ = '=';
        if (left == 1)
            *to++ = '=';
    }
    return (size_t)(to - ret_text);
}

int base64_append(struct buf *out, struct view bytes, enum base64_form form)
{
    size_t room = BASE64_TEXT_MAX(bytes.len);
    if (room == 0)
        return 0;
    if (room > out->max - out->len)
        return ERR_FULL;
    uint8_t *at = buf_reserve(out, room);
    if (!at)
        return ERR_NO_MEMORY;
    buf_commit(out, base64_write(bytes, form, (char *)at));
    return 0;
}

/* The value of a digit of either alphabet; −1 for anything else. */
static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

/* Takes padding off. False if there is some and it does not fill the last group of four. */
static bool strip_padding(struct view *text)
{
    size_t len = text->len;
    while (len > 0 && text->len - len < 2 && text->at[len - 1] == '=')
        len--;
    bool right = len == text->len || text->len % 4 == 0;
    text->len = len;
    return right;
}

int base64_read(struct view text, uint8_t *ret_bytes, size_t *ret_len)
{
    if (!strip_padding(&text) || text.len % 4 == 1)
        return ERR_INVALID;
    uint8_t *to = ret_bytes;
    uint32_t group = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(text.at[i]);
        if (value < 0)
            return ERR_INVALID;
        group = group << 6 | (uint32_t)value;
        if (i % 4 == 3) {
            *to++ = (uint8_t)(group >> 16);
            *to++ = (uint8_t)(group >> 8);
            *to++ = (uint8_t)group;
            group = 0;
        }
    }
    /* Two digits left carry one byte and four spare bits, three carry two and two spare ones. */
    if (text.len % 4 == 2) {
        if (group & 0xf)
            return ERR_INVALID;
        *to++ = (uint8_t)(group >> 4);
    } else if (text.len % 4 == 3) {
        if (group & 0x3)
            return ERR_INVALID;
        *to++ = (uint8_t)(group >> 10);
        *to++ = (uint8_t)(group >> 2);
    }
    *ret_len = (size_t)(to - ret_bytes);
    return 0;
}

void hex_write(struct view bytes, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t byte = (uint8_t)bytes.at[i];
        *ret_text++ = digits[byte >> 4];
        *ret_text++ = digits[byte & 15];
    }
    *ret_text = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int hex_read(struct view text, uint8_t *ret_bytes, size_t len)
{
    if (text.len != 2 * len)
        return ERR_INVALID;
    for (size_t i = 0; i < len; i++) {
        if (hex_value(text.at[2 * i]) < 0 || hex_value(text.at[2 * i + 1]) < 0)
            return ERR_INVALID;
    }
    for (size_t i = 0; i < len; i++)
        ret_bytes[i] = (uint8_t)(hex_value(text.at[2 * i]) << 4 | hex_value(text.at[2 * i + 1]));
    return 0;
}
