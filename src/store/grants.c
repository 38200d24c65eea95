#include "store/grants.h"

#include "err/err.h"

/* ---- API tokens ---- */

struct token_job {
    struct sql_job job;
    const struct api_token *token; /* NULL: revoke */
    struct id token_id;
    uint32_t organiser_id;
    const struct act *act;
};

int api_token_add(struct sql_txn *txn, const struct api_token *token)
{
    int64_t known, live;
    int err = sql_ask_int(txn, "SELECT count(*) FROM organiser WHERE organiser_id = ?",
                          SQL(sql_int(token->organiser_id)), &known);
    if (err == 0)
        err = sql_run(txn, "DELETE FROM api_token WHERE expires_at_ms <= ?",
                      SQL(sql_int(token->created_at_ms)), NULL);
    if (err == 0)
        err = sql_ask_int(txn, "SELECT count(*) FROM api_token", SQL_NONE, &live);
    if (err != 0)
        return err;
    if (known == 0 || live >= API_TOKENS_MAX)
        return known == 0 ? ERR_NOT_FOUND : ERR_FULL;
    return sql_run(txn,
                   "INSERT INTO api_token (token_id, organiser_id, name, roles, created_at_ms,"
                   " expires_at_ms) VALUES (?, ?, ?, ?, ?, ?)",
                   SQL(sql_id(token->token_id), sql_int(token->organiser_id), sql_text(token->name),
                       sql_int(token->roles), sql_int(token->created_at_ms),
                       sql_int(token->expires_at_ms)),
                   NULL);
}

static int run_token_put(struct sql_job *base, struct sql_txn *txn)
{
    const struct token_job *job = (const struct token_job *)base;
    int err = api_token_add(txn, job->token);
    return err == 0 ? act_add(txn, job->act) : err;
}

int api_token_put(struct sql *sql, const struct api_token *token, const struct act *act,
                  int64_t deadline_ns)
{
    struct token_job job = {.job.run = run_token_put, .token = token, .act = act};
    assert(token->name.len <= API_TOKEN_NAME_MAX);
    return sql_write(sql, &job.job, deadline_ns);
}

static int run_token_revoke(struct sql_job *base, struct sql_txn *txn)
{
    struct token_job *job = (struct token_job *)base;
    uint64_t changes;
    int err = sql_run(txn, "DELETE FROM api_token WHERE token_id = ? AND organiser_id = ?",
                      SQL(sql_id(job->token_id), sql_int(job->organiser_id)), &changes);
    if (err == 0 && changes == 0)
        err = ERR_NOT_FOUND;
    return err == 0 ? act_add(txn, job->act) : err;
}

