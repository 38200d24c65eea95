#include "store/tills.h"

#include <string.h>

#include "err/err.h"
#include "store/payments_rows.h"

#define OPEN_KEY_BYTES (4 + ID_BYTES)

#define TILL_COLUMNS                                                                               \
    "till_id, organiser_id, account_id, currency, opening, opened_at_ms, closed_at_ms, closed_by," \
    " counted, expected, entries, note"
#define ENTRY_COLUMNS                                                                              \
    "till_id, number, at_ms, kind, means, state, about, order_id, performance_id, places, amount," \
    " tendered, note, next_at_ms"

/* Whose open till it is: the organiser and the account, which the database keeps unique. */
static struct view open_key(uint32_t organiser_id, struct id account_id,
                            uint8_t bytes[OPEN_KEY_BYTES])
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(organiser_id >> (8 * i));
    id_to_bytes(account_id, bytes + 4);
    return view_of(bytes, OPEN_KEY_BYTES);
}

/* ---- reading ---- */

static int read_till(struct sql_rows *rows, struct arena *arena, void *ret)
{
    struct till *t = ret;
    *t = (struct till){
        .organiser_id = (uint32_t)sql_get_int(rows, 1),
        .opening = sql_get_int(rows, 4),
        .opened_at_ms = sql_get_int(rows, 5),
        .closed_at_ms = sql_get_int(rows, 6),
        .counted = sql_get_int(rows, 8),
        .expected = sql_get_int(rows, 9),
        .entries = (uint32_t)sql_get_int(rows, 10),
    };
    int err = sql_get_id(rows, 0, &t->till_id);
    if (err == 0)
        err = sql_get_id(rows, 2, &t->account_id);
    if (err == 0)
        err = sql_get_copy(rows, 3, arena, &t->currency);
    if (err == 0)
        err = sql_get_id(rows, 7, &t->closed_by);
    return err == 0 ? sql_get_copy(rows, 11, arena, &t->note) : err;
}

static int read_entry(struct sql_rows *rows, struct arena *arena, void *ret)
{
    struct till_entry *e = ret;
    *e = (struct till_entry){
        .number = (uint32_t)sql_get_int(rows, 1),
        .at_ms = sql_get_int(rows, 2),
        .kind = (uint32_t)sql_get_int(rows, 3),
        .means = (uint32_t)sql_get_int(rows, 4),
        .state = (uint32_t)sql_get_int(rows, 5),
        .performance_id = (uint32_t)sql_get_int(rows, 8),
        .places = (uint32_t)sql_get_int(rows, 9),
        .amount = sql_get_int(rows, 10),
        .tendered = sql_get_int(rows, 11),
        .next_at_ms = sql_get_int(rows, 13),
    };
    int err = sql_get_id(rows, 0, &e->till_id);
    if (err == 0)
        err = sql_get_id(rows, 6, &e->about);
    if (err == 0)
        err = sql_get_id(rows, 7, &e->order_id);
    return err == 0 ? sql_get_copy(rows, 12, arena, &e->note) : err;
}

/* The one row that a list has. */
static int only(struct sql *sql, struct payments_list *list, void *ret_row, int64_t deadline_ns)
{
    void *rows;
    size_t count;
    int err = payments_list(sql, list, &rows, &count, deadline_ns);
    if (err == 0 && count == 0)
        err = ERR_NOT_FOUND;
    if (err == 0)
        memcpy(ret_row, rows, list->size);
    return err;
}

int till_get(struct sql *sql, struct id till_id, struct arena *arena, struct till *ret_till,
             int64_t deadline_ns)
{
    struct payments_list list =
        PAYMENTS_LIST(struct till, read_till, arena, 1,
                      "SELECT " TILL_COLUMNS " FROM till WHERE till_id = ?", sql_id(till_id));
    return only(sql, &list, ret_till, deadline_ns);
}

int till_open_of(struct sql *sql, uint32_t organiser_id, struct id account_id, struct arena *arena,
                 struct till *ret_till, int64_t deadline_ns)
{
    uint8_t key[OPEN_KEY_BYTES];
    struct payments_list list = PAYMENTS_LIST(
        struct till, read_till, arena, 1, "SELECT " TILL_COLUMNS " FROM till WHERE open_key = ?",
        sql_bytes(open_key(organiser_id, account_id, key)));
    return only(sql, &list, ret_till, deadline_ns);
}

