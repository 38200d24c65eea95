/*
 * door: the role that brings tickets to people and people to their seats: ticket files, codes,
 * mails and check-in.
 *
 * Talks to: TicketService by a channel (orders, the outbox, events), WaitroomService (what opens
 * when), the store's tables of mails, reminders, contacts, generations, scans and positions, and a
 * mail server. When its process dies, what was to be mailed
 * is mailed by the next one; no order gets two mails but where a mail server's answer was lost.
 */
#ifndef USHER_SVC_DOOR_DOOR_H
#define USHER_SVC_DOOR_DOOR_H

#include "call/call.h"
#include "call/channel.h"
#include "db/smtp.h"
#include "db/sql.h"
#include "fiber/offload.h"
#include "fiber/worker.h"
#include "paper/google.h"
#include "paper/wallet.h"
#include "token/codes.h"

struct door;

/* How mails go out. Strings are borrowed. */
struct door_mail {
    const char *url;     /* smtp://… or smtps://…; NULL: mails are kept */
    struct smtp *smtp;   /* borrowed; sends in place of a client for url; NULL: there is none */
    bool bare;           /* letters go out without their files, which take long to draw: in tests */
    const char *user;    /* or NULL */
    const char *secret;  /* or NULL */
    const char *ca;      /* roots to trust (PEM), or NULL for the system's */
    const char *from;    /* an address (paper/address.h) */
    const char *bounces; /* what bounces come to, with the mail's own tag; NULL: to from */
    const char *name;    /* beside it */
    const char *site;    /* "https://tickets.example.org", or "" */
    const char *link;    /* as site, or where this server is: begins links into the page */
    int64_t remind_ms;   /* so long before an opening who asked for it is mailed */
    int64_t retry_ms;    /* before the second try; twice as long each time, an hour at most */
};

struct door_options {
    struct sql *sql;         /* borrowed */
    struct worker *worker;   /* borrowed; the mails' fibers live there */
    struct channel *tickets; /* borrowed; to TicketService as a peer, from any thread */
    /* Opens a channel to the role of that name in the name of a peer; on the worker, in a fiber.
     * NULL: nobody is told of openings. */
    int (*open)(void *state, const char *role, struct channel **ret_channel);
    void *open_state;
    struct offload *offload;            /* borrowed; pages are drawn there */
    const struct code_keys *codes;      /* copied */
    const struct wallet_signer *wallet; /* borrowed; signs passes; NULL: none are made */
    const struct google_signer *google; /* borrowed; signs links to save; NULL: none are made */
    struct door_mail mail;
};

/* Makes the tables, or brings them to this program's form: as sql_migrate. */
int door_migrate(struct sql *sql, bool read_only, int64_t now_ms);

/* Starts reading the outbox and sending mails. From a plain thread. ERR_NO_MEMORY, ERR_IO. */
int door_start(const struct door_options *options, struct door **ret_door);
/* Ends that, a mail under way being given up, and frees all. No call may be under way. From a plain
 * thread, while the worker still runs. NULL is harmless. */
void door_stop(struct door *door);

/* usher.v1.DoorService; lives as long as the door. */
struct service door_service(struct door *door);

#endif
