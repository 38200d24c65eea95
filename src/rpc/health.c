#include "rpc/health.h"

#include <stdlib.h>

#include "err/err.h"
#include "grpc/health/v1/health.pb-c.h"
#include "rpc/shard.h"

/* Lives as long as its stream. */
struct watcher {
    struct rpc_sink sink;
    struct list link;
};

static Grpc__Health__V1__HealthCheckResponse__ServingStatus status_of(const struct shard *shard,
                                                                      const char *name)
{
    if (name[0] && !routes_has_service(shard->routes, view_str(name)))
        return GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN;
    return shard->draining ? GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
                           : GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
}

static int check(struct rpc_call *call, const void *request, void *response)
{
    const Grpc__Health__V1__HealthCheckRequest *ask = request;
    Grpc__Health__V1__HealthCheckResponse *answer = response;
    answer->status = status_of(call->shard, ask->service);
    if (answer->status == GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN)
        return rpc_fail(call, RPC_NOT_FOUND, NULL, "there is no service %.100s", ask->service);
    return 0;
}

/* The status changes only once, when the server drains: nothing to say in between. */
static void on_writable(struct rpc_sink *sink)
{
}

static void on_closed(struct rpc_sink *sink)
{
    struct watcher *w = list_of(sink, struct watcher, sink);
    list_remove(&w->link);
    free(w);
}

static int watch(struct rpc_call *call, const void *request, void *response)
{
    const Grpc__Health__V1__HealthCheckRequest *ask = request;
    Grpc__Health__V1__HealthCheckResponse answer = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    answer.status = status_of(call->shard, ask->service);
    int err = rpc_call_send(call, &answer.base, rpc_call_deadline_ns(call));
    if (err)
        return err;
    struct watcher *w = calloc(1, sizeof(*w));
    if (!w)
        return ERR_NO_MEMORY;
    w->sink = (struct rpc_sink){.writable = on_writable, .closed = on_closed};
    list_append(&call->shard->watchers, &w->link);
    rpc_call_detach(call, &w->sink);
    return 0;
}

void health_drain(struct shard *shard)
{
    Grpc__Health__V1__HealthCheckResponse answer = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    struct rpc_frame *frame = NULL;
    struct list *link;
    answer.status = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING;
    rpc_frame_new(&answer.base, &frame);
    while ((link = list_take(&shard->watchers))) {
        struct watcher *w = list_of(link, struct watcher, link);
        if (frame)
            rpc_sink_push(&w->sink, frame);
        rpc_sink_end(&w->sink, RPC_UNAVAILABLE, "the server is going down");
        free(w);
    }
    rpc_frame_unref(frame);
}

static const struct rpc_method methods[] = {
    {.name = "Check", .kind = RPC_UNARY, .safe = true, .handle = check},
    {.name = "Watch", .kind = RPC_SERVER_STREAM, .handle = watch},
};

const struct rpc_service health_service = {
    .descriptor = &grpc__health__v1__health__descriptor,
    .methods = methods,
    .method_count = 2,
};
