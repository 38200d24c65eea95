/*
 * shelf: answers that never change, kept encoded. Inside src/rpc only.
 *
 * For methods whose Cache-Control says "immutable" (a hall's layout by its hash): equal requests
 * have equal answers for ever, so what was encoded once is lent to every later reader, without a
 * handler and without a copy. A browser's first megabyte is otherwise milliseconds of work, ten
 * thousand times in the first second of a sale. One shelf a shard, one thread. An answer stays
 * alive as long as an engine sends it, also after it was taken off the shelf.
 */
#ifndef USHER_RPC_SHELF_H
#define USHER_RPC_SHELF_H

#include "http/body.h"
#include "mem/buf.h"
#include "rpc/frame.h"
#include "rpc/limits.h"
#include "rpc/route.h"

#define SHELF_ETAG_MAX 36 /* 32 digits, quotes, NUL */

struct shelf_key {
    const struct route *route;
    enum form form;
    bool enveloped; /* with gRPC's five bytes in front */
    uint8_t request_hash[32];
};

struct shelf_item {
    struct shelf_key key;
    struct buf bytes; /* owned */
    char etag[SHELF_ETAG_MAX];
    uint32_t references; /* the shelf's and every unsent body's */
    uint64_t used;       /* the shelf's clock when it was last found */
};

/* A zeroed one is empty. */
struct shelf {
    struct shelf_item *items[RPC_SHELF_ITEMS];
    uint32_t count;
    size_t bytes; /* of all items */
    uint64_t clock;
};

/* Everything off; what engines still send lives on. */
void shelf_release(struct shelf *shelf);
/* NULL where it is not there. */
struct shelf_item *shelf_find(struct shelf *shelf, const struct shelf_key *key);
/* Takes the bytes out of *bytes, which is empty then, and puts them up; those that were not asked
 * for longest make room. NULL, and *bytes as it was, for more than a quarter of RPC_SHELF_BYTES, or
 * without memory. */
struct shelf_item *shelf_put(struct shelf *shelf, const struct shelf_key *key, const char *etag,
                             struct buf *bytes);
/* The bytes, lent. */
struct body shelf_body(struct shelf_item *item);

#endif
