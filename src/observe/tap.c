#include "observe/tap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "err/err.h"

struct kept {
    uint64_t sequence;
    int64_t at_ms;
    uint32_t len;
    uint32_t level;
};

/* Two halves: one is filled while the lines of the other are looked at. */
static struct {
    pthread_mutex_t lock;
    char *halves[2];
    unsigned filling;
    size_t len;        /* bytes in the half that is filled */
    size_t taken, end; /* of the other half: what was handed over, and its bytes */
    uint64_t sequence;
    _Atomic uint64_t lost;
    _Atomic bool open;
} tap = {.lock = PTHREAD_MUTEX_INITIALIZER};

int tap_open(void)
{
    for (unsigned i = 0; i < 2; i++) {
        if (!tap.halves[i])
            tap.halves[i] = malloc(TAP_BYTES / 2);
        if (!tap.halves[i])
            return ERR_NO_MEMORY;
    }
    atomic_store(&tap.open, true);
    return 0;
}

void tap_close(void)
{
    pthread_mutex_lock(&tap.lock);
    atomic_store(&tap.open, false);
    for (unsigned i = 0; i < 2; i++) {
        free(tap.halves[i]);
        tap.halves[i] = NULL;
    }
    tap.len = tap.taken = tap.end = 0;
    tap.sequence = 0;
    pthread_mutex_unlock(&tap.lock);
}

bool tap_is_open(void)
{
    return atomic_load_explicit(&tap.open, memory_order_relaxed);
}

uint64_t tap_lost(void)
{
    return atomic_load(&tap.lost);
}

void tap_put(enum log_level level, int64_t at_ms, struct view json)
{
    pthread_mutex_lock(&tap.lock);
    const struct kept kept = {++tap.sequence, at_ms, (uint32_t)json.len, level};
    if (atomic_load(&tap.open) && tap.len + sizeof(kept) + json.len <= TAP_BYTES / 2) {
        char *at = tap.halves[tap.filling] + tap.len;
        memcpy(at, &kept, sizeof(kept));
        memcpy(at + sizeof(kept), json.at, json.len);
        tap.len += sizeof(kept) + json.len;
    } else {
        atomic_fetch_add(&tap.lost, 1);
    }
    pthread_mutex_unlock(&tap.lock);
}

/* The other half is used up: what was filled is looked at from now on. */
static void swap_halves(void)
{
    pthread_mutex_lock(&tap.lock);
    tap.end = tap.len;
    tap.taken = tap.len = 0;
    tap.filling = !tap.filling;
    pthread_mutex_unlock(&tap.lock);
}

size_t tap_take(struct tap_line *lines, size_t max)
{
    size_t count = 0;
    if (tap.taken == tap.end)
        swap_halves();
    const char *half = tap.halves[!tap.filling];
    while (count < max && tap.taken < tap.end) {
        struct kept kept;
        memcpy(&kept, half + tap.taken, sizeof(kept));
        lines[count++] =
            (struct tap_line){.sequence = kept.sequence,
                              .level = (enum log_level)kept.level,
                              .at_ms = kept.at_ms,
                              .json = view_of(half + tap.taken + sizeof(kept), kept.len)};
        tap.taken += sizeof(kept) + kept.len;
    }
    return count;
}
