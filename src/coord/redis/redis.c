/*
 * The redis body. Keys carry their hash tag, so that what one script touches lies on one shard of a
 * cluster: usher:{lease:NAME}, usher:{member:ROLE}, usher:{limit:NAME}, usher:{block:NAME},
 * usher:{line:SALE}:count and :numbers. Times are Redis's own; the line knows none.
 */
#include <stdio.h>
#include <stdlib.h>

#include "coord/coord.h"
#include "db/redis.h"
#include "err/err.h"

#define CHANNEL "usher:coord" /* says the name of what changed */

/* Nothing is written to a master that was replaced for longer than a lease. */
#define SENTINEL_LEASE_MIN_MS 1000
_Static_assert(SENTINEL_LEASE_MIN_MS > REDIS_SURE_MS, "what sentinels said is forgotten before");

struct redis_coord {
    struct coord coord;
    struct redis *redis;
    void (*changed)(void *state);
    void *state;
};

#define KEY_BYTES_MAX    (COORD_NAME_MAX + 32)
#define NUMBER_BYTES_MAX 24

static struct redis *redis_of(struct coord *coord)
{
    return ((struct redis_coord *)coord)->redis;
}

/* usher:{kind:name}suffix, in bytes. */
static struct view key_of(const char *kind, struct view name, const char *suffix,
                          char bytes[KEY_BYTES_MAX])
{
    assert(name.len <= COORD_NAME_MAX);
    const int len =
        snprintf(bytes, KEY_BYTES_MAX, "usher:{%s:%.*s}%s", kind, VIEW_ARG(name), suffix);
    assert(len > 0 && len < KEY_BYTES_MAX);
    return view_of(bytes, (size_t)len);
}

static struct view line_key(uint32_t sale_id, const char *suffix, char bytes[KEY_BYTES_MAX])
{
    char number[NUMBER_BYTES_MAX];
    const int len = snprintf(number, sizeof(number), "%u", sale_id);
    return key_of("line", view_of(number, (size_t)len), suffix, bytes);
}

static struct view number_of(int64_t value, char bytes[NUMBER_BYTES_MAX])
{
    const int len = snprintf(bytes, NUMBER_BYTES_MAX, "%lld", (long long)value);
    return view_of(bytes, (size_t)len);
}

static struct view text_of(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? view_of(reply->str, (size_t)reply->len)
                                             : (struct view){0};
}

/* A command whose answer is a number. */
static int ask_number(struct redis *r, const struct view *words, size_t count, int64_t *ret_number,
                      int64_t deadline_ns)
{
    redisReply *reply;
    int err = redis_call(r, words, count, &reply, deadline_ns);
    if (err)
        return err;
    *ret_number = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
    freeReplyObject(reply);
    return 0;
}

/* ---- leases ---- */

/* Nothing: taken; a text: by whom it is. */
static const char take_script[] =
    "local h = redis.call('GET', KEYS[1])\n"
    "if h and h ~= ARGV[1] then return h end\n"
    "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"
    "if not h then redis.call('PUBLISH', '" CHANNEL "', KEYS[1]) end\n"
    "return false\n";

static int lease_take(struct coord *coord, struct view name, struct view holder, int64_t ttl_ms,
                      char ret_holder[COORD_HOLDER_MAX + 1], int64_t deadline_ns)
{
    char key[KEY_BYTES_MAX], ttl[NUMBER_BYTES_MAX];
    redisReply *reply;
    assert(holder.len > 0 && holder.len <= COORD_HOLDER_MAX && ttl_ms > 0);
    int err = redis_call(redis_of(coord),
                         WORDS(VIEW_LIT("EVAL"), view_str(take_script), VIEW_LIT("1"),
                               key_of("lease", name, "", key), holder, number_of(ttl_ms, ttl)),
                         &reply, deadline_ns);
    if (err)
        return err;
    const struct view other = text_of(reply);
    if (other.len > 0) {
        snprintf(ret_holder, COORD_HOLDER_MAX + 1, "%.*s", VIEW_ARG(other));
        err = ERR_CONFLICT;
    }
    freeReplyObject(reply);
    return err;
}

