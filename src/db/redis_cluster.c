/*
 * Redis Cluster: 16,384 slots, each at one master (Redis Cluster specification). The map is asked
 * for at the beginning, when a node comes or goes or says MOVED, and now and then; what a node says
 * of itself in a MOVED is believed at once.
 */
#include <stdio.h>
#include <stdlib.h>

#include "db/redis_body.h"
#include "err/err.h"
#include "observe/log.h"

#define CHART_MS      5000 /* between two looks while all is well */
#define CHART_SOON_MS 100  /* … while a slot has no node, and at least between two kicks */
#define ANSWER_MS     1000

/* CRC-16 of the specification: polynomial 0x1021, from 0, no reflection (XMODEM). */
static uint16_t crc16(struct view bytes)
{
    uint16_t crc = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        crc = (uint16_t)(crc ^ ((uint16_t)(uint8_t)bytes.at[i] << 8));
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1);
    }
    return crc;
}

int redis_slot_of(struct view key)
{
    const char *open = key.len ? memchr(key.at, '{', key.len) : NULL;
    if (open) {
        const size_t from = (size_t)(open - key.at) + 1;
        const char *end = from < key.len ? memchr(key.at + from, '}', key.len - from) : NULL;
        if (end && end > key.at + from)
            key = view_of(key.at + from, (size_t)(end - key.at) - from);
    }
    return crc16(key) % REDIS_SLOTS;
}

struct redis_node *redis_node_for(struct redis *r, int slot)
{
    if (r->target.kind == REDIS_CLUSTER && slot >= 0)
        return r->slots[slot];
    list_each (link, &r->nodes) {
        struct redis_node *node = list_of(link, struct redis_node, link);
        if (node->open && !node->gone)
            return node;
    }
    return NULL;
}

void redis_cluster_forget(struct redis_node *node)
{
    struct redis *r = node->redis;
    for (int i = 0; i < REDIS_SLOTS; i++)
        if (r->slots[i] == node) {
            r->slots[i] = NULL;
            r->charted = false;
        }
    if (r->asked_last == node)
        r->asked_last = NULL;
    redis_cluster_kick(r);
}

void redis_cluster_kick(struct redis *r)
{
    if (r->chart)
        fiber_unpark(r->chart);
}

/* ---- the map ---- */

static void drop_others(struct redis *r)
{
    list_each (link, &r->nodes) {
        struct redis_node *node = list_of(link, struct redis_node, link);
        bool used = false;
        for (int i = 0; i < REDIS_SLOTS && !used; i++)
            used = r->slots[i] == node;
        if (!used && !node->gone)
            redis_node_drop(node);
    }
}

static void take_map(struct redis *r, const redisReply *reply, const struct redis_place *asked)
{
    struct redis_node **slots = calloc(REDIS_SLOTS, sizeof(struct redis_node *));
    int64_t known = 0;
    if (!slots)
        return;
    for (size_t i = 0; i < reply->elements; i++) {
        struct redis_range range;
        if (!redis_range_read(reply->element[i], asked, &range))
            continue;
        struct redis_node *node = redis_node_at(r, &range.place);
        for (int slot = range.first; node && slot <= range.last; slot++) {
            known += !slots[slot];
            slots[slot] = node;
        }
    }
    if (known > 0) {
        memcpy(r->slots, slots, REDIS_SLOTS * sizeof(struct redis_node *));
        r->charted = known == REDIS_SLOTS;
        drop_others(r);
        redis_look_open(r);
    }
    free(slots);
}

/* The nodes take turns, for one may live in the past. */
static struct redis_node *next_to_ask(struct redis *r)
{
    struct list *at = r->asked_last ? r->asked_last->link.next : r->nodes.next;
    for (uint32_t i = 0; i <= r->node_count; i++, at = at->next) {
        if (at == &r->nodes)
            continue;
        struct redis_node *node = list_of(at, struct redis_node, link);
        if (node->open && !node->gone)
            return node;
    }
    return NULL;
}

static int ask(struct redis *r, const struct redis_node *node, const struct view *words,
               size_t count, redisReply **ret_reply)
{
    const struct redis_route route = {.slot = -1, .place = node->place};
    return redis_call_once(r, words, count, &route, ret_reply,
                           deadline_after_ms(fiber_now_ns(), ANSWER_MS));
}

/* A node on the wrong side of a partition knows that it is: cluster_state is fail. Where nobody is
 * known to have a slot yet, any map is better than none. */
static bool believes(struct redis *r, const struct redis_node *node)
{
    redisReply *reply;
    if (ask(r, node, WORDS(VIEW_LIT("CLUSTER"), VIEW_LIT("INFO")), &reply) != 0)
        return false;
    const bool is_cluster = reply->type != REDIS_REPLY_ERROR;
    const bool ok = reply->str && strstr(reply->str, "cluster_state:ok");
    if (!is_cluster)
        redis_note(r, &node->place, reply->str);
    freeReplyObject(reply);
    return is_cluster && (ok || !r->charted);
}

static void look(struct redis *r)
{
    redisReply *reply;
    struct redis_node *node = next_to_ask(r);
    if (!node)
        return;
    const struct redis_place place = node->place; /* the node may go while it is asked */
    r->asked_last = node;
    if (!believes(r, node))
        return;
    const struct redis_node asked = {.place = place};
    if (ask(r, &asked, WORDS(VIEW_LIT("CLUSTER"), VIEW_LIT("SLOTS")), &reply) != 0)
        return;
    if (reply->type == REDIS_REPLY_ARRAY)
        take_map(r, reply, &place);
    freeReplyObject(reply);
}

static bool is_whole(const struct redis *r)
{
    list_each (link, &r->nodes)
        if (!list_of(link, struct redis_node, link)->open)
            return false;
    return r->charted;
}

/* The nodes of the address, where none is left. */
static void seed(struct redis *r)
{
    for (uint32_t i = 0; i < r->target.place_count; i++)
        (void)redis_node_at(r, &r->target.places[i]);
}

static void keep_chart(void *arg)
{
    struct redis *r = arg;
    r->chart = fiber_self();
    while (!fiber_cancelled()) {
        if (!redis_node_for(r, -1))
            seed(r);
        look(r);
        const int64_t soon_ns = deadline_after_ms(fiber_now_ns(), CHART_SOON_MS);
        (void)fiber_sleep_until(soon_ns);
        if (is_whole(r))
            (void)fiber_park(deadline_after_ms(fiber_now_ns(), CHART_MS));
    }
    r->chart = NULL;
}

int redis_cluster_start(struct redis *r)
{
    seed(r);
    return list_empty(&r->nodes) ? ERR_NO_MEMORY : fiber_spawn(&r->scope, keep_chart, r);
}
