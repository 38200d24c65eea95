#include "audit/words.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock/clock.h"
#include "err/err.h"
#include "store/contacts.h"
#include "store/mails.h"
#include "store/notices.h"

#define MESSAGES_MAX 100000 /* that are looked at one by one */
#define ARENA_MAX    (16u << 20)

/* What must not be: a query whose rows, each a number, break the rule. */
struct rule {
    const char *of, *broken;
    const char *query;
};

/* A stop is written before the sale is paused; who dies between the two is helped within a second
 * of the next start. */
static const struct rule notice_rules[] = {
    {"performance", "two of its notices stand at once",
     "SELECT performance_id FROM notice WHERE ended_at_ms = 0 GROUP BY performance_id"
     " HAVING count(*) > 1"},
    {"performance", "its sale is open, and was stopped a minute before it last changed",
     "SELECT n.performance_id FROM notice n JOIN performance p"
     " ON p.performance_id = n.performance_id WHERE n.ended_at_ms = 0 AND n.stop <> 0"
     " AND p.sale_state = 2 AND n.created_at_ms + 60000 <"
     " (SELECT max(l.at_ms) FROM ledger l WHERE l.performance_id = n.performance_id)"},
    {"notice", "it is of no performance that is there, or ended before it began",
     "SELECT n.notice_id FROM notice n LEFT JOIN performance p"
     " ON p.performance_id = n.performance_id WHERE p.performance_id IS NULL"
     " OR (n.ended_at_ms > 0 AND n.ended_at_ms < n.created_at_ms) OR n.stop > 2"},
};
static const struct rule message_rules[] = {
    {"message", "it is of no performance that is there, or beyond those of its day",
     "SELECT m.message_id FROM buyer_message m LEFT JOIN performance p"
     " ON p.performance_id = m.performance_id WHERE p.performance_id IS NULL"
     " OR m.ordinal < 1 OR m.ordinal > 5"},
};
static const struct rule note_rules[] = {
    {"note", "of that number: its order has no contact any more",
     "SELECT n.number FROM order_note n LEFT JOIN contact c ON c.order_id = n.order_id"
     " WHERE c.order_id IS NULL"},
    {"order", "has so many notes, and their numbers have a gap, or are too many",
     "SELECT count(*) FROM order_note GROUP BY order_id"
     " HAVING max(number) <> count(*) OR count(*) > 50"},
};
static_assert(MESSAGES_A_DAY == 5, "the rule of messages says it");

struct words_job {
    struct sql_job job;
    struct audit_report *report;
    const struct rule *rules;
    size_t rule_count;
    const char *counted; /* the table */
    int64_t count;
    uint64_t found; /* before this try of the job */
};

static void find(struct audit_report *report, const char *of, int64_t number, const char *broken)
{
    if (report->finding_count++ >= AUDIT_FINDINGS_MAX)
        return;
    struct audit_finding *finding = &report->findings[report->finding_count - 1];
    *finding = (struct audit_finding){0};
    snprintf(finding->text, sizeof(finding->text), "%s %" PRId64 ": %s", of, number, broken);
}

static int run_rules(struct sql_job *base, struct sql_txn *txn)
{
    struct words_job *job = (struct words_job *)base;
    char text[64];
    job->report->finding_count = job->found;
    snprintf(text, sizeof(text), "SELECT count(*) FROM %s", job->counted);
    int err = sql_ask_int(txn, text, SQL_NONE, &job->count);
    for (size_t i = 0; err == 0 && i < job->rule_count; i++) {
        const struct rule *rule = &job->rules[i];
        struct sql_rows *rows;
        err = sql_query(txn, rule->query, SQL_NONE, &rows);
        while (err == 0 && (err = sql_next(rows)) == 1) {
            find(job->report, rule->of, sql_get_int(rows, 0), rule->broken);
            err = 0;
            if (job->report->finding_count > job->found + AUDIT_FINDINGS_MAX) {
                sql_done(rows);
                break;
            }
        }
    }
    return err;
}

static int check(struct sql *sql, struct audit_report *report, const struct rule *rules,
                 size_t rule_count, const char *counted, uint64_t *ret_count)
{
    struct words_job job = {.job.run = run_rules,
                            .report = report,
                            .rules = rules,
                            .rule_count = rule_count,
                            .counted = counted,
                            .found = report->finding_count};
    const int err = sql_read(sql, &job.job, DEADLINE_NEVER);
    *ret_count = (uint64_t)job.count;
    return err;
}

/* ---- a message's mails ---- */

struct mails_job {
    struct sql_job job;
    struct arena *arena;
    struct {
        int64_t message_id, mails, written;
    } * rows;
    size_t count;
};

static int run_mails(struct sql_job *base, struct sql_txn *txn)
{
    struct mails_job *job = (struct mails_job *)base;
    struct sql_rows *rows;
    int more = 0;
    job->count = 0;
    int err = sql_query(txn, "SELECT message_id, mails FROM buyer_message ORDER BY message_id",
                        SQL_NONE, &rows);
    while (err == 0 && job->count < MESSAGES_MAX && (more = sql_next(rows)) == 1) {
        job->rows[job->count].message_id = sql_get_int(rows, 0);
        job->rows[job->count++].mails = sql_get_int(rows, 1);
    }
    if (more == 1)
        sql_done(rows);
    err = err == 0 && more < 0 ? more : err;
    for (size_t i = 0; err == 0 && i < job->count; i++) {
        char prefix[48];
        snprintf(prefix, sizeof(prefix), "message:%" PRId64 ":", job->rows[i].message_id);
        err = mail_count(txn, view_str(prefix), &job->rows[i].written);
    }
    return err;
}

static int check_mails(struct sql *sql, struct audit_report *report, uint64_t messages)
{
    const size_t room = messages < MESSAGES_MAX ? (size_t)messages : MESSAGES_MAX;
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    struct mails_job job = {.job.run = run_mails, .arena = &arena};
    job.rows = arena_alloc(&arena, (room + 1) * sizeof(*job.rows));
    int err = job.rows ? sql_read(sql, &job.job, DEADLINE_NEVER) : ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < job.count; i++) {
        if (job.rows[i].mails != job.rows[i].written)
            find(report, "message", job.rows[i].message_id, "its mails are not as many as it says");
    }
    arena_release(&arena);
    return err;
}

/* ERR_UNSUPPORTED: a store that has never had such tables, or that another version wrote. */
static int or_nothing(int err)
{
    return err == ERR_UNSUPPORTED ? 0 : err;
}

int audit_words(struct store *store, uint32_t performance_id, struct audit_report *report,
                struct audit_words *ret_words)
{
    struct sql *sql = store->sql;
    *ret_words = (struct audit_words){0};
    if (performance_id != 0 || !sql)
        return 0;
    int err = notices_migrate(sql, true, 0);
    if (err == 0)
        err = check(sql, report, notice_rules, sizeof(notice_rules) / sizeof(notice_rules[0]),
                    "notice", &ret_words->notices);
    err = or_nothing(err);
    if (err == 0)
        err = mails_migrate(sql, true, 0);
    if (err == 0)
        err = check(sql, report, message_rules, sizeof(message_rules) / sizeof(message_rules[0]),
                    "buyer_message", &ret_words->messages);
    if (err == 0)
        err = check_mails(sql, report, ret_words->messages);
    err = or_nothing(err);
    if (err == 0)
        err = contacts_migrate(sql, true, 0);
    if (err == 0)
        err = check(sql, report, note_rules, sizeof(note_rules) / sizeof(note_rules[0]),
                    "order_note", &ret_words->notes);
    return or_nothing(err);
}
