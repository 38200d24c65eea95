#include "rpc/reader.h"

#include <stdlib.h>

#include "codec/base64.h"
#include "codec/percent.h"
#include "codec/status.h"
#include "codec/timeout.h"
#include "err/err.h"
#include "rpc/limits.h"

#define DETAILS_MAX (64u << 10) /* bytes of grpc-status-details-bin */

/* ---- events ---- */

static void wake(struct rpc_reader *r)
{
    if (r->fiber)
        fiber_unpark(r->fiber);
}

static void read_text(struct buf *out, struct view coded)
{
    buf_clear(out);
    char *at = coded.len <= out->max ? (char *)buf_reserve(out, coded.len + 1) : NULL;
    if (at)
        buf_commit(out, percent_read(coded, at));
}

/* grpc-status and its company: in the trailers, or in a head that has no body. */
static void read_status(struct rpc_reader *r, const struct head *head)
{
    struct view status = head_get(head, VIEW_LIT("grpc-status"));
    struct view details = head_get(head, VIEW_LIT("grpc-status-details-bin"));
    uint64_t code;
    size_t len;
    if (status.len == 0)
        return;
    r->code = view_to_u64(status, 16, &code) ? (int)code : RPC_UNKNOWN;
    read_text(&r->message, head_get(head, VIEW_LIT("grpc-message")));
    uint8_t *at = details.len && details.len <= DETAILS_MAX
                      ? buf_reserve(&r->details, BASE64_BYTES_MAX(details.len))
                      : NULL;
    if (at && base64_read(details, at, &len) == 0)
        buf_commit(&r->details, len);
}

static int64_t on_head(void *user, struct h2_stream *stream, const struct head *head)
{
    struct rpc_reader *r = h2_stream_user(stream);
    if (!r)
        return BODY_REFUSE;
    r->http_status = head->status;
    r->typed = view_starts(head_get(head, VIEW_LIT("content-type")), VIEW_LIT("application/grpc"));
    read_status(r, head);
    return r->typed && head->status == 200 ? INT64_MAX : BODY_REFUSE;
}

static void on_body(void *user, struct h2_stream *stream, struct view bytes)
{
    struct rpc_reader *r = h2_stream_user(stream);
    if (!r)
        return;
    if (buf_append_view(&r->received, bytes)) {
        r->overrun = true;
        h2_reset(stream, H2_CANCEL);
    }
    wake(r);
}

static void on_trailers(void *user, struct h2_stream *stream, const struct head *trailers)
{
    struct rpc_reader *r = h2_stream_user(stream);
    if (r)
        read_status(r, trailers);
}

static void on_closed(void *user, struct h2_stream *stream, uint32_t code)
{
    struct rpc_channel *c = user;
    struct rpc_reader *r = h2_stream_user(stream);
    if (r) {
        r->h2 = NULL;
        r->closed_code = code;
        wake(r);
    }
    channel_wake(c);
}

const struct h2_events reader_events = {
    .head = on_head,
    .body = on_body,
    .trailers = on_trailers,
    .closed = on_closed,
};

/* ---- how it ended ---- */

/* github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md */
static enum rpc_code code_of_http(int status)
{
    switch (status) {
    case 400:
        return RPC_INTERNAL;
    case 401:
        return RPC_UNAUTHENTICATED;
    case 403:
        return RPC_PERMISSION_DENIED;
    case 404:
        return RPC_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return RPC_UNAVAILABLE;
    default:
        return RPC_UNKNOWN;
    }
}

/* gRPC over HTTP2, "Errors". */
static enum rpc_code code_of_reset(uint32_t reset)
{
    switch (reset) {
    case H2_REFUSED_STREAM:
        return RPC_UNAVAILABLE;
    case H2_CANCEL:
        return RPC_CANCELED;
    case H2_ENHANCE_YOUR_CALM:
        return RPC_RESOURCE_EXHAUSTED;
    default:
        return RPC_INTERNAL;
    }
}

