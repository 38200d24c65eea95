/*
 * usher stampede: sends a crowd at a running server through its public port and tells what came of
 * it.
 *
 * Talks to the server alone; writes the files it is told to, which it opens before anybody is sent.
 * Whatever happens from then on, it writes them and prints a report, or why there is none.
 */
#include "cmd/stampede.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock/clock.h"
#include "cmd/aim.h"
#include "cmd/cmd.h"
#include "cmd/target.h"
#include "crowd/page.h"
#include "crowd/report.h"
#include "err/err.h"

#define CONNECTIONS_USUAL 1000

struct stampede_values {
    const char *url;
    const char *tls_ca;
    const char *seats;
    const char *party;
    const char *out;
    const char *html;
    const char *pay;
    int64_t performance_id;
    int64_t users;
    int64_t within_ms;
    int64_t connections;
    int64_t threads;
    int64_t seed;
    int64_t tries;
    int64_t timeout_ms;
    const char *arrivals;
    double abandon, refresh, factor;
    bool apart;
    bool line, cheat;
    bool order;
    bool own;
    bool json;
};

#define OPTION(member) offsetof(struct stampede_values, member)
static const struct conf_option options[] = {
    {"url", CONF_STR, OPTION(url), "http://127.0.0.1:8080",
     .help = "the server, http://HOST:PORT or https://HOST:PORT"},
    {"performance", CONF_INT, OPTION(performance_id), "0", 0, UINT32_MAX,
     .help = "which one; 0: the first whose sale is open"},
    {"users", CONF_INT, OPTION(users), "1000", 1, CROWD_USERS_MAX,
     .help = "people, each with an account of their own"},
    {"within", CONF_MS, OPTION(within_ms), "100ms", 0, 3600000, .help = "all arrive in this time"},
    {"arrivals", CONF_CHOICE, OPTION(arrivals), "uniform", .choices = WISH_SHAPES,
     .help = "how they come; the last two are crowds that were there, of 970 people in 17 s and "
             "of 3,700,000 in a minute: --factor then says how many"},
    {"factor", CONF_REAL, OPTION(factor), "1", 0, 100,
     .help = "with a crowd that was there: so many times as large, in the same time"},
    {"seats", CONF_STR, OPTION(seats), "best", 1, 32,
     .help = "best: the server chooses; random: any free seat; hot:N: everybody wants the same N"},
    {"party", CONF_STR, OPTION(party), "1", 1, 8, .help = "places a person wants: 2, or 1-4"},
    {"apart", CONF_BOOL, OPTION(apart), "yes",
     .help = "with best: take single seats if no seats side by side are left"},
    {"line", CONF_BOOL, OPTION(line), "no",
     .help = "through the line of the performance's sale: join, wait, come in, then hold"},
    {"cheat", CONF_BOOL, OPTION(cheat), "no",
     .help = "with a line: everybody also tries to hold without a pass, with a forged one, with "
             "another's "
             "and with a used or an expired one; none may succeed"},
    {"refresh", CONF_REAL, OPTION(refresh), "0", 0, 1,
     .help = "with a line: share of those in it who join again, as with a reload or a second tab"},
    {"order", CONF_BOOL, OPTION(order), "yes", .help = "who holds seats orders them"},
    {"pay", CONF_CHOICE, OPTION(pay), "box-office",
     .help = "how orders are paid (test money); card: at the server's first payment provider",
     .choices = "box-office|card|toss|stripe"},
    {"abandon", CONF_REAL, OPTION(abandon), "0", 0, 1,
     .help =
         "share of people who hold seats but do not order: half give them back, half just leave"},
    {"tries", CONF_INT, OPTION(tries), "1", 1, CROWD_TRIES_MAX,
     .help = "holds a person tries when the seats are taken; then what the server says is nearest"},
    {"timeout", CONF_MS, OPTION(timeout_ms), "30s", 1, 600000,
     .help = "how long a person waits for each answer, before giving up on the server"},
    {"connections", CONF_INT, OPTION(connections), "0", 0, CROWD_CONNECTIONS_MAX,
     .help = "HTTP/2 connections; 0: one a person, at most 1,000 or what ulimit -Hn leaves, then "
             "shared"},
    {"threads", CONF_INT, OPTION(threads), "1", 1, CROWD_THREADS_MAX,
     .help = "threads of this generator; one thread can send about 50,000 people a second"},
    {"seed", CONF_INT, OPTION(seed), "0", 0, INT64_MAX,
     .help = "the seed: it decides who comes when and wants what; 0: another one each time"},
    {"json", CONF_BOOL, OPTION(json), "no",
     .help = "one JSON object with all figures instead of text, for machines"},
    {"out", CONF_PATH, OPTION(out), NULL, .help = "writes that object to a file"},
    {"html", CONF_PATH, OPTION(html), NULL,
     .help = "writes a page that draws the figures to a file"},
    {"tls-ca", CONF_PATH, OPTION(tls_ca), NULL,
     .help = "roots to trust (PEM) instead of the system's, for https"},
    {"i-own-this-server", CONF_BOOL, OPTION(own), "no",
     .help = "aim at another machine than this one"},
};

