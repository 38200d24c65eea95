#include "term/sheet.h"

#include "err/err.h"
#include "mem/utf8.h"
#include "term/plain.h"

#define CELL_MAX 1024 /* bytes; what is longer is cut */

struct sheet_line {
    struct sheet_line *next;
    const char *cells[SHEET_COLUMNS_MAX]; /* NULL: not put */
};

void sheet_init(struct sheet *sheet, const char *align)
{
    *sheet = (struct sheet){.align = align, .columns = (uint32_t)strlen(align)};
    assert(sheet->columns > 0 && sheet->columns <= SHEET_COLUMNS_MAX);
    arena_init(&sheet->arena, SHEET_BYTES_MAX);
}

void sheet_release(struct sheet *sheet)
{
    arena_release(&sheet->arena);
}

/* The character at the front, of len valid bytes. */
static uint32_t read_char(const uint8_t *at, size_t len)
{
    static const uint8_t lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = at[0] & lead[len];
    for (size_t i = 1; i < len; i++)
        c = c << 6 | (at[i] & 0x3f);
    return c;
}

/* East Asian Wide and Fullwidth, by block (Unicode Standard Annex 11). */
static bool is_wide(uint32_t c)
{
    static const uint32_t blocks[][2] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x33ff}, {0x3400, 0x4dbf},
        {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xac00, 0xd7a3}, {0xf900, 0xfaff},
        {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
        {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
    };
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        if (c >= blocks[i][0] && c <= blocks[i][1])
            return true;
    }
    return false;
}

uint32_t sheet_width(const char *text)
{
    struct view left = view_str(text);
    uint32_t width = 0;
    while (left.len > 0) {
        size_t len = utf8_char(left);
        if (len == 0) {
            len = 1;
            width++;
        } else {
            width += is_wide(read_char((const uint8_t *)left.at, len)) ? 2 : 1;
        }
        left = view_of(left.at + len, left.len - len);
    }
    return width;
}

/* In one line that steers no terminal, wherever it is written to: what others wrote must not look
 * like a line of ours. */
static char *format_cell(struct sheet *sheet, const char *format, va_list args)
{
    char text[CELL_MAX], cell[CELL_MAX];
    int len = vsnprintf(text, sizeof(text), format, args);
    assert(len >= 0);
    struct view left = view_of(text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
    size_t kept = 0;
    while (left.len > 0 && kept + PLAIN_SHOWN_MAX <= sizeof(cell)) {
        const char c = left.at[0];
        if (c != '\n' && c != '\r' && c != '\t') {
            kept += plain_next(&left, cell + kept);
            continue;
        }
        cell[kept++] = ' ';
        view_skip(&left, 1);
    }
    return arena_copy(&sheet->arena, view_of(cell, kept));
}

void sheet_put(struct sheet *sheet, const char *format, ...)
{
    va_list args;
    if (sheet->next == 0) {
        struct sheet_line *line = arena_alloc(&sheet->arena, sizeof(*line));
        if (!line) {
            sheet->full = true;
            return;
        }
        if (sheet->last)
            sheet->last->next = line;
        else
            sheet->first = line;
        sheet->last = line;
    }
    va_start(args, format);
    char *cell = format_cell(sheet, format, args);
    va_end(args);
    sheet->full |= !cell;
    uint32_t width = cell ? sheet_width(cell) : 0;
    if (width > sheet->width[sheet->next])
        sheet->width[sheet->next] = width;
    sheet->last->cells[sheet->next] = cell;
    sheet->next = (sheet->next + 1) % sheet->columns;
}

void sheet_print(const struct sheet *sheet, FILE *out)
{
    for (const struct sheet_line *line = sheet->first; line; line = line->next) {
        uint32_t owed = 0; /* blanks before the next visible cell */
        for (uint32_t i = 0; i < sheet->columns; i++) {
            const char *cell = line->cells[i] ? line->cells[i] : "";
            uint32_t gap = sheet->width[i] - sheet_width(cell);
            bool right = sheet->align[i] == 'r';
            owed += right ? gap : 0;
            if (cell[0]) {
                fprintf(out, "%*s%s", (int)owed, "", cell);
                owed = 0;
            }
            owed += (right ? 0 : gap) + 2;
        }
        fputc('\n', out);
    }
    if (sheet->full)
        fputs("(more did not fit in memory)\n", out);
}
