/*
 * utf8: which bytes are characters (RFC 3629): no overlong form, no surrogate, nothing above
 * U+10FFFF.
 */
#ifndef USHER_MEM_UTF8_H
#define USHER_MEM_UTF8_H

#include "mem/view.h"

/* The length of the character at the front, 1 to 4; 0 where there is no valid one. */
size_t utf8_char(struct view text);
/* Whether all of text is characters. */
bool utf8_valid(struct view text);

#endif
