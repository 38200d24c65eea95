/* What a hostile client gets: raw frames against a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "http/h2_recorder.h"
#include "http/preface.h"

enum {
    DATA,
    HEADERS,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    PUSH_PROMISE,
    PING,
    GOAWAY,
    WINDOW_UPDATE,
    CONTINUATION
};
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4, PADDED = 8 };

struct attack {
    struct h2_recorder server;
    struct buf bytes; /* to be fed */
    struct buf sent;  /* what the server put out */
    int err;
};

static void attack_init(struct attack *a, const struct h2_limits *limits)
{
    recorder_init(&a->server, H2_SERVER, limits);
    buf_init(&a->bytes, 4 << 20);
    buf_init(&a->sent, 4 << 20);
    a->err = 0;
    buf_append_view(&a->bytes, VIEW_LIT(PREFACE));
    put_frame(&a->bytes, SETTINGS, 0, 0, NULL, 0);
}

static void attack_release(struct attack *a)
{
    recorder_release(&a->server);
    buf_release(&a->bytes);
    buf_release(&a->sent);
}

static int feed(struct attack *a, size_t step, int64_t now_ns)
{
    struct view bytes = buf_view(&a->bytes), out;

    while (bytes.len && !a->err) {
        size_t n = bytes.len < step ? bytes.len : step;
        a->err = h2_receive(a->server.h2, view_of(bytes.at, n), now_ns);
        while (h2_output(a->server.h2, &out)) {
            buf_append_view(&a->sent, out);
            h2_sent(a->server.h2, out.len);
        }
        bytes.at += n;
        bytes.len -= n;
    }
    buf_clear(&a->bytes);
    return a->err;
}

static uint32_t read_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The n-th frame of that type that was sent; NULL where there is none. */
static const uint8_t *sent_frame(const struct attack *a, uint8_t type, unsigned n)
{
    struct view v = buf_view(&a->sent);

    while (v.len >= 9) {
        const uint8_t *at = (const uint8_t *)v.at;
        size_t len = 9 + (read_u32(at) >> 8);
        if (at[3] == type && n-- == 0)
            return at;
        v.at += len;
        v.len -= len;
    }
    return NULL;
}

static void assert_goaway(const struct attack *a, uint32_t code)
{
    const uint8_t *frame = sent_frame(a, GOAWAY, 0);

    assert_non_null(frame);
    assert_int_equal(read_u32(frame + 13), code);
    assert_true(h2_wants_close(a->server.h2));
    assert_int_equal(h2_stream_count(a->server.h2), 0);
}

static void put_request(struct attack *a, uint32_t id, bool ends)
{
    struct buf block;

    buf_init(&block, 100);
    put_pseudo(&block, !ends);
    put_frame(&a->bytes, HEADERS, END_HEADERS | (ends ? END_STREAM : 0), id, block.bytes,
              block.len);
    buf_release(&block);
}

/* ---- floods: each ends the connection after a number that is stated ---- */

static void put_ping(struct attack *a, uint32_t i)
{
    put_frame(&a->bytes, PING, 0, 0, "12345678", 8);
}

static void put_settings(struct attack *a, uint32_t i)
{
    put_frame(&a->bytes, SETTINGS, 0, 0, NULL, 0);
}

static void put_priority(struct attack *a, uint32_t i)
{
    put_frame(&a->bytes, PRIORITY, 0, 2 * i + 3, "\0\0\0\1\0", 5);
}

static void put_empty_data(struct attack *a, uint32_t i)
{
    if (i == 0)
        put_request(a, 1, false);
    put_frame(&a->bytes, DATA, 0, 1, NULL, 0);
}

static void put_only_padding(struct attack *a, uint32_t i)
{
    if (i == 0)
        put_request(a, 1, false);
    put_frame(&a->bytes, DATA, PADDED, 1, "\3\0\0\0", 4);
}

