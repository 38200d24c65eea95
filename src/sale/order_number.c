#include "sale/order_number.h"

#include <ctype.h>
#include <stdio.h>

void order_number_write(struct id order_id, char ret_text[ORDER_NUMBER_CHARS + 1])
{
    char id[ID_TEXT_CHARS + 1];
    id_format(order_id, id);
    for (char *c = id; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    snprintf(ret_text, ORDER_NUMBER_CHARS + 1, "%.5s-%.5s", id + ID_TEXT_CHARS - 10,
             id + ID_TEXT_CHARS - 5);
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
        if (len == 5)
            ret_text[len++] = '-';
        ret_text[len++] = (char)toupper(c);
    }
    ret_text[len] = '\0';
    return len == ORDER_NUMBER_CHARS;
}
