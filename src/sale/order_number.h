/*
 * order_number: what people call an order by: short enough to read out over a telephone.
 *
 * The last ten characters of the order's id, in capitals, in two groups: "7K2MQ-9XF3A". They are 50
 * of its random bits, so two orders of a seller with a million of them share a number with a chance
 * of one in two thousand. A number finds an order; it proves nothing.
 */
#ifndef USHER_SALE_ORDER_NUMBER_H
#define USHER_SALE_ORDER_NUMBER_H

#include "mem/id.h"
#include "mem/view.h"

#define ORDER_NUMBER_CHARS 11

/* Writes the number and a NUL. */
void order_number_write(struct id order_id, char ret_text[ORDER_NUMBER_CHARS + 1]);
/* Reads what people type ("7k2mq 9xf3a") into the form above. False: it is no order's number. */
bool order_number_read(struct view text, char ret_text[ORDER_NUMBER_CHARS + 1]);

#endif
