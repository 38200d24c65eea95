#include "http/h1_write.h"

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } known[] = {
        {200, "OK"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {499, "Client Closed Request"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].status == status)
            return known[i].reason;
    }
    return "Status"; /* a reason phrase says nothing that counts (RFC 9112, 4) */
}

static size_t fields_len(const struct head_field *fields, size_t count)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++)
        len += fields[i].name.len + fields[i].value.len + 4;
    return len;
}

static char *put(char *at, struct view v)
{
    if (v.len)
        memcpy(at, v.at, v.len);
    return at + v.len;
}

static char *put_fields(char *at, const struct head_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        at = put(at, fields[i].name);
        at = put(at, VIEW_LIT(": "));
        at = put(at, fields[i].value);
        at = put(at, VIEW_LIT("\r\n"));
    }
    return at;
}

static char *put_number(char *at, uint64_t n)
{
    char digits[20];
    size_t count = 0;

    do {
        digits[count++] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    while (count)
        *at++ = digits[--count];
    return at;
}

static char *put_length(char *at, uint64_t len)
{
    at = put(at, VIEW_LIT("content-length: "));
    return put(put_number(at, len), VIEW_LIT("\r\n"));
}

static char *put_status_line(char *at, int status)
{
    at = put(at, VIEW_LIT("HTTP/1.1 "));
    at = put_number(at, (uint64_t)status);
    *at++ = ' ';
    at = put(at, view_str(reason_of(status)));
    return put(at, VIEW_LIT("\r\n"));
}

size_t h1_answer_max(const struct head_answer *answer)
{
    return H1_ADDED_MAX + fields_len(answer->fields, answer->field_count);
}

char *h1_write_answer(char *at, const struct head_answer *answer, const struct h1_added *added)
{
    at = put_status_line(at, answer->status);
    at = put_fields(at, answer->fields, answer->field_count);
    if (added->body_len >= 0)
        at = put_length(at, (uint64_t)added->body_len);
    else if (added->chunked)
        at = put(at, VIEW_LIT("transfer-encoding: chunked\r\n"));
    if (added->close)
        at = put(at, VIEW_LIT("connection: close\r\n"));
    else if (added->keep)
        at = put(at, VIEW_LIT("connection: keep-alive\r\n"));
    return put(at, VIEW_LIT("\r\n"));
}

size_t h1_last_chunk_max(const struct head_field *trailers, size_t count)
{
    return sizeof("0\r\n\r\n") + fields_len(trailers, count);
}

char *h1_write_last_chunk(char *at, const struct head_field *trailers, size_t count)
{
    at = put_fields(put(at, VIEW_LIT("0\r\n")), trailers, count);
    return put(at, VIEW_LIT("\r\n"));
}
