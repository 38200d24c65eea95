/* The local body: one process, in memory, under one lock. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "coord/local/things.h"
#include "err/err.h"
#include "mem/table.h"

#define LINES_MAX       64       /* sales with a line at once */
#define LINE_PEOPLE_MAX 16000000 /* of a line */
#define LINE_PEOPLE_MIN 1024     /* its table grows from */

struct line {
    uint32_t sale_id; /* 0: free */
    bool open;
    uint32_t highest;
    struct table numbers; /* by account */
};

struct local_coord {
    struct coord coord;
    const struct clock *clock;
    pthread_mutex_t lock;
    struct things things;
    struct line lines[LINES_MAX];
    void (*changed)(void *state);
    void *state;
};

static struct local_coord *enter(struct coord *coord, int64_t *ret_now_ns)
{
    struct local_coord *c = (struct local_coord *)coord;
    pthread_mutex_lock(&c->lock);
    *ret_now_ns = clock_mono_ns(c->clock);
    return c;
}

static int leave(struct local_coord *c, int result)
{
    pthread_mutex_unlock(&c->lock);
    return result;
}

/* Leaves, and tells that something changed. */
static int leave_changed(struct local_coord *c, int result)
{
    pthread_mutex_unlock(&c->lock);
    if (c->changed)
        c->changed(c->state);
    return result;
}

/* ---- leases ---- */

static void tell_holder(const struct thing *lease, char ret_holder[COORD_HOLDER_MAX + 1])
{
    snprintf(ret_holder, COORD_HOLDER_MAX + 1, "%.*s", (int)lease->text_len, lease->text);
}

static int lease_take(struct coord *coord, struct view name, struct view holder, int64_t ttl_ms,
                      char ret_holder[COORD_HOLDER_MAX + 1], int64_t deadline_ns)
{
    int64_t now_ns;
    struct local_coord *c = enter(coord, &now_ns);
    struct thing *lease = things_find(&c->things, THING_LEASE, name, holder, now_ns);
    const bool is_new = !lease;
    assert(holder.len > 0 && holder.len <= COORD_HOLDER_MAX && ttl_ms > 0);
    if (lease && !view_eq(view_of(lease->text, lease->text_len), holder)) {
        tell_holder(lease, ret_holder);
        return leave(c, ERR_CONFLICT);
    }
    if (!lease)
        lease = things_add(&c->things, THING_LEASE, name, holder, now_ns);
    if (!lease)
        return leave(c, ERR_FULL);
    lease->ends_ns = deadline_after_ms(now_ns, ttl_ms);
    return is_new ? leave_changed(c, 0) : leave(c, 0);
}

static int lease_give(struct coord *coord, struct view name, struct view holder,
                      int64_t deadline_ns)
{
    int64_t now_ns;
    struct local_coord *c = enter(coord, &now_ns);
    struct thing *lease = things_find(&c->things, THING_LEASE, name, holder, now_ns);
    if (!lease || !view_eq(view_of(lease->text, lease->text_len), holder))
        return leave(c, ERR_NOT_FOUND);
    things_remove(&c->things, lease);
    return leave_changed(c, 0);
}

static int lease_look(struct coord *coord, struct view name, char ret_holder[COORD_HOLDER_MAX + 1],
                      int64_t *ret_left_ms, int64_t deadline_ns)
{
    int64_t now_ns;
    struct local_coord *c = enter(coord, &now_ns);
    const struct thing *lease =
        things_find(&c->things, THING_LEASE, name, (struct view){0}, now_ns);
    if (lease) {
        tell_holder(lease, ret_holder);
        *ret_left_ms = (lease->ends_ns - now_ns) / NS_PER_MS;
    }
    return leave(c, lease ? 0 : ERR_NOT_FOUND);
}

/* ---- members ---- */

static int member_put(struct coord *coord, struct view role, struct view text, int64_t ttl_ms,
                      int64_t deadline_ns)
{
    int64_t now_ns;
    struct local_coord *c = enter(coord, &now_ns);
    struct thing *member = things_find(&c->things, THING_MEMBER, role, text, now_ns);
    const bool is_new = !member;
    if (!member)
        member = things_add(&c->things, THING_MEMBER, role, text, now_ns);
    if (!member)
        return leave(c, ERR_FULL);
    member->ends_ns = deadline_after_ms(now_ns, ttl_ms);
    return is_new ? leave_changed(c, 0) : leave(c, 0);
}

