/*
 * plain: what others wrote, shown on a terminal without steering it.
 */
#ifndef USHER_TERM_PLAIN_H
#define USHER_TERM_PLAIN_H

#include <stdio.h>

#include "mem/view.h"

#define PLAIN_SHOWN_MAX 16 /* bytes of one character */

/* Takes the character at the front off a text that is not empty, as plain_put shows it; returns
 * how many bytes of ret_shown that are. */
size_t plain_next(struct view *text, char ret_shown[PLAIN_SHOWN_MAX]);
/* Writes one line of JSON that somebody else made, with the same characters as JSON escapes them:
 * it stays the same value. Bytes that are no UTF-8 become U+FFFD. */
void plain_put_json(struct view json, FILE *out);
/* Writes the text with everything that would steer a terminal as "<U+001B>": control characters but
 * tab and line end, what turns the direction of writing, and bytes that are no UTF-8 as "<1B>". */
void plain_put(struct view text, FILE *out);
/* Has standard output do so from now on where it is a terminal. A file or a pipe gets what is
 * written as it is. */
void plain_standard_output(void);

#endif
