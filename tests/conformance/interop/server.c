/*
 * server: grpc.testing.TestService over our own layers, for the interop clients of gRPC's own
 * implementations: it says on standard output on which port it listens, and serves until SIGTERM.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "call/call.h"
#include "err/err.h"
#include "test.pb-c.h"
#include "wire/server.h"

#define REQUEST_MAX (4u << 20)
#define ANSWER_MAX  (8 << 20)

static __attribute__((noreturn)) void die(const char *what)
{
    fprintf(stderr, "interop_server: %s\n", what);
    exit(1);
}

/* So many zeros, in the call's memory; NULL: they are too many. */
static Grpc__Testing__Payload *payload_of(struct call *call, int32_t size)
{
    Grpc__Testing__Payload *payload =
        size >= 0 && size <= ANSWER_MAX ? arena_alloc(call_arena(call), sizeof(*payload)) : NULL;
    uint8_t *bytes = payload ? arena_alloc(call_arena(call), (size_t)size) : NULL;
    if (!bytes)
        return NULL;
    grpc__testing__payload__init(payload);
    payload->body = (ProtobufCBinaryData){(size_t)size, bytes};
    return payload;
}

/* The status that a request asks for. 0: none. */
static int fail_as_asked(struct call *call, const Grpc__Testing__EchoStatus *status)
{
    return status && status->code
               ? call_fail(call, (enum code)status->code, NULL, "%s", status->message)
               : 0;
}

static int empty_call(struct call *call, const void *request, void *response)
{
    return 0;
}

static int unary_call(struct call *call, const void *request, void *response)
{
    const Grpc__Testing__SimpleRequest *ask = request;
    Grpc__Testing__SimpleResponse *answer = response;
    int err = fail_as_asked(call, ask->response_status);
    if (err)
        return err;
    answer->payload = payload_of(call, ask->response_size);
    if (ask->fill_server_id)
        answer->server_id = (char *)"one";
    return answer->payload ? 0 : ERR_FULL;
}

static int streaming_output_call(struct call *call, const void *request, void *response)
{
    const Grpc__Testing__StreamingOutputCallRequest *ask = request;
    int err = 0;
    for (size_t i = 0; i < ask->n_response_parameters && !err; i++) {
        Grpc__Testing__StreamingOutputCallResponse message =
            GRPC__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
        message.payload = payload_of(call, ask->response_parameters[i]->size);
        err = message.payload ? call_send(call, &message.base, call_deadline_ns(call)) : ERR_FULL;
    }
    return err ? err : fail_as_asked(call, ask->response_status);
}

/* Streams of requests are what the call layer does not have (docs/internals/call.md). */
static int unimplemented(struct call *call, const void *request, void *response)
{
    return call_fail(call, CODE_UNIMPLEMENTED, NULL, "this method is not implemented");
}

static const struct method methods[] = {
    {.name = "EmptyCall", .handle = empty_call},
    {.name = "UnaryCall", .request_max = REQUEST_MAX, .handle = unary_call},
    {.name = "StreamingOutputCall",
     .kind = METHOD_SERVER_STREAM,
     .request_max = REQUEST_MAX,
     .handle = streaming_output_call},
    {.name = "StreamingInputCall", .kind = METHOD_SERVER_STREAM, .handle = unimplemented},
    {.name = "FullDuplexCall", .kind = METHOD_SERVER_STREAM, .handle = unimplemented},
    {.name = "HalfDuplexCall", .kind = METHOD_SERVER_STREAM, .handle = unimplemented},
};

int main(void)
{
    static const struct service service = {
        .descriptor = &grpc__testing__test_service__descriptor,
        .methods = methods,
        .method_count = sizeof(methods) / sizeof(methods[0]),
    };
    const struct server_options options = {
        .listen = "127.0.0.1:0", .services = &service, .service_count = 1};
    struct worker *worker;
    struct server *server;
    sigset_t ending;
    int signal;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ending, NULL);
    if (worker_start(0, &SCHED_LIMITS_DEFAULT, &worker))
        die("no worker starts");
    if (server_start(&worker, 1, &options, &server))
        die("the server does not start");
    printf("%u\n", server_port(server));
    fflush(stdout);
    sigwait(&ending, &signal);
    server_stop(server, 1000);
    worker_stop(worker);
    return 0;
}
