#include "sale/order_number.h"

#include <assert.h>
#include <ctype.h>

#define GROUP_CHARS 5
static_assert(ORDER_NUMBER_CHARS == 2 * GROUP_CHARS + 1, "two groups and a dash");

void order_number_write(struct id order_id, char ret_text[ORDER_NUMBER_CHARS + 1])
{
    char id[ID_TEXT_CHARS + 1];
    id_format(order_id, id);
    const char *from = id + ID_TEXT_CHARS - 2 * GROUP_CHARS;
    for (int i = 0; i < ORDER_NUMBER_CHARS; i++) {
        const char c = i == GROUP_CHARS ? '-' : *from++;
        ret_text[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    ret_text[ORDER_NUMBER_CHARS] = '\0';
}

bool order_number_read(struct view text, char ret_text[ORDER_NUMBER_CHARS + 1])
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.at[i];
        if (c == ' ' || c == '-')
            continue;
        if (!isalnum(c) || len == ORDER_NUMBER_CHARS)
            return false;
        if (len == GROUP_CHARS)
            ret_text[len++] = '-';
        ret_text[len++] = (char)toupper(c);
    }
    ret_text[len] = '\0';
    return len == ORDER_NUMBER_CHARS;
}
