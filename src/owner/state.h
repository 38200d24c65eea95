/*
 * state: what an owner keeps, for the files of this folder alone.
 */
#ifndef USHER_OWNER_STATE_H
#define USHER_OWNER_STATE_H

#include <pthread.h>

#include "mem/table.h"
#include "owner/habits.h"
#include "owner/keys.h"
#include "owner/owner.h"
#include "owner/places.h"
#include "owner/prices.h"
#include "owner/uses.h"
#include "owner/waiting.h"
#include "sale/change.h"
#include "sale/ledger.h"
#include "sale/payment.h"

/* Changes with prices of their own, and price lists, may be larger than others: a batch counts what
 * they need more, so that 4,096 changes fit a row, or fewer do. */
#define OWNER_ENTRY_BYTES   256
#define OWNER_AMOUNTS_BYTES 96

/* The ways of an owner, X(from, to); owner_move takes them. */
#define OWNER_PHASES(X) X(NEW) X(LOADING) X(SERVING) X(AWAY) X(STOPPED)
#define OWNER_WAYS(X)                                                                              \
    X(NEW, LOADING)                                                                                \
    X(LOADING, SERVING)                                                                            \
    X(SERVING, LOADING) X(LOADING, STOPPED) X(SERVING, STOPPED) X(LOADING, AWAY) X(AWAY, LOADING)

enum owner_phase {
#define X(PHASE) OWNER_##PHASE,
    OWNER_PHASES(X)
#undef X
};

/* What waits to be committed: the changes decided while the last commit is on disk. */
struct owner_batch {
    struct change
        *changes; /* OWNER_ENTRIES_MAX; those of a hold name its seats, whatever is written */
    uint32_t count;
    uint32_t more_bytes; /* that they may need in a row, beside OWNER_ENTRY_BYTES each */
    uint32_t ask_count;
    struct owner_ask *first; /* asks to answer after the commit, in order */
    struct owner_ask **last;
};

struct owner {
    struct owner_options options;
    struct price_list **lists; /* by number; owned. Of a list that is decided, list_bytes too */
    struct view *list_bytes;   /* as its entry has it, until the next load; owned */
    uint32_t list_count;       /* the last is valid for what is decided now */
    struct owner_plan *plans;  /* PRICE_PLANS_MAX: prices that wait for their time */
    uint32_t plan_count;
    bool hides;           /* the valid list hides a category */
    uint32_t least_limit; /* of a category, by the list that is valid; 0: there is none */
    struct table uses; /* places by code, index and account; without memory before the first code */
    int64_t plan_ms;   /* when the next of them begins; INT64_MAX: there is none */
    enum owner_phase phase;
    bool stopping;
    bool late; /* holds ended long ago, see owner_is_late: load again before anything is decided */
    bool leaving; /* the gate says no: takes no further asks, commits what it has, goes AWAY */
    struct scope *scope;
    struct fiber *fiber;   /* the committing fiber */
    bool fiber_waits;      /* it parks until something gathers */
    struct fiber *stopper; /* waits in owner_stop */
    struct seats *seats;
    struct owner_sold *sold;    /* place_count */
    struct owner_block *blocks; /* place_count; NULL before the first */
    struct owner_wish *wishes;  /* in their order; NULL before the first */
    uint32_t wish_count, wish_cap;
    bool has_waited;       /* offers may have been made, and live */
    uint32_t offer_ms;     /* how long those that are made now last; 0: none are */
    uint64_t offers_made;  /* of what was free at this seats_freed; UINT64_MAX: look anew */
    int64_t block_ends_ms; /* none that is kept back ends by itself before; INT64_MAX: none does */
    struct keys *keys;
    struct habits *habits; /* NULL where nothing rests */
    bool keys_short;       /* said so in the log */
    uint32_t sale_state;   /* with what has gathered */
    uint32_t committed_sale_state;
    int64_t base_wall_ms; /* owner's time = base_wall_ms + (mono - base_mono_ns) */
    int64_t base_mono_ns;
    bool told;                /* its listener knows the hall, of … */
    uint64_t told_version;    /* … which the figures count */
    bool has_time;            /* base_* are set */
    struct loop_timer expiry; /* collects expired holds */
    struct loop_timer forget; /* forgets keys, also where nobody asks any more */

    struct owner_batch pending;
    struct owner_batch committing;
    int64_t commit_began_ns, commit_took_ns; /* of the last that became durable */
    struct owner_ask *waiting_first;         /* undecided, in order, for room in the next batch */
    struct owner_ask **waiting_last;
    uint32_t waiting_count;

    /* the head of the ledger */
    uint64_t epoch;
    uint64_t seq;
    uint64_t version;         /* committed */
    uint64_t version_decided; /* with what has gathered */
    int64_t head_at_ms;       /* time of the last row */
    uint8_t head_hash[STORE_HASH_BYTES];

    pthread_mutex_t figures_lock; /* taken once a commit, and by who asks */
    struct owner_figures figures; /* which other threads read, under the lock */
    struct owner_change *changes; /* scratch of one commit */
};

