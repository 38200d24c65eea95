#include "chance/chance.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "err/err.h"

static void system_init(void)
{
    int sodium_ready = sodium_init();
    assert(sodium_ready >= 0);
}

static void system_fill(struct chance *chance, void *bytes, size_t len)
{
    randombytes_buf(bytes, len);
}

struct chance *chance_system(void)
{
    static struct chance system = {system_fill};
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, system_init);
    return &system;
}

static uint64_t rotate_left(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

/* xoshiro256** */
static uint64_t seeded_next(struct chance_seeded *s)
{
    uint64_t *x = s->state;
    uint64_t result = rotate_left(x[1] * 5, 7) * 9;
    uint64_t t = x[1] << 17;
    x[2] ^= x[0];
    x[3] ^= x[1];
    x[1] ^= x[2];
    x[0] ^= x[3];
    x[2] ^= t;
    x[3] = rotate_left(x[3], 45);
    return result;
}

static void seeded_fill(struct chance *chance, void *bytes, size_t len)
{
    struct chance_seeded *s =
        (struct chance_seeded *)((char *)chance - offsetof(struct chance_seeded, chance));
    uint8_t *at = bytes;
    while (len > 0) {
        uint64_t x = seeded_next(s);
        size_t n = len < sizeof(x) ? len : sizeof(x);
        memcpy(at, &x, n);
        at += n;
        len -= n;
    }
}

void chance_seed(struct chance_seeded *s, uint64_t seed)
{
    s->chance.fill = seeded_fill;
    /* SplitMix64 fills the state, as the authors of xoshiro advise: it is never all zero. */
    for (int i = 0; i < 4; i++) {
        uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        s->state[i] = z ^ z >> 31;
    }
}

uint64_t chance_u64(struct chance *chance)
{
    uint64_t x;
    chance->fill(chance, &x, sizeof(x));
    return x;
}

uint64_t chance_below(struct chance *chance, uint64_t limit)
{
    assert(limit > 0);
    /* The lowest 2^64 mod limit values are thrown away; what remains is a multiple of limit. */
    uint64_t threshold = -limit % limit;
    uint64_t x;
    do {
        x = chance_u64(chance);
    } while (x < threshold);
    return x % limit;
}

double chance_unit(struct chance *chance)
{
    return (double)(chance_u64(chance) >> 11) * 0x1.0p-53;
}

struct id chance_id(struct chance *chance)
{
    struct id id;
    do {
        chance->fill(chance, &id, sizeof(id));
    } while (id_is_zero(id));
    return id;
}

struct id chance_id_at(struct chance *chance, int64_t wall_ms)
{
    struct id id = chance_id(chance);
    id.hi = (uint64_t)wall_ms << 16 | (id.hi & 0xffff);
    return id_is_zero(id) ? (struct id){.lo = 1} : id;
}
