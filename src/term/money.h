/*
 * money: amounts in the smallest unit of their currency, for people.
 */
#ifndef USHER_TERM_MONEY_H
#define USHER_TERM_MONEY_H

#include <stddef.h>
#include <stdint.h>

#define MONEY_TEXT_MAX 40

/* "165,000 KRW", "1,650.00 EUR": with the digits of ISO 4217. */
void money_format(int64_t amount, const char *currency, char ret_text[MONEY_TEXT_MAX]);
/* "1,234,567" */
void money_group(int64_t number, char ret_text[MONEY_TEXT_MAX]);

#endif
