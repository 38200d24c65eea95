#include "rpc/answer.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/base64.h"
#include "codec/envelope.h"
#include "codec/json.h"
#include "codec/percent.h"
#include "codec/status.h"
#include "err/err.h"
#include "http/refusal.h"
#include "rpc/limits.h"
#include "rpc/plain.h"
#include "rpc/shard.h"

/* Fields of an answer being put together. */
struct fields {
    struct head_field at[ANSWER_FIELDS_MAX];
    size_t count;
};

static void add(struct fields *f, struct view name, struct view value)
{
    assert(f->count < ANSWER_FIELDS_MAX);
    f->at[f->count++] = (struct head_field){name, value};
}

static void broken(struct conn *conn)
{
    conn->failed = true;
}

void answer_whole(struct conn *conn, struct h2_stream *h2, const struct head_answer *answer,
                  struct body body, const struct head_field *trailers, size_t trailer_count)
{
    int err = h2 ? h2_respond(h2, answer, body, trailers, trailer_count)
                 : h1_respond(&conn->h1, answer, body);
    if (err && !h2)
        broken(conn);
    conn_touch(conn);
}

void answer_refusal(struct conn *conn, struct h2_stream *h2, const struct refusal *refusal)
{
    char text[256];
    struct fields f = {0};
    struct view line = refusal_text(refusal->status);
    if (refusal->why) {
        int len = snprintf(text, sizeof(text), "%d: %s\n", refusal->status, refusal->why);
        assert(len < (int)sizeof(text));
        line = view_of(text, (size_t)len);
    }
    add(&f, VIEW_LIT("content-type"), VIEW_LIT(REFUSAL_TYPE));
    add(&f, VIEW_LIT("x-content-type-options"), VIEW_LIT("nosniff"));
    /* 404, 405 and others may be kept otherwise (RFC 9110, 15.1). */
    add(&f, VIEW_LIT("cache-control"), VIEW_LIT("no-store"));
    add(&f, VIEW_LIT("date"), shard_date(conn->shard));
    if (refusal->allow)
        add(&f, VIEW_LIT("allow"), view_str(refusal->allow));
    if (refusal->accept)
        add(&f, VIEW_LIT("accept-post"), view_str(refusal->accept));
    struct head_answer answer = {refusal->status, f.at, f.count};
    answer_whole(conn, h2, &answer, body_copied(line), NULL, 0);
}

struct view answer_bare(int status, const char *reason, char text[ANSWER_BARE_MAX])
{
    struct view line = refusal_text(status);
    int len = snprintf(text, ANSWER_BARE_MAX,
                       "HTTP/1.1 %d %s\r\nconnection: close\r\n%scontent-type: %s\r\n"
                       "content-length: %zu\r\n\r\n%.*s",
                       status, reason, status == 503 ? "retry-after: 1\r\n" : "", REFUSAL_TYPE,
                       line.len, VIEW_ARG(line));
    assert(len < ANSWER_BARE_MAX);
    return view_of(text, (size_t)len);
}

static struct view type_of(const struct rpc_call *call)
{
    bool json = call->form == FORM_JSON;
    switch (call->wire) {
    case WIRE_GRPC:
        return VIEW_LIT("application/grpc+proto");
    case WIRE_CONNECT:
        return json ? VIEW_LIT("application/json") : VIEW_LIT("application/proto");
    case WIRE_CONNECT_STREAM:
    case WIRE_PLAIN: /* never asked */
        break;
    }
    return json ? VIEW_LIT("application/connect+json") : VIEW_LIT("application/connect+proto");
}

/* ---- unary ---- */

static void free_taken(void *owner)
{
    buf_release(owner);
    free(owner);
}

/* What was encoded, as a body: copied when small, else the buffer itself changes hands. */
static struct body take_encoded(struct shard *shard)
{
    struct buf *taken = shard->encoded.len > RPC_COPY_MAX ? malloc(sizeof(*taken)) : NULL;
    if (!taken)
        return body_copied(buf_view(&shard->encoded));
    *taken = shard->encoded;
    buf_init(&shard->encoded, RPC_RESPONSE_MAX);
    return body_lent(buf_view(taken), free_taken, taken);
}

