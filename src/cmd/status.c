/*
 * usher status: asks one process of an installation who lives, and who owns what.
 */
#include "cmd/status.h"

#include <string.h>

#include "cmd/session.h"
#include "term/money.h"
#include "term/sheet.h"
#include "usher/v1/owner.pb-c.h"

struct status_values {
    struct session_values session;
};

static const struct conf_option options[] = {SESSION_OPTIONS(struct status_values, session)};

const struct conf_table status_table = {
    .command = "usher status",
    .summary = "Tells which processes live and which of them owns which performance.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes =
        "Exit codes: 0 every performance has an owner, 1 one has none or the coordinator does\n"
        "not answer.",
};

/* Its address; the id behind it is for machines. */
static int address_len(const char *process)
{
    return (int)strcspn(process, " ");
}

static const char *owner_of(const Usher__V1__Status *status,
                            const Usher__V1__PerformanceStatus *performance)
{
    if (performance->owner[0])
        return performance->owner;
    return performance->serving ? (status->coordinated ? status->process : "here") : "nobody";
}

static void print_performances(const Usher__V1__Status *status)
{
    static const char *const heads[] = {"performance", "event", "owner", "version",
                                        "free",        "held",  "sold"};
    char text[MONEY_TEXT_MAX];
    struct sheet sheet;
    sheet_init(&sheet, "rllrrrr");
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        sheet_put(&sheet, "%s", heads[i]);
    for (size_t i = 0; i < status->n_performances; i++) {
        const Usher__V1__PerformanceStatus *p = status->performances[i];
        const char *owner = owner_of(status, p);
        const uint32_t counts[] = {p->counts ? p->counts->free : 0, p->counts ? p->counts->held : 0,
                                   p->counts ? p->counts->sold : 0};
        sheet_put(&sheet, "%u", p->performance_id);
        sheet_put(&sheet, "%s", p->event_name);
        sheet_put(&sheet, "%.*s", address_len(owner), owner);
        sheet_put(&sheet, "%llu", (unsigned long long)p->version);
        for (int k = 0; k < 3; k++) {
            money_group(counts[k], text);
            sheet_put(&sheet, "%s", text);
        }
    }
    sheet_print(&sheet, stdout);
    sheet_release(&sheet);
}

static void print_processes(const Usher__V1__Status *status)
{
    if (!status->coordinated) {
        printf("one process, which owns everything\n\n");
        return;
    }
    if (!status->coordination_up)
        printf("the coordinator does not answer: who owns goes on, nobody takes over\n");
    for (size_t i = 0; i < status->n_processes; i++)
        printf("process %.*s%s\n", address_len(status->processes[i]), status->processes[i],
               strcmp(status->processes[i], status->process) == 0 ? " (asked)" : "");
    printf("\n");
}

static bool is_whole(const Usher__V1__Status *status)
{
    bool whole = !status->coordinated || status->coordination_up;
    for (size_t i = 0; i < status->n_performances; i++)
        whole = whole && (status->performances[i]->serving || status->performances[i]->owner[0]);
    return whole;
}

static int show(struct session *session, void *arg)
{
    const struct status_values *values = arg;
    Usher__V1__GetStatusRequest request = USHER__V1__GET_STATUS_REQUEST__INIT;
    const Usher__V1__Status *status;
    int code = session_call_of(session, &usher__v1__installation_service__descriptor,
                               Usher__V1__InstallationService, get_status, &request, &status);
    if (code != CMD_OK)
        return code;
    if (values->session.json) {
        code = session_print_json(session, status);
    } else {
        print_processes(status);
        print_performances(status);
    }
    return code == CMD_OK && !is_whole(status) ? CMD_FALSE : code;
}

int status_command(int argc, char **argv)
{
    struct status_values values = {0};
    struct conf conf;
    int code = cmd_options(&status_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    code = session_run("status", &values.session, SESSION_ORGANISER, show, &values);
    conf_release(&conf);
    return code;
}
