#include "store/bars.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err/err.h"
#include "net/range.h"

#define LIST_ARENA_MAX (16u << 20)
#define VERSION_STEP   100000 /* more than BARS_MAX */

static const struct sql_step steps[] = {
    {"bar", "CREATE TABLE bar (bar_id {id}, organiser_id {int} NOT NULL, kind {int} NOT NULL,"
            " subject {text} NOT NULL, reason {text} NOT NULL, created_at_ms {int} NOT NULL,"
            " ends_at_ms {int} NOT NULL, UNIQUE (organiser_id, kind, subject))"},
};

int bars_migrate(struct sql *sql, bool read_only, int64_t now_ms)
{
    return sql_migrate(sql, "bars", steps, sizeof(steps) / sizeof(steps[0]), read_only, now_ms);
}

struct bar_job {
    struct sql_job job;
    const struct bar *bar;
    const struct act *act;
    uint32_t organiser_id, bar_id;
};

static int check_room(struct sql_txn *txn, uint32_t organiser_id)
{
    int64_t own, all;
    int err = sql_ask_int(txn, "SELECT count(*) FROM bar WHERE organiser_id = ?",
                          SQL(sql_int(organiser_id)), &own);
    if (err == 0)
        err = sql_ask_int(txn, "SELECT count(*) FROM bar", SQL_NONE, &all);
    if (err != 0)
        return err;
    return own < BARS_EACH_MAX && all < BARS_MAX ? 0 : ERR_FULL;
}

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    struct bar_job *job = (struct bar_job *)base;
    const struct bar *bar = job->bar;
    int err = sql_run(txn,
                      "DELETE FROM bar WHERE (organiser_id = ? AND kind = ? AND subject = ?)"
                      " OR (ends_at_ms > 0 AND ends_at_ms <= ?)",
                      SQL(sql_int(bar->organiser_id), sql_int(bar->kind), sql_text(bar->subject),
                          sql_int(bar->created_at_ms)),
                      NULL);
    if (err == 0)
        err = check_room(txn, bar->organiser_id);
    if (err == 0)
        err = sql_run(txn,
                      "INSERT INTO bar (organiser_id, kind, subject, reason, created_at_ms,"
                      " ends_at_ms) VALUES (?, ?, ?, ?, ?, ?)",
                      SQL(sql_int(bar->organiser_id), sql_int(bar->kind), sql_text(bar->subject),
                          sql_text(bar->reason), sql_int(bar->created_at_ms),
                          sql_int(bar->ends_at_ms)),
                      NULL);
    if (err < 0)
        return err;
    job->bar_id = (uint32_t)sql_last_id(txn);
    char about[64 + BAR_SUBJECT_MAX + BAR_REASON_MAX];
    struct act act = *job->act;
    snprintf(about, sizeof(about), "organiser %u, bar %u: %.*s: %.*s", bar->organiser_id,
             job->bar_id, VIEW_ARG(bar->subject), VIEW_ARG(bar->reason));
    act.about = view_str(about);
    return act_add(txn, &act);
}

int bar_put(struct sql *sql, const struct bar *bar, const struct act *act, uint32_t *ret_bar_id,
            int64_t deadline_ns)
{
    struct bar_job job = {.job.run = run_put, .bar = bar, .act = act};
    assert(bar->subject.len <= BAR_SUBJECT_MAX && bar->reason.len <= BAR_REASON_MAX);
    int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_bar_id = job.bar_id;
    return err;
}

static int run_end(struct sql_job *base, struct sql_txn *txn)
{
    struct bar_job *job = (struct bar_job *)base;
    uint64_t changes;
    int err = sql_run(txn, "DELETE FROM bar WHERE bar_id = ? AND organiser_id = ?",
                      SQL(sql_int(job->bar_id), sql_int(job->organiser_id)), &changes);
    if (err == 0 && changes == 0)
        err = ERR_NOT_FOUND;
    char about[64];
    struct act act = *job->act;
    snprintf(about, sizeof(about), "organiser %u, bar %u", job->organiser_id, job->bar_id);
    act.about = view_str(about);
    return err == 0 ? act_add(txn, &act) : err;
}

