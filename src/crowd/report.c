#include "crowd/report.h"

#include <stdlib.h>
#include <string.h>

#include "clock/clock.h"
#include "err/err.h"
#include "term/money.h"
#include "term/sheet.h"

#define BIN_NS (10 * NS_PER_MS)

/* ---- figures ---- */

static void count_bins(struct report *report)
{
    const struct crowd *crowd = report->crowd;
    int64_t last_ns =
        crowd->rush_ns > crowd->options.within_ns ? crowd->rush_ns : crowd->options.within_ns;
    report->bin_ns = BIN_NS;
    while (last_ns / report->bin_ns >= REPORT_BINS_MAX)
        report->bin_ns *= report->bin_ns / BIN_NS % 5 == 2 ? 5 : 2; /* 10, 20, 100, 200, … */
    report->bin_count = (uint32_t)(last_ns / report->bin_ns) + 1;
    for (uint32_t i = 0; i < crowd->options.users; i++) {
        const struct crowd_person *person = &crowd->people[i];
        report->arrived[person->arrives_ns / report->bin_ns] += person->outcome != CROWD_UNSENT;
        if (person->hold_ns > 0)
            report->answered[person->hold_ns / report->bin_ns]++;
        if (person->order_ns > 0 && person->outcome == CROWD_ORDERED)
            report->sold[person->order_ns / report->bin_ns] += person->seat_count;
    }
}

static void count_heat(struct report *report)
{
    const struct crowd *crowd = report->crowd;
    const int64_t within_ns = crowd->options.within_ns > 0 ? crowd->options.within_ns : 1;
    for (uint32_t i = 0; i < crowd->options.users; i++) {
        const struct crowd_person *person = &crowd->people[i];
        if (person->hold_ns > 0)
            heat_add(report->heat, person->held ? HEAT_HELD : HEAT_NOT_HELD, person->arrives_ns,
                     within_ns, person->hold_ns - person->ready_ns);
        if (person->order_ns > 0)
            heat_add(report->heat, HEAT_ORDERED, person->arrives_ns, within_ns,
                     person->order_ns - person->ready_ns);
    }
}

int report_init(struct report *report, const struct crowd *crowd)
{
    const uint32_t users = crowd->options.users;
    size_t came = 0, holds = 0, orders = 0, paid = 0;
    *report = (struct report){.crowd = crowd};
    report->lag_sorted = calloc(users, sizeof(*report->lag_sorted));
    report->hold_sorted = calloc(users, sizeof(*report->hold_sorted));
    report->order_sorted = calloc(users, sizeof(*report->order_sorted));
    report->ticket_sorted = calloc(users, sizeof(*report->ticket_sorted));
    report->heat = calloc(1, sizeof(*report->heat));
    if (!report->lag_sorted || !report->hold_sorted || !report->order_sorted ||
        !report->ticket_sorted || !report->heat) {
        report_release(report);
        return ERR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < users; i++) {
        const struct crowd_person *person = &crowd->people[i];
        if (person->outcome != CROWD_UNSENT)
            report->lag_sorted[came++] = person->acted_ns - person->arrives_ns;
        if (person->hold_ns > 0)
            report->hold_sorted[holds++] = person->hold_ns - person->ready_ns;
        if (person->order_ns > 0)
            report->order_sorted[orders++] = person->order_ns - person->ready_ns;
        report->payments[person->payment]++;
        if (person->payment == CROWD_PAID)
            report->ticket_sorted[paid++] = person->order_ns - person->pay_ns;
    }
    percentiles_of(report->hold_sorted, holds, &report->hold);
    percentiles_of(report->order_sorted, orders, &report->order);
    percentiles_of(report->lag_sorted, came, &report->lag);
    percentiles_of(report->ticket_sorted, paid, &report->ticket);
    double seconds = (double)(crowd->rush_ns > 0 ? crowd->rush_ns : 1) / NS_PER_S;
    report->answers_per_s = (double)holds / seconds;
    report->orders_per_s = (double)crowd->outcomes[CROWD_ORDERED] / seconds;
    count_bins(report);
    count_heat(report);
    return 0;
}

void report_release(struct report *report)
{
    free(report->hold_sorted);
    free(report->order_sorted);
    free(report->lag_sorted);
    free(report->ticket_sorted);
    free(report->heat);
    *report = (struct report){0};
}

