/*
 * figures: what was measured, as JSON in a buffer; text from elsewhere is always escaped.
 *
 * The buffer has a maximum: what does not fit is left out and figures_write says so, so that
 * callers need not look at every piece.
 */
#ifndef USHER_CROWD_FIGURES_H
#define USHER_CROWD_FIGURES_H

#include "mem/buf.h"

struct figures {
    struct buf out;
    bool cut;   /* something did not fit, or memory was out */
    bool first; /* no comma is owed */
};

void figures_init(struct figures *m, size_t max);
void figures_release(struct figures *m);

/* A name and its value in an object that is open. */
void put_text(struct figures *m, const char *name, const char *text);
void put_int(struct figures *m, const char *name, int64_t number);
/* Three decimals; what is no number is null. */
void put_real(struct figures *m, const char *name, double number);
void put_bool(struct figures *m, const char *name, bool value);
/* Opens '{' or '['; name is NULL in an array or at the top. */
void put_open(struct figures *m, const char *name, char bracket);
void put_close(struct figures *m, char bracket);
/* A number in an array. */
void put_item(struct figures *m, int64_t number);

/* Writes all of it and a line's end to fd; what a plain file held before is gone. 0; ERR_FULL where
 * something did not fit; ERR_IO (errno says why). */
int figures_write(const struct figures *m, int fd);
/* The same inside a page, between what stands before and after. "<", ">" and "&", which JSON has in
 * texts alone, are written as \u003c …: no text can end the element that it stands in, and a
 * reader of JSON gets the same figures. ERR_NO_MEMORY too. */
int figures_write_within(const struct figures *m, struct view before, struct view after, int fd);

#endif
