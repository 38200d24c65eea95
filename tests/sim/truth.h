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
#define TRUTH_WISHES_MAX   4096
#define TRUTH_MOVES_MAX    STORE_MOVED_SEATS_MAX

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
    bool comp; /* it was given: its places cost nothing */
    bool paid; /* the box office has taken what it owed */
    bool collect_asked;
    bool reduced; /* some of its seats were given back */
    bool move_asked;
    struct seats_hold moved_first; /* what its amounts tell of, beside moves */
    uint32_t move_count;
    struct {
        uint32_t from, to;
    } moves[TRUTH_MOVES_MAX]; /* of its tickets, in their order */
};

/* Prices that wait. */
struct truth_plan {
    struct id plan_id;
    int64_t from_ms;
    struct price_list list;
    bool over;
};

/* A wish of the waiting list. */
struct truth_wish {
    struct id wish_id, account_id, person_id;
    struct id hold_id; /* of its live offer */
    uint32_t category, section, party, fewest, lapses, wheelchairs;
    uint64_t position;
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
    struct truth_wish *wishes; /* all that ever were; TRUTH_WISHES_MAX */
    uint32_t wish_count;
    struct truth_wish *due; /* that the next entry is about, of due_kind; or NULL */
    enum change_kind due_kind;
    uint32_t offer_ms; /* 0: the list is off */
    uint32_t offer_count, lapse_count;
    uint32_t choices;    /* of price types */
    uint32_t code_count; /* holds with a code */
    uint32_t performance_id;
    uint32_t places_max;
    uint32_t hold_ttl_ms;
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
    uint32_t moves;       /* entries of tickets that moved */
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
/* Remembers the first thing that is wrong. False. */
bool truth_wrong(struct truth *truth, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Places of an account, or of a person where there is one. */
uint32_t truth_places_of(const struct truth *truth, struct id whose);

/* What a hold's seats add to a mark. */
uint64_t truth_mark_of_hold(const struct seats_hold *hold, enum seats_state state);
/* What a change has freed rests, for a time within the stated one, where there is one. */
bool truth_follow_rest(struct truth *truth, const struct change *change,
                       const struct seats_hold *freed, uint64_t version);

/* truth_orders.c: what becomes of orders; as of the waiting list. */
bool truth_follow_give_back(struct truth *truth, const struct change *change, uint64_t version);
bool truth_follow_collect(struct truth *truth, const struct change *change);
bool truth_follow_move(struct truth *truth, const struct change *change, uint64_t version);
/* The seat that a ticket of the order was sold for: the seat itself, where it never moved. */
uint32_t truth_origin(const struct truth_hold *known, uint32_t seat);
/* Whether the amounts of an order whose tickets moved are those of the ledger. */
bool truth_moved_amounts(const struct truth *truth, const struct truth_hold *known,
                         struct view amounts);

/* truth_waiting.c: entries of the waiting list, and what it forbids others; each true, or false and
 * the first thing that is wrong. */
bool truth_follow_waiting(struct truth *truth, const struct change *change);
bool truth_follow_wish(struct truth *truth, const struct change *change, uint64_t version);
bool truth_follow_wish_end(struct truth *truth, const struct change *change);
bool truth_check_offer(struct truth *truth, const struct change *change);
bool truth_check_rules(struct truth *truth, const struct change *change);
bool truth_check_public(struct truth *truth, const struct change *change);
void truth_offer_ended(struct truth *truth, const struct truth_hold *known, bool sold);
bool truth_check_due(struct truth *truth, const struct change *change);
bool truth_compare_wishes(struct truth *truth);
/* The wish that waits; NULL: it does not. */
const struct truth_wish *truth_find_wish(struct truth *truth, struct id wish_id);

/* What the hold's list says of a seat. */
int64_t truth_order_cost(const struct truth *truth, const struct truth_hold *known);
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
