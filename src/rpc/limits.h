/*
 * limits: every maximum of the rpc floor, in one place. What rpc_server_options may change says so.
 */
#ifndef USHER_RPC_LIMITS_H
#define USHER_RPC_LIMITS_H

/* ---- a worker ---- */
#define RPC_CONNECTIONS_MAX 20000        /* options.connections_max; beyond: 503 and closed */
#define RPC_CALLS_MAX       120000       /* options.calls_max: fewer than a loop has timers */
#define RPC_READ_BYTES      (64u << 10)  /* the buffer all connections of a worker read into */
#define RPC_BODIES_MAX      (256u << 20) /* bytes of requests half received or not yet answered */
#define RPC_CALLS_KEPT      1024         /* idle call structs kept for the next requests */
#define RPC_BODY_KEPT       (4u << 10)   /* bytes of body buffer a kept call may keep */
#define RPC_RESPONSE_MAX    (16u << 20)  /* bytes of one encoded response or stream message */
#define RPC_SHELF_ITEMS     32           /* answers that never change, kept encoded … */
#define RPC_SHELF_BYTES     (32u << 20)  /* … and their bytes */
#define RPC_READY_MAX       256          /* ready fibers, beyond which nothing more is read */

/* ---- a connection ---- */
#define RPC_STREAMS_MAX   1000       /* HTTP/2; options.streams_max */
#define RPC_RECEIVING_MAX (4u << 20) /* HTTP/2: half requests, and the largest method's besides */
#define RPC_UNSENT_MAX    (4u << 20) /* unsent bytes, beyond which calls are refused */
#define RPC_READS_TURN    4          /* reads of RPC_READ_BYTES in one turn */
#define RPC_SWEEP_STEPS   16         /* every connection is looked at once in as many ticks */
#define RPC_LINGER_BYTES  (8u << 20) /* read and dropped before a refused request is closed */

/* ---- a call ---- */
#define RPC_ARENA_MAX       (32u << 20) /* bytes a call's arena may take, besides 8 × request_max */
#define RPC_MESSAGE_MAX     1024        /* bytes of an error's message on the wire */
#define RPC_COPY_MAX        (8u << 10)  /* longer responses are lent to the engine, not copied */
#define RPC_DECODE_HERE_MAX (64u << 10) /* larger requests: in options.offload */
#define RPC_QUERY_MAX       (8u << 10)  /* a Connect GET's query, as the engines' line limit */

/* ---- times, in milliseconds ---- */
#define RPC_CALL_MAX_MS   30000  /* options.call_max_ms */
#define RPC_HEADER_MAX_MS 10000  /* options.header_max_ms */
#define RPC_IDLE_MAX_MS   120000 /* options.idle_max_ms */
#define RPC_STALL_MAX_MS  10000  /* a reader that takes nothing for so long is closed */
#define RPC_LINGER_MAX_MS 2000   /* a closed connection's last bytes are dropped for so long */
#define RPC_TICK_MIN_MS   5
#define RPC_TICK_MAX_MS   125

/* ---- a channel ---- */
#define RPC_CHANNEL_ANSWER_MAX  (16u << 20) /* bytes of one response message */
#define RPC_CHANNEL_QUEUE_MAX   (16u << 20) /* received and unread bytes of a stream */
#define RPC_CHANNEL_STREAMS_MAX 65536       /* calls under way; the server may allow less */
#define RPC_CHANNEL_WAITERS_MAX 131072      /* calls that wait for one of those to end */
#define RPC_CHANNEL_TICK_MS     1000        /* keepalive is looked at */

#endif
