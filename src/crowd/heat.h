/*
 * heat: how long answers took, by when people came: counts in cells of time and of a logarithmic
 * scale.
 */
#ifndef USHER_CROWD_HEAT_H
#define USHER_CROWD_HEAT_H

#include <stdint.h>

#define HEAT_COLUMNS    96  /* equal pieces of the time in which people came */
#define HEAT_ROWS       54  /* of the answer's time; what is outside stands at the border … */
#define HEAT_LOW_NS     1e4 /* … of 10 µs … */
#define HEAT_PER_DECADE 9   /* … to 10 s */

enum heat_kind { HEAT_HELD, HEAT_NOT_HELD, HEAT_ORDERED, HEAT_KINDS };

struct heat {
    uint32_t cells[HEAT_KINDS][HEAT_COLUMNS][HEAT_ROWS];
};

/* One answer to somebody who came at arrives_ns of within_ns (> 0), took_ns later. */
void heat_add(struct heat *heat, enum heat_kind kind, int64_t arrives_ns, int64_t within_ns,
              int64_t took_ns);
/* The lower end of a row, in ns; of HEAT_ROWS the upper end of the last. */
double heat_edge_ns(int row);
/* "held", "not_held", "ordered". */
const char *heat_kind_name(enum heat_kind kind);

#endif
