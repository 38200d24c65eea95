/*
 * sheet: a table as it leaves the house, row by row: CSV in memory, of which the caller takes what
 * is there, or XLSX by libxlsxwriter in its mode of constant memory, which keeps rows in a file
 * without a name until the end. Rows are written away from the loop (fiber/offload.h).
 */
#ifndef USHER_SVC_DOOR_SHEET_H
#define USHER_SVC_DOOR_SHEET_H

#include <stdio.h>

#include "mem/arena.h"
#include "mem/buf.h"

#define SHEET_COLUMNS_MAX 24
#define SHEET_ROWS_MAX    1048575 /* of XLSX, below its head */

enum cell_kind { CELL_TEXT, CELL_NUMBER, CELL_AMOUNT, CELL_TIME };
struct cell {
    enum cell_kind kind;
    struct view text;       /* of CELL_TEXT */
    int64_t number;         /* a number; an amount in the smallest unit; Unix ms, 0: no cell */
    uint32_t digits;        /* of an amount's currency */
    int32_t offset_minutes; /* of a time: east of UTC */
};

struct sheet_book; /* what XLSX needs */
struct sheet_out {
    bool xlsx;
    struct buf text; /* CSV that was not taken yet */
    struct sheet_book *book;
    uint64_t rows; /* without the head */
};

/* text_max: bytes of CSV between two takings. ERR_NO_MEMORY; ERR_IO: there is no room for files. */
int sheet_open(bool xlsx, size_t text_max, const char *title, struct sheet_out *ret_sheet);
/* Writes a row; the first one is the head, shown bold. ERR_FULL: beyond text_max, or
 * SHEET_ROWS_MAX; ERR_NO_MEMORY, ERR_IO. */
int sheet_row(struct sheet_out *sheet, const struct cell *cells, size_t count);
/* Of XLSX: ends the file, which then is read from its beginning; the caller closes it. ERR_IO. */
int sheet_finish(struct sheet_out *sheet, FILE **ret_file);
/* Zeroed ones are harmless. */
void sheet_release_out(struct sheet_out *sheet);

#endif
