/*
 * plot: the frame of a drawing: axes with round ticks, their titles and units.
 *
 * Pure arithmetic and SVG; sizes are in the drawing's own units. Styles are the page's.
 */
#ifndef USHER_CROWD_PLOT_H
#define USHER_CROWD_PLOT_H

#include <stdint.h>

#include "crowd/markup.h"

#define PLOT_W     720.0
#define PLOT_H     260.0
#define PLOT_LEFT  106.0 /* room for the ticks' texts … */
#define PLOT_WHOLE 880.0 /* … and all of the width */

/* From 0 in equal steps of 1, 2 or 5 times a power of ten. */
struct plot_linear {
    int64_t step;
    int64_t high; /* what stands at the far end */
};
/* Whole steps that reach most, at most `steps` of them; steps > 0. */
struct plot_linear plot_round(int64_t most, int steps);
/* The same, but it ends at high itself, round or not; most > 0. */
struct plot_linear plot_until(int64_t high, int steps);

/* Logarithmic, of ns: 1, 2 or 5 times a power of ten at either end. */
struct plot_log {
    double low, high; /* log10 of ns */
};
struct plot_log plot_log_of(int64_t least_ns, int64_t most_ns);
/* How far down of PLOT_H; what is outside stands at the border. */
double plot_log_y(const struct plot_log *axis, int64_t ns);

#define PLOT_TIME_MAX 24
/* A round time without needless digits: "2 s", "20 ms". */
void plot_time_text(int64_t ns, char ret_text[PLOT_TIME_MAX]);

/* Opens the drawing: what it shows for those who do not see it, and what its height means. */
void plot_begin(struct markup *m, const char *label, const char *y_title);
/* Ticks with their lines and texts. */
void plot_counts(struct markup *m, struct plot_linear axis);
void plot_times(struct markup *m, const struct plot_log *axis);
void plot_time_axis(struct markup *m, struct plot_linear axis);
/* A text below, at x; of an odd one there may be no room on a small screen. */
void plot_tick(struct markup *m, double x, const char *text, bool odd);
/* What its width means; closes the drawing. */
void plot_end(struct markup *m, const char *x_title);

#endif
