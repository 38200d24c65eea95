/*
 * world: one on-sale from a seed: a small hall, a store that fails, owners that come and go, and
 * buyers who do what buyers do, all in virtual time.
 *
 *     buyers ──owner_ask──▶ posts: owner over store_fault over ┐
 *     director ──faults, pauses, clock jumps, takeovers──▶ …   ├─▶ one store in memory, ◀── truth
 *                                                     another  ┘   or on a disk that fails
 *
 * A post is an owner at work with its own way to the store, so that one of two may be cut off,
 * paused or gone while the other sells. Every answer is compared with the ledger at the moment it
 * is given, and everything once more at the end, when faults have stopped.
 *
 * In a world that is a cluster a post is a whole ticket process, and the ways from one to the
 * other, to the store and to Redis are cluster/cluster.h's.
 */
#ifndef USHER_TESTS_SIM_WORLD_H
#define USHER_TESTS_SIM_WORLD_H

#include "sim/body.h"
#include "sim/cluster/cluster.h"
#include "sim/tale.h"
#include "sim/truth.h"
#include "store/wrap/fault.h"

#define WORLD_POSTS_MAX    3 /* of a cluster; else 2 */
#define WORLD_BUYERS_MAX   60
#define WORLD_RECEIPTS_MAX 8192
#define WORLD_BELONGS_MAX  8
#define WORLD_ANSWER_MS    60000 /* an ask is answered within this */
#define WORLD_RESULTS      19    /* results are 0, -1, … -18 */

/* What the seeds of a run met, so that a run which proves nothing is noticed. */
struct coverage {
    uint64_t answers[OWNER_COLLECT + 1][WORLD_RESULTS]; /* by verb, by -result */
    uint64_t by_key;                                    /* the same answer again */
    uint64_t forgotten;      /* keys that were old enough to be forgotten */
    uint64_t uncertain_done; /* answered 0 though its commit failed */
    uint64_t loads, commits;
    uint64_t takeovers, kills, restarts, pauses, crashes, jumps, fenced_asks;
    uint64_t long_holds;
    struct disk_counts disk;
    struct cluster_counts cluster;
    uint64_t expiries, sold, cancelled, reduced, rests, lists, sold_dear, plans, choices, codes,
        offers, lapses, offers_sold;
};

/* What listens to an owner: deltas applied to what was loaded. */
struct shadow {
    uint64_t version;
    uint64_t mark;
    enum seats_state *states; /* a place */
    bool loaded;
    int64_t now_ms; /* the owner's time, when last seen */
};

struct post {
    struct world *world;
    struct owner *owner;
    struct store *store;     /* store_fault around the world's */
    struct store *front;     /* of a world with a disk: its way there; else NULL */
    struct process *process; /* of a cluster; else NULL */
    struct shadow shadow;
    uint32_t number;
    bool leaving; /* takes no new asks */
    bool gone;    /* the owner is freed; its last visitors have yet to read their answers */
    uint32_t visitors;
};

/* A key and what was answered under it the first time. */
struct receipt {
    struct id account_id;
    uint32_t number; /* of the key */
    enum owner_verb verb;
    uint8_t request_hash[32];
    bool answered;
    bool reused; /* with another request, after it was forgotten: nothing is expected of it */
    struct seats_hold hold;
    int64_t total;
    int64_t at_ms;
    struct owner_ask ask; /* as it was asked */
};

struct belonging {
    struct id hold_id;
    int64_t expires_at_ms;
    bool ordered;
    uint32_t seat_count;
    uint32_t seats[SEATS_PARTY_MAX];
};

struct buyer {
    struct world *world;
    struct id account_id;
    struct belonging belongings[WORLD_BELONGS_MAX];
    uint32_t belonging_count;
    uint32_t granted;   /* different holds it was given */
    uint32_t uncertain; /* holds it asked for, and was told that nothing is known */
};

/* What a world is made of. */
enum world_kind { WORLD_MEMORY, WORLD_DISK, WORLD_CLUSTER };

/* How a seed's store behaves, in a million. */
struct weather {
    uint32_t before_ppm, after_ppm, io_ppm, crash_ppm, delay_ppm;
    int64_t delay_max_ns;
};

struct world {
    uint64_t seed;
    bool disk;               /* the store is SQLite on a simulated disk */
    struct cluster *cluster; /* NULL: owners alone, in one process */
    uint32_t posts_max;
    struct stage stage;
    struct tale tale;
    struct truth truth;
    struct chance *chance;
    struct coverage *coverage;
    struct weather weather;
    struct post *posts[WORLD_POSTS_MAX]; /* NULL: nobody */
    uint32_t post_count;                 /* ever */
    struct buyer buyers[WORLD_BUYERS_MAX];
    uint32_t buyer_count;
    uint32_t buyers_left;
    uint32_t acts; /* a buyer's */
    struct receipt *receipts;
    uint32_t receipt_count;
    uint64_t cuts; /* of the power, that the director knows of */
    bool jumped;   /* the wall clock: a key may be forgotten at any time */
    bool calm;     /* no faults any more, one owner */
    bool ended;
    int64_t latest_ms; /* the latest time that an owner gave */
};

/* Plays the seed. False: the tale says what is wrong; its hash is that of all that happened. */
bool world_play(struct world *world, uint64_t seed, enum world_kind kind, bool verbose,
                struct coverage *coverage);

/* ---- for the files of the world alone ---- */

/* A line of the trace. */
#define world_say(world, ...) tale_say(&(world)->tale, __VA_ARGS__)
/* Something is wrong; the first is kept, and everybody goes home. */
#define world_fail(world, ...) tale_fail(&(world)->tale, __VA_ARGS__)
bool world_odds(struct world *world, uint32_t in_hundred);
uint32_t world_below(struct world *world, uint32_t limit);
/* Sleeps 0 … max_ms. */
void world_wait(struct world *world, uint32_t max_ms);
/* Owners that take asks. */
uint32_t world_posts(const struct world *world);
/* Asks some owner, and checks the answer. receipt: the key's, or NULL. */
int world_ask(struct world *world, struct buyer *buyer, struct owner_ask *ask,
              struct receipt *receipt);

/* check.c: an answer against the ledger, which was at asked_version before the ask; and everything,
 * once it is calm. */
void check_answer(struct world *world, struct post *post, struct owner_ask *ask,
                  struct receipt *receipt, uint64_t asked_version);
void check_calm(struct world *world);
void check_end(struct world *world);
/* Not from a fiber. */
void check_audit(struct world *world);
/* After a power cut: what was seen of the ledger is still in it. */
void check_kept(struct world *world);

/* post.c */
struct post *post_open(struct world *world);
/* Stops the owner and forgets it. crash: its way to the store is cut first. */
void post_close(struct world *world, struct post *post, bool crash);
/* The owner's time; the last that was seen, once it is gone. */
int64_t post_now_ms(struct post *post);
void post_weather(struct post *post, const struct weather *weather);

/* cluster/acts.c */
/* Something goes wrong, or gets better, in a cluster. */
void cluster_act(struct world *world);
/* Faults stop; then one process owns, all know which, and it is posts[0]. */
void cluster_settle(struct world *world);

/* buyer.c, director.c: fibers; arg is a struct buyer, a struct world */
void buyer_run(void *arg);
void director_run(void *arg);
void director_jump_clock(struct world *world);

#endif