int till_list(struct sql *sql, uint32_t organiser_id, const struct id *whose, struct id before,
              size_t max, struct arena *arena, struct till **ret_tills, size_t *ret_count,
              int64_t deadline_ns)
{
    const struct id last = id_is_zero(before) ? (struct id){UINT64_MAX, UINT64_MAX} : before;
    const size_t most = max < TILL_PAGE_MAX ? max : TILL_PAGE_MAX;
    struct payments_list all = PAYMENTS_LIST(
        struct till, read_till, arena, most,
        "SELECT " TILL_COLUMNS " FROM till WHERE organiser_id >= ? AND organiser_id <= ?"
        " AND till_id < ? ORDER BY till_id DESC LIMIT ?",
        sql_int(organiser_id), sql_int(organiser_id ? organiser_id : UINT32_MAX), sql_id(last),
        sql_int((int64_t)most));
    if (!whose)
        return payments_list(sql, &all, ret_tills, ret_count, deadline_ns);
    struct payments_list own =
        PAYMENTS_LIST(struct till, read_till, arena, most,
                      "SELECT " TILL_COLUMNS " FROM till WHERE organiser_id = ? AND account_id = ?"
                      " AND till_id < ? ORDER BY till_id DESC LIMIT ?",
                      sql_int(organiser_id), sql_id(*whose), sql_id(last), sql_int((int64_t)most));
    return payments_list(sql, &own, ret_tills, ret_count, deadline_ns);
}

int till_entries(struct sql *sql, struct id till_id, uint32_t after, size_t max,
                 struct arena *arena, struct till_entry **ret_entries, size_t *ret_count,
                 int64_t deadline_ns)
{
    const size_t most = max < TILL_PAGE_MAX ? max : TILL_PAGE_MAX;
    struct payments_list list =
        PAYMENTS_LIST(struct till_entry, read_entry, arena, most,
                      "SELECT " ENTRY_COLUMNS " FROM till_entry WHERE till_id = ? AND number > ?"
                      " ORDER BY number LIMIT ?",
                      sql_id(till_id), sql_int(after), sql_int((int64_t)most));
    return payments_list(sql, &list, ret_entries, ret_count, deadline_ns);
}

int till_entry_about(struct sql *sql, struct id about, struct arena *arena,
                     struct till_entry *ret_entry, int64_t deadline_ns)
{
    struct payments_list list =
        PAYMENTS_LIST(struct till_entry, read_entry, arena, 1,
                      "SELECT " ENTRY_COLUMNS " FROM till_entry WHERE about = ?", sql_id(about));
    return only(sql, &list, ret_entry, deadline_ns);
}

int till_due(struct sql *sql, int64_t now_ms, size_t max, struct arena *arena,
             struct till_entry **ret_entries, size_t *ret_count, int64_t deadline_ns)
{
    struct payments_list list = PAYMENTS_LIST(
        struct till_entry, read_entry, arena, max,
        "SELECT " ENTRY_COLUMNS " FROM till_entry WHERE next_at_ms > 0 AND next_at_ms <= ?"
        " ORDER BY next_at_ms LIMIT ?",
        sql_int(now_ms), sql_int((int64_t)max));
    return payments_list(sql, &list, ret_entries, ret_count, deadline_ns);
}

/* ---- sums ---- */

struct sum_job {
    struct sql_job job;
    struct id till_id;
    struct till_sums sums;
};

static int sum(struct sql_txn *txn, struct id till_id, struct till_sums *ret_sums)
{
    struct sql_rows *rows;
    *ret_sums = (struct till_sums){0};
    int err = sql_query(txn,
                        "SELECT kind, means, state, count(*), sum(amount), sum(places)"
                        " FROM till_entry WHERE till_id = ? GROUP BY kind, means, state",
                        SQL(sql_id(till_id)), &rows);
    if (err != 0)
        return err;
    while ((err = sql_next(rows)) == 1) {
        const int64_t kind = sql_get_int(rows, 0), means = sql_get_int(rows, 1);
        const int64_t state = sql_get_int(rows, 2);
        const uint32_t count = (uint32_t)sql_get_int(rows, 3);
        if (kind < TILL_SALE || kind > TILL_GIVEN || means < TILL_CASH || means > TILL_COMP) {
            sql_done(rows);
            return ERR_CORRUPT;
        }
        ret_sums->begun += state == TILL_BEGUN ? count : 0;
        if (state != TILL_DONE)
            continue;
        ret_sums->sales += kind == TILL_SALE ? count : 0;
        ret_sums->refunds += kind == TILL_REFUND ? count : 0;
        ret_sums->comps += kind == TILL_GIVEN ? count : 0;
        ret_sums->comp_places += kind == TILL_GIVEN ? (uint32_t)sql_get_int(rows, 5) : 0;
        ret_sums->taken[means] += kind == TILL_SALE ? sql_get_int(rows, 4) : 0;
        ret_sums->returned[means] += kind == TILL_REFUND ? sql_get_int(rows, 4) : 0;
    }
    return err;
}

