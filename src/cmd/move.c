/*
 * usher move: reads DIR/usher.db, which nobody else may have open, writes a MariaDB database, which
 * must have nothing of a sale in it, and audits both.
 */
#include "cmd/move.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "cmd/cmd.h"
#include "cmd/object.h"
#include "err/err.h"
#include "store/copy.h"
#include "term/progress.h"

struct move_values {
    const char *from;
    const char *to;
    bool json;
};

static const struct conf_option options[] = {
    {"from", CONF_STR, offsetof(struct move_values, from), NULL,
     .help = "sqlite:DIR, the data folder; its server must have ended", .required = true},
    {"to", CONF_STR, offsetof(struct move_values, to), NULL,
     .help = "mariadb://USER@HOST/DATABASE, an empty database", .required = true},
    {"json", CONF_BOOL, offsetof(struct move_values, json), "no",
     .help = "one JSON object instead of text, for machines"},
};

const struct conf_table move_table = {
    .command = "usher move",
    .summary = "Copies a whole store to another database, and audits both.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes =
        "The folder stays as it is. Its secret.key and operator.key go with the store: give the\n"
        "servers at the new place --keys DIR. A move that failed half way is begun anew in an\n"
        "empty database.",
};

struct move_view {
    struct progress progress;
    bool started;
};

static void show(void *state, uint64_t rows_done, uint64_t rows_total)
{
    struct move_view *view = state;
    if (!view->started)
        progress_start(&view->progress, "moving ledger rows", rows_total);
    view->started = true;
    progress_at(&view->progress, rows_done);
}

static const char *why_not(int err)
{
    switch (err) {
    case ERR_EXISTS:
        return "the database at the new place is not empty";
    case ERR_CORRUPT:
        return "the books do not fit together; usher audit tells where";
    case ERR_FULL:
        return "too many messages wait in the outbox; start usher serve there until they are out";
    default:
        return err_text(err);
    }
}

/* Says what a store holds that is found clean; as JSON at the new place alone, for that is what was
 * asked for. An enum cmd_exit. */
static int tell(const struct audit_report *report, const char *where, bool json, bool last)
{
    if (json && last)
        return object_print("move",
                            json_pack("{s:I, s:I, s:I}", "rows", (json_int_t)report->counts.rows,
                                      "orders", (json_int_t)report->counts.orders, "sold",
                                      (json_int_t)report->counts.sold));
    if (!json)
        printf("%s: %" PRIu64 " rows, %" PRIu64 " orders, %" PRIu64 " seats sold, clean\n", where,
               report->counts.rows, report->counts.orders, report->counts.sold);
    return CMD_OK;
}

/* An enum cmd_exit. */
static int check(struct store *store, const char *where, bool json, bool last)
{
    const struct audit_options how = {0};
    struct audit_report *report = malloc(sizeof(*report));
    int err = report ? audit_run(store, &how, report) : ERR_NO_MEMORY;
    int code = CMD_OK;
    if (err)
        code = cmd_fail("move", CMD_FALSE, "%s cannot be checked: %s", where, err_text(err));
    else if (report->finding_count > 0)
        code = cmd_fail("move", CMD_FALSE, "%s: %" PRIu64 " findings, the first: %s", where,
                        report->finding_count, report->findings[0].text);
    else
        code = tell(report, where, json, last);
    free(report);
    return code;
}

static int carry(const char *dir, const char *url, bool json, struct store *from, struct store *to)
{
    struct move_view view = {0};
    char path[PATH_MAX], why[STORE_WHY_MAX] = "";
    int code = check(from, dir, json, false);
    if (code != CMD_OK)
        return code;
    int err = store_copy(from, to, show, &view);
    if (view.started)
        progress_end(&view.progress);
    if (err)
        return cmd_fail("move", CMD_FALSE, "%s", why_not(err));
    snprintf(path, sizeof(path), "%s/usher.db", dir);
    if (store_copy_tables(path, url, why) != 0)
        return cmd_fail("move", CMD_FALSE, "%s", why);
    return check(to, "the new place", json, true);
}

static int move(const char *dir, const char *url, bool json)
{
    struct store *from = NULL, *to = NULL;
    char why[STORE_WHY_MAX];
    int err = store_sqlite_open_made(dir, &from);
    if (err == ERR_BUSY)
        return cmd_fail("move", CMD_FALSE, "%s is in use by a server; stop it first", dir);
    if (err)
        return cmd_fail("move", CMD_FALSE, "%s/usher.db: %s", dir, err_text(err));
    err = store_mariadb_open(url, false, why, &to);
    int code = err == 0
                   ? carry(dir, url, json, from, to)
                   : cmd_fail("move", err == ERR_INVALID ? CMD_USAGE : CMD_FALSE, "--to: %s", why);
    store_free(to);
    store_free(from);
    return code;
}

int move_command(int argc, char **argv)
{
    static const char scheme[] = "sqlite:";
    struct move_values values;
    struct conf conf;
    int code = cmd_options(&move_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    if (strncmp(values.from, scheme, strlen(scheme)) != 0 || !values.from[strlen(scheme)])
        code = cmd_fail("move", CMD_USAGE, "--from %s: write sqlite:DIR", values.from);
    else
        code = move(values.from + strlen(scheme), values.to, values.json);
    conf_release(&conf);
    return code;
}
