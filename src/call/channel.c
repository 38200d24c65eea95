#include "call/channel.h"

#include "clock/clock.h"
#include "err/err.h"
#include "fiber/fiber.h"

/* A call in a fiber of its own, so that it can be given up: a process that stands still never
 * answers, and is replaced. */
struct errand {
    struct channel *channel;
    const struct channel_request *request;
    struct arena *arena;
    const ProtobufCMessage **ret_response;
    struct call_status *ret_status;
    int result;
};

static void run_errand(void *arg)
{
    struct errand *e = arg;
    trace_be_here(e->request->trace);
    e->result =
        e->channel->ops->call(e->channel, e->request, e->arena, e->ret_response, e->ret_status);
}

static int call_while(struct errand *errand)
{
    const struct channel_request *request = errand->request;
    struct scope scope;
    bool given_up = false;
    scope_init(&scope);
    int err = fiber_spawn(&scope, run_errand, errand);
    if (err != 0)
        return call_status_set(errand->ret_status, CODE_RESOURCE_EXHAUSTED, "too many calls");
    while ((err = scope_join(&scope, deadline_after_ms(fiber_now_ns(), CHANNEL_LOOK_MS))) ==
           ERR_TIMEOUT) {
        if (!given_up && !request->still(request->still_arg)) {
            scope_cancel(&scope);
            given_up = true;
        }
    }
    if (err != 0)
        scope_close(&scope);
    return given_up && errand->result != 0
               ? call_status_set(errand->ret_status, CODE_UNAVAILABLE, "it is not to be asked now")
               : errand->result;
}

int channel_call(struct channel *channel, const struct channel_request *request,
                 struct arena *arena, const ProtobufCMessage **ret_response,
                 struct call_status *ret_status)
{
    assert(request->message && request->message->descriptor == request->method->input);
    if (request->still)
        return call_while(&(struct errand){.channel = channel,
                                           .request = request,
                                           .arena = arena,
                                           .ret_response = ret_response,
                                           .ret_status = ret_status});
    return channel->ops->call(channel, request, arena, ret_response, ret_status);
}

int channel_stream(struct channel *channel, const struct channel_request *request,
                   struct channel_stream **ret_stream, struct call_status *ret_status)
{
    assert(request->message && request->message->descriptor == request->method->input);
    return channel->ops->stream(channel, request, ret_stream, ret_status);
}

int channel_stream_next(struct channel_stream *stream, struct arena *arena,
                        const ProtobufCMessage **ret_message, struct call_status *ret_status,
                        int64_t deadline_ns)
{
    return stream->ops->next(stream, arena, ret_message, ret_status, deadline_ns);
}

void channel_stream_free(struct channel_stream *stream)
{
    if (stream)
        stream->ops->free(stream);
}

void channel_free(struct channel *channel)
{
    if (channel)
        channel->ops->free(channel);
}

const ProtobufCMethodDescriptor *channel_method(const ProtobufCServiceDescriptor *service,
                                                const char *name)
{
    const ProtobufCMethodDescriptor *method =
        protobuf_c_service_descriptor_get_method_by_name(service, name);
    assert(method);
    return method;
}

int call_status_set(struct call_status *ret_status, enum code code, const char *message)
{
    *ret_status = (struct call_status){.code = code, .message = message};
    return code_err(code);
}
