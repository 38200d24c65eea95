/*
 * body: bytes handed to an engine to be sent, copied or lent.
 *
 * Without a release function the bytes are borrowed for the call: the engine copies what it cannot
 * put out at once, within its limits. With one the bytes are lent: they must stay as they are until
 * release(owner), which is called exactly once, by any call of the engine, also where the call that
 * took the body fails. A lent body is how a frame encoded once goes to ten thousand readers, and
 * how a large page goes out without being copied.
 */
#ifndef USHER_HTTP_BODY_H
#define USHER_HTTP_BODY_H

#include "mem/view.h"

struct body {
    struct view bytes;
    void (*release)(void *owner); /* NULL: copied */
    void *owner;
};

/* A head event's answer instead of a maximum: no body is wanted (the request was answered already
 * or will be without it). What comes is dropped; no body, too_large or end event follows. */
#define BODY_REFUSE INT64_C(-1)

static inline struct body body_copied(struct view bytes)
{
    return (struct body){.bytes = bytes};
}

static inline struct body body_lent(struct view bytes, void (*release)(void *owner), void *owner)
{
    return (struct body){.bytes = bytes, .release = release, .owner = owner};
}

/* Calls release, if there is one, and empties the body; harmless on an empty one. */
void body_done(struct body *body);

#endif
