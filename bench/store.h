/*
 * bench_store: how quickly a batch becomes durable, beside the limit of the disk.
 *
 * One committer, no network: batches of 64 and 512 changes, half holds and half sales of the holds
 * before, through the sqlite body (WAL, synchronous FULL); then as many bytes a batch into a
 * preallocated file, each followed by fdatasync. Works in a directory of its own under TMPDIR (or
 * /tmp), which is removed.
 */
#ifndef USHER_BENCH_STORE_H
#define USHER_BENCH_STORE_H

/* Calls row for every figure: its name, value and unit. A measurement that cannot be made is not
 * given, but for a row "store: failed" with the error's code. Takes some seconds. */
void bench_store(void (*row)(void *state, const char *name, double value, const char *unit),
                 void *state);

#endif