int api_token_revoke(struct sql *sql, struct id token_id, uint32_t organiser_id,
                     const struct act *act, int64_t deadline_ns)
{
    struct token_job job = {.job.run = run_token_revoke,
                            .token_id = token_id,
                            .organiser_id = organiser_id,
                            .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- blocks ---- */

struct block_job {
    struct sql_job job;
    const struct block *block; /* NULL: end */
    uint32_t block_id;
    const struct act *act;
};

static int run_block_put(struct sql_job *base, struct sql_txn *txn)
{
    struct block_job *job = (struct block_job *)base;
    const struct block *block = job->block;
    int64_t live;
    int err = sql_run(
        txn,
        "DELETE FROM block WHERE (kind = ? AND subject = ?)"
        " OR (ends_at_ms > 0 AND ends_at_ms <= ?)",
        SQL(sql_int(block->kind), sql_text(block->subject), sql_int(block->created_at_ms)), NULL);
    if (err == 0)
        err = sql_ask_int(txn, "SELECT count(*) FROM block", SQL_NONE, &live);
    if (err == 0 && live >= BLOCKS_MAX)
        err = ERR_FULL;
    if (err == 0)
        err = sql_run(txn,
                      "INSERT INTO block (kind, subject, reason, created_at_ms, ends_at_ms)"
                      " VALUES (?, ?, ?, ?, ?)",
                      SQL(sql_int(block->kind), sql_text(block->subject), sql_text(block->reason),
                          sql_int(block->created_at_ms), sql_int(block->ends_at_ms)),
                      NULL);
    if (err < 0)
        return err;
    job->block_id = (uint32_t)sql_last_id(txn);
    return act_add(txn, job->act);
}

int block_put(struct sql *sql, const struct block *block, const struct act *act,
              uint32_t *ret_block_id, int64_t deadline_ns)
{
    struct block_job job = {.job.run = run_block_put, .block = block, .act = act};
    assert(block->subject.len <= BLOCK_SUBJECT_MAX && block->reason.len <= BLOCK_REASON_MAX);
    int err = sql_write(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_block_id = job.block_id;
    return err;
}

static int run_block_end(struct sql_job *base, struct sql_txn *txn)
{
    struct block_job *job = (struct block_job *)base;
    uint64_t changes;
    int err =
        sql_run(txn, "DELETE FROM block WHERE block_id = ?", SQL(sql_int(job->block_id)), &changes);
    if (err == 0 && changes == 0)
        err = ERR_NOT_FOUND;
    return err == 0 ? act_add(txn, job->act) : err;
}

int block_end(struct sql *sql, uint32_t block_id, const struct act *act, int64_t deadline_ns)
{
    struct block_job job = {.job.run = run_block_end, .block_id = block_id, .act = act};
    return sql_write(sql, &job.job, deadline_ns);
}

/* ---- reading all ---- */

struct read_job {
    struct sql_job job;
    int64_t now_ms;
    struct arena *arena;
    struct grants grants;
};

static int copy_token(struct sql_rows *rows, struct arena *arena, struct api_token *ret_token)
{
    *ret_token = (struct api_token){.organiser_id = (uint32_t)sql_get_int(rows, 1),
                                    .roles = (uint32_t)sql_get_int(rows, 3),
                                    .created_at_ms = sql_get_int(rows, 4),
                                    .expires_at_ms = sql_get_int(rows, 5)};
    int err = sql_get_id(rows, 0, &ret_token->token_id);
    return err == 0 ? sql_get_copy(rows, 2, arena, &ret_token->name) : err;
}

static int read_tokens(struct sql_txn *txn, struct read_job *job)
{
    struct grants *grants = &job->grants;
    struct sql_rows *rows;
    int64_t count;
    int err = sql_ask_int(txn, "SELECT count(*) FROM api_token WHERE expires_at_ms > ?",
                          SQL(sql_int(job->now_ms)), &count);
    if (err < 0)
        return err;
    grants->tokens = arena_alloc(job->arena, (size_t)count * sizeof(*grants->tokens));
    if (!grants->tokens)
        return ERR_NO_MEMORY;
    err = sql_query(txn,
                    "SELECT token_id, organiser_id, name, roles, created_at_ms, expires_at_ms"
                    " FROM api_token WHERE expires_at_ms > ? ORDER BY token_id DESC LIMIT ?",
                    SQL(sql_int(job->now_ms), sql_int(count)), &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = copy_token(rows, job->arena, &grants->tokens[grants->token_count++]);
        if (err < 0)
            sql_done(rows);
    }
    return err;
}

static int copy_block(struct sql_rows *rows, struct arena *arena, struct block *ret_block)
{
    *ret_block = (struct block){.block_id = (uint32_t)sql_get_int(rows, 0),
                                .kind = (enum block_kind)sql_get_int(rows, 1),
                                .created_at_ms = sql_get_int(rows, 4),
                                .ends_at_ms = sql_get_int(rows, 5)};
    int err = sql_get_copy(rows, 2, arena, &ret_block->subject);
    return err == 0 ? sql_get_copy(rows, 3, arena, &ret_block->reason) : err;
}

static int read_blocks(struct sql_txn *txn, struct read_job *job)
{
    struct grants *grants = &job->grants;
    struct sql_rows *rows;
    int64_t count;
    int err = sql_ask_int(txn, "SELECT count(*) FROM block WHERE ends_at_ms = 0 OR ends_at_ms > ?",
                          SQL(sql_int(job->now_ms)), &count);
    if (err < 0)
        return err;
    grants->blocks = arena_alloc(job->arena, (size_t)count * sizeof(*grants->blocks));
    if (!grants->blocks)
        return ERR_NO_MEMORY;
    err = sql_query(txn,
                    "SELECT block_id, kind, subject, reason, created_at_ms, ends_at_ms FROM block"
                    " WHERE ends_at_ms = 0 OR ends_at_ms > ? ORDER BY block_id LIMIT ?",
                    SQL(sql_int(job->now_ms), sql_int(count)), &rows);
    while (err == 0 && (err = sql_next(rows)) == 1) {
        err = copy_block(rows, job->arena, &grants->blocks[grants->block_count++]);
        if (err < 0)
            sql_done(rows);
    }
    return err;
}

static int run_read(struct sql_job *base, struct sql_txn *txn)
{
    struct read_job *job = (struct read_job *)base;
    job->grants = (struct grants){0};
    int err = read_tokens(txn, job);
    return err == 0 ? read_blocks(txn, job) : err;
}

int grants_read(struct sql *sql, int64_t now_ms, struct arena *arena, struct grants *ret_grants,
                int64_t deadline_ns)
{
    struct read_job job = {.job.run = run_read, .now_ms = now_ms, .arena = arena};
    int err = sql_read(sql, &job.job, deadline_ns);
    if (err == 0)
        *ret_grants = job.grants;
    return err;
}
