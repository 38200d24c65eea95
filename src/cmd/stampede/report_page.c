/* A stampede's report as one page that needs nothing else: styles and drawings are inside. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock/clock.h"
#include "cmd/money.h"
#include "cmd/stampede/markup.h"
#include "cmd/stampede/report.h"
#include "err/err.h"

#define PAGE_BYTES_MAX (4u << 20)
#define PLOT_W         720.0
#define PLOT_H         240.0
#define DOTS_MAX       4000

static const char style[] =
    "<style>:root{--bg:#f7f3ec;--card:#fffdf8;--ink:#1d1a22;--soft:#6d6875;--line:#ddd6c8;"
    "--held:#3d7ea6;--ordered:#2a9d6f;--taken:#b3aca0;--no:#d1495b}"
    "@media(prefers-color-scheme:dark){:root{--bg:#17151b;--card:#201d26;--ink:#f1ede4;"
    "--soft:#a29cab;--line:#37323f;--held:#6fb1d8;--ordered:#58c493;--taken:#6b6474;--no:#ef7d8c}}"
    "*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);"
    "font:16px/1.5 system-ui,sans-serif}main{max-width:60rem;margin:0 auto;padding:2.5rem 1.25rem}"
    "h1{font-size:2.2rem;line-height:1.15;margin:0 0 .25rem;letter-spacing:-.02em}"
    "h2{font-size:1.1rem;margin:0 0 .75rem}p{color:var(--soft);margin:.25rem 0 .5rem}"
    "section{background:var(--card);border:1px solid var(--line);border-radius:14px;"
    "padding:1.25rem;margin:1.25rem 0;overflow-x:auto}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:right;padding:.35rem .5rem;border-bottom:1px solid var(--line);"
    "font-variant-numeric:tabular-nums}td:first-child,th:first-child{text-align:left}"
    ".times td{white-space:nowrap}tr:last-child "
    "td{border:0}th{color:var(--soft);font-weight:500}svg{width:100%;height:auto;"
    "display:block}text{fill:var(--soft);font-size:11px}.g{stroke:var(--line)}"
    ".held{fill:var(--held)}.ordered{fill:var(--ordered)}.taken,.came{fill:var(--taken)}"
    ".no{fill:var(--no)}.lheld,.lordered,.llag{fill:none;stroke-width:2}"
    ".lheld{stroke:var(--held)}.lordered{stroke:var(--ordered)}"
    ".llag{stroke:var(--soft);stroke-dasharray:4 4}.good,.bad{font-weight:600}"
    ".good{color:var(--ordered)}.bad{color:var(--no)}.key{display:inline-flex;align-items:center;"
    "gap:.4em;margin-right:1.1em}.key svg{width:.75em;height:.75em}</style>";

/* A mark and what it means, above a plot. */
static void put_key(struct markup *m, const char *class, const char *text)
{
    markup_put(m,
               "<span class=\"key\"><svg viewBox=\"0 0 10 10\"><rect class=\"%s\" width=\"10\" "
               "height=\"10\" rx=\"2\"/></svg>%s</span>",
               class, text);
}

static void begin_plot(struct markup *m, const char *label)
{
    markup_put(m, "<svg viewBox=\"-60 -10 %.0f %.0f\" role=\"img\" aria-label=\"%s\">", PLOT_W + 80,
               PLOT_H + 46, label);
}

static void grid_line(struct markup *m, double y, const char *text)
{
    markup_put(m, "<line class=\"g\" x1=\"0\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/>", PLOT_W, y, y);
    markup_put(m, "<text x=\"-8\" y=\"%.1f\" text-anchor=\"end\">", y + 4);
    markup_text(m, text);
    markup_put(m, "</text>");
}

static void time_axis(struct markup *m, int64_t span_ns)
{
    for (int i = 0; i <= 4; i++) {
        char text[REPORT_TIME_MAX];
        report_time(span_ns * i / 4, text);
        markup_put(m, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\">", PLOT_W * i / 4,
                   PLOT_H + 20);
        markup_text(m, i == 0 ? "0" : text);
        markup_put(m, "</text>");
    }
}

/* ---- the plots ---- */