void report_time(int64_t ns, char ret_text[REPORT_TIME_MAX])
{
    double ms = (double)ns / NS_PER_MS;
    if (ms < 1)
        snprintf(ret_text, REPORT_TIME_MAX, "%.0f µs", ms * 1000);
    else if (ms < 100)
        snprintf(ret_text, REPORT_TIME_MAX, "%.1f ms", ms);
    else if (ms < 10000)
        snprintf(ret_text, REPORT_TIME_MAX, "%.0f ms", ms);
    else
        snprintf(ret_text, REPORT_TIME_MAX, "%.1f s", ms / 1000);
}

void report_wish(const struct crowd_options *options, char *ret_text, size_t size)
{
    char hot[24], party[16];
    snprintf(hot, sizeof(hot), "hot:%u", options->seats.hot);
    if (options->party.min == options->party.max)
        snprintf(party, sizeof(party), "%u", options->party.min);
    else
        snprintf(party, sizeof(party), "%u-%u", options->party.min, options->party.max);
    snprintf(ret_text, size, "seats %s, party %s%s",
             options->seats.kind == WISH_HOT    ? hot
             : options->seats.kind == WISH_BEST ? "best"
                                                : "random",
             party, options->card ? ", paid by card" : "");
}

/* ---- text ---- */

static void put_times(struct sheet *sheet, const char *what, const struct percentiles *p)
{
    char text[MONEY_TEXT_MAX];
    const int64_t times[] = {p->p50, p->p90, p->p99, p->p999, p->max};
    money_group((int64_t)p->count, text);
    sheet_put(sheet, "  %s", what);
    sheet_put(sheet, "%s", text);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        report_time(times[i], text);
        sheet_put(sheet, "%s", p->count ? text : "-");
    }
}

static void print_times(const struct report *report, FILE *out)
{
    static const char *const heads[] = {
        "  from the intended arrival", "count", "p50", "p90", "p99", "p99.9", "max"};
    struct sheet sheet;
    sheet_init(&sheet, "lrrrrrr");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    put_times(&sheet, "to the hold's answer", &report->hold);
    put_times(&sheet, "to the order's answer", &report->order);
    put_times(&sheet, "to the generator's acting", &report->lag);
    sheet_print(&sheet, out);
    sheet_release(&sheet);
}

static void print_outcomes(const struct crowd *crowd, FILE *out)
{
    struct sheet sheet;
    char text[MONEY_TEXT_MAX];
    sheet_init(&sheet, "lrl");
    for (int i = 0; i < CROWD_OUTCOMES; i++) {
        if (crowd->outcomes[i] == 0 && i != CROWD_ORDERED && i != CROWD_TAKEN)
            continue;
        money_group(crowd->outcomes[i], text);
        sheet_put(&sheet, "  %s", crowd_outcome_name((enum crowd_outcome)i));
        sheet_put(&sheet, "%s", text);
        money_group((int64_t)crowd->seats_sold, text);
        sheet_put(&sheet, "%s%s", i == CROWD_ORDERED ? text : "",
                  i == CROWD_ORDERED ? " seats sold" : "");
    }
    sheet_print(&sheet, out);
    sheet_release(&sheet);
    for (uint32_t i = 1; i < crowd->reason_count; i++) {
        const struct crowd_reason *reason = &crowd->reasons[i];
        char again[MONEY_TEXT_MAX];
        money_group(reason->count, text);
        money_group(reason->again, again);
        fprintf(out, "  reason %s: %s people%s%s%s\n", reason->name, text,
                reason->again ? ", " : "", reason->again ? again : "",
                reason->again ? " requests sent again" : "");
    }
}

static void print_conflicts(const struct crowd *crowd, FILE *out)
{
    for (size_t i = 0; i < crowd->conflict_count && i < CROWD_CONFLICTS_SHOWN; i++) {
        const struct claim *a = &crowd->conflicts[i].first, *b = &crowd->conflicts[i].second;
        fprintf(out, "       seat %u: person %u at version %llu, person %u at version %llu\n",
                a->seat, a->person, (unsigned long long)a->from_version, b->person,
                (unsigned long long)b->from_version);
    }
}

