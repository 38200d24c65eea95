/* HTTP/2 as it arrives, on either side; every stream that ends is answered. */
#include <stdlib.h>

#include "fuzz.h"
#include "http/h2.h"

static const char hello[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

static int64_t on_head(void *user, struct h2_stream *stream, const struct head *head)
{
    return 1000;
}

static void on_body(void *user, struct h2_stream *stream, struct view bytes)
{
}

static void on_end(void *user, struct h2_stream *stream)
{
    const bool *server = user;
    if (*server)
        h2_respond(stream, &(struct head_answer){.status = 200}, body_copied(VIEW_LIT("reply")),
                   NULL, 0);
}

static void on_closed(void *user, struct h2_stream *stream, uint32_t code)
{
}

static const struct h2_events events = {
    .head = on_head, .body = on_body, .end = on_end, .closed = on_closed};

static int receive(struct h2 *h2, const void *bytes, size_t len)
{
    char *exact = malloc(len + 1);
    struct view out;
    if (!exact)
        abort();
    memcpy(exact, bytes, len);
    const int err = h2_receive(h2, view_of(exact, len), 1);
    free(exact);
    while (h2_output(h2, &out))
        h2_sent(h2, out.len);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    bool server = len > 0 && bytes[0] % 4 != 0;
    struct h2 *h2;
    if (len < 1 || len > 20000 ||
        h2_new(server ? H2_SERVER : H2_CLIENT, NULL, &events, &server, 0, &h2) != 0)
        return 0;
    int err = server && bytes[0] % 4 != 1 ? receive(h2, hello, sizeof(hello) - 1) : 0;
    const size_t step = 1 + bytes[0];
    for (size_t at = 1; at < len && err == 0; at += step)
        err = receive(h2, bytes + at, len - at < step ? len - at : step);
    h2_free(h2);
    return 0;
}
