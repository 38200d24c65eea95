/*
 * id: 128 random bits that name an account, a hold or an order.
 *
 * On the wire an id is 16 bytes (ledger, store) or 26 characters of Crockford's base 32, lower
 * case, most significant bits first (API, command line); i, l and o are read as 1, 1 and 0, so that
 * an id can be read out loud. The zero id names nothing.
 */
#ifndef USHER_MEM_ID_H
#define USHER_MEM_ID_H

#include "mem/view.h"

#define ID_BYTES      16
#define ID_TEXT_CHARS 26

struct id {
    uint64_t hi;
    uint64_t lo;
};

static inline bool id_eq(struct id a, struct id b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

static inline bool id_is_zero(struct id a)
{
    return (a.hi | a.lo) == 0;
}

/* Writes 26 characters and a NUL. */
void id_format(struct id id, char ret_text[ID_TEXT_CHARS + 1]);
/* ERR_INVALID unless text is 26 characters of the alphabet (either case) and at most 128 bits. */
int id_parse(struct view text, struct id *ret_id);

/* Big-endian bytes. */
void id_to_bytes(struct id id, uint8_t ret_bytes[ID_BYTES]);
/* ERR_INVALID unless bytes is 16 bytes long. */
int id_from_bytes(struct view bytes, struct id *ret_id);

#endif
