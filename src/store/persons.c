#include "store/persons.h"

#include "err/err.h"

struct list_job {
    struct sql_job job;
    struct id account_id;
    struct person_proof persons[PERSON_KINDS];
    size_t count;
};

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct list_job *job = (struct list_job *)base;
    struct sql_rows *rows;
    job->count = 0;
    int err = sql_query(txn,
                        "SELECT kind, person_id, proved_at_ms FROM person WHERE account_id = ?"
                        " ORDER BY kind LIMIT ?",
                        SQL(sql_id(job->account_id), sql_int(PERSON_KINDS)), &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        struct person_proof *person = &job->persons[job->count++];
        *person = (struct person_proof){.kind = (enum person_kind)sql_get_int(rows, 0),
                                        .proved_at_ms = sql_get_int(rows, 2)};
        err = sql_get_id(rows, 1, &person->person_id);
        if (err < 0)
            sql_done(rows);
    }
    return err;
}

int person_list(struct sql *sql, struct id account_id,
                struct person_proof ret_persons[PERSON_KINDS], size_t *ret_count,
                int64_t deadline_ns)
{
    struct list_job job = {.job.run = run_list, .account_id = account_id};
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err != 0)
        return err;
    memcpy(ret_persons, job.persons, sizeof(job.persons));
    *ret_count = job.count;
    return 0;
}

int person_get(struct sql *sql, struct id account_id, enum person_kind kind,
               struct id *ret_person_id, int64_t deadline_ns)
{
    struct person_proof persons[PERSON_KINDS];
    size_t count;
    int err = person_list(sql, account_id, persons, &count, deadline_ns);
    for (size_t i = 0; err == 0 && i < count; i++) {
        if (persons[i].kind == kind) {
            *ret_person_id = persons[i].person_id;
            return 0;
        }
    }
    return err != 0 ? err : ERR_NOT_FOUND;
}

/* ---- proving ---- */

struct put_job {
    struct sql_job job;
    struct id account_id;
    const struct person_proof *person;
    const struct act *act;
};

/* The one id that a query gives; zero where it gives none. */
static int ask_id(struct sql_txn *txn, const char *text, const struct sql_value *values,
                  size_t count, struct id *ret_id)
{
    struct sql_rows *rows;
    *ret_id = (struct id){0};
    int err = sql_query(txn, text, values, count, &rows);
    if (err == 0)
        err = sql_next(rows);
    if (err <= 0)
        return err;
    err = sql_get_id(rows, 0, ret_id);
    sql_done(rows);
    return err;
}

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    const struct put_job *job = (struct put_job *)base;
    const struct sql_value account = sql_id(job->account_id), kind = sql_int(job->person->kind);
    struct id known;
    int err = ask_id(txn, "SELECT person_id FROM person WHERE account_id = ? AND kind = ?",
                     SQL(account, kind), &known);
    if (err < 0 || id_eq(known, job->person->person_id))
        return err;
    if (!id_is_zero(known) && job->person->kind == PERSON_BY_IDENTITY)
        return ERR_CONFLICT;
    err = sql_run(txn, "DELETE FROM person WHERE account_id = ? AND kind = ?", SQL(account, kind),
                  NULL);
    if (err == 0)
        err = sql_run(
            txn,
            "INSERT INTO person (account_id, kind, person_id, proved_at_ms)"
            " VALUES (?, ?, ?, ?)",
            SQL(account, kind, sql_id(job->person->person_id), sql_int(job->person->proved_at_ms)),
            NULL);
    return err == 0 ? act_add(txn, job->act) : err;
}

int person_put(struct sql *sql, struct id account_id, const struct person_proof *person,
               const struct act *act, int64_t deadline_ns)
{
    struct put_job job = {
        .job.run = run_put, .account_id = account_id, .person = person, .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

int person_forget(struct sql_txn *txn, struct id account_id)
{
    return sql_run(txn, "DELETE FROM person WHERE account_id = ?", SQL(sql_id(account_id)), NULL);
}

/* ---- one place in a line ---- */

struct take_job {
    struct sql_job job;
    const struct person_place *place;
    struct id over, owner;
    int64_t now_ms;
};

/* Whose the place is, and since when; zero: nobody's. */
static int find_owner(struct sql_txn *txn, const struct person_place *place, struct id *ret_owner,
                      int64_t *ret_taken_at_ms)
{
    struct sql_rows *rows;
    *ret_owner = (struct id){0};
    int err = sql_query(txn,
                        "SELECT account_id, taken_at_ms FROM person_place"
                        " WHERE sale_id = ? AND person_id = ?",
                        SQL(sql_int(place->sale_id), sql_id(place->person_id)), &rows);
    if (err == 0)
        err = sql_next(rows);
    if (err <= 0)
        return err;
    *ret_taken_at_ms = sql_get_int(rows, 1);
    err = sql_get_id(rows, 0, ret_owner);
    sql_done(rows);
    return err;
}

static int run_take(struct sql_job *base, struct sql_txn *txn)
{
    struct take_job *job = (struct take_job *)base;
    const struct person_place *place = job->place;
    const struct sql_value sale = sql_int(place->sale_id), person = sql_id(place->person_id);
    int64_t taken_at_ms = 0;
    int err = find_owner(txn, place, &job->owner, &taken_at_ms);
    if (err < 0)
        return err;
    const bool passes =
        id_eq(job->owner, job->over) && job->now_ms - taken_at_ms >= PERSON_PLACE_MS;
    if (!id_is_zero(job->owner) && !id_eq(job->owner, place->account_id) && !passes)
        return 0;
    job->owner = place->account_id;
    err = sql_run(txn, "DELETE FROM person_place WHERE sale_id = ? AND person_id = ?",
                  SQL(sale, person), NULL);
    return err == 0
               ? sql_run(txn,
                         "INSERT INTO person_place (sale_id, person_id, account_id,"
                         " taken_at_ms) VALUES (?, ?, ?, ?)",
                         SQL(sale, person, sql_id(place->account_id), sql_int(job->now_ms)), NULL)
               : err;
}

int person_place_take(struct sql *sql, const struct person_place *place, struct id over,
                      int64_t now_ms, struct id *ret_account_id, int64_t deadline_ns)
{
    struct take_job job = {.job.run = run_take, .place = place, .over = over, .now_ms = now_ms};
    int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_account_id = job.owner;
    return err;
}
