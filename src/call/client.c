#include "call/client.h"

#include "clock/clock.h"
#include "fiber/fiber.h"

void client_init(struct client *client, struct channel *channel,
                 const ProtobufCServiceDescriptor *service, struct arena *arena)
{
    *client = (struct client){
        .channel = channel,
        .service = service,
        .arena = arena,
        .timeout_ms = CLIENT_TIMEOUT_MS,
        .deadline_ns = DEADLINE_NEVER,
        .status.message = "",
    };
}

static struct channel_request request_of(const struct client *client, unsigned method,
                                         const ProtobufCMessage *request)
{
    assert(method < client->service->n_methods);
    return (struct channel_request){
        .service = client->service,
        .method = &client->service->methods[method],
        .message = request,
        .authorization = client->authorization,
        .identity = client->identity,
        .metadata = client->metadata,
        .trace = trace_here(),
        .deadline_ns = client->deadline_ns,
        .still = client->still,
        .still_arg = client->still_arg,
    };
}

int client_call_index(struct client *client, unsigned method, const ProtobufCMessage *request,
                      const ProtobufCMessage **ret_response)
{
    struct channel_request r = request_of(client, method, request);
    if (client->timeout_ms) {
        const int64_t timeout_ns = deadline_after_ms(fiber_now_ns(), client->timeout_ms);
        r.deadline_ns = timeout_ns < r.deadline_ns ? timeout_ns : r.deadline_ns;
    }
    return channel_call(client->channel, &r, client->arena, ret_response, &client->status);
}

int client_stream_index(struct client *client, unsigned method, const ProtobufCMessage *request,
                        struct channel_stream **ret_stream)
{
    const struct channel_request r = request_of(client, method, request);
    return channel_stream(client->channel, &r, ret_stream, &client->status);
}
