/*
 * mails: what is to be mailed, written in the transaction of what it is about.
 *
 * A mail is a template's name, a language and parameters; its text is made when it is sent. So the
 * mail of a registration exists exactly if the registration does, and nobody waits for an SMTP
 * server. Parameters may be secret for a while (a code): whoever has sent the mail forgets them.
 */
#ifndef USHER_STORE_MAILS_H
#define USHER_STORE_MAILS_H

#include "db/sql.h"

#define MAIL_ADDRESS_MAX  254  /* bytes (RFC 5321, 4.5.3.1.3, without the angle brackets) */
#define MAIL_TEMPLATE_MAX 32   /* bytes */
#define MAIL_PARAMS_MAX   4096 /* bytes of JSON */
#define MAIL_PAGE_MAX     100  /* rows in one answer */

/* Numbers are for ever. */
enum mail_state { MAIL_WAITING = 1, MAIL_SENT = 2, MAIL_FAILED = 3 };

struct mail {
    uint64_t mail_id; /* given by mail_put; grows */
    struct view to;
    struct view template; /* "verify", "reset", … */
    struct view language; /* "ko" or "en" */
    struct view params;   /* one JSON object */
    enum mail_state state;
    uint32_t tries;
    int64_t created_at_ms;
};

/* Makes the table, or brings it to this program's form: as sql_migrate. */
int mails_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* Adds a mail that waits; of *mail only to, template, language, params and created_at_ms are read.
 * Inside the job that does what the mail tells of. ERR_INVALID: it is beyond the maxima above;
 * otherwise as sql_run. */
int mail_put(struct sql_txn *txn, const struct mail *mail);

/* The mails with an id below before_mail_id (0: all), the newest first, at most rows_max and
 * MAIL_PAGE_MAX; `to` not empty: to that address alone. As sql_read. */
int mail_list(struct sql *sql, uint64_t before_mail_id, struct view to, size_t rows_max,
              struct arena *arena, struct mail **ret_mails, size_t *ret_count, int64_t deadline_ns);

#endif
