/*
 * batch: what a keeper decided and has not written yet; a commit writes one whole.
 */
#ifndef USHER_SVC_WAITROOM_BATCH_H
#define USHER_SVC_WAITROOM_BATCH_H

#include "fiber/waitlist.h"
#include "line/line.h"
#include "svc/waitroom/ask.h"

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
