/*
 * sheet: a table for people: cells are put in row by row, columns come out as wide as they must be.
 *
 * Widths count what a terminal shows: a Hangul or Chinese character is two columns wide.
 */
#ifndef USHER_TERM_SHEET_H
#define USHER_TERM_SHEET_H

#include <stdio.h>

#include "mem/arena.h"

#define SHEET_COLUMNS_MAX 12
#define SHEET_BYTES_MAX   (64u << 20)

struct sheet_line;
struct sheet {
    struct arena arena;       /* the cells */
    const char *align;        /* a letter a column: l or r */
    uint32_t columns;         /* strlen(align) */
    uint32_t next;            /* column of the next cell */
    struct sheet_line *first; /* rows in order */
    struct sheet_line *last;
    uint32_t width[SHEET_COLUMNS_MAX];
    bool full; /* a cell found no memory: the sheet says so at the end */
};

/* align is borrowed. */
void sheet_init(struct sheet *sheet, const char *align);
void sheet_release(struct sheet *sheet);
/* The next cell; after the last column a new row begins. */
void sheet_put(struct sheet *sheet, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* All rows, two blanks between columns, none at line ends. */
void sheet_print(const struct sheet *sheet, FILE *out);

/* How many columns a terminal needs for the text. */
uint32_t sheet_width(const char *text);

#endif
