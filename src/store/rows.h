/*
 * rows: what a store keeps, as it is handed in and out.
 *
 * Views are borrowed: the caller's on the way in, the arena's on the way out.
 */
#ifndef USHER_STORE_ROWS_H
#define USHER_STORE_ROWS_H

#include "mem/arena.h"
#include "mem/id.h"
#include "mem/view.h"
#include "sale/ledger.h"
#include "store/catalog_max.h"
#include "store/wishes.h"

#define STORE_HASH_BYTES LEDGER_HASH_BYTES

/* A hall plan: the encoded usher.v1.SeatMap, named by its SHA-256. */
struct store_hall {
    uint32_t hall_id; /* given by the store, from 1 */
    struct view name;
    uint8_t layout_hash[STORE_HASH_BYTES];
    uint32_t place_count, section_count;
    struct view layout; /* empty in lists */
};

struct store_event {
    uint32_t event_id;     /* given by the store, from 1 */
    uint32_t organiser_id; /* whose it is; events of earlier stores are of organiser 1 */
    struct view name, description;
    int64_t created_at_ms;
};

#define STORE_UTC_OFFSET_MAX 1439 /* minutes, either way: what RFC 3339 can write */

/* A performance's row: what is fixed at creation (the genesis hash covers it, see sale/ledger.h),
 * and the head of its ledger. */
struct store_performance {
    uint32_t performance_id; /* given by the store, from 1 */
    uint32_t event_id;
    uint32_t hall_id;
    int64_t starts_at_ms;
    bool utc_offset_known;
    int32_t utc_offset_minutes; /* of the hall's clock then, east of UTC; 0 where not known */
    uint32_t hold_ttl_ms;
    uint32_t places_max;
    uint32_t person_rule; /* usher.v1.PersonRule: not NONE: places_max is a person's, and every
                             hold says whose it is; then covers_names */
    struct view currency; /* 3 letters */
    struct view prices;   /* little-endian int64 each, one a category, smallest unit of money */
    uint32_t rest_ms;     /* a freed place rests at most so long before it is for sale again */
    bool covers_names;    /* the genesis hash covers what tickets show (the names of event and hall,
                          the sections' count, the offset) and rest_ms: of all that are new; those
                          of earlier stores have no rest_ms */
    uint32_t first_sale_state; /* the sale_state it was put with; put does not read it */
    /* the head, moved by store_commit alone */
    uint32_t sale_state;                 /* usher.v1.SaleState */
    uint64_t epoch;                      /* of the owner that may write; grows with every claim */
    uint64_t version;                    /* changes so far */
    uint64_t seq;                        /* ledger rows so far */
    uint8_t head_hash[STORE_HASH_BYTES]; /* of row seq; the genesis hash while seq is 0: what the
                                            next row's prev_hash must be. put does not read it */
};

/* A sold seat. */
struct store_sale {
    uint32_t seat;
    struct id order_id;
};

struct store_order {
    struct id order_id;
    struct id account_id;
    struct id person_id; /* whose places they count as; zero: the account's */
    struct id hold_id;
    uint32_t performance_id;
    uint32_t state; /* usher.v1.OrderState */
    uint32_t payment_method;
    int64_t placed_at_ms; /* at_ms of the ledger entry that sold it */
    int64_t total;
    struct view seats; /* little-endian uint32 each, ascending; without those that were given back,
                          but kept when all are */
    struct view
        amounts; /* what each seat cost, as it was when it was placed, and where tickets moved
                          since (store/amounts.h); empty: what the performance's first prices say */
};

/* A price list that is valid from an entry of the ledger on (sale/price_list.h). */
struct store_prices {
    uint32_t number;  /* from 1 */
    uint64_t begun;   /* the version that its entry made */
    struct view list; /* a packed usher.v1.PriceList */
};

/* Prices that wait for their time. */
struct store_plan {
    struct id plan_id;
    int64_t from_ms;
    struct view list; /* a packed usher.v1.PriceList; -1: it stays */
};

