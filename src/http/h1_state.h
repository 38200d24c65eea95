/*
 * h1_state: what the receiving and the sending half of h1 share. Inside src/http only.
 *
 *   receiving  HEAD → COUNTED | CHUNKED → HELD → HEAD
 *              HEAD → HELD                                where there is no body
 *   sending    NONE → DUE → STREAM → DONE → NONE
 *              DUE → DONE                                 for a whole answer
 *
 * An exchange is over when it is HELD (all received) and DONE (all answered); only then is the next
 * head looked at.
 */
#ifndef USHER_HTTP_H1_STATE_H
#define USHER_HTTP_H1_STATE_H

#include "http/h1.h"

enum h1_receiving {
    H1_RECEIVING_HEAD = 0,
    H1_RECEIVING_COUNTED,
    H1_RECEIVING_CHUNKED,
    H1_RECEIVING_HELD
};

enum h1_sending { H1_SENDING_NONE = 0, H1_SENDING_DUE, H1_SENDING_STREAM, H1_SENDING_DONE };

/* After a step of either half: ends the exchange, and the connection, where that is due. */
void h1_end_due(struct h1 *h);

/* The engine's own answer to what it refuses; then the connection is closing. */
void h1_refuse(struct h1 *h, int status);

/* "HTTP/1.1 100 Continue". */
void h1_send_continue(struct h1 *h);

#endif
