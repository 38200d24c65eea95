#include "call/work.h"

#include <pthread.h>
#include <stdlib.h>

#include "codec/base64.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "net/range.h"
#include "observe/metrics.h"
#include "token/challenge.h"
#include "token/quota.h"
#include "token/roles.h"

#define HOUR_US        INT64_C(3600000000)
#define BURST          (INT64_C(1) << 20)
#define COUNTER_MIN    64 /* the counter is picked from here … */
#define COUNTER_SPREAD 64 /* … on */
#define SPENT_WAYS     8
#define QUARTER        4

METRIC_COUNTER(asked, "usher_work_asked_total", "Proofs of work that were asked for.", "");
METRIC_COUNTER(solved, "usher_work_solved_total", "Proofs of work that were right.", "");
METRIC_COUNTER(wrong, "usher_work_wrong_total",
               "Proofs of work that were missing, wrong, too old, too cheap or used before.", "");

enum { OF_ADDRESS, OF_NETWORK };

struct spent {
    uint8_t nonce[CHALLENGE_BYTES];
    int64_t until_ms; /* 0: free */
};

struct work {
    struct work_rules rules;
    uint8_t key[KEY_BYTES];
    struct chance *chance;
    struct offload *offload;
    struct quota_rule recent_rules[2];
    struct quota recent;
    pthread_mutex_t spent_lock;
    struct spent spent[WORK_SPENT_MAX]; /* the one that ends first makes room in its set */
};

int work_new(const struct work_rules *rules, const uint8_t *key, struct chance *chance,
             struct offload *offload, struct work **ret_work)
{
    uint8_t hash_key[QUOTA_KEY_BYTES];
    struct work *work = calloc(1, sizeof(*work));
    const int64_t after = rules->after > 0 ? rules->after : 1;
    if (!work)
        return ERR_NO_MEMORY;
    work->rules = *rules;
    memcpy(work->key, key, KEY_BYTES);
    work->chance = chance;
    work->offload = offload;
    work->recent_rules[OF_ADDRESS] = (struct quota_rule){HOUR_US / after, BURST};
    work->recent_rules[OF_NETWORK] = (struct quota_rule){HOUR_US / (after * WORK_NETWORK), BURST};
    chance->fill(chance, hash_key, sizeof(hash_key));
    quota_init(&work->recent, hash_key);
    pthread_mutex_init(&work->spent_lock, NULL);
    *ret_work = work;
    return 0;
}

void work_free(struct work *work)
{
    if (!work)
        return;
    quota_release(&work->recent);
    pthread_mutex_destroy(&work->spent_lock);
    free(work);
}

/* ---- suspicion ---- */

static int64_t wall_ms(void)
{
    return clock_wall_ms(loop_clock(sched_loop(sched_current())));
}

/* False: nothing is known of where the call comes from, or it is this machine. */
static bool read_address(const struct call *call, struct in6_addr ret_of[2])
{
    struct in6_addr address;
    if (net_range_address(call_metadata(call, VIEW_LIT("usher-address")), &address) != 0 ||
        net_range_is_local(&address))
        return false;
    ret_of[OF_ADDRESS] = ret_of[OF_NETWORK] = address;
    net_range_cut_host(&ret_of[OF_ADDRESS]);
    net_range_cut_network(&ret_of[OF_NETWORK]);
    return true;
}

/* Programs of an organiser's, its operator and our own processes. */
static bool is_trusted(const struct call *call)
{
    const struct identity *who = call_identity(call);
    return (who->roles & (ROLE_OPERATOR | ROLE_PEER)) != 0 ||
           (id_is_zero(who->account_id) && who->tenant_count > 0);
}

/* How often, in times of what is free: 0 below it, then 1, and each doubling one more. */
static uint32_t suspicion(struct work *work, const struct in6_addr of[2])
{
    uint32_t worst = 0;
    for (uint32_t i = 0; i < 2; i++) {
        const int64_t free = (int64_t)work->rules.after * (i == OF_NETWORK ? WORK_NETWORK : 1);
        int64_t used = quota_used(&work->recent, i, &work->recent_rules[i],
                                  view_of(&of[i], sizeof(of[i])), wall_ms());
        uint32_t level = used >= free ? 1 : 0;
        for (used /= 2; free > 0 && used >= free && level <= WORK_DOUBLINGS; used /= 2)
            level++;
        worst = level > worst ? level : worst;
    }
    return worst;
}

uint32_t work_cost(struct work *work, const struct call *call)
{
    struct in6_addr of[2];
    if (is_trusted(call))
        return 0;
    const uint32_t level = work->rules.cost > 0 && read_address(call, of) ? suspicion(work, of) : 0;
    const uint32_t grown = level > 0 ? work->rules.cost << (level - 1) : 0;
    return grown > work->rules.always ? grown : work->rules.always;
}

void work_note(struct work *work, const struct call *call)
{
    struct in6_addr of[2];
    if (is_trusted(call) || !read_address(call, of))
        return;
    for (uint32_t i = 0; i < 2; i++)
        (void)quota_take(&work->recent, i, &work->recent_rules[i], view_of(&of[i], sizeof(of[i])),
                         wall_ms());
}

