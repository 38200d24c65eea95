/*
 * order_notes: what an organiser's team writes on an order: on the telephone, at the counter. It
 * may say anything about the buyer, so it is personal data as the order's contact is: it stands
 * beside it, is written only where there is one, and goes with it (kept.h); in no ledger, outbox or
 * log.
 */
#ifndef USHER_STORE_ORDER_NOTES_H
#define USHER_STORE_ORDER_NOTES_H

#include "store/acts.h"

#define ORDER_NOTES_MAX      50   /* of an order */
#define ORDER_NOTE_CHARS_MAX 1000 /* characters of UTF-8 */
#define ORDER_NOTE_NONCE_MAX 64   /* bytes */

struct order_note {
    struct id order_id;
    uint32_t number; /* in its order, from 1; given by order_note_add */
    struct id author_id;
    struct view author_email; /* empty: no such account any more, or the operator's key */
    int64_t created_at_ms;
    struct view text;
};

struct order_note_wish {
    struct id account_id;   /* the order's: whom its contact is of */
    struct view nonce;      /* asked again with the same one, the note is written once */
    struct order_note note; /* number and author_email are not read */
    const struct act *act;
};

/* Whether a text may be a note: 1 to ORDER_NOTE_CHARS_MAX characters, something to see among them,
 * no control but the end of a line. */
bool order_note_is(struct view text);

/* Writes a note and its act. ERR_NOT_FOUND: the order has no contact; ERR_FULL: it has
 * ORDER_NOTES_MAX; ERR_INVALID: the text may be no note, or the nonce is empty or too long;
 * otherwise as sql_write. The table is one of contacts_migrate. */
int order_note_add(struct sql *sql, const struct order_note_wish *wish, int64_t deadline_ns);
/* The notes of an order, the first one first, at most ORDER_NOTES_MAX. As sql_read. */
int order_notes(struct sql *sql, struct id order_id, struct arena *arena,
                struct order_note **ret_notes, size_t *ret_count, int64_t deadline_ns);
/* The notes on an account's orders, the last one first, at most max; without who wrote them. As
 * sql_read. */
int order_notes_of(struct sql *sql, struct id account_id, size_t max, struct arena *arena,
                   struct order_note **ret_notes, size_t *ret_count, int64_t deadline_ns);

#endif
