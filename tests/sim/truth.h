/*
 * truth: a reader of the ledger that shares nothing with the owner.
 *
 * It follows the rows of one performance as they come, knows what each may do (docs of the ledger),
 * and says the first thing that is wrong: a broken chain, a seat claimed twice, an expired hold
 * that is sold, a release that nobody entitled asked for, … Whatever an owner answers must be found
 * here. Halls are small.
 */
#ifndef USHER_TESTS_SIM_TRUTH_H
#define USHER_TESTS_SIM_TRUTH_H

#include "mem/table.h"
#include "owner/stage_test.h"

#define TRUTH_HOLDS_MAX    16384
#define TRUTH_VERSIONS_MAX 65536
#define TRUTH_ERROR_MAX    256
#define TRUTH_PLANS_MAX    4096

enum truth_fate { TRUTH_HELD = 1, TRUTH_RELEASED, TRUTH_EXPIRED, TRUTH_SOLD, TRUTH_CANCELLED };

/* A hold and what became of it. */
struct truth_hold {
    struct seats_hold hold;  /* as it was made */
    struct seats_hold order; /* what it has as an order; some may be given back */
    enum truth_fate fate;
    int64_t held_at_ms;
    int64_t granted_until_ms; /* at first; hold.expires_at_ms is later where it was extended */
    int64_t sold_at_ms;
    uint64_t held_version; /* of its entry */
    uint64_t sold_version;
    uint64_t ended_version; /* released, expired or cancelled */
    int64_t total;
    int64_t held_total; /* before its account said who the places are for */
    /* what its account asked for; the test says so before it asks */
    bool release_asked;
    bool order_asked;
    bool cancel_asked;
    bool reduced; /* some of its seats were given back */
};

/* Prices that wait. */
struct truth_plan {
    struct id plan_id;
    int64_t from_ms;
    struct price_list list;
    bool over;
};

struct truth {
    struct store *store; /* the one without faults; borrowed */
    const struct hall *hall;
    struct price_list *lists; /* by number */
    uint32_t list_count;      /* the last is valid */
    struct truth_plan *plans; /* prices that wait for their time; TRUTH_PLANS_MAX */
    uint32_t plan_count;
    uint32_t plans_begun, plans_ended;
    uint32_t choices;    /* of price types */
    uint32_t code_count; /* holds with a code */
    uint32_t performance_id;
    uint32_t places_max;
    uint32_t rest_ms;
    bool by_person;
    struct ledger_tail tail;
    uint32_t sale_state;
    struct truth_hold *holds;
    uint32_t hold_count;
    struct table places;  /* hold_id → place in holds */
    struct table keys;    /* hash of account and key → place of its last hold in holds */
    uint32_t *claims;     /* a seat's place in holds + 1; 0: free */
    int64_t *rests;       /* until when a seat rests; 0: it does not */
    struct id *blocks;    /* what keeps a seat back; zero: nothing does */
    int64_t *block_ends;  /* when that ends by itself; 0: not */
    uint32_t block_count; /* entries of blocks and of their ends */
    uint32_t block_over;  /* of these, ends by time */
    uint64_t *marks;      /* of each version: what the hall looked like */
    uint32_t rest_count;  /* that ended */
    int64_t late_max_ms;  /* the latest that an expiry was written after its hold's end */
    struct arena arena;
    char error[TRUTH_ERROR_MAX]; /* empty while all is well */
};

void truth_init(struct truth *truth, const struct stage *stage);
void truth_release(struct truth *truth);

/* Reads what is new. False once something is wrong; error says what. */
bool truth_follow(struct truth *truth);
/* NULL: the ledger knows no such hold. */
struct truth_hold *truth_find(struct truth *truth, struct id hold_id);
/* What the hold's list says of a seat. */
int64_t truth_amount(const struct truth *truth, const struct truth_hold *known, uint32_t seat);
/* Places that are held and sold with the hold's code beside its own: of all, and of whose it is. */
void truth_uses(const struct truth *truth, const struct truth_hold *known, uint32_t *ret_all,
                uint32_t *ret_whose);
/* The plan that waits; NULL: it does not. */
struct truth_plan *truth_plan(const struct truth *truth, struct id plan_id);
enum seats_state truth_state(const struct truth *truth, uint32_t seat);
struct seats_counts truth_counts(const struct truth *truth);
/* Holds with this fate. */
uint32_t truth_count_fate(const struct truth *truth, enum truth_fate fate);

/* What one seat adds to a hall's mark; a free seat adds nothing. A mark is the xor of all. */
uint64_t truth_mark_of(uint32_t seat, enum seats_state state);
/* The mark of a snapshot, two bits a seat. */
uint64_t truth_mark_snapshot(const uint8_t *states, uint32_t place_count);

/* Orders and sold, the tables beside the ledger, say the same. */
bool truth_compare_tables(struct truth *truth);

#endif
