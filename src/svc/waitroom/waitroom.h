/*
 * waitroom: the role that has the lines in front of sales.
 *
 * Talks to: the store (store/line.h), and the ticket service, through its contract: what is left
 * to sell, how quick holds are, and that a sale opens or closes; where several processes share the
 * store, to the coordinator and to the process that keeps the lines. Keeps nothing of its own: when
 * its process dies, whoever opens the store next claims the lines and goes on. Called through its
 * service table alone.
 */
#ifndef USHER_SVC_WAITROOM_WAITROOM_H
#define USHER_SVC_WAITROOM_WAITROOM_H

#include "call/channel.h"
#include "call/method.h"
#include "call/remote.h"
#include "call/work.h"
#include "chance/chance.h"
#include "fiber/offload.h"
#include "fiber/worker.h"
#include "mem/buf.h"
#include "token/key.h"

struct exposition;
struct coord;
struct sql;
struct waitroom;

struct waitroom_options {
    struct sql *sql;               /* borrowed; migrated already */
    struct worker *const *workers; /* borrowed */
    uint32_t worker_count;
    struct chance *chance;          /* borrowed; must serve any thread */
    struct offload *offload;        /* borrowed; for draws. NULL: in place */
    const uint8_t *master;          /* KEY_BYTES of secret.key: signs receipts and passes; copied */
    struct work_rules work;         /* of the proof of work at Join */
    struct channel *const *tickets; /* to TicketService as a peer, one a worker; borrowed */
    bool shared; /* with other processes: lines are kept here only after waitroom_share */
};

/* Loads the sales and takes over every line, each on one worker. From a plain thread. The store's
 * errors, ERR_CORRUPT (the sales; a line whose ledger is damaged stays closed, and says so in the
 * log), ERR_NO_MEMORY. */
int waitroom_start(const struct waitroom_options *options, struct waitroom **ret_waitroom);
/* Stops the lines (what has gathered is committed) and frees all. No call may be under way. From a
 * plain thread, while the workers still run. NULL is harmless. */
void waitroom_stop(struct waitroom *waitroom);

/* Shares the lines with the other processes on this store: one keeps them, by a lease at coord
 * (borrowed); the others bring calls to it. url is where the others reach this process, peer how it
 * calls them (ways_enter; borrowed). From a plain thread, once the port answers. ERR_FULL,
 * ERR_NO_MEMORY. */
int waitroom_share(struct waitroom *waitroom, struct coord *coord, const char *url,
                   int64_t lease_ms, const struct remote_options *peer);
/* Lets another process have the lines. From a plain thread. NULL is harmless. */
void waitroom_hand_over(struct waitroom *waitroom);

/* usher.v1.WaitroomService; lives as long as the waiting room. */
struct service waitroom_service(struct waitroom *waitroom);

/* Appends what GET /sales/{id}/status answers, as JSON, where path is that of a sale. On a worker's
 * thread; does not wait. False: there is no such page. */
bool waitroom_status_page(struct waitroom *waitroom, struct view path, struct buf *out);

/* Appends the figures of all lines together, for /metrics: as gateway.figures, with a struct
 * waitroom as its state. From any thread. ERR_FULL, ERR_NO_MEMORY. */
int waitroom_render(void *waitroom, struct exposition *page);

#endif
