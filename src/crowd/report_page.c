/* A stampede's report as one page that needs nothing else: styles and drawings are inside. */
#include <stdio.h>

#include "clock/clock.h"
#include "crowd/markup.h"
#include "crowd/plot.h"
#include "crowd/report.h"
#include "crowd/report_plots.h"
#include "err/err.h"
#include "term/money.h"

#define PAGE_BYTES_MAX (4u << 20)

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
    "display:block}text{fill:var(--soft);font-size:14px}.title{font-style:italic}.g{stroke:var(--"
    "line)}"
    ".held{fill:var(--held)}.ordered{fill:var(--ordered)}.taken,.came{fill:var(--taken)}"
    ".no{fill:var(--no)}.lag{fill:var(--soft)}.lheld,.lordered,.llag{fill:none;stroke-width:2;"
    "vector-effect:non-scaling-stroke}"
    ".lheld{stroke:var(--held)}.lordered{stroke:var(--ordered)}"
    ".llag{stroke:var(--soft);stroke-dasharray:4 4}.good,.bad{font-weight:600}"
    ".good{color:var(--ordered)}.bad{color:var(--no)}.key{display:inline-flex;align-items:center;"
    "gap:.4em;margin-right:1.1em}.key svg{width:.75em;height:.75em}"
    "h2 .good,h2 .bad{font-weight:inherit}"
    "@media(max-width:40rem){main{padding:1.25rem "
    ".75rem}h1{font-size:1.7rem}section{padding:.75rem}"
    "text{font-size:26px}.odd{display:none}circle{r:3.5px}.times{font-size:.74rem}"
    ".times td,.times th{padding:.35rem .2rem}.times td:first-child{white-space:normal}}</style>";

/* A mark and what it means. */
static void put_key(struct markup *m, const char *class, const char *text)
{
    markup_put(m,
               "<span class=\"key\"><svg viewBox=\"0 0 10 10\"><rect class=\"%s\" width=\"10\" "
               "height=\"10\" rx=\"2\"/></svg>%s</span>",
               class, text);
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

static void row_of_outcome(struct markup *m, enum crowd_outcome outcome, uint32_t people)
{
    char text[MONEY_TEXT_MAX];
    money_group(people, text);
    markup_put(m, "<tr><td>");
    put_key(m, report_outcome_class(outcome), crowd_outcome_name(outcome));
    markup_put(m, "</td><td>%s</td></tr>", text);
}

static void put_outcomes(struct markup *m, const struct crowd *crowd)
{
    markup_put(m, "<section><h2>What came of them</h2>");
    report_plot_outcomes(m, crowd);
    markup_put(m, "<table>");
    for (int i = 0; i < CROWD_OUTCOMES; i++) {
        if (crowd->outcomes[i] > 0)
            row_of_outcome(m, (enum crowd_outcome)i, crowd->outcomes[i]);
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
    bool ok = true;
    const int count = report_verdicts(crowd, verdicts);
    for (int i = 0; i < count; i++)
        ok &= verdicts[i].ok;
    markup_put(m, "<section><h2>Verdict: <span class=\"%s\">%s</span></h2>", ok ? "good" : "bad",
               ok ? "every claim holds" : "not every claim holds");
    if (crowd->interrupted)
        markup_put(m, "<p>Interrupted: this is what there was by then.</p>");
    if (crowd->error[0]) {
        markup_put(m, "<p>The crowd was not sent as wished: ");
        markup_text(m, crowd->error);
        markup_put(m, "</p>");
    }
    markup_put(m, "<table>");
    for (int i = 0; i < count; i++) {
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
    char users[MONEY_TEXT_MAX], within[PLOT_TIME_MAX], wish[CROWD_NAME_MAX];
    char places[MONEY_TEXT_MAX], connections[MONEY_TEXT_MAX];
    money_group(crowd->options.users, users);
    money_group(crowd->place_count, places);
    money_group(crowd->options.connections, connections);
    plot_time_text(crowd->options.within_ns, within);
    report_wish(&crowd->options, wish, sizeof(wish));
    begin_page(m);
    markup_put(m, "<h1>%s people within ", users);
    markup_text(m, within);
    markup_put(m, "</h1><p>");
    markup_text(m, crowd->event_name);
    markup_put(m, ", ");
    markup_text(m, crowd->hall_name);
    markup_put(m, ", %s places; ", places);
    markup_text(m, wish);
    markup_put(m, "; %s connection%s, seed %llu</p>", connections,
               crowd->options.connections == 1 ? "" : "s", (unsigned long long)crowd->options.seed);
    put_verdicts(m, crowd);
}

static void put_times(struct markup *m, const struct report *report)
{
    char answers[MONEY_TEXT_MAX], orders[MONEY_TEXT_MAX];
    money_group((int64_t)report->answers_per_s, answers);
    money_group((int64_t)report->orders_per_s, orders);
    markup_put(m,
               "<section><h2>Times, from the intended arrival</h2><p>A server that stands still "
               "is charged for everybody who was to come meanwhile.</p><table class=\"times\">"
               "<tr><th></th><th>p50</th><th>p90</th><th>p99</th><th>p99.9</th><th>max</th></tr>");
    row_of_times(m, "hold answered", &report->hold);
    row_of_times(m, "order answered", &report->order);
    row_of_times(m, "generator&#39;s own lag", &report->lag);
    markup_put(m,
               "</table><p>%s answers and %s orders a second, from the first arrival to the last "
               "answer</p></section>",
               answers, orders);
}

static void put_plots(struct markup *m, const struct report *report)
{
    markup_put(m, "<section><h2>Intended arrivals and answers to holds, every %.0f ms</h2><p>",
               (double)report->bin_ns / NS_PER_MS);
    put_key(m, "came", "came");
    put_key(m, "held", "answered");
    markup_put(m, "</p>");
    report_plot_bins(m, report);
    markup_put(m, "</section><section><h2>Time to the answer, by arrival</h2><p>");
    put_key(m, "held", "held");
    put_key(m, "taken", "not held");
    put_key(m, "ordered", "ordered");
    markup_put(m, "</p>");
    report_plot_dots(m, report);
    markup_put(m, "</section><section><h2>Percentiles</h2><p>");
    put_key(m, "held", "holds");
    put_key(m, "ordered", "orders");
    put_key(m, "lag", "the generator's lag, dashed");
    markup_put(m, "</p>");
    report_plot_percentiles(m, report);
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
