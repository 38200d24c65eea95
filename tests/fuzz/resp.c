/* Redis's answers (RESP), whole and a few bytes at a time: the same answers, and each is read as
 * everything it could be. */
#include <stdlib.h>

#include "db/redis_answer.h"
#include "err/err.h"
#include "fuzz.h"

#define ANSWERS_MAX 4096

struct seen {
    size_t count;
    uint64_t sum; /* over all that was read */
    int err;
};

static void add(struct seen *seen, struct view text)
{
    for (size_t i = 0; i < text.len; i++)
        seen->sum = seen->sum * 31 + (uint8_t)text.at[i];
    seen->sum = seen->sum * 31 + text.len;
}

static void add_place(struct seen *seen, const struct redis_place *place)
{
    assert(place->port > 0);
    add(seen, view_str(place->host));
    seen->sum += place->port;
}

static void look(struct seen *seen, const redisReply *reply)
{
    const struct redis_place asked = {.host = "asked", .port = 1};
    struct redis_route route = {.slot = -1};
    struct redis_range range;
    struct redis_place master;
    struct view channel, text;
    uint64_t epoch;
    char why[NET_TLS_WHY_MAX];
    seen->sum += (uint64_t)reply->type;
    add(seen, redis_text(reply));
    seen->sum += (uint64_t)redis_greeting_read(reply, why);
    if (redis_redirect_read(redis_text(reply), &route)) {
        assert(route.slot >= 0 && route.slot < REDIS_SLOTS);
        add_place(seen, &route.place);
    }
    if (redis_range_read(reply, &asked, &range)) {
        assert(range.first >= 0 && range.first <= range.last && range.last < REDIS_SLOTS);
        add_place(seen, &range.place);
    }
    if (redis_master_read(reply, &master, &epoch)) {
        assert(epoch <= INT64_MAX);
        add_place(seen, &master);
    }
    if (redis_news_read(reply, &channel, &text)) {
        add(seen, channel);
        add(seen, text);
    }
    assert(reply->type != REDIS_REPLY_ARRAY || reply->elements <= REDIS_ELEMENTS_MAX);
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++)
        look(seen, reply->element[i]);
}

static struct seen run(const uint8_t *bytes, size_t len, size_t step)
{
    struct seen seen = {0};
    struct redis_reader reader;
    if (redis_reader_init(&reader) != 0)
        abort();
    for (size_t at = 0; at < len && seen.err == 0; at += step) {
        const size_t piece = len - at < step ? len - at : step;
        seen.err = redis_reader_feed(&reader, (const char *)bytes + at, piece);
        redisReply *reply = NULL;
        while (seen.err == 0 && (seen.err = redis_reader_next(&reader, &reply)) == 0 && reply) {
            look(&seen, reply);
            freeReplyObject(reply);
            seen.count++;
        }
    }
    redis_reader_release(&reader);
    assert(seen.err == 0 || seen.err == ERR_INVALID);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len < 1 || len > ANSWERS_MAX)
        return 0;
    const struct seen whole = run(bytes + 1, len - 1, len);
    const struct seen cut = run(bytes + 1, len - 1, 1 + bytes[0] % 13);
    assert(whole.count == cut.count && whole.sum == cut.sum && whole.err == cut.err);
    return 0;
}