static const char give_script[] = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
                                  "redis.call('DEL', KEYS[1])\n"
                                  "redis.call('PUBLISH', '" CHANNEL "', KEYS[1])\n"
                                  "return 1\n";

static int lease_give(struct coord *coord, struct view name, struct view holder,
                      int64_t deadline_ns)
{
    char key[KEY_BYTES_MAX];
    int64_t given = 0;
    int err = ask_number(redis_of(coord),
                         WORDS(VIEW_LIT("EVAL"), view_str(give_script), VIEW_LIT("1"),
                               key_of("lease", name, "", key), holder),
                         &given, deadline_ns);
    return err == 0 && given == 0 ? ERR_NOT_FOUND : err;
}

static const char look_script[] =
    "return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}\n";

static int lease_look(struct coord *coord, struct view name, char ret_holder[COORD_HOLDER_MAX + 1],
                      int64_t *ret_left_ms, int64_t deadline_ns)
{
    char key[KEY_BYTES_MAX];
    redisReply *reply;
    int err = redis_call(redis_of(coord),
                         WORDS(VIEW_LIT("EVAL"), view_str(look_script), VIEW_LIT("1"),
                               key_of("lease", name, "", key)),
                         &reply, deadline_ns);
    if (err)
        return err;
    struct view holder = {0};
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2)
        holder = text_of(reply->element[0]);
    if (holder.len > 0) {
        snprintf(ret_holder, COORD_HOLDER_MAX + 1, "%.*s", VIEW_ARG(holder));
        *ret_left_ms = reply->element[1]->integer;
    }
    freeReplyObject(reply);
    return holder.len > 0 ? 0 : ERR_NOT_FOUND;
}

/* ---- members: a sorted set whose scores are their ends ---- */

#define NOW "local t = redis.call('TIME')\nlocal now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

static const char member_script[] =
    NOW "if redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1]) == 1 then\n"
        "redis.call('PUBLISH', '" CHANNEL "', KEYS[1]) end\n"
        "return 1\n";

static int member_put(struct coord *coord, struct view role, struct view text, int64_t ttl_ms,
                      int64_t deadline_ns)
{
    char key[KEY_BYTES_MAX], ttl[NUMBER_BYTES_MAX];
    int64_t one;
    assert(text.len > 0 && text.len <= COORD_HOLDER_MAX);
    return ask_number(redis_of(coord),
                      WORDS(VIEW_LIT("EVAL"), view_str(member_script), VIEW_LIT("1"),
                            key_of("member", role, "", key), text, number_of(ttl_ms, ttl)),
                      &one, deadline_ns);
}

static const char member_remove_script[] = "if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then\n"
                                           "redis.call('PUBLISH', '" CHANNEL "', KEYS[1]) end\n"
                                           "return 1\n";

static int member_remove(struct coord *coord, struct view role, struct view text,
                         int64_t deadline_ns)
{
    char key[KEY_BYTES_MAX];
    int64_t one;
    return ask_number(redis_of(coord),
                      WORDS(VIEW_LIT("EVAL"), view_str(member_remove_script), VIEW_LIT("1"),
                            key_of("member", role, "", key), text),
                      &one, deadline_ns);
}

static const char member_list_script[] =
    NOW "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)\n"
        "local m = redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1)\n"
        "table.sort(m)\n"
        "return m\n";

static int copy_members(const redisReply *reply, struct arena *arena,
                        struct coord_member **ret_members, size_t *ret_count)
{
    const size_t count = reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
    struct coord_member *members = arena_alloc(arena, count * sizeof(*members));
    if (!members)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct view text = text_of(reply->element[i]);
        const char *copy = arena_copy(arena, text);
        if (!copy)
            return ERR_NO_MEMORY;
        members[i].text = view_of(copy, text.len);
    }
    *ret_members = members;
    *ret_count = count;
    return 0;
}

