#include "call/local.h"

#include <stdlib.h>

#include "call/call.h"
#include "call/limits.h"
#include "codec/proto.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "mem/list.h"

struct local {
    struct channel channel;
    const struct routes *routes;
    struct identity identity;
};

/* A stream: its reader has it, and its handler's fiber, or its sink, runs the call. */
struct local_stream {
    struct channel_stream stream;
    struct call call;
    struct arena arena;
    struct scope scope;      /* of the handler's fiber */
    struct frame *frame;     /* on its way; NULL: taken */
    struct fiber *sender;    /* waits until it is taken */
    struct fiber *reader;    /* waits for the next, or for the end */
    ProtobufCMessage *asked; /* the request, in the arena */
    bool ended;              /* code and message of the call say how */
};

static struct local *local_of(struct channel *channel)
{
    return list_of(channel, struct local, channel);
}

static struct local_stream *stream_of(struct call *call)
{
    return list_of(call, struct local_stream, call);
}

static void wake(struct fiber *fiber)
{
    if (fiber)
        fiber_unpark(fiber);
}

/* ---- unary ---- */

/* The call as its handler will see it. Returns what it is refused with, or CODE_OK. */
static enum code begin(const struct local *local, const struct channel_request *request,
                       struct call *ret_call)
{
    *ret_call = (struct call){
        .route = routes_find_method(local->routes, request->service, request->method),
        .identity = request->identity ? *request->identity : local->identity,
        .deadline_ns = request->deadline_ns,
        .request = request->message,
        .received = (struct metadata *)request->metadata,
        .message = "",
    };
    if (request->trace)
        ret_call->trace = *request->trace;
    if (!ret_call->route) {
        ret_call->message = "no such method";
        return CODE_UNIMPLEMENTED;
    }
    const enum code code = method_admits(ret_call->route->method, &ret_call->identity);
    if (code)
        ret_call->message = method_refusal(code);
    return code;
}

static int local_call(struct channel *channel, const struct channel_request *request,
                      struct arena *arena, const ProtobufCMessage **ret_response,
                      struct call_status *ret_status)
{
    struct call call;
    enum code code = begin(local_of(channel), request, &call);
    if (code)
        return call_status_set(ret_status, code, call.message);
    assert(call.route->method->kind == METHOD_UNARY);
    call.arena = arena;
    ProtobufCMessage *response = proto_new(request->method->output, arena);
    if (!response)
        return call_status_set(ret_status, CODE_RESOURCE_EXHAUSTED, err_text(ERR_FULL));
    if (call_run(&call, response) == 0) {
        *ret_response = response;
        call_status_set(ret_status, CODE_OK, "");
    } else {
        *ret_status =
            (struct call_status){.code = call.code, .message = call.message, .detail = call.detail};
    }
    ret_status->answered = call.answered;
    return code_err(ret_status->code);
}

/* ---- a stream, as its handler has it ---- */

static int push(struct call *call, struct frame *frame)
{
    struct local_stream *s = stream_of(call);
    if (s->frame)
        return ERR_FULL;
    s->frame = frame_ref(frame);
    wake(s->reader);
    return 0;
}

static int send_message(struct call *call, const ProtobufCMessage *message, int64_t deadline_ns)
{
    struct local_stream *s = stream_of(call);
    int err = 0;
    while (s->frame && !err) {
        s->sender = fiber_self();
        err = fiber_park(deadline_ns);
        s->sender = NULL;
    }
    struct frame *frame;
    if (!err)
        err = frame_new(message, &frame);
    if (err)
        return err;
    err = push(call, frame);
    frame_unref(frame);
    return err;
}

static void detach(struct call *call)
{
}

static void end(struct call *call)
{
    struct local_stream *s = stream_of(call);
    s->ended = true;
    wake(s->reader);
}

static const struct call_carrier carrier = {
    .send = send_message,
    .detach = detach,
    .push = push,
    .end = end,
};

static void run(void *arg)
{
    struct local_stream *s = arg;
    if (call_run(&s->call, NULL) != 0 || !s->call.sink)
        end(&s->call);
}

