/*
 * board: what everybody in front of a sale sees: one small message, the same for all.
 *
 * The line's keeper publishes a SaleStatus; it is encoded once and handed to an outlet on every
 * worker, which pushes it to its watchers and keeps it for whoever asks. A watcher that has not
 * taken the message before gets the latest when it can: every message is whole.
 */
#ifndef USHER_SVC_WAITROOM_BOARD_H
#define USHER_SVC_WAITROOM_BOARD_H

#include "call/call.h"
#include "fiber/worker.h"
#include "mem/buf.h"
#include "usher/v1/waitroom.pb-c.h"

#define BOARD_KEEPALIVE_MS 15000 /* a status is published this often, changed or not */

struct board;

/* ERR_NO_MEMORY. */
int board_new(struct worker *const *workers, uint32_t worker_count, struct board **ret_board);
/* Once nobody publishes any more: no news is on its way then. From where worker_call may be used,
 * the workers still running. ERR_FULL: it is not stopped. */
int board_stop(struct board *board);
/* Stopped, and without watchers. */
void board_free(struct board *board);

/* Tells all outlets. On one thread, the keeper's. ERR_NO_MEMORY: nobody was told. */
int board_publish(struct board *board, const Usher__V1__SaleStatus *status);

/* Makes the call a watcher, from a stream's handler, which must return the result at once.
 * ERR_UNAVAILABLE: nothing was published yet; ERR_NO_MEMORY. */
int board_watch(struct board *board, struct call *call);
/* The status as this worker knows it, in the arena; on a worker's thread. ERR_UNAVAILABLE,
 * ERR_NO_MEMORY. */
int board_status(const struct board *board, struct arena *arena,
                 Usher__V1__SaleStatus **ret_status);
/* The same as JSON, at the end of out. ERR_UNAVAILABLE, ERR_FULL, ERR_NO_MEMORY. */
int board_json(const struct board *board, struct buf *out);

/* How many wait and are inside by the last status; from any thread. */
void board_people(const struct board *board, uint64_t *ret_waiting, uint32_t *ret_inside);
/* Watchers on all workers, from any thread. */
uint32_t board_watcher_count(const struct board *board);

#endif
