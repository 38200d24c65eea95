/*
 * h1_write: the heads h1 sends, written into memory the caller has measured. Inside src/http only.
 *
 * Each x_max says how many bytes its h1_write_x may need; the writer returns the end of what it
 * wrote. Fields have been checked with head_fields_clean.
 */
#ifndef USHER_HTTP_H1_WRITE_H
#define USHER_HTTP_H1_WRITE_H

#include "http/head.h"

#define H1_ADDED_MAX 160 /* status line, and the fields the engine adds */

/* What an answer's head gets besides its own fields. */
struct h1_added {
    int64_t body_len; /* content-length; −1: none */
    bool chunked;
    bool close;
    bool keep; /* says so, as HTTP/1.0 wants it */
};

/* The head of an answer: status line, its fields, what is added, the empty line. */
size_t h1_answer_max(const struct head_answer *answer);
/* As above. */
char *h1_write_answer(char *at, const struct head_answer *answer, const struct h1_added *added);

/* The end of a chunked body. */
size_t h1_last_chunk_max(const struct head_field *trailers, size_t count);
char *h1_write_last_chunk(char *at, const struct head_field *trailers, size_t count);

#endif
