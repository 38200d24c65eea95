#include "crowd/plot.h"

#include <math.h>
#include <stdio.h>

#include "clock/clock.h"
#include "err/err.h"
#include "term/money.h"

/* ---- numbers ---- */

/* The least of 1, 2, 5, 10, 20 … that is not less. */
static int64_t round_up(int64_t least)
{
    int64_t power = 1;
    while (power * 10 <= least && power < INT64_MAX / 100)
        power *= 10;
    return power >= least       ? power
           : 2 * power >= least ? 2 * power
           : 5 * power >= least ? 5 * power
                                : 10 * power;
}

struct plot_linear plot_until(int64_t high, int steps)
{
    assert(high > 0 && steps > 0);
    return (struct plot_linear){.step = round_up((high + steps - 1) / steps), .high = high};
}

struct plot_linear plot_round(int64_t most, int steps)
{
    struct plot_linear axis = plot_until(most > 0 ? most : 1, steps);
    axis.high = (axis.high + axis.step - 1) / axis.step * axis.step;
    return axis;
}

/* The k-th of 1, 2, 5, 10, 20, 50 … ns, as log10. */
static double mark_at(int k)
{
    static const double within[] = {0, 0.30102999566398120, 0.69897000433601880};
    return k / 3 + within[k % 3];
}

struct plot_log plot_log_of(int64_t least_ns, int64_t most_ns)
{
    const double least = log10((double)(least_ns > 1000 ? least_ns : 1000));
    const double most = log10((double)(most_ns > 1000 ? most_ns : 1000));
    int low = 9, high = 0; /* 1 µs */
    while (mark_at(low + 1) <= least)
        low++;
    while (mark_at(high) < most || high < low + 3)
        high++;
    return (struct plot_log){.low = mark_at(low), .high = mark_at(high)};
}

double plot_log_y(const struct plot_log *axis, int64_t ns)
{
    const double at = (log10((double)(ns > 1 ? ns : 1)) - axis->low) / (axis->high - axis->low);
    return PLOT_H - PLOT_H * (at < 0 ? 0 : at > 1 ? 1 : at);
}

void plot_time_text(int64_t ns, char ret_text[PLOT_TIME_MAX])
{
    if (ns == 0)
        snprintf(ret_text, PLOT_TIME_MAX, "0");
    else if (ns < NS_PER_MS)
        snprintf(ret_text, PLOT_TIME_MAX, "%.4g µs", (double)ns / 1000);
    else if (ns < 1000 * NS_PER_MS)
        snprintf(ret_text, PLOT_TIME_MAX, "%.4g ms", (double)ns / NS_PER_MS);
    else
        snprintf(ret_text, PLOT_TIME_MAX, "%.4g s", (double)ns / (1000.0 * NS_PER_MS));
}

/* ---- drawing ---- */

void plot_begin(struct markup *m, const char *label, const char *y_title)
{
    markup_put(m,
               "<svg class=\"plot\" viewBox=\"%.0f -44 %.0f %.0f\" role=\"img\" aria-label=\"%s\">",
               -PLOT_LEFT, PLOT_WHOLE, PLOT_H + 112, label);
    markup_put(m, "<text class=\"title\" x=\"%.0f\" y=\"-20\">%s</text>", -PLOT_LEFT, y_title);
}

void plot_end(struct markup *m, const char *x_title)
{
    markup_put(m, "<text class=\"title\" x=\"%.0f\" y=\"%.0f\" text-anchor=\"end\">%s</text></svg>",
               PLOT_W, PLOT_H + 64, x_title);
}

static void grid_line(struct markup *m, double y, const char *text)
{
    markup_put(m, "<line class=\"g\" x1=\"0\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/>", PLOT_W, y, y);
    markup_put(m, "<text x=\"-8\" y=\"%.1f\" dy=\".35em\" text-anchor=\"end\">", y);
    markup_text(m, text);
    markup_put(m, "</text>");
}

void plot_counts(struct markup *m, struct plot_linear axis)
{
    for (int64_t at = 0; at <= axis.high; at += axis.step) {
        char text[MONEY_TEXT_MAX];
        money_group(at, text);
        grid_line(m, PLOT_H - PLOT_H * (double)at / (double)axis.high, text);
    }
}

void plot_times(struct markup *m, const struct plot_log *axis)
{
    const bool all = axis->high - axis->low < 2.5; /* else powers of ten alone */
    for (int k = 0; mark_at(k) <= axis->high; k++) {
        char text[PLOT_TIME_MAX];
        if (mark_at(k) < axis->low || (k % 3 != 0 && !all))
            continue;
        const int64_t ns = llround(pow(10, mark_at(k)));
        plot_time_text(ns, text);
        grid_line(m, plot_log_y(axis, ns), text);
    }
}

void plot_tick(struct markup *m, double x, const char *text, bool odd)
{
    markup_put(m, "<text%s x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">",
               odd ? " class=\"odd\"" : "", x, PLOT_H + 32);
    markup_text(m, text);
    markup_put(m, "</text>");
}

void plot_time_axis(struct markup *m, struct plot_linear axis)
{
    for (int64_t at = 0; at <= axis.high; at += axis.step) {
        char text[PLOT_TIME_MAX];
        plot_time_text(at, text);
        plot_tick(m, PLOT_W * (double)at / (double)axis.high, text, at / axis.step % 2 == 1);
    }
}