/* Makes the response's bytes, envelope and all, in shard->encoded. */
static int encode(struct rpc_call *call, const ProtobufCMessage *response)
{
    struct buf *out = &call->shard->encoded;
    uint8_t head[ENVELOPE_BYTES] = {0};
    buf_clear(out);
    int err = call->wire == WIRE_CONNECT ? 0 : buf_append(out, head, sizeof(head));
    if (!err)
        err = call->form == FORM_JSON ? json_write(response, out) : proto_pack(response, out);
    if (!err && call->wire != WIRE_CONNECT)
        envelope_write(0, (uint32_t)(out->len - ENVELOPE_BYTES), out->bytes + out->start);
    return err;
}

/* A strong validator: equal bytes, equal tag. */
static void make_etag(struct view body, char ret_etag[SHELF_ETAG_MAX])
{
    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA256((const uint8_t *)body.at, body.len, hash);
    ret_etag[0] = '"';
    hex_write(view_of(hash, 16), ret_etag + 1);
    ret_etag[33] = '"';
    ret_etag[34] = '\0';
}

/* If-None-Match (RFC 9110, 13.1.2): "*" or a list that has the tag; weak comparison. */
static bool matches(const char *if_none_match, const char *etag)
{
    return strcmp(if_none_match, "*") == 0 || strstr(if_none_match, etag);
}

/* The body is taken; etag is only looked at for a GET. */
static void send_response(struct rpc_call *call, struct body body, const char *etag)
{
    static const struct head_field ok = {{"grpc-status", 11}, {"0", 1}};
    struct fields f = {0};
    int status = 200;
    add(&f, VIEW_LIT("content-type"), type_of(call));
    if (call->wire != WIRE_GRPC)
        add(&f, VIEW_LIT("date"), shard_date(call->shard));
    if (call->get) {
        const char *cache = call->route->method->cache;
        add(&f, VIEW_LIT("etag"), view_str(etag));
        add(&f, VIEW_LIT("cache-control"), cache ? view_str(cache) : VIEW_LIT("no-store"));
        if (matches(call->if_none_match, etag)) {
            status = 304;
            body_done(&body);
        }
    }
    struct head_answer answer = {status, f.at, f.count};
    answer_whole(call->conn, call->h2, &answer, body, &ok, call->wire == WIRE_GRPC);
    call_part(call);
}

static void shelf_key_of(struct rpc_call *call, struct shelf_key *ret_key)
{
    *ret_key = (struct shelf_key){
        .route = call->route,
        .form = call->form,
        .enveloped = call->wire != WIRE_CONNECT,
    };
    rpc_call_request_hash(call, ret_key->request_hash);
}

bool answer_from_shelf(struct rpc_call *call)
{
    struct shelf_key key;
    if (!call->route->immutable)
        return false;
    shelf_key_of(call, &key);
    struct shelf_item *item = shelf_find(&call->shard->shelf, &key);
    if (item && call->conn)
        send_response(call, shelf_body(item), item->etag);
    return item;
}

/* What was encoded goes onto the shelf; NULL where it does not fit there. Another fiber may have
 * been quicker while the handler waited. */
static struct shelf_item *put_on_shelf(struct rpc_call *call, const char *etag)
{
    struct shard *shard = call->shard;
    struct shelf_key key;
    shelf_key_of(call, &key);
    struct shelf_item *item = shelf_find(&shard->shelf, &key);
    return item ? item : shelf_put(&shard->shelf, &key, etag, &shard->encoded);
}

