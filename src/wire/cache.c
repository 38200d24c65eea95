#include "wire/cache.h"

#include <stdlib.h>

#include "err/err.h"

static void unref(void *owner)
{
    struct cache_item *item = owner;
    if (--item->references > 0)
        return;
    buf_release(&item->bytes);
    free(item);
}

static void take_off(struct cache *cache, size_t at)
{
    struct cache_item *item = cache->items[at];
    cache->bytes -= item->bytes.cap;
    cache->count--;
    cache->items[at] = NULL;
    unref(item);
}

void cache_release(struct cache *cache)
{
    for (size_t i = 0; i < WIRE_CACHE_ITEMS; i++) {
        if (cache->items[i])
            take_off(cache, i);
    }
}

static bool is_key(const struct cache_key *a, const struct cache_key *b)
{
    return a->route == b->route && a->form == b->form && a->squeeze == b->squeeze &&
           a->enveloped == b->enveloped &&
           memcmp(a->request_hash, b->request_hash, sizeof(a->request_hash)) == 0;
}

struct cache_item *cache_find(struct cache *cache, const struct cache_key *key)
{
    for (size_t i = 0; i < WIRE_CACHE_ITEMS; i++) {
        struct cache_item *item = cache->items[i];
        if (item && is_key(&item->key, key)) {
            item->used = ++cache->clock;
            return item;
        }
    }
    return NULL;
}

/* The item that was not asked for longest; there is one. */
static size_t oldest(const struct cache *cache)
{
    size_t best = WIRE_CACHE_ITEMS;
    for (size_t i = 0; i < WIRE_CACHE_ITEMS; i++) {
        const struct cache_item *item = cache->items[i];
        if (item && (best == WIRE_CACHE_ITEMS || item->used < cache->items[best]->used))
            best = i;
    }
    assert(best < WIRE_CACHE_ITEMS);
    return best;
}

struct cache_item *cache_put(struct cache *cache, const struct cache_key *key, const char *etag,
                             struct buf *bytes)
{
    assert(!cache_find(cache, key));
    if (bytes->cap > WIRE_CACHE_BYTES / 4)
        return NULL;
    struct cache_item *item = calloc(1, sizeof(*item));
    if (!item)
        return NULL;
    while (cache->bytes + bytes->cap > WIRE_CACHE_BYTES || cache->count == WIRE_CACHE_ITEMS)
        take_off(cache, oldest(cache));
    size_t at = 0;
    while (cache->items[at])
        at++;
    item->key = *key;
    item->bytes = *bytes;
    item->references = 1;
    item->used = ++cache->clock;
    memcpy(item->etag, etag, strlen(etag) + 1);
    cache->items[at] = item;
    cache->bytes += item->bytes.cap;
    cache->count++;
    buf_init(bytes, bytes->max);
    return item;
}

struct body cache_body(struct cache_item *item)
{
    item->references++;
    return body_lent(buf_view(&item->bytes), unref, item);
}
