/*
 * poster: the pictures of events over plain HTTP. An address names what is shown, so whoever has it
 * keeps it for ever; the ones asked for lately are kept in memory.
 */
#ifndef USHER_SVC_GATEWAY_POSTER_H
#define USHER_SVC_GATEWAY_POSTER_H

#include "db/sql.h"
#include "wire/server.h"

#define POSTER_PATH      "/posters/"
#define POSTERS_KEPT     64
#define POSTERS_KEPT_MAX (16u << 20) /* bytes */
#define POSTER_CHARS     (32 + sizeof("-1200.jpg"))

struct posters;

/* ERR_NO_MEMORY. sql is borrowed. */
int posters_new(struct sql *sql, struct posters **ret_posters);
/* No request may be under way. NULL is harmless. */
void posters_free(struct posters *posters);
/* Answers GET of /posters/HASH-WIDTH.jpg; state: struct posters. As struct plain_rule's handle. */
void posters_page(void *state, const struct plain_request *ask, struct page *ret_page);

#endif
