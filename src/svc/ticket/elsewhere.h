/*
 * elsewhere: the ways to other ticket processes, a set for each worker. For elsewhere.c and
 * mirror.c; the others use desk.h.
 */
#ifndef USHER_SVC_TICKET_ELSEWHERE_H
#define USHER_SVC_TICKET_ELSEWHERE_H

#include "call/ways.h"
#include "coord/coord.h"
#include "fiber/fiber.h"
#include "usher/v1/owner.pb-c.h"

/* Touched on its worker alone. */
struct lane {
    struct ways ways;
    struct scope mirrors; /* fibers that watch */
};

struct elsewhere {
    struct ticket *ticket;
    struct lane *lanes; /* one a worker */
};

/* In whose name one process calls another: its own. */
extern const struct identity elsewhere_peer;

#endif