const struct conf_table stampede_table = {
    .command = "usher stampede",
    .summary = "Sends a crowd at a running server, through its public port, over real sockets.\n"
               "Everybody acts when due, whatever the server does, and is measured from then.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes =
        "Exit code 0 only if every arrival was answered, no seat was given to two accounts and\n"
        "every acknowledged ticket is still there when it is asked for again; 1 if not, or if\n"
        "nothing was tried: the sale is not open, or all were refused before it came to seats.\n"
        "An error (unavailable, too many requests) is no answer; \"taken\" is one.\n"
        "\n"
        "A server that dies or stands still does not hold it up: a person asks again until\n"
        "--timeout, and the second look ends when the server has said nothing for --timeout (1 s\n"
        "at least), counted from the last arrival; so after a server's last answer and the last\n"
        "arrival it lasts --timeout and a second at most. Preparing ends after as long a silence\n"
        "(5 s at least, 10 s at most for a single question). What could not be verified is false\n"
        "and said so. SIGINT and SIGTERM end it at once, with a report of what there is and exit\n"
        "code 1; a second one ends it without.",
};

/* One command, from its words to its exit code. */
struct run {
    struct stampede_values values;
    struct crowd_options wish;
    int out_fd; /* −1: not wanted */
    int html_fd;
    char why[TARGET_WHY_MAX]; /* nobody could be sent */
};

/* ---- what is wished ---- */

/* All that can be told from the words alone. An enum cmd_exit. */
static int check_words(struct run *run)
{
    const struct stampede_values *values = &run->values;
    int code = target_check("stampede", values->url, values->tls_ca);
    if (code != CMD_OK)
        return code;
    if (run->wish.users == 0 || run->wish.users > CROWD_USERS_MAX)
        return cmd_fail("stampede", CMD_USAGE,
                        "--factor %g: the crowd would be of %u people, not 1 to %d", values->factor,
                        run->wish.users, CROWD_USERS_MAX);
    if (wish_seats_parse(view_str(values->seats), &run->wish.seats))
        return cmd_fail("stampede", CMD_USAGE, "--seats %s: write best, random or hot:10",
                        values->seats);
    if (wish_party_parse(view_str(values->party), &run->wish.party))
        return cmd_fail("stampede", CMD_USAGE, "--party %s: write 2 or 1-4, at most %d",
                        values->party, WISH_PARTY_MAX);
    return CMD_OK;
}

/* Where the crowd goes, and how; looks the server's host up. An enum cmd_exit and run->why. */
static int aim(struct run *run)
{
    const struct stampede_values *values = &run->values;
    bool many_sources;
    int64_t connections = values->connections != 0 ? values->connections : CONNECTIONS_USUAL;
    if (connections > run->wish.users)
        connections = run->wish.users;
    int code = aim_find(values->url, values->own, &many_sources, run->why);
    return code != CMD_OK ? code
                          : aim_connections((uint32_t)connections, values->connections != 0,
                                            many_sources, &run->wish.connections, run->why);
}

static void fill(const struct stampede_values *values, struct crowd_options *ret)
{
    ret->url = values->url;
    ret->tls_ca = values->tls_ca;
    ret->performance_id = (uint32_t)values->performance_id;
    ret->users = (uint32_t)values->users;
    ret->within_ns = values->within_ms * NS_PER_MS;
    ret->shape = wish_shape_named(values->arrivals);
    if (wish_recorded(ret->shape, &ret->users, &ret->within_ns))
        ret->users = (uint32_t)(ret->users * values->factor + 0.5);
    ret->refresh = values->refresh;
    ret->apart = values->apart;
    ret->line = values->line || values->cheat || values->refresh > 0;
    ret->cheat = values->cheat;
    ret->order = values->order;
    ret->card = strcmp(values->pay, "box-office") != 0;
    ret->provider = ret->card && strcmp(values->pay, "card") != 0 ? values->pay : "";
    ret->abandon = values->abandon;
    ret->tries = (uint32_t)values->tries;
    ret->threads = (uint32_t)values->threads;
    if (ret->threads > ret->users)
        ret->threads = ret->users;
    ret->timeout_ms = values->timeout_ms;
    /* 48 bits: short enough to be typed again, and JSON's numbers hold them. */
    ret->seed = values->seed != 0 ? (uint64_t)values->seed : chance_u64(chance_system()) >> 16;
}

/* ---- where it is written ---- */

