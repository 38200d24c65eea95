#include "owner/keys.h"

#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "mem/table.h"

#define KEYS_FIRST TABLE_LEAST /* that the tables have room for at first */
#define CHUNK_BITS 18          /* pieces of 256 KiB in which the ring is given back */
#define CHUNK      ((size_t)1 << CHUNK_BITS)

struct kept {
    struct id name; /* hash of account and key */
    struct keys_of of;
    int64_t put_at_ms;
    struct keys_answer answer;
};

/* A ring in order of age, a table from a key's hash to its place in the ring, and one each from an
 * account, an address and a network to the number of its keys. The ring is the kernel's pages, of
 * which only those used are there; the tables grow. */
struct keys {
    struct kept *ring;
    uint32_t max;
    uint32_t oldest;
    uint32_t count;
    uint32_t account_max;
    int64_t keep_ms;
    struct table by_name;
    struct table by_account, by_address, by_network;
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
        table_init(&keys->by_account, KEYS_FIRST, seed) != 0 ||
        table_init(&keys->by_address, KEYS_FIRST, seed) != 0 ||
        table_init(&keys->by_network, KEYS_FIRST, seed) != 0) {
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
    table_release(&keys->by_address);
    table_release(&keys->by_network);
    if (keys->ring)
        munmap(keys->ring, ring_bytes(keys));
    free(keys);
}

/* Pages of the ring that hold no key are the system's again; they are zero when they are used
 * next. */
static void give_back(struct keys *keys, size_t from, size_t to)
{
    if (to > ring_bytes(keys))
        to = ring_bytes(keys);
    int err = from < to ? madvise((char *)keys->ring + from, to - from, MADV_DONTNEED) : 0;
    assert(err == 0);
}

void keys_clear(struct keys *keys)
{
    table_clear(&keys->by_name);
    table_clear(&keys->by_account);
    table_clear(&keys->by_address);
    table_clear(&keys->by_network);
    keys->oldest = keys->count = 0;
    give_back(keys, 0, ring_bytes(keys));
}

const struct keys_answer *keys_find(const struct keys *keys, struct id account_id, struct view key)
{
    uint32_t place;
    if (!table_get(&keys->by_name, key_name(account_id, key), &place))
        return NULL;
    return &keys->ring[place].answer;
}

/* ---- how many each has ---- */

/* As net_range_cut_host and net_range_cut_network: an IPv4 address is in ::ffff:0:0/96. */
static bool is4(struct id origin)
{
    return origin.hi == 0 && origin.lo >> 32 == 0xffff;
}

static struct id host_of(struct id origin)
{
    return is4(origin) ? origin : (struct id){.hi = origin.hi};
}

static struct id network_of(struct id origin)
{
    return is4(origin) ? (struct id){.lo = origin.lo & ~UINT64_C(0xff)}
                       : (struct id){.hi = origin.hi & ~UINT64_C(0xffff)};
}

static uint32_t count_of(const struct table *table, struct id who)
{
    uint32_t count = 0;
    table_get(table, who, &count);
    return count;
}

static void add(struct table *table, struct id who, uint32_t step)
{
    const uint32_t count = count_of(table, who) + step;
    if (count == 0) {
        table_remove(table, who);
        return;
    }
    int err = table_put(table, who, count);
    assert(err == 0); /* keys_room was asked */
}

/* step: 1 or, as unsigned numbers have it, -1. */
static void add_all(struct keys *keys, struct keys_of of, uint32_t step)
{
    add(&keys->by_account, of.account_id, step);
    if (id_is_zero(of.origin))
        return;
    add(&keys->by_address, host_of(of.origin), step);
    add(&keys->by_network, network_of(of.origin), step);
}

/* ---- forgetting ---- */

/* The oldest key is not there any more. The piece of the ring that it was the last of is given
 * back, unless the newest keys have come round into it. */
static void leave_oldest(struct keys *keys)
{
    const size_t size = sizeof(*keys->ring);
    const size_t before = (keys->oldest * size) >> CHUNK_BITS;
    keys->oldest = (keys->oldest + 1) % keys->max;
    keys->count--;
    const size_t after = (keys->oldest * size) >> CHUNK_BITS;
    if (keys->count == 0) {
        keys->oldest = 0;
        give_back(keys, 0, ring_bytes(keys));
    } else if (before != after && (keys->count + 1) * size + CHUNK < ring_bytes(keys)) {
        give_back(keys, before << CHUNK_BITS, (before + 1) << CHUNK_BITS);
    }
}

/* True where the oldest was old enough. */
static bool forget_oldest(struct keys *keys, int64_t now_ms)
{
    if (keys->count == 0)
        return false;
    const struct kept *kept = &keys->ring[keys->oldest];
    if (now_ms - kept->put_at_ms < keys->keep_ms)
        return false;
    table_remove(&keys->by_name, kept->name);
    add_all(keys, kept->of, UINT32_MAX);
    leave_oldest(keys);
    return true;
}

int64_t keys_forget(struct keys *keys, uint32_t keys_max, int64_t now_ms)
{
    while (keys_max > 0 && forget_oldest(keys, now_ms))
        keys_max--;
    table_fit(&keys->by_name);
    table_fit(&keys->by_account);
    table_fit(&keys->by_address);
    table_fit(&keys->by_network);
    return keys->count > 0 ? keys->ring[keys->oldest].put_at_ms + keys->keep_ms : INT64_MAX;
}

bool keys_room(struct keys *keys, int64_t now_ms)
{
    struct table *const counts[] = {&keys->by_account, &keys->by_address, &keys->by_network};
    while (forget_oldest(keys, now_ms))
        ;
    bool room =
        keys->count < keys->max && table_reserve(&keys->by_name, keys->by_name.count + 1) == 0;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]) && room; i++)
        room = table_reserve(counts[i], counts[i]->count + 1) == 0;
    return room;
}

/* A part of what is free, but so many always. */
static uint32_t share_of(const struct keys *keys, uint32_t part, uint32_t least)
{
    const uint32_t share = (keys->max - keys->count) / part;
    return share > least ? share : least;
}

const char *keys_exceeded(const struct keys *keys, struct keys_of of)
{
    const uint32_t share = share_of(keys, KEYS_SHARE, KEYS_LEAST);
    if (count_of(&keys->by_account, of.account_id) >=
        (share < keys->account_max ? share : keys->account_max))
        return "account";
    if (id_is_zero(of.origin))
        return NULL;
    if (count_of(&keys->by_address, host_of(of.origin)) >=
        share_of(keys, KEYS_ADDRESS_SHARE, KEYS_ADDRESS_LEAST))
        return "address";
    return count_of(&keys->by_network, network_of(of.origin)) >=
                   share_of(keys, KEYS_NETWORK_SHARE, KEYS_NETWORK_LEAST)
               ? "network"
               : NULL;
}

uint32_t keys_used_percent(const struct keys *keys)
{
    return (uint32_t)(100 * (uint64_t)keys->count / keys->max);
}

int keys_put(struct keys *keys, struct keys_of of, struct view key,
             const struct keys_answer *answer, int64_t now_ms)
{
    if (!keys_room(keys, now_ms))
        return ERR_FULL;
    const uint32_t place = (keys->oldest + keys->count) % keys->max;
    struct kept *kept = &keys->ring[place];
    kept->name = key_name(of.account_id, key);
    kept->of = of;
    kept->put_at_ms = now_ms;
    kept->answer = *answer;
    int err = table_put(&keys->by_name, kept->name, place);
    assert(err == 0);
    add_all(keys, of, 1);
    keys->count++;
    return 0;
}
