#include "rpc/channel.h"

#include <stdlib.h>
#include <unistd.h>

#include "err/err.h"
#include "net/connect.h"
#include "rpc/limits.h"
#include "rpc/reader.h"

void channel_touch(struct rpc_channel *channel)
{
    if (channel->posted)
        return;
    channel->posted = true;
    loop_post(channel->loop, &channel->flush);
}

void channel_wake(struct rpc_channel *channel)
{
    if (channel->waiting_count > 0 && (!channel->h2 || h2_may_request(channel->h2)))
        waitlist_wake_one(&channel->waiting);
}

/* ---- input and output, on the loop ---- */

static void receive(struct rpc_channel *c)
{
    for (int i = 0; i < RPC_READS_TURN && !c->failed; i++) {
        size_t len;
        int err = net_read(&c->stream, c->read_bytes, RPC_READ_BYTES, &len);
        if (err == ERR_BUSY)
            break;
        if (err)
            c->failed = true;
        else
            h2_receive(c->h2, view_of(c->read_bytes, len), loop_now_ns(c->loop));
    }
    /* The server's SETTINGS may have come. */
    channel_wake(c);
}

static void put_out(struct rpc_channel *c)
{
    struct view piece;
    while (!c->failed && h2_output(c->h2, &piece)) {
        size_t len;
        int err = net_write(&c->stream, &piece, 1, &len);
        if (err == ERR_BUSY)
            return;
        if (err)
            c->failed = true;
        else
            h2_sent(c->h2, len);
    }
}

/* Nobody gets an answer any more: every reader learns it by its closed event. */
static void fail(struct rpc_channel *c)
{
    c->failed = true;
    h2_free(c->h2);
    c->h2 = NULL;
    net_stream_close(&c->stream);
    waitlist_wake_all(&c->waiting);
}

static void on_flush(struct loop_task *task)
{
    struct rpc_channel *c = list_of(task, struct rpc_channel, flush);
    c->posted = false;
    if (c->h2) {
        put_out(c);
        if (c->stream.may_read && !c->failed)
            receive(c);
        if (c->failed || (h2_wants_close(c->h2) && h2_unsent(c->h2) == 0))
            fail(c);
        else if (c->stream.may_read || (h2_unsent(c->h2) > 0 && c->stream.may_write))
            channel_touch(c);
    }
    if (c->waiter)
        fiber_unpark(c->waiter);
}

static void on_ready(struct net_stream *stream)
{
    struct rpc_channel *c = list_of(stream, struct rpc_channel, stream);
    if (!c->ready) {
        if (c->waiter)
            fiber_unpark(c->waiter);
        return;
    }
    receive(c);
    channel_touch(c);
}

static void on_tick(struct loop_timer *timer)
{
    struct rpc_channel *c = list_of(timer, struct rpc_channel, tick);
    int64_t now_ns = loop_now_ns(c->loop);
    if (!c->h2)
        return;
    if (h2_due_ns(c->h2) <= now_ns)
        h2_tick(c->h2, now_ns);
    channel_touch(c);
    loop_arm(c->loop, &c->tick, now_ns + RPC_CHANNEL_TICK_MS * NS_PER_MS);
}

/* ---- opening ---- */

/* http://HOST:PORT or https://HOST:PORT, with nothing behind but a slash. */
static int split_url(const char *url, bool *ret_secure, struct view *ret_authority,
                     struct view *ret_host, uint16_t *ret_port)
{
    struct view v = view_str(url), http = VIEW_LIT("http://"), https = VIEW_LIT("https://");
    bool secure = view_starts(v, https);
    if (!secure && !view_starts(v, http))
        return ERR_INVALID;
    size_t skip = secure ? https.len : http.len;
    v = view_of(v.at + skip, v.len - skip);
    if (v.len && v.at[v.len - 1] == '/')
        v.len--;
    *ret_secure = secure;
    *ret_authority = v;
    int err = net_split(v, ret_host, ret_port);
    return !err && *ret_port == 0 ? ERR_INVALID : err;
}

