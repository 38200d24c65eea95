#include "cmd/tracing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/roles.h"
#include "observe/spans.h"

/* One header field, as it stands in the file. An enum cmd_exit. */
static int read_field(const char *path, char field[512])
{
    FILE *file = fopen(path, "re");
    const bool read = file && fgets(field, 512, file);
    if (file)
        fclose(file);
    field[strcspn(field, "\r\n")] = '\0';
    if (read && strstr(field, ": "))
        return CMD_OK;
    return cmd_fail("serve", CMD_FALSE,
                    "--otlp-auth %s: it should hold one line, Authorization: Bearer KEY", path);
}

/* How this process is called where several speak. */
static void name_process(struct house *house)
{
    struct tracing *tracing = &house->tracing;
    char host[256] = "";
    if (gethostname(host, sizeof(host) - 1) != 0)
        host[0] = '\0';
    snprintf(tracing->instance, sizeof(tracing->instance), "%s-%ld", host, (long)getpid());
    roles_names(house, tracing->roles, sizeof(tracing->roles));
}

static int start_sending(struct house *house)
{
    const struct tracing_values *values = &house->values.tracing;
    struct tracing *tracing = &house->tracing;
    int code = shipping_check_url("otlp", values->url, "otlp-auth", false);
    if (code == CMD_OK && values->auth)
        code = read_field(values->auth, tracing->field);
    if (code != CMD_OK)
        return code;
    const struct otlp_options options = {
        .worker = house->workers[house->worker_count - 1],
        .url = values->url,
        .field = tracing->field[0] ? tracing->field : NULL,
        .ca = values->ca,
        .instance = tracing->instance,
        .version = USHER_VERSION,
        .roles = tracing->roles,
    };
    const int err = otlp_start(&options, &tracing->otlp);
    return err == 0 ? CMD_OK : house_fail("sending spans", err);
}

static int start_pushing(struct house *house)
{
    const struct push_options options = {
        .worker = house->workers[house->worker_count - 1],
        .node = house->tracing.instance,
        .roles = house->tracing.roles,
        .version = USHER_VERSION,
        .data = house->values.data,
        .open = house_open,
        .state = house,
    };
    return push_start(&options, &house->tracing.push);
}

int tracing_start(struct house *house)
{
    const struct tracing_values *values = &house->values.tracing;
    const bool here = roles_has(house, "monitor");
    const bool there = !here && house->peer_urls[roles_find("monitor")][0];
    const unsigned takers = (values->url ? 1u << SPANS_FOR_COLLECTOR : 0) |
                            (here || there ? 1u << SPANS_FOR_MONITOR : 0);
    name_process(house);
    int err = takers ? spans_open((uint32_t)values->share, values->slow_ms * NS_PER_MS, takers) : 0;
    if (err != 0)
        return house_fail("keeping spans", err);
    if (there)
        err = start_pushing(house);
    if (err != 0)
        return house_fail("a channel to the monitor", err);
    return values->url ? start_sending(house) : CMD_OK;
}

void tracing_stop(struct house *house)
{
    push_stop(house->tracing.push);
    otlp_stop(house->tracing.otlp);
}
