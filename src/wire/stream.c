#include "codec/envelope.h"
#include "err/err.h"
#include "wire/answer.h"
#include "wire/shard.h"

#define SENDS_UNTIL_YIELD 32 /* a handler that sends on and on lets others run */

static struct exchange *exchange_of(struct call *call)
{
    return list_of(call, struct exchange, call);
}

static void mark_pending(struct exchange *exchange)
{
    exchange->pending = true;
    if (list_linked(&exchange->stalled_link))
        return;
    exchange->stalled_since_ns = shard_now_ns(exchange->shard);
    list_append(&exchange->shard->stalled, &exchange->stalled_link);
}

static int push(struct exchange *exchange, struct frame *frame)
{
    struct conn *conn = exchange->conn;
    bool pending;
    int err = answer_begin(exchange);
    if (!err)
        err = conn->engine->push(conn, exchange->h2, frame, exchange->form, exchange->accepts,
                                 &pending);
    if (!err && pending)
        mark_pending(exchange);
    return err;
}

void exchange_written(struct exchange *exchange)
{
    exchange->pending = false;
    list_remove(&exchange->stalled_link);
    if (exchange->ending)
        answer_end(exchange);
    else if (exchange->sender)
        fiber_unpark(exchange->sender);
    else if (exchange->call.sink)
        exchange->call.sink->writable(exchange->call.sink);
}

/* Whether another message may be pushed before those before it are with the kernel. */
static bool takes_message(const struct exchange *exchange)
{
    return exchange->begun ? exchange->conn->engine->takes_chunk(exchange->conn, exchange->h2)
                           : !exchange->pending;
}

static int wait_for_room(struct exchange *exchange, int64_t deadline_ns)
{
    int err = 0;
    while (exchange->conn && !takes_message(exchange) && !err) {
        exchange->sender = fiber_self();
        err = fiber_park(deadline_ns);
        exchange->sender = NULL;
    }
    if (!err && !exchange->conn)
        err = ERR_CLOSED;
    return err;
}

static int send_message(struct call *call, const ProtobufCMessage *message, int64_t deadline_ns)
{
    struct exchange *exchange = exchange_of(call);
    struct frame *frame;
    int err = ++exchange->sent % SENDS_UNTIL_YIELD ? 0 : fiber_yield();
    if (!err)
        err = wait_for_room(exchange, deadline_ns);
    if (!err)
        err = frame_new(message, &frame);
    if (err)
        return err;
    err = push(exchange, frame);
    frame_unref(frame);
    return err;
}

static void detach(struct call *call)
{
    struct exchange *exchange = exchange_of(call);
    assert(exchange->running);
    /* The reader learns that it was heard. If it has gone, closed comes with the turn. */
    answer_begin(exchange);
}

static int push_frame(struct call *call, struct frame *frame)
{
    struct exchange *exchange = exchange_of(call);
    if (!exchange->conn)
        return ERR_CLOSED;
    return exchange->pending ? ERR_FULL : push(exchange, frame);
}

static void end(struct call *call)
{
    answer_end(exchange_of(call));
}

const struct call_carrier exchange_carrier = {
    .send = send_message,
    .detach = detach,
    .push = push_frame,
    .end = end,
};
