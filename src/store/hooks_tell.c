/* Whom the feed is told to: hooks, and how far each has come. */
#include <stdio.h>

#include "err/err.h"
#include "mem/utf8.h"
#include "store/hooks_rows.h"
#include "store/mails.h"
#include "token/roles.h"

#define OWNERS_MAX 20 /* of an organiser, that are written to */

int hook_read(struct sql_rows *rows, struct arena *arena, struct hook *h)
{
    *h = (struct hook){
        .hook_id = (uint64_t)sql_get_int(rows, 0),
        .organiser_id = (uint32_t)sql_get_int(rows, 1),
        .types = (uint32_t)sql_get_int(rows, 2),
        .old_until_ms = sql_get_int(rows, 6),
        .created_at_ms = sql_get_int(rows, 7),
        .state = (enum hook_state)sql_get_int(rows, 8),
        .position = (uint64_t)sql_get_int(rows, 9),
        .tries = (uint32_t)sql_get_int(rows, 10),
        .next_try_at_ms = sql_get_int(rows, 11),
        .failing_since_ms = sql_get_int(rows, 12),
        .taken_at_ms = sql_get_int(rows, 13),
        .last_seq = (uint64_t)sql_get_int(rows, 15),
    };
    int err = sql_get_copy(rows, 3, arena, &h->address);
    if (err == 0)
        err = sql_get_copy(rows, 4, arena, &h->secret);
    if (err == 0)
        err = sql_get_copy(rows, 5, arena, &h->old_secret);
    return err == 0 ? sql_get_copy(rows, 14, arena, &h->last_error) : err;
}

/* ---- making and changing ---- */

struct change_job {
    struct sql_job job;
    const struct hook *hook;
    const struct act *act;
    struct view secret;
    uint64_t hook_id, from_seq;
    int64_t at_ms;
};

/* The organiser's feed, which begins where there is none. */
static int open_feed(struct sql_txn *txn, uint32_t organiser_id, int64_t *ret_last)
{
    const struct sql_value organiser = sql_int(organiser_id);
    int err = sql_ask_int(txn, "SELECT last_seq FROM hook_feed WHERE organiser_id = ?", &organiser,
                          1, ret_last);
    if (err != ERR_NOT_FOUND)
        return err;
    *ret_last = 0;
    return sql_run(txn, "INSERT INTO hook_feed (organiser_id, last_seq) VALUES (?, 0)", &organiser,
                   1, NULL);
}

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    struct change_job *job = (struct change_job *)base;
    const struct hook *h = job->hook;
    const struct sql_value organiser = sql_int(h->organiser_id);
    int64_t count = 0, last = 0;
    int err = sql_ask_int(txn, "SELECT count(*) FROM organiser WHERE organiser_id = ?", &organiser,
                          1, &count);
    if (err == 0 && count == 0)
        err = ERR_NOT_FOUND;
    if (err == 0)
        err = open_feed(txn, h->organiser_id, &last);
    if (err == 0)
        err = sql_ask_int(txn, "SELECT count(*) FROM hook WHERE organiser_id = ?", &organiser, 1,
                          &count);
    if (err == 0 && count >= HOOKS_MAX)
        err = ERR_FULL;
    if (err == 0)
        err = sql_run(txn,
                      "INSERT INTO hook (organiser_id, types, address, secret, old_secret,"
                      " old_until_ms, created_at_ms, state, told, tries, next_try_at_ms,"
                      " busy_until_ms, failing_since_ms, taken_at_ms, last_error)"
                      " VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, 0, 0, 0, 0, 0, '')",
                      SQL(organiser, sql_int(h->types), sql_text(h->address), sql_bytes(h->secret),
                          sql_bytes((struct view){0}), sql_int(h->created_at_ms),
                          sql_int(HOOK_ACTIVE), sql_int(last)),
                      NULL);
    if (err == 0)
        job->hook_id = (uint64_t)sql_last_id(txn);
    return err == 0 ? act_add(txn, job->act) : err;
}

