/* Lines that another process keeps: calls are brought to it, and what it tells everybody is shown
 * here. */
#include "call/client.h"
#include "call/forward.h"
#include "err/err.h"
#include "svc/waitroom/lease.h"
#include "token/roles.h"

#define POLL_MS      10
#define MIRROR_ARENA (1u << 20)
#define QUIET_MS     1000  /* how often a quiet stream is looked at */
#define SILENT_MS    20000 /* a stream tells at least every BOARD_KEEPALIVE_MS that it lives */
#define CAME_FROM    VIEW_LIT("usher-forwarded")

/* ---- calls ---- */

static int away_unavailable(struct call *call)
{
    return room_refused(call, ERR_UNAVAILABLE);
}

static bool is_there(struct waitroom *room, const char *url)
{
    char now[WAYS_URL_MAX + 1];
    room_holder(room, now);
    return !room_keeps(room) && strcmp(now, url) == 0;
}

struct holding {
    struct waitroom *room;
    const char *url;
};

static bool still_there(void *arg)
{
    const struct holding *holding = arg;
    return is_there(holding->room, holding->url);
}

/* Once. ERR_UNAVAILABLE: nobody knows whether it was done. */
static int ask_there(struct call *call, const char *url, const void *request, void *response,
                     struct call_status *ret_status)
{
    struct waitroom *room = call_state(call);
    struct holding holding = {room, url};
    struct metadata *metadata = NULL;
    const ProtobufCMessage *answer;
    struct channel *channel = room_enter_way(room, url);
    if (!channel)
        return call_status_set(ret_status, CODE_UNAVAILABLE, "no channel");
    if (metadata_add(&metadata, call_arena(call), CAME_FROM, VIEW_LIT("1")) != 0) {
        room_leave_way(room, channel);
        return call_status_set(ret_status, CODE_RESOURCE_EXHAUSTED, "no memory");
    }
    const struct channel_request r = {.service = call->route->service->descriptor,
                                      .method = call->route->descriptor,
                                      .message = request,
                                      .identity = &call->identity,
                                      .metadata = metadata,
                                      .trace = trace_here(),
                                      .still = still_there,
                                      .still_arg = &holding,
                                      .deadline_ns = call->deadline_ns};
    const int err = channel_call(channel, &r, call_arena(call), &answer, ret_status);
    room_leave_way(room, channel);
    if (err == 0) /* both lie in the call's arena: what the answer points to needs no copy */
        memcpy(response, answer, r.method->output->sizeof_message);
    return err;
}

int waitroom_here_or_away(struct call *call, const void *request, void *response)
{
    struct waitroom *room = call_state(call);
    const struct method *method = room_method(room, call->route->method);
    char url[WAYS_URL_MAX + 1];
    struct call_status status;
    int64_t until_ns = deadline_after_ms(fiber_now_ns(), LEASE_WAIT_MS);
    if (until_ns > call->deadline_ns)
        until_ns = call->deadline_ns;
    for (;;) {
        if (room_keeps(room))
            return method->handle(call, request, response);
        if (call_metadata(call, CAME_FROM).len > 0)
            return away_unavailable(call); /* two who each think that the other keeps */
        room_holder(room, url);
        const int err = url[0] ? ask_there(call, url, request, response, &status) : 0;
        if (url[0] && err == 0)
            return 0;
        const bool unreached = url[0] && forward_unreached("waitroom", method->name, &status);
        if (url[0] && !unreached)
            return call_fail(call, status.code, status.detail, "%s", status.message);
        /* It changes hands. All but CreateSale may be asked twice. */
        if ((unreached && method->handle == waitroom_create_sale) || fiber_now_ns() >= until_ns ||
            fiber_sleep_until(deadline_after_ms(fiber_now_ns(), POLL_MS)) != 0)
            return away_unavailable(call);
    }
}

/* ---- what is told ---- */

static void show(struct keeper *keeper, struct channel *channel, const char *url)
{
    static const struct identity peer = {.roles = ROLE_PEER};
    Usher__V1__WatchLineRequest wish = USHER__V1__WATCH_LINE_REQUEST__INIT;
    const Usher__V1__SaleStatus *status;
    const ProtobufCMessage *message;
    struct channel_stream *stream;
    struct client client;
    struct arena arena;
    int err = 0;
    int64_t heard_ns = fiber_now_ns(), looked_ns = heard_ns;
    arena_init(&arena, MIRROR_ARENA);
    wish.sale_id = keeper->sale.sale_id;
    client_init(&client, channel, &usher__v1__waitroom_service__descriptor, &arena);
    client.identity = &peer;
    client.timeout_ms = 0; /* it goes on for as long as there is something to see */
    if (client_stream(&client, Usher__V1__WaitroomService, watch_line, &wish, &status, &stream) ==
        0) {
        while ((err == 0 || err == ERR_TIMEOUT) && !fiber_cancelled() &&
               is_there(keeper->room, url) && fiber_now_ns() - heard_ns < SILENT_MS * NS_PER_MS) {
            arena_reset(&arena);
            /* Who may be told is for this process to know, and may change while it shows. */
            if (fiber_now_ns() - looked_ns >= QUIET_MS * NS_PER_MS) {
                keeper_hear(keeper);
                looked_ns = fiber_now_ns();
            }
            err = channel_stream_next(stream, &arena, &message, &client.status,
                                      deadline_after_ms(fiber_now_ns(), QUIET_MS));
            if (err == 0) {
                heard_ns = fiber_now_ns();
                (void)board_publish(keeper->board, (const Usher__V1__SaleStatus *)message);
            }
        }
        channel_stream_free(stream);
    }
    arena_release(&arena);
}

void keeper_mirror(struct keeper *keeper)
{
    char url[WAYS_URL_MAX + 1];
    room_holder(keeper->room, url);
    struct channel *channel =
        url[0] && !room_keeps(keeper->room) ? room_enter_way(keeper->room, url) : NULL;
    if (!channel)
        return;
    show(keeper, channel, url);
    room_leave_way(keeper->room, channel);
}
