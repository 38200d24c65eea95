/*
 * change: what may happen to a performance, once for all who must know it.
 *
 * CHANGE_LIST is the one list of ledger entries' kinds: the owner builds, loads and counts by it, a
 * body is packed and read by it, the audit and the simulation's truth replay by it. A new kind is a
 * message in ledger.proto, a line here, and what the compiler then asks for
 * (docs/internals/ledger.md, "A new kind").
 */
#ifndef USHER_SALE_CHANGE_H
#define USHER_SALE_CHANGE_H

#include <stddef.h>
#include <string.h>

#include "err/err.h"
#include "mem/arena.h"
#include "mem/id.h"
#include "mem/view.h"
#include "sale/change_fields.h"
#include "seats/seats.h"
#include "usher/v1/ledger.pb-c.h"
#include "usher/v1/ticket.pb-c.h"

#define CHANGE_HASH_BYTES 32
#define CHANGE_KEY_MAX    64 /* bytes of an idempotency key */
#define CHANGE_SEATS_MAX  SEATS_PARTY_MAX
#define CHANGE_REASON_MAX 100  /* bytes of a block's reason */
#define CHANGE_LIST_MAX   8192 /* bytes of a price list */
#define CHANGE_TYPES_MAX  32   /* price types are less than it */

/*
 * X(NAME, member of LedgerEntry, its seats were, and are; its order was, and is; the sale is)
 *
 * Seats: NONE (no seat moves), FREE, HELD, SOLD, RESTING, BLOCKED; what becomes FREE rests first
 * where the change has a rest_until_ms, and what is HELD for a wish is offered (change_seats_to).
 * MOVE has other places besides, as many, which were free and are sold: change_gains.
 * Order: NONE (no order moves), CONFIRMED, CANCELLED. Sale: OPEN, ON (open or paused), ANY.
 */
#define CHANGE_LIST(X)                                                                             \
    X(HOLD, hold, FREE, HELD, NONE, NONE, OPEN)                                                    \
    X(RELEASE, release, HELD, FREE, NONE, NONE, ANY)                                               \
    X(EXPIRY, expiry, HELD, FREE, NONE, NONE, ANY)                                                 \
    X(SALE, sale, HELD, SOLD, NONE, CONFIRMED, ON)                                                 \
    X(CANCEL, cancel, SOLD, FREE, CONFIRMED, CANCELLED, ANY)                                       \
    X(GIVE_BACK, give_back, SOLD, FREE, CONFIRMED, CONFIRMED, ANY)                                 \
    X(RESTED, rested, RESTING, FREE, NONE, NONE, ANY)                                              \
    X(SALE_STATE, sale_state, NONE, NONE, NONE, NONE, ANY)                                         \
    X(ORDER_KEY, order_key, NONE, NONE, NONE, NONE, ANY)                                           \
    X(EXTEND, extend, HELD, HELD, NONE, NONE, ON)                                                  \
    X(CLOCK, clock, NONE, NONE, NONE, NONE, ANY)                                                   \
    X(BLOCK, block, FREE, BLOCKED, NONE, NONE, ANY)                                                \
    X(UNBLOCK, unblock, BLOCKED, FREE, NONE, NONE, ANY)                                            \
    X(PRICES, prices, NONE, NONE, NONE, NONE, ANY)                                                 \
    X(PRICE_PLAN, price_plan, NONE, NONE, NONE, NONE, ANY)                                         \
    X(PRICE_PLAN_END, price_plan_end, NONE, NONE, NONE, NONE, ANY)                                 \
    X(CHOOSE, choose, HELD, HELD, NONE, NONE, ON)                                                  \
    X(WAITING, waiting, NONE, NONE, NONE, NONE, ANY)                                               \
    X(WISH, wish, NONE, NONE, NONE, NONE, ANY)                                                     \
    X(WISH_END, wish_end, NONE, NONE, NONE, NONE, ANY)                                             \
    X(OFFER, offer, FREE, HELD, NONE, NONE, OPEN)                                                  \
    X(MOVE, move, SOLD, FREE, CONFIRMED, CONFIRMED, ANY)                                           \
    X(COLLECT, collect, NONE, NONE, NONE, NONE, ANY)

/* The ways of a sale: X(from, to), of usher.v1.SaleState. */
#define CHANGE_SALE_WAYS(X) X(DRAFT, OPEN) X(OPEN, PAUSED) X(PAUSED, OPEN)

/* A kind's number is its field's in LedgerEntry. Switches over it have no default. */
enum change_kind {
#define X(NAME, member, ...) CHANGE_##NAME = USHER__V1__LEDGER_ENTRY__CHANGE_##NAME,
    CHANGE_LIST(X)
#undef X
};

enum change_seats {
    CHANGE_SEATS_NONE = -1,
    CHANGE_SEATS_FREE = SEATS_FREE,
    CHANGE_SEATS_HELD = SEATS_HELD,
    CHANGE_SEATS_SOLD = SEATS_SOLD,
    CHANGE_SEATS_RESTING = SEATS_RESTING,
    CHANGE_SEATS_BLOCKED = SEATS_BLOCKED,
    CHANGE_SEATS_OFFERED = SEATS_OFFERED,
};

enum change_order {
    CHANGE_ORDER_NONE = 0,
    CHANGE_ORDER_CONFIRMED = USHER__V1__ORDER_STATE__ORDER_STATE_CONFIRMED,
    CHANGE_ORDER_CANCELLED = USHER__V1__ORDER_STATE__ORDER_STATE_CANCELLED,
};

