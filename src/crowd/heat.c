#include "crowd/heat.h"

#include <math.h>

#include "err/err.h"

static int64_t within(int64_t n, int64_t most)
{
    return n < 0 ? 0 : n > most ? most : n;
}

void heat_add(struct heat *heat, enum heat_kind kind, int64_t arrives_ns, int64_t within_ns,
              int64_t took_ns)
{
    assert(within_ns > 0);
    const double column = (double)arrives_ns / (double)within_ns * HEAT_COLUMNS;
    const double row = log10((double)(took_ns > 1 ? took_ns : 1) / HEAT_LOW_NS) * HEAT_PER_DECADE;
    heat->cells[kind][within((int64_t)column, HEAT_COLUMNS - 1)]
               [within((int64_t)floor(row), HEAT_ROWS - 1)]++;
}

double heat_edge_ns(int row)
{
    return HEAT_LOW_NS * pow(10, (double)row / HEAT_PER_DECADE);
}

const char *heat_kind_name(enum heat_kind kind)
{
    static const char *const names[] = {"held", "not_held", "ordered"};
    return names[kind];
}