static int err_of(enum rpc_code code)
{
    static const int errs[] = {
        [RPC_OK] = 0,
        [RPC_CANCELED] = ERR_CANCELLED,
        [RPC_UNKNOWN] = ERR_UNKNOWN,
        [RPC_INVALID_ARGUMENT] = ERR_INVALID,
        [RPC_DEADLINE_EXCEEDED] = ERR_TIMEOUT,
        [RPC_NOT_FOUND] = ERR_NOT_FOUND,
        [RPC_ALREADY_EXISTS] = ERR_EXISTS,
        [RPC_PERMISSION_DENIED] = ERR_DENIED,
        [RPC_RESOURCE_EXHAUSTED] = ERR_FULL,
        [RPC_FAILED_PRECONDITION] = ERR_BUSY,
        [RPC_ABORTED] = ERR_CONFLICT,
        [RPC_OUT_OF_RANGE] = ERR_INVALID,
        [RPC_UNIMPLEMENTED] = ERR_UNSUPPORTED,
        [RPC_INTERNAL] = ERR_IO,
        [RPC_UNAVAILABLE] = ERR_UNAVAILABLE,
        [RPC_DATA_LOSS] = ERR_CORRUPT,
        [RPC_UNAUTHENTICATED] = ERR_DENIED,
    };
    return errs[code];
}

/* Fills *ret_status with what is known here; returns the code's err. */
static int end_with(struct rpc_status *ret_status, enum rpc_code code, const char *message)
{
    *ret_status = (struct rpc_status){.code = code, .message = message};
    return err_of(code);
}

/* The status of a stream that has ended, in the arena. */
static int end_status(struct rpc_reader *r, struct arena *arena, struct rpc_status *ret_status)
{
    const struct rpc_channel *c = r->channel;
    const ProtobufCMessage *detail = NULL;
    const char *text;
    int code;
    if (r->overrun)
        return end_with(ret_status, RPC_RESOURCE_EXHAUSTED, "the answer is larger than allowed");
    if (r->code < 0 && c->failed)
        return end_with(ret_status, RPC_UNAVAILABLE, "the connection broke");
    if (r->code < 0 && r->http_status && (r->http_status != 200 || !r->typed))
        return end_with(ret_status, code_of_http(r->http_status), "the answer is not gRPC");
    if (r->code < 0 && r->closed_code != H2_NO_ERROR)
        return end_with(ret_status, code_of_reset(r->closed_code), "the server reset the stream");
    if (r->code < 0)
        return end_with(ret_status, RPC_UNKNOWN, "the answer has no grpc-status");
    if (r->code == RPC_OK)
        return end_with(ret_status, RPC_OK, "");
    char *message = arena_copy(arena, buf_view(&r->message));
    if (r->details.len)
        status_unpack(buf_view(&r->details), &usher__v1__error_detail__descriptor, arena, &code,
                      &text, &detail);
    end_with(ret_status, (enum rpc_code)r->code, message ? message : "");
    ret_status->detail = (const Usher__V1__ErrorDetail *)detail;
    return err_of((enum rpc_code)r->code);
}

/* ---- opening ---- */

static int pack_request(const ProtobufCMessage *request, struct buf *out)
{
    uint8_t head[ENVELOPE_BYTES];
    size_t len = protobuf_c_message_get_packed_size(request);
    if (len > RPC_CHANNEL_ANSWER_MAX)
        return ERR_FULL;
    envelope_write(0, (uint32_t)len, head);
    int err = buf_append(out, head, sizeof(head));
    return err ? err : proto_pack(request, out);
}

static int send_request(struct rpc_reader *r, const char *path, const char *authorization,
                        struct view body, int64_t deadline_ns)
{
    struct rpc_channel *c = r->channel;
    char timeout[TIMEOUT_TEXT_MAX];
    struct head_field fields[5] = {
        {VIEW_LIT("content-type"), VIEW_LIT("application/grpc+proto")},
        {VIEW_LIT("te"), VIEW_LIT("trailers")},
    };
    size_t count = 2;
    if (!authorization)
        authorization = c->authorization;
    if (authorization)
        fields[count++] = (struct head_field){VIEW_LIT("authorization"), view_str(authorization)};
    if (deadline_ns != DEADLINE_NEVER) {
        int64_t left_ns = deadline_ns - fiber_now_ns();
        size_t len = timeout_write_grpc(left_ns > 0 ? left_ns : 0, timeout);
        fields[count++] = (struct head_field){VIEW_LIT("grpc-timeout"), view_of(timeout, len)};
    }
    struct head_request request = {
        .method = VIEW_LIT("POST"),
        .path = view_str(path),
        .authority = view_str(c->authority),
        .secure = c->secure,
        .fields = fields,
        .field_count = count,
    };
    int err = h2_request(c->h2, &request, body_copied(body), r, &r->h2);
    if (!err)
        channel_touch(c);
    return err;
}

