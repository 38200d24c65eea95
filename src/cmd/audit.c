/*
 * usher audit: reads a store, DIR/usher.db or a shared one, one snapshot, and writes nothing.
 */
#include "cmd/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/money.h"
#include "audit/papers.h"
#include "audit/tills.h"
#include "audit/words.h"
#include "cmd/cmd.h"
#include "err/err.h"
#include "term/money.h"
#include "term/progress.h"

struct audit_values {
    const char *data;
    const char *store;
    int64_t performance_id;
    const char *psp_ledger;
    bool json;
};

static const struct conf_option options[] = {
    {"data", CONF_PATH, offsetof(struct audit_values, data), "run",
     .help = "the folder of the store; a server may be running on it"},
    {"store", CONF_STR, offsetof(struct audit_values, store), NULL,
     .help = "in place of the folder, a shared store: mariadb://USER@HOST/DATABASE, as usher serve "
             "was given"},
    {"performance", CONF_INT, offsetof(struct audit_values, performance_id), "0", 0, UINT32_MAX,
     .help = "only this performance; 0: all"},
    {"psp-ledger", CONF_PATH, offsetof(struct audit_values, psp_ledger), NULL,
     .help = "the ledger of usher psp: what it charged and gave back is compared with our books"},
    {"json", CONF_BOOL, offsetof(struct audit_values, json), "no",
     .help = "one JSON object instead of text, for machines"},
};

const struct conf_table audit_table = {
    .command = "usher audit",
    .summary = "Replays the ledger and compares it with the store: no seat sold twice, nothing "
               "altered.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .notes =
        "Exit codes: 0 all is as it should be; 1 there are findings, or it could not be checked;\n"
        "2 there is no such folder or performance.",
};

