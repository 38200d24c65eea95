#include "store/sites.h"

#include <string.h>

#include "err/err.h"

/* ---- what is one ---- */

static bool is_host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static bool is_port(struct view text)
{
    uint64_t port;
    return text.len > 0 && text.at[0] != '0' && view_to_u64(text, 65535, &port);
}

bool site_is(struct view text)
{
    const struct view secure = VIEW_LIT("https://"), plain = VIEW_LIT("http://");
    const bool open = view_starts(text, plain);
    size_t len = 0;
    if (text.len > SITE_BYTES_MAX || (!open && !view_starts(text, secure)))
        return false;
    view_skip(&text, open ? plain.len : secure.len);
    while (len < text.len && is_host_char(text.at[len]))
        len++;
    const struct view host = view_of(text.at, len);
    view_skip(&text, len);
    if (host.len == 0 || host.at[0] == '.' || host.at[0] == '-' || host.at[len - 1] == '.' ||
        host.at[len - 1] == '-' || memmem(host.at, host.len, "..", 2))
        return false;
    if (open && !view_eq(host, VIEW_LIT("localhost")) && !view_eq(host, VIEW_LIT("127.0.0.1")))
        return false;
    return text.len == 0 || (text.at[0] == ':' && is_port(view_of(text.at + 1, text.len - 1)));
}

/* ---- setting and reading ---- */

struct sites_job {
    struct sql_job job;
    uint32_t organiser_id;
    const struct view *sites;
    size_t count;
    const struct act *act;
    struct arena *arena;
    struct view *found;
};

static int run_set(struct sql_job *base, struct sql_txn *txn)
{
    const struct sites_job *job = (const struct sites_job *)base;
    const struct sql_value organiser = sql_int(job->organiser_id);
    int64_t known;
    int err = sql_ask_int(txn, "SELECT count(*) FROM organiser WHERE organiser_id = ?",
                          SQL(organiser), &known);
    if (err == 0 && known == 0)
        err = ERR_NOT_FOUND;
    if (err == 0)
        err =
            sql_run(txn, "DELETE FROM organiser_site WHERE organiser_id = ?", SQL(organiser), NULL);
    for (size_t i = 0; err == 0 && i < job->count; i++)
        err = sql_run(txn, "INSERT INTO organiser_site (organiser_id, origin) VALUES (?, ?)",
                      SQL(organiser, sql_text(job->sites[i])), NULL);
    return err == 0 ? act_add(txn, job->act) : err;
}

int sites_set(struct sql *sql, uint32_t organiser_id, const struct view *sites, size_t count,
              const struct act *act, int64_t deadline_ns)
{
    struct sites_job job = {.job.run = run_set,
                            .organiser_id = organiser_id,
                            .sites = sites,
                            .count = count,
                            .act = act};
    for (size_t i = 0; i < count; i++) {
        if (count > SITES_MAX || !site_is(sites[i]))
            return ERR_INVALID;
        for (size_t k = 0; k < i; k++) {
            if (view_eq(sites[i], sites[k]))
                return ERR_INVALID;
        }
    }
    return sql_write(sql, &job.job, deadline_ns);
}

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct sites_job *job = (struct sites_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT origin FROM organiser_site WHERE organiser_id = ?"
                        " ORDER BY origin LIMIT ?",
                        SQL(sql_int(job->organiser_id), sql_int(SITES_MAX)), &rows);
    job->count = 0;
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = sql_get_copy(rows, 0, job->arena, &job->found[job->count++]);
        if (err != 0)
            sql_done(rows);
    }
    return err;
}

int sites_list(struct sql *sql, uint32_t organiser_id, struct arena *arena, struct view **ret_sites,
               size_t *ret_count, int64_t deadline_ns)
{
    struct sites_job job = {.job.run = run_list,
                            .organiser_id = organiser_id,
                            .arena = arena,
                            .found = arena_alloc(arena, SITES_MAX * sizeof(struct view))};
    int err = job.found ? sql_read(sql, &job.job, deadline_ns) : ERR_NO_MEMORY;
    if (err == 0) {
        *ret_sites = job.found;
        *ret_count = job.count;
    }
    return err;
}