static void put_rapid_reset(struct attack *a, uint32_t i)
{
    put_request(a, 2 * i + 1, true);
    put_frame(&a->bytes, RST_STREAM, 0, 2 * i + 1, "\0\0\0\x8", 4);
}

/* A window beyond 2^31 makes the server reset. */
static void put_made_reset(struct attack *a, uint32_t i)
{
    put_request(a, 2 * i + 1, true);
    put_frame(&a->bytes, WINDOW_UPDATE, 0, 2 * i + 1, "\x7f\xff\xff\xff", 4);
}

static void put_window_update(struct attack *a, uint32_t i)
{
    put_frame(&a->bytes, WINDOW_UPDATE, 0, 0, "\0\0\0\1", 4);
}

static const struct flood {
    const char *name;
    void (*put)(struct attack *a, uint32_t i);
    uint32_t most; /* that many in an instant are borne */
} floods[] = {
    {"PING", put_ping, 200},
    {"SETTINGS", put_settings, 199}, /* the first one counts */
    {"PRIORITY", put_priority, 199},
    {"empty DATA", put_empty_data, 199},
    {"only padding", put_only_padding, 199},
    {"rapid reset", put_rapid_reset, 1000},
    {"made reset", put_made_reset, 1000},
    {"WINDOW_UPDATE", put_window_update, 20000},
};

static void floods_end(void **state)
{
    for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
        struct attack a;
        attack_init(&a, NULL);
        for (uint32_t n = 0; n < floods[i].most; n++)
            floods[i].put(&a, n);
        if (feed(&a, 4096, 1) != 0)
            fail_msg("%s: %u are too many", floods[i].name, floods[i].most);
        for (uint32_t n = 0; n < 3; n++)
            floods[i].put(&a, floods[i].most + n);
        if (feed(&a, 4096, 1) != ERR_FULL)
            fail_msg("%s: %u are not too many", floods[i].name, floods[i].most + 3);
        assert_goaway(&a, H2_ENHANCE_YOUR_CALM);
        assert_int_equal(h2_receive(a.server.h2, VIEW_LIT("more"), 2), 0);
        attack_release(&a);
    }
}

/* A client that measures its bandwidth sends a PING for every answer (grpc-go does). */
static void pings_that_follow_answers_are_no_flood(void **state)
{
    const struct head_answer answer = {.status = 200};
    struct attack a;

    attack_init(&a, NULL);
    for (uint32_t n = 0; n < 100; n++) {
        put_request(&a, 2 * n + 1, true);
        assert_int_equal(feed(&a, 4096, 1), 0);
        assert_int_equal(h2_respond(a.server.last, &answer, body_copied(VIEW_LIT("x")), NULL, 0),
                         0);
        for (uint32_t i = 0; i < 10; i++)
            put_ping(&a, i);
        assert_int_equal(feed(&a, 4096, 1), 0);
    }
    for (uint32_t i = 0; i < 200; i++)
        put_ping(&a, i);
    assert_int_equal(feed(&a, 4096, 1), ERR_FULL);
    attack_release(&a);
}

/* At a human pace the same is no attack. */
static void slow_is_no_flood(void **state)
{
    for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
        struct attack a;
        attack_init(&a, NULL);
        for (uint32_t n = 0; n < 2500; n++) {
            floods[i].put(&a, n);
            if (feed(&a, 4096, n * (NS_PER_S / 20)) != 0)
                fail_msg("%s: number %u", floods[i].name, n);
        }
        attack_release(&a);
    }
}

/* Every reset stream was told and closed, so that the caller can cancel its work. */
static void rapid_reset_is_told(void **state)
{
    struct attack a;

    attack_init(&a, NULL);
    for (uint32_t n = 0; n < 3; n++)
        put_rapid_reset(&a, n);
    assert_int_equal(feed(&a, 100000, 1), 0);
    assert_true(recorder_logged(&a.server, "1:GET / 0|3:GET / 0|5:GET / 0|1x8|3x8|5x8|"));
    attack_release(&a);
}

/* ---- header blocks ---- */

