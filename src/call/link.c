#include "call/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "call/limits.h"
#include "call/reader.h"
#include "err/err.h"
#include "net/connect.h"

void link_touch(struct link *link)
{
    if (link->posted)
        return;
    link->posted = true;
    loop_post(link->loop, &link->flush);
}

void link_wake(struct link *link)
{
    if (link->waiting_count > 0 && (!link->h2 || h2_may_request(link->h2)))
        waitlist_wake_one(&link->waiting);
}

/* ---- input and output, on the loop ---- */

static void receive(struct link *link)
{
    for (int i = 0; i < LINK_READS_TURN && !link->failed; i++) {
        size_t len;
        int err = net_read(&link->stream, link->read_bytes, LINK_READ_BYTES, &len);
        if (err == ERR_BUSY)
            break;
        if (err)
            link->failed = true;
        else
            h2_receive(link->h2, view_of(link->read_bytes, len), loop_now_ns(link->loop));
    }
    /* The server's SETTINGS may have come. */
    link_wake(link);
}

static void put_out(struct link *link)
{
    struct view piece;
    while (!link->failed && h2_output(link->h2, &piece)) {
        size_t len;
        int err = net_write(&link->stream, &piece, 1, &len);
        if (err == ERR_BUSY)
            return;
        if (err)
            link->failed = true;
        else
            h2_sent(link->h2, len);
    }
}

/* Nobody gets an answer any more: every reader learns it by its closed event. */
static void fail(struct link *link)
{
    link->failed = true;
    h2_free(link->h2);
    link->h2 = NULL;
    net_stream_close(&link->stream);
    waitlist_wake_all(&link->waiting);
}

static void on_flush(struct loop_task *task)
{
    struct link *link = list_of(task, struct link, flush);
    link->posted = false;
    if (link->h2) {
        put_out(link);
        if (link->stream.may_read && !link->failed)
            receive(link);
        if (link->failed || (h2_wants_close(link->h2) && h2_unsent(link->h2) == 0))
            fail(link);
        else if (link->stream.may_read || (h2_unsent(link->h2) > 0 && link->stream.may_write))
            link_touch(link);
    }
    if (link->waiter)
        fiber_unpark(link->waiter);
}

static void on_ready(struct net_stream *stream)
{
    struct link *link = list_of(stream, struct link, stream);
    if (!link->ready) {
        if (link->waiter)
            fiber_unpark(link->waiter);
        return;
    }
    receive(link);
    link_touch(link);
}

static void on_tick(struct loop_timer *timer)
{
    struct link *link = list_of(timer, struct link, tick);
    int64_t now_ns = loop_now_ns(link->loop);
    if (!link->h2)
        return;
    if (h2_due_ns(link->h2) <= now_ns)
        h2_tick(link->h2, now_ns);
    link_touch(link);
    loop_arm(link->loop, &link->tick, now_ns + LINK_TICK_MS * NS_PER_MS);
}

/* ---- opening ---- */

/* http://HOST:PORT or https://HOST:PORT, with nothing behind but a slash; http://unix:PATH. */
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
    if (!err && net_host_is_unix(*ret_host)) {
        *ret_authority = VIEW_LIT("localhost");
        return secure ? ERR_INVALID : 0;
    }
    return !err && *ret_port == 0 ? ERR_INVALID : err;
}

/* Files that cannot be used are named in ret_why. */
static int open_tls(struct link *link, const struct remote_options *options,
                    char ret_why[NET_TLS_WHY_MAX])
{
    int err = net_tls_new_client(options->tls_ca_path, &link->tls);
    if (err == ERR_INVALID && options->tls_ca_path)
        (void)net_tls_check_client(options->tls_ca_path, ret_why);
    if (err || !options->tls_cert_path)
        return err;
    err = net_tls_show(link->tls, options->tls_cert_path, options->tls_key_path);
    if (err)
        (void)net_tls_check_server(options->tls_cert_path, options->tls_key_path, ret_why);
    return err;
}

static int take_memory(struct link *link, struct view authority)
{
    link->authority = strndup(authority.at, authority.len);
    link->read_bytes = malloc(LINK_READ_BYTES);
    return link->authority && link->read_bytes ? 0 : ERR_NO_MEMORY;
}

static int connect_socket(struct link *link, const struct remote_options *options, struct view host,
                          uint16_t port, int64_t deadline_ns)
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
    return net_stream_open(&link->stream, link->loop, fd, link->tls, name, on_ready);
}

static int shake_hands(struct link *link, int64_t deadline_ns)
{
    int err;
    link->waiter = fiber_self();
    while ((err = net_handshake(&link->stream)) == ERR_BUSY) {
        err = fiber_park(deadline_ns);
        if (err)
            break;
    }
    link->waiter = NULL;
    if (!err && link->tls && !view_eq(net_protocol(&link->stream), VIEW_LIT("h2")))
        err = ERR_IO;
    return err;
}

static int start_h2(struct link *link)
{
    struct h2_limits limits = {.streams_max = LINK_STREAMS_MAX, .copied_max = LINK_ANSWER_MAX};
    int64_t now_ns = loop_now_ns(link->loop);
    int err = h2_new(H2_CLIENT, &limits, &reader_events, link, now_ns, &link->h2);
    if (!err)
        err = loop_arm(link->loop, &link->tick, now_ns + LINK_TICK_MS * NS_PER_MS);
    if (!err) {
        link->ready = true;
        link_touch(link);
    }
    return err;
}

/* What is wrong with the other side's certificate, or with how it speaks TLS. */
static int explain(const struct link *link, struct view host, int err,
                   char ret_why[NET_TLS_WHY_MAX])
{
    char name[NET_HOST_MAX + 1];
    if (link->tls && err == ERR_IO) {
        snprintf(name, sizeof(name), "%.*s", VIEW_ARG(host));
        net_why(&link->stream, name, ret_why);
    }
    return err;
}

int link_open(const struct remote_options *options, int64_t deadline_ns,
              char ret_why[NET_TLS_WHY_MAX], struct link **ret_link)
{
    struct view authority, host;
    uint16_t port;
    bool secure;
    assert(fiber_self());
    ret_why[0] = '\0';
    if (split_url(options->url, &secure, &authority, &host, &port))
        return ERR_INVALID;
    struct link *link = calloc(1, sizeof(*link));
    if (!link)
        return ERR_NO_MEMORY;
    link->loop = sched_loop(sched_current());
    link->secure = secure;
    link->flush.run = on_flush;
    link->tick.fire = on_tick;
    waitlist_init(&link->waiting);
    int err = take_memory(link, authority);
    if (!err && secure)
        err = open_tls(link, options, ret_why);
    if (!err)
        err = connect_socket(link, options, host, port, deadline_ns);
    if (!err)
        err = explain(link, host, shake_hands(link, deadline_ns), ret_why);
    if (!err)
        err = start_h2(link);
    if (err) {
        link_close(link);
        return err;
    }
    *ret_link = link;
    return 0;
}

bool link_is_open(const struct link *link)
{
    return link->h2 && !link->failed && !link->retired;
}

void link_close(struct link *link)
{
    if (!link)
        return;
    assert(link->waiting_count == 0);
    loop_disarm(link->loop, &link->tick);
    h2_free(link->h2);
    link->h2 = NULL;
    net_stream_close(&link->stream);
    /* A flush that is with the loop still looks at the struct. */
    link->waiter = fiber_self();
    while (link->posted)
        fiber_park_deaf();
    net_tls_free(link->tls);
    free(link->authority);
    free(link->read_bytes);
    free(link);
}
