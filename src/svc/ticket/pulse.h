/*
 * pulse: how long holds took lately. Written by all workers, read by one: the waiting room, through
 * GetSaleLoad, once a second.
 */
#ifndef USHER_SVC_TICKET_PULSE_H
#define USHER_SVC_TICKET_PULSE_H

#include <stdatomic.h>
#include <stdint.h>

#define PULSE_CLASSES 20 /* class n: less than 2ⁿ ms */

/* Ready when zeroed. */
struct pulse {
    _Atomic uint32_t counts[PULSE_CLASSES];
};

/* A hold took so long, granted or not. Any thread. */
void pulse_note(struct pulse *pulse, int64_t took_ns);
/* Hands over the counts, and begins anew. */
void pulse_drain(struct pulse *pulse, uint32_t ret_counts[PULSE_CLASSES]);
/* The 95th percentile in ms of those since the last call, rounded up to a power of two; 0: there
 * were none. */
uint32_t pulse_take(struct pulse *pulse);

#endif
