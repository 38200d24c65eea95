/*
 * Batches of several performances commit side by side, so a row may become visible after one with a
 * higher number. "Up to this number" would then remove a row that nobody has read: what is removed
 * is what was read.
 */
#include <inttypes.h>

#include "err/err.h"
#include "mem/buf.h"
#include "store/mariadb/body.h"

void mariadb_outbox_was_read(struct store *store, const struct store_outbox_row *rows, size_t count)
{
    struct mariadb_store *s = body_of(store);
    pthread_mutex_lock(&s->lock);
    s->outbox_count = count;
    for (size_t i = 0; i < count; i++)
        s->outbox_ids[i] = rows[i].outbox_id;
    pthread_mutex_unlock(&s->lock);
}

/* The statement for what was read and is at most up_to; empty where there is nothing of it. */
static int put_removal(struct mariadb_store *s, uint64_t up_to, struct buf *text)
{
    int err = 0;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; err == 0 && i < s->outbox_count && s->outbox_ids[i] <= up_to; i++)
        err =
            buf_printf(text, "%s%" PRIu64, i == 0 ? "DELETE FROM outbox WHERE outbox_id IN (" : ",",
                       s->outbox_ids[i]);
    pthread_mutex_unlock(&s->lock);
    return err == 0 && text->len > 0 ? buf_append_byte(text, ')') : err;
}

/* Once more where the server took it back: a deadlock, or a lock that did not come. */
static int exec(struct mariadb_store *s, struct view text, int64_t deadline_ns)
{
    struct mariadb_conn *conn;
    int tries = 0, err = mariadb_take(s->db, deadline_ns, &conn);
    if (err)
        return err;
    do {
        err = mariadb_exec(conn, text, NULL);
    } while (err == ERR_BUSY && ++tries < 2);
    mariadb_give(conn);
    return err == ERR_BUSY ? ERR_UNAVAILABLE : err;
}

int mariadb_outbox_remove(struct store *store, uint64_t up_to_outbox_id, int64_t deadline_ns)
{
    struct mariadb_store *s = body_of(store);
    struct buf text;
    buf_init(&text, 64 + 24 * TABLES_OUTBOX_ROWS_MAX);
    int err = s->read_only ? ERR_DENIED : put_removal(s, up_to_outbox_id, &text);
    if (err == 0 && text.len > 0)
        err = exec(s, buf_view(&text), deadline_ns);
    buf_release(&text);
    return err;
}
