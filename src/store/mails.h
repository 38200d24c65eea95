/*
 * mails: what is to be mailed, written in the transaction of what it is about.
 *
 * A mail is a template's name, a language and parameters; its text is made when it is sent. So the
 * mail of a registration exists exactly if the registration does, and nobody waits for an SMTP
 * server. Parameters may be secret for a while (a code): whoever has sent the mail forgets them.
 *
 *                        a try begins                    taken
 *     WAITING ──────────────────────────────▶ (a try) ───────────▶ SENT
 *        ▲  ▲     tries, next_try_at_ms          │ │ │
 *        │  └────────────────────────────────────┘ │ └─ never, or tried too often ──▶ FAILED
 *        │           not now: later                └─── nothing to say any more ────▶ VOID
 *        │  SENT ── it came back later (mail_bounce) ──▶ FAILED
 *        └── mail_again ── SENT, FAILED, VOID, KEPT (there is no mail server)
 *
 * A try is no state of its own: it moves next_try_at_ms behind the longest try, so that a mail
 * whose sender died is tried again, with the Message-ID that its first try gave it.
 */
#ifndef USHER_STORE_MAILS_H
#define USHER_STORE_MAILS_H

#include "db/sql.h"

#define MAIL_ADDRESS_MAX  254  /* bytes (RFC 5321, 4.5.3.1.3, without the angle brackets) */
#define MAIL_TEMPLATE_MAX 32   /* bytes */
#define MAIL_PARAMS_MAX   4096 /* bytes of JSON */
#define MAIL_KEY_MAX      64   /* bytes */
#define MAIL_ERROR_MAX    255  /* bytes */
#define MAIL_PAGE_MAX     100  /* rows in one answer */

/* Numbers are for ever. */
enum mail_state {
    MAIL_WAITING = 1,
    MAIL_SENT = 2,
    MAIL_FAILED = 3,
    MAIL_KEPT = 4, /* there was no mail server */
    MAIL_VOID = 5  /* what it was about is no more */
};

struct mail {
    uint64_t mail_id; /* given by mail_put; grows */
    struct view to;
    struct view template; /* "verify", "reset", … */
    struct view language; /* "ko" or "en" */
    struct view params;   /* one JSON object */
    struct view key;      /* unique among all mails; empty: none */
    struct view trace;    /* a traceparent; empty in mail_put: of the call that writes it */
    enum mail_state state;
    uint32_t tries;
    uint32_t unclear; /* of them, those whose outcome nobody knows */
    int64_t created_at_ms;
    /* of mails that were tried */
    int64_t next_try_at_ms;
    int64_t sent_at_ms;
    struct view message_id; /* without angle brackets */
    struct view last_error;
};

/* Makes the table, or brings it to this program's form: as sql_migrate. */
int mails_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* Adds a mail that waits; of *mail only to, template, language, params, key, trace and
 * created_at_ms are read. Inside the job that does what the mail tells of. ERR_CONFLICT: there is a
 * mail with that key, and nothing was done; ERR_INVALID: it is beyond the maxima above; otherwise
 * as sql_run. */
int mail_put(struct sql_txn *txn, const struct mail *mail);
/* How many mails have keys that begin with prefix, which ends in ':'. As sql_ask_int. */
int mail_count(struct sql_txn *txn, struct view prefix, int64_t *ret_count);

/* The mails with an id below before_mail_id (0: all), the newest first, at most rows_max and
 * MAIL_PAGE_MAX; `to` not empty: to that address alone. As sql_read. */
int mail_list(struct sql *sql, uint64_t before_mail_id, struct view to, size_t rows_max,
              struct arena *arena, struct mail **ret_mails, size_t *ret_count, int64_t deadline_ns);
/* One mail. ERR_NOT_FOUND; as sql_read. */
int mail_get(struct sql *sql, uint64_t mail_id, struct arena *arena, struct mail *ret_mail,
             int64_t deadline_ns);
/* Mails that wait and are due at now_ms, the longest due first, at most rows_max and
 * MAIL_PAGE_MAX. As sql_read. */
int mail_due(struct sql *sql, int64_t now_ms, size_t rows_max, struct arena *arena,
             struct mail **ret_mails, size_t *ret_count, int64_t deadline_ns);

/* Begins a try: counts it, and nobody else tries before until_ms. The first try gives the mail its
 * Message-ID, which mail_get then tells. ERR_BUSY: it is not due at now_ms any more. As
 * sql_write. */
int mail_begin(struct sql *sql, uint64_t mail_id, struct view message_id, int64_t now_ms,
               int64_t until_ms, int64_t deadline_ns);

/* What came of a try. */
struct mail_outcome {
    enum mail_state state; /* WAITING: again at next_try_at_ms */
    bool unclear;          /* nobody knows whether this try's mail was taken */
    bool forget;           /* its parameters are secret, and it needs them no more */
    int64_t at_ms;
    int64_t next_try_at_ms;
    struct view error; /* cut at MAIL_ERROR_MAX; empty where it was sent */
};
/* Ends a try. ERR_NOT_FOUND; as sql_write. */
int mail_end(struct sql *sql, uint64_t mail_id, const struct mail_outcome *outcome,
             int64_t deadline_ns);
/* Lets a mail wait again, as a new one: one that was once sent gets another Message-ID. ERR_BUSY:
 * it waits already; ERR_NOT_FOUND; as sql_write. */
int mail_again(struct sql *sql, uint64_t mail_id, int64_t now_ms, int64_t deadline_ns);

/* A mail that was sent, under that Message-ID, has come back: it has failed. ERR_BUSY: it is not
 * sent, or under another by now. As sql_write. */
int mail_bounce(struct sql *sql, uint64_t mail_id, struct view message_id, struct view error,
                int64_t deadline_ns);

/* How many are WAITING, due or not. As sql_read. */
int mail_waiting(struct sql *sql, uint64_t *ret_count, int64_t deadline_ns);
/* How many mails are in each state, by number. As sql_read. */
int mail_figures(struct sql *sql, uint64_t ret_counts[MAIL_VOID + 1], int64_t deadline_ns);

#endif
