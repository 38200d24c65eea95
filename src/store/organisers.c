#include "store/organisers.h"

#include "err/err.h"

/* ---- members ---- */

/* The account of an address; zero where there is none. */
static int find_account(struct sql_txn *txn, struct view email, struct id *ret_account_id)
{
    struct sql_rows *rows;
    int err = sql_query(txn, "SELECT account_id FROM account WHERE email = ?", SQL(sql_text(email)),
                        &rows);
    if (err == 0)
        err = sql_next(rows);
    *ret_account_id = (struct id){0};
    if (err <= 0)
        return err;
    err = sql_get_id(rows, 0, ret_account_id);
    sql_done(rows);
    return err;
}

/* Whether a further membership has room. */
static int check_room(struct sql_txn *txn, uint32_t organiser_id, struct view email)
{
    int64_t team, elsewhere;
    int err = sql_ask_int(txn, "SELECT count(*) FROM member WHERE organiser_id = ?",
                          SQL(sql_int(organiser_id)), &team);
    if (err == 0)
        err = sql_ask_int(txn, "SELECT count(*) FROM member WHERE email = ?", SQL(sql_text(email)),
                          &elsewhere);
    if (err != 0)
        return err;
    return team < MEMBERS_MAX && elsewhere < ACCOUNT_MEMBERSHIPS_MAX ? 0 : ERR_FULL;
}

static int add_member(struct sql_txn *txn, const struct member *member)
{
    const struct sql_value account =
        id_is_zero(member->account_id) ? sql_null() : sql_id(member->account_id);
    int err = check_room(txn, member->organiser_id, member->email);
    if (err < 0)
        return err;
    return sql_run(txn,
                   "INSERT INTO member (organiser_id, email, account_id, roles, created_at_ms)"
                   " VALUES (?, ?, ?, ?, ?)",
                   SQL(sql_int(member->organiser_id), sql_text(member->email), account,
                       sql_int(member->roles), sql_int(member->created_at_ms)),
                   NULL);
}

struct set_job {
    struct sql_job job;
    struct member *member;
    uint32_t owner_role, may_change;
    bool may_orphan;
    const struct act *act;
};

/* Whether somebody else of the team has the owner's role, and not only an address that was invited
 * and may be nobody's. ERR_BUSY: nobody has. */
static int check_owners(struct sql_txn *txn, const struct set_job *job)
{
    int64_t others;
    int err = sql_ask_int(txn,
                          "SELECT count(*) FROM member WHERE organiser_id = ? AND roles = ?"
                          " AND email <> ? AND account_id IS NOT NULL",
                          SQL(sql_int(job->member->organiser_id), sql_int(job->owner_role),
                              sql_text(job->member->email)),
                          &others);
    return err < 0 ? err : others > 0 ? 0 : ERR_BUSY;
}

static int change_member(struct sql_txn *txn, const struct set_job *job, uint32_t had)
{
    const struct member *member = job->member;
    int err = had & ~job->may_change ? ERR_DENIED : 0;
    if (err == 0 && had == job->owner_role && member->roles != had && !job->may_orphan)
        err = check_owners(txn, job);
    if (err < 0)
        return err;
    if (member->roles == 0)
        return sql_run(txn, "DELETE FROM member WHERE organiser_id = ? AND email = ?",
                       SQL(sql_int(member->organiser_id), sql_text(member->email)), NULL);
    return sql_run(
        txn, "UPDATE member SET roles = ? WHERE organiser_id = ? AND email = ?",
        SQL(sql_int(member->roles), sql_int(member->organiser_id), sql_text(member->email)), NULL);
}

static int run_set(struct sql_job *base, struct sql_txn *txn)
{
    struct set_job *job = (struct set_job *)base;
    struct member *member = job->member;
    int64_t known, had = 0;
    int err = sql_ask_int(txn, "SELECT count(*) FROM organiser WHERE organiser_id = ?",
                          SQL(sql_int(member->organiser_id)), &known);
    if (err == 0 && known == 0)
        err = ERR_NOT_FOUND;
    if (err == 0)
        err = find_account(txn, member->email, &member->account_id);
    if (err < 0)
        return err;
    err = sql_ask_int(txn, "SELECT roles FROM member WHERE organiser_id = ? AND email = ?",
                      SQL(sql_int(member->organiser_id), sql_text(member->email)), &had);
    if (err == 0)
        err = change_member(txn, job, (uint32_t)had);
    else if (err == ERR_NOT_FOUND && member->roles != 0)
        err = add_member(txn, member);
    return err == 0 ? act_add(txn, job->act) : err;
}

