/*
 * audit_moves: tickets that move to other places. Each place is one order's at any time, the others
 * were free; what they cost more is told; and the order's row says where each ticket went.
 */
#ifndef USHER_AUDIT_MOVES_H
#define USHER_AUDIT_MOVES_H

#include "audit/replay.h"

/* ERR_NO_MEMORY. */
int audit_replay_move(struct audit_replay *r, const struct change *change);

#endif