static void plot_bins(struct markup *m, const struct report *report)
{
    uint32_t most = 1;
    for (uint32_t i = 0; i < report->bin_count; i++) {
        most = report->arrived[i] > most ? report->arrived[i] : most;
        most = report->answered[i] > most ? report->answered[i] : most;
    }
    begin_plot(m, "arrivals and answers over time");
    for (int i = 0; i <= 2; i++) {
        char text[MONEY_TEXT_MAX];
        money_group((int64_t)most * i / 2, text);
        grid_line(m, PLOT_H - PLOT_H * i / 2, text);
    }
    const double width = PLOT_W / report->bin_count;
    for (uint32_t i = 0; i < report->bin_count; i++) {
        const double up = PLOT_H * report->arrived[i] / most;
        const double back = PLOT_H * report->answered[i] / most;
        markup_put(m, "<rect class=\"came\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\"/>",
                   i * width, PLOT_H - up, width * 0.46, up);
        markup_put(m, "<rect class=\"held\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\"/>",
                   (i + 0.48) * width, PLOT_H - back, width * 0.46, back);
    }
    time_axis(m, report->bin_ns * report->bin_count);
    markup_put(m, "</svg>");
}

/* A logarithmic axis of time, in whole decades around what is drawn. */
struct decades {
    double low, high; /* log10 of ns */
};

static struct decades decades_of(int64_t least_ns, int64_t most_ns)
{
    struct decades axis = {.low = floor(log10((double)(least_ns > 1000 ? least_ns : 1000))),
                           .high = log10((double)(most_ns > 1000 ? most_ns : 1000)) + 0.05};
    if (axis.high < axis.low + 1)
        axis.high = axis.low + 1;
    return axis;
}

static double height_of(const struct decades *axis, int64_t ns)
{
    double at = (log10((double)(ns > 1000 ? ns : 1000)) - axis->low) / (axis->high - axis->low);
    return PLOT_H - PLOT_H * (at < 0 ? 0 : at);
}

static void decade_grid(struct markup *m, const struct decades *axis)
{
    for (double exponent = axis->low; exponent <= axis->high; exponent++) {
        char text[REPORT_TIME_MAX];
        int64_t ns = (int64_t)pow(10, exponent);
        report_time(ns, text);
        grid_line(m, height_of(axis, ns), text);
    }
}

static int64_t longest(const struct report *report)
{
    return report->order.max > report->hold.max ? report->order.max : report->hold.max;
}

/* Every person's answers, or those of an even sample, by intended arrival. */
static void plot_dots(struct markup *m, const struct report *report)
{
    const struct crowd *crowd = report->crowd;
    const struct decades axis = decades_of(report->hold.min, longest(report));
    const uint32_t step = crowd->options.users / DOTS_MAX + 1;
    const int64_t within_ns = crowd->options.within_ns > 0 ? crowd->options.within_ns : 1;
    begin_plot(m, "time from intended arrival to the answers, by arrival");
    decade_grid(m, &axis);
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
                markup_put(m, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"1.7\"/>",
                           dots[k].class, x, height_of(&axis, dots[k].at_ns - person->arrives_ns));
        }
    }
    time_axis(m, within_ns);
    markup_put(m, "</svg>");
}

static void curve(struct markup *m, const char *class, const int64_t *sorted, size_t count,
                  const struct decades *axis)
{
    if (count == 0)
        return;
    markup_put(m, "<polyline class=\"%s\" points=\"", class);
    for (uint32_t per_mille = 0; per_mille <= 999; per_mille += per_mille < 900 ? 20 : 3)
        markup_put(m, "%.1f,%.1f ", -log10(1 - per_mille / 1000.0) / 3 * PLOT_W,
                   height_of(axis, percentile_at(sorted, count, per_mille)));
    markup_put(m, "\"/>");
}

static void plot_percentiles(struct markup *m, const struct report *report)
{
    static const struct {
        double at;
        const char *text;
    } marks[] = {{0, "least"}, {0.5, "p50"}, {0.9, "p90"}, {0.99, "p99"}, {0.999, "p99.9"}};
    const int64_t lag_ns = report->lag.p50 > 0 ? report->lag.p50 : 1;
    const struct decades axis =
        decades_of(report->hold.count && report->hold.min < lag_ns ? report->hold.min : lag_ns,
                   longest(report));
    begin_plot(m, "percentiles");
    decade_grid(m, &axis);
    curve(m, "llag", report->lag_sorted, report->lag.count, &axis);
    curve(m, "lheld", report->hold_sorted, report->hold.count, &axis);
    curve(m, "lordered", report->order_sorted, report->order.count, &axis);
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        markup_put(m, "<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">%s</text>",
                   -log10(1 - marks[i].at) / 3 * PLOT_W, PLOT_H + 20, marks[i].text);
    markup_put(m, "</svg>");
}

