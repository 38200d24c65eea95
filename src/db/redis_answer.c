#include "db/redis_answer.h"

#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"

/* ---- bytes ---- */

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

/* hiredis makes room for as many elements as a list announces, before one of them has come. */
static void *create_array(const redisReadTask *task, element_count count)
{
    const struct redis_reader *reader = task->privdata;
    if ((size_t)count > REDIS_ELEMENTS_MAX)
        return NULL;
    return reader->functions[1].createArray(task, count);
}

int redis_reader_init(struct redis_reader *reader)
{
    *reader = (struct redis_reader){
        .hiredis = redisReaderCreate(),
        .functions = calloc(2, sizeof(struct redisReplyObjectFunctions)),
    };
    if (!reader->hiredis || !reader->functions) {
        redis_reader_release(reader);
        return ERR_NO_MEMORY;
    }
    /* Ours, then its own, which create_array calls. */
    reader->functions[0] = reader->functions[1] = *reader->hiredis->fn;
    reader->functions[0].createArray = create_array;
    reader->hiredis->fn = &reader->functions[0];
    reader->hiredis->privdata = reader;
    return 0;
}

void redis_reader_release(struct redis_reader *reader)
{
    if (reader->hiredis)
        redisReaderFree(reader->hiredis);
    free(reader->functions);
    *reader = (struct redis_reader){0};
}

int redis_reader_feed(struct redis_reader *reader, const char *bytes, size_t len)
{
    reader->taken += len;
    if (reader->taken > REDIS_ANSWER_MAX)
        return ERR_FULL;
    return redisReaderFeed(reader->hiredis, bytes, len) == REDIS_OK ? 0 : ERR_INVALID;
}

int redis_reader_next(struct redis_reader *reader, redisReply **ret_reply)
{
    void *reply = NULL;
    if (redisReaderGetReply(reader->hiredis, &reply) != REDIS_OK)
        return ERR_INVALID;
    if (reply) /* what is left in the buffer belongs to the next */
        reader->taken = reader->hiredis->len - reader->hiredis->pos;
    *ret_reply = reply;
    return 0;
}

/* ---- answers ---- */

struct view redis_text(const redisReply *reply)
{
    return reply && (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS ||
                     reply->type == REDIS_REPLY_ERROR)
               ? view_of(reply->str, (size_t)reply->len)
               : (struct view){0};
}

int redis_greeting_read(const redisReply *reply, char ret_why[NET_TLS_WHY_MAX])
{
    static const char *const later[] = {"LOADING", "MASTERDOWN", "BUSY"};
    static const char *const denied[] = {"NOAUTH", "NOPERM", "WRONGPASS", "ERR AUTH"};
    const struct view text = redis_text(reply);
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 &&
        !view_eq(redis_text(reply->element[0]), VIEW_LIT("master"))) {
        snprintf(ret_why, NET_TLS_WHY_MAX, "it is a replica");
        return ERR_BUSY;
    }
    if (reply->type != REDIS_REPLY_ERROR)
        return 0;
    snprintf(ret_why, NET_TLS_WHY_MAX, "%.300s", text.len ? reply->str : "it refused the greeting");
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
        if (view_starts(text, view_str(later[i])))
            return ERR_BUSY;
    for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
        if (view_starts(text, view_str(denied[i])))
            return ERR_DENIED;
    return ERR_INVALID;
}

/* HOST:PORT at the end of a text; an IPv6 host has colons of its own. An empty host: as before. */
static bool read_place(struct view text, struct redis_place *ret_place)
{
    uint64_t port;
    size_t colon = text.len;
    while (colon > 0 && text.at[colon - 1] != ':')
        colon--;
    if (colon == 0 || colon - 1 > REDIS_HOST_MAX ||
        !view_to_u64(view_of(text.at + colon, text.len - colon), UINT16_MAX, &port) || port == 0)
        return false;
    if (colon > 1)
        snprintf(ret_place->host, sizeof(ret_place->host), "%.*s", (int)(colon - 1), text.at);
    ret_place->port = (uint16_t)port;
    return true;
}

