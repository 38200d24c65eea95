/*
 * markup: pieces of HTML and JSON in a buffer; text from elsewhere is always escaped.
 *
 * The buffer's maximum is the page's: what does not fit is left out and markup_write says so, so
 * that callers need not look at every piece.
 */
#ifndef USHER_CROWD_MARKUP_H
#define USHER_CROWD_MARKUP_H

#include "mem/buf.h"

struct markup {
    struct buf out;
    bool cut;   /* something did not fit, or memory was out */
    bool first; /* JSON: no comma is owed */
};

void markup_init(struct markup *m, size_t max);
void markup_release(struct markup *m);

/* As it is: format is markup itself, arguments are numbers or text known to be harmless. */
void markup_put(struct markup *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A literal of any length, as it is. */
void markup_literal(struct markup *m, const char *literal);
/* Text in HTML, in an element or in an attribute in double quotes. */
void markup_text(struct markup *m, const char *text);

/* JSON: a name and its value in an object that is open. */
void put_text(struct markup *m, const char *name, const char *text);
void put_int(struct markup *m, const char *name, int64_t number);
/* Three decimals; what is no number is null. */
void put_real(struct markup *m, const char *name, double number);
void put_bool(struct markup *m, const char *name, bool value);
/* Opens '{' or '['; name is NULL in an array or at the top. */
void put_open(struct markup *m, const char *name, char bracket);
void put_close(struct markup *m, char bracket);
/* A number in an array. */
void put_item(struct markup *m, int64_t number);

/* Writes all of it to fd; what a plain file held before is gone. 0; ERR_FULL where something did
 * not fit; ERR_IO (errno says why). */
int markup_write(const struct markup *m, int fd);

#endif
