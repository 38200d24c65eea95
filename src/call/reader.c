#include "call/reader.h"

#include <stdio.h>
#include <stdlib.h>

#include "call/limits.h"
#include "codec/base64.h"
#include "codec/percent.h"
#include "codec/status.h"
#include "codec/timeout.h"
#include "err/err.h"

#define DETAILS_MAX    (64u << 10) /* bytes of grpc-status-details-bin */
#define ANSWERED_MAX   (METADATA_FIELDS_MAX * (METADATA_NAME_MAX + METADATA_VALUE_MAX + 4))
#define PATH_MAX_BYTES 256

/* ---- events ---- */

static void wake(struct reader *r)
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

static bool is_of_trace(struct view name)
{
    return view_eq(name, TRACE_REQUEST_ID) || view_eq(name, TRACE_PARENT);
}

/* Before each name and value that are kept until there is an arena. */
struct answered_field {
    uint16_t name_len, value_len;
    bool trailing;
};

/* What the handler answered beside its messages. What does not fit is left out. */
static void keep_answered(struct reader *r, const struct head *head, bool trailing)
{
    for (size_t i = 0; i < head->field_count; i++) {
        const struct view name = head->fields[i].name, value = head->fields[i].value;
        const struct answered_field field = {(uint16_t)name.len, (uint16_t)value.len, trailing};
        if (!metadata_travels(name) || is_of_trace(name) || name.len > METADATA_NAME_MAX ||
            value.len > METADATA_VALUE_MAX)
            continue;
        uint8_t *at = buf_reserve(&r->answered, sizeof(field) + name.len + value.len);
        if (!at)
            return;
        memcpy(at, &field, sizeof(field));
        memcpy(at + sizeof(field), name.at, name.len);
        memcpy(at + sizeof(field) + name.len, value.at, value.len);
        buf_commit(&r->answered, sizeof(field) + name.len + value.len);
    }
}

static const struct metadata *answered_of(const struct reader *r, struct arena *arena)
{
    struct metadata *answered = NULL;
    const struct view all = buf_view(&r->answered);
    struct answered_field field;
    for (size_t at = 0; at < all.len; at += field.name_len + field.value_len) {
        memcpy(&field, all.at + at, sizeof(field));
        at += sizeof(field);
        const struct view name = view_of(all.at + at, field.name_len);
        const struct view value = view_of(name.at + name.len, field.value_len);
        (void)(field.trailing ? metadata_add_trailing(&answered, arena, name, value)
                              : metadata_add(&answered, arena, name, value));
    }
    return answered;
}

/* grpc-status and its company: in the trailers, or in a head that has no body. */
static void read_status(struct reader *r, const struct head *head)
{
    struct view status = head_get(head, VIEW_LIT("grpc-status"));
    struct view details = head_get(head, VIEW_LIT("grpc-status-details-bin"));
    uint64_t code;
    size_t len;
    if (status.len == 0)
        return;
    r->code = view_to_u64(status, 16, &code) ? (int)code : CODE_UNKNOWN;
    read_text(&r->message, head_get(head, VIEW_LIT("grpc-message")));
    uint8_t *at = details.len && details.len <= DETAILS_MAX
                      ? buf_reserve(&r->details, BASE64_BYTES_MAX(details.len))
                      : NULL;
    if (at && base64_read(details, at, &len) == 0)
        buf_commit(&r->details, len);
}

static int64_t on_head(void *user, struct h2_stream *stream, const struct head *head)
{
    struct reader *r = h2_stream_user(stream);
    if (!r)
        return BODY_REFUSE;
    r->http_status = head->status;
    r->typed = view_starts(head_get(head, VIEW_LIT("content-type")), VIEW_LIT("application/grpc"));
    read_status(r, head);
    keep_answered(r, head, false);
    return r->typed && head->status == 200 ? INT64_MAX : BODY_REFUSE;
}

static void on_body(void *user, struct h2_stream *stream, struct view bytes)
{
    struct reader *r = h2_stream_user(stream);
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
    struct reader *r = h2_stream_user(stream);
    if (!r)
        return;
    read_status(r, trailers);
    keep_answered(r, trailers, true);
}

