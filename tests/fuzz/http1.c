/* HTTP/1.1 as it arrives, whole and a few bytes at a time: the same events, answers and verdict. */
#include <stdlib.h>

#include "fuzz.h"
#include "http/h1_recorder.h"

static int run(const uint8_t *bytes, size_t len, size_t step, struct h1_recorder *r)
{
    int err = 0;
    *r = (struct h1_recorder){.body_max = 1000, .answer_end = true};
    recorder_init(r);
    for (size_t at = 0; at < len && err == 0; at += step) {
        const size_t piece = len - at < step ? len - at : step;
        char *exact = malloc(piece);
        if (!exact)
            abort();
        memcpy(exact, bytes + at, piece);
        err = h1_receive(&r->h1, view_of(exact, piece), 1);
        free(exact);
        recorder_flush(r, SIZE_MAX);
    }
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct h1_recorder whole, cut;
    if (len < 1 || len > 20000)
        return 0;
    const int err = run(bytes + 1, len - 1, len, &whole);
    const int err_cut = run(bytes + 1, len - 1, 1 + bytes[0] % 7, &cut);
    assert(err == err_cut);
    assert(view_eq(buf_view(&whole.log), buf_view(&cut.log)));
    assert(view_eq(buf_view(&whole.sent), buf_view(&cut.sent)));
    recorder_release(&whole);
    recorder_release(&cut);
    return 0;
}