static int copy_strings(struct rpc_channel *c, struct view authority, const char *authorization)
{
    c->authority = strndup(authority.at, authority.len);
    c->authorization = authorization ? strdup(authorization) : NULL;
    c->read_bytes = malloc(RPC_READ_BYTES);
    bool all = c->authority && c->read_bytes && (c->authorization || !authorization);
    return all ? 0 : ERR_NO_MEMORY;
}

static int connect_socket(struct rpc_channel *c, const struct rpc_channel_options *options,
                          struct view host, uint16_t port, int64_t deadline_ns)
{
    struct net_address source;
    char name[NET_HOST_MAX + 1];
    int fd;
    if (options->source_host && net_address_of(view_str(options->source_host), 0, &source))
        return ERR_INVALID;
    int err = net_connect(host, port, options->source_host ? &source : NULL, deadline_ns, &fd);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_UNAVAILABLE : err;
    memcpy(name, host.at, host.len);
    name[host.len] = '\0';
    return net_stream_open(&c->stream, c->loop, fd, c->tls, name, on_ready);
}

static int shake_hands(struct rpc_channel *c, int64_t deadline_ns)
{
    int err;
    c->waiter = fiber_self();
    while ((err = net_handshake(&c->stream)) == ERR_BUSY) {
        err = fiber_park(deadline_ns);
        if (err)
            break;
    }
    c->waiter = NULL;
    if (!err && c->tls && !view_eq(net_protocol(&c->stream), VIEW_LIT("h2")))
        err = ERR_IO;
    return err;
}

static int start_h2(struct rpc_channel *c)
{
    struct h2_limits limits = {.streams_max = RPC_CHANNEL_STREAMS_MAX,
                               .copied_max = RPC_CHANNEL_ANSWER_MAX};
    int64_t now_ns = loop_now_ns(c->loop);
    int err = h2_new(H2_CLIENT, &limits, &reader_events, c, now_ns, &c->h2);
    if (!err)
        err = loop_arm(c->loop, &c->tick, now_ns + RPC_CHANNEL_TICK_MS * NS_PER_MS);
    if (!err) {
        c->ready = true;
        channel_touch(c);
    }
    return err;
}

int rpc_channel_open(const struct rpc_channel_options *options, int64_t deadline_ns,
                     struct rpc_channel **ret_channel)
{
    struct view authority, host;
    uint16_t port;
    bool secure;
    assert(fiber_self());
    if (split_url(options->url, &secure, &authority, &host, &port))
        return ERR_INVALID;
    struct rpc_channel *c = calloc(1, sizeof(*c));
    if (!c)
        return ERR_NO_MEMORY;
    c->loop = sched_loop(sched_current());
    c->secure = secure;
    c->flush.run = on_flush;
    c->tick.fire = on_tick;
    waitlist_init(&c->waiting);
    int err = copy_strings(c, authority, options->authorization);
    if (!err && secure)
        err = net_tls_new_client(options->tls_ca_path, &c->tls);
    if (!err)
        err = connect_socket(c, options, host, port, deadline_ns);
    if (!err)
        err = shake_hands(c, deadline_ns);
    if (!err)
        err = start_h2(c);
    if (err) {
        rpc_channel_close(c);
        return err;
    }
    *ret_channel = c;
    return 0;
}

void rpc_channel_close(struct rpc_channel *channel)
{
    if (!channel)
        return;
    assert(channel->waiting_count == 0);
    loop_disarm(channel->loop, &channel->tick);
    h2_free(channel->h2);
    channel->h2 = NULL;
    net_stream_close(&channel->stream);
    /* A flush that is with the loop still looks at the struct. */
    channel->waiter = fiber_self();
    while (channel->posted)
        fiber_park_deaf();
    net_tls_free(channel->tls);
    free(channel->authority);
    free(channel->authorization);
    free(channel->read_bytes);
    free(channel);
}
