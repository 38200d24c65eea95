/*
 * keeper: the one that decides a sale's line, as an owner decides a performance's seats.
 *
 * A keeper lives on one worker's loop. It decides in memory (src/line), gathers the entries of what
 * it decided, and writes all that has gathered while the last commit was on disk as one row of the
 * line's ledger; answers that promise something go out after that. A commit that failed, or of
 * which nobody knows, makes it claim the line anew and load what is durable; who waited is told
 * ERR_UNAVAILABLE, and finds out by asking again: an account has one place.
 *
 * Time: the line's is the system's wall clock at loading, or the last entry where that is later,
 * plus monotonic time since. It never goes back, whatever the wall clock does.
 */
#ifndef USHER_SVC_WAITROOM_KEEPER_H
#define USHER_SVC_WAITROOM_KEEPER_H

#include <stdatomic.h>

#include "fiber/waitlist.h"
#include "http/rate.h"
#include "line/admission.h"
#include "line/draw.h"
#include "line/line.h"
#include "store/line.h"
#include "svc/waitroom/batch.h"
#include "svc/waitroom/board.h"

#define KEEPER_COMMIT_MAX_MS 10000 /* a commit that waits longer for the store is given up */
#define KEEPER_RELOAD_MS     50    /* pause before loading again; doubles up to … */
#define KEEPER_RELOAD_MAX_MS 2000
/* What time brings is done at most this late; a status is published at most this often. */
#define KEEPER_TICK_MS        1000
#define KEEPER_FIRST_MS       2000 /* so long the first status waits for news of the seats */
#define KEEPER_PLACES_UNKNOWN UINT32_MAX

struct waitroom;

/* An account may change its place so often at once, then so often a second; asking is free. Beyond:
 * ERR_FULL. As many accounts are told apart; more share, the newer one with a full bucket. */
#define KEEPER_ACCOUNT_BURST 20
#define KEEPER_ACCOUNT_PER_S 1
#define KEEPER_ACCOUNT_SLOTS 4096

struct keeper_bucket {
    struct id account_id;
    struct rate rate;
};

enum keeper_phase { KEEPER_LOADING, KEEPER_SERVING, KEEPER_STOPPED };

/* Who is told of the sale: everybody, once an event of it is published. */
enum keeper_seen { KEEPER_SEEN_UNKNOWN, KEEPER_SEEN_INSIDE, KEEPER_SEEN_BY_ALL };

struct keeper_news {
    int64_t at_ms; /* 0: nothing yet */
    uint32_t free, held, hold_ms, queued;
    uint32_t sale_state;
    uint64_t notice_id; /* 0: none */
    bool stopped;
};
#define KEEPER_CATEGORIES_MAX 64
struct keeper_chance {
    char name[LINE_NAME_MAX + 1];
    uint32_t category;
    uint32_t free;
};

struct keeper {
    struct waitroom *room;
    struct line_sale sale; /* its texts belong to the keeper */
    struct worker *home;
    struct channel *tickets; /* of that worker */
    struct board *board;
    _Atomic int32_t phase;                       /* others look whether it serves */
    _Atomic uint32_t capacity_min, capacity_max; /* as they are now; others look */
    _Atomic uint32_t organiser_id;               /* of the performances; 0: not known yet */
    _Atomic uint32_t person_rule; /* usher.v1.PersonRule, the strictest; known once seen is */
    _Atomic int64_t
        closes_at_ms;      /* the sale's, or the last performance's beginning; 0: not known */
    _Atomic uint32_t seen; /* enum keeper_seen */

    /* home's thread alone */
    struct scope scope;   /* of the committing fiber, which is not cancelled */
    struct scope helpers; /* of the others */
    bool stopping;
    struct fiber *committer;
    bool committer_waits;
    struct line line;
    uint64_t loads;        /* how often the line was loaded: it is another one then */
    bool drawing;          /* the draw is under way: nobody else changes the line */
    struct list postponed; /* asks that came meanwhile */
    struct draw_tree tree; /* made when it is asked for */
    bool has_tree;
    uint64_t epoch, seq;
    uint8_t head_hash[LINE_HASH_BYTES];
    int64_t base_wall_ms, base_mono_ns;
    struct batch *pending, *committing; /* committing may be NULL */
    struct line_figures figures;        /* durable */
    struct fiber *clock_fiber, *listener;
    struct keeper_news news[LINE_PERFORMANCES_MAX];
    struct keeper_chance chances[KEEPER_CATEGORIES_MAX];
    uint32_t chance_count;
    struct keeper_bucket *buckets; /* KEEPER_ACCOUNT_SLOTS */
    uint64_t published;            /* a sum over what was published last */
    int64_t published_at_ms;
};

/* Copies sale, and starts the keeper's fibers on its home; they load the line, then serve. From a
 * fiber or a plain thread. ERR_NO_MEMORY, ERR_FULL. */
int keeper_new(struct waitroom *room, const struct line_sale *sale, uint32_t worker_index,
               struct keeper **ret_keeper);
/* Commits what has gathered, ends the fibers and frees it. No ask may come any more. */
void keeper_free(struct keeper *keeper);

/* Asks, and waits until it is decided and, where it promises something, durable. From a fiber of
 * any worker. Returns ask->result. */
int keeper_ask(struct keeper *keeper, struct keeper_ask *ask);

/* ---- for the keeper's files: on home's thread ---- */

int64_t keeper_now_ms(const struct keeper *keeper);
/* Applies an entry that was decided, and gathers it. ERR_FULL: not now. */
int keeper_do(struct keeper *keeper, const struct line_entry *entry);
/* The same for one that line_apply_draw applied already. */
void keeper_gather(struct keeper *keeper, const struct line_entry *entry);
/* Answers them: with err where it is not 0, else as they were decided. A loop is told once. */
void keeper_answer(struct keeper *keeper, struct keeper_asks *asks, int err);
/* The draw is over: decides what was asked meanwhile. */
void keeper_take_postponed(struct keeper *keeper);
/* Lets other threads see the line's limits. */
void keeper_show_limits(struct keeper *keeper);
/* Whether an entry more can be gathered. */
bool keeper_has_room(const struct keeper *keeper);
/* Ends the pending batch: whoever has room now is called once for all who asked, and they learn
 * their places as this batch makes them durable. */
void keeper_close(struct keeper *keeper);
/* Does what time has brought, and calls people into free room. */
void keeper_advance(struct keeper *keeper);
/* What is left to sell, as was heard last; KEEPER_PLACES_UNKNOWN. */
uint32_t keeper_places_left(const struct keeper *keeper);
/* Waits until everything decided so far is durable. ERR_UNAVAILABLE; ERR_CANCELLED. */
int keeper_wait(struct keeper *keeper);
/* commit.c, clockwork.c, listen.c: bodies of the three fibers. */
void keeper_commit(void *keeper), keeper_run_clock(void *keeper), keeper_listen(void *keeper);
/* Looks whether the line is kept here; on home's thread. */
void keeper_wake(struct keeper *keeper);
void keeper_wake_clock(struct keeper *keeper);
/* report.c; why the capacity changed, in the arena; NULL: no memory */
char *keeper_why(struct arena *arena, const struct line_entry *change);
int keeper_fill_report(struct keeper *keeper, struct keeper_ask *ask);
int keeper_fill_draw(struct keeper *keeper, struct keeper_ask *ask);
/* Makes the status and publishes it, if it has changed or was last told long ago. */
void keeper_publish(struct keeper *keeper);

#endif
