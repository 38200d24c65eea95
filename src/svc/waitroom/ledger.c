/* ReadLine: the rows of a line's ledger, for those who follow the line from outside. They are read
 * from the store, whoever keeps the line. */
#include "err/err.h"
#include "svc/waitroom/desk.h"

#define LEDGER_ROWS     100
#define LEDGER_ROWS_MAX 1000
#define LEDGER_BYTES    (4u << 20) /* of bodies in one answer, about */

static ProtobufCBinaryData bytes_of(struct view bytes)
{
    return (ProtobufCBinaryData){.len = bytes.len, .data = (uint8_t *)bytes.at};
}

static void fill_row(const struct line_row *row, Usher__V1__LineRow *ret_row)
{
    usher__v1__line_row__init(ret_row);
    ret_row->seq = row->seq;
    ret_row->epoch = row->epoch;
    ret_row->at_ms = row->at_ms;
    ret_row->prev_hash = bytes_of(view_of(row->prev_hash, LINE_HASH_BYTES));
    ret_row->hash = bytes_of(view_of(row->hash, LINE_HASH_BYTES));
    ret_row->body = bytes_of(row->body);
}

int waitroom_read_line(struct call *call, const void *request, void *response)
{
    const Usher__V1__ReadLineRequest *wish = request;
    Usher__V1__ReadLineResponse *answer = response;
    const struct waitroom *room = call_state(call);
    struct arena *arena = call_arena(call);
    struct line_row *rows;
    size_t count = 0;
    if (!room_sale(call, wish->sale_id))
        return ERR_NOT_FOUND;
    if (wish->rows_max > LEDGER_ROWS_MAX)
        return room_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "rows_max",
                         "an answer has at most %d rows", LEDGER_ROWS_MAX);
    int err = line_read_some(room->options.sql, wish->sale_id, wish->from_seq,
                             wish->rows_max ? wish->rows_max : LEDGER_ROWS, LEDGER_BYTES, arena,
                             &rows, &count, call_deadline_ns(call));
    if (err != 0)
        return room_refused(call, err);
    Usher__V1__LineRow *filled = arena_alloc(arena, (count + 1) * sizeof(*filled));
    answer->rows = arena_alloc(arena, (count + 1) * sizeof(*answer->rows));
    if (!filled || !answer->rows)
        return room_refused(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        fill_row(&rows[i], &filled[i]);
        answer->rows[i] = &filled[i];
    }
    answer->n_rows = count;
    return 0;
}
