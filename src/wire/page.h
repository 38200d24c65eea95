/*
 * page: plain HTTP outside of the services, from the page hook. Inside src/wire only.
 */
#ifndef USHER_WIRE_PAGE_H
#define USHER_WIRE_PAGE_H

#include "wire/conn.h"

struct page;

/* Answers a GET or HEAD of something that is no method; 404 without a hook. */
void page_answer(struct conn *conn, struct h2_stream *h2, const struct head *head);
/* Sends a page; arena has room for the names of its further headers. */
void page_send(struct conn *conn, struct h2_stream *h2, const struct page *page,
               struct arena *arena);

#endif