int member_set(struct sql *sql, struct member *member, uint32_t owner_role, uint32_t may_change,
               bool may_orphan, const struct act *act, int64_t deadline_ns)
{
    struct set_job job = {.job.run = run_set,
                          .member = member,
                          .owner_role = owner_role,
                          .may_change = may_change,
                          .may_orphan = may_orphan,
                          .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

struct members_job {
    struct sql_job job;
    uint32_t organiser_id;
    struct arena *arena;
    struct member *members;
    size_t count;
};

static int copy_member(struct sql_rows *rows, struct arena *arena, struct member *ret_member)
{
    *ret_member = (struct member){.roles = (uint32_t)sql_get_int(rows, 2),
                                  .created_at_ms = sql_get_int(rows, 3)};
    int err = sql_is_null(rows, 1) ? 0 : sql_get_id(rows, 1, &ret_member->account_id);
    return err == 0 ? sql_get_copy(rows, 0, arena, &ret_member->email) : err;
}

static int run_members(struct sql_job *base, struct sql_txn *txn)
{
    struct members_job *job = (struct members_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT email, account_id, roles, created_at_ms FROM member"
                        " WHERE organiser_id = ? ORDER BY email LIMIT ?",
                        SQL(sql_int(job->organiser_id), sql_int(MEMBERS_MAX)), &rows);
    job->count = 0;
    while (err == 0 && (err = sql_next(rows)) == 1) {
        struct member *member = &job->members[job->count++];
        err = copy_member(rows, job->arena, member);
        member->organiser_id = job->organiser_id;
        if (err < 0)
            sql_done(rows);
    }
    return err;
}

int member_list(struct sql *sql, uint32_t organiser_id, struct arena *arena,
                struct member **ret_members, size_t *ret_count, int64_t deadline_ns)
{
    struct members_job job = {.job.run = run_members,
                              .organiser_id = organiser_id,
                              .arena = arena,
                              .members = arena_alloc(arena, MEMBERS_MAX * sizeof(struct member))};
    int err = job.members ? sql_read(sql, &job.job, deadline_ns) : ERR_NO_MEMORY;
    if (err == 0) {
        *ret_members = job.members;
        *ret_count = job.count;
    }
    return err;
}

/* ---- organisers ---- */

struct put_job {
    struct sql_job job;
    const struct organiser *organiser;
    struct view owner_email;
    uint32_t owner_roles;
    const struct act *act;
    uint32_t organiser_id;
};

static int run_put(struct sql_job *base, struct sql_txn *txn)
{
    struct put_job *job = (struct put_job *)base;
    int64_t count;
    int err = sql_ask_int(txn, "SELECT count(*) FROM organiser", SQL_NONE, &count);
    if (err == 0 && count >= ORGANISERS_MAX)
        err = ERR_FULL;
    if (err == 0)
        err = sql_run(txn, "INSERT INTO organiser (name, created_at_ms) VALUES (?, ?)",
                      SQL(sql_text(job->organiser->name), sql_int(job->organiser->created_at_ms)),
                      NULL);
    if (err < 0)
        return err == ERR_CONFLICT ? ERR_EXISTS : err;
    job->organiser_id = (uint32_t)sql_last_id(txn);
    struct member owner = {.organiser_id = job->organiser_id,
                           .email = job->owner_email,
                           .roles = job->owner_roles,
                           .created_at_ms = job->organiser->created_at_ms};
    err = find_account(txn, owner.email, &owner.account_id);
    if (err == 0)
        err = add_member(txn, &owner);
    return err == 0 ? act_add(txn, job->act) : err;
}

int organiser_put(struct sql *sql, const struct organiser *organiser, struct view owner_email,
                  uint32_t owner_roles, const struct act *act, uint32_t *ret_organiser_id,
                  int64_t deadline_ns)
{
    struct put_job job = {.job.run = run_put,
                          .organiser = organiser,
                          .owner_email = owner_email,
                          .owner_roles = owner_roles,
                          .act = act};
    assert(organiser->name.len <= ORGANISER_NAME_MAX && owner_email.len > 0);
    int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_organiser_id = job.organiser_id;
    return err;
}

struct list_job {
    struct sql_job job;
    struct arena *arena;
    struct organiser *organisers;
    size_t count;
};

static int run_list(struct sql_job *base, struct sql_txn *txn)
{
    struct list_job *job = (struct list_job *)base;
    struct sql_rows *rows;
    int err = sql_query(txn,
                        "SELECT organiser_id, name, created_at_ms FROM organiser"
                        " ORDER BY organiser_id LIMIT ?",
                        SQL(sql_int(ORGANISERS_MAX)), &rows);
    job->count = 0;
    while (err == 0 && (err = sql_next(rows)) == 1) {
        struct organiser *organiser = &job->organisers[job->count++];
        *organiser = (struct organiser){.organiser_id = (uint32_t)sql_get_int(rows, 0),
                                        .created_at_ms = sql_get_int(rows, 2)};
        err = sql_get_copy(rows, 1, job->arena, &organiser->name);
        if (err < 0)
            sql_done(rows);
    }
    return err;
}

struct known_job {
    struct sql_job job;
    uint32_t organiser_id;
    int64_t count;
};

static int run_known(struct sql_job *base, struct sql_txn *txn)
{
    struct known_job *job = (struct known_job *)base;
    return sql_ask_int(txn, "SELECT count(*) FROM organiser WHERE organiser_id = ?",
                       SQL(sql_int(job->organiser_id)), &job->count);
}

int organiser_known(struct sql *sql, uint32_t organiser_id, int64_t deadline_ns)
{
    struct known_job job = {.job.run = run_known, .organiser_id = organiser_id};
    int err = sql_read(sql, &job.job, deadline_ns);
    return err == 0 && job.count == 0 ? ERR_NOT_FOUND : err;
}

int organiser_list(struct sql *sql, struct arena *arena, struct organiser **ret_organisers,
                   size_t *ret_count, int64_t deadline_ns)
{
    struct list_job job = {.job.run = run_list,
                           .arena = arena,
                           .organisers =
                               arena_alloc(arena, ORGANISERS_MAX * sizeof(struct organiser))};
    int err = job.organisers ? sql_read(sql, &job.job, deadline_ns) : ERR_NO_MEMORY;
    if (err == 0) {
        *ret_organisers = job.organisers;
        *ret_count = job.count;
    }
    return err;
}