static int run_sum(struct sql_job *base, struct sql_txn *txn)
{
    struct sum_job *job = (struct sum_job *)base;
    return sum(txn, job->till_id, &job->sums);
}

int till_sum(struct sql *sql, struct id till_id, struct arena *arena, struct till_sums *ret_sums,
             int64_t deadline_ns)
{
    struct sum_job job = {.job.run = run_sum, .till_id = till_id};
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_sums = job.sums;
    return err;
}

/* ---- opening and closing ---- */

struct till_job {
    struct sql_job job;
    const struct till *till;
    const struct act *act;
};

static int run_open(struct sql_job *base, struct sql_txn *txn)
{
    const struct till_job *job = (const struct till_job *)base;
    const struct till *t = job->till;
    uint8_t key[OPEN_KEY_BYTES];
    int err =
        sql_run(txn,
                "INSERT INTO till (till_id, organiser_id, account_id, open_key, currency,"
                " opening, opened_at_ms, closed_at_ms, closed_by, counted, expected, entries,"
                " note) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, 0, 0, 0, '')",
                SQL(sql_id(t->till_id), sql_int(t->organiser_id), sql_id(t->account_id),
                    sql_bytes(open_key(t->organiser_id, t->account_id, key)), sql_text(t->currency),
                    sql_int(t->opening), sql_int(t->opened_at_ms), sql_id((struct id){0})),
                NULL);
    if (err == ERR_CONFLICT)
        return ERR_EXISTS;
    return err == 0 ? act_add(txn, job->act) : err;
}

