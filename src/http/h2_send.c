/* The sending half of h2: answers and requests, turned into nghttp2's frames. */
#include <stdlib.h>

#include "err/err.h"
#include "http/h2_state.h"
#include "http/refusal.h"

/* ---- what is lent for a call and outlives it ---- */

static int keep_piece(struct h2_stream *s)
{
    struct h2 *h = s->h2;
    size_t len = s->piece.bytes.len;

    if (len == 0 || s->piece.release || s->piece_copied)
        return 0;
    if (len > h->limits.copied_max - h->copied)
        return ERR_FULL;
    s->piece_copied = malloc(len);
    if (!s->piece_copied)
        return ERR_NO_MEMORY;
    memcpy(s->piece_copied, s->piece.bytes.at, len);
    s->piece.bytes.at = s->piece_copied;
    h->copied += len;
    return 0;
}

static char *copy_view(char *at, struct view *v)
{
    if (v->len)
        memcpy(at, v->at, v->len);
    v->at = at;
    return at + v->len;
}

static int keep_trailers(struct h2_stream *s)
{
    struct h2_trailers *t = &s->trailers;
    size_t size = t->count * sizeof(struct head_field);

    if (t->count == 0 || t->owned)
        return 0;
    for (size_t i = 0; i < t->count; i++)
        size += t->fields[i].name.len + t->fields[i].value.len;
    struct head_field *fields = malloc(size);
    if (!fields)
        return ERR_NO_MEMORY;
    char *at = (char *)(fields + t->count);
    for (size_t i = 0; i < t->count; i++) {
        fields[i] = t->fields[i];
        at = copy_view(at, &fields[i].name);
        at = copy_view(at, &fields[i].value);
    }
    t->fields = t->owned = fields;
    return 0;
}

/* Serialises what it can and keeps the rest. On an error the stream is reset. */
static int put_out(struct h2_stream *s)
{
    h2_flush(s->h2);
    int err = s->closed ? 0 : keep_piece(s);
    if (!err && !s->closed)
        err = keep_trailers(s);
    if (err) {
        if (!s->piece_copied && !s->piece.release)
            h2_piece_done(s);
        if (!s->trailers.owned)
            s->trailers = (struct h2_trailers){0};
        h2_reset(s, H2_INTERNAL_ERROR);
    }
    return err;
}

static void await_written(struct h2_stream *s)
{
    if (!s->closed && !list_linked(&s->wrote))
        list_append(&s->h2->wrote, &s->wrote);
}

/* ---- fields ---- */

struct nvs {
    nghttp2_nv nv[H2_NV_MAX];
    size_t count;
};

/* Whose value is another one nearly every time. In HPACK's table such fields only push out those
 * that come again, and nghttp2 looks through all of them for every further one: measured, a quarter
 * of a busy client's time. RFC 7541, 6.2.3, leaves them out. */
static bool changes_always(struct view name)
{
    static const struct view names[] = {
        {"grpc-timeout", 12},       {"grpc-message", 12}, {"grpc-status-details-bin", 23},
        {"connect-timeout-ms", 18}, {"x-request-id", 12}, {"traceparent", 11},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (view_eq(name, names[i]))
            return true;
    }
    return false;
}

nghttp2_nv h2_nv(struct view name, struct view value)
{
    return (nghttp2_nv){(uint8_t *)name.at, (uint8_t *)value.at, name.len, value.len,
                        changes_always(name) ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE};
}

static void add_nv(struct nvs *nvs, struct view name, struct view value)
{
    assert(nvs->count < H2_NV_MAX);
    nvs->nv[nvs->count++] = h2_nv(name, value);
}

static void add_fields(struct nvs *nvs, const struct head_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_nv(nvs, fields[i].name, fields[i].value);
}

/* Writes n in decimal at the end of text. */
static struct view number(uint64_t n, char text[20])
{
    size_t at = 20;

