#include "wire/decode.h"

#include <stdio.h>

#include "codec/base64.h"
#include "codec/envelope.h"
#include "codec/json.h"
#include "codec/percent.h"
#include "codec/text.h"
#include "err/err.h"
#include "wire/limits.h"
#include "wire/shard.h"

static int malformed(struct exchange *exchange, const char *field, const char *text)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    detail.reason = "BAD_ARGUMENT";
    detail.field = (char *)field;
    exchange->callers_fault = true;
    return call_fail(&exchange->call, CODE_INVALID_ARGUMENT, &detail, "%s%s%s",
                     field[0] ? field : exchange->call.route->descriptor->input->short_name,
                     field[0] ? ": " : " ", text);
}

/* The one message of the body, out of its envelope. */
static int unwrap(struct exchange *exchange, struct view body, struct view *ret_message,
                  bool *ret_packed)
{
    struct envelope_reader r;
    uint8_t flags;
    envelope_init(&r, exchange->call.route->request_max);
    /* All bytes are here, so a message is never gathered and the reader owns nothing. */
    enum envelope_found found =
        body.len ? envelope_next(&r, &body, &flags, ret_message) : ENVELOPE_MORE;
    bool more = found == ENVELOPE_MESSAGE && body.len > 0;
    envelope_release(&r);
    if (found == ENVELOPE_MORE && r.head_len == 0)
        return call_fail(&exchange->call, CODE_UNIMPLEMENTED, NULL,
                         "the request has no message: one is needed");
    if (found == ENVELOPE_MORE)
        return malformed(exchange, "", "is cut short");
    if (found == ENVELOPE_TOO_LARGE)
        return call_fail(&exchange->call, CODE_RESOURCE_EXHAUSTED, NULL,
                         "a request of this method has at most %zu bytes",
                         exchange->call.route->request_max);
    if (found != ENVELOPE_MESSAGE)
        return ERR_NO_MEMORY;
    *ret_packed = flags & ENVELOPE_COMPRESSED;
    exchange->callers_fault = *ret_packed && exchange->squeeze == SQUEEZE_NONE;
    if (exchange->callers_fault) /* INTERNAL is what gRPC's compression.md wants */
        return call_fail(&exchange->call, CODE_INTERNAL, NULL,
                         "the message is marked as compressed, but no encoding is named");
    if (flags & ~ENVELOPE_COMPRESSED)
        return malformed(exchange, "", "has unknown flags in its envelope");
    if (more)
        return call_fail(&exchange->call, CODE_UNIMPLEMENTED, NULL,
                         "the request has more than one message: one is allowed");
    return 0;
}

/* What is done here or beside the loop: of the call it touches the arena alone, which nobody else
 * does while the fiber waits. */
struct decode_job {
    const ProtobufCMessageDescriptor *descriptor;
    struct view bytes;
    bool json;
    enum squeeze squeeze; /* of bytes */
    struct buf unpacked;  /* … and what they unfold to */
    int unpacking;        /* what came of that */
    struct arena *arena;
    ProtobufCMessage *message;
    struct json_error *error; /* not cleared: only its two first characters are set */
    int result;
};

static void decode(void *arg)
{
    struct decode_job *job = arg;
    if (job->squeeze != SQUEEZE_NONE) {
        job->unpacking = squeeze_unpack(job->squeeze, job->bytes, &job->unpacked);
        job->bytes = buf_view(&job->unpacked);
    }
    if (job->unpacking)
        return;
    job->result =
        job->json ? json_read(job->descriptor, job->bytes, job->arena, &job->message, job->error)
                  : proto_unpack(job->descriptor, job->bytes, job->arena, &job->message);
    if (job->result == 0)
        job->result = text_normalize(job->message, job->arena, job->error);
    if (job->result == ERR_INVALID && !job->json && !job->error->text[0]) {
        const char *why = proto_bad_string(job->descriptor, job->bytes, job->error->path);
        snprintf(job->error->text, sizeof(job->error->text), "%s", why ? why : "");
    }
}

