#include "mem/id.h"

#include "err/err.h"

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

void id_format(struct id id, char ret_text[ID_TEXT_CHARS + 1])
{
    for (int i = ID_TEXT_CHARS - 1; i >= 0; i--) {
        ret_text[i] = digits[id.lo & 31];
        id.lo = id.lo >> 5 | id.hi << 59;
        id.hi >>= 5;
    }
    ret_text[ID_TEXT_CHARS] = '\0';
}

/* The digit's value, or -1. */
static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        c = (char)(c + ('a' - 'A'));
    if (c == 'i' || c == 'l')
        return 1;
    if (c == 'o')
        return 0;
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

int id_parse(struct view text, struct id *ret_id)
{
    if (text.len != ID_TEXT_CHARS)
        return ERR_INVALID;
    /* 26 digits carry 130 bits: the first has room for three. */
    if (digit_value(text.at[0]) > 7)
        return ERR_INVALID;
    struct id id = {0};
    for (size_t i = 0; i < ID_TEXT_CHARS; i++) {
        int value = digit_value(text.at[i]);
        if (value < 0)
            return ERR_INVALID;
        id.hi = id.hi << 5 | id.lo >> 59;
        id.lo = id.lo << 5 | (uint64_t)value;
    }
    *ret_id = id;
    return 0;
}

void id_to_bytes(struct id id, uint8_t ret_bytes[ID_BYTES])
{
    for (int i = 0; i < 8; i++) {
        ret_bytes[i] = (uint8_t)(id.hi >> (56 - 8 * i));
        ret_bytes[8 + i] = (uint8_t)(id.lo >> (56 - 8 * i));
    }
}

int id_from_bytes(struct view bytes, struct id *ret_id)
{
    if (bytes.len != ID_BYTES)
        return ERR_INVALID;
    struct id id = {0};
    for (int i = 0; i < 8; i++) {
        id.hi = id.hi << 8 | (uint8_t)bytes.at[i];
        id.lo = id.lo << 8 | (uint8_t)bytes.at[8 + i];
    }
    *ret_id = id;
    return 0;
}
