/*
 * watch_clock: tells the log when the wall clock jumps.
 */
#ifndef USHER_SVC_TICKET_WATCH_CLOCK_H
#define USHER_SVC_TICKET_WATCH_CLOCK_H

/* Body of a fiber. arg is not used. */
void desk_watch_clock(void *arg);

#endif
