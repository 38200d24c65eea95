/*
 * owner: the one that decides a performance's seats.
 *
 * An owner lives on one worker's loop and is touched by that thread alone; a call from another
 * worker is a message to it and back. It decides in memory (seats), gathers what it decided, and
 * commits all that has gathered while the last commit was on disk; answers that promise something
 * go out after the commit.
 *
 *              claim, load               commit failed or unknown
 *   LOADING ─────────────────▶ SERVING ───────────────────────────▶ LOADING (waiting asks are
 *      ▲  │ load failed: again,  │ owner_stop                        answered by key)
 *      └──┘ a little later       ▼
 *                             STOPPED
 *
 * Where several processes share a store, a gate says whether this one may try (owner/gate.h).
 *
 * Invariants: what was answered as done is in the store; the published state is a committed one;
 * the version never goes back; in doubt an ask is refused (ERR_UNAVAILABLE), never granted.
 *
 * Time: the owner's wall clock is the system's at loading, or the ledger's last row or the owner's
 * own time so far where one of these is later, plus monotonic time since. It never goes back,
 * whatever the system's does, and jumps ahead only while loading.
 *
 * Two owners may be alive at once, by mistake. Only the last to claim can commit; the other may
 * refuse wrongly, until it tries to commit and is fenced, but never grants.
 */
#ifndef USHER_OWNER_OWNER_H
#define USHER_OWNER_OWNER_H

#include "chance/chance.h"
#include "fiber/fiber.h"
#include "hall/hall.h"
#include "owner/figures.h"
#include "owner/gate.h"
#include "owner/listener.h"
#include "owner/verbs.h"
#include "seats/seats.h"
#include "store/store.h"

#define OWNER_KEY_MAX        64     /* bytes of an idempotency key */
#define OWNER_KEYS_MAX       400000 /* keys remembered at once, at most */
#define OWNER_KEYS_PLACE     16     /* of them, for every place of the hall … */
#define OWNER_KEYS_MORE      65536  /* … and so many more */
#define OWNER_KEYS_ACCOUNT   256    /* an account's: 16 a place it may have, and these */
#define OWNER_KEY_KEEP_MS    LEDGER_KEY_KEEP_MS /* a key is kept this long after a hold's time */
#define OWNER_ENTRIES_MAX    4096               /* changes in one commit: LEDGER_ENTRIES_MAX */
#define OWNER_ASKS_MAX       65536              /* asks that wait for one commit */
#define OWNER_WAITING_MAX    16384              /* asks that wait for room in one */
#define OWNER_COMMIT_MAX_MS  10000 /* a commit that waits longer for the store is given up */
#define OWNER_RELOAD_MS      50    /* pause before loading again; doubles up to … */
#define OWNER_RELOAD_MAX_MS  2000
#define OWNER_LATE_MS        60000 /* an end not collected for so long: reload */
#define OWNER_WISHES_MAX     20000 /* of one waiting list */
#define OWNER_WISHES_ACCOUNT 5     /* of them, of an account, or person */
#define OWNER_EXPIRE_TICK_MS 50    /* expired holds are collected at most this late */

/*
 * One question to an owner. What is added here is added to usher.v1.OwnerAsk or OwnerAnswer too, by
 * which it travels between processes (svc/ticket/elsewhere.c, owners.c). The caller fills the first
 * part and keeps the struct (on its stack, say) until owner_ask returns. result:
 *   0                the second part is filled, and durable
 *   ERR_CONFLICT     seats not free (refusal), or no adjacent run; OWNER_BLOCK: none is free;
 *                    COLLECT: it has been paid; CANCEL: since the caller looked;
 *                    JOIN: places of this kind are free;
 *                    OWNER_PRICES: there were PRICE_LISTS_MAX before
 *   ERR_FULL         the account, or person, would have more places than it may; MOVE: tickets of
 *                    the order have moved too often
 *   ERR_BUSY         the sale is not open; OWNER_CHOOSE: a payment has prolonged the hold
 *   ERR_NOT_FOUND    no such live hold of this account (it may have become an order: the store
 *                    knows), or, OWNER_CANCEL and MOVE, no such order of this account with these
 *                    seats
 *   ERR_TIMEOUT      the hold has expired
 *   ERR_EXISTS       the key was used with another request; OWNER_PRICES: another list than
 *                    price_list is valid, and it does not say what list says
 *   ERR_DENIED       the account, its address or its network has as many keys remembered as one
 *                    may have; JOIN: as many wishes as it, or the performance, may have; MOVE: the
 *                    order had a place before that a ticket should move to
 *   ERR_EARLY        holds of this account, or from this address, ended unused lately (habits.h): a
 *                    hold is possible again at until_ms
 *   ERR_LATE         the performance has begun (begins_ms)
 *   ERR_INVALID      out of range, or nobody's (the zero account; but for what the organiser does);
 *                    ORDER, COLLECT: not what the places cost was paid; HOLD: a person against
 *                    by_person
 *   ERR_UNSUPPORTED  HOLD, CHOOSE: the list by which the places cost does not allow these types, or
 *                    this code, or a rule of the sale refuses these places (why); ORDER: nobody has
 *                    paid (why); JOIN: it hides the category, or there is no waiting list; MOVE:
 *                    the places cost otherwise
 *   ERR_FENCED       another process is the owner; nothing was done, ask it
 *   ERR_UNAVAILABLE  not now: loading, overloaded or stopping; nothing is known to have changed,
 *                    and the same key may be tried again
 */
