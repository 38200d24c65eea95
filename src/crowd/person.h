/*
 * person: one of the crowd: what it wanted, when it acted, and what came of it.
 */
#ifndef USHER_CROWD_PERSON_H
#define USHER_CROWD_PERSON_H

#include <stdbool.h>
#include <stdint.h>

#include "crowd/claims.h"
#include "crowd/wish.h"
#include "mem/id.h"

struct crowd_gate;
struct metadata;

/* How a payment ended, for the person who paid: name and word. */
#define CROWD_PAYMENT_LIST(X)                                                                      \
    X(PAID, "paid") X(DECLINED, "declined") X(REFUNDED, "refunded") X(UNCLEAR, "unclear")
enum crowd_payment {
    CROWD_NOTHING_PAID,
#define X(name, word) CROWD_##name,
    CROWD_PAYMENT_LIST(X)
#undef X
        CROWD_PAYMENTS
};

/* One of the crowd: what is planned, and what came of it. Times count from the start, in ns. */
struct crowd_person {
    struct crowd_gate *gate;
    const char *authorization; /* "Bearer …" */
    int64_t arrives_ns;        /* intended */
    int64_t ready_ns;          /* from when its holds are measured: the arrival, or the pass */
    int64_t acted_ns;          /* when the generator got to it */
    int64_t hold_ns;           /* when the last hold was answered; 0: was not */
    int64_t order_ns;          /* when the order was answered; 0: was not, or not asked for */
    int64_t pay_ns;            /* when it clicked on paying; 0: it did not */
    struct claim claim;        /* of its seats, once held (seat is not filled in) */
    struct id hold_id;
    struct id order_id;             /* zero: none */
    uint32_t seats[WISH_PARTY_MAX]; /* wanted; held once it holds */
    uint8_t seat_count;
    uint8_t party;
    uint8_t outcome; /* enum crowd_outcome */
    uint8_t reason;  /* place in the crowd's reasons */
    uint8_t tries;
    uint8_t abandons;    /* 0: no; 1: releases; 2: just leaves */
    uint8_t second_look; /* enum crowd_second_look */
    uint8_t payment;     /* enum crowd_payment */
    bool held;
    bool entered;                     /* came in through the line */
    bool refreshes;                   /* joins again while it waits */
    bool renumbered;                  /* and was told another number then */
    uint32_t number;                  /* in the line; 0: none */
    uint32_t rank;                    /* among those who came in, by arrival */
    int64_t joined_ns, waited_ns;     /* until it was called */
    int64_t told_min_ms, told_max_ms; /* the wait it was told when it joined */
    const struct metadata *pass;      /* in its gate's arena */
    int64_t pass_ends_ms;
    uint16_t again; /* requests sent once more: unavailable, timed out */
};

#endif