int bar_end(struct sql *sql, uint32_t organiser_id, uint32_t bar_id, const struct act *act,
            int64_t deadline_ns)
{
    struct bar_job job = {
        .job.run = run_end, .organiser_id = organiser_id, .bar_id = bar_id, .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- reading ---- */

struct read_job {
    struct sql_job job;
    uint32_t organiser_id;
    int64_t now_ms;
    struct arena *arena;
    struct bar *bars;
    size_t count;
};

static int copy_bar(struct sql_rows *rows, struct arena *arena, struct bar *ret_bar)
{
    *ret_bar = (struct bar){.bar_id = (uint32_t)sql_get_int(rows, 0),
                            .organiser_id = (uint32_t)sql_get_int(rows, 1),
                            .kind = (enum bar_kind)sql_get_int(rows, 2),
                            .created_at_ms = sql_get_int(rows, 5),
                            .ends_at_ms = sql_get_int(rows, 6)};
    int err = sql_get_copy(rows, 3, arena, &ret_bar->subject);
    return err == 0 ? sql_get_copy(rows, 4, arena, &ret_bar->reason) : err;
}

static int run_read(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    const struct sql_value organiser = sql_int(job->organiser_id);
    struct sql_rows *rows;
    int64_t count;
    int more = 0;
    int err = sql_ask_int(txn, "SELECT count(*) FROM bar", SQL_NONE, &count);
    if (err < 0)
        return err;
    job->count = 0;
    job->bars = arena_alloc(job->arena, ((size_t)count + 1) * sizeof(*job->bars));
    if (!job->bars)
        return ERR_NO_MEMORY;
    err = sql_query(txn,
                    "SELECT bar_id, organiser_id, kind, subject, reason, created_at_ms, ends_at_ms"
                    " FROM bar WHERE (organiser_id = ? OR ? = 0) AND (ends_at_ms = 0 OR"
                    " ends_at_ms > ?) ORDER BY organiser_id, bar_id",
                    SQL(organiser, organiser, sql_int(job->now_ms)), &rows);
    while (err == 0 && (more = sql_next(rows)) == 1 && (int64_t)job->count < count) {
        err = copy_bar(rows, job->arena, &job->bars[job->count++]);
        if (err != 0)
            sql_done(rows);
    }
    return err != 0 ? err : more;
}

int bar_read(struct sql *sql, uint32_t organiser_id, int64_t now_ms, struct arena *arena,
             struct bar **ret_bars, size_t *ret_count, int64_t deadline_ns)
{
    struct read_job job = {
        .job.run = run_read, .organiser_id = organiser_id, .now_ms = now_ms, .arena = arena};
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_bars = job.bars;
        *ret_count = job.count;
    }
    return err;
}

/* ---- what was made ---- */

struct made_job {
    struct sql_job job;
    uint32_t organiser_id;
    bool blocks;
    int64_t from_ms, to_ms;
    struct arena *arena;
    struct bar_made *made; /* 2 * BARS_MADE_MAX */
    uint32_t *ids;         /* of the bars */
    size_t count;
};

/* "SUBJECT: REASON" */
static int read_about(struct view about, struct arena *arena, struct bar_made *made)
{
    size_t end = 0;
    while (end + 1 < about.len && !(about.at[end] == ':' && about.at[end + 1] == ' '))
        end++;
    if (end + 1 >= about.len)
        end = about.len;
    const size_t rest = end < about.len ? end + 2 : end;
    const char *subject = arena_copy(arena, view_of(about.at, end));
    const char *reason = arena_copy(arena, view_of(about.at + rest, about.len - rest));
    if (!subject || !reason)
        return ERR_NO_MEMORY;
    made->subject = view_str(subject);
    made->reason = view_str(reason);
    return 0;
}

/* What stands behind "organiser N, bar M", and M; false: it is another organiser's. Older acts say
 * "organiser N: " alone: M is 0. */
static bool bar_of(struct view about, uint32_t organiser_id, uint32_t *ret_id,
                   struct view *ret_rest)
{
    char head[64];
    uint64_t bar_id;
    snprintf(head, sizeof(head), "organiser %u: ", organiser_id);
    *ret_id = 0;
    *ret_rest = (struct view){0};
    if (view_starts(about, view_str(head))) {
        *ret_rest = view_of(about.at + strlen(head), about.len - strlen(head));
        return true;
    }
    snprintf(head, sizeof(head), "organiser %u, bar ", organiser_id);
    if (!view_starts(about, view_str(head)))
        return false;
    const struct view rest = view_of(about.at + strlen(head), about.len - strlen(head));
    size_t at = 0;
    while (at < rest.len && rest.at[at] >= '0' && rest.at[at] <= '9')
        at++;
    if (!view_to_u64(view_of(rest.at, at), UINT32_MAX, &bar_id))
        return false;
    at += at + 2 <= rest.len ? 2 : 0;
    *ret_id = (uint32_t)bar_id;
    *ret_rest = view_of(rest.at + at, rest.len - at);
    return true;
}

static int add_made(struct made_job *job, struct sql_rows *rows, bool block)
{
    struct view about = sql_get_view(rows, 2);
    uint32_t bar_id = 0;
    if (!block && !bar_of(about, job->organiser_id, &bar_id, &about))
        return 0;
    struct bar_made *made = &job->made[job->count];
    *made = (struct bar_made){.by_operator = block, .at_ms = sql_get_int(rows, 0)};
    job->ids[job->count++] = bar_id;
    int err = sql_get_id(rows, 1, &made->account_id);
    return err == 0 ? read_about(about, job->arena, made) : err;
}

static void add_end(struct made_job *job, struct sql_rows *rows)
{
    struct view rest;
    uint32_t bar_id;
    const bool ours = bar_of(sql_get_view(rows, 2), job->organiser_id, &bar_id, &rest);
    for (size_t i = 0; i < job->count && ours && bar_id > 0; i++) {
        if (job->ids[i] == bar_id)
            job->made[i].ended_at_ms = sql_get_int(rows, 0);
    }
}

static int read_acts(struct made_job *job, struct sql_txn *txn, const char *what)
{
    struct sql_rows *rows;
    const bool ends = strcmp(what, "bar.end") == 0;
    const size_t room = job->count + BARS_MADE_MAX;
    int err =
        sql_query(txn,
                  "SELECT at_ms, account_id, about FROM act WHERE what = ? AND at_ms >= ?"
                  " AND at_ms <= ? ORDER BY at_ms, act_id",
                  SQL(sql_text(view_str(what)), sql_int(job->from_ms), sql_int(job->to_ms)), &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = 0;
        if (ends)
            add_end(job, rows);
        else if (job->count < room)
            err = add_made(job, rows, strcmp(what, "block") == 0);
        if (err != 0)
            sql_done(rows);
    }
    return err;
}

static int run_made(struct sql_job *base, struct sql_txn *txn)
{
    struct made_job *job = (struct made_job *)base;
    job->count = 0;
    int err = read_acts(job, txn, "bar");
    if (err == 0)
        err = read_acts(job, txn, "bar.end");
    return err == 0 && job->blocks ? read_acts(job, txn, "block") : err;
}

int bars_made(struct sql *sql, uint32_t organiser_id, bool blocks, int64_t from_ms, int64_t to_ms,
              struct arena *arena, struct bar_made **ret_made, size_t *ret_count,
              int64_t deadline_ns)
{
    const size_t room = (size_t)2 * BARS_MADE_MAX;
    struct made_job job = {.job.run = run_made,
                           .organiser_id = organiser_id,
                           .blocks = blocks,
                           .from_ms = from_ms,
                           .to_ms = to_ms,
                           .arena = arena,
                           .made = arena_alloc(arena, room * sizeof(struct bar_made)),
                           .ids = arena_alloc(arena, room * sizeof(uint32_t))};
    if (!job.made || !job.ids)
        return ERR_NO_MEMORY;
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0) {
        *ret_made = job.made;
        *ret_count = job.count;
    }
    return err;
}

