#include "svc/auth/roster.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "net/range.h"

void roster_init(struct roster *roster)
{
    *roster = (struct roster){0};
    pthread_rwlock_init(&roster->lock, NULL);
}

static void drop(struct roster *roster)
{
    free(roster->tokens);
    free(roster->accounts);
    free(roster->networks);
}

void roster_release(struct roster *roster)
{
    drop(roster);
    pthread_rwlock_destroy(&roster->lock);
}

/* ---- networks ---- */

int roster_read_network(struct view text, struct roster_network *ret_network)
{
    struct net_range range;
    int err = net_range_read(text, &range);
    if (!err)
        *ret_network = (struct roster_network){
            .bits = range.bits, .prefix = range.prefix, .ends_at_ms = INT64_MAX};
    return err;
}

void roster_write_network(const struct roster_network *network, bool whole,
                          char ret_text[BLOCK_SUBJECT_MAX + 1])
{
    static_assert(NET_RANGE_CHARS <= BLOCK_SUBJECT_MAX, "a network fits");
    const struct net_range range = {.bits = network->bits, .prefix = network->prefix};
    net_range_write(&range, !whole, ret_text);
}

/* ---- order ---- */

static int compare_ids(struct id a, struct id b)
{
    if (a.hi != b.hi)
        return a.hi < b.hi ? -1 : 1;
    return a.lo < b.lo ? -1 : a.lo > b.lo;
}

static int compare_tokens(const void *a, const void *b)
{
    return compare_ids(((const struct roster_token *)a)->token_id,
                       ((const struct roster_token *)b)->token_id);
}

static int compare_accounts(const void *a, const void *b)
{
    return compare_ids(((const struct roster_account *)a)->account_id,
                       ((const struct roster_account *)b)->account_id);
}

static int compare_networks(const void *a, const void *b)
{
    const struct roster_network *one = a, *other = b;
    if (one->bits != other->bits)
        return one->bits < other->bits ? -1 : 1;
    return memcmp(&one->prefix, &other->prefix, sizeof(one->prefix));
}

/* ---- loading ---- */

static void take_block(struct roster *fresh, const struct block *block)
{
    const int64_t ends_at_ms = block->ends_at_ms ? block->ends_at_ms : INT64_MAX;
    struct roster_network network;
    struct id account_id;
    if (block->kind == BLOCK_ACCOUNT) {
        if (id_parse(block->subject, &account_id) == 0)
            fresh->accounts[fresh->account_count++] =
                (struct roster_account){.account_id = account_id, .ends_at_ms = ends_at_ms};
    } else if (roster_read_network(block->subject, &network) == 0) {
        network.ends_at_ms = ends_at_ms;
        fresh->networks[fresh->network_count++] = network;
    }
}

static int fill(struct roster *fresh, const struct grants *grants)
{
    fresh->tokens = calloc(grants->token_count + 1, sizeof(*fresh->tokens));
    fresh->accounts = calloc(grants->block_count + 1, sizeof(*fresh->accounts));
    fresh->networks = calloc(grants->block_count + 1, sizeof(*fresh->networks));
    if (!fresh->tokens || !fresh->accounts || !fresh->networks)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < grants->token_count; i++) {
        const struct api_token *token = &grants->tokens[i];
        struct roster_token *to = &fresh->tokens[fresh->token_count++];
        to->token_id = token->token_id;
        to->organiser_id = token->organiser_id;
        to->roles = token->roles;
        to->expires_at_ms = token->expires_at_ms;
    }
    for (size_t i = 0; i < grants->block_count; i++)
        take_block(fresh, &grants->blocks[i]);
    qsort(fresh->tokens, fresh->token_count, sizeof(*fresh->tokens), compare_tokens);
    qsort(fresh->accounts, fresh->account_count, sizeof(*fresh->accounts), compare_accounts);
    qsort(fresh->networks, fresh->network_count, sizeof(*fresh->networks), compare_networks);
    return 0;
}