int till_open(struct sql *sql, const struct till *till, const struct act *act, int64_t deadline_ns)
{
    struct till_job job = {.job.run = run_open, .till = till, .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

/* Its row is locked by the first statement, so no entry comes between the sum and the end. */
static int run_close(struct sql_job *base, struct sql_txn *txn)
{
    const struct till_job *job = (const struct till_job *)base;
    const struct till *t = job->till;
    struct till_sums sums;
    uint64_t changes = 0;
    int err = sql_run(txn,
                      "UPDATE till SET open_key = till_id, closed_at_ms = ?, closed_by = ?,"
                      " counted = ?, note = ? WHERE till_id = ? AND closed_at_ms = 0",
                      SQL(sql_int(t->closed_at_ms), sql_id(t->closed_by), sql_int(t->counted),
                          sql_text(t->note), sql_id(t->till_id)),
                      &changes);
    if (err == 0 && changes != 1)
        err = ERR_CONFLICT;
    if (err == 0)
        err = sum(txn, t->till_id, &sums);
    if (err == 0 && sums.begun > 0)
        err = ERR_BUSY;
    if (err == 0)
        err = sql_run(txn, "UPDATE till SET expected = ? WHERE till_id = ?",
                      SQL(sql_int(till_expected(t, &sums)), sql_id(t->till_id)), NULL);
    return err == 0 ? act_add(txn, job->act) : err;
}

int till_close(struct sql *sql, const struct till *till, const struct act *act, int64_t deadline_ns)
{
    struct till_job job = {.job.run = run_close, .till = till, .act = act};
    return till->note.len > TILL_NOTE_MAX ? ERR_INVALID : sql_write(sql, &job.job, deadline_ns);
}

/* ---- entries ---- */

/* The next number of an open till, which stays locked until the transaction ends. */
static int next_number(struct sql_txn *txn, struct id till_id, struct view currency,
                       int64_t *ret_number)
{
    uint64_t changes = 0;
    int err = sql_run(txn,
                      "UPDATE till SET entries = entries + 1 WHERE till_id = ?"
                      " AND closed_at_ms = 0 AND currency = ?",
                      SQL(sql_id(till_id), sql_text(currency)), &changes);
    if (err == 0 && changes != 1)
        err = ERR_DENIED;
    return err == 0 ? sql_ask_int(txn, "SELECT entries FROM till WHERE till_id = ?",
                                  SQL(sql_id(till_id)), ret_number)
                    : err;
}

/* Whether the cash that the entry hands out is in the drawer; its till is locked. */
static int check_drawer(struct sql_txn *txn, const struct till_entry *e)
{
    struct till till = {0};
    struct till_sums sums;
    if (e->kind != TILL_REFUND || e->means != TILL_CASH)
        return 0;
    int err = sql_ask_int(txn, "SELECT opening FROM till WHERE till_id = ?",
                          SQL(sql_id(e->till_id)), &till.opening);
    if (err == 0)
        err = sum(txn, e->till_id, &sums);
    return err == 0 && till_expected(&till, &sums) < e->amount ? ERR_BUSY : err;
}

int till_add(struct sql_txn *txn, const struct till_entry *e, struct view currency)
{
    int64_t number = 0;
    if (e->note.len > TILL_NOTE_MAX)
        return ERR_INVALID;
    int err = next_number(txn, e->till_id, currency, &number);
    if (err == 0)
        err = check_drawer(txn, e);
    if (err == 0)
        err =
            sql_run(txn,
                    "INSERT INTO till_entry (" ENTRY_COLUMNS ")"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    SQL(sql_id(e->till_id), sql_int(number), sql_int(e->at_ms), sql_int(e->kind),
                        sql_int(e->means), sql_int(e->state), sql_id(e->about), sql_id(e->order_id),
                        sql_int(e->performance_id), sql_int(e->places), sql_int(e->amount),
                        sql_int(e->tendered), sql_text(e->note), sql_int(e->next_at_ms)),
                    NULL);
    return err == ERR_CONFLICT ? ERR_EXISTS : err;
}

struct entry_job {
    struct sql_job job;
    const struct till_entry *entry;
    struct view currency;
    const struct act *act;
};

static int run_begin(struct sql_job *base, struct sql_txn *txn)
{
    const struct entry_job *job = (const struct entry_job *)base;
    int err = till_add(txn, job->entry, job->currency);
    return err == 0 ? act_add(txn, job->act) : err;
}

int till_begin_comp(struct sql *sql, const struct till_entry *entry, struct view currency,
                    const struct act *act, int64_t deadline_ns)
{
    struct entry_job job = {.job.run = run_begin, .entry = entry, .currency = currency, .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

struct end_job {
    struct sql_job job;
    struct id about;
    uint32_t state;
};

static int run_end(struct sql_job *base, struct sql_txn *txn)
{
    const struct end_job *job = (const struct end_job *)base;
    uint64_t changes = 0;
    int err = sql_run(txn,
                      "UPDATE till_entry SET state = ?, next_at_ms = 0"
                      " WHERE about = ? AND state = 1",
                      SQL(sql_int(job->state), sql_id(job->about)), &changes);
    return err == 0 && changes != 1 ? ERR_NOT_FOUND : err;
}

int till_end_comp(struct sql *sql, struct id about, uint32_t state, int64_t deadline_ns)
{
    struct end_job job = {.job.run = run_end, .about = about, .state = state};
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- rules ---- */

struct rule_job {
    struct sql_job job;
    uint32_t organiser_id;
    bool comps;
    const struct act *act;
};

static int run_rule_set(struct sql_job *base, struct sql_txn *txn)
{
    const struct rule_job *job = (const struct rule_job *)base;
    int err = sql_run(txn, "DELETE FROM till_rule WHERE organiser_id = ?",
                      SQL(sql_int(job->organiser_id)), NULL);
    if (err == 0)
        err = sql_run(txn, "INSERT INTO till_rule (organiser_id, comps) VALUES (?, ?)",
                      SQL(sql_int(job->organiser_id), sql_int(job->comps)), NULL);
    return err == 0 ? act_add(txn, job->act) : err;
}

int till_rule_set(struct sql *sql, uint32_t organiser_id, bool comps, const struct act *act,
                  int64_t deadline_ns)
{
    struct rule_job job = {
        .job.run = run_rule_set, .organiser_id = organiser_id, .comps = comps, .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

static int run_rule_get(struct sql_job *base, struct sql_txn *txn)
{
    struct rule_job *job = (struct rule_job *)base;
    int64_t comps = 0;
    int err = sql_ask_int(txn, "SELECT comps FROM till_rule WHERE organiser_id = ?",
                          SQL(sql_int(job->organiser_id)), &comps);
    job->comps = err == 0 && comps != 0;
    return err == ERR_NOT_FOUND ? 0 : err;
}

int till_rule_get(struct sql *sql, uint32_t organiser_id, bool *ret_comps, int64_t deadline_ns)
{
    struct rule_job job = {.job.run = run_rule_get, .organiser_id = organiser_id};
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_comps = job.comps;
    return err;
}
