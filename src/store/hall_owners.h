/*
 * hall_owners: which organisers have a hall.
 *
 * A plan is stored once, by its name and layout, whoever brings it; an organiser sees those it has
 * brought, and nobody else's. Halls of earlier stores, which have no row here, are organiser 1's.
 */
#ifndef USHER_STORE_HALL_OWNERS_H
#define USHER_STORE_HALL_OWNERS_H

#include "db/sql.h"
#include "store/rows.h"

/* As sql_migrate. */
int hall_owners_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* The organiser has this hall from now on. Idempotent. As sql_write. */
int hall_owner_add(struct sql *sql, uint32_t hall_id, uint32_t organiser_id, int64_t deadline_ns);

/* Marks, by id, the halls that the organiser has; of organiser 1 those too that nobody has. As
 * sql_read. */
int hall_owner_list(struct sql *sql, uint32_t organiser_id, bool ret_has[STORE_HALLS_MAX + 1],
                    int64_t deadline_ns);

#endif