static int member_list(struct coord *coord, struct view role, struct arena *arena,
                       struct coord_member **ret_members, size_t *ret_count, int64_t deadline_ns)
{
    char key[KEY_BYTES_MAX], max[NUMBER_BYTES_MAX];
    redisReply *reply;
    int err = redis_call(redis_of(coord),
                         WORDS(VIEW_LIT("EVAL"), view_str(member_list_script), VIEW_LIT("1"),
                               key_of("member", role, "", key), number_of(COORD_MEMBERS_MAX, max)),
                         &reply, deadline_ns);
    if (err)
        return err;
    err = copy_members(reply, arena, ret_members, ret_count);
    freeReplyObject(reply);
    return err;
}

/* ---- what changed ---- */

static void on_change(void *state, struct view message)
{
    struct redis_coord *c = state;
    c->changed(c->state);
}

static void watch(struct coord *coord, void (*changed)(void *state), void *state)
{
    struct redis_coord *c = (struct redis_coord *)coord;
    assert(!c->changed);
    c->changed = changed;
    c->state = state;
    redis_subscribe(c->redis, CHANNEL, on_change, c);
}

/* ---- limits and blocks ---- */

/* 0: taken; else ms until it could be. */
static const char limit_script[] =
    NOW "local b = redis.call('HMGET', KEYS[1], 'level', 'at')\n"
        "local rate, burst, cost = ARGV[1] / 1000, tonumber(ARGV[2]), tonumber(ARGV[3])\n"
        "local level = burst\n"
        "if b[1] then level = math.min(burst, b[1] + math.max(0, now - b[2]) * rate) end\n"
        "local wait = 0\n"
        "if level >= cost then level = level - cost\n"
        "else wait = math.ceil((cost - level) / rate) end\n"
        "redis.call('HSET', KEYS[1], 'level', tostring(level), 'at', now)\n"
        "redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate) + 1000)\n"
        "return wait\n";

static int limit_take(struct coord *coord, struct view name, const struct coord_limit *limit,
                      uint32_t cost, int64_t *ret_wait_ms, int64_t deadline_ns)
{
    char key[KEY_BYTES_MAX], rate[NUMBER_BYTES_MAX], burst[NUMBER_BYTES_MAX],
        price[NUMBER_BYTES_MAX];
    int64_t wait_ms = 0;
    assert(limit->per_second > 0 && cost <= limit->burst);
    int err = ask_number(redis_of(coord),
                         WORDS(VIEW_LIT("EVAL"), view_str(limit_script), VIEW_LIT("1"),
                               key_of("limit", name, "", key), number_of(limit->per_second, rate),
                               number_of(limit->burst, burst), number_of(cost, price)),
                         &wait_ms, deadline_ns);
    if (err == 0 && wait_ms > 0) {
        *ret_wait_ms = wait_ms;
        err = ERR_CONFLICT;
    }
    return err;
}

static int block_put(struct coord *coord, struct view name, int64_t ttl_ms, int64_t deadline_ns)
{
    char key[KEY_BYTES_MAX], ttl[NUMBER_BYTES_MAX];
    int64_t none;
    return ask_number(redis_of(coord),
                      WORDS(VIEW_LIT("SET"), key_of("block", name, "", key), VIEW_LIT("1"),
                            VIEW_LIT("PX"), number_of(ttl_ms, ttl)),
                      &none, deadline_ns);
}

static int block_has(struct coord *coord, struct view name, bool *ret_blocked, int64_t deadline_ns)
{
    char key[KEY_BYTES_MAX];
    int64_t count = 0;
    int err = ask_number(redis_of(coord), WORDS(VIEW_LIT("EXISTS"), key_of("block", name, "", key)),
                         &count, deadline_ns);
    if (err == 0)
        *ret_blocked = count > 0;
    return err;
}

/* ---- the line ---- */

