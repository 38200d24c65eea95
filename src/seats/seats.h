/*
 * seats: the engine that decides who gets which seat of one performance.
 *
 * Pure: no I/O, no clock and no randomness of its own; every call takes the time (wall milliseconds
 * that never go back) and fresh ids from its caller. One thread at a time. All memory is taken by
 * seats_new; no call allocates after that. Every change is made at once, in memory; the caller
 * makes it durable and throws the whole engine away when it can't.
 *
 *            hold                    sell
 *     FREE ────────▶ HELD ─────────────────────▶ SOLD
 *     ▲  ▲  ◀──────── release, expire              │
 *     │  └─────────────────────────────── unsell ──┘
 *     │ expire       rest
 *  RESTING ◀──────── FREE ────────▶ BLOCKED
 *                         ◀──────── unblock
 *
 * HELD is OFFERED where the hold has a wish_id. Invariants (asserted): the counts of all states
 * are place_count; a seat is in exactly one live hold or none; one that is sold, rests or is kept
 * back is in no hold, and the latter two are nobody's.
 */
#ifndef USHER_SEATS_SEATS_H
#define USHER_SEATS_SEATS_H

#include "err/err.h"
#include "hall/hall.h"
#include "mem/id.h"

#define SEATS_PARTY_MAX 8 /* places in one hold */

enum seats_state {
    SEATS_FREE = 0,
    SEATS_HELD = 1,
    SEATS_SOLD = 2,
    SEATS_RESTING = 3, /* given back a moment ago: not for sale yet, and nobody's */
    SEATS_BLOCKED = 4, /* kept back: not for sale; told as SEATS_SOLD where two bits are all */
    SEATS_OFFERED = 5  /* held for a wish of the waiting list; told as SEATS_HELD there */
};

struct seats_limits {
    uint32_t places_max;   /* places one account, or person, may have, held and sold; > 0 */
    uint32_t accounts_max; /* accounts, or persons, that have places at once */
};

struct seats_hold {
    struct id hold_id;
    struct id account_id;
    struct id person_id;   /* whose places they count as; zero: the account's */
    struct id wish_id;     /* which wish of a waiting list they are offered to; zero: none */
    int64_t expires_at_ms; /* not valid at this time any more */
    uint32_t count;
    uint32_t seats[SEATS_PARTY_MAX]; /* ascending */
    uint32_t price_list;            /* the caller's: by which list they cost; kept, not looked at */
    uint8_t types[SEATS_PARTY_MAX]; /* likewise, a seat: which of its price types */
    uint32_t code, code_index;      /* likewise: with which code; 0: without one */
    bool prolonged;                 /* seats_extend was asked */
    bool paying;                    /* … for a buyer who pays, which is done once */
};

/* Whom the places of a hold count for. */
static inline struct id seats_counted(const struct seats_hold *hold)
{
    return id_is_zero(hold->person_id) ? hold->account_id : hold->person_id;
}

/* What is left where nothing was found. */
enum seats_left {
    SEATS_LEFT_FREE, /* some are free, and do not fit */
    SEATS_LEFT_SOON, /* none is free, and some are in holds or at rest: look again in a moment */
    SEATS_LEFT_NONE, /* all are sold or kept back */
    SEATS_LEFT_KINDS /* some are free, of kinds not asked for; nearest: the best of each kind */
};

/* Why a hold is refused, and what is free instead. */
struct seats_refusal {
    uint32_t taken_count; /* of the seats asked for, those not free */
    uint32_t taken[SEATS_PARTY_MAX];
    uint32_t nearest_count; /* 0, or as many as asked for: free, together where possible, near */
    uint32_t nearest[SEATS_PARTY_MAX];
    enum seats_left left; /* where no seat was named: of what was asked for */
};

struct seats_counts {
    uint32_t free, held, sold, resting, blocked, offered;
};

struct seats_best {
    uint32_t party;   /* 1 … SEATS_PARTY_MAX */
    int32_t category; /* -1: any */
    int32_t section;  /* -1: any */
    bool apart;       /* where no adjacent run is left, single seats near one another */
    /* Seats that are not ordinary are for those who ask for them. */
    uint32_t wheelchairs; /* of the party: so many get a wheelchair's place, the others none */
    bool restricted_view; /* seats with a restricted view are good, too */
};

struct seats;

/* hall is borrowed and must outlive the engine. All places are free. ERR_NO_MEMORY; ERR_INVALID: a
 * hall without places, or a limit of 0. */
int seats_new(const struct hall *hall, const struct seats_limits *limits, struct seats **ret_seats);
void seats_free(struct seats *s);

struct seats_counts seats_counts(const struct seats *s);
/* Grows with each place that becomes free, and with nothing else. */
uint64_t seats_freed(const struct seats *s);
/* Of a category and a section (-1: any; else in range); of both: of the one that has less. */
enum seats_left seats_left(const struct seats *s, int32_t category, int32_t section);
/* seat < place_count */
enum seats_state seats_state(const struct seats *s, uint32_t seat);
/* Places the account, or person, has now, held and sold: what places_max bounds. */
uint32_t seats_of_account(const struct seats *s, struct id counted);
/* The live hold, valid until the next change, or NULL. An expired one is there until collected. */
const struct seats_hold *seats_find_hold(const struct seats *s, struct id hold_id);

