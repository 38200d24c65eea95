/*
 * when: a moment as a person writes it, and as one reads it.
 */
#ifndef USHER_CMD_WHEN_H
#define USHER_CMD_WHEN_H

#include "mem/view.h"

#define WHEN_TEXT_MAX 40

/* "+2h" and "+30d" (from now_ms on: s, m, h, d), or ISO 8601: "2026-12-24T19:30",
 * "2026-12-24 19:30:00", with "Z" or "+09:00" behind, else in the time of this machine. Gives the
 * moment, and the clock it was written by, in minutes east of UTC. ERR_INVALID. */
int when_parse(struct view text, int64_t now_ms, int64_t *ret_ms, int32_t *ret_offset_minutes);
/* The same, by the clock of a zone of tzdata where nothing else is said; zone NULL: as above. */
int when_parse_in(const char *zone, const char *text, int64_t now_ms, int64_t *ret_ms,
                  int32_t *ret_offset_minutes);
/* "2026-12-24 19:30 KST", in the time of this machine. */
void when_format(int64_t ms, char ret_text[WHEN_TEXT_MAX]);
/* By a clock so many minutes east of UTC: "2026-12-24 20:00 -05:00"; as above where this machine's
 * is the same then. */
void when_format_there(int64_t ms, int32_t offset_minutes, char ret_text[WHEN_TEXT_MAX]);

#endif