static const char join_script[] = "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end\n"
                                  "local n = redis.call('ZSCORE', KEYS[2], ARGV[1])\n"
                                  "if n then return tonumber(n) end\n"
                                  "n = redis.call('INCR', KEYS[1])\n"
                                  "redis.call('ZADD', KEYS[2], n, ARGV[1])\n"
                                  "return n\n";

static int line_join(struct coord *coord, uint32_t sale_id, struct id account_id,
                     uint64_t *ret_number, int64_t deadline_ns)
{
    char count[KEY_BYTES_MAX], numbers[KEY_BYTES_MAX];
    uint8_t account[ID_BYTES];
    int64_t number = 0;
    id_to_bytes(account_id, account);
    int err =
        ask_number(redis_of(coord),
                   WORDS(VIEW_LIT("EVAL"), view_str(join_script), VIEW_LIT("2"),
                         line_key(sale_id, ":count", count), line_key(sale_id, ":numbers", numbers),
                         view_of(account, sizeof(account))),
                   &number, deadline_ns);
    if (err == 0 && number == 0)
        return ERR_NOT_FOUND;
    if (err == 0)
        *ret_number = (uint64_t)number;
    return err;
}

static int line_put(struct coord *coord, uint32_t sale_id, struct id account_id, uint64_t number,
                    int64_t deadline_ns)
{
    char numbers[KEY_BYTES_MAX], score[NUMBER_BYTES_MAX];
    uint8_t account[ID_BYTES];
    int64_t added;
    id_to_bytes(account_id, account);
    return ask_number(redis_of(coord),
                      WORDS(VIEW_LIT("ZADD"), line_key(sale_id, ":numbers", numbers),
                            number_of((int64_t)number, score), view_of(account, sizeof(account))),
                      &added, deadline_ns);
}

static const char open_script[] =
    "local top = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2] or 0\n"
    "local n = math.max(redis.call('GET', KEYS[1]) or 0, tonumber(top), tonumber(ARGV[1]))\n"
    "redis.call('SET', KEYS[1], string.format('%.0f', n))\n"
    "return 1\n";

static int line_open(struct coord *coord, uint32_t sale_id, uint64_t highest, int64_t deadline_ns)
{
    char count[KEY_BYTES_MAX], numbers[KEY_BYTES_MAX], number[NUMBER_BYTES_MAX];
    int64_t one;
    return ask_number(redis_of(coord),
                      WORDS(VIEW_LIT("EVAL"), view_str(open_script), VIEW_LIT("2"),
                            line_key(sale_id, ":count", count),
                            line_key(sale_id, ":numbers", numbers),
                            number_of((int64_t)highest, number)),
                      &one, deadline_ns);
}

/* ---- the body ---- */

static void redis_coord_free(struct coord *coord)
{
    redis_free(redis_of(coord));
    free(coord);
}

static const struct coord_ops redis_ops = {
    .name = "redis",
    .free = redis_coord_free,
    .lease_take = lease_take,
    .lease_give = lease_give,
    .lease_look = lease_look,
    .member_put = member_put,
    .member_remove = member_remove,
    .member_list = member_list,
    .watch = watch,
    .limit_take = limit_take,
    .block_put = block_put,
    .block_has = block_has,
    .line_join = line_join,
    .line_put = line_put,
    .line_open = line_open,
};

int coord_redis_new(const char *url, struct worker *worker, char *ret_why, struct coord **ret_coord)
{
    struct redis_coord *c = calloc(1, sizeof(*c));
    if (!c)
        return ERR_NO_MEMORY;
    c->coord.ops = &redis_ops;
    int err = redis_new(url, worker, ret_why, &c->redis);
    if (err) {
        free(c);
        return err;
    }
    c->coord.lease_min_ms = redis_kind(c->redis) == REDIS_SENTINEL ? SENTINEL_LEASE_MIN_MS : 0;
    *ret_coord = &c->coord;
    return 0;
}
