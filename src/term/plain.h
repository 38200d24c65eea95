/*
 * plain: what others wrote, shown on a terminal without steering it.
 */
#ifndef USHER_TERM_PLAIN_H
#define USHER_TERM_PLAIN_H

#include <stdio.h>

#include "mem/view.h"

/* Writes the text with everything that would steer a terminal as "<U+001B>": control characters but
 * tab and line end, what turns the direction of writing, and bytes that are no UTF-8 as "<1B>". */
void plain_put(struct view text, FILE *out);
/* Has standard output do so from now on where it is a terminal. A file or a pipe gets what is
 * written as it is. */
void plain_standard_output(void);

#endif