struct audit_view {
    bool json;
    json_t *to_collect; /* an array of performances; NULL without memory */
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

/* "1 row, ", "1,024 rows, " */
static void put_count(uint64_t count, const char *what, const char *after)
{
    char text[MONEY_TEXT_MAX];
    money_group((int64_t)count, text);
    printf("%s %s%s%s", text, what, count == 1 ? "" : "s", after);
}

static void put_verdict(uint64_t findings)
{
    if (findings > 0)
        put_count(findings, "finding", "\n");
    else
        printf("clean\n");
}

static void print_hash(const uint8_t hash[STORE_HASH_BYTES])
{
    for (size_t i = 0; i < STORE_HASH_BYTES; i++)
        printf("%02x", hash[i]);
}

/* The head's hash is what to write down elsewhere: who has it notices a ledger that was rewritten
 * whole. */
static void show_performance(void *state, const struct store_performance *p, uint64_t findings,
                             int64_t to_collect)
{
    struct audit_view *view = state;
    char text[MONEY_TEXT_MAX], currency[8];
    snprintf(currency, sizeof(currency), "%.*s", VIEW_ARG(p->currency));
    if (view->json && to_collect > 0)
        json_array_append_new(view->to_collect,
                              json_pack("{s:I, s:s, s:I}", "performance",
                                        (json_int_t)p->performance_id, "currency", currency,
                                        "amount", (json_int_t)to_collect));
    if (view->json)
        return;
    if (view->started)
        progress_end(&view->progress);
    view->started = false;
    printf("performance %" PRIu32 ": ", p->performance_id);
    put_count(p->seq, "row", ", ");
    put_count(p->version, "change", ", head ");
    print_hash(p->head_hash);
    fputs(", ", stdout);
    if (to_collect > 0) {
        money_format(to_collect, currency, text);
        printf("to be collected %s, ", text);
    }
    put_verdict(findings);
}

/* What is told of money and of the papers about it. */
struct books {
    struct audit_money money;
    struct audit_papers papers;
    struct audit_tills tills;
    struct audit_words words;
};

/* "toss KRW: captured 330,000 = sold 330,000 + kept 0 + refunded 0 + pending 0" */
static void print_money(const struct books *books)
{
    const struct audit_money *money = &books->money;
    for (size_t i = 0; i < money->row_count; i++) {
        const struct audit_money_row *row = &money->rows[i];
        const struct payment_books *b = &row->books;
        const int64_t parts[] = {b->captured, b->sold, b->kept, b->refunded, b->pending};
        char texts[5][MONEY_TEXT_MAX];
        for (int k = 0; k < 5; k++)
            money_group(parts[k], texts[k]);
        printf("%s %s: captured %s = sold %s + kept %s + refunded %s + pending %s\n", row->provider,
               row->currency, texts[0], texts[1], texts[2], texts[3], texts[4]);
    }
    if (money->attempts > 0) {
        put_count(money->attempts, "payment", ", ");
        printf("%" PRIu64 " not settled yet, ", money->unsettled);
        put_count(books->papers.receipts, "receipt", ", ");
        put_count(books->papers.credit_notes, "credit note", "\n");
    }
    if (books->papers.used_back > 0)
        put_count(books->papers.used_back, "ticket",
                  books->papers.used_back == 1 ? " given back after it was used\n"
                                               : " given back after they were used\n");
    if (books->tills.tills > 0) {
        put_count(books->tills.tills, "till", "");
        printf(" (%" PRIu64 " open), ", books->tills.open);
        put_count(books->tills.entries, "line", ", ");
        put_count(books->tills.comps, "comp", "\n");
    }
    if (books->words.notices + books->words.messages + books->words.notes > 0) {
        put_count(books->words.notices, "notice", ", ");
        put_count(books->words.messages, "message", " to buyers, ");
        put_count(books->words.notes, "note", " on orders\n");
    }
}

static void print_text(const struct audit_report *report, const struct books *books)
{
    const struct audit_counts *c = &report->counts;
    uint64_t shown =
        report->finding_count < AUDIT_FINDINGS_MAX ? report->finding_count : AUDIT_FINDINGS_MAX;
    for (uint64_t i = 0; i < shown; i++)
        printf("%s\n", report->findings[i].text);
    if (shown < report->finding_count)
        printf("and %" PRIu64 " more\n", report->finding_count - shown);
    put_count(c->performances, "performance", ", ");
    put_count(c->rows, "row", ", ");
    put_count(c->entries, "change", ", ");
    put_count(c->holds, "hold", ", ");
    put_count(c->orders, "order", "");
    printf(" (%" PRIu64 " cancelled), ", c->cancelled);
    put_count(c->sold, "seat", " sold\n");
    if (c->sales > 0) {
        put_count(c->sales, "line", ", ");
        put_count(c->line_rows, "row", ", ");
        put_count(c->joined, "number", " given by arrival\n");
    }
    if (books->papers.playbill.rows > 0) {
        fputs("playbill: ", stdout);
        put_count(books->papers.playbill.rows, "row", ", head ");
        print_hash(books->papers.playbill.head);
        putchar('\n');
    }
    print_money(books);
    put_verdict(report->finding_count);
}

/* False without memory or where it cannot be written. */
static bool print_json(const struct audit_report *report, const struct books *books,
                       json_t *to_collect)
{
    const struct audit_money *money = &books->money;
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
        "{s:b, s:I, s:o, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
        "s:I}}",
        "clean", report->finding_count == 0, "findingCount", (json_int_t)report->finding_count,
        "findings", findings, "counts", "performances", (json_int_t)c->performances, "rows",
        (json_int_t)c->rows, "changes", (json_int_t)c->entries, "holds", (json_int_t)c->holds,
        "orders", (json_int_t)c->orders, "cancelled", (json_int_t)c->cancelled, "sold",
        (json_int_t)c->sold, "held", (json_int_t)c->held, "resting", (json_int_t)c->resting,
        "blocked", (json_int_t)c->blocked, "offered", (json_int_t)c->offered, "wishes",
        (json_int_t)c->wishes, "lines", (json_int_t)c->sales, "lineRows", (json_int_t)c->line_rows,
        "joined", (json_int_t)c->joined);
    json_t *rows = json_array();
    for (size_t i = 0; i < money->row_count; i++) {
        const struct audit_money_row *row = &money->rows[i];
        json_array_append_new(
            rows,
            json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "provider", row->provider, "currency",
                      row->currency, "captured", (json_int_t)row->books.captured, "sold",
                      (json_int_t)row->books.sold, "kept", (json_int_t)row->books.kept, "refunded",
                      (json_int_t)row->books.refunded, "pending", (json_int_t)row->books.pending));
    }
    json_object_set_new(root, "money", rows);
    json_object_set_new(root, "toCollect", to_collect);
    json_object_set_new(root, "receipts", json_integer((json_int_t)books->papers.receipts));
    json_object_set_new(root, "creditNotes", json_integer((json_int_t)books->papers.credit_notes));
    json_object_set_new(root, "tills", json_integer((json_int_t)books->tills.tills));
    json_object_set_new(root, "tillEntries", json_integer((json_int_t)books->tills.entries));
    json_object_set_new(root, "notices", json_integer((json_int_t)books->words.notices));
    json_object_set_new(root, "buyerMessages", json_integer((json_int_t)books->words.messages));
    json_object_set_new(root, "orderNotes", json_integer((json_int_t)books->words.notes));
    json_object_set_new(root, "usedTicketsBack", json_integer((json_int_t)books->papers.used_back));
    json_object_set_new(root, "playbillRows",
                        json_integer((json_int_t)books->papers.playbill.rows));
    json_object_set_new(root, "unsettledPayments", json_integer((json_int_t)money->unsettled));
    bool written = root && json_dumpf(root, stdout, JSON_INDENT(2)) == 0;
    json_decref(root);
    putchar('\n');
    return written && fflush(stdout) == 0;
}

