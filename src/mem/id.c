#include "mem/id.h"

#include <endian.h>

#include "err/err.h"

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* Two digits hold the 8 highest bits, and three times eight digits the other 120. Eight digits are
 * written at once, a byte of a word each, without a table: a call writes several ids. */
#define PIECE_DIGITS 8
#define PIECE_BITS   (5 * PIECE_DIGITS)
#define PIECE_MASK   ((UINT64_C(1) << PIECE_BITS) - 1)
#define EACH_BYTE    UINT64_C(0x0101010101010101)

/* In each byte 1 where the byte of values, at most 31, is at least so much, or else 0. */
static inline uint64_t at_least(uint64_t values, uint64_t least)
{
    return (values + (0x80 - least) * EACH_BYTE) >> 7 & EACH_BYTE;
}

static void write_piece(uint64_t piece, char ret_text[PIECE_DIGITS])
{
    /* 40 bits become two times 20, four times 10, eight times 5. */
    uint64_t v = (piece & PIECE_MASK) >> 20 << 32 | (piece & 0xfffff);
    v = (v << 6 & UINT64_C(0x03ff000003ff0000)) | (v & UINT64_C(0x000003ff000003ff));
    v = (v << 3 & UINT64_C(0x1f001f001f001f00)) | (v & UINT64_C(0x001f001f001f001f));
    /* From 10 on letters, without i, l, o and u. */
    const uint64_t text =
        htobe64(v + '0' * EACH_BYTE + at_least(v, 10) * ('a' - '0' - 10) + at_least(v, 18) +
                at_least(v, 20) + at_least(v, 22) + at_least(v, 27));
    memcpy(ret_text, &text, sizeof(text));
}

void id_format(struct id id, char ret_text[ID_TEXT_CHARS + 1])
{
    static_assert(2 + 3 * PIECE_DIGITS == ID_TEXT_CHARS, "8 bits, and three times 40");
    ret_text[0] = digits[id.hi >> 61];
    ret_text[1] = digits[id.hi >> 56 & 31];
    write_piece(id.hi >> 16, ret_text + 2);
    write_piece(id.hi << 24 | id.lo >> 40, ret_text + 2 + PIECE_DIGITS);
    write_piece(id.lo, ret_text + 2 + 2 * PIECE_DIGITS);
    ret_text[ID_TEXT_CHARS] = '\0';
}

/* One more than the value of each digit, in either case; 0: no digit. */
#define BOTH(lower, upper, value) [lower] = (value) + 1, [upper] = (value) + 1
static const uint8_t values[256] = {
    ['0'] = 1,          ['1'] = 2,          ['2'] = 3,          ['3'] = 4,
    ['4'] = 5,          ['5'] = 6,          ['6'] = 7,          ['7'] = 8,
    ['8'] = 9,          ['9'] = 10,         BOTH('a', 'A', 10), BOTH('b', 'B', 11),
    BOTH('c', 'C', 12), BOTH('d', 'D', 13), BOTH('e', 'E', 14), BOTH('f', 'F', 15),
    BOTH('g', 'G', 16), BOTH('h', 'H', 17), BOTH('i', 'I', 1),  BOTH('j', 'J', 18),
    BOTH('k', 'K', 19), BOTH('l', 'L', 1),  BOTH('m', 'M', 20), BOTH('n', 'N', 21),
    BOTH('o', 'O', 0),  BOTH('p', 'P', 22), BOTH('q', 'Q', 23), BOTH('r', 'R', 24),
    BOTH('s', 'S', 25), BOTH('t', 'T', 26), BOTH('v', 'V', 27), BOTH('w', 'W', 28),
    BOTH('x', 'X', 29), BOTH('y', 'Y', 30), BOTH('z', 'Z', 31),
};

/* The digit's value, or -1. */
static int digit_value(char c)
{
    return values[(uint8_t)c] - 1;
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
    const uint64_t words[] = {htobe64(id.hi), htobe64(id.lo)};
    static_assert(sizeof(words) == ID_BYTES, "two words");
    memcpy(ret_bytes, words, sizeof(words));
}

int id_from_bytes(struct view bytes, struct id *ret_id)
{
    if (bytes.len != ID_BYTES)
        return ERR_INVALID;
    uint64_t words[2];
    memcpy(words, bytes.at, sizeof(words));
    *ret_id = (struct id){be64toh(words[0]), be64toh(words[1])};
    return 0;
}
