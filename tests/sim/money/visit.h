/*
 * visit: a buyer's calls of processes that may die meanwhile, be away, or not come through; and
 * his way through the line, where there is one.
 */
#ifndef USHER_TESTS_SIM_MONEY_VISIT_H
#define USHER_TESTS_SIM_MONEY_VISIT_H

#include "sim/money/money.h"
#include "usher/v1/payment.pb-c.h"
#include "usher/v1/waitroom.pb-c.h"

#define VISIT_TRIES_MAX 60  /* of a call that is not answered */
#define VISIT_PAUSE_MS  700 /* between two of them, at most */

enum visit_of { VISIT_TICKETS, VISIT_PAYMENTS, VISIT_LINE };

struct visit {
    struct money_buyer *buyer;
    struct party *party;
    struct client client;
    uint32_t tries;
};

/* What the buyer wants, by his own dice. */
uint32_t buyer_below(struct money_buyer *buyer, uint32_t limit);
bool buyer_odds(struct money_buyer *buyer, uint32_t in_hundred);
void buyer_wait(struct money_buyer *buyer, uint32_t max_ms);

/* False: nobody is there. */
bool visit_begin(struct visit *visit, enum visit_of whom, struct arena *arena);
/* Whether to call again. *err becomes what the caller learns; the buyer's reason why not. */
bool visit_end(struct visit *visit, int *err);

/* Calls until it is answered, with the same request. */
#define PERSIST(buyer_, arena_, whom_, service_, method_, wish_, answer_)                          \
    ({                                                                                             \
        struct visit visit_ = {.buyer = (buyer_)};                                                 \
        int err_ = ERR_UNAVAILABLE;                                                                \
        for (bool again_ = true; again_ && visit_.tries < VISIT_TRIES_MAX; visit_.tries++) {       \
            if (visit_.tries > 0)                                                                  \
                buyer_wait((buyer_), VISIT_PAUSE_MS);                                              \
            err_ = ERR_UNAVAILABLE;                                                                \
            if (!visit_begin(&visit_, (whom_), (arena_)))                                          \
                continue;                                                                          \
            err_ = client_call(&visit_.client, service_, method_, (wish_), (answer_));             \
            again_ = visit_end(&visit_, &err_);                                                    \
        }                                                                                          \
        err_;                                                                                      \
    })

/* ---- line.c: where no line leads to the sale, all of this does nothing ---- */

/* Joins, waits for a turn and comes in. False: not this time. */
bool line_come_in(struct money_buyer *buyer, struct arena *arena);
/* Goes, perhaps without a word. */
void line_go(struct money_buyer *buyer, struct arena *arena);
/* Chooses what the next call shows: mostly the buyer's own pass. Whether it must be refused. */
bool line_show(struct money_buyer *buyer);
/* The call was answered so. bad: what line_show said before it. */
void line_judge(struct money_buyer *buyer, bool bad, int err, const char *what);
/* It was told that its places are paid: the next may come in. */
void line_note_paid(struct money_buyer *buyer);

#endif
