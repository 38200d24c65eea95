/*
 * usher sale after: how a sale went, once its line is over.
 */
#include <inttypes.h>
#include <stdio.h>

#include "cmd/sale.h"
#include "cmd/when.h"

struct after_values {
    struct session_values session;
    uint32_t sale_id;
    bool alone; /* sale_id is a performance's, which has no line */
    bool csv;
};

static const struct conf_option options[] = {{"csv", CONF_BOOL, offsetof(struct after_values, csv),
                                              "no", .help = "the curve alone, for a spreadsheet"},
                                             {"performance", CONF_BOOL,
                                              offsetof(struct after_values, alone), "no",
                                              .help = "the number is of a performance: of one "
                                                      "without a line, what its own ledger tells"},
                                             SESSION_OPTIONS(struct after_values, session)};

const struct conf_table sale_after_table = {
    .command = "usher sale after",
    .summary = "Tells how a sale went, once its line is over: out of its ledgers alone.",
    .positional = "SALE",
    .positional_min = 1,
    .positional_max = 1,
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes = "The whole report as a file: usher sale after SALE --json > report.json\n"
             "The same ledgers and counts give the same report.\n",
};

static void print_csv(const Usher__V1__AfterReport *report)
{
    printf("from_ms,for_ms,joined,called,came_in,places_held,places_sold,places_given_back\r\n");
    for (size_t i = 0; i < report->n_curve; i++) {
        const Usher__V1__AfterStep *step = report->curve[i];
        printf("%" PRId64 ",%" PRId64 ",%u,%u,%u,%u,%u,%u\r\n", step->at_ms, report->step_ms,
               step->joined, step->called, step->came_in, step->held, step->sold, step->given_back);
    }
}

static double percent(uint32_t part, uint32_t all)
{
    return all ? 100.0 * part / all : 0;
}

static void print_people(const Usher__V1__AfterReport *report)
{
    const Usher__V1__AfterFunnel *f = report->funnel;
    const Usher__V1__AfterWaits *w = report->waits;
    printf("%u accounts joined, %u were called (%.1f %%), %u came in, %u held places, %u ordered "
           "(%.1f %% of who came in)\n",
           f->joined, f->called, percent(f->called, f->joined), f->came_in, f->held, f->ordered,
           percent(f->ordered, f->came_in));
    printf("%u did not come when called, %u left, %u bought otherwise than by this line\n",
           report->skipped, report->left, f->ordered_otherwise);
    printf("waits: half at most %.1f s, 95 of 100 at most %.1f s, the longest %.1f s\n",
           (double)w->p50_ms / 1000, (double)w->p95_ms / 1000, (double)w->longest_ms / 1000);
    printf("told and what came: of %u who were told how long, %u waited within that (%.1f %%), %u "
           "shorter, %u longer\n",
           w->told, w->within, percent(w->within, w->told), w->shorter, w->longer);
    const Usher__V1__AfterOdds *o = report->odds;
    if (o)
        printf("chances and what came: a place was likely for %u, and %u were called (%.1f %%); "
               "unlikely for %u, and %u were; nothing was left for %u, and %u were\n",
               o->likely, o->likely_called, percent(o->likely_called, o->likely), o->unlikely,
               o->unlikely_called, o->none, o->none_called);
    if (report->draw)
        printf("the draw: %u entered; entering early and a low number go together by %+.3f, by "
               "chance up to %.3f; of the first half %.1f %% are in the first half\n",
               report->draw->entrants, (double)report->draw->correlation / 1000,
               (double)report->draw->by_chance / 1000, (double)report->draw->first_half / 10);
}

static void print_refusals(const Usher__V1__AfterReport *report)
{
    const Usher__V1__AfterAnswers *a = report->answers;
    char at[WHEN_TEXT_MAX];
    if (a)
        printf("%" PRIu64 " holds were answered, half within %u ms, 95 of 100 within %u ms, 99 "
               "within %u ms; %u minutes were slow\n",
               a->holds, a->p50_ms, a->p95_ms, a->p99_ms, a->slow_count);
    for (size_t i = 0; a && i < a->n_slow; i++) {
        when_format(a->slow[i]->at_ms, at);
        printf("  %s  95 of 100 within %u ms\n", at, a->slow[i]->p95_ms);
    }
    printf("refused, by reason: %zu\n", report->n_refusals);
    for (size_t i = 0; i < report->n_refusals; i++)
        printf("  %" PRIu64 "  %s\n", report->refusals[i]->count, report->refusals[i]->reason);
}