/* Whether one more change fits, that needs so many bytes more than OWNER_ENTRY_BYTES; and behind it
 * what becomes of a wish with it. */
static inline bool owner_batch_has(const struct owner_batch *g, size_t more)
{
    return g->count + 1 < OWNER_ENTRIES_MAX &&
           (size_t)OWNER_ENTRY_BYTES * (g->count + 2) + g->more_bytes + more <= LEDGER_BODY_MAX;
}

/* When the hold was made: its id begins with the time. */
static inline int64_t owner_made_ms(struct id hold_id)
{
    return (int64_t)(hold_id.hi >> 16);
}

/* decide.c: answers the ask at once, or puts it into the pending batch. After that the ask is its
 * caller's. */
void owner_decide(struct owner *owner, struct owner_ask *ask);
/* Decides those that waited for room, now that there is some; outside of SERVING, refuses them. */
void owner_decide_waiting(struct owner *owner);
/* expiry.c */
void owner_collect_expired(struct owner *owner);
/* Whether a hold has ended OWNER_LATE_MS ago, and nothing was written of it: the process was
 * stopped, or the store stood still. An end that is written now would be too far from its beginning
 * to be found with it; loading writes it as of its time. */
bool owner_is_late(const struct owner *owner);
/* The same for holds that ended while nobody served, at the time they ended: the ledger's rows are
 * read back by time, and an end must not be farther from its beginning than that reaches. */
void owner_collect_missed(struct owner *owner);
/* True when the ask's key was used before: *ret_result is 0, and the ask is filled with the same
 * answer again, or ERR_EXISTS. */
bool owner_know_key(struct owner *owner, struct owner_ask *ask, int *ret_result);
/* The timer for the next expiry. */
void owner_arm_expiry(struct owner *owner);
/* The timer for the next keys that may be forgotten. */
void owner_arm_forget(struct owner *owner);

/* blocks.c: keeping places back. The place's block is made known to the engine, and remembered;
 * ERR_NO_MEMORY, ERR_INVALID: it is not free. */
int owner_put_block(struct owner *owner, uint32_t seat, const struct owner_block *block);
void owner_forget_blocks(struct owner *owner);
/* Decides OWNER_BLOCK and OWNER_UNBLOCK up to what is promised: the seats are in ask->hold. 0, or
 * how the ask is to be answered. */
int owner_decide_block(struct owner *owner, struct owner_ask *ask);
int owner_decide_unblock(struct owner *owner, struct owner_ask *ask);
/* Ends what is over by now, a change for up to eight places, for as long as there is room. */
void owner_end_blocks(struct owner *owner);

/* orders.c: OWNER_CANCEL and OWNER_MOVE are checked, the seats that leave are in ask->hold; then
 * they are decided up to what is promised. 0, or how the ask is to be answered. */
int owner_check_cancel(struct owner *owner, struct owner_ask *ask);
int owner_check_move(struct owner *owner, struct owner_ask *ask);
int owner_decide_cancel(struct owner *owner, struct owner_ask *ask);
int owner_decide_move(struct owner *owner, struct owner_ask *ask);
int owner_decide_collect(struct owner *owner, struct owner_ask *ask);
/* holdings.c: fills ask->holdings: the live holds of the accounts that have most places. Steps: the
 * places of the hall, twice. */
void owner_list_holdings(const struct owner *owner, struct owner_ask *ask);

/* expiry.c: the places of a change that frees them are not for sale yet: they rest. */
void owner_let_rest(struct owner *owner, struct change *change);
/* A hold has ended unused: remembered of its account and address. */
void owner_note_unused(struct owner *owner, const struct seats_hold *hold, bool expired,
                       int64_t at_ms);

/* batch.c: builds what a batch of one change at least writes, in the arena and out of g, which
 * both must outlive it. ERR_NO_MEMORY; ERR_FULL: more bytes than a row may have. */
int owner_build(const struct owner *owner, struct owner_batch *g, struct arena *arena,
                struct store_batch *ret_batch);

/* commit.c: the committing fiber's body; and one commit. */
void owner_run(void *owner);
/* owner.c: the one that changes the phase: asserts that the way is legal and what must be so in the
 * new phase, says it in the log (debug), and publishes. */
void owner_move(struct owner *owner, enum owner_phase to);
void owner_answer(struct owner_ask *ask, int result);
/* One more change in the pending batch, now and of that hold; NULL where none fits. */
struct change *owner_add_change(struct owner *owner, enum change_kind kind,
                                const struct seats_hold *hold);
void owner_wake(struct owner *owner);
/* Makes figures visible to other threads, with the owner's version and phase. */
void owner_publish(struct owner *owner, const struct owner_figures *figures);

/* owner.c: whether the gate lets this process own the performance. */
bool owner_may(const struct owner *owner);

/* load.c: claims and loads from the store, and tells the listener. ERR_* of the store. */
int owner_load(struct owner *owner);

#endif
