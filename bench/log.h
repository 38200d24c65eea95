/*
 * bench_log: what the layer under SQLite's log (db/sqlite_log) gains: the same transactions into
 * two databases, one through the layer and one as SQLite writes by itself, turn by turn.
 */
#ifndef USHER_BENCH_LOG_H
#define USHER_BENCH_LOG_H

/* Rows for batches of 512 of both, and their ratio; dir is an empty folder on the disk in question.
 * ERR_IO, with what it made left in dir. */
int bench_log(const char *dir,
              void (*row)(void *state, const char *name, double value, const char *unit),
              void *state);

#endif