static void put_many_fields(struct buf *block, unsigned count, size_t value_len)
{
    char value[120] = "";

    memset(value, 'v', value_len);
    for (unsigned i = 0; i < count; i++)
        put_field(block, "name", value);
}

/* In frames as long as may be. */
static void put_block(struct buf *to, const struct buf *block)
{
    for (size_t at = 0; at < block->len; at += 16384) {
        size_t n = block->len - at < 16384 ? block->len - at : 16384;
        int last = at + n == block->len ? END_HEADERS : 0;
        if (at == 0)
            put_frame(to, HEADERS, END_STREAM | last, 1, block->bytes, n);
        else
            put_frame(to, CONTINUATION, last, 1, block->bytes + at, n);
    }
}

static void long_heads(void **state)
{
    static const struct {
        unsigned count;
        size_t value_len;
        bool fits;
    } cases[] = {
        {HEAD_FIELDS_MAX, 10, true}, {HEAD_FIELDS_MAX + 1, 10, false}, {63, 100, true},
        {200, 100, false},  /* 27 KB */
        {1000, 100, false}, /* 109 KB, in 7 frames */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t step = 1; step < 100000; step *= 10) {
            struct attack a;
            struct buf block;
            attack_init(&a, NULL);
            buf_init(&block, 1 << 20);
            put_pseudo(&block, false);
            put_many_fields(&block, cases[i].count, cases[i].value_len);
            put_block(&a.bytes, &block);
            if (feed(&a, step, 1) != 0)
                fail_msg("case %zu, cut by %zu: %d", i, step, a.err);
            assert_int_equal(a.server.log.len > 0, cases[i].fits);
            const uint8_t *answer = sent_frame(&a, HEADERS, 0);
            assert_int_equal(answer != NULL, !cases[i].fits);
            /* :status by name, 431 as it is or in Huffman's code (RFC 7541, appendix B) */
            if (answer)
                assert_true(memmem(answer + 9, answer[2], "431", 3) ||
                            memmem(answer + 9, answer[2], "\x69\x90\xff", 3));
            assert_false(h2_wants_close(a.server.h2));
            buf_release(&block);
            attack_release(&a);
        }
    }
}

/* A small block that unfolds: one long field in the table, named again and again. */
static void unfolding_block(void **state)
{
    struct attack a;
    struct buf block;

    attack_init(&a, NULL);
    buf_init(&block, 1 << 20);
    put_pseudo(&block, false);
    buf_append(&block, "\x40\x01x\x7f\xa1\x1e", 6); /* indexed, x, a value of 4,000 bytes */
    for (int i = 0; i < 4000; i++)
        buf_append_byte(&block, 'v');
    for (int i = 0; i < 10000; i++)
        buf_append_byte(&block, 0xbe); /* the newest entry of the table */
    put_frame(&a.bytes, HEADERS, END_HEADERS | END_STREAM, 1, block.bytes, block.len);
    assert_int_equal(feed(&a, 100000, 1), ERR_FULL);
    assert_goaway(&a, H2_ENHANCE_YOUR_CALM);
    assert_true(recorder_logged(&a.server, ""));
    buf_release(&block);
    attack_release(&a);
}

static void endless_block(void **state)
{
    struct attack a;

    attack_init(&a, NULL);
    put_frame(&a.bytes, HEADERS, END_STREAM, 1, "\x82\x86\x84", 3);
    for (int i = 0; i < 20; i++)
        put_frame(&a.bytes, CONTINUATION, 0, 1, NULL, 0);
    struct h2_stream *s;
    assert_int_equal(feed(&a, 30, 7), ERR_FULL);
    assert_goaway(&a, H2_ENHANCE_YOUR_CALM);
    assert_int_equal(h2_half_since_ns(a.server.h2, &s), 7);
    attack_release(&a);
}

/* ---- malformed ---- */