/* With the lock. */
static struct roster_token *find_token(const struct roster *roster, struct id token_id)
{
    const struct roster_token key = {.token_id = token_id};
    return bsearch(&key, roster->tokens, roster->token_count, sizeof(key), compare_tokens);
}

int roster_load(struct roster *roster, const struct grants *grants)
{
    struct roster fresh = {0};
    int err = fill(&fresh, grants);
    if (err) {
        drop(&fresh);
        return err;
    }
    pthread_rwlock_wrlock(&roster->lock);
    for (size_t i = 0; roster->token_count && i < fresh.token_count; i++) {
        const struct roster_token *old = find_token(roster, fresh.tokens[i].token_id);
        if (old)
            fresh.tokens[i].used_at_ms = old->used_at_ms;
    }
    drop(roster);
    roster->tokens = fresh.tokens;
    roster->token_count = fresh.token_count;
    roster->accounts = fresh.accounts;
    roster->account_count = fresh.account_count;
    roster->networks = fresh.networks;
    roster->network_count = fresh.network_count;
    roster->blocks_accounts = fresh.account_count > 0;
    roster->blocks_networks = fresh.network_count > 0;
    pthread_rwlock_unlock(&roster->lock);
    return 0;
}

/* ---- asking ---- */

bool roster_find_token(struct roster *roster, struct id token_id, int64_t now_ms,
                       uint32_t *ret_organiser_id, uint32_t *ret_roles)
{
    pthread_rwlock_rdlock(&roster->lock);
    struct roster_token *token = roster->token_count ? find_token(roster, token_id) : NULL;
    const bool found = token && now_ms < token->expires_at_ms;
    if (found) {
        *ret_organiser_id = token->organiser_id;
        *ret_roles = token->roles;
        atomic_store_explicit(&token->used_at_ms, now_ms, memory_order_relaxed);
    }
    pthread_rwlock_unlock(&roster->lock);
    return found;
}

int64_t roster_token_used(struct roster *roster, struct id token_id)
{
    pthread_rwlock_rdlock(&roster->lock);
    struct roster_token *token = roster->token_count ? find_token(roster, token_id) : NULL;
    const int64_t used_at_ms = token ? token->used_at_ms : 0;
    pthread_rwlock_unlock(&roster->lock);
    return used_at_ms;
}

bool roster_blocks_account(struct roster *roster, struct id account_id, int64_t now_ms)
{
    const struct roster_account key = {.account_id = account_id};
    if (!roster->blocks_accounts)
        return false;
    pthread_rwlock_rdlock(&roster->lock);
    const struct roster_account *found =
        roster->account_count
            ? bsearch(&key, roster->accounts, roster->account_count, sizeof(key), compare_accounts)
            : NULL;
    const bool blocked = found && now_ms < found->ends_at_ms;
    pthread_rwlock_unlock(&roster->lock);
    return blocked;
}

/* With the lock: whether a network of the roster has the address. One search for each length of
 * prefix that there is. */
static bool in_network(const struct roster *roster, const struct in6_addr *address, int64_t now_ms)
{
    size_t from = 0;
    while (from < roster->network_count) {
        struct roster_network key = {.bits = roster->networks[from].bits, .prefix = *address};
        size_t to = from;
        while (to < roster->network_count && roster->networks[to].bits == key.bits)
            to++;
        net_range_cut(&key.prefix, key.bits);
        const struct roster_network *found =
            bsearch(&key, roster->networks + from, to - from, sizeof(key), compare_networks);
        if (found && now_ms < found->ends_at_ms)
            return true;
        from = to;
    }
    return false;
}

bool roster_blocks_address(struct roster *roster, struct view address, int64_t now_ms)
{
    struct in6_addr bytes;
    bool blocked = false;
    if (!roster->blocks_networks)
        return false;
    pthread_rwlock_rdlock(&roster->lock);
    if (roster->network_count && net_range_address(address, &bytes) == 0)
        blocked = in_network(roster, &bytes, now_ms);
    pthread_rwlock_unlock(&roster->lock);
    return blocked;
}
