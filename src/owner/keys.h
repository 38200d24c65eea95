/*
 * keys: idempotency keys: same key, same answer; same key with another request is an error.
 *
 * A key belongs to an account. What is kept of an answer is what is needed to give it again. Keys
 * are remembered for a stated time at least and forgotten in order of age; when the table is full
 * of keys that are too young to be forgotten, a new one is refused. So that no account can fill it
 * for all others, one may have only so many remembered at once, and fewer the less room is left: a
 * part of what is free (the dynamic threshold of Choudhury and Hahne, 1998). So those who use most
 * are refused first, and what they leave is there for who comes with few.
 */
#ifndef USHER_OWNER_KEYS_H
#define USHER_OWNER_KEYS_H

#include "err/err.h"
#include "seats/seats.h"

struct keys;

#define KEYS_SHARE 64 /* an account may have what is free, divided by this … */
#define KEYS_LEAST 8  /* … but so many always, while there is room */
/* The same of all accounts at one address, and in one network. */
#define KEYS_ADDRESS_SHARE 8
#define KEYS_ADDRESS_LEAST 64
#define KEYS_NETWORK_SHARE 2
#define KEYS_NETWORK_LEAST 256

/* Whose a key is. */
struct keys_of {
    struct id account_id;
    struct id origin; /* the address, as owner_ask has it; zero: counted for no address */
};

struct keys_answer {
    struct seats_hold hold; /* the hold, or the order's hold */
    bool as_stored;         /* the order hold.hold_id, as the store has it; the rest is not known */
    int64_t total;
    int64_t at_ms;
    uint8_t request_hash[32];
};

/* keys_max > 0 keys at once, account_max > 0 of them an account's, each kept keep_ms at least; seed
 * is secret. ERR_NO_MEMORY. */
int keys_new(uint32_t keys_max, uint32_t account_max, int64_t keep_ms, uint64_t seed,
             struct keys **ret_keys);
void keys_free(struct keys *keys);
/* Forgets everything. */
void keys_clear(struct keys *keys);

/* The answer given under this key, valid until the next call, or NULL. */
const struct keys_answer *keys_find(const struct keys *keys, struct id account_id, struct view key);

/* Forgets keys that are older than they are kept at now_ms, keys_max of them at most, and gives the
 * memory that they had back to the system. Returns when the oldest that is left may be forgotten:
 * now_ms or before where keys_max was too few, INT64_MAX where none is left. Who asks for room with
 * keys_room forgets as well; this is for a sale that nobody asks any more. */
int64_t keys_forget(struct keys *keys, uint32_t keys_max, int64_t now_ms);
/* True when keys_put of a new key would succeed at now_ms. */
bool keys_room(struct keys *keys, int64_t now_ms);
/* NULL when account, address and network have fewer keys remembered than their shares are now (the
 * account account_max at most); otherwise which has not: "account", "address", "network". Nothing
 * is forgotten here: ask keys_room first. */
const char *keys_exceeded(const struct keys *keys, struct keys_of of);
/* How full it is, in percent of what it may hold. */
uint32_t keys_used_percent(const struct keys *keys);
/* Remembers an answer (copied). The key is not there yet. The account's maximum is not looked at:
 * an answer that was given is kept. ERR_FULL. */
int keys_put(struct keys *keys, struct keys_of of, struct view key,
             const struct keys_answer *answer, int64_t now_ms);

#endif