int hook_put(struct sql *sql, const struct hook *hook, const struct act *act, uint64_t *ret_hook_id,
             int64_t deadline_ns)
{
    struct change_job job = {.job.run = run_put, .hook = hook, .act = act};
    if (hook->address.len == 0 || hook->address.len > HOOK_ADDRESS_MAX ||
        hook->secret.len > HOOK_SECRET_MAX)
        return ERR_INVALID;
    int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_hook_id = job.hook_id;
    return err;
}

/* What a change of one row is: ERR_NOT_FOUND where it is not there; and its act. */
static int changed(struct sql_txn *txn, int err, uint64_t changes, const struct act *act)
{
    if (err == 0 && changes == 0)
        err = ERR_NOT_FOUND;
    return err == 0 ? act_add(txn, act) : err;
}

static int run_rotate(struct sql_job *base, struct sql_txn *txn)
{
    const struct change_job *job = (const struct change_job *)base;
    uint64_t changes = 0;
    const int err = sql_run(
        txn,
        "UPDATE hook SET old_secret = secret, secret = ?, old_until_ms = ?"
        " WHERE hook_id = ?",
        SQL(sql_bytes(job->secret), sql_int(job->at_ms), sql_int((int64_t)job->hook_id)), &changes);
    return changed(txn, err, changes, job->act);
}

int hook_rotate(struct sql *sql, uint64_t hook_id, struct view secret, int64_t old_until_ms,
                const struct act *act, int64_t deadline_ns)
{
    struct change_job job = {.job.run = run_rotate,
                             .hook_id = hook_id,
                             .secret = secret,
                             .at_ms = old_until_ms,
                             .act = act};
    return secret.len <= HOOK_SECRET_MAX ? sql_write(sql, &job.job, deadline_ns) : ERR_INVALID;
}

/* Whether the feed still has all from there on. */
static int check_from(struct sql_txn *txn, int64_t organiser_id, uint64_t from_seq)
{
    int64_t first = 0, last = 0;
    const struct sql_value organiser = sql_int(organiser_id);
    int err = sql_ask_int(txn, "SELECT last_seq FROM hook_feed WHERE organiser_id = ?", &organiser,
                          1, &last);
    if (err == 0)
        err =
            sql_ask_int(txn, "SELECT coalesce(min(seq), 0) FROM hook_event WHERE organiser_id = ?",
                        &organiser, 1, &first);
    if (err != 0)
        return err;
    return first > 0 && from_seq >= (uint64_t)first && from_seq <= (uint64_t)last ? 0 : ERR_INVALID;
}

static int run_replay(struct sql_job *base, struct sql_txn *txn)
{
    const struct change_job *job = (const struct change_job *)base;
    const struct sql_value id = sql_int((int64_t)job->hook_id);
    int64_t organiser = 0;
    uint64_t changes = 0;
    int err =
        sql_ask_int(txn, "SELECT organiser_id FROM hook WHERE hook_id = ?", &id, 1, &organiser);
    if (err == 0 && job->from_seq > 0)
        err = check_from(txn, organiser, job->from_seq);
    if (err == 0 && job->from_seq > 0)
        err = sql_run(txn, "UPDATE hook SET told = ? WHERE hook_id = ?",
                      SQL(sql_int((int64_t)job->from_seq - 1), id), NULL);
    if (err == 0)
        err = sql_run(txn,
                      "UPDATE hook SET state = ?, tries = 0, next_try_at_ms = ?,"
                      " failing_since_ms = 0 WHERE hook_id = ?",
                      SQL(sql_int(HOOK_ACTIVE), sql_int(job->at_ms), id), &changes);
    /* It may be as it was asked for already: it is there all the same. */
    return err == 0 ? act_add(txn, job->act) : err;
}