/* One bar for all people, a piece an outcome. */
static void plot_outcomes(struct markup *m, const struct crowd *crowd)
{
    static const struct {
        enum crowd_outcome outcome;
        const char *class;
    } bar[] = {{CROWD_ORDERED, "ordered"}, {CROWD_HELD, "held"},  {CROWD_RELEASED, "held"},
               {CROWD_TAKEN, "taken"},     {CROWD_REFUSED, "no"}, {CROWD_UNANSWERED, "no"},
               {CROWD_ERROR, "no"}};
    const double scale = (PLOT_W + 80) / crowd->options.users;
    double x = 0;
    markup_put(m, "<svg viewBox=\"0 0 %.0f 30\" role=\"img\" aria-label=\"what came of them\">",
               PLOT_W + 80);
    for (size_t i = 0; i < sizeof(bar) / sizeof(bar[0]); i++) {
        const double width = crowd->outcomes[bar[i].outcome] * scale;
        if (width <= 0)
            continue;
        markup_put(m, "<rect class=\"%s\" x=\"%.1f\" width=\"%.1f\" height=\"22\" rx=\"3\"/>",
                   bar[i].class, x, width > 3 ? width - 2 : 1.0);
        x += width;
    }
    markup_put(m, "</svg>");
}

/* ---- the tables ---- */

static void row_of_times(struct markup *m, const char *name, const struct percentiles *p)
{
    const int64_t times[] = {p->p50, p->p90, p->p99, p->p999, p->max};
    markup_put(m, "<tr><td>%s</td>", name);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        char text[REPORT_TIME_MAX];
        report_time(times[i], text);
        markup_put(m, "<td>");
        markup_text(m, p->count ? text : "–");
        markup_put(m, "</td>");
    }
    markup_put(m, "</tr>");
}

static void row_of_number(struct markup *m, const char *name, int64_t number)
{
    char text[MONEY_TEXT_MAX];
    money_group(number, text);
    markup_put(m, "<tr><td>");
    markup_text(m, name);
    markup_put(m, "</td><td>%s</td></tr>", text);
}

static void row_of_reason(struct markup *m, const struct crowd_reason *reason)
{
    char text[sizeof("reason ") + CROWD_REASON_CHARS];
    snprintf(text, sizeof(text), "reason %s", reason->name);
    row_of_number(m, text, reason->count);
}

static void put_outcomes(struct markup *m, const struct crowd *crowd)
{
    markup_put(m, "<section><h2>What came of them</h2>");
    plot_outcomes(m, crowd);
    markup_put(m, "<table>");
    for (int i = 0; i < CROWD_OUTCOMES; i++) {
        if (crowd->outcomes[i] > 0)
            row_of_number(m, crowd_outcome_name((enum crowd_outcome)i), crowd->outcomes[i]);
    }
    for (uint32_t i = 1; i < crowd->reason_count; i++)
        row_of_reason(m, &crowd->reasons[i]);
    row_of_number(m, "seats in acknowledged holds", (int64_t)crowd->seats_held);
    row_of_number(m, "seats in acknowledged orders", (int64_t)crowd->seats_sold);
    row_of_number(m, "free before", crowd->before.free);
    if (crowd->counted_after)
        row_of_number(m, "free after", crowd->after.free);
    row_of_number(m, "requests sent once more", crowd->again);
    markup_put(m, "</table></section>");
}

static void begin_page(struct markup *m)
{
    markup_put(m,
               "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
               "content=\"width=device-width\"><title>Stampede</title>");
    markup_literal(m, style);
    markup_put(m, "<main>");
}

