/*
 * h2_state: what the two halves of h2 share. Inside src/http only.
 *
 * nghttp2 must not be entered from its own callbacks, so while inside nghttp2 is set nothing is
 * serialised; what a callback answers is copied and goes out afterwards. Outside, an answer goes
 * from the caller's memory straight into out. A stream's struct outlives nghttp2's stream until its
 * closed event was told.
 */
#ifndef USHER_HTTP_H2_STATE_H
#define USHER_HTTP_H2_STATE_H

#include <nghttp2/nghttp2.h>

#include "http/h2.h"
#include "http/overlong.h"
#include "http/rate.h"
#include "mem/buf.h"
#include "mem/list.h"

#define H2_NV_MAX (HEAD_FIELDS_MAX + 5) /* fields of a head, and what the engine adds */

/* A header block that is being received. It lives on h2_receive's stack; only where a block is cut
 * by the end of what was received is it put away. */
struct h2_block {
    struct h2_stream *stream;
    size_t list_len; /* bytes as RFC 9113, 6.5.2, counts them */
    size_t ref_count;
    bool too_large;
    struct head head;
    /* What head looks at; 5 pseudo-fields. */
    nghttp2_rcbuf *refs[2 * (HEAD_FIELDS_MAX + 5) + HEAD_COOKIES_MAX];
};

/* Fields that wait for the end of the body. */
struct h2_trailers {
    const struct head_field *fields;
    size_t count;
    void *owned; /* the one allocation behind fields; NULL: borrowed for the call */
};

struct h2_stream {
    struct list link;  /* h2.streams */
    struct list half;  /* h2.half, a server's until the request is whole */
    struct list due;   /* h2.due */
    struct list wrote; /* h2.wrote */
    struct list held;  /* h2.held, while piece is not empty */
    struct h2 *h2;
    void *user;
    struct body piece;  /* not serialised yet */
    void *piece_copied; /* the allocation behind piece, where it was copied */
    struct h2_trailers trailers;
    int64_t since_ns; /* its head began to arrive */
    int64_t held_ns;  /* since when piece has not moved; DEADLINE_NEVER: not looked at yet */
    int64_t body_max; /* still allowed; BODY_REFUSE: drop */
    size_t moved;     /* bytes of piece serialised since held_ns */
    size_t received;  /* bytes of body, while it is unfinished */
    size_t dropped;   /* bytes of body that came after the answer */
    uint32_t code;    /* how it was closed */
    int32_t id;
    bool told;      /* had its head event, or is a client's */
    bool head_done; /* of a client: the final response's head was there */
    bool ended;     /* the other side has sent all */
    bool answered;  /* a server's: respond or begin was called */
    bool streaming; /* begun, not ended */
    bool finishing; /* piece is the last */
    bool silent;    /* the method is HEAD */
    bool deferred;  /* nghttp2 waits: for h2_chunk or h2_end; if finishing, for the request's end */
    bool hurried;   /* the answer ends without waiting for the request's end */
    bool reset;     /* by us */
    bool closed;    /* nghttp2 has let it go */
    bool end_due, closed_due;
};

enum h2_drain_step { H2_DRAIN_NONE = 0, H2_DRAIN_NOTICE, H2_DRAIN_FINAL };

struct h2 {
    nghttp2_session *session;
    const struct h2_events *events;
    void *user;
    struct h2_limits limits;
    struct buf out;
    struct list streams, half, due, wrote;
    struct list held;       /* streams with a piece, the one that moved longest ago first */
    struct h2_block *block; /* only inside h2_receive */
    struct h2_block *saved; /* a block cut between two h2_receive, or NULL */
    size_t copied;          /* bytes behind piece_copied, all streams */
    size_t pieces;          /* bytes of pieces not serialised, all streams */
    size_t receiving;       /* bytes of unfinished bodies, all streams */
    struct rate resets, controls, pings, updates;
    struct overlong overlong; /* a server's */
    int64_t now_ns;           /* of the last call that told it */
    int64_t received_ns;
    int64_t ping_ns;  /* an unanswered PING was sent; DEADLINE_NEVER: none */
    int64_t drain_ns; /* the second step is due */
    int64_t block_since_ns;
    uint32_t stream_count;
    uint32_t continuations; /* of the block being received */
    uint32_t goaway_code;   /* of the GOAWAY we sent because of an error */
    uint8_t side, drain_step;
    bool in_nghttp2, in_event;
    bool overrun;     /* a limit was met: GOAWAY is due */
    bool failed;      /* nothing more is received or answered */
    bool no_memory;   /* output was lost */
    bool peer_goaway; /* of a client: the server takes no more requests */
};

/* A field as nghttp2 takes it; borrowed. */
nghttp2_nv h2_nv(struct view name, struct view value);

/* Serialises until out is full or there is nothing more; does nothing inside nghttp2. */
void h2_flush(struct h2 *h);
/* nghttp2 may ask again for the body it waits for. */
void h2_resume(struct h2_stream *s);
/* The answer's end no longer waits for the request's. */
void h2_hurry(struct h2_stream *s);
/* For a data provider: gives the stream's piece, then its trailers. */
ssize_t h2_on_read(nghttp2_session *session, int32_t id, uint8_t *into, size_t max, uint32_t *flags,
                   nghttp2_data_source *source, void *user);

struct h2_stream *h2_stream_new(struct h2 *h, int32_t id);
/* Drops what it holds; the closed event is due where the stream was told. */
void h2_stream_closed(struct h2_stream *s, uint32_t code);
void h2_stream_free(struct h2_stream *s);
/* It counts no longer as half received. */
void h2_stream_whole(struct h2_stream *s);
/* A deferred event is due. */
void h2_stream_due(struct h2_stream *s);
/* The stream has a piece to send, where it has none; and drops one that was or will not be sent. */
void h2_piece_set(struct h2_stream *s, struct body piece);
void h2_piece_done(struct h2_stream *s);
/* Some of its piece was serialised, or the piece is new: it is held from now on. */
void h2_piece_moved(struct h2_stream *s, size_t len);

/* Sets the callbacks of the receiving and of the sending half. */
void h2_set_receiving(nghttp2_session_callbacks *callbacks);
void h2_set_sending(nghttp2_session_callbacks *callbacks);

/* Puts an unfinished block away at the end of h2_receive, or takes it out at its beginning. */
int h2_block_save(struct h2 *h);
void h2_block_load(struct h2 *h, struct h2_block *block);
void h2_block_drop(struct h2_block *block);

/* "100 Continue", to who waits for it with his body (RFC 9110, 10.1.1). */
void h2_say_continue(struct h2_stream *s);
/* A server's own answer to what it refuses. */
void h2_refuse(struct h2_stream *s, int status);

#endif
