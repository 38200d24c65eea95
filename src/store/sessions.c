#include "store/sessions.h"

#include "err/err.h"

#define COLUMNS                                                                                    \
    "session_id, account_id, generation, strong, device, address, created_at_ms, used_at_ms,"      \
    " ends_at_ms, provider"

static int64_t end_after(int64_t used_at_ms, int64_t created_at_ms)
{
    const int64_t idle = used_at_ms + SESSION_IDLE_MS, life = created_at_ms + SESSION_LIFE_MS;
    return idle < life ? idle : life;
}

static int copy_row(struct sql_rows *rows, struct arena *arena, struct session *ret_session)
{
    *ret_session = (struct session){
        .generation = (uint32_t)sql_get_int(rows, 2),
        .strong = sql_get_int(rows, 3) != 0,
        .created_at_ms = sql_get_int(rows, 6),
        .used_at_ms = sql_get_int(rows, 7),
        .ends_at_ms = sql_get_int(rows, 8),
    };
    int err = sql_get_id(rows, 0, &ret_session->session_id);
    if (err == 0)
        err = sql_get_id(rows, 1, &ret_session->account_id);
    if (err == 0)
        err = sql_get_copy(rows, 4, arena, &ret_session->device);
    if (err == 0)
        err = sql_get_copy(rows, 5, arena, &ret_session->address);
    return err == 0 ? sql_get_copy(rows, 9, arena, &ret_session->provider) : err;
}

/* ---- beginning ---- */

/* Room for one more: at most SESSIONS_MAX - 1 stay. */
static int make_room(struct sql_txn *txn, struct id account_id, int64_t now_ms)
{
    struct sql_rows *rows;
    struct id oldest;
    int64_t count = 0;
    int err = sql_run(txn, "DELETE FROM session WHERE ends_at_ms <= ?", SQL(sql_int(now_ms)), NULL);
    if (err == 0)
        err = sql_ask_int(txn, "SELECT count(*) FROM session WHERE account_id = ?",
                          SQL(sql_id(account_id)), &count);
    if (err < 0 || count < SESSIONS_MAX)
        return err;
    err = sql_query(txn,
                    "SELECT session_id FROM session WHERE account_id = ?"
                    " ORDER BY used_at_ms LIMIT 1",
                    SQL(sql_id(account_id)), &rows);
    if (err == 0)
        err = sql_next(rows);
    if (err <= 0)
        return err;
    err = sql_get_id(rows, 0, &oldest);
    sql_done(rows);
    return err == 0
               ? sql_run(txn, "DELETE FROM session WHERE session_id = ?", SQL(sql_id(oldest)), NULL)
               : err;
}

int session_add(struct sql_txn *txn, struct session *session)
{
    assert(session->device.len <= SESSION_DEVICE_MAX &&
           session->address.len <= SESSION_ADDRESS_MAX);
    session->generation = 0;
    session->used_at_ms = session->created_at_ms;
    session->ends_at_ms = end_after(session->created_at_ms, session->created_at_ms);
    int err = make_room(txn, session->account_id, session->created_at_ms);
    if (err < 0)
        return err;
    return sql_run(txn, "INSERT INTO session (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   SQL(sql_id(session->session_id), sql_id(session->account_id), sql_int(0),
                       sql_int(session->strong), sql_text(session->device),
                       sql_text(session->address), sql_int(session->created_at_ms),
                       sql_int(session->used_at_ms), sql_int(session->ends_at_ms),
                       sql_text(session->provider)),
                   NULL);
}

struct put_job {
    struct sql_job job;
    struct session *session;
    const struct act *act;
};

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    struct put_job *job = (struct put_job *)base;
    int err = session_add(txn, job->session);
    return err == 0 ? act_add(txn, job->act) : err;
}

