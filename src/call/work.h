/*
 * work: a proof of work that a call asks for, in ALTCHA's deterministic mode (token/challenge.h),
 * and that grows with suspicion.
 *
 * What counts is how often the caller's address, and its network, did the same lately: guests that
 * were made, places in lines. Up to `after` an hour an address does it for nothing; beyond that the
 * cost doubles with each doubling of the count, WORK_DOUBLINGS times at most. A network has ten
 * times as many. Nothing is asked of who calls from this machine, or shows an API token, the
 * operator's key or a peer's.
 *
 * A solution is good once, for what it was asked for, for five minutes. All threads.
 */
#ifndef USHER_CALL_WORK_H
#define USHER_CALL_WORK_H

#include "call/call.h"
#include "chance/chance.h"
#include "fiber/offload.h"
#include "token/key.h"
#include "usher/v1/waitroom.pb-c.h"

#define WORK_DOUBLINGS 5     /* 32 times the cost, at most */
#define WORK_NETWORK   10    /* as many addresses, one network */
#define WORK_SPENT_MAX 65536 /* solutions that are remembered as used */
#define WORK_LIFE_MS   300000

struct work_rules {
    uint32_t always; /* asked of everybody, iterations a try; 0: nothing */
    uint32_t cost;   /* asked of who did it too often, at first; 0: nothing */
    uint32_t after;  /* so often an hour is not too often; 0: always */
};

/* What the work is for: a solution for one is none for another. */
struct work_aim {
    uint32_t sale_id;
    struct id account_id;
};

struct work;

/* key is KEY_BYTES, copied; chance and offload (NULL: in place) are borrowed. ERR_NO_MEMORY. */
int work_new(const struct work_rules *rules, const uint8_t *key, struct chance *chance,
             struct offload *offload, struct work **ret_work);
void work_free(struct work *work);

/* Iterations a try that the call is asked for now; 0: nothing has to be solved. */
uint32_t work_cost(struct work *work, const struct call *call);
/* The call did it once more. */
void work_note(struct work *work, const struct call *call);
/* Fills a challenge for the call, in its arena; an empty one where nothing has to be solved. May
 * wait for the pool. ERR_NO_MEMORY, ERR_FULL: too many wait. */
int work_ask(struct work *work, struct call *call, struct work_aim aim,
             Usher__V1__Challenge *ret_challenge);
/* Whether nothing has to be solved, or it was, by said (may be NULL): a challenge that was asked a
 * quarter of what is asked now still counts. It counts once. */
bool work_done(struct work *work, const struct call *call, struct work_aim aim,
               const Usher__V1__Challenge *said, uint32_t solution);

/* The caller's address as 16 bytes of an id, the /64 of IPv6: the aim of who has no account yet. */
struct id work_address(const struct call *call);

#endif
