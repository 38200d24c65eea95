/*
 * ask: one question to a keeper, its way through the loops, and the answer. It stands on the stack
 * of the fiber that asks.
 */
#ifndef USHER_SVC_WAITROOM_ASK_H
#define USHER_SVC_WAITROOM_ASK_H

#include "fiber/fiber.h"
#include "line/line.h"
#include "mem/arena.h"
#include "usher/v1/waitroom.pb-c.h"

struct keeper;

enum keeper_verb {
    KEEPER_JOIN,
    KEEPER_LOOK,
    KEEPER_ENTER,
    KEEPER_LEAVE,
    KEEPER_PAID,
    KEEPER_CHECK,  /* number, serial: a pass */
    KEEPER_LIMITS, /* number, serial: the least and the most capacity */
    KEEPER_PAUSE,
    KEEPER_RESUME,
    KEEPER_NAME_BEACON, /* number: the round; hash: the chain's */
    KEEPER_GIVE_BEACON, /* number: the round; hash: its randomness */
    KEEPER_REPORT,      /* fills report, in the arena */
    KEEPER_PROVE, /* fills draw, in the arena; number, serial: keys from this index, so many */
};

/* A person's place, as it was decided. */
struct keeper_place {
    uint32_t number; /* 0: in the draw */
    uint32_t serial;
    uint8_t state; /* enum person_state */
    uint8_t how;   /* enum line_end, of ENDED */
    int64_t joined_at_ms;
    int64_t until_ms; /* CALLED: come in until then; INSIDE: the pass ends then */
    int64_t wait_min_ms, wait_max_ms;
};

/*
 * One question to a keeper. result:
 *   0               done, and durable
 *   ERR_BUSY        JOIN: nobody can join now; ENTER: not called yet; PAUSE, RESUME, beacons: not
 *                   in this state
 *   ERR_NOT_FOUND   LOOK, ENTER: the account is not in the line
 *   ERR_TIMEOUT     ENTER: its turn, or its time inside, is over
 *   ERR_DENIED      CHECK: the pass is not good
 *   ERR_INVALID     LIMITS: not in order; beacons: there is no draw
 *   ERR_CONFLICT    GIVE_BEACON: something else was given; NOT_FOUND: of another round
 *   ERR_FULL        as many as a line takes, or as a commit takes at once; or the account asks too
 *                   often
 *   ERR_NO_MEMORY   REPORT, PROVE: the arena's maximum
 *   ERR_UNAVAILABLE not now; it may or may not have been done: ask again
 */
struct keeper_ask {
    enum keeper_verb verb;
    struct id account_id;
    uint32_t number, serial;
    uint8_t hash[LINE_HASH_BYTES];
    struct arena *arena;
    int result;
    struct keeper_place place;
    Usher__V1__LineReport *report;
    Usher__V1__Draw *draw;
    /* the keeper's own */
    struct keeper *keeper;
    struct loop_task task;
    struct list link;  /* while postponed */
    struct loop *home; /* where the asking fiber lives */
    struct keeper_ask *next;
    struct keeper_ask *last, *next_head; /* of the first of its loop */
    int told; /* … and what all of them are told; 0: their own result */
    struct fiber *fiber;
    bool done;
};

/* Asks that are answered together: the first of each loop they came from, and behind it the others,
 * in order. Whoever answers touches the first ones alone: the others lie on stacks far apart. */
struct keeper_asks {
    struct keeper_ask *heads;
};

/* Puts the ask behind those of its loop. */
void keeper_asks_add(struct keeper_asks *asks, struct keeper_ask *ask);

#endif
