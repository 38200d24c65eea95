/*
 * bars: whom an organiser does not sell to: accounts, addresses and networks, each with a reason
 * and an end. The operator's blocklist (grants.h) is above them: it bars from everything.
 *
 * They are few, and every hold asks for them: roles that ask keep them in memory (bar_list), and
 * read all of them anew whenever the table has changed.
 */
#ifndef USHER_STORE_BARS_H
#define USHER_STORE_BARS_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "store/acts.h"

#define BARS_MAX        20000 /* of all organisers together */
#define BARS_EACH_MAX   1000  /* of one organiser */
#define BAR_SUBJECT_MAX 64    /* bytes */
#define BAR_REASON_MAX  200   /* bytes */

/* Numbers are for ever. */
enum bar_kind { BAR_ACCOUNT = 1, BAR_NETWORK = 2 };

struct bar {
    uint32_t bar_id; /* given by bar_put */
    uint32_t organiser_id;
    enum bar_kind kind;
    struct view subject; /* an account id, or a network as net_range_write spells it */
    struct view reason;
    int64_t created_at_ms;
    int64_t ends_at_ms; /* 0: never */
};

/* As sql_migrate. */
int bars_migrate(struct sql *sql, bool read_only, int64_t now_ms);
/* Adds a bar, in the place of one of the same subject, and the act, whose `about` is written here.
 * ERR_FULL; as sql_write. */
int bar_put(struct sql *sql, const struct bar *bar, const struct act *act, uint32_t *ret_bar_id,
            int64_t deadline_ns);
/* ERR_NOT_FOUND: the organiser has no such bar; otherwise as sql_write. */
int bar_end(struct sql *sql, uint32_t organiser_id, uint32_t bar_id, const struct act *act,
            int64_t deadline_ns);
/* Those of an organiser (0: of all) that have not ended at now_ms, by organiser and id. As
 * sql_read. */
int bar_read(struct sql *sql, uint32_t organiser_id, int64_t now_ms, struct arena *arena,
             struct bar **ret_bars, size_t *ret_count, int64_t deadline_ns);

/* A bar that was made, as the acts tell it: also where it has ended since. */
struct bar_made {
    bool by_operator;            /* a block, from everything */
    struct view subject, reason; /* empty: it was made before acts told it */
    int64_t at_ms;
    int64_t ended_at_ms;  /* by somebody, within the time that was asked for; 0: it was not */
    struct id account_id; /* who made it; zero: the operator's key */
};
#define BARS_MADE_MAX 1000 /* in one answer, and as many blocks */
/* The bars that an organiser made from then to then, the first ones first, and (blocks) the
 * operator's blocks. As sql_read. */
int bars_made(struct sql *sql, uint32_t organiser_id, bool blocks, int64_t from_ms, int64_t to_ms,
              struct arena *arena, struct bar_made **ret_made, size_t *ret_count,
              int64_t deadline_ns);

/* ---- all of them in memory ---- */

struct bar_entry;

struct bar_list {
    pthread_rwlock_t lock;
    struct bar_entry *entries; /* by organiser */
    size_t count;
    int64_t version;  /* of the table, as it was read */
    atomic_bool some; /* mostly nobody is barred: then no lock is taken */
};

void bar_list_init(struct bar_list *list);
void bar_list_release(struct bar_list *list);
/* Reads the table where it is another than it was. As bar_read. */
int bar_list_follow(struct bar_list *list, struct sql *sql, int64_t now_ms, int64_t deadline_ns);
/* Whether the organiser bars the account, or the address that the call comes from (as it is in
 * "usher-address"; this machine's own is nobody's). Any thread. */
bool bar_list_has(struct bar_list *list, uint32_t organiser_id, struct id account_id,
                  struct view address, int64_t now_ms);

#endif