/* The next live hold behind *cursor (0: the first), which moves on; NULL: there are no more. */
const struct seats_hold *seats_next_hold(const struct seats *s, uint32_t *cursor);

/* Takes all of ask->seats (1 … 8, none twice, any order), or none. hold_id must be fresh, neither
 * id zero, and expires_at_ms after now_ms. What is wrong is said in this order:
 * ERR_INVALID: a seat index out of range or twice, no seat, more than 8.
 * ERR_CONFLICT: a seat is not free; *ret_refusal (may be NULL) says which, and what is nearest.
 * ERR_FULL: the account, or person, would have more than places_max, or the engine more of them
 * than it may. */
int seats_hold(struct seats *s, const struct seats_hold *ask, int64_t now_ms,
               struct seats_refusal *ret_refusal);

/* Chooses, without taking: the best run of party adjacent free seats: first the fewest orphans
 * (single free seats that would be left alone between taken ones and aisles, where they were not
 * alone before), then the least remoteness from front and centre (hall/sight.h), then the lowest
 * index. A standing area counts as one run without orphans: its lowest free places. A run lies
 * wholly in the category and section asked for. With apart, where no run is left: the best single
 * seat and the free ones nearest to it. ret_seats is ascending.
 * Only ordinary seats are chosen, unless wheelchairs or restricted_view ask for others: a party
 * with wheelchairs gets as many places for them, and companions' or ordinary seats beside them;
 * never in a standing area.
 * ERR_INVALID: party, category or section out of range, or more wheelchairs than the party.
 * ERR_CONFLICT: no fitting run is free (nor, with apart, enough seats). */
int seats_pick_best(const struct seats *s, const struct seats_best *best,
                    uint32_t ret_seats[SEATS_PARTY_MAX]);
/* Why that found nothing: ret->left and ret->nearest. */
void seats_explain_best(const struct seats *s, const struct seats_best *best,
                        struct seats_refusal *ret);

/* Chooses, without taking: the lowest free places of a standing area, ascending. ERR_INVALID: no
 * such standing section, quantity 0 or more than 8. ERR_CONFLICT: fewer are free. */
int seats_pick_standing(const struct seats *s, uint32_t section, uint32_t quantity,
                        uint32_t ret_seats[SEATS_PARTY_MAX]);

/* Gives the seats back. ERR_NOT_FOUND: no such live hold. ret_hold (may be NULL) gets the hold. */
int seats_release(struct seats *s, struct id hold_id, struct seats_hold *ret_hold);

/* Held seats become sold. ERR_NOT_FOUND; ERR_TIMEOUT: the hold has expired by now_ms (it stays
 * until seats_expire collects it). */
int seats_sell(struct seats *s, struct id hold_id, int64_t now_ms, struct seats_hold *ret_hold);

/* The hold ends later, at ends_at_ms; paying: for a buyer who pays. ERR_NOT_FOUND; ERR_TIMEOUT: it
 * has expired by now_ms; ERR_INVALID: that is not later. */
int seats_extend(struct seats *s, struct id hold_id, int64_t ends_at_ms, bool paying,
                 int64_t now_ms);

/* The hold of that id has the types and the code of *chosen. ERR_NOT_FOUND, ERR_TIMEOUT. */
int seats_choose(struct seats *s, const struct seats_hold *chosen, int64_t now_ms);

/* Sold seats become free: a cancelled order. count 1 … 8, all counted for this one (seats_counted),
 * or ERR_INVALID. */
int seats_unsell(struct seats *s, struct id counted, const uint32_t *seats, uint32_t count);

/* Free seats become sold at once: loading. count 1 … 8. ERR_CONFLICT, ERR_INVALID, ERR_FULL
 * (accounts_max; places_max is not asked). */
int seats_restore_sold(struct seats *s, struct id counted, const uint32_t *seats, uint32_t count);

/* Free seats are for sale after until_ms, by seats_expire. As seats_block. */
int seats_rest(struct seats *s, const uint32_t *seats, uint32_t count, int64_t until_ms);

/* Free seats are kept back, until seats_unblock. count 1 … 8, none twice, all free, or of unblock
 * all kept back; or ERR_INVALID. */
int seats_block(struct seats *s, const uint32_t *seats, uint32_t count);
int seats_unblock(struct seats *s, const uint32_t *seats, uint32_t count);

/* Ends holds that have expired by now_ms, and rests that are over, at most max of both together, in
 * order of their times (of one millisecond: in the order they began), and gives them: a rest as a
 * hold whose ids are zero. */
size_t seats_expire(struct seats *s, int64_t now_ms, struct seats_hold *ret_holds, size_t max);
/* When the next ends, or INT64_MAX. */
int64_t seats_next_expiry_ms(const struct seats *s);

/* A state in two bits, as everybody is told it. */
static inline enum seats_state seats_told(enum seats_state state)
{
    return state == SEATS_BLOCKED ? SEATS_SOLD : state == SEATS_OFFERED ? SEATS_HELD : state;
}

/* Two bits a place, as usher.v1.SeatsSnapshot; (place_count + 3) / 4 bytes. */
void seats_snapshot(const struct seats *s, uint8_t *ret_states);

/* Checks every invariant, O(places + holds); for tests and after loading. Asserts. */
void seats_check(const struct seats *s);

#endif
