/*
 * line: sales, the line's, and the ledger of each line.
 *
 * A sale is written once, when it is made; everything that changes later is in its ledger: rows
 * that chain (line/entry.h), one a group commit. As with performances, whoever claims a line may
 * write to it until somebody else claims it (its epoch is the fence).
 *
 * Each function is a job of its own, from a fiber or a plain thread, and returns what sql_write or
 * sql_read return besides what its comment says.
 */
#ifndef USHER_STORE_LINE_H
#define USHER_STORE_LINE_H

#include "db/sql.h"
#include "line/entry.h"

#define LINE_SALES_MAX        1000
#define LINE_PERFORMANCES_MAX 60          /* of a sale */
#define LINE_NAME_MAX         200         /* bytes */
#define LINE_ZONE_MAX         64          /* bytes */
#define LINE_READ_MAX         (16u << 20) /* bytes of bodies in one answer */
#define LINE_ROWS_MAX         4096        /* rows in one answer */

struct line_sale {
    uint32_t sale_id; /* given by line_sale_put, from 1 */
    struct view name;
    uint32_t performance_count;
    uint32_t performance_ids[LINE_PERFORMANCES_MAX];
    int64_t draw_opens_at_ms; /* 0: there is no draw */
    int64_t opens_at_ms;
    int64_t closes_at_ms;                /* 0: when the last performance begins */
    struct view time_zone;               /* of tzdata, "Asia/Seoul" */
    bool guests;                         /* may join */
    uint32_t capacity_min, capacity_max; /* at the beginning */
    uint32_t claim_ms;
    uint32_t pass_ms;
    uint8_t secret[LINE_HASH_BYTES]; /* of the draw, not told before it */
    uint8_t commitment[LINE_HASH_BYTES];
    int64_t created_at_ms;
};

/* Makes the tables, or brings them to this program's form: as sql_migrate. */
int lines_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* Adds a sale with an empty ledger. ERR_CONFLICT: one of the performances is in a sale already.
 * ERR_INVALID: it is beyond the maxima above. */
int line_sale_put(struct sql *sql, const struct line_sale *sale, uint32_t *ret_sale_id,
                  int64_t deadline_ns);
/* All sales, by id, at most LINE_SALES_MAX. ERR_CORRUPT. */
int line_sale_list(struct sql *sql, struct arena *arena, struct line_sale **ret_sales,
                   size_t *ret_count, int64_t deadline_ns);

/* Takes the line over: every commit of an older epoch fails from now on. ERR_NOT_FOUND. */
int line_claim(struct sql *sql, uint32_t sale_id, uint64_t *ret_epoch, int64_t deadline_ns);
/* Adds a row to the ledger. ERR_FENCED: the epoch is not the present one, or the row not the next.
 */
int line_commit(struct sql *sql, uint32_t sale_id, const struct line_row *row, int64_t deadline_ns);
/* Rows from from_seq on, ascending, about LINE_READ_MAX bytes of bodies at most: ask again behind
 * the last until there is none. ERR_CORRUPT. */
int line_read(struct sql *sql, uint32_t sale_id, uint64_t from_seq, struct arena *arena,
              struct line_row **ret_rows, size_t *ret_count, int64_t deadline_ns);
/* The same with at most rows_max rows (1 to LINE_ROWS_MAX), and about bytes_max bytes of bodies. */
int line_read_some(struct sql *sql, uint32_t sale_id, uint64_t from_seq, size_t rows_max,
                   size_t bytes_max, struct arena *arena, struct line_row **ret_rows,
                   size_t *ret_count, int64_t deadline_ns);

#endif