static void on_closed(void *user, struct h2_stream *stream, uint32_t code)
{
    struct link *link = user;
    struct reader *r = h2_stream_user(stream);
    if (r) {
        r->h2 = NULL;
        r->closed_code = code;
        wake(r);
    }
    link_wake(link);
}

const struct h2_events reader_events = {
    .head = on_head,
    .body = on_body,
    .trailers = on_trailers,
    .closed = on_closed,
};

/* ---- how it ended ---- */

/* github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md */
static enum code code_of_http(int status)
{
    switch (status) {
    case 400:
        return CODE_INTERNAL;
    case 401:
        return CODE_UNAUTHENTICATED;
    case 403:
        return CODE_PERMISSION_DENIED;
    case 404:
        return CODE_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return CODE_UNAVAILABLE;
    default:
        return CODE_UNKNOWN;
    }
}

/* gRPC over HTTP2, "Errors". */
static enum code code_of_reset(uint32_t reset)
{
    switch (reset) {
    case H2_REFUSED_STREAM:
        return CODE_UNAVAILABLE;
    case H2_CANCEL:
        return CODE_CANCELED;
    case H2_ENHANCE_YOUR_CALM:
        return CODE_RESOURCE_EXHAUSTED;
    default:
        return CODE_INTERNAL;
    }
}

/* The status of a stream that has ended, in the arena. */
static int end_status(struct reader *r, struct arena *arena, struct call_status *ret_status)
{
    const struct link *link = r->link;
    const ProtobufCMessage *detail = NULL;
    const char *text;
    int code;
    if (r->overrun)
        return call_status_set(ret_status, CODE_RESOURCE_EXHAUSTED,
                               "the answer is larger than allowed");
    if (r->code < 0 && link->failed)
        return call_status_set(ret_status, CODE_UNAVAILABLE, "the connection broke");
    if (r->code < 0 && r->http_status && (r->http_status != 200 || !r->typed))
        return call_status_set(ret_status, code_of_http(r->http_status), "the answer is not gRPC");
    if (r->code < 0 && r->closed_code != H2_NO_ERROR)
        return call_status_set(ret_status, code_of_reset(r->closed_code),
                               "the server reset the stream");
    if (r->code < 0)
        return call_status_set(ret_status, CODE_UNKNOWN, "the answer has no grpc-status");
    if (r->code == CODE_OK)
        return call_status_set(ret_status, CODE_OK, "");
    char *message = arena_copy(arena, buf_view(&r->message));
    if (r->details.len)
        status_unpack(buf_view(&r->details), &usher__v1__error_detail__descriptor, arena, &code,
                      &text, &detail);
    call_status_set(ret_status, (enum code)r->code, message ? message : "");
    ret_status->detail = (const Usher__V1__ErrorDetail *)detail;
    return code_err((enum code)r->code);
}

/* ---- opening ---- */

static int pack_request(const ProtobufCMessage *request, struct buf *out)
{
    uint8_t head[ENVELOPE_BYTES];
    size_t len = protobuf_c_message_get_packed_size(request);
    if (len > LINK_REQUEST_MAX)
        return ERR_FULL;
    envelope_write(0, (uint32_t)len, head);
    int err = buf_append(out, head, sizeof(head));
    return err ? err : proto_pack(request, out);
}

static void free_lent(void *owner)
{
    buf_release(owner);
    free(owner);
}

/* The bytes as a body: copied when small, else the buffer itself changes hands, but only where the
 * engine will take it. */
static struct body take_body(struct link *link, struct buf *packed)
{
    const bool lend = packed->len > LINK_COPY_MAX && h2_may_request(link->h2);
    struct buf *taken = lend ? malloc(sizeof(*taken)) : NULL;
    if (!taken)
        return body_copied(buf_view(packed));
    *taken = *packed;
    buf_init(packed, 0);
    return body_lent(buf_view(taken), free_lent, taken);
}

