/*
 * mime: a mail as it goes over the wire (RFC 5322, RFC 2045–2047, RFC 2231 not needed: names of
 * files are ASCII).
 *
 *     multipart/mixed
 *         multipart/alternative
 *             text/plain
 *             text/html
 *         attachment …
 *
 * Every body is base64 in lines of 76 characters, so no boundary can occur in one and no line is
 * too long. Nothing that came from a person gets into a header but through mime_write, which
 * refuses control characters (so nobody writes a header of his own) and encodes the rest.
 */
#ifndef USHER_PAPER_MIME_H
#define USHER_PAPER_MIME_H

#include "mem/buf.h"

#define MIME_HEADER_MAX  500         /* bytes of a name or subject */
#define MIME_PARTS_MAX   4           /* attachments */
#define MIME_MESSAGE_MAX (12u << 20) /* bytes of a whole mail */

struct mime_part {
    const char *name;       /* of the file; ASCII letters, digits, '-', '.', '_' */
    const char *media_type; /* "application/pdf" */
    struct view content;
};

struct mime_message {
    struct view from;      /* an address (address.h) */
    struct view from_name; /* may be empty, as to_name */
    struct view to;
    struct view to_name;
    struct view subject;
    struct view message_id; /* "id@domain", without angle brackets */
    int64_t date_ms;
    const char *language; /* "ko", "en" */
    struct view text;
    struct view html; /* may be empty */
    struct mime_part parts[MIME_PARTS_MAX];
    size_t part_count;
};

/* Appends the mail, lines ended by CR LF. ERR_INVALID: an address that is none, a name or subject
 * with a control character, that is no UTF-8, or too long; nothing is appended then. ERR_FULL,
 * ERR_NO_MEMORY: the buffer then ends in a piece of it. */
int mime_write(const struct mime_message *message, struct buf *out);

#endif
