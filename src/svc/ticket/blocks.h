/*
 * blocks: places that an organiser keeps back from sale. For the files of this folder alone.
 */
#ifndef USHER_SVC_TICKET_BLOCKS_H
#define USHER_SVC_TICKET_BLOCKS_H

#include "svc/ticket/desk.h"

#define TICKET_BLOCK_MAX 1000 /* places in one request to keep back */

/* The calls of these names: usher.v1.TicketService says what each does, and refuses. */
int ticket_block_seats(struct call *call, const void *request, void *response);
int ticket_unblock_seats(struct call *call, const void *request, void *response);
int ticket_list_seat_blocks(struct call *call, const void *request, void *response);

/* What is kept back of a performance, by seat, in the call's arena. As the store. */
int desk_blocks(struct call *call, uint32_t performance_id, struct store_block **ret_blocks,
                size_t *ret_count);

#endif
