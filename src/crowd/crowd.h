/*
 * crowd: many people at once, through the public port, over real sockets, open loop.
 *
 * Everybody has an intended time of arrival, decided before the clock starts; whoever is due acts,
 * whatever the server does meanwhile, and what it took is measured from the intended time. So a
 * server that stands still for a second is charged for everyone who came in that second
 * (docs/internals/stampede.md). Three parts: prepare (accounts, connections, the hall), rush, and
 * asking again for every ticket that was acknowledged.
 *
 * It ends, whatever becomes of the server: a person waits timeout_ms for each answer and no longer,
 * preparing and asking again are given up after as long a silence (CROWD_PREPARE_LEAST_MS and
 * CROWD_AGAIN_LEAST_MS at least), and *interrupted ends all of it at once. Once the first person
 * may come there is something to report, however little.
 */
#ifndef USHER_CROWD_CROWD_H
#define USHER_CROWD_CROWD_H

#include <signal.h>
#include <stdbool.h>

#include "crowd/claims.h"
#include "crowd/crowd_line.h"
#include "crowd/person.h"
#include "crowd/wish.h"
#include "mem/id.h"

#define CROWD_USERS_MAX       1000000
#define CROWD_CONNECTIONS_MAX 200000
#define CROWD_THREADS_MAX     16
#define CROWD_TRIES_MAX       16
#define CROWD_REASONS_MAX     48
#define CROWD_REASON_CHARS    40
#define CROWD_CONFLICTS_SHOWN 8
#define CROWD_NAME_MAX        120

#define CROWD_PREPARE_LEAST_MS 5000
#define CROWD_AGAIN_LEAST_MS   1000

struct crowd_options {
    const char *url;
    const char *tls_ca;
    uint32_t performance_id; /* 0: the first whose sale is open */
    uint32_t users;
    int64_t within_ns;
    enum wish_shape shape; /* how they come within it */
    struct wish_seats seats;
    struct wish_party party;
    bool apart;           /* HoldBest may split a party where no run is left */
    bool line;            /* through the line of the performance's sale */
    bool cheat;           /* and everybody tries the ways round it, too */
    double refresh;       /* the share of those in line who join again while they wait */
    bool order;           /* holders place an order */
    bool card;            /* and pay it by card, … */
    const char *provider; /* … at this one; "": the server's first */
    double abandon; /* the share of holders who do not; half of them release, half just leave */
    uint32_t tries; /* holds a person tries when seats are taken, 1 … CROWD_TRIES_MAX */
    uint32_t connections;
    uint32_t threads;
    uint64_t seed;
    int64_t timeout_ms;                       /* of a person's wait for one answer */
    bool quiet;                               /* no progress */
    const volatile sig_atomic_t *interrupted; /* not 0: end now; NULL: nobody interrupts */
};

enum crowd_outcome {
    CROWD_UNSENT,     /* its time had not come when all was interrupted */
    CROWD_UNANSWERED, /* no answer in time */
    CROWD_ERROR,      /* nothing but errors in time: unavailable, too many requests, internal … */
    CROWD_ORDERED,
    CROWD_HELD,     /* held, and left so */
    CROWD_RELEASED, /* held, and gave it back */
    CROWD_TAKEN,    /* the answer was: taken */
    CROWD_REFUSED,  /* the answer was another refusal, one that asking again would not change */
    CROWD_OUTCOMES
};

/* What became of an acknowledged order when it was asked for again. */
enum crowd_second_look {
    CROWD_NOT_FOUND_OUT, /* nobody could tell; also of those without an order */
    CROWD_THERE,
    CROWD_LOST /* not there, or not the same */
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
    uint32_t sale_id; /* 0: without a line */
    uint32_t place_count;
    char event_name[CROWD_NAME_MAX];
    char hall_name[CROWD_NAME_MAX];
    struct crowd_counts before, after;
    bool reached;       /* there is an usher server: it has answered */
    bool counted_after; /* after is known */

    /* what came of it */
    struct crowd_reason reasons[CROWD_REASONS_MAX];
    uint32_t reason_count;
    uint32_t outcomes[CROWD_OUTCOMES];
    uint32_t held_count;   /* people who held */
    uint32_t order_wishes; /* of those, who wanted to order */
    uint64_t seats_held;   /* places in acknowledged holds */
    uint64_t seats_sold;   /* places in acknowledged orders */
    uint32_t orders_there; /* of outcomes[CROWD_ORDERED], when they were asked for again */
    uint32_t orders_lost;
    struct crowd_line line;
    bool interrupted;    /* before it was through */
    uint32_t again;      /* requests sent once more */
    uint32_t reconnects; /* connections opened once more */
    size_t claim_count;
    size_t conflict_count;
    struct claims_conflict conflicts[CROWD_CONFLICTS_SHOWN];
    int64_t prepare_ns; /* how long each part took */
    int64_t rush_ns;    /* to the last answer */
    int64_t verify_ns;

    char error[300]; /* what is wrong, where crowd_run fails; or what could not be done of it */
};

/* Runs all of it, on options->threads threads; from a plain thread. 0: people came, whatever came
 * of it. Otherwise nobody was sent: ERR_UNAVAILABLE: the server does not answer. ERR_INVALID: it
 * cannot be done as wished. ERR_BUSY: the sale is not open. ERR_CANCELLED: interrupted. ERR_IO.
 * ERR_NO_MEMORY, also afterwards, for comparing. crowd->error says what is wrong. Give it a zeroed
 * crowd, release it. */
int crowd_run(struct crowd *crowd, const struct crowd_options *options);
void crowd_release(struct crowd *crowd);

/* True where everyone was answered and something was tried, no seat went to two, and every
 * acknowledged ticket is there. */
bool crowd_proved(const struct crowd *crowd);
/* Each of the three. crowd_all_answered: with seats, "taken", or a refusal. crowd_apart: no seat
 * went to two, and seats were given or refused as taken at all. crowd_all_there: of those who
 * wanted to order somebody could, and every order is there. */
bool crowd_all_answered(const struct crowd *crowd);
bool crowd_apart(const struct crowd *crowd);
bool crowd_all_there(const struct crowd *crowd);
/* Of a line: somebody came in; no number twice, out of order, beyond capacity; no cheat won. */
bool crowd_line_kept(const struct crowd *crowd);

/* Whether a person with that outcome was told what happened. */
bool crowd_answered(enum crowd_outcome outcome);

/* "ordered", "held", …; never NULL. */
const char *crowd_outcome_name(enum crowd_outcome outcome);

#endif
