#include "http/refusal.h"

#include "err/err.h"
#include "http/h1.h"

#define LINE(status, text)                                                                         \
    {                                                                                              \
        status, VIEW_CONST(#status ": " text "\n")                                                 \
    }
#define VIEW_CONST(text)                                                                           \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

static const struct {
    int status;
    struct view line;
} lines[] = {
    LINE(400, "this is no well-formed request"),
    LINE(404, "nothing here"),
    LINE(405, "this method is not for this path: see the Allow field"),
    LINE(408, "the request did not become whole in time"),
    LINE(413, "the body is longer than this takes"),
    LINE(414, "the request line has at most 8 KiB"),
    LINE(415, "the content-type is none of those that the Accept-Post field names"),
    LINE(417, "the only expectation is 100-continue"),
    LINE(431, "the head has at most 16 KiB and 64 fields"),
    LINE(501, "this method is unknown"),
    LINE(503, "as much is under way as there may be: come back in a moment"),
    LINE(505, "the versions are HTTP/1.0, 1.1 and 2"),
};

struct view refusal_text(int status)
{
    assert(status >= 400 && status <= 599);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (lines[i].status == status)
            return lines[i].line;
    }
    return VIEW_LIT("this was refused\n");
}

/* The texts name them. */
static_assert(H1_LINE_MAX == 8 << 10 && H1_HEAD_MAX == 16 << 10 && HEAD_FIELDS_MAX == 64, "limits");
