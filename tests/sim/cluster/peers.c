/* The wire between two processes, as of calls over a connection: in order, never twice; late, lost
 * with their connection, and cut one way or both. */
#include <stdlib.h>

#include "codec/proto.h"
#include "err/err.h"
#include "sim/cluster/cluster.h"

#define ARENA_MAX  (8u << 20)
#define BYTES_MAX  (4u << 20)
#define LOOK_MS    20
#define SILENCE_MS 5000 /* a connection over which nothing comes is given up */
#define STREAM_MS  100  /* how often the reader of a stream looks whether it is still connected */

struct peer {
    struct channel channel;
    struct process *from;
    uint32_t to; /* its number */
};

static struct process *find(struct cluster *cluster, uint32_t number)
{
    for (uint32_t i = 0; i < CLUSTER_PROCESSES_MAX; i++) {
        struct process *process = cluster->processes[i];
        if (process && process->number == number && !process->dead && !process->leaving)
            return process;
    }
    return NULL;
}

static bool is_cut(const struct cluster *cluster, uint32_t from, uint32_t to)
{
    return cluster->peers_cut_until_ns[from][to] > fiber_now_ns();
}

static int not_reached(struct call_status *ret_status)
{
    return call_status_set(ret_status, CODE_UNAVAILABLE, "the other process is not reached");
}

/* ---- a call ---- */

/* It lives until both ends have done with it: the caller may long have given it up. */
struct parcel {
    struct cluster *cluster;
    uint32_t from_slot, to;
    uint32_t holders;
    const ProtobufCServiceDescriptor *service;
    const ProtobufCMethodDescriptor *method;
    struct identity identity;
    int64_t deadline_ns;
    int64_t delay_ms; /* of its answer */
    struct buf request, answer;
    enum code code;
    bool done;
    struct fiber *caller; /* waits; or NULL */
};

static void let_go(struct parcel *parcel)
{
    if (--parcel->holders > 0)
        return;
    buf_release(&parcel->request);
    buf_release(&parcel->answer);
    free(parcel);
}

/* False: cut for longer than a connection lasts. */
static bool cross(struct cluster *cluster, uint32_t from_slot, uint32_t to_slot)
{
    const int64_t until_ns = deadline_after_ms(fiber_now_ns(), SILENCE_MS);
    while (is_cut(cluster, from_slot, to_slot) && fiber_now_ns() < until_ns)
        stage_sleep(LOOK_MS);
    return !is_cut(cluster, from_slot, to_slot);
}

static void handle(struct parcel *parcel, struct process *there)
{
    struct arena arena;
    ProtobufCMessage *asked;
    const ProtobufCMessage *answer;
    struct call_status status;
    arena_init(&arena, ARENA_MAX);
    int err = proto_unpack(parcel->method->input, buf_view(&parcel->request), &arena, &asked);
    assert(err == 0);
    const struct channel_request request = {
        .service = parcel->service,
        .method = parcel->method,
        .message = asked,
        .identity = &parcel->identity,
        .deadline_ns = parcel->deadline_ns,
    };
    err = channel_call(there->peers, &request, &arena, &answer, &status);
    parcel->code = status.code;
    if (err == 0)
        err = proto_pack(answer, &parcel->answer);
    assert(err == 0 || parcel->code != CODE_OK);
    arena_release(&arena);
}

static void deliver(void *arg)
{
    struct parcel *parcel = arg;
    struct cluster *cluster = parcel->cluster;
    struct process *there = find(cluster, parcel->to);
    const uint32_t slot = there ? there->slot : 0;
    parcel->code = CODE_UNAVAILABLE;
    if (there && cross(cluster, parcel->from_slot, slot))
        there = find(cluster, parcel->to);
    else
        there = NULL;
    if (there) {
        there->visitors++;
        if (cluster_await(there))
            handle(parcel, there);
        if (!cluster_await(there))
            parcel->code = CODE_UNAVAILABLE;
        there->visitors--;
        stage_sleep(parcel->delay_ms);
        if (!cross(cluster, slot, parcel->from_slot))
            parcel->code = CODE_UNAVAILABLE;
    }
    parcel->done = true;
    if (parcel->caller)
        fiber_unpark(parcel->caller);
    let_go(parcel);
}

static struct parcel *post(struct peer *peer, const struct channel_request *request)
{
    struct cluster *cluster = peer->from->cluster;
    const uint32_t delay_ms = (uint32_t)cluster->weather.delay_max_ms + 1;
    struct parcel *parcel = calloc(1, sizeof(*parcel));
    assert(parcel && request->identity);
    *parcel = (struct parcel){
        .cluster = cluster,
        .from_slot = peer->from->slot,
        .to = peer->to,
        .holders = 2,
        .service = request->service,
        .method = request->method,
        .identity = *request->identity,
        .deadline_ns = request->deadline_ns,
        .delay_ms = cluster_below(cluster, delay_ms),
    };
    buf_init(&parcel->request, BYTES_MAX);
    buf_init(&parcel->answer, BYTES_MAX);
    int err = proto_pack(request->message, &parcel->request);
    assert(err == 0);
    cluster->counts->forwarded++;
    cluster_post(cluster, cluster_below(cluster, delay_ms), deliver, parcel);
    return parcel;
}

/* Until the answer is there, or there is no use in waiting. */
static void await_answer(const struct peer *peer, const struct channel_request *request,
                         struct parcel *parcel)
{
    while (!parcel->done && !peer->from->dead && fiber_now_ns() < request->deadline_ns &&
           (!request->still || request->still(request->still_arg)) && !fiber_cancelled()) {
        const int64_t look_ns = deadline_after_ms(fiber_now_ns(), CHANNEL_LOOK_MS);
        parcel->caller = fiber_self();
        (void)fiber_park(look_ns < request->deadline_ns ? look_ns : request->deadline_ns);
        parcel->caller = NULL;
    }
}