    do {
        text[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    return view_of(text + at, 20 - at);
}

static bool fields_fit(const struct head_field *fields, size_t count)
{
    return count <= HEAD_FIELDS_MAX && head_fields_clean(fields, count);
}

/* ---- answers ---- */

static bool has_body(int status)
{
    return status != 204 && status != 304;
}

static int submit_answer(struct h2_stream *s, const struct head_answer *answer, int64_t body_len,
                         bool ends)
{
    struct nvs nvs; /* not cleared: an answer has a few fields, and there is room for many */
    char status[20], len[20];
    nghttp2_data_provider provider = {.read_callback = h2_on_read};

    nvs.count = 0;
    add_nv(&nvs, VIEW_LIT(":status"), number((uint64_t)answer->status, status));
    add_fields(&nvs, answer->fields, answer->field_count);
    if (body_len >= 0 && has_body(answer->status))
        add_nv(&nvs, VIEW_LIT("content-length"), number((uint64_t)body_len, len));
    return nghttp2_submit_response(s->h2->session, s->id, nvs.nv, nvs.count,
                                   ends ? NULL : &provider)
               ? ERR_NO_MEMORY
               : 0;
}

static int check_answer(struct h2_stream *s, const struct head_answer *answer)
{
    if (s->closed || s->reset || s->h2->failed)
        return ERR_CLOSED;
    assert(s->h2->side == H2_SERVER && !s->answered);
    assert(answer->status >= 200 && answer->status <= 599);
    return fields_fit(answer->fields, answer->field_count) ? 0 : ERR_INVALID;
}

/* What still comes of the request is not wanted. */
static void begin_answer(struct h2_stream *s)
{
    s->answered = true;
    if (!s->ended)
        s->body_max = BODY_REFUSE;
}

int h2_respond(struct h2_stream *stream, const struct head_answer *answer, struct body body,
               const struct head_field *trailers, size_t trailer_count)
{
    struct h2_stream *s = stream;
    int err = check_answer(s, answer);

    if (!err && !fields_fit(trailers, trailer_count))
        err = ERR_INVALID;
    if (err) {
        body_done(&body);
        return err;
    }
    int64_t len = trailer_count ? -1 : (int64_t)body.bytes.len;
    if (s->silent || !has_body(answer->status))
        body_done(&body);
    bool ends = body.bytes.len == 0 && trailer_count == 0;
    if (ends)
        body_done(&body);
    begin_answer(s);
    s->finishing = true;
    h2_piece_set(s, body);
    s->trailers = (struct h2_trailers){.fields = trailers, .count = trailer_count};
    err = submit_answer(s, answer, len, ends);
    if (err) {
        h2_piece_done(s);
        s->trailers = (struct h2_trailers){0};
        h2_reset(s, H2_INTERNAL_ERROR);
        return err;
    }
    return put_out(s);
}

int h2_begin(struct h2_stream *stream, const struct head_answer *answer)
{
    struct h2_stream *s = stream;
    int err = check_answer(s, answer);

    if (err)
        return err;
    begin_answer(s);
    s->streaming = true;
    err = submit_answer(s, answer, -1, s->silent);
    if (err) {
        h2_reset(s, H2_INTERNAL_ERROR);
        return err;
    }
    await_written(s);
    return put_out(s);
}

bool h2_takes_chunk(const struct h2_stream *stream)
{
    return stream->streaming && !stream->closed && !stream->reset && !stream->piece.bytes.len;
}

int h2_chunk(struct h2_stream *stream, struct body piece)
{
    struct h2_stream *s = stream;
    int err = 0;

    if (s->silent) /* it ended with its head */
        err = 0;
    else if (s->closed || s->reset || s->h2->failed)
        err = ERR_CLOSED;
    else if (s->piece.bytes.len)
        err = ERR_FULL;
    if (err || piece.bytes.len == 0 || s->silent) {
        body_done(&piece);
        return err;
    }
    assert(s->streaming);
    h2_piece_set(s, piece);
    h2_resume(s);
    await_written(s);
    return put_out(s);
}

int h2_end(struct h2_stream *stream, const struct head_field *trailers, size_t count)
{
    struct h2_stream *s = stream;

    if (s->silent)
        return 0;
    if (s->closed || s->reset || s->h2->failed)
        return ERR_CLOSED;
    assert(s->streaming);
    if (!fields_fit(trailers, count))
        return ERR_INVALID;
    s->streaming = false;
    s->finishing = true;
    s->trailers = (struct h2_trailers){.fields = trailers, .count = count};
    h2_resume(s);
    return put_out(s);
}

void h2_reset(struct h2_stream *stream, enum h2_code code)
{
    struct h2_stream *s = stream;

    if (s->closed || s->reset || s->h2->failed)
        return;
    if (s->finishing && s->deferred) {
        /* All is said but the end: who has the whole answer is not told that it failed. */
        h2_hurry(s);
        h2_flush(s->h2);
        return;
    }
    s->reset = true;
    list_remove(&s->held);
    s->body_max = BODY_REFUSE;
    if (nghttp2_submit_rst_stream(s->h2->session, NGHTTP2_FLAG_NONE, s->id, code) != 0)
        s->h2->no_memory = true;
    h2_flush(s->h2);
}

void h2_say_continue(struct h2_stream *s)
{
    const nghttp2_nv status = h2_nv(VIEW_LIT(":status"), VIEW_LIT("100"));

    if (nghttp2_submit_headers(s->h2->session, NGHTTP2_FLAG_NONE, s->id, NULL, &status, 1, NULL))
        s->h2->no_memory = true;
}

void h2_refuse(struct h2_stream *s, int status)
{
    const struct head_field type = {VIEW_LIT("content-type"), VIEW_LIT(REFUSAL_TYPE)};

    if (s->h2->events->refused)
        s->h2->events->refused(s->h2->user, status);
    h2_respond(s, &(struct head_answer){status, &type, 1}, body_copied(refusal_text(status)), NULL,
               0);
    s->body_max = BODY_REFUSE;
}

/* ---- requests ---- */

static bool closed_for_requests(const struct h2 *h)
{
    return h->failed || h->peer_goaway || h->drain_step != H2_DRAIN_NONE;
}

static bool all_streams_open(const struct h2 *h)
{
    return h->stream_count >= h->limits.streams_max ||
           h->stream_count >= nghttp2_session_get_remote_settings(
                                  h->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

bool h2_may_request(const struct h2 *h)
{
    return !closed_for_requests(h) && !all_streams_open(h);
}

static int submit_request(struct h2_stream *s, const struct head_request *request, bool ends)
{
    struct nvs nvs;
    nghttp2_data_provider provider = {.read_callback = h2_on_read};

    nvs.count = 0;
    add_nv(&nvs, VIEW_LIT(":method"), request->method);
    add_nv(&nvs, VIEW_LIT(":scheme"), request->secure ? VIEW_LIT("https") : VIEW_LIT("http"));
    add_nv(&nvs, VIEW_LIT(":authority"), request->authority);
    add_nv(&nvs, VIEW_LIT(":path"), request->path);
    add_fields(&nvs, request->fields, request->field_count);
    int32_t id =
        nghttp2_submit_request(s->h2->session, NULL, nvs.nv, nvs.count, ends ? NULL : &provider, s);
    if (id < 0)
        return id == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE ? ERR_CLOSED : ERR_NO_MEMORY;
    s->id = id;
    return 0;
}

static int check_request(const struct h2 *h, const struct head_request *request)
{
    assert(h->side == H2_CLIENT);
    if (closed_for_requests(h))
        return ERR_CLOSED;
    if (all_streams_open(h))
        return ERR_BUSY;
    return fields_fit(request->fields, request->field_count) ? 0 : ERR_INVALID;
}

int h2_request(struct h2 *h, const struct head_request *request, struct body body, void *user,
               struct h2_stream **ret_stream)
{
    bool ends = body.bytes.len == 0;
    int err = check_request(h, request);
    struct h2_stream *s = err ? NULL : h2_stream_new(h, 0);

    if (!err && !s)
        err = ERR_NO_MEMORY;
    if (!err)
        err = submit_request(s, request, ends);
    if (err) {
        if (s)
            h2_stream_closed(s, H2_INTERNAL_ERROR); /* never told: goes without an event */
        body_done(&body);
        return err;
    }
    s->user = user;
    s->told = s->finishing = true;
    s->silent = head_method_of(request->method) == HEAD_METHOD_HEAD;
    h2_piece_set(s, body);
    if (ends)
        body_done(&s->piece);
    err = put_out(s);
    if (err)
        s->told = false;
    else
        *ret_stream = s;
    return err;
}