int hook_replay(struct sql *sql, uint64_t hook_id, uint64_t from_seq, int64_t now_ms,
                const struct act *act, int64_t deadline_ns)
{
    struct change_job job = {.job.run = run_replay,
                             .hook_id = hook_id,
                             .from_seq = from_seq,
                             .at_ms = now_ms,
                             .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

static int run_delete(struct sql_job *base, struct sql_txn *txn)
{
    const struct change_job *job = (const struct change_job *)base;
    uint64_t changes = 0;
    const int err = sql_run(txn, "DELETE FROM hook WHERE hook_id = ?",
                            SQL(sql_int((int64_t)job->hook_id)), &changes);
    return changed(txn, err, changes, job->act);
}

int hook_delete(struct sql *sql, uint64_t hook_id, const struct act *act, int64_t deadline_ns)
{
    struct change_job job = {.job.run = run_delete, .hook_id = hook_id, .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- reading ---- */

struct list_job {
    struct sql_job job;
    const char *text;
    struct sql_value values[4];
    size_t value_count, max;
    struct arena *arena;
    struct hook *hooks;
    size_t count;
};

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct list_job *job = (struct list_job *)base;
    struct sql_rows *rows;
    job->count = 0;
    int err = sql_query(txn, job->text, job->values, job->value_count, &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = hook_read(rows, job->arena, &job->hooks[job->count++]);
        if (err != 0)
            sql_done(rows);
    }
    return err;
}

static int list(struct sql *sql, struct list_job *job, struct hook **ret_hooks, size_t *ret_count,
                int64_t deadline_ns)
{
    job->job.run = run_list;
    job->values[job->value_count++] = sql_int((int64_t)job->max);
    job->hooks = arena_alloc(job->arena, job->max * sizeof(*job->hooks));
    int err = job->hooks ? sql_read(sql, &job->job, deadline_ns) : ERR_NO_MEMORY;
    if (err == 0) {
        *ret_hooks = job->hooks;
        *ret_count = job->count;
    }
    return err;
}

int hook_get(struct sql *sql, uint64_t hook_id, struct arena *arena, struct hook *ret_hook,
             int64_t deadline_ns)
{
    struct list_job job = {.text = "SELECT " HOOK_COLUMNS HOOK_FROM " WHERE h.hook_id = ? LIMIT ?",
                           .values = {sql_int((int64_t)hook_id)},
                           .value_count = 1,
                           .max = 1,
                           .arena = arena};
    struct hook *hooks;
    size_t count = 0;
    int err = list(sql, &job, &hooks, &count, deadline_ns);
    if (err == 0 && count == 0)
        err = ERR_NOT_FOUND;
    if (err == 0)
        *ret_hook = hooks[0];
    return err;
}

int hook_list(struct sql *sql, uint32_t organiser_id, struct arena *arena, struct hook **ret_hooks,
              size_t *ret_count, int64_t deadline_ns)
{
    struct list_job job = {.text = "SELECT " HOOK_COLUMNS HOOK_FROM
                                   " WHERE h.organiser_id = ? ORDER BY h.hook_id LIMIT ?",
                           .values = {sql_int(organiser_id)},
                           .value_count = 1,
                           .max = HOOKS_MAX,
                           .arena = arena};
    return list(sql, &job, ret_hooks, ret_count, deadline_ns);
}

int hook_due(struct sql *sql, int64_t now_ms, struct arena *arena, struct hook **ret_hooks,
             size_t *ret_count, int64_t deadline_ns)
{
    struct list_job job = {.text = "SELECT " HOOK_COLUMNS HOOK_FROM
                                   " WHERE h.state = ? AND h.next_try_at_ms <= ?"
                                   " AND h.busy_until_ms <= ? AND h.told < f.last_seq"
                                   " ORDER BY h.next_try_at_ms, h.hook_id LIMIT ?",
                           .values = {sql_int(HOOK_ACTIVE), sql_int(now_ms), sql_int(now_ms)},
                           .value_count = 3,
                           .max = HOOK_DUE_MAX,
                           .arena = arena};
    return list(sql, &job, ret_hooks, ret_count, deadline_ns);
}

/* ---- telling ---- */

struct begin_job {
    struct sql_job job;
    uint64_t hook_id;
    int64_t now_ms, until_ms;
};

static int run_begin(struct sql_job *base, struct sql_txn *txn)
{
    const struct begin_job *job = (const struct begin_job *)base;
    uint64_t changes = 0;
    int err =
        sql_run(txn, "UPDATE hook SET busy_until_ms = ? WHERE hook_id = ? AND busy_until_ms <= ?",
                SQL(sql_int(job->until_ms), sql_int((int64_t)job->hook_id), sql_int(job->now_ms)),
                &changes);
    return err == 0 && changes == 0 ? ERR_BUSY : err;
}

int hook_begin(struct sql *sql, uint64_t hook_id, int64_t now_ms, int64_t until_ms,
               int64_t deadline_ns)
{
    struct begin_job job = {
        .job.run = run_begin, .hook_id = hook_id, .now_ms = now_ms, .until_ms = until_ms};
    return sql_write(sql, &job.job, deadline_ns);
}

static int run_begin_anew(struct sql_job *base, struct sql_txn *txn)
{
    return sql_run(txn, "UPDATE hook SET busy_until_ms = 0 WHERE busy_until_ms > 0", SQL_NONE,
                   NULL);
}

int hook_begin_anew(struct sql *sql, int64_t deadline_ns)
{
    struct sql_job job = {.run = run_begin_anew};
    return sql_write(sql, &job, deadline_ns);
}

struct end_job {
    struct sql_job job;
    uint64_t hook_id;
    const struct hook_outcome *outcome;
    bool given_up;
};

/* At most HOOK_ERROR_MAX bytes, whole characters. */
static struct view cut(struct view text)
{
    size_t len = 0, next;
    while (len < text.len && (next = utf8_char(view_of(text.at + len, text.len - len))) > 0 &&
           len + next <= HOOK_ERROR_MAX)
        len += next;
    return view_of(text.at, len);
}

/* A mail to an owner: the hook's number stands for its address, which is a stranger's text. */
static int mail_owner(struct sql_txn *txn, const struct end_job *job, struct view email,
                      struct view language)
{
    char params[64], key[MAIL_KEY_MAX];
    snprintf(params, sizeof(params), "{\"webhook\":\"%llu\"}", (unsigned long long)job->hook_id);
    /* Once for each owner: an address is longer than a key may be, so its place in it is counted.
     */
    int64_t count = 0;
    snprintf(key, sizeof(key), "hook:%llu:%lld:", (unsigned long long)job->hook_id,
             (long long)job->outcome->at_ms);
    int err = mail_count(txn, view_str(key), &count);
    snprintf(key + strlen(key), sizeof(key) - strlen(key), "%lld", (long long)count);
    const struct mail mail = {.to = email,
                              .template = VIEW_LIT("webhook"),
                              .language =
                                  view_eq(language, VIEW_LIT("ko")) ? language : VIEW_LIT("en"),
                              .params = view_str(params),
                              .key = view_str(key),
                              .created_at_ms = job->outcome->at_ms};
    return err == 0 ? mail_put(txn, &mail) : err;
}

static int read_owners(struct sql_txn *txn, int64_t organiser_id, struct arena *arena,
                       struct view (*ret_owners)[2], size_t *ret_count)
{
    struct sql_rows *rows;
    size_t count = 0;
    int err =
        sql_query(txn,
                  "SELECT m.email, coalesce(a.language, 'en') FROM member m"
                  " LEFT JOIN account a ON a.account_id = m.account_id"
                  " WHERE m.organiser_id = ? AND m.roles = ? ORDER BY m.email LIMIT ?",
                  SQL(sql_int(organiser_id), sql_int(ROLE_OWNER), sql_int(OWNERS_MAX)), &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = sql_get_copy(rows, 0, arena, &ret_owners[count][0]);
        if (err == 0)
            err = sql_get_copy(rows, 1, arena, &ret_owners[count][1]);
        if (err != 0)
            sql_done(rows);
        count++;
    }
    *ret_count = count;
    return err;
}

static int tell_owners(struct sql_txn *txn, const struct end_job *job, int64_t organiser_id)
{
    struct view owners[OWNERS_MAX][2];
    size_t count;
    struct arena arena;
    char about[64];
    snprintf(about, sizeof(about), "organiser %lld, webhook %llu", (long long)organiser_id,
             (unsigned long long)job->hook_id);
    arena_init(&arena, 65536);
    int err = read_owners(txn, organiser_id, &arena, owners, &count);
    for (size_t i = 0; err == 0 && i < count; i++)
        err = mail_owner(txn, job, owners[i][0], owners[i][1]);
    if (err == 0)
        err = act_add(txn, &(struct act){.at_ms = job->outcome->at_ms,
                                         .what = VIEW_LIT("webhook.given_up"),
                                         .about = view_str(about)});
    arena_release(&arena);
    return err;
}

static int run_end(struct sql_job *base, struct sql_txn *txn)
{
    struct end_job *job = (struct end_job *)base;
    const struct hook_outcome *o = job->outcome;
    const struct sql_value id = sql_int((int64_t)job->hook_id);
    int64_t organiser = 0, since = 0, state = 0;
    job->given_up = false;
    int err =
        sql_ask_int(txn, "SELECT organiser_id FROM hook WHERE hook_id = ?", &id, 1, &organiser);
    if (err == 0)
        err = sql_run(txn, "UPDATE hook SET busy_until_ms = 0 WHERE hook_id = ?", &id, 1, NULL);
    if (err == 0 && o->to > o->from)
        err = sql_run(txn, "UPDATE hook SET told = ? WHERE hook_id = ? AND told = ?",
                      SQL(sql_int((int64_t)o->to), id, sql_int((int64_t)o->from)), NULL);
    if (err == 0 && o->taken)
        err = sql_run(txn,
                      "UPDATE hook SET taken_at_ms = ?, tries = 0, failing_since_ms = 0,"
                      " last_error = '' WHERE hook_id = ?",
                      SQL(sql_int(o->at_ms), id), NULL);
    if (err != 0 || !o->failed)
        return err;
    err = sql_run(txn,
                  "UPDATE hook SET tries = tries + 1, next_try_at_ms = ?, last_error = ?"
                  " WHERE hook_id = ?",
                  SQL(sql_int(o->next_try_at_ms), sql_text(cut(o->error)), id), NULL);
    if (err == 0)
        err = sql_run(txn,
                      "UPDATE hook SET failing_since_ms = ? WHERE hook_id = ?"
                      " AND failing_since_ms = 0",
                      SQL(sql_int(o->at_ms), id), NULL);
    if (err == 0)
        err =
            sql_ask_int(txn, "SELECT failing_since_ms FROM hook WHERE hook_id = ?", &id, 1, &since);
    if (err == 0)
        err = sql_ask_int(txn, "SELECT state FROM hook WHERE hook_id = ?", &id, 1, &state);
    job->given_up =
        err == 0 && state == HOOK_ACTIVE && (o->give_up || o->at_ms - since >= o->end_ms);
    if (job->given_up)
        err = sql_run(txn, "UPDATE hook SET state = ? WHERE hook_id = ?",
                      SQL(sql_int(HOOK_GIVEN_UP), id), NULL);
    return err == 0 && job->given_up ? tell_owners(txn, job, organiser) : err;
}

int hook_end(struct sql *sql, uint64_t hook_id, const struct hook_outcome *outcome,
             bool *ret_given_up, int64_t deadline_ns)
{
    struct end_job job = {.job.run = run_end, .hook_id = hook_id, .outcome = outcome};
    int err = sql_write(sql, &job.job, deadline_ns);
    *ret_given_up = err == 0 && job.given_up;
    return err;
}
