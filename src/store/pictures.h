/*
 * pictures: posters of events, in the sizes that they are shown in, by the hash of what they show.
 */
#ifndef USHER_STORE_PICTURES_H
#define USHER_STORE_PICTURES_H

#include "db/sql.h"

#define PICTURE_HASH_CHARS 32 /* hexadecimal digits */
#define PICTURE_BYTES_MAX  (2u << 20)

struct stored_picture {
    uint32_t width; /* that was asked for, not what it is */
    struct view bytes;
};

/* Makes the table, or brings it to this program's form: as sql_migrate. */
int pictures_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* Adds an event's pictures of one hash; those that are there stay. ERR_INVALID: beyond the maxima
 * above; as sql_write. */
int pictures_put(struct sql *sql, uint32_t event_id, struct view hash,
                 const struct stored_picture *pictures, size_t count, int64_t now_ms,
                 int64_t deadline_ns);
/* Forgets the pictures of an event that no playbill names: neither its own nor a copy's. The
 * playbill's tables must be there. As sql_write. */
int pictures_forget(struct sql *sql, uint32_t event_id, int64_t deadline_ns);
/* One, in the arena. ERR_NOT_FOUND; as sql_read. */
int picture_get(struct sql *sql, struct view hash, uint32_t width, struct arena *arena,
                struct view *ret_bytes, int64_t deadline_ns);

#endif