struct id work_address(const struct call *call)
{
    struct in6_addr of[2];
    struct id id = {0};
    if (read_address(call, of))
        (void)id_from_bytes(view_of(&of[OF_ADDRESS], ID_BYTES), &id);
    return id;
}

/* ---- asking ---- */

struct making {
    struct challenge challenge;
    uint32_t counter;
    uint8_t prefix[CHALLENGE_BYTES];
    int err;
};

static void make(void *arg)
{
    struct making *making = arg;
    making->err = challenge_prefix(&making->challenge, making->counter, making->prefix);
}

static char *hex(struct arena *arena, const uint8_t *bytes, size_t len)
{
    char *text = arena_alloc(arena, 2 * len + 1);
    if (text)
        hex_write(view_of(bytes, len), text);
    return text;
}

int work_ask(struct work *work, struct call *call, struct work_aim aim,
             Usher__V1__Challenge *ret_challenge)
{
    struct arena *arena = call_arena(call);
    uint8_t mac[CHALLENGE_MAC_BYTES];
    struct making making = {
        .challenge = {.sale_id = aim.sale_id,
                      .account_id = aim.account_id,
                      .cost = work_cost(work, call),
                      .expires_at_ms = wall_ms() + WORK_LIFE_MS},
        .counter = COUNTER_MIN + (uint32_t)chance_below(work->chance, COUNTER_SPREAD),
    };
    if (making.challenge.cost == 0)
        return 0; /* the answer without an algorithm */
    work->chance->fill(work->chance, making.challenge.nonce, CHALLENGE_BYTES);
    work->chance->fill(work->chance, making.challenge.salt, CHALLENGE_BYTES);
    int err = work->offload ? offload_run(work->offload, make, &making) : 0;
    if (err == 0 && !work->offload)
        make(&making);
    if (err != 0 || making.err != 0)
        return err != 0 ? err : making.err;
    metric_add(&asked, 1);
    challenge_seal(work->key, &making.challenge, making.counter, mac);
    ret_challenge->algorithm = (char *)CHALLENGE_ALGORITHM;
    ret_challenge->nonce = hex(arena, making.challenge.nonce, CHALLENGE_BYTES);
    ret_challenge->salt = hex(arena, making.challenge.salt, CHALLENGE_BYTES);
    ret_challenge->cost = making.challenge.cost;
    ret_challenge->key_length = CHALLENGE_KEY_BYTES;
    ret_challenge->key_prefix = hex(arena, making.prefix, CHALLENGE_BYTES);
    ret_challenge->expires_at_ms = making.challenge.expires_at_ms;
    ret_challenge->signature = hex(arena, mac, sizeof(mac));
    return ret_challenge->nonce && ret_challenge->salt && ret_challenge->key_prefix &&
                   ret_challenge->signature
               ? 0
               : ERR_NO_MEMORY;
}

/* ---- checking ---- */

/* Remembers the nonce as used; false: it was used before. Nonces are random: any two bytes choose
 * the set. */
static bool spend(struct work *work, const uint8_t nonce[CHALLENGE_BYTES], int64_t until_ms)
{
    const size_t set = ((size_t)nonce[0] << 8 | nonce[1]) % (WORK_SPENT_MAX / SPENT_WAYS);
    struct spent *first = &work->spent[set * SPENT_WAYS], *room = first;
    bool fresh = true;
    pthread_mutex_lock(&work->spent_lock);
    for (int i = 0; i < SPENT_WAYS; i++) {
        fresh = fresh && memcmp(first[i].nonce, nonce, CHALLENGE_BYTES) != 0;
        if (first[i].until_ms < room->until_ms)
            room = &first[i];
    }
    if (fresh) {
        memcpy(room->nonce, nonce, CHALLENGE_BYTES);
        room->until_ms = until_ms;
    }
    pthread_mutex_unlock(&work->spent_lock);
    return fresh;
}

static bool is_solved(struct work *work, struct work_aim aim, uint32_t cost,
                      const Usher__V1__Challenge *said, uint32_t solution)
{
    uint8_t mac[CHALLENGE_MAC_BYTES];
    if (!said || said->cost < cost / QUARTER)
        return false;
    struct challenge challenge = {.sale_id = aim.sale_id,
                                  .account_id = aim.account_id,
                                  .cost = said->cost,
                                  .expires_at_ms = said->expires_at_ms};
    return hex_read(view_str(said->nonce), challenge.nonce, CHALLENGE_BYTES) == 0 &&
           hex_read(view_str(said->salt), challenge.salt, CHALLENGE_BYTES) == 0 &&
           hex_read(view_str(said->signature), mac, sizeof(mac)) == 0 &&
           challenge_solved(work->key, &challenge, solution, mac) &&
           wall_ms() < said->expires_at_ms && spend(work, challenge.nonce, said->expires_at_ms);
}

bool work_done(struct work *work, const struct call *call, struct work_aim aim,
               const Usher__V1__Challenge *said, uint32_t solution)
{
    const uint32_t cost = work_cost(work, call);
    const bool done = cost == 0 || is_solved(work, aim, cost, said, solution);
    if (cost > 0)
        metric_add(done ? &solved : &wrong, 1);
    return done;
}
