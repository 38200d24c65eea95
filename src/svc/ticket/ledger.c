/* ReadLedger: the rows of a performance's ledger, for those who follow the sale from outside. */
#include "svc/ticket/desk.h"

#define LEDGER_ROWS     100
#define LEDGER_ROWS_MAX 1000
#define LEDGER_BYTES    (4u << 20) /* of bodies in one answer, unless one row has more */

static ProtobufCBinaryData bytes_of(struct view bytes)
{
    return (ProtobufCBinaryData){.len = bytes.len, .data = (uint8_t *)bytes.at};
}

static int fill_row(struct arena *arena, const struct ledger_row *row,
                    Usher__V1__LedgerRow **ret_row)
{
    Usher__V1__LedgerRow *answer = arena_alloc(arena, sizeof(*answer));
    if (!answer)
        return ERR_NO_MEMORY;
    usher__v1__ledger_row__init(answer);
    answer->seq = row->seq;
    answer->epoch = row->epoch;
    answer->version_before = row->version_before;
    answer->version = row->version;
    answer->at_ms = row->at_ms;
    answer->prev_hash = bytes_of(view_of(row->prev_hash, LEDGER_HASH_BYTES));
    answer->hash = bytes_of(view_of(row->hash, LEDGER_HASH_BYTES));
    answer->body = bytes_of(row->body);
    *ret_row = answer;
    return 0;
}

/* How many of the rows fit into one answer. */
static size_t fitting(const struct ledger_row *rows, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        bytes += rows[i].body.len;
        if (i > 0 && bytes > LEDGER_BYTES)
            return i;
    }
    return count;
}

int ticket_read_ledger(struct call *call, const void *request, void *response)
{
    const Usher__V1__ReadLedgerRequest *wish = request;
    Usher__V1__ReadLedgerResponse *answer = response;
    struct ticket *ticket = call_state(call);
    struct store *store = ticket->options.store;
    struct arena *arena = call_arena(call);
    struct ledger_row *rows;
    size_t count = 0;
    if (!desk_performance(call, wish->performance_id))
        return ERR_NOT_FOUND;
    if (wish->rows_max > LEDGER_ROWS_MAX)
        return desk_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "rows_max",
                         "an answer has at most %d rows", LEDGER_ROWS_MAX);
    const size_t rows_max = wish->rows_max ? wish->rows_max : LEDGER_ROWS;
    int err = store->ops->ledger_read(store, wish->performance_id, wish->from_seq, rows_max, arena,
                                      &rows, &count, call_deadline_ns(call));
    count = err == 0 ? fitting(rows, count) : 0;
    if (err == 0)
        answer->rows = arena_alloc(arena, (count + 1) * sizeof(*answer->rows));
    if (err == 0 && !answer->rows)
        err = ERR_NO_MEMORY;
    for (size_t i = 0; err == 0 && i < count; i++)
        err = fill_row(arena, &rows[i], &answer->rows[i]);
    if (err != 0)
        return desk_store_failed(call, err);
    answer->n_rows = count;
    return 0;
}
