/*
 * history: a good store to spoil, and ways to spoil it.
 */
#ifndef USHER_TESTS_AUDIT_HISTORY_H
#define USHER_TESTS_AUDIT_HISTORY_H

#include "script.h"
#include "store/store.h"
#include "usher/v1/ticket.pb-c.h"

#define DRAFT  USHER__V1__SALE_STATE__SALE_STATE_DRAFT
#define OPEN   USHER__V1__SALE_STATE__SALE_STATE_OPEN
#define PAUSED USHER__V1__SALE_STATE__SALE_STATE_PAUSED

#define SEATS(...)                                                                                 \
    ((struct script_seats){.count = sizeof((uint32_t[]){__VA_ARGS__}) / 4, .at = {__VA_ARGS__}})

/* Two performances with every kind of change: holds that are sold, released, expired and still
 * live; orders, cancelled and not; a pause; keys; two owners. The first performance has 7 rows. */
void history_write(struct store *store);
/* Of it, the last performance, whose prices change. */
void history_write_prices(struct store *store);
void history_write_comps(struct store *store);
/* … and the one that counts places by person. */
void history_write_persons(struct store *store);
/* … and the one of which tickets move. */
void history_write_moves(struct store *store);
/* … and the one whose box office collects. */
void history_write_unpaid(struct store *store);
/* … and the one with a waiting list. */
void history_write_waiting(struct store *store);
/* Commits the batch under way; a second passes. */
void history_commit(struct script *s);

/* One rule broken by a chain that is otherwise in order. */
struct broken_rule {
    const char *name;
    void (*write)(struct script *s); /* entries of one batch, after the sale was opened */
    const char *finding;             /* part of the text that the audit must give */
};
extern const struct broken_rule broken_rules[];
extern const size_t broken_rule_count;
extern const struct broken_rule broken_price_rules[];
extern const size_t broken_price_rule_count;
extern const struct broken_rule broken_person_rules[];
extern const size_t broken_person_rule_count;
extern const struct broken_rule broken_move_rules[];
extern const size_t broken_move_rule_count;
extern const struct broken_rule broken_unpaid_rules[];
extern const size_t broken_unpaid_rule_count;
extern const struct broken_rule broken_waiting_rules[];
extern const size_t broken_waiting_rule_count;

/* One change made to the file behind the store's back. */
struct tampering {
    const char *name;
    const char *sql;
    const char *finding;
};
extern const struct tampering tamperings[];
extern const size_t tampering_count;

#endif
