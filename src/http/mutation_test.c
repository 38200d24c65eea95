/*
 * Seeded mutations of valid streams against both engines. Held for every case, under ASan in CI:
 *   nothing crashes; cut at random points the events and the verdict are those of the whole;
 *   what HTTP/1.1 accepts, llhttp (one stream, no leniency) accepts too.
 * A failure prints its number; MUTATION=number runs that one alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <llhttp.h>

#include "http/h1_recorder.h"
#include "http/h2.h"
#include "http/preface.h"

#define CASES_H1 60000
#define CASES_H2 20000

/* ---- chance from a seed (splitmix64) ---- */

static uint64_t seed;

static uint64_t next(void)
{
    uint64_t z = (seed += 0x9e3779b97f4a7c15u);

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static size_t below(size_t n)
{
    return next() % n;
}

/* ---- mutations ---- */

/* Bytes that have a meaning somewhere in HTTP/1.1. */
static const char *const tokens[] = {"\r",
                                     "\n",
                                     "\r\n",
                                     " ",
                                     "\t",
                                     ":",
                                     "0",
                                     "9",
                                     ";",
                                     ",",
                                     "\x7f",
                                     "\r\n\r\n",
                                     "a",
                                     "\r\r",
                                     "\n\n",
                                     "0\r\n\r\n",
                                     "HTTP/1.0",
                                     "+",
                                     "-1",
                                     "chunked",
                                     "Content-Length: 3\r\n",
                                     "Transfer-Encoding: chunked\r\n",
                                     "Host: h\r\n",
                                     "GET / HTTP/1.1\r\n"};

#define TEXT_MAX 2000

struct text {
    char bytes[TEXT_MAX];
    size_t len;
};

static void insert(struct text *t, size_t at, const char *what, size_t len)
{
    if (t->len + len > TEXT_MAX)
        return;
    memmove(t->bytes + at + len, t->bytes + at, t->len - at);
    memcpy(t->bytes + at, what, len);
    t->len += len;
}

static void mutate(struct text *t)
{
    size_t at = below(t->len + 1);
    size_t left = t->len - at;

    switch (below(6)) {
    case 0: /* a bit flips */
        if (left)
            t->bytes[at] = (char)(t->bytes[at] ^ (1 << below(8)));
        break;
    case 1: /* a byte changes */
        if (left)
            t->bytes[at] = (char)next();
        break;
    case 2: { /* some bytes go */
        size_t n = left ? 1 + below(left < 8 ? left : 8) : 0;
        memmove(t->bytes + at, t->bytes + at + n, left - n);
        t->len -= n;
        break;
    }
    case 3: { /* some bytes come twice */
        size_t n = left < 40 ? left : 1 + below(40);
        char copy[40];
        memcpy(copy, t->bytes + at, n);
        insert(t, at, copy, n);
        break;
    }
    case 4: { /* something with a meaning comes in */
        const char *token = tokens[below(sizeof(tokens) / sizeof(tokens[0]))];
        insert(t, at, token, strlen(token));
        break;
    }
    default: /* NUL */
        insert(t, at, "", 1);
    }
}

/* ---- HTTP/1.1 ---- */

static const char *const streams[] = {
    "GET /a/b?c=d HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n",
    "POST /usher.v1.TicketService/HoldSeats HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"
    "Content-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"a\":[1,2]}"
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nT: u\r\n\r\nPOST / HTTP/1.1\r\nHost: h\r\n"
    "Content-Length: 0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
};

static int run_h1(const struct text *t, bool cut, struct h1_recorder *r)
{
    int err = 0;

    recorder_init(r);
    r->body_max = 20;
    for (size_t at = 0; at < t->len && !err;) {
        size_t n = cut ? 1 + below(t->len - at < 30 ? t->len - at : 30) : t->len - at;
        char *exact = malloc(n); /* ASan sees what looks beyond */
        memcpy(exact, t->bytes + at, n);
        err = recorder_feed(r, view_of(exact, n), SIZE_MAX, 1);
        free(exact);
        at += n;
    }
    recorder_flush(r, SIZE_MAX);
    return err;
}

/* llhttp as it comes, on the same stream: how many messages it finds whole before it objects. */
static void judge_trailers(llhttp_t *llhttp, bool begin)
{
    llhttp_set_lenient_chunked_length(llhttp, begin);
    llhttp_set_lenient_transfer_encoding(llhttp, begin);
}

static int count_message(llhttp_t *llhttp)
{
    ++*(size_t *)llhttp->data;
    judge_trailers(llhttp, false);
    return 0;
}

/* Trailers we drop whatever they are called (RFC 9110, 6.5.1); llhttp would have them frame. */
static int see_chunk(llhttp_t *llhttp)
{
    if (llhttp->content_length == 0)
        judge_trailers(llhttp, true);
    return 0;
}

static int skip_upgrade(llhttp_t *llhttp)
{
    llhttp->upgrade = 0; /* we ignore it, so must the judge */
    return 0;
}

static size_t judge_count(const struct text *t)
{
    static const llhttp_settings_t settings = {.on_message_complete = count_message,
                                               .on_chunk_header = see_chunk,
                                               .on_headers_complete = skip_upgrade};
    llhttp_t llhttp;
    size_t count = 0;

    llhttp_init(&llhttp, HTTP_REQUEST, &settings);
    llhttp.data = &count;
    llhttp_execute(&llhttp, t->bytes, t->len);
    return count;
}

static size_t ends_in(struct view log)
{
    size_t count = 0;

    for (size_t i = 0; i + 1 < log.len; i++)
        count += log.at[i] == '.' && log.at[i + 1] == '|';
    return count;
}

static bool check_h1(uint64_t number)
{
    struct text t = {.len = 0};
    struct h1_recorder whole, cut;

    seed = number;
    const char *stream = streams[below(sizeof(streams) / sizeof(streams[0]))];
    insert(&t, 0, stream, strlen(stream));
    for (size_t n = below(4); n > 0; n--)
        mutate(&t);
    int err_whole = run_h1(&t, false, &whole);
    int err_cut = run_h1(&t, true, &cut);
    bool same = err_whole == err_cut && view_eq(buf_view(&whole.log), buf_view(&cut.log)) &&
                view_eq(buf_view(&whole.sent), buf_view(&cut.sent)) &&
                h1_wants_close(&whole.h1) == h1_wants_close(&cut.h1);
    size_t accepted = ends_in(buf_view(&whole.log));
    size_t judged = judge_count(&t);
    bool closed = !err_whole || (h1_wants_close(&whole.h1) && recorder_status(&whole) >= 400);
    if (!same || accepted > judged || !closed)
        print_error("h1 case %llu: %d/%d, accepted %zu, llhttp %zu\nwhole %.*s\ncut   %.*s\n%.*s\n",
                    (unsigned long long)number, err_whole, err_cut, accepted, judged,
                    VIEW_ARG(buf_view(&whole.log)), VIEW_ARG(buf_view(&cut.log)), (int)t.len,
                    t.bytes);
    recorder_release(&whole);
    recorder_release(&cut);
    return same && accepted <= judged && closed;
}

/* ---- HTTP/2 ---- */

struct side {
    struct h2 *h2;
    struct buf log;
    unsigned heads, ends, closes;
    bool answers;
};

static int64_t h2_head(void *user, struct h2_stream *s, const struct head *head)
{
    struct side *side = user;

    side->heads++;
    buf_printf(&side->log, "%u:%.*s %.*s %zu|", h2_stream_id(s), VIEW_ARG(head->method_name),
               VIEW_ARG(head->path), head->field_count);
    return 100;
}

static void h2_body(void *user, struct h2_stream *s, struct view bytes)
{
    struct side *side = user;

    buf_printf(&side->log, "%u=%zu|", h2_stream_id(s), bytes.len);
}

static void h2_end_event(void *user, struct h2_stream *s)
{
    static const struct head_field trailers[] = {{VIEW_LIT("grpc-status"), VIEW_LIT("0")}};
    struct side *side = user;

    side->ends++;
    buf_printf(&side->log, "%u.|", h2_stream_id(s));
    if (!side->answers)
        return;
    h2_respond(s, &(struct head_answer){.status = 200}, body_copied(VIEW_LIT("reply")), trailers,
               1);
}

static void h2_closed(void *user, struct h2_stream *s, uint32_t code)
{
    struct side *side = user;

    side->closes++;
}

static const struct h2_events side_events = {
    .head = h2_head, .body = h2_body, .end = h2_end_event, .closed = h2_closed};

/* A client's stream as our own client writes it. */
static void record_client(struct text *t)
{
    static const struct head_field fields[] = {
        {VIEW_LIT("te"), VIEW_LIT("trailers")},
        {VIEW_LIT("content-type"), VIEW_LIT("application/grpc")}};
    const struct head_request request = {.method = VIEW_LIT("POST"),
                                         .path = VIEW_LIT("/s/m"),
                                         .authority = VIEW_LIT("h"),
                                         .fields = fields,
                                         .field_count = 2};
    struct side client = {.heads = 0};
    struct h2_stream *s;
    struct view out;

    assert_int_equal(h2_new(H2_CLIENT, NULL, &side_events, &client, 0, &client.h2), 0);
    for (int i = 0; i < 3; i++) {
        h2_request(client.h2, &request, body_copied(VIEW_LIT("some body")), NULL, &s);
        if (i == 1)
            h2_reset(s, H2_CANCEL);
    }
    while (h2_output(client.h2, &out)) {
        insert(t, t->len, out.at, out.len);
        h2_sent(client.h2, out.len);
    }
    h2_free(client.h2);
}

/* Returns the first error; log holds heads and ends, and bodies unless they may be cut. */
static int run_h2(const struct text *t, bool cut, bool answers, struct side *side)
{
    struct view out;
    int err = 0;

    *side = (struct side){.answers = answers};
    buf_init(&side->log, 1 << 16);
    assert_int_equal(h2_new(H2_SERVER, NULL, &side_events, side, 0, &side->h2), 0);
    for (size_t at = 0; at < t->len && !err;) {
        size_t n = cut ? 1 + below(t->len - at < 40 ? t->len - at : 40) : t->len - at;
        char *exact = malloc(n);
        memcpy(exact, t->bytes + at, n);
        err = h2_receive(side->h2, view_of(exact, n), 1);
        free(exact);
        at += n;
        while (h2_output(side->h2, &out))
            h2_sent(side->h2, out.len);
    }
    return err;
}

/* Where answers go out meanwhile, what a late frame means depends on whether its stream is closed
 * already; so the verdicts are compared only where nothing is answered. A stream that is opened and
 * reset in one read is closed before its end is told, so ends may be fewer in the whole. */
static bool check_h2(const struct text *valid, uint64_t number)
{
    struct text t = *valid;
    struct side whole, cut;

    seed = number;
    for (size_t n = below(4); n > 0; n--)
        mutate(&t);
    bool answers = below(2);
    int err_whole = run_h2(&t, false, answers, &whole);
    int err_cut = run_h2(&t, true, answers, &cut);
    bool same =
        answers || (err_whole == err_cut && whole.heads == cut.heads && whole.ends <= cut.ends);
    bool open = h2_stream_count(whole.h2) >= whole.heads - whole.closes;
    h2_free(whole.h2);
    h2_free(cut.h2);
    bool closed = whole.heads == whole.closes && cut.heads == cut.closes;
    if (!same || !open || !closed)
        print_error("h2 case %llu: %d/%d\nwhole %.*s\ncut   %.*s\n", (unsigned long long)number,
                    err_whole, err_cut, VIEW_ARG(buf_view(&whole.log)),
                    VIEW_ARG(buf_view(&cut.log)));
    buf_release(&whole.log);
    buf_release(&cut.log);
    return same && open && closed;
}

/* ---- all ---- */

static void range(uint64_t cases, uint64_t *ret_first, uint64_t *ret_end)
{
    const char *one = getenv("MUTATION");

    *ret_first = one ? strtoull(one, NULL, 10) : 1;
    *ret_end = one ? *ret_first + 1 : cases + 1;
}

static void mutated_h1(void **state)
{
    uint64_t first, end;
    unsigned bad = 0;

    range(CASES_H1, &first, &end);
    for (uint64_t n = first; n < end && bad < 5; n++)
        bad += !check_h1(n);
    assert_int_equal(bad, 0);
}

static void mutated_h2(void **state)
{
    struct text valid = {.len = 0};
    uint64_t first, end;
    unsigned bad = 0;

    record_client(&valid);
    range(CASES_H2, &first, &end);
    for (uint64_t n = first; n < end && bad < 5; n++)
        bad += !check_h2(&valid, n);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mutated_h1),
        cmocka_unit_test(mutated_h2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
