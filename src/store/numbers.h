/*
 * numbers: orders by what people call them, where no contact has the number (store/contacts.h): of
 * who ordered without saying who he is. Such a number is kept nowhere, so those of the last orders
 * are worked out.
 */
#ifndef USHER_STORE_NUMBERS_H
#define USHER_STORE_NUMBERS_H

#include "db/sql.h"

#define NUMBERS_MAX 100000 /* orders, and attempts to pay, that are looked at */

/* The ids, in the arena, of orders with that number ("T4813620975") among the last NUMBERS_MAX, and
 * of holds that somebody has begun to pay, likewise; each once, at most max. As sql_read. */
int numbers_find(struct sql *sql, struct view number, size_t max, struct arena *arena,
                 struct id **ret_ids, size_t *ret_count, int64_t deadline_ns);

#endif
