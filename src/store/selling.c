#include "store/selling.h"

#include "err/err.h"

#define COLUMNS                                                                                    \
    "terms_id, organiser_id, performance_id, since_ms, fee_ticket, fee_permille, fee_order,"       \
    " fee_back, price_vat, fee_vat, seller, registration, mail_order, representative, address,"    \
    " telephone, fee_currency, refund_rule"

struct put_job {
    struct sql_job job;
    const struct selling_terms *terms;
};

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    const struct selling_terms *t = ((struct put_job *)base)->terms;
    return sql_run(
        txn,
        "INSERT INTO selling_terms (organiser_id, performance_id, account_id, since_ms,"
        " fee_ticket, fee_permille, fee_order, fee_back, price_vat, fee_vat, seller, registration,"
        " mail_order, representative, address, telephone, fee_currency, refund_rule)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        SQL(sql_int(t->organiser_id), sql_int(t->performance_id), sql_id(t->account_id),
            sql_int(t->since_ms), sql_int(t->fee.ticket), sql_int(t->fee.permille),
            sql_int(t->fee.order), sql_int(t->fee.back), sql_int(t->price_vat_permille),
            sql_int(t->fee_vat_permille), sql_text(t->seller), sql_text(t->registration),
            sql_text(t->mail_order), sql_text(t->representative), sql_text(t->address),
            sql_text(t->telephone), sql_text(t->fee_currency), sql_text(t->refund_rule)),
        NULL);
}

int selling_put(struct sql *sql, const struct selling_terms *terms, int64_t deadline_ns)
{
    struct put_job job = {.job.run = run_put, .terms = terms};
    return sql_write(sql, &job.job, deadline_ns);
}

struct find_job {
    struct sql_job job;
    const char *text;
    struct sql_value values[3];
    size_t value_count;
    struct arena *arena;
    struct selling_terms terms;
};

static int read_terms(struct sql_rows *rows, struct arena *arena, struct selling_terms *t)
{
    *t = (struct selling_terms){
        .terms_id = sql_get_int(rows, 0),
        .organiser_id = (uint32_t)sql_get_int(rows, 1),
        .performance_id = (uint32_t)sql_get_int(rows, 2),
        .since_ms = sql_get_int(rows, 3),
        .fee = {.ticket = sql_get_int(rows, 4),
                .permille = (uint32_t)sql_get_int(rows, 5),
                .order = sql_get_int(rows, 6),
                .back = (uint32_t)sql_get_int(rows, 7)},
        .price_vat_permille = (uint32_t)sql_get_int(rows, 8),
        .fee_vat_permille = (uint32_t)sql_get_int(rows, 9),
    };
    struct view *const texts[] = {&t->seller,         &t->registration, &t->mail_order,
                                  &t->representative, &t->address,      &t->telephone,
                                  &t->fee_currency,   &t->refund_rule};
    int err = 0;
    for (int i = 0; err == 0 && i < 8; i++)
        err = sql_get_copy(rows, 10 + i, arena, texts[i]);
    return err;
}

static int run_find(struct sql_job *base, struct sql_txn *txn)
{
    struct find_job *job = (struct find_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn, job->text, job->values, job->value_count, &rows);
    if (err != 0)
        return err;
    err = sql_next(rows);
    if (err != 1)
        return err == 0 ? ERR_NOT_FOUND : err;
    err = read_terms(rows, job->arena, &job->terms);
    sql_done(rows);
    return err;
}

static int find(struct sql *sql, struct find_job *job, struct selling_terms *ret_terms,
                int64_t deadline_ns)
{
    job->job.run = run_find;
    int err = sql_read(sql, &job->job, deadline_ns);
    if (err == 0)
        *ret_terms = job->terms;
    return err;
}

int selling_find(struct sql *sql, uint32_t organiser_id, uint32_t performance_id, int64_t at_ms,
                 struct arena *arena, struct selling_terms *ret_terms, int64_t deadline_ns)
{
    struct find_job own = {
        .text = "SELECT " COLUMNS " FROM selling_terms WHERE organiser_id = ?"
                " AND performance_id = ? AND since_ms <= ? ORDER BY terms_id DESC LIMIT 1",
        .values = {sql_int(organiser_id), sql_int(performance_id), sql_int(at_ms)},
        .value_count = 3,
        .arena = arena};
    struct find_job all = own;
    all.values[1] = sql_int(0);
    int err = find(sql, &own, ret_terms, deadline_ns);
    return err == ERR_NOT_FOUND && performance_id > 0 ? find(sql, &all, ret_terms, deadline_ns)
                                                      : err;
}

int selling_get(struct sql *sql, int64_t terms_id, struct arena *arena,
                struct selling_terms *ret_terms, int64_t deadline_ns)
{
    struct find_job job = {.text = "SELECT " COLUMNS " FROM selling_terms WHERE terms_id = ?",
                           .values = {sql_int(terms_id)},
                           .value_count = 1,
                           .arena = arena};
    return find(sql, &job, ret_terms, deadline_ns);
}
