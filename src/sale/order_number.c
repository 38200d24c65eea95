#include "sale/order_number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DIGITS    10
#define LIMIT     UINT64_C(10000000000)
#define OLD_CHARS 10 /* of five bits each */
#define BITS      50

static void write_bits(uint64_t bits, char ret_text[ORDER_NUMBER_CHARS + 1])
{
    snprintf(ret_text, ORDER_NUMBER_CHARS + 1, "T%010" PRIu64, bits % LIMIT);
}

void order_number_write(struct id order_id, char ret_text[ORDER_NUMBER_CHARS + 1])
{
    write_bits(order_id.lo & ((UINT64_C(1) << BITS) - 1), ret_text);
}

/* As ids were written at the end of a number; false: none of their characters. */
static bool read_old(const char text[OLD_CHARS], uint64_t *ret_bits)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    *ret_bits = 0;
    for (int i = 0; i < OLD_CHARS; i++) {
        const char *at = memchr(digits, text[i], sizeof(digits) - 1);
        if (!at)
            return false;
        *ret_bits = *ret_bits << 5 | (uint64_t)(at - digits);
    }
    return true;
}

bool order_number_read(struct view text, char ret_text[ORDER_NUMBER_CHARS + 1])
{
    char plain[ORDER_NUMBER_CHARS];
    size_t len = 0, digits = 0;
    uint64_t bits;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == ' ' || c == '-')
            continue;
        if (len == ORDER_NUMBER_CHARS)
            return false;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        digits += len > 0 && c >= '0' && c <= '9';
        plain[len++] = c;
    }
    if (len == ORDER_NUMBER_CHARS && plain[0] == 't' && digits == DIGITS) {
        ret_text[0] = 'T';
        memcpy(ret_text + 1, plain + 1, DIGITS);
        ret_text[ORDER_NUMBER_CHARS] = '\0';
        return true;
    }
    if (len != OLD_CHARS || !read_old(plain, &bits))
        return false;
    write_bits(bits, ret_text);
    return true;
}