/* Waits until the server allows another stream, in order of arrival. */
static int wait_for_stream(struct rpc_channel *c, int64_t deadline_ns)
{
    int err;
    if (c->waiting_count >= RPC_CHANNEL_WAITERS_MAX)
        return ERR_FULL;
    c->waiting_count++;
    do {
        err = waitlist_wait(&c->waiting, deadline_ns);
    } while (!err && c->h2 && !h2_may_request(c->h2));
    c->waiting_count--;
    return err;
}

static int open_stream(struct rpc_reader *r, const char *path, const char *authorization,
                       struct view body, int64_t deadline_ns)
{
    struct rpc_channel *c = r->channel;
    int err = c->waiting_count > 0 ? ERR_BUSY : 0;
    while (c->h2) {
        if (!err)
            err = send_request(r, path, authorization, body, deadline_ns);
        if (err == ERR_BUSY)
            err = wait_for_stream(c, deadline_ns);
        else
            break;
    }
    /* Whoever was woken passes it on: there may be room for more than one. */
    channel_wake(c);
    return c->h2 ? err : ERR_UNAVAILABLE;
}

/* Sends a request in the channel's name. 0, or ERR_… and *ret_status filled. */
static int reader_open(struct rpc_channel *channel, struct rpc_reader *reader, const char *path,
                       const char *authorization, const ProtobufCMessage *request,
                       struct rpc_status *ret_status, int64_t deadline_ns)
{
    struct buf body;
    assert(fiber_self());
    *reader = (struct rpc_reader){.channel = channel, .code = -1};
    buf_init(&reader->received, RPC_CHANNEL_ANSWER_MAX + ENVELOPE_BYTES);
    buf_init(&reader->details, DETAILS_MAX);
    buf_init(&reader->message, 3 * RPC_MESSAGE_MAX + 1);
    envelope_init(&reader->envelopes, RPC_CHANNEL_ANSWER_MAX);
    buf_init(&body, RPC_CHANNEL_ANSWER_MAX + ENVELOPE_BYTES);
    int err = pack_request(request, &body);
    if (!err)
        err = open_stream(reader, path, authorization, buf_view(&body), deadline_ns);
    buf_release(&body);
    switch (err) {
    case 0:
        return 0;
    case ERR_TIMEOUT:
        return end_with(ret_status, RPC_DEADLINE_EXCEEDED, "the deadline has passed");
    case ERR_CANCELLED:
        return end_with(ret_status, RPC_CANCELED, "cancelled here");
    case ERR_FULL:
    case ERR_NO_MEMORY:
        return end_with(ret_status, RPC_RESOURCE_EXHAUSTED, "the request is too large");
    case ERR_INVALID:
        return end_with(ret_status, RPC_INVALID_ARGUMENT, "a header cannot be sent");
    default:
        return end_with(ret_status, RPC_UNAVAILABLE, "the connection is closed");
    }
}

static void reader_release(struct rpc_reader *reader)
{
    if (reader->h2) {
        h2_stream_set_user(reader->h2, NULL);
        h2_reset(reader->h2, H2_CANCEL);
        channel_touch(reader->channel);
        reader->h2 = NULL;
    }
    envelope_release(&reader->envelopes);
    buf_release(&reader->received);
    buf_release(&reader->details);
    buf_release(&reader->message);
}

/* ---- calls ---- */

/* Waits for the next event. 0, or what ends the wait with *ret_status filled. */
static int wait_event(struct rpc_reader *r, struct rpc_status *ret_status, int64_t deadline_ns)
{
    r->fiber = fiber_self();
    int err = fiber_park(deadline_ns);
    r->fiber = NULL;
    if (err == ERR_TIMEOUT)
        return end_with(ret_status, RPC_DEADLINE_EXCEEDED, "the deadline has passed");
    if (err)
        return end_with(ret_status, RPC_CANCELED, "cancelled here");
    return 0;
}