static const struct {
    const char *name, *value;
} malformed_fields[] = {
    {"te", "gzip"},
    {"connection", "close"},
    {"transfer-encoding", "chunked"},
    {"Upper", "a"},
    {"keep-alive", "1"},
    {"upgrade", "h2c"},
    {"content-length", "+5"},
    {"content-length", "5"},
    {":path", "/again"},
    {":unknown", "a"},
    {"a b", "c"},
    {"a", "b\r\nc: d"},
    {"", "a"},
    {"proxy-connection", "a"},
};

static void malformed_heads(void **state)
{
    for (size_t i = 0; i < sizeof(malformed_fields) / sizeof(malformed_fields[0]); i++) {
        struct attack a;
        struct buf block;
        attack_init(&a, NULL);
        buf_init(&block, 1000);
        put_pseudo(&block, false);
        put_field(&block, malformed_fields[i].name, malformed_fields[i].value);
        put_frame(&a.bytes, HEADERS, END_HEADERS | END_STREAM, 1, block.bytes, block.len);
        put_request(&a, 3, true);
        assert_int_equal(feed(&a, 5, 1), 0);
        if (!recorder_logged(&a.server, "3:GET / 0|3.|"))
            fail_msg("%s: %s was accepted", malformed_fields[i].name, malformed_fields[i].value);
        const uint8_t *reset = sent_frame(&a, RST_STREAM, 0);
        assert_non_null(reset);
        assert_int_equal(read_u32(reset + 9), H2_PROTOCOL_ERROR);
        buf_release(&block);
        attack_release(&a);
    }
}

static void te_trailers_is_fine(void **state)
{
    struct attack a;
    struct buf block;

    attack_init(&a, NULL);
    buf_init(&block, 1000);
    put_pseudo(&block, false);
    put_field(&block, "te", "trailers");
    put_frame(&a.bytes, HEADERS, END_HEADERS | END_STREAM, 1, block.bytes, block.len);
    assert_int_equal(feed(&a, 5, 1), 0);
    assert_true(recorder_logged(&a.server, "1:GET / 1|1.|"));
    buf_release(&block);
    attack_release(&a);
}

/* A content-length that the body does not keep is no request: it has no end. */
static void false_length(void **state)
{
    struct attack a;
    struct buf block;

    attack_init(&a, NULL);
    buf_init(&block, 1000);
    put_pseudo(&block, true);
    put_field(&block, "content-length", "5");
    put_frame(&a.bytes, HEADERS, END_HEADERS, 1, block.bytes, block.len);
    put_frame(&a.bytes, DATA, END_STREAM, 1, "four", 4);
    assert_int_equal(feed(&a, 100, 1), 0);
    assert_true(recorder_logged(&a.server, "1:POST / 1|1=four|1x1|"));
    buf_release(&block);
    attack_release(&a);
}

static void connect_is_refused(void **state)
{
    struct attack a;
    struct buf block;

    attack_init(&a, NULL);
    buf_init(&block, 1000);
    put_field(&block, ":method", "CONNECT");
    put_field(&block, ":authority", "h:1");
    put_frame(&a.bytes, HEADERS, END_HEADERS | END_STREAM, 1, block.bytes, block.len);
    assert_int_equal(feed(&a, 100, 1), 0);
    assert_true(recorder_logged(&a.server, ""));
    assert_non_null(sent_frame(&a, HEADERS, 0));
    assert_int_equal(h2_stream_count(a.server.h2), 0);
    buf_release(&block);
    attack_release(&a);
}

