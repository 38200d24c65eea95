/*
 * roster: the API tokens that live, and who is blocked, in memory.
 *
 * Every call asks for both, so they are here as sorted arrays; whoever changes one in the store
 * reads all of them anew. Readers of any thread see the old roster or the new one, never a piece.
 */
#ifndef USHER_SVC_AUTH_ROSTER_H
#define USHER_SVC_AUTH_ROSTER_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "store/grants.h"

struct roster_token {
    struct id token_id;
    uint32_t organiser_id, roles;
    int64_t expires_at_ms;
    _Atomic int64_t used_at_ms; /* 0: not since the server started */
};

struct roster_account {
    struct id account_id;
    int64_t ends_at_ms; /* INT64_MAX: never */
};

struct roster_network {
    uint8_t bits; /* of the prefix; an IPv4 one has 96 more, of ::ffff:0:0/96 */
    struct in6_addr prefix;
    int64_t ends_at_ms;
};

struct roster {
    pthread_rwlock_t lock;
    struct roster_token *tokens; /* ascending by id */
    size_t token_count;
    struct roster_account *accounts; /* ascending by id */
    size_t account_count;
    struct roster_network *networks; /* ascending by bits, then prefix */
    size_t network_count;
    /* Whether anybody is blocked: every call asks, and mostly nobody is, so it takes no lock. */
    atomic_bool blocks_accounts, blocks_networks;
};

void roster_init(struct roster *roster);
void roster_release(struct roster *roster);

/* Takes what the store has now in the place of what was here; tokens keep when they were used.
 * Subjects that cannot be read are passed over: they block nobody. ERR_NO_MEMORY. */
int roster_load(struct roster *roster, const struct grants *grants);

/* False: there is no such token that still holds. */
bool roster_find_token(struct roster *roster, struct id token_id, int64_t now_ms,
                       uint32_t *ret_organiser_id, uint32_t *ret_roles);
/* When a token was last found; 0: not since the server started. */
int64_t roster_token_used(struct roster *roster, struct id token_id);
bool roster_blocks_account(struct roster *roster, struct id account_id, int64_t now_ms);
/* address as text; one that cannot be read is not blocked. */
bool roster_blocks_address(struct roster *roster, struct view address, int64_t now_ms);

/* Reads an address ("192.0.2.1", "2001:db8::1") or, where there is a '/', a network in CIDR; the
 * bits behind the prefix are cleared. ERR_INVALID. */
int roster_read_network(struct view text, struct roster_network *ret_network);
/* The one spelling of it, and a NUL; whole: without the length of the prefix. */
void roster_write_network(const struct roster_network *network, bool whole,
                          char ret_text[BLOCK_SUBJECT_MAX + 1]);

#endif
