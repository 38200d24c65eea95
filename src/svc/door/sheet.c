#include "svc/door/sheet.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "err/err.h"
#include "paper/csv.h"
#include "paper/words.h"

#define DAY_MS      INT64_C(86400000)
#define EXCEL_EPOCH 25569 /* days from 1899-12-30 to 1970-01-01 */
#define CELL_CHARS  32767 /* that XLSX takes */

struct sheet_book {
    char path[64]; /* of the file while it is written; "" once it has no name */
    lxw_workbook *book;
    lxw_worksheet *page;
    lxw_format *head, *time, *whole, *cents, *mills;
    lxw_row_t row;
};

/* ---- XLSX ---- */

static lxw_format *format_of(lxw_workbook *book, const char *pattern)
{
    lxw_format *format = workbook_add_format(book);
    if (format)
        format_set_num_format(format, pattern);
    return format;
}

/* A file for the book in the first folder that takes one; where the system's are read only, in the
 * one that the process runs in. */
static int make_file(struct sheet_book *b, const char **ret_folder)
{
    const char *const folders[] = {getenv("TMPDIR"), "/tmp", "."};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (!folders[i] || strlen(folders[i]) > 40)
            continue;
        snprintf(b->path, sizeof(b->path), "%s/usher-XXXXXX", folders[i]);
        const int fd = mkostemp(b->path, O_CLOEXEC);
        if (fd >= 0) {
            close(fd);
            *ret_folder = folders[i];
            return 0;
        }
    }
    b->path[0] = '\0';
    return ERR_IO;
}

static int open_book(struct sheet_book *b, const char *title)
{
    const char *folder;
    int err = make_file(b, &folder);
    if (err != 0)
        return err;
    lxw_workbook_options options = {.constant_memory = LXW_TRUE, .tmpdir = (char *)folder};
    b->book = workbook_new_opt(b->path, &options);
    b->page = b->book ? workbook_add_worksheet(b->book, title) : NULL;
    if (!b->page)
        return ERR_NO_MEMORY;
    b->head = workbook_add_format(b->book);
    b->time = format_of(b->book, "yyyy-mm-dd hh:mm");
    b->whole = format_of(b->book, "#,##0");
    b->cents = format_of(b->book, "#,##0.00");
    b->mills = format_of(b->book, "#,##0.000");
    if (!b->head || !b->time || !b->whole || !b->cents || !b->mills)
        return ERR_NO_MEMORY;
    format_set_bold(b->head);
    worksheet_freeze_panes(b->page, 1, 0);
    worksheet_set_column(b->page, 0, SHEET_COLUMNS_MAX - 1, 16, NULL);
    return 0;
}

/* Text is text: nothing of it is looked at, so none of it is a formula. Of what a cell cannot hold
 * the first characters are kept. */
static lxw_error put_text(struct sheet_book *b, lxw_col_t column, struct view text)
{
    char cell[4096];
    const size_t len = text.len < sizeof(cell) - 1 ? text.len : sizeof(cell) - 1;
    if (len == 0)
        return LXW_NO_ERROR;
    memcpy(cell, text.at, len);
    cell[len] = '\0';
    return worksheet_write_string(b->page, b->row, column, cell, b->row == 0 ? b->head : NULL);
}

static lxw_error put_cell(struct sheet_book *b, lxw_col_t column, const struct cell *cell)
{
    double unit = 1;
    switch (cell->kind) {
    case CELL_TEXT:
        return put_text(b, column, cell->text);
    case CELL_NUMBER:
        return worksheet_write_number(b->page, b->row, column, (double)cell->number, NULL);
    case CELL_AMOUNT:
        for (uint32_t i = 0; i < cell->digits; i++)
            unit *= 10;
        return worksheet_write_number(b->page, b->row, column, (double)cell->number / unit,
                                      cell->digits == 0   ? b->whole
                                      : cell->digits == 2 ? b->cents
                                                          : b->mills);
    case CELL_TIME:
        if (cell->number == 0)
            return LXW_NO_ERROR;
        return worksheet_write_number(
            b->page, b->row, column,
            EXCEL_EPOCH + (double)(cell->number + 60000 * (int64_t)cell->offset_minutes) / DAY_MS,
            b->time);
    }
    return LXW_NO_ERROR;
}

static int put_row(struct sheet_book *b, const struct cell *cells, size_t count)
{
    lxw_error bad = LXW_NO_ERROR;
    for (size_t i = 0; bad == LXW_NO_ERROR && i < count; i++)
        bad = put_cell(b, (lxw_col_t)i, &cells[i]);
    b->row++;
    return bad == LXW_NO_ERROR ? 0 : bad == LXW_ERROR_MEMORY_MALLOC_FAILED ? ERR_NO_MEMORY : ERR_IO;
}

static void free_book(struct sheet_book *b)
{
    if (b && b->book)
        workbook_close(b->book); /* frees it, whatever comes of the file */
    if (b && b->path[0])
        unlink(b->path);
    free(b);
}

/* ---- CSV ---- */

static int put_time(struct buf *out, bool first, const struct cell *cell)
{
    const struct paper_clock c = paper_clock_at(cell->number, cell->offset_minutes);
    int err = first ? 0 : buf_append_byte(out, ',');
    return err == 0 && cell->number != 0 ? buf_printf(out, "%04d-%02d-%02d %02d:%02d", (int)c.year,
                                                      c.month, c.day, c.hour, c.minute)
                                         : err;
}

static int put_line(struct buf *out, const struct cell *cells, size_t count)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < count; i++) {
        const struct cell *cell = &cells[i];
        if (cell->kind == CELL_TEXT)
            err = csv_text(out, i == 0, cell->text);
        else if (cell->kind == CELL_TIME)
            err = put_time(out, i == 0, cell);
        else
            err =
                csv_amount(out, i == 0, cell->number, cell->kind == CELL_AMOUNT ? cell->digits : 0);
    }
    return err == 0 ? csv_end(out) : err;
}

/* ---- both ---- */

int sheet_open(bool xlsx, size_t text_max, const char *title, struct sheet_out *ret_sheet)
{
    *ret_sheet = (struct sheet_out){.xlsx = xlsx};
    buf_init(&ret_sheet->text, text_max);
    if (!xlsx)
        return buf_append_view(&ret_sheet->text, VIEW_LIT(CSV_MARK));
    ret_sheet->book = calloc(1, sizeof(*ret_sheet->book));
    int err = ret_sheet->book ? open_book(ret_sheet->book, title) : ERR_NO_MEMORY;
    if (err != 0)
        sheet_release_out(ret_sheet);
    return err;
}

int sheet_row(struct sheet_out *sheet, const struct cell *cells, size_t count)
{
    assert(count <= SHEET_COLUMNS_MAX);
    if (sheet->xlsx && sheet->book->row > SHEET_ROWS_MAX)
        return ERR_FULL;
    return sheet->xlsx ? put_row(sheet->book, cells, count) : put_line(&sheet->text, cells, count);
}

int sheet_finish(struct sheet_out *sheet, FILE **ret_file)
{
    struct sheet_book *b = sheet->book;
    const lxw_error bad = workbook_close(b->book);
    b->book = NULL;
    FILE *file = bad == LXW_NO_ERROR ? fopen(b->path, "re") : NULL;
    unlink(b->path);
    b->path[0] = '\0';
    *ret_file = file;
    return file ? 0 : ERR_IO;
}

void sheet_release_out(struct sheet_out *sheet)
{
    buf_release(&sheet->text);
    free_book(sheet->book);
    sheet->book = NULL;
}