/* Who waits with his body is told to go on (RFC 9110, 10.1.1); who has none is not. */
static void continue_is_said(void **state)
{
    for (int ends = 0; ends <= 1; ends++) {
        struct attack a;
        struct buf block;
        attack_init(&a, NULL);
        buf_init(&block, 1000);
        put_pseudo(&block, true);
        put_field(&block, "expect", "100-continue");
        put_frame(&a.bytes, HEADERS, END_HEADERS | (ends ? END_STREAM : 0), 1, block.bytes,
                  block.len);
        assert_int_equal(feed(&a, 100, 1), 0);
        const uint8_t *frame = sent_frame(&a, HEADERS, 0);
        assert_int_equal(frame != NULL, !ends);
        if (frame)
            assert_int_equal(frame[4], END_HEADERS);
        put_frame(&a.bytes, DATA, END_STREAM, 1, "x", 1);
        if (!ends)
            assert_int_equal(feed(&a, 100, 1), 0);
        assert_true(recorder_logged(&a.server, ends ? "1:POST / 1|1.|" : "1:POST / 1|1=x|1.|"));
        assert_null(sent_frame(&a, HEADERS, 1));
        buf_release(&block);
        attack_release(&a);
    }
}

/* The same paths as over HTTP/1.1. */
static void bad_paths(void **state)
{
    static const char *const paths[] = {"/a#b", "/?a#b", "/\xc3\xa9", "/\x7f"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct attack a;
        struct buf block;
        attack_init(&a, NULL);
        buf_init(&block, 1000);
        buf_append(&block, "\x82\x86\x41\x01h", 5);
        put_field(&block, ":path", paths[i]);
        put_frame(&a.bytes, HEADERS, END_HEADERS | END_STREAM, 1, block.bytes, block.len);
        assert_int_equal(feed(&a, 100, 1), 0);
        assert_true(recorder_logged(&a.server, ""));
        /* Refused by us, or reset by a nghttp2 that looks itself. */
        assert_true(sent_frame(&a, HEADERS, 0) || sent_frame(&a, RST_STREAM, 0));
        buf_release(&block);
        attack_release(&a);
    }
}

/* Frames that break the connection. */
static const struct {
    int type, flags;
    uint32_t id;
    const char *payload;
    size_t len;
} broken_frames[] = {
    {DATA, 0, 0, "a", 1},                     /* on stream 0 */
    {DATA, 0, 1, "a", 1},                     /* on an idle stream */
    {HEADERS, END_HEADERS, 2, "\x82", 1},     /* an even stream */
    {HEADERS, END_HEADERS, 1, "\xff\xff", 2}, /* no such index */
    {HEADERS, END_HEADERS, 1, "\x80", 1},     /* index 0 */
    {RST_STREAM, 0, 1, "\0\0\0\0", 4},        /* of an idle stream */
    {RST_STREAM, 0, 1, "\0\0\0", 3},          /* a wrong length */
    {SETTINGS, 0, 0, "\0\0\0", 3},            /* not a multiple of 6 */
    {SETTINGS, 0, 1, NULL, 0},                /* on a stream */
    {SETTINGS, 0, 0, "\0\4\x80\0\0\0", 6},    /* a window of 2^31 */
    {PUSH_PROMISE, END_HEADERS, 1, "\0\0\0\2", 4},
    {PING, 0, 0, "1234567", 7},
    {GOAWAY, 0, 0, "1234567", 7},
    {WINDOW_UPDATE, 0, 0, "\0\0\0\0", 4},         /* by nothing */
    {WINDOW_UPDATE, 0, 0, "\x7f\xff\xff\xff", 4}, /* beyond 2^31 */
    {CONTINUATION, END_HEADERS, 1, "\x82", 1},    /* of nothing */
};

static void frames_that_break(void **state)
{
    for (size_t i = 0; i < sizeof(broken_frames) / sizeof(broken_frames[0]); i++) {
        for (size_t step = 1; step < 1000; step *= 10) {
            struct attack a;
            attack_init(&a, NULL);
            put_frame(&a.bytes, broken_frames[i].type, broken_frames[i].flags, broken_frames[i].id,
                      broken_frames[i].payload, broken_frames[i].len);
            int err = feed(&a, step, 1);
            if (err != ERR_INVALID)
                fail_msg("frame %zu: %d", i, err);
            assert_non_null(sent_frame(&a, GOAWAY, 0));
            assert_true(h2_wants_close(a.server.h2));
            assert_true(recorder_logged(&a.server, ""));
            attack_release(&a);
        }
    }
}