static int fail_unpacking(struct exchange *exchange, int err)
{
    if (err == ERR_FULL)
        return call_fail(&exchange->call, CODE_RESOURCE_EXHAUSTED, NULL,
                         "a request of this method has at most %zu bytes, unpacked",
                         exchange->call.route->request_max);
    return err == ERR_INVALID ? malformed(exchange, "", "is not what its encoding says") : err;
}

/* packed: as exchange->squeeze says. */
static int decode_bytes(struct exchange *exchange, struct view bytes, bool packed)
{
    const size_t most = exchange->call.route->request_max;
    struct offload *offload = exchange->shard->options->offload;
    struct json_error error;
    error.path[0] = '\0';
    error.text[0] = '\0';
    struct decode_job job = {
        .descriptor = exchange->call.route->descriptor->input,
        .bytes = bytes,
        .json = exchange->form == FORM_JSON,
        .squeeze = packed ? exchange->squeeze : SQUEEZE_NONE,
        .arena = &exchange->arena,
        .error = &error,
    };
    buf_init(&job.unpacked, most);
    const size_t may_be = job.squeeze == SQUEEZE_NONE ? bytes.len : most;
    if (!offload || may_be <= WIRE_DECODE_HERE_MAX)
        decode(&job);
    else if (offload_run(offload, decode, &job) != 0)
        return call_fail(&exchange->call, CODE_RESOURCE_EXHAUSTED, NULL,
                         "as many large requests as there may "
                         "be are being read");
    buf_release(&job.unpacked); /* the message has copied what it needs */
    if (job.unpacking)
        return fail_unpacking(exchange, job.unpacking);
    if (job.result == ERR_FULL)
        return call_fail(&exchange->call, CODE_RESOURCE_EXHAUSTED, NULL,
                         "the request takes too much memory");
    if (job.result)
        return malformed(exchange, error.path,
                         error.text[0] ? error.text : "is not a protobuf message");
    exchange->call.request = job.message;
    return 0;
}

/* message=… of a Connect GET, in base64 where base64=1. */
static int decode_query(struct exchange *exchange, struct view query)
{
    const bool packed = exchange->squeeze != SQUEEZE_NONE;
    struct view value, flag;
    size_t len;
    if (!query_find(query, VIEW_LIT("message"), &value))
        return malformed(exchange, "", "is missing: the query has no message");
    char *text = arena_alloc(&exchange->arena, value.len + 1);
    uint8_t *bytes = arena_alloc(&exchange->arena, BASE64_BYTES_MAX(value.len));
    if (!text || !bytes)
        return ERR_FULL;
    if (query_read(value, text, &len))
        return malformed(exchange, "", "is not percent-coded properly");
    if (query_find(query, VIEW_LIT("base64"), &flag) && view_eq(flag, VIEW_LIT("1"))) {
        /* '+' came as a blank where base64's other alphabet was not percent-coded. */
        if (base64_read(value, bytes, &len) && base64_read(view_of(text, len), bytes, &len))
            return malformed(exchange, "", "is not base64");
        return decode_bytes(exchange, view_of(bytes, len), packed);
    }
    return decode_bytes(exchange, view_of(text, len), packed);
}

int decode_request(struct exchange *exchange)
{
    struct view body = buf_view(&exchange->body);
    bool packed = exchange->squeeze != SQUEEZE_NONE;
    int err;
    if (exchange->get)
        err = decode_query(exchange, body);
    else if (exchange->protocol == PROTOCOL_CONNECT)
        err = decode_bytes(exchange, body, packed && body.len > 0);
    else
        err = unwrap(exchange, body, &body, &packed);
    if (!err && !exchange->call.request)
        err = decode_bytes(exchange, body, packed);
    /* The message has copied what it needs. */
    exchange->shard->body_bytes -= exchange->body.len;
    if (exchange->body.cap > WIRE_BODY_KEPT)
        buf_release(&exchange->body);
    buf_clear(&exchange->body);
    return err;
}
