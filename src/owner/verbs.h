/*
 * verbs: what an owner may be asked, and the small things that asks and answers are made of
 * (owner/owner.h).
 */
#ifndef USHER_OWNER_VERBS_H
#define USHER_OWNER_VERBS_H

#include "mem/id.h"
#include "seats/seats.h"

enum owner_verb {
    OWNER_HOLD,      /* seats and standing quantities, all or nothing */
    OWNER_HOLD_BEST, /* best */
    OWNER_RELEASE,   /* hold_id */
    OWNER_ORDER,     /* hold_id; the order's id is the hold's */
    OWNER_CANCEL,    /* hold_id names the order; seats are all of the order's, ascending; left are
                        those of them that stay, ascending; none: the order is cancelled */
    OWNER_SET_SALE,  /* sale_state */
    OWNER_EXTEND,    /* hold_id, until_ms: the hold as it is then */
    OWNER_KEEP_KEY,  /* hold_id names a durable order of the account, which is answered under key */
    OWNER_BLOCK,     /* those of seats that are free are kept back: hold_id names the block */
    OWNER_UNBLOCK,   /* those of seats that the block hold_id has are no longer */
    OWNER_END_HOLD,  /* hold_id, whose account it is: the organiser's RELEASE */
    OWNER_HOLDINGS,  /* fills holdings: live holds of those who have most */
    OWNER_PRICES,    /* list is valid from now on, unless it says what the valid one says */
    OWNER_PLAN_PRICES, /* list is put over the valid one at until_ms; hold_id names the plan */
    OWNER_END_PLAN,    /* the plan hold_id is none any more */
    OWNER_CHOOSE,      /* hold_id: those of its seats that seats names are of types, the others 0 */
    OWNER_USES,        /* fills uses: of the codes of the valid list */
    OWNER_SET_WAITING, /* offers of the waiting list last offer_ms from now on; 0: it is off */
    OWNER_JOIN,    /* best's party, category and section, and fewest, are wished: hold_id of hold
                          names the wish, a new one or the one that is the same */
    OWNER_LEAVE,   /* hold_id names a wish of the account, which waits no longer */
    OWNER_WISHES,  /* fills wishes and offer_ms: those of the account; of none: all, by kind */
    OWNER_MOVE,    /* hold_id names the order; seats are all of the order's, ascending; left are as
                     many: where the ticket of each goes, or the seat itself: it stays. list is the
                     order's amounts, and paid what its places may cost more than before */
    OWNER_COLLECT, /* hold_id names an order that was not paid; seats are all of it, ascending: they
                      cost what was paid, by payment_id, which is its total from now on */
};

/* Why a price is refused. */
enum owner_why {
    OWNER_WHY_TYPES = 0,  /* a type is not to be had, or not so often */
    OWNER_WHY_HIDDEN,     /* a category is hidden, and no code opens it */
    OWNER_WHY_CODE,       /* there is no such code, or it is not good now */
    OWNER_WHY_USED,       /* the code has no places left */
    OWNER_WHY_ACCOUNT,    /* or none for this account, or person */
    OWNER_WHY_NO_LIST,    /* JOIN: the waiting list is off */
    OWNER_WHY_ALONE,      /* HOLD: refusal.taken would be left alone */
    OWNER_WHY_CATEGORY,   /* HOLD: more of a category than an account, or person, may have */
    OWNER_WHY_DIFFERENCE, /* MOVE: the places cost more, or less, than paid says: by total */
    OWNER_WHY_UNPAID,     /* ORDER: they cost something, which nobody has paid */
};

/* Places that are held and sold with a code. */
struct owner_use {
    uint32_t code;
    uint32_t places;
};

/* A wish of the waiting list; of OWNER_WISHES by kind: all that wish the same. */
struct owner_wish {
    struct id wish_id; /* zero by kind */
    struct id account_id, person_id;
    struct id hold_id;          /* of its live offer; zero: it has none */
    uint64_t position;          /* the lowest is the first */
    uint32_t category, section; /* 1 and their number; 0: any */
    uint32_t party, fewest;
    uint32_t wheelchairs;    /* of the party */
    uint32_t lapses;         /* offers that it has let lapse */
    uint32_t ahead;          /* of OWNER_WISHES: those before it that could take what it could */
    uint32_t count, offered; /* by kind: how many they are, and have an offer */
};

struct owner_area {
    uint32_t section;
    uint32_t quantity;
};

/* A live hold as its organiser sees it. */
struct owner_holding {
    struct seats_hold hold;
    struct id origin; /* as of owner_ask; zero: not known, or forgotten */
    uint32_t places;  /* of its account, or person, held and sold together */
};

#endif
