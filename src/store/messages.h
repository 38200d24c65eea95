/*
 * messages: what organisers have to say to who bought tickets of a performance. The mails of one
 * are written page by page of its orders, and how far they are moves in the transaction that
 * writes them: whoever dies when, an address gets one mail of a message.
 *
 *     message_add ──▶ open ── message_told, page by page, with its mails ──▶ done
 */
#ifndef USHER_STORE_MESSAGES_H
#define USHER_STORE_MESSAGES_H

#include "store/acts.h"

#define MESSAGE_SUBJECT_CHARS_MAX 100
#define MESSAGE_SUBJECT_MAX       255 /* bytes */
#define MESSAGE_TEXT_CHARS_MAX    4000
#define MESSAGE_NONCE_MAX         64 /* bytes */
#define MESSAGES_A_DAY            5  /* of a performance, by days of UTC */
#define MESSAGES_PAGE_MAX         100
#define MESSAGE_EVERY_CATEGORY    (-1)

struct buyer_message {
    uint64_t message_id; /* given by message_add; grows */
    uint32_t performance_id;
    int64_t category;                /* or MESSAGE_EVERY_CATEGORY */
    bool absent;                     /* to who has not come in yet alone */
    struct view subject[2], text[2]; /* in English, in Korean */
    int64_t created_at_ms;
    uint32_t addresses;  /* that were counted before */
    uint32_t mails;      /* that were written */
    struct view told_to; /* how far those who write them are, in their own words; empty: nowhere */
    bool done;
};

/* Adds a message, open, and its act; of *message all but message_id, mails, told_to and done are
 * read. A nonce that the performance's messages have already: that one is told, and nothing is
 * written. ERR_FULL: it has MESSAGES_A_DAY of that day; ERR_INVALID: beyond the maxima; otherwise
 * as sql_write. */
int message_add(struct sql *sql, const struct buyer_message *message, struct view nonce,
                const struct act *act, uint64_t *ret_message_id, int64_t deadline_ns);
/* The same without an act, inside a job, of words that are within the maxima. ERR_FULL;
 * ERR_CONFLICT: another was added at the same moment, try the job again. */
int message_put(struct sql_txn *txn, const struct buyer_message *message, struct view nonce);
/* One of them. ERR_NOT_FOUND; as sql_read. */
int message_get(struct sql *sql, uint64_t message_id, struct arena *arena,
                struct buyer_message *ret_message, int64_t deadline_ns);
/* The oldest that is open. ERR_NOT_FOUND: there is none; as sql_read. */
int message_next(struct sql *sql, struct arena *arena, struct buyer_message *ret_message,
                 int64_t deadline_ns);
/* Those of a performance, the last one first, at most MESSAGES_PAGE_MAX. As sql_read. */
int message_list(struct sql *sql, uint32_t performance_id, struct arena *arena,
                 struct buyer_message **ret_messages, size_t *ret_count, int64_t deadline_ns);
/* So many mails more are written, up to `to`, or, where that is empty, to the end; inside the job
 * that writes them. ERR_CONFLICT: somebody else did; as sql_run. */
int message_told(struct sql_txn *txn, const struct buyer_message *message, struct view to,
                 size_t mails);

#endif
