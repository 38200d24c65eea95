#include "crowd/report_plots.h"

#include <math.h>

#include "crowd/plot.h"

#define DOTS_MAX 4000

const char *report_outcome_class(enum crowd_outcome outcome)
{
    switch (outcome) {
    case CROWD_ORDERED:
        return "ordered";
    case CROWD_HELD:
    case CROWD_RELEASED:
        return "held";
    case CROWD_TAKEN:
        return "taken";
    default:
        return "no";
    }
}

void report_plot_bins(struct markup *m, const struct report *report)
{
    uint32_t most = 1;
    for (uint32_t i = 0; i < report->bin_count; i++) {
        most = report->arrived[i] > most ? report->arrived[i] : most;
        most = report->answered[i] > most ? report->answered[i] : most;
    }
    const struct plot_linear axis = plot_round(most, 4);
    const double width = PLOT_W / report->bin_count;
    plot_begin(m, "arrivals and answers over time", "people");
    plot_counts(m, axis);
    for (uint32_t i = 0; i < report->bin_count; i++) {
        const double up = PLOT_H * report->arrived[i] / (double)axis.high;
        const double back = PLOT_H * report->answered[i] / (double)axis.high;
        markup_put(m, "<rect class=\"came\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\"/>",
                   (i + 0.06) * width, PLOT_H - up, width * 0.43, up);
        markup_put(m, "<rect class=\"held\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\"/>",
                   (i + 0.51) * width, PLOT_H - back, width * 0.43, back);
    }
    plot_time_axis(m, plot_until(report->bin_ns * report->bin_count, 6));
    plot_end(m, "time since the first could come");
}

static int64_t longest(const struct report *report)
{
    return report->order.max > report->hold.max ? report->order.max : report->hold.max;
}

void report_plot_dots(struct markup *m, const struct report *report)
{
    const struct crowd *crowd = report->crowd;
    const struct plot_log axis = plot_log_of(report->hold.min, longest(report));
    const uint32_t step = crowd->options.users / DOTS_MAX + 1;
    const int64_t within_ns = crowd->options.within_ns > 0 ? crowd->options.within_ns : 1;
    plot_begin(m, "time from intended arrival to the answers, by arrival", "time to the answer");
    plot_times(m, &axis);
    for (uint32_t i = 0; i < crowd->options.users; i += step) {
        const struct crowd_person *person = &crowd->people[i];
        const double x = PLOT_W * (double)person->arrives_ns / (double)within_ns;
        const struct {
            const char *class;
            int64_t at_ns;
        } dots[] = {{person->held ? "held" : "taken", person->hold_ns},
                    {"ordered", person->order_ns}};
        for (size_t k = 0; k < sizeof(dots) / sizeof(dots[0]); k++) {
            if (dots[k].at_ns > 0)
                markup_put(m, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"2\"/>",
                           dots[k].class, x, plot_log_y(&axis, dots[k].at_ns - person->ready_ns));
        }
    }
    plot_time_axis(m, plot_until(within_ns, 6));
    plot_end(m, "intended arrival");
}

static double share_x(double share)
{
    return -log10(1 - share) / 3 * PLOT_W;
}

static void curve(struct markup *m, const char *class, const int64_t *sorted, size_t count,
                  const struct plot_log *axis)
{
    if (count == 0)
        return;
    markup_put(m, "<polyline class=\"%s\" points=\"", class);
    for (uint32_t per_mille = 0; per_mille <= 999; per_mille += per_mille < 900 ? 20 : 3)
        markup_put(m, "%.1f,%.1f ", share_x(per_mille / 1000.0),
                   plot_log_y(axis, percentile_at(sorted, count, per_mille)));
    markup_put(m, "\"/>");
}

void report_plot_percentiles(struct markup *m, const struct report *report)
{
    static const struct {
        double at;
        const char *text;
        bool odd;
    } marks[] = {{0, "0 %", false},
                 {0.5, "50 %", true},
                 {0.9, "90 %", false},
                 {0.99, "99 %", false},
                 {0.999, "99.9 %", false}};
    const int64_t lag_ns = report->lag.p50 > 0 ? report->lag.p50 : 1;
    const struct plot_log axis =
        plot_log_of(report->hold.count && report->hold.min < lag_ns ? report->hold.min : lag_ns,
                    longest(report));
    plot_begin(m, "percentiles", "time from the intended arrival");
    plot_times(m, &axis);
    curve(m, "llag", report->lag_sorted, report->lag.count, &axis);
    curve(m, "lheld", report->hold_sorted, report->hold.count, &axis);
    curve(m, "lordered", report->order_sorted, report->order.count, &axis);
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        plot_tick(m, share_x(marks[i].at), marks[i].text, marks[i].odd);
    plot_end(m, "share answered by then");
}

void report_plot_outcomes(struct markup *m, const struct crowd *crowd)
{
    /* The best first. */
    static const enum crowd_outcome bar[] = {CROWD_ORDERED, CROWD_HELD,    CROWD_RELEASED,
                                             CROWD_TAKEN,   CROWD_REFUSED, CROWD_UNANSWERED,
                                             CROWD_ERROR,   CROWD_UNSENT};
    const double scale = PLOT_WHOLE / crowd->options.users;
    double x = 0;
    markup_put(m, "<svg viewBox=\"0 0 %.0f 30\" role=\"img\" aria-label=\"what came of them\">",
               PLOT_WHOLE);
    for (size_t i = 0; i < sizeof(bar) / sizeof(bar[0]); i++) {
        const double width = crowd->outcomes[bar[i]] * scale;
        if (width <= 0)
            continue;
        markup_put(m, "<rect class=\"%s\" x=\"%.1f\" width=\"%.1f\" height=\"22\" rx=\"3\"/>",
                   report_outcome_class(bar[i]), x, width > 3 ? width - 2 : 1.0);
        x += width;
    }
    markup_put(m, "</svg>");
}
