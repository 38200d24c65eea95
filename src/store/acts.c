#include "store/acts.h"

#include <ctype.h>
#include <string.h>

#include "err/err.h"
#include "mem/utf8.h"
#include "store/mails.h"

#define ABOUT_MAX 200

/* The whole characters that fit. */
static struct view cut(struct view text)
{
    size_t len = 0;
    for (size_t n; len < text.len; len += n) {
        n = utf8_char(view_of(text.at + len, text.len - len));
        if (n == 0 || len + n > ABOUT_MAX)
            break;
    }
    return view_of(text.at, len);
}

/* What the owner of an account is told of by mail, for it may have been somebody else. */
static const struct {
    const char *act;
    const char *said[2]; /* in English, in Korean */
} told[] = {
    {"password.change", {"Your password was changed.", "비밀번호가 변경되었습니다."}},
    {"password.reset",
     {"A new password was set with a code that was mailed to you.",
      "메일로 받은 코드로 새 비밀번호가 설정되었습니다."}},
    {"factor.set",
     {"An authenticator was added: its six digits are asked for at every sign-in.",
      "인증 앱이 등록되었습니다. 로그인할 때마다 6자리 숫자를 입력해야 합니다."}},
    {"factor.remove", {"The authenticator was removed.", "인증 앱 등록이 해제되었습니다."}},
    {"factor.recovery",
     {"A recovery code was used in the place of the authenticator.",
      "인증 앱 대신 복구 코드가 사용되었습니다."}},
    {"factor.refused",
     {"Somebody signed in with your password, but without the right digits of your authenticator, "
      "and was refused.",
      "비밀번호는 맞지만 인증 앱의 숫자가 틀린 로그인 시도가 있어 거부되었습니다."}},
    {"login.unusual",
     {"Somebody signed in to your account from a device and a network that are new, after several "
      "wrong passwords, or after a long time.",
      "새로운 기기와 네트워크에서, 또는 비밀번호를 여러 번 틀린 뒤나 오랜만에 로그인이 "
      "있었습니다."}},
    {"provider.link",
     {"Another service was connected, and signs in to your account from now on.",
      "다른 서비스 계정이 연결되었습니다. 이제 그 계정으로도 로그인할 수 있습니다."}},
    {"provider.unlink",
     {"A connected service was taken off your account.", "연결된 서비스 계정이 해제되었습니다."}},
};

/* An address as a log has it: digits, letters, dots, colons. */
static bool is_address(struct view text)
{
    bool plain = text.len > 0;
    for (size_t i = 0; i < text.len; i++)
        plain = plain && (isalnum((unsigned char)text.at[i]) || strchr(".:", text.at[i]));
    return plain;
}

static int mail_owner(struct sql_txn *txn, const struct act *act, const char *const said[2])
{
    struct arena arena;
    struct view email = {0}, language = {0};
    struct sql_rows *rows;
    arena_init(&arena, 65536);
    int err = sql_query(txn, "SELECT email, language FROM account WHERE account_id = ?",
                        SQL(sql_id(act->account_id)), &rows);
    if (err == 0)
        err = sql_next(rows);
    const bool known = err == 1;
    if (known) {
        err = sql_get_copy(rows, 0, &arena, &email);
        if (err == 0)
            err = sql_get_copy(rows, 1, &arena, &language);
        sql_done(rows);
    }
    const struct view from = is_address(act->address) ? act->address : VIEW_LIT("-");
    const char *params = arena_printf(&arena, "{\"what\":\"%s\",\"address\":\"%.*s\"}",
                                      said[view_eq(language, VIEW_LIT("ko"))], VIEW_ARG(from));
    if (known && err == 0) {
        const struct mail mail = {.to = email,
                                  .template = VIEW_LIT("changed"),
                                  .language = language,
                                  .params = params ? view_str(params) : (struct view){0},
                                  .created_at_ms = act->at_ms};
        err = params ? mail_put(txn, &mail) : ERR_NO_MEMORY;
    }
    arena_release(&arena);
    return err;
}

int act_add(struct sql_txn *txn, const struct act *act)
{
    int err = sql_run(
        txn, "INSERT INTO act (at_ms, what, account_id, address, about) VALUES (?, ?, ?, ?, ?)",
        SQL(sql_int(act->at_ms), sql_text(act->what), sql_id(act->account_id),
            sql_text(act->address), sql_text(cut(act->about))),
        NULL);
    for (size_t i = 0; err == 0 && i < sizeof(told) / sizeof(told[0]); i++) {
        if (view_eq(act->what, view_str(told[i].act)))
            return mail_owner(txn, act, told[i].said);
    }
    return err;
}

struct put_job {
    struct sql_job job;
    const struct act *act;
};

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    return act_add(txn, ((struct put_job *)base)->act);
}

