/*
 * zone: what a clock on a wall shows in a time zone of tzdata (RFC 9636), "Asia/Seoul".
 *
 * The machine's own zone and the variable TZ play no part, and nothing is kept between calls.
 */
#ifndef USHER_CLOCK_ZONE_H
#define USHER_CLOCK_ZONE_H

#include <stdint.h>

#include "mem/view.h"

#define ZONE_NAME_MAX 64         /* bytes */
#define ZONE_FILE_MAX (64 << 10) /* bytes of a compiled zone */

/* The minutes east of UTC at a moment (Unix ms), out of a compiled zone's bytes. ERR_CORRUPT: it is
 * none; ERR_UNSUPPORTED: it says nothing of that moment but by a rule with summer time, which
 * Debian's files write out until 2037. */
int zone_offset_in(struct view file, int64_t at_ms, int32_t *ret_minutes);

/* The same by name; reads the file of this machine's tzdata. ERR_NOT_FOUND: there is no such zone.
 */
int zone_offset(struct view name, int64_t at_ms, int32_t *ret_minutes);

#endif
