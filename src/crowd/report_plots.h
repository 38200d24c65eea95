/*
 * report_plots: the drawings of a stampede's page.
 */
#ifndef USHER_CROWD_REPORT_PLOTS_H
#define USHER_CROWD_REPORT_PLOTS_H

#include "crowd/markup.h"
#include "crowd/report.h"

/* The class of an outcome's mark: how good it was. */
const char *report_outcome_class(enum crowd_outcome outcome);

/* People who came and who were answered, in equal pieces of time. */
void report_plot_bins(struct markup *m, const struct report *report);
/* Every person's answers, or those of an even sample, by intended arrival. */
void report_plot_dots(struct markup *m, const struct report *report);
void report_plot_percentiles(struct markup *m, const struct report *report);
/* One bar for all people, a piece an outcome. */
void report_plot_outcomes(struct markup *m, const struct crowd *crowd);

#endif
