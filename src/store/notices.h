/*
 * notices: what an organiser has to say to everybody in front of a performance just now, and
 * whether its sale stops meanwhile. A performance has at most one that stands: a newer one takes
 * its place, and goes on with its stop. Words never change: a number stands for them for good.
 *
 *     notice_put ──▶ standing ── notice_put, notice_end ──▶ ended
 */
#ifndef USHER_STORE_NOTICES_H
#define USHER_STORE_NOTICES_H

#include "store/acts.h"
#include "store/messages.h"

#define NOTICE_TEXT_CHARS_MAX 500
#define NOTICE_DATES_MAX      60 /* performances that one is for */

/* Numbers are for ever. */
enum notice_stop {
    NOTICE_ONLY_WORDS = 0,
    NOTICE_STOPS,      /* the sale was open: it is to be again */
    NOTICE_STOPS_SHUT, /* it was not */
};

struct notice {
    uint64_t notice_id; /* given by notice_put; grows */
    uint32_t performance_id;
    enum notice_stop stop;
    struct view subject[2], text[2];    /* in English, in Korean */
    int64_t created_at_ms, ended_at_ms; /* 0: it stands */
};

/* As sql_migrate. */
int notices_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* Adds them, of one wording, and one act, whose `about` is written here; of each, notice_id and
 * stop become what they are then. With a nonce the words also become a message to the buyers of
 * each, but where those had MESSAGES_A_DAY: *ret_mailed are not those. A message of that nonce that
 * is there already counts as mailed. ERR_INVALID: beyond the maxima; as sql_write. */
int notice_put(struct sql *sql, struct notice *notices, size_t count, struct view nonce,
               const struct act *act, uint32_t *ret_mailed, int64_t deadline_ns);
/* Ends what stands of these performances, with an act, whose `about` is written here.
 * ERR_NOT_FOUND: nothing does; as sql_write. */
int notice_end(struct sql *sql, const uint32_t *performance_ids, size_t count,
               const struct act *act, int64_t deadline_ns);
/* One of them. ERR_NOT_FOUND; as sql_read. */
int notice_get(struct sql *sql, uint64_t notice_id, struct arena *arena, struct notice *ret_notice,
               int64_t deadline_ns);
/* All that stand, without their words; *version stands for what was read: where it is that still,
 * *ret_notices is NULL. As sql_read. */
int notice_standing(struct sql *sql, int64_t *version, struct arena *arena,
                    struct notice **ret_notices, size_t *ret_count, int64_t deadline_ns);

#endif
