/*
 * hooks: what happens to an organiser's sales, numbered, and whom it is told to (webhooks out).
 *
 *     whatever happened ──hook_note──▶ feed: seq 1, 2, 3, …  ◀──position── a hook ──▶ its receiver
 *      (in its own transaction)        (one an organiser)
 *
 * An event is written in the transaction of what it tells of, under the next number of its
 * organiser's feed, so the feed has no gap and nothing that did not happen, whoever dies when. An
 * organiser's feed begins with its first hook; before that nothing is written. A hook remembers how
 * far it has told: an event is told again until it was taken, and the next one after it.
 *
 *                       a try was taken                  tried in vain for too long, or 410
 *     ACTIVE ──▶ ACTIVE (position moves on)     ACTIVE ──────────────────────────────────▶ GIVEN_UP
 *        ▲                                                     hook_replay                     │
 *        └─────────────────────────────────────────────────────────────────────────────────────┘
 *
 * Secrets are sealed by the caller: who has the store alone cannot sign.
 */
#ifndef USHER_STORE_HOOKS_H
#define USHER_STORE_HOOKS_H

#include "call/trace.h"
#include "store/acts.h"

#define HOOKS_MAX           8    /* of an organiser */
#define HOOK_ADDRESS_MAX    1000 /* bytes */
#define HOOK_SECRET_MAX     128  /* bytes, sealed */
#define HOOK_ERROR_MAX      200  /* bytes */
#define HOOK_EVENTS_MAX     100  /* in one answer */
#define HOOK_DUE_MAX        64   /* hooks in one answer */
#define HOOK_CURRENCY_CHARS 3
#define HOOK_KEEP_MS        (30 * INT64_C(86400000)) /* an event is kept so long */
#define HOOK_SWEEP_ROWS     1000                     /* events that one sweep forgets */

/* Numbers are for ever. */
enum hook_type {
    HOOK_ORDER_MADE = 1,
    HOOK_ORDER_PAID = 2,
    HOOK_ORDER_REDUCED = 3, /* some of its places are given back */
    HOOK_ORDER_CANCELLED = 4,
    HOOK_ORDER_REFUNDED = 5, /* money went back */
    HOOK_TICKET_PASSED_ON = 6,
    HOOK_TICKET_CHECKED_IN = 7,
    HOOK_SALE_OPENED = 8,
    HOOK_SALE_PAUSED = 9,
    HOOK_SALE_CLOSED = 10, /* its line is over */
    HOOK_LINE_OPENED = 11,
    HOOK_ORDER_MOVED = 12, /* tickets of it are for other places */
    HOOK_TYPE_LAST = HOOK_ORDER_MOVED
};

struct hook_event {
    uint64_t seq; /* of the feed, from 1; given by hook_note */
    uint32_t organiser_id;
    enum hook_type type;
    int64_t at_ms;
    uint32_t performance_id;
    uint32_t event_id;
    char currency[HOOK_CURRENCY_CHARS + 1];
    struct id order_id;                 /* zero: it is about none */
    int64_t seat;                       /* -1: it is about none */
    uint32_t places;                    /* 0: it says nothing of them */
    int64_t amount;                     /* the order's total, what was paid, or what went back */
    int64_t kept;                       /* of a refund: what the rule keeps */
    uint32_t generation;                /* of a ticket that was passed on */
    char trace[TRACE_PARENT_CHARS + 1]; /* ""; in hook_note: of the call that does what it tells */
};

/* "order.made"; NULL: there is no such type. */
const char *hook_type_name(uint32_t type);

/* Makes the tables, or brings them to this program's form: as sql_migrate. */
int hooks_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* Whether anybody has a feed: 1 or 0, for whoever has many events to note; as sql_ask_int. */
int hook_any(struct sql_txn *txn);
/* Adds an event to the feed of the performance's organiser, within the job that does what it tells
 * of. Of *event, seq, organiser_id, event_id and currency are not read. An organiser without a feed
 * is told nothing, and a performance that is not in the store has none. As sql_run. */
int hook_note(struct sql_txn *txn, const struct hook_event *event);

enum hook_state { HOOK_ACTIVE = 1, HOOK_GIVEN_UP = 2 };

struct hook {
    uint64_t hook_id; /* given by hook_put */
    uint32_t organiser_id;
    uint32_t types; /* bit n: events of type n; 0: all */
    struct view address;
    struct view secret;     /* sealed */
    struct view old_secret; /* sealed; empty: there is none */
    int64_t old_until_ms;
    int64_t created_at_ms;
    enum hook_state state;
    uint64_t position; /* the last event that is dealt with */
    uint64_t last_seq; /* of the feed */
    uint32_t tries;    /* of the next */
    int64_t next_try_at_ms;
    int64_t failing_since_ms; /* 0: the last try went well */
    int64_t taken_at_ms;      /* 0: none was */
    struct view last_error;
};

