/*
 * Blocks: several statements that the server has prepared as one, so that a batch is one round trip
 * and none of its bytes is parsed. A block ends itself with a number of ours where the fence does
 * not hold; any error rolls back before it is told.
 */
#include <stdlib.h>

#include "err/err.h"
#include "mem/buf.h"
#include "store/mariadb/body.h"

#define BLOCK_TEXT_MAX 16384

/* Numbers of errors that a block raises; MariaDB leaves those from 50000 on to us. */
enum { FENCED = 50001, UNKNOWN_PERFORMANCE = 50002, ROW_BEYOND = 50003 };

#define SIGNAL "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = %d, MESSAGE_TEXT = '%s';"

int mariadb_block_meaning(const struct mariadb_conn *conn, int err)
{
    switch (err ? mariadb_errno(conn) : 0) {
    case FENCED:
        return ERR_FENCED;
    case UNKNOWN_PERFORMANCE:
        return ERR_NOT_FOUND;
    case ROW_BEYOND:
        return ERR_CORRUPT;
    default:
        return err;
    }
}

static int put_fence(struct buf *text)
{
    return buf_printf(text,
                      "BEGIN NOT ATOMIC\n"
                      "DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;\n"
                      "START TRANSACTION;\n"
                      "UPDATE performance SET sale_state = ?, version = ?, seq = ?, head_hash = ?"
                      " WHERE performance_id = ? AND epoch = ? AND seq = ? AND version = ?"
                      " AND head_hash = ?;\n"
                      "IF ROW_COUNT() <> 1 THEN\n"
                      "IF EXISTS (SELECT 1 FROM performance WHERE performance_id = ?)"
                      " THEN " SIGNAL " END IF;\n" SIGNAL "\nEND IF;\n",
                      FENCED, "fenced", UNKNOWN_PERFORMANCE, "no such performance");
}

/* "(?,?),(?,?)" */
static int put_rows(struct buf *text, const char *insert, unsigned columns, unsigned rows)
{
    int err = rows > 0 ? buf_append_view(text, view_str(insert)) : 0;
    for (unsigned i = 0; err == 0 && i < rows * columns; i++)
        err = buf_append_view(text, i == 0             ? VIEW_LIT("(?")
                                    : i % columns == 0 ? VIEW_LIT("),(?")
                                                       : VIEW_LIT(",?"));
    return err == 0 && rows > 0 ? buf_append_view(text, VIEW_LIT(");\n")) : err;
}

static int put_block(struct buf *text, const struct mariadb_shape *shape, const char *after)
{
    int err = put_fence(text);
    if (err == 0 && shape->row) /* a row beyond the head is none of ours */
        err = buf_printf(text,
                         "BEGIN DECLARE EXIT HANDLER FOR 1062 " SIGNAL "\n"
                         "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?); END;\n",
                         ROW_BEYOND, "a ledger row beyond the head");
    err = err ? err
              : put_rows(text, "INSERT INTO orders (" MARIADB_ORDER_COLUMNS ") VALUES ",
                         MARIADB_ORDER_VALUES, shape->orders);
    err =
        err ? err : put_rows(text, "INSERT INTO sold VALUES ", MARIADB_SOLD_VALUES, shape->places);
    err =
        err ? err
            : put_rows(text, "INSERT INTO outbox (performance_id, body) VALUES ", 2, shape->outbox);
    if (err == 0 && shape->commit)
        err = buf_printf(text, "COMMIT;\n%s", after);
    return err ? err : buf_append_view(text, VIEW_LIT("END"));
}

static size_t number_of(const struct mariadb_shape *shape)
{
    const size_t few = shape->orders * (MARIADB_BLOCK_PLACES + 1u) + shape->places;
    const size_t which = shape->row * 4u + shape->outbox * 2u + shape->commit;
    assert(MARIADB_BLOCK_FITS(shape->orders, shape->places));
    return which * MARIADB_BLOCK_SIZES +
           (shape->places <= MARIADB_BLOCK_PLACES && shape->orders <= MARIADB_BLOCK_ORDERS
                ? few
                : MARIADB_BLOCK_SIZES - 1u - shape->orders);
}

int mariadb_block_text(struct mariadb_store *s, const struct mariadb_shape *shape,
                       const char **ret_text)
{
    int err = 0;
    char **place = &s->blocks[number_of(shape)];
    pthread_mutex_lock(&s->lock);
    if (!*place) {
        struct buf text;
        buf_init(&text, BLOCK_TEXT_MAX);
        err = put_block(&text, shape, mariadb_after_commit(s->db));
        assert(err != ERR_FULL);
        *place = err == 0 ? strndup((const char *)buf_view(&text).at, text.len) : NULL;
        buf_release(&text);
    }
    *ret_text = *place;
    pthread_mutex_unlock(&s->lock);
    return *ret_text ? 0 : ERR_NO_MEMORY;
}

void mariadb_blocks_free(struct mariadb_store *s)
{
    for (size_t i = 0; i < MARIADB_BLOCK_SHAPES; i++)
        free(s->blocks[i]);
}
