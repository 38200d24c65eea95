#include "rpc/shelf.h"

#include <stdlib.h>

#include "err/err.h"

static void unref(void *owner)
{
    struct shelf_item *item = owner;
    if (--item->references > 0)
        return;
    buf_release(&item->bytes);
    free(item);
}

static void take_off(struct shelf *shelf, size_t at)
{
    struct shelf_item *item = shelf->items[at];
    shelf->bytes -= item->bytes.cap;
    shelf->count--;
    shelf->items[at] = NULL;
    unref(item);
}

void shelf_release(struct shelf *shelf)
{
    for (size_t i = 0; i < RPC_SHELF_ITEMS; i++) {
        if (shelf->items[i])
            take_off(shelf, i);
    }
}

static bool is_key(const struct shelf_key *a, const struct shelf_key *b)
{
    return a->route == b->route && a->form == b->form && a->enveloped == b->enveloped &&
           memcmp(a->request_hash, b->request_hash, sizeof(a->request_hash)) == 0;
}

struct shelf_item *shelf_find(struct shelf *shelf, const struct shelf_key *key)
{
    for (size_t i = 0; i < RPC_SHELF_ITEMS; i++) {
        struct shelf_item *item = shelf->items[i];
        if (item && is_key(&item->key, key)) {
            item->used = ++shelf->clock;
            return item;
        }
    }
    return NULL;
}

/* The item that was not asked for longest; there is one. */
static size_t oldest(const struct shelf *shelf)
{
    size_t best = RPC_SHELF_ITEMS;
    for (size_t i = 0; i < RPC_SHELF_ITEMS; i++) {
        const struct shelf_item *item = shelf->items[i];
        if (item && (best == RPC_SHELF_ITEMS || item->used < shelf->items[best]->used))
            best = i;
    }
    assert(best < RPC_SHELF_ITEMS);
    return best;
}

struct shelf_item *shelf_put(struct shelf *shelf, const struct shelf_key *key, const char *etag,
                             struct buf *bytes)
{
    assert(!shelf_find(shelf, key));
    if (bytes->cap > RPC_SHELF_BYTES / 4)
        return NULL;
    struct shelf_item *item = calloc(1, sizeof(*item));
    if (!item)
        return NULL;
    while (shelf->bytes + bytes->cap > RPC_SHELF_BYTES || shelf->count == RPC_SHELF_ITEMS)
        take_off(shelf, oldest(shelf));
    size_t at = 0;
    while (shelf->items[at])
        at++;
    item->key = *key;
    item->bytes = *bytes;
    item->references = 1;
    item->used = ++shelf->clock;
    memcpy(item->etag, etag, strlen(etag) + 1);
    shelf->items[at] = item;
    shelf->bytes += item->bytes.cap;
    shelf->count++;
    buf_init(bytes, bytes->max);
    return item;
}

struct body shelf_body(struct shelf_item *item)
{
    item->references++;
    return body_lent(buf_view(&item->bytes), unref, item);
}
