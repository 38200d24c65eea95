#include "crowd/percentiles.h"

#include <stdlib.h>

#include "err/err.h"

static int compare_int(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int64_t percentile_at(const int64_t *sorted, size_t count, uint32_t per_mille)
{
    assert(count > 0 && per_mille <= 1000);
    size_t rank = (count * per_mille + 999) / 1000; /* from 1 */
    return sorted[rank > 0 ? rank - 1 : 0];
}

void percentiles_of(int64_t *values, size_t count, struct percentiles *ret)
{
    *ret = (struct percentiles){.count = count};
    if (count == 0)
        return;
    qsort(values, count, sizeof(*values), compare_int);
    ret->min = values[0];
    ret->p50 = percentile_at(values, count, 500);
    ret->p90 = percentile_at(values, count, 900);
    ret->p99 = percentile_at(values, count, 990);
    ret->p999 = percentile_at(values, count, 999);
    ret->max = values[count - 1];
}

double median_of(double *values, size_t count)
{
    assert(count > 0);
    qsort(values, count, sizeof(*values), compare_double);
    return values[(count - 1) / 2];
}