struct owner_ask {
    enum owner_verb verb;
    struct id account_id;
    struct id person_id; /* HOLD, HOLD_BEST: by_person alone; CANCEL, MOVE: the order's */
    struct id origin;    /* where the caller is, 128 bits of IPv6; zero: not known */
    uint32_t seat_count;
    uint32_t seats[SEATS_PARTY_MAX];
    uint32_t left_count;
    uint32_t left[SEATS_PARTY_MAX];
    uint32_t area_count;
    struct owner_area areas[SEATS_PARTY_MAX];
    struct seats_best best;
    struct id hold_id;
    uint32_t sale_state;
    uint32_t payment_method; /* CANCEL: as the caller knows the order; 0: however it is */
    struct id payment_id;    /* of an order that is paid */
    int64_t paid;            /* what was paid; must be the order's total. MOVE: what nobody pays */
    bool payment_required;   /* ORDER: what costs anything is not sold unpaid */
    int64_t until_ms;
    int64_t begins_ms;  /* nothing is sold or cancelled from then on; 0: never */
    bool paying;        /* HOLD: its money has come, so habits do not matter */
    bool starting;      /* EXTEND: a payment only begins; neither this nor later: once a hold */
    bool later;         /* EXTEND: it is to be paid later, and may last that long */
    struct view reason; /* BLOCK: 1 to CHANGE_REASON_MAX bytes */
    struct view list;   /* PRICES: a packed PriceList; MOVE: the order's amounts, and then as new */
    uint8_t *record;    /* MOVE: the caller's, STORE_MOVED_MAX bytes, for the new amounts */
    uint32_t price_list; /* PRICES: the number of the list that it follows */
    uint32_t type_count; /* HOLD, CHOOSE: seat_count, or 0: all types are 0 */
    uint32_t types[SEATS_PARTY_MAX];
    bool keeps_code;           /* CHOOSE: the hold keeps the code that it has */
    uint32_t code, code_index; /* HOLD, HOLD_BEST, CHOOSE: a code of the list; 0: without one */
    struct owner_holding *holdings; /* HOLDINGS: the caller's, holdings_max of them */
    uint32_t holdings_max;
    uint32_t fewest;           /* JOIN: it takes no fewer places than these */
    uint32_t offer_ms;         /* SET_WAITING; WISHES: as it is */
    struct owner_wish *wishes; /* WISHES: the caller's, wishes_max of them */
    uint32_t wishes_max;
    struct view key; /* empty: none. Of HOLD, HOLD_BEST, ORDER and KEEP_KEY */
    uint8_t request_hash[32];
    int64_t deadline_ns; /* not decided any more from then on: ERR_UNAVAILABLE; 0: none */

    int result;
    struct seats_hold hold; /* what was held, ordered, released; PRICES: its price_list is valid */
    uint32_t to[SEATS_PARTY_MAX]; /* MOVE: where each of the hold's seats went; left: all then */
    int64_t total;
    int64_t amounts[SEATS_PARTY_MAX]; /* of it, each of the hold's seats */
    int64_t at_ms;                    /* when it was decided; an order's placed_at_ms */
    int64_t now_ms; /* the owner's time when it answered: a hold has expires_at_ms - now_ms left */
    bool as_stored; /* ORDER: the answer is order hold_id as the store has it, not the above */
    int64_t commit_began_ns, commit_took_ns; /* of the commit that made it durable; 0: none did */
    uint64_t version;                        /* of the hall, at least this change included */
    uint32_t holding_count;                  /* HOLDINGS; in no order */
    uint32_t use_count;                      /* USES; by number */
    uint32_t wish_count;                     /* WISHES; in their order */
    struct owner_use uses[PRICE_CODES_MAX];
    enum owner_why why;
    struct seats_refusal refusal;

    /* the owner's own */
    struct owner *owner;
    const void *context; /* the asking fiber's, for the log */
    struct loop_task task;
    struct loop *home;
    struct fiber *fiber;
    struct owner_ask *next;
    bool done;
};

struct owner_options {
    uint32_t performance_id;
    const struct hall *hall; /* borrowed */
    struct store *store;     /* borrowed */
    struct loop *loop;       /* of the worker the owner lives on */
    struct chance *chance;   /* for hold ids; borrowed, of that thread */
    const int64_t *prices;   /* one a category of the hall; copied */
    uint32_t hold_ttl_ms;
    uint32_t places_max;
    bool by_person;   /* places_max is a person's, and every hold has its person_id */
    uint32_t rest_ms; /* a place that is freed rests for a random time up to this; 0: not at all */
    struct owner_listener listener;
    struct owner_gate gate; /* may: NULL: this process alone */
};

struct owner;

/* Starts the owner's fiber in scope; it claims and loads, then serves. Called on the owner's
 * thread. The scope must not be cancelled: owner_stop ends the fiber. ERR_NO_MEMORY, ERR_FULL. */
int owner_start(const struct owner_options *options, struct scope *scope, struct owner **ret_owner);
/* On the owner's thread, from a fiber: commits what has gathered, refuses what comes, waits for the
 * owner's fiber, and frees it. No ask may come from another thread any more. */
void owner_stop(struct owner *owner);

/* Asks, and waits (deaf to cancellation: the owner always answers) until it is decided and, where
 * it promises something, durable. From a fiber of any worker. Returns ask->result. */
int owner_ask(struct owner *owner, struct owner_ask *ask);

/* The owner's wall clock. On the owner's thread. */
int64_t owner_now_ms(const struct owner *owner);
/* Checks the engine's invariants; on the owner's thread; asserts. For tests. */
void owner_check(const struct owner *owner);

#endif