int act_put(struct sql *sql, const struct act *act, int64_t deadline_ns)
{
    struct put_job job = {.job.run = run_put, .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

struct list_job {
    struct sql_job job;
    uint64_t before_act_id;
    struct id account_id;
    size_t rows_max;
    struct arena *arena;
    struct act *acts;
    size_t count;
};

static int copy_row(struct sql_rows *rows, struct arena *arena, struct act *ret_act)
{
    *ret_act =
        (struct act){.act_id = (uint64_t)sql_get_int(rows, 0), .at_ms = sql_get_int(rows, 1)};
    int err = sql_get_copy(rows, 2, arena, &ret_act->what);
    if (err == 0)
        err = sql_get_id(rows, 3, &ret_act->account_id);
    if (err == 0)
        err = sql_get_copy(rows, 4, arena, &ret_act->address);
    return err == 0 ? sql_get_copy(rows, 5, arena, &ret_act->about) : err;
}

#define COLUMNS "act_id, at_ms, what, account_id, address, about"

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct list_job *job = (struct list_job *)base;
    struct sql_rows *rows;
    const struct sql_value before =
        sql_int(job->before_act_id ? (int64_t)job->before_act_id : INT64_MAX);
    const struct sql_value limit = sql_int((int64_t)job->rows_max);
    int err = id_is_zero(job->account_id)
                  ? sql_query(txn,
                              "SELECT " COLUMNS " FROM act WHERE act_id < ?"
                              " ORDER BY act_id DESC LIMIT ?",
                              SQL(before, limit), &rows)
                  : sql_query(txn,
                              "SELECT " COLUMNS " FROM act WHERE account_id = ? AND act_id < ?"
                              " ORDER BY act_id DESC LIMIT ?",
                              SQL(sql_id(job->account_id), before, limit), &rows);
    job->count = 0;
    if (err < 0)
        return err;
    while ((err = sql_next(rows)) == 1) {
        err = copy_row(rows, job->arena, &job->acts[job->count++]);
        if (err < 0) {
            sql_done(rows);
            return err;
        }
    }
    return err;
}

int act_list(struct sql *sql, uint64_t before_act_id, struct id account_id, size_t rows_max,
             struct arena *arena, struct act **ret_acts, size_t *ret_count, int64_t deadline_ns)
{
    if (rows_max > ACT_PAGE_MAX)
        rows_max = ACT_PAGE_MAX;
    struct list_job job = {
        .job.run = run_list,
        .before_act_id = before_act_id,
        .account_id = account_id,
        .rows_max = rows_max,
        .arena = arena,
        .acts = arena_alloc(arena, rows_max * sizeof(struct act)),
    };
    if (!job.acts)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_acts = job.acts;
        *ret_count = job.count;
    }
    return err;
}

/* ---- searching ---- */

struct find_job {
    struct sql_job job;
    const struct act_query *query;
    size_t rows_max;
    struct arena *arena;
    struct act *acts;
    size_t count;
    uint64_t more;
};

static bool contains(struct view text, struct view part)
{
    return part.len == 0 || (text.len > 0 && memmem(text.at, text.len, part.at, part.len));
}

static int read_fitting(struct find_job *job, struct sql_rows *rows)
{
    const struct act_query *q = job->query;
    const bool fits =
        view_starts(sql_get_view(rows, 2), q->what) &&
        (contains(sql_get_view(rows, 5), q->text) || view_eq(sql_get_view(rows, 4), q->text));
    return fits ? copy_row(rows, job->arena, &job->acts[job->count++]) : 0;
}

static int run_find(struct sql_job *base, struct sql_txn *txn)
{
    struct find_job *job = (struct find_job *)base;
    const struct act_query *q = job->query;
    const struct sql_value before =
        sql_int(q->before_act_id ? (int64_t)q->before_act_id : INT64_MAX);
    const struct sql_value from = sql_int(q->from_ms),
                           to = sql_int(q->to_ms ? q->to_ms : INT64_MAX),
                           most = sql_int(ACT_LOOKED_MAX);
    struct sql_rows *rows;
    int looked = 0;
    int err = id_is_zero(q->account_id)
                  ? sql_query(txn,
                              "SELECT " COLUMNS " FROM act WHERE act_id < ? AND at_ms >= ?"
                              " AND at_ms <= ? ORDER BY act_id DESC LIMIT ?",
                              SQL(before, from, to, most), &rows)
                  : sql_query(txn,
                              "SELECT " COLUMNS " FROM act WHERE account_id = ? AND act_id < ?"
                              " AND at_ms >= ? AND at_ms <= ? ORDER BY act_id DESC LIMIT ?",
                              SQL(sql_id(q->account_id), before, from, to, most), &rows);
    job->count = 0;
    job->more = 0;
    while (err == 0 && (err = sql_next(rows)) == 1) {
        job->more = (uint64_t)sql_get_int(rows, 0);
        err = read_fitting(job, rows);
        if (err != 0 || job->count == job->rows_max) {
            sql_done(rows);
            return err;
        }
        looked++;
    }
    if (err == 0 && looked < ACT_LOOKED_MAX)
        job->more = 0;
    return err;
}

int act_find(struct sql *sql, const struct act_query *query, size_t rows_max, struct arena *arena,
             struct act **ret_acts, size_t *ret_count, uint64_t *ret_more, int64_t deadline_ns)
{
    struct find_job job = {.job.run = run_find,
                           .query = query,
                           .rows_max = rows_max < ACT_PAGE_MAX ? rows_max : ACT_PAGE_MAX,
                           .arena = arena};
    job.acts = arena_alloc(arena, job.rows_max * sizeof(struct act));
    if (!job.acts)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_acts = job.acts;
        *ret_count = job.count;
        *ret_more = job.more;
    }
    return err;
}
