/*
 * usher psp: a payment provider with test money, beside the server and as a process of its own.
 *
 * Talks to whoever calls it, and to --webhook. Touches its ledger alone; when it dies, the next
 * start goes on from the ledger's last line.
 */
#include "cmd/psp.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "err/err.h"
#include "net/address.h"
#include "observe/log.h"
#include "psp/psp.h"

struct psp_values {
    const char *listen;
    const char *public_url;
    const char *ledger;
    const char *faults;
    const char *webhook;
    const char *secret_key;
    const char *webhook_secret;
    const char *port_file;
    int64_t latency_ms;
    int64_t confirm_ms;
    int64_t retry_ms;
};

#define ROW(name, type, field, ...)                                                                \
    {                                                                                              \
        name, type, offsetof(struct psp_values, field), __VA_ARGS__                                \
    }

static const struct conf_option options[] = {
    ROW("psp-listen", CONF_ADDRESS, listen, "127.0.0.1:8090",
        .help = "where to answer; port 0 picks one"),
    ROW("psp-public-url", CONF_STR, public_url, NULL,
        .help = "how buyers' browsers reach its pages, as in https://pay.example.org; where it "
                "answers, if absent"),
    ROW("psp-ledger", CONF_PATH, ledger, NULL,
        .help =
            "the file of the provider's books; without it, they are gone when the process ends"),
    ROW("psp-faults", CONF_PATH, faults, NULL,
        .help = "a script (JSON) that says what goes wrong; docs/internals/money.md describes it"),
    ROW("psp-webhook", CONF_STR, webhook, NULL,
        .help = "where webhooks go, as in http://127.0.0.1:8080/webhooks; the dialect is added"),
    ROW("psp-secret-key", CONF_STR, secret_key, "test_sk_usher",
        .help = "the API key callers must have; it guards test money alone"),
    ROW("psp-webhook-secret", CONF_STR, webhook_secret, "whsec_usher",
        .help = "signs the webhooks of the Stripe dialect"),
    ROW("psp-port-file", CONF_PATH, port_file, NULL,
        .help = "a file that gets HOST:PORT once it answers"),
    ROW("psp-latency", CONF_MS, latency_ms, "50ms", 0, 60000, .help = "how long a call takes"),
    ROW("psp-confirm", CONF_MS, confirm_ms, "10m", 100, 86400000,
        .help = "how long a buyer's yes holds until the server confirms"),
    ROW("psp-retry", CONF_MS, retry_ms, "1m", 10, 3600000,
        .help =
            "the pause before a webhook is sent again; each further pause is four times as long"),
};

const struct conf_table psp_table = {
    .command = "usher psp",
    .summary = "A stand-in payment provider with test money: it answers as Toss Payments, Stripe "
               "and\nNICEPAY do, has a page to pay on, keeps books, and fails by a script.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes = "GET /ledger gives the books, POST /faults takes a script.\n",
};

/* HOST:PORT, whole or not at all. */
static int write_port(const struct psp_values *values, const char *address)
{
    char fresh[4096];
    const int len = snprintf(fresh, sizeof(fresh), "%s.new", values->port_file);
    FILE *file = len > 0 && (size_t)len < sizeof(fresh) ? fopen(fresh, "we") : NULL;
    if (!file)
        return ERR_IO;
    const bool written = fprintf(file, "%s\n", address) > 0;
    return fclose(file) == 0 && written && rename(fresh, values->port_file) == 0 ? 0 : ERR_IO;
}

static int fail(const struct psp_values *values, int err, const char *why)
{
    if (why)
        return cmd_fail("psp", CMD_FALSE, "%s: %s", values->faults ? values->faults : "faults",
                        why);
    if (err == ERR_CORRUPT)
        return cmd_fail("psp", CMD_FALSE, "%s: it is no ledger of usher psp", values->ledger);
    return cmd_fail("psp", CMD_FALSE, "%s: %s", values->listen,
                    err == ERR_IO ? strerrordesc_np(errno) : err_text(err));
}

static int announce(const struct psp_values *values, const struct psp *psp)
{
    char address[300];
    const char *colon = strrchr(values->listen, ':');
    if (net_host_is_unix(view_str(values->listen)))
        snprintf(address, sizeof(address), "%s", values->listen);
    else
        snprintf(address, sizeof(address), "%.*s:%u", (int)(colon - values->listen), values->listen,
                 psp_port(psp));
    log_event(LOG_INFO, "psp.listen", log_str("url.full", address));
    if (values->port_file && write_port(values, address) != 0)
        return cmd_fail("psp", CMD_FALSE, "%s: %s", values->port_file, strerrordesc_np(errno));
    return CMD_OK;
}

static int run(const struct psp_values *values, struct worker *worker, const sigset_t *ending)
{
    const struct psp_options psp_options = {
        .listen = values->listen,
        .public_url = values->public_url,
        .ledger_path = values->ledger,
        .faults_path = values->faults,
        .webhook_url = values->webhook,
        .secret_key = values->secret_key,
        .webhook_secret = values->webhook_secret,
        .latency_ms = values->latency_ms,
        .confirm_ms = values->confirm_ms,
        .retry_ms = values->retry_ms,
        .worker = worker,
        .chance = chance_system(),
    };
    struct psp *psp;
    const char *why;
    int err = psp_start(&psp_options, &psp, &why);
    if (err != 0)
        return fail(values, err, why);
    int code = announce(values, psp);
    int signal_number;
    if (code == CMD_OK)
        sigwait(ending, &signal_number);
    psp_stop(psp);
    return code;
}

int psp_command(int argc, char **argv)
{
    struct psp_values values = {0};
    struct conf conf;
    int code = cmd_options(&psp_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    const struct log_options log = {
        .level = LOG_INFO, .form = LOG_AUTO, .fd = STDERR_FILENO, .clock = clock_system()};
    log_setup(&log);
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ending, NULL);
    struct worker *worker;
    int err = worker_start(0, &SCHED_LIMITS_DEFAULT, &worker);
    if (err != 0) {
        code = cmd_fail("psp", CMD_FALSE, "starting a worker: %s", err_text(err));
    } else {
        code = run(&values, worker, &ending);
        worker_stop(worker);
    }
    conf_release(&conf);
    return code;
}
