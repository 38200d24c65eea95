/*
 * elsewhere: the ways to other ticket processes, a set for each worker. For elsewhere.c and
 * mirror.c; the others use desk.h.
 */
#ifndef USHER_SVC_TICKET_ELSEWHERE_H
#define USHER_SVC_TICKET_ELSEWHERE_H

#include "call/channel.h"
#include "coord/coord.h"
#include "fiber/fiber.h"
#include "usher/v1/owner.pb-c.h"

#define WAYS_MAX 64 /* processes that one worker asks at once */

struct way {
    char url[COORD_HOLDER_MAX + 1];
    struct channel *channel; /* NULL: free */
    uint32_t users;          /* calls and streams on it */
};

/* Touched on its worker alone. */
struct ways {
    struct way at[WAYS_MAX];
    struct scope mirrors; /* fibers that watch */
};

struct elsewhere {
    struct ticket *ticket;
    char *authorization;
    struct ways *ways; /* one a worker */
};

/* In whose name one process calls another: its own. */
extern const struct identity elsewhere_peer;

#endif
