#include "wire/health.h"

#include <stdlib.h>

#include "err/err.h"
#include "grpc/health/v1/health.pb-c.h"
#include "wire/shard.h"

/* Lives as long as its stream. */
struct watcher {
    struct sink sink;
    struct list link;
};

/* Of the connection that asks. */
static struct shard *shard_of(struct call *call)
{
    return list_of(call, struct exchange, call)->shard;
}

static Grpc__Health__V1__HealthCheckResponse__ServingStatus status_of(const struct shard *shard,
                                                                      const char *name)
{
    if (name[0] && !routes_has_service(shard->routes, view_str(name)))
        return GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN;
    return shard->draining ? GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
                           : GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
}

static int check(struct call *call, const void *request, void *response)
{
    const Grpc__Health__V1__HealthCheckRequest *ask = request;
    Grpc__Health__V1__HealthCheckResponse *answer = response;
    answer->status = status_of(shard_of(call), ask->service);
    if (answer->status == GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN)
        return call_fail(call, CODE_NOT_FOUND, NULL, "there is no service %.100s", ask->service);
    return 0;
}

typedef Grpc__Health__V1__HealthListResponse__StatusesEntry Entry;

static int list(struct call *call, const void *request, void *response)
{
    Grpc__Health__V1__HealthListResponse *answer = response;
    struct arena *arena = call_arena(call);
    struct shard *shard = shard_of(call);
    const size_t count = shard->routes->service_count + 1; /* "" is the whole server */
    Entry **list = arena_alloc(arena, count * sizeof(Entry *));
    Entry *entries = arena_alloc(arena, count * sizeof(*entries));
    Grpc__Health__V1__HealthCheckResponse *states = arena_alloc(arena, count * sizeof(*states));
    if (!list || !entries || !states)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const char *name = i ? shard->routes->services[i - 1].descriptor->name : "";
        grpc__health__v1__health_list_response__statuses_entry__init(&entries[i]);
        grpc__health__v1__health_check_response__init(&states[i]);
        states[i].status = status_of(shard, name);
        entries[i].key = (char *)name;
        entries[i].value = &states[i];
        list[i] = &entries[i];
    }
    answer->n_statuses = count;
    answer->statuses = list;
    return 0;
}

/* The status changes only once, when the server drains: nothing to say in between. */
static void on_writable(struct sink *sink)
{
}

static void on_closed(struct sink *sink)
{
    struct watcher *w = list_of(sink, struct watcher, sink);
    list_remove(&w->link);
    free(w);
}

static int watch(struct call *call, const void *request, void *response)
{
    const Grpc__Health__V1__HealthCheckRequest *ask = request;
    Grpc__Health__V1__HealthCheckResponse answer = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    answer.status = status_of(shard_of(call), ask->service);
    int err = call_send(call, &answer.base, call_deadline_ns(call));
    if (err)
        return err;
    struct watcher *w = calloc(1, sizeof(*w));
    if (!w)
        return ERR_NO_MEMORY;
    w->sink = (struct sink){.writable = on_writable, .closed = on_closed};
    list_append(&shard_of(call)->watchers, &w->link);
    call_detach(call, &w->sink);
    return 0;
}

void health_drain(struct shard *shard)
{
    Grpc__Health__V1__HealthCheckResponse answer = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    struct frame *frame = NULL;
    struct list *link;
    answer.status = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING;
    frame_new(&answer.base, &frame);
    while ((link = list_take(&shard->watchers))) {
        struct watcher *w = list_of(link, struct watcher, link);
        if (frame)
            sink_push(&w->sink, frame);
        sink_end(&w->sink, CODE_UNAVAILABLE, "the server is going down");
        free(w);
    }
    frame_unref(frame);
}

static const struct method methods[] = {
    {.name = "Check", .kind = METHOD_UNARY, .safe = true, .handle = check},
    {.name = "List", .kind = METHOD_UNARY, .safe = true, .handle = list},
    {.name = "Watch", .kind = METHOD_SERVER_STREAM, .handle = watch},
};

const struct service health_service = {
    .descriptor = &grpc__health__v1__health__descriptor,
    .methods = methods,
    .method_count = 3,
};
