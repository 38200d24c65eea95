/*
 * usher-bench: runs the measurements one after the other, some times over, and shows each figure's
 * median, least and greatest beside its goal.
 */
#include "bench/bench.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/fiber.h"
#include "bench/peers/parts.h"
#include "bench/seats.h"
#include "bench/server.h"
#include "bench/store.h"
#include "bench/token.h"
#include "clock/clock.h"
#include "cmd/cmd.h"
#include "cmd/commit.h"
#include "crowd/figures.h"
#include "crowd/percentiles.h"
#include "err/err.h"
#include "term/sheet.h"

#define SERIES_MAX 192
#define RUNS_MAX   31
#define LABEL_MAX  96
#define UNIT_MAX   16

/* One figure over all runs. */
struct series {
    char name[LABEL_MAX];
    char unit[UNIT_MAX];
    double values[RUNS_MAX];
    size_t count;
};

struct bench {
    struct series series[SERIES_MAX];
    size_t count;
    size_t missed;
    bool broken; /* something could not be measured */
};

/* What the design asks of a figure: a ratio to what was measured beside it in the same run, for
 * machines differ by two; or a number that does not depend on the machine. */
static const struct goal {
    const char *name;
    bool least; /* the figure is to be at least this; otherwise at most */
    double value;
} goals[] = {
    {"fiber: a switch, times the bare jump", false, 5},
    {"fiber, 8 KiB touched: memory a request, times a thread's", false, 0.5},
    {"tokens: one seen before, times the bare check", false,
     0.015}, /* 1 µs where a check takes 67 */
    {"tokens: a new one, times the bare check", false, 1.5},
    {"beside: pairs a second, times the other's", true, 0.97},
    {"beside: CPU of the server a pair, times the other's", false, 0.6}, /* the other: 0.1.0 */
    {"beside: p99 of 100,000 people in 1 s, times the other's", false, 0.6},
    {"store: sqlite / limit, batch of 512", false, 12},
    {"monitor: pairs a second, times those without", true, 0.95},
    {"monitor: CPU of the server a pair, times that without", false, 1.05},
    {"dressed: pairs a second, times the plain sale's", true, 0.9},
    {"window: records, times those of the bare receiver", true, 0.5},
    {"window: a search, times the bare query", false, 2},
    {"ship: records, times those of the bare calls", true, 0.9},
    {"peers: 64 buyers, times the seed's way", true, 6},
    {"peers: 512 buyers, times the seed's way", true, 12},
    {"peers: 64 buyers, CPU a pair, times the seed's way", false, 1.0 / 12},
    {"peers: 512 buyers, CPU a pair, times the seed's way", false, 1.0 / 12},
    {"peers: 1,000 people on 10 seats: answers, times the seed's way", true, 8},
    {"peers: 1,000 people on 10 seats: p99, times the seed's way", false, 1.0 / 20},
    {"peers: joins through Redis, times the bare script", true, 0.5},
    {"peers: what forwarding adds, times a bare gRPC round trip", false, 1.5},
    {"peers: what forwarding adds, 16 at once, times a bare gRPC round trip", false, 1.5},
    {"peers: takeover, times lease and loading", false, 1},
    {"peers: loading, the old sale times the young one", false, 1.5},
    {"line: joins in the engine, times the bare entries", true, 0.3},
    {"line: joins, times the bare calls", true, 0.7},
    {"line: memory a person of a million", false, 200},
    {"hot: p99, times that on a seat for each", false, 1.5},
    {"hot: seats sold", true, 10},
    {"rush: seats sold", true, 20000},
    {"json: of the limit", true, 75},
    {"json: of the limit, by CPU", true, 75},
    {"watch: times the limit", false, 1.1},
    {"watch: memory a watcher, times an idle connection's", false, 4},
    {"paper: a mail, times the bare page", false, 2},
    {"money: orders by card, times those of the box office", true, 0.15},
    {"money: memory of an attempt that waits", false, 1024},
    {"money: memory of a provider call in flight", false, 64},
    {"money: a refund of 20,000 places prepared", false, 2},
    {"money: refunds, times the provider's pace", true, 0.9},
    {"serving: times the limit", false, 1.1},
    {"serving: memory a watcher, times an idle connection's", false, 4},
};