/* What is given back of an order, or moves. Its rows of sold go, and come, with its seats. */
struct store_cancel {
    struct id order_id;
    struct view seats;   /* all that the order has, in its form */
    struct view left;    /* what it has then; empty: it is cancelled, and keeps them for memory */
    struct view amounts; /* the order's from now on, where tickets moved; empty: they stay */
};

struct store_block { /* a place that is kept back from sale */
    uint32_t seat;
    struct id block_id;
    struct id account_id; /* who keeps it back; zero: the operator */
    int64_t until_ms;     /* 0: until somebody ends it */
    struct view reason;   /* at most CHANGE_REASON_MAX bytes */
};

#define STORE_SEAT_BYTES 4

/* Seat i of an order's seats; i is less than how many there are. */
static inline uint32_t store_seat_at(struct view seats, size_t i)
{
    const uint8_t *at = (const uint8_t *)seats.at + STORE_SEAT_BYTES * i;
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline size_t store_seat_count(struct view seats)
{
    return seats.len / STORE_SEAT_BYTES;
}

/* Whether a seat is among them. */
static inline bool store_seats_have(struct view seats, uint32_t seat)
{
    for (size_t i = 0; i < store_seat_count(seats); i++) {
        if (store_seat_at(seats, i) == seat)
            return true;
    }
    return false;
}

/* Seats as an order has them, written to bytes (STORE_SEAT_BYTES each), which the view looks at. */
static inline struct view store_seats_write(const uint32_t *seats, size_t count, uint8_t *bytes)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < STORE_SEAT_BYTES; k++)
            bytes[STORE_SEAT_BYTES * i + k] = (uint8_t)(seats[i] >> (8 * k));
    }
    return view_of(bytes, STORE_SEAT_BYTES * count);
}

/* Everything one commit writes, all or nothing. Cancels go before sales, so that seats given back
 * may be sold again, and ends before beginnings; nothing ends in the batch that begins it. */
struct store_batch {
    uint32_t performance_id;
    uint64_t epoch;        /* must be the performance's epoch (the fence) */
    struct ledger_row row; /* sealed; row.epoch == epoch, row.seq == seq + 1, row.version_before ==
                              version and row.prev_hash == head_hash of the head */
    uint32_t sale_state;   /* after the batch */
    const struct store_sale *sales; /* sold now, ascending by seat: the seats of orders */
    size_t sale_count;
    const struct store_order *orders; /* placed now */
    size_t order_count;
    const struct store_cancel *cancels;
    size_t cancel_count;
    const struct store_order *collects; /* paid now: id, method and total alone are read */
    size_t collect_count;
    const struct store_block *blocks; /* kept back now */
    size_t block_count;
    const struct store_block *unblocks; /* no longer: seat and block_id alone are read */
    size_t unblock_count;
    const struct store_prices *prices; /* new lists, ascending by number */
    size_t prices_count;
    const struct store_plan *plans; /* that wait from now on */
    size_t plan_count;
    const struct id *plan_ends; /* that wait no longer; none of this batch's own */
    size_t plan_end_count;
    const struct store_wish *wishes; /* that wait from now on, or anew, or no longer; in order */
    size_t wish_count;
    bool waiting_set; /* offers last offer_ms from now on */
    uint32_t offer_ms;
    struct view outbox; /* packed usher.v1.OutboxBatch, or empty */
};

struct store_outbox_row {
    uint64_t outbox_id; /* ascending in order of commit */
    uint32_t performance_id;
    struct view body;
};

#define STORE_READ_BYTES_MAX (16u << 20) /* of ledger bodies or outbox bodies in one answer */

/* Beyond these a put is ERR_INVALID. */
#define STORE_NAME_MAX        1024 /* bytes of a name or a currency */
#define STORE_DESCRIPTION_MAX 65536
#define STORE_PRICES_MAX      1024        /* bytes of prices */
#define STORE_LAYOUT_MAX      (64u << 20) /* bytes of a hall's layout */

#endif
