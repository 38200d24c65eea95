/* ReadOutbox: what happened to orders, for the services that act on it (the door's mails). A row is
 * kept until its reader has said that it is dealt with: at least once, in order of commit. */
#include "codec/proto.h"
#include "svc/ticket/desk.h"
#include "usher/v1/ledger.pb-c.h"

static int fill_row(struct arena *arena, const struct store_outbox_row *row,
                    Usher__V1__OutboxRow *ret_row)
{
    ProtobufCMessage *message;
    usher__v1__outbox_row__init(ret_row);
    int err = proto_unpack(&usher__v1__outbox_batch__descriptor, row->body, arena, &message);
    if (err != 0)
        return err == ERR_INVALID ? ERR_CORRUPT : err;
    Usher__V1__OutboxBatch *batch = (Usher__V1__OutboxBatch *)message;
    ret_row->outbox_id = row->outbox_id;
    ret_row->performance_id = row->performance_id;
    ret_row->events = batch->events;
    ret_row->n_events = batch->n_events;
    return 0;
}

static int fill_rows(struct arena *arena, const struct store_outbox_row *rows, size_t count,
                     Usher__V1__ReadOutboxResponse *answer)
{
    Usher__V1__OutboxRow *list = arena_alloc(arena, count * sizeof(*list));
    answer->rows = arena_alloc(arena, count * sizeof(*answer->rows));
    if (!list || !answer->rows)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        int err = fill_row(arena, &rows[i], &list[i]);
        if (err != 0)
            return err;
        answer->rows[i] = &list[i];
    }
    answer->n_rows = count;
    return 0;
}

CALL_HANDLER(ticket_read_outbox)
{
    const Usher__V1__ReadOutboxRequest *wish = request;
    struct ticket *ticket = call_state(call);
    struct store *store = ticket->options.store;
    const size_t rows_max = wish->rows_max == 0 || wish->rows_max > TICKET_OUTBOX_ROWS
                                ? TICKET_OUTBOX_ROWS
                                : wish->rows_max;
    struct store_outbox_row *rows;
    size_t count;
    int err =
        wish->after ? store->ops->outbox_remove(store, wish->after, call_deadline_ns(call)) : 0;
    if (err == 0)
        err = store->ops->outbox_read(store, rows_max, call_arena(call), &rows, &count,
                                      call_deadline_ns(call));
    if (err == 0)
        err = fill_rows(call_arena(call), rows, count, response);
    return err == 0 ? 0 : desk_store_failed(call, err);
}