static int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int fail(const char *format, ...)
{
    va_list arguments;
    fputs("usher-bench: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return CMD_FALSE;
}

struct part {
    const char *name;
    int (*measure)(bench_row_fn *row, void *state);
};

static int measure_seats(bench_row_fn *row, void *state)
{
    bench_seats(row, state);
    return 0;
}

static int measure_store(bench_row_fn *row, void *state)
{
    bench_store(row, state);
    return 0;
}

static const struct part parts[] = {
    {"fibers", bench_fiber},
    {"tokens", bench_tokens},
    {"seats", measure_seats},
    {"store", measure_store},
    {"order", bench_order},
    {"monitor", bench_monitor},
    {"dressed", bench_dressed},
    {"window", bench_window},
    {"line", bench_line},
    {"json", bench_json},
    {"grpc", bench_grpc},
    {"watch", bench_watch},
    {"serving", bench_serving},
    {"hot", bench_hot},
    {"paper", bench_paper},
    {"money", bench_money},
    {"rush", bench_rush},
    {"peers", peers_pairs},
    {"peers-hot", peers_hot},
    {"peers-joins", peers_joins},
    {"peers-forward", peers_forward},
    {"peers-takeover", peers_takeover},
};
/* In place of all of them where another program is measured beside. */
static const struct part pair_part = {"beside", bench_beside};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* "peers" means "peers-joins" too. */
static bool is_meant(const char *only, const char *name)
{
    const size_t len = strlen(only);
    return strncmp(name, only, len) == 0 && (name[len] == '\0' || name[len] == '-');
}

/* ---- measuring: each part in a process of its own, so that none leaves threads or memory to
 * the next ---- */

static void send_row(void *state, const char *name, double value, const char *unit)
{
    fprintf(state, "%.17g\t%s\t%s\n", value, unit, name);
}

static void take_row(struct bench *bench, char *line)
{
    char *unit = strchr(line, '\t');
    char *name = unit ? strchr(unit + 1, '\t') : NULL;
    if (!name)
        return;
    *unit++ = *name++ = '\0';
    name[strcspn(name, "\n")] = '\0';
    struct series *series = bench->series;
    /* One measurement may be told in two units: microseconds, and how many a second. */
    while (series < bench->series + bench->count &&
           (strcmp(series->name, name) != 0 || strcmp(series->unit, unit) != 0))
        series++;
    if (series == bench->series + bench->count) {
        if (bench->count == SERIES_MAX)
            return;
        bench->count++;
        snprintf(series->name, sizeof(series->name), "%s", name);
        snprintf(series->unit, sizeof(series->unit), "%s", unit);
    }
    if (series->count < RUNS_MAX)
        series->values[series->count++] = strtod(line, NULL);
}

static void measure_apart(struct bench *bench, const struct part *part)
{
    int ends[2], status = 0;
    char line[256];
    fflush(NULL);
    const bool piped = pipe(ends) == 0;
    const pid_t pid = piped ? fork() : -1;
    if (pid == 0) {
        FILE *out = fdopen(ends[1], "w");
        close(ends[0]);
        const int err = part->measure(send_row, out);
        fclose(out);
        if (err != 0)
            fprintf(stderr, "usher-bench: %s: %s\n", part->name, err_text(err));
        _exit(err == 0 ? 0 : 1);
    }
    if (piped)
        close(ends[1]);
    FILE *in = pid > 0 ? fdopen(ends[0], "r") : NULL;
    while (in && fgets(line, sizeof(line), in))
        take_row(bench, line);
    if (in)
        fclose(in);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        bench->broken = true;
}

/* ---- showing ---- */

static const struct goal *goal_of(const struct series *series)
{
    for (size_t i = 0; i < sizeof(goals) / sizeof(goals[0]); i++) {
        if (strcmp(goals[i].name, series->name) == 0)
            return &goals[i];
    }
    return NULL;
}

static bool met(const struct goal *goal, double value)
{
    return goal->least ? value >= goal->value : value <= goal->value;
}

static void print_figure(char *ret_text, size_t size, double value)
{
    snprintf(ret_text, size,
             value >= 1000  ? "%.0f"
             : value >= 10  ? "%.1f"
             : value >= 0.1 ? "%.2f"
                            : "%.4f",
             value);
}

/* A figure's cells: name, median, least, greatest, unit, goal. */
#define CELLS 6
#define CELL  96
static void fill_cells(struct series *series, char ret_cells[CELLS][CELL])
{
    const struct goal *goal = goal_of(series);
    const double median = median_of(series->values, series->count); /* sorts */
    snprintf(ret_cells[0], CELL, "%s", series->name);
    print_figure(ret_cells[1], CELL, median);
    print_figure(ret_cells[2], CELL, series->values[0]);
    print_figure(ret_cells[3], CELL, series->values[series->count - 1]);
    snprintf(ret_cells[4], CELL, "%s", series->unit);
    ret_cells[5][0] = '\0';
    if (goal)
        snprintf(ret_cells[5], CELL, "%s %g: %s", goal->least ? "at least" : "at most", goal->value,
                 met(goal, median) ? "met" : "MISSED");
}

static const char *const titles[CELLS] = {"figure", "median", "least", "greatest", "unit", "goal"};

static void show_table(struct bench *bench)
{
    struct sheet sheet;
    char cells[CELLS][CELL];
    sheet_init(&sheet, "lrrrll");
    for (int k = 0; k < CELLS; k++)
        sheet_put(&sheet, "%s", titles[k]);
    for (size_t i = 0; i < bench->count; i++) {
        fill_cells(&bench->series[i], cells);
        for (int k = 0; k < CELLS; k++)
            sheet_put(&sheet, "%s", cells[k]);
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
}

static void write_table(struct bench *bench, FILE *out)
{
    char cells[CELLS][CELL];
    for (int k = 0; k < CELLS; k++)
        fprintf(out, "| %s ", titles[k]);
    fprintf(out, "|\n|---|---:|---:|---:|---|---|\n");
    for (size_t i = 0; i < bench->count; i++) {
        fill_cells(&bench->series[i], cells);
        for (int k = 0; k < CELLS; k++)
            fprintf(out, "| %s ", cells[k]);
        fprintf(out, "|\n");
    }
}

static int show_json(struct bench *bench)
{
    struct figures m;
    figures_init(&m, 1u << 20);
    put_open(&m, NULL, '{');
    put_text(&m, "commit", usher_commit);
    put_open(&m, "figures", '[');
    for (size_t i = 0; i < bench->count; i++) {
        struct series *series = &bench->series[i];
        const struct goal *goal = goal_of(series);
        const double median = median_of(series->values, series->count);
        put_open(&m, NULL, '{');
        put_text(&m, "name", series->name);
        put_text(&m, "unit", series->unit);
        put_real(&m, "median", median);
        put_real(&m, "least", series->values[0]);
        put_real(&m, "greatest", series->values[series->count - 1]);
        if (goal) {
            put_real(&m, goal->least ? "atLeast" : "atMost", goal->value);
            put_bool(&m, "met", met(goal, median));
        }
        put_close(&m, '}');
    }
    put_close(&m, ']');
    put_close(&m, '}');
    const int err = figures_write(&m, STDOUT_FILENO);
    figures_release(&m);
    return err == 0 ? CMD_OK : CMD_FALSE;
}

static void processor_name(char *ret_name, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "re");
    snprintf(ret_name, size, "unknown processor");
    while (file && fgets(line, sizeof(line), file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        snprintf(ret_name, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (file)
        fclose(file);
}

/* The results as a page for bench/results/: machine, commit, date, figures. */
static int write_page(struct bench *bench, const char *path, int64_t runs)
{
    struct utsname os;
    char processor[200], day[32];
    const time_t now = (time_t)(clock_wall_ms(clock_system()) / 1000);
    struct tm when;
    FILE *out = fopen(path, "we");
    if (!out)
        return fail("%s: %s", path, strerrordesc_np(errno));
    processor_name(processor, sizeof(processor));
    uname(&os);
    gmtime_r(&now, &when);
    strftime(day, sizeof(day), "%Y-%m-%d %H:%M UTC", &when);
    fprintf(out, "# Figures of %s\n\n", day);
    fprintf(out, "Commit %s; %s, %ld cores, %s %s. Medians of %lld runs, with the least and the\n",
            usher_commit, processor, sysconf(_SC_NPROCESSORS_ONLN), os.sysname, os.release,
            (long long)runs);
    fprintf(out, "greatest. Made by `usher-bench`; load and server share the cores.\n\n");
    write_table(bench, out);
    return fclose(out) == 0 ? CMD_OK : fail("%s: %s", path, strerrordesc_np(errno));
}

/* ---- the command ---- */

struct bench_values {
    int64_t runs;
    const char *only;
    const char *out;
    const char *usher;
    const char *beside;
    bool json;
};

static const struct conf_option options[] = {
    {"runs", CONF_INT, offsetof(struct bench_values, runs), "3", 1, RUNS_MAX,
     .help = "how often each is measured; the median is shown"},
    {"only", CONF_CHOICE, offsetof(struct bench_values, only), NULL,
     .help = "measures this part alone",
     .choices =
         "fibers|tokens|seats|store|order|monitor|dressed|window|line|json|grpc|watch|serving|"
         "hot|rush|paper|"
         "money|peers|peers-hot|peers-joins|peers-forward|peers-takeover"},
    {"out", CONF_PATH, offsetof(struct bench_values, out), NULL,
     .help = "also writes the figures as a page, with machine and commit, to this file"},
    {"usher", CONF_PATH, offsetof(struct bench_values, usher), NULL,
     .help = "the usher to measure; the one beside this program where nothing is said"},
    {"beside", CONF_PATH, offsetof(struct bench_values, beside), NULL,
     .help = "measures orders alone, of this usher too, alternating, and shows the ratios"},
    {"json", CONF_BOOL, offsetof(struct bench_values, json), "no",
     .help = "one JSON object instead of the table, for machines"},
};

static const struct conf_table table = {
    .command = "usher-bench",
    .summary = "Measures this machine's figures, each beside its limit, in one run.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes =
        "Exit code 0 only if every goal of the design is met. Leave the machine alone meanwhile.",
};

/* That the page cannot be written is better known before the measuring. An enum cmd_exit. */
static int check_out(const char *path)
{
    FILE *out = path ? fopen(path, "ae") : NULL;
    if (path && !out)
        return fail("%s: %s", path, strerrordesc_np(errno));
    if (out)
        fclose(out);
    return CMD_OK;
}

/* Where a person waits, which part is being measured; the line is written over itself. */
static void show_part(const char *part, int64_t run, int64_t runs)
{
    if (!isatty(STDERR_FILENO))
        return;
    if (part)
        fprintf(stderr, "\r\033[Krun %lld of %lld: %s", (long long)run, (long long)runs, part);
    else
        fputs("\r\033[K", stderr);
    fflush(stderr);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct bench_values values = {0};
    struct conf conf;
    /* A reader that went away is an error of one write, not the end of the process. */
    signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0)
        return fail("libsodium finds no source of randomness");
    int code = cmd_options(&table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    code = check_out(values.out);
    if (code == CMD_OK && bench_server_program(values.usher) != 0)
        code =
            fail("there is no usher to measure%s%s", values.usher ? ": " : " beside this program",
                 values.usher ? values.usher : "; --usher PATH names one");
    for (int64_t run = 0; code == CMD_OK && run < values.runs; run++) {
        bench_beside_next(values.usher, values.beside);
        if (values.beside) {
            show_part(pair_part.name, run + 1, values.runs);
            measure_apart(&bench, &pair_part);
        }
        for (size_t i = 0; i < PARTS && !values.beside; i++) {
            if (values.only && !is_meant(values.only, parts[i].name))
                continue;
            show_part(parts[i].name, run + 1, values.runs);
            measure_apart(&bench, &parts[i]);
        }
    }
    show_part(NULL, 0, 0);
    if (code == CMD_OK) {
        if (values.json)
            code = show_json(&bench);
        else
            show_table(&bench);
        for (size_t i = 0; i < bench.count; i++) {
            const struct goal *goal = goal_of(&bench.series[i]);
            bench.missed +=
                goal && !met(goal, median_of(bench.series[i].values, bench.series[i].count));
        }
        if (values.out && code == CMD_OK)
            code = write_page(&bench, values.out, values.runs);
    }
    conf_release(&conf);
    return code != CMD_OK ? code : bench.missed > 0 || bench.broken ? CMD_FALSE : CMD_OK;
}