/* ---- in memory ---- */

struct bar_entry {
    uint32_t organiser_id;
    enum bar_kind kind;
    int64_t ends_at_ms; /* INT64_MAX: never */
    struct id account_id;
    struct net_range network;
};

void bar_list_init(struct bar_list *list)
{
    *list = (struct bar_list){.version = -1};
    pthread_rwlock_init(&list->lock, NULL);
}

void bar_list_release(struct bar_list *list)
{
    free(list->entries);
    pthread_rwlock_destroy(&list->lock);
}

struct version_job {
    struct sql_job job;
    int64_t version;
};

/* Numbers are never given twice, so the highest and how many there are tell of every change. */
static int run_version(struct sql_job *base, struct sql_txn *txn)
{
    struct version_job *job = (struct version_job *)base;
    int64_t highest, count;
    int err = sql_ask_int(txn, "SELECT coalesce(max(bar_id), 0) FROM bar", SQL_NONE, &highest);
    if (err == 0)
        err = sql_ask_int(txn, "SELECT count(*) FROM bar", SQL_NONE, &count);
    if (err != 0)
        return err;
    job->version = highest * VERSION_STEP + count;
    return 0;
}

/* Those that can be read; others bar nobody. */
static size_t fill(const struct bar *bars, size_t count, struct bar_entry *entries)
{
    size_t filled = 0;
    for (size_t i = 0; i < count; i++) {
        struct bar_entry entry = {.organiser_id = bars[i].organiser_id,
                                  .kind = bars[i].kind,
                                  .ends_at_ms =
                                      bars[i].ends_at_ms ? bars[i].ends_at_ms : INT64_MAX};
        const int err = entry.kind == BAR_ACCOUNT ? id_parse(bars[i].subject, &entry.account_id)
                                                  : net_range_read(bars[i].subject, &entry.network);
        if (err == 0)
            entries[filled++] = entry;
    }
    return filled;
}