static void print_bars(const Usher__V1__AfterReport *report)
{
    char at[WHEN_TEXT_MAX];
    printf("barred meanwhile: %zu\n", report->n_bars);
    for (size_t i = 0; i < report->n_bars; i++) {
        const Usher__V1__AfterBar *bar = report->bars[i];
        when_format(bar->at_ms, at);
        printf("  %s  %s: %s (%s by %s", at, bar->value, bar->reason,
               bar->block ? "from everything," : "made",
               bar->made_by[0] ? bar->made_by : "the operator's key");
        if (bar->ended_at_ms) {
            when_format(bar->ended_at_ms, at);
            printf(", ended %s", at);
        }
        printf(")\n");
    }
}

static void print_head(const Usher__V1__AfterReport *report)
{
    char from[WHEN_TEXT_MAX], to[WHEN_TEXT_MAX];
    when_format(report->from_ms, from);
    when_format(report->to_ms, to);
    if (report->performance_id) {
        printf("performance %u \"%s\", %s to %s\n", report->performance_id, report->name, from, to);
        printf(
            "it had no line: nothing is known of who waited, of a draw, and of who was let in\n");
        return;
    }
    printf("sale %u \"%s\", %s to %s: %s\n", report->sale_id, report->name, from, to,
           report->sold_out ? "sold out" : "its time was over");
    print_people(report);
}

static void print_slow(const Usher__V1__AfterReport *report)
{
    char at[WHEN_TEXT_MAX];
    if (report->performance_id)
        return;
    printf("slow: %u times fewer were let in, or nobody\n", report->slow_count);
    for (size_t i = 0; i < report->n_slow; i++) {
        when_format(report->slow[i]->at_ms, at);
        printf("  %s  %u inside: %s\n", at, report->slow[i]->capacity, report->slow[i]->reason);
    }
}

static void print_report(const Usher__V1__AfterReport *report)
{
    const Usher__V1__AfterPlaces *p = report->places;
    print_head(report);
    printf("%u holds, %u of them unused; %u orders of %u places by %u accounts, at most %u by one; "
           "%u places given back\n",
           p->holds, p->holds_unused, p->orders, p->places_sold, p->buyers, p->most_places,
           p->places_given_back);
    print_slow(report);
    print_refusals(report);
    print_bars(report);
    for (size_t i = 0; i < report->n_ledgers; i++) {
        const Usher__V1__AfterLedger *ledger = report->ledgers[i];
        if (ledger->performance_id)
            printf("made of %" PRIu64 " rows of performance %u, the last ", ledger->rows,
                   ledger->performance_id);
        else
            printf("made of %" PRIu64 " rows of the line, the last ", ledger->rows);
        for (size_t k = 0; k < ledger->hash.len && k < 8; k++)
            printf("%02x", ledger->hash.data[k]);
        printf("\n");
    }
}

static int after(struct session *session, void *arg)
{
    const struct after_values *values = arg;
    Usher__V1__GetAfterReportRequest request = USHER__V1__GET_AFTER_REPORT_REQUEST__INIT;
    const Usher__V1__AfterReport *report;
    if (values->alone)
        request.performance_id = values->sale_id;
    else
        request.sale_id = values->sale_id;
    const int code = sale_call(session, get_after_report, &request, &report);
    if (code != CMD_OK)
        return code;
    if (values->session.json)
        return session_print_json(session, report);
    if (values->csv)
        print_csv(report);
    else
        print_report(report);
    return CMD_OK;
}

int sale_after_command(int argc, char **argv)
{
    struct after_values values = {0};
    struct conf conf;
    int code = cmd_options(&sale_after_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    values.sale_id = sale_number("sale after", conf.positional[0]);
    code = values.sale_id
               ? session_run("sale after", &values.session, SESSION_ORGANISER, after, &values)
               : CMD_USAGE;
    conf_release(&conf);
    return code;
}
