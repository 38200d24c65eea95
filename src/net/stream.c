#include "net/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "err/err.h"
#include "mem/list.h"
#include "net/address.h"

#define TLS_GATHER (16u << 10) /* bytes made one record: the largest TLS has (RFC 8446, 5.1) */

static void on_ready(struct loop_io *io, unsigned events)
{
    struct net_stream *s = list_of(io, struct net_stream, io);
    if (events & (LOOP_READ | LOOP_HANGUP))
        s->may_read = true;
    if (events & (LOOP_WRITE | LOOP_HANGUP))
        s->may_write = true;
    if (events & LOOP_HANGUP)
        s->hangup = true;
    s->ready(s);
}

int net_stream_open(struct net_stream *stream, struct loop *loop, int fd, struct net_tls *tls,
                    const char *server_name, void (*ready)(struct net_stream *stream))
{
    *stream = (struct net_stream){
        .io = {.fd = fd, .ready = on_ready},
        .loop = loop,
        .ready = ready,
        .may_read = true,
        .may_write = true,
    };
    int err = tls ? net_tls_start(tls, fd, server_name, &stream->tls) : 0;
    if (!err)
        err = loop_watch(loop, &stream->io);
    if (err) {
        SSL_free(stream->tls);
        close(fd);
        *stream = (struct net_stream){0};
    }
    return err;
}

void net_stream_close(struct net_stream *stream)
{
    if (!net_stream_is_open(stream))
        return;
    loop_unwatch(stream->loop, &stream->io);
    SSL_free(stream->tls);
    close(stream->io.fd);
    *stream = (struct net_stream){0};
}

bool net_stream_is_open(const struct net_stream *stream)
{
    return stream->loop;
}

/* What a failed call of OpenSSL means. */
static int tls_failure(struct net_stream *s, int returned)
{
    int why = SSL_get_error(s->tls, returned);
    if (why == SSL_ERROR_WANT_READ) {
        s->may_read = false;
        return ERR_BUSY;
    }
    if (why == SSL_ERROR_WANT_WRITE) {
        s->may_write = false;
        return ERR_BUSY;
    }
    s->tls_reason = ERR_GET_REASON(ERR_peek_last_error());
    ERR_clear_error();
    if (why == SSL_ERROR_ZERO_RETURN)
        return ERR_CLOSED;
    s->broken = true;
    return ERR_IO;
}

static int tls_read(struct net_stream *s, void *at, size_t room, size_t *ret_len)
{
    int n = SSL_read(s->tls, at, room < INT_MAX ? (int)room : INT_MAX);
    if (n <= 0)
        return tls_failure(s, n);
    *ret_len = (size_t)n;
    return 0;
}

/* recv(2) with what its results mean. */
static int receive(struct net_stream *stream, void *at, size_t room, int flags, size_t *ret_len)
{
    ssize_t n;
    do {
        n = recv(stream->io.fd, at, room, flags);
    } while (n < 0 && errno == EINTR);
    if (n == 0)
        return ERR_CLOSED;
    if (n < 0 && errno == EAGAIN) {
        stream->may_read = false;
        return ERR_BUSY;
    }
    if (n < 0) {
        stream->broken = true;
        return ERR_IO;
    }
    *ret_len = (size_t)n;
    return 0;
}

int net_read(struct net_stream *stream, void *at, size_t room, size_t *ret_len)
{
    assert(room > 0);
    if (stream->broken)
        return ERR_IO;
    if (stream->tls)
        return tls_read(stream, at, room, ret_len);
    if (!stream->may_read)
        return ERR_BUSY;
    int err = receive(stream, at, room, 0, ret_len);
    /* Less than asked for: the kernel has no more, and will say when it has (epoll(7), question
     * 9); but it says only once that the other side has finished. */
    if (!err && *ret_len < room && !stream->hangup)
        stream->may_read = false;
    return err;
}

int net_peek(struct net_stream *stream, void *at, size_t room, size_t *ret_len)
{
    return stream->may_read ? receive(stream, at, room, MSG_PEEK, ret_len) : ERR_BUSY;
}

int net_skip(struct net_stream *stream, size_t len)
{
    uint8_t bytes[256];
    while (len > 0) {
        size_t part = len < sizeof(bytes) ? len : sizeof(bytes), got;
        int err = receive(stream, bytes, part, 0, &got);
        if (err)
            return err == ERR_BUSY ? ERR_IO : err;
        len -= got;
    }
    return 0;
}