static int member_remove(struct coord *coord, struct view role, struct view text,
                         int64_t deadline_ns)
{
    int64_t now_ns;
    struct local_coord *c = enter(coord, &now_ns);
    struct thing *member = things_find(&c->things, THING_MEMBER, role, text, now_ns);
    if (!member)
        return leave(c, 0);
    things_remove(&c->things, member);
    return leave_changed(c, 0);
}

static int by_text(const void *a, const void *b)
{
    const struct view x = ((const struct coord_member *)a)->text;
    const struct view y = ((const struct coord_member *)b)->text;
    const int order = memcmp(x.at, y.at, x.len < y.len ? x.len : y.len);
    return order != 0 ? order : (x.len > y.len) - (x.len < y.len);
}

static int member_list(struct coord *coord, struct view role, struct arena *arena,
                       struct coord_member **ret_members, size_t *ret_count, int64_t deadline_ns)
{
    int64_t now_ns;
    struct local_coord *c = enter(coord, &now_ns);
    struct coord_member *members = arena_alloc(arena, COORD_MEMBERS_MAX * sizeof(*members));
    size_t count = 0;
    if (!members)
        return leave(c, ERR_NO_MEMORY);
    /* All of a role have its name, and so one bucket. */
    const struct thing *thing = things_first(&c->things, THING_MEMBER, role);
    for (; thing && count < COORD_MEMBERS_MAX; thing = thing->next) {
        if (thing->kind != THING_MEMBER || thing->ends_ns <= now_ns ||
            !view_eq(view_of(thing->name, thing->name_len), role))
            continue;
        const char *copy = arena_copy(arena, view_of(thing->text, thing->text_len));
        if (!copy)
            return leave(c, ERR_NO_MEMORY);
        members[count++].text = view_of(copy, thing->text_len);
    }
    qsort(members, count, sizeof(*members), by_text);
    *ret_members = members;
    *ret_count = count;
    return leave(c, 0);
}

static void watch(struct coord *coord, void (*changed)(void *state), void *state)
{
    struct local_coord *c = (struct local_coord *)coord;
    assert(!c->changed);
    c->changed = changed;
    c->state = state;
}

/* ---- limits and blocks ---- */

static int limit_take(struct coord *coord, struct view name, const struct coord_limit *limit,
                      uint32_t cost, int64_t *ret_wait_ms, int64_t deadline_ns)
{
    int64_t now_ns;
    struct local_coord *c = enter(coord, &now_ns);
    struct thing *bucket = things_find(&c->things, THING_LIMIT, name, (struct view){0}, now_ns);
    const double rate = (double)limit->per_second / (double)NS_PER_S;
    const double burst = limit->burst;
    assert(limit->per_second > 0 && cost <= limit->burst);
    if (!bucket) {
        bucket = things_add(&c->things, THING_LIMIT, name, (struct view){0}, now_ns);
        if (!bucket)
            return leave(c, ERR_FULL);
        bucket->level = burst;
        bucket->at_ns = now_ns;
    }
    bucket->level += (double)(now_ns - bucket->at_ns) * rate;
    if (bucket->level > burst)
        bucket->level = burst;
    bucket->at_ns = now_ns;
    /* full again by then: as if it had never been */
    bucket->ends_ns = now_ns + (int64_t)(burst / rate) + NS_PER_S;
    if (bucket->level < cost) {
        const double wait_ns = ((double)cost - bucket->level) / rate;
        *ret_wait_ms = (int64_t)(wait_ns / (double)NS_PER_MS) + 1;
        return leave(c, ERR_CONFLICT);
    }
    bucket->level -= cost;
    return leave(c, 0);
}

static int block_put(struct coord *coord, struct view name, int64_t ttl_ms, int64_t deadline_ns)
{
    int64_t now_ns;
    struct local_coord *c = enter(coord, &now_ns);
    struct thing *block = things_find(&c->things, THING_BLOCK, name, (struct view){0}, now_ns);
    if (!block)
        block = things_add(&c->things, THING_BLOCK, name, (struct view){0}, now_ns);
    if (block)
        block->ends_ns = deadline_after_ms(now_ns, ttl_ms);
    return leave(c, block ? 0 : ERR_FULL);
}

