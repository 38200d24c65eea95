/*
 * hooks_rows: what the files of the hooks share: rows as structs. For store/hooks*.c alone.
 */
#ifndef USHER_STORE_HOOKS_ROWS_H
#define USHER_STORE_HOOKS_ROWS_H

#include "store/hooks.h"

#define HOOK_COLUMNS                                                                               \
    "h.hook_id, h.organiser_id, h.types, h.address, h.secret, h.old_secret, h.old_until_ms,"       \
    " h.created_at_ms, h.state, h.told, h.tries, h.next_try_at_ms, h.failing_since_ms,"            \
    " h.taken_at_ms, h.last_error, f.last_seq"
#define HOOK_FROM " FROM hook h JOIN hook_feed f ON f.organiser_id = h.organiser_id"

/* The present row of a query of HOOK_COLUMNS; texts in the arena. ERR_NO_MEMORY. */
int hook_read(struct sql_rows *rows, struct arena *arena, struct hook *ret_hook);

#endif
