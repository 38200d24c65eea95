/*
 * batch: what a keeper decided and has not written yet; a commit writes one whole.
 */
#ifndef USHER_SVC_WAITROOM_BATCH_H
#define USHER_SVC_WAITROOM_BATCH_H

#include "fiber/waitlist.h"
#include "line/line.h"

struct keeper_ask;

/* Asks that are answered together: the first of each loop they came from, and behind it the others
 * in order. Whoever answers touches the first ones alone, for the others lie on stacks far apart. */
struct keeper_asks {
    struct keeper_ask *heads;
};

/* What gathers while the last commit is on disk. Counted references: who waits has one. */
struct batch {
    struct buf body;
    uint32_t count; /* entries */
    uint32_t references;
    bool done;
    int result;
    struct keeper_asks asks; /* answered when it is done */
    struct waitlist waiting;
    struct line_figures {
        enum line_state state;
        uint64_t entries;
        uint32_t serving, last, inside, capacity, entrants;
    } figures; /* of the line, as this commit makes it durable */
};

/* An empty batch, with one reference. ERR_NO_MEMORY. */
int batch_new(struct batch **ret_batch);
/* Gives a reference back. */
void batch_unref(struct batch *g);

#endif
