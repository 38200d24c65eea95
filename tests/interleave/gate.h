/*
 * gate: a store whose calls wait at a gate until somebody lets them pass: commits, with what
 * becomes of each, and the two calls that part a load into its pieces, the claim and the list of
 * what is sold.
 *
 * It has the operations an owner uses, and no others. One call at a time waits.
 */
#ifndef USHER_TESTS_INTERLEAVE_GATE_H
#define USHER_TESTS_INTERLEAVE_GATE_H

#include "fiber/fiber.h"
#include "store/store.h"

/* What becomes of a call; all but commits are OK. */
enum gate_outcome {
    GATE_OK,      /* done, and that is said */
    GATE_REFUSED, /* not done, and that is said: ERR_UNAVAILABLE */
    GATE_LOST,    /* not done: ERR_UNKNOWN */
    GATE_WRITTEN, /* done: ERR_UNKNOWN */
};
#define GATE_OUTCOMES 4

struct gate {
    struct store store;
    struct store *inner;   /* borrowed */
    struct fiber *waiting; /* a commit's; NULL: none waits */
    enum gate_outcome outcome;
    const char *call; /* "commit", "claim", "sold" */
    bool open;        /* calls pass */
};

void gate_init(struct gate *gate, struct store *inner);
/* Lets the waiting call go on to its outcome. */
void gate_pass(struct gate *gate, enum gate_outcome outcome);

#endif
