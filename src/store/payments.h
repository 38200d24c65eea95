/*
 * payments: attempts to pay, refunds, and what was heard of them.
 *
 * What must happen later is written with what it follows from, in one transaction: next_at_ms says
 * when somebody has to look at a row again (0: nobody), so a process that dies forgets nothing.
 * Rows are changed by who read them last: a change names the version it read, and one that comes
 * second is ERR_CONFLICT. A hold has at most one attempt that is not dead, which the database
 * itself sees to.
 *
 * Nothing here is personal: whom the tickets go to stands in store/contacts.h.
 */
#ifndef USHER_STORE_PAYMENTS_H
#define USHER_STORE_PAYMENTS_H

#include "db/sql.h"
#include "sale/payment.h"
#include "store/mails.h"

#define PAYMENT_TEXT_MAX   255  /* bytes of a provider's id, a path, a reason */
#define PAYMENT_EVENT_MAX  1000 /* bytes of what happened, in a story */
#define PAYMENT_PAGE_MAX   100  /* rows in one answer */
#define PAYMENT_STORY_MAX  500  /* events of one payment that are told */
#define PAYMENT_SEATS_MAX  8
#define PAYMENT_BOX_OFFICE "box-office" /* the provider of what is paid there, over a counter */
/* Why of a refund: the provider made it unasked; an organiser did; of what a door had let in; the
 * performance does not take place, of which attempts end, too. */
#define PAYMENT_TAKEN_BACK       "TAKEN_BACK"
#define REFUND_BY_ORGANISER      "by the organiser"
#define REFUND_BY_ORGANISER_USED "by the organiser, even used"
#define REFUND_CALLED_OFF        "event cancelled"
#define PAYMENT_WHY_MAX          200                 /* bytes of told_why */
#define PAYMENT_ENDED_BY_TEAM    "PAYMENT_CANCELLED" /* what was to be paid later */

enum { PAYMENT_TAX_FREE_PRICE = 1, PAYMENT_TAX_FREE_FEE = 2 };

struct payment_till; /* who takes or hands out money over a counter: store/tills.h */

struct payment {
    struct id payment_id;
    struct id hold_id;
    struct id order_id; /* zero until the seats are sold */
    struct id account_id;
    uint32_t performance_id;
    uint32_t state; /* enum payment_state */
    struct payment_books books;
    struct view currency;
    struct view provider; /* "toss" */
    struct view ref;      /* the provider's id of it; empty until known */
    struct view charge;   /* where it has another for the money: Stripe's PaymentIntent */
    struct view reason;   /* why it is declined, abandoned or refunded: a word of docs/errors.md */
    struct view return_path;               /* of our site, where the buyer goes back to */
    uint32_t seats[PAYMENT_SEATS_MAX];     /* of the hold */
    uint8_t types[PAYMENT_SEATS_MAX];      /* their price types */
    uint32_t seat_count, code, code_index; /* with which code they were held; 0: without one */
    int64_t created_at_ms;
    int64_t must_finish_by_ms; /* of the buyer */
    int64_t next_at_ms;
    uint32_t tries; /* since it is in this state */
    uint32_t version;
    bool extended;             /* the hold was, once */
    uint32_t provider_of;      /* whose account at the provider it is at; 0: the server's */
    uint32_t organiser_id;     /* who sells; 0: begun before that was kept */
    int64_t terms_id;          /* of store/selling.h, by which it was begun; 0: there were none */
    struct view refund_rule;   /* a line of sale/refund_rule.h, by which it was begun; empty: begun
                                before that was kept */
    int64_t fee;               /* of the amount, what is no price */
    int64_t fee_sold;          /* of it, for places that are sold still */
    bool later;                /* to be paid later: store/deposits.h has the rest */
    struct view contradiction; /* why the provider says otherwise: a word of docs/errors.md */
    int64_t contradicted;      /* of how much */
    uint32_t tax_free;         /* PAYMENT_TAX_FREE_*: what of the amount contains no tax */
    struct view trace;         /* a traceparent: of the call that began it; empty: not known */
    /* Not NULL: the next save, which captures or begins a refund, writes a till's entry of it.
     * Borrowed; not stored, and NULL once that is done. */
    const struct payment_till *till;
    struct view told_why; /* of what its organiser ends: why, for its buyer; not stored */
    uint32_t equal; /* 1 + the category of which the buyer takes others, if his are gone; 0: none */
};

/* Numbers as in payment.proto, for ever. */
enum refund_state { REFUND_PENDING = 1, REFUND_DONE = 2, REFUND_FAILED = 3 };

struct refund {
    struct id refund_id;
    struct id payment_id;
    struct id order_id; /* zero: money without an order */
    uint32_t state;
    uint32_t seats[PAYMENT_SEATS_MAX]; /* of the order, that are given back */
    uint32_t seat_count;               /* 0: all that it had */
    int64_t amount;                    /* goes back */
    int64_t charge;                    /* is kept by the rule */
    int64_t fee;                       /* of the amount */
    int64_t fee_kept;                  /* of the charge */
    int64_t taken;                     /* of the amount, what had gone back unasked already */
    struct view reason;
    int64_t created_at_ms, next_at_ms;
    uint32_t tries, version;
    struct view key_hash, request_hash; /* of its idempotency key and wish; empty: without one */
    uint32_t round; /* how often it was asked for anew after a refusal: another key each time */
    bool even_used; /* tickets that a door has let in, too; read when it begins, not stored */
};

