/* color: a colour as plans write it. */
#ifndef USHER_HALL_COLOR_H
#define USHER_HALL_COLOR_H

#include "mem/view.h"

#define COLOR_GREY 0x7f8c8d /* what has no colour, or one that nobody knows */

/* CSS: "#f43", "#F44336" (each also with alpha, which is dropped), "rgb(244, 67, 54)", "rgba(…)",
 * and the 148 names of CSS Color 4, in either case. 0xRRGGBB. False: it is none of these. */
bool color_read(struct view text, uint32_t *ret_color);

#endif
