/*
 * page: plain HTTP outside of the services, from the page hook. Inside src/rpc only.
 */
#ifndef USHER_RPC_PAGE_H
#define USHER_RPC_PAGE_H

#include "rpc/conn.h"

struct rpc_page;

/* Answers a GET or HEAD of something that is no method; 404 without a hook. */
void page_answer(struct conn *conn, struct h2_stream *h2, const struct head *head);
/* Sends a page; arena has room for the names of its further headers. */
void page_send(struct conn *conn, struct h2_stream *h2, const struct rpc_page *page,
               struct arena *arena);

#endif
