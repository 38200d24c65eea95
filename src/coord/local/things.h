/*
 * things: what the local body remembers for a time, by name. Under its lock.
 */
#ifndef USHER_COORD_LOCAL_THINGS_H
#define USHER_COORD_LOCAL_THINGS_H

#include "coord/coord.h"

#define THINGS_MAX 1000000 /* more are ERR_FULL */

enum thing_kind { THING_LEASE, THING_MEMBER, THING_LIMIT, THING_BLOCK };

struct thing {
    struct thing *next; /* in its bucket */
    enum thing_kind kind;
    int64_t ends_ns;
    double level;  /* of a limit … */
    int64_t at_ns; /* … at that time */
    uint32_t name_len;
    uint32_t text_len;
    char name[COORD_NAME_MAX];
    char text[]; /* a holder, a member */
};

struct things {
    struct thing **buckets;
    uint32_t mask;
    uint32_t count;
    uint32_t swept; /* the next bucket that is looked through for what has ended */
};

/* ERR_NO_MEMORY. */
int things_init(struct things *t);
void things_release(struct things *t);
/* The thing of that kind, name and (of a member) text, unless it has ended; or NULL. */
struct thing *things_find(struct things *t, enum thing_kind kind, struct view name,
                          struct view text, int64_t now_ns);
/* The first of the bucket of that name, where others may lie too; follow next. NULL: none. */
const struct thing *things_first(const struct things *t, enum thing_kind kind, struct view name);
/* Adds one that is not there. NULL: there are too many, or no memory. */
struct thing *things_add(struct things *t, enum thing_kind kind, struct view name, struct view text,
                         int64_t now_ns);
void things_remove(struct things *t, struct thing *thing);

#endif