static void wrong_preface(void **state)
{
    struct attack a;

    attack_init(&a, NULL);
    buf_clear(&a.bytes);
    buf_append_view(&a.bytes, VIEW_LIT("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    assert_int_equal(feed(&a, 3, 1), ERR_INVALID);
    assert_true(h2_wants_close(a.server.h2));
    attack_release(&a);
}

/* ---- open streams ---- */

static void streams_are_bounded(void **state)
{
    const struct h2_limits limits = {.streams_max = 3};
    struct attack a;

    attack_init(&a, &limits);
    for (uint32_t n = 0; n < 5; n++)
        put_request(&a, 2 * n + 1, true);
    assert_int_equal(feed(&a, 1000, 1), 0);
    assert_int_equal(h2_stream_count(a.server.h2), 3);
    const uint8_t *reset = sent_frame(&a, RST_STREAM, 1);
    assert_non_null(reset);
    assert_int_equal(read_u32(reset + 9), H2_REFUSED_STREAM);
    attack_release(&a);
}

static void count_release(void *owner)
{
    ++*(unsigned *)owner;
}

static void stays(void *owner)
{
}

/* However wide the windows are, an unread connection holds out_max and not much more. */
static void unread_is_bounded(void **state)
{
    static char large[3000000];
    const struct h2_limits limits = {.out_max = 100000};
    struct attack a;
    struct view out;
    size_t sent = 0;

    attack_init(&a, &limits);
    put_frame(&a.bytes, SETTINGS, 0, 0, "\0\4\x7f\xff\xff\xff", 6);
    put_frame(&a.bytes, WINDOW_UPDATE, 0, 0, "\x7f\0\0\0", 4);
    put_request(&a, 1, true);
    put_request(&a, 3, true);
    assert_int_equal(feed(&a, 1000, 1), 0);
    struct h2_stream *third = a.server.last;
    struct head_answer answer = {.status = 200};
    assert_int_equal(
        h2_respond(third, &answer, body_lent(view_of(large, sizeof(large)), stays, NULL), NULL, 0),
        0);
    while (h2_output(a.server.h2, &out)) {
        assert_true(out.len <= 100000 + 16384 + 9);
        size_t n = out.len < 30000 ? out.len : 30000;
        sent += n;
        h2_sent(a.server.h2, n);
    }
    assert_true(sent > sizeof(large));
    assert_int_equal(h2_stream_count(a.server.h2), 1);
    assert_false(h2_wants_close(a.server.h2));

    /* Reset while a frame of it waits for room: the frame is given up. */
    unsigned released = 0;
    put_request(&a, 5, true);
    assert_int_equal(feed(&a, 1000, 1), 0);
    struct body lent = {view_of(large, sizeof(large)), count_release, &released};
    assert_int_equal(h2_respond(a.server.last, &answer, lent, NULL, 0), 0);
    put_frame(&a.bytes, RST_STREAM, 0, 5, "\0\0\0\x8", 4);
    put_request(&a, 7, true);
    assert_int_equal(feed(&a, 1000, 1), 0);
    assert_int_equal(released, 1);
    assert_int_equal(h2_respond(a.server.last, &answer, body_copied(VIEW_LIT("b")), NULL, 0), 0);
    while (h2_output(a.server.h2, &out))
        h2_sent(a.server.h2, out.len);
    assert_int_equal(h2_stream_count(a.server.h2), 1);
    assert_false(h2_wants_close(a.server.h2));
    attack_release(&a);
}

/* An answer that a closed window holds back is told after its time, however lively the rest is. */
static void stalled_answers_are_told(void **state)
{
    const struct head_answer answer = {.status = 200};
    struct attack a;
    struct h2_stream *streams[3];

    attack_init(&a, NULL);
    put_frame(&a.bytes, SETTINGS, 0, 0, "\0\4\0\0\0\0", 6);
    for (uint32_t i = 0; i < 3; i++) {
        put_request(&a, 2 * i + 1, true);
        assert_int_equal(feed(&a, 1000, 1), 0);
        streams[i] = a.server.last;
        assert_int_equal(h2_respond(streams[i], &answer, body_copied(VIEW_LIT("held")), NULL, 0),
                         0);
        assert_null(h2_stalled(a.server.h2, 100 + 10 * i, 100));
    }
    put_frame(&a.bytes, WINDOW_UPDATE, 0, 1, "\0\0\0\2", 4); /* the first moves by half */
    put_frame(&a.bytes, WINDOW_UPDATE, 0, 3, "\0\0\0\4", 4); /* the second goes out */
    put_ping(&a, 0);
    assert_int_equal(feed(&a, 1000, 150), 0);
    assert_null(h2_stalled(a.server.h2, 160, 100));
    assert_ptr_equal(h2_stalled(a.server.h2, 221, 100), streams[2]);
    h2_reset(streams[2], H2_CANCEL);
    assert_null(h2_stalled(a.server.h2, 221, 100));
    assert_ptr_equal(h2_stalled(a.server.h2, 261, 100), streams[0]);
    h2_reset(streams[0], H2_CANCEL);
    assert_null(h2_stalled(a.server.h2, 1000, 100));
    assert_int_equal(feed(&a, 1000, 1000), 0);
    h2_tick(a.server.h2, 1000);
    assert_int_equal(h2_stream_count(a.server.h2), 0);
    attack_release(&a);
}

static void half_received(void **state)
{
    struct attack a;
    struct h2_stream *s = NULL;

    attack_init(&a, NULL);
    feed(&a, 1000, 1);
    assert_int_equal(h2_half_since_ns(a.server.h2, &s), DEADLINE_NEVER);
    put_request(&a, 1, true);
    put_request(&a, 3, false);
    feed(&a, 1000, 20);
    put_request(&a, 5, false);
    feed(&a, 1000, 30);
    assert_int_equal(h2_half_since_ns(a.server.h2, &s), 20);
    assert_int_equal(h2_stream_id(s), 3);
    put_frame(&a.bytes, DATA, END_STREAM, 3, "x", 1);
    feed(&a, 1000, 40);
    assert_int_equal(h2_half_since_ns(a.server.h2, &s), 30);
    assert_int_equal(h2_stream_id(s), 5);
    h2_reset(s, H2_CANCEL);
    assert_int_equal(h2_half_since_ns(a.server.h2, &s), DEADLINE_NEVER);
    put_frame(&a.bytes, HEADERS, END_STREAM, 7, "\x82", 1);
    feed(&a, 1000, 50);
    assert_int_equal(h2_half_since_ns(a.server.h2, &s), 50);
    attack_release(&a);
}

static void put_more(struct attack *a, uint32_t id, size_t len)
{
    static const char zeros[16384];

    for (; len > 0; len -= len < sizeof(zeros) ? len : sizeof(zeros)) {
        put_frame(&a->bytes, DATA, 0, id, zeros, len < sizeof(zeros) ? len : sizeof(zeros));
        assert_int_equal(feed(a, 20000, 1), 0);
    }
}

static void assert_cut_off(const struct attack *a, uint32_t id)
{
    const uint8_t *reset = sent_frame(a, RST_STREAM, 0);

    assert_non_null(sent_frame(a, DATA, 1));
    assert_int_equal(sent_frame(a, DATA, 1)[4], END_STREAM);
    assert_non_null(reset);
    assert_int_equal(read_u32(reset + 5), id);
    assert_int_equal(read_u32(reset + 9), H2_NO_ERROR);
    assert_int_equal(h2_stream_count(a->server.h2), 0);
}

/* Answered at its head, a request may still end by itself, and then nothing is reset (clients that
 * are still sending take a reset for a failure); one that goes on and on, or waits, is cut off
 * behind the answer. */
static void answered_before_it_is_whole(void **state)
{
    const struct head_answer answer = {.status = 401};

    for (int ending = 0; ending < 3; ending++) {
        struct attack a;
        attack_init(&a, NULL);
        a.server.quiet = true;
        put_request(&a, 1, false);
        assert_int_equal(feed(&a, 1000, 1), 0);
        struct h2_stream *s = a.server.last;
        assert_int_equal(h2_respond(s, &answer, body_copied(VIEW_LIT("no")), NULL, 0), 0);
        put_more(&a, 1, 3 << 20);
        assert_int_equal(sent_frame(&a, DATA, 0)[4], 0);
        assert_null(sent_frame(&a, RST_STREAM, 0));
        if (ending == 0) {
            put_frame(&a.bytes, DATA, END_STREAM, 1, "x", 1);
            assert_int_equal(feed(&a, 1000, 1), 0);
            assert_int_equal(sent_frame(&a, DATA, 1)[4], END_STREAM);
            assert_null(sent_frame(&a, RST_STREAM, 0));
            assert_int_equal(h2_stream_count(a.server.h2), 0);
        } else if (ending == 1) {
            put_more(&a, 1, 6 << 20);
            assert_cut_off(&a, 1);
        } else {
            h2_reset(s, H2_CANCEL);
            assert_int_equal(feed(&a, 1000, 1), 0);
            put_ping(&a, 0);
            assert_int_equal(feed(&a, 1000, 1), 0);
            assert_cut_off(&a, 1);
        }
        assert_int_equal(a.server.body_len, 0);
        attack_release(&a);
    }
}

/* First the highest id, and after the PING the true one. */
static void goaway_twice(void **state)
{
    struct attack a;
    struct view out;

    attack_init(&a, NULL);
    put_request(&a, 1, true);
    feed(&a, 1000, 1);
    h2_drain(a.server.h2, 2);
    put_request(&a, 3, true); /* crosses the notice */
    feed(&a, 1000, 3);
    const uint8_t *first = sent_frame(&a, GOAWAY, 0);
    assert_non_null(first);
    assert_int_equal(read_u32(first + 9), 0x7fffffff);
    assert_null(sent_frame(&a, GOAWAY, 1));
    const uint8_t *ping = sent_frame(&a, PING, 0);
    assert_non_null(ping);

    put_frame(&a.bytes, PING, ACK, 0, ping + 9, 8);
    feed(&a, 1000, 4);
    const uint8_t *second = sent_frame(&a, GOAWAY, 1);
    assert_non_null(second);
    assert_int_equal(read_u32(second + 9), 3);
    assert_int_equal(read_u32(second + 13), H2_NO_ERROR);
    put_request(&a, 5, true); /* too late: not looked at */
    feed(&a, 1000, 5);
    assert_int_equal(h2_stream_count(a.server.h2), 2);
    assert_true(recorder_logged(&a.server, "1:GET / 0|1.|3:GET / 0|3.|"));
    assert_false(h2_output(a.server.h2, &out));
    attack_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floods_end),
        cmocka_unit_test(pings_that_follow_answers_are_no_flood),
        cmocka_unit_test(slow_is_no_flood),
        cmocka_unit_test(rapid_reset_is_told),
        cmocka_unit_test(long_heads),
        cmocka_unit_test(unfolding_block),
        cmocka_unit_test(endless_block),
        cmocka_unit_test(malformed_heads),
        cmocka_unit_test(te_trailers_is_fine),
        cmocka_unit_test(false_length),
        cmocka_unit_test(connect_is_refused),
        cmocka_unit_test(continue_is_said),
        cmocka_unit_test(bad_paths),
        cmocka_unit_test(frames_that_break),
        cmocka_unit_test(wrong_preface),
        cmocka_unit_test(streams_are_bounded),
        cmocka_unit_test(unread_is_bounded),
        cmocka_unit_test(half_received),
        cmocka_unit_test(goaway_twice),
        cmocka_unit_test(answered_before_it_is_whole),
        cmocka_unit_test(stalled_answers_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
