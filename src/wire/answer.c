#include "wire/answer.h"
#include "wire/abuse.h"

#include <stdio.h>
#include <stdlib.h>

#include "call/limits.h"
#include "codec/base64.h"
#include "codec/envelope.h"
#include "codec/json.h"
#include "codec/percent.h"
#include "codec/sha256.h"
#include "codec/status.h"
#include "err/err.h"
#include "http/refusal.h"
#include "observe/log.h"
#include "wire/caller.h"
#include "wire/limits.h"
#include "wire/plain.h"
#include "wire/shard.h"

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

void answer_whole(struct conn *conn, struct h2_stream *h2, const struct head_answer *answer,
                  struct body body, const struct head_field *trailers, size_t trailer_count)
{
    (void)conn->engine->respond(conn, h2, answer, body, trailers, trailer_count);
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

static struct view type_of(const struct exchange *exchange)
{
    bool json = exchange->form == FORM_JSON;
    switch (exchange->protocol) {
    case PROTOCOL_GRPC:
        return VIEW_LIT("application/grpc+proto");
    case PROTOCOL_CONNECT:
        return json ? VIEW_LIT("application/json") : VIEW_LIT("application/proto");
    case PROTOCOL_CONNECT_STREAM:
    case PROTOCOL_PLAIN: /* never asked */
        break;
    }
    return json ? VIEW_LIT("application/connect+json") : VIEW_LIT("application/connect+proto");
}

/* What is for the caller alone is kept by nobody, and is what its type says. */
static void add_private(struct fields *f)
{
    add(f, VIEW_LIT("cache-control"), VIEW_LIT("no-store"));
    add(f, VIEW_LIT("x-content-type-options"), VIEW_LIT("nosniff"));
}

/* The name of what comes behind a unary answer of Connect, which has it in its head
 * (connectrpc.com/docs/protocol, "Unary-Response"). NULL: no memory. */
static const char *name_in_head(const struct exchange *exchange, const struct metadata_field *field)
{
    return arena_printf(exchange->call.arena, "trailer-%.*s", VIEW_ARG(field->name));
}

/* The id under which the request is found again, and what the handler answered beside its message.
 * A session is for a process of ours alone: a browser gets it as a cookie. text lives as long as
 * the fields. */
static void add_metadata(const struct exchange *exchange, struct fields *f,
                         char text[TRACE_REQUEST_ID_MAX + 1])
{
    const struct metadata *answered = exchange->call.answered;
    const struct view id = trace_request_id(&exchange->call.trace, text);
    if (id.len)
        add(f, TRACE_REQUEST_ID, id);
    for (uint32_t i = 0; answered && i < answered->count; i++) {
        const struct metadata_field *field = &answered->fields[i];
        const char *name = NULL;
        if (!exchange->shard->options->peers_only && view_eq(field->name, CALLER_SESSION))
            continue;
        if (!field->trailing)
            add(f, field->name, field->value);
        else if (exchange->protocol == PROTOCOL_CONNECT)
            name = name_in_head(exchange, field);
        if (name)
            add(f, view_str(name), field->value);
    }
}

/* What comes behind an answer of gRPC. */
static void add_trailing(const struct exchange *exchange, struct fields *f)
{
    const struct metadata *answered = exchange->call.answered;
    for (uint32_t i = 0; answered && i < answered->count; i++) {
        if (answered->fields[i].trailing)
            add(f, answered->fields[i].name, answered->fields[i].value);
    }
}

static void add_cookie(struct exchange *exchange, struct fields *f)
{
    const struct view cookie = caller_set_cookie(exchange);
    if (cookie.len)
        add(f, VIEW_LIT("set-cookie"), cookie);
}

/* The field that says how messages of the answer are packed. */
static struct view encoding_field(const struct exchange *exchange)
{
    return exchange->protocol == PROTOCOL_GRPC      ? VIEW_LIT("grpc-encoding")
           : exchange->protocol == PROTOCOL_CONNECT ? VIEW_LIT("content-encoding")
                                                    : VIEW_LIT("connect-content-encoding");
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
    struct buf *taken = shard->encoded.len > WIRE_COPY_MAX ? malloc(sizeof(*taken)) : NULL;
    if (!taken)
        return body_copied(buf_view(&shard->encoded));
    *taken = shard->encoded;
    buf_init(&shard->encoded, CALL_RESPONSE_MAX);
    return body_lent(buf_view(taken), free_taken, taken);
}

/* Makes the response's bytes, envelope and all, in shard->encoded. */
static int encode(struct exchange *exchange, const ProtobufCMessage *response)
{
    struct buf *out = &exchange->shard->encoded;
    uint8_t head[ENVELOPE_BYTES] = {0};
    buf_clear(out);
    int err = exchange->protocol == PROTOCOL_CONNECT ? 0 : buf_append(out, head, sizeof(head));
    if (!err)
        err = exchange->form == FORM_JSON ? json_write(response, out) : proto_pack(response, out);
    if (!err && exchange->protocol != PROTOCOL_CONNECT)
        envelope_write(0, (uint32_t)(out->len - ENVELOPE_BYTES), out->bytes + out->start);
    return err;
}

/* What may run beside the loop: it touches nothing but this. */
struct squeezing {
    enum squeeze how;
    size_t head_len; /* of the envelope in front, which stays */
    struct view bytes;
    struct buf out;
    int err;
};

static void squeeze(void *arg)
{
    static const uint8_t head[ENVELOPE_BYTES];
    struct squeezing *s = arg;
    s->err = buf_append(&s->out, head, s->head_len);
    if (!s->err)
        s->err = squeeze_pack(
            s->how, view_of(s->bytes.at + s->head_len, s->bytes.len - s->head_len), &s->out);
}

/* Packs what was encoded, where the reader takes that and it gains something. May wait: then the
 * reader may have gone. */
static bool squeeze_encoded(struct exchange *exchange)
{
    struct shard *shard = exchange->shard;
    const size_t head_len = exchange->protocol == PROTOCOL_CONNECT ? 0 : ENVELOPE_BYTES;
    if (exchange->accepts == SQUEEZE_NONE || shard->encoded.len <= WIRE_SQUEEZE_MIN + head_len)
        return false;
    /* Other calls encode in the shard's buffer meanwhile. */
    struct buf plain = shard->encoded;
    struct squeezing s = {
        .how = exchange->accepts, .head_len = head_len, .bytes = buf_view(&plain)};
    buf_init(&shard->encoded, CALL_RESPONSE_MAX);
    buf_init(&s.out, CALL_RESPONSE_MAX);
    if (plain.len <= WIRE_SQUEEZE_HERE || !shard->options->offload)
        squeeze(&s);
    else if (offload_run(shard->options->offload, squeeze, &s) != 0)
        s.err = ERR_FULL; /* then it goes as it is */
    const bool gains = !s.err && s.out.len < plain.len;
    if (gains && head_len)
        envelope_write(ENVELOPE_COMPRESSED, (uint32_t)(s.out.len - head_len),
                       s.out.bytes + s.out.start);
    buf_release(&shard->encoded);
    shard->encoded = gains ? s.out : plain;
    buf_release(gains ? &plain : &s.out);
    return gains;
}

/* A strong validator: equal bytes, equal tag. */
static void make_etag(struct view body, char ret_etag[CACHE_ETAG_MAX])
{
    uint8_t hash[SHA256_BYTES];
    sha256(body, hash);
    ret_etag[0] = '"';
    hex_write(view_of(hash, 16), ret_etag + 1);
    ret_etag[33] = '"';
    ret_etag[34] = '\0';
}

/* If-None-Match (RFC 9110, 13.1.2): "*" or a list that has the tag; weak comparison. */
static bool matches(const char *if_none_match, const char *etag)
{
    return if_none_match &&
           (strcmp(if_none_match, "*") == 0 || strstr(if_none_match, etag) != NULL);
}

/* What is public may be told otherwise to who has signed in: an organiser sees drafts. */
static const char *cache_control_of(const struct exchange *exchange)
{
    const struct route *route = exchange->call.route;
    if (!route->method->cache)
        return "no-store";
    return route->immutable || identity_is_nobody(&exchange->call.identity) ? route->method->cache
                                                                            : "private, no-cache";
}

/* The body is taken; etag is only looked at for a GET. squeezed: as exchange->accepts says. */
static void send_response(struct exchange *exchange, struct body body, const char *etag,
                          bool squeezed)
{
    struct fields f, behind; /* a few of many: not cleared */
    char id[TRACE_REQUEST_ID_MAX + 1];
    int status = 200;
    f.count = behind.count = 0;
    add(&f, VIEW_LIT("content-type"), type_of(exchange));
    add_metadata(exchange, &f, id);
    if (exchange->protocol == PROTOCOL_GRPC) {
        add(&behind, VIEW_LIT("grpc-status"), VIEW_LIT("0"));
        add_trailing(exchange, &behind);
    } else {
        add(&f, VIEW_LIT("date"), shard_date(exchange->shard));
    }
    if (squeezed)
        add(&f, encoding_field(exchange), squeeze_name(exchange->accepts));
    add_cookie(exchange, &f);
    if (exchange->get) {
        add(&f, VIEW_LIT("vary"), VIEW_LIT("accept-encoding"));
        add(&f, VIEW_LIT("etag"), view_str(etag));
        add(&f, VIEW_LIT("cache-control"), view_str(cache_control_of(exchange)));
        add(&f, VIEW_LIT("x-content-type-options"), VIEW_LIT("nosniff"));
        if (matches(exchange->if_none_match, etag)) {
            status = 304;
            body_done(&body);
        }
    }
    if (!exchange->get && exchange->protocol != PROTOCOL_GRPC)
        add_private(&f);
    struct head_answer answer = {status, f.at, f.count};
    exchange->answered_bytes = body.bytes.len;
    answer_whole(exchange->conn, exchange->h2, &answer, body, behind.at, behind.count);
    exchange_part(exchange);
}

static void cache_key_of(struct exchange *exchange, struct cache_key *ret_key)
{
    *ret_key = (struct cache_key){
        .route = exchange->call.route,
        .form = exchange->form,
        .squeeze = exchange->accepts,
        .enveloped = exchange->protocol != PROTOCOL_CONNECT,
    };
    call_request_hash(&exchange->call, ret_key->request_hash);
}

bool answer_from_cache(struct exchange *exchange)
{
    struct cache_key key;
    if (!exchange->call.route->immutable)
        return false;
    cache_key_of(exchange, &key);
    struct cache_item *item = cache_find(&exchange->shard->cache, &key);
    if (item && exchange->conn)
        send_response(exchange, cache_body(item), item->etag, item->squeezed);
    return item;
}

/* What was encoded goes into the cache; NULL where it does not fit there. Another fiber may have
 * been quicker while the handler waited. */
static struct cache_item *put_in_cache(struct exchange *exchange, const char *etag, bool squeezed)
{
    struct shard *shard = exchange->shard;
    struct cache_key key;
    cache_key_of(exchange, &key);
    struct cache_item *item = cache_find(&shard->cache, &key);
    if (item)
        return item;
    item = cache_put(&shard->cache, &key, etag, &shard->encoded);
    if (item)
        item->squeezed = squeezed;
    return item;
}

void answer_response(struct exchange *exchange, const ProtobufCMessage *response)
{
    char etag[CACHE_ETAG_MAX] = "";
    if (!exchange->conn)
        return;
    int err = encode(exchange, response);
    if (err) {
        exchange->call.code = err == ERR_FULL ? CODE_RESOURCE_EXHAUSTED : CODE_INTERNAL;
        exchange->call.message = "the response is too large";
        answer_error(exchange);
        return;
    }
    const bool immutable = exchange->call.route->immutable;
    bool squeezed = squeeze_encoded(exchange);
    if (exchange->get || immutable)
        make_etag(buf_view(&exchange->shard->encoded), etag);
    struct cache_item *item = immutable ? put_in_cache(exchange, etag, squeezed) : NULL;
    if (item)
        squeezed = item->squeezed;
    if (exchange->conn)
        send_response(exchange, item ? cache_body(item) : take_encoded(exchange->shard), etag,
                      squeezed);
}

/* ---- errors ---- */

static const ProtobufCMessage *detail_of(const struct call *call)
{
    return call->detail ? &call->detail->base : NULL;
}

/* The three trailers of gRPC; texts live in scratch. */
static void add_grpc_status(struct exchange *exchange, struct fields *f, struct buf scratch[3])
{
    struct view message = view_str(exchange->call.message);
    if (message.len > CALL_MESSAGE_MAX)
        message.len = CALL_MESSAGE_MAX;
    buf_init(&scratch[0], 3 * CALL_MESSAGE_MAX + 16);
    buf_init(&scratch[1], 32u << 10);
    buf_init(&scratch[2], 32u << 10);
    size_t digits = exchange->call.code > 9 ? 2 : 1;
    if (buf_printf(&scratch[0], "%d", exchange->call.code) == 0)
        percent_append(&scratch[0], message);
    struct view text = buf_view(&scratch[0]);
    add(f, VIEW_LIT("grpc-status"), view_of(text.at, digits));
    if (text.len > digits)
        add(f, VIEW_LIT("grpc-message"), view_of(text.at + digits, text.len - digits));
    const struct call *call = &exchange->call;
    if ((call->detail || call->further) &&
        status_pack(call->code, message, detail_of(call), call->further, &scratch[1]) == 0 &&
        base64_append(&scratch[2], buf_view(&scratch[1]), BASE64_BARE) == 0)
        add(f, VIEW_LIT("grpc-status-details-bin"), buf_view(&scratch[2]));
    if (exchange->compressed)
        add(f, VIEW_LIT("grpc-accept-encoding"), VIEW_LIT(SQUEEZE_NAMES));
}

/* Whether the handler answered something for the head. */
static bool has_head_metadata(const struct metadata *answered)
{
    uint32_t i = 0;
    while (answered && i < answered->count && answered->fields[i].trailing)
        i++;
    return answered && i < answered->count;
}

/* Trailers alone where that says the same; what belongs into a head needs one: in trailers alone
 * all is taken for trailers (gRPC over HTTP2, "Responses"). */
static void send_grpc_error(struct exchange *exchange)
{
    struct fields f = {0};
    struct buf scratch[3];
    char id[TRACE_REQUEST_ID_MAX + 1];
    if (has_head_metadata(exchange->call.answered) && answer_begin(exchange))
        return; /* the stream is closed: its event is on the way */
    if (exchange->begun) {
        add_grpc_status(exchange, &f, scratch);
        add_trailing(exchange, &f);
        (void)exchange->conn->engine->end(exchange->conn, exchange->h2, f.at, f.count);
    } else {
        add(&f, VIEW_LIT("content-type"), type_of(exchange));
        add_metadata(exchange, &f, id);
        add_grpc_status(exchange, &f, scratch);
        add_trailing(exchange, &f);
        struct head_answer answer = {200, f.at, f.count};
        answer_whole(exchange->conn, exchange->h2, &answer, body_copied(view_of(NULL, 0)), NULL, 0);
    }
    for (int i = 0; i < 3; i++)
        buf_release(&scratch[i]);
}

static struct view clipped(const char *message)
{
    struct view v = view_str(message);
    if (v.len > CALL_MESSAGE_MAX)
        v.len = CALL_MESSAGE_MAX;
    return v;
}

static void send_connect_error(struct exchange *exchange)
{
    struct fields f = {0};
    char retry[24], id[TRACE_REQUEST_ID_MAX + 1];
    struct buf json;
    buf_init(&json, 64u << 10);
    if (status_write_connect(code_name(exchange->call.code), clipped(exchange->call.message),
                             detail_of(&exchange->call), exchange->call.further, &json)) {
        /* The detail was too much: the code alone. */
        buf_clear(&json);
        status_write_connect(code_name(exchange->call.code), view_of(NULL, 0), NULL, NULL, &json);
    }
    add(&f, VIEW_LIT("content-type"), VIEW_LIT("application/json"));
    add(&f, VIEW_LIT("date"), shard_date(exchange->shard));
    add_private(&f);
    add_metadata(exchange, &f, id);
    add_cookie(exchange, &f);
    if (exchange->call.code == CODE_UNAUTHENTICATED)
        add(&f, VIEW_LIT("www-authenticate"), VIEW_LIT("Bearer"));
    if (exchange->compressed)
        add(&f, VIEW_LIT("accept-encoding"), VIEW_LIT(SQUEEZE_NAMES));
    if (exchange->call.detail && exchange->call.detail->retry_after_ms) {
        snprintf(retry, sizeof(retry), "%llu",
                 (unsigned long long)(exchange->call.detail->retry_after_ms + 999) / 1000);
        add(&f, VIEW_LIT("retry-after"), view_str(retry));
    }
    /* A path that is no method is 404, the code still unimplemented (Connect, "Error Codes"). */
    int status = exchange->call.route ? code_http(exchange->call.code) : 404;
    struct head_answer answer = {status, f.at, f.count};
    answer_whole(exchange->conn, exchange->h2, &answer, body_copied(buf_view(&json)), NULL, 0);
    buf_release(&json);
}

/* ---- streams ---- */

int answer_begin(struct exchange *exchange)
{
    if (!exchange->conn)
        return ERR_CLOSED;
    if (exchange->begun)
        return 0;
    struct fields f = {0};
    char id[TRACE_REQUEST_ID_MAX + 1];
    add(&f, VIEW_LIT("content-type"), type_of(exchange));
    add_private(&f);
    add_metadata(exchange, &f, id);
    if (exchange->accepts != SQUEEZE_NONE)
        add(&f, encoding_field(exchange), squeeze_name(exchange->accepts));
    if (exchange->protocol != PROTOCOL_GRPC) {
        add(&f, VIEW_LIT("date"), shard_date(exchange->shard));
        /* nginx would gather the messages until they fill a buffer. */
        add(&f, VIEW_LIT("x-accel-buffering"), VIEW_LIT("no"));
    }
    if (exchange->compressed)
        add(&f, VIEW_LIT("connect-accept-encoding"), VIEW_LIT(SQUEEZE_NAMES));
    struct head_answer answer = {200, f.at, f.count};
    struct conn *conn = exchange->conn;
    int err = conn->engine->start(conn, exchange->h2, &answer);
    exchange->begun = !err;
    return err ? ERR_CLOSED : 0;
}

/* Whether it is the first of its name among what comes behind. */
static bool is_first(const struct metadata *answered, uint32_t at)
{
    uint32_t i = 0;
    while (i < at && !(answered->fields[i].trailing &&
                       view_eq(answered->fields[i].name, answered->fields[at].name)))
        i++;
    return i == at;
}

/* "name":["value","value"] of the at-th field and those behind it of its name. */
static int write_values(const struct metadata *answered, uint32_t at, struct buf *out)
{
    const struct view name = answered->fields[at].name;
    int err = json_write_string(name, out);
    for (uint32_t i = at; i < answered->count && !err; i++) {
        if (!answered->fields[i].trailing || !view_eq(answered->fields[i].name, name))
            continue;
        err = buf_append_view(out, i == at ? VIEW_LIT(":[") : VIEW_LIT(","));
        if (!err)
            err = json_write_string(answered->fields[i].value, out);
    }
    return err ? err : buf_append_byte(out, ']');
}

/* "metadata":{…} of a Connect stream's end; nothing where nothing comes behind. */
static int write_trailing(const struct metadata *answered, bool first, struct buf *out)
{
    bool any = false;
    int err = 0;
    for (uint32_t i = 0; answered && i < answered->count && !err; i++) {
        if (!answered->fields[i].trailing || !is_first(answered, i))
            continue;
        if (any)
            err = buf_append_byte(out, ',');
        else
            err = buf_printf(out, "%s\"metadata\":{", first ? "" : ",");
        if (!err)
            err = write_values(answered, i, out);
        any = true;
    }
    return err || !any ? err : buf_append_byte(out, '}');
}

/* The envelope that ends a Connect stream: {} or {"error":{…},"metadata":{…}}. */
static int end_connect_stream(struct exchange *exchange)
{
    struct buf *out = &exchange->shard->encoded;
    uint8_t head[ENVELOPE_BYTES] = {0};
    buf_clear(out);
    int err = buf_append(out, head, sizeof(head));
    if (!err)
        err = buf_append_byte(out, '{');
    if (!err && exchange->call.code != CODE_OK) {
        err = buf_append_view(out, VIEW_LIT("\"error\":"));
        if (!err)
            err = status_write_connect(code_name(exchange->call.code),
                                       clipped(exchange->call.message), detail_of(&exchange->call),
                                       exchange->call.further, out);
    }
    if (!err)
        err = write_trailing(exchange->call.answered, exchange->call.code == CODE_OK, out);
    if (!err)
        err = buf_append_byte(out, '}');
    if (err)
        return err;
    envelope_write(ENVELOPE_END, (uint32_t)(out->len - ENVELOPE_BYTES), out->bytes + out->start);
    return 0;
}

static void send_connect_end(struct exchange *exchange)
{
    struct conn *conn = exchange->conn;
    int err = answer_begin(exchange);
    if (!err)
        err = end_connect_stream(exchange);
    if (!err)
        err = conn->engine->chunk(conn, exchange->h2,
                                  body_copied(buf_view(&exchange->shard->encoded)));
    if (!err)
        err = conn->engine->end(conn, exchange->h2, NULL, 0);
    if (err)
        conn->engine->cut(conn, exchange->h2, H2_INTERNAL_ERROR);
}

void answer_end(struct exchange *exchange)
{
    if (!exchange->conn)
        return;
    const struct engine *engine = exchange->conn->engine;
    if (exchange->protocol == PROTOCOL_GRPC && exchange->call.code == CODE_OK &&
        answer_begin(exchange)) {
        /* The stream is closed: its event is on the way. */
        exchange_part(exchange);
        return;
    }
    if (exchange->protocol == PROTOCOL_GRPC) {
        send_grpc_error(exchange);
    } else {
        /* The last envelope goes behind a piece that waits for the reader: exchange_written
         * comes. */
        exchange->ending = exchange->begun && !engine->queues &&
                           !engine->takes_chunk(exchange->conn, exchange->h2);
        if (exchange->ending)
            return;
        send_connect_end(exchange);
    }
    exchange_part(exchange);
}

/* What is not the caller's doing is told to whoever runs the server: a line a call, at most
 * LOG_BURST a second; usher_calls_total counts all. A server that goes down has said so. */
static void tell_failure(const struct exchange *exchange)
{
    const struct call *call = &exchange->call;
    const bool broken = call->code == CODE_INTERNAL || call->code == CODE_DATA_LOSS;
    char id[TRACE_REQUEST_ID_MAX + 1], trace[TRACE_ID_CHARS + 1];
    if (broken && exchange->callers_fault) {
        abuse_note_call(exchange->conn, call->route ? call->route->path : (struct view){0});
        return;
    }
    if (!broken && (call->code != CODE_UNAVAILABLE || exchange->shard->draining))
        return;
    trace_write_id(&call->trace, trace);
    log_event(broken ? LOG_ERROR : LOG_WARN, "call.fail",
              log_view("rpc.method", call->route ? call->route->path : (struct view){0}),
              log_view("http.request.id", trace_request_id(&call->trace, id)),
              log_str("trace.id", trace), log_str("rpc.grpc.status", code_name(call->code)),
              log_str("event.reason", call->detail ? call->detail->reason : ""),
              log_str("error.message", call->message), log_err(call->cause));
}

void answer_error(struct exchange *exchange)
{
    if (!exchange->conn)
        return;
    tell_failure(exchange);
    if (exchange->protocol == PROTOCOL_PLAIN) {
        plain_refuse(exchange);
    } else if (exchange->protocol == PROTOCOL_CONNECT) {
        send_connect_error(exchange);
        exchange_part(exchange);
    } else {
        answer_end(exchange);
    }
}
