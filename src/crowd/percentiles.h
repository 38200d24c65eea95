/*
 * percentiles: exact order statistics of measured times.
 *
 * All values are kept and sorted: a million of them are 8 MB and a tenth of a second, and nothing
 * is rounded away. Percentiles are nearest-rank: p 99 is the smallest value that at least 99 % of
 * all do not exceed; it is always a value that was measured.
 */
#ifndef USHER_CROWD_PERCENTILES_H
#define USHER_CROWD_PERCENTILES_H

#include <stddef.h>
#include <stdint.h>

struct percentiles {
    size_t count; /* 0: all others are 0 */
    int64_t min, p50, p90, p99, p999, max;
};

/* Sorts values (ascending) and reads them off. */
void percentiles_of(int64_t *values, size_t count, struct percentiles *ret);
/* Of sorted values, per_mille 0 … 1000 (990: p 99); count > 0. */
int64_t percentile_at(const int64_t *sorted, size_t count, uint32_t per_mille);
/* For medians of a few runs: sorts, and gives the middle one (of an even number the lower). */
double median_of(double *values, size_t count);

#endif
