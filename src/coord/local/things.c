#include "coord/local/things.h"

#include <stdlib.h>
#include <string.h>

#include "err/err.h"

#define BUCKETS 65536

int things_init(struct things *t)
{
    *t = (struct things){.buckets = calloc(BUCKETS, sizeof(struct thing *)), .mask = BUCKETS - 1};
    return t->buckets ? 0 : ERR_NO_MEMORY;
}

void things_release(struct things *t)
{
    for (uint32_t i = 0; t->buckets && i <= t->mask; i++)
        while (t->buckets[i])
            things_remove(t, t->buckets[i]);
    free(t->buckets);
    t->buckets = NULL;
}

/* FNV-1a: names are ours or were checked, and nobody gains by colliding but a slower answer. */
static uint32_t hash_of(enum thing_kind kind, struct view name)
{
    uint32_t hash = 2166136261u ^ (uint32_t)kind;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (uint8_t)name.at[i]) * 16777619u;
    return hash;
}

static bool is(const struct thing *thing, enum thing_kind kind, struct view name, struct view text)
{
    return thing->kind == kind && view_eq(view_of(thing->name, thing->name_len), name) &&
           (kind != THING_MEMBER || view_eq(view_of(thing->text, thing->text_len), text));
}

/* Looks through one more bucket, so that what has ended does not stay. */
static void sweep(struct things *t, int64_t now_ns)
{
    struct thing *thing = t->buckets[t->swept];
    t->swept = (t->swept + 1) & t->mask;
    while (thing) {
        struct thing *next = thing->next;
        if (thing->ends_ns <= now_ns)
            things_remove(t, thing);
        thing = next;
    }
}

struct thing *things_find(struct things *t, enum thing_kind kind, struct view name,
                          struct view text, int64_t now_ns)
{
    struct thing *thing = t->buckets[hash_of(kind, name) & t->mask];
    while (thing && !is(thing, kind, name, text))
        thing = thing->next;
    if (thing && thing->ends_ns <= now_ns) {
        things_remove(t, thing);
        return NULL;
    }
    return thing;
}

const struct thing *things_first(const struct things *t, enum thing_kind kind, struct view name)
{
    return t->buckets[hash_of(kind, name) & t->mask];
}

struct thing *things_add(struct things *t, enum thing_kind kind, struct view name, struct view text,
                         int64_t now_ns)
{
    assert(name.len <= COORD_NAME_MAX && text.len <= COORD_HOLDER_MAX);
    sweep(t, now_ns);
    if (t->count == THINGS_MAX)
        return NULL;
    struct thing *thing = calloc(1, sizeof(*thing) + text.len);
    if (!thing)
        return NULL;
    struct thing **bucket = &t->buckets[hash_of(kind, name) & t->mask];
    thing->kind = kind;
    thing->name_len = (uint32_t)name.len;
    thing->text_len = (uint32_t)text.len;
    memcpy(thing->name, name.at, name.len);
    if (text.len)
        memcpy(thing->text, text.at, text.len);
    thing->next = *bucket;
    *bucket = thing;
    t->count++;
    return thing;
}

void things_remove(struct things *t, struct thing *thing)
{
    struct thing **at =
        &t->buckets[hash_of(thing->kind, view_of(thing->name, thing->name_len)) & t->mask];
    while (*at != thing)
        at = &(*at)->next;
    *at = thing->next;
    t->count--;
    free(thing);
}
