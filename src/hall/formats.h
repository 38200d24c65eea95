/*
 * formats: the kinds of file that a plan comes in. hall_import chooses by the beginning of the
 * file: "{" or "[" is JSON, "<" is SVG, anything else is CSV.
 *
 * All have hall_import's contract; the byte order mark is behind.
 */
#ifndef USHER_HALL_FORMATS_H
#define USHER_HALL_FORMATS_H

#include "hall/hall.h"

/* pretix.c */
int pretix_import(struct view json, const struct hall_wish *wish, struct hall **ret_hall,
                  struct hall_notes *ret_notes, struct hall_error *ret_error);
/* csv.c */
int csv_import(struct view text, const struct hall_wish *wish, struct hall **ret_hall,
               struct hall_notes *ret_notes, struct hall_error *ret_error);
/* svg.c */
int svg_import(struct view text, const struct hall_wish *wish, struct hall **ret_hall,
               struct hall_notes *ret_notes, struct hall_error *ret_error);

#endif