bool redis_redirect_read(struct view text, struct redis_route *route)
{
    const bool asking = view_starts(text, VIEW_LIT("ASK "));
    uint64_t slot;
    if (!asking && !view_starts(text, VIEW_LIT("MOVED ")))
        return false;
    const size_t skip = asking ? 4 : 6;
    const struct view rest = view_of(text.at + skip, text.len - skip);
    const char *blank = rest.len ? memchr(rest.at, ' ', rest.len) : NULL;
    if (!blank || !view_to_u64(view_of(rest.at, (size_t)(blank - rest.at)), REDIS_SLOTS - 1, &slot))
        return false;
    const size_t at = (size_t)(blank - rest.at) + 1;
    struct redis_place place = {0};
    if (!read_place(view_of(rest.at + at, rest.len - at), &place) || !place.host[0])
        return false;
    *route = (struct redis_route){.slot = (int)slot, .place = place, .asking = asking};
    return true;
}

bool redis_range_read(const redisReply *element, const struct redis_place *asked,
                      struct redis_range *ret_range)
{
    if (element->type != REDIS_REPLY_ARRAY || element->elements < 3)
        return false;
    const redisReply *first = element->element[0], *last = element->element[1],
                     *master = element->element[2];
    if (first->type != REDIS_REPLY_INTEGER || last->type != REDIS_REPLY_INTEGER ||
        master->type != REDIS_REPLY_ARRAY || master->elements < 2 ||
        master->element[1]->type != REDIS_REPLY_INTEGER)
        return false;
    const struct view host = redis_text(master->element[0]);
    const int64_t port = master->element[1]->integer;
    if (first->integer < 0 || last->integer >= REDIS_SLOTS || first->integer > last->integer ||
        port < 1 || port > UINT16_MAX || host.len > REDIS_HOST_MAX)
        return false;
    *ret_range = (struct redis_range){
        .first = (int)first->integer, .last = (int)last->integer, .place = *asked};
    if (host.len > 0)
        snprintf(ret_range->place.host, sizeof(ret_range->place.host), "%.*s", VIEW_ARG(host));
    ret_range->place.port = (uint16_t)port;
    return true;
}

static struct view field(const redisReply *reply, const char *name)
{
    for (size_t i = 0; i + 1 < reply->elements; i += 2)
        if (view_eq(redis_text(reply->element[i]), view_str(name)))
            return redis_text(reply->element[i + 1]);
    return (struct view){0};
}

bool redis_master_read(const redisReply *reply, struct redis_place *ret_place, uint64_t *ret_epoch)
{
    uint64_t port = 0, epoch = 0;
    if (reply->type != REDIS_REPLY_ARRAY)
        return false;
    const struct view host = field(reply, "ip");
    if (host.len == 0 || host.len > REDIS_HOST_MAX ||
        !view_to_u64(field(reply, "port"), UINT16_MAX, &port) || port == 0 ||
        !view_to_u64(field(reply, "config-epoch"), INT64_MAX, &epoch))
        return false;
    *ret_place = (struct redis_place){.port = (uint16_t)port};
    snprintf(ret_place->host, sizeof(ret_place->host), "%.*s", VIEW_ARG(host));
    *ret_epoch = epoch;
    return true;
}

bool redis_news_read(const redisReply *reply, struct view *ret_channel, struct view *ret_text)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
        return false;
    const struct view kind = redis_text(reply->element[0]);
    const bool is_message = view_eq(kind, VIEW_LIT("message"));
    if (!is_message && !view_eq(kind, VIEW_LIT("subscribe")))
        return false;
    *ret_channel = redis_text(reply->element[1]);
    *ret_text = is_message ? redis_text(reply->element[2]) : (struct view){0};
    return true;
}
