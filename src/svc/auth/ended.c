#include "svc/auth/ended.h"

#include <stdlib.h>

#include "err/err.h"

#define ROOM_FIRST 1024
#define ARENA_MAX  (ENDED_GUESTS_PAGE * sizeof(struct ended_guest) + 4096)

void ended_init(struct ended *ended)
{
    *ended = (struct ended){.max = ENDED_MAX};
    pthread_rwlock_init(&ended->lock, NULL);
    pthread_mutex_init(&ended->writing, NULL);
}

void ended_release(struct ended *ended)
{
    free(ended->slots);
    pthread_mutex_destroy(&ended->writing);
    pthread_rwlock_destroy(&ended->lock);
}

/* ---- the set ---- */

/* Where the id is, or the free place for it; there is always one. Ids are drawn by the server, so
 * nobody chooses where theirs fall. */
static struct ended_slot *find(struct ended_slot *slots, size_t room, struct id account_id)
{
    size_t at = (size_t)((account_id.lo ^ account_id.hi) * UINT64_C(0x9E3779B97F4A7C15) >> 32);
    while (!id_is_zero(slots[at & (room - 1)].account_id) &&
           !id_eq(slots[at & (room - 1)].account_id, account_id))
        at++;
    return &slots[at & (room - 1)];
}

/* With the writer's lock: how many ended after since_ms, and of those the first and the last. */
static size_t look(const struct ended *ended, int64_t since_ms, int64_t *ret_first_ms,
                   int64_t *ret_last_ms)
{
    size_t count = 0;
    *ret_first_ms = INT64_MAX;
    *ret_last_ms = 0;
    for (size_t i = 0; i < ended->room; i++) {
        const struct ended_slot *slot = &ended->slots[i];
        if (id_is_zero(slot->account_id) || slot->ended_at_ms <= since_ms)
            continue;
        count++;
        *ret_first_ms = slot->ended_at_ms < *ret_first_ms ? slot->ended_at_ms : *ret_first_ms;
        *ret_last_ms = slot->ended_at_ms > *ret_last_ms ? slot->ended_at_ms : *ret_last_ms;
    }
    return count;
}

/* With the writer's lock: a table with room for one more, without what has ended for good. Who asks
 * meanwhile sees the old one. */
static int rebuild(struct ended *ended, int64_t since_ms)
{
    int64_t first_ms, last_ms, floor_ms = ended->floor_ms;
    size_t room = ROOM_FIRST, count = look(ended, since_ms, &first_ms, &last_ms);
    if (count >= ended->max) {
        since_ms = first_ms + (last_ms - first_ms) / 8;
        floor_ms = since_ms > floor_ms ? since_ms : floor_ms;
    }
    while (room < 4 * count && room < 2 * (size_t)ENDED_MAX)
        room *= 2;
    struct ended_slot *slots = calloc(room, sizeof(*slots));
    if (!slots)
        return ERR_NO_MEMORY;
    count = 0;
    for (size_t i = 0; i < ended->room; i++) {
        const struct ended_slot *slot = &ended->slots[i];
        if (id_is_zero(slot->account_id) || slot->ended_at_ms <= since_ms)
            continue;
        *find(slots, room, slot->account_id) = *slot;
        count++;
    }
    pthread_rwlock_wrlock(&ended->lock);
    struct ended_slot *old = ended->slots;
    ended->slots = slots;
    ended->room = room;
    ended->count = count;
    ended->floor_ms = floor_ms;
    pthread_rwlock_unlock(&ended->lock);
    free(old);
    return 0;
}

/* With the writer's lock. */
static int take(struct ended *ended, const struct ended_guest *row, int64_t since_ms)
{
    const bool full = ended->count >= ended->max || 2 * (ended->count + 1) > ended->room;
    if (ended->room > 0 &&
        !id_is_zero(find(ended->slots, ended->room, row->account_id)->account_id))
        return 0;
    const int err = full ? rebuild(ended, since_ms) : 0;
    if (err != 0 || row->ended_at_ms <= ended->floor_ms)
        return err;
    pthread_rwlock_wrlock(&ended->lock);
    *find(ended->slots, ended->room, row->account_id) =
        (struct ended_slot){.account_id = row->account_id, .ended_at_ms = row->ended_at_ms};
    ended->count++;
    pthread_rwlock_unlock(&ended->lock);
    return 0;
}

int ended_take(struct ended *ended, const struct ended_guest *rows, size_t count, int64_t since_ms)
{
    int err = 0;
    pthread_mutex_lock(&ended->writing);
    for (size_t i = 0; err == 0 && i < count; i++)
        err = take(ended, &rows[i], since_ms);
    pthread_mutex_unlock(&ended->writing);
    return err;
}

bool ended_has(struct ended *ended, struct id account_id, int64_t issued_at_s)
{
    pthread_rwlock_rdlock(&ended->lock);
    const bool has =
        (ended->floor_ms > 0 && issued_at_s <= ended->floor_ms / 1000) ||
        (ended->room > 0 && !id_is_zero(find(ended->slots, ended->room, account_id)->account_id));
    pthread_rwlock_unlock(&ended->lock);
    return has;
}

/* ---- following the store ---- */

int ended_follow(struct ended *ended, struct sql *sql, int64_t now_ms, int64_t since_ms,
                 int64_t deadline_ns)
{
    uint64_t highest = ended->from;
    size_t count = ENDED_GUESTS_PAGE;
    int err = 0;
    while (err == 0 && count == ENDED_GUESTS_PAGE) {
        struct ended_guest *rows;
        struct arena arena;
        arena_init(&arena, ARENA_MAX);
        err = ended_guest_read(sql, highest, since_ms, &arena, &rows, &count, deadline_ns);
        if (err == 0)
            err = ended_take(ended, rows, count, since_ms);
        if (err == 0 && count > 0)
            highest = rows[count - 1].number;
        arena_release(&arena);
    }
    if (err == 0 && now_ms >= ended->marked_at_ms + ENDED_OVERLAP_MS) {
        ended->from = ended->mark;
        ended->mark = highest;
        ended->marked_at_ms = now_ms;
    }
    return err;
}
