/*
 * currency: the currencies of ISO 4217 and how many digits their minor unit has.
 *
 * An amount is an int64_t in the minor unit (won, cents, thousandths of a dinar) beside its
 * currency, everywhere; a decimal fraction exists as text only, and only where a payment provider
 * or a person wants it. What a provider counts otherwise is converted in its adapter.
 */
#ifndef USHER_SALE_CURRENCY_H
#define USHER_SALE_CURRENCY_H

#include "mem/view.h"

struct currency {
    char code[4];    /* alphabetic, capital */
    uint16_t number; /* numeric code */
    uint8_t digits;  /* of the minor unit: 0, 2, 3 or 4 */
};

#define CURRENCY_TEXT_MAX 32

/* By alphabetic code, or NULL. */
const struct currency *currency_find(struct view code);
/* Digits of the minor unit of a code; 0 where there is no such currency, so that an amount that was
 * kept before currencies were checked is shown as it is. */
uint32_t currency_digits(struct view code);
/* The least amount, in the minor unit, of which what is charged and given back is a multiple: 1,
 * but where no coin is so small and providers take no such amounts (thousandths of a dinar: 10). */
int64_t currency_step(struct view code);
/* All of them, by code: i from 0 on; NULL at the end. */
const struct currency *currency_at(size_t i);

/* The amount as a decimal number with all digits of the minor unit: "165000", "-3.50", "0.005". */
void currency_format(const struct currency *currency, int64_t minor,
                     char ret_text[CURRENCY_TEXT_MAX]);
/* Reads such a number, without a sign, exactly: fewer decimals are taken, more are not.
 * ERR_INVALID, also for what does not fit. */
int currency_parse(const struct currency *currency, struct view text, int64_t *ret_minor);

#endif