/* Whether events of the type are told. */
static inline bool hook_wants(const struct hook *hook, uint32_t type)
{
    return hook->types == 0 || hook->types & 1u << type;
}

/* Adds a hook that is told of what happens from now on, and the feed where there is none. Of *hook,
 * organiser_id, types, address, secret and created_at_ms are read. ERR_NOT_FOUND: there is no such
 * organiser; ERR_FULL: it has HOOKS_MAX; ERR_INVALID: beyond the maxima above; as sql_write. */
int hook_put(struct sql *sql, const struct hook *hook, const struct act *act, uint64_t *ret_hook_id,
             int64_t deadline_ns);
/* One, with its secrets. ERR_NOT_FOUND; as sql_read. */
int hook_get(struct sql *sql, uint64_t hook_id, struct arena *arena, struct hook *ret_hook,
             int64_t deadline_ns);
/* Those of an organiser, by id, at most HOOKS_MAX. As sql_read. */
int hook_list(struct sql *sql, uint32_t organiser_id, struct arena *arena, struct hook **ret_hooks,
              size_t *ret_count, int64_t deadline_ns);
/* Puts a new secret in the place of the present one, which goes on as the old one until then.
 * ERR_NOT_FOUND; as sql_write. */
int hook_rotate(struct sql *sql, uint64_t hook_id, struct view secret, int64_t old_until_ms,
                const struct act *act, int64_t deadline_ns);
/* Goes on from that event, or (0) from where it stands, at once. ERR_NOT_FOUND; ERR_INVALID: the
 * feed has no such event, or none any more; as sql_write. */
int hook_replay(struct sql *sql, uint64_t hook_id, uint64_t from_seq, int64_t now_ms,
                const struct act *act, int64_t deadline_ns);
/* ERR_NOT_FOUND; as sql_write. */
int hook_delete(struct sql *sql, uint64_t hook_id, const struct act *act, int64_t deadline_ns);

/* ---- telling ---- */

/* Active hooks with something to tell whose time has come and whom nobody tells right now, the
 * longest due first; at most HOOK_DUE_MAX. Of each, hook_id and organiser_id are filled in. */
int hook_due(struct sql *sql, int64_t now_ms, struct arena *arena, struct hook **ret_hooks,
             size_t *ret_count, int64_t deadline_ns);
/* Keeps everybody else from telling until then. ERR_BUSY: somebody does; as sql_write. */
int hook_begin(struct sql *sql, uint64_t hook_id, int64_t now_ms, int64_t until_ms,
               int64_t deadline_ns);

/* Forgets who tells what: for a process that has the store alone, at its start. As sql_write. */
int hook_begin_anew(struct sql *sql, int64_t deadline_ns);

/* What came of telling. */
struct hook_outcome {
    uint64_t from, to; /* the position before, and now */
    bool taken;        /* something was */
    bool failed;       /* the last try was in vain */
    bool give_up;      /* at once */
    int64_t at_ms;
    int64_t next_try_at_ms;
    int64_t end_ms;    /* given up once it has failed for so long */
    struct view error; /* cut at HOOK_ERROR_MAX */
};
/* Ends what hook_begin began. Where the hook is given up by this, *ret_given_up, and a mail to each
 * owner of the organiser is written. A hook that was moved meanwhile (hook_replay) stays where it
 * was moved to. ERR_NOT_FOUND: it was deleted; as sql_write. */
int hook_end(struct sql *sql, uint64_t hook_id, const struct hook_outcome *outcome,
             bool *ret_given_up, int64_t deadline_ns);

/* Events of an organiser's feed above `after`, ascending, or (down) below `before`, descending; at
 * most max and HOOK_EVENTS_MAX. As sql_read. */
int hook_events(struct sql *sql, uint32_t organiser_id, uint64_t from, bool down, size_t max,
                struct arena *arena, struct hook_event **ret_events, size_t *ret_count,
                int64_t deadline_ns);
/* The number of the oldest event that is kept; 0: there is none. As sql_read. */
int hook_oldest(struct sql *sql, uint32_t organiser_id, uint64_t *ret_seq, int64_t deadline_ns);
/* Forgets events from before a time, HOOK_SWEEP_ROWS at most. 1: there are more; as sql_write. */
int hook_sweep(struct sql *sql, int64_t before_ms, int64_t deadline_ns);

#endif
