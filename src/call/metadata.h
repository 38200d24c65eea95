/*
 * metadata: named values that travel with a call beside its messages, in either direction.
 *
 * Only these names travel: x-request-id, traceparent and tracestate (W3C Trace Context), those
 * that begin with "usher-", and what metadata_let_travel adds. Names are lower case. A struct lives
 * in an arena, as its texts do.
 */
#ifndef USHER_CALL_METADATA_H
#define USHER_CALL_METADATA_H

#include <stdbool.h>
#include <stdint.h>

#include "mem/arena.h"
#include "mem/view.h"

#define METADATA_FIELDS_MAX 8
#define METADATA_NAME_MAX   64   /* bytes of a name */
#define METADATA_VALUE_MAX  1024 /* bytes of one value */

struct metadata_field {
    struct view name, value;
    bool trailing; /* of an answer: it comes behind the last message */
};

struct metadata {
    struct metadata_field *fields; /* in the arena, room of them; most calls have one */
    uint32_t count, room;
};

/* Whether a field of this name travels. */
bool metadata_travels(struct view name);
/* Lets names travel that begin with one of these too, in all of the process. Before any worker
 * starts; the list is borrowed for good. */
void metadata_let_travel(const struct view *prefixes, size_t count);
/* Copies a field into *metadata, which is made in the arena where it is NULL. ERR_FULL: there are
 * METADATA_FIELDS_MAX, or the value is too long. ERR_INVALID: no such name travels, or the value
 * has other than visible ASCII and blanks. ERR_NO_MEMORY. */
int metadata_add(struct metadata **metadata, struct arena *arena, struct view name,
                 struct view value);
/* The same in the place of the first field of that name, where there is one. */
int metadata_put(struct metadata **metadata, struct arena *arena, struct view name,
                 struct view value);
/* The same for a field that comes behind the answer. */
int metadata_add_trailing(struct metadata **metadata, struct arena *arena, struct view name,
                          struct view value);
/* The value of the first field of that name; the empty view where there is none. metadata may be
 * NULL. */
struct view metadata_find(const struct metadata *metadata, struct view name);

#endif