/* Under TLS pieces are made one, so that a head and its small body are one record. */
static int tls_write(struct net_stream *s, const struct view *pieces, size_t count, size_t *ret_len)
{
    char gathered[TLS_GATHER];
    struct view all = pieces[0];
    if (count > 1 && all.len < sizeof(gathered)) {
        size_t len = 0;
        for (size_t i = 0; i < count && len < sizeof(gathered); i++) {
            size_t room = sizeof(gathered) - len;
            size_t part = pieces[i].len < room ? pieces[i].len : room;
            memcpy(gathered + len, pieces[i].at, part);
            len += part;
        }
        all = view_of(gathered, len);
    }
    if (all.len > TLS_GATHER)
        all.len = TLS_GATHER;
    int n = SSL_write(s->tls, all.at, (int)all.len);
    if (n <= 0)
        return tls_failure(s, n);
    *ret_len = (size_t)n;
    return 0;
}

int net_write(struct net_stream *stream, const struct view *pieces, size_t count, size_t *ret_len)
{
    assert(count <= NET_PIECES_MAX);
    struct iovec parts[NET_PIECES_MAX];
    struct view kept[NET_PIECES_MAX];
    size_t used = 0, total = 0;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].len == 0)
            continue;
        parts[used] = (struct iovec){(void *)pieces[i].at, pieces[i].len};
        kept[used++] = pieces[i];
        total += pieces[i].len;
    }
    assert(used > 0);
    if (stream->broken)
        return ERR_IO;
    if (stream->tls)
        return tls_write(stream, kept, used, ret_len);
    if (!stream->may_write)
        return ERR_BUSY;
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = used};
    ssize_t n;
    do {
        n = used == 1 ? send(stream->io.fd, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL)
                      : sendmsg(stream->io.fd, &message, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN) {
        stream->broken = true;
        return ERR_IO;
    }
    /* A part only: the kernel's buffer is full and it will say when there is room again. */
    if (n < 0 || (size_t)n < total)
        stream->may_write = false;
    if (n < 0)
        return ERR_BUSY;
    *ret_len = (size_t)n;
    return 0;
}

bool net_is_broken(struct net_stream *stream)
{
    int why = 0;
    socklen_t len = sizeof(why);
    if (!stream->hangup || stream->broken)
        return stream->broken;
    if (getsockopt(stream->io.fd, SOL_SOCKET, SO_ERROR, &why, &len) || why)
        stream->broken = true;
    return stream->broken;
}

bool net_is_local(const struct net_stream *stream)
{
    struct net_address address = {.len = sizeof(address.sockaddr)};
    if (getpeername(stream->io.fd, (struct sockaddr *)&address.sockaddr, &address.len) != 0)
        return false;
    return net_address_is_local(&address);
}

bool net_peer_host(const struct net_stream *stream, char *ret_text, size_t room)
{
    struct net_address address = {.len = sizeof(address.sockaddr)};
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address.sockaddr;
    const struct sockaddr_in *four = (const struct sockaddr_in *)&address.sockaddr;
    if (getpeername(stream->io.fd, (struct sockaddr *)&address.sockaddr, &address.len) != 0)
        return false;
    if (address.sockaddr.ss_family == AF_INET)
        return inet_ntop(AF_INET, &four->sin_addr, ret_text, (socklen_t)room);
    if (address.sockaddr.ss_family != AF_INET6)
        return false;
    if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        return inet_ntop(AF_INET, six->sin6_addr.s6_addr + 12, ret_text, (socklen_t)room);
    return inet_ntop(AF_INET6, &six->sin6_addr, ret_text, (socklen_t)room);
}

void net_shut_write(struct net_stream *stream)
{
    if (stream->broken)
        return;
    if (stream->tls && SSL_shutdown(stream->tls) < 0)
        ERR_clear_error();
    shutdown(stream->io.fd, SHUT_WR);
}

int net_handshake(struct net_stream *stream)
{
    if (!stream->tls)
        return 0;
    if (stream->broken)
        return ERR_IO;
    int n = SSL_do_handshake(stream->tls);
    if (n == 1)
        return 0;
    int err = tls_failure(stream, n);
    return err == ERR_CLOSED ? ERR_IO : err;
}

void net_why(const struct net_stream *stream, const char *server_name,
             char ret_why[NET_TLS_WHY_MAX])
{
    if (stream->tls)
        net_tls_explain(stream->tls, stream->tls_reason, server_name, ret_why);
    else
        snprintf(ret_why, NET_TLS_WHY_MAX, "the connection broke");
}

bool net_certified(const struct net_stream *stream, char ret_why[NET_TLS_WHY_MAX])
{
    if (stream->tls)
        return net_tls_certified(stream->tls, ret_why);
    snprintf(ret_why, NET_TLS_WHY_MAX, "the connection is not under TLS");
    return false;
}

struct view net_protocol(const struct net_stream *stream)
{
    const unsigned char *name = NULL;
    unsigned len = 0;
    if (stream->tls)
        SSL_get0_alpn_selected(stream->tls, &name, &len);
    return view_of(name, len);
}
