/* Our channel against servers that end an answer in ways ours does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "call/client.h"
#include "call/remote.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "http/h2.h"
#include "usher/v1/ticket.pb-c.h"

/* A server of one connection that answers every call with these bytes and this grpc-status. */
struct server {
    int listener;
    char url[64];
    struct view body;
    struct view grpc_status; /* empty: the answer has no trailers */
    pthread_t thread;
};

static int64_t on_head(void *user, struct h2_stream *stream, const struct head *head)
{
    static const struct head_field type = {{"content-type", 12}, {"application/grpc", 16}};
    const struct head_answer answer = {.status = 200, .fields = &type, .field_count = 1};
    struct server *server = user;
    const struct head_field status = {VIEW_LIT("grpc-status"), server->grpc_status};
    (void)h2_begin(stream, &answer);
    (void)h2_chunk(stream, body_copied(server->body));
    (void)h2_end(stream, &status, server->grpc_status.len ? 1 : 0);
    return INT64_MAX;
}

static void on_closed(void *user, struct h2_stream *stream, uint32_t code)
{
}

static void *serve(void *arg)
{
    static const struct h2_events events = {.head = on_head, .closed = on_closed};
    struct server *server = arg;
    struct h2 *h2;
    struct view piece;
    char bytes[4096];
    int fd = accept(server->listener, NULL, NULL);
    if (fd < 0 || h2_new(H2_SERVER, NULL, &events, server, 0, &h2) != 0)
        return arg;
    for (;;) {
        while (h2_output(h2, &piece)) {
            if (send(fd, piece.at, piece.len, MSG_NOSIGNAL) != (ssize_t)piece.len)
                break;
            h2_sent(h2, piece.len);
        }
        ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
        if (n <= 0 || h2_receive(h2, view_of(bytes, (size_t)n), 0) != 0)
            break;
    }
    h2_free(h2);
    close(fd);
    return NULL;
}

static void server_start(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(server->listener, 1), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &len), 0);
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

/* What the reader saw. */
struct seen {
    const char *url;
    unsigned messages;
    int err;
    enum code code;
    char message[64];
};

static void watch(void *arg)
{
    struct seen *seen = arg;
    const struct remote_options options = {.url = seen->url};
    const Usher__V1__WatchSeatsRequest wish = USHER__V1__WATCH_SEATS_REQUEST__INIT;
    const Usher__V1__SeatsUpdate *update;
    const ProtobufCMessage *message;
    struct channel *channel;
    struct channel_stream *stream = NULL;
    struct client client;
    struct arena arena;
    arena_init(&arena, 1u << 20);
    seen->err = remote_new(&options, &channel);
    if (seen->err != 0)
        return;
    client_init(&client, channel, &usher__v1__ticket_service__descriptor, &arena);
    client.deadline_ns = deadline_after_ms(fiber_now_ns(), 5000);
    seen->err =
        client_stream(&client, Usher__V1__TicketService, watch_seats, &wish, &update, &stream);
    while (seen->err == 0) {
        seen->err =
            channel_stream_next(stream, &arena, &message, &client.status, client.deadline_ns);
        seen->messages += seen->err == 0;
    }
    seen->code = client.status.code;
    snprintf(seen->message, sizeof(seen->message), "%s", client.status.message);
    channel_stream_free(stream);
    channel_free(channel);
    arena_release(&arena);
}

static struct seen watch_answer(struct view body, struct view grpc_status)
{
    struct server server = {.body = body, .grpc_status = grpc_status};
    server_start(&server);
    struct seen seen = {.url = server.url};
    assert_int_equal(fiber_main(watch, &seen), 0);
    shutdown(server.listener, SHUT_RDWR);
    assert_int_equal(pthread_join(server.thread, NULL), 0);
    close(server.listener);
    assert_int_equal(seen.err, ERR_CLOSED);
    return seen;
}

#define MESSAGE "\0\0\0\0\2\x08\x03"

static void a_stream_that_ends_between_messages_is_ok(void **state)
{
    struct seen seen = watch_answer(VIEW_LIT(MESSAGE MESSAGE), VIEW_LIT("0"));
    assert_int_equal(seen.messages, 2);
    assert_int_equal(seen.code, CODE_OK);
}

static void a_stream_that_ends_within_a_message_is_not(void **state)
{
    const struct view cuts[] = {VIEW_LIT(MESSAGE "\0\0\0\0\2\x08"), VIEW_LIT(MESSAGE "\0\0")};
    for (size_t i = 0; i < 2; i++) {
        struct seen seen = watch_answer(cuts[i], VIEW_LIT("0"));
        assert_int_equal(seen.messages, 1);
        assert_int_equal(seen.code, CODE_INTERNAL);
        assert_non_null(strstr(seen.message, "ends within a message"));
    }
}

/* The server has said why: that is worth more than how. */
static void the_servers_own_status_goes_first(void **state)
{
    struct seen seen = watch_answer(VIEW_LIT(MESSAGE "\0\0"), VIEW_LIT("14"));
    assert_int_equal(seen.messages, 1);
    assert_int_equal(seen.code, CODE_UNAVAILABLE);
}

static void a_stream_without_a_status_is_unknown(void **state)
{
    struct seen seen = watch_answer(VIEW_LIT(MESSAGE), VIEW_LIT(""));
    assert_int_equal(seen.messages, 1);
    assert_int_equal(seen.code, CODE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_that_ends_between_messages_is_ok),
        cmocka_unit_test(a_stream_that_ends_within_a_message_is_not),
        cmocka_unit_test(the_servers_own_status_goes_first),
        cmocka_unit_test(a_stream_without_a_status_is_unknown),
    };
    return cmocka_run_group_tests_name("call/reader", tests, NULL, NULL);
}
