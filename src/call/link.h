/*
 * link: one connection of a remote channel: gRPC over HTTP/2, used by many fibers of one thread.
 * Inside src/call only.
 *
 * Calls are multiplexed; a fiber that calls parks until its answer is there. Written requests are
 * gathered in one write a turn of the loop. Beyond the streams the server allows, calls wait in
 * order. A link whose connection has ended answers CODE_UNAVAILABLE from then on; the channel opens
 * another.
 */
#ifndef USHER_CALL_LINK_H
#define USHER_CALL_LINK_H

#include "call/channel.h"
#include "call/remote.h"
#include "fiber/fiber.h"
#include "fiber/waitlist.h"
#include "http/h2.h"
#include "net/stream.h"

struct link {
    struct net_stream stream;
    struct loop *loop;
    struct h2 *h2; /* NULL once the connection has ended */
    struct net_tls *tls;
    char *authority;
    uint8_t *read_bytes;
    struct loop_task flush;
    struct loop_timer tick;
    struct waitlist waiting; /* fibers that want a stream */
    struct fiber *waiter;    /* waits for the handshake, or to close */
    uint32_t waiting_count;
    uint32_t users; /* calls and streams of the channel on it */
    bool secure;
    bool ready;   /* the handshake is done */
    bool posted;  /* flush is with the loop */
    bool failed;  /* it broke */
    bool retired; /* the channel takes no further stream from it */
};

/* Connects. ERR_INVALID (the url; a file of TLS), ERR_UNAVAILABLE (refused, unreachable),
 * ERR_TIMEOUT, ERR_IO, ERR_NO_MEMORY. ret_why: what TLS has against the other side, for people;
 * empty: nothing. */
int link_open(const struct remote_options *options, int64_t deadline_ns,
              char ret_why[NET_TLS_WHY_MAX], struct link **ret_link);
/* Closes and frees. From a fiber. No call may be under way, no stream open. */
void link_close(struct link *link);
/* Whether it may take a further call. */
bool link_is_open(const struct link *link);

/* The link's flush runs in this turn. */
void link_touch(struct link *link);
/* Wakes one who waits for a stream, if there may be one. */
void link_wake(struct link *link);

#endif