static int send_request(struct reader *r, const struct channel_request *request,
                        const char *authorization, struct buf *packed)
{
    struct link *link = r->link;
    char path[PATH_MAX_BYTES], timeout[TIMEOUT_TEXT_MAX], identity[IDENTITY_TEXT_MAX];
    char request_id[TRACE_REQUEST_ID_MAX + 1], parent[TRACE_PARENT_CHARS + 1];
    struct head_field fields[7 + METADATA_FIELDS_MAX] = {
        {VIEW_LIT("content-type"), VIEW_LIT("application/grpc+proto")},
        {VIEW_LIT("te"), VIEW_LIT("trailers")},
    };
    size_t count = 2;
    const int path_len =
        snprintf(path, sizeof(path), "/%s/%s", request->service->name, request->method->name);
    assert(path_len < (int)sizeof(path));
    if (authorization)
        fields[count++] = (struct head_field){VIEW_LIT("authorization"), view_str(authorization)};
    if (request->deadline_ns != DEADLINE_NEVER) {
        int64_t left_ns = request->deadline_ns - fiber_now_ns();
        size_t len = timeout_write_grpc(left_ns > 0 ? left_ns : 0, timeout);
        fields[count++] = (struct head_field){VIEW_LIT("grpc-timeout"), view_of(timeout, len)};
    }
    if (request->identity) {
        identity_format(request->identity, identity);
        fields[count++] = (struct head_field){VIEW_LIT(IDENTITY_FIELD), view_str(identity)};
    }
    const struct view id = trace_request_id(request->trace, request_id);
    if (id.len) {
        fields[count++] = (struct head_field){TRACE_REQUEST_ID, id};
        fields[count++] =
            (struct head_field){TRACE_PARENT, trace_write_parent(request->trace, parent)};
    }
    for (uint32_t i = 0; request->metadata && i < request->metadata->count; i++) {
        const struct metadata_field *field = &request->metadata->fields[i];
        if (id.len == 0 || !is_of_trace(field->name))
            fields[count++] = (struct head_field){field->name, field->value};
    }
    struct head_request head = {
        .method = VIEW_LIT("POST"),
        .path = view_of(path, (size_t)path_len),
        .authority = view_str(link->authority),
        .secure = link->secure,
        .fields = fields,
        .field_count = count,
    };
    int err = h2_request(link->h2, &head, take_body(link, packed), r, &r->h2);
    r->sent = !err;
    if (err == ERR_CLOSED) /* the server has said GOAWAY */
        link->retired = true;
    if (!err)
        link_touch(link);
    return err;
}

/* Waits until the server allows another stream, in order of arrival. */
static int wait_for_stream(struct link *link, int64_t deadline_ns)
{
    int err;
    if (link->waiting_count >= LINK_WAITERS_MAX)
        return ERR_FULL;
    link->waiting_count++;
    do {
        err = waitlist_wait(&link->waiting, deadline_ns);
    } while (!err && link->h2 && !h2_may_request(link->h2));
    link->waiting_count--;
    return err;
}

static int open_stream(struct reader *r, const struct channel_request *request,
                       const char *authorization, struct buf *packed)
{
    struct link *link = r->link;
    int err = link->waiting_count > 0 ? ERR_BUSY : 0;
    while (link->h2) {
        if (!err)
            err = send_request(r, request, authorization, packed);
        if (err == ERR_BUSY)
            err = wait_for_stream(link, request->deadline_ns);
        else
            break;
    }
    /* Whoever was woken passes it on: there may be room for more than one. */
    link_wake(link);
    return link->h2 ? err : ERR_UNAVAILABLE;
}

int reader_open(struct reader *reader, struct link *link, const struct channel_request *request,
                const char *authorization, struct call_status *ret_status)
{
    struct buf packed;
    assert(fiber_self());
    *reader = (struct reader){.link = link, .code = -1};
    buf_init(&reader->received, LINK_QUEUE_MAX + ENVELOPE_BYTES);
    buf_init(&reader->details, DETAILS_MAX);
    buf_init(&reader->message, 3 * CALL_MESSAGE_MAX + 1);
    buf_init(&reader->answered, ANSWERED_MAX);
    envelope_init(&reader->envelopes, LINK_ANSWER_MAX);
    buf_init(&packed, LINK_REQUEST_MAX + ENVELOPE_BYTES);
    int err = pack_request(request->message, &packed);
    if (!err)
        err = open_stream(reader, request, authorization, &packed);
    buf_release(&packed);
    switch (err) {
    case 0:
        return 0;
    case ERR_TIMEOUT:
        return call_status_set(ret_status, CODE_DEADLINE_EXCEEDED, "the deadline has passed");
    case ERR_CANCELLED:
        return call_status_set(ret_status, CODE_CANCELED, "cancelled here");
    case ERR_FULL:
    case ERR_NO_MEMORY:
        return call_status_set(ret_status, CODE_RESOURCE_EXHAUSTED, "the request is too large");
    case ERR_INVALID:
        return call_status_set(ret_status, CODE_INVALID_ARGUMENT, "a header cannot be sent");
    default:
        return call_status_set(ret_status, CODE_UNAVAILABLE, "the connection is closed");
    }
}