static int load(struct bar_list *list, struct sql *sql, int64_t version, int64_t now_ms,
                int64_t deadline_ns)
{
    struct arena arena;
    struct bar *bars;
    size_t count = 0;
    arena_init(&arena, LIST_ARENA_MAX);
    int err = bar_read(sql, 0, now_ms, &arena, &bars, &count, deadline_ns);
    struct bar_entry *entries = err == 0 ? calloc(count + 1, sizeof(*entries)) : NULL;
    if (err == 0 && !entries)
        err = ERR_NO_MEMORY;
    if (err == 0) {
        count = fill(bars, count, entries);
        pthread_rwlock_wrlock(&list->lock);
        free(list->entries);
        list->entries = entries;
        list->count = count;
        list->version = version;
        list->some = count > 0;
        pthread_rwlock_unlock(&list->lock);
    }
    arena_release(&arena);
    return err;
}

int bar_list_follow(struct bar_list *list, struct sql *sql, int64_t now_ms, int64_t deadline_ns)
{
    struct version_job job = {.job.run = run_version};
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err != 0)
        return err;
    pthread_rwlock_rdlock(&list->lock);
    const bool same = list->version == job.version;
    pthread_rwlock_unlock(&list->lock);
    return same ? 0 : load(list, sql, job.version, now_ms, deadline_ns);
}

static bool hits(const struct bar_entry *entry, struct id account_id,
                 const struct in6_addr *address, int64_t now_ms)
{
    if (now_ms >= entry->ends_at_ms)
        return false;
    return entry->kind == BAR_ACCOUNT ? id_eq(entry->account_id, account_id)
                                      : address && net_range_has(&entry->network, address);
}

bool bar_list_has(struct bar_list *list, uint32_t organiser_id, struct id account_id,
                  struct view address, int64_t now_ms)
{
    struct in6_addr bytes;
    bool barred = false;
    if (!list->some)
        return false;
    const bool known = net_range_address(address, &bytes) == 0 && !net_range_is_local(&bytes);
    pthread_rwlock_rdlock(&list->lock);
    size_t from = 0, to = list->count;
    while (from < to) { /* the organiser's first */
        const size_t middle = from + (to - from) / 2;
        if (list->entries[middle].organiser_id < organiser_id)
            from = middle + 1;
        else
            to = middle;
    }
    for (; !barred && from < list->count && list->entries[from].organiser_id == organiser_id;
         from++)
        barred = hits(&list->entries[from], account_id, known ? &bytes : NULL, now_ms);
    pthread_rwlock_unlock(&list->lock);
    return barred;
}
