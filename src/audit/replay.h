/*
 * audit_replay: one performance's ledger, entry by entry, in plain arrays.
 *
 * It knows the rules that docs/internals/ledger.md states, and nothing of how the owner keeps them.
 * An entry that breaks a rule is a finding, and is then applied as far as it makes sense, so that
 * one fault does not hide the others.
 */
#ifndef USHER_AUDIT_REPLAY_H
#define USHER_AUDIT_REPLAY_H

#include "audit/audit.h"
#include "mem/table.h"
#include "sale/price_list.h"

#define AUDIT_NONE       UINT32_MAX
#define AUDIT_WHEELCHAIR 0x8000u /* of a place's category: it is for a wheelchair */
#define AUDIT_SECTION    16      /* bits below its section */

struct audit_hold {
    struct id hold_id;
    struct id account_id;
    uint32_t account; /* place in accounts: the person's where there is one */
    int64_t made_at_ms;
    int64_t expires_at_ms;
    uint32_t price_list; /* by which it was promised */
    uint32_t count;
    uint32_t seats[CHANGE_SEATS_MAX];
    uint32_t types[CHANGE_SEATS_MAX]; /* their price types */
    struct price_use use;             /* the code that it was made with */
    struct id wish_id;                /* that it is offered to; zero: to none */
    bool paying;                      /* it was extended for a buyer who pays */
};

struct audit_order {
    struct store_order
        row; /* as it should be in the table; seats is seat_bytes, amounts audit_order_amounts */
    uint32_t account;
    struct price_use use; /* the code that it was held with */
    uint8_t seat_bytes[4 * CHANGE_SEATS_MAX];
    uint8_t amount_bytes[STORE_AMOUNTS_HEAD + STORE_AMOUNTS_CODE +
                         (STORE_AMOUNTS_SEAT_BYTES + 1) * CHANGE_SEATS_MAX];
    const char *moved; /* in reasons: the amounts, where tickets moved; NULL: amount_bytes */
    bool seen;         /* in the table of orders */
};

/* Without memory of its own. */
static inline struct view audit_order_amounts(const struct audit_order *order)
{
    return view_of(order->moved ? order->moved : (const char *)order->amount_bytes,
                   order->row.amounts.len);
}

/* A growing array. */
struct audit_list {
    void *items; /* owned */
    uint32_t count;
    uint32_t cap;
};

/* A price list. */
struct audit_prices {
    struct price_list list;
    uint64_t begun;    /* the version that its entry made */
    struct view bytes; /* as its entry has them */
};

/* A wish of the waiting list. */
struct audit_wish {
    struct store_wish row; /* as it should be in the table; gone: it waits no longer */
    uint32_t account;      /* place in accounts */
    bool offered;          /* it has a live offer */
    bool seen;             /* in the table */
};

/* Prices that wait for their time. */
struct audit_plan {
    struct id plan_id;
    int64_t from_ms;
    struct price_list list;
    struct view bytes;
    bool over;
};

struct audit_replay {
    struct audit_report *report;
    const struct store_performance *performance;
    uint32_t place_count;
    const uint32_t *categories; /* of the places: section, AUDIT_WHEELCHAIR, category */
    uint64_t version;           /* that the entry makes */
    uint32_t later_ms;          /* a hold to be paid later may last so long; 0, or set after init */
    bool sells_paid;            /* it never took an unpaid order; false, or set after init */
    uint64_t seq;               /* where we are, for findings */
    uint32_t entry;             /* from 1 */
    int64_t at_ms;              /* of the entry before */
    uint32_t sale_state;
    uint32_t *hold_of_seat;            /* place in holds, or AUDIT_NONE */
    uint32_t *order_of_seat;           /* place in orders, or AUDIT_NONE */
    int64_t *rest_of_seat;             /* until when it rests; 0: it does not */
    struct store_block *block_of_seat; /* what keeps it back; without an id: nothing does */
    struct audit_list wishes;          /* struct audit_wish: all, in the order they joined */
    struct table wish_places;          /* wish id → place in wishes */
    uint32_t offer_ms;                 /* of the waiting list */
    uint32_t due;                      /* the wish that the next entry is about, or AUDIT_NONE */
    uint32_t was_due;                  /* the wish that this entry is about so */
    bool due_sold;                     /* because its offer was sold */
    struct arena reasons;              /* of blocks; and amounts of orders that moved */
    struct audit_list lists;           /* struct audit_prices, by number */
    struct audit_list plans;           /* struct audit_plan, all */
    struct audit_list holds;           /* struct audit_hold: live ones; places are used again */
    struct audit_list free_holds;      /* uint32_t: places of holds that are over */
    struct table hold_places;          /* hold id → place, AUDIT_NONE once it is over */
    struct audit_list orders;          /* struct audit_order, all */
    struct table order_places;
    struct audit_list accounts; /* uint32_t: places held and sold, of accounts and of persons */
    struct table account_places;
    struct audit_list keys;  /* int64_t: when it was last used */
    struct table uses;       /* places by code and account */
    struct table key_places; /* by hash of account and key */
};

/* A finding at the place where the replay is. */
void audit_find(struct audit_replay *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* categories: of the places, borrowed. ERR_NO_MEMORY. */
int audit_replay_init(struct audit_replay *r, struct audit_report *report,
                      const struct store_performance *performance, uint32_t place_count,
                      const uint32_t *categories);
void audit_replay_release(struct audit_replay *r);

/* Applies one entry. ERR_NO_MEMORY. */
int audit_replay_entry(struct audit_replay *r, const struct change *change);

/* The account's place in accounts, or the person's, made where it is new. ERR_NO_MEMORY. */
int audit_find_account(struct audit_replay *r, struct id counted, uint32_t *ret_account);
/* Whether a live hold has the place, one that is an offer or one that is none. */
bool audit_is_held(const struct audit_replay *r, uint32_t seat, bool offered);
/* Places that it has, held and sold. */
uint32_t audit_places_of(const struct audit_replay *r, uint32_t account);

/* Seats that a change frees rest, and no longer than they may (P7). */
void audit_begin_rest(struct audit_replay *r, const struct change *change, const uint32_t *seats,
                      uint32_t count);

/* A new item of that size at the end, zeroed; NULL without memory. */
void *audit_list_add(struct audit_list *list, size_t size);

/* The place of an id in one of the tables; AUDIT_NONE where it is not, or is over. */
uint32_t audit_place(const struct table *table, struct id id);

static inline struct audit_order *audit_order_at(const struct audit_replay *r, uint32_t place)
{
    return (struct audit_order *)r->orders.items + place;
}

/* "7zz…", for findings; the text lives in the caller's buffer. */
struct audit_id {
    char text[ID_TEXT_CHARS + 1];
};
const char *audit_id(struct id id, struct audit_id *buffer);

#endif