static void put_verdicts(struct markup *m, const struct crowd *crowd)
{
    struct report_verdict verdicts[REPORT_VERDICTS];
    report_verdicts(crowd, verdicts);
    markup_put(m, "<section><h2>Claims</h2>");
    if (crowd->interrupted)
        markup_put(m, "<p>Interrupted: this is what there was by then.</p>");
    if (crowd->error[0]) {
        markup_put(m, "<p>The crowd was not sent as wished: ");
        markup_text(m, crowd->error);
        markup_put(m, "</p>");
    }
    markup_put(m, "<table>");
    for (int i = 0; i < REPORT_VERDICTS; i++) {
        markup_put(m, "<tr><td><span class=\"%s\">%s</span> ", verdicts[i].ok ? "good" : "bad",
                   !verdicts[i].ok     ? "FALSE"
                   : verdicts[i].empty ? "none"
                                       : "true");
        markup_text(m, verdicts[i].claim);
        markup_put(m, "</td><td>");
        markup_text(m, verdicts[i].found);
        markup_put(m, "</td></tr>");
    }
    markup_put(m, "</table></section>");
}

static void put_head(struct markup *m, const struct report *report)
{
    const struct crowd *crowd = report->crowd;
    char users[MONEY_TEXT_MAX], within[REPORT_TIME_MAX], wish[CROWD_NAME_MAX];
    money_group(crowd->options.users, users);
    report_time(crowd->options.within_ns, within);
    report_wish(&crowd->options, wish, sizeof(wish));
    begin_page(m);
    markup_put(m, "<h1>%s people within ", users);
    markup_text(m, within);
    markup_put(m, "</h1><p>");
    markup_text(m, crowd->event_name);
    markup_put(m, ", ");
    markup_text(m, crowd->hall_name);
    markup_put(m, ", %u places; ", crowd->place_count);
    markup_text(m, wish);
    markup_put(m, "; %u connections, seed %llu</p>", crowd->options.connections,
               (unsigned long long)crowd->options.seed);
    put_verdicts(m, crowd);
}

static void put_times(struct markup *m, const struct report *report)
{
    markup_put(
        m, "<section><h2>Times, from the intended arrival</h2><table class=\"times\"><tr><th></th>"
           "<th>p50</th><th>p90</th><th>p99</th><th>p99.9</th><th>max</th></tr>");
    row_of_times(m, "hold answered", &report->hold);
    row_of_times(m, "order answered", &report->order);
    row_of_times(m, "the generator's own lag", &report->lag);
    markup_put(m,
               "</table><p>%.0f answers/s, %.0f orders/s, from the first arrival to the last "
               "answer</p></section>",
               report->answers_per_s, report->orders_per_s);
}

static void put_plots(struct markup *m, const struct report *report)
{
    markup_put(m, "<section><h2>Arrivals and answers, per %.0f ms</h2><p>",
               (double)report->bin_ns / NS_PER_MS);
    put_key(m, "came", "arrivals");
    put_key(m, "held", "holds answered");
    markup_put(m, "</p>");
    plot_bins(m, report);
    markup_put(m, "</section><section><h2>Time to the answer, by arrival</h2><p>");
    put_key(m, "held", "held");
    put_key(m, "taken", "not held");
    put_key(m, "ordered", "ordered");
    markup_put(m, "</p>");
    plot_dots(m, report);
    markup_put(m, "</section><section><h2>Percentiles</h2><p>");
    put_key(m, "held", "holds");
    put_key(m, "ordered", "orders");
    put_key(m, "came", "the generator's lag (dashed)");
    markup_put(m, "</p>");
    plot_percentiles(m, report);
    markup_put(m, "</section>");
}

int report_failure_page(const char *why, int fd)
{
    struct markup m;
    markup_init(&m, PAGE_BYTES_MAX);
    begin_page(&m);
    markup_put(&m, "<h1>Nobody was sent</h1><p class=\"bad\">");
    markup_text(&m, why);
    markup_put(&m, "</p></main></html>\n");
    int err = markup_write(&m, fd);
    markup_release(&m);
    return err;
}

int report_page(const struct report *report, int fd)
{
    struct markup m;
    markup_init(&m, PAGE_BYTES_MAX);
    put_head(&m, report);
    put_times(&m, report);
    put_plots(&m, report);
    put_outcomes(&m, report->crowd);
    markup_put(&m, "</main></html>\n");
    int err = markup_write(&m, fd);
    markup_release(&m);
    return err;
}