/* Sets of sale states. */
enum change_sale {
    CHANGE_SALE_OPEN = 1 << USHER__V1__SALE_STATE__SALE_STATE_OPEN,
    CHANGE_SALE_ON = CHANGE_SALE_OPEN | 1 << USHER__V1__SALE_STATE__SALE_STATE_PAUSED,
    CHANGE_SALE_ANY = CHANGE_SALE_ON | 1 << USHER__V1__SALE_STATE__SALE_STATE_DRAFT,
};

/* A line of the list. */
struct change_rule {
    const char *name; /* "hold" */
    enum change_seats seats_from, seats_to;
    enum change_order order_from, order_to;
    enum change_sale sale;
};

/* One entry of the ledger. Of a kind, the fields of its list are written; others are the holder's
 * own (an owner notes the seats of a release), and zero in what was read. */
struct change {
    enum change_kind kind;
    uint32_t state; /* usher.v1.SaleState */
    uint32_t payment_method;
    uint32_t seat_count;
    int64_t at_ms; /* when it was decided */
    struct id hold_id;
    struct id order_id;
    struct id account_id;
    struct id person_id;  /* whose places they count as; zero: the account's */
    struct id payment_id; /* zero: not paid by card */
    struct id block_id;
    struct id plan_id; /* of prices that wait for their time */
    struct id wish_id; /* of a hold that is an offer, an owner notes it too */
    int64_t expires_at_ms;
    int64_t total;
    int64_t before_ms;
    int64_t from_ms;       /* of such prices */
    int64_t rest_until_ms; /* 0: its seats are for sale at once */
    int64_t difference;    /* what places that an order gets cost more than those that leave it */
    struct view list;      /* a packed PriceList; borrowed */
    struct view record;    /* the amounts of an order whose tickets moved; borrowed */
    uint32_t left_count;
    uint32_t amount_count;      /* of the amounts that are written: 0 by list 0 */
    uint32_t type_count;        /* of the types that are written: 0 where all are 0 */
    uint32_t price_list;        /* by which it costs that */
    uint32_t number;            /* of a new list */
    uint32_t code;              /* with which it was held: a number of its list; 0: without one */
    uint32_t code_index;        /* of those that were generated */
    uint32_t key_len;           /* 0: no key */
    uint32_t by_time;           /* of a block's end: 1: its time was over */
    uint32_t stage;             /* of an extension: enum change_stage */
    uint32_t offer_ms;          /* how long the offers of a waiting list last; 0: there are none */
    uint32_t category, section; /* of a wish: 1 and their number; 0: any */
    uint32_t party, fewest, wheelchairs; /* of a wish: places, the fewest, and for wheelchairs */
    uint32_t lapses;                     /* of a wish: offers that it let lapse */
    uint32_t reason_len;                 /* of a block's reason */
    /* From here on only what the counts above say means something (change_clear). */
    uint32_t seats[CHANGE_SEATS_MAX];
    uint8_t request_hash[CHANGE_HASH_BYTES]; /* where there is a key */
    uint8_t key[CHANGE_KEY_MAX];
    uint32_t left[CHANGE_SEATS_MAX];       /* what an order keeps, or has then */
    uint32_t to[CHANGE_SEATS_MAX];         /* MOVE: where each of the seats goes */
    uint8_t reason[CHANGE_REASON_MAX + 8]; /* and what would be padding */
    int64_t amounts[CHANGE_SEATS_MAX];     /* what each seat costs; an owner knows it always */
    uint32_t types[CHANGE_SEATS_MAX];      /* the price type of each seat */
};

/* No fields, of no kind yet. Leaves the arrays at the end as they are: an owner makes two changes
 * of each order, and most of their bytes would be cleared for nothing. */
static inline void change_clear(struct change *change)
{
    memset(change, 0, offsetof(struct change, seats));
}

/* The price type of its i-th seat. */
static inline uint32_t change_type(const struct change *change, uint32_t i)
{
    return i < change->type_count ? change->types[i] : 0;
}

/* The line of a kind. */
const struct change_rule *change_rule(enum change_kind kind);

/* What a change's seats are before it, and after it. Of an owner's change, which notes the wish of
 * every hold, OFFERED is told from HELD. */
enum change_seats change_seats_from(const struct change *change);
enum change_seats change_seats_to(const struct change *change);

/* How many places become an order's by the change beside its seats: those in `to`. */
static inline uint32_t change_gains(const struct change *change)
{
    return change->kind == CHANGE_MOVE ? change->seat_count : 0;
}

/* Whether a kind may happen in a sale of that state. */
bool change_fits_sale(enum change_kind kind, uint32_t sale_state);

/* Whether a sale may go from one state to the other. */
bool change_sale_may_go(uint32_t from, uint32_t to);

/* Makes of a change the message of the ledger, in the arena and out of *change, which both must
 * outlive it. Whether its fields are right is not looked at. ERR_NO_MEMORY. */
int change_write(struct change *change, struct arena *arena, Usher__V1__LedgerEntry *ret_entry);

/* Reads a message. ERR_CORRUPT: it is of no kind, an id is not 16 bytes or all zero, seats are not
 * 1 … 8 strictly ascending, a key, a reason or a list is longer than it may be or empty, a key is
 * without a request hash of 32, or missing where it must be, amounts or types are neither none nor
 * one a seat, a type is 32 or more, places to move to are not one a seat, each another of left;
 * *ret_change is of no use then. What is borrowed is the message's. */
int change_read(const Usher__V1__LedgerEntry *entry, struct change *ret_change);

#endif
