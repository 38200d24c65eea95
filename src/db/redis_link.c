#include "db/redis_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "err/err.h"
#include "mem/list.h"
#include "net/connect.h"

#define READ_BYTES 65536
#define READS_TURN 16

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
    redisReply *reply = NULL;
    while (!link->broken) {
        if (redis_reader_next(&link->reader, &reply) != 0) {
            snprintf(link->why, sizeof(link->why),
                     "what it says is not Redis's protocol; where it wants TLS, write rediss://");
            link->broken = true;
            return;
        }
        if (!reply)
            return;
        if (link->greeting > 0) {
            link->greeting--;
            if (link->refused == 0) /* the first refusal counts */
                link->refused = redis_greeting_read(reply, link->why);
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
        if (err || redis_reader_feed(&link->reader, bytes, len) != 0)
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

static int shake_hands(struct redis_link *link, const char *host, int64_t deadline_ns)
{
    int err;
    while ((err = net_handshake(&link->stream)) == ERR_BUSY) {
        err = fiber_park(deadline_ns);
        if (err)
            break;
    }
    if (err == ERR_TIMEOUT)
        snprintf(link->why, sizeof(link->why), "it says nothing; does it speak TLS?");
    else if (err == ERR_IO)
        net_why(&link->stream, host, link->why);
    return err == ERR_IO ? ERR_DENIED : err;
}

static int say(struct redis_link *link, const struct view *words, size_t count)
{
    link->greeting++;
    return redis_format(&link->out, words, count);
}

/* AUTH, SELECT, ROLE, and a PING, which is answered whatever the server wants of us. */
static int greet(struct redis_link *link, const struct redis_target *target, const char *host,
                 enum redis_use use, int64_t deadline_ns)
{
    char number[16];
    const struct redis_login *login =
        use == REDIS_TO_A_SENTINEL ? &target->sentinels : &target->login;
    const struct view user = view_str(login->user), password = view_str(login->password);
    int err = 0;
    if (password.len && user.len)
        err = say(link, WORDS(VIEW_LIT("AUTH"), user, password));
    else if (password.len)
        err = say(link, WORDS(VIEW_LIT("AUTH"), password));
    if (err == 0 && target->number > 0 && use != REDIS_TO_A_SENTINEL) {
        snprintf(number, sizeof(number), "%u", target->number);
        err = say(link, WORDS(VIEW_LIT("SELECT"), view_str(number)));
    }
    if (err == 0 && use == REDIS_TO_ASK_A_MASTER)
        err = say(link, WORDS(VIEW_LIT("ROLE")));
    if (err == 0)
        err = say(link, WORDS(VIEW_LIT("PING")));
    redis_link_touch(link);
    while (err == 0 && link->greeting > 0 && !link->broken)
        err = fiber_park(deadline_ns);
    if (err == ERR_TIMEOUT)
        snprintf(link->why, sizeof(link->why), "it takes connections but says nothing");
    if (err == 0 && link->refused)
        return link->refused;
    if (err || !link->broken)
        return err;
    if (!link->why[0])
        net_why(&link->stream, host, link->why);
    return link->tls ? ERR_DENIED : ERR_UNAVAILABLE;
}

static int make_tls(struct redis_link *link, const struct redis_target *target)
{
    int err = net_tls_new_client(target->tls_ca[0] ? target->tls_ca : NULL, &link->tls);
    if (err == 0 && target->tls_cert[0])
        err = net_tls_show(link->tls, target->tls_cert, target->tls_key);
    if (err)
        snprintf(link->why, sizeof(link->why), "tls-ca, tls-cert or tls-key cannot be read now");
    return err;
}

static int connect_to(struct redis_link *link, const struct redis_target *target,
                      const struct redis_place *place, int64_t deadline_ns)
{
    int fd = -1;
    int err = target->secure ? make_tls(link, target) : 0;
    if (err == 0) {
        err = net_connect(view_str(place->host), place->port, NULL, deadline_ns, &fd);
        if (err)
            snprintf(link->why, sizeof(link->why), "%s",
                     err == ERR_NOT_FOUND ? "there is no host of that name"
                     : err == ERR_TIMEOUT ? "it does not answer"
                                          : strerrordesc_np(errno));
    }
    if (err)
        return err == ERR_NOT_FOUND ? ERR_UNAVAILABLE : err;
    return net_stream_open(&link->stream, link->loop, fd, link->tls, place->host, on_ready);
}

int redis_link_open(struct redis_link *link, const struct redis_target *target,
                    const struct redis_place *place, enum redis_use use, struct loop *loop,
                    void (*answer)(struct redis_link *link, redisReply *reply), int64_t deadline_ns,
                    char ret_why[NET_TLS_WHY_MAX])
{
    *link = (struct redis_link){
        .loop = loop, .flush.run = on_flush, .answer = answer, .waiter = fiber_self()};
    buf_init(&link->out, REDIS_UNSENT_MAX);
    int err = redis_reader_init(&link->reader);
    if (err == 0)
        err = connect_to(link, target, place, deadline_ns);
    if (err == 0)
        err = shake_hands(link, place->host, deadline_ns);
    if (err == 0)
        err = greet(link, target, place->host, use, deadline_ns);
    snprintf(ret_why, NET_TLS_WHY_MAX, "%s", link->why[0] ? link->why : err_text(err));
    if (err)
        redis_link_close(link);
    return err;
}

void redis_link_break(struct redis_link *link)
{
    link->broken = true;
    wake(link);
}

void redis_link_close(struct redis_link *link)
{
    if (!link->reader.hiredis)
        return;
    net_stream_close(&link->stream);
    link->waiter = fiber_self();
    while (link->posted) /* a flush that is with the loop still looks at the struct */
        fiber_park_deaf();
    net_tls_free(link->tls);
    redis_reader_release(&link->reader);
    buf_release(&link->out);
    *link = (struct redis_link){0};
}