void reader_release(struct reader *reader)
{
    if (reader->h2) {
        h2_stream_set_user(reader->h2, NULL);
        h2_reset(reader->h2, H2_CANCEL);
        link_touch(reader->link);
        reader->h2 = NULL;
    }
    envelope_release(&reader->envelopes);
    buf_release(&reader->received);
    buf_release(&reader->details);
    buf_release(&reader->message);
    buf_release(&reader->answered);
}

bool reader_is_untouched(const struct reader *reader)
{
    return !reader->sent || (!reader->h2 && reader->code < 0 && !reader->http_status &&
                             reader->closed_code == H2_REFUSED_STREAM);
}

/* ---- calls ---- */

/* Waits for the next event. 0, or what ends the wait with *ret_status filled. */
static int wait_event(struct reader *r, struct call_status *ret_status, int64_t deadline_ns)
{
    r->fiber = fiber_self();
    int err = fiber_park(deadline_ns);
    r->fiber = NULL;
    if (err == ERR_TIMEOUT)
        return call_status_set(ret_status, CODE_DEADLINE_EXCEEDED, "the deadline has passed");
    if (err)
        return call_status_set(ret_status, CODE_CANCELED, "cancelled here");
    return 0;
}

/* The one message of a unary answer. */
static int read_answer(struct reader *r, const ProtobufCMessageDescriptor *descriptor,
                       struct arena *arena, const ProtobufCMessage **ret_response,
                       struct call_status *ret_status)
{
    struct view bytes = buf_view(&r->received), message;
    ProtobufCMessage *response;
    uint8_t flags;
    if (bytes.len == 0 ||
        envelope_next(&r->envelopes, &bytes, &flags, &message) != ENVELOPE_MESSAGE ||
        bytes.len > 0 || flags)
        return call_status_set(ret_status, CODE_INTERNAL, "the answer is not one message");
    int err = proto_unpack(descriptor, message, arena, &response);
    if (err == ERR_FULL)
        return call_status_set(ret_status, CODE_RESOURCE_EXHAUSTED,
                               "the answer takes too much memory");
    if (err)
        return call_status_set(ret_status, CODE_INTERNAL, "the answer is malformed");
    *ret_response = response;
    return 0;
}

int reader_answer(struct reader *reader, const struct channel_request *request, struct arena *arena,
                  const ProtobufCMessage **ret_response, struct call_status *ret_status)
{
    int err = 0;
    while (!err && reader->h2)
        err = wait_event(reader, ret_status, request->deadline_ns);
    if (!err)
        err = end_status(reader, arena, ret_status);
    if (!err)
        err = read_answer(reader, request->method->output, arena, ret_response, ret_status);
    ret_status->answered = answered_of(reader, arena);
    return err;
}

/* Takes the next whole message out of what was received. False: not there yet. */
static bool take_message(struct reader *r, struct view *ret_message, bool *ret_bad)
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

int reader_next(struct reader *reader, const ProtobufCMessageDescriptor *descriptor,
                struct arena *arena, const ProtobufCMessage **ret_message,
                struct call_status *ret_status, int64_t deadline_ns)
{
    struct view bytes;
    ProtobufCMessage *message;
    bool bad;
    while (!take_message(reader, &bytes, &bad) && !bad) {
        if (!reader->h2) {
            if (end_status(reader, arena, ret_status) == 0 && envelope_is_half(&reader->envelopes))
                call_status_set(ret_status, CODE_INTERNAL, "the stream ends within a message");
            return ERR_CLOSED;
        }
        int err = wait_event(reader, ret_status, deadline_ns);
        if (err)
            return err;
    }
    int err = bad ? ERR_INVALID : proto_unpack(descriptor, bytes, arena, &message);
    if (err) {
        call_status_set(ret_status, CODE_INTERNAL, "a message of the stream is malformed");
        return ERR_CLOSED;
    }
    *ret_message = message;
    return 0;
}