/* The one message of a unary answer. */
static int read_answer(struct rpc_reader *r, const ProtobufCMessageDescriptor *descriptor,
                       struct arena *arena, const ProtobufCMessage **ret_response,
                       struct rpc_status *ret_status)
{
    struct view bytes = buf_view(&r->received), message;
    ProtobufCMessage *response;
    uint8_t flags;
    if (bytes.len == 0 ||
        envelope_next(&r->envelopes, &bytes, &flags, &message) != ENVELOPE_MESSAGE ||
        bytes.len > 0 || flags)
        return end_with(ret_status, RPC_INTERNAL, "the answer is not one message");
    int err = proto_unpack(descriptor, message, arena, &response);
    if (err == ERR_FULL)
        return end_with(ret_status, RPC_RESOURCE_EXHAUSTED, "the answer takes too much memory");
    if (err)
        return end_with(ret_status, RPC_INTERNAL, "the answer is malformed");
    *ret_response = response;
    return 0;
}

int rpc_channel_call(struct rpc_channel *channel, const char *path, const char *authorization,
                     const ProtobufCMessage *request,
                     const ProtobufCMessageDescriptor *response_descriptor, struct arena *arena,
                     const ProtobufCMessage **ret_response, struct rpc_status *ret_status,
                     int64_t deadline_ns)
{
    struct rpc_reader r;
    int err = reader_open(channel, &r, path, authorization, request, ret_status, deadline_ns);
    while (!err && r.h2)
        err = wait_event(&r, ret_status, deadline_ns);
    if (!err)
        err = end_status(&r, arena, ret_status);
    if (!err)
        err = read_answer(&r, response_descriptor, arena, ret_response, ret_status);
    reader_release(&r);
    return err;
}

int rpc_channel_watch(struct rpc_channel *channel, const char *path, const char *authorization,
                      const ProtobufCMessage *request, struct rpc_reader **ret_reader,
                      int64_t deadline_ns)
{
    struct rpc_status status;
    struct rpc_reader *r = malloc(sizeof(*r));
    if (!r)
        return ERR_NO_MEMORY;
    int err = reader_open(channel, r, path, authorization, request, &status, deadline_ns);
    if (err)
        rpc_reader_free(r);
    else
        *ret_reader = r;
    return err;
}

/* Takes the next whole message out of what was received. False: not there yet. */
static bool take_message(struct rpc_reader *r, struct view *ret_message, bool *ret_bad)
{
    struct view bytes = buf_view(&r->received);
    size_t before = bytes.len;
    uint8_t flags = 0;
    enum envelope_found found =
        before ? envelope_next(&r->envelopes, &bytes, &flags, ret_message) : ENVELOPE_MORE;
    *ret_bad = found == ENVELOPE_TOO_LARGE || found == ENVELOPE_NO_MEMORY || flags != 0;
    /* The message looks into received: it is unpacked before more can be appended. */
    buf_consume(&r->received, before - bytes.len);
    return found == ENVELOPE_MESSAGE;
}

int rpc_reader_next(struct rpc_reader *reader, const ProtobufCMessageDescriptor *descriptor,
                    struct arena *arena, const ProtobufCMessage **ret_message,
                    struct rpc_status *ret_status, int64_t deadline_ns)
{
    struct view bytes;
    ProtobufCMessage *message;
    bool bad;
    while (!take_message(reader, &bytes, &bad) && !bad) {
        if (!reader->h2) {
            if (end_status(reader, arena, ret_status) == 0 && envelope_is_half(&reader->envelopes))
                end_with(ret_status, RPC_INTERNAL, "the stream ends within a message");
            return ERR_CLOSED;
        }
        int err = wait_event(reader, ret_status, deadline_ns);
        if (err)
            return err;
    }
    int err = bad ? ERR_INVALID : proto_unpack(descriptor, bytes, arena, &message);
    if (err) {
        end_with(ret_status, RPC_INTERNAL, "a message of the stream is malformed");
        return ERR_CLOSED;
    }
    *ret_message = message;
    return 0;
}

void rpc_reader_free(struct rpc_reader *reader)
{
    if (!reader)
        return;
    reader_release(reader);
    free(reader);
}
