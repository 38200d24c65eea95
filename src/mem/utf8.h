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

/* The character at the front of text that utf8_char takes. */
uint32_t utf8_point(struct view text);
/* Whether a character steers what shows it instead of being shown: C0, DEL, C1, what turns the
 * direction of writing (Unicode TR 9, table 1), line and paragraph separator. */
bool utf8_is_control(uint32_t point);
/* Whether there is something to see: a character that is no control, no blank and none of those
 * that leave no mark (zero width, fillers, variation selectors, tags). Of valid text. */
bool utf8_visible(struct view text);
/* Whether it is one line that may be shown as it is: valid, and without controls. */
bool utf8_line(struct view text);

/* Whether it is a text of lines for people: 1 to chars_max characters, something to see among them,
 * and no control but the end of a line, LF. */
bool utf8_text(struct view text, size_t chars_max);

#endif