static bool is_there(const char *data)
{
    char path[PATH_MAX];
    const int len = snprintf(path, sizeof(path), "%s/usher.db", data);
    return len > 0 && (size_t)len < sizeof(path) && access(path, F_OK) == 0;
}

/* Says why there is no verdict. An enum cmd_exit: wrong words where it is the folder or the
 * performance that is not there. */
static int fail(const struct audit_values *values, bool opened, int rc)
{
    const char *data = values->data;
    switch (rc) {
    case ERR_NOT_FOUND:
        if (opened)
            return cmd_fail("audit", CMD_USAGE, "%s has no performance %" PRId64, data,
                            values->performance_id);
        if (is_there(data))
            return cmd_fail("audit", CMD_FALSE,
                            "%s/usher.db has no tables: bring it back from your copy, with "
                            "usher.db-wal if there is one",
                            data);
        if (access(data, F_OK) != 0)
            return cmd_fail("audit", CMD_USAGE,
                            "%s: %s; --data DIR names the folder that usher serve was given", data,
                            strerrordesc_np(errno));
        return cmd_fail("audit", CMD_USAGE,
                        "%s: there is no usher.db in it; --data DIR names the folder that usher "
                        "serve was given",
                        data);
    case ERR_UNSUPPORTED:
        return cmd_fail("audit", CMD_FALSE,
                        "%s/usher.db is of another usher's schema; this is %s, and cannot check it",
                        data, USHER_VERSION);
    case ERR_CORRUPT:
        return cmd_fail("audit", CMD_FALSE, "%s/usher.db is no database, or is damaged", data);
    case ERR_BUSY:
        return cmd_fail("audit", CMD_FALSE, "%s changed while it was read; try again", data);
    case ERR_IO:
        return cmd_fail("audit", CMD_FALSE,
                        "%s/usher.db cannot be read; look at its owner and mode, and at the disk",
                        data);
    default:
        return cmd_fail("audit", CMD_FALSE, "%s cannot be checked: %s", data, err_text(rc));
    }
}

/* The same of a shared store: why is the sentence of who could not open it. */
static int fail_shared(const struct audit_values *values, bool opened, int rc, const char *why)
{
    if (opened && rc == ERR_NOT_FOUND)
        return cmd_fail("audit", CMD_USAGE, "the store has no performance %" PRId64,
                        values->performance_id);
    if (opened)
        return cmd_fail("audit", CMD_FALSE, "the store cannot be checked: %s", err_text(rc));
    return cmd_fail("audit", rc == ERR_INVALID ? CMD_USAGE : CMD_FALSE, "--store: %s", why);
}

static int audit_store(const struct audit_values *values, struct audit_report *report)
{
    struct audit_view view = {.json = values->json,
                              .to_collect = values->json ? json_array() : NULL};
    struct store *store = NULL;
    struct audit_options how = {.performance_id = (uint32_t)values->performance_id,
                                .progress = show_progress,
                                .audited = show_performance,
                                .state = &view};
    struct books books = {0};
    char why[STORE_WHY_MAX] = "";
    int rc = values->store ? store_mariadb_open(values->store, true, why, &store)
                           : store_sqlite_open(values->data, true, &store);
    const bool opened = rc == 0;
    if (rc == 0)
        rc = audit_run(store, &how, report);
    const bool replayed = rc == 0;
    if (rc == 0)
        rc = audit_money(store, how.performance_id, values->psp_ledger, report, &books.money);
    const bool paid = rc == 0;
    if (rc == 0)
        rc = audit_papers(store, how.performance_id, report, &books.papers);
    if (rc == 0)
        rc = audit_tills(store, how.performance_id, report, &books.tills);
    if (rc == 0)
        rc = audit_words(store, how.performance_id, report, &books.words);
    if (view.started)
        progress_end(&view.progress);
    store_free(store);
    if (rc != 0)
        json_decref(view.to_collect);
    if (replayed && !paid && (rc == ERR_NOT_FOUND || rc == ERR_INVALID))
        return cmd_fail("audit", CMD_USAGE, "--psp-ledger %s: it is no ledger of usher psp",
                        values->psp_ledger);
    if (rc != 0)
        return values->store ? fail_shared(values, opened, rc, why) : fail(values, opened, rc);
    if (!values->json)
        print_text(report, &books);
    else if (!print_json(report, &books, view.to_collect))
        return cmd_fail("audit", CMD_FALSE, "the report cannot be written");
    return report->finding_count > 0 ? CMD_FALSE : CMD_OK;
}

int audit_command(int argc, char **argv)
{
    struct audit_values values = {0};
    struct conf conf;
    int code = cmd_options(&audit_table, argc, argv, &conf, &values);
    if (code != CMD_GO_ON)
        return code;
    struct audit_report *report = malloc(sizeof(*report));
    code = report ? audit_store(&values, report)
                  : cmd_fail("audit", CMD_FALSE, "%s", err_text(ERR_NO_MEMORY));
    free(report);
    conf_release(&conf);
    return code;
}
