#include "http/h1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "http/h1_recorder.h"

static void assert_view(struct view got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.at, want, got.len);
}

static void assert_log(struct h1_recorder *r, const char *want)
{
    assert_view(buf_view(&r->log), want);
}

static bool sent_has(const struct h1_recorder *r, const char *text)
{
    struct view sent = buf_view(&r->sent);

    return sent.len && memmem(sent.at, sent.len, text, strlen(text));
}

/* ---- what is good ---- */

#define HOST "Host: h\r\n"

struct good {
    const char *bytes, *log;
    bool closes; /* the connection ends after the answer */
};

static const struct good good[] = {
    {"GET / HTTP/1.1\r\n" HOST "\r\n", "GET / n=1|.|", false},
    {"\r\nGET / HTTP/1.1\r\n" HOST "\r\n", "GET / n=1|.|", false},
    {"GET /a/b?c=d&e HTTP/1.1\r\n" HOST "X-A:\t b c \t\r\nEmpty:\r\n\r\n", "GET /a/b?c=d&e n=3|.|",
     false},
    {"POST /p HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", "POST /p len=3 n=2|abc.|", false},
    {"POST /p HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", "POST /p len=0 n=2|.|", false},
    {"POST /p HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
     "3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nTrail: er\r\n\r\n",
     "POST /p n=2|abc0123456789.|", false},
    {"POST /p HTTP/1.1\r\n" HOST "transfer-encoding: Chunked\r\n\r\n0\r\n\r\n", "POST /p n=2|.|",
     false},
    {"GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", "GET / n=2|.|", true},
    {"GET / HTTP/1.1\r\n" HOST "Connection: foo, Close\r\n\r\n", "GET / n=2|.|", true},
    {"GET / HTTP/1.0\r\n\r\n", "GET / n=0 old|.|", true},
    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / n=1 old|.|", false},
    {"GET / HTTP/1.1\r\n" HOST "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"
     "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
     "GET / n=4|.|", false},
    {"POST / HTTP/1.1\r\n" HOST
     "Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nhi",
     "POST / len=2 n=4|hi.|", false},
    {"GET http://H/p?q HTTP/1.1\r\n" HOST "\r\n", "GET /p?q n=1|.|", false},
    {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "OPTIONS * n=1|.|", false},
    {"GET /1 HTTP/1.1\r\n" HOST "\r\nPOST /2 HTTP/1.1\r\n" HOST
     "Content-Length: 1\r\n\r\nxGET /3 HTTP/1.1\r\n" HOST "\r\n",
     "GET /1 n=1|.|POST /2 len=1 n=2|x.|GET /3 n=1|.|", false},
};

static void good_requests(void **state)
{
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct view bytes = view_str(good[i].bytes);
        for (size_t step = 1; step <= bytes.len; step++) {
            struct h1_recorder r;
            recorder_init(&r);
            assert_int_equal(recorder_feed(&r, bytes, step, 1), 0);
            assert_log(&r, good[i].log);
            assert_int_equal(recorder_status(&r), 200);
            assert_int_equal(h1_wants_close(&r.h1), good[i].closes);
            assert_int_equal(sent_has(&r, "connection: close"), good[i].closes);
            assert_int_equal(h1_half_since_ns(&r.h1), DEADLINE_NEVER);
            recorder_release(&r);
        }
    }
}

/* ---- what is bad ---- */

struct bad {
    const char *bytes;
    int status;
    int err;
};

#define POST    "POST / HTTP/1.1\r\n" HOST
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

