/*
 * usher order export: orders, tickets or money as a file for a spreadsheet.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock/clock.h"
#include "cmd/order.h"
#include "cmd/session.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "usher/v1/door.pb-c.h"

#define EXPORT_PATH_MAX  4096
#define EXPORT_CHUNK_MAX (4u << 20) /* bytes that one message unpacked may take */
#define EXPORT_WAIT_MS   120000     /* for the next piece */

struct export_values {
    struct session_values session;
    int64_t performance, event;
    const char *what, *out, *language;
    bool csv, xlsx;
    const char *word; /* none */
};

static Usher__V1__ExportKind kind_of(const char *what)
{
    return strcmp(what, "tickets") == 0      ? USHER__V1__EXPORT_KIND__EXPORT_KIND_TICKETS
           : strcmp(what, "settlement") == 0 ? USHER__V1__EXPORT_KIND__EXPORT_KIND_SETTLEMENT
                                             : USHER__V1__EXPORT_KIND__EXPORT_KIND_ORDERS;
}

/* Writes what comes. CMD_OK and the rows of the whole file, or an enum cmd_exit. */
static int take(struct session *session, struct channel_stream *stream, FILE *file,
                uint64_t *ret_rows)
{
    struct call_status status = {0};
    bool done = false;
    int err = 0;
    while (err == 0 && !done) {
        struct arena arena;
        const ProtobufCMessage *message;
        arena_init(&arena, EXPORT_CHUNK_MAX);
        err = channel_stream_next(stream, &arena, &message, &status,
                                  deadline_after_ms(fiber_now_ns(), EXPORT_WAIT_MS));
        if (err == 0) {
            const Usher__V1__ExportChunk *chunk = (const Usher__V1__ExportChunk *)message;
            if (fwrite(chunk->data.data, 1, chunk->data.len, file) != chunk->data.len)
                err = ERR_IO;
            done = chunk->done;
            *ret_rows = chunk->rows;
        }
        arena_release(&arena);
    }
    if (err == ERR_IO)
        return cmd_fail(session->command, CMD_FALSE, "the file could not be written: %s",
                        strerrordesc_np(errno));
    if (err == ERR_CLOSED)
        return session_refuse(session, &status);
    return err == 0 ? CMD_OK : cmd_fail(session->command, CMD_FALSE, "%s", err_text(err));
}

static int run_export(struct session *session, const struct export_values *values, FILE *file,
                      uint64_t *ret_rows)
{
    Usher__V1__ExportOrdersRequest wish = USHER__V1__EXPORT_ORDERS_REQUEST__INIT;
    const Usher__V1__ExportChunk *chunk;
    struct channel_stream *stream = NULL;
    struct client client;
    wish.performance_id = (uint32_t)values->performance;
    wish.event_id = (uint32_t)values->event;
    wish.kind = kind_of(values->what);
    wish.format = values->xlsx ? USHER__V1__EXPORT_FORMAT__EXPORT_FORMAT_XLSX
                               : USHER__V1__EXPORT_FORMAT__EXPORT_FORMAT_CSV;
    wish.language = (char *)values->language;
    client_init(&client, session->channel, &usher__v1__door_service__descriptor, &session->arena);
    client.timeout_ms = 0;
    client.deadline_ns = DEADLINE_NEVER;
    if (client_stream(&client, Usher__V1__DoorService, export_orders, &wish, &chunk, &stream))
        return session_refuse(session, &client.status);
    int code = take(session, stream, file, ret_rows);
    channel_stream_free(stream);
    return code;
}

/* The file appears whole or not at all. */
static int order_export(struct session *session, void *arg)
{
    struct export_values *values = arg;
    char part[EXPORT_PATH_MAX];
    uint64_t rows = 0;
    if (snprintf(part, sizeof(part), "%s.part", values->out) >= (int)sizeof(part))
        return cmd_fail(session->command, CMD_USAGE, "--out: the path is too long");
    FILE *file = fopen(part, "we");
    if (!file)
        return cmd_fail(session->command, CMD_FALSE, "--out %s: %s", values->out,
                        strerrordesc_np(errno));
    int code = run_export(session, values, file, &rows);
    if (fclose(file) != 0 && code == CMD_OK)
        code = cmd_fail(session->command, CMD_FALSE, "--out %s: %s", values->out,
                        strerrordesc_np(errno));
    if (code == CMD_OK && rename(part, values->out) != 0)
        code = cmd_fail(session->command, CMD_FALSE, "--out %s: %s", values->out,
                        strerrordesc_np(errno));
    if (code != CMD_OK) {
        unlink(part);
        return code;
    }
    if (values->session.json)
        printf("{\"rows\":%" PRIu64 "}\n", rows);
    else
        printf("%" PRIu64 " rows in %s\n", rows, values->out);
    return CMD_OK;
}

static const struct conf_option options[] = {
    {"performance", CONF_INT, offsetof(struct export_values, performance), "0", 0, UINT32_MAX,
     .help = "of this performance; or"},
    {"event", CONF_INT, offsetof(struct export_values, event), "0", 0, UINT32_MAX,
     .help = "of all performances of this event"},
    {"what", CONF_CHOICE, offsetof(struct export_values, what), "tickets",
     .choices = "orders|tickets|settlement",
     .help = "a row an order, a row a ticket (who comes), or a row a payment"},
    {"csv", CONF_BOOL, offsetof(struct export_values, csv), "no",
     .help = "a CSV file, as Excel reads it; so where nothing is said"},
    {"xlsx", CONF_BOOL, offsetof(struct export_values, xlsx), "no", .help = "an Excel file"},
    {"out", CONF_PATH, offsetof(struct export_values, out), NULL,
     .help = "where the file goes; it appears whole or not at all"},
    {"language", CONF_CHOICE, offsetof(struct export_values, language), "en", .choices = "en|ko",
     .help = "of the column heads"},
    SESSION_OPTIONS(struct export_values, session),
};

const struct conf_table order_export_table = {
    .command = "usher order export",
    .summary = "Writes orders, tickets or money of a performance or an event to a file for a "
               "spreadsheet.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes = "What a spreadsheet would take for a formula is text. The export stands in the log of "
             "acts.\n",
};

int order_export_command(int argc, char **argv)
{
    struct export_values values = {0};
    struct conf conf;
    int code = cmd_options(&order_export_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    if (!values.out)
        code = cmd_fail("order export", CMD_USAGE, "--out FILE: where should it go?");
    else if (values.csv && values.xlsx)
        code = cmd_fail("order export", CMD_USAGE, "--csv or --xlsx, one of both");
    else if (!values.performance == !values.event)
        code = cmd_fail("order export", CMD_USAGE, "--performance N or --event N, one of both");
    else
        code =
            session_run("order export", &values.session, SESSION_ORGANISER, order_export, &values);
    conf_release(&conf);
    return code;
}