void answer_response(struct rpc_call *call, const ProtobufCMessage *response)
{
    char etag[SHELF_ETAG_MAX] = "";
    if (!call->conn)
        return;
    int err = encode(call, response);
    if (err) {
        call->code = err == ERR_FULL ? RPC_RESOURCE_EXHAUSTED : RPC_INTERNAL;
        call->message = "the response is too large";
        answer_error(call);
        return;
    }
    if (call->get || call->route->immutable)
        make_etag(buf_view(&call->shard->encoded), etag);
    struct shelf_item *item = call->route->immutable ? put_on_shelf(call, etag) : NULL;
    send_response(call, item ? shelf_body(item) : take_encoded(call->shard), etag);
}

/* ---- errors ---- */

/* The three trailers of gRPC; texts live in scratch. */
static void add_grpc_status(struct rpc_call *call, struct fields *f, struct buf scratch[3])
{
    struct view message = view_str(call->message);
    if (message.len > RPC_MESSAGE_MAX)
        message.len = RPC_MESSAGE_MAX;
    buf_init(&scratch[0], 3 * RPC_MESSAGE_MAX + 16);
    buf_init(&scratch[1], 32u << 10);
    buf_init(&scratch[2], 32u << 10);
    size_t digits = call->code > 9 ? 2 : 1;
    if (buf_printf(&scratch[0], "%d", call->code) == 0)
        percent_append(&scratch[0], message);
    struct view text = buf_view(&scratch[0]);
    add(f, VIEW_LIT("grpc-status"), view_of(text.at, digits));
    if (text.len > digits)
        add(f, VIEW_LIT("grpc-message"), view_of(text.at + digits, text.len - digits));
    if (call->detail && status_pack(call->code, message, &call->detail->base, &scratch[1]) == 0 &&
        base64_append(&scratch[2], buf_view(&scratch[1]), BASE64_BARE) == 0)
        add(f, VIEW_LIT("grpc-status-details-bin"), buf_view(&scratch[2]));
    if (call->compressed)
        add(f, VIEW_LIT("grpc-accept-encoding"), VIEW_LIT("identity"));
}

static void send_grpc_error(struct rpc_call *call)
{
    struct fields f = {0};
    struct buf scratch[3];
    if (call->begun) {
        add_grpc_status(call, &f, scratch);
        h2_end(call->h2, f.at, f.count);
        conn_touch(call->conn);
    } else {
        add(&f, VIEW_LIT("content-type"), type_of(call));
        add_grpc_status(call, &f, scratch);
        struct head_answer answer = {200, f.at, f.count};
        answer_whole(call->conn, call->h2, &answer, body_copied(view_of(NULL, 0)), NULL, 0);
    }
    for (int i = 0; i < 3; i++)
        buf_release(&scratch[i]);
}

static struct view clipped(const char *message)
{
    struct view v = view_str(message);
    if (v.len > RPC_MESSAGE_MAX)
        v.len = RPC_MESSAGE_MAX;
    return v;
}

static void send_connect_error(struct rpc_call *call)
{
    struct fields f = {0};
    char retry[24];
    struct buf json;
    buf_init(&json, 64u << 10);
    if (status_write_connect(rpc_code_name(call->code), clipped(call->message),
                             call->detail ? &call->detail->base : NULL, &json)) {
        /* The detail was too much: the code alone. */
        buf_clear(&json);
        status_write_connect(rpc_code_name(call->code), view_of(NULL, 0), NULL, &json);
    }
    add(&f, VIEW_LIT("content-type"), VIEW_LIT("application/json"));
    add(&f, VIEW_LIT("date"), shard_date(call->shard));
    add(&f, VIEW_LIT("cache-control"), VIEW_LIT("no-store"));
    if (call->code == RPC_UNAUTHENTICATED)
        add(&f, VIEW_LIT("www-authenticate"), VIEW_LIT("Bearer"));
    if (call->compressed)
        add(&f, VIEW_LIT("accept-encoding"), VIEW_LIT("identity"));
    if (call->detail && call->detail->retry_after_ms) {
        snprintf(retry, sizeof(retry), "%llu",
                 (unsigned long long)(call->detail->retry_after_ms + 999) / 1000);
        add(&f, VIEW_LIT("retry-after"), view_str(retry));
    }
    /* A path that is no method is 404, the code still unimplemented (Connect, "Error Codes"). */
    int status = call->route ? rpc_code_http(call->code) : 404;
    struct head_answer answer = {status, f.at, f.count};
    answer_whole(call->conn, call->h2, &answer, body_copied(buf_view(&json)), NULL, 0);
    buf_release(&json);
}