static int call(struct channel *channel, const struct channel_request *request, struct arena *arena,
                const ProtobufCMessage **ret_response, struct call_status *ret_status)
{
    struct peer *peer = (struct peer *)channel;
    struct cluster *cluster = peer->from->cluster;
    ProtobufCMessage *answer = NULL;
    if (!cluster_await(peer->from))
        return not_reached(ret_status);
    struct parcel *parcel = post(peer, request);
    await_answer(peer, request, parcel);
    const bool heard = cluster_await(peer->from) && parcel->done &&
                       !cluster_happens(cluster, cluster->weather.lost_ppm);
    const enum code code = heard ? parcel->code : CODE_UNAVAILABLE;
    int err = 0;
    if (code == CODE_OK)
        err = proto_unpack(request->method->output, buf_view(&parcel->answer), arena, &answer);
    assert(err == 0);
    let_go(parcel);
    cluster->counts->forwarded_lost += code != CODE_OK;
    if (code != CODE_OK)
        return call_status_set(ret_status, code, "the other process is not reached, or refuses");
    *ret_response = answer;
    return call_status_set(ret_status, CODE_OK, "");
}

/* ---- a stream ---- */

struct peer_stream {
    struct channel_stream stream;
    struct channel_stream *inner; /* NULL: the connection is broken */
    struct process *from, *there;
};

static void break_off(struct peer_stream *s)
{
    if (!s->inner)
        return;
    channel_stream_free(s->inner);
    s->inner = NULL;
    s->there->visitors--;
}

/* Whether the other end is still there to send; who is paused does not notice, but is in nobody's
 * way. */
static bool is_whole(struct peer_stream *s)
{
    if (s->inner && (s->there->leaving || s->there->dead || s->from->dead || fiber_cancelled()))
        break_off(s);
    return s->inner != NULL;
}

/* Not for long, and not at all for a fiber that is cancelled. */
static void look_again(void)
{
    (void)fiber_sleep_until(deadline_after_ms(fiber_now_ns(), LOOK_MS));
}

static void pause_with(struct peer_stream *s)
{
    const struct process *from = s->from;
    while (is_whole(s) &&
           (from->paused_until_ns > fiber_now_ns() || s->there->paused_until_ns > fiber_now_ns()))
        look_again();
}

static int next(struct channel_stream *stream, struct arena *arena,
                const ProtobufCMessage **ret_message, struct call_status *ret_status,
                int64_t deadline_ns)
{
    struct peer_stream *s = (struct peer_stream *)stream;
    struct cluster *cluster = s->from->cluster;
    int err = ERR_TIMEOUT;
    int64_t heard_ns = fiber_now_ns();
    while (err == ERR_TIMEOUT && is_whole(s)) {
        const int64_t now_ns = fiber_now_ns(), look_ns = deadline_after_ms(now_ns, STREAM_MS);
        const bool cut = is_cut(cluster, s->there->slot, s->from->slot);
        pause_with(s);
        if (now_ns >= deadline_ns)
            return ERR_TIMEOUT;
        if (!cut)
            heard_ns = now_ns;
        else if (now_ns - heard_ns > SILENCE_MS * NS_PER_MS)
            break_off(s);
        if (s->inner && cut)
            look_again();
        else if (s->inner)
            err = channel_stream_next(s->inner, arena, ret_message, ret_status,
                                      look_ns < deadline_ns ? look_ns : deadline_ns);
    }
    if (err == 0 && cluster_happens(cluster, cluster->weather.lost_ppm))
        break_off(s);
    if (!s->inner) {
        (void)not_reached(ret_status);
        return ERR_CLOSED;
    }
    return err;
}

static void free_stream(struct channel_stream *stream)
{
    struct peer_stream *s = (struct peer_stream *)stream;
    break_off(s);
    free(s);
}

static const struct channel_stream_ops stream_ops = {.next = next, .free = free_stream};

static int stream(struct channel *channel, const struct channel_request *request,
                  struct channel_stream **ret_stream, struct call_status *ret_status)
{
    struct peer *peer = (struct peer *)channel;
    struct cluster *cluster = peer->from->cluster;
    const bool alive = cluster_await(peer->from);
    struct process *there = alive ? find(cluster, peer->to) : NULL;
    if (!there || is_cut(cluster, peer->from->slot, there->slot) ||
        there->paused_until_ns > fiber_now_ns() ||
        cluster_happens(cluster, cluster->weather.lost_ppm))
        return not_reached(ret_status);
    struct peer_stream *s = calloc(1, sizeof(*s));
    assert(s);
    *s = (struct peer_stream){
        .stream = {&stream_ops, request->method->output}, .from = peer->from, .there = there};
    int err = channel_stream(there->peers, request, &s->inner, ret_status);
    if (err) {
        free(s);
        return err;
    }
    there->visitors++;
    *ret_stream = &s->stream;
    return 0;
}

/* ---- making one ---- */

static void free_peer(struct channel *channel)
{
    free(channel);
}

int cluster_open_peer(void *state, const char *url, struct channel **ret_channel)
{
    static const struct channel_ops ops = {.call = call, .stream = stream, .free = free_peer};
    struct peer *peer = calloc(1, sizeof(*peer));
    assert(peer);
    *peer = (struct peer){.channel = {&ops}, .from = state, .to = cluster_number(url)};
    assert(peer->to > 0);
    *ret_channel = &peer->channel;
    return 0;
}
