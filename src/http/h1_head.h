/*
 * h1_head: the head of one HTTP/1.x request → struct head and how its message is framed, or a
 * status to refuse it with. Inside src/http only.
 *
 * The caller has cut the head out of the stream (h1_scan), so every view points into raw and
 * nothing is copied. llhttp, every lenient flag off, decides what is grammar; on top of it stands
 * what it lets through and RFC 9112 or our contract does not: see h1.h.
 */
#ifndef USHER_HTTP_H1_HEAD_H
#define USHER_HTTP_H1_HEAD_H

#include "http/h1.h"

/* How the body is delimited, and what the connection does after it. */
struct h1_framing {
    bool chunked;
    bool keep;    /* the other side would keep the connection */
    bool expects; /* Expect: 100-continue */
};

/* raw ends with the empty line. Returns 0, or the status to refuse with: 400, 417, 431, 501, 505.
 */
int h1_head_parse(struct view raw, struct head *ret_head, struct h1_framing *ret_framing);

/* Looks for the end of a head at the beginning of bytes, from where the last look stopped; *ret_len
 * is its length once it is there. 0 (and *ret_len 0: more is needed), or the status to refuse with,
 * which does not depend on how the bytes were cut into pieces: 400, 414, 431. */
int h1_head_scan(struct h1_scan *scan, struct view bytes, size_t *ret_len);

#endif
