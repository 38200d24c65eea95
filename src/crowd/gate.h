/*
 * gate: one thread's share of a crowd: every n-th person, their connections and their accounts. For
 * the crowd's own files.
 *
 * All fibers of a gate share one arena for answers: an answer is unpacked after the last waiting
 * point of a call and used up before the next, and between two waiting points a fiber is alone.
 */
#ifndef USHER_CROWD_GATE_H
#define USHER_CROWD_GATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "call/client.h"
#include "crowd/crowd.h"
#include "fiber/waitlist.h"
#include "usher/v1/auth.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

/* What all gates of a crowd share. */
struct crowd_shared {
    struct crowd *crowd;
    uint32_t gate_count;
    pthread_barrier_t barrier;
    pthread_mutex_t mutex; /* guards crowd->error, err, crowd->reasons */
    atomic_int err;
    _Atomic int64_t heard_ns; /* when the server last said something that settles a request */
    /* for progress */
    atomic_uint opened;   /* connections */
    atomic_uint made;     /* accounts */
    atomic_uint answered; /* people */
    atomic_uint asked;    /* orders, again */
    struct wish_pool pool;
    uint32_t *pool_seats; /* owned */
};

/* What a gate sees of the line: one watcher for all its people. */
struct crowd_gate_line {
    uint64_t serving;
    int64_t heard_ns; /* the last status; 0: none yet */
    int64_t moved_ns; /* when somebody was called last, or something was left */
    uint32_t capacity_max;
    uint32_t excess; /* inside, above the highest capacity that was told */
    uint32_t cheats, cheats_won;
    uint32_t kinds[CROWD_CHEATS];
    bool over;
    const struct metadata *last_pass; /* of somebody of this gate */
    struct waitlist changed;
};

struct crowd_gate {
    struct crowd_shared *shared;
    struct crowd *crowd;
    uint32_t index;
    uint32_t next;             /* person: index, index + gate_count, … */
    struct channel **channels; /* a connection each */
    char (*sources)[20];       /* local addresses they come from; NULL: any */
    uint32_t channel_count;
    uint32_t reconnects; /* counted at the end */
    struct arena tokens;
    struct arena answers;
    struct chance_seeded chance; /* of the rush: jitter, further tries */
    struct loop_timer arrival;
    struct scope people;
    struct http_client *browser; /* of those who pay by card; NULL: nobody does */
    bool all_came;
    struct waitlist came;
    struct crowd_gate_line line;
};

/* Each of these is a part of a crowd's way and runs in a fiber that may be cancelled: it then ends
 * what it began and returns. */

/* gate_prepare.c: opens connections; gate 0 also looks at the performance. */
void gate_connect(struct crowd_gate *gate);
/* gate_prepare.c: makes the accounts. */
void gate_accounts(struct crowd_gate *gate);
/* gate_rush.c: lets everybody come, and returns when all have been answered or given up. */
void gate_rush(struct crowd_gate *gate);
/* gate_pay.c: pays the person's hold by card, and notes the order. 0, or an err code with
 * *ret_status. */
struct gate_patience;
int gate_pay(struct crowd_person *person, const struct gate_patience *patience,
             struct call_status *ret_status);
/* gate_line.c: the sale of the performance; gate 0. Returns err, after gate_fail. */
int gate_find_sale(struct crowd_gate *gate, struct arena *arena);
/* gate_line.c: body of the fiber that watches the line. arg: the gate. */
void gate_watch_line(void *gate);
/* gate_line.c: goes through the line. False, and *ret_status says why not. */
bool gate_queue(struct crowd_person *person, struct call_status *ret_status);
/* gate_line.c: leaves it again, unless the order did. */
void gate_leave(struct crowd_person *person);
/* gate_verify.c: asks again for every acknowledged order of this gate. */
void gate_verify(struct crowd_gate *gate);
/* gate_verify.c: the performance's counts now; gate 0. */
void gate_counts(struct crowd_gate *gate);

/* ---- gate.c ---- */

/* The first failure of all gates counts. Returns err. */
int gate_fail(struct crowd_gate *gate, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Runs body(gate, person) for every person of this gate, in up to fiber_max fibers. */
void gate_each(struct crowd_gate *gate, uint32_t fiber_max,
               void (*body)(struct crowd_gate *gate, struct crowd_person *person));

/* How long an answer is waited for: until a time; or, where silence_ns is not 0, until the server
 * has said nothing to anybody of the crowd for so long. */
struct gate_patience {
    int64_t until_ns;
    int64_t silence_ns;
};
/* As long as a person waits, but least_ms. */
struct gate_patience gate_silence(const struct crowd_gate *gate, int64_t least_ms);
int64_t gate_patience_ends_ns(const struct crowd_gate *gate, const struct gate_patience *patience);
/* The server has said something, at that time at the latest. */
void gate_heard(struct crowd_gate *gate, int64_t at_ns);
/* All is to end: interrupted, or a gate has failed. */
bool gate_stopped(const struct crowd_gate *gate);

/* An answer that says what happened, or none. */
bool gate_is_answer(enum code code);

/* A person's way to TicketService, by the connection that is theirs; its answers lie in the gate's
 * arena. */
struct client gate_tickets(struct crowd_gate *gate, const struct crowd_person *person);
/* Makes a call until it is answered: what is unavailable, timed out or told to come back is sent
 * again, the same request with growing pauses, as long as patience lasts. person->again counts.
 * Further arguments as client_call, and 0 or an err with client->status as there. */
#define gate_persist(person, patience, client, service, method, request, ret_response)             \
    gate_persist_index((person), (patience), (client), CLIENT_INDEX(service, method),              \
                       CLIENT_CHECKED(service, method, request, ret_response),                     \
                       (const ProtobufCMessage **)(ret_response))
/* What the macro calls. */
int gate_persist_index(struct crowd_person *person, const struct gate_patience *patience,
                       struct client *client, unsigned method, const ProtobufCMessage *request,
                       const ProtobufCMessage **ret_response);

/* Its place among the crowd's reasons; counts one more, for a person or for a request that is sent
 * again. */
uint8_t gate_reason(struct crowd_gate *gate, const struct call_status *status, bool again);

#endif
