/*
 * gathering: what a keeper decided and has not written yet; a commit writes one whole.
 */
#ifndef USHER_SVC_WAITROOM_GATHERING_H
#define USHER_SVC_WAITROOM_GATHERING_H

#include "fiber/waitlist.h"
#include "line/line.h"

/* What gathers while the last commit is on disk. Counted references: who waits has one. */
struct gathering {
    struct buf body;
    uint32_t count; /* entries */
    uint32_t references;
    bool done;
    int result;
    struct waitlist waiting;
    struct line_figures {
        enum line_state state;
        uint64_t entries;
        uint32_t serving, last, inside, capacity, entrants;
    } figures; /* of the line, as this commit makes it durable */
};

/* A gathering of nothing, with one reference. ERR_NO_MEMORY. */
int gathering_new(struct gathering **ret_gathering);
/* Gives a reference back. */
void gathering_unref(struct gathering *g);

#endif
