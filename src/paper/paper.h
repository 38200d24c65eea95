/*
 * paper: what people keep of an order: pages, calendar entries, wallet passes and mails.
 *
 * Everything here is made from one struct, an order as a person sees it, in Korean or English. No
 * file does I/O, knows the time or draws random bytes; all may run on any thread, and none belongs
 * on a loop: a page takes milliseconds.
 */
#ifndef USHER_PAPER_PAPER_H
#define USHER_PAPER_PAPER_H

#include "mem/arena.h"
#include "mem/buf.h"

#define PAPER_TICKETS_MAX 100 /* of one order */
#define PAPER_LINKS_MAX   8   /* of one order, that save a ticket in a wallet */
#define PAPER_LINK_BYTES  (16u << 10)
#define PAPER_FILE_MAX    (8u << 20) /* bytes of any file made here */
#define PAPER_TEXT_MAX    400        /* bytes of a short text: a date, a place, an amount */

enum paper_language { PAPER_ENGLISH, PAPER_KOREAN };

/* "ko…" is Korean, all else English. */
enum paper_language paper_language_of(struct view tag);

/* As usher.v1.SeatKind. */
enum paper_seat {
    PAPER_ORDINARY = 0,
    PAPER_WHEELCHAIR = 1,
    PAPER_COMPANION = 2,
    PAPER_RESTRICTED_VIEW = 3,
};

struct paper_ticket {
    struct view section;
    struct view row;    /* empty in a standing area, as is number */
    struct view number; /* of the seat */
    struct view category;
    /* The plan's own words, "Reihe 4", "Platz 12"; empty: ours are used. */
    struct view row_label, seat_label;
    enum paper_seat kind;
    int64_t amount;   /* smallest unit of the order's currency */
    struct view code; /* what its QR code says */
};

/* How money for an order that is cancelled comes back. */
enum paper_money {
    PAPER_MONEY_CARD,    /* from the payment provider */
    PAPER_MONEY_ACCOUNT, /* to a bank account */
    PAPER_MONEY_COUNTER, /* over the counter where it was paid */
    PAPER_MONEY_OPEN,    /* likewise, if it was paid at all */
    PAPER_MONEY_NONE     /* there was none */
};

struct paper_order {
    enum paper_language language;
    struct view order_id;     /* 26 characters: names files and passes */
    struct view order_number; /* short, for people */
    struct view event;
    struct view hall;
    struct view gate, address; /* where people are let in, and the venue's; may be empty */
    int64_t doors_at_ms;       /* when; 0: nobody said */
    struct view name;          /* the buyer's; may be empty */
    struct view site;          /* "https://tickets.example.org"; may be empty */
    int64_t starts_at_ms;
    bool utc_offset_known;
    int32_t utc_offset_minutes; /* of the hall's clock then */
    uint32_t revision; /* grows with each new date; of its calendar entry (RFC 5545, 3.8.7.4) */
    int64_t placed_at_ms;
    struct view currency;
    int64_t total; /* of the tickets that are the order's now */
    enum paper_money money;
    const struct paper_ticket *tickets;
    size_t ticket_count;
};

#endif
