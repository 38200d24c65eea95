/* Good requests with bytes turned over at random, over both protocols: whatever comes, the server
 * answers or closes, loses nothing and goes on. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chance/chance.h"
#include "codec/envelope.h"
#include "err/err.h"
#include "http/h2.h"
#include "wire/fixture_test.h"

#define TICKET "/usher.v1.TicketService/"
#define ROUNDS 400

static struct fixture f;

static int start(void **state)
{
    fixture_start(&f, (struct server_options){0});
    return 0;
}

static int stop(void **state)
{
    fixture_stop(&f, 1000);
    return 0;
}

/* Two calls and a stream in a row, as bytes of HTTP/1.1. */
static void good_h1(struct buf *out)
{
    uint8_t head[ENVELOPE_BYTES];
    envelope_write(0, 20, head);
    assert_int_equal(
        buf_printf(out, "POST " TICKET "HoldSeats HTTP/1.1\r\nHost: localhost\r\n"
                        "Content-Type: application/json\r\nAuthorization: Bearer buyer\r\n"
                        "Connect-Timeout-Ms: 5000\r\nContent-Length: 33\r\n\r\n"
                        "{\"performanceId\":7,\"seats\":[3,4]}"
                        "GET " TICKET "ListEvents?connect=v1&encoding=json&message=%%7B%%7D "
                        "HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: \"x\"\r\n\r\n"
                        "POST " TICKET "WatchSeats HTTP/1.1\r\nHost: localhost\r\n"
                        "Content-Type: application/connect+json\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n19\r\n"),
        0);
    assert_int_equal(buf_append(out, head, sizeof(head)), 0);
    assert_int_equal(buf_printf(out, "{\"performanceId\": 3}\r\n0\r\n\r\n"), 0);
}

static int64_t ignore_head(void *user, struct h2_stream *stream, const struct head *head)
{
    return BODY_REFUSE;
}

static void ignore_closed(void *user, struct h2_stream *stream, uint32_t code)
{
}

/* The same over HTTP/2 as gRPC: preface, SETTINGS, three streams. */
static void good_h2(struct buf *out)
{
    static const struct h2_events events = {.head = ignore_head, .closed = ignore_closed};
    static const struct head_field fields[] = {
        {{"content-type", 12}, {"application/grpc", 16}},
        {{"te", 2}, {"trailers", 8}},
        {{"authorization", 13}, {"Bearer buyer", 12}},
        {{"grpc-timeout", 12}, {"5S", 2}},
    };
    static const char *const paths[] = {TICKET "HoldSeats", TICKET "WatchSeats",
                                        TICKET "GetPerformance"};
    struct h2 *h;
    struct h2_stream *stream;
    struct view v;
    assert_int_equal(h2_new(H2_CLIENT, NULL, &events, NULL, 0, &h), 0);
    for (int i = 0; i < 3; i++) {
        struct head_request request = {
            .method = VIEW_LIT("POST"),
            .path = view_str(paths[i]),
            .authority = VIEW_LIT("localhost"),
            .fields = fields,
            .field_count = 4,
        };
        struct body body = body_copied(VIEW_LIT("\0\0\0\0\2\x08\x03"));
        assert_int_equal(h2_request(h, &request, body, NULL, &stream), 0);
    }
    while (h2_output(h, &v)) {
        assert_int_equal(buf_append_view(out, v), 0);
        h2_sent(h, v.len);
    }
    h2_free(h);
}

/* Turns over, cuts out or doubles a few bytes behind the first spared ones. */
static void damage(struct buf *bytes, size_t spared, struct chance *chance)
{
    for (uint64_t n = chance_below(chance, 3) + 1; n > 0; n--) {
        struct view v = buf_view(bytes);
        size_t at = spared + chance_below(chance, v.len - spared);
        uint8_t *byte = bytes->bytes + bytes->start + at;
        switch (chance_below(chance, 4)) {
        case 0:
            *byte = (uint8_t)chance_u64(chance);
            break;
        case 1:
            *byte ^= (uint8_t)(1u << chance_below(chance, 8));
            break;
        case 2:
            memmove(byte, byte + 1, v.len - at - 1);
            bytes->len--;
            break;
        default:
            assert_int_equal(buf_append_byte(bytes, *byte), 0);
        }
    }
}

/* Sends the bytes, in two pieces, and no more; the server must answer or close. Where it speaks
 * first, it is heard before the end is told, so that what can be answered is. */
static void send_damaged(const struct buf *bytes, bool hear, struct chance *chance)
{
    struct buf in;
    struct view v = buf_view(bytes);
    size_t cut = chance_below(chance, v.len);
    int fd = client_connect(&f);
    buf_init(&in, 1u << 20);
    send(fd, v.at, cut, MSG_NOSIGNAL);
    send(fd, v.at + cut, v.len - cut, MSG_NOSIGNAL);
    if (hear && chance_below(chance, 2))
        client_read_until(fd, &in, "\x04"); /* SETTINGS */
    shutdown(fd, SHUT_WR);
    client_read_all(fd, &in);
    close(fd);
    buf_release(&in);
}

static void assert_serving(void)
{
    struct buf in;
    client_post(&f, TICKET "GetPerformance", "application/json", "", "{\"performanceId\":7}", &in);
    assert_has(&in, "{\"performanceId\":7,");
    buf_release(&in);
}

static void run(void (*good)(struct buf *out), size_t spared)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct chance_seeded seeded;
        struct buf bytes;
        chance_seed(&seeded, seed);
        buf_init(&bytes, 65536);
        good(&bytes);
        damage(&bytes, spared, &seeded.chance);
        send_damaged(&bytes, spared > 0, &seeded.chance);
        buf_release(&bytes);
        if (seed % 100 == 0)
            assert_serving();
    }
    fixture_await(&fixture_waiting, 0);
    fixture_await(&fixture_sinks, 0);
}

static void damaged_http1_is_answered_or_closed(void **state)
{
    run(good_h1, 0);
}

static void damaged_http2_is_answered_or_closed(void **state)
{
    run(good_h2, 24); /* the preface stays, or it would be HTTP/1.1 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_http1_is_answered_or_closed),
        cmocka_unit_test(damaged_http2_is_answered_or_closed),
    };
    return cmocka_run_group_tests_name("wire/damage", tests, start, stop);
}
