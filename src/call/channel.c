#include "call/channel.h"

#include "err/err.h"

int channel_call(struct channel *channel, const struct channel_request *request,
                 struct arena *arena, const ProtobufCMessage **ret_response,
                 struct call_status *ret_status)
{
    assert(request->message && request->message->descriptor == request->method->input);
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
