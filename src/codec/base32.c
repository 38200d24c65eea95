#include "codec/base32.h"

#include "err/err.h"

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void base32_write(struct view bytes, char *ret_text)
{
    uint32_t held = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        held = held << 8 | (uint8_t)bytes.at[i];
        for (bits += 8; bits >= 5; bits -= 5)
            *ret_text++ = digits[held >> (bits - 5) & 31];
    }
    if (bits > 0)
        *ret_text++ = digits[held << (5 - bits) & 31];
    *ret_text = '\0';
}

int base32_read(struct view text, uint8_t *ret_bytes, size_t len)
{
    uint32_t held = 0;
    unsigned bits = 0;
    if (text.len != BASE32_CHARS(len))
        return ERR_INVALID;
    for (size_t i = 0; i < text.len; i++) {
        const char *found = text.at[i] ? strchr(digits, text.at[i]) : NULL;
        if (!found)
            return ERR_INVALID;
        held = held << 5 | (uint32_t)(found - digits);
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            *ret_bytes++ = (uint8_t)(held >> bits);
        }
    }
    return (held & ((1u << bits) - 1)) == 0 ? 0 : ERR_INVALID;
}
