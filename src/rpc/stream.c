#include "codec/envelope.h"
#include "err/err.h"
#include "rpc/answer.h"
#include "rpc/shard.h"

#define SENDS_UNTIL_YIELD 32 /* a handler that sends on and on lets others run */

static struct rpc_call *call_of(struct rpc_stream *stream)
{
    return (struct rpc_call *)stream;
}

static void mark_pending(struct rpc_call *call)
{
    call->pending = true;
    if (list_linked(&call->stalled_link))
        return;
    call->stalled_since_ns = shard_now_ns(call->shard);
    list_append(&call->shard->stalled, &call->stalled_link);
}

/* Whether another message may be pushed before those before it are with the kernel. */
static bool takes_message(const struct rpc_call *call)
{
    return call->h2 && call->begun ? h2_takes_chunk(call->h2) : !call->pending;
}

/* Over HTTP/1.1 with nothing unsent the frame goes straight from its one encoding to the socket:
 * ten thousand readers cost ten thousand system calls and no copy. *v becomes the rest. */
static int write_at_once(struct conn *conn, struct view *v)
{
    size_t len = 0;
    if (h1_unsent(&conn->h1) > 0 || conn->stream.tls)
        return 0;
    int err = net_write(&conn->stream, v, 1, &len);
    if (err && err != ERR_BUSY)
        return err;
    count_add(&conn->shard->bytes_out, len);
    v->at += len;
    v->len -= len;
    return 0;
}

static int push(struct rpc_call *call, struct rpc_frame *frame)
{
    struct conn *conn = call->conn;
    struct view v;
    int err = answer_begin(call);
    if (err)
        return err;
    err = frame_view(frame, call->form, !call->h2 && h1_is_chunked(&conn->h1), &v);
    if (err)
        return err;
    if (!call->h2) {
        err = write_at_once(conn, &v);
        if (!err && v.len == 0)
            return 0;
    }
    struct body body = body_lent(v, frame_release, rpc_frame_ref(frame));
    if (err)
        body_done(&body);
    else
        err = call->h2 ? h2_chunk(call->h2, body) : h1_chunk_encoded(&conn->h1, body);
    if (err && !call->h2)
        conn->failed = true;
    conn_touch(conn);
    if (err)
        return ERR_CLOSED;
    mark_pending(call);
    return 0;
}

void call_written(struct rpc_call *call)
{
    call->pending = false;
    list_remove(&call->stalled_link);
    if (call->ending)
        answer_end(call);
    else if (call->sender)
        fiber_unpark(call->sender);
    else if (call->sink)
        call->sink->writable(call->sink);
}

static int wait_for_room(struct rpc_call *call, int64_t deadline_ns)
{
    int err = 0;
    while (call->conn && !takes_message(call) && !err) {
        call->sender = fiber_self();
        err = fiber_park(deadline_ns);
        call->sender = NULL;
    }
    if (!err && !call->conn)
        err = ERR_CLOSED;
    return err;
}

int rpc_call_send(struct rpc_call *call, const ProtobufCMessage *message, int64_t deadline_ns)
{
    struct rpc_frame *frame;
    int err = ++call->sent % SENDS_UNTIL_YIELD ? 0 : fiber_yield();
    if (!err)
        err = wait_for_room(call, deadline_ns);
    if (!err)
        err = rpc_frame_new(message, &frame);
    if (err)
        return err;
    err = push(call, frame);
    rpc_frame_unref(frame);
    return err;
}

void rpc_call_detach(struct rpc_call *call, struct rpc_sink *sink)
{
    assert(call->running && !call->sink && call->route->method->kind == RPC_SERVER_STREAM);
    call->sink = sink;
    sink->stream = (struct rpc_stream *)call;
    /* The reader learns that it was heard. If it has gone, closed comes with the turn. */
    answer_begin(call);
}

int rpc_sink_push(struct rpc_sink *sink, struct rpc_frame *frame)
{
    struct rpc_call *call = sink->stream ? call_of(sink->stream) : NULL;
    if (!call || !call->conn)
        return ERR_CLOSED;
    return call->pending ? ERR_FULL : push(call, frame);
}

void rpc_sink_end(struct rpc_sink *sink, enum rpc_code code, const char *message)
{
    struct rpc_call *call = sink->stream ? call_of(sink->stream) : NULL;
    if (!call)
        return;
    sink->stream = NULL;
    call->sink = NULL;
    call->code = code;
    call->message = arena_copy(&call->arena, view_str(message));
    if (!call->message)
        call->message = "";
    answer_end(call);
}
