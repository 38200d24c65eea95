/*
 * line: one log line in a fixed buffer, that stays well formed when it is cut.
 *
 * LINE_TAIL bytes at the end are kept for what must come last. What no longer fits sets cut, and
 * nothing is taken after that but the tail. line_mark before a piece and line_keep_whole after it
 * drop the piece as a whole where it was cut.
 */
#ifndef USHER_OBSERVE_LINE_H
#define USHER_OBSERVE_LINE_H

#include "mem/view.h"

#define LINE_TAIL 96

struct line {
    char *bytes; /* borrowed */
    size_t len;
    size_t cap; /* more than LINE_TAIL */
    bool cut;
};

void line_init(struct line *line, char *bytes, size_t cap);

/* Bytes as they are. */
void line_put(struct line *line, struct view v);
/* Formatted, at most 128 bytes. */
void line_printf(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, into the room that is kept for it. */
void line_printf_tail(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A JSON string with its quotes (RFC 8259, 7); bytes that are no UTF-8 become U+FFFD. */
void line_put_json(struct line *line, struct view v);
/* As it is where it is a plain word, as a JSON string where it has blanks, quotes, control
 * characters. */
void line_put_plain(struct line *line, struct view v);

/* Where the line ends now. */
size_t line_mark(const struct line *line);
/* If the line was cut since the mark, back to it. */
void line_keep_whole(struct line *line, size_t mark);

#endif
