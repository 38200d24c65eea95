/*
 * log_line: one log line in a fixed buffer, that stays well formed when it is cut.
 *
 * LOG_LINE_TAIL bytes at the end are kept for what must come last. What no longer fits sets cut,
 * and nothing is taken after that but the tail. log_line_mark before a piece and
 * log_line_keep_whole after it drop the piece as a whole where it was cut.
 */
#ifndef USHER_OBSERVE_LOG_LINE_H
#define USHER_OBSERVE_LOG_LINE_H

#include "mem/view.h"

#define LOG_LINE_TAIL 96

struct log_line {
    char *bytes; /* borrowed */
    size_t len;
    size_t cap; /* more than LOG_LINE_TAIL */
    bool cut;
};

void log_line_init(struct log_line *line, char *bytes, size_t cap);

/* Bytes as they are. */
void log_line_put(struct log_line *line, struct view v);
/* Formatted, at most 128 bytes. */
void log_line_printf(struct log_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same, into the room that is kept for it. */
void log_line_printf_tail(struct log_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A JSON string with its quotes (RFC 8259, 7); bytes that are no UTF-8 become U+FFFD. */
void log_line_put_json(struct log_line *line, struct view v);
/* As it is where it is a plain word, as a JSON string where it has blanks, quotes, control
 * characters. */
void log_line_put_plain(struct log_line *line, struct view v);

/* Where the line ends now. */
size_t log_line_mark(const struct log_line *line);
/* If the line was cut since the mark, back to it. */
void log_line_keep_whole(struct log_line *line, size_t mark);

#endif
