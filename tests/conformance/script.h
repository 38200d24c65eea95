/*
 * script: writes a performance's history batch by batch, as an owner would, for tests.
 *
 * It decides nothing: what it is told goes into the ledger, right or wrong; what an order needs in
 * the other tables goes there as well. Ids are small numbers, so that tests can name them. Time is
 * a number that the test moves.
 */
#ifndef USHER_TESTS_CONFORMANCE_SCRIPT_H
#define USHER_TESTS_CONFORMANCE_SCRIPT_H

#include "store/store.h"

#define SCRIPT_ENTRIES_MAX 600
#define SCRIPT_SALES_MAX   (SCRIPT_ENTRIES_MAX * CHANGE_SEATS_MAX)
#define SCRIPT_START_MS    INT64_C(1790000000000)
#define SCRIPT_TTL_MS      300000
#define SCRIPT_REST_MS     5000

struct script {
    struct store *store;
    struct arena arena; /* of the batch under way */
    uint32_t performance_id;
    struct store_performance head; /* as of the claim, then moved by commits; its views are empty */
    int64_t now_ms;
    struct change entries[SCRIPT_ENTRIES_MAX];
    size_t entry_count;
    struct store_sale sales[SCRIPT_SALES_MAX];
    size_t sale_count;
    struct store_order orders[SCRIPT_ENTRIES_MAX];
    size_t order_count;
    struct store_cancel cancels[SCRIPT_ENTRIES_MAX];
    size_t cancel_count;
    struct store_order collects[SCRIPT_ENTRIES_MAX];
    size_t collect_count;
    bool hide_prices; /* so of price lists */
    bool hide_wishes; /* so of the waiting list */
    bool hide_blocks; /* the tables refuse what the ledger claims: leave blocks out of them */
    uint32_t sale_state;
};

/* Seats of one entry: {count, {…}}. */
struct script_seats {
    size_t count;
    uint32_t at[CHANGE_SEATS_MAX];
};

static inline struct id script_id(uint64_t n)
{
    return (struct id){UINT64_C(0xabcdef0000000000), n};
}

/* A hall of that many seats, an event and a performance in it, drafted. Gives the performance's id.
 */
uint32_t script_performance(struct store *store, uint32_t place_count, uint32_t places_max);
/* The same, where places_max is of whom that usher.v1.PersonRule says. */
uint32_t script_performance_by(struct store *store, uint32_t place_count, uint32_t places_max,
                               uint32_t person_rule);

/* Claims. Asserts on failure, as everything here but script_commit. */
struct script *script_new(struct store *store, uint32_t performance_id);
void script_free(struct script *s);

/* Any change, now; of a kind that a test has no shorter way to say. Ids and seats are as given. */
struct change *script_change(struct script *s, const struct change *change);

/* Seats are kept back by a block, until a time (0: until its end is written), or no longer. */
void script_block(struct script *s, uint64_t block, struct script_seats seats, int64_t until_ms);
void script_unblock(struct script *s, uint64_t block, struct script_seats seats, bool by_time);

/* A price list: what the first category costs; the second costs 2000. */
void script_prices(struct script *s, uint32_t number, int64_t amount);

/* The same with types: all cost 1500 and 2000, but a child 1, of whom there is one at most and none
 * in the second category, and companions 4, who pay nothing. */
void script_types(struct script *s, uint32_t number, int64_t child);
/* The same with codes: 3, FANCLUB, 10 % and 50 off, opens category 0, for as long as a hold, three
 * places and two of an account; and 7, of which ten were generated, a free place each. */
void script_codes(struct script *s, uint32_t number, uint64_t hidden);
/* The first seat of a hold is of that type, the others of type 0. It ends as if it was made now. */
void script_choose(struct script *s, uint64_t hold, uint64_t account, struct script_seats seats,
                   uint32_t type);

/* Prices that wait: what the first category costs from a time on; what is given last is spoilt. */
void script_plan(struct script *s, uint64_t plan, int64_t from_ms, int64_t amount);
void script_plan_end(struct script *s, uint64_t plan);

void script_state(struct script *s, uint32_t sale_state);
/* Until the performance's hold_ttl_ms and so much more, from now on. */
void script_extend(struct script *s, uint64_t hold, uint64_t account, struct script_seats seats,
                   int64_t more_ms);
/* key may be NULL */
void script_hold(struct script *s, uint64_t hold, uint64_t account, struct script_seats seats,
                 const char *key);
void script_release(struct script *s, uint64_t hold);
void script_expire(struct script *s, uint64_t hold);
/* The order's id is `order`; total is 1000 a seat, by list 0. */
void script_sell(struct script *s, uint64_t order, uint64_t hold, uint64_t account,
                 struct script_seats seats, const char *key);
/* The order given last was held by that list, and each of its seats costs the amount. */
void script_amounts(struct script *s, uint32_t price_list, int64_t amount);
/* One of them costs something else. */
void script_seat_amount(struct script *s, uint32_t place, int64_t amount);
void script_cancel(struct script *s, uint64_t order, uint64_t account, struct script_seats seats);
/* Of an order that has both: seats go, left stay. */
void script_give_back(struct script *s, uint64_t order, uint64_t account, struct script_seats seats,
                      struct script_seats left);
/* Tickets of an order move from seats to `to`, one for each; left: all that it has then; was: its
 * amounts before. */
struct change *script_move(struct script *s, uint64_t order, uint64_t account,
                           struct script_seats seats, struct script_seats to,
                           struct script_seats left, struct view was);
/* An unpaid order is paid at the box office. */
struct change *script_collect(struct script *s, uint64_t order, uint64_t account, int64_t total);
/* The amounts of an order by that list, of which each of its seats cost so much. */
struct view script_amounts_of(struct script *s, uint32_t price_list, struct script_seats seats,
                              int64_t amount);
void script_order_key(struct script *s, uint64_t order, uint64_t account, const char *key);
/* The entry given last, to be spoilt. */
struct change *script_last(struct script *s);

/* What would be committed; lives until the script's next entry or commit. */
struct store_batch script_batch(struct script *s);
/* Commits and forgets the batch under way; the head moves on success. As store's commit. */
int script_commit(struct script *s);
/* Forgets the batch under way. */
void script_drop(struct script *s);

#endif
