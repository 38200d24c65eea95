/*
 * demo: something to look at in an empty store: a generated hall of 2,000 seats, an event, an open
 * sale.
 */
#ifndef USHER_CMD_DEMO_H
#define USHER_CMD_DEMO_H

#include "token/key.h"

/* Asks the server at url, as its organiser, for the demo, unless it has another event; a demo that
 * was cut off before its sale opened is opened. From a fiber. Returns 0; an err code after having
 * logged what went wrong. */
int demo_create(const char *url, const uint8_t operator_key[KEY_BYTES]);

#endif
