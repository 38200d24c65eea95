/*
 * limits: every maximum of the call layer, in one place.
 */
#ifndef USHER_CALL_LIMITS_H
#define USHER_CALL_LIMITS_H

/* ---- a call ---- */
#define CALL_REQUEST_MAX    (64u << 10) /* bytes of a request, where its method says nothing */
#define CALL_RESPONSE_MAX   (16u << 20) /* bytes of one encoded response or stream message */
#define CALL_ARENA_MAX      (32u << 20) /* bytes a call's arena may take, besides 8 × request_max */
#define CALL_RETRY_AFTER_MS 200         /* where a caller may soon try again */
#define CALL_MESSAGE_MAX    1024        /* bytes of an error's sentence */

/* ---- the calling end of a connection ---- */
#define LINK_READ_BYTES  (64u << 10)
#define LINK_READS_TURN  4           /* reads of LINK_READ_BYTES in one turn */
#define LINK_REQUEST_MAX (64u << 20) /* bytes of one request message */
#define LINK_COPY_MAX    (8u << 10)  /* longer requests are lent to the engine, not copied */
#define LINK_ANSWER_MAX  (16u << 20) /* bytes of one response message */
#define LINK_QUEUE_MAX   (16u << 20) /* received and unread bytes of a stream */
#define LINK_STREAMS_MAX 65536       /* calls under way; the server may allow less */
#define LINK_WAITERS_MAX 131072      /* calls that wait for one of those to end */
#define LINK_TICK_MS     1000        /* keepalive is looked at */

/* ---- a remote channel ---- */
#define FORWARD_RETRY_AFTER_MS 200 /* what callers are told of a peer that is not reached */
#define REMOTE_LINKS_MAX       16  /* connections */
#define REMOTE_TRIES_MAX       3   /* of one call */
#define REMOTE_BACKOFF_MIN_MS  20  /* after the first failure to connect; twice as long each time */
#define REMOTE_BACKOFF_MAX_MS  2000 /* … at most */
#define REMOTE_CONNECT_MS      5000 /* for connecting, TLS included */

#endif
