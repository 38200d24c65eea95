/*
 * usher audit: reads DIR/usher.db, one snapshot, and writes nothing.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmd/audit/audit.h"
#include "cmd/cmd.h"
#include "cmd/progress.h"
#include "err/err.h"

enum { AUDIT_CLEAN = 0, AUDIT_FOUND = 1, AUDIT_UNCHECKED = 2 };

struct audit_values {
    const char *data;
    int64_t performance_id;
    bool json;
};

static const struct conf_option options[] = {
    {"data", CONF_PATH, offsetof(struct audit_values, data), "run",
     .help = "the folder of the store; a server may be running on it"},
    {"performance", CONF_INT, offsetof(struct audit_values, performance_id), "0", 0, UINT32_MAX,
     .help = "only this performance; 0: all"},
    {"json", CONF_BOOL, offsetof(struct audit_values, json), "no",
     .help = "the report as JSON on standard output"},
};

static const struct conf_table table = {
    .command = "usher audit",
    .summary = "Replays the ledger and compares it with the store: no seat sold twice, nothing "
               "altered.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes = "Exit codes: 0 all is as it should be, 1 there are findings, 2 it could not be "
             "checked.\n",
};

struct audit_view {
    bool json;
    struct progress progress;
    bool started;
};

static void show_progress(void *state, uint64_t rows_done, uint64_t rows_total)
{
    struct audit_view *view = state;
    if (!view->started)
        progress_start(&view->progress, "auditing ledger rows", rows_total);
    view->started = true;
    progress_at(&view->progress, rows_done);
}

/* The head's hash is what to write down elsewhere: who has it notices a ledger that was rewritten
 * whole. */
static void show_performance(void *state, const struct store_performance *p, uint64_t findings)
{
    struct audit_view *view = state;
    if (view->json)
        return;
    if (view->started)
        progress_end(&view->progress);
    view->started = false;
    printf("performance %" PRIu32 ": %" PRIu64 " rows, %" PRIu64 " changes, head ",
           p->performance_id, p->seq, p->version);
    for (size_t i = 0; i < STORE_HASH_BYTES; i++)
        printf("%02x", p->head_hash[i]);
    if (findings > 0)
        printf(", %" PRIu64 " findings\n", findings);
    else
        printf(", clean\n");
}

static void print_text(const struct audit_report *report)
{
    const struct audit_counts *c = &report->counts;
    uint64_t shown =
        report->finding_count < AUDIT_FINDINGS_MAX ? report->finding_count : AUDIT_FINDINGS_MAX;
    for (uint64_t i = 0; i < shown; i++)
        printf("%s\n", report->findings[i].text);
    if (shown < report->finding_count)
        printf("and %" PRIu64 " more\n", report->finding_count - shown);
    printf("%" PRIu64 " performances, %" PRIu64 " rows, %" PRIu64 " changes, %" PRIu64
           " holds, %" PRIu64 " orders (%" PRIu64 " cancelled), %" PRIu64 " seats sold\n",
           c->performances, c->rows, c->entries, c->holds, c->orders, c->cancelled, c->sold);
    if (report->finding_count > 0)
        printf("%" PRIu64 " findings\n", report->finding_count);
    else
        printf("clean\n");
}

/* False without memory or where it cannot be written. */
static bool print_json(const struct audit_report *report)
{
    const struct audit_counts *c = &report->counts;
    json_t *findings = json_array();
    for (uint64_t i = 0; i < report->finding_count && i < AUDIT_FINDINGS_MAX; i++) {
        const struct audit_finding *f = &report->findings[i];
        json_array_append_new(findings,
                              json_pack("{s:I, s:I, s:I, s:s}", "performance",
                                        (json_int_t)f->performance_id, "row", (json_int_t)f->seq,
                                        "entry", (json_int_t)f->entry, "text", f->text));
    }
    json_t *root = json_pack(
        "{s:b, s:I, s:o, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}}", "clean",
        report->finding_count == 0, "findingCount", (json_int_t)report->finding_count, "findings",
        findings, "counts", "performances", (json_int_t)c->performances, "rows",
        (json_int_t)c->rows, "changes", (json_int_t)c->entries, "holds", (json_int_t)c->holds,
        "orders", (json_int_t)c->orders, "cancelled", (json_int_t)c->cancelled, "sold",
        (json_int_t)c->sold, "held", (json_int_t)c->held);
    bool written = root && json_dumpf(root, stdout, JSON_INDENT(2)) == 0;
    json_decref(root);
    putchar('\n');
    return written && fflush(stdout) == 0;
}

static const char *why_not(int rc)
{
    switch (rc) {
    case ERR_NOT_FOUND:
        return "there is no usher.db in it, or no such performance";
    case ERR_UNSUPPORTED:
        return "its schema is of another version of usher";
    case ERR_CORRUPT:
        return "usher.db is no database, or is damaged";
    default:
        return err_text(rc);
    }
}

static int audit_dir(const struct audit_values *values, struct audit_report *report)
{
    struct audit_view view = {.json = values->json};
    struct store *store = NULL;
    struct audit_options how = {.performance_id = (uint32_t)values->performance_id,
                                .progress = show_progress,
                                .audited = show_performance,
                                .state = &view};
    int rc = store_sqlite_open(values->data, true, &store);
    if (rc == 0)
        rc = audit_run(store, &how, report);
    if (view.started)
        progress_end(&view.progress);
    store_free(store);
    if (rc < 0)
        return cmd_fail("audit", AUDIT_UNCHECKED, "%s cannot be checked: %s", values->data,
                        why_not(rc));
    if (!values->json)
        print_text(report);
    else if (!print_json(report))
        return cmd_fail("audit", AUDIT_UNCHECKED, "the report cannot be written");
    return report->finding_count > 0 ? AUDIT_FOUND : AUDIT_CLEAN;
}

int audit_command(int argc, char **argv)
{
    struct audit_values values;
    struct conf conf;
    int code = cmd_options(&table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    struct audit_report *report = malloc(sizeof(*report));
    code = report ? audit_dir(&values, report)
                  : cmd_fail("audit", AUDIT_UNCHECKED, "%s", err_text(ERR_NO_MEMORY));
    free(report);
    conf_release(&conf);
    return code;
}
