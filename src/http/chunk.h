/*
 * chunk: the chunked transfer coding (RFC 9112, 7.1), decoded where it stands.
 *
 * Strict: every line ends in CRLF, a size is 1 to 8 hexadecimal digits, nothing stands between it
 * and CRLF but an extension after ';'. Extensions and trailers are dropped, and count: framing may
 * cost CHUNK_SLACK bytes plus CHUNK_COST bytes a byte of body, so that nobody makes us read for
 * ever (CVE-2024-22019).
 */
#ifndef USHER_HTTP_CHUNK_H
#define USHER_HTTP_CHUNK_H

#include "mem/view.h"

#define CHUNK_SLACK    (4u << 10)
#define CHUNK_COST     16
#define CHUNK_HEAD_MAX 10 /* bytes chunk_head may write */

struct chunk {
    uint64_t left;   /* bytes of this chunk to come; while a size is read, the size so far */
    int64_t framing; /* bytes framing may still cost */
    uint8_t state;
    uint8_t digits;
};

enum chunk_found {
    CHUNK_MORE, /* all bytes are used up */
    CHUNK_DATA, /* *ret_data is a piece of the body */
    CHUNK_END,  /* the body is whole; what follows is not part of it */
    CHUNK_BAD   /* malformed, or framing is too costly */
};

void chunk_init(struct chunk *c);
/* Takes bytes from the front of *bytes until there is something to tell. *ret_data looks into them.
 */
enum chunk_found chunk_next(struct chunk *c, struct view *bytes, struct view *ret_data);

/* Writes the line before a chunk of len bytes (1 to 2^32 − 1), "118\r\n"; returns its length. After
 * the bytes goes CRLF. */
size_t chunk_head(size_t len, char ret_head[CHUNK_HEAD_MAX]);

#endif
