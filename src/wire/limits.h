/*
 * limits: every maximum of the wire, in one place; those of a call are in call/limits.h. What
 * server_options may change says so.
 */
#ifndef USHER_WIRE_LIMITS_H
#define USHER_WIRE_LIMITS_H

/* ---- a worker ---- */
#define WIRE_CONNECTIONS_MAX 20000        /* options.connections_max; beyond: 503 and closed */
#define WIRE_CALLS_MAX       120000       /* options.calls_max: fewer than a loop has timers */
#define WIRE_READ_BYTES      (64u << 10)  /* the buffer all connections of a worker read into */
#define WIRE_BODIES_MAX      (256u << 20) /* bytes of requests half received or not yet answered */
#define WIRE_CALLS_KEPT      1024         /* idle call structs kept for the next requests */
#define WIRE_BODY_KEPT       (4u << 10)   /* bytes of body buffer a kept call may keep */
#define WIRE_CACHE_ITEMS     32           /* answers that never change, kept encoded … */
#define WIRE_CACHE_BYTES     (32u << 20)  /* … and their bytes */
#define WIRE_READY_MAX       256          /* ready fibers, beyond which nothing more is read */

/* ---- a connection ---- */
#define WIRE_STREAMS_MAX     1000  /* HTTP/2; options.streams_max */
#define WIRE_PEER_STREAMS    60000 /* the same of a peer, whose watchers share it */
#define WIRE_PEER_UNSENT_MAX (64u << 20)
#define WIRE_PEER_RESETS     1000000      /* streams a peer resets, at once and a second */
#define WIRE_RECEIVING_MAX   (4u << 20)   /* HTTP/2: half requests, besides the largest method's */
#define WIRE_UNSENT_MAX      (4u << 20)   /* unsent bytes, beyond which calls are refused */
#define WIRE_UNSENT_ALL      (256u << 20) /* of a worker's connections: from then on in parts */
#define WIRE_UNSENT_LEAST    (64u << 10)  /* a connection may have so much always … */
#define WIRE_UNSENT_PART     4            /* … and of what is left of all, a part */
#define WIRE_LEAST_RATE      1024         /* bytes a second that a reader takes at least */
#define WIRE_READS_TURN      4            /* reads of WIRE_READ_BYTES in one turn */
#define WIRE_SWEEP_STEPS     16           /* every connection is looked at once in as many ticks */
#define WIRE_LINGER_BYTES    (8u << 20)   /* read and dropped before a refused request is closed */

/* ---- a call ---- */
#define WIRE_COPY_MAX        (8u << 10)  /* longer responses are lent to the engine, not copied */
#define WIRE_SQUEEZE_MIN     (1u << 10)  /* shorter answers are not packed */
#define WIRE_SQUEEZE_HERE    (64u << 10) /* longer ones are packed in options.offload */
#define WIRE_DECODE_HERE_MAX (64u << 10) /* larger requests: in options.offload */
#define WIRE_QUERY_MAX       (8u << 10)  /* a Connect GET's query, as the engines' line limit */

/* ---- a caller ---- */
#define WIRE_BURST_S 10 /* calls at once, in seconds of what a caller may have */

/* ---- times, in milliseconds ---- */
#define WIRE_CALL_MAX_MS   30000  /* options.call_max_ms */
#define WIRE_HEADER_MAX_MS 10000  /* options.header_max_ms */
#define WIRE_IDLE_MAX_MS   120000 /* options.idle_max_ms */
#define WIRE_STALL_MAX_MS  10000  /* a reader that takes nothing for so long is closed */
#define WIRE_LINGER_MAX_MS 2000   /* a closed connection's last bytes are dropped for so long */
#define WIRE_TICK_MIN_MS   5
#define WIRE_TICK_MAX_MS   125

#endif
