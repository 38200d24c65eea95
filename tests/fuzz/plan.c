/* Plans: JSON, CSV and SVG become halls or are refused; what becomes a hall is written in every
 * format and read again, with as many places. Bytes behind one of 0 to 2 are a stored layout. */
#include <stdlib.h>

#include "err/err.h"
#include "fuzz.h"
#include "hall/hall.h"
#include "mem/buf.h"

static void round_trip(const struct hall *hall)
{
    const struct hall_wish wish = {.name = hall->name};
    struct hall_notes *notes = malloc(sizeof(*notes));
    for (int format = HALL_PRETIX; notes && format <= HALL_SVG; format++) {
        struct hall_error error;
        struct hall *again = NULL;
        struct buf out;
        buf_init(&out, 64u << 20);
        const int err = hall_export(hall->layout, (enum hall_format)format, &out);
        assert(err == 0 || err == ERR_FULL);
        if (err == 0 && hall_import(buf_view(&out), &wish, &again, notes, &error) == 0)
            assert(again->place_count == hall->place_count);
        hall_free(again);
        buf_release(&out);
    }
    free(notes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const struct hall_wish wish = {.stage_given = len % 2, .stage_x = 100};
    struct hall_notes *notes = malloc(sizeof(*notes));
    struct hall_error error;
    struct hall *hall = NULL;
    if (!notes)
        return 0;
    if (len > 0 && bytes[0] < 3) {
        if (hall_load(view_of(bytes + 1, len - 1), &hall) == 0)
            round_trip(hall);
    } else {
        const int err = hall_import(view_of(bytes, len), &wish, &hall, notes, &error);
        assert(err == 0 || err == ERR_INVALID || err == ERR_FULL || err == ERR_NO_MEMORY);
        assert(err == 0 || err == ERR_NO_MEMORY || error.text[0] != '\0');
        if (err == 0 && hall->place_count < 2000)
            round_trip(hall);
    }
    hall_free(hall);
    free(notes);
    return 0;
}
