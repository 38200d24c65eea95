/* A stampede's figures as JSON, alone or inside the page that draws them. */
#include "clock/clock.h"
#include "crowd/figures.h"
#include "crowd/page.h"
#include "crowd/report.h"
#include "err/err.h"

#define JSON_BYTES_MAX (1u << 20)

/* Percentiles that are told: every 20th of a thousand, and from 900 on every third. */
static uint32_t curve_step(uint32_t per_mille)
{
    return per_mille < 900 ? 20 : 3;
}

static void json_times(struct figures *m, const char *name, const struct percentiles *p)
{
    const struct {
        const char *name;
        int64_t ns;
    } times[] = {{"min", p->min}, {"p50", p->p50},    {"p90", p->p90},
                 {"p99", p->p99}, {"p99_9", p->p999}, {"max", p->max}};
    put_open(m, name, '{');
    put_int(m, "count", (int64_t)p->count);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        put_real(m, times[i].name, (double)times[i].ns / NS_PER_MS);
    put_close(m, '}');
}

static void json_counts(struct figures *m, const char *name, const struct crowd_counts *counts)
{
    put_open(m, name, '{');
    put_int(m, "free", counts->free);
    put_int(m, "held", counts->held);
    put_int(m, "sold", counts->sold);
    put_int(m, "version", (int64_t)counts->version);
    put_close(m, '}');
}

static void json_wish(struct figures *m, const struct crowd *crowd)
{
    const struct crowd_options *options = &crowd->options;
    char wish[80];
    report_wish(options, wish, sizeof(wish));
    put_open(m, "crowd", '{');
    put_text(m, "url", options->url);
    put_int(m, "performance_id", crowd->performance_id);
    put_text(m, "event", crowd->event_name);
    put_text(m, "hall", crowd->hall_name);
    put_int(m, "places", crowd->place_count);
    put_int(m, "users", options->users);
    put_real(m, "within_ms", (double)options->within_ns / NS_PER_MS);
    put_text(m, "wish", wish);
    put_real(m, "abandon", options->abandon);
    put_int(m, "tries", options->tries);
    put_int(m, "connections", options->connections);
    put_int(m, "threads", options->threads);
    put_int(m, "seed", (int64_t)options->seed);
    put_close(m, '}');
}

static void json_bins(struct figures *m, const char *name, const uint32_t *bins, uint32_t count)
{
    put_open(m, name, '[');
    for (uint32_t i = 0; i < count; i++)
        put_item(m, bins[i]);
    put_close(m, ']');
}

static void json_series(struct figures *m, const struct report *report)
{
    put_open(m, "series", '{');
    put_int(m, "bin_ms", report->bin_ns / NS_PER_MS);
    json_bins(m, "arrived", report->arrived, report->bin_count);
    json_bins(m, "answered", report->answered, report->bin_count);
    json_bins(m, "sold", report->sold, report->bin_count);
    put_close(m, '}');
}

/* What a share of all did not exceed; between them a reader may draw straight lines. */
static void json_curve(struct figures *m, const char *name, const int64_t *sorted, size_t count)
{
    put_open(m, name, '[');
    for (uint32_t per_mille = 0; count > 0 && per_mille <= 999; per_mille += curve_step(per_mille))
        put_real(m, NULL, (double)percentile_at(sorted, count, per_mille) / NS_PER_MS);
    put_close(m, ']');
}

static void json_curves(struct figures *m, const struct report *report)
{
    put_open(m, "percentiles", '{');
    put_open(m, "per_mille", '[');
    for (uint32_t per_mille = 0; per_mille <= 999; per_mille += curve_step(per_mille))
        put_item(m, per_mille);
    put_close(m, ']');
    json_curve(m, "hold_ms", report->hold_sorted, report->hold.count);
    json_curve(m, "order_ms", report->order_sorted, report->order.count);
    json_curve(m, "generator_lag_ms", report->lag_sorted, report->lag.count);
    put_close(m, '}');
}