/* ---- streams ---- */

int answer_begin(struct rpc_call *call)
{
    if (!call->conn)
        return ERR_CLOSED;
    if (call->begun)
        return 0;
    struct fields f = {0};
    add(&f, VIEW_LIT("content-type"), type_of(call));
    add(&f, VIEW_LIT("cache-control"), VIEW_LIT("no-store"));
    if (call->wire != WIRE_GRPC)
        add(&f, VIEW_LIT("date"), shard_date(call->shard));
    if (call->compressed)
        add(&f, VIEW_LIT("connect-accept-encoding"), VIEW_LIT("identity"));
    struct head_answer answer = {200, f.at, f.count};
    int err = call->h2 ? h2_begin(call->h2, &answer) : h1_begin(&call->conn->h1, &answer);
    if (err && !call->h2)
        broken(call->conn);
    call->begun = !err;
    conn_touch(call->conn);
    return err ? ERR_CLOSED : 0;
}

/* The envelope that ends a Connect stream: {} or {"error":{…}}. */
static int end_connect_stream(struct rpc_call *call)
{
    struct buf *out = &call->shard->encoded;
    uint8_t head[ENVELOPE_BYTES] = {0};
    buf_clear(out);
    int err = buf_append(out, head, sizeof(head));
    if (!err)
        err = buf_append_byte(out, '{');
    if (!err && call->code != RPC_OK) {
        err = buf_append_view(out, VIEW_LIT("\"error\":"));
        if (!err)
            err = status_write_connect(rpc_code_name(call->code), clipped(call->message),
                                       call->detail ? &call->detail->base : NULL, out);
    }
    if (!err)
        err = buf_append_byte(out, '}');
    if (err)
        return err;
    envelope_write(ENVELOPE_END, (uint32_t)(out->len - ENVELOPE_BYTES), out->bytes + out->start);
    return 0;
}

static void send_connect_end(struct rpc_call *call)
{
    struct conn *conn = call->conn;
    int err = answer_begin(call);
    if (!err)
        err = end_connect_stream(call);
    struct body last = body_copied(buf_view(&call->shard->encoded));
    if (!err && call->h2)
        err = h2_chunk(call->h2, last);
    else if (!err)
        err = h1_chunk(&conn->h1, last);
    if (!err)
        err = call->h2 ? h2_end(call->h2, NULL, 0) : h1_end(&conn->h1, NULL, 0);
    if (err && call->h2)
        h2_reset(call->h2, H2_INTERNAL_ERROR);
    else if (err)
        broken(conn);
    conn_touch(conn);
}

void answer_end(struct rpc_call *call)
{
    if (!call->conn)
        return;
    if (call->wire == WIRE_GRPC && call->code == RPC_OK && answer_begin(call)) {
        /* The stream is closed: its event is on the way. */
        call_part(call);
        return;
    }
    if (call->wire == WIRE_GRPC) {
        send_grpc_error(call);
    } else {
        /* The last envelope goes behind a piece that waits for the reader: call_written comes. */
        call->ending = call->h2 && call->begun && !h2_takes_chunk(call->h2);
        if (call->ending)
            return;
        send_connect_end(call);
    }
    call_part(call);
}

void answer_error(struct rpc_call *call)
{
    if (!call->conn)
        return;
    count_add(&call->shard->calls_failed, 1);
    if (call->wire == WIRE_PLAIN) {
        plain_refuse(call);
    } else if (call->wire == WIRE_CONNECT) {
        send_connect_error(call);
        call_part(call);
    } else {
        answer_end(call);
    }
}
