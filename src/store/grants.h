/*
 * grants: what is given to machines, and taken from people: API tokens, and the blocklist.
 *
 * Both are few, and every call asks for them: whoever identifies callers keeps them in memory
 * (svc/auth/roster.h) and reads them all whenever something has changed. The token's text is not
 * kept; it is its id, signed.
 */
#ifndef USHER_STORE_GRANTS_H
#define USHER_STORE_GRANTS_H

#include "store/acts.h"

#define API_TOKENS_MAX     10000 /* that live */
#define API_TOKEN_NAME_MAX 200   /* bytes */
#define BLOCKS_MAX         10000
#define BLOCK_SUBJECT_MAX  64  /* bytes */
#define BLOCK_REASON_MAX   200 /* bytes */

struct api_token {
    struct id token_id;
    uint32_t organiser_id;
    struct view name;
    uint32_t roles; /* bits, for that organiser */
    int64_t created_at_ms;
    int64_t expires_at_ms;
};

/* Adds a token. ERR_NOT_FOUND: there is no such organiser; ERR_FULL; otherwise as sql_write. */
int api_token_put(struct sql *sql, const struct api_token *token, const struct act *act,
                  int64_t deadline_ns);
/* The same in a job, without an act. */
int api_token_add(struct sql_txn *txn, const struct api_token *token);
/* Ends a token of that organiser. ERR_NOT_FOUND; otherwise as sql_write. */
int api_token_revoke(struct sql *sql, struct id token_id, uint32_t organiser_id,
                     const struct act *act, int64_t deadline_ns);

/* Numbers are for ever. */
enum block_kind { BLOCK_ACCOUNT = 1, BLOCK_ADDRESS = 2, BLOCK_NETWORK = 3 };

struct block {
    uint32_t block_id; /* given by block_put */
    enum block_kind kind;
    struct view subject; /* an account id, an address, or a network, each in one spelling */
    struct view reason;
    int64_t created_at_ms;
    int64_t ends_at_ms; /* 0: never */
};

/* Adds a block, in the place of one of the same subject. ERR_FULL; otherwise as sql_write. */
int block_put(struct sql *sql, const struct block *block, const struct act *act,
              uint32_t *ret_block_id, int64_t deadline_ns);
/* ERR_NOT_FOUND; otherwise as sql_write. */
int block_end(struct sql *sql, uint32_t block_id, const struct act *act, int64_t deadline_ns);

/* All tokens and blocks that have not ended at now_ms: tokens the newest first, blocks by id. As
 * sql_read. */
struct grants {
    struct api_token *tokens;
    size_t token_count;
    struct block *blocks;
    size_t block_count;
};
int grants_read(struct sql *sql, int64_t now_ms, struct arena *arena, struct grants *ret_grants,
                int64_t deadline_ns);

#endif