/* The cells that are not empty: column, row, people, and on. */
static void json_cells(struct figures *m, const struct heat *heat, enum heat_kind kind)
{
    put_open(m, heat_kind_name(kind), '[');
    for (int column = 0; column < HEAT_COLUMNS; column++) {
        for (int row = 0; row < HEAT_ROWS; row++) {
            if (heat->cells[kind][column][row] == 0)
                continue;
            put_item(m, column);
            put_item(m, row);
            put_item(m, heat->cells[kind][column][row]);
        }
    }
    put_close(m, ']');
}

static void json_heat(struct figures *m, const struct report *report)
{
    put_open(m, "heat", '{');
    put_int(m, "columns", HEAT_COLUMNS);
    put_real(m, "column_ms", (double)report->crowd->options.within_ns / HEAT_COLUMNS / NS_PER_MS);
    put_open(m, "edges_ms", '[');
    for (int row = 0; row <= HEAT_ROWS; row++)
        put_real(m, NULL, heat_edge_ns(row) / NS_PER_MS);
    put_close(m, ']');
    for (int kind = 0; kind < HEAT_KINDS; kind++)
        json_cells(m, report->heat, (enum heat_kind)kind);
    put_close(m, '}');
}

static void json_line(struct figures *m, const struct crowd_line *line)
{
    put_open(m, "line", '{');
    put_int(m, "joined", line->joined);
    put_int(m, "entered", line->entered);
    put_int(m, "numbers_given_twice", line->twice);
    put_int(m, "out_of_order", line->unordered);
    put_int(m, "over_admission", line->excess);
    put_int(m, "overtaken", line->overtaken);
    put_real(m, "rank_correlation", line->correlation);
    put_int(m, "refreshed", line->refreshed);
    put_int(m, "renumbered", line->renumbered);
    put_int(m, "cheats", line->cheats);
    put_int(m, "cheats_without_pass", line->kinds[CROWD_CHEAT_WITHOUT]);
    put_int(m, "cheats_forged", line->kinds[CROWD_CHEAT_FORGED]);
    put_int(m, "cheats_shared", line->kinds[CROWD_CHEAT_SHARED]);
    put_int(m, "cheats_replayed", line->kinds[CROWD_CHEAT_REPLAYED]);
    put_int(m, "cheats_expired", line->kinds[CROWD_CHEAT_EXPIRED]);
    put_int(m, "cheats_succeeded", line->cheats_won);
    put_int(m, "estimates", line->estimates);
    put_int(m, "estimates_kept", line->estimates_kept);
    put_real(m, "wait_p50_ms", (double)line->wait_p50_ns / NS_PER_MS);
    put_real(m, "wait_max_ms", (double)line->wait_max_ns / NS_PER_MS);
    put_close(m, '}');
}

static void json_found(struct figures *m, const struct crowd *crowd)
{
    struct report_verdict verdicts[REPORT_VERDICTS];
    const int count = report_verdicts(crowd, verdicts);
    put_open(m, "verdicts", '[');
    for (int i = 0; i < count; i++) {
        put_open(m, NULL, '{');
        put_text(m, "name", verdicts[i].name);
        put_bool(m, "ok", verdicts[i].ok);
        put_bool(m, "empty", verdicts[i].empty);
        put_text(m, "claim", verdicts[i].claim);
        put_text(m, "found", verdicts[i].found);
        put_close(m, '}');
    }
    put_close(m, ']');
}

static void json_reasons(struct figures *m, const struct crowd *crowd)
{
    put_open(m, "outcomes", '{');
    for (int i = 0; i < CROWD_OUTCOMES; i++)
        put_int(m, crowd_outcome_name((enum crowd_outcome)i), crowd->outcomes[i]);
    put_close(m, '}');
    put_open(m, "reasons", '{');
    for (uint32_t i = 1; i < crowd->reason_count; i++)
        put_int(m, crowd->reasons[i].name, crowd->reasons[i].count);
    put_close(m, '}');
    put_open(m, "sent_again", '{');
    for (uint32_t i = 1; i < crowd->reason_count; i++)
        put_int(m, crowd->reasons[i].name, crowd->reasons[i].again);
    put_close(m, '}');
    put_int(m, "requests_sent_again", crowd->again);
    put_int(m, "connections_opened_again", crowd->reconnects);
}

