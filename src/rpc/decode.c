#include "rpc/decode.h"

#include "codec/base64.h"
#include "codec/envelope.h"
#include "codec/json.h"
#include "codec/percent.h"
#include "err/err.h"
#include "rpc/limits.h"
#include "rpc/shard.h"

static int malformed(struct rpc_call *call, const char *field, const char *text)
{
    Usher__V1__ErrorDetail detail = USHER__V1__ERROR_DETAIL__INIT;
    detail.reason = "BAD_ARGUMENT";
    detail.field = (char *)field;
    return rpc_fail(call, RPC_INVALID_ARGUMENT, &detail, "%s%s%s",
                    field[0] ? field : call->route->descriptor->input->short_name,
                    field[0] ? ": " : " ", text);
}

/* The one message of the body, out of its envelope. */
static int unwrap(struct rpc_call *call, struct view body, struct view *ret_message)
{
    struct envelope_reader r;
    uint8_t flags;
    envelope_init(&r, call->route->request_max);
    /* All bytes are here, so a message is never gathered and the reader owns nothing. */
    enum envelope_found found =
        body.len ? envelope_next(&r, &body, &flags, ret_message) : ENVELOPE_MORE;
    bool more = found == ENVELOPE_MESSAGE && body.len > 0;
    envelope_release(&r);
    if (found == ENVELOPE_MORE && r.head_len == 0)
        return rpc_fail(call, RPC_UNIMPLEMENTED, NULL, "the request has no message: one is needed");
    if (found == ENVELOPE_MORE)
        return malformed(call, "", "is cut short");
    if (found == ENVELOPE_TOO_LARGE)
        return rpc_fail(call, RPC_RESOURCE_EXHAUSTED, NULL,
                        "a request of this method has at most %zu bytes", call->route->request_max);
    if (found != ENVELOPE_MESSAGE)
        return ERR_NO_MEMORY;
    if (flags & ENVELOPE_COMPRESSED)
        return rpc_fail(call, RPC_INTERNAL, NULL,
                        "the message is marked as compressed, but no encoding is named");
    if (flags != 0)
        return malformed(call, "", "has unknown flags in its envelope");
    if (more)
        return rpc_fail(call, RPC_UNIMPLEMENTED, NULL,
                        "the request has more than one message: one is allowed");
    return 0;
}

/* What is done here or beside the loop: of the call it touches the arena alone, which nobody else
 * does while the fiber waits. */
struct decode_job {
    const ProtobufCMessageDescriptor *descriptor;
    struct view bytes;
    bool json;
    struct arena *arena;
    ProtobufCMessage *message;
    struct json_error error;
    int result;
};

static void decode(void *arg)
{
    struct decode_job *job = arg;
    job->result =
        job->json ? json_read(job->descriptor, job->bytes, job->arena, &job->message, &job->error)
                  : proto_unpack(job->descriptor, job->bytes, job->arena, &job->message);
}

static int decode_bytes(struct rpc_call *call, struct view bytes)
{
    struct offload *offload = call->shard->options->offload;
    struct decode_job job = {
        .descriptor = call->route->descriptor->input,
        .bytes = bytes,
        .json = call->form == FORM_JSON,
        .arena = &call->arena,
    };
    if (!offload || bytes.len <= RPC_DECODE_HERE_MAX)
        decode(&job);
    else if (offload_run(offload, decode, &job) != 0)
        return rpc_fail(call, RPC_RESOURCE_EXHAUSTED, NULL,
                        "as many large requests as there may "
                        "be are being read");
    if (job.result == ERR_FULL)
        return rpc_fail(call, RPC_RESOURCE_EXHAUSTED, NULL, "the request takes too much memory");
    if (job.result)
        return malformed(call, job.error.path,
                         job.json ? job.error.text : "is not a protobuf message");
    call->request = job.message;
    return 0;
}

/* message=… of a Connect GET, in base64 where base64=1. */
static int decode_query(struct rpc_call *call, struct view query)
{
    struct view value, flag;
    size_t len;
    if (!query_find(query, VIEW_LIT("message"), &value))
        return malformed(call, "", "is missing: the query has no message");
    char *text = arena_alloc(&call->arena, value.len + 1);
    uint8_t *bytes = arena_alloc(&call->arena, BASE64_BYTES_MAX(value.len));
    if (!text || !bytes)
        return ERR_FULL;
    if (query_read(value, text, &len))
        return malformed(call, "", "is not percent-coded properly");
    if (query_find(query, VIEW_LIT("base64"), &flag) && view_eq(flag, VIEW_LIT("1"))) {
        /* '+' came as a blank where base64's other alphabet was not percent-coded. */
        if (base64_read(value, bytes, &len) && base64_read(view_of(text, len), bytes, &len))
            return malformed(call, "", "is not base64");
        return decode_bytes(call, view_of(bytes, len));
    }
    return decode_bytes(call, view_of(text, len));
}

int decode_request(struct rpc_call *call)
{
    struct view body = buf_view(&call->body);
    int err;
    if (call->get)
        err = decode_query(call, body);
    else if (call->wire == WIRE_CONNECT)
        err = decode_bytes(call, body);
    else
        err = unwrap(call, body, &body);
    if (!err && !call->request)
        err = decode_bytes(call, body);
    /* The message has copied what it needs. */
    call->shard->body_bytes -= call->body.len;
    if (call->body.cap > RPC_BODY_KEPT)
        buf_release(&call->body);
    buf_clear(&call->body);
    return err;
}