static const struct bad bad[] = {
    {POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, ERR_INVALID},
    {POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc", 400, ERR_INVALID},
    {POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400, ERR_INVALID},
    {POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400, ERR_INVALID},
    {POST "Content-Length: 3, 3\r\n\r\nabc", 400, ERR_INVALID},
    {POST "Content-Length: +38\r\n\r\nabc", 400, ERR_INVALID},
    {POST "Content-Length: -1\r\n\r\nabc", 400, ERR_INVALID},
    {POST "Content-Length: 0x3\r\n\r\nabc", 400, ERR_INVALID},
    {POST "Content-Length: 3 3\r\n\r\nabc", 400, ERR_INVALID},
    {POST "Content-Length:\r\n\r\n", 400, ERR_INVALID},
    {POST "Content-Length: 99999999999999999999\r\n\r\n", 400, ERR_INVALID},
    {POST "Content-Length : 3\r\n\r\nabc", 400, ERR_INVALID},
    {POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, ERR_INVALID},
    {POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400, ERR_INVALID},
    {POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400, ERR_INVALID},
    {POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400, ERR_INVALID},
    {POST "Transfer-Encoding:\r\n\r\n", 400, ERR_INVALID},
    {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\nHost: h\n\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\nHost: h\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\n" HOST "A: b\rc\r\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\n" HOST "A:\rTransfer-Encoding: chunked\r\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\n A: b\r\n" HOST "\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\n" HOST "A: \x01\r\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\n" HOST "A: \x7f\r\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\n" HOST ": b\r\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\n" HOST "A\r\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\n" HOST "A b: c\r\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\n" HOST "A(b): c\r\n\r\n", 400, ERR_INVALID},
    {"GET  / HTTP/1.1\r\n" HOST "\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1 \r\n" HOST "\r\n", 400, ERR_INVALID},
    {"GET /a b HTTP/1.1\r\n" HOST "\r\n", 400, ERR_INVALID},
    {"GET /#f HTTP/1.1\r\n" HOST "\r\n", 400, ERR_INVALID},
    {"GET /\xff HTTP/1.1\r\n" HOST "\r\n", 400, ERR_INVALID},
    {"GET a HTTP/1.1\r\n" HOST "\r\n", 400, ERR_INVALID},
    {"GET * HTTP/1.1\r\n" HOST "\r\n", 400, ERR_INVALID},
    {"GET http:///p HTTP/1.1\r\n" HOST "\r\n", 400, ERR_INVALID},
    {"GET http://a.b:80/p?q HTTP/1.1\r\n" HOST "\r\n", 400, ERR_INVALID}, /* two hosts */
    {"GET / HTTP/1.1\r\nHost: h:\r\nHost: h:\r\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\nHost: h:99999\r\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\nHost: h:8x\r\n\r\n", 400, ERR_INVALID},
    {"GET / HTTP/1.1\r\n" HOST "Authorization: a\r\nauthorization: b\r\n\r\n", 400, ERR_INVALID},
    {"GET http://u@h/p HTTP/1.1\r\n" HOST "\r\n", 400, ERR_INVALID},
    {"CONNECT h:443 HTTP/1.1\r\n" HOST "\r\n", 400, ERR_INVALID},
    {"GET /\r\n\r\n", 400, ERR_INVALID},
    {"get / HTTP/1.1\r\n" HOST "\r\n", 400, ERR_INVALID},
    {"\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 400, ERR_INVALID},
    {"\x16\x03\x01\x02", 400, ERR_INVALID},
    {"BREW / HTTP/1.1\r\n" HOST "\r\n", 501, ERR_INVALID},
    {"GET / HTTP/2.0\r\n" HOST "\r\n", 505, ERR_INVALID},
    {"GET / HTTP/1.2\r\n" HOST "\r\n", 505, ERR_INVALID},
    {"GET / HTTP/0.9\r\n" HOST "\r\n", 505, ERR_INVALID},
    {"GET / HTTP/1.10\r\n" HOST "\r\n", 400, ERR_INVALID},
    {"GET / http/1.1\r\n" HOST "\r\n", 400, ERR_INVALID},
    {POST "Expect: 200-ok\r\nContent-Length: 1\r\n\r\nx", 417, ERR_INVALID},
    {CHUNKED "x\r\n", 400, ERR_INVALID},
    {CHUNKED "\r\n", 400, ERR_INVALID},
    {CHUNKED "-1\r\n", 400, ERR_INVALID},
    {CHUNKED "+1\r\nx\r\n", 400, ERR_INVALID},
    {CHUNKED "0x1\r\nx\r\n", 400, ERR_INVALID},
    {CHUNKED "1 \r\nx\r\n", 400, ERR_INVALID},
    {CHUNKED "1\nx\r\n", 400, ERR_INVALID},
    {CHUNKED "1\rx\r\n", 400, ERR_INVALID},
    {CHUNKED "1;a\nb\r\nx\r\n", 400, ERR_INVALID},
    {CHUNKED "1;a\rb\r\nx\r\n", 400, ERR_INVALID},
    {CHUNKED "1;\r\nx\r\n", 400, ERR_INVALID},
    {CHUNKED "1;a b\r\nx\r\n", 400, ERR_INVALID},
    {CHUNKED "1;a=\r\nx\r\n", 400, ERR_INVALID},
    {CHUNKED "1;a=\"b\r\nx\r\n", 400, ERR_INVALID},
    {CHUNKED "1\r\nxy\r\n", 400, ERR_INVALID},
    {CHUNKED "1\r\nx\n", 400, ERR_INVALID},
    {CHUNKED "1\r\nx0\r\n", 400, ERR_INVALID},
    {CHUNKED "123456789\r\nx", 400, ERR_INVALID},
    {CHUNKED "fffffffffffffffff\r\nx", 400, ERR_INVALID},
    {CHUNKED "0\r\nA: b\n\r\n", 400, ERR_INVALID},
    {CHUNKED "0\r\n: b\r\n\r\n", 400, ERR_INVALID},
    {CHUNKED "0\r\nA\r\n\r\n", 400, ERR_INVALID},
    {CHUNKED "0\r\nA b: c\r\n\r\n", 400, ERR_INVALID},
    {CHUNKED "0\r\nA: b\r\n c\r\n\r\n", 400, ERR_INVALID},
    {CHUNKED "0\r\n\n", 400, ERR_INVALID},
};

/* Cut anywhere, each is refused with its status and the end of the connection, and none is whole.
 */
static void bad_requests(void **state)
{
    char line[16];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct view bytes = view_str(bad[i].bytes);
        for (size_t step = 1; step <= bytes.len; step++) {
            struct h1_recorder r;
            recorder_init(&r);
            int err = recorder_feed(&r, bytes, step, 1);
            recorder_flush(&r, SIZE_MAX);
            if (err != bad[i].err || recorder_status(&r) != bad[i].status)
                fail_msg("%zu/%zu: %d %d: %s", i, step, err, recorder_status(&r), bad[i].bytes);
            assert_true(sent_has(&r, "connection: close"));
            snprintf(line, sizeof(line), "\r\n\r\n%d: ", bad[i].status);
            assert_true(sent_has(&r, line));
            assert_true(h1_wants_close(&r.h1));
            assert_null(memchr(r.log.bytes ? (char *)r.log.bytes : "", '.', r.log.len));
            assert_int_equal(h1_receive(&r.h1, bytes, 2), 0);
            recorder_release(&r);
        }
    }
}

static void nul_in_head(void **state)
{
    static const char in_value[] = "GET / HTTP/1.1\r\n" HOST "A: b\0c\r\n\r\n";
    static const char in_name[] = "GET / HTTP/1.1\r\n" HOST "A\0B: c\r\n\r\n";
    static const char in_line[] = "GET /\0 HTTP/1.1\r\n" HOST "\r\n";
    const struct view all[] = {view_of(in_value, sizeof(in_value) - 1),
                               view_of(in_name, sizeof(in_name) - 1),
                               view_of(in_line, sizeof(in_line) - 1)};

    for (size_t i = 0; i < 3; i++) {
        struct h1_recorder r;
        recorder_init(&r);
        assert_int_equal(recorder_feed(&r, all[i], SIZE_MAX, 1), ERR_INVALID);
        recorder_flush(&r, SIZE_MAX);
        assert_int_equal(recorder_status(&r), 400);
        assert_log(&r, "");
        recorder_release(&r);
    }
}

/* ---- sizes ---- */

/* before, len times fill, behind */
static int feed_long(struct h1_recorder *r, const char *before, size_t len, const char *behind,
                     size_t step)
{
    struct buf b;

    buf_init(&b, 1 << 20);
    buf_append_view(&b, view_str(before));
    for (size_t i = 0; i < len; i++)
        buf_append_byte(&b, 'a');
    buf_append_view(&b, view_str(behind));
    int err = recorder_feed(r, buf_view(&b), step, 1);
    recorder_flush(r, SIZE_MAX);
    buf_release(&b);
    return err;
}

static void check_long(const char *before, size_t len, const char *behind, int want_err,
                       int want_status)
{
    static const size_t steps[] = {1, 7, 1000, 4096, H1_AHEAD_MAX};

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct h1_recorder r;
        recorder_init(&r);
        assert_int_equal(feed_long(&r, before, len, behind, steps[i]), want_err);
        assert_int_equal(recorder_status(&r), want_status);
        assert_int_equal(h1_wants_close(&r.h1), want_err != 0);
        assert_true(r.h1.in.cap <= H1_AHEAD_MAX + H1_HEAD_MAX);
        recorder_release(&r);
    }
}

static void long_heads(void **state)
{
    check_long("GET /", 8000, " HTTP/1.1\r\n" HOST "\r\n", 0, 200);
    check_long("GET /", H1_LINE_MAX, " HTTP/1.1\r\n" HOST "\r\n", ERR_FULL, 414);
    check_long("GET /", 100000, "", ERR_FULL, 414);
    check_long("GET / HTTP/1.1\r\n" HOST "A: ", 16000, "\r\n\r\n", 0, 200);
    check_long("GET / HTTP/1.1\r\n" HOST "A: ", H1_HEAD_MAX, "\r\n\r\n", ERR_FULL, 431);
    check_long("GET / HTTP/1.1\r\n" HOST "A: ", 64 << 10, "\r\n\r\n", ERR_FULL, 431);
}

static void many_fields(void **state)
{
    for (int count = HEAD_FIELDS_MAX; count <= HEAD_FIELDS_MAX + 1; count++) {
        struct h1_recorder r;
        struct buf b;
        recorder_init(&r);
        buf_init(&b, 1 << 16);
        buf_printf(&b, "GET / HTTP/1.1\r\n" HOST);
        for (int i = 1; i < count; i++)
            buf_printf(&b, "A%d: b\r\n", i);
        for (int i = 0; i < 300; i++) /* which are not counted */
            buf_printf(&b, "Cookie: c%d=b\r\n", i);
        buf_printf(&b, "\r\n");
        bool fits = count == HEAD_FIELDS_MAX;
        assert_int_equal(recorder_feed(&r, buf_view(&b), SIZE_MAX, 1), fits ? 0 : ERR_FULL);
        recorder_flush(&r, SIZE_MAX);
        assert_int_equal(recorder_status(&r), fits ? 200 : 431);
        buf_release(&b);
        recorder_release(&r);
    }
}

static void large_body(void **state)
{
    static const struct {
        const char *bytes, *log;
    } cases[] = {
        {POST "Content-Length: 5\r\n\r\nabcde", "POST / len=5 n=2|!|"},
        {POST "Content-Length: 9223372036854775807\r\n\r\nabcde",
         "POST / len=9223372036854775807 n=2|!|"},
        {CHUNKED "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "POST / n=2|abcd!|"},
        {CHUNKED "ffffffff\r\nabcdefgh", "POST / n=2|abcd!|"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t step = 1; step <= strlen(cases[i].bytes); step++) {
            struct h1_recorder r;
            recorder_init(&r);
            r.body_max = 4;
            assert_int_equal(recorder_feed(&r, view_str(cases[i].bytes), step, 1), 0);
            assert_log(&r, cases[i].log);
            assert_int_equal(recorder_status(&r), 413);
            assert_true(h1_wants_close(&r.h1));
            recorder_release(&r);
        }
    }
}

/* A chunk size a byte of body, or one endless extension: it is not read for ever. */
static void costly_framing(void **state)
{
    struct h1_recorder r;

    recorder_init(&r);
    assert_int_equal(feed_long(&r, CHUNKED "1;", 100000, "\r\nx\r\n0\r\n\r\n", 4096), ERR_INVALID);
    assert_int_equal(recorder_status(&r), 400);
    recorder_release(&r);
}

/* ---- a connection's life ---- */

static void expect_continue(void **state)
{
    struct h1_recorder r;

    recorder_init(&r);
    recorder_feed(&r, view_str(POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"), 99, 1);
    assert_view(buf_view(&r.sent), "HTTP/1.1 100 Continue\r\n\r\n");
    recorder_feed(&r, VIEW_LIT("hi"), 1, 2);
    assert_log(&r, "POST / len=2 n=3|hi.|");
    assert_int_equal(recorder_status(&r), 200);
    assert_false(h1_wants_close(&r.h1));
    recorder_release(&r);

    /* Refused before the body: no 100, and as the body may come or not, the end. */
    recorder_init(&r);
    r.answer_head = true;
    recorder_feed(&r, view_str(POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"), 99, 1);
    assert_false(sent_has(&r, "100 Continue"));
    assert_int_equal(recorder_status(&r), 404);
    assert_true(h1_wants_close(&r.h1));
    recorder_release(&r);
}

static void refused_body(void **state)
{
    struct h1_recorder r;

    /* Short and counted: dropped, and the connection lives. */
    recorder_init(&r);
    r.answer_head = true;
    recorder_feed(&r, view_str(POST "Content-Length: 2\r\n\r\n"), 99, 1);
    assert_int_equal(recorder_status(&r), 404);
    assert_int_equal(h1_half_since_ns(&r.h1), 1);
    recorder_feed(&r, view_str("hiGET /2 HTTP/1.1\r\n" HOST "\r\n"), 3, 2);
    assert_log(&r, "POST / len=2 n=2|GET /2 n=1|");
    assert_false(h1_wants_close(&r.h1));
    recorder_release(&r);

    recorder_init(&r);
    r.answer_head = true;
    recorder_feed(&r, view_str(POST "Content-Length: 1000000\r\n\r\n"), 99, 1);
    assert_true(sent_has(&r, "connection: close"));
    assert_true(h1_wants_close(&r.h1));
    recorder_release(&r);

    recorder_init(&r);
    r.answer_head = true;
    recorder_feed(&r, view_str(CHUNKED "1\r\nx\r\n"), 99, 1);
    assert_true(h1_wants_close(&r.h1));
    recorder_release(&r);
}

/* Requests sent ahead wait, unparsed and bounded, until they are due. */
static void sent_ahead(void **state)
{
    struct h1_recorder r;
    static const char requests[] = "GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n";

    recorder_init(&r);
    r.answer_end = false;
    assert_true(h1_wants_input(&r.h1));
    recorder_feed(&r, view_str(requests), 1000, 1);
    assert_log(&r, "GET /1 n=1|.|");
    assert_false(h1_wants_input(&r.h1));
    assert_false(h1_ready(&r.h1));
    assert_int_equal(h1_half_since_ns(&r.h1), DEADLINE_NEVER);

    assert_int_equal(h1_respond(&r.h1, &(struct head_answer){.status = 200}, (struct body){0}), 0);
    assert_true(h1_ready(&r.h1));
    assert_int_equal(h1_receive(&r.h1, (struct view){0}, 2), 0);
    assert_log(&r, "GET /1 n=1|.|GET /2 n=1|.|");
    assert_true(h1_wants_input(&r.h1));

    /* A caller that reads although it is told not to meets the limit. */
    static char many[H1_AHEAD_MAX];
    memset(many, 'G', sizeof(many));
    assert_int_equal(h1_receive(&r.h1, view_of(many, sizeof(many)), 3), 0);
    assert_false(h1_wants_input(&r.h1));
    assert_int_equal(h1_receive(&r.h1, view_of(many, sizeof(many)), 3), ERR_FULL);
    recorder_release(&r);
}

static void half_since(void **state)
{
    struct h1_recorder r;

    recorder_init(&r);
    assert_int_equal(h1_half_since_ns(&r.h1), DEADLINE_NEVER);
    recorder_feed(&r, VIEW_LIT("POST / HTTP/1.1\r\n"), 5, 10);
    recorder_feed(&r, VIEW_LIT(HOST "Content-Length: 2\r\n\r\n"), 5, 20);
    recorder_feed(&r, VIEW_LIT("h"), 5, 30);
    assert_int_equal(h1_half_since_ns(&r.h1), 10);
    recorder_feed(&r, VIEW_LIT("iG"), 5, 40);
    assert_int_equal(h1_half_since_ns(&r.h1), 40);
    recorder_release(&r);
}

static void drains(void **state)
{
    struct h1_recorder r;

    recorder_init(&r);
    h1_drain(&r.h1);
    assert_true(h1_wants_close(&r.h1));
    recorder_release(&r);

    recorder_init(&r);
    r.answer_end = false;
    recorder_feed(&r, VIEW_LIT("GET / HTTP/1.1\r\n" HOST "\r\n"), 99, 1);
    h1_drain(&r.h1);
    assert_false(h1_wants_close(&r.h1));
    h1_respond(&r.h1, &(struct head_answer){.status = 200}, (struct body){0});
    recorder_flush(&r, 9);
    assert_true(sent_has(&r, "connection: close"));
    assert_true(h1_wants_close(&r.h1));
    assert_int_equal(h1_respond(&r.h1, &(struct head_answer){.status = 200}, (struct body){0}),
                     ERR_CLOSED);
    recorder_release(&r);
}

static void ends_of_input(void **state)
{
    struct h1_recorder r;

    recorder_init(&r);
    assert_int_equal(h1_receive_eof(&r.h1, 1), 0);
    assert_true(h1_wants_close(&r.h1));
    recorder_release(&r);

    recorder_init(&r);
    recorder_feed(&r, VIEW_LIT("GET / HT"), 99, 1);
    assert_int_equal(h1_receive_eof(&r.h1, 1), ERR_CLOSED);
    assert_true(h1_wants_close(&r.h1));
    recorder_release(&r);

    /* A client that has closed its half still gets its answers. */
    recorder_init(&r);
    r.answer_end = false;
    recorder_feed(&r, VIEW_LIT("GET / HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST "\r\n"), 999,
                  1);
    assert_int_equal(h1_receive_eof(&r.h1, 1), 0);
    h1_respond(&r.h1, &(struct head_answer){.status = 200}, (struct body){0});
    assert_false(h1_wants_close(&r.h1));
    assert_true(h1_ready(&r.h1));
    assert_int_equal(h1_receive(&r.h1, (struct view){0}, 2), 0);
    h1_respond(&r.h1, &(struct head_answer){.status = 204}, (struct body){0});
    recorder_flush(&r, SIZE_MAX);
    assert_int_equal(recorder_status(&r), 204);
    assert_true(h1_wants_close(&r.h1));
    recorder_release(&r);
}

static void small_in_memory(void **state)
{
    assert_true(sizeof(struct h1) <= 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_requests),  cmocka_unit_test(bad_requests),
        cmocka_unit_test(nul_in_head),    cmocka_unit_test(long_heads),
        cmocka_unit_test(many_fields),    cmocka_unit_test(large_body),
        cmocka_unit_test(costly_framing), cmocka_unit_test(expect_continue),
        cmocka_unit_test(refused_body),   cmocka_unit_test(sent_ahead),
        cmocka_unit_test(half_since),     cmocka_unit_test(drains),
        cmocka_unit_test(ends_of_input),  cmocka_unit_test(small_in_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
