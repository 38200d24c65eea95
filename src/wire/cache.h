/*
 * cache: answers that never change, kept encoded. Inside src/wire only.
 *
 * For methods whose Cache-Control says "immutable" (a hall's layout by its hash): equal requests
 * have equal answers for ever, so what was encoded once is lent to every later reader, without a
 * handler and without a copy. A browser's first megabyte is otherwise milliseconds of work, ten
 * thousand times in the first second of a sale. One cache a shard, one thread. An answer stays
 * alive as long as an engine sends it, also after it was taken out of the cache.
 */
#ifndef USHER_WIRE_CACHE_H
#define USHER_WIRE_CACHE_H

#include "call/frame.h"
#include "call/method.h"
#include "http/body.h"
#include "mem/buf.h"
#include "wire/limits.h"

#define CACHE_ETAG_MAX 36 /* 32 digits, quotes, NUL */

struct cache_key {
    const struct route *route;
    enum form form;
    enum squeeze squeeze; /* what the reader takes */
    bool enveloped;       /* with gRPC's five bytes in front */
    uint8_t request_hash[32];
};

struct cache_item {
    struct cache_key key;
    struct buf bytes; /* owned */
    bool squeezed;    /* they are packed as the key says */
    char etag[CACHE_ETAG_MAX];
    uint32_t references; /* the cache's and every unsent body's */
    uint64_t used;       /* the cache's clock when it was last found */
};

/* A zeroed one is empty. */
struct cache {
    struct cache_item *items[WIRE_CACHE_ITEMS];
    uint32_t count;
    size_t bytes; /* of all items */
    uint64_t clock;
};

/* Everything off; what engines still send lives on. */
void cache_release(struct cache *cache);
/* NULL where it is not there. */
struct cache_item *cache_find(struct cache *cache, const struct cache_key *key);
/* Takes the bytes out of *bytes, which is empty then; those that were not asked for longest make
 * room. NULL, and *bytes as it was, for more than a quarter of WIRE_CACHE_BYTES, or without memory.
 */
struct cache_item *cache_put(struct cache *cache, const struct cache_key *key, const char *etag,
                             struct buf *bytes);
/* The bytes, lent. */
struct body cache_body(struct cache_item *item);

#endif
