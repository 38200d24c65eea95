/* Calls on a shard that is no more than its accounts: what heads leave behind there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "wire/health.h"
#include "wire/limits.h"
#include "wire/shard.h"

static struct shard shard;
static struct routes routes;
static struct server_options options = {.calls_max = 10, .call_max_ms = 1000};
static struct conn conn;
static uint32_t refused;

static int64_t on_head(void *user, struct h2_stream *stream, const struct head *head)
{
    return user ? exchange_head(user, stream, head) : (refused += head->status == 429, BODY_REFUSE);
}

static void on_closed(void *user, struct h2_stream *stream, uint32_t code)
{
    struct exchange *exchange = user ? h2_stream_user(stream) : NULL;
    if (exchange)
        exchange_gone(exchange);
}

static const struct h2_events events = {.head = on_head, .closed = on_closed};

static void not_run(struct loop_task *task)
{
}

static void hand_over(struct h2 *from, struct h2 *to)
{
    struct view bytes;
    while (h2_output(from, &bytes)) {
        size_t len = bytes.len;
        assert_int_equal(h2_receive(to, bytes, 0), 0);
        h2_sent(from, len);
    }
}

static void free_calls(void)
{
    struct list *link;
    while ((link = list_take(&shard.ended))) {
        struct exchange *exchange = list_of(link, struct exchange, link);
        assert_int_equal(exchange->body.len, 0);
        buf_release(&exchange->body);
        arena_release(&exchange->arena);
        free(exchange);
    }
}

/* A query that is longer than is kept, as only HTTP/2 lets it through, is refused and not counted:
 * counted, and never taken off, it would in the end be all the bytes there may be. */
static void a_query_too_long_leaves_nothing(void **state)
{
    static char path[WIRE_QUERY_MAX + 100];
    struct head_request request = {
        .method = VIEW_LIT("GET"), .authority = VIEW_LIT("h"), .path = VIEW_LIT("")};
    struct h2 *client;
    struct h2_stream *stream;
    memset(path, 'a', sizeof(path));
    static const char begin[] = "/grpc.health.v1.Health/Check?encoding=json&message=";
    memcpy(path, begin, sizeof(begin) - 1);
    request.path = view_of(path, sizeof(path));
    assert_int_equal(loop_new_virtual(16, 0, &shard.loop), 0);
    assert_int_equal(routes_init(&routes, &health_service, 1), 0);
    shard.routes = &routes;
    shard.options = &options;
    shard.flush.run = not_run;
    list_init(&shard.dirty);
    list_init(&shard.ended);
    list_init(&shard.free_calls);
    assert_int_equal(h2_new(H2_SERVER, NULL, &events, &conn, 0, &conn.h2), 0);
    assert_int_equal(h2_new(H2_CLIENT, NULL, &events, NULL, 0, &client), 0);
    conn.shard = &shard;
    conn.engine = &engine_h2;
    conn.state = CONN_SPEAKS;
    for (int i = 0; i < 3; i++)
        assert_int_equal(h2_request(client, &request, (struct body){0}, NULL, &stream), 0);
    hand_over(client, conn.h2);
    hand_over(conn.h2, client);
    assert_int_equal(refused, 3);
    assert_int_equal(shard.call_count, 3);
    assert_int_equal(shard.body_bytes, 0);
    h2_free(client);
    h2_free(conn.h2);
    free_calls();
    routes_release(&routes);
    loop_free(shard.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_query_too_long_leaves_nothing),
    };
    return cmocka_run_group_tests_name("wire/exchange", tests, NULL, NULL);
}
