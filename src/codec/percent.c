#include "codec/percent.h"

#include "codec/base64.h"
#include "err/err.h"

static bool is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte <= 0x7e && byte != '%';
}

int percent_append(struct buf *out, struct view text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.at[i];
        char escape[3] = {'%', digits[byte >> 4], digits[byte & 15]};
        int err = is_plain(byte) ? buf_append_byte(out, byte) : buf_append(out, escape, 3);
        if (err)
            return err;
    }
    return 0;
}

/* The byte that an escape at i stands for; false where there is no whole one. */
static bool escape_at(struct view text, size_t i, char *ret_byte)
{
    if (text.len - i < 3)
        return false;
    return hex_read(view_of(text.at + i + 1, 2), (uint8_t *)ret_byte, 1) == 0;
}

size_t percent_read(struct view text, char *ret_bytes)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.at[i];
        if (byte == '%' && escape_at(text, i, &byte))
            i += 2;
        ret_bytes[len++] = byte;
    }
    return len;
}

bool query_find(struct view query, struct view name, struct view *ret_value)
{
    while (query.len > 0) {
        const char *end = memchr(query.at, '&', query.len);
        struct view pair = view_of(query.at, end ? (size_t)(end - query.at) : query.len);
        query = end ? view_of(end + 1, query.len - pair.len - 1) : view_of(NULL, 0);
        if (view_starts(pair, name) && pair.len > name.len && pair.at[name.len] == '=') {
            *ret_value = view_of(pair.at + name.len + 1, pair.len - name.len - 1);
            return true;
        }
    }
    return false;
}

int query_read(struct view text, char *ret_bytes, size_t *ret_len)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.at[i];
        if (byte == '%') {
            if (!escape_at(text, i, &byte))
                return ERR_INVALID;
            i += 2;
        } else if (byte == '+') {
            byte = ' ';
        }
        ret_bytes[len++] = byte;
    }
    *ret_len = len;
    return 0;
}

int query_append(struct buf *out, struct view text)
{
    int err = 0;
    for (size_t i = 0; !err && i < text.len; i++) {
        const char c = text.at[i];
        const bool bare = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || memchr("-._~", c, 4);
        err = bare ? buf_append_byte(out, (uint8_t)c) : buf_printf(out, "%%%02X", (uint8_t)c);
    }
    return err;
}
