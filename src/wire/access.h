/*
 * access: a line for every request that was answered, where options.access_log asks for it. A
 * stream's comes when it begins. Inside src/wire only.
 */
#ifndef USHER_WIRE_ACCESS_H
#define USHER_WIRE_ACCESS_H

#include "wire/conn.h"

/* Of what is answered as soon as its head is there: pages and refusals. */
void access_note_head(struct conn *conn, const struct head *head, int status, size_t bytes);
/* Of a call, or a plain request, whose answer was given; its call.code says how it ended. */
void access_note_call(struct exchange *exchange, struct view method, struct view path);

#endif
