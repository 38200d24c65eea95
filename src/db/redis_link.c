#include "db/redis_link.h"

#include <stdio.h>
#include <stdlib.h>

#include "db/url.h"
#include "err/err.h"
#include "mem/list.h"
#include "net/connect.h"

#define REDIS_PORT    6379
#define REDIS_NUMBERS 16384
#define READ_BYTES    65536
#define READS_TURN    16

/* ---- addresses ---- */

static int set_option(struct view name, struct view value, struct redis_target *target, char *why)
{
    if (view_eq(name, VIEW_LIT("password-file")))
        return url_read_password(value, target->password, sizeof(target->password), why);
    if (view_eq(name, VIEW_LIT("tls-ca")))
        return url_decode(value, target->tls_ca, sizeof(target->tls_ca));
    snprintf(why, URL_WHY_MAX, "%.*s: the options are password-file=PATH, tls-ca=PATH",
             VIEW_ARG(name));
    return ERR_INVALID;
}

int redis_target_read(const char *url, struct redis_target *ret_target, char *ret_why)
{
    struct redis_target target = {0};
    struct url parts;
    struct view name, value;
    uint64_t number = 0;
    snprintf(ret_why, URL_WHY_MAX,
             "write redis://HOST[:PORT][/NUMBER][?password-file=PATH], or rediss://… for TLS; a "
             "password belongs into a file");
    int err = url_split(url, "redis://", &parts);
    if (err) {
        err = url_split(url, "rediss://", &parts);
        target.secure = true;
    }
    if (err || parts.host.len == 0 ||
        (parts.name.len > 0 && !view_to_u64(parts.name, REDIS_NUMBERS, &number)))
        return ERR_INVALID;
    target.number = (uint32_t)number;
    target.port = parts.port ? parts.port : REDIS_PORT;
    err = url_decode(parts.host, target.host, sizeof(target.host));
    if (err == 0)
        err = url_decode(parts.user, target.user, sizeof(target.user));
    while (err == 0 && url_option(&parts.query, &name, &value))
        err = set_option(name, value, &target, ret_why);
    snprintf(target.name, sizeof(target.name), "%s:%u", target.host, target.port);
    if (err == 0)
        *ret_target = target;
    explicit_bzero(target.password, sizeof(target.password));
    return err;
}

/* ---- words out ---- */

int redis_format(struct buf *out, const struct view *words, size_t count)
{
    int err = buf_printf(out, "*%zu\r\n", count);
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = buf_printf(out, "$%zu\r\n", words[i].len);
        if (err == 0)
            err = buf_append_view(out, words[i]);
        if (err == 0)
            err = buf_append_view(out, VIEW_LIT("\r\n"));
    }
    return err;
}

static void wake(struct redis_link *link)
{
    if (link->waiter)
        fiber_unpark(link->waiter);
}

static void put_out(struct redis_link *link)
{
    while (!link->broken && link->out.len > 0) {
        const struct view piece = buf_view(&link->out);
        size_t len = 0;
        int err = net_write(&link->stream, &piece, 1, &len);
        if (err == ERR_BUSY)
            return;
        if (err)
            link->broken = true;
        else
            buf_consume(&link->out, len);
    }
}

/* ---- answers in ---- */

static void take_answers(struct redis_link *link)
{
    void *reply = NULL;
    while (!link->broken) {
        if (redisReaderGetReply(link->reader, &reply) != REDIS_OK) {
            link->broken = true;
            return;
        }
        if (!reply)
            return;
        if (link->greeting > 0) {
            link->greeting--;
            link->denied |= ((redisReply *)reply)->type == REDIS_REPLY_ERROR;
            freeReplyObject(reply);
        } else {
            link->answer(link, reply);
        }
    }
}

static void receive(struct redis_link *link)
{
    char bytes[READ_BYTES];
    for (int i = 0; i < READS_TURN && !link->broken; i++) {
        size_t len = 0;
        int err = net_read(&link->stream, bytes, sizeof(bytes), &len);
        if (err == ERR_BUSY)
            return;
        if (err || redisReaderFeed(link->reader, bytes, len) != REDIS_OK)
            link->broken = true;
        else
            take_answers(link);
    }
}

