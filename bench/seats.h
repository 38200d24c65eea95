/*
 * bench_seats: the seat engine alone, in memory, on one core: the limit that holds and sales
 * through the store and the network are measured against.
 */
#ifndef USHER_BENCH_SEATS_H
#define USHER_BENCH_SEATS_H

/* Measures, about four seconds, and calls row for every figure: its name, e.g. "seats: hold and
 * sell", its value and its unit. The name and unit live on. Without memory for a hall its rows are
 * missing. */
void bench_seats(void (*row)(void *state, const char *name, double value, const char *unit),
                 void *state);

#endif
