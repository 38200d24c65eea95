/*
 * tap: a copy of what is logged, for whoever ships it.
 *
 * Once it is open, every line that log_write writes is kept here too, as a JSON object, until it is
 * taken. It never waits and never grows: beyond TAP_BYTES a line is lost and counted. One taker;
 * any thread logs.
 */
#ifndef USHER_OBSERVE_TAP_H
#define USHER_OBSERVE_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include "mem/view.h"
#include "observe/log.h"

#define TAP_BYTES (1u << 20) /* of lines that wait */

/* A line that was taken. */
struct tap_line {
    uint64_t sequence; /* 1, 2, 3, … since it was opened; what is missing was lost */
    enum log_level level;
    int64_t at_ms;
    struct view json; /* without a line end; until the next tap_take */
};

/* Opens or closes the tap. ERR_NO_MEMORY. Not while another thread takes. */
int tap_open(void);
void tap_close(void);
bool tap_is_open(void);
/* Keeps a copy of a line. Any thread. */
void tap_put(enum log_level level, int64_t at_ms, struct view json);
/* Hands over at most max lines, the oldest first; gives how many. */
size_t tap_take(struct tap_line *lines, size_t max);
/* Lines lost so far. */
uint64_t tap_lost(void);

#endif