/* ---- the same, as its reader has it ---- */

/* The message on its way, which makes room for the next. */
static int take_frame(struct local_stream *s, struct arena *arena,
                      const ProtobufCMessage **ret_message, struct call_status *ret_status)
{
    ProtobufCMessage *message;
    int err = proto_unpack(s->stream.answer, frame_message(s->frame), arena, &message);
    frame_unref(s->frame);
    s->frame = NULL;
    wake(s->sender);
    if (s->call.sink)
        s->call.sink->writable(s->call.sink);
    if (err) {
        call_status_set(ret_status, CODE_RESOURCE_EXHAUSTED, "the answer takes too much memory");
        return ERR_CLOSED;
    }
    *ret_message = message;
    return 0;
}

static int stream_next(struct channel_stream *stream, struct arena *arena,
                       const ProtobufCMessage **ret_message, struct call_status *ret_status,
                       int64_t deadline_ns)
{
    struct local_stream *s = list_of(stream, struct local_stream, stream);
    int err = 0;
    while (!s->frame && !s->ended && !err) {
        s->reader = fiber_self();
        err = fiber_park(deadline_ns);
        s->reader = NULL;
    }
    if (s->frame)
        return take_frame(s, arena, ret_message, ret_status);
    if (!s->ended)
        return err;
    *ret_status = (struct call_status){
        .code = s->call.code, .message = s->call.message, .detail = s->call.detail};
    return ERR_CLOSED;
}

static void stream_free(struct channel_stream *stream)
{
    struct local_stream *s = list_of(stream, struct local_stream, stream);
    scope_close(&s->scope);
    call_close_sink(&s->call);
    frame_unref(s->frame);
    arena_release(&s->arena);
    free(s);
}

static const struct channel_stream_ops stream_ops = {.next = stream_next, .free = stream_free};

/* A copy of the request: its handler may run on after the caller's is gone. */
static int copy_request(struct local_stream *s, const ProtobufCMessage *message)
{
    struct buf packed;
    buf_init(&packed, s->call.route->request_max);
    int err = proto_pack(message, &packed);
    if (!err)
        err = proto_unpack(message->descriptor, buf_view(&packed), &s->arena, &s->asked);
    buf_release(&packed);
    s->call.request = s->asked;
    s->call.received = NULL;
    return err;
}

static int local_stream(struct channel *channel, const struct channel_request *request,
                        struct channel_stream **ret_stream, struct call_status *ret_status)
{
    struct local_stream *s = calloc(1, sizeof(*s));
    if (!s)
        return call_status_set(ret_status, CODE_RESOURCE_EXHAUSTED, err_text(ERR_NO_MEMORY));
    enum code code = begin(local_of(channel), request, &s->call);
    if (code) {
        const char *message = s->call.message;
        free(s);
        return call_status_set(ret_status, code, message);
    }
    assert(s->call.route->method->kind == METHOD_SERVER_STREAM);
    arena_init(&s->arena, s->call.route->arena_max);
    s->stream = (struct channel_stream){&stream_ops, request->method->output};
    s->call.carrier = &carrier;
    s->call.arena = &s->arena;
    scope_init(&s->scope);
    int err = copy_request(s, request->message);
    if (!err)
        err = fiber_spawn(&s->scope, run, s);
    if (err) {
        stream_free(&s->stream);
        return call_status_set(ret_status, CODE_RESOURCE_EXHAUSTED, err_text(err));
    }
    *ret_stream = &s->stream;
    return 0;
}

/* ---- life ---- */

static void local_free(struct channel *channel)
{
    free(local_of(channel));
}

static const struct channel_ops local_ops = {
    .call = local_call,
    .stream = local_stream,
    .free = local_free,
};

int local_new(const struct routes *routes, const struct identity *identity,
              struct channel **ret_channel)
{
    struct local *local = malloc(sizeof(*local));
    if (!local)
        return ERR_NO_MEMORY;
    *local = (struct local){{&local_ops}, routes, *identity};
    *ret_channel = &local->channel;
    return 0;
}