static int block_has(struct coord *coord, struct view name, bool *ret_blocked, int64_t deadline_ns)
{
    int64_t now_ns;
    struct local_coord *c = enter(coord, &now_ns);
    *ret_blocked = things_find(&c->things, THING_BLOCK, name, (struct view){0}, now_ns) != NULL;
    return leave(c, 0);
}

/* ---- the line ---- */

static struct line *find_line(struct local_coord *c, uint32_t sale_id)
{
    for (size_t i = 0; i < LINES_MAX; i++)
        if (c->lines[i].sale_id == sale_id)
            return &c->lines[i];
    return NULL;
}

/* Or makes it. ERR_FULL, ERR_NO_MEMORY. */
static int need_line(struct local_coord *c, uint32_t sale_id, struct line **ret_line)
{
    assert(sale_id > 0);
    struct line *line = find_line(c, sale_id);
    if (!line) {
        line = find_line(c, 0);
        if (!line)
            return ERR_FULL;
        line->sale_id = sale_id;
    }
    *ret_line = line;
    return 0;
}

static int add_number(struct line *line, struct id account_id, uint32_t number)
{
    struct table *numbers = &line->numbers;
    int err = 0;
    if (numbers->count == LINE_PEOPLE_MAX)
        return ERR_FULL;
    if (numbers->count == numbers->max)
        err = table_reserve(numbers, 2 * numbers->count + LINE_PEOPLE_MIN);
    if (err == 0)
        err = table_put(numbers, account_id, number);
    if (err == 0 && number > line->highest)
        line->highest = number;
    return err;
}

static int line_join(struct coord *coord, uint32_t sale_id, struct id account_id,
                     uint64_t *ret_number, int64_t deadline_ns)
{
    int64_t now_ns;
    struct local_coord *c = enter(coord, &now_ns);
    struct line *line = find_line(c, sale_id);
    uint32_t number;
    if (!line || !line->open)
        return leave(c, ERR_NOT_FOUND);
    if (!table_get(&line->numbers, account_id, &number)) {
        number = line->highest + 1;
        int err = line->highest == UINT32_MAX ? ERR_FULL : add_number(line, account_id, number);
        if (err)
            return leave(c, err);
    }
    *ret_number = number;
    return leave(c, 0);
}

static int line_put(struct coord *coord, uint32_t sale_id, struct id account_id, uint64_t number,
                    int64_t deadline_ns)
{
    int64_t now_ns;
    struct local_coord *c = enter(coord, &now_ns);
    struct line *line;
    int err = number > UINT32_MAX ? ERR_FULL : need_line(c, sale_id, &line);
    return leave(c, err ? err : add_number(line, account_id, (uint32_t)number));
}

static int line_open(struct coord *coord, uint32_t sale_id, uint64_t highest, int64_t deadline_ns)
{
    int64_t now_ns;
    struct local_coord *c = enter(coord, &now_ns);
    struct line *line;
    int err = highest > UINT32_MAX ? ERR_FULL : need_line(c, sale_id, &line);
    if (err)
        return leave(c, err);
    if (highest > line->highest)
        line->highest = (uint32_t)highest;
    line->open = true;
    return leave(c, 0);
}

/* ---- the body ---- */

static void local_free(struct coord *coord)
{
    struct local_coord *c = (struct local_coord *)coord;
    for (size_t i = 0; i < LINES_MAX; i++)
        if (c->lines[i].sale_id)
            table_release(&c->lines[i].numbers);
    things_release(&c->things);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static const struct coord_ops local_ops = {
    .name = "local",
    .free = local_free,
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

int coord_local_new(const struct clock *clock, struct coord **ret_coord)
{
    struct local_coord *c = calloc(1, sizeof(*c));
    if (!c)
        return ERR_NO_MEMORY;
    c->coord.ops = &local_ops;
    c->clock = clock;
    pthread_mutex_init(&c->lock, NULL);
    int err = things_init(&c->things);
    if (err) {
        local_free(&c->coord);
        return err;
    }
    *ret_coord = &c->coord;
    return 0;
}
