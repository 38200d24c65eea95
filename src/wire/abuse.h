/*
 * abuse: what is refused leaves a trace: counted by its reason, and logged with the address, as
 * often as the log takes one action. Inside src/wire only.
 */
#ifndef USHER_WIRE_ABUSE_H
#define USHER_WIRE_ABUSE_H

#include "wire/conn.h"

enum abuse {
    ABUSE_MALFORMED,       /* 400 and the like: it is no proper request */
    ABUSE_HEAD,            /* 414, 431: its head is too large */
    ABUSE_BODY,            /* 413 */
    ABUSE_SLOW,            /* 408, or its answer was not taken */
    ABUSE_UNAUTHENTICATED, /* 401 */
    ABUSE_DENIED,          /* 403 */
    ABUSE_FLOOD,           /* GOAWAY ENHANCE_YOUR_CALM */
    ABUSE_PROTOCOL,        /* GOAWAY with any other error */
    ABUSE_KINDS
};

/* address: where the caller is; empty: the other end of the connection. path: of what; or empty. */
void abuse_note(struct conn *conn, enum abuse kind, struct view address, struct view path);
/* The same for a call whose request is malformed, which is answered with a code that looks like a
 * mistake of ours: counted as malformed, and a line of the level info. */
void abuse_note_call(struct conn *conn, struct view path);
/* The kind of a refusal with this status. */
enum abuse abuse_of_status(int status);

#endif