static void print_counts(const struct crowd *crowd, FILE *out)
{
    if (crowd->counted_after)
        fprintf(out,
                "\n  the server counts free %u -> %u, held %u -> %u, sold %u -> %u, version %llu "
                "-> %llu\n\n",
                crowd->before.free, crowd->after.free, crowd->before.held, crowd->after.held,
                crowd->before.sold, crowd->after.sold, (unsigned long long)crowd->before.version,
                (unsigned long long)crowd->after.version);
    else
        fprintf(out,
                "\n  the server counted free %u, held %u, sold %u, version %llu before; afterwards "
                "it %s\n\n",
                crowd->before.free, crowd->before.held, crowd->before.sold,
                (unsigned long long)crowd->before.version,
                crowd->interrupted ? "was not asked" : "did not answer");
}

static void print_line(const struct crowd *crowd, FILE *out)
{
    const struct crowd_line *line = &crowd->line;
    char half[REPORT_TIME_MAX], most[REPORT_TIME_MAX];
    report_time(line->wait_p50_ns, half);
    report_time(line->wait_max_ns, most);
    fprintf(out, "\n  through the line of sale %u: half waited at most %s, all at most %s",
            crowd->sale_id, half, most);
    if (line->estimates)
        fprintf(out, "; of %u who were told an interval, %u waited as told", line->estimates,
                line->estimates_kept);
}

static void print_payments(const struct report *report, FILE *out)
{
    static const char *const words[] = {"",
#define X(name, word) word,
                                        CROWD_PAYMENT_LIST(X)
#undef X
    };
    char half[REPORT_TIME_MAX], most[REPORT_TIME_MAX];
    fprintf(out, "\n  payments:");
    for (int i = 1; i < CROWD_PAYMENTS; i++)
        fprintf(out, "%s %u %s", i > 1 ? "," : "", report->payments[i], words[i]);
    report_time(report->ticket.p50, half);
    report_time(report->ticket.p99, most);
    if (report->ticket.count > 0)
        fprintf(out, "; from the click to the ticket %s, p99 %s", half, most);
}

void report_text(const struct report *report, FILE *out)
{
    const struct crowd *crowd = report->crowd;
    const struct crowd_options *options = &crowd->options;
    struct report_verdict verdicts[REPORT_VERDICTS];
    char users[MONEY_TEXT_MAX], places[MONEY_TEXT_MAX], within[REPORT_TIME_MAX], wish[80];
    char rush[REPORT_TIME_MAX], rate[MONEY_TEXT_MAX];
    money_group(options->users, users);
    money_group(crowd->place_count, places);
    report_time(options->within_ns, within);
    report_wish(options, wish, sizeof(wish));
    fprintf(out,
            "%s people within %s at \"%s\", %s (%s places)\n%s, %u connection%s, %u thread%s, "
            "seed %llu\n\n",
            users, within, crowd->event_name, crowd->hall_name, places, wish, options->connections,
            options->connections == 1 ? "" : "s", options->threads,
            options->threads == 1 ? "" : "s", (unsigned long long)options->seed);
    print_outcomes(crowd, out);
    fputc('\n', out);
    print_times(report, out);
    report_time(crowd->rush_ns, rush);
    money_group((int64_t)report->answers_per_s, rate);
    fprintf(out, "\n  %s answers a second; the last answer %s after the start", rate, rush);
    if (crowd->again || crowd->reconnects)
        fprintf(out, "; %u requests sent again, %u connections opened again", crowd->again,
                crowd->reconnects);
    if (crowd->options.line)
        print_line(crowd, out);
    if (options->card)
        print_payments(report, out);
    print_counts(crowd, out);
    if (crowd->interrupted)
        fputs("interrupted: this is what there was by then\n", out);
    if (crowd->error[0])
        fprintf(out, "the crowd was not sent as wished: %s\n", crowd->error);
    const int count = report_verdicts(crowd, verdicts);
    for (int i = 0; i < count; i++) {
        fprintf(out, "%-6s %s: %s\n",
                !verdicts[i].ok     ? "FALSE"
                : verdicts[i].empty ? "none"
                                    : "ok",
                verdicts[i].claim, verdicts[i].found);
        if (i == 1)
            print_conflicts(crowd, out);
    }
}