/* Opens it for a report to come; what it holds stays until then. An enum cmd_exit. */
static int open_output(const char *option, const char *path, int *ret_fd)
{
    if (!path)
        return CMD_OK;
    *ret_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    return *ret_fd >= 0
               ? CMD_OK
               : cmd_fail("stampede", CMD_USAGE, "%s %s: %s", option, path, strerror(errno));
}

static int open_outputs(struct run *run)
{
    struct stat out, html;
    int code = open_output("--out", run->values.out, &run->out_fd);
    if (code == CMD_OK)
        code = open_output("--html", run->values.html, &run->html_fd);
    if (code == CMD_OK && run->out_fd >= 0 && run->html_fd >= 0 && fstat(run->out_fd, &out) == 0 &&
        fstat(run->html_fd, &html) == 0 && S_ISREG(out.st_mode) && out.st_dev == html.st_dev &&
        out.st_ino == html.st_ino)
        code =
            cmd_fail("stampede", CMD_USAGE, "--out and --html are one file: %s", run->values.out);
    return code;
}

static void close_outputs(struct run *run)
{
    if (run->out_fd >= 0)
        close(run->out_fd);
    if (run->html_fd >= 0)
        close(run->html_fd);
}

/* Says so where a report could not be written; the first such code stays. */
static int wrote(const char *path, int err, int code)
{
    if (!err)
        return code;
    cmd_fail("stampede", CMD_FALSE, "%s: %s", path,
             err == ERR_IO ? strerror(errno) : err_text(err));
    return code == CMD_OK ? CMD_FALSE : code;
}

/* The page of a report, or of why there is none; without the web client it is a plain one. */
static int wrote_page(const char *path, int err, int code)
{
    if (!err && !page_draws)
        fprintf(stderr,
                "usher stampede: %s shows the figures as text: this usher was built without the "
                "report's page (-Dweb=false)\n",
                path);
    return wrote(path, err, code);
}

static int show(const struct run *run, const struct crowd *crowd)
{
    const struct stampede_values *values = &run->values;
    struct report report;
    int code = crowd_proved(crowd) ? CMD_OK : CMD_FALSE;
    if (report_init(&report, crowd))
        return cmd_fail("stampede", CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
    if (values->json)
        code = wrote("standard output", report_json(&report, STDOUT_FILENO), code);
    else
        report_text(&report, stdout);
    if (run->out_fd >= 0)
        code = wrote(values->out, report_json(&report, run->out_fd), code);
    if (run->html_fd >= 0)
        code = wrote_page(values->html, report_page(&report, run->html_fd), code);
    report_release(&report);
    return code;
}

/* Nobody was sent: that is all there is to say, on standard error and in the files. */
static int show_failure(const struct run *run, int code)
{
    cmd_fail("stampede", code, "%s", run->why);
    if (run->values.json)
        code = wrote("standard output", report_failure_json(run->why, STDOUT_FILENO), code);
    if (run->out_fd >= 0)
        code = wrote(run->values.out, report_failure_json(run->why, run->out_fd), code);
    if (run->html_fd >= 0)
        code = wrote_page(run->values.html, report_failure_page(run->why, run->html_fd), code);
    return code;
}

/* ---- the run ---- */

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    interrupted = number;
}

/* The first of each ends the crowd, the second the process. What the caller has us ignore, as a
 * shell does for what runs in its background, stays ignored. */
static void watch_for(int number)
{
    struct sigaction before, action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

static int send_crowd(struct run *run)
{
    struct crowd crowd = {0};
    run->wish.interrupted = &interrupted;
    watch_for(SIGINT);
    watch_for(SIGTERM);
    int err = crowd_run(&crowd, &run->wish);
    const char *text = crowd.error[0] ? crowd.error : err_text(err);
    if (err == ERR_CANCELLED)
        text = "interrupted before anybody was sent";
    if (err == ERR_UNAVAILABLE && !crowd.reached)
        target_reason(run->values.url, run->values.tls_ca, text, run->why);
    else if (err)
        snprintf(run->why, sizeof(run->why), "%s", text);
    int code = err ? show_failure(run, err == ERR_UNAVAILABLE ? CMD_UNREACHED : CMD_FALSE)
                   : show(run, &crowd);
    crowd_release(&crowd);
    return code;
}

int stampede_command(int argc, char **argv)
{
    struct run run = {.out_fd = -1, .html_fd = -1};
    struct conf conf;
    int code = cmd_options(&stampede_table, argc, argv, &conf, &run.values);
    if (code != CMD_GO_ON)
        return code;
    fill(&run.values, &run.wish);
    code = check_words(&run);
    if (code == CMD_OK)
        code = open_outputs(&run);
    if (code == CMD_OK) {
        code = aim(&run);
        code = code == CMD_OK ? send_crowd(&run) : show_failure(&run, code);
    }
    close_outputs(&run);
    conf_release(&conf);
    return code;
}