static void on_flush(struct loop_task *task)
{
    struct redis_link *link = list_of(task, struct redis_link, flush);
    link->posted = false;
    if (net_stream_is_open(&link->stream)) {
        put_out(link);
        receive(link);
        if (!link->broken && (link->stream.may_read || (link->out.len && link->stream.may_write)))
            redis_link_touch(link);
    }
    wake(link);
}

void redis_link_touch(struct redis_link *link)
{
    if (link->posted)
        return;
    link->posted = true;
    loop_post(link->loop, &link->flush);
}

static void on_ready(struct net_stream *stream)
{
    redis_link_touch(list_of(stream, struct redis_link, stream));
}

/* ---- opening and closing ---- */

static int shake_hands(struct redis_link *link, int64_t deadline_ns)
{
    int err;
    while ((err = net_handshake(&link->stream)) == ERR_BUSY) {
        err = fiber_park(deadline_ns);
        if (err)
            break;
    }
    return err;
}

/* AUTH, SELECT, and a PING, which is answered whatever the server wants of us. */
static int greet(struct redis_link *link, const struct redis_target *target, int64_t deadline_ns)
{
    char number[16];
    const struct view user = view_str(target->user), password = view_str(target->password);
    const struct view auth[] = {VIEW_LIT("AUTH"), user, password};
    int err = 0;
    if (password.len && user.len) {
        err = redis_format(&link->out, auth, 3);
        link->greeting++;
    } else if (password.len) {
        err = redis_format(&link->out, (const struct view[]){auth[0], password}, 2);
        link->greeting++;
    }
    if (err == 0 && target->number > 0) {
        snprintf(number, sizeof(number), "%u", target->number);
        err = redis_format(&link->out, (const struct view[]){VIEW_LIT("SELECT"), view_str(number)},
                           2);
        link->greeting++;
    }
    if (err == 0)
        err = redis_format(&link->out, (const struct view[]){VIEW_LIT("PING")}, 1);
    link->greeting++;
    redis_link_touch(link);
    while (err == 0 && link->greeting > 0 && !link->broken)
        err = fiber_park(deadline_ns);
    if (err == 0 && link->denied)
        err = ERR_DENIED;
    return err == 0 && link->broken ? ERR_UNAVAILABLE : err;
}

static int connect_to(struct redis_link *link, const struct redis_target *target,
                      int64_t deadline_ns)
{
    int fd = -1;
    int err = 0;
    if (target->secure)
        err = net_tls_new_client(target->tls_ca[0] ? target->tls_ca : NULL, &link->tls);
    if (err == 0)
        err = net_connect(view_str(target->host), target->port, NULL, deadline_ns, &fd);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_UNAVAILABLE : err;
    return net_stream_open(&link->stream, link->loop, fd, link->tls, target->host, on_ready);
}

int redis_link_open(struct redis_link *link, const struct redis_target *target, struct loop *loop,
                    void (*answer)(struct redis_link *link, redisReply *reply), int64_t deadline_ns)
{
    *link = (struct redis_link){
        .loop = loop, .flush.run = on_flush, .answer = answer, .waiter = fiber_self()};
    buf_init(&link->out, REDIS_UNSENT_MAX);
    link->reader = redisReaderCreate();
    int err = link->reader ? connect_to(link, target, deadline_ns) : ERR_NO_MEMORY;
    if (err == 0)
        err = shake_hands(link, deadline_ns);
    if (err == 0)
        err = greet(link, target, deadline_ns);
    if (err)
        redis_link_close(link);
    return err;
}

void redis_link_close(struct redis_link *link)
{
    if (!link->reader)
        return;
    net_stream_close(&link->stream);
    link->waiter = fiber_self();
    while (link->posted) /* a flush that is with the loop still looks at the struct */
        fiber_park_deaf();
    net_tls_free(link->tls);
    redisReaderFree(link->reader);
    buf_release(&link->out);
    *link = (struct redis_link){0};
}