static void json_tickets(struct figures *m, const struct crowd *crowd)
{
    put_int(m, "seats_held", (int64_t)crowd->seats_held);
    put_int(m, "seats_sold", (int64_t)crowd->seats_sold);
    put_int(m, "claims", (int64_t)crowd->claim_count);
    put_int(m, "conflicts", (int64_t)crowd->conflict_count);
    put_int(m, "order_wishes", crowd->order_wishes);
    put_int(m, "orders_there", crowd->orders_there);
    put_int(m, "orders_lost", crowd->orders_lost);
    put_int(m, "orders_not_verified",
            crowd->outcomes[CROWD_ORDERED] - crowd->orders_there - crowd->orders_lost);
}

static void json_payments(struct figures *m, const struct report *report)
{
    put_open(m, "payments", '{');
#define X(name, word) put_int(m, word, report->payments[CROWD_##name]);
    CROWD_PAYMENT_LIST(X)
#undef X
    json_times(m, "click_to_ticket_ms", &report->ticket);
    put_close(m, '}');
}

static void json_measured(struct figures *m, const struct report *report)
{
    const struct crowd *crowd = report->crowd;
    json_times(m, "hold_ms", &report->hold);
    json_times(m, "order_ms", &report->order);
    json_times(m, "generator_lag_ms", &report->lag);
    put_real(m, "answers_per_s", report->answers_per_s);
    put_real(m, "orders_per_s", report->orders_per_s);
    put_real(m, "rush_ms", (double)crowd->rush_ns / NS_PER_MS);
    put_real(m, "prepare_ms", (double)crowd->prepare_ns / NS_PER_MS);
    put_real(m, "verify_ms", (double)crowd->verify_ns / NS_PER_MS);
}

/* All of it, into an empty m. */
static void json_report(struct figures *m, const struct report *report)
{
    const struct crowd *crowd = report->crowd;
    put_open(m, NULL, '{');
    put_bool(m, "ok", crowd_proved(crowd));
    json_found(m, crowd);
    json_wish(m, crowd);
    put_bool(m, "interrupted", crowd->interrupted);
    if (crowd->error[0])
        put_text(m, "error", crowd->error);
    put_int(m, "arrivals", crowd->options.users - crowd->outcomes[CROWD_UNSENT]);
    json_reasons(m, crowd);
    json_tickets(m, crowd);
    json_measured(m, report);
    if (crowd->options.card)
        json_payments(m, report);
    json_counts(m, "before", &crowd->before);
    if (crowd->counted_after)
        json_counts(m, "after", &crowd->after);
    if (crowd->options.line)
        json_line(m, &crowd->line);
    json_series(m, report);
    json_curves(m, report);
    json_heat(m, report);
    put_close(m, '}');
}

static void json_failure(struct figures *m, const char *why)
{
    put_open(m, NULL, '{');
    put_bool(m, "ok", false);
    put_text(m, "error", why);
    put_int(m, "arrivals", 0);
    put_close(m, '}');
}

static int write_page(const struct figures *m, int fd)
{
    return figures_write_within(m, view_of(page_before, page_before_len),
                                view_of(page_after, page_after_len), fd);
}

/* One of report and why is there. */
static int write_as(const struct report *report, const char *why, bool page, int fd)
{
    struct figures m;
    figures_init(&m, JSON_BYTES_MAX);
    if (report)
        json_report(&m, report);
    else
        json_failure(&m, why);
    int err = page ? write_page(&m, fd) : figures_write(&m, fd);
    figures_release(&m);
    return err;
}

int report_json(const struct report *report, int fd)
{
    return write_as(report, NULL, false, fd);
}

int report_page(const struct report *report, int fd)
{
    return write_as(report, NULL, true, fd);
}

int report_failure_json(const char *why, int fd)
{
    return write_as(NULL, why, false, fd);
}

int report_failure_page(const char *why, int fd)
{
    return write_as(NULL, why, true, fd);
}
