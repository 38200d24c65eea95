/*
 * ticket_ref: which ticket a code stands for.
 *
 * A ticket is a seat of an order. Its generation begins at 0 and grows by one whenever its codes
 * must end and others begin: passed on to somebody else, or shown to somebody who should not have
 * seen it. Codes of an earlier generation are revoked.
 */
#ifndef USHER_TOKEN_TICKET_REF_H
#define USHER_TOKEN_TICKET_REF_H

#include "mem/id.h"

#define TICKET_GENERATION_MAX 65535

struct ticket_ref {
    struct id order_id;
    uint32_t seat;
    uint16_t generation;
};

#endif
