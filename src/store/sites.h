/*
 * sites: sites of an organiser's own that may show his dates in a frame (the widget).
 *
 * A site is an origin (RFC 6454): "https://band.example", with a port where it has one; of this
 * machine, for who tries, also over http. It is written into a header, so nothing else is kept.
 */
#ifndef USHER_STORE_SITES_H
#define USHER_STORE_SITES_H

#include "store/acts.h"

#define SITES_MAX      20  /* of an organiser */
#define SITE_BYTES_MAX 200 /* of one */

/* Whether the text is such an origin, to the letter. */
bool site_is(struct view text);

/* Takes these in the place of those that were there. ERR_NOT_FOUND: no such organiser; ERR_INVALID:
 * one is none, stands there twice, or there are more than SITES_MAX; otherwise as sql_write. The
 * table is one of accounts_migrate. */
int sites_set(struct sql *sql, uint32_t organiser_id, const struct view *sites, size_t count,
              const struct act *act, int64_t deadline_ns);
/* Those of an organiser, in order, at most SITES_MAX; texts in the arena. As sql_read. */
int sites_list(struct sql *sql, uint32_t organiser_id, struct arena *arena, struct view **ret_sites,
               size_t *ret_count, int64_t deadline_ns);

#endif
