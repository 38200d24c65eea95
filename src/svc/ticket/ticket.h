/*
 * ticket: the role that knows halls, events, seats, holds and orders, and owns performances.
 *
 * Talks to: the store, and the waiting room, through its contract: who may buy. Keeps nothing of
 * its own: when its process dies, whoever opens the store next claims the performances and goes on.
 * Called through its service table alone.
 */
#ifndef USHER_SVC_TICKET_TICKET_H
#define USHER_SVC_TICKET_TICKET_H

#include "call/call.h"
#include "call/ways.h"
#include "chance/chance.h"
#include "fiber/offload.h"
#include "fiber/worker.h"
#include "mem/buf.h"
#include "store/store.h"
#include "token/codes.h"

struct exposition;
struct channel;
struct ticket;

struct ticket_options {
    struct store *store;           /* borrowed */
    struct worker *const *workers; /* borrowed */
    uint32_t worker_count;
    struct chance *chance;         /* borrowed; must serve any thread */
    struct offload *offload;       /* borrowed; for imports and reports */
    const struct code_keys *codes; /* sign ticket codes; copied */
    uint32_t rest_ms; /* a freed place rests up to this where its organiser says nothing */
    /* How other ticket processes are called (ways_enter), borrowed; NULL: this one owns all
     * performances, now and always. */
    const struct remote_options *peer;
    /* What reaches them instead; NULL: connections (call/ways.h). */
    ways_open *open_peer;
    void *open_state;
};

/* Loads the catalog, starts an owner for every performance, each on one worker, and waits a few
 * seconds at most until all serve. From a plain thread. The store's errors, ERR_CORRUPT,
 * ERR_NO_MEMORY. */
int ticket_start(const struct ticket_options *options, struct ticket **ret_ticket);
/* Stops the owners (what has gathered is committed) and frees all. No call may be under way. From a
 * plain thread, while the workers still run. */
void ticket_stop(struct ticket *ticket);

/* Joins the other ticket processes, where there is options.peer: until then no performance is
 * owned here. url is where they reach this one; leases of lease_ms. coord is borrowed until
 * ticket_stop, its watch is used. From a plain thread. ERR_NO_MEMORY, ERR_FULL. */
struct coord;
int ticket_join(struct ticket *ticket, struct coord *coord, const char *url, int64_t lease_ms);
/* Hands over what is owned here; calls are still answered, by asking the new owners. From a plain
 * thread; harmless where none was joined. */
void ticket_leave(struct ticket *ticket);
/* Frees what tells of the others; after the workers have ended. */
struct tenure;
struct tenure *ticket_tenure(struct ticket *ticket);

/* usher.v1.OwnerService, for peers, and InstallationService; as ticket_service. */
struct service ticket_owner_service(struct ticket *ticket);
struct service ticket_status_service(struct ticket *ticket);

/* Gives it its channels to WaitroomService as a peer, one a worker, borrowed: from now on who buys
 * in a performance that has a line needs a pass. Before any call comes. */
void ticket_connect(struct ticket *ticket, struct channel *const *waitrooms);

/* usher.v1.TicketService; lives as long as the ticket. */
struct service ticket_service(struct ticket *ticket);

/* True once every owner has loaded: for health. */
bool ticket_ready(struct ticket *ticket);

/* Appends the figures of all performances together, for /metrics: as gateway.figures, with a struct
 * ticket as its state. From any thread. ERR_FULL, ERR_NO_MEMORY. */
int ticket_render(void *ticket, struct exposition *page);

#endif
