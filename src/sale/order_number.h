/*
 * order_number: what people call an order by: short enough to read out over a telephone.
 *
 * "T" and ten digits: "T4813620975". They are made of the last 50 bits of the order's id, modulo
 * 10^10. Among 100,000 orders two share a number with a chance of two in five: a number
 * finds orders, and the address tells which; it proves nothing.
 *
 * Orders used to be called by the same 50 bits in ten characters, "7K2MQ-9XF3A": whoever has such a
 * number on paper types it, and it is read as the number of today.
 */
#ifndef USHER_SALE_ORDER_NUMBER_H
#define USHER_SALE_ORDER_NUMBER_H

#include "mem/id.h"
#include "mem/view.h"

#define ORDER_NUMBER_CHARS 11

/* Writes the number and a NUL. */
void order_number_write(struct id order_id, char ret_text[ORDER_NUMBER_CHARS + 1]);
/* Reads what people type ("t 4813 620 975", "7k2mq 9xf3a") into the form above. False: it is no
 * order's number. */
bool order_number_read(struct view text, char ret_text[ORDER_NUMBER_CHARS + 1]);

#endif