/* Whether it gives that seat back. */
static inline bool refund_has_seat(const struct refund *refund, uint32_t seat)
{
    for (uint32_t i = 0; i < refund->seat_count; i++) {
        if (refund->seats[i] == seat)
            return true;
    }
    return refund->seat_count == 0;
}

/* A line of a payment's story. */
struct payment_event {
    int64_t at_ms;
    struct id payment_id;
    const char *what; /* "attempt", "state", "call", "webhook", "refund" */
    struct view text;
    int64_t amount;
};

/* Makes the tables, or brings them to this program's form: as sql_migrate. */
int payments_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* Adds an attempt, with its first event; version and order_id are not read. key (1 to 64 bytes, the
 * account's) and request_hash: the same again is ERR_EXISTS, also where the hash is another; then
 * payment_by_key tells which. ERR_CONFLICT: the hold has an attempt that is not dead. Otherwise as
 * sql_write. */
int payment_put(struct sql *sql, const struct payment *payment, struct view key,
                struct view request_hash, int64_t deadline_ns);

/* Texts are copied to the arena. ERR_NOT_FOUND; otherwise as sql_read. */
int payment_get(struct sql *sql, struct id payment_id, struct arena *arena,
                struct payment *ret_payment, int64_t deadline_ns);
/* ret_same: the request was the same one. */
int payment_by_key(struct sql *sql, struct id account_id, struct view key, struct view request_hash,
                   struct arena *arena, struct payment *ret_payment, bool *ret_same,
                   int64_t deadline_ns);
/* The attempt of a hold that is not dead. */
int payment_of_hold(struct sql *sql, struct id hold_id, struct arena *arena,
                    struct payment *ret_payment, int64_t deadline_ns);
/* By the provider's id, ref or charge. */
int payment_by_ref(struct sql *sql, struct view provider, struct view ref, struct arena *arena,
                   struct payment *ret_payment, int64_t deadline_ns);

/* Changes what may change of an attempt, if it still is at payment->version, which becomes one
 * more: state (a legal move, with books that hold; asserted), order, books, ref, charge, reason,
 * seats, next_at_ms, tries, extended, must_finish_by_ms, fee_sold, contradiction. A move to
 * CAPTURED writes its receipt, a refund that is done its credit note (store/receipts.h), at the
 * event's time. event (or NULL; not where there is a till) and refund (or NULL: a new one) go with
 * it; a new one ends its tickets at the doors (store/scans.h). ERR_CONFLICT: somebody was quicker;
 * ERR_DENIED: the till is closed, or another currency's; ERR_LATE: a ticket was let in;
 * ERR_EXISTS: the refund's key. */
int payment_save(struct sql *sql, struct payment *payment, const struct payment_event *event,
                 const struct refund *refund, int64_t deadline_ns);
/* The same with a mail (or NULL) that goes out with it; its key must be new. */
int payment_tell(struct sql *sql, struct payment *payment, const struct payment_event *event,
                 const struct mail *mail, int64_t deadline_ns);
/* The same with a refund that is new and done. */
int refund_add(struct sql *sql, struct payment *payment, const struct refund *refund,
               const struct payment_event *event, const struct mail *mail, int64_t deadline_ns);
/* The same with a refund that is there already, at refund->version, and a mail (or NULL) that goes
 * out with it; its key must be new. */
int refund_save(struct sql *sql, struct payment *payment, struct refund *refund,
                const struct payment_event *event, const struct mail *mail, int64_t deadline_ns);

/* Rows of a provider (the empty view: of all) that are due at now_ms, the longest due first; at
 * most max. */
int payments_due(struct sql *sql, struct view provider, int64_t now_ms, size_t max,
                 struct arena *arena, struct id **ret_ids, size_t *ret_count, int64_t deadline_ns);
int refunds_due(struct sql *sql, struct view provider, int64_t now_ms, size_t max,
                struct arena *arena, struct id **ret_ids, size_t *ret_count, int64_t deadline_ns);
int refund_get(struct sql *sql, struct id refund_id, struct arena *arena, struct refund *ret_refund,
               int64_t deadline_ns);

/* All attempts of an order or a hold, oldest first; their refunds; what happened. */
int payments_of(struct sql *sql, struct id order_id, struct arena *arena,
                struct payment **ret_payments, size_t *ret_count, int64_t deadline_ns);
int refunds_of(struct sql *sql, struct id payment_id, struct arena *arena,
               struct refund **ret_refunds, size_t *ret_count, int64_t deadline_ns);
int payment_story(struct sql *sql, struct id payment_id, struct arena *arena,
                  struct payment_event **ret_events, size_t *ret_count, int64_t deadline_ns);
/* A performance's attempts (0: all), in that state (0: any), beginning after the attempt `after`
 * (zero: from the first), by id, which is by time. */
int payment_list(struct sql *sql, uint32_t performance_id, uint32_t state, struct id after,
                 size_t max, struct arena *arena, struct payment **ret_payments, size_t *ret_count,
                 int64_t deadline_ns);

/* An account's attempts that are to be paid until a deadline, oldest first; at most max. */
int payment_deposits(struct sql *sql, struct id account_id, size_t max, struct arena *arena,
                     struct payment **ret_payments, size_t *ret_count, int64_t deadline_ns);

/* Notes what happened, without changing anything. */
int payment_note(struct sql *sql, const struct payment_event *event, int64_t deadline_ns);
/* How many events of that kind an attempt's story has. */
int payment_events(struct sql *sql, struct id payment_id, const char *what, struct arena *arena,
                   int64_t *ret_count, int64_t deadline_ns);

#endif
