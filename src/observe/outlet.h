/*
 * outlet: lines that leave the process by a thread of their own, so that a reader who has stopped
 * (a full pipe, a terminal at Ctrl-S) holds up nobody who writes. Inside src/observe only.
 *
 * There is one, for it serves the process's end as well. What is put is gathered in one of two
 * halves of OUTLET_HALF bytes while the thread writes the other; where the first is full, a line is
 * lost and counted. Once the reader takes something again, the notice tells how many were lost.
 * The descriptor is written to with plain write(2), in pieces of whole lines of at most PIPE_BUF
 * bytes, which a pipe keeps whole among its writers (POSIX, write); its flags, which other
 * processes may share, stay as they are.
 *
 * At exit(3) and abort(3) what was put is written still, for OUTLET_DRAIN_MS at most. A forked
 * child has no such thread: it begins anew.
 */
#ifndef USHER_OBSERVE_OUTLET_H
#define USHER_OBSERVE_OUTLET_H

#include <stdbool.h>
#include <stdint.h>

#include "mem/view.h"

#define OUTLET_HALF     (128u << 10) /* bytes that wait, beside as many on their way */
#define OUTLET_DRAIN_MS 1000         /* a process's end waits this long for its reader */

/* Writes the line that says how many were lost; gives its length, at most PIPE_BUF, or 0. On the
 * outlet's thread. */
typedef size_t outlet_notice(uint64_t lost, char *bytes);

/* Begins, or goes on to another descriptor once what was put is written. Where no thread can be
 * had, lines are written where they are put. */
void outlet_start(int fd, outlet_notice *notice);
/* A whole line, its end of line included, of at most PIPE_BUF bytes. Never waits for the reader.
 * Any thread, once outlet_start was called. */
void outlet_put(struct view line);
/* Waits until all that was put is written or lost, at most OUTLET_DRAIN_MS. Also within a signal
 * handler. */
void outlet_drain(void);
/* Lines lost so far. */
uint64_t outlet_lost(void);

#endif
