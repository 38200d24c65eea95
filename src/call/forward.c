#include "call/forward.h"

#include <stdlib.h>
#include <string.h>

#include "call/call.h"
#include "call/limits.h"
#include "err/err.h"
#include "observe/log.h"

struct worker_channel {
    struct worker *worker;
    struct loop *loop;
    struct channel *channel;
};

struct forward {
    struct service of;
    const char *peer;
    struct method *methods; /* as the service's own, but for the handlers */
    uint32_t worker_count;
    struct worker_channel workers[];
};

static struct channel *channel_here(const struct forward *forward)
{
    const struct loop *loop = sched_loop(sched_current());
    uint32_t i = 0;
    while (i < forward->worker_count && forward->workers[i].loop != loop)
        i++;
    assert(i < forward->worker_count);
    return forward->workers[i].channel;
}

/* ---- how the peer failed ---- */

bool forward_unreached(const char *peer, const char *method, const struct call_status *status)
{
    if (status->code != CODE_UNAUTHENTICATED &&
        (status->code != CODE_UNAVAILABLE || status->detail))
        return false;
    log_event(LOG_WARN, "peer.fail", log_str("service.name", peer), log_str("rpc.method", method),
              log_str("event.reason", code_name(status->code)),
              log_str("error.message", status->message));
    return true;
}

/* The peer is there or not, but its answer is none: the caller may try again soon. */
static int fail_unreached(struct call *call, const char *peer)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    detail.reason = (char *)"PEER_UNAVAILABLE";
    detail.retry_after_ms = FORWARD_RETRY_AFTER_MS;
    return call_fail(call, CODE_UNAVAILABLE, &detail, "the %s service is not reached right now",
                     peer);
}

/* What the peer said is what the caller gets. But a peer that does not know this process has said
 * nothing about the caller, whose own token is good. */
static int fail(struct call *call, const struct call_status *status)
{
    const struct forward *forward = call_state(call);
    if (forward_unreached(forward->peer, call->route->method->name, status))
        return fail_unreached(call, forward->peer);
    return call_fail(call, status->code, status->detail, "%s", status->message);
}

/* ---- handlers ---- */

static struct channel_request request_of(const struct call *call, const void *request)
{
    return (struct channel_request){
        .service = call->route->service->descriptor,
        .method = call->route->descriptor,
        .message = request,
        .identity = &call->identity,
        .metadata = call->received,
        .trace = &call->trace,
        .idempotent = call->route->method->safe,
        .deadline_ns = call->deadline_ns,
    };
}

/* What the peer's handler answered beside its message is this call's. */
static void take_metadata(struct call *call, const struct metadata *answered)
{
    for (uint32_t i = 0; answered && i < answered->count; i++) {
        const struct metadata_field *field = &answered->fields[i];
        (void)(field->trailing ? call_answer_trailer(call, field->name, field->value)
                               : call_answer_metadata(call, field->name, field->value));
    }
}

static int forward_unary(struct call *call, const void *request, void *response)
{
    const struct channel_request r = request_of(call, request);
    const ProtobufCMessage *answer;
    struct call_status status;
    int err = channel_call(channel_here(call_state(call)), &r, call->arena, &answer, &status);
    take_metadata(call, status.answered);
    if (err)
        return fail(call, &status);
    /* Both lie in the call's arena: what the answer points to needs no copy. */
    memcpy(response, answer, r.method->output->sizeof_message);
    return 0;
}

static int forward_stream(struct call *call, const void *request, void *response)
{
    const struct channel_request r = request_of(call, request);
    struct channel_stream *stream;
    struct call_status status = {.message = ""};
    struct arena arena; /* of one message */
    int err = channel_stream(channel_here(call_state(call)), &r, &stream, &status);
    if (err)
        return fail(call, &status);
    arena_init(&arena, 8 * (size_t)CALL_RESPONSE_MAX);
    while (!err) {
        const ProtobufCMessage *message;
        arena_reset(&arena);
        err = channel_stream_next(stream, &arena, &message, &status, call->deadline_ns);
        if (!err)
            err = call_send(call, message, call->deadline_ns);
        else if (err == ERR_CLOSED)
            break;
    }
    if (err == ERR_CLOSED && status.code != CODE_OK)
        err = fail(call, &status);
    else if (err == ERR_CLOSED)
        err = 0;
    channel_stream_free(stream);
    arena_release(&arena);
    return err;
}

/* ---- life ---- */

static int copy_methods(struct forward *forward)
{
    const struct service *of = &forward->of;
    forward->methods = calloc(of->method_count, sizeof(*forward->methods));
    if (!forward->methods)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < of->method_count; i++) {
        struct method *method = &forward->methods[i];
        *method = of->methods[i];
        method->handle = method_streams_answer(method) ? forward_stream : forward_unary;
    }
    return 0;
}

struct opening {
    const struct remote_options *options;
    struct worker_channel *here;
    int err;
};

static void open_here(void *arg)
{
    struct opening *opening = arg;
    opening->err = remote_new(opening->options, &opening->here->channel);
}

static void close_here(void *arg)
{
    struct worker_channel *here = arg;
    channel_free(here->channel);
}

int forward_new(const struct service *of, const char *peer, const struct remote_options *options,
                struct worker *const *workers, uint32_t worker_count, struct forward **ret_forward)
{
    struct forward *forward =
        calloc(1, sizeof(*forward) + worker_count * sizeof(forward->workers[0]));
    if (!forward)
        return ERR_NO_MEMORY;
    forward->of = *of;
    forward->peer = peer;
    int err = copy_methods(forward);
    for (uint32_t i = 0; i < worker_count && !err; i++) {
        struct worker_channel *here = &forward->workers[forward->worker_count++];
        struct opening opening = {.options = options, .here = here};
        here->worker = workers[i];
        here->loop = worker_loop(workers[i]);
        err = worker_call(workers[i], open_here, &opening);
        err = err ? err : opening.err;
    }
    if (err) {
        forward_free(forward);
        return err;
    }
    *ret_forward = forward;
    return 0;
}

void forward_free(struct forward *forward)
{
    if (!forward)
        return;
    for (uint32_t i = 0; i < forward->worker_count; i++) {
        int err = worker_call(forward->workers[i].worker, close_here, &forward->workers[i]);
        assert(err == 0); /* calls have ended: a worker has fibers left */
    }
    free(forward->methods);
    free(forward);
}

struct service forward_service(struct forward *forward)
{
    return (struct service){
        .descriptor = forward->of.descriptor,
        .methods = forward->methods,
        .method_count = forward->of.method_count,
        .state = forward,
    };
}
