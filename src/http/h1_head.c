#include "http/h1_head.h"

#include <llhttp.h>

#include "err/err.h"

/* ---- the end of a head ---- */

/* A whole line, with its CRLF, in the middle of a head. */
static int check_line(const char *line, size_t len, bool first)
{
    if (len < 2 || line[len - 2] != '\r')
        return 400; /* a bare LF */
    if (memchr(line, '\r', len - 2) || memchr(line, '\0', len - 2))
        return 400;
    if (first)
        return len == 2 ? 400 : 0;
    return line[0] == ' ' || line[0] == '\t' ? 400 : 0; /* folded (RFC 9112, 5.2) */
}

/* Limits come before content, and are the same for half a line: so the answer does not depend on
 * where the stream was cut. */
static int check_limits(size_t line_start, size_t end)
{
    if (line_start == 0 && end > H1_LINE_MAX)
        return 414;
    return end > H1_HEAD_MAX ? 431 : 0;
}

int h1_head_scan(struct h1_scan *scan, struct view bytes, size_t *ret_len)
{
    *ret_len = 0;
    /* A TLS hello or other noise need not be waited for: it has no line end to come. */
    if (bytes.len && (bytes.at[0] < 'A' || bytes.at[0] > 'Z'))
        return 400;
    while (scan->scanned < bytes.len) {
        const char *from = bytes.at + scan->scanned;
        const char *lf = memchr(from, '\n', bytes.len - scan->scanned);
        size_t end = lf ? (size_t)(lf - bytes.at) + 1 : bytes.len;
        int status = check_limits(scan->line_start, end);

        if (status)
            return status;
        scan->scanned = (uint32_t)end;
        if (!lf)
            return 0;
        const char *line = bytes.at + scan->line_start;
        size_t len = end - scan->line_start;
        status = check_line(line, len, scan->line_start == 0);
        if (status)
            return status;
        if (len == 2) {
            *ret_len = end;
            return 0;
        }
        scan->line_start = (uint32_t)end;
    }
    return 0;
}

/* ---- what llhttp finds ---- */

struct parse {
    llhttp_t llhttp; /* first: what the callbacks are given */
    struct head *head;
    struct view target, name, value;
    bool complete, too_many;
};

static struct parse *parse_of(llhttp_t *llhttp)
{
    return (struct parse *)(void *)llhttp;
}

/* A span may come in several calls, but they touch, as the head is in one piece. */
static void extend(struct view *span, const char *at, size_t len)
{
    if (!span->at)
        span->at = at;
    span->len = (size_t)(at + len - span->at);
}

static int on_url(llhttp_t *llhttp, const char *at, size_t len)
{
    extend(&parse_of(llhttp)->target, at, len);
    return 0;
}

static int on_name(llhttp_t *llhttp, const char *at, size_t len)
{
    extend(&parse_of(llhttp)->name, at, len);
    return 0;
}

static int on_value(llhttp_t *llhttp, const char *at, size_t len)
{
    extend(&parse_of(llhttp)->value, at, len);
    return 0;
}

static struct view trim_end(struct view v)
{
    while (v.len && (v.at[v.len - 1] == ' ' || v.at[v.len - 1] == '\t'))
        v.len--;
    return v;
}

static int on_field(llhttp_t *llhttp)
{
    struct parse *p = parse_of(llhttp);
    struct head *head = p->head;

    if (view_eq_nocase(p->name, VIEW_LIT("cookie"))) {
        if (head->cookie_count < HEAD_COOKIES_MAX)
            head->cookies[head->cookie_count++] = trim_end(p->value);
        p->name = p->value = (struct view){0};
        return 0;
    }
    if (head->field_count == HEAD_FIELDS_MAX) {
        p->too_many = true;
        return HPE_USER;
    }
    head->fields[head->field_count++] =
        (struct head_field){.name = p->name, .value = trim_end(p->value)};
    p->name = p->value = (struct view){0};
    return 0;
}

static int on_complete(llhttp_t *llhttp)
{
    parse_of(llhttp)->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = on_url,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_header_value_complete = on_field,
    .on_headers_complete = on_complete,
};

/* "BREW / HTTP/1.1" is a method we do not know (501); a line that begins with no token is
 * malformed. */
static int status_of_bad_method(struct view raw)
{
    const char *blank = memchr(raw.at, ' ', raw.len);

    if (!blank || blank == raw.at)
        return 400;
    for (const char *b = raw.at; b < blank; b++) {
        if ((*b < 'A' || *b > 'Z') && *b != '-')
            return 400;
    }
    return 501;
}

/* "HTTP/2.0" is a version we do not speak (505); what has not its form is malformed. */
static int status_of_bad_version(struct view raw)
{
    const char *end = memchr(raw.at, '\r', raw.len);

    if (!end || end - raw.at < 9 || end[-9] != ' ' || memcmp(end - 8, "HTTP/", 5) != 0)
        return 400;
    bool digits = end[-3] >= '0' && end[-3] <= '9' && end[-1] >= '0' && end[-1] <= '9';
    return digits && end[-2] == '.' ? 505 : 400;
}

static int status_of(llhttp_errno_t error, struct view raw)
{
    switch (error) {
    case HPE_INVALID_METHOD:
        return status_of_bad_method(raw);
    case HPE_INVALID_VERSION:
        return status_of_bad_version(raw);
    default:
        return 400;
    }
}

/* ---- what stands above llhttp ---- */

static bool name_is(const struct head_field *field, struct view name)
{
    return view_eq_nocase(field->name, name);
}

