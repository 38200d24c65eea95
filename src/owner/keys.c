#include "owner/keys.h"

#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "mem/table.h"

#define KEYS_FIRST 512 /* that the tables have room for at first */

struct kept {
    struct id name; /* hash of account and key */
    struct id account_id;
    int64_t put_at_ms;
    struct keys_answer answer;
};

/* A ring in order of age, a table from a key's hash to its place in the ring, and one from an
 * account to the number of its keys. The ring is the kernel's pages, of which only those used are
 * there; the tables grow. */
struct keys {
    struct kept *ring;
    uint32_t max;
    uint32_t oldest;
    uint32_t count;
    uint32_t account_max;
    int64_t keep_ms;
    struct table by_name;
    struct table by_account;
};

/* 128 bits of BLAKE2b: nobody finds two keys with one name. */
static struct id key_name(struct id account_id, struct view key)
{
    uint8_t account[ID_BYTES];
    uint8_t hash[ID_BYTES];
    struct id name;
    id_to_bytes(account_id, account);
    crypto_generichash(hash, sizeof(hash), (const uint8_t *)key.at, key.len, account,
                       sizeof(account));
    int err = id_from_bytes(view_of(hash, sizeof(hash)), &name);
    assert(err == 0);
    if (id_is_zero(name))
        name.lo = 1;
    return name;
}

static size_t ring_bytes(const struct keys *keys)
{
    return keys->max * sizeof(*keys->ring);
}

int keys_new(uint32_t keys_max, uint32_t account_max, int64_t keep_ms, uint64_t seed,
             struct keys **ret_keys)
{
    assert(keys_max > 0 && account_max > 0 && keep_ms >= 0);
    struct keys *keys = calloc(1, sizeof(*keys));
    if (!keys)
        return ERR_NO_MEMORY;
    keys->max = keys_max;
    keys->account_max = account_max;
    keys->keep_ms = keep_ms;
    void *ring =
        mmap(NULL, ring_bytes(keys), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    keys->ring = ring == MAP_FAILED ? NULL : ring;
    if (!keys->ring || table_init(&keys->by_name, KEYS_FIRST, seed) != 0 ||
        table_init(&keys->by_account, KEYS_FIRST, seed) != 0) {
        keys_free(keys);
        return ERR_NO_MEMORY;
    }
    *ret_keys = keys;
    return 0;
}

void keys_free(struct keys *keys)
{
    if (!keys)
        return;
    table_release(&keys->by_name);
    table_release(&keys->by_account);
    if (keys->ring)
        munmap(keys->ring, ring_bytes(keys));
    free(keys);
}

void keys_clear(struct keys *keys)
{
    table_clear(&keys->by_name);
    table_clear(&keys->by_account);
    keys->oldest = keys->count = 0;
}

const struct keys_answer *keys_find(const struct keys *keys, struct id account_id, struct view key)
{
    uint32_t place;
    if (!table_get(&keys->by_name, key_name(account_id, key), &place))
        return NULL;
    return &keys->ring[place].answer;
}

static uint32_t count_of(const struct keys *keys, struct id account_id)
{
    uint32_t count = 0;
    table_get(&keys->by_account, account_id, &count);
    return count;
}

static void set_count(struct keys *keys, struct id account_id, uint32_t count)
{
    if (count == 0) {
        table_remove(&keys->by_account, account_id);
        return;
    }
    int err = table_put(&keys->by_account, account_id, count);
    assert(err == 0); /* keys_room was asked */
}

/* Forgets what is old enough. */
static void forget_old(struct keys *keys, int64_t now_ms)
{
    while (keys->count > 0) {
        const struct kept *kept = &keys->ring[keys->oldest];
        if (now_ms - kept->put_at_ms < keys->keep_ms)
            return;
        table_remove(&keys->by_name, kept->name);
        set_count(keys, kept->account_id, count_of(keys, kept->account_id) - 1);
        keys->oldest = (keys->oldest + 1) % keys->max;
        keys->count--;
    }
}

bool keys_room(struct keys *keys, int64_t now_ms)
{
    forget_old(keys, now_ms);
    return keys->count < keys->max && table_reserve(&keys->by_name, keys->by_name.count + 1) == 0 &&
           table_reserve(&keys->by_account, keys->by_account.count + 1) == 0;
}

bool keys_account_room(const struct keys *keys, struct id account_id)
{
    uint32_t share = (keys->max - keys->count) / KEYS_SHARE;
    if (share < KEYS_LEAST)
        share = KEYS_LEAST;
    return count_of(keys, account_id) < (share < keys->account_max ? share : keys->account_max);
}

uint32_t keys_used_percent(const struct keys *keys)
{
    return (uint32_t)(100 * (uint64_t)keys->count / keys->max);
}

int keys_put(struct keys *keys, struct id account_id, struct view key,
             const struct keys_answer *answer, int64_t now_ms)
{
    if (!keys_room(keys, now_ms))
        return ERR_FULL;
    const uint32_t place = (keys->oldest + keys->count) % keys->max;
    struct kept *kept = &keys->ring[place];
    kept->name = key_name(account_id, key);
    kept->account_id = account_id;
    kept->put_at_ms = now_ms;
    kept->answer = *answer;
    int err = table_put(&keys->by_name, kept->name, place);
    assert(err == 0);
    set_count(keys, account_id, count_of(keys, account_id) + 1);
    keys->count++;
    return 0;
}