int session_put(struct sql *sql, struct session *session, const struct act *act,
                int64_t deadline_ns)
{
    struct put_job job = {.job.run = run_put, .session = session, .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- going on ---- */

struct refresh_job {
    struct sql_job job;
    struct id session_id;
    uint32_t generation;
    struct view address;
    int64_t now_ms;
    struct arena *arena;
    int outcome; /* an error that is nevertheless to be committed */
    struct session session;
    struct account account;
};

static int read_session(struct sql_txn *txn, struct id session_id, struct arena *arena,
                        struct session *ret_session)
{
    struct sql_rows *rows;
    int err = sql_query(txn, "SELECT " COLUMNS " FROM session WHERE session_id = ?",
                        SQL(sql_id(session_id)), &rows);
    if (err == 0)
        err = sql_next(rows);
    if (err <= 0)
        return err < 0 ? err : ERR_NOT_FOUND;
    err = copy_row(rows, arena, ret_session);
    sql_done(rows);
    return err;
}

static int end_family(struct sql_txn *txn, struct refresh_job *job)
{
    const struct act act = {.at_ms = job->now_ms,
                            .what = VIEW_LIT("session.reuse"),
                            .account_id = job->session.account_id,
                            .address = job->address};
    int err = sql_run(txn, "DELETE FROM session WHERE session_id = ?", SQL(sql_id(job->session_id)),
                      NULL);
    job->outcome = ERR_CONFLICT;
    return err == 0 ? act_add(txn, &act) : err;
}

static int go_on(struct sql_txn *txn, struct refresh_job *job)
{
    struct session *session = &job->session;
    uint64_t changes;
    session->generation++;
    session->used_at_ms = job->now_ms;
    session->ends_at_ms = end_after(job->now_ms, session->created_at_ms);
    session->address = job->address;
    int err = sql_run(txn,
                      "UPDATE session SET generation = ?, used_at_ms = ?, ends_at_ms = ?,"
                      " address = ? WHERE session_id = ? AND generation = ?",
                      SQL(sql_int(session->generation), sql_int(session->used_at_ms),
                          sql_int(session->ends_at_ms), sql_text(session->address),
                          sql_id(session->session_id), sql_int(session->generation - 1)),
                      &changes);
    if (err < 0)
        return err;
    /* Another server was faster by a moment: the next try finds it within the grace. */
    return changes == 1 ? 0 : ERR_UNAVAILABLE;
}

static int run_refresh(struct sql_job *base, struct sql_txn *txn)
{
    struct refresh_job *job = (struct refresh_job *)base;
    job->outcome = 0;
    int err = read_session(txn, job->session_id, job->arena, &job->session);
    if (err == 0 && job->session.ends_at_ms <= job->now_ms)
        err = ERR_NOT_FOUND;
    if (err < 0)
        return err;
    const bool present = job->generation == job->session.generation;
    const bool before = job->generation + 1 == job->session.generation;
    if (present)
        err = go_on(txn, job);
    else if (!before || job->now_ms - job->session.used_at_ms >= SESSION_GRACE_MS)
        return end_family(txn, job);
    return err == 0 ? account_read(txn, job->session.account_id, job->arena, &job->account) : err;
}

int session_refresh(struct sql *sql, struct id session_id, uint32_t generation, struct view address,
                    int64_t now_ms, struct arena *arena, struct session *ret_session,
                    struct account *ret_account, int64_t deadline_ns)
{
    struct refresh_job job = {.job.run = run_refresh,
                              .session_id = session_id,
                              .generation = generation,
                              .address = address,
                              .now_ms = now_ms,
                              .arena = arena};
    assert(address.len <= SESSION_ADDRESS_MAX);
    int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0)
        err = job.outcome;
    if (err == 0) {
        *ret_session = job.session;
        *ret_account = job.account;
    }
    return err;
}

/* ---- ending ---- */

int session_end_others(struct sql_txn *txn, struct id account_id, struct id but)
{
    return sql_run(txn, "DELETE FROM session WHERE account_id = ? AND session_id <> ?",
                   SQL(sql_id(account_id), sql_id(but)), NULL);
}

struct end_job {
    struct sql_job job;
    struct id account_id;
    struct id session_id;
    const struct act *act;
};

static int run_end(struct sql_job *base, struct sql_txn *txn)
{
    struct end_job *job = (struct end_job *)base;
    struct act act = *job->act;
    struct sql_rows *rows;
    int err = sql_query(txn, "SELECT account_id FROM session WHERE session_id = ?",
                        SQL(sql_id(job->session_id)), &rows);
    if (err == 0)
        err = sql_next(rows);
    if (err <= 0)
        return err < 0 ? err : ERR_NOT_FOUND;
    err = sql_get_id(rows, 0, &act.account_id);
    sql_done(rows);
    if (err == 0 && !id_is_zero(job->account_id) && !id_eq(job->account_id, act.account_id))
        err = ERR_NOT_FOUND;
    if (err == 0)
        err = sql_run(txn, "DELETE FROM session WHERE session_id = ?", SQL(sql_id(job->session_id)),
                      NULL);
    return err == 0 ? act_add(txn, &act) : err;
}

int session_end(struct sql *sql, struct id account_id, struct id session_id, const struct act *act,
                int64_t deadline_ns)
{
    struct end_job job = {
        .job.run = run_end, .account_id = account_id, .session_id = session_id, .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- what ends them all ---- */

struct password_job {
    struct sql_job job;
    struct view password;
    uint32_t password_chars;
    struct session *session;
    const struct act *act;
};

static int run_password(struct sql_job *base, struct sql_txn *txn)
{
    struct password_job *job = (struct password_job *)base;
    const struct id account_id = job->session->account_id;
    int err = account_set_password(txn, account_id, job->password, job->password_chars);
    if (err == 0)
        err = session_end_others(txn, account_id, (struct id){0});
    if (err == 0)
        err = session_add(txn, job->session);
    return err == 0 ? act_add(txn, job->act) : err;
}

int session_change_password(struct sql *sql, struct view password, uint32_t password_chars,
                            struct session *session, const struct act *act, int64_t deadline_ns)
{
    struct password_job job = {.job.run = run_password,
                               .password = password,
                               .password_chars = password_chars,
                               .session = session,
                               .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

struct factor_job {
    struct sql_job job;
    struct id account_id, session_id;
    struct view sealed;
    int64_t step;
    const struct act *act;
};

static int run_factor(struct sql_job *base, struct sql_txn *txn)
{
    struct factor_job *job = (struct factor_job *)base;
    const bool sets = job->sealed.len > 0;
    uint64_t changes = 0;
    int err = sql_run(
        txn,
        "UPDATE account SET totp = ?, totp_step = ?, recovery_used = 0"
        " WHERE account_id = ? AND (length(totp) = 0 OR ? = 0)",
        SQL(sql_bytes(job->sealed), sql_int(job->step), sql_id(job->account_id), sql_int(sets)),
        &changes);
    if (err == 0 && changes == 0)
        err = sets ? ERR_EXISTS : ERR_NOT_FOUND;
    if (err == 0)
        err = sql_run(txn, "UPDATE session SET strong = 0 WHERE account_id = ?",
                      SQL(sql_id(job->account_id)), NULL);
    if (err == 0)
        err = sql_run(txn, "UPDATE session SET strong = 1 WHERE session_id = ? AND account_id = ?",
                      SQL(sql_id(job->session_id), sql_id(job->account_id)), NULL);
    return err == 0 ? act_add(txn, job->act) : err;
}

int account_set_totp(struct sql *sql, struct id account_id, struct view sealed, int64_t step,
                     struct id session_id, const struct act *act, int64_t deadline_ns)
{
    struct factor_job job = {.job.run = run_factor,
                             .account_id = account_id,
                             .session_id = session_id,
                             .sealed = sealed,
                             .step = step,
                             .act = act};
    assert(sealed.len == 0 || sealed.len == ACCOUNT_TOTP_BYTES);
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- listing ---- */

struct list_job {
    struct sql_job job;
    struct id account_id;
    int64_t now_ms;
    struct arena *arena;
    struct session *sessions;
    size_t count;
};

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct list_job *job = (struct list_job *)base;
    struct sql_rows *rows;
    int err =
        sql_query(txn,
                  "SELECT " COLUMNS " FROM session WHERE account_id = ? AND ends_at_ms > ?"
                  " ORDER BY used_at_ms DESC LIMIT ?",
                  SQL(sql_id(job->account_id), sql_int(job->now_ms), sql_int(SESSIONS_MAX)), &rows);
    job->count = 0;
    if (err < 0)
        return err;
    while ((err = sql_next(rows)) == 1) {
        err = copy_row(rows, job->arena, &job->sessions[job->count++]);
        if (err < 0) {
            sql_done(rows);
            return err;
        }
    }
    return err;
}

int session_list(struct sql *sql, struct id account_id, int64_t now_ms, struct arena *arena,
                 struct session **ret_sessions, size_t *ret_count, int64_t deadline_ns)
{
    struct list_job job = {
        .job.run = run_list,
        .account_id = account_id,
        .now_ms = now_ms,
        .arena = arena,
        .sessions = arena_alloc(arena, SESSIONS_MAX * sizeof(struct session)),
    };
    if (!job.sessions)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_sessions = job.sessions;
        *ret_count = job.count;
    }
    return err;
}
