#include "svc/monitor/logstash.h"

#include <string.h>

#include "codec/tree.h"
#include "err/err.h"
#include "fiber/fiber.h"
#include "mem/buf.h"
#include "net/address.h"
#include "net/connect.h"

#define LOGSTASH_BODY_MAX ((size_t)SHIP_BATCH_MAX * (RECORD_BODY_MAX + 256))
#define TCP_SCHEME        "tcp://"

static const char *const datasets[] = {
    [RECORD_LOGS] = "usher.logs", [RECORD_EVENTS] = "usher.events", [RECORD_SPANS] = "usher.spans"};

static struct logstash *of(struct ship_target *target)
{
    return (struct logstash *)((char *)target - offsetof(struct logstash, target));
}

static bool is_tcp(const struct ship_target *target)
{
    return strncmp(target->url, TCP_SCHEME, strlen(TCP_SCHEME)) == 0;
}

/* A sender's id is a stranger's; one with a character that JSON would escape is written without. */
static int put_id(struct view id, struct buf *out)
{
    int err = buf_append_view(out, VIEW_LIT("{\"usher.record\":\""));
    for (size_t i = 0; err == 0 && i < id.len; i++) {
        const unsigned char c = (unsigned char)id.at[i];
        err = buf_append_byte(out, c < ' ' || c > '~' || c == '"' || c == '\\' ? '_' : c);
    }
    return err == 0 ? buf_append_byte(out, '"') : err;
}

/* The record's object, with two fields before its own. */
static int put_record(const struct record *record, struct buf *out)
{
    struct view body = record->body;
    int err = put_id(record->id, out);
    if (err == 0)
        err = buf_printf(out, ",\"data_stream.dataset\":\"%s\"", datasets[record->stream]);
    view_skip(&body, 1);
    if (err == 0 && !view_eq(body, VIEW_LIT("}")))
        err = buf_append_byte(out, ',');
    return err == 0 ? buf_append_view(out, body) : err;
}

static bool is_object(struct view body)
{
    json_t *text = tree_read(body, 0, NULL);
    const bool is = json_is_object(text);
    json_decref(text);
    return is && body.at[0] == '{' && body.at[body.len - 1] == '}';
}

/* An array of all, or an object a line. A body that is no object is refused: it would break all. */
static int put_records(const struct record *records, size_t count, bool lines, struct buf *out,
                       struct ship_outcome *outcomes)
{
    bool some = false;
    int err = lines ? 0 : buf_append_byte(out, '[');
    for (size_t i = 0; err == 0 && i < count; i++) {
        outcomes[i] = (struct ship_outcome){.result = SHIP_SHIPPED};
        if (!is_object(records[i].body)) {
            outcomes[i] = (struct ship_outcome){SHIP_REFUSED, "it is no JSON object"};
            continue;
        }
        if (some && !lines)
            err = buf_append_byte(out, ',');
        if (err == 0)
            err = put_record(&records[i], out);
        if (err == 0 && lines)
            err = buf_append_byte(out, '\n');
        some = true;
    }
    return err == 0 && !lines ? buf_append_byte(out, ']') : err;
}

/* ---- HTTP ---- */

static int post(struct logstash *l, struct view body, struct arena *arena, int64_t deadline_ns)
{
    struct http_answer answer;
    struct http_ask ask = {.method = "POST",
                           .url = l->target.url,
                           .fields = {"Content-Type: application/json", l->authorization},
                           .body = body,
                           .ret_why = &l->target.why};
    int err = http_call(l->http, &ask, arena, &answer, deadline_ns);
    if (err == ERR_TIMEOUT || err == ERR_CANCELLED)
        return ERR_UNKNOWN;
    if (err != 0)
        return err == ERR_FULL || err == ERR_INVALID ? ERR_UNAVAILABLE : err;
    if (answer.status >= 200 && answer.status < 300)
        return 0;
    l->target.why =
        arena_printf(arena, "it answered with %d: %.*s", answer.status,
                     answer.body.len < 200 ? (int)answer.body.len : 200, answer.body.at);
    if (answer.status == 413)
        return ERR_FULL;
    if (answer.status == 401 || answer.status == 403)
        return ERR_DENIED;
    return answer.status == 429 || answer.status == 503   ? ERR_BUSY
           : answer.status == 502 || answer.status == 504 ? ERR_UNKNOWN
                                                          : ERR_UNAVAILABLE;
}

/* ---- TCP ---- */

static void on_ready(struct net_stream *stream)
{
    struct logstash *l = (struct logstash *)((char *)stream - offsetof(struct logstash, stream));
    if (l->sender)
        fiber_unpark(l->sender);
}

static void hang_up(struct ship_target *target)
{
    net_stream_close(&of(target)->stream);
}

static int connect_to(struct logstash *l, int64_t deadline_ns)
{
    struct view host;
    uint16_t port;
    int fd = -1;
    if (net_stream_is_open(&l->stream) && !net_is_broken(&l->stream))
        return 0;
    hang_up(&l->target);
    int err = net_split(view_str(l->target.url + strlen(TCP_SCHEME)), &host, &port);
    if (err == 0)
        err = net_connect(host, port, NULL, deadline_ns, &fd);
    if (err == 0)
        err = net_stream_open(&l->stream, l->loop, fd, NULL, NULL, on_ready);
    return err == 0 ? 0 : ERR_UNAVAILABLE;
}

static int write_all(struct logstash *l, struct view bytes, int64_t deadline_ns)
{
    int err = 0;
    l->sender = fiber_self();
    while (err == 0 && bytes.len > 0) {
        size_t len = 0;
        err = net_write(&l->stream, &bytes, 1, &len);
        if (err == ERR_BUSY)
            err = fiber_park(deadline_ns);
        view_skip(&bytes, len);
    }
    l->sender = NULL;
    if (err != 0 || net_is_broken(&l->stream)) {
        hang_up(&l->target);
        return ERR_UNKNOWN;
    }
    return 0;
}

static int write_lines(struct logstash *l, struct view lines, int64_t deadline_ns)
{
    const int err = connect_to(l, deadline_ns);
    return err == 0 ? write_all(l, lines, deadline_ns) : err;
}

/* ---- the target ---- */

/* Nothing is to be put in place there; whether it answers shows when something is sent. */
static int prepare(struct ship_target *target, struct arena *arena, const char **ret_why,
                   int64_t deadline_ns)
{
    *ret_why = NULL;
    target->prepared = true;
    target->type = "logstash";
    return 0;
}

static int ship(struct ship_target *target, const struct record *records, size_t count,
                struct arena *arena, struct ship_outcome *outcomes, int64_t deadline_ns)
{
    struct logstash *l = of(target);
    struct buf body;
    buf_init(&body, LOGSTASH_BODY_MAX);
    int err = put_records(records, count, is_tcp(target), &body, outcomes);
    if (err == 0 && is_tcp(target))
        err = write_lines(l, buf_view(&body), deadline_ns);
    else if (err == 0)
        err = post(l, buf_view(&body), arena, deadline_ns);
    buf_release(&body);
    if (err != ERR_BUSY)
        return err;
    for (size_t i = 0; i < count; i++) {
        if (outcomes[i].result == SHIP_SHIPPED)
            outcomes[i].result = SHIP_AGAIN;
    }
    return 0;
}

static const struct ship_target_body body_of_logstash = {
    .prepare = prepare, .ship = ship, .close = hang_up};

void logstash_init(struct logstash *logstash)
{
    logstash->target.body = &body_of_logstash;
}
