#include "sale/order_number.h"

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
