/*
 * crowd: many people at once, through the public port, over real sockets, open loop.
 *
 * Everybody has an intended time of arrival, decided before the clock starts; whoever is due acts,
 * whatever the server does meanwhile, and what it took is measured from the intended time. So a
 * server that stands still for a second is charged for everyone who came in that second
 * (docs/internals/stampede.md). Three parts: prepare (accounts, connections, the hall), rush, and
 * asking again for every ticket that was acknowledged.
 */
#ifndef USHER_CMD_STAMPEDE_CROWD_H
#define USHER_CMD_STAMPEDE_CROWD_H

#include <stdbool.h>

#include "cmd/stampede/claims.h"
#include "cmd/stampede/wish.h"
#include "mem/id.h"

#define CROWD_USERS_MAX       1000000
#define CROWD_CONNECTIONS_MAX 200000
#define CROWD_THREADS_MAX     16
#define CROWD_TRIES_MAX       16
#define CROWD_REASONS_MAX     48
#define CROWD_REASON_CHARS    40
#define CROWD_CONFLICTS_SHOWN 8
#define CROWD_NAME_MAX        120

struct crowd_options {
    const char *url;
    const char *tls_ca;
    uint32_t performance_id; /* 0: the first whose sale is open */
    uint32_t users;
    int64_t within_ns;
    struct wish_seats seats;
    struct wish_party party;
    bool apart;     /* HoldBest may split a party where no run is left */
    bool order;     /* holders place an order */
    double abandon; /* the share of holders who do not; half of them release, half just leave */
    uint32_t tries; /* holds a person tries when seats are taken, 1 … CROWD_TRIES_MAX */
    uint32_t connections;
    uint32_t threads;
    uint64_t seed;
    int64_t timeout_ms; /* of a person's wait for one answer */
    bool quiet;         /* no progress */
};

enum crowd_outcome {
    CROWD_UNANSWERED, /* no answer in time, or none that says what happened */
    CROWD_ORDERED,
    CROWD_HELD,     /* held, and left so */
    CROWD_RELEASED, /* held, and gave it back */
    CROWD_TAKEN,    /* the answer was: taken */
    CROWD_REFUSED,  /* the answer was another refusal */
    CROWD_OUTCOMES
};

struct crowd_gate;

/* One of the crowd: what is planned, and what came of it. Times count from the start, in ns. */
struct crowd_person {
    struct crowd_gate *gate;
    const char *authorization; /* "Bearer …" */
    int64_t arrives_ns;        /* intended */
    int64_t acted_ns;          /* when the generator got to it */
    int64_t hold_ns;           /* when the last hold was answered; 0: was not */
    int64_t order_ns;          /* when the order was answered; 0: was not, or not asked for */
    struct claim claim;        /* of its seats, once held (seat is not filled in) */
    struct id hold_id;
    struct id order_id;             /* zero: none */
    uint32_t seats[WISH_PARTY_MAX]; /* wanted; held once it holds */
    uint8_t seat_count;
    uint8_t party;
    uint8_t outcome; /* enum crowd_outcome */
    uint8_t reason;  /* place in the crowd's reasons */
    uint8_t tries;
    uint8_t abandons; /* 0: no; 1: releases; 2: just leaves */
    bool held;
    bool lost;      /* its order was not there, or not the same, when it was asked for again */
    uint16_t again; /* requests sent once more: unavailable, timed out */
};

struct crowd_counts {
    uint32_t free, held, sold;
    uint64_t version;
};

/* Why people were refused, not answered, or told to come back; slot 0 is "". */
struct crowd_reason {
    char name[CROWD_REASON_CHARS];
    uint32_t count; /* people */
    uint32_t again; /* requests that were sent once more */
};

struct crowd {
    struct crowd_options options;
    struct crowd_person *people;
    int64_t start_ns; /* of the monotonic clock */

    /* the performance, as it was before */
    uint32_t performance_id;
    uint32_t place_count;
    char event_name[CROWD_NAME_MAX];
    char hall_name[CROWD_NAME_MAX];
    struct crowd_counts before, after;

    /* what came of it */
    struct crowd_reason reasons[CROWD_REASONS_MAX];
    uint32_t reason_count;
    uint32_t outcomes[CROWD_OUTCOMES];
    uint32_t held_count;   /* people who held */
    uint64_t seats_held;   /* places in acknowledged holds */
    uint64_t seats_sold;   /* places in acknowledged orders */
    uint32_t orders_asked; /* again */
    uint32_t orders_lost;
    uint32_t again;      /* requests sent once more */
    uint32_t reconnects; /* connections opened once more */
    size_t claim_count;
    size_t conflict_count;
    struct claims_conflict conflicts[CROWD_CONFLICTS_SHOWN];
    int64_t prepare_ns; /* how long each part took */
    int64_t rush_ns;    /* to the last answer */
    int64_t verify_ns;

    char error[300]; /* what is wrong, where crowd_run fails */
};

/* Runs all of it, on options->threads threads; from a plain thread. 0: it ran, whatever came of it.
 * ERR_UNAVAILABLE: the server is not there. ERR_INVALID: it cannot be done as wished.
 * ERR_NO_MEMORY, ERR_IO. crowd->error says what is wrong. Give it a zeroed crowd, release it. */
int crowd_run(struct crowd *crowd, const struct crowd_options *options);
void crowd_release(struct crowd *crowd);

/* True where everyone was answered, no seat went to two, and every acknowledged ticket is there. */
bool crowd_proved(const struct crowd *crowd);

/* "ordered", "held", …; never NULL. */
const char *crowd_outcome_name(enum crowd_outcome outcome);

#endif
