/*
 * stage: what a test of the owner stands on: a small hall drawn as text, a performance in a store
 * in memory, and virtual time that a seed decides.
 *
 * One stage at a time on a thread. Code that waits runs in a fiber, by stage_run.
 */
#ifndef USHER_OWNER_STAGE_TEST_H
#define USHER_OWNER_STAGE_TEST_H

#include "owner/owner.h"
#include "usher/v1/ticket.pb-c.h"

#define STAGE_WALL_MS    INT64_C(1700000000000) /* the wall clock when a stage opens */
#define STAGE_CATEGORIES 3
#define STAGE_DRAFT      USHER__V1__SALE_STATE__SALE_STATE_DRAFT
#define STAGE_OPEN       USHER__V1__SALE_STATE__SALE_STATE_OPEN
#define STAGE_PAUSED     USHER__V1__SALE_STATE__SALE_STATE_PAUSED

struct stage_options {
    uint64_t seed;
    /* A row a line of a seated section: '.' is a seat, 'w' a place for a
     * wheelchair, 'c' a companion's seat, '|' an aisle; NULL ends the list. The
     * category of a row is its number modulo STAGE_CATEGORIES. */
    const char *const *rows;
    uint32_t standing; /* places of a standing area after them, category 2; 0: none */
    uint32_t hold_ttl_ms;
    uint32_t places_max;
    uint32_t rest_ms;
    bool names;          /* the genesis hash covers what tickets show; with a rest it always does */
    bool by_person;      /* places are counted by person; then names is true */
    uint32_t sale_state; /* the performance begins in */
    uint32_t fibers_max; /* 0: 256 */
    bool shuffle;        /* chance picks among ready fibers */
    struct store *store; /* the stage's from then on; NULL: one in memory */
};

struct stage {
    struct stage_options options;
    struct chance_seeded chance;
    struct loop *loop;
    struct sched *sched;
    struct hall *hall;
    struct store *mem; /* without faults of its own: options.store, or one in memory */
    struct scope scope;
    uint32_t performance_id;
    int64_t prices[STAGE_CATEGORIES];
};

/* Asserts that it succeeds, as all of this does. */
void stage_open(struct stage *stage, const struct stage_options *options);
void stage_close(struct stage *stage);
/* Runs body(arg) as a fiber, and all that it starts, until nothing can happen any more. */
void stage_run(struct stage *stage, void (*body)(void *arg), void *arg);
/* An owner over store, which may be stage->mem or something around it. */
struct owner *stage_owner(struct stage *stage, struct store *store,
                          const struct owner_listener *listener);

/* The same behind a gate. */
struct owner *stage_gated_owner(struct stage *stage, struct store *store,
                                const struct owner_listener *listener,
                                const struct owner_gate *gate);

/* From a fiber: lets ms pass; and lets everything happen that can happen without time. */
void stage_sleep(int64_t ms);
void stage_run_ready(void);
/* Waits until the owner serves, thirty seconds at most; tells whether it does. */
bool stage_serving(struct owner *owner);

/* A number as an id. */
struct id stage_id(uint64_t number);

/* The owner's result: a hold of one seat; what the account asks about that hold or its order. */
int stage_hold(struct owner *owner, uint64_t account, uint32_t seat, struct id *ret_hold_id);
int stage_about(struct owner *owner, uint64_t account, enum owner_verb verb, struct id id,
                uint32_t seat);
struct seats_counts stage_counts(struct owner *owner);

#endif