/* Controls in values pass some versions of llhttp; RFC 9110, 5.5, does not let them. */
static bool is_text(struct view v)
{
    bool control = false;

    /* No early end: so it is compiled to a few vector instructions. */
    for (size_t i = 0; i < v.len; i++) {
        uint8_t b = (uint8_t)v.at[i];
        control |= (b < 0x20 && b != '\t') || b == 0x7f;
    }
    return !control;
}

static int split_target(struct view target, struct head *head)
{
    if (!head_is_target(target))
        return 400;
    /* The absolute form, which a server must accept (RFC 9112, 3.2.2). */
    if (target.len > 7 && view_eq_nocase(view_of(target.at, 7), VIEW_LIT("http://"))) {
        size_t end = 7;
        while (end < target.len && target.at[end] != '/' && target.at[end] != '?')
            end++;
        head->authority = view_of(target.at + 7, end - 7);
        if (!head->authority.len)
            return 400;
        target = view_of(target.at + end, target.len - end);
        if (!target.len)
            target = VIEW_LIT("/");
    }
    const char *mark = memchr(target.at, '?', target.len);
    head->path = view_of(target.at, mark ? (size_t)(mark - target.at) : target.len);
    if (mark)
        head->query = view_of(mark + 1, target.len - head->path.len - 1);
    if (view_eq(target, VIEW_LIT("*")))
        return head->method == HEAD_METHOD_OPTIONS ? 0 : 400;
    return head->path.len && head->path.at[0] == '/' ? 0 : 400;
}

/* Counts of the fields that frame a message or choose its host. */
struct counts {
    unsigned lengths, codings, hosts;
    struct view length, coding, host;
    bool expects_other;
};

static bool count_fields(const struct head *head, struct counts *c, struct h1_framing *framing)
{
    for (size_t i = 0; i < head->cookie_count; i++) {
        if (!is_text(head->cookies[i]))
            return false;
    }
    for (size_t i = 0; i < head->field_count; i++) {
        const struct head_field *f = &head->fields[i];
        if (f->name.len == 0 || !is_text(f->value))
            return false;
        if (name_is(f, VIEW_LIT("content-length"))) {
            c->lengths++;
            c->length = f->value;
        } else if (name_is(f, VIEW_LIT("transfer-encoding"))) {
            c->codings++;
            c->coding = f->value;
        } else if (name_is(f, VIEW_LIT("host"))) {
            c->hosts++;
            c->host = f->value;
        } else if (name_is(f, VIEW_LIT("expect"))) {
            if (view_eq_nocase(f->value, VIEW_LIT("100-continue")))
                framing->expects = head->minor > 0;
            else
                c->expects_other = true;
        }
    }
    return true;
}

/* RFC 9112, 6.1 and 6.3, taken at their strictest. */
static int frame(struct head *head, const struct counts *c, struct h1_framing *framing)
{
    uint64_t length = 0;

    if (c->lengths + c->codings > 1)
        return 400;
    if (c->lengths && !view_to_u64(c->length, INT64_MAX, &length))
        return 400;
    if (c->codings && (head->minor == 0 || !view_eq_nocase(c->coding, VIEW_LIT("chunked"))))
        return 400;
    framing->chunked = c->codings != 0;
    if (c->lengths)
        head->body_len = (int64_t)length;
    head->ends = !framing->chunked && length == 0;
    framing->keep = head->minor > 0
                        ? !head_lists(head, VIEW_LIT("connection"), VIEW_LIT("close"))
                        : head_lists(head, VIEW_LIT("connection"), VIEW_LIT("keep-alive"));
    return 0;
}

static int check_request(struct view target, struct head *head, const struct counts *c)
{
    int status = split_target(target, head);

    if (status)
        return status;
    if (c->hosts == 0 && head->minor > 0)
        return 400;
    if (!head->authority.at)
        head->authority = c->host;
    if (!head_names_one(head))
        return 400;
    return c->expects_other ? 417 : 0;
}

int h1_head_parse(struct view raw, struct head *ret_head, struct h1_framing *ret_framing)
{
    struct parse p = {.head = ret_head};
    struct counts counts = {0};

    /* All but the fields, which are long and are filled one by one. */
    memset(ret_head, 0, offsetof(struct head, fields));
    *ret_framing = (struct h1_framing){0};
    ret_head->body_len = -1;
    llhttp_init(&p.llhttp, HTTP_REQUEST, &settings);
    llhttp_errno_t error = llhttp_execute(&p.llhttp, raw.at, raw.len);
    if (error != HPE_PAUSED || !p.complete)
        return p.too_many ? 431 : status_of(error, raw);

    /* llhttp pauses behind the empty line: a head that ends earlier was two messages in one. */
    if (llhttp_get_error_pos(&p.llhttp) < raw.at + raw.len - 1)
        return 400;
    if (llhttp_get_http_major(&p.llhttp) != 1 || llhttp_get_http_minor(&p.llhttp) > 1)
        return status_of_bad_version(raw); /* or none, which llhttp takes for HTTP/0.9 */
    ret_head->minor = llhttp_get_http_minor(&p.llhttp);
    if (!count_fields(ret_head, &counts, ret_framing))
        return 400;
    int status = frame(ret_head, &counts, ret_framing);
    if (status)
        return status;
    const char *blank = memchr(raw.at, ' ', raw.len);
    if (p.target.at != blank + 1)
        return 400; /* more than one blank */
    ret_head->method_name = view_of(raw.at, (size_t)(blank - raw.at));
    ret_head->method = head_method_of(ret_head->method_name);
    return check_request(p.target, ret_head, &counts);
}
